"""Reading the ledger: sums by model, project, provider, session, pane or day, and single entries."""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any, Final

from tui.core.chat import Usage
from tui.spend.records import Entry, Span, State, Total
from tui.spend.storage import failures
from tui.spend.store import Store

_TOKENS: Final = (
    "input_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, output_tokens, reasoning_tokens"
)
_ENTRY: Final = (
    "id, state, session, project, provider, model, pane, turn, attempt, begun, ended, held_pico, cost_pico, saved_pico,"
    f" price_source, price_model, price_date, message_id, estimated, {_TOKENS}"
)
_SUMS: Final = (
    "count(*), coalesce(sum(cost_pico), 0), coalesce(sum(counted_pico) FILTER (WHERE state = 'held'), 0),"
    " coalesce(sum(saved_pico), 0), count(*) - count(counted_pico), coalesce(sum(estimated), 0),"
    " count(*) FILTER (WHERE state = 'orphaned'), "
    + ", ".join(f"coalesce(sum({name}), 0)" for name in _TOKENS.split(", "))
)


class Grouping(StrEnum):
    """What a sum is made for."""

    MODEL = "model"
    PROJECT = "project"
    PROVIDER = "provider"
    SESSION = "session"
    PANE = "pane"
    DAY = "day"
    ALL = "all"


def totals(store: Store, by: Grouping, span: Span, day_starts: Sequence[float] = ()) -> tuple[Total, ...]:
    """Return the sums of the calls in `span` that came to something, the dearest first; days in their order.

    `day_starts` are the midnights of the days wanted, in order, and then the end of the last; the key of a day is the
    index of its midnight. A day of the user's calendar is not the database's, which knows no time zones.
    """
    if by is Grouping.DAY:
        return _by_day(store, span, day_starts)
    where, values = _where(span)
    column = "'all'" if by is Grouping.ALL else str(by)
    with failures(store.path):
        rows = store.connection.execute(
            f"SELECT {column}, {_SUMS} FROM entry WHERE {where} AND state NOT IN ('released', 'duplicate')"  # noqa: S608
            f" GROUP BY 1 ORDER BY 3 DESC, 2 DESC, 1",
            values,
        ).fetchall()
    return tuple(_total(row) for row in rows)


def _by_day(store: Store, span: Span, day_starts: Sequence[float]) -> tuple[Total, ...]:
    found: list[Total] = []
    for index in range(len(day_starts) - 1):
        start, end = day_starts[index], day_starts[index + 1]
        day = replace(
            span,
            start=start if span.start is None else max(start, span.start),
            end=end if span.end is None else min(end, span.end),
        )
        sums = totals(store, Grouping.ALL, day)
        found.append(replace(sums[0], key=str(index)) if sums else Total(key=str(index)))
    return tuple(found)


def entries(store: Store, span: Span, *, limit: int, states: Sequence[State] = ()) -> tuple[Entry, ...]:
    """Return entries, the newest first."""
    where, values = _where(span)
    if states:
        where += f" AND state IN ({', '.join('?' * len(states))})"
        values += [str(state) for state in states]
    with failures(store.path):
        rows = store.connection.execute(
            f"SELECT {_ENTRY} FROM entry WHERE {where} ORDER BY begun DESC, id DESC LIMIT ?",  # noqa: S608
            [*values, limit],
        ).fetchall()
    return tuple(_entry(row) for row in rows)


def _where(span: Span) -> tuple[str, list[Any]]:
    terms: list[str] = []
    values: list[Any] = []
    for column in ("session", "project", "provider", "model"):
        value = getattr(span, column)
        if value is not None:
            terms.append(f"{column} = ?")
            values.append(value)
    for term, moment in (("begun >= ?", span.start), ("begun < ?", span.end)):
        if moment is not None:
            terms.append(term)
            values.append(round(moment * 1000))
    return " AND ".join(terms) or "1", values


def _total(row: Sequence[Any]) -> Total:
    return Total(
        key=row[0],
        calls=row[1],
        cost_pico=row[2],
        held_pico=row[3],
        saved_pico=row[4],
        unpriced=row[5],
        estimated=row[6],
        orphans=row[7],
        usage=_usage(row[8:14], estimated=bool(row[6])),
    )


def _entry(row: Sequence[Any]) -> Entry:
    return Entry(
        id=row[0],
        state=State(row[1]),
        session=row[2],
        project=row[3],
        provider=row[4],
        model=row[5],
        pane=row[6],
        turn=row[7],
        attempt=row[8],
        begun=row[9] / 1000,
        ended=None if row[10] is None else row[10] / 1000,
        held_pico=row[11],
        cost_pico=row[12],
        saved_pico=row[13],
        price_source=row[14],
        price_model=row[15],
        price_date=row[16],
        message_id=row[17],
        usage=_usage(row[19:25], estimated=bool(row[18])),
    )


def _usage(counts: Sequence[int], *, estimated: bool) -> Usage:
    return Usage(
        input_tokens=counts[0],
        cache_read_tokens=counts[1],
        cache_write_5m_tokens=counts[2],
        cache_write_1h_tokens=counts[3],
        output_tokens=counts[4],
        reasoning_tokens=counts[5],
        estimated=estimated,
    )
