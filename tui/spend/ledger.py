"""The ledger as the engine uses it: every call asynchronous, the file touched by one thread of its own.

A hold is never lost: when the task that asked for one is cancelled it is released again, and what nobody ended when
the ledger closes, or when its program dies, is booked as an orphan.
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from datetime import tzinfo
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

from tui.core.chat import Usage
from tui.core.clock import Clock, SystemClock
from tui.core.errors import LLMMixerError, Problem
from tui.spend.budget import LEAST_TOKENS, Alert, Budget, Refusal, Standing, Window
from tui.spend.prices import Quote
from tui.spend.reading import Grouping, entries, totals
from tui.spend.records import Call, Entry, Hold, Receipt, Span, State, Total
from tui.spend.report import Report, gather
from tui.spend.storage import LedgerError
from tui.spend.store import BUSY_S, LEASE_S, Store

T = TypeVar("T")
SWEEP_S: Final = 20.0
"""How often orphans are looked for while a ledger is open; well under a minute."""
_Job: TypeAlias = tuple["Future[T]", Callable[[Store], T]]


class Ledger:
    """The spending of a user, shared by all running sessions. `LedgerError` means the file cannot be used.

    With a hard budget a failed `hold` must stop the call; without one the caller may go on unrecorded.
    """

    def __init__(
        self,
        path: Path,
        *,
        clock: Clock | None = None,
        lease_s: float = LEASE_S,
        busy_s: float = BUSY_S,
        sweep_s: float = SWEEP_S,
    ) -> None:
        self.path = path
        self._clock = clock or SystemClock()
        self._lease_s, self._busy_s, self._sweep_s = lease_s, busy_s, sweep_s
        self._jobs: queue.SimpleQueue[_Job[object] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._open_holds: set[str] = set()
        self._swept: list[str] = []

    async def hold(self, call: Call, windows: Sequence[Window], *, least: int = LEAST_TOKENS) -> Hold | Refusal:
        """Reserve what `call` can cost at most, in one transaction over all sessions, or refuse with numbers.

        When the waiting task is cancelled nothing stays reserved.
        """

        def job(store: Store) -> Hold | Refusal:
            result = store.hold(call, windows, least)
            if isinstance(result, Hold):
                self._open_holds.add(result.id)
            return result

        future = self._submit(job)
        try:
            return await asyncio.shield(asyncio.wrap_future(future))
        except asyncio.CancelledError:
            if not future.cancel():
                self._submit(lambda store: self._undo(store, future))
            raise

    async def settle(
        self,
        hold: Hold,
        usage: Usage,
        cost_pico: int | None,
        *,
        saved_pico: int = 0,
        message_id: str = "",
        quote: Quote | None = None,
    ) -> Receipt:
        """Book the provider's own count. `cost_pico` None: the price is unknown, the tokens are kept.

        `quote` replaces the price noted at the hold; an answer with the same `message_id` and counts is booked once.
        """

        def job(store: Store) -> Receipt:
            return self._ended(
                hold,
                store.end(
                    hold, State.SETTLED, usage, cost_pico, saved_pico=saved_pico, message_id=message_id, quote=quote
                ),
            )

        return await self._finish(job)

    async def estimate(self, hold: Hold, usage: Usage, cost_pico: int | None, *, saved_pico: int = 0) -> Receipt:
        """Book a call that was cut or cancelled, with what can be told from what came."""
        return await self._finish(
            lambda store: self._ended(hold, store.end(hold, State.ESTIMATED, usage, cost_pico, saved_pico=saved_pico))
        )

    async def release(self, hold: Hold) -> Receipt:
        """Give back a hold whose call failed before the model began."""
        return await self._finish(lambda store: self._ended(hold, store.end(hold, State.RELEASED, Usage(), 0)))

    async def renew(self, hold: Hold) -> None:
        """Begin the lease of a long-running call anew."""
        await self._finish(lambda store: store.renew(hold.id))

    async def sweep_orphans(self) -> tuple[str, ...]:
        """Book the holds of programs that are gone, now; return the ids of all that were since this was last asked."""

        def job(store: Store) -> tuple[str, ...]:
            found = (*self._swept, *store.sweep())
            self._swept.clear()
            return found

        return await self._finish(job)

    async def standings(self, windows: Sequence[Window]) -> tuple[Standing, ...]:
        """Return how the windows stand."""
        return await self._finish(lambda store: store.standings(windows))

    async def alerts(self, windows: Sequence[Window]) -> tuple[Alert, ...]:
        """Return thresholds that were reached without anybody being told, by a sweep or a changed limit."""
        return await self._finish(lambda store: store.alerts(windows))

    async def totals(self, by: Grouping, span: Span, *, day_starts: Sequence[float] = ()) -> tuple[Total, ...]:
        """Return sums by model, project, provider, session, pane or day; `day_starts` are the days' midnights."""
        return await self._finish(lambda store: totals(store, by, span, day_starts))

    async def entries(self, span: Span, *, limit: int = 1_000, states: Sequence[State] = ()) -> tuple[Entry, ...]:
        """Return the newest entries first; with `states` only those."""
        return await self._finish(lambda store: entries(store, span, limit=limit, states=states))

    async def report(
        self, budgets: Sequence[Budget], *, project: str, session: str, tz: tzinfo | None, days: int
    ) -> Report:
        """Return everything a spend screen shows, as of now."""
        wall = self._clock.wall()
        return await self._finish(
            lambda store: gather(store, budgets, project=project, session=session, wall=wall, tz=tz, days=days)
        )

    async def close(self) -> None:
        """Finish what was asked for, book what nobody ended, and close the file."""
        if self._closed:
            return
        self._closed = True
        thread = self._thread
        if thread is None:
            return
        self._jobs.put(None)
        await asyncio.shield(asyncio.to_thread(thread.join))

    def _submit(self, job: Callable[[Store], T]) -> "Future[T]":
        future: Future[T] = Future()
        if self._closed:
            future.set_exception(LedgerError(_CLOSED))
            return future
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="ledger", daemon=True)
            self._thread.start()
        self._jobs.put((future, job))  # type: ignore[arg-type]  # one queue for jobs of every result
        return future

    async def _finish(self, job: Callable[[Store], T]) -> T:
        """Carry out `job` even if the waiting task is cancelled meanwhile."""
        return await asyncio.shield(asyncio.wrap_future(self._submit(job)))

    def _undo(self, store: Store, future: "Future[Hold | Refusal]") -> None:
        result = None if future.cancelled() or future.exception() else future.result()
        if isinstance(result, Hold):
            self._ended(result, store.end(result, State.RELEASED, Usage(), 0))

    def _ended(self, hold: Hold, receipt: Receipt) -> Receipt:
        self._open_holds.discard(hold.id)
        return receipt

    def _work(self) -> None:
        """Carry out jobs in order; a file that could not be opened is tried again with every job."""
        store: Store | None = None
        swept = self._clock.monotonic()
        while (item := self._next()) is not None:
            future, job = item
            if job is not _idle and not future.set_running_or_notify_cancel():
                continue
            try:
                if store is None:
                    store = Store(self.path, self._clock, lease_s=self._lease_s, busy_s=self._busy_s)
                    self._sweep(store)
                if job is _idle or self._clock.monotonic() - swept >= self._sweep_s:
                    swept = self._clock.monotonic()
                    self._sweep(store)
                future.set_result(job(store))
            except BaseException as error:  # noqa: BLE001 - whatever it is, the one who asked is told
                future.set_exception(error)
        if store is not None:
            self._leave(store)

    def _sweep(self, store: Store) -> None:
        """Book orphans beside the work; a failure is left to the next sweep, and to the job to tell of."""
        with suppress(LLMMixerError):
            self._swept += store.sweep()

    def _next(self) -> "_Job[object] | None":
        try:
            return self._jobs.get(timeout=self._sweep_s)
        except queue.Empty:
            return Future(), _idle

    def _leave(self, store: Store) -> None:
        if self._open_holds:
            with suppress(LLMMixerError):  # another session books them once this process is gone
                store.sweep(self._open_holds)
        store.close()


def _idle(_store: Store) -> object:
    return None


_CLOSED: Final = Problem(title="Spending cannot be recorded", text="The session is ending.")
