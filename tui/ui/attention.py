"""The bell and the title of the terminal's window: how a person who looks elsewhere learns that something waits."""

from typing import Final

from textual.app import App

from tui.ui.view.approval_frame import title_words

_SAVE: Final = "\x1b[22;2t"
_RESTORE: Final = "\x1b[23;2t"


class Attention:
    """Rings once for each thing that is new, and counts in the title; the old title comes back in the end."""

    def __init__(self, app: App[None], name: str) -> None:
        self._app = app
        self._name = name
        self._known: frozenset[str] = frozenset()
        self._saved = False

    def mind(self, waiting: frozenset[str]) -> None:
        """Tell what waits now, by id."""
        if waiting == self._known:
            return
        if waiting - self._known:
            self._app.bell()
        self._known = waiting
        if not waiting:
            self.close()
            return
        save = "" if self._saved else _SAVE
        self._saved = True
        self._write(f"{save}\x1b]2;{title_words(len(waiting), self._name)}\x07")

    def close(self) -> None:
        """Give the terminal its title back."""
        if self._saved:
            self._saved = False
            self._write(f"\x1b]2;{self._name}\x07{_RESTORE}")

    def _write(self, text: str) -> None:
        driver = self._app._driver  # noqa: SLF001 - Textual has no public way to set a terminal's title
        if driver is not None and not self._app.is_headless:
            driver.write(text)
            driver.flush()
