"""Earlier prompts as the prompt uses them: the model, the file behind it and the search."""

import threading
from collections.abc import Callable
from pathlib import Path

from textual.app import App

from tui.core.clock import Clock
from tui.core.untrusted import clean_line
from tui.ui.view import prompt_text
from tui.ui.view.prompt_memory import History
from tui.ui.view.prompt_text import Kept
from tui.ui.widgets.prompt_store import HistoryStore

_SEARCHED = 4_000


class Recall:
    """Remembers prompts in memory and, if there is a path, on disk."""

    def __init__(self, path: Path | None, clock: Clock, *, on_error: Callable[[str], object]) -> None:
        self.history = History()
        self._clock = clock
        self._store = HistoryStore(path, on_error=on_error) if path is not None else None

    def read(self, then: Callable[[list[str]], object]) -> None:
        """Read the file on a thread and call `then` with its prompts, on that thread."""
        store = self._store
        if store is not None:
            threading.Thread(target=lambda: then(store.load()), name="prompt-read", daemon=True).start()

    def add_older(self, texts: list[str]) -> None:
        """Take in what `read` found."""
        self.history.add_older(Kept(text) for text in texts if not prompt_text.refusal(text))

    def add(self, kept: Kept) -> None:
        """Remember a prompt that was sent."""
        if self.history.add(kept) and self._store is not None:
            self._store.append(kept.text, self._clock.wall())

    def flush(self) -> None:
        """Wait until everything is on disk."""
        if self._store is not None:
            self._store.flush()

    def search(self, app: App[object], current: Kept, then: Callable[[Kept], None]) -> bool:
        """Let the person pick an earlier prompt; `then` gets it. False if there is none to pick from."""
        from tui.ui.screens.pick import PickItem, PickScreen

        entries = self.history.entries
        newest_places = {kept.text: place for place, kept in enumerate(entries)}
        items = [
            PickItem(id=str(place), title=clean_line(text), search=text[:_SEARCHED])
            for text, place in sorted(newest_places.items(), key=lambda item: -item[1])
        ]

        def picked(choice: str | None) -> None:
            if choice is not None:
                then(self.history.jump(int(choice), current))

        if items:
            screen = PickScreen(
                "Earlier prompts", items, placeholder="type to search", empty="No prompt with these words"
            )
            app.push_screen(screen, picked)
        return bool(items)
