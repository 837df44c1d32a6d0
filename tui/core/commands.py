"""What a person, or a script, asks the engine to do. Commands go down; what came of them comes up as events."""

from enum import StrEnum
from typing import TypeAlias

from tui.core.record import Record, record
from tui.core.terminal import AutoAnswer
from tui.core.trust import AnswerKind, TrustMode


@record
class Submit(Record):
    """Send a prompt to the named panes, or to all when `panes` is None. A busy pane queues it."""

    text: str
    panes: tuple[str, ...] | None = None


@record
class Stop(Record):
    """End the running turn of a pane, or of all panes when `pane` is None. Prompts that wait go next."""

    pane: str | None = None


@record
class DropQueued(Record):
    """Take back the newest waiting prompt of a pane, or every waiting prompt of all panes when `pane` is None."""

    pane: str | None = None


@record
class Retry(Record):
    """Send the last prompt of a pane again, as a new turn in place of the old one in the history."""

    pane: str


@record
class ClearConversation(Record):
    """Forget the history of a pane, or of all panes when `pane` is None."""

    pane: str | None = None


@record
class RetryNow(Record):
    """Do not wait any longer for the next attempt of a pane's turn."""

    pane: str


@record
class AnswerFallback(Record):
    """Let the offered model answer in place of the pane's own, or not."""

    pane: str
    accept: bool


class CircuitAction(StrEnum):
    """What a person can do about a model's circuit."""

    PROBE = "probe"
    RESET = "reset"
    DISABLE = "disable"
    ENABLE = "enable"


@record
class ControlCircuit(Record):
    """Probe, reset, disable or enable the model of a pane."""

    pane: str
    action: CircuitAction


@record
class SetSessionBudget(Record):
    """Refuse calls of this session that could take it over `limit_pico` pico-dollars; None takes the limit away."""

    limit_pico: int | None


@record
class Answer(Record):
    """Answer the open request `id`; an unknown or finished one does nothing.

    `text` is the reason of a denial, the changed command, or the rule to be saved, as `decision` says.
    """

    id: str
    decision: AnswerKind
    text: str = ""


@record
class SetTrustMode(Record):
    """Let more or less happen without a question."""

    mode: TrustMode


@record
class Undo(Record):
    """Take back the newest change of files of a pane, or of any when `pane` is None; with `turn` all of its turn."""

    pane: str | None = None
    turn: bool = False


@record
class OpenTerminal(Record):
    """Run `command` in a new terminal, or the person's shell when it is empty."""

    command: str = ""


@record
class SizeTerminals(Record):
    """Start new terminals in the size they would be shown in, so that their programs need not draw twice."""

    columns: int
    lines: int


@record
class CloseTerminal(Record):
    """End the program of a terminal, or take the terminal away when it has ended."""

    terminal: str


@record
class HandOver(Record):
    """Give a model's terminal to the person, or back."""

    terminal: str
    person: bool


@record
class SetAutoAnswer(Record):
    """Answer questions of one terminal, or of all, without a person, or not."""

    mode: AutoAnswer
    terminal: str | None = None


@record
class AcceptSuggestion(Record):
    """Type what was suggested for the question of a terminal's program, if it still stands."""

    terminal: str


@record
class AnswerClipboard(Record):
    """Let a program set the clipboard, or not."""

    id: str
    accept: bool


TerminalCommand: TypeAlias = (
    OpenTerminal | SizeTerminals | CloseTerminal | HandOver | SetAutoAnswer | AcceptSuggestion | AnswerClipboard
)
WorkCommand: TypeAlias = Answer | SetTrustMode | Undo | TerminalCommand
Command: TypeAlias = (
    Submit
    | Stop
    | DropQueued
    | Retry
    | ClearConversation
    | RetryNow
    | AnswerFallback
    | ControlCircuit
    | SetSessionBudget
    | WorkCommand
)
