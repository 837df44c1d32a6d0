"""Painting a pane: what changed since the last frame, selection, colours of the theme."""

from functools import lru_cache
from typing import Final

from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter
from textual.geometry import Region
from textual.selection import Selection
from textual.strip import Strip

from tui.ui.frame_clock import FrameClock
from tui.ui.render.palette import ROLES, Glyphs, Palette, build_palette, role_looks
from tui.ui.render.rows import Row, with_thumb
from tui.ui.widgets.stream_scroll import StreamScroll
from tui.ui.widgets.stream_selection import (
    block_selection,
    highlighted,
    offset_row,
    selected_text,
    with_offsets,
)

_AHEAD_DELAY: Final = 0.015
"""Seconds after a scroll until the next page is rendered ahead: what the person did is on the screen by then."""
_AHEAD_SECONDS: Final = 0.004
"""How long a key may have to wait because the next page is being rendered ahead."""


class StreamPaint(StreamScroll):
    """The part of a pane that paints; the text is its subclass's."""

    def __init__(
        self,
        frame_clock: FrameClock,
        glyphs: Glyphs,
        *,
        name: str | None,
        id: str | None,  # noqa: A002 - Textual's name for it
        classes: str | None,
    ) -> None:
        super().__init__(glyphs, name=name, id=id, classes=classes)
        self._clock = frame_clock
        self._unread: list[str] = []
        self._filters: list[object] = []

    def _read(self) -> None:
        """Take in the text that came."""
        raise NotImplementedError

    def paint_frame(self) -> None:
        """Take in the text that came and repaint the rows that changed."""
        self._read()
        self._flow()

    def _render_ahead(self, direction: int) -> None:
        if not self._ahead and self.is_running:
            self.set_timer(_AHEAD_DELAY, self._go_ahead)
        self._ahead = direction

    def _go_ahead(self) -> None:
        """Render a little of the next page, then let others have their turn."""
        direction, self._ahead = self._ahead, 0
        if direction and self._shown and not self._unread and self._stream.render_ahead(direction, _AHEAD_SECONDS):
            self._ahead = direction
            self.call_later(self._go_ahead)

    def _flow(self) -> None:
        if not self.is_attached or not self._prepare():
            return
        layout = self._stream
        rows = layout.window()
        thumb = self._thumb()
        old, old_thumb = self._shown, self._shown_thumb
        self._shown, self._shown_thumb = rows, thumb
        if len(old) != len(rows) or self.text_selection is not None:
            self.refresh()
        else:
            regions: list[Region] = []
            for y, (before, after) in enumerate(zip(old, rows, strict=True)):
                if (y in thumb) is not (y in old_thumb):
                    regions.append(Region(0, y, layout.renderer.width + 1, 1))
                elif before is not after and (extent := max(before.body_cells, after.body_cells)):
                    regions.append(Region(0, y, extent, 1))
            if regions:
                self.refresh(*regions)
        self._tell_follow()

    def _prepare(self) -> bool:
        """Bring size and colours up to date; False while there is nothing to paint on."""
        width, height = self.size
        if width < 2 or height < 1:
            return False
        layout = self._stream
        if layout.renderer.palette is None:
            self._restyle()
        if width - 1 != layout.renderer.width or height != layout.viewport.height:
            layout.resize(width - 1, height)
        return True

    def _restyle(self) -> None:
        filters = tuple(self.get_line_filters())
        base, background = self.rich_style, self.background_colors[1]
        looks = role_looks(base, self.app.theme_variables, background, focused=self.has_focus)
        selection = self.screen.get_component_rich_style("screen--selection")
        palette = _palette(base, looks, selection, filters, background)
        self._filters = list(filters)
        layout = self._stream
        if layout.renderer.palette is None or layout.renderer.palette.key != palette.key:
            layout.restyle(palette)
            self._shown = []

    def notify_style_update(self) -> None:
        """The theme or a class changed: look at the colours again."""
        super().notify_style_update()
        if self._stream.renderer.palette is not None and self.is_attached:
            self._restyle()
            self._clock.request(self)

    def on_resize(self) -> None:
        """Lay out anew for another size."""
        self._flow()

    def on_unmount(self) -> None:
        """Ask for no more frames."""
        self._clock.forget(self)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the painted rows, without the detour over Textual's styles cache."""
        if self.gutter.totals != (0, 0) or self.opacity != 1.0:
            return super().render_lines(crop)
        if not self._in_time():
            return [Strip.blank(self.size.width, self.rich_style)] * crop.height
        strips: list[Strip] = [*self._painted(crop.line_range)]
        if crop.column_span != (0, self.size.width):
            strips = [strip.crop(*crop.column_span) for strip in strips]
        return strips

    def render_line(self, y: int) -> Strip:
        """Return a row whose segments say where they are in the text."""
        if not self._in_time() or y >= len(self._shown):
            return Strip.blank(self.size.width, self.rich_style)
        return with_offsets(self._painted(range(y, y + 1))[0], *self._stream.place_of(y))

    def _painted(self, lines: range) -> list[Row]:
        """Return rows of the window with selection and thumb drawn in."""
        rows = self._shown[lines.start : lines.stop]
        if (selection := self.text_selection) is not None:
            selected = self._stream.renderer.colours().selection
            for number, y in enumerate(lines):
                span = selection.get_span(offset_row(*self._stream.place_of(y)))
                if span is not None:
                    rows[number] = highlighted(rows[number], span, selected, self._stream.renderer.width)
        glyph, style = self._stream.renderer.glyphs.thumb, self._stream.renderer.colours()["thumb"]
        for y in self._shown_thumb:
            if y in lines:
                rows[y - lines.start] = with_thumb(rows[y - lines.start], glyph, style)
        return rows

    def _in_time(self) -> bool:
        """Whether there are rows for the present size; they are made when a paint comes before the resize event."""
        if self._filters != list(self.get_line_filters()) and self._stream.renderer.palette is not None:
            self._restyle()
        if not self._prepare():
            return False
        if len(self._shown) != self.size.height or self._shown[0].cell_length != self.size.width:
            self._shown = self._stream.window()
            self._shown_thumb = self._thumb()
        return True

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the selected text and what follows it, as Textual's copy asks for."""
        return selected_text(self._stream, selection), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Show another selection."""
        self.refresh()

    def text_select_all(self) -> None:
        """A double click selects the block under the pointer."""
        y = self.app.mouse_position.y - self.content_region.y
        if 0 <= y < len(self._shown):
            block, _ = self._stream.place_of(y)
            self.screen.selections = {self: block_selection(self._stream, block)}


@lru_cache(maxsize=8)
def _palette(
    base: Style, looks: tuple[Style, ...], selection: Style, filters: tuple[LineFilter, ...], background: Color
) -> Palette:
    """Return a palette, one for all panes that look alike."""
    return build_palette(base, dict(zip(ROLES, looks, strict=True)).__getitem__, selection, filters, background)
