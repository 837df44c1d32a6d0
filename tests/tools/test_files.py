"""Reading, writing, editing and deleting real files."""

import asyncio
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tools.conftest import Bench, request
from tui.core.tool_events import PreviewKind, ToolStatus
from tui.tools.outcome import Limits, ToolOutcome


def ok(outcome: ToolOutcome) -> str:
    assert outcome.status is ToolStatus.OK, outcome.text
    return outcome.text


def refused(outcome: ToolOutcome) -> str:
    assert outcome.status is ToolStatus.ERROR, outcome.text
    return outcome.text


@pytest.mark.parametrize(
    ("content", "arguments", "text"),
    [
        (b"a\nb\n", {}, "[f: 2 lines]\na\nb"),
        (b"a\nb", {}, "[f: 2 lines; no line break at the end]\na\nb"),
        (b"", {}, "[f: empty]"),
        (b"\n", {}, "[f: 1 line]\n"),
        (b"a\r\nb\r\n", {}, "[f: 2 lines; CRLF line ends]\na\nb"),
        (b"\xef\xbb\xbfa\n", {}, "[f: 1 line; UTF-8 with a byte order mark]\na"),
        ("ä\n".encode("utf-16"), {}, "[f: 1 line; utf-16-le]\nä"),
        ("ä\n".encode("latin-1"), {}, "[f: 1 line; latin-1]\nä"),
        (b"a\nb\nc\nd\n", {"start_line": 2, "end_line": 3}, "[f: lines 2-3 of 4]\nb\nc"),
        (b"a\nb\nc\nd\n", {"start_line": 3}, "[f: lines 3-4 of 4]\nc\nd"),
        (b"a\nb\n", {"end_line": 9}, "[f: 2 lines]\na\nb"),
    ],
)
def test_read(bench: Bench, content: bytes, arguments: dict[str, int], text: str) -> None:
    bench.write("f", content)
    assert ok(bench.call("read_file", path="f", **arguments)) == text


def test_read_in_parts_gives_the_whole(new_bench: Callable[..., Bench]) -> None:
    bench = new_bench(Limits(output_bytes=1000))
    lines = [f"line {number}" for number in range(500)]
    bench.write("f", "\n".join(lines) + "\n")
    got: list[str] = []
    start = 1
    while True:
        head, *body = ok(bench.call("read_file", path="f", start_line=start)).split("\n")
        assert head.startswith(f"[f: lines {start}-")
        assert len("\n".join(body)) < 1100
        more = body[-1].startswith("[More follows: call read_file with start_line=")
        got += body[:-1] if more else body
        if not more:
            break
        start = int(body[-1].rpartition("=")[2].rstrip(".]"))
    assert got == lines


@pytest.mark.parametrize("size", [500, 100_000])
def test_a_large_file_is_read_by_ranges(new_bench: Callable[..., Bench], size: int) -> None:
    bench = new_bench(Limits(file_bytes=400, output_bytes=1000))
    bench.write("f", "".join(f"{number}\n" for number in range(1, size)))
    assert ok(bench.call("read_file", path="f", start_line=200, end_line=201)).endswith("]\n200\n201")
    assert "[More follows: call read_file with start_line=" in ok(bench.call("read_file", path="f"))
    assert "has no line 999999" in refused(bench.call("read_file", path="f", start_line=999_999))


def test_a_long_line_is_cut(new_bench: Callable[..., Bench]) -> None:
    bench = new_bench(Limits(output_bytes=1000))
    bench.write("f", "é" * 5000 + "\nnext\n")
    text = ok(bench.call("read_file", path="f"))
    assert "a long line is shown in part" in text
    assert len(text.encode()) < 1300
    assert text.endswith("start_line=2.]")
    assert "next" in ok(bench.call("read_file", path="f", start_line=2))
    large = new_bench(Limits(output_bytes=1000, file_bytes=100))
    assert "next" in ok(large.call("read_file", path="f", start_line=2))


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("binary", "binary is no text (binary file, 3 bytes: it holds zero bytes), so it is not shown."),
        ("image.png", "image.png is no text (PNG image"),
        ("folder", "folder is a folder. Use list_files"),
        ("mai.py", "There is no mai.py. Did you mean main.py?"),
        ("nowhere/f", "There is no nowhere/f."),
        ("main.py/below", "main.py/below: a part of the path is no folder"),
        ("pipe", "pipe is no regular file."),
    ],
)
def test_what_cannot_be_read(bench: Bench, path: str, told: str) -> None:
    bench.write("binary", b"a\0b")
    bench.write("image.png", b"\x89PNG\r\n\x1a\n\0")
    bench.write("main.py", "x")
    (bench.root / "folder").mkdir()
    os.mkfifo(bench.root / "pipe")
    assert told in refused(bench.call("read_file", path=path))


