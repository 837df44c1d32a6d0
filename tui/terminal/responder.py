"""What to do when a program asks and nobody types: evidence first, words second. Pure; `responding` drives it.

Something is typed only when all of this holds: the prompt stands still for 0.3 s; a process is seen waiting for input
from the terminal, or it cannot be looked at and nothing was printed for 2 s; the cursor is right after the prompt's
text; the end of that row is a question that states its own default; and this very prompt was not answered yet. Secrets,
host keys and trust are never answered, nor are programs that take single keys, with two exceptions that can do no
harm: leaving a pager known by its program's name, and "press any key to continue".
"""

import re
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, TypeAlias

from tui.core.record import Record
from tui.core.secrets import mask
from tui.core.terminal import AutoAnswer
from tui.core.terminal_events import Need
from tui.core.untrusted import clean_line
from tui.terminal.evidence import Evidence
from tui.terminal.prompts import HIDDEN, Kind, Reading, read_prompt

SETTLED_SECONDS: Final = 0.3
UNKNOWN_SECONDS: Final = 2.0
PERSON_SECONDS: Final = 2.0
MENU_SECONDS: Final = 2.0
NOTIFY_SECONDS: Final = 5.0
ANSWERS_PER_PROMPT: Final = 3
ANSWERS_PER_COMMAND: Final = 20
_LOOK_AGAIN_SECONDS: Final = 5.0
_GAP: Final = range(3)
_ABOVE: Final = 11
_SHOWN: Final = 200
"""Characters of a prompt that people are shown."""
_LETTERS_OF: Final = re.compile(r"git|git-add\S*|perl")
"""Programs whose q is known to leave; the older add of git by hunks is one in Perl."""
_HUNK: Final = re.compile(r"[\[(]y,n,q\b")
_VALUES_OF: Final = re.compile(r"npm(?: init)?")
"""The program whose words in parentheses are known to be defaults."""
_PAGERS: Final = frozenset({"less", "more", "most", "pg", "pager", "moar", "moor", "ov", "pspg"})
_REMOVERS: Final = frozenset({"rm", "rmdir", "cp", "mv", "ln", "install", "shred", "busybox", "toybox", ""})
_RELAYS: Final = frozenset(
    {"ssh", "sudo", "su", "doas", "docker", "podman", "kubectl", "script", "screen", "mosh-client"}
)
"""What is typed there is for somebody else, who may be at work: that they read says nothing."""
_REMOTE: Final = _RELAYS | {
    "nc", "ncat", "netcat", "socat", "telnet", "plink", "rsh", "oc", "nsenter", "adb", "mosh", "expect", "tmux",
    "tmux: client", "dtach", "abduco", "zellij", "nerdctl", "docker-compose", "lxc", "machinectl", "minicom", "picocom",
    "cu", "tio", "rlwrap", "sshpass", "autossh", "gcloud", "flyctl",
}  # fmt: skip
_PASSING_ON: Final = _REMOTE | {
    "less", "more", "cat", "tee", "sed", "awk", "gawk", "mawk", "nawk", "grep", "egrep", "fgrep", "rg", "ag", "head",
    "tail", "tac", "rev", "sort", "uniq", "wc", "tr", "cut", "paste", "dd", "pv", "xargs", "od", "xxd", "hexdump",
    "base64", "gzip", "md5sum", "sha1sum", "sha256sum", "sha512sum", "jq", "yq", "fold", "fmt", "nl", "column", "ts",
    "iconv", "diff", "bc", "dc", "ed", "m4",
}  # fmt: skip
"""Those, programs that hand on or take in what they read, as in a pipeline, and calculators and line editors, which
print what they are told to: none of them asks anything itself."""
_ADVICE: Final = {"npm init": "`npm init -y` asks nothing"}
_SPINNER: Final = re.compile(r"(?:(?<=\s)|^)[⠀-⣿◐-◓◴-◷✶✻✽·*|/\\-](?=\s|$)")
_STOPPED: Final = "stopped; in the background nothing may read from the terminal (`timeout --foreground` may)"
_NO_PROMPT: Final = "waits for input, without a question"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Screen(Record):
    """The part of a screen that matters: the rows down to the cursor's.

    `cells` are the widths of `rows`, `wrapped` says which go on in the next. Text nobody can see is replaced by
    `prompts.HIDDEN`. `column` is the cursor's, `row` its row counted from the beginning of the scrollback.
    """

    rows: tuple[str, ...] = ("",)
    cells: tuple[int, ...] = (0,)
    wrapped: tuple[bool, ...] = (False,)
    column: int = 0
    columns: int = 80
    row: int = 0
    alternate: bool = False

    @property
    def prompt(self) -> str:
        """The text that ends right at the cursor, rows joined that belong together; empty when there is none."""
        gap = self.column - self.cells[-1]
        if gap not in _GAP and not (gap == -1 and self.column == self.columns - 1):
            return ""
        first, last = self._first, len(self.rows) - 1
        full = (self.rows[row] + " " * (self.columns - self.cells[row]) for row in range(first, last))
        return "".join((*full, self.rows[last]))

    @property
    def above(self) -> tuple[str, ...]:
        """The rows before the prompt."""
        return self.rows[max(0, self._first - _ABOVE) : self._first]

    @property
    def _first(self) -> int:
        """The first row of the text the cursor's row belongs to."""
        first = len(self.rows) - 1
        while first > 0 and self.wrapped[first - 1]:
            first -= 1
        return first


