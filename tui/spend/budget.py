"""Budgets: which of them a call counts towards, what still fits, and when a person must be told. Pure.

Days and months are those of the calendar in the user's time zone, so they may be 23 or 25 hours long. Money is
integer pico-dollars, times are seconds since the epoch.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from tui.config.model import BudgetConfig, BudgetScope, BudgetWindow, Config
from tui.core.errors import Problem, UsageError
from tui.core.money import pico_from_usd, usd_short

LEAST_TOKENS: Final = 1_000
"""The shortest answer worth asking for when a budget leaves no more."""
_DEFAULT_WINDOWS: Final = {
    BudgetScope.SESSION: BudgetWindow.TOTAL,
    BudgetScope.PROJECT: BudgetWindow.TOTAL,
    BudgetScope.DAY: BudgetWindow.DAY,
    BudgetScope.MONTH: BudgetWindow.MONTH,
    BudgetScope.PROVIDER: BudgetWindow.MONTH,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """A limit. `provider` is set for the scope `provider` only; `thresholds` are percentages of `limit_pico`."""

    name: str
    scope: BudgetScope
    limit_pico: int
    hard: bool = True
    provider: str = ""
    window: BudgetWindow | None = None
    thresholds: tuple[int, ...] = (50, 80, 100)

    @property
    def period(self) -> BudgetWindow:
        """How long it lasts: `window`, or what is usual for its scope."""
        return self.window or _DEFAULT_WINDOWS[self.scope]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The part of the ledger a budget adds up now: entries begun in ``[start, end)`` that match what is set.

    `start` and `end` are None for a budget that never begins anew; `session`, `project` and `provider` are None
    where any will do.
    """

    budget: Budget
    start: float | None = None
    end: float | None = None
    session: str | None = None
    project: str | None = None
    provider: str | None = None

    @property
    def key(self) -> str:
        """Tells this window from every other of the same budget."""
        begin = "" if self.start is None else str(round(self.start))
        return "|".join((self.session or "", self.project or "", self.provider or "", begin))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a window stands: what is spent, what running calls hold, how many calls have no known price."""

    window: Window
    spent_pico: int = 0
    held_pico: int = 0
    unpriced: int = 0

    @property
    def budget(self) -> Budget:
        """The budget of the window."""
        return self.window.budget

    @property
    def left_pico(self) -> int:
        """What may still be held; negative when the limit is crossed."""
        return self.budget.limit_pico - self.spent_pico - self.held_pico

    @property
    def used(self) -> float:
        """Spent and held as a fraction of the limit; 1 for a limit of nothing."""
        limit = self.budget.limit_pico
        return (self.spent_pico + self.held_pico) / limit if limit else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A window's spending has reached a threshold, in percent of its limit."""

    standing: Standing
    percent: int

    @property
    def problem(self) -> Problem:
        """The alert as it is shown."""
        standing = self.standing
        return Problem(
            title=f"Budget “{standing.budget.name}” {self.percent} % spent",
            text=f"{usd_short(standing.spent_pico)} of {usd_short(standing.budget.limit_pico)} "
            f"{scope_words(standing.budget)} are spent{_unpriced(standing)}.",
        )


class RefusalReason(StrEnum):
    """Why a call was not allowed."""

    LIMIT = "limit"
    """Not even the shortest answer fits."""
    UNPRICED = "unpriced"
    """The model's price is unknown, so a hard budget cannot be kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A call that a hard budget does not allow; `least_pico` is what the shortest worthwhile answer could cost."""

    reason: RefusalReason
    standing: Standing
    model: str
    least_pico: int | None = None

    @property
    def problem(self) -> Problem:
        """The refusal as it is shown, with its numbers."""
        standing, budget = self.standing, self.standing.budget
        if self.reason is RefusalReason.UNPRICED:
            return Problem(
                title="Price unknown",
                text=f"The price of {self.model} is not known, so the budget “{budget.name}” cannot be kept.",
                hint=f'Set [prices."{self.model}"] with `input` and `output`, or make the budget soft (hard = false).',
            )
        running = f" and {usd_short(standing.held_pico)} held for running calls" if standing.held_pico else ""
        return Problem(
            title=f"Budget “{budget.name}” refuses",
            text=f"A short answer of {self.model} may cost {usd_short(self.least_pico or 0)}, but of "
            f"{usd_short(budget.limit_pico)} {scope_words(budget)} {usd_short(standing.spent_pico)} are spent"
            f"{running}.",
            hint=f"{_REMEDIES[budget.period]}, or send less: a shorter history or a cheaper model.",
        )


_REMEDIES: Final = {
    BudgetWindow.TOTAL: "Raise the limit",
    BudgetWindow.DAY: "Raise the limit, wait for the next day",
    BudgetWindow.MONTH: "Raise the limit, wait for the next month",
}


