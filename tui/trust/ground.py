"""The ground a call stands on: its folder, the project around it, and where paths really lead."""

import os
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from tui.trust.calls import FileView
from tui.trust.forbidden import canonical, components
from tui.trust.settings import TrustSettings
from tui.trust.words import Places

_MOST_WALKED: Final = 20_000
_PROC: Final = re.compile(r"/proc/(?:self|thread-self|\d+)(?:/task/\d+)?/(root|cwd)(?=/|$)")
_ADDRESS: Final = re.compile(r"(?i)file:(?://(?:localhost)?)?(?=/)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A path as written and where it leads.

    `spellings` are absolute forms to hold against forbidden names, `real` is the path without links, `odd` says that
    it was written by way of `/proc`.
    """

    text: str
    spellings: tuple[str, ...]
    real: str
    odd: bool = False


class Ground:
    """The settings and the file system, seen from one folder."""

    def __init__(self, settings: TrustSettings, files: FileView, cwd: str) -> None:
        self.settings = settings
        self.files = files
        self.cwd = files.realpath(cwd)
        self.places = Places(home=settings.home, cwd=self.cwd, home_of=files.home_of)
        self.aliases = _aliases(settings, files)

    def inside(self, real: str) -> bool:
        """Tell whether a resolved path is the project's root or below it."""
        return within(real, self.settings.root)

    def resolve(self, text: str) -> Resolved:
        """Follow a path as a program started in this folder would; what does not exist keeps its name."""
        plain = text.replace("\x00", "")
        plain = _ADDRESS.sub("", plain, count=1) if plain[:5].lower() == "file:" else plain
        written = os.path.join(self.cwd, plain)  # noqa: PTH118 - text, judged letter by letter
        normal = os.path.normpath(written)
        odd = False
        for _ in range(4):
            found = _PROC.search(normal)
            if found is None or found.start() != 0:
                break
            odd = True
            rest = normal[found.end() :]
            normal = os.path.normpath((self.cwd if found.group(1) == "cwd" else "") + rest or "/")
            written = normal
        real = self.files.realpath(written)
        spellings = dict.fromkeys((written, normal, real))
        if "%" in plain:
            spellings[os.path.normpath(os.path.join(self.cwd, unquote(plain)))] = None  # noqa: PTH118
        return Resolved(text=text, spellings=tuple(spellings), real=real, odd=odd)

    def forbidden(self, path: Resolved) -> str | None:
        """Return the entry of `forbidden_paths` that a path falls under, or None."""
        forbidden = self.settings.forbidden
        is_file = bool(forbidden.folders) and self._is_file(path.real)
        for spelling in path.spellings:
            entry = forbidden.hit(spelling, last_is_file=is_file, places=self.aliases)
            if entry is not None:
                return entry
        return None

    def same_as_forbidden(self, path: Resolved) -> str | None:
        """Return the entry whose file is the very same file by another name (a hard link), `?` when unsure, or None."""
        found = self.files.stat(path.real)
        if found is None or found.st_nlink < 2 or found.st_mode & 0o170000 != 0o100000:
            return None
        wanted = (found.st_dev, found.st_ino)
        starts = [place for place in self.settings.forbidden.literal_places if self.files.lstat(place)]
        budget = [_MOST_WALKED]
        for start in starts:
            if self._has_inode(start, wanted, budget, everything=True):
                return self.settings.forbidden.hit(start) or "?"
        if self._has_inode(self.settings.root, wanted, budget, everything=False):
            return next(iter(self.settings.forbidden.names.values()), "?")
        return "?" if budget[0] <= 0 else None

    def swept(self, folder: str, *, hidden: bool, chosen: re.Pattern[str] | None = None) -> str | None:
        """Return the forbidden entry a program would meet that reads all files below a folder, `?` when unsure.

        With `chosen` only canonical names that it matches are met.
        """
        pending = [folder]
        budget = _MOST_WALKED
        forbidden = self.settings.forbidden
        whole_paths = self._speaks_of_paths(folder)
        for current in pending:
            for name, is_folder in self.files.names(current):
                budget -= 1
                if not hidden and name.startswith("."):
                    continue
                entry = forbidden.name_hit(name)
                if entry is None and whole_paths:
                    entry = forbidden.hit(f"{current}/{name}", places=self.aliases)
                if entry is not None and (chosen is None or chosen.fullmatch(canonical(name))):
                    return entry
                if is_folder:
                    pending.append(f"{current}/{name}")
            if budget <= 0:
                return "?"
        return None

    def _speaks_of_paths(self, folder: str) -> bool:
        """Tell whether more than its name can make what is below a folder forbidden."""
        start = components(folder)
        places = (*self.settings.forbidden.places, *(place for place, _ in self.aliases))
        return bool(self.settings.forbidden.globs) or any(place[: len(start)] == start for place in places)

    def _has_inode(self, start: str, wanted: tuple[int, int], budget: list[int], *, everything: bool) -> bool:
        """Look for a file among those that are forbidden below `start`, which are all of them with `everything`."""
        pending = [(start, everything)]
        whole_paths = self._speaks_of_paths(start)
        if everything and self._inode(start) == wanted:
            return True
        for current, all_below in pending:
            for name, is_folder in self.files.names(current):
                budget[0] -= 1
                path = f"{current}/{name}"
                bad = all_below or self.settings.forbidden.name_hit(name) is not None
                bad = bad or (whole_paths and self.settings.forbidden.hit(path, places=self.aliases) is not None)
                if is_folder:
                    pending.append((path, bad))
                elif bad and self._inode(path) == wanted:
                    return True
            if budget[0] <= 0:
                return False
        return False

    def _inode(self, path: str) -> tuple[int, int]:
        found = self.files.lstat(path)
        return (found.st_dev, found.st_ino) if found is not None else (-1, -1)

    def _is_file(self, path: str) -> bool:
        found = self.files.stat(path)
        return found is not None and found.st_mode & 0o170000 != 0o040000


def within(path: str, folder: str) -> bool:
    """Tell whether `path` is `folder` or below it, component by component."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _aliases(settings: TrustSettings, files: FileView) -> tuple[tuple[tuple[str, ...], str], ...]:
    """Return further places that are forbidden because a forbidden name of the project leads there."""
    found: list[tuple[tuple[str, ...], str]] = []
    names = {**settings.forbidden.names, **settings.forbidden.folders}
    for name, entry in names.items():
        path = f"{settings.root}/{name}"
        here = files.lstat(path)
        if here is not None and here.st_mode & 0o170000 == 0o120000:
            found.append((components(files.realpath(path)), entry))
    if ".git" in names:
        found += [(components(path), names[".git"]) for path in _git_folders(settings.root, files)]
    return tuple(found)


def _git_folders(root: str, files: FileView) -> tuple[str, ...]:
    """Return the folders a worktree's `.git` file leads to: its own and the one it shares."""
    folder = root
    while True:
        path = f"{folder.rstrip('/')}/.git"
        found = files.lstat(path)
        if found is not None:
            break
        if folder == "/":
            return ()
        folder = os.path.dirname(folder)  # noqa: PTH120
    text = files.text(path, 4_096) if found.st_mode & 0o170000 == 0o100000 else None
    if text is None or not text.startswith("gitdir:"):
        return ()
    own = files.realpath(os.path.join(folder, text.removeprefix("gitdir:").strip()))  # noqa: PTH118
    common = files.text(f"{own}/commondir", 4_096)
    shared = files.realpath(os.path.join(own, common.strip())) if common else own  # noqa: PTH118
    return (own, shared)
