"""Who read and changed what: several panes work on one tree at the same time."""

import threading
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tui.tools.outcome import Identity
from tui.tools.writing import same


@dataclass(slots=True)
class _Seen:
    moment: int
    identity: Identity | None
    in_turn: bool


@dataclass(slots=True)
class _File:
    seen: dict[str, _Seen] = field(default_factory=dict)
    changed_by: str = ""
    changed_at: int = -1
    pending: Counter[str] = field(default_factory=Counter)


class Activity:
    """What the panes of a session read, changed and are about to change, by real path. Safe in threads."""

    def __init__(self) -> None:
        self._files: dict[Path, _File] = {}
        self._moments = count()
        self._lock = threading.Lock()

    def saw(self, pane: str, path: Path, identity: Identity | None) -> None:
        """Note that a pane's model knows what a file holds now."""
        with self._lock:
            self._file(path).seen[pane] = _Seen(next(self._moments), identity, in_turn=True)

    def changed(self, pane: str, path: Path, identity: Identity | None) -> None:
        """Note that a pane changed, created or (with None) deleted a file; it knows what it holds now."""
        with self._lock:
            file = self._file(path)
            file.changed_by, file.changed_at = pane, next(self._moments)
            file.seen[pane] = _Seen(file.changed_at, identity, in_turn=True)

    def begin(self, pane: str, path: Path) -> None:
        """Note that a pane is about to change a file."""
        with self._lock:
            self._file(path).pending[pane] += 1

    def end(self, pane: str, path: Path) -> None:
        """Note that it did, or did not after all."""
        with self._lock:
            pending = self._file(path).pending
            pending[pane] -= 1
            if pending[pane] <= 0:
                del pending[pane]

    def end_turn(self, pane: str) -> None:
        """Note that a pane's turn is over: nothing it read matters to others any more."""
        with self._lock:
            for file in self._files.values():
                if pane in file.seen:
                    file.seen[pane].in_turn = False

    def knows(self, pane: str, path: Path) -> bool:
        """Tell whether a pane's model read or wrote the file."""
        with self._lock:
            return path in self._files and pane in self._files[path].seen

    def is_stale(self, pane: str, path: Path, identity: Identity | None) -> bool:
        """Tell whether a file is something else now than what the pane's model knows of it."""
        with self._lock:
            seen = self._files[path].seen.get(pane) if path in self._files else None
            if seen is None or seen.identity is None or identity is None:
                return False
            return not same(seen.identity, identity)

    def conflict(self, pane: str, path: Path) -> str:
        """Return one sentence on another pane at work on the file, or below the folder; empty when there is none."""
        with self._lock:
            below = [file for other, file in self._files.items() if other == path or path in other.parents]
            busy = {name for file in below for name in file.pending if name != pane}
            if busy:
                return f"{_names(busy)} {'is' if len(busy) == 1 else 'are'} changing it too."
            for file in below:
                seen = file.seen.get(pane)
                if file.changed_by not in ("", pane) and (seen is None or seen.moment < file.changed_at):
                    return f"{file.changed_by} changed it, and {pane} has not read it since."
            readers = {name for file in below for name, seen in file.seen.items() if name != pane and seen.in_turn}
            if readers:
                return f"{_names(readers)} read it in the running turn and may rely on what it held."
            return ""

    def _file(self, path: Path) -> _File:
        return self._files.setdefault(path, _File())


def _names(panes: set[str]) -> str:
    *first, last = sorted(panes)
    return f"{', '.join(first)} and {last}" if first else last
