"""The demo's own folder goes with its process, however that ends, and nothing else goes with it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tui.cli_workspace import demo_workspace
from tui.demo.folder import DemoFolder, sweep

MAKER = """
import sys
from pathlib import Path
from tui.demo.folder import DemoFolder
folder = DemoFolder(Path(sys.argv[1]))
folder.make()
print(folder.path, flush=True)
sys.stdin.read()
"""
OLD = 2 * 86_400


@contextmanager
def demo(temporary: Path) -> Iterator[tuple["subprocess.Popen[str]", Path]]:
    """Another process with a folder of its own."""
    words = [sys.executable, "-c", MAKER, str(temporary)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, Path(process.stdout.readline().strip())
        finally:
            process.kill()


def left(temporary: Path, name: str = "llmmixer-demo_" + "a" * 19, *, lock: bool = True) -> Path:
    """What a demo leaves that was killed."""
    folder = temporary / name
    (folder / "sample-project" / ".git").mkdir(parents=True)
    (folder / "sample-project" / "README.md").write_text("x")
    if lock:
        (folder / "in-use").touch()
    folder.chmod(0o700)
    return folder


def test_the_folder_is_private_and_goes_with_its_owner(tmp_path: Path) -> None:
    folder = DemoFolder(tmp_path)
    assert list(tmp_path.iterdir()) == []
    folder.make()
    assert folder.path.stat().st_mode & 0o777 == 0o700
    assert sweep(tmp_path) == 0, "its own process runs"
    folder.remove()
    folder.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_running_demo_keeps_its_folder_and_a_killed_one_loses_it(tmp_path: Path) -> None:
    with demo(tmp_path) as (process, folder):
        assert sweep(tmp_path) == 0
        assert folder.is_dir()
        process.kill()
        process.wait()
        assert sweep(tmp_path) == 1
    assert list(tmp_path.iterdir()) == []


def test_the_next_demo_sweeps(tmp_path: Path) -> None:
    old = left(tmp_path)
    environ = {"TMPDIR": str(tmp_path), "HOME": str(tmp_path / "home")}
    with demo_workspace(environ) as workspace:
        assert workspace.make is not None
        assert old.is_dir(), "nothing happens before the folder is needed"
        workspace.make()
        assert not old.exists()
        assert (workspace.root / "tally/money.py").is_file()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["llmmixer-demo_", "llmmixer-demo_" + "A" * 19, "llmmixer-demo_" + "a" * 20, "x-llmmixer-demo_" + "a" * 19]
)
def test_other_names_stay(name: str, tmp_path: Path) -> None:
    folder = left(tmp_path, name)
    assert sweep(tmp_path) == 0
    assert folder.is_dir()


def test_no_link_is_followed(tmp_path: Path) -> None:
    temporary, mine = tmp_path / "tmp", tmp_path / "mine"
    temporary.mkdir()
    precious = left(tmp_path, "mine") / "sample-project" / "README.md"
    (temporary / ("llmmixer-demo_" + "b" * 19)).symlink_to(mine)
    inside = left(temporary, "llmmixer-demo_" + "c" * 19)
    (inside / "sample-project" / "link").symlink_to(mine)
    elsewhere = left(temporary, "llmmixer-demo_" + "d" * 19, lock=False)
    (elsewhere / "in-use").symlink_to(precious)
    assert sweep(temporary) == 1
    assert precious.read_text() == "x"
    assert sorted(path.name[-1] for path in temporary.iterdir()) == ["b", "d"]


def test_a_file_a_fifo_and_a_folder_others_may_enter_stay(tmp_path: Path) -> None:
    (tmp_path / ("llmmixer-demo_" + "e" * 19)).touch()
    open_to_all = left(tmp_path, "llmmixer-demo_" + "f" * 19)
    open_to_all.chmod(0o755)
    strange = left(tmp_path, "llmmixer-demo_" + "0" * 19, lock=False)
    os.mkfifo(strange / "in-use")
    os.utime(strange, (time.time() - OLD, time.time() - OLD))
    assert sweep(tmp_path) in (0, 1), "a fifo can be locked on some systems; nothing hangs"
    assert open_to_all.is_dir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to somebody else")
def test_a_folder_of_another_user_stays(tmp_path: Path) -> None:
    folder = left(tmp_path)
    os.chown(folder, 65_534, 65_534)
    assert sweep(tmp_path) == 0
    assert folder.is_dir()


@pytest.mark.parametrize(("age", "gone"), [(0, 0), (OLD, 1)])
def test_without_a_lock_only_what_is_old_goes(age: int, gone: int, tmp_path: Path) -> None:
    folder = left(tmp_path, lock=False)
    os.utime(folder, (time.time() - age, time.time() - age))
    assert sweep(tmp_path) == gone
    assert folder.exists() is not bool(gone)


def test_a_missing_temporary_folder_is_no_failure(tmp_path: Path) -> None:
    assert sweep(tmp_path / "nowhere") == 0
