"""Text onto the screen, and the erasing and shifting of cells."""

import re
from bisect import bisect_right
from itertools import accumulate
from typing import Final

from tui.terminal.rows import STUB, Row
from tui.terminal.screen import Scrolling
from tui.terminal.styles import PLAIN
from tui.terminal.widths import JOINER, WIDTHS, ZERO, clusters, width_of

_DIRECTIONS: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Controls of the direction of text, which could make a row read as another than it is."""

_MANY_MARKS = 12 * ZERO
_CELLS = ZERO - 1


class Drawing(Scrolling):
    """Writing characters at the cursor."""

    def draw(self, data: str) -> None:
        """Write printable text, wrapping where it does not fit."""
        if not self.simple:
            self._draw_special(data)
            return
        if not data.isascii():
            self._draw_unicode(data)
            return
        cursor = self.cursor
        x, count = cursor.x, len(data)
        end = x + count
        if end > self.columns:
            self._draw_wrapping(data)
            return
        row = self.rows[cursor.y]
        if row.cells is None and row.length == x:
            row.pieces.append((data, count, self.style))
            row.length = end
            row.serial = 0
        elif count == 1 and not row.wide and row.cells is not None:
            row.cells[x] = data
            row.styles[x] = self.style
            row.serial = 0
        else:
            row.put(x, data, count, self.style, self.columns)
        cursor.x = end
        self.last = data

    def _draw_wrapping(self, data: str) -> None:
        cursor, columns, style = self.cursor, self.columns, self.style
        at, count, x = 0, len(data), self.cursor.x
        while at < count:
            if x >= columns:
                self._wrap()
                x = 0
            size = min(count - at, columns - x)
            self.rows[cursor.y].put(x, data[at : at + size], size, style, columns)
            at += size
            x += size
        cursor.x = x
        self.last = data

    def _wrap(self) -> None:
        """Go on in the next row."""
        row = self.rows[self.cursor.y]
        self.index()
        row.wrapped = True
        self.cursor.x = self.left_margin

    def _draw_unicode(self, data: str) -> None:
        sizes = sum(map(width_of, data))
        if sizes >= ZERO and _DIRECTIONS.search(data):
            if data := _DIRECTIONS.sub("", data):
                self.draw(data)
            return
        if sizes >= ZERO:
            self.history.heavy = True
        careful = sizes >= ZERO and (sizes >= _MANY_MARKS or width_of(data[0]) == ZERO)
        joined = sizes >= ZERO and JOINER in data
        self.joiners = self.joiners or joined
        if careful or (self.joiners and self._joins(data)):
            self._draw_clusters(data)
            return
        cursor, count = self.cursor, sizes & _CELLS
        if joined:
            count -= 2 * sum([width_of(part[0]) == 2 for part in data.split(JOINER)[1:] if part])
        if cursor.x + count <= self.columns:
            self.rows[cursor.y].put(cursor.x, data, count, self.style, self.columns)
            cursor.x += count
        elif joined:
            self._draw_clusters(data)
        else:
            self._draw_wide_wrapping(data)
        self.last = data

    def _draw_wide_wrapping(self, data: str) -> None:
        """Write characters of different widths, none joined, over several rows."""
        cursor, columns = self.cursor, self.columns
        ends = [size & _CELLS for size in accumulate(map(width_of, data))]
        at = done = 0
        while at < len(data):
            stop = bisect_right(ends, done + columns - cursor.x, at)
            if stop > at:
                count = ends[stop - 1] - done
                self.rows[cursor.y].put(cursor.x, data[at:stop], count, self.style, columns)
                cursor.x += count
                at, done = stop, ends[stop - 1]
            if at < len(data):
                self._wrap()

    def _joins(self, data: str) -> bool:
        """Whether `data` begins with what a joiner in the cell before the cursor waits for."""
        x, row = self.cursor.x, self.rows[self.cursor.y]
        return x > 0 and data != "" and WIDTHS[data[0]] == 2 and row.before(x)[-1:] == JOINER

    def _draw_clusters(self, data: str) -> None:
        """Write cell by cell."""
        for at, (cluster, width) in enumerate(clusters(data)):
            if width:
                self.last = data
            if width == 0 or (at < 2 and self._joins(cluster)):
                self._combine(cluster)
            else:
                self._draw_cell(cluster, width)

    def _draw_cell(self, cluster: str, width: int) -> None:
        limit = self._limit()
        if self.cursor.x + width > limit:
            if self.autowrap:
                self._wrap()
            else:
                self.cursor.x = max(limit - width, 0)
        self._place(cluster, width)

    def _combine(self, marks: str) -> None:
        """Add marks to the character before the cursor; at the very left there is none."""
        if self.cursor.x:
            self.rows[self.cursor.y].combine(self.cursor.x, marks, self.columns)

    def _draw_special(self, data: str) -> None:
        """Write with a character set, in insert mode, between margins, or without wrapping."""
        if self.charset_map is not None:
            data = data.translate(self.charset_map)
        cursor, at, end = self.cursor, 0, len(data)
        if not data.isascii():
            data = _DIRECTIONS.sub("", data)
            count = sum(map(width_of, data))
            self.joiners = self.joiners or JOINER in data
            self.history.heavy = self.history.heavy or count >= ZERO
            if count < ZERO and cursor.x + count <= self._limit() and not (self.joiners and self._joins(data)):
                self._place(data, count)
                self.last = data
            else:
                self._draw_clusters(data)
            return
        while at < end:
            limit = self._limit()
            if cursor.x >= limit:
                if self.autowrap:
                    self._wrap()
                    continue
                cursor.x, at = limit - 1, end - 1
            elif cursor.x == self.left_margin and end - at > limit - cursor.x and self._between_margins():
                at += self._unseen(end - at, limit - cursor.x)
            size = min(limit - cursor.x, end - at)
            self._place(data[at : at + size], size)
            at += size
        self.last = data

    def _unseen(self, count: int, width: int) -> int:
        """How many of `count` characters need not be written, as they scroll away between side margins at once."""
        rows = self.bottom_margin - self.top_margin
        if not self.autowrap or width == self.columns:
            return 0
        return max(0, count // width - 2 * rows) * width

    def _limit(self) -> int:
        """The column after the last that text may be in."""
        return self.right_margin if self.cursor.x <= self.right_margin else self.columns

    def _place(self, text: str, count: int) -> None:
        """Write text of `count` cells, which fits; in insert mode what is right of it moves."""
        x, row = self.cursor.x, self.rows[self.cursor.y]
        if self.insert:
            row.shift(x, self._limit(), count, PLAIN, self.columns)
        row.put(x, text, count, self.style, self.columns)
        self.cursor.x = x + count

    def draw_lines(self, lines: list[str]) -> None:
        """Write lines of printable ASCII, each ended by CR and LF, into the plain screen."""
        fresh = len(lines) - self.lines
        plain = self.simple and self.style == PLAIN and self.bottom_margin - self.top_margin == self.lines
        if fresh < 0 or not plain or max(map(len, lines)) > self.columns or self.newline:
            for line in lines:
                if line:
                    self.draw(line)
                self.cursor.x = self.left_margin if self.cursor.x >= self.left_margin else 0
                self.index()
            return
        self._flood(lines)

    def _flood(self, lines: list[str]) -> None:
        """Write at least a screenful of lines: most go right through."""
        cursor = self.cursor
        start, scrolled = 0, False
        while start < len(lines) and not scrolled:
            if lines[start]:
                self.draw(lines[start])
            scrolled = cursor.y == self.lines - 1
            cursor.x = 0
            self.index()
            start += 1
        rest = lines[start:]
        fresh = len(rest) - self.lines + 1
        if fresh < 0:
            for line in rest:
                self.draw(line)
                cursor.x = 0
                self.index()
            return
        if not self.alternate:
            self.history.rush(self.rows[:-1])
            self.history.extend(rest[:fresh])
        rows = []
        for line in rest[fresh:]:
            row = Row()
            if line:
                row.pieces.append((line, len(line), PLAIN))
                row.length = len(line)
            rows.append(row)
        self.last = rest[-1] or self.last
        rows.append(Row())
        self.rows = rows

    def repeat(self, count: int | None = None) -> None:
        """REP: the last character again, up to the end of the row."""
        last = next((char for char in reversed(self.last) if WIDTHS[char] != ZERO), "")
        count = min(count or 1, (self._limit() - self.cursor.x) // (WIDTHS[last] if last else 1))
        if last and count > 0:
            translated, self.charset_map = self.charset_map, None
            self.decide()
            self.draw(last * count)
            self.charset_map = translated
            self.decide()


class Editing(Drawing):
    """Erasing, inserting and deleting."""

    def erase_in_line(self, how: int = 0, private: bool = False) -> None:
        """EL: from the cursor on (0), up to it (1), or all (2)."""
        self.settle()
        x, row = self.cursor.x, self.rows[self.cursor.y]
        if how == 2 or (how == 0 and x == 0):
            row.fill(self.blank())
        elif how == 0:
            row.erase(x, self.columns, self.blank_style(), self.columns)
        elif how == 1:
            row.erase(0, x + 1, self.blank_style(), self.columns)

    def erase_in_display(self, how: int = 0, private: bool = False) -> None:
        """ED: from the cursor on (0), up to it (1), the screen (2), or the scrollback (3)."""
        y, blank = self.cursor.y, self.blank()
        if how == 3:
            self.history.clear()
            return
        whole = {0: range(y + 1, self.lines), 1: range(y), 2: range(self.lines)}.get(how, range(0))
        if how == 2 or (how == 0 and y == 0 and self.cursor.x == 0):
            self.history.recent = 0
        for row in self.rows[whole.start : whole.stop]:
            row.fill(blank)
        if how in {0, 1}:
            self.erase_in_line(how)

    def erase_characters(self, count: int | None = None) -> None:
        """ECH: blanks from the cursor on."""
        self.settle()
        x, row = self.cursor.x, self.rows[self.cursor.y]
        row.erase(x, min(x + (count or 1), self.columns), self.blank_style(), self.columns)

    def insert_characters(self, count: int | None = None) -> None:
        """ICH: blanks at the cursor; what is right of it moves right."""
        self._shift(count or 1)

    def delete_characters(self, count: int | None = None) -> None:
        """DCH: what is right of the deleted moves left."""
        self._shift(-(count or 1))

    def _shift(self, count: int) -> None:
        self.settle()
        x = self.cursor.x
        if self.left_margin <= x < self.right_margin:
            row = self.rows[self.cursor.y]
            row.shift(x, self.right_margin, count, self.blank_style(), self.columns)

    def insert_columns(self, count: int | None = None) -> None:
        """DECIC: blank columns at the cursor, between the margins."""
        self._shift_rows(count or 1)

    def delete_columns(self, count: int | None = None) -> None:
        """DECDC: columns at the cursor go, between the margins."""
        self._shift_rows(-(count or 1))

    def back_index(self) -> None:
        """DECBI: one column to the left; at the left margin the columns move right instead."""
        if self.cursor.x != self.left_margin:
            self.settle()
            self.cursor.x = max(0, self.cursor.x - 1)
        else:
            self._shift_rows(1)

    def forward_index(self) -> None:
        """DECFI: one column to the right; at the right margin the columns move left instead."""
        self.settle()
        x = self.cursor.x
        if x != self.right_margin - 1:
            self.cursor.x = min(x + 1, self.columns - 1)
        elif self._between_margins():
            self.cursor.x = self.left_margin
            self._shift_rows(-1)
            self.cursor.x = x

    def _shift_rows(self, count: int) -> None:
        if self._between_margins():
            style, x, end, columns = self.blank_style(), self.cursor.x, self.right_margin, self.columns
            single = abs(count) == 1 and x < end - 1
            if abs(count) >= columns and not x and end == columns:
                self._fill_between_margins()
                return
            comes, goes = (x, end - 1) if count > 0 else (end - 1, x)
            for row in self.rows[self.top_margin : self.bottom_margin]:
                cells, styles = row.cells, row.styles
                if cells is None or not single or (row.wide and self._halves(cells, x, end)):
                    row.shift(x, end, count, style, columns)
                    continue
                del cells[goes], styles[goes]
                cells.insert(comes, " ")
                styles.insert(comes, style)
                row.serial = 0

    def _fill_between_margins(self) -> None:
        blank = self.blank()
        for row in self.rows[self.top_margin : self.bottom_margin]:
            row.fill(blank)

    def _halves(self, cells: list[str], x: int, end: int) -> bool:
        """Whether moving what is between `x` and `end` by one column cuts something wide in halves."""
        return STUB in (cells[x], cells[x + 1], cells[end - 1]) or (end < self.columns and cells[end] == STUB)

    def alignment_display(self) -> None:
        """DECALN: the screen full of E."""
        self.reset_margins()
        self.cursor.x = self.cursor.y = 0
        letters = ("E" * self.columns, self.columns, PLAIN)
        for row in self.rows:
            row.fill(letters)
