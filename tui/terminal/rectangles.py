"""Operations on rectangles of cells: filling, erasing and copying them."""

from typing import Final

from tui.terminal.drawing import Editing
from tui.terminal.rows import STUB, Piece, Row
from tui.terminal.widths import WIDTHS

_PRINTABLE: Final = (range(0x20, 0x7F), range(0xA0, 0x100))

Area = tuple[int, int, int, int]
"""Top and left, inclusive, and bottom and right, exclusive, from 0."""


class Rectangles(Editing):
    """Rectangles are counted from 1, from the margins in origin mode; what lies outside of the screen is cut off."""

    def fill_rectangle(self, code: int = 0, top: int = 0, left: int = 0, bottom: int = 0, right: int = 0) -> None:
        """DECFRA: one printable character everywhere, in the present look."""
        area = self._area(top, left, bottom, right)
        if area is None or not any(code in some for some in _PRINTABLE) or WIDTHS[chr(code)] != 1:
            return
        _, start, _, end = area
        self._write(area, (chr(code) * (end - start), end - start, self.style))

    def erase_rectangle(self, top: int = 0, left: int = 0, bottom: int = 0, right: int = 0) -> None:
        """DECERA: blanks."""
        area = self._area(top, left, bottom, right)
        if area is None:
            return
        first, start, after, end = area
        if end - start < self.columns:
            self._write(area, (" " * (end - start), end - start, self.blank_style()))
            return
        blank = self.blank()
        for row in self.rows[first:after]:
            row.fill(blank)

    def _write(self, area: Area, piece: Piece) -> None:
        """Put a text of the area's width into each of its rows."""
        first, start, after, end = area
        letters, looks = list(piece[0]), [piece[2]] * piece[1]
        for row in self.rows[first:after]:
            if piece[1] == self.columns:
                row.fill(piece)
            elif row.cells is None or row.wide:
                row.put(start, *piece, self.columns)
            else:
                row.cells[start:end], row.styles[start:end] = letters, looks
                row.serial = 0

    def erase_selectively(self, top: int = 0, left: int = 0, bottom: int = 0, right: int = 0) -> None:
        """DECSERA: blanks that keep the look of what was there; nothing is protected here."""
        area = self._area(top, left, bottom, right)
        if area is None:
            return
        first, start, after, end = area
        for row in self.rows[first:after]:
            cells = row.part(start, end, self.columns)[0]
            cells[start:end] = [" "] * (end - start)

    def copy_rectangle(
        self,
        top: int = 0,
        left: int = 0,
        bottom: int = 0,
        right: int = 0,
        page: int = 0,
        to_top: int = 0,
        to_left: int = 0,
    ) -> None:
        """DECCRA: characters and looks; source and destination may overlap. There is one page."""
        del page
        source, target = self._area(top, left, bottom, right), self._area(to_top, to_left, 0, 0)
        if source is None or target is None or source[:2] == target[:2]:
            return
        first, start, after, end = source
        height, width = min(after - first, target[2] - target[0]), min(end - start, target[3] - target[1])
        if width == self.columns:
            self._copy_rows(first, target[0], height)
            return
        pairs = list(zip(self.rows[first : first + height], self.rows[target[0] : target[0] + height], strict=True))
        for row, into in pairs if target[0] < first else reversed(pairs):
            self._copy(row, start, into, target[1], width)

    def _copy_rows(self, first: int, to: int, count: int) -> None:
        """Copy whole rows. Those that are overwritten themselves need no copy: they move."""
        rows, after = self.rows, to + count
        copies = [rows[at] if to <= at < after else rows[at].copy() for at in range(first, first + count)]
        for row in copies:
            row.wrapped = False
        rows[to:after] = copies

    def _copy(self, row: Row, start: int, into: Row, at: int, width: int) -> None:
        end = start + width
        cells = row.open(self.columns)
        some, looks = cells[start:end], row.styles[start:end]
        if row.wide:
            some[0] = " " if some[0] == STUB else some[0]
            some[-1] = " " if end < self.columns and cells[end] == STUB else some[-1]
        cells, styles = into.part(at, at + width, self.columns)
        cells[at : at + width], styles[at : at + width] = some, looks
        into.wide = into.wide or row.wide

    def _area(self, top: int, left: int, bottom: int, right: int) -> Area | None:
        """The cells of a rectangle, None when there are none."""
        y, x, lines, columns = 0, 0, self.lines, self.columns
        if self.origin:
            y, x, lines, columns = self.top_margin, self.left_margin, self.bottom_margin, self.right_margin
        first, start = y + max(top, 1) - 1, x + max(left, 1) - 1
        after = min(y + bottom, lines) if bottom else lines
        end = min(x + right, columns) if right else columns
        return (first, start, after, end) if first < after and start < end else None
