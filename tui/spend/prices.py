"""What a call costs: your own price, else the dated table shipped beside this file, else genai-prices, else unknown.

A price in dollars per million tokens with up to six decimals is a whole number of pico-dollars a token, so costs
are exact integers. The library is imported at the first model that needs it, which takes a moment: `prepare` does so
ahead of time, in a thread. It never updates itself over the network here.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from tui.config.model import PriceConfig
from tui.core.chat import Usage

_PICO_PER_TOKEN: Final = 1_000_000  # of one dollar per million tokens
_PICO_PER_CALL: Final = 1_000_000_000  # of one dollar per thousand calls
_VENDORS: Final = {"gemini": "google"}
_TABLE: Final = Path(__file__).with_name("prices.toml")


class CacheWrites(StrEnum):
    """Which caches a call may write to, and so what its input may cost at most."""

    NONE = "none"
    FIVE_MINUTES = "5m"
    """The short cache; also what providers keep by themselves."""
    ONE_HOUR = "1h"


class Source(StrEnum):
    """Where a price comes from."""

    USER = "user"
    TABLE = "table"
    LIBRARY = "genai-prices"


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """The price of one model, in pico-dollars a token, and a fee for each call.

    `reasoning` is None where reasoning costs what other output does.
    """

    input: int
    output: int
    cache_read: int
    cache_write_5m: int
    cache_write_1h: int
    reasoning: int | None = None
    call: int = 0

    @property
    def dearest_output(self) -> int:
        """The most an output token can cost."""
        return max(self.output, self.reasoning or 0)

    def scaled(self, input_factor: Decimal, output_factor: Decimal) -> "Price":
        """Return the price with every input rate and the output rate multiplied."""
        return Price(
            input=int(self.input * input_factor),
            output=int(self.output * output_factor),
            cache_read=int(self.cache_read * input_factor),
            cache_write_5m=int(self.cache_write_5m * input_factor),
            cache_write_1h=int(self.cache_write_1h * input_factor),
            reasoning=None if self.reasoning is None else int(self.reasoning * output_factor),
            call=self.call,
        )

    def cost(self, usage: Usage) -> int:
        """Return what `usage` costs, in pico-dollars."""
        reasoning = min(usage.reasoning_tokens, usage.output_tokens)
        return (
            self.call
            + usage.input_tokens * self.input
            + usage.cache_read_tokens * self.cache_read
            + usage.cache_write_5m_tokens * self.cache_write_5m
            + usage.cache_write_1h_tokens * self.cache_write_1h
            + (usage.output_tokens - reasoning) * self.output
            + reasoning * (self.output if self.reasoning is None else self.reasoning)
        )

    def saved(self, usage: Usage) -> int:
        """Return what the cache saved against sending the same input without it; negative when it cost more."""
        return (
            usage.cache_read_tokens * (self.input - self.cache_read)
            + usage.cache_write_5m_tokens * (self.input - self.cache_write_5m)
            + usage.cache_write_1h_tokens * (self.input - self.cache_write_1h)
        )

    def most_for_input(self, tokens: int, writes: CacheWrites) -> int:
        """Return the most that `tokens` of input can cost, the call's fee included."""
        rates = [self.input, self.cache_read]
        if writes is not CacheWrites.NONE:
            rates.append(self.cache_write_5m)
        if writes is CacheWrites.ONE_HOUR:
            rates.append(self.cache_write_1h)
        return self.call + tokens * max(rates)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A price and where it is from: the id it was found under (a library may match a family) and its date or version.

    `dated` is the day the price came into force, as ``2026-12-01``, or the version of the source when it has no day.
    """

    price: Price
    source: Source
    matched_id: str
    dated: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What a call cost and what its cache saved; `cost_pico` and `quote` are None when the price is unknown."""

    cost_pico: int | None
    saved_pico: int = 0
    quote: Quote | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    model: str
    valid_from: date
    price: Price
    above_tokens: int | None = None
    above: Price | None = None


