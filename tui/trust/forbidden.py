"""Forbidden paths: entries of `forbidden_paths` compiled, and the many spellings of a name brought to one."""

import os
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from tui.core.globs import compile_glob, expand_braces

_SHORT_GIT: Final = re.compile(r"g(?:it|i[0-9a-f]{4})~\d+")
_GLOB: Final = re.compile(r"[*?\[]")
_GLUED: Final = re.compile(r"(?<=[^/*])\*{2,}|\*{2,}(?=[^/*])")
"""Stars for which git would not leave a folder."""
_BRACES: Final = re.compile(r"\{[^{}]*\}")
_MOST_ALTERNATIVES: Final = 256


def canonical(name: str) -> str:
    """Return one component of a path as the most forgiving file system would compare it.

    Compatibility forms and case are folded, characters nobody sees are taken out, and so are blanks and dots at the
    end, which some file systems drop.
    """
    if not name.isascii():
        name = unicodedata.normalize("NFKC", name)
        name = "".join(each for each in name if unicodedata.category(each) != "Cf" and not _is_variation(each))
        name = unicodedata.normalize("NFKC", name.casefold())
    else:
        name = name.lower()
    if name in {".", ".."}:
        return name
    return name.rstrip(". \t\n")


def spellings(name: str) -> tuple[str, ...]:
    """Return every canonical name that a component may stand for: itself, without a stream, a short name's long one."""
    plain = canonical(name)
    found = [plain]
    if ":" in plain:
        found.append(plain.split(":", 1)[0].rstrip(". "))
    if _SHORT_GIT.fullmatch(plain):
        found.append(".git")
    return tuple(found)


def components(path: str) -> tuple[str, ...]:
    """Return the canonical components of a path; a backslash separates too, as it does elsewhere."""
    return tuple(canonical(part) for part in path.replace("\\", "/").split("/") if part and part != ".")


@dataclass(frozen=True, slots=True, kw_only=True)
class Forbidden:
    """Compiled entries. Each dictionary leads from what is compared to the entry as written.

    `names` are exact names of any component; `folders` the same for entries with a trailing slash; `name_globs` are
    what a component is matched with, and `patterns` are they compiled; `places` are canonical absolute prefixes;
    `globs` match the canonical path from the root of the file system or of the project. `literal_places` are the
    places as paths, for what has to look at the disk.
    """

    names: dict[str, str]
    folders: dict[str, str]
    name_globs: dict[str, str]
    patterns: tuple[tuple[re.Pattern[str], str], ...]
    places: dict[tuple[str, ...], str]
    globs: tuple[tuple[re.Pattern[str], str], ...]
    literal_places: tuple[str, ...]
    root: tuple[str, ...]

    def name_hit(self, name: str) -> str | None:
        """Return the entry that forbids a component of this name, or None."""
        for plain in spellings(name):
            entry = self.names.get(plain) or self.folders.get(plain)
            if entry is not None:
                return entry
            for pattern, written in self.patterns:
                if pattern.fullmatch(plain):
                    return written
        return None

    def hit(
        self, path: str, *, last_is_file: bool = False, places: Sequence[tuple[tuple[str, ...], str]] = ()
    ) -> str | None:
        """Return the entry that forbids an absolute path, or None.

        `last_is_file` says that the path is known to be a regular file, which an entry for folders does not mean.
        `places` are further forbidden prefixes.
        """
        parts = [part for part in path.replace("\\", "/").split("/") if part and part != "."]
        plain = tuple(canonical(part) for part in parts)
        above = len(self.root) if plain[: len(self.root)] == self.root else 0  # what leads to the project is no matter
        for index, part in enumerate(parts[above:], above):
            entry = self.name_hit(part)
            if entry is None or (last_is_file and index == len(parts) - 1 and plain[index] in self.folders):
                continue
            return entry
        for place, entry in (*self.places.items(), *places):
            if plain[: len(place)] == place:
                return entry
        return self._glob_hit(plain) if self.globs else None

    def below(self, path: str) -> str | None:
        """Return the entry of a forbidden place that lies below an absolute path, or None."""
        plain = components(path)
        return next((entry for place, entry in self.places.items() if place[: len(plain)] == plain), None)

    def _glob_hit(self, plain: tuple[str, ...]) -> str | None:
        inside = plain[: len(self.root)] == self.root
        told = "/".join(plain[len(self.root) :]) if inside else None
        whole = "/" + "/".join(plain)
        for pattern, entry in self.globs:
            if pattern.fullmatch(whole) or (told is not None and pattern.fullmatch(told)):
                return entry
        return None


