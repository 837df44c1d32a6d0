"""Where the secrets of one line are: names with values, headers, flags, URLs, query parameters, vendors' shapes.

Everything here works on a single line and only finds; `core.secret_lines` joins what spans several lines, and
replaces. There are no entropy rules: they take hashes and images for secrets.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Final, NamedTuple

from tui.core import secret_shapes
from tui.core.secret_names import LABEL, Strength, is_harmless, looks_like_code, looks_random, name_strength


class Span(NamedTuple):
    """A secret at ``line[start:end]``; the evidence for it begins at `context`."""

    context: int
    start: int
    end: int
    kind: str


_NAMED: Final = (
    "pass", "pwd", "psw", "pw=", "pw:", '"pw', "secret", "token", "key", "auth", "cred", "bearer", "cookie", "jwt",
    "session", "sessid", "sid=", "sig=", "signature", "code=", "mnemonic", "seed",
    "비밀", "패스워드", "암호", "토큰", "키",
    "시크릿",
)  # fmt: skip
_FLAGGED: Final = (" -p", " -u", "user", "login", " -a ")
_URLS: Final = ("://",)
_VENDOR_TEXTS: Final = secret_shapes.keywords()
KEYWORDS: Final = tuple(dict.fromkeys((*_NAMED, *_URLS, *_FLAGGED, *_VENDOR_TEXTS)))
"""A line that holds none of these, in lower case, and none of the bare shapes, holds no secret."""


def lowered(text: str) -> str:
    """Return `text` in lower case at the same length (one capital letter would become two characters)."""
    return text.replace("\u0130", "i").lower()


_NAME: Final = r"""(?:pass(?:word|wd|phrase|code)|requirepass|masterauth|pass(?![a-z])|pswd|psw|pwd|pw(?![a-z])|secret
    |token|api[ _-]?key|key(?![a-z])|credentials?|creds?(?![a-z])|auth(?:orization)?|bearer|jwt|set-cookie|cookie
    |session_?id|sess_?id|sid(?![a-z])|sig(?:nature)?|(?<=[?&])(?:code|s|t)(?==)
    |mnemonic|seed[ _-]?phrase|비밀\s?번호|비밀\s?키
    |패스워드|암호|토큰|시크릿|인증\s?키|키)"""
_SEPARATOR: Final = r"""(?:
      (?P<value>\\*["']?\s*,?\s*\\*["']?value\\*["']?\s*[:=]\s*)
    | (?P<plist></key>\s*<string>)
    | (?P<element>\s*(?:\s[\w:]+="[^"<>]*")*>\s*(?:<!\[cdata\[)?)
    | (?P<assign>\\*["'`]?\]?\)?\s*(?::\s*[A-Za-z_][\w.\[\]| ,]{0,40}\s*=(?!=)\s*
        |\s(?:string|\[\]byte|char\s?\*)\s*:?=\s*|=>\s*|:=\s*|[!=]=+\s*|\??[:=：＝]\s*))
    | (?P<prose>(?:\s+(?:is\s+set\s+to|set\s+to|is|was|are|＝)\s*:?\s+|\s*(?:은|는|이|가)\s*:?\s+))
    | (?P<gap>\s+)
    )"""


@cache
def _name_pattern() -> re.Pattern[str]:
    # For lower-case text: ignoring case would cost half the speed.
    suffix = r"(?P<suffix>[a-z0-9_-]{0,24}?)"
    return re.compile(rf"(?:{_NAME}){suffix}{_SEPARATOR}", re.VERBOSE)


_QUOTED: Final = re.compile(
    r"""(?:SecretStr\(|String\(|Some\()?[bBrRuUfF]{0,2}
        (?:(?P<escaped>\\+["'])(?P<inner>(?:\\{3,}["']|[^\\"'\n]|\\(?!["'])|(?!(?P=escaped))["'])*?)(?P=escaped)
        |(?P<quote>["'`])(?P<text>(?:(?!(?P=quote))[^\\\n]|\\.)*)(?P=quote)?)""",
    re.VERBOSE,
)
_BARE: Final = re.compile(r"""(?:[^\s"'`<>,;&\\]|[,;&](?![\s"'\\]|$|amp;|[\w.-]+\s*[=:])|\\(?!["'nrt])|<(?=\w+>))+""")
_REST: Final = re.compile(r"""[^"'`\\\n]+""")
_SCHEME: Final = re.compile(
    r"(?i)(?:bearer|basic|token|apikey|api-key|digest|negotiate|aws4-hmac-sha256|key|bot)(?:\s+|%20|=)"
)
_YAML_TAG: Final = re.compile(r"!!\w+\s+")
_LEFT: Final = re.compile(r"[\w.-]*\Z")
_CLOSERS: Final = {")": "(", "]": "[", "}": "{"}
_KOREAN: Final = re.compile(r"(?:입니다|이에요|예요|이고|이며|이야|임|야|로|으로|을|를|은|는)[.!?,]*$")


def find(line: str) -> list[Span]:
    """Return the secrets of a line, in order, apart from each other.

    What stands before and after a label is looked at separately, so that masking twice changes nothing; only the
    label of a known value can be part of a larger secret.
    """
    if "[masked:" not in line:
        return _find(line)
    spans: list[Span] = []
    position = 0
    for start, end in [match.span() for match in _FINAL_LABEL.finditer(line)] + [(len(line), len(line))]:
        spans += (
            Span(span.context + position, span.start + position, span.end + position, span.kind)
            for span in _find(line[position:start])
        )
        position = end
    return spans


_FINAL_LABEL: Final = re.compile(r"\[masked:(?!known)[a-z]+:[0-9a-f]{4}\]")


def _find(line: str) -> list[Span]:
    lower = lowered(line)
    spans: list[Span] = []
    if any(text in lower for text in _NAMED):
        spans += _named(line, lower)
    if any(text in lower for text in _URLS):
        spans += _in_urls(line)
    if any(text in lower for text in _FLAGGED):
        spans += _flags(line)
    if any(text in lower for text in _VENDOR_TEXTS):
        spans += _shapes(line, secret_shapes.vendor_pattern())
    spans += _shapes(line, secret_shapes.BARE)
    return _settled(line, spans) if spans else spans


def _shapes(line: str, pattern: re.Pattern[str]) -> Iterator[Span]:
    for match in pattern.finditer(line):
        if secret_shapes.AT_BOUNDARY.match(line, match.start()):
            yield Span(match.start(), *match.span(), "jwt" if match[0].startswith("eyJ") else "key")


def _settled(line: str, spans: list[Span]) -> list[Span]:
    """Merge what overlaps and drop what is masked already."""
    labels = [match.span() for match in LABEL.finditer(line)]
    merged: list[Span] = []
    for span in sorted(spans, key=lambda item: (item.start, -item.end)):
        context, start, end, kind = span
        for left, right in labels:
            if left < end and start < right:
                start, end = min(start, left), max(end, right)
        if labels and not re.search(r"\w{2}", _SCHEME.sub("", LABEL.sub(" ", line[start:end]))):
            continue
        if merged and start < merged[-1].end:
            last = merged[-1]
            merged[-1] = Span(min(context, last.context), last.start, max(end, last.end), last.kind)
        else:
            merged.append(Span(min(context, start), start, end, kind))
    return merged


def _named(line: str, lower: str) -> Iterator[Span]:
    position = 0
    code: bool | None = None
    for match in _name_pattern().finditer(lower):
        if match.start() < position:
            continue
        begin = _name_start(line, match.start())
        name = line[begin : match.end("suffix")]
        strength = _strength(line, begin, name, match)
        if strength is Strength.NONE:
            continue
        if code is None:
            code = looks_like_code(line)
        found = _value(line, match.end(), name, strength, code=code, how=match.lastgroup or "")
        if found is not None:
            position = found.end
            yield found._replace(context=begin)


def _name_start(line: str, start: int) -> int:
    left = _LEFT.search(line, max(0, start - 60), start)
    begin = left.start() if left else start
    # In escaped text the n of a line break stands before the name: \npassword=
    if begin and line[begin - 1] == "\\" and line[begin : begin + 1] in ("n", "r", "t"):
        begin += 1
    return begin


def _strength(line: str, begin: int, name: str, match: re.Match[str]) -> Strength:
    """Judge a name by itself and by what joins it to its value."""
    before = line[begin - 1 : begin]
    bare = name.lstrip("-")
    strength = name_strength(bare)
    how = match.lastgroup
    if how == "assign" and before in ("?", "&", ";") and bare.casefold() in _PARAMETERS:
        return Strength.RANDOM
    if how == "gap":
        told = name.startswith("-") or (bare == "password" and re.search(r"\b(?:login|machine)\s", line[:begin]))
        hangul = strength is not Strength.NONE and "가" <= bare[-1] <= "힣"
        scheme = bare.casefold() == "bearer"
        return strength if told else Strength.RANDOM if hangul or scheme else Strength.NONE
    if how == "element" and before not in ("<", ":"):
        return Strength.NONE
    if how == "prose":
        return min(strength, Strength.RANDOM) if re.search(r"[A-Za-z가-힣]$", bare) else Strength.NONE
    return strength


_PARAMETERS: Final = frozenset(
    (
        "key", "sig", "signature", "code", "auth", "sid", "s", "token", "access_token", "x-amz-signature",
        "x-amz-security-token", "x-amz-credential", "x-goog-signature", "x-goog-credential", "api-key", "apikey",
    )
)  # fmt: skip


def _value(line: str, at: int, name: str, strength: Strength, *, code: bool, how: str) -> Span | None:
    """Find the value that begins at `at`; None when there is none, or it is harmless."""
    cookie = name.casefold().endswith("cookie")
    tag = _YAML_TAG.match(line, at)
    at = tag.end() if tag else at
    quoted = _QUOTED.match(line, at)
    if quoted is not None:
        group = "inner" if quoted["inner"] is not None else "text"
        start, end = quoted.span(group)
    elif cookie or (name.casefold().endswith("authorization") and how == "assign"):
        rest = _REST.match(line, at)
        if rest is None:
            return None
        start, end = rest.start(), len(rest[0].rstrip()) + rest.start()
        quoted = rest if cookie or _SCHEME.match(line, at) else None
    else:
        bare = _BARE.match(line, at)
        if bare is None:
            return None
        start, end = bare.start(), _without_closers(line, *bare.span(), name)
        if how == "element" and line[start] in "@:/":
            return None
    scheme = _SCHEME.match(line, start, end)
    if scheme is not None and scheme.end() < end and quoted is not None:
        start = scheme.end()
        strength = Strength.ANY if len(line[start:end]) >= 8 else strength
    value = line[start:end]
    if cookie:
        harmless = "=" not in value or LABEL.fullmatch(value) is not None
    else:
        if (
            how == "prose"
            and strength >= Strength.RANDOM
            and any(map(str.isdigit, value))
            and any(map(str.isalpha, value))
        ):
            strength = Strength.ANY
        code = code or (quoted is None and how == "assign" and _in_a_sentence(line, at, end, name))
        harmless = is_harmless(value, strength, name=name, quoted=quoted is not None, code=code)
    return None if harmless else Span(at, start, end, "value")


def _in_a_sentence(line: str, at: int, end: int, name: str) -> bool:
    """Whether words stand before the name and after the value, as in "keep it secret: people will ask"."""
    if not line[at:end].isalpha() or re.match(r"\s+[A-Za-z]{2,}", line[end:]) is None:
        return False
    before = line[: line.rfind(name, 0, at)]
    return line[at].isupper() or re.search(r"[A-Za-z]{2,}\s+$", before) is not None


def _without_closers(line: str, start: int, end: int, name: str) -> int:
    """Move the end of an unquoted value before the punctuation that belongs to the text around it."""
    while end > start:
        last = line[end - 1]
        opener = _CLOSERS.get(last)
        unopened = opener and line.count(opener, start, end) < line.count(last, start, end)
        if not (unopened or last in ",;" or (last in ".:" and not name.isupper())):
            break
        end -= 1
    korean = _KOREAN.search(line, start, end)
    if korean is not None and korean.start() > start:
        end = korean.start()
    return end


_USERINFO: Final = re.compile(r"://(?P<user>[^\s/:@?#\"'<>]*):(?P<rest>[^\s\"'<>]*@)[\w.\[$%-]")
_HOST: Final = re.compile(r"(?:localhost|[\w-]+(?:\.[\w-]+)+|[\w-]+:\d+|\[[0-9a-fA-F:.]+\])(?![\w@])")
_TOKEN_USER: Final = re.compile(r"://(?P<user>[A-Za-z0-9_.-]{16,})@(?=[\w.-])")


def _in_urls(line: str) -> Iterator[Span]:
    for match in _USERINFO.finditer(line):
        start, end = match.start("rest"), _password_end(line, *match.span("rest"))
        # A slash in a password is legal only when encoded, but people write it; a path with an @ is no password.
        slash = line.find("/", start, end)
        if slash >= 0 and line[start:slash].isdigit():
            continue
        if end > start and not _is_template(line[start:end]):
            yield Span(match.start(), start, end, "url")
            start, end = match.span("user")
            if looks_random(line[start:end]) and end - start >= 20:  # a token in the place of a user
                yield Span(match.start(), start, end, "url")
    for match in _TOKEN_USER.finditer(line):
        if looks_random(match["user"]):
            yield Span(match.start(), *match.span("user"), "url")


def _password_end(line: str, start: int, end: int) -> int:
    """Return where a password ends that may hold an @ itself: before the first one that a host's name follows."""
    at = first = line.find("@", start, end)
    while at >= 0:
        if _HOST.match(line, at + 1):
            return at
        at = line.find("@", at + 1, end)
    return first


def _is_template(value: str) -> bool:
    return (
        re.fullmatch(
            r"(?i:passw(?:or)?d|pass|pwd)|\$\{?[A-Za-z_]\w*\}?|\{\w*\}|<[^>]*>|\*+|x{3,}|%\w+%|%s|\[masked:.*|\.{3}|…",
            value,
        )
        is not None
    )


_FLAG: Final = re.compile(
    r"""(?:\b(?:mysql|mysqldump|mysqladmin|mariadb)\b[^|;\n]*?\s-p(?P<mysql>[^\s"'|;]{3,})
    |\b(?:sshpass|docker\s+login|podman\s+login|helm\s+registry\s+login|redis-cli|psql|mongo(?:sh|dump)?|smbclient|unzip|7z|zip|ldapsearch)
      \b[^|;\n]*?\s(?:-p|-a|-P|-w)[ =]?["']?(?P<short>[^\s"'|;]{4,})
    |\s(?:-u|--user|--proxy-user|-U)[ =]["']?[^\s:"'/]+:(?P<user>[^\s"']{3,}))""",
    re.VERBOSE,
)
_ARGUMENT: Final = re.compile(r"/.*|\d{1,5}(?::\d+)?|\$.*|<.*|\*+")


def _flags(line: str) -> Iterator[Span]:
    for match in _FLAG.finditer(line):
        group = match.lastgroup or "user"
        value = match[group]
        if not _ARGUMENT.fullmatch(value) and not (group == "user" and value.isdigit()):
            yield Span(match.start(), *match.span(group), "flag")
