"""One clock for everything that is painted often: a bounded rate, a bounded share of every frame."""

import asyncio
import time
from collections.abc import Callable
from typing import Final, Protocol

BUDGET: Final = 0.012
"""Seconds a frame may spend painting before the rest waits for the next one."""
MAX_INTERVAL: Final = 0.25
_LATE: Final = 0.012
_STRETCH: Final = 1.5
_RECOVER: Final = 0.9


class FrameClient(Protocol):
    """Something the clock paints."""

    def paint_frame(self) -> None:
        """Show what changed since the last time."""


class FrameClock:
    """Calls `paint_frame` of the clients that asked for it, in turn, at most N times a second.

    When the event loop runs late the interval grows by half, up to a quarter of a second, and comes back in
    small steps. Nothing is scheduled while no client has asked.
    """

    def __init__(self, frames_per_second: int = 30, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._waiting: dict[FrameClient, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._interval = self._normal = 1.0 / max(1, frames_per_second)
        self._last = float("-inf")
        self._due = 0.0
        self.on_rest: Callable[[], None] | None = None
        """Called after a frame when no other one is due."""

    @property
    def interval(self) -> float:
        """Seconds between two frames at present."""
        return self._interval

    @property
    def is_idle(self) -> bool:
        """Whether nothing is scheduled."""
        return self._timer is None

    def request(self, client: FrameClient) -> None:
        """Ask for one `paint_frame` call; asking again before it came changes nothing."""
        self._waiting.setdefault(client)
        if self._timer is None:
            self._schedule(max(0.0, self._last + self._interval - self._clock()))

    def forget(self, client: FrameClient) -> None:
        """Drop a client that is going away."""
        self._waiting.pop(client, None)

    def _schedule(self, delay: float) -> None:
        self._due = self._clock() + delay
        self._timer = asyncio.get_running_loop().call_later(delay, self._frame)

    def _frame(self) -> None:
        started = self._clock()
        self._timer = None
        if started - self._due > _LATE:
            self._interval = max(self._normal, min(MAX_INTERVAL, self._interval * _STRETCH))
        else:
            self._interval = max(self._normal, self._interval * _RECOVER)
        self._last = started
        try:
            for client in list(self._waiting):
                del self._waiting[client]
                client.paint_frame()
                if self._clock() - started > BUDGET:
                    break
        finally:
            if not self._waiting:
                if self.on_rest is not None:
                    self.on_rest()
            elif self._timer is None:
                self._schedule(self._interval)