def scope_words(budget: Budget) -> str:
    """Return what a budget is for, in words: ``a day``, ``for anthropic a month``."""
    per = {BudgetWindow.TOTAL: "", BudgetWindow.DAY: " a day", BudgetWindow.MONTH: " a month"}[budget.period]
    match budget.scope:
        case BudgetScope.SESSION:
            return "for this session"
        case BudgetScope.PROJECT:
            return f"for this project{per}"
        case BudgetScope.PROVIDER:
            return f"for {budget.provider}{per}"
        case BudgetScope.DAY | BudgetScope.MONTH:
            return per.strip()


def _unpriced(standing: Standing) -> str:
    return f" (+ {standing.unpriced} unpriced)" if standing.unpriced else ""


def any_hard(windows: Iterable[Window]) -> bool:
    """Tell whether a call must not be made when the ledger cannot be used."""
    return any(window.budget.hard for window in windows)


def budgets_of(config: Config) -> tuple[Budget, ...]:
    """Return the configured budgets."""
    return tuple(_budget(name, item) for name, item in config.budgets.items())


def _budget(name: str, item: BudgetConfig) -> Budget:
    return Budget(
        name=name,
        scope=item.scope,
        limit_pico=pico_from_usd(item.limit_usd),
        hard=item.hard,
        provider=item.provider,
        window=item.window,
        thresholds=tuple(sorted(set(item.thresholds))),
    )


def zone(name: str) -> tzinfo | None:
    """Return the time zone called `name`; None, the machine's own, for an empty name."""
    if not name:
        return None
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(
            Problem(
                title="Unknown time zone",
                text=f"spend.timezone says {name!r}, which this machine does not know.",
                hint="Write a name such as Europe/Berlin, or leave it out.",
            )
        ) from error


def local_date(wall: float, tz: tzinfo | None) -> date:
    """Return the date a moment has in `tz` (None: the machine's zone)."""
    return datetime.fromtimestamp(wall, tz).date()


def midnight(day: date, tz: tzinfo | None) -> float:
    """Return when `day` begins in `tz`; where clocks skip midnight, the moment they skip it."""
    return datetime(day.year, day.month, day.day, tzinfo=tz).timestamp()


def span(period: BudgetWindow, wall: float, tz: tzinfo | None) -> tuple[float | None, float | None]:
    """Return beginning and end of the calendar day or month that holds `wall`; both None for `total`."""
    if period is BudgetWindow.TOTAL:
        return None, None
    first = local_date(wall, tz)
    if period is BudgetWindow.DAY:
        after = first + timedelta(days=1)
    else:
        first = first.replace(day=1)
        after = (first + timedelta(days=31)).replace(day=1)
    return midnight(first, tz), midnight(after, tz)


def windows_for(
    budgets: Iterable[Budget], *, session: str, project: str, provider: str | None, wall: float, tz: tzinfo | None
) -> tuple[Window, ...]:
    """Return the windows a call counts towards at `wall`; with provider None those of every provider, for showing."""
    found: list[Window] = []
    for budget in budgets:
        if budget.scope is BudgetScope.PROVIDER and provider not in (None, budget.provider):
            continue
        start, end = span(budget.period, wall, tz)
        found.append(
            Window(
                budget=budget,
                start=start,
                end=end,
                session=session if budget.scope is BudgetScope.SESSION else None,
                project=project if budget.scope is BudgetScope.PROJECT else None,
                provider=budget.provider if budget.scope is BudgetScope.PROVIDER else None,
            )
        )
    return tuple(found)


def fit(*, wanted: int, input_pico: int, output_rate: int, left_pico: int, least: int = LEAST_TOKENS) -> int | None:
    """Return the most output tokens, at most `wanted`, that keep a call within `left_pico`; None when too few fit.

    `input_pico` is what the input may cost, `output_rate` the price of an output token. Fewer than `least` tokens
    are too few, unless fewer were wanted. What costs nothing always fits.
    """
    if input_pico + wanted * output_rate <= max(left_pico, 0):
        return wanted
    if output_rate == 0:
        return None
    most = (left_pico - input_pico) // output_rate
    return most if most >= min(least, wanted) else None


def fit_all(
    standings: Sequence[Standing],
    *,
    wanted: int,
    input_pico: int | None,
    output_rate: int | None,
    least: int,
    model: str,
) -> int | Refusal:
    """Return the most output tokens every hard budget of `standings` allows, or the first refusal.

    `input_pico` and `output_rate` are None when the price is unknown: any hard budget then refuses.
    """
    allowed = wanted
    for standing in standings:
        if not standing.budget.hard:
            continue
        if input_pico is None or output_rate is None:
            return Refusal(reason=RefusalReason.UNPRICED, standing=standing, model=model)
        most = fit(
            wanted=wanted, input_pico=input_pico, output_rate=output_rate, left_pico=standing.left_pico, least=least
        )
        if most is None:
            return Refusal(
                reason=RefusalReason.LIMIT,
                standing=standing,
                model=model,
                least_pico=input_pico + min(least, wanted) * output_rate,
            )
        allowed = min(allowed, most)
    return allowed


def reached(standing: Standing) -> tuple[int, ...]:
    """Return the thresholds, in percent, that the spent money of a window has reached."""
    limit = standing.budget.limit_pico
    return tuple(percent for percent in standing.budget.thresholds if standing.spent_pico * 100 >= limit * percent > 0)
