"""A call, a budget and a price, with what a test does not care about filled in."""

from typing import Any

from tui.config.model import BudgetScope
from tui.spend.budget import Budget, Window, windows_for
from tui.spend.prices import CacheWrites, Price, Quote, Source
from tui.spend.records import Call

USD = 10**12
START = 1_795_000_000.0
"""18 November 2026, 11:06:40 UTC."""


def price(input_rate: int = 2_000_000, output_rate: int = 10_000_000) -> Price:
    return Price(
        input=input_rate,
        output=output_rate,
        cache_read=input_rate,
        cache_write_5m=input_rate,
        cache_write_1h=input_rate,
    )


def quote(input_rate: int = 2_000_000, output_rate: int = 10_000_000) -> Quote:
    return Quote(price=price(input_rate, output_rate), source=Source.TABLE, matched_id="m-1", dated="2026-01-01")


def call(**changes: Any) -> Call:
    values: dict[str, Any] = {
        "session": "s1",
        "project": "/p",
        "provider": "anthropic",
        "model": "m",
        "input_tokens": 10_000,
        "max_tokens": 10_000,
        "quote": quote(),
        "cache_writes": CacheWrites.NONE,
    }
    return Call(**(values | changes))


def budget(limit_pico: int = USD, **changes: Any) -> Budget:
    values: dict[str, Any] = {"name": "b", "scope": BudgetScope.DAY, "limit_pico": limit_pico}
    return Budget(**(values | changes))


def windows(*budgets: Budget, wall: float = START, **changes: Any) -> tuple[Window, ...]:
    values: dict[str, Any] = {"session": "s1", "project": "/p", "provider": "anthropic", "tz": None}
    return windows_for(budgets, wall=wall, **(values | changes))
