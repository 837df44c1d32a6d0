"""Globs and .gitignore rules over relative paths with slashes. Pure, and linear in the length of a path."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_LONGEST: Final = 1_000
_MOST_ALTERNATIVES: Final = 64
_BRACES: Final = re.compile(r"\{([^{}]*)\}")


class GlobError(ValueError):
    """A glob that cannot be understood."""


@dataclass(frozen=True, slots=True)
class Glob:
    """A pattern that chooses files. Without a slash it is compared with names, else with whole relative paths."""

    patterns: tuple[re.Pattern[str], ...]
    by_name: bool

    def matches(self, *paths: str) -> bool:
        """Tell whether one of the relative paths, all of the same file, is chosen."""
        candidates = {path.rpartition("/")[2] if self.by_name else path for path in paths}
        return any(pattern.fullmatch(path) for pattern in self.patterns for path in candidates)


def parse_glob(text: str) -> Glob:
    """Understand a glob with `*`, `?`, `[...]`, `{a,b}` and `**`. Raises GlobError."""
    text = text.removeprefix("./")
    if len(text) > _LONGEST:
        raise GlobError(f"the glob is longer than {_LONGEST} characters")
    waiting, done = [text], []
    while waiting:
        current = waiting.pop(0)
        match = _BRACES.search(current)
        if match is None:
            done.append(current)
        else:
            waiting += [current[: match.start()] + choice + current[match.end() :] for choice in match[1].split(",")]
        if len(waiting) + len(done) > _MOST_ALTERNATIVES:
            raise GlobError(f"the glob has more than {_MOST_ALTERNATIVES} alternatives")
    patterns = tuple(_compiled(one.removeprefix("/")) for one in done)
    return Glob(patterns, "/" not in text)


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    """Return the expression of one pattern over a whole path."""
    parts: list[str] = []
    names = pattern.split("/")
    for index, name in enumerate(names):
        last = index == len(names) - 1
        if name == "**":
            if last:
                parts.append(".+")
            elif not (index and names[index - 1] == "**"):
                parts.append("(?:[^/]+/)*")
        else:
            parts.append(_name(name) + ("" if last else "/"))
    return re.compile("".join(parts), re.DOTALL)


def _name(text: str) -> str:
    """Return the expression of one name. Stars are matched once and for all, so that no name can make it slow."""
    pieces = [_piece(piece) for piece in _split_stars(text)]
    if len(pieces) == 1:
        return pieces[0]
    middle = "".join(f"(?>[^/]*?{piece})" for piece in pieces[1:-1] if piece)
    return f"{pieces[0]}{middle}[^/]*{pieces[-1]}"


def _split_stars(text: str) -> list[str]:
    """Split at stars that are neither escaped nor in brackets."""
    pieces, current, index = [], "", 0
    while index < len(text):
        width = _token(text, index)
        if text[index] == "*":
            pieces.append(current)
            current = ""
        else:
            current += text[index : index + width]
        index += width
    return [*pieces, current]


def _token(text: str, index: int) -> int:
    """Return how many characters of the pattern stand for one at `index`."""
    if text[index] == "\\" and index + 1 < len(text):
        return 2
    if text[index] == "[":
        first = index + 1 + (text[index + 1 : index + 2] in ("!", "^"))
        end = text.find("]", first + 1)
        if end > 0:
            return end - index + 1
    return 1


def _piece(text: str) -> str:
    parts: list[str] = []
    index = 0
    while index < len(text):
        width = _token(text, index)
        item = text[index : index + width]
        if item == "?":
            parts.append("[^/]")
        elif width > 1 and item[0] == "[":
            parts.append(_brackets(item[1:-1]))
        else:
            parts.append(re.escape(item[1:] if width > 1 else item))
        index += width
    return "".join(parts)


def _brackets(inner: str) -> str:
    negated = inner[:1] in ("!", "^")
    body = inner[negated:].replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]").replace("^", "\\^")
    body = re.sub(r"([&~|])", r"\\\1", body).replace("--", "-\\-")  # two signs in a row are kept for other uses
    expression = f"(?!/)[{'^' if negated else ''}{body}]"
    try:
        re.compile(expression)
    except re.error:
        return "(?!)"
    return expression


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: re.Pattern[str]
    negated: bool
    folders_only: bool
    by_name: bool


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """The rules of one .gitignore file, for paths relative to its folder."""

    rules: tuple[_Rule, ...]

    def verdict(self, path: str, *, is_folder: bool) -> bool | None:
        """Tell whether `path` is ignored or kept by these rules; None when they do not speak of it."""
        name = path.rpartition("/")[2]
        for rule in reversed(self.rules):
            if rule.folders_only and not is_folder:
                continue
            if rule.pattern.fullmatch(name if rule.by_name else path):
                return not rule.negated
        return None


def parse_ignore(text: str) -> IgnoreRules:
    """Understand a .gitignore file; lines that say nothing are passed over."""
    rules: list[_Rule] = []
    for line in text.splitlines():
        stripped = re.sub(r"(?<!\\) +$", "", line).removesuffix("\r")
        if not stripped or stripped.startswith("#") or len(stripped) > _LONGEST:
            continue
        negated = stripped.startswith("!")
        pattern = stripped[negated:]
        folders_only = pattern.endswith("/")
        pattern = pattern.rstrip("/") if folders_only else pattern
        by_name = "/" not in pattern
        pattern = pattern.removeprefix("/")
        if pattern:
            rules.append(_Rule(_compiled(pattern), negated, folders_only, by_name))
    return IgnoreRules(tuple(rules))


@dataclass(frozen=True, slots=True)
class Ignoring:
    """The rules in effect in a folder: those of every .gitignore from the repository's root down to it.

    `levels` holds for each the path from its folder down to the current one, with a slash at the end unless empty.
    """

    levels: tuple[tuple[str, IgnoreRules], ...] = ()

    def ignores(self, name: str, *, is_folder: bool) -> bool:
        """Tell whether the entry `name` of the current folder is ignored; the nearest rules speak last."""
        for prefix, rules in reversed(self.levels):
            verdict = rules.verdict(prefix + name, is_folder=is_folder)
            if verdict is not None:
                return verdict
        return False

    def below(self, name: str, own: IgnoreRules | None = None) -> "Ignoring":
        """Return the rules in effect in the folder `name` of the current one, whose own rules are `own`."""
        levels = tuple((f"{prefix}{name}/", rules) for prefix, rules in self.levels)
        return Ignoring((*levels, ("", own)) if own else levels)

    def with_own(self, *own: IgnoreRules) -> "Ignoring":
        """Return these rules and the current folder's own."""
        return Ignoring((*self.levels, *(("", rules) for rules in own)))
