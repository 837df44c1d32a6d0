"""Searching a terminal: what is typed into the search line, and what it finds."""

from typing import TYPE_CHECKING, Final

from textual import events

from tui.core.untrusted import clean_line
from tui.ui.view.terminal_text import Place, end_line, find

if TYPE_CHECKING:
    from tui.ui.widgets.terminal_view import TerminalView

_LONGEST: Final = 200


class SearchKeys:
    """The search of one terminal's text. While `active` it takes every key."""

    def __init__(self, view: "TerminalView") -> None:
        self._view = view
        self.active = False
        self.query = ""

    def open(self) -> None:
        """Begin to search, from the newest line up."""
        self.active = True
        self.changed()

    def close(self) -> None:
        """End the search; what was found stays in sight."""
        if self.active:
            self.active = False
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
        view = self._view
        port = view.port
        view.found = () if port is None else find(port, self.query, Place(end_line(port), 0))
        self._show()

    def _step(self, *, older: bool) -> None:
        view = self._view
        if view.port is None:
            return
        start = Place(*view.found[0][:2]) if view.found else Place(end_line(view.port), 0)
        further = find(view.port, self.query, start, older=older)
        if further:
            view.found = further
        self._show()

    def _show(self) -> None:
        view = self._view
        if view.found:
            view.reveal(view.found[0].line)
        view.refresh()
        self.changed()
