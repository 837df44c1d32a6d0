"""Spending as files for other programs: CSV and JSON of single entries. Pure.

Names in the ledger come from outside; in CSV a cell that a spreadsheet would take for a formula begins with `'`.
"""

import csv
import io
import json
from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

from tui.core.money import PICO_PER_USD
from tui.core.untrusted import clean_line
from tui.spend.records import Entry

COLUMNS: Final = (
    "id", "state", "begun", "ended", "session", "project", "provider", "model", "pane", "turn", "attempt",
    "input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "output_tokens",
    "reasoning_tokens", "estimated", "cost_usd", "held_usd", "saved_usd", "price_source", "price_model", "price_date",
    "message_id",
)  # fmt: skip
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def exact_usd(pico: int | None) -> str | None:
    """Return dollars with all twelve decimals, or None for an unknown amount."""
    if pico is None:
        return None
    whole, part = divmod(abs(pico), PICO_PER_USD)
    return f"{'-' if pico < 0 else ''}{whole}.{part:012d}"


def entry_row(entry: Entry, tz: tzinfo | None = UTC) -> dict[str, Any]:
    """Return an entry as plain values in the order of `COLUMNS`: money as decimal text, times as ISO 8601 in `tz`."""
    usage = entry.usage
    return {
        "id": entry.id,
        "state": str(entry.state),
        "begun": _time(entry.begun, tz),
        "ended": _time(entry.ended, tz),
        "session": clean_line(entry.session),
        "project": clean_line(entry.project, 1_000),
        "provider": clean_line(entry.provider),
        "model": clean_line(entry.model),
        "pane": clean_line(entry.pane),
        "turn": clean_line(entry.turn),
        "attempt": entry.attempt,
        "input_tokens": usage.input_tokens,
        "cache_read_tokens": usage.cache_read_tokens,
        "cache_write_5m_tokens": usage.cache_write_5m_tokens,
        "cache_write_1h_tokens": usage.cache_write_1h_tokens,
        "output_tokens": usage.output_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
        "estimated": usage.estimated,
        "cost_usd": exact_usd(entry.cost_pico),
        "held_usd": exact_usd(entry.held_pico),
        "saved_usd": exact_usd(entry.saved_pico),
        "price_source": entry.price_source,
        "price_model": clean_line(entry.price_model),
        "price_date": entry.price_date,
        "message_id": None if entry.message_id is None else clean_line(entry.message_id),
    }


def to_csv(entries: Iterable[Entry], tz: tzinfo | None = UTC) -> str:
    """Return entries as CSV with a heading; an unknown amount is an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for entry in entries:
        writer.writerow([_cell(value) for value in entry_row(entry, tz).values()])
    return text.getvalue()


def to_json(entries: Iterable[Entry], tz: tzinfo | None = UTC) -> str:
    """Return entries as a JSON array; an unknown amount is null."""
    return json.dumps([entry_row(entry, tz) for entry in entries], ensure_ascii=False, indent=1) + "\n"


def _time(wall: float | None, tz: tzinfo | None) -> str | None:
    if wall is None:
        return None
    moment = datetime.fromtimestamp(wall, tz)
    return (moment if tz is not None else moment.astimezone()).isoformat(timespec="milliseconds")


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and value.startswith(_FORMULA) and not _is_number(value):
        return f"'{value}"
    return "" if value is None else value


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdigit()
