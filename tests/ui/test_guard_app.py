"""Spend and resilience with real keys, on an engine without models."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.conftest import WaitUntil
from tests.ui.test_app import Table, running
from tui.core.commands import AnswerFallback, CircuitAction, ControlCircuit, RetryNow, SetSessionBudget, Stop
from tui.core.errors import LLMMixerError, Outcome, Problem
from tui.core.events import AttemptStarted
from tui.core.guard_events import (
    AttemptFailed,
    BudgetAlert,
    BudgetState,
    CircuitChanged,
    CircuitState,
    FallbackOffered,
    FallbackStarted,
    LimitWaiting,
    RetryScheduled,
    SpendChanged,
)
from tui.core.spend_report import SpendReport, SpendSum
from tui.ui.handlers_guard import parse_budget
from tui.ui.screens.health import HealthScreen
from tui.ui.screens.spend import SpendScreen
from tui.ui.view.spend_page import SpendTab

CENT = 10**10
SONNET, SOL = "claude-sonnet-5-5", "gpt-6.2-sol"
OVERLOADED = Problem(title="Overloaded", text="The provider is overloaded.")


def schedule(table: Table, pane: str = "claude", seconds: float = 600.0) -> str:
    """A turn whose first attempt failed and whose second one waits."""
    turn = table.engine.begin(pane)
    table.engine.bus.publish(
        AttemptFailed(pane=pane, turn=turn, attempt=1, model=SONNET, outcome=Outcome.TRANSIENT, problem=OVERLOADED)
    )
    table.engine.bus.publish(
        RetryScheduled(
            pane=pane, turn=turn, attempt=2, attempts=3, seconds=seconds, outcome=Outcome.TRANSIENT, reason="Overloaded"
        )
    )
    return turn


def offer(table: Table, pane: str = "claude") -> str:
    turn = table.engine.begin(pane)
    table.engine.bus.publish(FallbackOffered(pane=pane, turn=turn, asked=SONNET, target=SOL, reason="overloaded"))
    return turn


def circuit(state: CircuitState, *, retry_in: float | None = None, failures: int = 5) -> CircuitChanged:
    return CircuitChanged(
        provider="anthropic", model=SONNET, panes=("claude",), state=state, failures=failures, retry_in=retry_in,
        reason="Overloaded",
    )  # fmt: skip


def spent(session: int, *budgets: BudgetState, unpriced: int = 0) -> SpendChanged:
    return SpendChanged(
        session_pico=session, project_pico=session, day_pico=session, month_pico=session, unpriced=unpriced,
        saved_pico=0, budgets=budgets,
    )  # fmt: skip


def day_budget(spent_pico: int, limit_pico: int = 50 * CENT) -> BudgetState:
    return BudgetState(name="day", scope="day", limit_pico=limit_pico, spent_pico=spent_pico, held_pico=0, hard=True)


async def test_a_retry_is_counted_down_and_can_be_hurried_from_the_pane(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        turn = schedule(table)
        await table.shown("attempt 1 failed: Overloaded")
        assert "retry 2/3 in" in table.rows()[1]
        await table.shown("Alt+N now  Esc stop")
        assert table.main.ticker.running
        await table.press("n")
        assert table.main.prompt.text == "n"
        await table.press("f6")
        await table.shown("n now  Esc stop")
        await table.press("n")
        assert table.engine.commands[-1] == RetryNow(pane="claude")
        table.engine.bus.publish(AttemptStarted(pane="claude", turn=turn, attempt=2, model=SONNET))
        await table.wait(lambda: "waiting" in table.rows()[1])
        await table.wait(lambda: not any("Esc stop" in row for row in table.rows()))


async def test_a_waiting_retry_can_be_hurried_from_the_prompt_and_stopped(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        schedule(table, "gpt")
        await table.shown("Alt+N now")
        await table.press("alt+n")
        assert table.engine.commands == [RetryNow(pane="gpt")]
        await table.press("alt+2", "escape")
        assert table.engine.commands[-1] == Stop(pane="gpt")


async def test_the_key_of_a_retry_means_nothing_without_one(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        table.engine.begin("claude")
        await table.press("f6", "n", "f", "alt+n", "alt+a")
        assert table.engine.commands == []


async def test_a_limit_that_is_waited_for_is_named(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        turn = table.engine.begin("claude")
        table.engine.bus.publish(LimitWaiting(pane="claude", turn=turn, seconds=600.0, reason="50 requests/min"))
        await table.shown("50 requests/min")
        assert not any("Alt+N now" in row for row in table.rows())


async def test_an_offered_model_is_accepted_in_the_pane(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        turn = offer(table)
        await table.shown(f"asked {SONNET},")
        await table.shown("could answer:")
        await table.press("f6")
        await table.shown("f accept  Esc decline")
        await table.press("f")
        assert table.engine.commands == [AnswerFallback(pane="claude", accept=True)]
        table.engine.bus.publish(
            FallbackStarted(pane="claude", turn=turn, asked=SONNET, target=SOL, reason="overloaded")
        )
        table.engine.bus.publish(AttemptStarted(pane="claude", turn=turn, attempt=2, model=SOL))
        await table.shown(f"answered by {SOL}, asked")
        assert f"by {SOL}" in table.rows()[2]
        await table.shown("1 fallback")
        assert not any("Esc decline" in row for row in table.rows())


@pytest.mark.parametrize(("key", "accept"), [("alt+a", True), ("escape", False)])
async def test_an_offer_is_answered_from_the_prompt(key: str, accept: bool, wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        offer(table)
        await table.shown("Alt+A accept")
        await table.press(key)
        assert table.engine.commands == [AnswerFallback(pane="claude", accept=accept)]


async def test_escape_twice_stops_all_even_while_a_model_is_offered(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        table.main.stage.now = lambda: 100.0
        offer(table)
        await table.shown("Esc decline")
        await table.press("escape", "escape")
        assert table.engine.commands == [AnswerFallback(pane="claude", accept=False), Stop(pane=None)]


async def test_an_offer_is_answered_by_a_click(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        offer(table, "gpt")
        await table.shown("Alt+A accept")
        row = next(number for number, text in enumerate(table.rows()) if "Alt+A accept" in text)
        await table.pilot.click(offset=(table.rows()[row].index("accept"), row))
        assert table.engine.commands == [AnswerFallback(pane="gpt", accept=True)]
        assert table.selected == "gpt"


async def test_the_strip_shows_circuits_and_the_clock_stops_with_them(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        assert table.rows()[-4].count("closed") == 3
        table.engine.bus.publish(circuit(CircuitState.OPEN, retry_in=600.0))
        await table.shown("◇ open 10m00s Overloaded")
        assert table.main.ticker.running
        await table.shown("◇ open 9m59s")
        table.engine.bus.publish(circuit(CircuitState.HALF_OPEN))
        await table.shown("◈ half-open")
        await table.wait(lambda: not table.main.ticker.running)


async def test_narrow_screens_show_a_broken_circuit_in_the_tabs(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home, size=(80, 24)) as table:
        table.engine.bus.publish(circuit(CircuitState.DISABLED))
        await table.wait(lambda: "⊗" in table.rows()[1])


async def test_the_first_line_fills_a_bar_and_says_so_in_words(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home, demo=False) as table:
        table.engine.bus.publish(spent(10 * CENT, day_budget(10 * CENT)))
        await table.wait(lambda: "day ━━────────── 20%" in table.rows()[0])
        table.engine.bus.publish(spent(42 * CENT, day_budget(42 * CENT), unpriced=2))
        await table.wait(lambda: "84% near limit" in table.rows()[0])
        assert "$.420 + unpriced" in table.rows()[0]
        table.engine.bus.publish(BudgetAlert(budget="day", percent=80, spent_pico=42 * CENT, limit_pico=50 * CENT))
        await table.shown("Budget day: 80 % spent, $.420 of $.500")
        table.engine.bus.publish(spent(50 * CENT, day_budget(50 * CENT)))
        await table.wait(lambda: "100% limit reached" in table.rows()[0])


@pytest.mark.parametrize(
    ("typed", "limit"), [("/budget 0.50", 50 * CENT), ("/budget $2", 200 * CENT), ("/budget off", None)]
)
async def test_the_session_gets_a_budget(typed: str, limit: int | None, wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        table.main.prompt.insert_text(typed)
        await table.press("enter")
        await table.wait(lambda: table.engine.commands == [SetSessionBudget(limit_pico=limit)])


async def test_a_wrong_budget_is_explained_and_none_is_asked_for(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        table.main.prompt.insert_text("/budget lots")
        await table.press("enter")
        await table.shown("as in /budget 0.50")
        table.main.prompt.insert_text("/budget")
        await table.press("enter")
        await table.wait(lambda: table.main.prompt.text == "/budget ")
        assert table.engine.commands == []


@pytest.mark.parametrize("text", ["", "-1", "0", "nan", "inf", "1e9", "1,5", "0.50 now"])
def test_what_is_no_budget(text: str) -> None:
    with pytest.raises(ValueError, match="budget"):
        parse_budget(text)


async def test_the_estimate_follows_the_typing(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        table.engine.estimates = (CENT, 5 * CENT)
        await table.press(*"@gpt", "space", *"hi")
        await table.shown("est. $.010-.050")
        await table.wait(lambda: table.engine.estimated[-1] == ("hi", ("gpt",)))
        assert len(table.engine.estimated) <= len("@gpt hi")
        table.engine.estimates = None
        await table.press("!")
        await table.wait(lambda: not any("est." in row for row in table.rows()))
        asked = len(table.engine.estimated)
        table.engine.estimates = (CENT, CENT)
        table.main.prompt.clear()
        await table.press("/", "h")
        await table.pilot.pause(0.4)
        assert len(table.engine.estimated) == asked


async def test_the_health_screen_steers_the_selected_model(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home, size=(80, 24)) as table:
        table.engine.bus.publish(circuit(CircuitState.OPEN, retry_in=600.0))
        await table.press("f9")
        await table.shown("Lately")
        await table.shown("circuit open for 10m00s: Overloaded")
        assert isinstance(table.app.screen, HealthScreen)
        await table.press("p", "x", "d", "down", "p")
        actions = [(one.pane, one.action) for one in table.engine.commands if isinstance(one, ControlCircuit)]
        assert actions == [
            ("claude", CircuitAction.PROBE), ("claude", CircuitAction.RESET), ("claude", CircuitAction.DISABLE),
            ("gpt", CircuitAction.PROBE),
        ]  # fmt: skip
        table.engine.bus.publish(circuit(CircuitState.DISABLED))
        await table.shown("⊗ disabled")
        await table.press("up", "d")
        assert table.engine.commands[-1] == ControlCircuit(pane="claude", action=CircuitAction.ENABLE)
        await table.press("escape")
        await table.wait(lambda: len(table.app.screen_stack) == 1)


async def test_a_click_selects_a_model(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        await table.press("f9")
        await table.shown("Nothing yet")
        row = next(number for number, text in enumerate(table.rows()) if "gemini-4-argon" in text)
        await table.pilot.click(offset=(10, row))
        await table.press("x")
        assert table.engine.commands == [ControlCircuit(pane="gemini", action=CircuitAction.RESET)]


def report(cost: int = 12) -> SpendReport:
    first = date(2026, 10, 24)
    one = SpendSum(key="all", calls=3, cost_pico=cost * CENT)
    return SpendReport(
        session=one,
        today=one,
        month=one,
        whole=SpendSum(key="all", calls=9, cost_pico=99 * CENT, unpriced=2, saved_pico=7 * CENT),
        models=(SpendSum(key="small", calls=1, cost_pico=CENT), SpendSum(key="large", calls=2, cost_pico=9 * CENT)),
        projects=(SpendSum(key="/home/ada/src/engine", calls=3, cost_pico=cost * CENT),),
        providers=(SpendSum(key="openai", calls=3, cost_pico=cost * CENT),),
        days=tuple(
            SpendSum(key=(first + timedelta(days=back)).isoformat(), calls=back % 3, cost_pico=(back % 3) * CENT)
            for back in range(30)
        ),
        budgets=(day_budget(12 * CENT),),
        entries=9,
    )


async def test_the_spend_screen_by_day_model_and_project(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home, size=(80, 24)) as table:
        table.engine.report = report()
        await table.press("f5")
        await table.shown("22 Nov")
        for part in ("$.120 session", "+ 2 unpriced", "$.070 saved", "9 entries", "24% ", "$.120 of $.500"):
            assert any(part in row for row in table.rows()), part
        screen = table.app.screen
        assert isinstance(screen, SpendScreen)
        await table.press("tab")
        await table.shown("2 calls")
        rows = table.rows()
        assert next(n for n, row in enumerate(rows) if "large" in row) < next(
            n for n, row in enumerate(rows) if "small" in row
        )
        await table.press("right")
        await table.shown("src/engine")
        row = table.rows()[2]
        await table.pilot.click(offset=(row.index("Providers") + 1, 2))
        await table.shown("openai")
        assert screen.tab is SpendTab.PROVIDERS
        table.engine.report = report(25)
        table.engine.bus.publish(spent(25 * CENT))
        await table.shown("$.250 session")
        await table.press("q")
        await table.wait(lambda: len(table.app.screen_stack) == 1)


async def test_entries_are_exported_and_the_file_is_named(
    wait_until: WaitUntil, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home)
    async with running(wait_until, home, size=(160, 40)) as table:
        await table.press("f5", "c")
        await table.shown("Every entry is in")
        await table.press("j")
        await table.wait(lambda: len(table.engine.exported) == 2)
        (csv, csv_path), (json, json_path) = table.engine.exported
        assert (csv, json) == ("csv", "json")
        assert (csv_path.suffix, json_path.suffix) == (".csv", ".json")
        assert csv_path.parent == home
        table.engine.failure = OSError("no room")
        await table.press("c")
        await table.shown("Not written: no room")


async def test_a_ledger_that_cannot_be_read_says_why(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        table.engine.failure = LLMMixerError(
            Problem(title="Ledger", text="The file is locked.", hint="Close the other.")
        )
        await table.press("f5")
        await table.shown("Ledger: The file is locked. Close the other.")
        table.engine.failure = None
        await table.press("r")
        await table.shown("Nothing spent")
