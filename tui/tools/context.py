"""Facts about the repository for the system prompt: what a person would look at first, and no secrets.

Only for folders the person trusts: all of it is text of the project's own files. Its instructions for agents go to the
models as they are, the rest as data.
"""

import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tui.core.git_safety import git_command, safe_environment
from tui.core.secrets import mask
from tui.core.untrusted import clean, clean_line
from tui.tools.listing import Walker, listing
from tui.tools.opening import load
from tui.tools.textfile import BinaryFileError, decode

_GIT_SECONDS: Final = 5.0
_INSTRUCTIONS: Final = ("AGENTS.md", "CLAUDE.md", "GEMINI.md")
_READMES: Final = ("README.md", "README.rst", "README.txt", "README")
_MANIFESTS: Final = (
    "pyproject.toml", "package.json", "Cargo.toml", "go.mod", "pom.xml", "build.gradle", "build.gradle.kts",
    "composer.json", "Gemfile", "mix.exs", "CMakeLists.txt", "setup.py", "Makefile",
)  # fmt: skip
_LARGEST: Final = 1_000_000
_TREE_ENTRIES: Final = 200
_TREE_DEPTH: Final = 3
_COMMITS: Final = 5
# What each part may take of the whole; what one leaves unused is not given to others, so that facts stay comparable.
_SHARES: Final = {"git": 0.15, "instructions": 0.35, "manifest": 0.12, "readme": 0.18, "tree": 0.2}


def repository_facts(
    root: Path,
    limit: int,
    *,
    allowed: Callable[[Path], bool],
    mark: Callable[[str], str] = str,
    environ: Mapping[str, str] | None = None,
) -> str:
    """Return facts about the project `root` in at most `limit` characters. Blocking; never raises.

    They are the state of git, instructions for agents (the nearest AGENTS.md, else CLAUDE.md, else GEMINI.md, from the
    project up to the root of its repository), the manifest, the beginning of the README, and the files. Paths
    `allowed` says no to are left out; secrets are masked. What is no instruction goes through `mark`, which may make it
    longer.
    """
    facts = _Facts(Path(os.path.realpath(root)), limit, allowed, os.environ if environ is None else environ)
    top = facts.top()
    told = [f"Project folder: {clean_line(str(facts.root))}", facts.instructions(top)]
    found = [
        facts.git(top),
        facts.first_of(_MANIFESTS, "Manifest", "manifest"),
        facts.first_of(_READMES, "Read me", "readme"),
        facts.tree(),
    ]
    first, rest = (mask(clean("\n\n".join(filter(None, parts)))) for parts in (told, found))
    rest = rest[: max(0, limit - len(first) - 2)]
    return f"{first}\n\n{mark(rest)}" if rest else first[:limit]


@dataclass(frozen=True, slots=True)
class _Facts:
    root: Path
    limit: int
    allowed: Callable[[Path], bool]
    environ: Mapping[str, str]

    def top(self) -> Path | None:
        """Return the root of the repository the project lies in, None outside of one."""
        return next((path for path in (self.root, *self.root.parents) if os.path.lexists(path / ".git")), None)

    def git(self, top: Path | None) -> str:
        """Return branch, changed files and the last commits."""
        if top is None:
            return "Not a git repository."
        environment = safe_environment(self.environ, self.root)
        status = self._git(environment, "status", "--porcelain=v1", "-z", "--branch", "--untracked-files=normal")
        if status is None:
            return "A git repository, of which git tells nothing."
        branch, *entries = [entry for entry in status.split("\0") if entry] or [""]
        changed = self._changed(entries, top)
        lines = [f"Git branch: {clean_line(branch.removeprefix('## '))}"]
        lines += [f"Changed files ({len(changed)}):", *changed] if changed else ["No changed files."]
        log = self._git(environment, "log", f"-{_COMMITS}", "--format=%h %s") or ""
        commits = [clean_line(line, 100) for line in log.splitlines()]
        kept = _fitting(lines, self._share("git") - sum(map(len, commits)), "git status")
        return "\n".join([*kept, *(["Last commits:", *commits] if commits else [])])

    def _changed(self, entries: list[str], top: Path) -> list[str]:
        """Return the lines of changed files; the old name of a renamed one is passed over."""
        lines: list[str] = []
        waiting = iter(entries)
        for entry in waiting:
            if entry[:1] in "RC":
                next(waiting, None)
            if self.allowed(top / entry[3:]):
                lines.append(f"{entry[:2]} {clean_line(entry[3:])}")
        return lines

    def _git(self, environment: Mapping[str, str], *words: str) -> str | None:
        try:
            done = subprocess.run(  # noqa: S603 - words of our own; the environment keeps git from starting anything
                git_command(*words),
                cwd=self.root,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=_GIT_SECONDS,
                check=False,
            )
        except (OSError, subprocess.SubprocessError):
            return None
        return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None

    def instructions(self, top: Path | None) -> str:
        """Return the nearest file of instructions for agents, whole as far as it fits."""
        folders = [self.root, *self.root.parents]
        for folder in folders[: folders.index(top) + 1] if top else folders[:1]:
            for name in _INSTRUCTIONS:
                if text := self._text(folder / name, top or self.root):
                    return self._section(f"Instructions for agents, from {folder / name}", text, "instructions", name)
        return ""

    def first_of(self, names: tuple[str, ...], title: str, share: str) -> str:
        """Return the first of the files that is there, as far as it fits."""
        for name in names:
            if text := self._text(self.root / name, self.root):
                return self._section(f"{title}, from {name}", text, share, name)
        return ""

    def tree(self) -> str:
        """Return the files of the project, the upper levels first when not all fit."""
        walker = Walker(self.root, self.allowed, depth=_TREE_DEPTH)
        paths, complete = listing(walker, None, "", most=_TREE_ENTRIES)
        kept = _fitting([clean_line(path) for path in paths], self._share("tree"), "list_files")
        more = [] if complete else [f"[the first {_TREE_ENTRIES}; more by list_files]"]
        return "\n".join([f"Files to a depth of {_TREE_DEPTH}, without ignored ones:", *kept, *more])

    def _section(self, title: str, text: str, share: str, name: str) -> str:
        return "\n".join([f"{title}:", *_fitting(text.rstrip().split("\n"), self._share(share), f"read_file {name}")])

    def _text(self, path: Path, within: Path) -> str:
        """Return the text of a file; of a link, only when it stays inside and leads to nothing forbidden."""
        real = Path(os.path.realpath(path))
        try:
            if not (real.is_relative_to(within) and self.allowed(path) and self.allowed(real)):
                return ""
            if real.stat().st_size > _LARGEST:
                return ""
            return decode(load(real)[0]).lines
        except (OSError, BinaryFileError):
            return ""

    def _share(self, name: str) -> int:
        return int(self.limit * _SHARES[name])


def _fitting(lines: list[str], characters: int, rest: str) -> list[str]:
    """Return the first lines that fit, and a note of how to get the rest."""
    for index, line in enumerate(lines):
        characters -= len(line) + 1
        if characters < 0:
            return [*lines[:index], f"[{len(lines) - index} more lines: {rest}]"]
    return lines
