"""A clock that runs only while it is needed."""

from collections.abc import Callable

from textual.timer import Timer
from textual.widget import Widget


class Ticker:
    """Calls `tick` every so often while `needed` says so; nothing is scheduled otherwise."""

    def __init__(self, owner: Widget, needed: Callable[[], bool], tick: Callable[[], None]) -> None:
        self._owner = owner
        self._needed = needed
        self._tick = tick
        self._timer: Timer | None = None

    @property
    def running(self) -> bool:
        """Whether the clock runs."""
        return self._timer is not None

    def mind(self, every: float) -> None:
        """Start or stop as needed now; `every` is in seconds."""
        needed = self._needed()
        if needed and self._timer is None:
            self._timer = self._owner.set_interval(every, lambda: self._run(every))
        elif not needed and self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _run(self, every: float) -> None:
        self._tick()
        self.mind(every)


class Delayed:
    """Runs `act` once, `seconds` after the first of any number of calls; cheap enough for every key."""

    def __init__(self, owner: Widget, act: Callable[[], None], seconds: float) -> None:
        self._owner = owner
        self._act = act
        self._seconds = seconds
        self._timer: Timer | None = None

    def request(self) -> None:
        """Ask for a run; asking again before it came changes nothing."""
        if self._timer is None:
            self._timer = self._owner.set_timer(self._seconds, self._run)

    def _run(self) -> None:
        self._timer = None
        self._act()
