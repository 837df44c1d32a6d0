"""What was spent, gathered for showing: totals by model, project, provider and day, budgets, orphans."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo

from tui.config.model import BudgetScope, BudgetWindow
from tui.spend.budget import Budget, Standing, local_date, midnight, span, windows_for
from tui.spend.reading import Grouping, entries, totals
from tui.spend.records import Entry, Span, State, Total
from tui.spend.store import Store

DAYS = 14
"""How many days a report shows one by one."""
_ORPHANS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Spending of one user. `days` are the last days in their order with their dates; the groups are this month's."""

    today: Total
    month: Total
    whole: Total
    models: tuple[Total, ...]
    projects: tuple[Total, ...]
    providers: tuple[Total, ...]
    days: tuple[tuple[date, Total], ...]
    budgets: tuple[Standing, ...]
    orphans: tuple[Entry, ...]


def gather(
    store: Store,
    budgets: Sequence[Budget],
    *,
    project: str,
    session: str = "",
    wall: float,
    tz: tzinfo | None,
    days: int = DAYS,
) -> Report:
    """Read everything a report shows. Budgets of single sessions are left out unless `session` is given."""
    today = local_date(wall, tz)
    dates = [today - timedelta(days=back) for back in range(days - 1, -1, -1)]
    starts = [midnight(day, tz) for day in (*dates, today + timedelta(days=1))]
    month = _span(BudgetWindow.MONTH, wall, tz)
    shown = [budget for budget in budgets if session or budget.scope is not BudgetScope.SESSION]
    return Report(
        today=_one(store, _span(BudgetWindow.DAY, wall, tz)),
        month=_one(store, month),
        whole=_one(store, Span()),
        models=totals(store, Grouping.MODEL, month),
        projects=totals(store, Grouping.PROJECT, month),
        providers=totals(store, Grouping.PROVIDER, month),
        days=tuple(zip(dates, totals(store, Grouping.DAY, Span(), starts), strict=True)),
        budgets=store.standings(windows_for(shown, session=session, project=project, provider=None, wall=wall, tz=tz)),
        orphans=entries(store, month, limit=_ORPHANS, states=(State.ORPHANED,)),
    )


def empty(budgets: Sequence[Budget], *, project: str, wall: float, tz: tzinfo | None, days: int = DAYS) -> Report:
    """Return the report of somebody who has never spent anything."""
    today = local_date(wall, tz)
    shown = [budget for budget in budgets if budget.scope is not BudgetScope.SESSION]
    windows = windows_for(shown, session="", project=project, provider=None, wall=wall, tz=tz)
    nothing = Total(key="all")
    return Report(
        today=nothing,
        month=nothing,
        whole=nothing,
        models=(),
        projects=(),
        providers=(),
        days=tuple((today - timedelta(days=back), nothing) for back in range(days - 1, -1, -1)),
        budgets=tuple(Standing(window=window) for window in windows),
        orphans=(),
    )


def _span(period: BudgetWindow, wall: float, tz: tzinfo | None) -> Span:
    start, end = span(period, wall, tz)
    return Span(start=start, end=end)


def _one(store: Store, part: Span) -> Total:
    sums = totals(store, Grouping.ALL, part)
    return sums[0] if sums else Total(key="all")
