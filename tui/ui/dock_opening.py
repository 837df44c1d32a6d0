"""The time between asking for a terminal and having it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from textual.timer import Timer

from tui.ui.key_order import order_of

if TYPE_CHECKING:
    from tui.ui.screens.main import MainScreen

_OPENS_WITHIN: Final = 3.0
"""Seconds a terminal that was asked for is waited for; keys typed meanwhile are for it."""


class Opening:
    """A terminal that was asked for and is not there yet. `failed` is called when it does not come."""

    def __init__(self, screen: "MainScreen", failed: Callable[[], None]) -> None:
        self._screen = screen
        self._failed = failed
        self._timer: Timer | None = None
        self._pressed = False

    @property
    def awaited(self) -> bool:
        """Whether one is still to come."""
        return self._timer is not None

    def begin(self) -> None:
        """It was asked for now."""
        self.end()
        self._timer = self._screen.set_timer(_OPENS_WITHIN, self._failed)

    def end(self) -> None:
        """It is there, or nobody waits for it any more."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def hold_keys(self) -> None:
        """The key of the dock was pressed: what it does is done when the terminal is there; keys behind it wait."""
        self._pressed = True
        if (order := order_of(self._screen.app)) is not None:
            order.hold()

    def let_go(self) -> bool:
        """Let the keys go on; return whether that of the dock was pressed meanwhile."""
        pressed, self._pressed = self._pressed, False
        if (order := order_of(self._screen.app)) is not None:
            order.let_go()
        return pressed
