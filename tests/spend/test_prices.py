"""Costs are exact integers; what is not known is unknown."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import genai_prices
import pytest

from tui.config.model import PriceConfig
from tui.core.chat import Usage
from tui.core.money import pico_from_usd, usd_short, usd_text
from tui.spend.prices import CacheWrites, Source, load_prices

NOVEMBER = datetime(2026, 11, 22, tzinfo=UTC).timestamp()
DECEMBER = datetime(2026, 12, 1, tzinfo=UTC).timestamp()
BOOK = load_prices({})


@pytest.mark.parametrize(
    ("model", "usage", "when", "usd"),
    [
        ("claude-sonnet-5-5", Usage(input_tokens=1_000, output_tokens=500), NOVEMBER, "0.007"),
        ("claude-sonnet-5-5-20261001", Usage(input_tokens=1), NOVEMBER, "0.000002"),
        (
            "claude-opus-5-5",
            Usage(cache_read_tokens=10, cache_write_5m_tokens=10, cache_write_1h_tokens=10),
            NOVEMBER,
            "0.000132",
        ),
        ("claude-haiku-5-5", Usage(input_tokens=100_000), NOVEMBER, "0.01"),
        ("claude-haiku-5-5", Usage(input_tokens=100_001, output_tokens=10), NOVEMBER, "0.0500255"),
        (
            "gpt-6.2-sol",
            Usage(input_tokens=200_000, cache_read_tokens=72_001, output_tokens=100),
            NOVEMBER,
            "0.8159002",
        ),
        ("gemini-4-argon", Usage(output_tokens=1_000), NOVEMBER, "0.01"),
        ("models/gemini-4-argon", Usage(output_tokens=1_000), DECEMBER, "0.02"),
    ],
)
def test_hand_computed_invoices(model: str, usage: Usage, when: float, usd: str) -> None:
    assert BOOK.cost(model, usage, when) == pico_from_usd(Decimal(usd))


@pytest.mark.parametrize(
    "model", ["gpt-7", "claude-sonnet", "claude-sonnet-5-5-beta", "llama3:8b", "", "gpt-6.2-astra"]
)
def test_an_unknown_model_has_no_price_rather_than_a_similar_one(model: str) -> None:
    assert BOOK.cost(model, Usage(input_tokens=1), NOVEMBER) is None


def test_your_own_price_wins_and_defaults_its_cache_rates_to_input() -> None:
    book = load_prices({"claude-sonnet-5-5": PriceConfig(input=Decimal("0.000001"), output=Decimal(1))})
    assert (
        book.cost("claude-sonnet-5-5", Usage(input_tokens=1, cache_read_tokens=1, output_tokens=1), NOVEMBER)
        == 1_000_002
    )


def test_before_its_first_date_a_price_is_unknown() -> None:
    assert BOOK.cost("claude-opus-5-5", Usage(input_tokens=1), 0.0) is None


@pytest.mark.parametrize(
    ("pico", "text", "short"),
    [
        (0, "0.000000", "$0"),
        (1, "0.000000", "<$.0001"),
        (1_234_000_000, "0.001234", "$.0012"),
        (49_600_000_000, "0.049600", "$.050"),
        (999_000_000_000, "0.999000", "$1.00"),
        (12_345_678_000_000, "12.345678", "$12.35"),
    ],
)
def test_money_as_text(pico: int, text: str, short: str) -> None:
    assert usd_text(pico) == text
    assert usd_short(pico) == short


# ---- invoices by hand: every number below is written out from the vendors' prices per million tokens


@pytest.mark.parametrize(
    ("model", "provider", "usage", "usd"),
    [
        # 1,000 x $2 + 40,000 x $.10 + 2,000 x $2.50 + 3,000 x $4 + 700 x $10, all per million
        (
            "claude-sonnet-5-5",
            "anthropic",
            Usage(
                input_tokens=1_000,
                cache_read_tokens=40_000,
                cache_write_5m_tokens=2_000,
                cache_write_1h_tokens=3_000,
                output_tokens=700,
            ),
            "0.030",
        ),
        # reasoning is inside the output: 10 x $2 + 1,500 x $10
        ("gpt-6.2-sol", "openai", Usage(input_tokens=10, output_tokens=1_500, reasoning_tokens=1_400), "0.01502"),
        # one token: $.05 per million is 50,000 pico-dollars
        ("claude-haiku-5-5", "anthropic", Usage(cache_read_tokens=1), "0.00000001"),
        # 272,001 tokens of input, most of them cached: twice the input prices, 1.5 times the output's
        (
            "gpt-6.2-sol",
            "openai",
            Usage(input_tokens=1, cache_read_tokens=272_000, output_tokens=1_000),
            "0.069404",
        ),
        # the library's: $3 / $.30 / $3.75 / $6 / $15, the facts' own invoice of $.000945
        (
            "claude-sonnet-4-5",
            "anthropic",
            Usage(
                input_tokens=100,
                cache_read_tokens=50,
                cache_write_5m_tokens=20,
                cache_write_1h_tokens=10,
                output_tokens=33,
            ),
            "0.000945",
        ),
        # above 200,000 tokens the whole call costs twice as much for input, 1.5 times for output
        ("claude-sonnet-4-5", "anthropic", Usage(input_tokens=250_000, output_tokens=500), "1.51125"),
        ("claude-sonnet-4-5", "anthropic", Usage(input_tokens=200_000, output_tokens=500), "0.6075"),
    ],
)
def test_invoices_to_the_pico_dollar(model: str, provider: str, usage: Usage, usd: str) -> None:
    book = load_prices({})
    book.prepare(model, provider, NOVEMBER)
    assert book.cost(model, usage, NOVEMBER, provider) == pico_from_usd(Decimal(usd))


@pytest.mark.parametrize(
    ("second", "usd", "since"), [(-1, "0.01", "2026-01-01"), (0, "0.02", "2026-12-01"), (86_400, "0.02", "2026-12-01")]
)
@pytest.mark.parametrize("model", ["gemini-4-argon", "gemini-4-carbon"])
def test_a_price_changes_on_its_day(model: str, second: int, usd: str, since: str) -> None:
    quote = BOOK.quote(model, "gemini", input_tokens=0, wall=DECEMBER + second)
    assert quote is not None
    assert (quote.source, quote.matched_id, quote.dated) == (Source.TABLE, model, since)
    assert quote.price.cost(Usage(output_tokens=1_000)) == pico_from_usd(Decimal(usd))


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        ("claude-opus-4-8", "anthropic"),
        ("claude-sonnet-4-5", "anthropic"),
        ("gpt-5.6", "openai"),
        ("gpt-6-luna", "openai"),
        ("gemini-2.5-pro", "gemini"),
        ("gemini-2.5-flash", "gemini"),
        ("deepseek-chat", "deepseek"),
        ("sonar-reasoning-pro", "perplexity"),
    ],
)
@pytest.mark.parametrize("length", [1, 100_000, 200_000, 200_001, 400_000])
def test_the_librarys_prices_are_taken_over_exactly(model: str, provider: str, length: int) -> None:
    """Our sum over its rates equals the library's own, whatever the length and the share of the cache."""
    usage = Usage(input_tokens=length, cache_read_tokens=1_234, output_tokens=4_321)
    quote = load_prices({}).quote(model, provider, input_tokens=usage.total_input_tokens, wall=NOVEMBER)
    assert quote is not None
    own = genai_prices.calc_price(
        genai_prices.Usage(input_tokens=length + 1_234, cache_read_tokens=1_234, output_tokens=4_321),
        model,
        provider_id="google" if provider == "gemini" else provider,
        genai_request_timestamp=datetime.fromtimestamp(NOVEMBER, UTC),
    )
    assert quote.price.cost(usage) == own.total_price * 10**12
    assert (quote.source, quote.matched_id) == (Source.LIBRARY, own.model.id)
    assert quote.dated