class Signature(NamedTuple):
    """What makes two looks at a screen the same question; a spinner in front of it does not."""

    text: str
    column: int
    row: int
    alternate: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class History(Record):
    """What happened in a terminal so far, in seconds of one clock.

    `generation` counts the questions, `calm_since` is when the present one came up, `asking_since` when somebody was
    first seen asking it. `answered` holds text and generation of every answer.
    """

    signature: Signature | None = None
    generation: int = 0
    calm_since: float = 0.0
    asking_since: float | None = None
    typed_at: float | None = None
    focused: bool = False
    answered: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Settings(Record):
    """How a terminal's questions are treated. In a `personal` one, which no model waits for, nothing is ended."""

    mode: AutoAnswer = AutoAnswer.ON
    silence: float = 30.0
    personal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Nothing(Record):
    """Nothing is to be done; look again in `again` seconds, or only when something happens."""

    again: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Type(Record):
    """Type `keys`; `shown` names them to people, `why` says why."""

    keys: bytes
    shown: str
    why: str
    prompt: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class AskPerson(Record):
    """A person is needed; `suggestion` names the keys that are proposed, `keys` are those."""

    need: Need
    prompt: str
    suggestion: str = ""
    keys: bytes = b""
    why: str = ""
    abort_in: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Abort(Record):
    """End the program, and say why."""

    reason: str
    prompt: str


Response: TypeAlias = Nothing | Type | AskPerson | Abort


def observe(history: History, screen: Screen, printed_at: float) -> History:
    """Return `history` after a look at the screen: another text, place or screen is another question.

    `printed_at` is when the program printed last.
    """
    text = " ".join(_SPINNER.sub("", screen.prompt).split())
    signature = Signature(text, screen.column, screen.row, screen.alternate)
    if signature == history.signature:
        return history
    return replace(
        history, signature=signature, generation=history.generation + 1, calm_since=printed_at, asking_since=None
    )


def weigh(history: History, evidence: Evidence, now: float) -> History:
    """Return `history` after a look at the evidence: the patience with who asks begins when it is first seen."""
    if (evidence.asks is False and not evidence.stopped) or history.focused:
        return replace(history, asking_since=None)
    since = now if history.asking_since is None else history.asking_since
    return replace(history, asking_since=max(since, history.typed_at or since))


def note_answer(history: History) -> History:
    """Return `history` after the present question was answered."""
    text = history.signature.text if history.signature else ""
    return replace(history, answered=(*history.answered, (text, history.generation)))


def worth_a_look(history: History, settings: Settings, now: float) -> float | None:
    """Seconds until the evidence is worth gathering; None while the person is at it or nothing may be done."""
    if history.focused or (settings.personal and settings.mode is AutoAnswer.OFF):
        return None
    typed = 0.0 if history.typed_at is None else history.typed_at + PERSON_SECONDS - now
    return max(0.0, typed, history.calm_since + SETTLED_SECONDS - now)


