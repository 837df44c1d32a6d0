"""Events of spend and resilience in, view out."""

from typing import Any

import pytest

from tui.core.chat import StopReason, Usage
from tui.core.errors import Outcome, Problem
from tui.core.events import (
    AttemptStarted,
    Event,
    NoticeLevel,
    PaneInfo,
    SessionStarted,
    TextDelta,
    TurnFinished,
    TurnStarted,
)
from tui.core.guard_events import (
    AnsweredFromCache,
    AnswerShortened,
    AttemptFailed,
    BudgetAlert,
    BudgetState,
    CircuitChanged,
    CircuitState,
    FallbackOffered,
    FallbackStarted,
    LimitWaiting,
    OfflineChanged,
    RetryScheduled,
    SpendChanged,
)
from tui.ui.glyphs import ASCII, UNICODE
from tui.ui.view import format as fmt
from tui.ui.view.document import SectionKind
from tui.ui.view.guard_state import Money, countdown, tightest
from tui.ui.view.reduce import reduce
from tui.ui.view.reduce_guard import age
from tui.ui.view.state import Append, Begin, End, Operation, PaneView, Phase, SessionView

SONNET, SOL = "claude-sonnet-5-5", "gpt-6.2-sol"
PANES = (
    PaneInfo(name="claude", provider="anthropic", model=SONNET),
    PaneInfo(name="gpt", provider="openai", model=SOL),
)
OVERLOADED = Problem(title="Overloaded", text="The provider is overloaded.")
CENT = 10**10


def begun() -> SessionView:
    view = SessionView()
    reduce(view, SessionStarted(session="s", panes=PANES), 0.0)
    reduce(view, TurnStarted(pane="claude", turn="t1", prompt="hi", model=SONNET), 1.0)
    reduce(view, AttemptStarted(pane="claude", turn="t1", attempt=1, model=SONNET), 1.0)
    view.panes["claude"].operations.clear()
    return view


def failed(attempt: int = 1, **changes: Any) -> AttemptFailed:
    values: dict[str, Any] = {
        "pane": "claude", "turn": "t1", "attempt": attempt, "model": SONNET, "outcome": Outcome.TRANSIENT,
        "problem": OVERLOADED,
    }  # fmt: skip
    return AttemptFailed(**{**values, **changes})


def retry(attempt: int = 2, seconds: float = 7.0, turn: str = "t1") -> RetryScheduled:
    return RetryScheduled(
        pane="claude", turn=turn, attempt=attempt, attempts=3, seconds=seconds, outcome=Outcome.TRANSIENT,
        reason="Overloaded",
    )  # fmt: skip


def ended(outcome: Outcome = Outcome.TRANSIENT, **changes: Any) -> TurnFinished:
    values: dict[str, Any] = {
        "pane": "claude", "turn": "t1", "outcome": outcome, "problem": OVERLOADED, "usage": Usage(), "cost_pico": 0,
        "stop": None, "attempts": 3, "model": SONNET,
    }  # fmt: skip
    return TurnFinished(**{**values, **changes})


OFFERED = FallbackOffered(pane="claude", turn="t1", asked=SONNET, target=SOL, reason="overloaded")
STARTED = FallbackStarted(pane="claude", turn="t1", asked=SONNET, target=SOL, reason="overloaded")


def feed(view: SessionView, *timed: tuple[float, Event]) -> PaneView:
    for now, event in timed:
        reduce(view, event, now)
    return view.panes["claude"]


def said(pane: PaneView) -> str:
    return "".join(one.text for one in pane.operations if isinstance(one, Append))


def test_a_scheduled_retry_counts_down_in_the_head() -> None:
    pane = feed(begun(), (2.0, failed()), (2.0, retry()))
    assert (pane.phase, pane.busy) == (Phase.RETRYING, True)
    words = [fmt.state_words(pane, UNICODE, now) for now in (2.0, 3.0, 8.6, 9.0, 12.0)]
    assert words == [
        "◔ retry 2/3 in 7s", "◔ retry 2/3 in 6s", "◔ retry 2/3 in 1s", "◔ retry 2 now", "◔ retry 2 now"
    ]  # fmt: skip
    assert fmt.state_words(pane, ASCII, 3.0) == ": retry 2/3 in 6s"


def test_the_next_attempt_ends_the_wait() -> None:
    pane = feed(begun(), (2.0, failed()), (2.0, retry()))
    feed(view := begun(), (2.0, failed()), (2.0, retry()))
    pane = feed(view, (9.0, AttemptStarted(pane="claude", turn="t1", attempt=2, model=SONNET)))
    assert pane.wait is None
    assert pane.phase is Phase.WAITING
    assert view.guard.counts[SONNET].attempts == 2
    assert view.guard.counts[SONNET].failures == 1


