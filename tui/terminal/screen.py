"""The state of a screen and how its cursor moves. Names of methods are pyte's, so that its dispatch tables fit."""

from bisect import bisect_left, bisect_right
from typing import Final

from tui.terminal.rows import ROLLED, STUB, Piece, Row
from tui.terminal.scrollback import Scrollback
from tui.terminal.styles import PLAIN, Style

TAB: Final = 8
MIN_COLUMNS: Final = 2
"""So that a wide character has a place."""


class Cursor:
    """Where the next character goes; `x` is the number of columns when the row is full and the next one wraps."""

    __slots__ = ("hidden", "x", "y")

    def __init__(self) -> None:
        self.x = 0
        self.y = 0
        self.hidden = False


class ScreenState:
    """Rows, margins, the cursor, and what decides how text is drawn.

    Margins are inclusive at the top and left, exclusive at the bottom and right.
    """

    def __init__(self, columns: int, lines: int, scrollback: Scrollback) -> None:
        self.columns = max(MIN_COLUMNS, columns)
        self.lines = max(1, lines)
        self.history = scrollback
        self.cursor = Cursor()
        self.rows = [Row() for _ in range(self.lines)]
        self.alternate = False
        self.style: Style = PLAIN
        self.last = ""
        self.joiners = False
        self.top_margin, self.bottom_margin = 0, self.lines
        self.left_margin, self.right_margin = 0, self.columns
        self.side_margins = False
        self.origin = False
        self.newline = False
        self.insert = False
        self.autowrap = True
        self.charset_map: dict[int, str] | None = None
        self.simple = True
        self._blank: Piece | None = None
        self._part_move: tuple[object, ...] = ()
        self._part_moved = 0
        self.tabstops: set[int] = set()
        self._stops: list[int] | None = None
        self.set_default_tabs()

    def decide(self) -> None:
        """Set `simple`: text goes into the row as it comes, up to the last column, and then into the next row."""
        self.simple = self.autowrap and self.charset_map is None and not self.insert and not self.side_margins

    def set_default_tabs(self) -> None:
        """A tab stop in every eighth column."""
        self.tabstops = set(range(TAB, self.columns, TAB))
        self._stops = None

    def reset_margins(self) -> None:
        """Let the whole screen scroll."""
        self.top_margin, self.bottom_margin = 0, self.lines
        self.left_margin, self.right_margin = 0, self.columns

    def blank(self) -> Piece | None:
        """What fills an erased row: nothing, or the background alone; the same object as long as it is the same."""
        background = self.style[1]
        if background is None:
            return None
        piece = self._blank
        if piece is None or piece[1] != self.columns or piece[2][1] != background:
            self._blank = piece = (" " * self.columns, self.columns, (None, background, 0, ""))
        return piece

    def blank_style(self) -> Style:
        """The look of erased cells: the background alone."""
        background = self.style[1]
        return PLAIN if background is None else (None, background, 0, "")

    def touch_all(self) -> None:
        """Mark every row as changed."""
        for row in self.rows:
            row.serial = 0


