"""The project's name and branch, read from files alone."""

from pathlib import Path

import pytest

from tui.ui.project import git_branch, project_name


def repository(folder: Path, head: bytes) -> Path:
    (folder / ".git").mkdir(parents=True)
    (folder / ".git" / "HEAD").write_bytes(head)
    return folder


@pytest.mark.parametrize(
    ("head", "branch"),
    [
        (b"ref: refs/heads/main\n", "main"),
        (b"ref: refs/heads/feature/x\n", "feature/x"),
        (b"0123456789abcdef0123456789abcdef01234567\n", "0123456"),
        (b"", ""),
        (b"ref: refs/heads/\x1b[31mred\n", "␛[31mred"),
        (b"\xff\xfe", "\ufffd\ufffd"),
    ],
)
def test_branch(tmp_path: Path, head: bytes, branch: str) -> None:
    assert git_branch(repository(tmp_path / "repo", head)) == branch


def test_a_folder_inside_a_repository_belongs_to_it(tmp_path: Path) -> None:
    inner = repository(tmp_path / "repo", b"ref: refs/heads/main\n") / "a" / "b"
    inner.mkdir(parents=True)
    assert project_name(inner) == "repo"
    assert git_branch(inner) == "main"


def test_a_worktree_points_at_its_repository(tmp_path: Path) -> None:
    repo = repository(tmp_path / "repo", b"ref: refs/heads/main\n")
    own = repo / ".git" / "worktrees" / "w"
    own.mkdir(parents=True)
    (own / "HEAD").write_text("ref: refs/heads/side\n")
    tree = tmp_path / "w"
    tree.mkdir()
    (tree / ".git").write_text(f"gitdir: {own}\n")
    assert git_branch(tree) == "side"


def test_outside_a_repository(tmp_path: Path) -> None:
    assert project_name(tmp_path) == tmp_path.name
    assert git_branch(tmp_path) == ""


def test_a_broken_repository_has_no_branch(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: /nowhere/at/all\n")
    assert git_branch(tmp_path) == ""