def test_failures_that_were_retried_are_dim_lines_that_stand_together() -> None:
    pane = feed(
        begun(),
        (2.0, failed(1)),
        (2.0, retry(2)),
        (9.0, AttemptStarted(pane="claude", turn="t1", attempt=2, model=SONNET)),
        (9.5, failed(2)),
        (9.5, retry(3)),
        (19.5, AttemptStarted(pane="claude", turn="t1", attempt=3, model=SONNET)),
        (20.0, TextDelta(pane="claude", turn="t1", seq=1, text="Hello")),
    )
    expected: list[Operation] = [
        Begin(SectionKind.REMARK), Append("attempt 1 failed: Overloaded"), Append("\nattempt 2 failed: Overloaded"),
        End(), Begin(SectionKind.ANSWER), Append("Hello"),
    ]  # fmt: skip
    assert pane.operations == expected


def test_the_failure_that_ends_a_turn_is_told_once_at_length() -> None:
    pane = feed(begun(), (2.0, failed(3)), (2.0, ended()))
    assert "attempt 3" not in said(pane)
    assert pane.operations[0] == Begin(SectionKind.ERROR, "Overloaded")
    assert pane.phase is Phase.OVERLOADED
    assert pane.wait is None


def test_a_request_that_was_never_sent_is_no_attempt() -> None:
    view = begun()
    pane = feed(view, (2.0, failed(0, problem=Problem(title="Circuit open", text="Left alone."))), (2.0, OFFERED))
    assert said(pane) == "not sent: Circuit open"
    assert view.guard.counts[SONNET].failures == 0


def test_a_cut_answer_may_be_kept_or_restarted() -> None:
    text = TextDelta(pane="claude", turn="t1", seq=1, text="half an ans")
    pane = feed(begun(), (1.5, text), (2.0, ended(Outcome.TRUNCATED)))
    assert "What came stays. Press r in this pane" in said(pane)
    assert "What came stays" not in said(feed(begun(), (2.0, ended(Outcome.TRANSIENT))))


def test_a_refusal_by_budget_says_that_nothing_was_sent() -> None:
    problem = Problem(title="Budget", text="$.49 of $.50 is spent; this call could cost $.02.")
    pane = feed(begun(), (2.0, ended(Outcome.QUOTA_SPENT, problem=problem, refused_by_budget=True)))
    assert pane.phase is Phase.BUDGET
    assert fmt.state_words(pane, UNICODE, 3.0) == "✗ over budget"
    assert "$.49 of $.50" in said(pane)
    assert "Nothing was sent" in said(pane)


def test_waiting_for_a_limit_of_our_own() -> None:
    limit = LimitWaiting(pane="claude", turn="t1", seconds=3.0, reason="50 requests/min")
    pane = feed(begun(), (2.0, limit))
    assert fmt.state_words(pane, UNICODE, 2.5) == "◔ waiting 3s"
    assert pane.wait is not None
    assert pane.wait.reason == "50 requests/min"


def test_an_offer_asks_and_a_fallback_is_labelled() -> None:
    view = begun()
    pane = feed(view, (2.0, failed(3)), (2.0, OFFERED))
    assert (pane.phase, pane.busy, pane.offer is not None) == (Phase.ASKING, True, True)
    assert said(pane) == "attempt 3 failed: Overloaded"
    feed(view, (5.0, STARTED), (5.0, AttemptStarted(pane="claude", turn="t1", attempt=4, model=SOL)))
    assert pane.offer is None
    assert f"answered by {SOL}, asked {SONNET}: overloaded" in said(pane)
    assert (pane.model, pane.own_model, view.guard.fallbacks) == (SOL, SONNET, 1)
    assert pane.turn is not None
    assert fmt.badges(pane.turn) == [(f"by {SOL}", fmt.Tone.WARN)]
    feed(view, (9.0, ended(Outcome.SUCCESS, stop=StopReason.END, model=SOL, problem=None)))
    assert "".join(text for text, _ in fmt.head_figures(pane, 60, UNICODE)).strip().startswith(f"by {SOL}")
    feed(view, (10.0, TurnStarted(pane="claude", turn="t2", prompt="next", model=SONNET)))
    assert pane.turn.stand_in == ""
    assert pane.model == SONNET


def test_a_declined_offer_ends_with_the_turn() -> None:
    pane = feed(begun(), (2.0, OFFERED), (3.0, ended()))
    assert pane.offer is None
    assert not pane.busy


def test_an_answer_from_the_cache_says_its_age_and_what_it_saved() -> None:
    view = begun()
    pane = feed(view, (2.0, AnsweredFromCache(pane="claude", turn="t1", age_s=185.0, saved_pico=3 * 10**9)))
    assert said(pane) == "cached 3 m ago, saved $.0030"
    assert view.guard.cache_hits == 1
    assert pane.turn is not None
    assert fmt.badges(pane.turn) == [("cached 3 m ago", fmt.Tone.OK)]


