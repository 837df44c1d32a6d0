"""One row of a screen, kept as pieces of text while it is only appended to, and as single cells once it is not.

Most rows are written from left to right and then scroll away: those never pay for cells. A piece is a text, how many
cells it takes, and its look. Cells are two lists, as long as the screen is wide; the right half of a wide character is
`STUB`. `serial` is 0 after each change, until somebody asks for a new number, and `ROLLED` when the change was only
that the rows moved between side margins.
"""

from itertools import groupby
from typing import Final, TypeAlias

from tui.core.terminal import Run
from tui.terminal.styles import PLAIN, REVERSE, Style, cell_style
from tui.terminal.widths import CLUSTER_LIMIT, clusters

STUB: Final = "\0"
ROLLED: Final = -1
TIGHT: Final = 2
"""`wrapped` of a row that ends before the last column although its line goes on: no blanks belong in between."""
Piece: TypeAlias = tuple[str, int, Style]


def spread(text: str) -> list[str]:
    """The cells of `text`, whose first character has a width of its own."""
    if text.isascii():
        return list(text)
    cells: list[str] = []
    for cluster, width in clusters(text):
        cells.append(cluster)
        if width == 2:
            cells.append(STUB)
    return cells


def _excess(piece: Piece) -> int:
    """Bytes a piece takes besides what its cells let expect."""
    text, count, style = piece
    return 4 * max(0, len(text) - count) + len(style[3])


