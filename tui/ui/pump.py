"""From the bus to the screen: once a frame, everything that waits is reduced into the view, then painted."""

from collections.abc import Callable
from typing import Protocol

from tui.engine.bus import Bus, Subscription
from tui.ui.frame_clock import FrameClock
from tui.ui.view.reduce import reduce
from tui.ui.view.state import SessionView


class Painter(Protocol):
    """What shows the view."""

    def paint(self) -> None:
        """Show what changed in the view since the last time."""


class Pump:
    """A client of the frame clock that empties one subscription of the bus.

    It sleeps until the bus wakes it; an idle session costs nothing.
    """

    def __init__(
        self, bus: Bus, view: SessionView, painter: Painter, frame_clock: FrameClock, now: Callable[[], float]
    ) -> None:
        self._view = view
        self._painter = painter
        self._frame_clock = frame_clock
        self._now = now
        self._subscription: Subscription = bus.subscribe("screen", on_wake=self._wake)

    def _wake(self) -> None:
        self._frame_clock.request(self)

    def paint_frame(self) -> None:
        """Reduce every waiting event, then paint."""
        events = self._subscription.drain()
        if not events:
            return
        now = self._now()
        for event in events:
            reduce(self._view, event, now)
        self._painter.paint()

    def close(self) -> None:
        """Take no further events."""
        self._subscription.close()