def respond(screen: Screen, evidence: Evidence, history: History, settings: Settings, now: float) -> Response:
    """Say what to do. `history` has been through `observe` and `weigh` with this screen and evidence."""
    wait = worth_a_look(history, settings, now)
    if wait is None:
        return Nothing()
    if wait > 0:
        return Nothing(again=wait)
    calm = now - history.calm_since
    if evidence.stopped and not settings.personal:
        stopped = AskPerson(need=Need.SILENCE, prompt=_STOPPED)
        return _with_patience(stopped, NOTIFY_SECONDS, evidence, history, settings, now)
    if evidence.asks is False or (evidence.asks is None and evidence.canonical is None):
        return Nothing(again=min(_LOOK_AGAIN_SECONDS, max(SETTLED_SECONDS, calm / 2)))
    if evidence.asks is None and evidence.silent_s < UNKNOWN_SECONDS:
        return Nothing(again=UNKNOWN_SECONDS - evidence.silent_s)
    reading = read_prompt(screen.prompt, screen.above)
    if _may_be_busy(reading, evidence) or (settings.personal and _is_personal(reading, screen, evidence)):
        return Nothing(again=_LOOK_AGAIN_SECONDS)
    response = _with_settings(_judge(reading, screen, evidence), evidence, history, settings)
    if isinstance(response, AskPerson):
        patience = _patience(response, reading, evidence)
        return _with_patience(response, patience, evidence, history, settings, now)
    return response


def still_stands(asked: AskPerson, screen: Screen, evidence: Evidence) -> bool:
    """Whether what was proposed is right for who reads from the terminal now."""
    if evidence.asks is False:
        return False
    judged = _judge(read_prompt(screen.prompt, screen.above), screen, evidence)
    return isinstance(judged, Type | AskPerson) and judged.keys == asked.keys


def _may_be_busy(reading: Reading, evidence: Evidence) -> bool:
    """Whether who seems to wait may as well be at work: nothing is asked, and nobody can look, or it is a relay."""
    if reading.kind is not Kind.NOTHING or evidence.secret:
        return False
    return evidence.asks is None or evidence.relay or evidence.program in _RELAYS


def _is_personal(reading: Reading, screen: Screen, evidence: Evidence) -> bool:
    """Whether a program in the person's own terminal is just being used: an editor, a pager, a shell, a REPL."""
    if evidence.secret:
        return False
    return evidence.raw or screen.alternate or reading.kind in (Kind.QUESTION, Kind.NOTHING)


def _judge(reading: Reading, screen: Screen, evidence: Evidence) -> Response:
    """Say what an automatic answer would be, whatever the settings and whatever was answered before."""
    shown = shown_prompt(screen.prompt)
    sure = bool(evidence.asks) or evidence.raw
    if evidence.secret or (reading.kind is Kind.SECRET and sure and not screen.alternate):
        return Abort(reason="password prompt", prompt=shown)
    if reading.kind is Kind.HOST_KEY and not screen.alternate:
        return Abort(reason="host key question", prompt=shown)
    if evidence.raw or screen.alternate:
        return _judge_keys(reading, screen, evidence, shown)
    return _judge_line(reading, evidence, shown)


def _judge_keys(reading: Reading, screen: Screen, evidence: Evidence, shown: str) -> Response:
    """Judge a program that takes single keys, or draws on the alternate screen."""
    if evidence.raw and evidence.asks and evidence.program in _PAGERS:
        return Type(keys=b"q", shown="q", why="leaves the pager", prompt=shown)
    passes_on = evidence.relay or evidence.program in _REMOTE
    if reading.kind is Kind.ANY_KEY and not (reading.risky or passes_on or screen.alternate) and evidence.asks:
        return Type(keys=b"\r", shown="Enter", why="any key goes on", prompt=shown)
    return AskPerson(need=Need.MENU, prompt=shown)


