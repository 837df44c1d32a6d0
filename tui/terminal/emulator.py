"""A terminal emulator: bytes of a program in, rows of styled text out.

`Emulator` is a pyte Screen and Stream: it has their names, and uses pyte's dispatch tables, character sets and widths.
Parsing and storage are its own, which makes it many times faster than pyte and right where pyte is not.
"""

from collections.abc import Sequence
from itertools import count
from typing import Final

from pyte import ByteStream, Screen, charsets, graphics
from pyte.screens import Char, wcwidth

from tui.core.terminal import Color, Run
from tui.terminal.modes import DECSCNM, SYNCHRONIZED
from tui.terminal.parser import Parser
from tui.terminal.reflow import Place, crop, cut, reflow
from tui.terminal.rows import STUB, Row
from tui.terminal.screen import MIN_COLUMNS
from tui.terminal.scrollback import Scrollback, as_row
from tui.terminal.styles import BLINK, BOLD, ITALIC, REVERSE, STRIKE, UNDERLINE, Style
from tui.terminal.widths import Widths

Widths.measure = staticmethod(wcwidth)

_serials: Final = count(1)


def _map_of(table: str) -> dict[int, str]:
    return {code: table[code] for code in range(0x20, 0x7F) if table[code] != chr(code)}


def _pyte_color(color: Color, names: dict[int, str], bright: dict[int, str], default: str) -> str:
    if color is None:
        return default
    if isinstance(color, tuple):
        return "{:02x}{:02x}{:02x}".format(*color)
    named = [*list(names.values())[:8], *bright.values()]
    return named[color] if color < len(named) else str(graphics.FG_BG_256[color])


def _pyte_char(data: str, style: Style) -> Char:
    bits = style[2]
    return Char(
        data="" if data == STUB else data,
        fg=_pyte_color(style[0], graphics.FG_ANSI, graphics.FG_AIXTERM, "default"),
        bg=_pyte_color(style[1], graphics.BG_ANSI, graphics.FG_AIXTERM, "default"),
        bold=bool(bits & BOLD),
        italics=bool(bits & ITALIC),
        underscore=bool(bits & UNDERLINE),
        strikethrough=bool(bits & STRIKE),
        reverse=bool(bits & REVERSE),
        blink=bool(bits & BLINK),
    )