def test_names_of_forbidden_files_are_not_proposed(new_bench: Callable[..., Bench]) -> None:
    bench = new_bench(None, lambda path: path.name != "secret")
    bench.write("secret", "x")
    assert refused(bench.call("read_file", path="secre")) == "There is no secre."


@pytest.mark.parametrize(
    ("before", "content", "after", "note"),
    [
        (None, "a\r\nb", b"a\r\nb", ""),
        (None, "", b"", ""),
        (b"x\n", "a\nb\n", b"a\nb\n", ""),
        (b"x\n", "a\nb", b"a\nb\n", "line break"),
        (b"x", "a\nb", b"a\nb", ""),
        (b"x", "a\n", b"a\n", ""),
        (b"x\r\ny\r\n", "a\nb\n", b"a\r\nb\r\n", ""),
        (b"x\r\ny\r\n", "a\r\nb", b"a\r\nb\r\n", "line break"),
        (b"\xef\xbb\xbfx\n", "a\n", b"\xef\xbb\xbfa\n", ""),
        ("x\n".encode("utf-16"), "ä\n", "ä\n".encode("utf-16"), ""),
        (b"\xe4\n", "\xf6\n", b"\xf6\n", ""),
        (b"a\0", "a\n", b"a\n", "binary"),
        (b"x\n", "", b"", ""),
    ],
)
def test_write(bench: Bench, before: bytes | None, content: str, after: bytes, note: str) -> None:
    if before is not None:
        bench.write("new/f", before)
    text = ok(bench.call("write_file", path="new/f", content=content))
    assert (bench.root / "new/f").read_bytes() == after
    assert note in text
    assert text.startswith("Created" if before is None else "Replaced")


def test_write_keeps_the_mode_and_the_link(bench: Bench) -> None:
    target = bench.write("real/script.sh", "old\n")
    target.chmod(0o754)
    link = bench.root / "link.sh"
    link.symlink_to("real/script.sh")
    prepared = bench.prepare("write_file", path="link.sh", content="new\n")
    assert prepared.path == target
    assert str(target) in prepared.paths
    ok(asyncio.run(bench.box.run(prepared)))
    assert link.is_symlink()
    assert target.read_text() == "new\n"
    assert stat.S_IMODE(target.stat().st_mode) == 0o754
    assert sorted(path.name for path in target.parent.iterdir()) == ["script.sh"]


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="no extended attributes here")
def test_write_keeps_extended_attributes(bench: Bench) -> None:
    target = bench.write("f", "old\n")
    try:
        os.setxattr(target, "user.kept", b"yes")
    except OSError:
        pytest.skip("this file system has no extended attributes")
    ok(bench.call("write_file", path="f", content="new\n"))
    assert os.getxattr(target, "user.kept") == b"yes"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_write_keeps_the_owner(bench: Bench) -> None:
    target = bench.write("f", "old\n")
    os.chown(target, 1234, 4321)
    target.chmod(0o4755)
    ok(bench.call("write_file", path="f", content="new\n"))
    status = target.stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (1234, 4321, 0o4755)


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("write_file", {"path": "folder", "content": "x"}, "folder is a folder."),
        ("write_file", {"path": "f/below", "content": "x"}, "f/below: "),
        ("write_file", {"path": "readonly", "content": "x"}, "read-only (mode 444)"),
        ("write_file", {"path": "pipe", "content": "x"}, "no regular file"),
        ("write_file", {"path": "loop", "content": "x"}, "symbolic links"),
        ("write_file", {"path": "latin", "content": "→"}, "latin-1, which does not have →"),
        ("edit_file", {"path": "none", "old": "a", "new": "b"}, "There is no none. To create a file use write_file."),
        ("edit_file", {"path": "binary", "old": "a", "new": "b"}, "only text can be edited"),
        ("edit_file", {"path": "f", "old": "tset", "new": "b"}, "Read the file first."),
        ("edit_file", {"path": "f", "old": "a", "new": "b"}, "3 times, at lines 1, 2, 3"),
        ("delete_file", {"path": "none"}, "There is no none."),
        ("delete_file", {"path": "."}, "The project folder itself cannot be deleted."),
        ("delete_file", {"path": ".."}, "The project folder itself cannot be deleted."),
        ("run_command", {"command": "ls", "cwd": "none"}, "there is no folder none"),
        ("run_command", {"command": "ls", "cwd": "f"}, "there is no folder f"),
        ("list_files", {"path": "f"}, "Use read_file"),
        ("list_files", {"path": "nowhere"}, "There is no nowhere."),
    ],
)
def test_what_cannot_be_done(bench: Bench, name: str, arguments: dict[str, str], told: str) -> None:
    bench.write("f", "a\na\na test\n")
    bench.write("binary", b"\0")
    bench.write("latin", b"\xe4\n")
    bench.write("readonly", "x").chmod(0o444)
    (bench.root / "folder").mkdir()
    (bench.root / "loop").symlink_to("loop")
    os.mkfifo(bench.root / "pipe")
    prepared = bench.prepare(name, **arguments)
    assert told in prepared.problem
    assert told in refused(asyncio.run(bench.box.run(prepared)))
    assert bench.box.undo().paths == ()


