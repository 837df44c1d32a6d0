"""Budgets are arithmetic: windows follow the calendar, a fit never passes a limit, refusals say their numbers."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.spend.support import START, USD, budget, windows
from tui.config.model import BudgetScope, BudgetWindow
from tui.core.errors import UsageError
from tui.spend.budget import (
    Refusal,
    RefusalReason,
    Standing,
    any_hard,
    fit,
    fit_all,
    local_date,
    midnight,
    reached,
    scope_words,
    span,
    windows_for,
    zone,
)

HOUR = 3600.0


def moment(text: str, tz: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(tz)).timestamp()


@pytest.mark.parametrize(
    ("period", "tz", "at", "start", "hours"),
    [
        ("day", "UTC", "2026-11-22T10:00", "2026-11-22T00:00", 24),
        ("day", "Asia/Seoul", "2026-11-22T00:00", "2026-11-22T00:00", 24),
        ("day", "Asia/Seoul", "2026-11-21T23:59:59", "2026-11-21T00:00", 24),
        ("day", "Europe/Berlin", "2026-03-29T12:00", "2026-03-29T00:00", 23),
        ("day", "Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:00", 25),
        ("day", "America/New_York", "2026-03-08T23:59", "2026-03-08T00:00", 23),
        ("day", "America/New_York", "2026-11-01T00:00", "2026-11-01T00:00", 25),
        ("day", "Australia/Lord_Howe", "2026-04-05T12:00", "2026-04-05T00:00", 24.5),
        ("day", "America/Sao_Paulo", "2018-11-04T12:00", "2018-11-04T01:00", 23),  # there was no midnight
        ("day", "America/Havana", "2026-11-01T00:30", "2026-11-01T00:00", 25),  # there were two
        ("day", "Pacific/Apia", "2011-12-31T12:00", "2011-12-31T00:00", 24),  # the day before did not exist
        ("month", "UTC", "2026-02-28T23:59:59", "2026-02-01T00:00", 28 * 24),
        ("month", "UTC", "2028-02-29T00:00", "2028-02-01T00:00", 29 * 24),
        ("month", "UTC", "2026-12-31T23:59:59", "2026-12-01T00:00", 31 * 24),
        ("month", "UTC", "2027-01-01T00:00", "2027-01-01T00:00", 31 * 24),
        ("month", "Europe/Berlin", "2026-03-01T00:00", "2026-03-01T00:00", 31 * 24 - 1),
        ("month", "Europe/Berlin", "2026-10-31T23:59", "2026-10-01T00:00", 31 * 24 + 1),
        ("month", "Asia/Kolkata", "2026-12-01T00:00", "2026-12-01T00:00", 31 * 24),
    ],
)
def test_windows_follow_the_calendar(period: str, tz: str, at: str, start: str, hours: float) -> None:
    begin, end = span(BudgetWindow(period), moment(at, tz), ZoneInfo(tz))
    assert begin == moment(start, tz)
    assert end == moment(start, tz) + hours * HOUR


@pytest.mark.parametrize("tz", ["UTC", "Europe/Berlin", "America/Sao_Paulo", "Africa/Cairo", "America/Havana", None])
@given(wall=st.floats(min_value=1_500_000_000, max_value=1_900_000_000))
def test_every_moment_lies_in_one_day_and_days_join(tz: str | None, wall: float) -> None:
    where = None if tz is None else ZoneInfo(tz)
    for period in (BudgetWindow.DAY, BudgetWindow.MONTH):
        start, end = span(period, wall, where)
        assert start is not None
        assert end is not None
        assert start <= wall < end
        assert span(period, end, where)[0] == end
        assert span(period, start, where) == (start, end)
    assert midnight(local_date(wall, where), where) <= wall


def test_an_unknown_zone_is_refused_by_name() -> None:
    assert zone("") is None
    assert zone("Asia/Seoul") == ZoneInfo("Asia/Seoul")
    for name in ("Mars/Olympus", "../etc/passwd", "/etc/localtime"):
        with pytest.raises(UsageError, match="does not know"):
            zone(name)


@given(
    wanted=st.integers(1, 200_000),
    input_pico=st.integers(0, 10**13),
    rate=st.integers(0, 10**9),
    left=st.integers(-(10**12), 10**14),
    least=st.integers(1, 20_000),
)
def test_a_fit_never_passes_what_is_left(wanted: int, input_pico: int, rate: int, left: int, least: int) -> None:
    tokens = fit(wanted=wanted, input_pico=input_pico, output_rate=rate, left_pico=left, least=least)
    if tokens is not None:
        assert min(least, wanted) <= tokens <= wanted
        assert input_pico + tokens * rate <= max(left, 0)
        if tokens < wanted:  # one more would not fit
            assert input_pico + (tokens + 1) * rate > left
    else:
        assert input_pico + min(least, wanted) * rate > left


@given(
    wanted=st.integers(1, 200_000),
    input_pico=st.integers(0, 10**12),
    rate=st.integers(1, 10**8),
    left=st.integers(0, 10**13),
    more=st.integers(0, 10**12),
)
def test_a_fit_is_monotone(wanted: int, input_pico: int, rate: int, left: int, more: int) -> None:
    def tokens(left: int, input_pico: int, rate: int) -> int:
        return fit(wanted=wanted, input_pico=input_pico, output_rate=rate, left_pico=left) or 0

    base = tokens(left, input_pico, rate)
    assert tokens(left + more, input_pico, rate) >= base
    assert tokens(left, input_pico + more, rate) <= base
    assert tokens(left, input_pico, rate + more) <= base


def test_what_is_free_fits_even_a_budget_that_is_crossed() -> None:
    assert fit(wanted=5, input_pico=0, output_rate=0, left_pico=-1) == 5
    assert fit(wanted=5, input_pico=1, output_rate=0, left_pico=0) is None


def standing(limit: int, spent: int = 0, held: int = 0, **changes: object) -> Standing:
    (window,) = windows(budget(limit, **changes))
    return Standing(window=window, spent_pico=spent, held_pico=held)


def test_the_tightest_hard_budget_decides_and_soft_ones_never_do() -> None:
    standings = [
        standing(10 * USD),
        standing(10 * USD, spent=10 * USD, hard=False),
        standing(USD, spent=USD // 2, held=USD // 4),
    ]
    args = {"wanted": 100_000, "least": 1_000, "model": "m"}
    assert fit_all(standings, input_pico=USD // 20, output_rate=10_000_000, **args) == 20_000  # type: ignore[arg-type]
    refused = fit_all(standings, input_pico=USD // 4, output_rate=10_000_000, **args)  # type: ignore[arg-type]
    assert isinstance(refused, Refusal)
    assert refused.reason is RefusalReason.LIMIT
    assert refused.standing is standings[2]
    assert refused.least_pico == USD // 4 + 1_000 * 10_000_000
    text = str(refused.problem)
    for number in ("$.260", "$1.00", "$.500", "$.250 held"):
        assert number in text


def test_an_unknown_price_is_refused_by_a_hard_budget_only() -> None:
    args = {"wanted": 5_000, "least": 1_000, "model": "new-1", "input_pico": None, "output_rate": None}
    assert fit_all([standing(USD, hard=False)], **args) == 5_000  # type: ignore[arg-type]
    assert fit_all([], **args) == 5_000  # type: ignore[arg-type]
    refused = fit_all([standing(USD)], **args)  # type: ignore[arg-type]
    assert isinstance(refused, Refusal)
    assert refused.reason is RefusalReason.UNPRICED
    assert '[prices."new-1"]' in refused.problem.hint


@pytest.mark.parametrize(
    ("spent", "percents"),
    [
        (0, ()),
        (49, ()),
        (50, (50,)),
        (79, (50,)),
        (80, (50, 80)),
        (99, (50, 80)),
        (100, (50, 80, 100)),
        (250, (50, 80, 100)),
    ],
)
def test_thresholds(spent: int, percents: tuple[int, ...]) -> None:
    assert reached(standing(100, spent=spent, held=1_000)) == percents


def test_a_budget_of_nothing_alarms_nobody_and_counts_as_full() -> None:
    assert reached(standing(0, spent=5)) == ()
    assert standing(0).used == 1.0


def test_windows_of_a_call() -> None:
    budgets = (
        budget(name="s", scope=BudgetScope.SESSION),
        budget(name="p", scope=BudgetScope.PROJECT),
        budget(name="pd", scope=BudgetScope.PROJECT, window=BudgetWindow.DAY),
        budget(name="d", scope=BudgetScope.DAY),
        budget(name="m", scope=BudgetScope.MONTH),
        budget(name="a", scope=BudgetScope.PROVIDER, provider="anthropic"),
        budget(name="o", scope=BudgetScope.PROVIDER, provider="openai"),
    )
    found = {
        window.budget.name: window
        for window in windows_for(budgets, session="s1", project="/p", provider="anthropic", wall=START, tz=UTC)
    }
    assert set(found) == {"s", "p", "pd", "d", "m", "a"}
    assert (found["s"].session, found["s"].start) == ("s1", None)
    assert (found["p"].project, found["p"].start) == ("/p", None)
    assert found["pd"].start == found["d"].start == midnight(local_date(START, UTC), UTC)
    assert (found["a"].provider, found["a"].start) == ("anthropic", found["m"].start)
    assert found["d"].project is None
    assert len({window.key for window in found.values()}) == 6
    every = windows_for(budgets, session="s1", project="/p", provider=None, wall=START, tz=UTC)
    assert len(every) == len(budgets)
    assert [scope_words(window.budget) for window in every] == [
        "for this session",
        "for this project",
        "for this project a day",
        "a day",
        "a month",
        "for anthropic a month",
        "for openai a month",
    ]


def test_a_refusal_names_its_budget() -> None:
    (window,) = windows(budget(USD // 10, name="--max-budget-usd", scope=BudgetScope.SESSION), budget(hard=False))[:1]
    assert (window.session, window.budget.hard) == ("s1", True)
    assert any_hard([window])
    assert not any_hard(windows(budget(hard=False)))
    refusal = Refusal(reason=RefusalReason.LIMIT, standing=Standing(window=window), model="m", least_pico=USD)
    assert "--max-budget-usd" in str(refusal.problem)
