"""The ground a call stands on: its folder, the project around it, and where paths really lead."""

import os
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from tui.trust.calls import FileView
from tui.trust.forbidden import components
from tui.trust.globs import expand
from tui.trust.settings import TrustSettings
from tui.trust.walks import Walks
from tui.trust.words import Places, Word

_MOST_CROWDED: Final = 4
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
        self._expanded: dict[tuple[str, tuple[int, ...]], list[str] | None] = {}
        self.walks = Walks(settings.forbidden, files, settings.root, self.aliases)

    def expand(self, word: Word) -> list[str] | None:
        """Return what bash makes of a word by looking at files, None when that is too much: also of many such words."""
        if not word.active:
            return [word.text]
        key = (word.text, word.active)
        if key not in self._expanded:
            crowded = sum(found is None for found in self._expanded.values()) >= _MOST_CROWDED
            self._expanded[key] = None if crowded else expand(word, self.cwd, self.files)
        return self._expanded[key]

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
        return self.walks.twin((found.st_dev, found.st_ino))

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
        found += [(components(path), names[".git"]) for path in git_folders(settings.root, files)]
    return tuple(found)


def git_folders(root: str, files: FileView) -> tuple[str, ...]:
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
