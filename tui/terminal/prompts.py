"""What the words before a cursor ask for. Pure; evidence that somebody asks at all is judged elsewhere.

Only the end of the row counts, and only what states its own default is ever answered: a capital letter, a value in
brackets. Everything else is for a person.
"""

import re
from enum import StrEnum
from typing import Final, NamedTuple

HIDDEN: Final = "\0"
"""Stands for text nobody can see; no pattern matches across it."""


class Kind(StrEnum):
    """What a prompt wants."""

    SECRET = "a secret"  # noqa: S105 - the name of a kind
    HOST_KEY = "a host key"
    TRUST = "trust"
    REFUSABLE = "a file about to be lost"
    DEFAULT_YES = "yes or no, yes by default"
    DEFAULT_NO = "yes or no, no by default"
    UNDECIDED = "yes or no"
    LETTERS_QUIT = "letters, q leaves"
    LETTERS = "letters"
    CONTINUE = "Enter to go on"
    ANY_KEY = "any key to go on"
    PAGER = "a pager"
    DEFAULT_TEXT = "a value, with a default"
    LOGIN = "a name to log in"
    QUESTION = "an answer"
    NOTHING = "nothing"


class Reading(NamedTuple):
    """What was read: its kind, the default as it stands there, and whether yes could destroy or entrust something."""

    kind: Kind
    default: str = ""
    risky: bool = False


