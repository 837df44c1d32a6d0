"""Painting a terminal: rows that changed, the cursor, what is selected or found, and scrolling back."""

from collections.abc import Iterable
from time import monotonic
from typing import Final, Self

from rich.style import Style
from textual.geometry import Offset, Region, Size
from textual.strip import Strip

from tui.core.terminal import CursorShape, TerminalPort
from tui.ui.frame_clock import FrameClock
from tui.ui.render.rows import Row
from tui.ui.view.terminal_text import piece_on
from tui.ui.widgets.at_once import show_at_once
from tui.ui.widgets.terminal_look import Look
from tui.ui.widgets.terminal_rows import overlay, paint_row, put
from tui.ui.widgets.terminal_window import TerminalWindow

ECHO_WITHIN: Final = 0.05
"""Seconds after a key in which what the program writes is painted at once."""
ECHOES: Final = 4
"""How often that is done for one key; a program that writes without end is painted with the frames like any other."""
_KEPT_SCREENS: Final = 6
"""How many screens of painted rows are kept."""
_BAR: Final = "▏"


class TerminalPaint(TerminalWindow, can_focus=True):
    """The part of a terminal's widget that paints; keys and mouse are its subclass's."""

    def __init__(self, frame_clock: FrameClock, *, ascii_glyphs: bool = False) -> None:
        super().__init__()
        self._clock = frame_clock
        self._ascii = ascii_glyphs
        self.typing = False
        self.painted_frames = 0
        self._look: Look | None = None
        self._told_colors: tuple[str, object] | None = None
        self._strips: dict[tuple[int, int], Row] = {}
        self._painted: list[Strip | None] = []
        self._painted_size: Size | None = None
        self._serials: list[int | None] = []
        self._caret: tuple[int, int, CursorShape, bool] | None = None
        self._key_at = float("-inf")
        self._echoes = 0

    # ---- the terminal

    def attach(self, port: TerminalPort | None) -> None:
        """Show another terminal."""
        if port is self.port:
            return
        self.detach()
        self.port = port
        self.back = 0
        self.selection, self.found = None, ()
        self._strips.clear()
        self._serials = []
        if port is not None:
            self._seen_above = port.pushed
            port.watch(self._changed)
            port.take_dirty()
        self.refresh()

    def detach(self) -> None:
        """Watch no longer."""
        if self.port is not None:
            self.port.watch(None)
        self.port = None
        self._clock.forget(self)

    def on_unmount(self) -> None:
        """Ask for no more frames."""
        self.detach()

    def _changed(self) -> None:
        """The terminal has something new: painted at once after a key, else with the next frame."""
        if not self.is_attached:
            return
        if self._echoes and monotonic() - self._key_at <= ECHO_WITHIN:
            self._echoes -= 1
            self._clock.forget(self)
            self.paint_frame()
        else:
            self._clock.request(self)

    def on_show(self) -> None:
        """What came while nobody looked is painted now."""
        self.paint_frame()

    # ---- painting

    def paint_frame(self) -> None:
        """Repaint what changed since the last frame."""
        port = self.port
        if port is None or not self.is_attached or not self.size:
            return
        self.painted_frames += 1
        self._tell_colors(port)
        full, rows = port.take_dirty()
        if self.back:
            self._stay_in_place(port)
        if full or self.back or len(self._serials) != self.size.height:
            self._flow()
        else:
            base = self.base
            self._flow([row - base for row in rows])
        show_at_once(self)

    def _tell_colors(self, port: TerminalPort) -> None:
        """Programs may ask which colours are shown, and choose theirs by it."""
        look = self.look()
        if self._told_colors != (port.id, look.key):
            self._told_colors = (port.id, look.key)
            port.set_colors(look.foreground, look.background, look.palette)

    def _flow(self, rows: Iterable[int] | None = None) -> None:
        """Repaint what changed in some rows of the window, or in all of them."""
        port = self.port
        if port is None or not self.is_attached:
            return
        self._check_selection(port)
        height, width = self.size.height, self.size.width
        if len(self._serials) != height:
            self._serials = [self._serial(port, y) for y in range(height)]
            self.refresh()
        else:
            regions: list[Region] = []
            for y in range(height) if rows is None else rows:
                if 0 <= y < height and (now := self._serial(port, y)) != self._serials[y]:
                    regions.append(self._changed_cells(port, y, self._serials[y], now, width))
                    self._serials[y] = now
            if regions:
                self.refresh(*regions)
        self._place_caret(port)

    def _serial(self, port: TerminalPort, y: int) -> int | None:
        row = self.base - self.back + y
        return port.serial(row) if -port.scrollback <= row < port.lines else None

    def _changed_cells(self, port: TerminalPort, y: int, before: int | None, now: int | None, width: int) -> Region:
        """The cells of a row that have to be sent again: not the blanks after the text, where they stay blank."""
        old = None if before is None else self._strips.get((before, width))
        if old is None or self.selection is not None or self.found:
            return Region(0, y, width, 1)
        return Region(0, y, max(old.body_cells, self._row_strip(port, y, now).body_cells, 1), 1)

    def _place_caret(self, port: TerminalPort) -> None:
        column, row = port.cursor
        y = row - self.base + self.back
        shown = port.running and port.cursor_visible and 0 <= y < self.size.height and column <= self.size.width
        active = self.has_focus and self.typing
        column = min(column, self.size.width - 1)
        caret = (column, y, port.cursor_shape, active) if shown else None
        if caret != self._caret:
            cells = [Region(one[0], one[1], 2, 1) for one in (self._caret, caret) if one is not None]
            self._caret = caret
            self.refresh(*cells)
        if active and caret is not None:
            self.app.cursor_position = self.content_region.offset + Offset(column, y)

    # ---- strips

    def look(self) -> Look:
        """Return the colours of the theme."""
        if self._look is None:
            self._look = Look(
                self.rich_style,
                self.screen.get_component_rich_style("screen--selection"),
                self.get_component_rich_style("terminal--found"),
                self.app.theme_variables,
                list(self.get_line_filters()),
                self.background_colors[1],
                native=self.app.native_ansi_color,
            )
        return self._look

    def notify_style_update(self) -> None:
        """The theme or a class changed: colours are looked up again."""
        super().notify_style_update()
        self._look = None
        self._strips.clear()
        if self.is_attached:
            self.refresh()

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Paint some regions again, or everything."""
        if not regions:
            self._painted_size = None
        elif repaint:
            for region in regions:
                for y in region.line_range:
                    if 0 <= y < len(self._painted):
                        self._painted[y] = None
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return painted rows from a cache of our own, without the detour over Textual's styles cache.

        Textual asks for all rows although it shows only those that were refreshed: only those are made.
        """
        size, painted = self.size, self._painted
        if size != self._painted_size:
            self._painted_size = size
            painted = self._painted = [None] * size.height
        strips: list[Strip] = []
        for y in crop.line_range:
            strip = painted[y] if y < size.height else None
            if strip is None:
                strip = self.render_line(y)
                if y < size.height:
                    painted[y] = strip
            strips.append(strip)
        if crop.column_span != (0, size.width):
            strips = [strip.crop(*crop.column_span) for strip in strips]
        return strips

    def render_line(self, y: int) -> Strip:
        """Return a row of the window with everything that lies over it."""
        port, width = self.port, self.size.width
        if port is None:
            return self._blank(width)
        if len(self._serials) != self.size.height:
            self._serials = [self._serial(port, row) for row in range(self.size.height)]
        strip: Strip = self._row_strip(port, y, self._serials[y])
        line = self.first_line + y
        if self.selection is not None and (piece := piece_on(line, *self.selection, width)) is not None:
            strip = overlay(strip, piece.start, piece.end, self.look().selection)
        for piece in self.found:
            if piece.line == line:
                strip = overlay(strip, piece.start, piece.end, self.look().match)
        if self._caret is not None and self._caret[1] == y:
            strip = self._with_caret(strip, *self._caret)
        return strip

    def _blank(self, width: int) -> Row:
        return Row([], 0, width, self.look().base)

    def _row_strip(self, port: TerminalPort, y: int, serial: int | None) -> Row:
        width = self.size.width
        if serial is None:
            return self._blank(width)
        strip = self._strips.get((serial, width))
        if strip is None:
            if len(self._strips) > max(self.size.height, 24) * _KEPT_SCREENS:
                self._strips.clear()
            serial = self._serial(port, y)  # the row may have changed since the last frame
            if serial is None:
                return self._blank(width)
            strip = paint_row(port.row(self.base - self.back + y), width, self.look())
            self._strips[(serial, width)] = strip
        return strip

    def _with_caret(self, strip: Strip, column: int, y: int, shape: CursorShape, active: bool) -> Strip:
        look = self.look()
        under = strip.crop(column, column + 1)
        blank = not under.text.strip()
        style: Style
        if not active:
            style = look.resting
        elif shape is CursorShape.UNDERLINE:
            style = look.underline
        elif shape is CursorShape.BAR and blank and not self._ascii:
            return put(strip, column, _BAR, look.base)
        elif shape is CursorShape.BAR:
            style = look.resting
        else:
            style = look.block
        size = 2 if strip.crop(column, column + 2).text.strip() and len(strip.crop(column, column + 2).text) == 1 else 1
        return overlay(strip, column, column + size, style)
