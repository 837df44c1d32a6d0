"""Replacing files in one step: whatever happens, a file holds all of the old content or all of the new.

The new content goes into a temporary file in the same folder, to disk, and then takes the name. Which temporary files
are in use is noted in a folder of the program's own, so that those of a killed process are removed at the next start.
"""

import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from tui.core.ids import new_id
from tui.core.owner import Owner, this_process
from tui.tools.opening import MovedError, NotAFileError, identity, parent, private_folder, read_all, sync_folder
from tui.tools.outcome import Identity

_PREFIX: Final = ".llmmixer-"
_SUFFIX: Final = ".tmp"
_NEW_FILE: Final = 0o666  # less the umask, as every program creates files
_CREATE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class ChangedError(OSError):
    """A file is not what it was when its change was judged and shown."""


class Writer:
    """Replaces files; `notes` is the folder in which it notes its temporary files (created 0700)."""

    def __init__(self, notes: Path) -> None:
        self._notes = notes

    def replace(
        self,
        path: Path,
        data: bytes,
        expected: Identity | None,
        *,
        mode: int | None = None,
        made: list[str] | None = None,
    ) -> Identity:
        """Let the file at the real path `path` hold `data`, and return what it is then.

        It must be what `expected` says, or not exist when that is None; then missing folders are created and appended
        to `made`. Permissions, owner and extended attributes are kept; `mode` sets other permissions.
        Raises ChangedError, MovedError or another OSError; the file is then as it was.
        """
        with parent(path, make=expected is None, made=made) as folder:
            name = f"{_PREFIX}{new_id('write')}{_SUFFIX}"
            with self._noted(path.with_name(name)):
                try:
                    _write(folder, name, data, path.name if expected else None, mode)
                    verify(folder, path, expected)
                    _take_name(folder, name, path, new=expected is None)
                except BaseException:
                    with suppress(OSError):
                        os.unlink(name, dir_fd=folder)
                    raise
            sync_folder(folder)
            return identity(os.stat(path.name, dir_fd=folder, follow_symlinks=False), data)

    @contextmanager
    def _noted(self, temporary: Path) -> Iterator[None]:
        owner = this_process()
        private_folder(self._notes)
        note = self._notes / f"{temporary.name}.json"
        value = {"path": os.fsencode(temporary).hex(), "pid": owner.pid, "started": owner.started, "place": owner.place}
        note.touch(mode=0o600)
        note.write_text(json.dumps(value), encoding="ascii")
        try:
            yield
        finally:
            with suppress(OSError):
                note.unlink()


def remove_litter(notes: Path) -> list[Path]:
    """Remove the temporary files that processes which no longer run left behind; return their paths."""
    removed: list[Path] = []
    for note in notes.glob(f"{_PREFIX}*.json") if notes.is_dir() else ():
        try:
            value = json.loads(note.read_text(encoding="ascii"))
            owner = Owner(pid=int(value["pid"]), started=str(value["started"]), place=str(value["place"]))
            path = Path(os.fsdecode(bytes.fromhex(value["path"])))
        except (OSError, ValueError, KeyError, TypeError):
            path, owner = None, None
        if owner is not None and owner.is_alive():
            continue
        with suppress(OSError):
            if path is not None and _unlink_temporary(path):
                removed.append(path)
        with suppress(OSError):
            note.unlink()
    return removed


def _unlink_temporary(path: Path) -> bool:
    if not (path.name.startswith(_PREFIX) and path.name.endswith(_SUFFIX)):
        return False
    with suppress(FileNotFoundError, NotADirectoryError, MovedError), parent(path) as folder:
        if stat.S_ISREG(os.stat(path.name, dir_fd=folder, follow_symlinks=False).st_mode):
            os.unlink(path.name, dir_fd=folder)
            return True
    return False


def verify(folder: int, path: Path, expected: Identity | None) -> None:
    """Raise ChangedError unless the entry of `path` in `folder` is what `expected` says, or missing when it is None."""
    try:
        descriptor = os.open(path.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except FileNotFoundError:
        if expected is None:
            return
        raise ChangedError(0, "it was deleted meanwhile", str(path)) from None
    except OSError as error:
        raise ChangedError(error.errno, "something else took its place", str(path)) from error
    try:
        status = os.fstat(descriptor)
        if expected is None:
            raise ChangedError(0, "it was created meanwhile", str(path))
        if not stat.S_ISREG(status.st_mode):
            raise NotAFileError(0, "no regular file", str(path))
        if not same(identity(status, read_all(descriptor, expected.size + 1)), expected):
            raise ChangedError(0, "it was changed meanwhile", str(path))
    finally:
        os.close(descriptor)


def same(first: Identity, second: Identity) -> bool:
    """Tell whether two identities are of the same content; by content where both know it, else by outer signs."""
    if first.digest and second.digest:
        return first.digest == second.digest
    return (first.device, first.inode, first.size, first.mtime_ns) == (
        second.device,
        second.inode,
        second.size,
        second.mtime_ns,
    )


def _write(folder: int, name: str, data: bytes, old: str | None, mode: int | None) -> None:
    """Create the file `name` with `data`, on disk, with the outer properties of the file `old`."""
    descriptor = os.open(name, _CREATE, _NEW_FILE if old is None else 0o600, dir_fd=folder)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        if old is not None:
            _copy_properties(folder, old, descriptor)
        if mode is not None:
            os.fchmod(descriptor, mode)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _copy_properties(folder: int, old: str, descriptor: int) -> None:
    """Give the new file the owner, extended attributes and permissions of the old one, as far as the system lets."""
    source = os.open(old, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    try:
        status = os.fstat(source)
        own = os.fstat(descriptor)
        if (own.st_uid, own.st_gid) != (status.st_uid, status.st_gid):
            with suppress(PermissionError):
                os.fchown(descriptor, status.st_uid, status.st_gid)
        for attribute in _attributes(source):
            with suppress(OSError):
                os.setxattr(descriptor, attribute, os.getxattr(source, attribute))
        os.fchmod(descriptor, stat.S_IMODE(status.st_mode))  # last: a change of owner takes bits away
    finally:
        os.close(source)


def _attributes(source: int) -> list[str]:
    with suppress(OSError, AttributeError):  # not on every file system, nor on every system
        return os.listxattr(source)
    return []


def _take_name(folder: int, temporary: str, path: Path, *, new: bool) -> None:
    """Give the finished file its name; a new one never replaces what somebody created meanwhile."""
    if new:
        try:
            os.link(temporary, path.name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
        except FileExistsError:
            raise ChangedError(0, "it was created meanwhile", str(path)) from None
        except OSError:
            verify(folder, path, None)  # a file system without hard links: look once more, then rename
        else:
            os.unlink(temporary, dir_fd=folder)
            return
    os.rename(temporary, path.name, src_dir_fd=folder, dst_dir_fd=folder)
