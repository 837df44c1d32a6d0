"""Events of the embedded terminals."""

from enum import StrEnum
from typing import TypeAlias

from tui.core.record import Record, record
from tui.core.terminal import AutoAnswer


class Need(StrEnum):
    """Why a program waits for a person."""

    TYPED_UNSEEN = "secret"
    QUESTION = "question"
    MENU = "menu"
    SILENCE = "silence"


@record
class TerminalOpened(Record):
    """A program runs in a terminal. `pane` and `call_id` are set when a model asked for it."""

    terminal: str
    title: str
    command: str
    pane: str | None = None
    call_id: str = ""


@record
class TerminalRetitled(Record):
    """The program named its terminal."""

    terminal: str
    title: str


@record
class TerminalRang(Record):
    """The program rang its bell; told at most once a second for each terminal."""

    terminal: str


@record
class TerminalExited(Record):
    """The program ended; its last screen stays. `signal` names the signal that ended it; `reason` says who did."""

    terminal: str
    code: int | None
    signal: str = ""
    reason: str = ""
    seconds: float = 0.0


@record
class TerminalClosed(Record):
    """The terminal and its last screen are gone."""

    terminal: str


@record
class TerminalAnswered(Record):
    """A question was answered without a person: `typed` is the key or text, `why` the reason, `prompt` the question."""

    terminal: str
    typed: str
    why: str
    prompt: str
    pane: str | None = None


@record
class TerminalNeedsPerson(Record):
    """The program waits for a person; `abort_in` seconds later it is ended, None for never. An empty `prompt` ends it.

    `suggestion` is the key that would be typed, where automatic answers are set to ask.
    """

    terminal: str
    need: Need
    prompt: str
    pane: str | None = None
    abort_in: float | None = None
    suggestion: str = ""


@record
class TerminalServed(Record):
    """The program no longer waits for a person."""

    terminal: str


@record
class TerminalHandOver(Record):
    """Who types: the person (`person`), or the program is on its own again."""

    terminal: str
    person: bool


@record
class ClipboardAsked(Record):
    """A program wants to put `size` characters on the person's clipboard; `preview` is their beginning."""

    id: str
    terminal: str
    size: int
    preview: str


@record
class ClipboardResolved(Record):
    """The question is closed; `text` is what to put on the clipboard, None when that was refused."""

    id: str
    terminal: str
    text: str | None


@record
class AutoAnswerChanged(Record):
    """Whether questions of a terminal, or of all new ones when `terminal` is None, are answered without a person."""

    mode: AutoAnswer
    terminal: str | None = None


TerminalEvent: TypeAlias = (
    TerminalOpened
    | TerminalRetitled
    | TerminalRang
    | TerminalExited
    | TerminalClosed
    | TerminalAnswered
    | TerminalNeedsPerson
    | TerminalServed
    | TerminalHandOver
    | ClipboardAsked
    | ClipboardResolved
    | AutoAnswerChanged
)