class Movement(ScreenState):
    """The cursor and the tab stops."""

    def cursor_position(self, line: int | None = None, column: int | None = None) -> None:
        """CUP, HVP: go to a line and a column, from 1; counted from the margins in origin mode."""
        y, x = (line or 1) - 1, (column or 1) - 1
        if self.origin:
            self.cursor.y = min(y + self.top_margin, self.bottom_margin - 1)
            self.cursor.x = min(x + self.left_margin, self.right_margin - 1)
        else:
            self.cursor.y = y if y < self.lines else self.lines - 1
            self.cursor.x = x if x < self.columns else self.columns - 1

    def cursor_to_line(self, line: int | None = None) -> None:
        """VPA: go to a line, from 1."""
        y = (line or 1) - 1
        self.cursor.y = min(y + self.top_margin, self.bottom_margin - 1) if self.origin else min(y, self.lines - 1)
        self.settle()

    def cursor_to_column(self, column: int | None = None) -> None:
        """CHA, HPA: go to a column, from 1."""
        x = (column or 1) - 1
        if self.origin:
            self.cursor.x = min(x + self.left_margin, self.right_margin - 1)
        else:
            self.cursor.x = min(x, self.columns - 1)

    def settle(self) -> None:
        """Forget that the next character would wrap."""
        self.cursor.x = min(self.cursor.x, self.columns - 1)

    def cursor_up(self, count: int | None = None) -> None:
        """CUU: not over the top margin, when below it."""
        y = self.cursor.y
        self.cursor.y = max(y - (count or 1), self.top_margin if y >= self.top_margin else 0)
        self.settle()

    def cursor_down(self, count: int | None = None) -> None:
        """CUD: not over the bottom margin, when above it."""
        y = self.cursor.y
        self.cursor.y = min(y + (count or 1), (self.bottom_margin if y < self.bottom_margin else self.lines) - 1)
        self.settle()

    def cursor_forward(self, count: int | None = None) -> None:
        """CUF: not over the right margin."""
        x = self.cursor.x
        limit = self.right_margin if x < self.right_margin else self.columns
        self.cursor.x = min(x + (count or 1), limit - 1)

    def cursor_back(self, count: int | None = None) -> None:
        """CUB: not over the left margin."""
        self.settle()
        x = self.cursor.x
        self.cursor.x = max(x - (count or 1), self.left_margin if x >= self.left_margin else 0)

    def cursor_up1(self, count: int | None = None) -> None:
        """CPL: up, to the first column."""
        self.cursor_up(count)
        self.carriage_return()

    def cursor_down1(self, count: int | None = None) -> None:
        """CNL: down, to the first column."""
        self.cursor_down(count)
        self.carriage_return()

    def relative_line(self, count: int | None = None) -> None:
        """VPR: down, whatever the margins."""
        self.cursor.y = min(self.cursor.y + (count or 1), self.lines - 1)
        self.settle()

    def relative_column(self, count: int | None = None) -> None:
        """HPR: right, whatever the margins."""
        self.cursor.x = min(self.cursor.x + (count or 1), self.columns - 1)

    def backspace(self) -> None:
        """BS: one to the left, as CUB."""
        self.cursor_back(1)

    def carriage_return(self) -> None:
        """CR: to the left margin, or to the first column from left of it."""
        self.cursor.x = self.left_margin if self.cursor.x >= self.left_margin else 0

    def tab(self) -> None:
        """HT: to the next tab stop, or the last column."""
        self.tab_forward(1)

    def tab_forward(self, count: int | None = None) -> None:
        """CHT: `count` tab stops on."""
        x = self.cursor.x
        end = (self.right_margin if x < self.right_margin else self.columns) - 1
        if x >= end:
            return
        stops = self._sorted_stops()
        at = bisect_right(stops, x) + (count or 1) - 1
        self.cursor.x = min(stops[at], end) if at < len(stops) else end

    def tab_back(self, count: int | None = None) -> None:
        """CBT: `count` tab stops back."""
        self.settle()
        start = self.left_margin if self.origin else 0
        stops = self._sorted_stops()
        at = bisect_left(stops, self.cursor.x) - (count or 1)
        self.cursor.x = min(self.cursor.x, max(stops[at] if at >= 0 else start, start))

    def _sorted_stops(self) -> list[int]:
        if self._stops is None:
            self._stops = sorted(self.tabstops)
        return self._stops

    def set_tab_stop(self) -> None:
        """HTS: a tab stop where the cursor is."""
        self.tabstops.add(min(self.cursor.x, self.columns - 1))
        self._stops = None

    def clear_tab_stop(self, how: int = 0) -> None:
        """TBC: take away the tab stop under the cursor (0), or all (3)."""
        if how == 0:
            self.tabstops.discard(self.cursor.x)
        elif how == 3:
            self.tabstops.clear()
        self._stops = None


