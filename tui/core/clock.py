"""Time as an argument: everything that waits or measures takes a `Clock`, so tests can turn the hands."""

import time
from typing import Protocol

from tui.core.record import Mutable, Record, mutable, record


class Clock(Protocol):
    """A source of time."""

    def monotonic(self) -> float:
        """Seconds that never jump, for durations and deadlines."""

    def wall(self) -> float:
        """Seconds since the epoch (UTC), for timestamps people read."""


@record(kw_only=False)
class SystemClock(Record):
    """The machine's own clocks."""

    def monotonic(self) -> float:
        """Seconds from `time.monotonic`."""
        return time.monotonic()

    def wall(self) -> float:
        """Seconds from `time.time`."""
        return time.time()


@mutable
class ManualClock(Mutable):
    """A clock that moves only when told to; for tests and replays."""

    now: float = 0.0
    epoch: float = 1_767_225_600.0

    def monotonic(self) -> float:
        """The time set by `advance`."""
        return self.now

    def wall(self) -> float:
        """`epoch` plus the time set by `advance`."""
        return self.epoch + self.now

    def advance(self, seconds: float) -> None:
        """Move both clocks forward by `seconds`."""
        self.now += seconds
