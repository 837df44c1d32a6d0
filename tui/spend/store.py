"""The ledger's transactions: hold, end, sweep. Synchronous; one connection, used from one thread.

Every budget is checked and the reservation written in one transaction over all running sessions of the user, so that
spent and held together never pass a hard limit by more than the error of the input's estimate.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tui.core.chat import Usage
from tui.core.clock import Clock
from tui.core.errors import Problem
from tui.core.ids import new_id
from tui.core.owner import Owner, this_process
from tui.spend.budget import LEAST_TOKENS, Alert, Refusal, Standing, Window, fit_all, reached
from tui.spend.prices import Quote
from tui.spend.records import Call, Hold, Receipt, State
from tui.spend.storage import QUARTER_MS, LedgerError, connect, failures, transaction

if TYPE_CHECKING:
    import sqlite3

LEASE_S: Final = 3600.0
"""After this time a hold counts as orphaned even if its program still runs; `renew` begins it anew."""
BUSY_S: Final = 10.0
_TWIN_MS: Final = 24 * 3600 * 1000

_INSERT: Final = """
INSERT INTO entry (
    id, state, session, project, provider, model, pane, turn, attempt, begun, held_pico, counted_pico,
    held_input, held_output, price_source, price_model, price_date, owner_pid, owner_started, owner_place, lease_until
) VALUES (?, 'held', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_END: Final = """
UPDATE entry SET state = ?, ended = ?, cost_pico = ?, counted_pico = ?, saved_pico = ?,
    input_tokens = ?, cache_read_tokens = ?, cache_write_5m_tokens = ?, cache_write_1h_tokens = ?,
    output_tokens = ?, reasoning_tokens = ?, estimated = ?, message_id = ?,
    price_source = coalesce(?, price_source), price_model = coalesce(?, price_model),
    price_date = coalesce(?, price_date)
WHERE id = ?
"""
# All that was reserved, tokens and money: what really came can no longer be told.
_ORPHAN: Final = """
UPDATE entry SET state = 'orphaned', ended = ?, cost_pico = held_pico, counted_pico = held_pico,
    input_tokens = held_input, output_tokens = held_output, estimated = 1
WHERE id = ? AND state = 'held'
"""
_TWIN: Final = """
SELECT 1 FROM entry WHERE message_id = ? AND provider = ? AND model = ? AND id <> ? AND begun > ?
    AND (input_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, output_tokens) = (?, ?, ?, ?, ?)
"""


class Store:
    """One connection to the ledger. Every method is one transaction and raises `LedgerError` when the file fails."""

    def __init__(
        self, path: Path, clock: Clock, *, lease_s: float = LEASE_S, busy_s: float = BUSY_S, read_only: bool = False
    ) -> None:
        self.path = path
        self.clock = clock
        self._lease_ms = round(lease_s * 1000)
        self.connection = connect(path, busy_s=busy_s, read_only=read_only)

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    def hold(self, call: Call, windows: Sequence[Window], least: int = LEAST_TOKENS) -> Hold | Refusal:
        """Reserve what `call` can cost at most, with as many output tokens as its hard budgets allow, or refuse."""
        with failures(self.path), transaction(self.connection):
            begun = self._begin(windows)
            standings = self._standings(windows)
            tokens = fit_all(
                standings,
                wanted=call.max_tokens,
                input_pico=call.input_pico,
                output_rate=call.output_rate,
                least=least,
                model=call.model,
            )
            if isinstance(tokens, Refusal):
                return tokens
            amount = None
            if call.input_pico is not None and call.output_rate is not None:
                amount = call.input_pico + tokens * call.output_rate
            hold_id = new_id("hold")
            self._insert(hold_id, call, tokens, amount, begun)
            standings = tuple(
                replace(
                    standing,
                    held_pico=standing.held_pico + (amount or 0),
                    unpriced=standing.unpriced + (amount is None),
                )
                for standing in standings
            )
            return Hold(
                id=hold_id,
                call=call,
                max_tokens=tokens,
                amount_pico=amount,
                begun=begun / 1000,
                standings=standings,
                alerts=self._alerts(standings),
            )

    def end(
        self,
        hold: Hold,
        state: State,
        usage: Usage,
        cost_pico: int | None,
        *,
        saved_pico: int = 0,
        message_id: str = "",
        quote: Quote | None = None,
    ) -> Receipt:
        """Put the real cost in place of what was held.

        An entry that was swept as an orphan takes the real cost, too; one that has ended otherwise stays as it is.
        """
        with failures(self.path), transaction(self.connection):
            row = self.connection.execute("SELECT state, cost_pico FROM entry WHERE id = ?", (hold.id,)).fetchone()
            if row is None:
                raise LedgerError(_lost(self.path))
            if row[0] not in (State.HELD, State.ORPHANED):
                return Receipt(
                    state=State(row[0]), cost_pico=row[1], standings=self._standings(hold.windows), first=False
                )
            if message_id and state is State.SETTLED and self._twin(hold, usage, message_id):
                state, cost_pico, saved_pico, usage = State.DUPLICATE, 0, 0, Usage()
            source = (quote.source, quote.matched_id, quote.dated) if quote is not None else (None, None, None)
            values = (
                *(state, self._now(), cost_pico, cost_pico, saved_pico, *_counts(usage)),
                *(int(usage.estimated or state is State.ESTIMATED), message_id or None, *source, hold.id),
            )
            self.connection.execute(_END, values)
            standings = self._standings(hold.windows)
            return Receipt(state=state, cost_pico=cost_pico, standings=standings, alerts=self._alerts(standings))

    def renew(self, hold_id: str) -> None:
        """Begin the lease of a running call anew."""
        with failures(self.path), transaction(self.connection):
            until = self._now() + self._lease_ms
            self.connection.execute(
                "UPDATE entry SET lease_until = ? WHERE id = ? AND state = 'held'", (until, hold_id)
            )

    def sweep(self, abandoned: Iterable[str] = ()) -> tuple[str, ...]:
        """Book every hold whose program is gone or whose lease is over; return their ids.

        `abandoned` are holds of this process that nobody will end any more.
        """
        with failures(self.path):
            now = self._now()
            rows = self.connection.execute(
                "SELECT id, owner_pid, owner_started, owner_place, lease_until FROM entry WHERE state = 'held'"
            ).fetchall()
            known: dict[Owner, bool] = {}
            gone: list[str] = list(abandoned)
            for hold_id, pid, started, place, until in rows:
                owner = Owner(pid, started, place)
                if until < now or known.setdefault(owner, not owner.is_alive()):
                    gone.append(hold_id)
            if not gone:
                return ()
            with transaction(self.connection):
                return tuple(hold for hold in gone if self.connection.execute(_ORPHAN, (now, hold)).rowcount)

    def standings(self, windows: Sequence[Window]) -> tuple[Standing, ...]:
        """Return how each window stands now."""
        with failures(self.path):
            return self._standings(windows)

    def alerts(self, windows: Sequence[Window]) -> tuple[Alert, ...]:
        """Return, once for all sessions, the thresholds the windows have reached since they were last told."""
        with failures(self.path), transaction(self.connection):
            return self._alerts(self._standings(windows))

    def _now(self) -> int:
        return round(self.clock.wall() * 1000)

    def _begin(self, windows: Sequence[Window]) -> int:
        """Return now, but never a moment after the windows the call is checked against, however long the lock took."""
        return min([self._now(), *(round(window.end * 1000) - 1 for window in windows if window.end is not None)])

    def _insert(self, hold_id: str, call: Call, tokens: int, amount: int | None, begun: int) -> None:
        owner, quote = this_process(), call.quote
        source = (quote.source, quote.matched_id, quote.dated) if quote is not None else ("unknown", "", "")
        values: tuple[Any, ...] = (
            *(hold_id, call.session, call.project, call.provider, call.model, call.pane, call.turn, call.attempt),
            *(begun, amount, amount, call.input_tokens, tokens, *source),
            *(owner.pid, owner.started, owner.place, begun + self._lease_ms),
        )
        self.connection.execute(_INSERT, values)

    def _twin(self, hold: Hold, usage: Usage, message_id: str) -> bool:
        """Tell whether this very answer is booked already.

        Some servers give out the same few ids again and again, so the counts must be the same as well.
        """
        since = self._now() - _TWIN_MS
        values = (message_id, hold.call.provider, hold.call.model, hold.id, since, *_counts(usage)[:5])
        return self.connection.execute(_TWIN, values).fetchone() is not None

    def _standings(self, windows: Sequence[Window]) -> tuple[Standing, ...]:
        return tuple(_standing(self.connection, window) for window in windows)

    def _alerts(self, standings: Iterable[Standing]) -> tuple[Alert, ...]:
        """Note the thresholds that are reached; a row there is already was told before."""
        alerts: list[Alert] = []
        for standing in standings:
            budget = standing.budget
            for percent in reached(standing):
                row = (budget.name, standing.window.key, budget.limit_pico, percent, self._now())
                if self.connection.execute("INSERT OR IGNORE INTO alert VALUES (?, ?, ?, ?, ?)", row).rowcount:
                    alerts.append(Alert(standing=standing, percent=percent))
        return tuple(alerts)


_FROM_TALLY: Final = (
    "SELECT coalesce(sum(counted_pico), 0), coalesce(sum(held_pico), 0), coalesce(sum(unpriced), 0) FROM tally WHERE "
)
_FROM_ENTRIES: Final = (
    "SELECT coalesce(sum(counted_pico), 0), coalesce(sum(counted_pico) FILTER (WHERE state = 'held'), 0), "
    "count(*) - count(counted_pico) FROM entry WHERE "
)


def _standing(connection: "sqlite3.Connection", window: Window) -> Standing:
    """Add up a window: from the tally where its ends fall on quarters of an hour, as those of days everywhere do."""
    start = None if window.start is None else round(window.start * 1000)
    end = None if window.end is None else round(window.end * 1000)
    tallied = (start or 0) % QUARTER_MS == 0 and (end or 0) % QUARTER_MS == 0
    column, unit = ("quarter", QUARTER_MS) if tallied else ("begun", 1)
    terms: list[tuple[str, object]] = [
        ("session = ?", window.session),
        ("project = ?", window.project),
        ("provider = ?", window.provider),
        (f"{column} >= ?", None if start is None else start // unit),
        (f"{column} < ?", None if end is None else end // unit),
    ]
    where = " AND ".join(term for term, value in terms if value is not None) or "1"
    values = [value for _, value in terms if value is not None]
    select = _FROM_TALLY if tallied else _FROM_ENTRIES
    counted, held, unpriced = connection.execute(select + where, values).fetchone()
    return Standing(window=window, spent_pico=counted - held, held_pico=held, unpriced=unpriced)


def _lost(path: Path) -> Problem:
    return Problem(
        title="Spending cannot be recorded",
        text=f"{path} does not know a call that was reserved in it; the file was exchanged meanwhile.",
        hint="Start a new session.",
    )


def _counts(usage: Usage) -> tuple[int, int, int, int, int, int]:
    return (
        usage.input_tokens,
        usage.cache_read_tokens,
        usage.cache_write_5m_tokens,
        usage.cache_write_1h_tokens,
        usage.output_tokens,
        usage.reasoning_tokens,
    )
