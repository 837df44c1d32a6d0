"""The demo's own folder: made for one process, taken away with it, and after it when it was killed.

A lock on a file inside says that the process still runs; the system lets go of it whatever ends the process.
"""

import contextlib
import fcntl
import os
import re
import stat
import time
from pathlib import Path
from typing import Final

from tui.core.ids import new_id

_FORM: Final = re.compile(r"llmmixer-demo_[0-9a-z]{19}")
_LOCK: Final = "in-use"
_UNLOCKED_FOR: Final = 86_400.0
"""Seconds after which a folder without a lock was left by a process that died before it had one."""
_MOST_SWEPT: Final = 50


class DemoFolder:
    """A folder in the temporary one that nobody else can look into. Nothing is there before `make`."""

    def __init__(self, temporary: Path) -> None:
        self.path = temporary / f"llmmixer-{new_id('demo')}"
        self._lock: int | None = None

    def make(self) -> None:
        """Create the folder and lock it. Raises OSError, also where somebody else was first."""
        self.path.mkdir(mode=0o700)
        self._lock = os.open(self.path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with contextlib.suppress(OSError):  # where files cannot be locked nobody takes folders away
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def remove(self) -> None:
        """Take the folder away, if it is still the one that was made; a second time does nothing."""
        if self._lock is None:
            return
        import shutil  # with the first folder that goes

        lock, self._lock = self._lock, None
        try:
            inside = self.path.lstat()
            if stat.S_ISDIR(inside.st_mode) and inside.st_uid == os.geteuid():
                shutil.rmtree(self.path, ignore_errors=True)
        except OSError:
            return  # it is gone already
        finally:
            os.close(lock)


def sweep(temporary: Path) -> int:
    """Take away what demos of this user left that were killed; return how many folders. Never follows a link."""
    try:
        root = os.open(temporary, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return 0
    try:
        with os.scandir(root) as entries:
            names = sorted(entry.name for entry in entries if _FORM.fullmatch(entry.name))
        return sum(_swept(name, root) for name in names[:_MOST_SWEPT])
    except OSError:
        return 0
    finally:
        os.close(root)


def _swept(name: str, root: int) -> bool:
    """Remove one folder if it is ours and nobody uses it; whether it is gone."""
    import shutil

    lock = None
    try:
        folder = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=root)
    except OSError:
        return False  # another user's, a link, a file, or gone
    try:
        found = os.fstat(folder)
        if found.st_uid != os.geteuid() or found.st_mode & 0o077:
            return False
        lock = _free_lock(folder)
        if lock is None and (_has_lock(folder) or time.time() - found.st_mtime < _UNLOCKED_FOR):
            return False
        shutil.rmtree(name, ignore_errors=True, dir_fd=root)
        return True
    finally:
        os.close(folder)
        if lock is not None:
            os.close(lock)


def _has_lock(folder: int) -> bool:
    try:
        os.stat(_LOCK, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return True


def _free_lock(folder: int) -> int | None:
    """Return the open lock of a folder once it is ours; None when a process holds it, or there is none."""
    try:
        lock = os.open(_LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return lock
