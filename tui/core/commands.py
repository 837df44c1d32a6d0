"""What a person, or a script, asks the engine to do. Commands go down; what came of them comes up as events."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from tui.core.record import Record


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Submit(Record):
    """Send a prompt to the named panes, or to all when `panes` is None. A busy pane queues it."""

    text: str
    panes: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Stop(Record):
    """End the running turn of a pane, or of all panes when `pane` is None. Prompts that wait go next."""

    pane: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class DropQueued(Record):
    """Take back the newest waiting prompt of a pane, or every waiting prompt of all panes when `pane` is None."""

    pane: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Retry(Record):
    """Send the last prompt of a pane again, as a new turn in place of the old one in the history."""

    pane: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class ClearConversation(Record):
    """Forget the history of a pane, or of all panes when `pane` is None."""

    pane: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class RetryNow(Record):
    """Do not wait any longer for the next attempt of a pane's turn."""

    pane: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class ControlCircuit(Record):
    """Probe, reset, disable or enable the model of a pane."""

    pane: str
    action: CircuitAction


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class SetSessionBudget(Record):
    """Refuse calls of this session that could take it over `limit_pico` pico-dollars; None takes the limit away."""

    limit_pico: int | None


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
)
