"""What DECSC keeps of the cursor, once for each of the two screens."""

from typing import Final, NamedTuple

from tui.terminal.charsets import Charsets
from tui.terminal.scrollback import Scrollback
from tui.terminal.styles import PLAIN, Style

PRIVATE: Final = 5
"""Private modes are kept shifted by so many bits, as in pyte."""

DECOM: Final = 6


class Saved(NamedTuple):
    """What DECSC keeps."""

    x: int = 0
    y: int = 0
    style: Style = PLAIN
    charsets: tuple[str, str, str, str] = ("B", "B", "B", "B")
    active: int = 0
    origin: bool = False


class SavedCursors(Charsets):
    """Saving the cursor and bringing it back. `mode` has the modes that are set, private ones shifted."""

    def __init__(self, columns: int, lines: int, scrollback: Scrollback) -> None:
        super().__init__(columns, lines, scrollback)
        self.mode: set[int] = set()
        self.saved = [Saved(), Saved()]

    def has(self, mode: int) -> bool:
        """Whether a private mode is set."""
        return mode << PRIVATE in self.mode

    def save_cursor(self) -> None:
        """DECSC: position, look, character sets and origin mode, once for each screen."""
        one, two, three, four = self.designated
        cursor = self.cursor
        self.saved[self.alternate] = Saved(
            cursor.x, cursor.y, self.style, (one, two, three, four), self.active_set, self.origin
        )

    def restore_cursor(self) -> None:
        """DECRC: as saved, or home and plain when nothing was."""
        saved = self.saved[self.alternate]
        self.cursor.x, self.cursor.y = min(saved.x, self.columns), min(saved.y, self.lines - 1)
        self.style, self.origin = saved.style, saved.origin
        (self.mode.add if saved.origin else self.mode.discard)(DECOM << PRIVATE)
        self.designated = list(saved.charsets)
        self.use_charset(saved.active)

    def saved_place(self) -> tuple[int, int]:
        """Where the main screen's saved cursor is."""
        return self.saved[0].x, self.saved[0].y

    def move_saved(self, x: int, y: int) -> None:
        """Put the main screen's saved cursor elsewhere."""
        self.saved[0] = self.saved[0]._replace(x=x, y=y)
