"""What stands in the project where a command in the sandbox must not make something."""

import os
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from tui.core.owner import is_there

_MARK_NS: Final = 86_400 * 1_000_000_000
"""The second day of 1970: no file was ever changed then. The nanoseconds after it are the number of a process."""
_MOST_NUMBERS: Final = 1_000_000_000


class Placeholders:
    """Empty files and folders that stand where a command must not make one, for as long as it runs.

    bubblewrap hides only what is there. They are shared by commands that run at once; the last one takes them away,
    unless somebody put something in them. Those of a process that was killed are known by their time of change, which
    holds its number.
    """

    _users: Final[dict[str, int]] = {}
    _lock: Final = threading.Lock()

    def __init__(self, wanted: Iterable[tuple[str, bool]]) -> None:
        """Make what is wanted (path, whether it is a folder), or share what a command of this process has made."""
        paths: list[str] = []
        wanted = list(wanted)
        with self._lock:
            for path, is_folder in wanted:
                if path not in self._users and _make(path, is_folder=is_folder):
                    self._users[path] = 0
                if path in self._users:
                    self._users[path] += 1
                    paths.append(path)
        self.paths: tuple[str, ...] = tuple(paths)
        self._held = True

    @classmethod
    def standing(cls) -> frozenset[str]:
        """Return the paths of all that stand now."""
        with cls._lock:
            return frozenset(cls._users)

    def release(self) -> None:
        """Say that the command has ended; a second time does nothing."""
        with self._lock:
            if not self._held:
                return
            self._held = False
            for path in self.paths:
                self._users[path] -= 1
                if self._users[path] == 0:
                    del self._users[path]
                    _take_away(path)


def _make(path: str, *, is_folder: bool) -> bool:
    try:
        if is_folder:
            Path(path).mkdir(mode=0o700)
        else:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600))
    except OSError:
        return False
    with suppress(OSError):  # without its mark it is a little less tidy after a crash, and nothing worse
        os.utime(path, ns=(_MARK_NS, _MARK_NS + os.getpid()), follow_symlinks=False)
    return True


def _take_away(path: str) -> None:
    with suppress(OSError):
        if os.path.isdir(path) and not os.path.islink(path):  # noqa: PTH112, PTH114 - paths are text here
            os.rmdir(path)  # noqa: PTH106 - as above; fails when something is in it
        elif os.path.getsize(path) == 0:  # noqa: PTH202 - as above
            os.unlink(path)  # noqa: PTH108 - as above


def take_away_left(paths: Iterable[str]) -> None:
    """Take away those of the paths that are placeholders of a process that is gone; anything else stays."""
    for path in paths:
        try:
            found = os.lstat(path)
        except OSError:
            continue
        owner = found.st_mtime_ns - _MARK_NS
        if 0 < owner < _MOST_NUMBERS and owner != os.getpid() and found.st_uid == os.geteuid() and not is_there(owner):
            _take_away(path)
