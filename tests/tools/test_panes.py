"""Panes that work on one tree at the same time learn of each other."""

import asyncio

import pytest

from tests.tools.conftest import Bench
from tui.core.tool_events import ToolStatus


def test_another_pane_is_changing_it(bench: Bench) -> None:
    bench.write("f", "old\n")
    first = bench.prepare("write_file", pane="gpt", path="f", content="1\n")
    assert first.conflict == ""
    second = bench.prepare("edit_file", pane="claude", path="f", old="old", new="2")
    assert second.conflict == "gpt is changing it too."
    assert bench.box.rivals(second) == (first,)
    third = bench.prepare("delete_file", pane="gemini", path="f")
    assert third.conflict == "claude and gpt are changing it too."
    for prepared in (first, second):
        bench.box.drop(prepared)
        bench.box.drop(prepared)
    assert bench.prepare("write_file", pane="claude", path="f", content="x").conflict == "gemini is changing it too."


def test_the_second_of_two_prepared_changes_is_refused(bench: Bench) -> None:
    bench.write("f", "a\nb\n")
    first = bench.prepare("edit_file", pane="gpt", path="f", old="a", new="A")
    second = bench.prepare("edit_file", pane="claude", path="f", old="b", new="B")
    assert asyncio.run(bench.box.run(first)).status is ToolStatus.OK
    outcome = asyncio.run(bench.box.run(second))
    assert outcome.changed_since
    assert (bench.root / "f").read_text() == "A\nb\n"


@pytest.mark.parametrize(("path", "name"), [("f", "write_file"), ("folder/f", "delete_file")])
def test_another_pane_changed_it(bench: Bench, path: str, name: str) -> None:
    bench.write(path, "old\n")
    bench.call("write_file", pane="gpt", path=path, content="new\n")
    more = {"content": "x"} if name == "write_file" else {}
    prepared = bench.prepare(name, pane="claude", path=path.partition("/")[0], **more)
    assert prepared.conflict == "gpt changed it, and claude has not read it since."
    bench.box.drop(prepared)
    bench.call("read_file", pane="claude", path=path)
    bench.box.end_turn("gpt")
    assert bench.prepare(name, pane="claude", path=path, **more).conflict == ""


def test_another_pane_read_it_in_its_turn(bench: Bench) -> None:
    bench.write("f", "old\n")
    bench.call("read_file", pane="gpt", path="f")
    bench.call("read_file", pane="claude", path="f")
    prepared = bench.prepare("write_file", pane="claude", path="f", content="x")
    assert prepared.conflict == "gpt read it in the running turn and may rely on what it held."
    bench.box.drop(prepared)
    bench.box.end_turn("gpt")
    assert bench.prepare("write_file", pane="claude", path="f", content="x").conflict == ""


@pytest.mark.parametrize("arguments", [{}, {"start_line": 1}])
@pytest.mark.parametrize("large", [False, True])
def test_a_change_of_what_was_read_must_be_read_first(bench: Bench, arguments: dict[str, int], large: bool) -> None:
    bench.write("f", "one\ntwo\n" + "x" * (1_100_000 if large else 1))
    bench.call("read_file", path="f", **arguments)
    bench.write("f", "one\n2\n")
    told = "f changed since you read it. Read it again before you change it."
    for name, more in (("edit_file", {"old": "one", "new": "1"}), ("write_file", {"content": "x"})):
        assert bench.prepare(name, path="f", **more).problem == told
    assert bench.prepare("edit_file", pane="gpt", path="f", old="one", new="1").problem == ""
    bench.call("read_file", path="f")
    assert bench.call("edit_file", path="f", old="one", new="1").status is ToolStatus.OK
    assert bench.call("edit_file", path="f", old="2", new="two").status is ToolStatus.OK


def test_a_file_only_touched_since_is_the_same(bench: Bench) -> None:
    path = bench.write("f", "one\n")
    bench.call("read_file", path="f")
    path.write_text("one\n")
    assert bench.prepare("edit_file", path="f", old="one", new="1").problem == ""


def test_after_an_undo_the_model_must_read_again(bench: Bench) -> None:
    bench.write("f", "one\n")
    bench.call("edit_file", path="f", old="one", new="two")
    bench.box.undo()
    assert "changed since you read it" in bench.prepare("edit_file", path="f", old="one", new="two").problem
