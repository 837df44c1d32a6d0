"""Moving through a pane: keys, wheel, thumb, and what the pane says about where it is."""

from typing import ClassVar, Final

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget

from tui.ui.render.palette import Glyphs
from tui.ui.render.rows import Row
from tui.ui.widgets.stream_layout import StreamLayout

WHEEL_LINES: Final = 3


def thumb_rows(total: int, top: int, height: int) -> range:
    """Return the rows of the window the scroll thumb covers: none when everything is visible."""
    if height < 1 or total <= height:
        return range(0)
    size = max(1, height * height // total)
    free = height - size
    start = min(free, round(top * free / max(1, total - height)))
    return range(start, start + size)


class StreamScroll(Widget):
    """The part of a pane that scrolls; `_flow` and the text are its subclass's."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,shift+up", "line(-1)", "Scroll up", show=False),
        Binding("down,shift+down", "line(1)", "Scroll down", show=False),
        Binding("pageup,shift+pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown,shift+pagedown", "page(1)", "Page down", show=False),
        Binding("home,shift+home", "top", "To the beginning", show=False),
        Binding("end,shift+end", "end", "To the end, and follow", show=False),
        Binding("t", "toggle_thinking", "Fold or unfold thinking", show=False),
        Binding("o", "toggle_tools", "Fold or unfold tool calls", show=False),
    ]

    class FollowChanged(Message, namespace="stream_pane"):
        """The pane began or ceased to follow new text, or the number of rows below its window changed."""

        def __init__(self, pane: "StreamScroll", following: bool, lines_below: int) -> None:
            """Say where `pane` is now."""
            super().__init__()
            self.pane = pane
            self.following = following
            self.lines_below = lines_below

        @property
        def control(self) -> "StreamScroll":
            """The pane, for `@on` selectors."""
            return self.pane

    def __init__(self, glyphs: Glyphs, *, name: str | None, id: str | None, classes: str | None) -> None:  # noqa: A002 - Textual's name for it
        super().__init__(name=name, id=id, classes=classes)
        self._stream = StreamLayout(glyphs)
        self._shown: list[Row] = []
        self._shown_thumb = range(0)
        self._told = (True, 0)
        self._grabbed: int | None = None
        self._ahead = 0  # direction of the page to render ahead, 0: none

    @property
    def following(self) -> bool:
        """Whether the window follows new text."""
        return self._stream.viewport.following

    @property
    def lines_below(self) -> int:
        """Rows below the window: 0 while following."""
        return 0 if self.following else self._stream.viewport.below

    @property
    def allow_select(self) -> bool:
        """Text can be selected, but not by dragging the thumb."""
        return super().allow_select and self._grabbed is None and not self._is_on_thumb_column()

    def set_scroll_step(self, rows: int) -> None:
        """Scroll by `rows` at a time while following: more rows, fewer bytes to the terminal."""
        self._stream.step = max(1, rows)

    def scroll_lines(self, rows: int) -> None:
        """Scroll by rows, up when negative; scrolling up ceases to follow, reaching the end follows again."""
        stream = self._stream
        if not self._can_scroll():
            return
        if rows < 0:
            stream.viewport.back(-rows)
            stream.viewport.following = stream.viewport.rows_from_top() <= stream.viewport.height
        elif not stream.viewport.following:
            stream.viewport.forward(rows)
            stream.viewport.clamp()
        self._flow()
        self._render_ahead(-1 if rows < 0 else 1)

    def scroll_pages(self, pages: int) -> None:
        """Scroll by windows, up when negative; one row stays in sight."""
        self.scroll_lines(pages * max(1, self._stream.viewport.height - 1))

    def scroll_to_top(self) -> None:
        """Show the first row."""
        viewport = self._stream.viewport
        if not self._can_scroll():
            return
        viewport.block = viewport.row = 0
        viewport.following = viewport.rows_from_top() <= viewport.height
        self._flow()

    def scroll_to_end(self) -> None:
        """Show the last row and follow new text."""
        self._stream.viewport.following = True
        if self._can_scroll():
            self._stream.viewport.to_end()
            self._flow()

    def action_line(self, direction: int) -> None:
        """Scroll by one row."""
        self.scroll_lines(direction)

    def action_page(self, direction: int) -> None:
        """Scroll by one window."""
        self.scroll_pages(direction)

    def action_top(self) -> None:
        """Scroll to the first row."""
        self.scroll_to_top()

    def action_end(self) -> None:
        """Scroll to the last row."""
        self.scroll_to_end()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel scrolls whether the pane has the focus or not."""
        event.stop()
        event.prevent_default()
        self.scroll_lines(-WHEEL_LINES)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel scrolls whether the pane has the focus or not."""
        event.stop()
        event.prevent_default()
        self.scroll_lines(WHEEL_LINES)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Grab the thumb, or move it to the pointer."""
        if event.x != self.size.width - 1 or not self._shown_thumb:
            return
        event.stop()
        thumb = self._shown_thumb
        self._grabbed = event.y - thumb.start if event.y in thumb else len(thumb) // 2
        self.capture_mouse()
        self._drag_to(event.y)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Drag the thumb, or scroll when a selection is drawn over the edge."""
        if self._grabbed is not None:
            event.stop()
            self._drag_to(event.y)
        elif event.button and self.text_selection is not None:
            if event.y <= 0:
                self.scroll_lines(-1)
            elif event.y >= self.size.height - 1:
                self.scroll_lines(1)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Let the thumb go."""
        if self._grabbed is not None:
            event.stop()
            self._grabbed = None
            self.release_mouse()

    def _drag_to(self, y: int) -> None:
        viewport = self._stream.viewport
        free = viewport.height - len(self._shown_thumb)
        start = min(max(0, y - (self._grabbed or 0)), max(0, free))
        if start >= free:
            self.scroll_to_end()
            return
        viewport.following = False
        viewport.to_row(start * (viewport.total - viewport.height) // max(1, free))
        self._flow()

    def _is_on_thumb_column(self) -> bool:
        return (
            bool(self._shown_thumb)
            and self.is_attached
            and (self.app.mouse_position.x == self.content_region.right - 1)
        )

    def _thumb(self) -> range:
        viewport = self._stream.viewport
        return thumb_rows(viewport.total, viewport.top, viewport.height)

    def _can_scroll(self) -> bool:
        return self._stream.renderer.palette is not None and self._stream.viewport.height > 0

    def _tell_follow(self) -> None:
        now = (self.following, self.lines_below)
        if now != self._told:
            self._told = now
            self.post_message(self.FollowChanged(self, *now))

    def _render_ahead(self, direction: int) -> None:
        """Render the next page in this direction when there is time."""
        raise NotImplementedError

    def _flow(self) -> None:
        """Repaint what changed."""
        raise NotImplementedError