def test_similar_lines_are_shown_to_a_model_that_read_the_file(bench: Bench) -> None:
    bench.write("f", "def compute(a):\n    return a\n")
    arguments = {"path": "f", "old": "def compute(b):", "new": "x"}
    assert "return" not in refused(bench.call("edit_file", **arguments))
    assert "def compute(a)" not in refused(bench.call("edit_file", **arguments))
    bench.call("read_file", path="f")
    assert "1: def compute(a):" in refused(bench.call("edit_file", **arguments))


def test_edit_and_its_preview(bench: Bench) -> None:
    bench.write("f", "one\r\ntwo\r\nthree\r\n")
    edits = [{"old": "one", "new": "1"}, {"old": "two\nthree", "new": "2\n3"}]
    outcome = bench.call("edit_file", path="f", edits=edits)
    assert ok(outcome) == "Edited f: 2 replacements, +3 −3 lines."
    assert (bench.root / "f").read_bytes() == b"1\r\n2\r\n3\r\n"
    preview = outcome.preview
    assert preview.kind is PreviewKind.DIFF
    assert (preview.added, preview.removed, preview.path) == (3, 3, "f")
    assert preview.text == "--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n-one\n-two\n-three\n+1\n+2\n+3"


def test_what_is_already_so_is_left_alone(bench: Bench) -> None:
    before = bench.write("f", "same\n").stat()
    assert ok(bench.call("write_file", path="f", content="same\n")) == "f already holds exactly this."
    assert (bench.root / "f").stat().st_mtime_ns == before.st_mtime_ns
    assert bench.box.undo().paths == ()


def test_delete_goes_to_the_bin_and_shows_what_it_touches(bench: Bench) -> None:
    bench.write("folder/a", "1")
    bench.write("folder/sub/b", "22")
    outside = bench.root.parent / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    (bench.root / "folder/link").symlink_to(outside)
    prepared = bench.prepare("delete_file", path="folder")
    assert prepared.preview.kind is PreviewKind.FILES
    assert prepared.preview.text.split("\n") == ["folder/a", "folder/link", "folder/sub/b"]
    assert "3 files" in ok(asyncio.run(bench.box.run(prepared)))
    assert not (bench.root / "folder").exists()
    assert (outside / "kept").exists()
    assert bench.box.undo().paths == (str(bench.root / "folder"),)
    assert (bench.root / "folder/sub/b").read_text() == "22"
    assert (bench.root / "folder/link").is_symlink()


def test_delete_of_a_link_takes_the_link(bench: Bench) -> None:
    target = bench.write("f", "x")
    link = bench.root / "link"
    link.symlink_to("f")
    prepared = bench.prepare("delete_file", path="link")
    assert set(prepared.paths) == {str(link), str(target)}
    ok(asyncio.run(bench.box.run(prepared)))
    assert target.exists()
    assert not link.is_symlink()


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("read_file", {"path": "folder/f"}),
        ("write_file", {"path": "folder/f", "content": "evil"}),
        ("write_file", {"path": "folder/new", "content": "evil"}),
        ("edit_file", {"path": "folder/f", "old": "secret", "new": "evil"}),
        ("delete_file", {"path": "folder/f"}),
    ],
)
def test_a_link_that_appears_after_the_decision_is_not_followed(
    bench: Bench, name: str, arguments: dict[str, str]
) -> None:
    bench.write("folder/f", "secret")
    outside = bench.root.parent / "outside"
    outside.mkdir()
    (outside / "f").write_text("secret")
    prepared = bench.prepare(name, **arguments)
    assert not prepared.problem
    (bench.root / "folder").rename(bench.root / "moved")
    (bench.root / "folder").symlink_to(outside)
    text = refused(asyncio.run(bench.box.run(prepared)))
    assert "secret" not in text
    assert (outside / "f").read_text() == "secret"
    assert sorted(path.name for path in outside.iterdir()) == ["f"]


