"""What models may call, and how their calls are understood."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.conftest import request, tool_call
from tui.core.chat import ToolCall
from tui.tools.requests import (
    Edit,
    EditFile,
    InvalidCall,
    ListFiles,
    ReadFile,
    Request,
    RunCommand,
    Search,
    Tool,
    WriteFile,
)
from tui.tools.spec import TOOLS, parse_call

PORTABLE = {"type", "description", "properties", "required", "items"}


def schemas(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield schema
    for below in schema.get("properties", {}).values():
        yield from schemas(below)
    if "items" in schema:
        yield from schemas(schema["items"])


@pytest.mark.parametrize("spec", TOOLS, ids=lambda spec: spec.name)
def test_schemas_use_only_what_every_vendor_takes(spec: Any) -> None:
    assert spec.name in set(Tool)
    assert 40 < len(spec.description) < 1000
    for schema in schemas(spec.parameters):
        assert set(schema) <= PORTABLE
        assert schema["type"] in {"object", "string", "integer", "number", "boolean", "array"}
        if schema["type"] == "object":
            assert set(schema["required"]) <= set(schema["properties"])
            assert all(below.get("description") for below in schema["properties"].values())


def test_every_tool_is_offered_once() -> None:
    assert [spec.name for spec in TOOLS] == [tool.value for tool in Tool]


@pytest.mark.parametrize(
    ("call", "action"),
    [
        (tool_call("read_file", path="a"), ReadFile(path="a")),
        (
            tool_call("read_file", file_path="a", start_line=2.0, end_line=3),
            ReadFile(path="a", start_line=2, end_line=3),
        ),
        (tool_call("read_file", path="a", start_line=None), ReadFile(path="a")),
        (tool_call("list_files"), ListFiles()),
        (tool_call("list_files", path="", pattern=""), ListFiles()),
        (tool_call("list_files", path="src", depth=1), ListFiles(path="src", depth=1)),
        (tool_call("search", pattern="x", literal=True), Search(pattern="x", literal=True)),
        (tool_call("write_file", path="a", text=""), WriteFile(path="a", content="")),
        (tool_call("edit_file", path="a", old="x", new=""), EditFile(path="a", edits=(Edit(old="x", new=""),))),
        (
            tool_call("edit_file", file_path="a", old_string="x", new_string="y", replace_all=True),
            EditFile(path="a", edits=(Edit(old="x", new="y", all=True),)),
        ),
        (
            tool_call("edit_file", path="a", edits=[{"old_text": "x", "new_text": "y"}, {"old": "b", "new": "c"}]),
            EditFile(path="a", edits=(Edit(old="x", new="y"), Edit(old="b", new="c"))),
        ),
        (tool_call("run_command", cmd="ls", timeout=5), RunCommand(command="ls", timeout=5.0)),
        (tool_call("run_command", command="ls", description="list"), RunCommand(command="ls")),
    ],
)
def test_understood(call: ToolCall, action: Any) -> None:
    parsed = parse_call(call)
    assert isinstance(parsed, Request), parsed.text
    assert parsed.action == action
    assert parsed.call_id == "call_1"


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (tool_call("rm"), "There is no tool 'rm'. The tools are: read_file,"),
        (ToolCall(id="c", name="read_file", arguments="{", parsed=None), "not a JSON object"),
        (tool_call("read_file"), "`path` is missing"),
        (tool_call("read_file", path=""), "`path` is empty"),
        (tool_call("read_file", path=5), "`path` must be a string, not a number"),
        (tool_call("read_file", path=["a"]), "`path` must be a string, not a list"),
        (tool_call("read_file", path="a\0b"), "NUL"),
        (tool_call("read_file", path="a\nb"), "line break"),
        (tool_call("read_file", path="a" * 5000), "longer than 4096"),
        (tool_call("read_file", path="\ud800"), "lone surrogate"),
        (tool_call("read_file", path="a", start_line="1"), "`start_line` must be a whole number, not a string"),
        (tool_call("read_file", path="a", start_line=True), "not a boolean"),
        (tool_call("read_file", path="a", start_line=1.5), "whole number"),
        (tool_call("read_file", path="a", start_line=math.inf), "whole number"),
        (tool_call("read_file", path="a", start_line=0), "at least 1"),
        (tool_call("read_file", path="a", start_line=5, end_line=2), "lies before"),
        (tool_call("read_file", path="a", file_path="b"), "mean the same and differ"),
        (tool_call("read_file", path="a", encoding="utf-8"), "There is no argument `encoding`"),
        (tool_call("search", pattern="a\nb"), "within a line"),
        (tool_call("write_file", path="a"), "`content` is missing"),
        (tool_call("write_file", path="a", content="\ud800"), "lone surrogate"),
        (tool_call("edit_file", path="a"), "`old` is missing"),
        (tool_call("edit_file", path="a", old="", new="x"), "`old` is empty"),
        (tool_call("edit_file", path="a", old="x", new="x"), "the same"),
        (tool_call("edit_file", path="a", old="x", new="y", all="yes"), "true or false"),
        (tool_call("edit_file", path="a", edits=[]), "`edits` is empty"),
        (tool_call("edit_file", path="a", edits="x"), "must be a list"),
        (tool_call("edit_file", path="a", edits=["x"]), "`edits[0]` must be an object"),
        (tool_call("edit_file", path="a", edits=[{"old": "x"}]), "`edits[0].new` is missing"),
        (tool_call("edit_file", path="a", edits=[{"old": "x", "new": "y", "line": 3}]), "no argument `edits[0].line`"),
        (tool_call("edit_file", path="a", old="x", new="y", edits=[{"old": "x", "new": "y"}]), "not both"),
        (tool_call("run_command"), "`command` is missing"),
        (tool_call("run_command", command=["ls", "-l"]), "must be a string, not a list"),
        (tool_call("run_command", command="ls", env={"A": "b"}), "There is no argument `env`"),
        (tool_call("run_command", command="ls", timeout=0), "above 0"),
        (tool_call("run_command", command="ls", timeout=math.nan), "above 0"),
    ],
)
def test_not_understood_tells_what_to_write(call: ToolCall, told: str) -> None:
    parsed = parse_call(call)
    assert isinstance(parsed, InvalidCall)
    assert told in parsed.text
    assert parsed.text.endswith("Nothing was done.")
    if call.name in set(Tool):
        assert "Arguments: " in parsed.text


def test_canonical_arguments_say_what_the_action_says() -> None:
    parsed = request("edit_file", file_path="a", edits=[{"old_string": "x", "new_string": "y", "replace_all": True}])
    assert parsed.arguments == {"path": "a", "edits": [{"old": "x", "new": "y", "all": True}]}
    assert request("run_command", cmd="ls", workdir="src").arguments == {"command": "ls", "cwd": "src"}
    assert request("list_files").arguments == {}


@pytest.mark.parametrize(
    ("parsed", "title"),
    [
        (request("read_file", path="a.py", start_line=3), "a.py:3-"),
        (request("read_file", path="a.py"), "a.py"),
        (request("list_files", pattern="*.py"), "*.py in ."),
        (request("search", pattern="x", glob="*.py", path="src"), "x in *.py src"),
        (request("run_command", command="pytest -q"), "pytest -q"),
    ],
)
def test_titles(parsed: Request, title: str) -> None:
    assert parsed.title == title


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=6), below, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(
    ["path", "file_path", "old", "new", "edits", "content", "command", "timeout", "pattern", "depth"]
)


@given(name=st.sampled_from([*Tool, "other"]), arguments=st.none() | st.dictionaries(NAMES | st.text(max_size=4), JSON))
def test_no_arguments_break_it(name: str, arguments: dict[str, Any] | None) -> None:
    parsed = parse_call(ToolCall(id="c", name=str(name), arguments="", parsed=arguments))
    assert isinstance(parsed, Request | InvalidCall)
