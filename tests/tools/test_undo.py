"""Every change can be taken back, unless somebody changed the file since; also after a restart or a crash."""

import asyncio
import json
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tools.conftest import Bench
from tui.core.tool_events import ToolStatus

FILES = st.dictionaries(
    st.sampled_from(["a", "b", "sub/c", "sub/deep/d"]),
    st.binary(max_size=12) | st.text("xä\n\r", max_size=8).map(lambda text: text.encode("utf-16")),
    max_size=4,
)


def tree(root: Path) -> dict[str, tuple[bytes, int]]:
    return {
        path.relative_to(root).as_posix(): (path.read_bytes(), stat.S_IMODE(path.stat().st_mode))
        for path in root.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("write_file", {"path": "f", "content": "new"}),
        ("write_file", {"path": "new/deep/g", "content": "new"}),
        ("edit_file", {"path": "f", "old": "b", "new": "B"}),
        ("delete_file", {"path": "f"}),
        ("delete_file", {"path": "folder"}),
    ],
)
def test_undo_is_identity(bench: Bench, name: str, arguments: dict[str, str]) -> None:
    bench.write("f", b"a\r\nb\nc").chmod(0o741)
    bench.write("folder/x", b"\0binary")
    before, folders = tree(bench.root), sorted(path for path in bench.root.rglob("*") if path.is_dir())
    outcome = bench.call(name, **arguments)
    assert outcome.status is ToolStatus.OK, outcome.text
    assert tree(bench.root) != before
    undone = bench.box.undo("claude")
    assert [Path(path).name for path in undone.paths] == [Path(arguments["path"]).name]
    assert undone.kept == ()
    assert tree(bench.root) == before
    assert sorted(path for path in bench.root.rglob("*") if path.is_dir()) == folders
    assert bench.box.undo("claude").paths == ()


def test_by_pane_by_turn_and_newest_first(bench: Bench) -> None:
    for pane, turn, path, content in [
        ("claude", "t1", "a", "1"),
        ("gpt", "t2", "b", "1"),
        ("claude", "t3", "a", "2"),
        ("claude", "t3", "c", "1"),
        ("claude", "t3", "a", "3"),
        ("gpt", "t4", "d", "1"),
    ]:
        assert bench.call("write_file", pane=pane, turn=turn, path=path, content=content).status is ToolStatus.OK
        bench.box.end_turn(pane)
    assert bench.box.undo().paths == (str(bench.root / "d"),)
    assert bench.box.undo("claude", turn=True).paths == (str(bench.root / "a"), str(bench.root / "c"))
    assert {path: data for path, (data, _) in tree(bench.root).items()} == {"a": b"1", "b": b"1"}
    assert bench.box.undo("gpt").paths == (str(bench.root / "b"),)
    assert bench.box.undo("gpt").paths == ()
    assert bench.box.undo("claude", turn=True).paths == (str(bench.root / "a"),)
    assert tree(bench.root) == {}


@pytest.mark.parametrize("name", ["write_file", "delete_file"])
def test_what_changed_since_is_kept(bench: Bench, name: str) -> None:
    path = bench.write("f", "old\n")
    bench.call("write_file", path="g", content="x")
    bench.call(name, path="f", **({"content": "new\n"} if name == "write_file" else {}))
    path.write_text("by a person\n")
    undone = bench.box.undo()
    assert (undone.paths, undone.kept) == ((), (str(path),))
    assert path.read_text() == "by a person\n"
    assert bench.box.undo().paths == (str(bench.root / "g"),)
    assert bench.box.undo().kept == (str(path),)
    path.unlink() if name == "delete_file" else path.write_text("new\n")
    assert bench.box.undo().paths == (str(path),)
    assert path.read_text() == "old\n"


def test_a_restart_remembers(new_bench: Callable[..., Bench]) -> None:
    bench = new_bench()
    bench.write("f", "old\n").chmod(0o600)
    bench.write("gone/x", "x")
    before = tree(bench.root)
    bench.call("edit_file", path="f", old="old", new="new")
    bench.call("delete_file", path="gone")
    bench.call("write_file", path="made/y", content="y")
    bench.call("write_file", path="dropped", content="y")
    bench.box.undo()
    with (bench.state / "changes/changes.jsonl").open("ab") as log:
        log.write(b'\n{"change": 9, "torn')
    again = new_bench()
    assert len(again.box.undo("claude", turn=True).paths) == 3
    assert tree(again.root) == before
    assert not (again.root / "made").exists()
    assert new_bench().box.undo().paths == ()


