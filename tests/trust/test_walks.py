"""Looking below folders: what a search would read, also where rules for ignoring say so, at a bounded cost."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.trust.ground_kit import Project, build_project
from tui.config.model_work import TrustConfig
from tui.trust import walks
from tui.trust.calls import DiskView

SEARCH = TrustConfig(
    auto_approve=True, allowed_commands=("rg", "grep", "cat"), forbidden_paths=(".env", ".git", "*.pem")
)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return build_project(tmp_path, SEARCH)


@pytest.mark.parametrize("name", [".ignore", ".rgignore", ".gitignore"])
@pytest.mark.parametrize("rule", ["!.env", "!.e*", "!**/.env", "!*", " !x\n!.env "])
@pytest.mark.parametrize("command", ["rg KEY", "rg KEY sub", "rg KEY sub/deep", "rg KEY ."])
def test_a_rule_that_brings_in_what_is_hidden_asks_at_any_depth(
    project: Project, name: str, rule: str, command: str
) -> None:
    assert project.run(command).decision == "allow"
    (project.root / "sub" / name).write_text(rule + "\n")
    assert project.run(command).decision == "ask"
    assert project.run("rg KEY src").decision == "allow"


def test_a_folder_the_project_ignores_is_not_walked(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walks, "MOST_WALKED", 100)
    modules = project.root / "node_modules"
    for number in range(120):
        (modules / f"m{number}").mkdir(parents=True)
    (modules / "key.pem").touch()
    assert project.run("rg x").decision == "ask"
    (project.root / ".gitignore").write_text("node_modules/\n")
    assert project.run("rg x").decision == "allow"
    assert project.run("rg -g '*.js' x").decision == "allow"
    for command in ("rg -g 'node_modules/**' x", "rg -g '{a,node_*}' x", "rg x node_modules", "grep -r x ."):
        assert project.run(command).decision == "ask", command
    (project.root / ".gitignore").write_text("node_modules/\n!node_modules\n")
    assert project.run("rg x").decision == "ask"


def test_rules_of_a_place_that_is_no_repository_are_not_obeyed(project: Project) -> None:
    (project.root / "data").mkdir()
    (project.root / "data" / "key.pem").touch()
    (project.root / ".gitignore").write_text("data\n")
    assert project.run("rg x").decision == "allow"
    (project.root / ".git").rename(project.root / "moved")
    assert project.run("rg x").decision == "ask"


@pytest.mark.parametrize(
    ("options", "decision"),
    [
        ("", "ask"),
        ("--exclude-dir=.git", "ask"),
        ("--exclude=.env", "ask"),
        ("--exclude-dir=.git --exclude=.env", "allow"),
        ("--exclude-dir .g* --exclude .env", "allow"),
        ("--exclude-dir='.*' --exclude='.*'", "allow"),
        ("--exclude-dir=.git --exclude-dir=deep --exclude=.env", "allow"),
        ("--exclude-dir=.git --exclude=.env --include='*.py'", "allow"),
        ("--exclude-dir=.git --exclude=.env --include='.e*'", "ask"),
        ("--exclude-dir=.git --include='*.py'", "ask"),
        ("--exclude-dir=.git --exclude=.env --include=.env", "deny"),
        ("--exclude-dir=.git/ --exclude=.env", "ask"),
        ("--exclude-dir=.git --exclude=/.env", "ask"),
        ("--exclude-dir=.git --exclude=.ENV", "ask"),
        ("--exclude-dir=.env --exclude=.git", "ask"),
        ("--exclude-dir=.git --exclude=.env -f .env", "deny"),
    ],
)
def test_what_grep_is_told_to_leave_out_is_not_read(project: Project, options: str, decision: str) -> None:
    assert project.run(f"grep -rn KEY . {options}").decision == decision
    assert project.run(f"grep {options} -rn KEY").decision == decision


@pytest.mark.parametrize(
    ("command", "decision"),
    [
        ("rg KEY", "ask"),
        ("cat README.md | rg KEY", "allow"),
        ("cat README.md |& rg -n -e KEY", "allow"),
        ("rg --files | rg py | rg KEY", "allow"),
        ("cat README.md | rg KEY .", "ask"),
        ("cat README.md | rg KEY sub", "ask"),
        ("cat README.md | rg KEY < /dev/null", "ask"),
        ("cat README.md | rg KEY <&2", "ask"),
        ("cat README.md | rg -f - ", "ask"),
        ("cat README.md || rg KEY", "ask"),
        ("cat README.md; rg KEY", "ask"),
        ("cat README.md | cat\nrg KEY", "ask"),
        ("cat README.md | grep -r KEY", "ask"),
        ("cat README.md | rg KEY && rg KEY", "ask"),
    ],
)
def test_a_search_that_is_fed_reads_no_file(project: Project, command: str, decision: str) -> None:
    (project.root / "sub" / "key.pem").touch()
    assert project.run(command).decision == decision


class CountingView(DiskView):
    """A real file system that counts how many folders were listed."""

    listed = 0

    def names(self, folder: str) -> tuple[tuple[str, bool], ...]:
        self.listed += 1
        return super().names(folder)


def test_many_operands_cost_one_walk(project: Project) -> None:
    for number in range(40):
        (project.root / "many" / f"d{number}").mkdir(parents=True)
    os.link(project.root / "README.md", project.root / "twice")
    for one, many in (("rg x .", "rg x" + " . src many" * 100), ("cat twice", "cat" + " twice" * 300)):
        counts = []
        for command in (one, many):
            view = CountingView({"PATH": "/usr/bin:/bin"})
            assert replace(project, view=view).run(command).decision == "allow"
            counts.append(view.listed)
        assert 40 < counts[0] == counts[1], counts


def test_patterns_that_match_very_many_files_are_looked_up_a_few_times(project: Project) -> None:
    for number in range(30):
        (project.root / "many" / f"d{number}").mkdir(parents=True)
        for other in range(20):
            (project.root / "many" / f"d{number}" / f"long-name-{other}").touch()
    counts = []
    for times in (1, 80):
        view = CountingView({"PATH": "/usr/bin:/bin"})
        command = "cat " + " ".join(f"*/*/*{'?' * (number % 9)}" for number in range(times))
        assert replace(project, view=view).run(command).decision == "ask"
        counts.append(view.listed)
    assert counts[1] <= 5 * counts[0], counts
