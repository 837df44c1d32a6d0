"""How fast a provider is called: requests and tokens a minute and calls at a time, in order of arrival.

Nothing here sleeps. A call takes a `Ticket`, waits `ticket.wait_s` seconds as often as that is above zero, starts,
and is done. With a file, all processes of one user share the limits; when the file gives trouble, this process goes on
with what it knows (limits are a courtesy to the provider, never a reason not to call).
"""

import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tui.core.ids import new_id
from tui.resilience.ratelimit_state import WINDOW_S, Call, Limits, State
from tui.resilience.ratelimit_store import HeldFile, StateFile

POLL_S: Final = 0.25
"""How soon to ask again when a place is taken by a call of unknown length."""
_MOST_UNSAVED: Final = 200


class WaitCause(StrEnum):
    """What a ticket waits for."""

    NOTHING = ""
    REQUESTS = "requests a minute"
    TOKENS = "tokens a minute"
    CONCURRENT = "calls at a time"
    PROVIDER = "the provider's limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class LimiterSnapshot:
    """The limiter at one moment: effective limits (None: none), what the last minute used, and who waits."""

    requests_per_minute: int | None
    tokens_per_minute: int | None
    concurrent: int | None
    requests: int
    tokens: int
    running: int
    waiting: int
    learned: bool
    trouble: str


class Ticket:
    """A place in the queue, then a running call. As a context manager it gives its place back when left."""

    def __init__(self, limiter: "RateLimiter", call_id: str) -> None:
        self.id = call_id
        self._limiter = limiter
        self._finalizer = weakref.finalize(self, limiter.abandon, call_id)
        self._finalizer.atexit = False

    @property
    def wait_s(self) -> float:
        """Seconds to wait before asking again; 0 when the call may start now."""
        return self._limiter.wait(self.id)[0]

    @property
    def cause(self) -> WaitCause:
        """What this ticket waits for."""
        return self._limiter.wait(self.id)[1]

    def start(self) -> None:
        """The call goes out now."""
        self._limiter.start(self.id)

    def done(self, actual_tokens: int | None = None) -> None:
        """The call has ended, having used `actual_tokens` (None: as many as were reserved)."""
        self._finalizer.detach()
        self._limiter.finish(self.id, actual_tokens)

    def cancel(self) -> None:
        """Give the place back. Before `start` nothing is counted; after it the call counts as made."""
        self.done()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cancel()


