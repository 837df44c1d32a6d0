"""The window onto a terminal: which rows are in sight, scrolling back, what is selected."""

from textual.geometry import Size
from textual.widget import Widget

from tui.core.terminal import TerminalPort
from tui.ui.view.terminal_text import Piece, Place


class TerminalWindow(Widget, can_focus=True):
    """The part of a terminal's widget that knows where in the terminal it is."""

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__()
        self.port: TerminalPort | None = None
        self.back = 0
        self.selection: tuple[Place, Place] | None = None
        self.found: tuple[Piece, ...] = ()
        self._seen_above = 0
        self._selected_ends: tuple[str, str] = ("", "")

    def _flow(self) -> None:
        """Repaint what changed."""
        raise NotImplementedError

    @property
    def size(self) -> Size:
        """Columns and rows of the window; without border and padding it is all of it, which need not be looked up."""
        return self.outer_size

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
        return 0 if port is None else port.pushed + self.base - self.back

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
            self._seen_above = port.pushed
            self._flow()

    def scroll_to_end(self) -> None:
        """Show the newest rows."""
        self.scroll_rows(self.back)

    def reveal(self, line: int) -> None:
        """Scroll so that a line is in sight, with some of its surroundings."""
        height = self.size.height
        if not self.first_line <= line < self.first_line + height:
            self.scroll_rows(line - height // 2 - self.first_line)

    def _stay_in_place(self, port: TerminalPort) -> None:
        """Rows that went into the scrollback move the window up with them."""
        grown = port.pushed - self._seen_above
        self._seen_above = port.pushed
        self.back = max(0, min(self.back + grown, port.scrollback + self.base))

    def _check_selection(self, port: TerminalPort) -> None:
        """A selection is of what was there when it was made."""
        if self.selection is not None and self._ends(port, *self.selection) != self._selected_ends:
            self.selection = None
            self.refresh()

    def select(self, first: Place, last: Place) -> None:
        """Select the cells between two places, both included."""
        if self.port is not None:
            self.selection = (first, last)
            self._selected_ends = self._ends(self.port, first, last)
            self.refresh()

    def unselect(self) -> None:
        """Select nothing and mark nothing as found."""
        if self.selection is not None or self.found:
            self.selection, self.found = None, ()
            self.refresh()

    def _ends(self, port: TerminalPort, first: Place, last: Place) -> tuple[str, str]:
        rows = (first.line - port.pushed, last.line - port.pushed)
        one, other = (port.row_text(row) if -port.scrollback <= row < port.lines else "" for row in rows)
        return one, other
