"""A screen of plain lines, for programs on pipes: what the emulator offers, but a program controls nothing of it."""

import codecs
import re
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from tui.core.terminal import CellStyle, CursorShape, Rgb, Run, TerminalModes
from tui.core.untrusted import clean
from tui.terminal.notices import Notice
from tui.terminal.widths import clusters

_STYLE: Final = CellStyle()
_LONGEST_LINE: Final = 8_192
_ESCAPES: Final = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]P^_X][^\x07\x1b]*(?:\x07|\x1b\\|$)|\x1b[ -/]*[0-~]")


class _Row(NamedTuple):
    text: str
    cells: int
    wrapped: bool
    serial: int


class Position(NamedTuple):
    """Column and row of the cursor."""

    x: int
    y: int


class PlainScreen:
    """Lines of text, wrapped at `columns`; the last `lines` rows are the screen, those above are the scrollback."""

    title = ""
    cursor_visible = False
    cursor_shape = CursorShape.BLOCK
    synchronized = False
    laborious = False

    def __init__(self, columns: int, lines: int, *, scrollback_lines: int = 10_000) -> None:
        self.columns = columns
        self.lines = lines
        self.modes = TerminalModes()
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._finished: deque[_Row] = deque(maxlen=scrollback_lines + lines)
        self._line = ""
        self._current: list[_Row] = []
        self._serial = 0
        self._changed = False

    def feed(self, data: bytes) -> None:
        """Take what the program wrote."""
        *done, rest = (self._line + self._decoder.decode(data)).split("\n")
        for line in done:
            self._finished.extend(self._rows(line))
        while len(rest) > _LONGEST_LINE:
            self._finished.extend(self._rows(rest[:_LONGEST_LINE]))
            rest = rest[_LONGEST_LINE:]
        self._line = rest
        self._current = list(self._rows(rest)) if rest else []
        self._changed = True

    def rewrap(self, seconds: float | None = None) -> bool:
        """Do nothing: what is wrapped stays as it is."""
        return False

    def resize(self, lines: int, columns: int, *, later: bool = False) -> None:
        """Show another number of lines; what comes is wrapped at `columns`."""
        self.lines, self.columns = lines, columns
        self._changed = True

    @property
    def cursor(self) -> Position:
        """After the last character."""
        row = min(max(0, self._count() - 1), self.lines - 1)
        return Position(self._at(row).cells, row)

    @property
    def scrollback(self) -> int:
        """How many rows lie above the screen."""
        return max(0, self._count() - self.lines)

    @property
    def pushed(self) -> int:
        """How many rows ever went into the scrollback, as long as none was dropped from it."""
        return self.scrollback

    def set_colors(self, foreground: Rgb, background: Rgb, palette: tuple[Rgb, ...] = ()) -> None:
        """Nothing here asks."""

    def row(self, row: int) -> Sequence[Run]:
        """Return the runs of a row."""
        found = self._at(row)
        return (Run(found.text, found.cells, _STYLE),) if found.text else ()

    def row_text(self, row: int) -> str:
        """Return the characters of a row."""
        return self._at(row).text

    def wrapped(self, row: int) -> bool:
        """Whether the row goes on in the next one."""
        return self._at(row).wrapped

    def serial(self, row: int) -> int:
        """Return a number that changes exactly when the row's content changes."""
        return self._at(row).serial

    def take_dirty(self) -> tuple[bool, frozenset[int]]:
        """Return whether everything is to be painted anew; then nothing is."""
        changed, self._changed = self._changed, False
        return changed, frozenset()

    def take_replies(self) -> bytes:
        """Return nothing: queries of a program are not answered without a terminal."""
        return b""

    def take_events(self) -> tuple[Notice, ...]:
        """Return nothing: what a program says besides text is left out."""
        return ()

    def end_synchronized(self) -> None:
        """Do nothing: there are no frames."""

    def text(self, last_lines: int | None = None) -> str:
        """Return all text, wrapped rows joined; only the last lines when a number is given."""
        joined = "".join(row.text + ("" if row.wrapped else "\n") for row in (*self._finished, *self._current))
        lines = joined.rstrip("\n").split("\n")
        return "\n".join(lines if last_lines is None else lines[-last_lines:] if last_lines else ())

    def _count(self) -> int:
        return len(self._finished) + len(self._current)

    def _at(self, row: int) -> _Row:
        index = self.scrollback + row
        if not 0 <= index < self._count():
            return _Row("", 0, wrapped=False, serial=0)
        if index < len(self._finished):
            return self._finished[index]
        return self._current[index - len(self._finished)]

    def _rows(self, line: str) -> Iterator[_Row]:
        if line.isascii() and line.isprintable() and len(line) <= self.columns:
            yield self._row([line], len(line), wrapped=False)
            return
        shown = _ESCAPES.sub("", line).rstrip("\r").rpartition("\r")[2].expandtabs(8)
        cells = clusters(clean(shown))
        parts: list[str] = []
        width = 0
        for text, size in cells:
            if width + size > self.columns:
                yield self._row(parts, width, wrapped=True)
                parts, width = [], 0
            parts.append(text)
            width += size
        yield self._row(parts, width, wrapped=False)

    def _row(self, parts: list[str], cells: int, *, wrapped: bool) -> _Row:
        self._serial += 1
        return _Row("".join(parts), cells, wrapped, self._serial)
