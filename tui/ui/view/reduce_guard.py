"""How the events of spend and resilience change the view."""

from typing import TypeAlias, assert_never

from tui.core.guard_events import (
    AnsweredFromCache,
    AnswerShortened,
    AttemptFailed,
    BudgetAlert,
    CircuitChanged,
    FallbackOffered,
    FallbackStarted,
    LimitWaiting,
    OfflineChanged,
    RetryScheduled,
    SpendChanged,
)
from tui.ui.view.state import SessionView

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


def reduce_guard(view: SessionView, event: GuardEvent, now: float) -> None:
    """Bring `view` up to date with one event that came at `now` (monotonic seconds)."""
    match event:
        case RetryScheduled() | LimitWaiting() | AttemptFailed() | AnsweredFromCache() | AnswerShortened():
            pass
        case CircuitChanged() | FallbackOffered() | FallbackStarted() | OfflineChanged():
            pass
        case SpendChanged() | BudgetAlert():
            pass
        case _:
            assert_never(event)