def test_a_shortened_answer_names_the_budget_and_both_numbers() -> None:
    shortened = AnswerShortened(pane="claude", turn="t1", budget="day", asked_tokens=16384, max_tokens=2300)
    assert said(feed(begun(), (2.0, shortened))) == "budget day: answer limited to 2,300 tokens of 16,384"


@pytest.mark.parametrize("event", [retry(turn="t0"), OFFERED, failed()])
def test_events_of_another_turn_or_pane_change_nothing(event: Any) -> None:
    view = SessionView()
    reduce(view, SessionStarted(session="s", panes=PANES), 0.0)
    pane = feed(view, (1.0, event))
    assert (pane.phase, pane.operations, pane.wait, pane.offer) == (Phase.READY, [], None, None)


def circuit(state: CircuitState, *, failures: int = 5, retry_in: float | None = None, reason: str = "") -> Event:
    return CircuitChanged(
        provider="anthropic", model=SONNET, panes=("claude",), state=state, failures=failures, retry_in=retry_in,
        reason=reason,
    )  # fmt: skip


def test_circuits_open_wait_and_close_and_each_change_is_remembered() -> None:
    view = begun()
    feed(view, (1.0, circuit(CircuitState.CLOSED, failures=4, reason="Overloaded")))
    assert list(view.guard.happenings) == []
    feed(view, (2.0, circuit(CircuitState.OPEN, retry_in=30.0, reason="Overloaded")))
    found = view.guard.circuits["anthropic", SONNET]
    assert (found.state, found.retry_at, found.failures) == (CircuitState.OPEN, 32.0, 5)
    assert view.guard.waits(31.0)
    assert not view.guard.waits(32.0)
    feed(view, (32.0, circuit(CircuitState.HALF_OPEN)), (33.0, circuit(CircuitState.CLOSED, failures=0)))
    assert [one.text for one in view.guard.happenings] == [
        "circuit closed", "circuit half-open", "circuit open for 30s: Overloaded"
    ]  # fmt: skip
    assert not view.guard.waits(0.0)


def test_going_offline_is_told_once() -> None:
    view = begun()
    feed(view, (1.0, OfflineChanged(offline=True)), (2.0, OfflineChanged(offline=True)))
    assert view.guard.offline
    feed(view, (3.0, OfflineChanged(offline=False)))
    assert [one.text for one in view.guard.happenings] == ["online again", "offline: no provider can be reached"]


@pytest.mark.parametrize(("percent", "level"), [(50, NoticeLevel.WARNING), (100, NoticeLevel.ERROR)])
def test_an_alert_is_a_notice_with_numbers(percent: int, level: NoticeLevel) -> None:
    view = begun()
    feed(view, (1.0, BudgetAlert(budget="day", percent=percent, spent_pico=40 * CENT, limit_pico=50 * CENT)))
    assert [(one.level, one.problem.title, one.problem.text) for one in view.notices] == [
        (level, "Budget day", f"{percent} % spent, $.400 of $.500")
    ]


def spent(pico: int, **changes: Any) -> SpendChanged:
    values: dict[str, Any] = {
        "session_pico": pico, "project_pico": pico, "day_pico": pico, "month_pico": pico, "unpriced": 0, "saved_pico": 0
    }  # fmt: skip
    return SpendChanged(**{**values, **changes})


def test_money_is_counted_by_the_minute() -> None:
    money = Money()
    for now, pico in ((0.0, 5), (30.0, 8), (70.0, 20), (70.0, 20)):
        money.take(spent(pico), now)
    assert money.per_minute(70.0, 3) == [0, 8, 12]
    assert money.rate(70.0) == 15
    assert money.rate(131.0) == 0
    money.take(spent(21), 60.0 * 90)
    assert money.per_minute(60.0 * 90, 60)[:-1] == [0] * 59


def budget(name: str, spent_pico: int, limit: int, held: int = 0) -> BudgetState:
    return BudgetState(name=name, scope="day", limit_pico=limit, spent_pico=spent_pico, held_pico=held, hard=True)


@pytest.mark.parametrize(
    ("budgets", "name"),
    [
        ((budget("a", 5, 10), budget("b", 6, 10)), "b"),
        ((budget("a", 5, 10), budget("b", 5, 10, held=1)), "b"),
        ((budget("a", 0, 10), budget("b", 0, 5)), "b"),
        ((budget("a", 9, 10), budget("b", 0, 0)), "b"),
    ],
)
def test_the_tightest_budget(budgets: tuple[BudgetState, ...], name: str) -> None:
    found = tightest(budgets)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-3.0, "0s"), (0.04, "0s"), (0.2, "1s"), (7.0, "7s"), (59.9, "1m00s"), (125.0, "2m05s"), (3720.0, "1h02m")],
)
def test_countdown(seconds: float, text: str) -> None:
    assert countdown(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(-1.0, "0 s"), (59.9, "59 s"), (60.0, "1 m"), (7200.0, "2 h"), (200_000.0, "2 d")]
)
def test_age(seconds: float, text: str) -> None:
    assert age(seconds) == text
