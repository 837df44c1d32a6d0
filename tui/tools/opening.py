"""Opening files below a folder without following a symbolic link that was not there when the path was resolved.

A path is resolved once, judged, and from then on walked component by component with descriptors of folders. A link
that somebody puts into the way later makes the walk fail instead of leading it elsewhere.
"""

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from tui.tools.outcome import Identity

_FOLDER_FLAGS: Final = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CHUNK: Final = 1_048_576


class MovedError(OSError):
    """A path is no longer what it was when it was resolved: a folder on it became a link or went away."""


class NotAFileError(OSError):
    """The path leads to something that is no regular file."""


def resolve(path: str, root: Path) -> Path:
    """Return the real path `path` means, seen from the project `root`: `~`, `..` and symbolic links resolved.

    It need not exist. Raises OSError for a path of links that never ends.
    """
    expanded = os.path.expanduser(path) if path == "~" or path.startswith("~/") else path  # noqa: PTH111 - not ~user
    real = Path(os.path.realpath(root / expanded))
    if real.is_symlink():  # realpath gives up on a loop and returns the link itself
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(real))
    return real


def resolve_entry(path: str, root: Path) -> Path:
    """Return the real path of the entry `path` itself: as `resolve`, but a link at the end stays a link."""
    expanded = Path(os.path.expanduser(path) if path.startswith("~/") else path)  # noqa: PTH111 - not ~user
    if expanded.name in ("", ".."):
        return resolve(path, root)
    return resolve(str(expanded.parent), root) / expanded.name


@contextmanager
def parent(path: Path, *, make: bool = False, made: list[str] | None = None) -> Iterator[int]:
    """Yield a descriptor of the folder of the real path `path`; with `make`, missing folders are created.

    Their absolute paths are appended to `made`. Raises MovedError when a folder on the way is a link or no folder,
    FileNotFoundError when one is missing.
    """
    descriptor = os.open(path.anchor or "/", _FOLDER_FLAGS)
    try:
        walked = Path(path.anchor or "/")
        for name in path.parts[1:-1]:
            walked /= name
            descriptor = _step(descriptor, name, walked, make=make, made=made)
        yield descriptor
    finally:
        os.close(descriptor)


def _step(descriptor: int, name: str, walked: Path, *, make: bool, made: list[str] | None) -> int:
    """Go one folder down: return its descriptor, and close the one it was reached from."""
    try:
        below = os.open(name, _FOLDER_FLAGS, dir_fd=descriptor)
    except OSError as error:
        if make and error.errno == errno.ENOENT:
            with suppress(FileExistsError):
                os.mkdir(name, dir_fd=descriptor)
                if made is not None:
                    made.append(str(walked))
            below = os.open(name, _FOLDER_FLAGS, dir_fd=descriptor)
        elif error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise MovedError(errno.ENOTDIR, "a part of the path is no folder, or became a link", str(walked)) from error
        else:
            error.filename = str(walked)
            raise
    os.close(descriptor)
    return below


@contextmanager
def reading(path: Path) -> Iterator[int]:
    """Yield a descriptor of the regular file at the real path `path`.

    Raises MovedError, NotAFileError, FileNotFoundError or another OSError.
    """
    with parent(path) as folder:
        try:
            descriptor = os.open(path.name or ".", _READ_FLAGS, dir_fd=folder)
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise MovedError(errno.ELOOP, "it became a link", str(path)) from error
            if error.errno == errno.ENXIO:
                raise NotAFileError(errno.ENXIO, "no regular file", str(path)) from error
            error.filename = str(path)
            raise
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise NotAFileError(errno.EINVAL, "no regular file", str(path))
        yield descriptor
    finally:
        os.close(descriptor)


def read_all(descriptor: int, limit: int | None = None) -> bytes:
    """Return what the file holds from where the descriptor stands, at most `limit` bytes."""
    parts: list[bytes] = []
    left = limit
    while left is None or left > 0:
        part = os.read(descriptor, _CHUNK if left is None else min(_CHUNK, left))
        if not part:
            break
        parts.append(part)
        if left is not None:
            left -= len(part)
    return b"".join(parts)


def identity(status: os.stat_result, data: bytes | None = None) -> Identity:
    """Return who a file is, and with `data` what it holds."""
    return Identity(
        device=status.st_dev,
        inode=status.st_ino,
        size=status.st_size,
        mtime_ns=status.st_mtime_ns,
        mode=stat.S_IMODE(status.st_mode),
        digest=hashlib.sha256(data).hexdigest() if data is not None else "",
    )


def load(path: Path, most: int | None = None) -> tuple[bytes, Identity]:
    """Return the content of the regular file at the real path `path` and its identity. Raises OSError.

    Of one that has more than `most` bytes, the content and its digest are of one byte more than that: whoever compares
    it with something that long need not read what somebody else let grow without end.
    """
    with reading(path) as descriptor:
        data = read_all(descriptor, None if most is None else most + 1)
        return data, identity(os.fstat(descriptor), data)


def entry_status(path: Path) -> os.stat_result | None:
    """Return the status of the entry itself at the real path `path`, None when there is none. Raises OSError."""
    try:
        with parent(path) as folder:
            return os.stat(path.name or ".", dir_fd=folder, follow_symlinks=False)
    except (FileNotFoundError, NotADirectoryError):
        return None


def is_folder(path: Path) -> bool:
    """Tell whether the real path `path` still leads to a folder, without a link on the way."""
    try:
        status = entry_status(path)
    except OSError:
        return False
    return status is not None and stat.S_ISDIR(status.st_mode)


def sync_folder(descriptor: int) -> None:
    """Write a folder's entries to disk; some file systems cannot, which is no error."""
    with suppress(OSError):
        real = os.open(".", os.O_RDONLY | os.O_CLOEXEC, dir_fd=descriptor)  # O_PATH descriptors cannot be synced
        try:
            os.fsync(real)
        finally:
            os.close(real)


def private_folder(path: Path) -> None:
    """Create a folder, and those above it that are missing, for the owner alone."""
    for folder in reversed((path, *path.parents)):
        if not folder.exists():
            folder.mkdir(mode=0o700, exist_ok=True)


def said(error: OSError) -> str:
    """Return what went wrong in the system's words, without numbers and paths."""
    return error.strerror or str(error)
