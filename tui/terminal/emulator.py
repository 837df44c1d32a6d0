"""A terminal emulator: bytes of a program in, rows of styled text out. Derives from pyte and keeps its names."""

from collections.abc import Sequence
from itertools import count

from pyte import ByteStream, Screen

from tui.core.terminal import CellStyle, CursorShape, Run, TerminalModes
from tui.terminal.notices import Notice

_PLAIN = CellStyle()


class Emulator(Screen, ByteStream):
    """A screen of `columns` by `lines` cells, its scrollback, and what a program said to it.

    Rows count from 0 at the top of the screen; negative rows lie in the scrollback. `feed` never raises.
    """

    def __init__(self, columns: int = 80, lines: int = 24, *, scrollback_lines: int = 10_000) -> None:
        Screen.__init__(self, columns, lines)
        ByteStream.__init__(self, self)
        self.scrollback_lines = scrollback_lines
        self.cursor_shape = CursorShape.BLOCK
        self.modes = TerminalModes()
        self._numbers = count(1)

    def feed(self, data: bytes) -> None:  # type: ignore[override]  # pyte says str for its base only
        """Take what the program wrote; any cut of it gives the same screen."""
        ByteStream.feed(self, data)

    @property
    def scrollback(self) -> int:
        """How many rows lie above the screen."""
        return 0

    @property
    def cursor_visible(self) -> bool:
        """Whether the program shows the cursor."""
        return not self.cursor.hidden

    @property
    def synchronized(self) -> bool:
        """Whether the program is in the middle of a frame (mode 2026), which is better not painted yet."""
        return False

    def end_synchronized(self) -> None:
        """End the frame for a program that did not, say after 150 ms."""

    def row(self, row: int) -> Sequence[Run]:
        """Return the runs of a row, without trailing blanks of the terminal's own look."""
        text = self.row_text(row)
        return (Run(text, len(text), _PLAIN),) if text else ()

    def row_text(self, row: int) -> str:
        """Return the characters of a row, without trailing blanks."""
        return self.display[row].rstrip()

    def wrapped(self, row: int) -> bool:
        """Whether the row goes on in the next one."""
        return False

    def serial(self, row: int) -> int:
        """Return a number that changes when the row's content changes; a row keeps it in the scrollback."""
        return next(self._numbers)

    def take_dirty(self) -> tuple[bool, frozenset[int]]:
        """Return whether everything is to be painted anew, and else which rows; then nothing is dirty."""
        dirty = frozenset(self.dirty)
        self.dirty.clear()
        return False, dirty

    def take_replies(self) -> bytes:
        """Return the answers to the program's queries, to be written to it; then there are none."""
        return b""

    def take_events(self) -> tuple[Notice, ...]:
        """Return what the program said since the last call."""
        return ()

    def set_colors(
        self,
        foreground: tuple[int, int, int],
        background: tuple[int, int, int],
        palette: Sequence[tuple[int, int, int]] = (),
    ) -> None:
        """Tell which colours are shown, for programs that ask; `palette` has the first 16 or all 256."""

    def text(self, last_lines: int | None = None) -> str:
        """Return the text of scrollback and screen, wrapped rows joined; only the last lines when a number is given."""
        return "\n".join(line.rstrip() for line in self.display).rstrip()