def test_a_family_is_matched_by_the_library_and_the_match_is_told() -> None:
    quote = load_prices({}).quote("gpt-5.6", "openai", input_tokens=0, wall=NOVEMBER)
    assert quote is not None
    assert quote.matched_id == "gpt-5.6-sol"


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        ("gpt-99", "openai"),
        ("gpt-6-luna", ""),
        ("gpt-6-luna", "gemini"),
        ("llama3:8b", "compatible"),
        ("gpt-6-luna", "http://127.0.0.1:11434/v1"),
        ("text-embedding-3-small", "openai"),
        ("", "openai"),
    ],
)
def test_what_the_library_does_not_know_is_unknown(model: str, provider: str) -> None:
    assert load_prices({}).quote(model, provider, input_tokens=1, wall=NOVEMBER) is None


def test_a_service_is_known_by_its_address() -> None:
    quote = load_prices({}).quote("gpt-6-luna", "https://api.openai.com/v1", input_tokens=1, wall=NOVEMBER)
    assert quote is not None
    assert quote.price.input == 100_000


def test_your_own_price_comes_first_and_the_table_before_the_library() -> None:
    book = load_prices({"claude-sonnet-4-5": PriceConfig(input=Decimal(7), output=Decimal(8))})
    own = book.quote("claude-sonnet-4-5", "anthropic", input_tokens=1, wall=NOVEMBER)
    assert own is not None
    assert (own.source, own.price.input, own.dated) == (Source.USER, 7_000_000, "")
    table = book.quote("claude-sonnet-5-5", "anthropic", input_tokens=1, wall=NOVEMBER)
    assert table is not None
    assert table.source is Source.TABLE


def test_a_fee_for_each_call_is_part_of_it() -> None:
    quote = load_prices({}).quote("sonar", "perplexity", input_tokens=1, wall=NOVEMBER)
    assert quote is not None
    assert quote.price.cost(Usage()) == quote.price.call > 0
    assert quote.price.most_for_input(0, CacheWrites.NONE) == quote.price.call


def test_what_the_cache_saved() -> None:
    bill = BOOK.bill("claude-sonnet-5-5", Usage(cache_read_tokens=1_000, cache_write_5m_tokens=100), NOVEMBER)
    assert bill.saved_pico == 1_000 * 1_900_000 - 100 * 500_000
    assert BOOK.bill("unheard-of", Usage(cache_read_tokens=1_000), NOVEMBER).saved_pico == 0


_LAZY = """
import json, sys, threading
from tui.core.chat import Usage
from tui.spend.prices import load_prices
book = load_prices({})
book.cost("claude-sonnet-5-5", Usage(), 1.8e9, "anthropic")
before = [book.cost("gpt-6-luna", Usage(input_tokens=1), 1.8e9, "openai"), "genai_prices" in sys.modules]
book.prepare("gpt-6-luna", "openai", 1.8e9)
after = [book.cost("gpt-6-luna", Usage(input_tokens=1), 1.8e9, "openai"), "genai_prices" in sys.modules]
print(json.dumps([before, after, threading.active_count(), "aiohttp" in sys.modules]))
"""


def test_the_library_is_loaded_only_when_asked_and_never_by_a_running_turn() -> None:
    root = Path(__file__).resolve().parent.parent.parent
    done = subprocess.run(
        [sys.executable, "-c", _LAZY], cwd=root, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [[None, False], [100_000, True], 1, False]
