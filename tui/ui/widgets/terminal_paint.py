"""Painting a terminal: rows that changed, the cursor, what is selected or found, and scrolling back."""

from collections.abc import Iterable
from time import monotonic
from typing import Final

from rich.style import Style
from textual.geometry import Offset, Region
from textual.strip import Strip
from textual.widget import Widget

from tui.core.terminal import CursorShape, TerminalPort
from tui.ui.frame_clock import FrameClock
from tui.ui.view.terminal_text import Piece, Place, piece_on
from tui.ui.widgets.terminal_look import Look
from tui.ui.widgets.terminal_rows import first_difference, overlay, paint_row, put

ECHO_WITHIN: Final = 0.05
"""Seconds after a key in which what the program writes is painted at once."""
_KEPT_SCREENS: Final = 6
"""How many screens of painted rows are kept."""
_BAR: Final = "▏"


class TerminalPaint(Widget, can_focus=True):
    """The part of a terminal's widget that paints; keys and mouse are its subclass's."""

    ALLOW_SELECT = False

    def __init__(self, frame_clock: FrameClock, *, ascii_glyphs: bool = False) -> None:
        super().__init__()
        self._clock = frame_clock
        self._ascii = ascii_glyphs
        self.port: TerminalPort | None = None
        self.typing = False
        self.back = 0
        self.selection: tuple[Place, Place] | None = None
        self.found: tuple[Piece, ...] = ()
        self.painted_frames = 0
        self._look: Look | None = None
        self._strips: dict[tuple[int, int], Strip] = {}
        self._serials: list[int] = []
        self._caret: tuple[int, int, CursorShape, bool] | None = None
        self._seen_above = 0
        self._selected_serial = 0
        self._key_at = float("-inf")

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
            self._seen_above = port.scrollback
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
        if not self.is_attached or not self.is_on_screen:
            return
        if monotonic() - self._key_at <= ECHO_WITHIN:
            self._clock.forget(self)
            self.paint_frame()
        else:
            self._clock.request(self)

    def on_show(self) -> None:
        """What came while nobody looked is painted now."""
        self.paint_frame()

    # ---- what is in the window

    @property
    def base(self) -> int:
        """The row of the terminal at the top of the window when nothing is scrolled back.

        It is above 0 only while the terminal has more rows than the window, as one that has ended may.
        """
        port = self.port
        if port is None or port.lines <= self.size.height:
            return 0
        used = port.cursor[1]
        for row in range(port.lines - 1, used, -1):
            if port.row_text(row):
                used = row
                break
        return min(max(used - self.size.height + 1, 0), port.lines - self.size.height)

    @property
    def first_line(self) -> int:
        """The line, counted from the oldest, at the top of the window."""
        port = self.port
        return 0 if port is None else port.scrollback + self.base - self.back

    def place_at(self, x: int, y: int) -> Place:
        """Return the place of a cell of the window."""
        return Place(self.first_line + y, max(0, min(x, self.size.width - 1)))

    def scroll_rows(self, rows: int) -> None:
        """Scroll back (negative) or towards the end."""
        port = self.port
        if port is None:
            return
        back = max(0, min(self.back - rows, port.scrollback + self.base))
        if back != self.back:
            self.back = back
            self._seen_above = port.scrollback
            self._flow(full=True)

    def scroll_to_end(self) -> None:
        """Show the newest rows."""
        self.scroll_rows(self.back)

    def reveal(self, line: int) -> None:
        """Scroll so that a line is in sight, with some of its surroundings."""
        height = self.size.height
        if not self.first_line <= line < self.first_line + height:
            self.scroll_rows(line - height // 2 - self.first_line)

    # ---- painting

    def paint_frame(self) -> None:
        """Repaint what changed since the last frame."""
        port = self.port
        if port is None or not self.is_attached or not self.size:
            return
        self.painted_frames += 1
        full, rows = port.take_dirty()
        if self.back:
            self._stay_in_place(port)
        if full or self.back or len(self._serials) != self.size.height:
            self._flow(full=True)
        else:
            base = self.base
            self._flow(rows=[row - base for row in rows])

    def _stay_in_place(self, port: TerminalPort) -> None:
        """Rows that went into the scrollback move the window up with them."""
        grown = port.scrollback - self._seen_above
        self._seen_above = port.scrollback
        self.back = max(0, min(self.back + grown, port.scrollback + self.base))

    def _flow(self, *, full: bool = False, rows: Iterable[int] = ()) -> None:
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
            for y in range(height) if full else rows:
                if 0 <= y < height and (now := self._serial(port, y)) != self._serials[y]:
                    regions.append(self._changed_cells(port, y, self._serials[y], now, width))
                    self._serials[y] = now
            if regions:
                self.refresh(*regions)
        self._place_caret(port)

    def _serial(self, port: TerminalPort, y: int) -> int:
        row = self.base - self.back + y
        return port.serial(row) if -port.scrollback <= row < port.lines else -1

    def _changed_cells(self, port: TerminalPort, y: int, before: int, now: int, width: int) -> Region:
        old = self._strips.get((before, width))
        if old is None or self.selection is not None or self.found:
            return Region(0, y, width, 1)
        start = min(first_difference(old, self._row_strip(port, y, now)), width - 1)
        return Region(start, y, width - start, 1)

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

    def _check_selection(self, port: TerminalPort) -> None:
        """A selection is of what was there when it was made."""
        if self.selection is not None and self._serial_of(port, self.selection[0].line) != self._selected_serial:
            self.selection = None
            self.refresh()

    def select(self, first: Place, last: Place) -> None:
        """Select the cells between two places, both included."""
        if self.port is not None:
            self.selection = (first, last)
            self._selected_serial = self._serial_of(self.port, first.line)
            self.refresh()

    def unselect(self) -> None:
        """Select nothing and mark nothing as found."""
        if self.selection is not None or self.found:
            self.selection, self.found = None, ()
            self.refresh()

    def _serial_of(self, port: TerminalPort, line: int) -> int:
        row = line - port.scrollback
        return port.serial(row) if -port.scrollback <= row < port.lines else -1

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

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return painted rows from a cache of our own, without the detour over Textual's styles cache."""
        strips = [self.render_line(y) for y in crop.line_range]
        if crop.column_span != (0, self.size.width):
            strips = [strip.crop(*crop.column_span) for strip in strips]
        return strips

    def render_line(self, y: int) -> Strip:
        """Return a row of the window with everything that lies over it."""
        port, width = self.port, self.size.width
        if port is None:
            return Strip.blank(width, self.look().base)
        if len(self._serials) != self.size.height:
            self._serials = [self._serial(port, row) for row in range(self.size.height)]
        strip = self._row_strip(port, y, self._serials[y])
        line = self.first_line + y
        if self.selection is not None and (piece := piece_on(line, *self.selection, width)) is not None:
            strip = overlay(strip, piece.start, piece.end, self.look().selection)
        for piece in self.found:
            if piece.line == line:
                strip = overlay(strip, piece.start, piece.end, self.look().match)
        if self._caret is not None and self._caret[1] == y:
            strip = self._with_caret(strip, *self._caret)
        return strip

    def _row_strip(self, port: TerminalPort, y: int, serial: int) -> Strip:
        width = self.size.width
        if serial < 0:
            return Strip.blank(width, self.look().base)
        strip = self._strips.get((serial, width))
        if strip is None:
            if len(self._strips) > max(self.size.height, 24) * _KEPT_SCREENS:
                self._strips.clear()
            serial = self._serial(port, y)  # the row may have changed since the last frame
            if serial < 0:
                return Strip.blank(width, self.look().base)
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