_PAIRS: Final = frozenset(
    tuple(pair.split("/"))
    for pair in (
        "y/n", "yes/no", "yes/n", "y/no", "j/n", "ja/nein", "ja/nej", "ja/nee", "o/n", "oui/non", "s/n",
        "si/no", "sí/no", "sì/no", "sim/não", "t/n", "tak/nie", "e/h", "evet/hayır", "k/e", "kyllä/ei", "igen/nem",
        "ano/ne", "д/н", "да/нет", "예/아니오", "예/아니요", "네/아니오", "네/아니요", "はい/いいえ", "是/否",
    )
)  # fmt: skip
"""Yes and no. Pairs of letters that stand for other words as well, such as a/n for all and none, are left out."""
_LONGEST: Final = 500
_END: Final = r"\s*[?:>]?\s*$"
_CHOICE: Final = re.compile(r"[\[(<{]([^\[\](){}<>\0]{3,40})[\])>}]" + _END)
_MARKED: Final = re.compile(r"[\[(](?:\[(\w+)\]/(\w+)|(\w+)/\[(\w+)\])[\])]" + _END)
_NAMED: Final = re.compile(
    r"[\[(](\w+)\s*[/|]\s*(\w+)[\])]\s*[\[(](?:default(?:\s+is)?[:=\s]*)?(\w+)[\])]" + _END, re.IGNORECASE
)
_LETTERS: Final = re.compile(r"[\[(]([A-Za-z?/@#!+-](?:,[A-Za-z?/@#!+-])+)[\])]" + _END)
_REFUSABLE: Final = re.compile(r"^(?:\S*/)?(?:rm|rmdir|cp|mv|ln|install|shred): [^\0]+\?\s*$")
_CONTINUE: Final = re.compile(
    r"\b(?:press|hit|type)\s+(?:the\s+)?[\[<(]?(?:enter|return|any\s+key|a\s+key)[\]>)]?(?:\s+key)?"
    r"(?:\s+(?:to|and)\s+(?:continue|proceed|resume|go\s+on|exit|quit|finish|return|close(?:\s+this\s+window)?))?"
    r"[\s.!:…]*$",
    re.IGNORECASE,
)
_ANY_KEY: Final = re.compile(r"^\W{0,3}(?:press|hit)\s+(?:any|a)\s+key\b", re.IGNORECASE)
_NO_QUESTION: Final = re.compile(
    r"^\s*(?:>|\.\.\.|[$%#|]|--?\w|usage\b|\(\w+\)\s|\w+[>#$%]|In \[\d+\]:|\S+@\S+[$#%:])"  # for commands
    r"|\w[\[(<{][^\s\[\](){}<>]+[\])>}]" + _END,  # an index or a call
    re.IGNORECASE,
)
_DEFAULT_TEXT: Final = re.compile(r"^\s*\w[\w .'/-]{0,60}[:?]\s+\(([^()\0]{1,200})\)\s*$")
_MORE: Final = re.compile(r"--\s?more\s?--(?:\s?\(.*\))?$|\(END\)$|^:$|^lines \d+-\d+", re.IGNORECASE)
_SECRET: Final = re.compile(
    r"\b(?:password|passphrase|pass\s+phrase|passcode|(?-i:PIN)|(?-i:OTP)|secret\s+key"
    r"|(?:api|access|auth(?:entication)?|personal\s+access)[\s-]+(?:key|token)"
    r"|(?:verification|authentication|security|one[\s-]time|2fa|mfa|totp)\s+(?:code|password|token))\b"
    r"[^?\0]{0,120}[:>]\s*$",
    re.IGNORECASE,
)
_LOGIN: Final = re.compile(r"\b(?:log\s?in|user\s?name|user|e-?mail(?:\s+address)?|account)\b[^?\0]{0,120}:\s*$", re.I)
_HOST_KEY: Final = re.compile(r"\(yes/no(?:/\[fingerprint\])?\)\?\s*$|type 'yes', 'no' or the fingerprint:\s*$", re.I)
_HOST_KEY_CONTEXT: Final = re.compile(r"authenticity of host|host key|fingerprint|continue connecting", re.IGNORECASE)
_TRUST: Final = re.compile(
    r"\b(?:trust(?:ed)?|authenticity|fingerprint|host\s+key|certificates?|gpg|pgp|public\s+key|signing\s+key"
    r"|import\b.*\bkeys?|add\b.*\bkeys?|licen[cs]e|eula|terms|agree|accept|allow|approve|authori[sz]e|grant"
    r"|permission|telemetry|analytics|usage (?:data|statistics)|crash reports?|diagnostics|newsletter|subscri\w+"
    r"|consent|credentials?|sudo|root|administrator|log\s?in|sign\s?in|unlock)\b"
    r"|vertrau|lizenz|faire confiance|licence|confiar|licencia|довер|신뢰|信任|信頼",
    re.IGNORECASE,
)
_TRUST_ABOVE: Final = re.compile(
    r"do you trust|authenticity of|host key|key fingerprint|(?:gpg|pgp|public|signing) key"
    r"|licen[cs]e agreement|\beula\b",
    re.IGNORECASE,
)
_DESTRUCTIVE: Final = re.compile(
    r"\b(?:remov|delet|overwrit|uninstall|drop|eras|wip(?:e|ing)|purg|destroy|format(?:ting)?\b|replac|discard|reset"
    r"|truncat|clobber|revert|roll\s?back|abandon|reboot|shut\s?down|power\s?off|publish|deploy|upload|send|pay|purchas"
    r"|force|kill|terminat|clean|(?:re|un)format|(?:re)?partition|unlink|shred|empty|flush|prun|trash|undo|undone|los[et]"
    r"|permanent|irrevers|push|merg|migrat|transfer|charg|order|buy|donat|flash|burn|production|execut|run\b|downgrad"
    r"|revok|expir|invalidat|disabl|deactivat|rewrit|squash|rebas|restor|shar(?:e|ing)\b|public\b|submit|releas|invit"
    r"|stop\b|log\s?out|sign\s?out|disconnect|bill(?:ed|ing)?\b|spend|credit|clobber|evict|decommission|detach"
    r"|(?:un|in)(?:trusted|verified|signed|safe|secure|authenticated)|(?:without|skip|ignor)\S* .*verif|mismatch"
    r"|vulnerab|malicious|dangerous)"
    r"|lösch|entfern|überschreib|supprim|écras|effac|eliminar|borrar|sobrescrib|удал|삭제|덮어|削除|上書き|删除|覆盖",
    re.IGNORECASE,
)
_KEEPING: Final = re.compile(
    r"\b(?:keep|kept|sav(?:e|ing)|preserv|retain|back(?:ing)?\s?up|backup|abort|cancel|protect|exclud|encrypt|verify)",
    re.IGNORECASE,
)
"""Words with which no is what could destroy something."""
_SERVING: Final = re.compile(
    r"\b(?:listening|serving|serve[sr]?|running|watch(?:ing|er)|recording|monitoring|started|tunnel|forwarding|ready\b|localhost)",
    re.IGNORECASE,
)
_ENDS: Final = re.compile(r"\b(?:exit|quit|finish|close|stop|end)\b", re.IGNORECASE)
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_WARNING: Final = re.compile(
    r"(?:can\s?not|can't) be (?:undone|authenticated|verified)|irrevers|permanent"
    r"|\b(?:will|shall|going\s+to|about\s+to|to\s+be|this|these|it|we)\s+(?:\w+\s+){0,2}"
    r"(?:remov|delet|eras|overwrit|destroy|wip|format|los[et]|drop|purg|discard|uninstall|truncat|replac)",
    re.IGNORECASE,
)
_QUESTION: Final = re.compile(r"[?:>»›]\s*$")


