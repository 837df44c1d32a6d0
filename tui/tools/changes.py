"""The undo store: what every changed file held before, kept outside the project, and the bin of deleted files.

Before a change its old content is on disk here, so that it can be taken back whatever happens next. The log is
append-only; a session that is resumed reads it again.
"""

import hashlib
import json
import os
import shutil
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tui.tools.bin import restore
from tui.tools.opening import load, parent, private_folder, sync_folder
from tui.tools.outcome import Identity
from tui.tools.writing import Writer

_LOG: Final = "changes.jsonl"
_OURS: Final = frozenset({_LOG, "blobs", "bin"})
_LOG_FLAGS: Final = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
_PRIVATE: Final = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What was taken back: absolute `paths`, and those `kept` because they changed since. `pane` made the changes."""

    paths: tuple[str, ...]
    kept: tuple[str, ...] = ()
    pane: str = ""


@dataclass(slots=True, kw_only=True)
class _Change:
    """One change of one path. `before` and `after` are SHA-256 of the content, empty where there was no file.

    `binned` is where a deleted file or folder lies in the bin. `made` are folders that were created for it.
    """

    serial: int
    pane: str
    turn: str
    path: Path
    before: str = ""
    mode: int = 0
    after: str = ""
    size: int | None = None
    """Bytes of what it left; None in a log that does not say."""
    binned: str = ""
    made: tuple[str, ...] = ()
    kept: bool = False
    """Whether it could not be taken back when it was tried; it is tried again after all others."""


class Changes:
    """The changes of one session, in the folder `folder` (created 0700). Safe in threads of one process."""

    def __init__(self, folder: Path, writer: Writer) -> None:
        self.folder = folder
        self._writer = writer
        self._lock = threading.Lock()
        self._changes: dict[int, _Change] = {}
        self._next = 1
        for value in self._logged():
            self._take(value)

    def begin(self, pane: str, turn: str, path: Path, *, old: tuple[bytes, Identity] | None, new: bytes) -> int:
        """Note that a file will hold `new`, with its content now safely kept. Return the number of the change."""
        with self._lock:
            before = self._keep(old[0]) if old else ""
            change = _Change(
                serial=self._next,
                pane=pane,
                turn=turn,
                path=path,
                before=before,
                mode=old[1].mode if old else 0,
                after=hashlib.sha256(new).hexdigest(),
                size=len(new),
            )
            return self._begin(change)

    def begin_delete(self, pane: str, turn: str, path: Path) -> tuple[int, Path]:
        """Note that a file or folder will be moved to the bin; return the number of the change and its place there."""
        with self._lock:
            place = self.folder / "bin" / str(self._next) / (path.name or "root")
            private_folder(place.parent)
            return self._begin(_Change(serial=self._next, pane=pane, turn=turn, path=path, binned=str(place))), place

    def done(self, serial: int, made: list[str]) -> None:
        """Note that a change was made, and which folders were created for it."""
        with self._lock:
            if made:
                self._changes[serial].made = tuple(made)
                self._append({"made": serial, "folders": [_hex(folder) for folder in made]})

    def dropped(self, serial: int) -> None:
        """Note that a change was not made after all."""
        with self._lock:
            self._finish(serial)

    def undo(self, pane: str | None = None, *, turn: bool = False) -> Undone:
        """Take back the newest change of a pane (of any when None), or with `turn` all of the newest change's turn.

        The newest goes first. A file that holds something else than the change left there is kept as it is; the next
        call goes on with the change before, and comes back to the kept one when no other is left.
        """
        paths: list[str] = []
        kept: list[str] = []
        with self._lock:
            chosen = self._chosen(pane, turn=turn)
            for change in chosen:
                try:
                    change.kept = not self._take_back(change)
                except OSError:  # changed meanwhile, a folder that became a link, no room, no permission
                    change.kept = True
                names = kept if change.kept else paths
                if str(change.path) not in names:
                    names.append(str(change.path))
                if not change.kept:
                    self._finish(change.serial)
        return Undone(paths=tuple(paths), kept=tuple(kept), pane=chosen[0].pane if chosen else "")

    def _largest(self, change: _Change) -> int | None:
        """Return how many bytes a file has at most that is what the change left or found; None where nobody knows."""
        if change.size is None:
            return None
        before = (self.folder / "blobs" / change.before).stat().st_size if change.before else 0
        return max(change.size, before)

    def _chosen(self, pane: str | None, *, turn: bool) -> list[_Change]:
        newest_first = sorted(self._changes.values(), key=lambda change: -change.serial)
        mine = [change for change in newest_first if pane in (None, change.pane)]
        newest = next((change for change in mine if not change.kept), mine[0] if mine else None)
        if newest is None:
            return []
        if not turn:
            return [newest]
        return [change for change in mine if (change.pane, change.turn) == (newest.pane, newest.turn)]

    def _take_back(self, change: _Change) -> bool:
        """Take one change back; False when the file is not what the change left. Raises OSError."""
        if change.binned:
            return restore(Path(change.binned), change.path)
        try:
            _, now = load(change.path, most=self._largest(change))
        except FileNotFoundError:
            return not change.before  # a created file that is gone is taken back; a changed one was deleted by others
        if now.digest == change.before:
            return True
        if now.digest != change.after:
            return False
        if change.before:
            old = (self.folder / "blobs" / change.before).read_bytes()
            self._writer.replace(change.path, old, now, mode=change.mode)
            return True
        with parent(change.path) as folder:
            os.unlink(change.path.name, dir_fd=folder)
            sync_folder(folder)
        remove_empty(change.made)
        return True

    def _keep(self, data: bytes) -> str:
        """Keep a content under its SHA-256, on disk, and return that."""
        digest = hashlib.sha256(data).hexdigest()
        blob = self.folder / "blobs" / digest
        private_folder(blob.parent)
        with suppress(OSError):
            if blob.stat().st_size == len(data):
                return digest
        temporary = blob.with_name(f"{digest}.{os.getpid()}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, _PRIVATE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(blob)
        _sync(blob.parent)
        return digest

    def _begin(self, change: _Change) -> int:
        self._append(
            {
                "change": change.serial,
                "time": round(time.time(), 3),
                "pane": change.pane,
                "turn": change.turn,
                "path": _hex(change.path),
                "shown": str(change.path).encode("utf-8", "replace").decode(),
                "before": change.before,
                "mode": change.mode,
                "after": change.after,
                "size": change.size,
                "binned": _hex(change.binned),
            }
        )
        self._changes[change.serial] = change
        self._next = change.serial + 1
        return change.serial

    def _finish(self, serial: int) -> None:
        self._changes.pop(serial, None)
        self._append({"over": serial})

    def _append(self, value: dict[str, Any]) -> None:
        private_folder(self.folder)
        descriptor = os.open(self.folder / _LOG, _LOG_FLAGS, _PRIVATE)
        with os.fdopen(descriptor, "wb") as file:
            # the line break goes first, so that a line torn by a crash spoils only itself
            file.write(b"\n" + json.dumps(value, separators=(",", ":")).encode())
            file.flush()
            os.fsync(file.fileno())

    def _logged(self) -> Iterator[dict[str, Any]]:
        try:
            lines = (self.folder / _LOG).read_bytes().split(b"\n")
        except OSError:
            return
        for line in lines:
            with suppress(ValueError):
                value = json.loads(line)
                if isinstance(value, dict):
                    yield value

    def _take(self, value: dict[str, Any]) -> None:
        """Take one line of the log; a line that is not ours is passed over."""
        with suppress(KeyError, TypeError, ValueError):
            if "over" in value:
                self._changes.pop(value["over"], None)
            elif "made" in value:
                self._changes[value["made"]].made = tuple(map(_unhex, value["folders"]))
            else:
                serial = int(value["change"])
                self._next = max(self._next, serial + 1)
                self._changes[serial] = _Change(
                    serial=serial,
                    pane=str(value["pane"]),
                    turn=str(value["turn"]),
                    path=Path(_unhex(value["path"])),
                    before=str(value["before"]),
                    mode=int(value["mode"]),
                    after=str(value["after"]),
                    size=value.get("size"),
                    binned=_unhex(value["binned"]),
                )


def forget(session: Path, *, before: float) -> None:
    """Remove the changes and the bin of the session folder `session` if its last change lies before that time."""
    folder = session / "changes"
    try:
        if (folder / _LOG).stat().st_mtime >= before or {path.name for path in folder.iterdir()} - _OURS:
            return
    except OSError:
        return
    shutil.rmtree(folder, ignore_errors=True)


def remove_empty(folders: Iterable[str]) -> None:
    """Remove the folders that were created for a file, the deepest first, as far as they are empty."""
    for folder in sorted(folders, key=len, reverse=True):
        path = Path(folder)
        with suppress(OSError), parent(path) as above:
            os.rmdir(path.name, dir_fd=above)


def _hex(path: str | Path) -> str:
    """Return a path as text that JSON can hold, whatever bytes it has."""
    return os.fsencode(path).hex()


def _unhex(text: str) -> str:
    return os.fsdecode(bytes.fromhex(text))


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        sync_folder(descriptor)
    finally:
        os.close(descriptor)