def _judge_line(reading: Reading, evidence: Evidence, shown: str) -> Response:
    """Judge a program that reads a line."""
    kind, risky = reading.kind, reading.risky
    enter = b"\r"
    if kind is Kind.REFUSABLE and evidence.program in _REMOVERS:
        return Type(keys=b"n\r", shown="n", why="no default is shown, so no", prompt=shown)
    if kind is Kind.LETTERS_QUIT and _LETTERS_OF.fullmatch(evidence.program) and _HUNK.search(shown):
        return Type(keys=b"q\r", shown="q", why="leaves the menu", prompt=shown)
    if kind is Kind.DEFAULT_NO and not risky:
        return Type(keys=enter, shown="Enter", why=f"default of {_choice_text(shown)}", prompt=shown)
    if kind in (Kind.DEFAULT_YES, Kind.DEFAULT_NO, Kind.CONTINUE, Kind.ANY_KEY, Kind.DEFAULT_TEXT):
        why = "goes on"
        if kind in (Kind.DEFAULT_YES, Kind.DEFAULT_NO):
            why = f"default of {_choice_text(shown)}"
        elif kind is Kind.DEFAULT_TEXT:
            why = f"default ({clean_line(mask(reading.default), 60)})"
            risky = risky or _VALUES_OF.fullmatch(evidence.program) is None
        if risky:
            return AskPerson(need=Need.QUESTION, prompt=shown, suggestion="Enter", keys=enter, why=why)
        return Type(keys=enter, shown="Enter", why=why, prompt=shown)
    if kind in (Kind.QUESTION, Kind.NOTHING):
        return AskPerson(need=Need.QUESTION if shown else Need.SILENCE, prompt=shown)
    return AskPerson(need=Need.QUESTION, prompt=shown)


def _with_settings(response: Response, evidence: Evidence, history: History, settings: Settings) -> Response:
    """Bring what would be done in line with the mode and the limits."""
    if isinstance(response, Abort) and (settings.personal or settings.mode is not AutoAnswer.ON):
        need = Need.TYPED_UNSEEN if response.reason == "password prompt" else Need.QUESTION
        return AskPerson(need=need, prompt=response.prompt)
    if isinstance(response, AskPerson) and settings.mode is AutoAnswer.OFF:
        return AskPerson(need=response.need, prompt=response.prompt)
    if not isinstance(response, Type):
        return response
    text = history.signature.text if history.signature else ""
    given = [generation for prompt, generation in history.answered if prompt == text]
    spent = len(given) >= ANSWERS_PER_PROMPT or len(history.answered) >= ANSWERS_PER_COMMAND
    if history.generation in given or spent or settings.mode is AutoAnswer.OFF:
        return AskPerson(need=Need.QUESTION, prompt=response.prompt)
    unsure = not evidence.watched or evidence.relay or (evidence.program in _PASSING_ON and not evidence.raw)
    if settings.mode is AutoAnswer.ASK or unsure:
        return AskPerson(
            need=Need.QUESTION,
            prompt=response.prompt,
            suggestion=response.shown,
            keys=response.keys,
            why=response.why,
        )
    return response


def _with_patience(
    response: AskPerson, patience: float, evidence: Evidence, history: History, settings: Settings, now: float
) -> Response:
    """Give the program a moment before a person is told, and the person the time until silence is too long."""
    asking = now - (now if history.asking_since is None else history.asking_since)
    left = settings.silence - min(asking, evidence.silent_s)
    shown = response.prompt or _NO_PROMPT
    if left <= 0 and not settings.personal:
        advice = f" ({_ADVICE[evidence.program]})" if evidence.program in _ADVICE else ""
        return Abort(reason=f"no answer for {settings.silence:g} s: {shown}{advice}", prompt=shown)
    if asking < patience:
        return Nothing(again=patience - asking if settings.personal else min(patience - asking, left))
    return replace(response, prompt=shown, abort_in=None if settings.personal else left)


def _patience(response: AskPerson, reading: Reading, evidence: Evidence) -> float:
    """Seconds somebody must have been asking before a person is told: known questions at once, others may pass."""
    if response.need is Need.MENU:
        return MENU_SECONDS
    plain = reading.kind in (Kind.QUESTION, Kind.NOTHING) and not evidence.secret
    return NOTIFY_SECONDS if plain else 0.0


def shown_prompt(text: str) -> str:
    """Return a prompt as people may see it: cleaned, masked, on one line, its end if it is long."""
    line = mask(clean_line(text.replace(HIDDEN, " "), len(text) + 1))  # whole, or half a secret could be left
    return line if len(line) <= _SHOWN else "…" + line[1 - _SHOWN :]


def _choice_text(prompt: str) -> str:
    """Return the bracketed choice at the end of a prompt, such as ``[Y/n]``."""
    found = re.findall(r"[\[(<{][^\s\[\](){}<>]{1,40}[\])>}]", prompt)
    return found[-1] if found else "the question"
