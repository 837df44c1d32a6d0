"""Costs are exact integers; what is not known is unknown."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tui.config.model import PriceConfig
from tui.core.chat import Usage
from tui.core.money import pico_from_usd, usd_short, usd_text
from tui.spend.prices import load_prices

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
