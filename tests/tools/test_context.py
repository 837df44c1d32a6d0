"""Facts about a repository: bounded, masked, and obtained without obeying it."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.tools.conftest import Bench
from tui.tools.context import repository_facts

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def facts(root: Path, limit: int = 8000, *forbidden: str) -> str:
    return repository_facts(root, limit, allowed=lambda path: not set(path.parts) & set(forbidden))


def git(root: Path, *words: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.invalid", "-c", "init.defaultBranch=trunk")
    subprocess.run(["git", *identity, *words], cwd=root, check=True, capture_output=True)


@needs_git
def test_a_repository(bench: Bench) -> None:
    git(bench.root, "init", "-q")
    bench.write("README.md", "# Sample\n\nWhat it is.\n")
    bench.write("pyproject.toml", '[project]\nname = "sample"\n')
    bench.write("src/a.py", "x\n")
    bench.write(".gitignore", "*.log\n")
    bench.write("junk.log", "x\n")
    git(bench.root, "add", ".")
    git(bench.root, "commit", "-q", "-m", "Begin the sample")
    bench.write("src/b c.py", "y\n")
    bench.write("src/a.py", "changed\n")
    bench.write(".env", "x\n")
    git(bench.root, "mv", "README.md", "README.txt")
    text = facts(bench.root, 8000, ".env")
    for expected in (
        f"Project folder: {bench.root}",
        "Git branch: trunk",
        "Changed files (3):",
        "R  README.txt",
        " M src/a.py",
        "?? src/b c.py",
        "Begin the sample",
        'name = "sample"',
        "# Sample",
        "src/a.py",
    ):
        assert expected in text, expected
    for unexpected in ("junk.log", ".env", ".git/"):
        assert unexpected not in text, unexpected


@needs_git
def test_a_hostile_repository_runs_nothing(bench: Bench, tmp_path: Path) -> None:
    git(bench.root, "init", "-q")
    bench.write("f", "x\n")
    git(bench.root, "add", ".")
    git(bench.root, "commit", "-q", "-m", "x")
    canary = tmp_path / "canary"
    script = tmp_path / "evil.sh"
    script.write_text(f"#!/bin/sh\ntouch '{canary}'\ncat\n")
    script.chmod(0o755)
    bench.write(".gitattributes", "* filter=evil diff=evil\n")
    for key in ("core.fsmonitor", "filter.evil.clean", "diff.evil.textconv", "diff.external", "core.pager"):
        git(bench.root, "config", key, str(script))
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    shutil.copy(script, hooks / "post-index-change")
    git(bench.root, "config", "core.hooksPath", str(hooks))
    bench.write("f", "y\n")
    assert "?? .gitattributes" in facts(bench.root)
    assert not canary.exists()


def test_a_plain_folder(bench: Bench) -> None:
    bench.write("a.txt", "x")
    text = facts(bench.root)
    assert "Not a git repository." in text
    assert "a.txt" in text


@pytest.mark.parametrize(
    ("files", "source"),
    [
        (["AGENTS.md", "CLAUDE.md"], "AGENTS.md"),
        (["CLAUDE.md", "GEMINI.md"], "CLAUDE.md"),
        (["GEMINI.md"], "GEMINI.md"),
        (["../AGENTS.md", "GEMINI.md"], "GEMINI.md"),
        (["../AGENTS.md"], "../AGENTS.md"),
        (["../../AGENTS.md"], None),
    ],
)
def test_the_nearest_instructions(tmp_path: Path, files: list[str], source: str | None) -> None:
    top = tmp_path.resolve() / "top"
    root = top / "package"
    (top / ".git").mkdir(parents=True)
    root.mkdir()
    for name in files:
        (root / name).write_text(f"from {name}\n")
    text = facts(root)
    if source is None:
        assert "Instructions for agents" not in text
    else:
        assert f"from {source}\n" in text
        assert text.count("\nfrom ") == 1


def test_links_that_lead_outside_or_to_forbidden_files(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "outside.md").write_text("stolen")
    (bench.root / "AGENTS.md").symlink_to(tmp_path / "outside.md")
    bench.write(".env", "hidden")
    (bench.root / "README.md").symlink_to(".env")
    bench.write("REAL.md", "followed")
    (bench.root / "CLAUDE.md").symlink_to("REAL.md")
    text = facts(bench.root, 8000, ".env")
    assert "stolen" not in text
    assert "hidden" not in text
    assert "followed" in text


def test_secrets_are_masked_and_controls_shown(bench: Bench) -> None:
    key = "sk-ant-" + "api03-" + "Zq8vT2LmX4nR7pWcY1bK9dHs" * 4
    bench.write("README.md", f"key {key}\n\x1b]52;c;x\x07\n")
    text = facts(bench.root)
    assert key not in text
    assert "\x1b" not in text


@pytest.mark.parametrize("limit", [300, 2000, 8000])
def test_bounded(bench: Bench, limit: int) -> None:
    bench.write("README.md", "word " * 20 + "\n" * 3000)
    bench.write("AGENTS.md", "rule\n" * 5000)
    for number in range(300):
        bench.write(f"folder{number % 20}/file{number}", "")
    text = facts(bench.root, limit)
    assert len(text) <= limit
    if limit > 1000:
        assert "more lines: read_file AGENTS.md]" in text
        assert "more lines: list_files]" in text or "more by list_files]" in text
