"""Files that are swapped, grow, or are none; panes at once; disks that are full: nothing is lost and nothing hangs."""

import asyncio
import errno
import os
import random
import shutil
import socket
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.tools.conftest import Bench, request
from tests.tools.test_undo import tree
from tui.core.tool_events import ToolStatus
from tui.tools import bin as bin_module
from tui.tools.box import Toolbox
from tui.tools.changes import Changes
from tui.tools.outcome import Limits, Prepared, ToolOutcome

PANES = ("claude", "gpt", "gemini")
NAMES = ("a", "b", "sub/c", "sub/deep/d", "sub")
HUGE = 200_000_000


@pytest.fixture
def read_bytes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many bytes were read by each call of the system."""
    counted: list[int] = []
    real = os.read

    def read(descriptor: int, size: int) -> bytes:
        data = real(descriptor, size)
        counted.append(len(data))
        return data

    monkeypatch.setattr(os, "read", read)
    return counted


def let_grow(path: Path) -> None:
    """Let a file hold very much, of which nothing is on the disk."""
    with path.open("ab") as file:
        file.truncate(HUGE)


# ---- panes at once


async def _storm(box: Toolbox, seed: int, steps: int) -> list[ToolOutcome]:
    """Let three panes change the same files at once, in an order the seed decides."""
    chance = random.Random(seed)

    async def work(pane: str) -> list[ToolOutcome]:
        outcomes: list[ToolOutcome] = []
        for number in range(steps):
            path, kind = chance.choice(NAMES), chance.choice("wwwed")
            if kind == "w":
                call = request("write_file", path=path, content=f"{pane} {number}\n" * chance.randint(1, 50))
            elif kind == "e":
                call = request("edit_file", path=path, old="0", new=f"0 {pane}")
            else:
                call = request("delete_file", path=path)
            prepared = await asyncio.to_thread(box.prepare, call, pane, f"{pane}-turn")
            await asyncio.sleep(0)
            outcomes.append(await box.run(prepared))
        return outcomes

    found = await asyncio.gather(*(work(pane) for pane in PANES))
    return [outcome for outcomes in found for outcome in outcomes]


@pytest.mark.parametrize("seed", range(4))
def test_what_three_panes_did_at_once_can_all_be_taken_back(bench: Bench, seed: int) -> None:
    bench.write("a", "0\n").chmod(0o755)
    bench.write("sub/c", b"\xff\xfe0\x00\n\x00")
    before = tree(bench.root)
    outcomes = asyncio.run(_storm(bench.box, seed, 25))
    assert sum(outcome.status is ToolStatus.OK for outcome in outcomes) > 10
    for path in bench.root.rglob("*"):
        if path.is_file() and path.name != "c":
            first, *rest = {line.split(" ")[0] for line in path.read_text().splitlines() if " " in line} or {""}
            assert not rest, f"{path} holds lines of {first} and {rest}"
    while (undone := bench.box.undo()).paths:
        assert undone.kept == ()
    assert tree(bench.root) == before
    assert not list(bench.root.rglob(".llmmixer-*"))


# ---- files that grow


def test_undo_does_not_read_what_grew_without_end(bench: Bench, read_bytes: list[int]) -> None:
    bench.write("f", "old\n")
    bench.call("write_file", path="f", content="new\n")
    let_grow(bench.root / "f")
    read_bytes.clear()
    undone = bench.box.undo()
    assert undone.kept == (str(bench.root / "f"),)
    assert sum(read_bytes) < 1_000
    assert (bench.root / "f").stat().st_size == HUGE


def test_neither_does_a_change(bench: Bench, read_bytes: list[int]) -> None:
    bench.write("f", "old\n")
    prepared = bench.prepare("edit_file", path="f", old="old", new="new")
    let_grow(bench.root / "f")
    read_bytes.clear()
    outcome = asyncio.run(bench.box.run(prepared))
    assert outcome.changed_since
    assert sum(read_bytes) < 1_000


def test_a_log_without_sizes_is_understood(new_bench: Callable[..., Bench]) -> None:
    bench = new_bench()
    bench.write("f", "old\n")
    bench.call("write_file", path="f", content="new\n")
    log = bench.state / "changes" / "changes.jsonl"
    log.write_text(log.read_text().replace('"size":4,', ""))
    assert new_bench().box.undo().paths == (str(bench.root / "f"),)
    assert (bench.root / "f").read_text() == "old\n"


def test_a_file_that_grows_while_it_is_read_is_read_in_part(
    new_bench: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch, read_bytes: list[int]
) -> None:
    bench = new_bench(Limits(file_bytes=100))
    path = bench.write("f", "line\n" * 10)
    prepared = bench.prepare("read_file", path="f")
    real = os.fstat

    def grown(descriptor: int) -> os.stat_result:
        status = real(descriptor)
        if stat.S_ISREG(status.st_mode) and status.st_ino == path.stat().st_ino and status.st_size == 50:
            with path.open("a") as file:
                file.write("more\n" * 100_000)
        return status

    monkeypatch.setattr(os, "fstat", grown)
    outcome = asyncio.run(bench.box.run(prepared))
    assert outcome.status is ToolStatus.OK
    assert "line\n" in outcome.text
    assert sum(read_bytes) < 200_000


# ---- the bin


def test_what_comes_while_something_is_restored_is_not_replaced(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    path = bench.write("f", "deleted\n")
    bench.call("delete_file", path="f")
    real = os.link

    def late(source: object, target: object, **more: object) -> None:
        path.write_text("of somebody else\n")
        real(source, target, **more)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(os, "link", late)
        assert bench.box.undo().kept == (str(path),)
    assert path.read_text() == "of somebody else\n"
    path.unlink()
    assert bench.box.undo().paths == (str(path),)
    assert path.read_text() == "deleted\n"


@pytest.mark.parametrize("name", ["f", "folder"])
def test_a_restore_that_has_no_room_leaves_nothing_half(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    bench.write("f", "deleted\n").chmod(0o750)
    bench.write("folder/a/b", "deleted\n")
    before = tree(bench.root)
    bench.call("delete_file", path=name)

    def crossing(*_: object, **__: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    def half(source: Path, target: Path) -> None:
        if source.is_dir():
            target.mkdir()
            (target / "a").mkdir()
        else:
            target.write_text("del")
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(bin_module, "_copy", half)
        patch.setattr(bin_module, "_move", crossing)
        assert bench.box.undo().kept == (str(bench.root / name),)
    assert not (bench.root / name).exists()
    assert not list(bench.root.rglob(".llmmixer-*"))
    assert bench.box.undo().paths == (str(bench.root / name),)
    assert tree(bench.root) == before


@pytest.mark.parametrize("kind", ["link", "dangling", "program", "fifo", "socket", "empty", "read-only"])
def test_whatever_was_deleted_comes_back_as_it_was(bench: Bench, kind: str) -> None:
    path = bench.root / "x"
    MAKERS[kind](path)
    before = path.lstat()
    assert bench.call("delete_file", path="x").status is ToolStatus.OK
    assert not os.path.lexists(path)
    assert bench.box.undo().paths == (str(path),)
    after = path.lstat()
    assert (before.st_mode, before.st_size, before.st_ino) == (after.st_mode, after.st_size, after.st_ino)
    assert bench.box.undo().paths == ()


# ---- the store


def test_folders_made_that_cannot_be_noted_do_not_make_a_change_undone(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Changes._append

    def full(self: Changes, value: dict[str, object]) -> None:
        if "made" in value:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(self, value)

    monkeypatch.setattr(Changes, "_append", full)
    outcome = bench.call("write_file", path="new/deep/f", content="x\n")
    assert outcome.status is ToolStatus.OK, outcome.text
    assert bench.box.undo().paths == (str(bench.root / "new/deep/f"),)
    assert list(bench.root.iterdir()) == []


def test_similar_names_are_looked_for_in_bounded_time(new_bench: Callable[..., Bench]) -> None:
    asked: list[Path] = []

    def allowed(path: Path) -> bool:
        asked.append(path)
        return "7" not in path.name

    bench = new_bench(None, allowed)
    for number in range(1_500):
        (bench.root / f"report{number:04}.txt").touch()
    told = bench.prepare("read_file", path="report00007.txt").problem
    assert "Did you mean report0000.txt" in told
    assert "7.txt or" not in told
    assert len(asked) <= 12


def test_other_names_of_a_file_are_told(bench: Bench) -> None:
    os.link(bench.write("f", "old\n"), bench.root / "other")
    assert "hard links" in bench.call("write_file", path="f", content="new\n").text
    assert (bench.root / "other").read_text() == "old\n"
    assert "hard links" not in bench.call("write_file", path="f", content="newer\n").text


# ---- what is no file


def _socket(path: Path) -> None:
    above = os.open(path.parent, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(f"/proc/self/fd/{above}/{path.name}")  # the whole path may be longer than an address can be
    os.close(above)


def _link(path: Path) -> None:
    (path.parent / "target").write_text("target\n")
    path.symlink_to("target")


def _written(path: Path, data: bytes, mode: int) -> None:
    path.write_bytes(data)
    path.chmod(mode)


MAKERS: dict[str, Callable[[Path], object]] = {
    "fifo": os.mkfifo,
    "socket": _socket,
    "link": _link,
    "dangling": lambda path: path.symlink_to("nowhere"),
    "loop": lambda path: path.symlink_to(path.name),
    "folder": lambda path: path.mkdir(),
    "program": lambda path: _written(path, b"#!/bin/sh\n", 0o755),
    "read-only": lambda path: _written(path, b"fixed\n", 0o444),
    "sparse": let_grow,
    "empty": lambda path: path.touch(),
    "binary": lambda path: _written(path, bytes(range(256)), 0o644),
}
"""What is put into the project that is not a plain text file."""


CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("read_file", {}),
    ("read_file", {"start_line": 2, "end_line": 3}),
    ("list_files", {}),
    ("search", {"pattern": "x"}),
    ("write_file", {"content": "new\n"}),
    ("edit_file", {"old": "a", "new": "b"}),
)


@pytest.mark.parametrize(
    "kind", ["fifo", "socket", "loop", "dangling", "folder", "sparse", "empty", "binary", "read-only"]
)
def test_nothing_hangs_or_raises(bench: Bench, kind: str, read_bytes: list[int]) -> None:
    for name, more in CALLS:
        path = bench.root / f"{name}{len(more)}"
        MAKERS[kind](path)
        before = path.lstat()
        read_bytes.clear()
        outcome = bench.call(name, path=path.name, **more)
        assert outcome.text
        assert sum(read_bytes) < 100_000_000
        if kind in ("fifo", "socket", "loop", "folder", "sparse", "read-only"):
            after = path.lstat()
            assert (before.st_mode, before.st_ino, before.st_size) == (after.st_mode, after.st_ino, after.st_size)
    assert not list(bench.root.rglob(".llmmixer-*"))


@pytest.mark.parametrize("kind", ["fifo", "folder", "link", "dangling", "socket"])
@pytest.mark.parametrize("name", ["read_file", "write_file", "edit_file", "delete_file", "search", "list_files"])
def test_what_takes_the_place_after_the_decision_is_left_alone(bench: Bench, kind: str, name: str) -> None:
    arguments = {
        "write_file": {"content": "new\n"},
        "edit_file": {"old": "old", "new": "new"},
        "search": {"pattern": "private"},
    }.get(name, {})
    secret = bench.root.parent / "secret"
    secret.write_text("private\n")
    place = bench.root / "x"
    place.mkdir() if name == "list_files" else place.write_text("old\n")
    prepared: Prepared = bench.prepare(name, path="x", **arguments)
    assert not prepared.problem
    place.rmdir() if name == "list_files" else place.unlink()
    if kind == "link":
        place.symlink_to(secret)
    else:
        MAKERS[kind](place)
    before = place.lstat()
    outcome = asyncio.run(bench.box.run(prepared))
    assert "private" not in outcome.text
    assert secret.read_text() == "private\n"
    assert (place.lstat().st_ino, place.lstat().st_mode) == (before.st_ino, before.st_mode)


# ---- a disk that is full


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    mount = shutil.which("mount")
    if mount is None or os.geteuid() != 0:
        pytest.skip("a small disk needs the right to mount one")
    done = subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)], capture_output=True, check=False
    )
    if done.returncode != 0:
        pytest.skip("no file system can be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def _filled(path: Path) -> bool:
    """Write until there is no room; tell whether there is still some."""
    try:
        with path.open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 4_096)
    except OSError as error:
        return error.errno != errno.ENOSPC


@pytest.mark.parametrize("full", ["project", "state"])
def test_a_full_disk_loses_nothing(small_disk: Path, tmp_path: Path, full: str) -> None:
    places = {"project": tmp_path / "project", "state": tmp_path / "state"} | {full: small_disk / full}
    root = places["project"]
    (root / "folder").mkdir(parents=True)
    for name in ("f", "folder/a", "folder/b"):
        (root / name).write_text(f"{name}\n" * 2_000)
    box = Toolbox(root, state=places["state"])
    before = tree(root)

    def call(name: str, **arguments: str) -> ToolOutcome:
        return asyncio.run(box.run(box.prepare(request(name, **arguments), "claude", "t1")))

    assert call("delete_file", path="folder").status is ToolStatus.OK
    filler = small_disk / "filler"
    assert not _filled(filler)
    for name, arguments in (
        ("write_file", {"path": "f", "content": "new\n" * 9_000}),
        ("write_file", {"path": "new/deep/g", "content": "new\n" * 9_000}),
        ("edit_file", {"path": "f", "old": "f\n" * 2_000, "new": "F\n" * 9_000}),
        ("delete_file", {"path": "f"}),
    ):
        outcome = call(name, **arguments)
        assert outcome.status is ToolStatus.ERROR or name == "delete_file", (name, outcome.text)
        if outcome.status is ToolStatus.ERROR:
            assert "Nothing was changed" in outcome.text
            assert (root / "f").read_text() == "f\n" * 2_000
        else:
            assert not (root / "f").exists()
    assert not list(root.rglob(".llmmixer-*"))
    assert not (root / "new").exists()
    filler.unlink()
    while box.undo().paths:
        pass
    assert tree(root) == before
