"""What is judged: a call, and the view of the file system it is judged against."""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

_LONGEST_LISTING: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A tool call of a model: the tool's name, its arguments as they came, and the folder it works from.

    `cwd` is absolute; for every tool it is the project's root unless an argument says otherwise.
    """

    tool: str
    args: Mapping[str, Any]
    cwd: Path


class FileView(Protocol):
    """What the policy may know of the file system. No method raises; what cannot be known is None or empty."""

    @property
    def search_path(self) -> tuple[str, ...]:
        """Folders in which programs are looked for, as the environment names them."""
        ...

    def lstat(self, path: str) -> os.stat_result | None:
        """Return what is at `path` itself, or None when nothing is or it may not be known."""
        ...

    def stat(self, path: str) -> os.stat_result | None:
        """Return what `path` leads to, or None."""
        ...

    def realpath(self, path: str) -> str:
        """Return the absolute path without symbolic links; what does not exist is kept as it is."""
        ...

    def names(self, folder: str) -> tuple[tuple[str, bool], ...]:
        """Return the names in a folder and whether each is a folder itself (links are not), or nothing."""
        ...

    def text(self, path: str, limit: int) -> str | None:
        """Return the first `limit` bytes of a regular file as text, or None."""
        ...

    def home_of(self, user: str) -> str:
        """Return the home folder of a user of this machine, or nothing."""
        ...


class DiskView:
    """The real file system."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        path = (os.environ if environ is None else environ).get("PATH", os.defpath)
        self._search_path = tuple(path.split(os.pathsep))

    @property
    def search_path(self) -> tuple[str, ...]:
        """Folders in which programs are looked for, as the environment names them."""
        return self._search_path

    def lstat(self, path: str) -> os.stat_result | None:
        """Return what is at `path` itself, or None."""
        try:
            return os.lstat(path)
        except (OSError, ValueError):
            return None

    def stat(self, path: str) -> os.stat_result | None:
        """Return what `path` leads to, or None."""
        try:
            return os.stat(path)  # noqa: PTH116 - paths are text here, judged as the kernel would read them
        except (OSError, ValueError):
            return None

    def realpath(self, path: str) -> str:
        """Return the absolute path without symbolic links."""
        try:
            return os.path.realpath(path)
        except (OSError, ValueError):
            return os.path.normpath(path)

    def names(self, folder: str) -> tuple[tuple[str, bool], ...]:
        """Return the names in a folder and whether each is a folder itself."""
        found: list[tuple[str, bool]] = []
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    found.append((entry.name, entry.is_dir(follow_symlinks=False)))
                    if len(found) >= _LONGEST_LISTING:
                        break
        except (OSError, ValueError):
            return ()
        return tuple(found)

    def text(self, path: str, limit: int) -> str | None:
        """Return the first `limit` bytes of a regular file as text, or None."""
        found = self.stat(path)
        if found is None or not stat.S_ISREG(found.st_mode):
            return None
        try:
            with open(path, "rb") as file:  # noqa: PTH123 - as above
                return file.read(limit).decode("utf-8", "surrogateescape")
        except (OSError, ValueError):
            return None

    def home_of(self, user: str) -> str:
        """Return the home folder of a user of this machine, or nothing."""
        import pwd

        try:
            return pwd.getpwnam(user).pw_dir
        except (KeyError, ValueError, OSError):
            return ""
