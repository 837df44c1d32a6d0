"""The bin: deleted files and folders lie here, outside the project, until somebody wants them back."""

import errno
import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tui.core.ids import new_id
from tui.tools.opening import entry_status, identity, parent, sync_folder
from tui.tools.outcome import Identity
from tui.tools.writing import ChangedError

_MOST_ENTRIES: Final = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a delete would touch: relative paths of files (the first ones), how many there are, and their bytes.

    `identity.digest` changes with every change of anything in the folder; of a file or link it is of its outer signs.
    """

    identity: Identity
    is_folder: bool
    files: tuple[str, ...]
    count: int
    size: int


class TooManyError(OSError):
    """A folder holds more than can be looked through."""


def contents(path: Path, shown: int) -> Contents | None:
    """Return what the entry at the real path `path` is and holds, None when there is none. Raises OSError."""
    status = entry_status(path)
    if status is None:
        return None
    own = identity(status)
    if not stat.S_ISDIR(status.st_mode):
        return Contents(identity=own, is_folder=False, files=(path.name,), count=1, size=status.st_size)
    digest = hashlib.sha256()
    files: list[str] = []
    total = size = 0
    for name, below in _walk(path):
        digest.update(os.fsencode(name) + b"\0")
        signs = (below.st_mode, below.st_ino, below.st_size, below.st_mtime_ns)
        digest.update(repr(signs).encode())
        if stat.S_ISDIR(below.st_mode):
            continue
        total += 1
        size += below.st_size
        if total <= shown:
            files.append(name)
    known = Identity(
        device=own.device, inode=own.inode, size=0, mtime_ns=0, mode=own.mode, digest=f"tree:{digest.hexdigest()}"
    )
    return Contents(identity=known, is_folder=True, files=tuple(files), count=total, size=size)


def _walk(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Yield everything below a folder in a fixed order: relative path and status; links are not followed."""
    seen = 0
    waiting = [""]
    while waiting:
        base = waiting.pop()
        with os.scandir(folder / base) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
        for entry in found:
            seen += 1
            if seen > _MOST_ENTRIES:
                raise TooManyError(0, f"it holds more than {_MOST_ENTRIES:,} files", str(folder))
            name = f"{base}{entry.name}"
            status = entry.stat(follow_symlinks=False)
            yield name, status
            if stat.S_ISDIR(status.st_mode):
                waiting.append(f"{name}/")


def discard(path: Path, place: Path, expected: Identity) -> None:
    """Move the entry at the real path `path` to `place` in the bin, whole.

    Raises ChangedError when it is no longer what `expected` says, or another OSError; it is then still where it was.
    """
    _check(path, expected)
    with parent(path) as folder:
        try:
            os.rename(path.name, place, src_dir_fd=folder)
        except OSError as error:
            if error.errno not in (errno.EXDEV, errno.EPERM):
                raise
            _copy_out(path, place, expected, folder)
        sync_folder(folder)


def _check(path: Path, expected: Identity) -> Contents:
    """Return what is there; raise ChangedError when it is no longer what `expected` says."""
    now = contents(path, 0)
    if now is None:
        raise ChangedError(0, "it was deleted meanwhile", str(path))
    if now.identity != expected:
        raise ChangedError(0, "it was changed meanwhile", str(path))
    return now


def _copy_out(path: Path, place: Path, expected: Identity, folder: int) -> None:
    """Copy to the bin on another file system, and delete only what is still what was copied."""
    try:
        _copy(path, place)
        now = _check(path, expected)
    except BaseException:
        _remove(place)
        raise
    if now.is_folder:
        shutil.rmtree(path.name, dir_fd=folder)
    else:
        os.unlink(path.name, dir_fd=folder)


def restore(place: Path, path: Path) -> bool:
    """Move what lies at `place` in the bin back to `path`; False when something is there, or nothing in the bin.

    Nothing is ever replaced, and on an error nothing is at `path`. Raises OSError.
    """
    if not os.path.lexists(place):
        return False
    with parent(path, make=True) as folder:
        with suppress(FileNotFoundError):
            os.stat(path.name, dir_fd=folder, follow_symlinks=False)
            return False
        try:
            _move(place, path.name, folder)
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno not in (errno.EXDEV, errno.EPERM):
                raise
            return _copy_back(place, path, folder)
        finally:
            sync_folder(folder)
    return True


def _move(source: Path, name: str, folder: int) -> None:
    """Move `source` to `name` in the folder, on the same file system, replacing no file."""
    if not stat.S_ISDIR(source.lstat().st_mode):
        with suppress(PermissionError):  # a file system without hard links
            os.link(source, name, dst_dir_fd=folder, follow_symlinks=False)
            source.unlink()
            return
    os.rename(source, name, dst_dir_fd=folder)  # a folder replaces an empty one at most


def _copy_back(place: Path, path: Path, folder: int) -> bool:
    """Copy from the bin on another file system; False when something came to be at `path` meanwhile."""
    beside = path.with_name(f".llmmixer-{new_id('restore')}.tmp")
    try:
        _copy(place, beside)
        _move(beside, path.name, folder)
    except FileExistsError:
        return False
    finally:
        if os.path.lexists(beside):
            _remove(beside)
    _remove(place)
    return True


def _copy(source: Path, target: Path) -> None:
    if source.is_dir() and not source.is_symlink():
        shutil.copytree(source, target, symlinks=True)
    else:
        shutil.copy2(source, target, follow_symlinks=False)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()