def compile_forbidden(entries: Iterable[str], *, root: str, home: str) -> Forbidden:
    """Compile entries. `root` and `home` are absolute paths; links in them and in the entries are followed.

    An entry with braces means each of its alternatives, and also what is named exactly like it.
    """
    draft = _Draft(root)
    for written in entries:
        entry = with_home(written.strip(), home)
        alternatives = _alternatives(entry)
        for each in alternatives:
            draft.add(with_home(each, home), written if each == entry else each)
        if alternatives != [entry]:
            draft.add_pattern(entry, written)
    return draft.compiled()


class _Draft:
    """Collects entries; see `Forbidden` for what becomes of each."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._names: dict[str, str] = {}
        self._folders: dict[str, str] = {}
        self._name_globs: dict[str, str] = {}
        self._patterns: list[tuple[re.Pattern[str], str]] = []
        self._places: dict[tuple[str, ...], str] = {}
        self._globs: list[tuple[re.Pattern[str], str]] = []
        self._literal: list[str] = []

    def add(self, entry: str, written: str) -> None:
        bare = entry.rstrip("/")
        if not bare:
            if entry:
                self._places[()] = written  # the root of the file system: nothing may be touched at all
        elif _GLOB.search(bare):
            self.add_pattern(entry, written)
        elif "/" not in bare.removeprefix("./"):
            names = self._folders if entry.endswith("/") else self._names
            names[canonical(bare.removeprefix("./"))] = written
        else:
            path = os.path.normpath(os.path.join(self._root, bare))  # noqa: PTH118 - as text, links followed below
            for spelling in dict.fromkeys((path, os.path.realpath(path))):
                self._places[components(spelling)] = written
                self._literal.append(spelling)

    def add_pattern(self, entry: str, written: str) -> None:
        bare = entry.rstrip("/").removeprefix("./")
        if "/" in bare:
            self._globs += [(each, written) for each in _patterns(_path_pattern(bare), below=True)]
        else:
            self._name_globs[canonical(bare)] = written
            self._patterns += [(each, written) for each in _patterns(canonical(bare), below=False)]

    def compiled(self) -> Forbidden:
        return Forbidden(
            names=self._names,
            folders=self._folders,
            name_globs=self._name_globs,
            patterns=tuple(self._patterns),
            places=self._places,
            globs=tuple(self._globs),
            literal_places=tuple(self._literal),
            root=components(os.path.realpath(self._root)),
        )


def _alternatives(entry: str) -> list[str]:
    """Return what an entry's braces make of it; where that is too much, whatever stands in the rest of them."""
    alternatives, complete = expand_braces(entry, _MOST_ALTERNATIVES)
    while not complete and any(_BRACES.search(each) for each in alternatives):
        alternatives = [_BRACES.sub("*", each) for each in alternatives]
    return alternatives


def as_pathspecs(entry: str) -> tuple[str, ...]:
    """Return the patterns by which git means at least what an entry does, as it reads them."""
    plain = entry.replace("\\", "\\\\")
    found = [plain, *([plain.replace("[", "\\[")] if "[" in plain else [])]
    return (*found, *(_GLUED.sub("*/**/*", each) for each in found if _GLUED.search(each)))


def with_home(entry: str, home: str) -> str:
    """Return an entry with the home folder in the place of the sign or the variable for it that it begins with."""
    for mark in ("~", "$HOME", "${HOME}"):
        if entry == mark or entry.startswith(mark + "/"):
            return home + entry[len(mark) :]
    return entry


def _patterns(plain: str, *, below: bool) -> tuple[re.Pattern[str], ...]:
    """Return what a pattern matches, also with brackets as they are: files may have names that look like sets."""
    pattern = compile_glob(plain, escapes=False, wide=True, below=below)
    if "[" not in plain:
        return (pattern,)
    bare = plain.replace("\\", "\\\\").replace("[", "\\[")
    return pattern, compile_glob(bare, wide=True, below=below)


def _path_pattern(entry: str) -> str:
    """Return the canonical form of a pattern of paths; what is below a match is forbidden anyway."""
    parts = [canonical(part) for part in entry.removeprefix("./").split("/")]
    while len(parts) > 1 and parts[-1] == "**":
        parts.pop()
    return "/".join(parts)


def _is_variation(each: str) -> bool:
    return "\ufe00" <= each <= "\ufe0f" or each in "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0"
