"""Textual's own way to show a stream of Markdown."""

from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Markdown
from textual.widgets.markdown import MarkdownStream


class MarkdownFeed:
    """Textual's own way: a Markdown widget in a scroll container, written through `MarkdownStream`."""

    def __init__(self) -> None:
        self._markdown = Markdown("")
        self._scroll = VerticalScroll(self._markdown, classes="pane")
        self.widget: Widget = self._scroll
        self._stream: MarkdownStream | None = None

    async def load(self, text: str) -> None:
        """Show a finished answer."""
        await self._markdown.update(text)
        self._scroll.anchor()

    async def begin(self) -> None:
        """Open an answer."""
        self._scroll.anchor()
        self._stream = Markdown.get_stream(self._markdown)

    async def write(self, token: str) -> None:
        """Add to the open answer."""
        if self._stream is not None:
            await self._stream.write(token)

    async def finish(self) -> None:
        """End the stream; it writes what it still holds."""
        if self._stream is not None:
            await self._stream.stop()

    def page(self, pages: int) -> None:
        """Scroll by pages."""
        scroll = self._scroll.scroll_page_up if pages < 0 else self._scroll.scroll_page_down
        scroll(animate=False)