class Row:
    """A row; `pieces` and `length` say what is in it unless `cells` and `styles` do."""

    __slots__ = ("cells", "cost", "length", "pieces", "serial", "styles", "wide", "wrapped")

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self.length = 0
        self.cells: list[str] | None = None
        self.styles: list[Style] = []
        self.wide = False
        self.wrapped: int = False
        self.serial = 0
        self.cost = 0

    def put(self, x: int, text: str, count: int, style: Style, columns: int) -> None:
        """Write `text` of `count` cells at `x`; all of them lie in the row."""
        self.serial = 0
        cells = self.cells
        if cells is None:
            length = self.length
            if x == length:
                self.pieces.append((text, count, style))
                self.length = length + count
                return
            if x == 0 and count >= length:
                self.pieces = [(text, count, style)]
                self.length = count
                return
            if x > length:
                self.pieces += ((" " * (x - length), x - length, PLAIN), (text, count, style))
                self.length = x + count
                return
            cells = self.open(columns)
        if self.wide:
            self.split(x)
            self.split(x + count)
        if count == len(text) and text.isascii():
            if count == 1:
                cells[x] = text
                self.styles[x] = style
            else:
                cells[x : x + count] = text
                self.styles[x : x + count] = [style] * count
        else:
            cells[x : x + count] = spread(text)
            self.styles[x : x + count] = [style] * count
            self.wide = True

    def open(self, columns: int) -> list[str]:
        """Turn the pieces into cells, and return them."""
        if self.cells is not None:
            return self.cells
        cells: list[str] = []
        styles: list[Style] = []
        for text, count, style in self.pieces:
            if text.isascii():
                cells += text
            else:
                cells += spread(text)
                self.wide = True
            styles += [style] * count
        rest = columns - len(cells)
        self.cells = cells + [" "] * rest
        self.styles = styles + [PLAIN] * rest
        self.pieces = []
        return self.cells

    def close(self) -> None:
        """Turn the cells into pieces, without plain blanks at the end."""
        if self.cells is None:
            return
        self.pieces, self.length = self._gather(self.cells), 0
        self.length = sum(piece[1] for piece in self.pieces)
        self.cells = None
        self.styles = []
        self.wide = False

    def _gather(self, cells: list[str]) -> list[Piece]:
        pieces: list[Piece] = []
        at = 0
        for style, same in groupby(self.styles):
            stop = at + len(list(same))
            text = "".join(cells[at:stop])
            pieces.append((text.replace(STUB, "") if self.wide else text, stop - at, style))
            at = stop
        text, count, style = pieces[-1]
        if style == PLAIN and text[-1:] == " ":
            pieces.pop()
            if kept := text.rstrip(" "):
                pieces.append((kept, count - len(text) + len(kept), style))
        return pieces

    def split(self, x: int) -> None:
        """Before something else comes to lie left or right of `x`: blank both halves of a wide character there."""
        cells = self.cells
        if cells is not None and 0 < x < len(cells) and cells[x] == STUB:
            cells[x - 1] = cells[x] = " "

    def part(self, start: int, end: int, columns: int) -> tuple[list[str], list[Style]]:
        """The cells and looks of the row, to be changed from `start` to before `end`; nothing wide reaches over."""
        cells = self.open(columns)
        self.serial = 0
        if self.wide:
            self.split(start)
            self.split(end)
        return cells, self.styles

    def before(self, x: int) -> str:
        """What is in the cell left of `x`, both halves counted as one."""
        if self.cells is None:
            return self.pieces[-1][0] if x == self.length and self.pieces else ""
        if x and self.cells[x - 1] == STUB:
            x -= 1
        return self.cells[x - 1] if x else ""

    def combine(self, x: int, marks: str, columns: int) -> None:
        """Add characters without a width of their own to what is left of `x`, which is more than 0."""
        self.serial = 0
        if self.cells is None and x == self.length and self.pieces:
            text, count, style = self.pieces[-1]
            last = len(text) - len(text[:-CLUSTER_LIMIT])
            if text and last + len(marks) <= CLUSTER_LIMIT:
                self.pieces[-1] = (text + marks, count, style)
                return
        cells = self.open(columns)
        at = x - 2 if x > 1 and cells[x - 1] == STUB else x - 1
        cells[at] = (cells[at] + marks)[:CLUSTER_LIMIT]
        self.wide = True

    def clear(self, style: Style, columns: int) -> None:
        """Blank the whole row in `style`."""
        self.cells = None
        if self.styles:
            self.styles = []
        self.wide = self.wrapped = False
        self.serial = 0
        if style == PLAIN:
            self.pieces = []
            self.length = 0
        else:
            self.pieces = [(" " * columns, columns, style)]
            self.length = columns

    def fill(self, piece: Piece | None) -> None:
        """Hold nothing but `piece`, which is as long as the row; or nothing at all. A row that does stays as it is."""
        if self.holds_only(piece):
            return
        if self.cells is not None:
            self.cells = None
            self.styles = []
        self.wide = self.wrapped = False
        self.serial = 0
        self.pieces, self.length = ([], 0) if piece is None else ([piece], piece[1])

    def holds_only(self, piece: Piece | None) -> bool:
        """Whether it was filled with exactly this piece, and is as it was then."""
        pieces = self.pieces
        if self.cells is not None or self.wrapped:
            return False
        return not pieces if piece is None else len(pieces) == 1 and pieces[0] is piece

    def erase(self, start: int, end: int, style: Style, columns: int) -> None:
        """Blank the cells from `start` to before `end` in `style`."""
        if start <= 0 and end >= columns:
            self.clear(style, columns)
            return
        if start >= end:
            return
        self.serial = 0
        if end >= columns:
            self.wrapped = False
        if self.cells is None and style == PLAIN:
            if start >= self.length:
                return
            if end >= self.length and self._cut(start):
                return
        cells = self.open(columns)
        if self.wide:
            self.split(start)
            self.split(end)
        cells[start:end] = [" "] * (end - start)
        self.styles[start:end] = [style] * (end - start)

    def _cut(self, x: int) -> bool:
        """Drop what is right of `x`, if that is possible without cells."""
        pieces, length = self.pieces, self.length
        while pieces:
            text, count, style = pieces[-1]
            start = length - count
            if start < x:
                if length > x:
                    if not text.isascii():
                        self.length = length
                        return False
                    pieces[-1] = (text[: x - start], x - start, style)
                    length = x
                break
            pieces.pop()
            length = start
        self.length = length
        return True

    def shift(self, start: int, end: int, count: int, style: Style, columns: int) -> None:
        """Move the cells from `start` to before `end` by `count`, to the right when positive; blanks come in."""
        size = min(abs(count), end - start)
        if size == end - start or (self.cells is None and start >= self.length and style == PLAIN):
            self.erase(start, end, style, columns)
            return
        self.serial = 0
        cells, styles = self.open(columns), self.styles
        if self.wide:
            for x in (start, end - size if count > 0 else start + size, end):
                self.split(x)
        comes = start if count > 0 else end - size
        goes = end - size if count > 0 else start
        del cells[goes : goes + size], styles[goes : goes + size]
        cells[comes:comes] = [" "] * size
        styles[comes:comes] = [style] * size

    def runs(self, *, reverse: bool = False) -> tuple[Run, ...]:
        """The row for painting, without plain blanks at the end; with `reverse`, fore- and background change places."""
        pieces = self.pieces if self.cells is None else self._gather(self.cells)
        made: list[Run] = []
        previous: Style | None = None
        for text, count, style in pieces:
            if style == previous:
                last = made[-1]
                made[-1] = Run(last.text + text, last.cells + count, last.style)
            else:
                look = (style[0], style[1], style[2] ^ REVERSE, style[3]) if reverse else style
                made.append(Run(text, count, cell_style(look)))
                previous = style
        while pieces and made and previous == PLAIN:
            text, count, look_shown = made.pop()
            if stripped := text.rstrip(" "):
                made.append(Run(stripped, count - len(text) + len(stripped), look_shown))
            break
        return tuple(made)

    def text(self) -> str:
        """The characters of the row, without blanks at the end, unless its line goes on."""
        if self.cells is None:
            text = "".join([piece[0] for piece in self.pieces])
        else:
            text = "".join(self.cells).replace(STUB, "")
        return text if self.wrapped else text.rstrip(" ")

    def copy(self) -> "Row":
        """Another row with the same content."""
        row = Row()
        row.pieces, row.length, row.wide, row.wrapped = list(self.pieces), self.length, self.wide, self.wrapped
        if self.cells is not None:
            row.cells, row.styles = list(self.cells), list(self.styles)
        return row

    def size(self) -> int:
        """About how many bytes of memory it takes, when closed, marks and addresses of links included."""
        return 300 + 160 * len(self.pieces) + self.length + sum(map(_excess, self.pieces))
