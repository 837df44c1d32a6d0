"""Grants of a session: exactly what was shown, and never more."""

from typing import Any

import pytest

from tests.trust.ground_kit import Project, build_project
from tui.trust.calls import Call
from tui.trust.grants import Grants


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return build_project(tmp_path_factory.mktemp("grants"))


def call(project: Project, tool: str, **args: Any) -> Call:
    return Call(tool=tool, args=args, cwd=project.root)


def grants_for(project: Project, first: Call) -> Grants:
    grants = Grants()
    assert grants.add(project.ask(first.tool, first.args), first)
    return grants


def test_the_same_words_in_the_same_folder_are_granted(project: Project) -> None:
    grants = grants_for(project, call(project, "run_command", command="make all"))
    for command, cwd, granted in (
        ("make all", None, True),
        ("make  'all'", None, True),
        ("make all", ".", True),
        ("make all", "src", False),
        ("make all x", None, False),
        ("make", None, False),
        ("make all; ls", None, False),
        ("make all > x", None, False),
        ("X=1 make all", None, False),
    ):
        again = call(project, "run_command", command=command, **({"cwd": cwd} if cwd else {}))
        assert grants.allows(again, project.ask(again.tool, again.args)) is granted, (command, cwd)


def test_the_same_file_is_granted_however_it_is_written(project: Project) -> None:
    grants = grants_for(project, call(project, "write_file", path="package.json", content="1"))
    for tool, path, granted in (
        ("write_file", "package.json", True),
        ("write_file", "./src/../package.json", True),
        ("write_file", "setup.cfg", False),
        ("edit_file", "package.json", False),
        ("delete_file", "package.json", False),
    ):
        again = call(project, tool, path=path, content="2", old="a", new="b")
        assert grants.allows(again, project.ask(tool, again.args)) is granted, (tool, path)


@pytest.mark.parametrize(
    "command",
    [
        "make a; make b", "make a | tee", "rm -rf src", "git reset --hard", "git push", "sh -c 'make'", "python -c 'x'",
        "bash x.sh -c y", "node -e 1", "make > x", "make *.c", "make $x", "X=1 make", "cat <<E\na\nE", "find . -delete",
        "cat .env", "sudo rm x", "env -S 'a b'",
    ],
)  # fmt: skip
def test_some_commands_can_be_allowed_only_once(project: Project, command: str) -> None:
    asked = call(project, "run_command", command=command)
    verdict = project.ask("run_command", asked.args)
    assert not verdict.grant
    assert not Grants().add(verdict, asked)


@pytest.mark.parametrize(("tool", "path"), [("delete_file", "README.md"), ("list_files", ".."), ("read_file", ".env")])
def test_some_file_calls_can_be_allowed_only_once(project: Project, tool: str, path: str) -> None:
    asked = call(project, tool, path=path)
    assert not Grants().add(project.ask(tool, asked.args), asked)


def test_a_refusal_beats_a_grant(project: Project) -> None:
    first = call(project, "write_file", path="package.json", content="1")
    grants = grants_for(project, first)
    large = call(project, "write_file", path="package.json", content="x" * 2_000_000)
    assert not grants.allows(large, project.ask("write_file", large.args))


def test_grants_can_be_forgotten(project: Project) -> None:
    first = call(project, "run_command", command="make all")
    grants = grants_for(project, first)
    grants.clear()
    assert not grants.allows(first, project.ask("run_command", first.args))
