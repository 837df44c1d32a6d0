"""A small project for the demo's models to work on: real files with a real bug, and a history when git is there."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tui.demo import sample_files

_GIT_TIMEOUT_S: Final = 20.0
_IDENTITY: Final = {
    "GIT_AUTHOR_NAME": "Tally Demo",
    "GIT_AUTHOR_EMAIL": "demo@example.org",
    "GIT_COMMITTER_NAME": "Tally Demo",
    "GIT_COMMITTER_EMAIL": "demo@example.org",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
}
_COMMITS: Final = (
    ("2026-03-02T09:00:00+00:00", "Add up expenses by person", ("README.md", ".gitignore", "pyproject.toml", "tally")),
    ("2026-03-09T09:00:00+00:00", "Test shares and reports", ("tests", "data")),
    ("2026-03-16T09:00:00+00:00", "Add scripts and supplier notes", ("scripts", "docs")),
)


def make_sample_repository(folder: Path) -> None:
    """Write the project into `folder`, which is created, and give it a history when git works.

    What is in the folder already is overwritten where the project has a file of that name. Raises OSError when the
    files cannot be written; a git that is missing or fails leaves a folder without a history.
    """
    for name, text in sample_files.FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        if name.startswith("scripts/"):
            path.chmod(0o755)
    if not (folder / ".git").exists():
        _commit_all(folder)


def _commit_all(folder: Path) -> None:
    import subprocess

    from tui.core.git_safety import git_command, git_environment

    environ = {**git_environment(os.environ), **_IDENTITY}

    def git(*words: str, more: Mapping[str, str] = {}) -> None:
        subprocess.run(  # noqa: S603 - words of our own
            git_command(*words),
            cwd=folder,
            env={**environ, **more},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_GIT_TIMEOUT_S,
            check=True,
        )

    try:
        git("init", "--quiet", "--template=", "--initial-branch=main", ".")
        for date, subject, paths in _COMMITS:
            dates = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
            git("add", "--", *paths)
            git("commit", "--quiet", "--no-verify", "--no-gpg-sign", "-m", subject, more=dates)
    except (OSError, subprocess.SubprocessError):
        return
