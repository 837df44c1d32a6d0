"""Walking the project: what is there, less what .gitignore leaves out and what nobody may see."""

import os
import stat
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tui.tools.globs import Glob, IgnoreRules, Ignoring, parse_ignore
from tui.tools.opening import parent, read_all

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_RULES_BYTES: Final = 200_000
_MOST_VISITED: Final = 300_000
VERSION_CONTROL: Final = frozenset({".git", ".hg", ".svn", ".jj"})


@dataclass(frozen=True, slots=True)
class Entry:
    """Something in the project: `path` is relative to the walked folder, with slashes."""

    path: str
    is_folder: bool
    is_file: bool


@dataclass(slots=True)
class Walk:
    """What a walk left out, counted while it goes."""

    ignored: int = 0
    forbidden: int = 0
    unreadable: int = 0
    complete: bool = True


@dataclass(slots=True)
class Walker:
    """Walks below `base` (a real path), level by level, names in order. `stopped` is asked between entries."""

    base: Path
    allowed: Callable[[Path], bool]
    stopped: Callable[[], bool] = lambda: False
    depth: int | None = None
    seen: Walk = field(default_factory=Walk)

    def entries(self) -> Iterator[Entry]:
        """Yield what is there; folders before what is in them. Links are told, never followed."""
        waiting: deque[tuple[str, int, Ignoring]] = deque([("", 1, _outer_rules(self.base))])
        visited = 0
        while waiting:
            folder, level, rules = waiting.popleft()
            for entry, below in self._folder(folder, rules):
                visited += 1
                if visited > _MOST_VISITED or self.stopped():
                    self.seen.complete = False
                    return
                yield entry
                if below is not None and (self.depth is None or level < self.depth):
                    waiting.append((entry.path, level + 1, below))

    def _folder(self, folder: str, rules: Ignoring) -> Iterator[tuple[Entry, Ignoring | None]]:
        try:
            with _opened(self.base / folder) as descriptor:
                own = _rules_in(descriptor)
                rules = rules.with_own(*own)
                with os.scandir(descriptor) as found:
                    names = sorted((entry.name, entry.is_dir(follow_symlinks=False), entry) for entry in found)
                    kinds = [
                        (name, is_folder, entry.is_file(follow_symlinks=False)) for name, is_folder, entry in names
                    ]
        except OSError:
            self.seen.unreadable += 1
            return
        for name, is_folder, is_file in kinds:
            if name in VERSION_CONTROL:
                continue
            path = f"{folder}/{name}" if folder else name
            if rules.ignores(name, is_folder=is_folder):
                self.seen.ignored += 1
            elif not self.allowed(self.base / path):
                self.seen.forbidden += 1
            else:
                yield Entry(path, is_folder, is_file), rules.below(name) if is_folder else None


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    """Yield a descriptor of a folder reached without following links."""
    with parent(path) as above:
        descriptor = os.open(path.name or ".", _FOLDER, dir_fd=above)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _rules_in(folder: int) -> tuple[IgnoreRules, ...]:
    text = _small_file(folder, ".gitignore")
    return (parse_ignore(text),) if text else ()


def _small_file(folder: int, name: str) -> str:
    with suppress(OSError):
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        try:
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                return read_all(descriptor, _RULES_BYTES).decode("utf-8", "replace")
        finally:
            os.close(descriptor)
    return ""


def _outer_rules(base: Path) -> Ignoring:
    """Return the rules of the folders above `base`, up to the root of its repository; none outside of one."""
    chain = [base, *base.parents]
    top = next((index for index, folder in enumerate(chain) if os.path.lexists(folder / ".git")), None)
    if top is None:
        return Ignoring()
    rules = Ignoring()
    for index in range(top, 0, -1):
        own: list[IgnoreRules] = []
        with suppress(OSError), _opened(chain[index]) as descriptor:
            if index == top:
                own += _excluded(chain[top])
            own += _rules_in(descriptor)
        rules = rules.with_own(*own).below(chain[index - 1].name)
    return rules.with_own(*_excluded(base)) if top == 0 else rules


def _excluded(top: Path) -> list[IgnoreRules]:
    with suppress(OSError), _opened(top / ".git" / "info") as descriptor:
        text = _small_file(descriptor, "exclude")
        return [parse_ignore(text)] if text else []
    return []


def listing(walker: Walker, glob: Glob | None, prefix: str, *, most: int) -> tuple[list[str], bool]:
    """Return the paths to show, folders with a slash at the end, and whether all are there.

    `prefix` is the walked folder relative to the project, empty for the project itself. With a glob only files (and
    links) that match are listed; the glob may speak of the path below the walked folder or below the project.
    """
    shown: list[str] = []
    for entry in walker.entries():
        whole = f"{prefix}/{entry.path}" if prefix else entry.path
        if glob is not None and (entry.is_folder or not glob.matches(entry.path, whole)):
            continue
        if len(shown) >= most:
            return sorted(shown), False
        shown.append(f"{whole}/" if entry.is_folder else whole)
    return sorted(shown), walker.seen.complete
