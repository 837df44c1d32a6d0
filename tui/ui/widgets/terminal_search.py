"""Searching a terminal: what is typed into the search line, and what it finds."""

from functools import partial
from typing import TYPE_CHECKING, Final

from textual import events
from textual.timer import Timer

from tui.core.terminal import TerminalPort
from tui.core.untrusted import clean_line
from tui.ui.view.terminal_text import Piece, Place, end_line, find_some

if TYPE_CHECKING:
    from tui.ui.widgets.terminal_view import TerminalView

_LONGEST: Final = 200
_PAUSE: Final = 0.001


class SearchKeys:
    """The search of one terminal's text. While `active` it takes every key."""

    def __init__(self, view: "TerminalView") -> None:
        self._view = view
        self.active = False
        self.query = ""
        self._going_on: Timer | None = None

    def open(self) -> None:
        """Begin to search, from the newest line up."""
        self.active = True
        self.changed()

    def close(self) -> None:
        """End the search; what was found stays in sight."""
        if self.active:
            self.active = False
            self._stop()
            self.changed()

    def changed(self) -> None:
        """Show another search line."""
        if self._view.is_attached:
            self._view.post_message(self._view.Searching())

    @property
    def line(self) -> str:
        """What the search line says besides the query."""
        if not self.query:
            return "type what to find"
        if self._going_on is not None:
            return "searching"
        return "Enter older, Down newer, Esc ends" if self._view.found else "not found"

    def key(self, event: events.Key) -> None:
        """Edit the query, step through what it finds, or end."""
        match event.key:
            case "escape" | "f4":
                self.close()
            case "enter" | "up":
                self._step(older=True)
            case "down" | "shift+enter":
                self._step(older=False)
            case "backspace":
                self._search(self.query[:-1])
            case "ctrl+u":
                self._search("")
            case _ if event.is_printable and event.character:
                self._search(self.query + event.character)

    def insert(self, text: str) -> None:
        """Add pasted text."""
        self._search(self.query + clean_line(text))

    def _search(self, query: str) -> None:
        self.query = query[:_LONGEST]
        self._view.found = ()
        self._step(older=True)

    def _step(self, *, older: bool) -> None:
        view = self._view
        if view.port is None:
            return
        self._stop()
        start = Place(*view.found[0][:2]) if view.found else Place(end_line(view.port), 0)
        self._look(view.port, start, older=older)

    def _look(self, port: TerminalPort, start: Place, *, older: bool) -> None:
        """Look through some rows, and through the next ones when all others had their turn."""
        self._going_on = None
        if port is not self._view.port:
            return
        found: tuple[Piece, ...]
        found, rest = find_some(port, self.query, start, older=older)
        if found:
            self._view.found = found
        elif rest is not None:
            self._going_on = self._view.set_timer(_PAUSE, partial(self._look, port, rest, older=older))
            self.changed()
            return
        self._show()

    def _stop(self) -> None:
        if self._going_on is not None:
            self._going_on.stop()
            self._going_on = None

    def _show(self) -> None:
        view = self._view
        if view.found:
            view.reveal(view.found[0].line)
        view.refresh()
        self.changed()
