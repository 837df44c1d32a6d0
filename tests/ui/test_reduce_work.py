"""Requests and the trust mode in the view, without a screen."""

from tests.ui.requests import command
from tui.core.chat import Usage
from tui.core.errors import Outcome
from tui.core.events import Event, PaneInfo, SessionStarted, TurnFinished, TurnStarted
from tui.core.guard_events import SpendChanged
from tui.core.tool_events import ApprovalResolved, TrustModeChanged
from tui.core.trust import Resolution, TrustMode
from tui.ui.glyphs import UNICODE
from tui.ui.view.format import Tone
from tui.ui.view.reduce import reduce
from tui.ui.view.spend_text import top_line
from tui.ui.view.state import Phase, SessionView

PANES = tuple(PaneInfo(name=name, provider="openai", model="m") for name in ("claude", "gpt"))


def feed(*events: Event) -> SessionView:
    view = SessionView()
    reduce(view, SessionStarted(session="s1234", panes=PANES), 0.0)
    for pane in ("claude", "gpt"):
        reduce(view, TurnStarted(pane=pane, turn="turn_1", prompt="go", model="m"), 0.0)
    for event in events:
        reduce(view, event, 1.0)
    return view


def finished(pane: str) -> TurnFinished:
    return TurnFinished(
        pane=pane,
        turn="turn_1",
        outcome=Outcome.CANCELLED,
        stop=None,
        usage=Usage(),
        cost_pico=0,
        attempts=1,
        model="m",
    )


def test_requests_of_all_panes_stand_in_one_queue() -> None:
    view = feed(command("a", "r1", "gpt"), command("b", "r2", "claude"), command("c", "r3", "gpt"))
    assert [one.id for one in view.work.waiting] == ["r1", "r2", "r3"]
    assert [pane.phase for pane in view.panes.values()] == [Phase.ASKING, Phase.ASKING]
    assert view.work.changed


def test_a_request_told_twice_is_one() -> None:
    assert len(feed(command("a"), command("b")).work.waiting) == 1


def test_a_resolved_request_leaves_the_queue_and_is_told_unless_it_was_answered_here() -> None:
    view = feed(command("a", "r1"), command("b", "r2"))
    view.work.answered.add("r1")
    assert [one.id for one in view.work.waiting] == ["r2"]
    reduce(view, ApprovalResolved(id="r1", pane="claude", how=Resolution.ONCE), 2.0)
    assert view.work.closed == []
    reduce(view, ApprovalResolved(id="r2", pane="claude", how=Resolution.OVERTAKEN), 2.0)
    assert [(one.request.id, one.how) for one in view.work.closed] == [("r2", Resolution.OVERTAKEN)]
    assert view.work.requests == {}
    assert view.work.answered == set()
    assert view.panes["claude"].phase is not Phase.ASKING


def test_an_unknown_request_that_ends_changes_nothing() -> None:
    view = feed(ApprovalResolved(id="nobody", pane="claude", how=Resolution.ONCE))
    assert view.work.closed == []


def test_a_turn_that_ends_takes_its_requests_with_it() -> None:
    view = feed(command("a", "r1", "claude"), command("b", "r2", "gpt"), finished("claude"))
    assert [one.id for one in view.work.waiting] == ["r2"]
    assert view.panes["claude"].phase is Phase.STOPPED


def first_row(view: SessionView, width: int = 80) -> dict[str, Tone]:
    return {text.strip(): tone for text, tone in top_line(view, "shop", "main", width, UNICODE) if text.strip()}


def test_the_first_line_shows_the_mode_always_and_by_more_than_colour() -> None:
    for mode, tone in zip(TrustMode, (Tone.BUSY, Tone.OK, Tone.WARN, Tone.FLAG), strict=True):
        view = feed(TrustModeChanged(mode=mode))
        for width in (40, 80, 200):
            assert first_row(view, width)[mode.value] is tone


def test_the_first_line_says_what_commands_run_in() -> None:
    assert first_row(feed(TrustModeChanged(mode=TrustMode.ASK)))["no sandbox"] is Tone.WARN
    assert first_row(feed(TrustModeChanged(mode=TrustMode.ASK, sandbox="bubblewrap")))["sandbox"] is Tone.MUTED
    assert "no tools" in first_row(feed(TrustModeChanged(mode=TrustMode.ASK, tools=False)))
    assert "ask" not in first_row(feed())


def test_a_missing_sandbox_stays_in_sight_beside_the_spend() -> None:
    spent = SpendChanged(
        session_pico=4 * 10**10, project_pico=0, day_pico=31 * 10**10, month_pico=0, unpriced=1, saved_pico=0
    )
    view = feed(TrustModeChanged(mode=TrustMode.AUTO), spent)
    view.demo = True
    for width in (60, 80):
        assert first_row(view, width)["no sandbox"] is Tone.WARN
