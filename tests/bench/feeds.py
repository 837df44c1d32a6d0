"""What the reference application writes its tokens into."""

from typing import Protocol

from textual.widget import Widget


class Feed(Protocol):
    """What the producer needs of a pane."""

    widget: Widget

    async def load(self, text: str) -> None:
        """Show a finished answer."""

    async def begin(self) -> None:
        """Open an answer."""

    async def write(self, token: str) -> None:
        """Add to the open answer."""

    async def finish(self) -> None:
        """End the open answer and wait until all of it has been shown."""

    def page(self, pages: int) -> None:
        """Scroll by pages, up when negative."""
