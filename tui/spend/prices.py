"""What a call costs: your own price, else the dated table shipped beside this file, else unknown.

A price in dollars per million tokens with up to six decimals is a whole number of pico-dollars a token, so costs
are exact integers.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from tui.config.model import PriceConfig
from tui.core.chat import Usage

_PICO_PER_TOKEN: Final = 1_000_000  # of one dollar per million tokens
_TABLE: Final = Path(__file__).with_name("prices.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """The price of one model, in pico-dollars a token."""

    input: int
    output: int
    cache_read: int
    cache_write_5m: int
    cache_write_1h: int

    def scaled(self, input_factor: Decimal, output_factor: Decimal) -> "Price":
        """Return the price with every input rate and the output rate multiplied."""
        return Price(
            input=int(self.input * input_factor),
            output=int(self.output * output_factor),
            cache_read=int(self.cache_read * input_factor),
            cache_write_5m=int(self.cache_write_5m * input_factor),
            cache_write_1h=int(self.cache_write_1h * input_factor),
        )

    def cost(self, usage: Usage) -> int:
        """Return what `usage` costs, in pico-dollars."""
        return (
            usage.input_tokens * self.input
            + usage.cache_read_tokens * self.cache_read
            + usage.cache_write_5m_tokens * self.cache_write_5m
            + usage.cache_write_1h_tokens * self.cache_write_1h
            + usage.output_tokens * self.output
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    model: str
    valid_from: date
    price: Price
    above_tokens: int | None = None
    above: Price | None = None


class PriceBook:
    """Prices by model id and date."""

    def __init__(self, rows: Sequence[_Row], own: Mapping[str, Price]) -> None:
        self._own = dict(own)
        self._rows: dict[str, list[_Row]] = {}
        for row in sorted(rows, key=lambda row: row.valid_from, reverse=True):
            self._rows.setdefault(row.model, []).append(row)

    def price(self, model: str, *, input_tokens: int, wall: float) -> Price | None:
        """Return the price of a call to `model` with `input_tokens` in all at `wall` seconds since the epoch.

        None means unknown: no guess is made from a similar name. An id with a date suffix
        (``claude-sonnet-5-5-20261001``) has the price of the id without it.
        """
        name = model.removeprefix("models/")
        if name in self._own:
            return self._own[name]
        today = datetime.fromtimestamp(wall, UTC).date()
        for row in self._rows.get(name) or self._rows.get(_without_date(name)) or []:
            if row.valid_from <= today:
                if row.above is not None and row.above_tokens is not None and input_tokens > row.above_tokens:
                    return row.above
                return row.price
        return None

    def cost(self, model: str, usage: Usage, wall: float) -> int | None:
        """Return the cost of a call in pico-dollars, or None when the model's price is unknown."""
        price = self.price(model, input_tokens=usage.total_input_tokens, wall=wall)
        return None if price is None else price.cost(usage)


def _without_date(model: str) -> str:
    head, _, tail = model.rpartition("-")
    return head if len(tail) == 8 and tail.isdigit() else model


def load_prices(own: Mapping[str, PriceConfig], table: Path = _TABLE) -> PriceBook:
    """Read the shipped table and put the user's own prices before it."""
    data = tomllib.loads(table.read_text(encoding="utf-8"), parse_float=Decimal)
    own_prices = {
        name: _price(
            {
                "input": item.input,
                "output": item.output,
                "cache_read": item.cache_read,
                "cache_write_5m": item.cache_write_5m,
                "cache_write_1h": item.cache_write_1h,
            }
        )
        for name, item in own.items()
    }
    return PriceBook([_row(item) for item in data["price"]], own_prices)


def _row(item: Mapping[str, Any]) -> _Row:
    price = _price(item)
    above = item.get("above")
    return _Row(
        model=item["model"],
        valid_from=item["from"],
        price=price,
        above_tokens=above["tokens"] if above else None,
        above=price.scaled(Decimal(above["input"]), Decimal(above["output"])) if above else None,
    )


def _price(item: Mapping[str, Any]) -> Price:
    def pico(key: str) -> int:
        value = item.get(key)
        return int(Decimal(item["input"] if value is None else value) * _PICO_PER_TOKEN)

    return Price(
        input=pico("input"),
        output=pico("output"),
        cache_read=pico("cache_read"),
        cache_write_5m=pico("cache_write_5m"),
        cache_write_1h=pico("cache_write_1h"),
    )
