"""Events of spend and resilience: what a call waited for, cost, and was refused or answered by."""

from enum import StrEnum
from typing import TypeAlias

from tui.core.errors import Outcome, Problem
from tui.core.record import Record, record


class CircuitState(StrEnum):
    """Whether calls to a model go through."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"
    DISABLED = "disabled"


@record
class AttemptFailed(Record):
    """One request of a turn failed; a retry, a fallback or the turn's end follows."""

    pane: str
    turn: str
    attempt: int
    model: str
    outcome: Outcome
    problem: Problem
    retry_after: float | None = None


@record
class RetryScheduled(Record):
    """Attempt number `attempt` of at most `attempts` follows in `seconds`, unless the person stops it or hurries it."""

    pane: str
    turn: str
    attempt: int
    attempts: int
    seconds: float
    outcome: Outcome
    reason: str


@record
class LimitWaiting(Record):
    """The request waits `seconds` so that the provider's own limit is not hit."""

    pane: str
    turn: str
    seconds: float
    reason: str


@record
class CircuitChanged(Record):
    """The circuit of a model changed. `retry_in` is in seconds, when it is open; `panes` are those it serves."""

    provider: str
    model: str
    panes: tuple[str, ...]
    state: CircuitState
    failures: int
    retry_in: float | None
    reason: str


@record
class FallbackOffered(Record):
    """The pane's model cannot answer; another one could, if the person agrees."""

    pane: str
    turn: str
    asked: str
    target: str
    reason: str


@record
class FallbackStarted(Record):
    """Another model answers in place of the one that was asked."""

    pane: str
    turn: str
    asked: str
    target: str
    reason: str


@record
class OfflineChanged(Record):
    """Every provider became unreachable together, or one answers again."""

    offline: bool


@record
class AnsweredFromCache(Record):
    """The answer that follows was given `age_s` seconds ago to the same request; `saved_pico` is what it would cost."""

    pane: str
    turn: str
    age_s: float
    saved_pico: int | None


@record
class AnswerShortened(Record):
    """A budget has room for at most `max_tokens` of output instead of `asked_tokens`."""

    pane: str
    turn: str
    budget: str
    asked_tokens: int
    max_tokens: int


@record
class BudgetState(Record):
    """A budget now, in pico-dollars; `held_pico` is reserved by calls in flight."""

    name: str
    scope: str
    limit_pico: int
    spent_pico: int
    held_pico: int
    hard: bool


@record
class SpendChanged(Record):
    """Money spent so far in the windows that run now; `unpriced` counts the session's calls without a known price."""

    session_pico: int
    project_pico: int
    day_pico: int
    month_pico: int
    unpriced: int
    saved_pico: int
    budgets: tuple[BudgetState, ...] = ()


@record
class BudgetAlert(Record):
    """Spending crossed a share of a budget, for the first time in its window."""

    budget: str
    percent: int
    spent_pico: int
    limit_pico: int


GuardEvent: TypeAlias = (
    AttemptFailed
    | RetryScheduled
    | LimitWaiting
    | CircuitChanged
    | FallbackOffered
    | FallbackStarted
    | OfflineChanged
    | AnsweredFromCache
    | AnswerShortened
    | SpendChanged
    | BudgetAlert
)