@pytest.mark.parametrize("name", ["read_file", "write_file"])
def test_a_link_in_place_of_the_file_is_not_followed(bench: Bench, name: str) -> None:
    path = bench.write("f", "old")
    outside = bench.root.parent / "outside"
    outside.write_text("secret")
    more = {"content": "evil"} if name == "write_file" else {}
    prepared = bench.prepare(name, path="f", **more)
    path.unlink()
    path.symlink_to(outside)
    assert "secret" not in refused(asyncio.run(bench.box.run(prepared)))
    assert outside.read_text() == "secret"


@pytest.mark.parametrize("change", ["rewritten", "deleted", "created", "grown"])
def test_nothing_is_overwritten_that_changed_since_it_was_shown(bench: Bench, change: str) -> None:
    if change != "created":
        bench.write("f", "shown\n")
    prepared = bench.prepare("write_file", path="f", content="new\n")
    if change == "deleted":
        (bench.root / "f").unlink()
    else:
        bench.write("f", "by a person\n")
    outcome = asyncio.run(bench.box.run(prepared))
    assert outcome.changed_since
    assert "Read it again" in refused(outcome)
    assert (bench.root / "f").exists() == (change != "deleted")
    if change != "deleted":
        assert (bench.root / "f").read_text() == "by a person\n"
    assert bench.box.undo().paths == ()


def test_a_folder_that_changed_since_it_was_shown_is_not_deleted(bench: Bench) -> None:
    bench.write("folder/a", "1")
    prepared = bench.prepare("delete_file", path="folder")
    bench.write("folder/b", "2")
    assert asyncio.run(bench.box.run(prepared)).changed_since
    assert (bench.root / "folder/b").exists()


def test_paths_outside_and_home(bench: Bench, home: Path) -> None:
    (home / "notes").write_text("hello\n")
    prepared = bench.prepare("read_file", path="~/notes")
    assert prepared.path == (home / "notes").resolve()
    assert ok(asyncio.run(bench.box.run(prepared))).endswith("hello")
    assert bench.prepare("read_file", path="a/../../x").path == bench.root.parent / "x"


def test_a_failed_write_leaves_nothing_behind(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.write("f", "old\n")

    def names(descriptor: int) -> str:
        return str(Path(f"/proc/self/fd/{descriptor}").readlink())

    prepared = bench.prepare("write_file", path="f", content="new\n")
    new = bench.prepare("write_file", path="a/b/g", content="new\n")
    real, calls = os.fsync, []

    def fsync(descriptor: int) -> None:
        calls.append(descriptor)
        if stat.S_ISREG(os.fstat(descriptor).st_mode) and ".llmmixer-" in names(descriptor):
            raise OSError(28, "No space left on device")
        real(descriptor)

    if not Path("/proc/self/fd").exists():
        pytest.skip("names of descriptors are in /proc only")
    monkeypatch.setattr(os, "fsync", fsync)
    for call in (prepared, new):
        assert "No space left on device. Nothing was changed." in refused(asyncio.run(bench.box.run(call)))
    assert calls
    assert [path.name for path in bench.root.iterdir()] == ["f"]
    assert (bench.root / "f").read_text() == "old\n"
    assert list((bench.state / "writes").iterdir()) == []
    assert bench.box.undo().paths == ()


def test_a_canceled_change_is_finished_and_recorded(bench: Bench) -> None:
    async def work() -> None:
        prepared = bench.box.prepare(request("write_file", path="f", content="new\n"), "claude", "t1")
        task = asyncio.create_task(bench.box.run(prepared))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(work())
    changed = (bench.root / "f").exists()
    assert bench.box.undo().paths == ((str(bench.root / "f"),) if changed else ())
    assert not (bench.root / "f").exists()
