"""Money: integer pico-dollars, so that sums are exact and a price per million tokens is a whole number a token."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

PICO_PER_USD: Final = 10**12


def pico_from_usd(usd: Decimal) -> int:
    """Convert dollars to pico-dollars, rounding half up."""
    return int((usd * PICO_PER_USD).to_integral_value(ROUND_HALF_UP))


def usd_text(pico: int) -> str:
    """Return dollars with six decimals, as machine-readable output carries them: ``0.001234``."""
    return str((Decimal(pico) / PICO_PER_USD).quantize(Decimal("0.000001"), ROUND_HALF_UP))


def usd_short(pico: int) -> str:
    """Return dollars for a person: two decimals from a dollar on, else enough to show two digits, never ``-0``."""
    usd = Decimal(pico) / PICO_PER_USD
    if pico == 0:
        return "$0"
    if abs(usd) >= Decimal("0.995"):
        return f"${usd.quantize(Decimal('0.01'), ROUND_HALF_UP)}"
    places = 3 if abs(usd) >= Decimal("0.01") else 4
    text = str(usd.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP))
    if Decimal(text) == 0:
        return "<$.0001"
    return "$" + text.replace("0.", ".", 1)
