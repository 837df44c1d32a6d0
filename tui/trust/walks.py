"""Looking below folders: for forbidden names, for rules that let a search read hidden files, for second names of files.

What is found is kept for as long as a call is judged, so that many operands cost one walk.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from tui.core.globs import names_overlap
from tui.trust.calls import FileView
from tui.trust.forbidden import Forbidden, canonical, components

MOST_WALKED: Final = 20_000
UNSURE: Final = "?"
IGNORE_FILES: Final = frozenset({".gitignore", ".ignore", ".rgignore"})
_FOREIGN: Final = "node_modules"
_LONGEST_RULES: Final = 65_536
_PLAIN_RULE: Final = re.compile(r"(?:\*\*)?/?([A-Za-z0-9_.][A-Za-z0-9_. -]*)/?")

PassedOver: TypeAlias = Callable[[str, bool], bool]
_Place: TypeAlias = tuple[tuple[str, ...], str]


@dataclass(slots=True)
class Walks:
    """Walks below folders of one file system, under one set of forbidden paths. `root` is the project's folder."""

    forbidden: Forbidden
    files: FileView
    root: str
    aliases: tuple[_Place, ...]
    _twins: tuple[dict[tuple[int, int], str], bool] | None = None
    _rules: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def swept(
        self,
        folder: str,
        *,
        hidden: bool,
        chosen: re.Pattern[str] | None = None,
        globs: Sequence[str] = (),
        passed_over: PassedOver | None = None,
    ) -> str | None:
        """Return the forbidden entry a program would meet that reads all files below a folder, `?` when unsure.

        Without `hidden` it passes over hidden names, and over folders that the project's rules ignore and none of
        `globs` brings in. With `chosen` only canonical names that it matches are met. `passed_over` tells of a name,
        and whether it is a folder's, that the program was told to leave out.
        """
        whole_paths = self._speaks_of_paths(folder)
        for current, name, _ in self._below(folder, hidden=hidden, globs=globs, passed_over=passed_over):
            if not name:
                return UNSURE
            entry = self.forbidden.name_hit(name)
            if entry is None and whole_paths:
                entry = self.forbidden.hit(f"{current}/{name}", places=self.aliases)
            if entry is not None and (chosen is None or chosen.fullmatch(canonical(name))):
                return entry
        return None

    def exceptions(self, folder: str, globs: Sequence[str] = ()) -> Iterator[str]:
        """Yield the rules of ignore files, from the root to below a folder, that take names out of what is ignored."""
        place = folder
        while place.startswith(self.root.rstrip("/") + "/") or place == self.root:
            for name in IGNORE_FILES:
                yield from self._exceptions_of(f"{place}/{name}")
            if place in {self.root, "/"}:
                break
            place = place.rpartition("/")[0] or "/"
        for current, name, _ in self._below(folder, hidden=False, shown=IGNORE_FILES, globs=globs):
            if name in IGNORE_FILES and current != folder:
                yield from self._exceptions_of(f"{current}/{name}")

    def twin(self, inode: tuple[int, int]) -> str | None:
        """Return the entry that forbids the same file under another name (a hard link), `?` when unsure, or None."""
        if self._twins is None:
            self._twins = self._forbidden_inodes()
        found, complete = self._twins
        return found.get(inode) or (None if complete else UNSURE)

    def _below(
        self,
        folder: str,
        *,
        hidden: bool,
        shown: frozenset[str] = frozenset(),
        globs: Sequence[str] = (),
        passed_over: PassedOver | None = None,
    ) -> Iterator[tuple[str, str, bool]]:
        """Yield folder, name and whether it is a folder, for all below `folder`; an empty name when it is too much."""
        parts = [part for glob in globs for part in glob.split("/") if part]
        names = () if hidden else self._ignored_folders()
        ignored = frozenset(name for name in names if not any(names_overlap(part, name) for part in parts))
        pending = [folder]
        budget = MOST_WALKED
        for current in pending:
            for name, is_folder in self.files.names(current):
                budget -= 1
                if not hidden and name.startswith(".") and name not in shown:
                    continue
                if passed_over is not None and passed_over(name, is_folder):
                    continue
                yield current, name, is_folder
                if is_folder and name not in ignored:
                    pending.append(f"{current}/{name}")
            if budget <= 0:
                yield current, "", False
                return

    def _ignored_folders(self) -> frozenset[str]:
        """Return names of folders no search enters: the project ignores them, and nothing takes one of them out."""
        names: set[str] = set()
        for file in (".gitignore", ".ignore"):
            if file == ".gitignore" and self.files.lstat(f"{self.root}/.git") is None:
                continue
            for rule in self._rules_of(f"{self.root}/{file}"):
                if rule.startswith("!"):
                    return frozenset()
                found = _PLAIN_RULE.fullmatch(rule)
                if found is not None and not rule.startswith("/"):
                    names.add(found.group(1))
        return frozenset(names)

    def _exceptions_of(self, path: str) -> Iterator[str]:
        return (rule[1:].strip() for rule in self._rules_of(path) if rule.startswith("!"))

    def _rules_of(self, path: str) -> tuple[str, ...]:
        if path not in self._rules:
            there = self.files.lstat(path) is not None
            text = (self.files.text(path, _LONGEST_RULES) or "") if there else ""
            self._rules[path] = tuple(text.splitlines())
        return self._rules[path]

    def _forbidden_inodes(self) -> tuple[dict[tuple[int, int], str], bool]:
        """Return every forbidden file with more than one name, and whether all could be looked at."""
        found: dict[tuple[int, int], str] = {}
        budget = MOST_WALKED
        starts = [place for place in self.forbidden.literal_places if self.files.lstat(place) is not None]
        pending = [(place, self.forbidden.hit(place) or UNSURE) for place in starts]
        for place, entry in pending:
            self._note(place, entry, found)
        whole_paths = self._speaks_of_paths(self.root)
        pending.append((self.root, ""))
        for current, above in pending:
            for name, is_folder in self.files.names(current):
                budget -= 1
                path = f"{current}/{name}"
                entry = above or self.forbidden.name_hit(name) or ""
                if not entry and whole_paths:
                    entry = self.forbidden.hit(path, places=self.aliases) or ""
                if is_folder:
                    if name != _FOREIGN or entry:
                        pending.append((path, entry))
                elif entry:
                    self._note(path, entry, found)
            if budget <= 0:
                return found, False
        return found, True

    def _note(self, path: str, entry: str, found: dict[tuple[int, int], str]) -> None:
        here = self.files.lstat(path)
        if here is not None and here.st_nlink > 1 and here.st_mode & 0o170000 == 0o100000:
            found.setdefault((here.st_dev, here.st_ino), entry)

    def _speaks_of_paths(self, folder: str) -> bool:
        """Tell whether more than its name can make what is below a folder forbidden."""
        start = components(folder)
        places = (*self.forbidden.places, *(place for place, _ in self.aliases))
        return bool(self.forbidden.globs) or any(place[: len(start)] == start for place in places)
