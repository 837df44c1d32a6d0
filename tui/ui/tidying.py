"""Full garbage collections, made while nothing moves: each stops the event loop for tens of milliseconds.

Young objects are looked at as always, which takes a millisecond. What has survived that grows with what is on the
screen and in the scrollback, and nearly all of it stays: looking at it can wait for a pause.
"""

import asyncio
import gc
from collections.abc import Callable
from typing import Final

QUIET_SECONDS: Final = 1.0
"""Without a frame for so long, nobody is watching something move."""
DUE_AFTER: Final = 10
"""Collections of younger objects until a full one is worth its time, as Python has it."""
AT_LATEST: Final = 1_000
"""The same while there is never a pause: some minutes of a flood."""


class Tidying:
    """Collects in pauses. Nothing is scheduled while nothing is painted."""

    def __init__(self, collect: Callable[[], object] = gc.collect) -> None:
        self._collect = collect
        self._timer: asyncio.TimerHandle | None = None
        self._last = 0.0
        self._thresholds = gc.get_threshold()
        gc.set_threshold(*self._thresholds[:2], AT_LATEST)

    def painted(self) -> None:
        """A frame was painted and no other is due."""
        loop = asyncio.get_running_loop()
        self._last = loop.time()
        if self._timer is None:
            self._timer = loop.call_later(QUIET_SECONDS, self._look)

    def close(self) -> None:
        """Leave it to Python again."""
        gc.set_threshold(*self._thresholds)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        missing = self._last + QUIET_SECONDS - loop.time()
        self._timer = loop.call_later(missing, self._look) if missing > 0 else None
        if missing <= 0 and gc.get_count()[2] >= DUE_AFTER:
            self._collect()