class PriceBook:
    """Prices by model id, provider and date."""

    def __init__(self, rows: Sequence[_Row], own: Mapping[str, Price]) -> None:
        self._own = dict(own)
        self._rows: dict[str, list[_Row]] = {}
        for row in sorted(rows, key=lambda row: row.valid_from, reverse=True):
            self._rows.setdefault(row.model, []).append(row)
        self._prepared: set[tuple[str, str]] = set()

    def quote(
        self, model: str, provider: str = "", *, input_tokens: int, wall: float, load: bool = True
    ) -> Quote | None:
        """Return the price of a call to `model` with `input_tokens` in all at `wall` seconds since the epoch.

        `provider` is `anthropic`, `openai`, `gemini` or another vendor the library knows, or the address of a
        service; without one the library is not asked. With `load` false it is asked only about models that were
        prepared, so that the answer comes at once. None means unknown: no guess is made from a similar name here.
        """
        name = model.removeprefix("models/")
        if name in self._own:
            return Quote(price=self._own[name], source=Source.USER, matched_id=name)
        today = datetime.fromtimestamp(wall, UTC).date()
        for row in self._rows.get(name) or self._rows.get(_without_date(name)) or []:
            if row.valid_from <= today:
                price = row.price
                if row.above is not None and row.above_tokens is not None and input_tokens > row.above_tokens:
                    price = row.above
                return Quote(price=price, source=Source.TABLE, matched_id=row.model, dated=row.valid_from.isoformat())
        if not name or not provider or not (load or (name, provider) in self._prepared):
            return None
        found = _library_quote(name, provider, input_tokens, wall)
        self._prepared.add((name, provider))
        return found

    def prepare(self, model: str, provider: str, wall: float) -> None:
        """Load what a later `quote` needs. Takes a tenth of a second the first time: call it in a thread."""
        self.quote(model, provider, input_tokens=0, wall=wall)

    def price(self, model: str, *, input_tokens: int, wall: float, provider: str = "") -> Price | None:
        """Return the price alone, of a prepared model or one of the tables."""
        quote = self.quote(model, provider, input_tokens=input_tokens, wall=wall, load=False)
        return None if quote is None else quote.price

    def bill(self, model: str, usage: Usage, wall: float, provider: str = "") -> Bill:
        """Return what a call to a prepared model, or one of the tables, costs."""
        quote = self.quote(model, provider, input_tokens=usage.total_input_tokens, wall=wall, load=False)
        if quote is None:
            return Bill(cost_pico=None)
        return Bill(cost_pico=quote.price.cost(usage), saved_pico=quote.price.saved(usage), quote=quote)

    def cost(self, model: str, usage: Usage, wall: float, provider: str = "") -> int | None:
        """Return the cost of a call in pico-dollars, or None when the model's price is unknown."""
        return self.bill(model, usage, wall, provider).cost_pico


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


class _LibraryRates:
    """The rates of a library's price at a length of input, in pico-dollars; what is for text wins over what is for all.

    A tier of a rate is in force for the whole call once the input is longer than its start.
    """

    def __init__(self, model_price: Any, input_tokens: int) -> None:
        self._price = model_price
        self._tokens = input_tokens

    def first(self, *keys: str, per: int = _PICO_PER_TOKEN) -> int | None:
        """Return the first of the rates that is set; `per` is how many pico-dollars make a dollar in its unit."""
        for key in keys:
            value = getattr(self._price, key, None)
            if value is not None:
                rates = (
                    [value.base, *(tier.price for tier in value.tiers if self._tokens > tier.start)]
                    if hasattr(value, "tiers")
                    else [value]
                )
                return int((rates[-1] * per).to_integral_value(ROUND_HALF_UP))
        return None


def _library_quote(model: str, provider: str, input_tokens: int, wall: float) -> Quote | None:
    """Ask genai-prices; what it cannot say as prices of text tokens is unknown."""
    import genai_prices

    when = datetime.fromtimestamp(wall, UTC)
    usage = genai_prices.Usage()
    try:
        if "://" in provider:
            found = genai_prices.calc_price(usage, model, provider_api_url=provider, genai_request_timestamp=when)
        else:
            vendor = _VENDORS.get(provider, provider)
            found = genai_prices.calc_price(usage, model, provider_id=vendor, genai_request_timestamp=when)
    except (LookupError, ValueError):
        return None
    rates = _LibraryRates(found.model_price, input_tokens)
    base, output = rates.first("input_text_mtok", "input_mtok"), rates.first("output_text_mtok", "output_mtok")
    if base is None or output is None or rates.first("output_citation_mtok") is not None:
        return None  # citations are billed apart and no wire counts them
    write = rates.first("cache_text_write_mtok", "cache_write_mtok")
    short = rates.first("cache_text_write_5m_mtok", "cache_write_5m_mtok")
    long = rates.first("cache_text_write_1h_mtok", "cache_write_1h_mtok")
    read = rates.first("cache_text_read_mtok", "cache_read_mtok")
    reasoning = rates.first("output_text_reasoning_mtok", "output_reasoning_mtok")
    write = base if write is None else write
    price = Price(
        input=base,
        output=output,
        cache_read=base if read is None else read,
        cache_write_5m=write if short is None else short,
        cache_write_1h=write if long is None else long,
        reasoning=reasoning,
        call=rates.first("requests_kcount", per=_PICO_PER_CALL) or 0,
    )
    return Quote(price=price, source=Source.LIBRARY, matched_id=found.model.id, dated=_in_force(found.model, when))


def _in_force(model: Any, when: datetime) -> str:
    """Return the day the price of a library's model came into force, else the library's version."""
    import genai_prices

    if isinstance(model.prices, list):
        for item in reversed(model.prices):
            if item.constraint is None or item.constraint.active(when):
                start = getattr(item.constraint, "start_date", None)
                return start.isoformat() if isinstance(start, date) else genai_prices.__version__
    return genai_prices.__version__