class Scrolling(Movement):
    """How rows move."""

    def index(self) -> None:
        """IND: one row down; at the bottom margin the rows move up instead."""
        cursor = self.cursor
        y = cursor.y + 1
        if y == self.bottom_margin:
            if not self.side_margins or self._between_side_margins():
                self.roll_up(self.top_margin, 1)
        elif y < self.lines:
            cursor.y = y

    def reverse_index(self) -> None:
        """RI: one row up; at the top margin the rows move down instead."""
        if self.cursor.y == self.top_margin:
            if self._between_side_margins():
                self.roll_down(self.top_margin, 1)
        elif self.cursor.y:
            self.cursor.y -= 1

    def linefeed(self) -> None:
        """LF: as IND, and in newline mode to the first column."""
        self.index()
        if self.newline:
            self.carriage_return()

    def linefeeds(self, count: int) -> None:
        """LF so many times; between side margins at once, because moving a part of many rows takes long."""
        if not self.left_margin and self.right_margin == self.columns:
            for _ in range(count):
                self.linefeed()
            return
        steps = min(count, max(0, self.bottom_margin - 1 - self.cursor.y, self.lines - 1 - self.bottom_margin))
        for _ in range(steps):
            self.linefeed()
        if count > steps and self.cursor.y == self.bottom_margin - 1:
            if self._between_side_margins():
                self.roll_up(self.top_margin, count - steps)
            if self.newline:
                self.carriage_return()

    def next_line(self) -> None:
        """NEL: to the beginning of the next row."""
        self.index()
        self.carriage_return()

    def new_line(self) -> None:
        """CR LF."""
        self.carriage_return()
        self.index()

    def scroll_up(self, count: int | None = None) -> None:
        """SU: the rows between the margins move up."""
        self.roll_up(self.top_margin, count or 1)

    def scroll_down(self, count: int | None = None) -> None:
        """SD: the rows between the margins move down."""
        self.roll_down(self.top_margin, count or 1)

    def roll_up(self, top: int, count: int) -> None:
        """Move the rows from `top` to the bottom margin up; those that leave the screen's top are kept."""
        if self.left_margin or self.right_margin < self.columns:
            self._roll_part(top, count)
            return
        rows, bottom, blank = self.rows, self.bottom_margin, self.blank()
        keep = top == 0 and not self.alternate
        if count == 1:
            row = rows.pop(top)
            if keep:
                self.history.push(row)
                row = Row()
            row.fill(blank)
            rows.insert(bottom - 1, row)
            return
        end = min(top + count, bottom)
        gone = rows[top:end]
        del rows[top:end]
        if keep:
            written = len(gone)
            while written and gone[written - 1].holds_only(blank):
                written -= 1
            self.history.rush(gone[:written])
            gone[:written] = [Row() for _ in range(written)]
        for row in gone:
            row.fill(blank)
        rows[bottom - len(gone) : bottom - len(gone)] = gone

    def roll_down(self, top: int, count: int) -> None:
        """Move the rows from `top` to the bottom margin down."""
        if self.left_margin or self.right_margin < self.columns:
            self._roll_part(top, -count)
            return
        rows, bottom, blank = self.rows, self.bottom_margin, self.blank()
        start = bottom - min(count, bottom - top)
        gone = rows[start:bottom]
        del rows[start:bottom]
        for row in gone:
            row.fill(blank)
        rows[top:top] = gone

    def _roll_part(self, top: int, count: int) -> None:
        """Move what lies between left and right margin up, or down when `count` is negative."""
        left, right, columns = self.left_margin, self.right_margin, self.columns
        rows = self.rows[top : self.bottom_margin]
        move = (top, self.bottom_margin, left, right, count > 0, self.blank_style())
        if move != self._part_move or rows[-1].serial != ROLLED or [row for row in rows if row.serial != ROLLED]:
            self._part_move, self._part_moved = move, 0
        elif self._part_moved >= len(rows):
            return
        self._part_moved += abs(count)
        opened = [row.cells or row.open(columns) for row in rows]
        if [row for row in rows if row.wide]:
            for row, into in zip(rows, opened, strict=True):
                if into[left] == STUB or (right < columns and into[right] == STUB):
                    row.split(left)
                    row.split(right)
                row.wide = True
        size = min(abs(count), len(rows))
        cells = [some[left:right] for some in opened]
        styles = [row.styles[left:right] for row in rows]
        blanks, looks = [[" "] * (right - left)] * size, [[self.blank_style()] * (right - left)] * size
        cells = cells[size:] + blanks if count > 0 else blanks + cells[: len(rows) - size]
        styles = styles[size:] + looks if count > 0 else looks + styles[: len(rows) - size]
        for row, into, some_cells, some_styles in zip(rows, opened, cells, styles, strict=True):
            into[left:right] = some_cells
            row.styles[left:right] = some_styles
            row.serial = ROLLED

    def insert_lines(self, count: int | None = None) -> None:
        """IL: blank rows at the cursor's; the others down to the bottom margin move down."""
        if self._between_margins():
            self.roll_down(self.cursor.y, count or 1)
            self.cursor.x = self.left_margin

    def delete_lines(self, count: int | None = None) -> None:
        """DL: the cursor's row and those after it go; the others up to the bottom margin move up."""
        if self._between_margins():
            keep, self.alternate = self.alternate, True
            self.roll_up(self.cursor.y, count or 1)
            self.alternate = keep
            self.cursor.x = self.left_margin

    def _between_side_margins(self) -> bool:
        return self.left_margin <= self.cursor.x <= self.right_margin

    def _between_margins(self) -> bool:
        inside = self.left_margin <= min(self.cursor.x, self.columns - 1) < self.right_margin
        return inside and self.top_margin <= self.cursor.y < self.bottom_margin
