"""What the user interface needs of an engine; the real one and a test's fake both have it."""

from typing import Protocol

from tui.core.commands import Command
from tui.core.events import PaneInfo
from tui.engine.bus import Bus


class Engine(Protocol):
    """A session the screen can show and steer."""

    bus: Bus
    session: str
    panes: tuple[PaneInfo, ...]
    demo: bool

    async def start(self) -> None:
        """Publish `SessionStarted` and begin to take commands."""

    def handle(self, command: Command) -> None:
        """Carry out a command; returns at once."""

    async def prepare(self, pane: str) -> None:
        """Make a pane's SDK ready, off the loop."""

    async def close(self) -> None:
        """End the session."""
