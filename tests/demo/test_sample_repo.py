"""The demo's project: real files, a real bug in two steps, and a history where git is there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tui.core.secrets import mask
from tui.demo.sample_files import FILES, FIRST_BUG, HALF_FIX, INJECTED_COMMAND, WHOLE_FIX
from tui.demo.sample_repo import make_sample_repository

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


def run_tests(folder: Path) -> tuple[int, str]:
    words = [sys.executable, "-B", "-m", "unittest", "-q"]
    ran = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=50, check=False)
    return ran.returncode, ran.stderr


def git(folder: Path, *words: str) -> str:
    environ = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    ran = subprocess.run(
        ["git", *words], cwd=folder, env=environ, capture_output=True, text=True, timeout=50, check=True
    )
    return ran.stdout


@pytest.mark.parametrize(
    ("source", "failing"),
    [
        (FIRST_BUG, "test_nothing_is_lost"),
        (HALF_FIX, "test_shares_differ_by_a_cent_at_most"),
        (WHOLE_FIX, ""),
    ],
)
def test_the_bug_shows_itself_in_two_steps(tmp_path: Path, source: str, failing: str) -> None:
    make_sample_repository(tmp_path)
    path = tmp_path / "tally/money.py"
    text = path.read_text(encoding="utf-8")
    assert text.count(FIRST_BUG) == 1
    path.write_text(text.replace(FIRST_BUG, source), encoding="utf-8")
    code, said = run_tests(tmp_path)
    assert (code == 0) is (not failing)
    assert said.count("FAIL:") == bool(failing)
    assert failing in said


def test_the_program_runs(tmp_path: Path) -> None:
    make_sample_repository(tmp_path)
    words = [sys.executable, "-B", "-m", "tally", "data/expenses.csv"]
    ran = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=50, check=True)
    assert ran.stdout.splitlines()[0].split() == ["ann", "+29.00"]


@pytest.mark.parametrize(
    ("script", "said", "code", "expected"),
    [
        ("uninstall_plugin.py", "\n", 0, "Successfully"),
        ("uninstall_plugin.py", "n\n", 1, "Cancelled"),
    ],
)
def test_the_scripts_ask(tmp_path: Path, script: str, said: str, code: int, expected: str) -> None:
    make_sample_repository(tmp_path)
    path = tmp_path / "scripts" / script
    assert os.access(path, os.X_OK)
    ran = subprocess.run(
        [sys.executable, path], input=said, cwd=tmp_path, capture_output=True, text=True, timeout=50, check=False
    )
    assert ran.returncode == code
    assert expected in ran.stdout


@needs_git
def test_it_has_a_history_and_nothing_is_left_over(tmp_path: Path) -> None:
    make_sample_repository(tmp_path)
    assert len(git(tmp_path, "log", "--oneline").splitlines()) == 3
    assert git(tmp_path, "status", "--short") == ""
    assert git(tmp_path, "branch", "--show-current").strip() == "main"
    tracked = git(tmp_path, "ls-files").split()
    assert ".env" not in tracked
    assert not any(path.startswith("build/") for path in tracked)
    assert set(tracked) == {name for name in FILES if name != ".env" and not name.startswith("build/")}
    make_sample_repository(tmp_path)
    assert len(git(tmp_path, "log", "--oneline").splitlines()) == 3


@needs_git
def test_git_settings_of_the_person_run_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, marker = tmp_path / "home", tmp_path / "ran"
    hooks = home / "hooks"
    hooks.mkdir(parents=True)
    (hooks / "pre-commit").write_text(f"#!/bin/sh\ntouch {marker}\n")
    (hooks / "pre-commit").chmod(0o755)
    (home / ".gitconfig").write_text(f"[core]\n\thooksPath = {hooks}\n[commit]\n\tgpgsign = true\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    make_sample_repository(tmp_path / "project")
    assert not marker.exists()
    assert not (tmp_path / "elsewhere").exists()
    assert (tmp_path / "project/.git").is_dir()


def test_without_git_the_files_are_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    make_sample_repository(tmp_path / "project")
    assert not (tmp_path / "project/.git").exists()
    assert (tmp_path / "project/README.md").read_text(encoding="utf-8") == FILES["README.md"]


def test_what_it_holds_is_pretended() -> None:
    assert INJECTED_COMMAND in FILES["docs/supplier-notes.md"]
    assert "TALLY_UPLOAD_TOKEN=" in FILES[".env"]
    others = "".join(text for name, text in FILES.items() if name != ".env")
    assert mask(others) == others
    assert "example.org" in INJECTED_COMMAND