class Emulator(Parser, Screen, ByteStream):  # type: ignore[misc]  # pyte's attributes are read-only views here
    """A screen of `columns` (at least 2) by `lines` cells, its scrollback, and what a program said to it.

    Rows count from 0 at the top of the screen; negative rows lie in the scrollback. `feed` never raises.
    """

    character_sets = {code: _map_of(table) for code, table in charsets.MAPS.items() if code != "B"}  # noqa: RUF012

    def __init__(
        self, columns: int = 80, lines: int = 24, *, scrollback_lines: int = 10_000, scrollback_bytes: int = 32 << 20
    ) -> None:
        Parser.__init__(self, columns, lines, Scrollback(scrollback_lines, scrollback_bytes))
        self._dirty: set[int] = set()
        self._seen: list[int] = [0] * self.lines
        self._cursor_seen: tuple[int, int, bool, int] = (0, 0, False, 0)

    @property
    def scrollback(self) -> int:
        """How many rows lie above the screen."""
        return len(self.history)

    @property
    def pushed(self) -> int:
        """How many rows ever went into the scrollback; grows by as much as a view of it must move to stay in place."""
        return self.history.pushed

    @property
    def cursor_visible(self) -> bool:
        """Whether the program shows the cursor."""
        return not self.cursor.hidden

    @property
    def laborious(self) -> bool:
        """Whether scrolling is a lot of work now: between side margins every cell moves."""
        return self.right_margin - self.left_margin < self.columns

    @property
    def synchronized(self) -> bool:
        """Whether the program is in the middle of a frame (mode 2026), which is better not painted yet."""
        return self.has(SYNCHRONIZED)

    def end_synchronized(self) -> None:
        """End the frame for a program that did not, say after 150 ms."""
        self.reset_mode(SYNCHRONIZED, private=True)

    def _row(self, row: int) -> Row:
        if row >= 0:
            return self.rows[row]
        kept = as_row(self.history[row])
        stale = row + len(self.history) < self.history.stale
        return cut(kept, self.columns) if stale else kept

    def row(self, row: int) -> Sequence[Run]:
        """Return the runs of a row, without trailing blanks of the terminal's own look."""
        return self._row(row).runs(reverse=self.has(DECSCNM))

    def row_text(self, row: int) -> str:
        """Return the characters of a row, without trailing blanks unless it goes on in the next one."""
        return self._row(row).text()

    def wrapped(self, row: int) -> bool:
        """Whether the row goes on in the next one."""
        return bool(self._row(row).wrapped)

    def serial(self, row: int) -> int:
        """Return a number that changes when the row's content changes; a row keeps it in the scrollback."""
        kept = self.rows[row] if row >= 0 else self.history[row]
        if isinstance(kept, str):
            return self.history.serial(row)
        if kept.serial <= 0:
            kept.serial = next(_serials)
        return kept.serial

    @property
    def dirty(self) -> set[int]:  # type: ignore[override]  # computed when asked, not while drawing
        """The rows that changed, as pyte has it: for the owner to clear."""
        seen, dirty = self._seen, self._dirty
        for y, row in enumerate(self.rows):
            serial = row.serial
            if serial <= 0:
                row.serial = serial = next(_serials)
            if seen[y] != serial:
                seen[y] = serial
                dirty.add(y)
        return dirty

    def take_dirty(self) -> tuple[bool, frozenset[int]]:
        """Return whether everything is to be painted anew, and else which rows; then nothing is dirty.

        The rows that the cursor left and entered are among them.
        """
        everything, self.everything = self.everything, False
        rows = self.dirty
        cursor = (self.cursor.y, self.cursor.x, self.cursor.hidden, self.cursor_style)
        if cursor != self._cursor_seen:
            rows |= {cursor[0], min(self._cursor_seen[0], self.lines - 1)}
            self._cursor_seen = cursor
        taken = frozenset(rows)
        self._dirty.clear()
        return everything, taken

    @property
    def display(self) -> list[str]:
        """The rows of the screen as text of full width."""
        lines = []
        for row in self.rows:
            runs = row.runs()
            lines.append("".join([run.text for run in runs]) + " " * (self.columns - sum([run.cells for run in runs])))
        return lines

    @property
    def buffer(self) -> dict[int, dict[int, Char]]:  # type: ignore[override]  # a copy, made when asked
        """A copy of the screen as pyte has it: characters by row and column."""
        view: dict[int, dict[int, Char]] = {}
        for y, row in enumerate(self.rows):
            copy = row.copy()
            cells = copy.open(self.columns)
            view[y] = {
                x: _pyte_char(data, style) for x, (data, style) in enumerate(zip(cells, copy.styles, strict=True))
            }
        return view

    def text(self, last_lines: int | None = None) -> str:
        """Return the text of scrollback and screen, wrapped rows joined; only the last lines when a number is given."""
        self.rewrap()
        lines: list[str] = []
        open_line = False
        first = -self.scrollback if last_lines is None else max(-self.scrollback, -last_lines)
        for at in range(first, self.lines):
            row = self._row(at)
            if open_line:
                lines[-1] += row.text()
            else:
                lines.append(row.text())
            open_line = bool(row.wrapped)
        lines = [line.rstrip(" ") for line in lines]
        while lines and not lines[-1]:
            lines.pop()
        return "\n".join(lines if last_lines is None else lines[-last_lines:])

    def rewrap(self, seconds: float | None = None) -> bool:
        """Go on with what `resize` left for later, for about so long; return whether there is more to do."""
        if not self.history.stale:
            return False
        more = self.history.settle(seconds)
        self.everything = self.everything or not more
        return more

    def resize(self, lines: int | None = None, columns: int | None = None, *, later: bool = False) -> None:
        """Give the screen another size; lines that were wrapped are wrapped anew, on the main screen only.

        With `later`, what takes long of it is left for `rewrap`; rows far up are cut off until then.
        """
        lines, columns = max(1, lines or self.lines), max(MIN_COLUMNS, columns or self.columns)
        if (lines, columns) == (self.lines, self.columns):
            return
        width, place = self.columns, Place(self.rows, self.cursor.x, self.cursor.y)
        if self.alternate:
            x, y = self.saved_place()
            main = reflow(Place(self._other, x, y), self.history, width, columns, lines)
            self._other = main.rows
            self.move_saved(main.x, main.y)
            place = crop(place, columns, lines)
        else:
            self._other = []
            place = reflow(place, self.history, width, columns, lines)
        self.columns, self.lines, self.rows = columns, lines, place.rows
        self.cursor.x, self.cursor.y = place.x, place.y
        self.reset_margins()
        self._stops = None
        self.tabstops = {stop for stop in self.tabstops if stop < columns} | set(range(width + -width % 8, columns, 8))
        self._seen = [0] * lines
        self.everything = True
        if not later:
            self.rewrap()
