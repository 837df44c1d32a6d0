"""Globs that choose files, and .gitignore rules, over relative paths with slashes. Pure."""

import re
from dataclasses import dataclass
from typing import Final

from tui.core.globs import compile_glob, expand_braces

_LONGEST: Final = 1_000
_MOST_ALTERNATIVES: Final = 64


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
    alternatives, complete = expand_braces(text, _MOST_ALTERNATIVES)
    if not complete:
        raise GlobError(f"the glob has more than {_MOST_ALTERNATIVES} alternatives")
    patterns = tuple(compile_glob(one.removeprefix("/")) for one in alternatives)
    return Glob(patterns, "/" not in text)


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
            rules.append(_Rule(compile_glob(pattern), negated, folders_only, by_name))
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
