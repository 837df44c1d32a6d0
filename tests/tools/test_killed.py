"""A process killed at any moment leaves every file whole, and no litter after the next start."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tools.conftest import Bench
from tui.tools.opening import load
from tui.tools.writing import ChangedError, Writer, remove_litter

ROOT = Path(__file__).resolve().parents[2]
WRITE = """
import sys
from pathlib import Path
from tui.tools.opening import load
from tui.tools.writing import Writer
folder = Path(sys.argv[1])
writer = Writer(Path(sys.argv[2]))
letters = "ab"
print("ready", flush=True)
number = 0
while True:
    number += 1
    data = (letters[number % 2] * 300_000).encode()
    for path in (folder / "old", folder / f"new{number % 3}"):
        try:
            known = load(path)[1]
        except FileNotFoundError:
            known = None
        writer.replace(path, data, known)
    (folder / f"new{(number + 1) % 3}").unlink(missing_ok=True)
"""
KILLS = 6


def test_files_are_old_or_new_after_every_kill(tmp_path: Path) -> None:
    project, notes = tmp_path / "project", tmp_path / "state" / "writes"
    project.mkdir()
    (project / "old").write_bytes(b"a" * 300_000)
    dice = random.Random(7)
    littered = 0
    for _ in range(KILLS):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITE, str(project), str(notes)], cwd=ROOT, stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == b"ready\n"
            time.sleep(dice.uniform(0.01, 0.12))
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
            process.stdout.close()
        for path in project.iterdir():
            data = path.read_bytes()
            if path.name.startswith(".llmmixer-"):
                littered += 1
            else:
                assert data in (b"a" * 300_000, b"b" * 300_000), path
        remove_litter(notes)
        assert not [path for path in project.iterdir() if path.name.startswith(".llmmixer-")]
        assert list(notes.iterdir()) == []
    assert (project / "old").exists()


def test_litter_of_a_killed_process_is_removed_by_the_next_session(new_bench: Callable[..., Bench]) -> None:
    bench = new_bench()
    script = """
import os, signal, sys
from pathlib import Path
from tui.tools.writing import Writer
real = os.fsync
os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL)
Writer(Path(sys.argv[2])).replace(Path(sys.argv[1]) / "f", b"data", None)
"""
    other = bench.state.parent / "other" / "writes"
    done = subprocess.run([sys.executable, "-c", script, str(bench.root), str(other)], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    (litter,) = bench.root.iterdir()
    assert litter.name.startswith(".llmmixer-")
    assert bench.box.clean_up() == (litter,)
    assert list(bench.root.iterdir()) == []
    assert bench.box.clean_up() == ()


def test_temporary_files_in_use_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notes = tmp_path / "notes"
    real, kept = os.fsync, []

    def fsync(descriptor: int) -> None:
        kept.append((remove_litter(notes), len(list(notes.iterdir()))))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    Writer(notes).replace(tmp_path.resolve() / "f", b"data", None)
    assert kept[0] == ([], 1)
    assert (tmp_path / "f").read_bytes() == b"data"


def test_a_note_cannot_remove_anything_else(tmp_path: Path) -> None:
    victim = tmp_path / "precious"
    victim.write_text("x")
    notes = tmp_path / "notes"
    notes.mkdir()
    note = {"path": os.fsencode(victim).hex(), "pid": 1, "started": "0", "place": ""}
    (notes / ".llmmixer-1.tmp.json").write_text(json.dumps(note))
    (notes / ".llmmixer-2.tmp.json").write_text("no json")
    remove_litter(notes)
    assert victim.exists()


def test_a_file_created_meanwhile_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path.resolve() / "f"
    real = os.link

    def link(source: str, target: str, *, src_dir_fd: int, dst_dir_fd: int, follow_symlinks: bool) -> None:
        path.write_text("by a person")
        real(source, target, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(os, "link", link)
    with pytest.raises(ChangedError):
        Writer(tmp_path / "notes").replace(path, b"data", None)
    assert path.read_text() == "by a person"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["f", "notes"]


def test_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(*_: str, **__: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    path = tmp_path.resolve() / "f"
    Writer(tmp_path / "notes").replace(path, b"data", None)
    assert load(path)[0] == b"data"
