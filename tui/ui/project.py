"""What the first line says of the place the program was started in: the project's name and git branch."""

from pathlib import Path
from typing import Final

from tui.core.untrusted import clean_line

_MOST_BYTES: Final = 4096
_SHORT_HASH: Final = 7


def project_name(cwd: Path) -> str:
    """Return the name of the git repository `cwd` is in, or of `cwd` itself."""
    git = _find_git(cwd)
    return clean_line((git.parent if git is not None else cwd).name or "/", 40)


def git_branch(cwd: Path) -> str:
    """Return the branch checked out at `cwd`, seven digits of a detached commit, or "" outside a repository.

    Reads files only, no git is run.
    """
    git = _find_git(cwd)
    if git is None:
        return ""
    try:
        if git.is_file():  # a worktree or submodule: the file says where the repository is
            target = _first_line(git).removeprefix("gitdir:").strip()
            git = git.parent / target
        head = _first_line(git / "HEAD")
    except (OSError, ValueError):
        return ""
    branch = head.removeprefix("ref: refs/heads/")
    return clean_line(branch if branch != head else head[:_SHORT_HASH], 40)


def _find_git(cwd: Path) -> Path | None:
    for folder in (cwd, *cwd.parents):
        try:
            if (folder / ".git").exists():
                return folder / ".git"
        except OSError:
            return None
    return None


def _first_line(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(_MOST_BYTES).decode("utf-8", "replace").partition("\n")[0].strip()
