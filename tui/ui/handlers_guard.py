"""What the actions of spend and resilience do on the main screen."""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

from tui.core.commands import AnswerFallback, RetryNow, SetSessionBudget
from tui.core.money import pico_from_usd, usd_short
from tui.ui.view.format import Tone
from tui.ui.view.state import PaneView

if TYPE_CHECKING:
    from tui.ui.screens.glance import GlanceScreen
    from tui.ui.screens.main import MainScreen

_MOST_USD: Final = Decimal(1_000_000)


def offered(view_panes: Mapping[str, PaneView], selected: str) -> PaneView | None:
    """The pane whose question an answer is for: the selected one, else the first that asks."""
    return _first(view_panes, selected, lambda pane: pane.offer is not None)


def retrying(view_panes: Mapping[str, PaneView], selected: str) -> PaneView | None:
    """The pane whose next attempt can be hurried: the selected one, else the first that waits."""
    return _first(view_panes, selected, lambda pane: pane.wait is not None and pane.wait.attempt > 0)


def _first(panes: Mapping[str, PaneView], selected: str, wanted: Callable[[PaneView], bool]) -> PaneView | None:
    ordered = sorted(panes.values(), key=lambda pane: pane.name != selected)
    return next((pane for pane in ordered if wanted(pane)), None)


def decline(screen: "MainScreen") -> bool:
    """Decline the model offered in the selected pane; False if none is."""
    pane = screen.stage.view.current
    if pane is None or pane.offer is None:
        return False
    screen.engine.handle(AnswerFallback(pane=pane.name, accept=False))
    screen.flash(f"{pane.offer.target} does not answer in {pane.name}")
    return True


def _retry_now(screen: "MainScreen", _: int) -> None:
    pane = retrying(screen.stage.view.panes, screen.stage.view.selected)
    if pane is not None:
        screen.engine.handle(RetryNow(pane=pane.name))


def _use_fallback(screen: "MainScreen", _: int) -> None:
    pane = offered(screen.stage.view.panes, screen.stage.view.selected)
    if pane is not None:
        screen.engine.handle(AnswerFallback(pane=pane.name, accept=True))


def _budget(screen: "MainScreen", _: int) -> None:
    if screen.prompt.is_empty:
        screen.prompt.insert_text("/budget ")
        screen.prompt.focus()
    else:
        screen.flash("Type /budget 0.50, or /budget off")


def parse_budget(text: str) -> int | None:
    """Return a limit in pico-dollars, None for no limit. Raises ValueError with what to type instead."""
    word = text.strip().lower().removeprefix("$").removesuffix("usd").strip()
    if word in ("off", "none"):
        return None
    try:
        usd = Decimal(word)
    except InvalidOperation:
        raise ValueError("Type an amount in dollars, as in /budget 0.50, or /budget off") from None
    if not usd.is_finite() or not 0 < usd <= _MOST_USD:
        raise ValueError("A budget is more than $0 and at most $1,000,000; /budget off lifts it")
    return pico_from_usd(usd)


def _set_budget(screen: "MainScreen", argument: str) -> None:
    try:
        limit = parse_budget(argument)
    except ValueError as error:
        screen.flash(str(error), Tone.WARN)
        return
    screen.engine.handle(SetSessionBudget(limit_pico=limit))
    screen.flash("No limit for this session" if limit is None else f"This session stops before {usd_short(limit)}")


def _spend(screen: "MainScreen", _: int) -> None:
    from tui.ui.ports import SpendSource
    from tui.ui.screens.spend import SpendScreen

    if isinstance(screen.engine, SpendSource):
        _show_over(screen, SpendScreen(screen.stage, screen.engine, screen.actions))
    else:
        screen.flash("This session keeps no ledger", Tone.WARN)


def _health(screen: "MainScreen", _: int) -> None:
    from tui.ui.screens.health import HealthScreen

    _show_over(screen, HealthScreen(screen.stage, screen.engine, screen.actions))


def _show_over(screen: "MainScreen", page: "GlanceScreen") -> None:
    """Show a page over the panes that follows the events while it is open."""

    def closed(_: None) -> None:
        screen.over = None

    screen.over = page
    screen.app.push_screen(page, closed)


GUARD_HANDLERS: Final[Mapping[str, Callable[["MainScreen", int], None]]] = {
    "retry_now": _retry_now,
    "use_fallback": _use_fallback,
    "budget": _budget,
    "spend": _spend,
    "health": _health,
}
GUARD_WITH_ARGUMENT: Final[Mapping[str, Callable[["MainScreen", str], None]]] = {"budget": _set_budget}
"""What a slash command does with the words after it."""
