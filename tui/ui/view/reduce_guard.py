"""How the events of spend and resilience change the view."""

from typing import TypeAlias, assert_never

from tui.core.errors import Problem
from tui.core.events import Notice, NoticeLevel
from tui.core.guard_events import (
    AnsweredFromCache,
    AnswerShortened,
    AttemptFailed,
    BudgetAlert,
    CircuitChanged,
    CircuitState,
    FallbackOffered,
    FallbackStarted,
    GuardEvent,
    LimitWaiting,
    OfflineChanged,
    RetryScheduled,
    SpendChanged,
)
from tui.core.money import usd_short
from tui.ui.view import narrate
from tui.ui.view.guard_state import CircuitView, Counts, GuardView, Offer, Wait, countdown
from tui.ui.view.state import PaneView, Phase, SessionView, TurnView

_TurnEvent: TypeAlias = (
    AttemptFailed
    | RetryScheduled
    | LimitWaiting
    | FallbackOffered
    | FallbackStarted
    | AnsweredFromCache
    | AnswerShortened
)


def reduce_guard(view: SessionView, event: GuardEvent, now: float) -> None:
    """Bring `view` up to date with one event that came at `now` (monotonic seconds)."""
    match event:
        case CircuitChanged():
            _circuit(view, event, now)
        case OfflineChanged():
            _offline(view.guard, event, now)
        case SpendChanged():
            view.guard.money.take(event, now)
            view.guard.changed = True
        case BudgetAlert():
            _alert(view, event, now)
        case _:
            pane = view.panes.get(event.pane)
            if pane is not None and pane.turn is not None and pane.turn.id == event.turn:
                _turn(view.guard, pane, pane.turn, event, now)
                pane.state_changed = True


def note_attempt(guard: GuardView, model: str) -> None:
    """Count a request to a model."""
    guard.counts.setdefault(model, Counts()).attempts += 1


def flush_failure(pane: PaneView, now: float) -> None:
    """Tell a failure in the pane now that the turn goes on; the failure that ends a turn is told at length there."""
    if pane.failed:
        narrate.remark(pane, pane.failed, now)
        pane.failed = ""


def _turn(guard: GuardView, pane: PaneView, turn: TurnView, event: _TurnEvent, now: float) -> None:
    if not isinstance(event, AttemptFailed):
        flush_failure(pane, now)
    match event:
        case AttemptFailed():
            if event.attempt:
                guard.counts.setdefault(event.model, Counts()).failures += 1
            front = f"attempt {event.attempt} failed" if event.attempt else "not sent"
            pane.failed = f"{front}: {event.problem.title}"
            asked = f", asks to wait {countdown(event.retry_after)}" if event.retry_after is not None else ""
            guard.happened(now, event.model, f"{pane.failed}{asked}", NoticeLevel.WARNING)
        case RetryScheduled():
            pane.wait = Wait(
                began=now,
                until=now + event.seconds,
                reason=event.reason,
                attempt=event.attempt,
                attempts=event.attempts,
            )
            pane.set_phase(Phase.RETRYING)
        case LimitWaiting():
            pane.wait = Wait(began=now, until=now + event.seconds, reason=event.reason)
            pane.set_phase(Phase.WAITING)
            guard.happened(now, pane.model, f"waits {countdown(event.seconds)}: {event.reason}")
        case FallbackOffered():
            pane.wait = None
            pane.offer = Offer(asked=event.asked, target=event.target, reason=event.reason)
            pane.set_phase(Phase.ASKING)
            guard.happened(now, event.asked, f"{event.reason}; {event.target} could answer", NoticeLevel.WARNING)
        case FallbackStarted():
            pane.wait = pane.offer = None
            turn.stand_in = event.target
            guard.fallbacks += 1
            pane.set_phase(Phase.WAITING)
            narrate.remark(pane, f"answered by {event.target}, asked {event.asked}: {event.reason}", now)
            guard.happened(now, event.asked, f"{event.reason}; {event.target} answers", NoticeLevel.WARNING)
        case AnsweredFromCache():
            _cached(guard, pane, turn, event, now)
        case AnswerShortened():
            words = f"budget {event.budget}: answer limited to {event.max_tokens:,} tokens of {event.asked_tokens:,}"
            narrate.remark(pane, words, now)
            guard.happened(now, pane.model, words)
        case _:
            assert_never(event)


def _cached(guard: GuardView, pane: PaneView, turn: TurnView, event: AnsweredFromCache, now: float) -> None:
    turn.cached = f"cached {age(event.age_s)} ago"
    saved = f", saved {usd_short(event.saved_pico)}" if event.saved_pico else ""
    guard.cache_hits += 1
    narrate.remark(pane, f"{turn.cached}{saved}", now)
    guard.happened(now, pane.model, f"answered from the cache, {age(event.age_s)} old{saved}")


def age(seconds: float) -> str:
    """How old something is, in one unit: ``12 s``, ``3 m``, ``2 h``, ``5 d``."""
    for limit, divisor, unit in ((60, 1, "s"), (3_600, 60, "m"), (86_400, 3_600, "h")):
        if seconds < limit:
            return f"{int(max(seconds, 0) // divisor)} {unit}"
    return f"{int(seconds // 86_400)} d"


def _circuit(view: SessionView, event: CircuitChanged, now: float) -> None:
    guard = view.guard
    was = guard.circuits.get((event.provider, event.model))
    retry_at = None if event.retry_in is None else now + event.retry_in
    guard.circuits[event.provider, event.model] = CircuitView(
        provider=event.provider,
        model=event.model,
        panes=event.panes,
        state=event.state,
        failures=event.failures,
        retry_at=retry_at if event.state is CircuitState.OPEN else None,
        reason=event.reason,
    )
    guard.changed = True
    if event.state is (was.state if was else CircuitState.CLOSED):
        return
    words = f"circuit {STATE_WORDS[event.state]}"
    if event.state is CircuitState.OPEN:
        words += f" for {countdown(event.retry_in)}" if event.retry_in is not None else ""
    if event.reason and event.state in (CircuitState.OPEN, CircuitState.DISABLED):
        words += f": {event.reason}"
    bad = event.state is CircuitState.OPEN
    guard.happened(now, event.model, words, NoticeLevel.ERROR if bad else NoticeLevel.INFO)


STATE_WORDS = {
    CircuitState.CLOSED: "closed",
    CircuitState.OPEN: "open",
    CircuitState.HALF_OPEN: "half-open",
    CircuitState.DISABLED: "disabled",
}
"""The state of a circuit in the words of the screen."""


def _offline(guard: GuardView, event: OfflineChanged, now: float) -> None:
    if event.offline is guard.offline:
        return
    guard.offline = event.offline
    if event.offline:
        guard.happened(now, "network", "offline: no provider can be reached", NoticeLevel.ERROR)
    else:
        guard.happened(now, "network", "online again")


def _alert(view: SessionView, event: BudgetAlert, now: float) -> None:
    level = NoticeLevel.ERROR if event.percent >= 100 else NoticeLevel.WARNING
    text = f"{event.percent} % spent, {usd_short(event.spent_pico)} of {usd_short(event.limit_pico)}"
    view.notices.append(Notice(level=level, problem=Problem(title=f"Budget {event.budget}", text=text)))
    view.guard.happened(now, f"budget {event.budget}", text, level)
