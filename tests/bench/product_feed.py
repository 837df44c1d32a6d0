"""The product's answer pane."""

import asyncio

from textual.widget import Widget

from tui.ui.frame_clock import FrameClock
from tui.ui.view.document import SectionKind
from tui.ui.widgets.stream_pane import StreamPane


class ProductFeed:
    """The product's pane on the frame clock that all panes of an application share."""

    def __init__(self, clock: FrameClock, scroll_step: int) -> None:
        self._pane = StreamPane(clock)
        if scroll_step:
            self._pane.set_scroll_step(scroll_step)
        self._pane.add_class("pane")
        self.widget: Widget = self._pane

    async def load(self, text: str) -> None:
        """Show a finished answer."""
        self._pane.load(text)

    async def begin(self) -> None:
        """Open an answer."""
        self._pane.begin(SectionKind.ANSWER)

    async def write(self, token: str) -> None:
        """Add to the open answer."""
        self._pane.append(token)

    async def finish(self) -> None:
        """End the answer and let two frames pass, so that the last token has been painted."""
        self._pane.end()
        await asyncio.sleep(2 / 30)

    def page(self, pages: int) -> None:
        """Scroll by pages."""
        self._pane.scroll_pages(pages)