def test_a_change_that_was_begun_and_never_made(
    new_bench: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = new_bench()
    bench.write("f", "old\n")
    bench.call("write_file", path="g", content="x")
    bench.call("write_file", path="f", content="new\n")
    bench.write("f", "old\n")  # as if the process had been killed before the new content took the name
    again = new_bench()
    assert again.box.undo().paths == (str(bench.root / "f"),)
    assert (bench.root / "f").read_text() == "old\n"


def test_the_store_is_private_and_outside(bench: Bench) -> None:
    bench.write("f", "secret\n")
    old = os.umask(0)
    try:
        bench.call("write_file", path="f", content="new\n")
        bench.call("delete_file", path="f")
    finally:
        os.umask(old)
    for path in bench.state.rglob("*"):
        if "bin" not in path.relative_to(bench.state).parts or path.is_dir():
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    lines = (bench.state / "changes/changes.jsonl").read_bytes().split(b"\n")
    assert all(isinstance(json.loads(line), dict) for line in lines if line)
    assert [path.name for path in bench.root.iterdir()] == []


def test_on_another_file_system(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.write("folder/a", "1").chmod(0o750)
    (bench.root / "folder/link").symlink_to("a")
    bench.write("f", "2")
    before = tree(bench.root)
    rename = os.rename

    def crossing(source: str | Path, target: str | Path, **more: int) -> None:
        if "bin" in str(target) or "bin" in str(source):
            raise OSError(18, "Invalid cross-device link")
        rename(source, target, **more)

    monkeypatch.setattr(os, "rename", crossing)
    for path in ("folder", "f"):
        assert bench.call("delete_file", path=path).status is ToolStatus.OK
    assert tree(bench.root) == {}
    assert len(bench.box.undo(turn=True).paths) == 2
    assert tree(bench.root) == before
    assert (bench.root / "folder/link").is_symlink()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    files=FILES, steps=st.lists(st.tuples(st.sampled_from("wed"), st.sampled_from(["a", "sub/c", "sub"])), max_size=6)
)
def test_taking_everything_back_is_identity(
    new_bench: Callable[..., Bench], files: dict[str, bytes], steps: list[tuple[str, str]]
) -> None:
    bench = new_bench()
    while bench.box.undo().paths:
        pass
    for old in sorted(bench.root.rglob("*"), reverse=True):
        old.rmdir() if old.is_dir() else old.unlink()
    for name, data in files.items():
        bench.write(name, data)
    before = tree(bench.root)
    for number, (kind, path) in enumerate(steps):
        if kind == "w":
            bench.call("write_file", path=path, content=f"{number}\n")
        elif kind == "e":
            bench.call("edit_file", path=path, old="0", new="0\nx")
        else:
            bench.call("delete_file", path=path)
    while (undone := bench.box.undo()).paths:
        assert undone.kept == ()
    assert tree(bench.root) == before


def test_two_changes_at_once_are_one_after_the_other(bench: Bench) -> None:
    async def work() -> list[ToolStatus]:
        calls = [bench.prepare("write_file", path="f", content=f"{number}\n") for number in range(8)]
        return [outcome.status for outcome in await asyncio.gather(*map(bench.box.run, calls))]

    statuses = asyncio.run(work())
    assert statuses.count(ToolStatus.OK) == 1
    bench.box.undo()
    assert tree(bench.root) == {}


def test_old_sessions_are_forgotten(bench: Bench) -> None:
    bench.write("f", "x")
    bench.call("delete_file", path="f")
    for name, age in (("old", 40), ("young", 20)):
        shutil.copytree(bench.state, bench.state.parent / name)
        log = bench.state.parent / name / "changes" / "changes.jsonl"
        os.utime(log, (1_000_000 - age * 86_400,) * 2)
    os.utime(bench.state / "changes" / "changes.jsonl", (0, 0))
    (bench.state.parent / "foreign").mkdir()
    bench.box.clean_up(keep_days=30, now=1_000_000.0)
    kept = {path.parent.name for path in bench.state.parent.glob("*/changes")}
    assert kept == {"session", "young"}
    assert bench.box.undo().paths == (str(bench.root / "f"),)


def test_what_cannot_be_kept_is_named_and_nothing_is_changed(bench: Bench) -> None:
    bench.write("a", "one")
    bench.state.parent.mkdir(parents=True, exist_ok=True)
    bench.state.write_text("no folder")
    for name, arguments in (("write_file", {"path": "a", "content": "two"}), ("delete_file", {"path": "a"})):
        outcome = bench.call(name, **arguments)
        assert outcome.status is ToolStatus.ERROR
        assert str(bench.state) in outcome.text
        assert "undo" in outcome.text
        assert (bench.root / "a").read_text() == "one"
