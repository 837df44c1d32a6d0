"""What programs in terminals want on the clipboard: one wish of each at a time, and only if the person says so."""

from collections.abc import Callable
from typing import Final

from tui.config.model_work import Clipboard
from tui.core.events import Event
from tui.core.ids import new_id
from tui.core.terminal_events import ClipboardAsked, ClipboardResolved
from tui.engine.shown import shown, shown_line

_LONGEST: Final = 100_000
_PREVIEW: Final = 200


class ClipboardWishes:
    """The open questions; `warn` tells the person of a wish that was refused, once for each terminal."""

    def __init__(
        self, setting: Clipboard, *, publish: Callable[[Event], None], warn: Callable[[str, str], None]
    ) -> None:
        self._setting = setting
        self._publish = publish
        self._warn = warn
        self._open: dict[str, tuple[str, str]] = {}
        self._warned: set[str] = set()

    def wanted(self, terminal: str, text: str) -> None:
        """Ask about the newest wish of a terminal, in place of its last one."""
        if self._setting is Clipboard.REFUSE or len(text) > _LONGEST:
            if terminal not in self._warned:
                self._warned.add(terminal)
                why = "programs may not" if self._setting is Clipboard.REFUSE else "it is too much"
                self._warn("Clipboard", f"A program wanted to set the clipboard; {why}.")
            return
        for asked in self._of(terminal):
            self.answer(asked, accept=False)
        asked = new_id("clipboard")
        self._open[asked] = (terminal, text)
        self._publish(ClipboardAsked(id=asked, terminal=terminal, size=len(text), preview=shown_line(text, _PREVIEW)))

    def answer(self, asked: str, *, accept: bool) -> None:
        """Close a question; a closed or unknown one stays as it is."""
        terminal, text = self._open.pop(asked, ("", ""))
        if terminal:
            self._publish(ClipboardResolved(id=asked, terminal=terminal, text=shown(text) if accept else None))

    def forget(self, terminal: str) -> None:
        """Nobody can answer any more: the terminal is gone."""
        self._warned.discard(terminal)
        for asked in self._of(terminal):
            del self._open[asked]

    def _of(self, terminal: str) -> list[str]:
        return [asked for asked, (whose, _) in self._open.items() if whose == terminal]