def read_prompt(text: str, above: tuple[str, ...] = ()) -> Reading:
    """Say what `text`, which ends at the cursor, asks for; `above` are the rows before it, the nearest last."""
    text = text.rstrip()[-_LONGEST:]
    end = text.rpartition(HIDDEN)[2]
    context = "\n".join(above)
    if _HOST_KEY.search(end) and _HOST_KEY_CONTEXT.search(f"{context}\n{end}"):
        return Reading(Kind.HOST_KEY)
    if _SECRET.search(end):
        return Reading(Kind.SECRET)
    if _LOGIN.search(end):
        return Reading(Kind.LOGIN)
    if text != end:
        return Reading(Kind.QUESTION if end and _QUESTION.search(end) else Kind.NOTHING)
    if _TRUST.search(text) or _TRUST_ABOVE.search(context):
        return Reading(Kind.TRUST if _asks_something(text) else Kind.NOTHING)
    if _NO_QUESTION.search(text):
        return Reading(Kind.QUESTION)
    reading = _read_form(text)
    return reading._replace(risky=_is_risky(reading.kind, text, context))


def _is_risky(kind: Kind, text: str, context: str) -> bool:
    """Say whether the default could destroy something, end what is meant to run, or give something away."""
    question = _with_beginning(text, context)
    if kind is Kind.DEFAULT_NO:
        return _KEEPING.search(question) is not None
    if kind not in (Kind.CONTINUE, Kind.ANY_KEY):
        return bool(_DESTRUCTIVE.search(question) or _WARNING.search(context))
    both = f"{context}\n{text}"
    return bool(_DESTRUCTIVE.search(both) or (_ENDS.search(text) and _SERVING.search(both)))


def _with_beginning(text: str, context: str) -> str:
    """Return a question with the row it may begin in: one that has no words itself, goes on, or follows a question."""
    before = next((row for row in reversed(context.split("\n")) if row.strip()), "").rstrip()
    words = _CHOICE.sub("", _NAMED.sub("", _MARKED.sub("", text))).strip()
    begins = _WORD.search(words)
    goes_on = begins is None or words[begins.start()].islower() or before.endswith(("?", ":"))
    return f"{before} {text}" if goes_on else text


def _asks_something(text: str) -> bool:
    return bool(_QUESTION.search(text)) or _read_form(text).kind not in (Kind.NOTHING, Kind.QUESTION)


def _read_form(text: str) -> Reading:
    if _REFUSABLE.search(text):
        return Reading(Kind.REFUSABLE)
    if letters := _LETTERS.search(text):
        return Reading(Kind.LETTERS_QUIT if "q" in letters[1].split(",") else Kind.LETTERS)
    if (choice := _read_choice(text)) is not None:
        return choice
    if _CONTINUE.search(text):
        return Reading(Kind.ANY_KEY if _ANY_KEY.search(text) else Kind.CONTINUE)
    if _MORE.search(text):
        return Reading(Kind.PAGER)
    if value := _DEFAULT_TEXT.search(text):
        return Reading(Kind.DEFAULT_TEXT, value[1].strip())
    return Reading(Kind.QUESTION if _QUESTION.search(text) else Kind.NOTHING)


def _read_choice(text: str) -> Reading | None:
    """Read a yes-or-no question with its default: ``[Y/n]``, ``([y]/n)``, ``(y/n) [n]``."""
    if marked := _MARKED.search(text):
        first, second = marked[1] or marked[3], marked[2] or marked[4]
        return _choice(first, second, marked[1] or marked[4])
    if (named := _NAMED.search(text)) and _is_pair(named[1], named[2]):
        return _choice(named[1], named[2], named[3])
    if (found := _CHOICE.search(text)) is None:
        return None
    options = [option.strip() for option in re.split(r"[/|]|\bor\b", found[1])]
    if len(options) < 2 or not any(_is_pair(options[0], other) for other in options[1:]):
        return None
    capitals = [option for option in options if option[:1].isupper()]
    negative = next(option for option in options[1:] if _is_pair(options[0], option))
    return _choice(options[0], negative, capitals[0] if len(capitals) == 1 else "")


def _choice(positive: str, negative: str, default: str) -> Reading | None:
    if not _is_pair(positive, negative):
        return None
    if default and default.casefold() in (positive.casefold(), positive.casefold()[:1]):
        return Reading(Kind.DEFAULT_YES, default)
    if default and default.casefold() in (negative.casefold(), negative.casefold()[:1]):
        return Reading(Kind.DEFAULT_NO, default)
    return Reading(Kind.UNDECIDED)


def _is_pair(positive: str, negative: str) -> bool:
    return (positive.casefold(), negative.casefold()) in _PAIRS