class RateLimiter:
    """The limiter of one provider.

    Args:
        requests_per_minute: Most calls started in any 60 seconds; None for no limit.
        tokens_per_minute: Most tokens in any 60 seconds; a call that alone is larger waits for an empty minute.
        concurrent: Most calls at a time.
        clock: Seconds that never jump and are the same for all processes of this machine.
        path: File shared by the processes of one user, or None for this process alone.
        patience_s: How long another process may hold that file. This is the only time spent waiting here; others
            hold it for well under a millisecond.
    """

    def __init__(
        self,
        requests_per_minute: int | None = None,
        tokens_per_minute: int | None = None,
        concurrent: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        path: Path | None = None,
        patience_s: float = 0.05,
    ) -> None:
        for value in (requests_per_minute, tokens_per_minute, concurrent):
            if value is not None and value < 1:
                raise ValueError("a limit must be at least 1")
        self._limits = Limits(requests_per_minute, tokens_per_minute, concurrent)
        self._clock = clock
        self._state = State()
        self._mine: dict[str, Call] = {}
        self._abandoned: list[str] = []
        self._file = None if path is None else StateFile(path, patience_s)
        self._unsaved: deque[Callable[[State], None]] = deque(maxlen=_MOST_UNSAVED)
        self.trouble = ""

    def reserve(self, tokens: int = 0) -> Ticket:
        """Queue a call of about `tokens` tokens and return its ticket."""
        with self._shared() as now:
            call = self._state.queue(new_id("call"), max(0, tokens), now)
            self._mine[call.id] = call
        return Ticket(self, call.id)

    def throttled(self, retry_after: float | None = None) -> None:
        """The provider refused a call as one too many.

        Nothing starts for `retry_after` seconds, and for some minutes fewer calls are made a minute than just were.
        """
        with self._shared() as now:
            self._change(lambda state: state.throttle(now, retry_after))

    def snapshot(self) -> LimiterSnapshot:
        """Return what a person may want to know."""
        with self._shared() as now:
            limits = self._state.effective(self._limits, now)
            requests, tokens = self._state.used(now)
            return LimiterSnapshot(
                requests_per_minute=limits.requests,
                tokens_per_minute=limits.tokens,
                concurrent=limits.concurrent,
                requests=requests,
                tokens=tokens,
                running=sum(call.started is not None for call in self._state.calls),
                waiting=sum(call.started is None for call in self._state.calls),
                learned=limits != self._limits,
                trouble=self.trouble,
            )

    def wait(self, call_id: str) -> tuple[float, WaitCause]:
        """Return how long a queued call waits and for what; a ticket asks this."""
        with self._shared() as now:
            if self._state.find(call_id) is None:
                return 0.0, WaitCause.NOTHING
            limits = self._state.effective(self._limits, now)
            seconds, causes = self._state.delay(call_id, limits, now)
            if self._state.crowded(call_id, limits):
                return max(seconds, POLL_S), WaitCause.CONCURRENT
            return seconds, WaitCause(causes) if seconds > 0 else WaitCause.NOTHING

    def start(self, call_id: str) -> None:
        """Count a call as started; a ticket does this."""
        with self._shared() as now:
            call = self._mine.get(call_id)
            if call is None or call.started is not None:
                return
            call.started = now
            self._change(lambda state: state.count(now, call.tokens))

    def finish(self, call_id: str, actual_tokens: int | None) -> None:
        """Take a call out; a ticket does this."""
        with self._shared():
            self._end(call_id, actual_tokens)

    def abandon(self, call_id: str) -> None:
        """Take a call out at the next occasion: its ticket was dropped. Safe wherever objects are destroyed."""
        self._abandoned.append(call_id)

    @contextmanager
    def _shared(self) -> Iterator[float]:
        """Work on the newest state; yield the time."""
        held = None if self._file is None else self._take(self._file)
        now = self._clock()  # only now: others wrote later times while this one waited for the file
        self._tidy(now)
        try:
            yield now
        finally:
            if held is not None:
                self._give_back(held)

    def _take(self, file: StateFile) -> HeldFile | None:
        """Lock the file and read it; None when that fails and this process goes on alone."""
        try:
            held = file.lock()
        except OSError as error:
            self.trouble = f"limits are not shared: {error}"
            return None
        self._state = held.read()
        for change in self._unsaved:
            change(self._state)
        for call in self._mine.values():
            self._state.restore(call)
        return held

    def _give_back(self, held: HeldFile) -> None:
        try:
            held.write(self._state)
            self._unsaved.clear()
            self.trouble = ""
        except OSError as error:
            self.trouble = f"limits are not shared: {error}"
        finally:
            held.close()

    def _tidy(self, now: float) -> None:
        while self._abandoned:
            self._end(self._abandoned.pop(), None)
        self._state.tidy(now)

    def _end(self, call_id: str, actual_tokens: int | None) -> None:
        call = self._mine.pop(call_id, None)
        self._change(lambda state: state.remove(call_id))
        if call is not None and call.started is not None and actual_tokens is not None:
            started, more = call.started, actual_tokens - call.tokens
            self._change(lambda state: state.correct(started, more))

    def _change(self, change: Callable[[State], None]) -> None:
        """Change the state, and once more when the file could not be written and is read anew."""
        change(self._state)
        if self._file is not None:
            self._unsaved.append(change)


__all__ = ["POLL_S", "WINDOW_S", "LimiterSnapshot", "RateLimiter", "Ticket", "WaitCause"]
