"""What the tools understand of a call and what the policy judges are the same, under whatever names it is given."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tools.conftest import tool_call
from tests.trust.ground_kit import Project, build_project
from tui.cli_trust import Desk
from tui.core.tool_arguments import ALIASES, ARGUMENTS, EDIT, Kind
from tui.core.trust_rules import COMMAND_TOOLS, FILE_TOOLS
from tui.tools.requests import InvalidCall, Request, Tool
from tui.tools.spec import TOOLS, parse_call
from tui.trust.calls import Call
from tui.trust.shape import Misshape, Shape, command_folder, read_shape

BASE: dict[str, dict[str, Any]] = {
    "read_file": {"path": "README.md", "start_line": 2, "end_line": 3},
    "list_files": {"path": "src", "pattern": "*.py", "depth": 2},
    "search": {"pattern": "x", "path": "src", "glob": "*.py", "ignore_case": True, "literal": True},
    "write_file": {"path": "src/new.py", "content": "x"},
    "edit_file": {"path": "src/a.py", "old": "a", "new": "b", "all": True},
    "delete_file": {"path": "src/a.py"},
    "run_command": {"command": "ls", "cwd": "src", "timeout": 5},
    "run_interactive": {"command": "ls", "cwd": "src"},
}
HOSTILE = {"path": "sub/.env", "command": "cat .env", "cwd": "/etc", "glob": ".env"}
STRICTNESS = ("allow", "ask", "deny")


def renamed() -> Iterator[tuple[str, str, str]]:
    for tool, arguments in BASE.items():
        for name in arguments:
            for alias in ALIASES.get(name, ()):
                yield tool, name, alias


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return build_project(tmp_path_factory.mktemp("arguments"))


def judged(project: Project, tool: str, args: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Return what `trust check` says of a call, and the paths it saw."""
    line = {"tool": tool, "args": args, "cwd": str(project.root), "settings": {"autoApprove": True}}
    verdict = Desk({"HOME": str(project.home)}, project.root).judge(json.loads(json.dumps(line)))
    return str(verdict.decision), verdict.paths


def test_every_tool_is_in_every_table() -> None:
    assert [tool.value for tool in Tool] == list(ARGUMENTS) == [spec.name for spec in TOOLS]
    assert set(ARGUMENTS) == COMMAND_TOOLS | FILE_TOOLS
    for spec in TOOLS:
        properties: Any = spec.parameters["properties"]
        assert list(properties) == list(ARGUMENTS[spec.name])


def test_no_name_means_two_arguments_of_a_tool() -> None:
    for arguments in (*ARGUMENTS.values(), EDIT):
        names = [each for name in arguments for each in (name, *ALIASES.get(name, ()))]
        assert len(names) == len(set(names))
    assert set(ALIASES) <= {name for arguments in ARGUMENTS.values() for name in arguments}


@pytest.mark.parametrize(("tool", "name", "alias"), renamed())
def test_an_alias_is_the_argument_to_both(project: Project, tool: str, name: str, alias: str) -> None:
    plain = BASE[tool]
    for value in (plain[name], HOSTILE.get(name, plain[name])):
        canonical = plain | {name: value}
        other = {alias if each == name else each: told for each, told in canonical.items()}
        first, second = parse_call(tool_call(tool, **canonical)), parse_call(tool_call(tool, **other))
        assert isinstance(first, Request)
        assert isinstance(second, Request)
        assert (first.action, first.arguments) == (second.action, second.arguments)
        told, paths = judged(project, tool, canonical)
        told_other, paths_other = judged(project, tool, other)
        assert paths == paths_other
        assert told_other == told or (name == "cwd" and STRICTNESS.index(told_other) > STRICTNESS.index(told))
        assert told != "allow" or value == plain[name]
        if name == "cwd":
            assert command_folder(Call(tool=tool, args=other, cwd=project.root)) == str(project.root / value)


@pytest.mark.parametrize(("tool", "name", "alias"), renamed())
def test_a_contradiction_is_refused_by_both(project: Project, tool: str, name: str, alias: str) -> None:
    args = BASE[tool] | {alias: 7 if isinstance(BASE[tool][name], int) else "other"}
    refused = parse_call(tool_call(tool, **args))
    assert isinstance(refused, InvalidCall)
    assert "mean the same and differ" in refused.text
    assert judged(project, tool, args)[0] == "deny"


def test_a_contradiction_within_an_edit_is_refused_by_both(project: Project) -> None:
    args = {"path": "src/a.py", "edits": [{"old": "a", "new": "b", "new_text": "c"}]}
    assert isinstance(parse_call(tool_call("edit_file", **args)), InvalidCall)
    assert judged(project, "edit_file", args)[0] == "deny"


@pytest.mark.parametrize(("tool", "name"), [("read_file", "path"), ("search", "path"), ("run_command", "cwd")])
def test_a_path_too_long_for_the_system_is_refused_by_both(project: Project, tool: str, name: str) -> None:
    args = BASE[tool] | {name: "a/" * 2_049}
    assert isinstance(parse_call(tool_call(tool, **args)), InvalidCall)
    assert judged(project, tool, args)[0] == "deny"


VALUES: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.TEXT: st.sampled_from(["a", "b", ".env", "src", "*.py", None]),
    Kind.WHOLE: st.sampled_from([1, 2, None]),
    Kind.NUMBER: st.sampled_from([1, 2.5, None]),
    Kind.FLAG: st.sampled_from([True, False, None]),
    Kind.EDITS: st.lists(
        st.fixed_dictionaries({"old": st.just("a"), "new_string": st.sampled_from(["b", "c"])}), max_size=2
    ),
}
NAMES = sorted({*ALIASES, *(each for aliases in ALIASES.values() for each in aliases), "description", "shell", "env"})


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """Draw calls that are nearly right: arguments under any of their names, sometimes twice, sometimes strange ones."""
    tool = draw(st.sampled_from(list(ARGUMENTS)))
    args: dict[str, Any] = {}
    for name, argument in ARGUMENTS[tool].items():
        spelled = st.sampled_from((name, *ALIASES.get(name, ())))
        for each in draw(st.lists(spelled, min_size=int(argument.needed), max_size=2)):
            args[each] = draw(VALUES[argument.kind])
    for name in draw(st.lists(st.sampled_from(NAMES), max_size=1)):
        args.setdefault(name, draw(VALUES[Kind.TEXT]))
    return tool, args


@settings(max_examples=1_000)
@given(calls())
def test_what_the_tools_understand_the_policy_understood_the_same(drawn: tuple[str, dict[str, Any]]) -> None:
    tool, args = drawn
    request = parse_call(tool_call(tool, **args))
    shape = read_shape(Call(tool=tool, args=args, cwd=Path("/p")))
    if isinstance(request, InvalidCall):
        return
    assert not isinstance(shape, Misshape), shape.reason
    again = read_shape(Call(tool=tool, args=request.arguments, cwd=Path("/p")))
    assert isinstance(again, Shape)
    assert again.edits == shape.edits
    canonical = {name: value for name, value in shape.args.items() if name != "edits"}
    assert {name: value for name, value in request.arguments.items() if name != "edits"} == canonical
