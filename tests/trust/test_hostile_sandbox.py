"""A command that does all it can to get out of the sandbox, run as the engine runs it."""

import asyncio
import os
import socket
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from tests.conftest import WaitUntil
from tests.engine.workbench import Workbench, make_project
from tui.config.model_work import TrustConfig
from tui.core.chat import ToolResult
from tui.core.trust import AnswerKind
from tui.trust.sandbox import probe

pytestmark = pytest.mark.skipif(not probe().program, reason=f"no sandbox here: {probe().reason}")
HIDDEN = (".ssh/id_rsa", ".git-credentials", ".config/gh/hosts.yml", ".bash_history", ".aws/credentials", "state/note")


@pytest.fixture
def bench(tmp_path: Path, wait_until: WaitUntil) -> Workbench:
    """Return a workbench with a sandbox; its project lies in a home full of what nobody may see."""
    home = tmp_path / "home"
    root = make_project(home / "project")
    for name in HIDDEN:
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("canary\n", encoding="utf-8")
    (root / "deep/er").mkdir(parents=True)
    (root / "deep/er/.env").write_text("canary\n", encoding="utf-8")
    (root / ".env").write_text("canary\n", encoding="utf-8")
    os.link(root / ".env", root / "other-name")
    (root / "link").symlink_to("deep/er/.env")
    return Workbench(root, home, wait_until, trust=TrustConfig())


def init_git(root: Path) -> None:
    """Make a repository of a folder."""
    subprocess.run(["git", "init", "-q", str(root)], check=True, env={"PATH": os.environ["PATH"]})


def is_there(path: str) -> bool:
    """Tell whether there is anything at a path."""
    return os.path.lexists(path)


def running(mark: str) -> bool:
    """Tell whether a process with these words runs."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it ended meanwhile
            if mark.replace(" ", "\0").encode() in path.read_bytes():
                return True
    return False


async def attack(bench: Workbench, script: str) -> ToolResult:
    """Run a script of the project, which the policy cannot look into, with a person's yes."""
    (bench.root / "attack.sh").write_text(script, encoding="utf-8")
    task = bench.begin("run_command", command="bash attack.sh")
    await bench.answer(AnswerKind.ONCE)
    return await task


async def test_nothing_secret_is_read_by_any_name(bench: Workbench) -> None:
    places = " ".join([*(f"~/{name}" for name in HIDDEN), ".en?", "deep/er/.en?", "other-name", "link"])
    result = await attack(
        bench,
        f"cat {places}\ncp other-name copy; cat copy; ln .en? mine; cat mine; mv deep deeper; cat deeper/er/.en?\n"
        "grep -r canary ~ 2>/dev/null; cat /proc/1/root/$HOME/.ssh/id_rsa; umount .env; cat .en?; echo over\n",
    )
    assert "canary" not in result.text.replace("grep -r canary", "")
    assert "over" in result.text
    assert (bench.root / ".env").read_text(encoding="utf-8") == "canary\n"


async def test_nothing_outside_is_written_and_nothing_git_runs(bench: Workbench, tmp_path: Path) -> None:
    init_git(bench.root)
    result = await attack(
        bench,
        f"touch {tmp_path}/outside ~/outside /etc/outside; echo x > .git/hooks/pre-commit; echo x >> .git/config\n"
        "mkdir -p .llmmixer; echo x > .llmmixer/config.toml; mv .git .moved; rm -rf .git; echo x > .env; echo over\n",
    )
    assert "over" in result.text
    assert not (tmp_path / "outside").exists()
    assert not (bench.home / "outside").exists()
    assert not is_there("/etc/outside")
    assert not (bench.root / ".git/hooks/pre-commit").exists()
    assert (bench.root / ".git/config").read_text(encoding="utf-8").count("x\n") == 0
    assert not (bench.root / ".llmmixer").exists()
    assert (bench.root / ".env").read_text(encoding="utf-8") == "canary\n"


async def test_no_network_is_reached(bench: Workbench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        result = await attack(bench, f"(exec 3<>/dev/tcp/127.0.0.1/{port}) && echo reached; echo over\n")
    assert "reached" not in result.text
    assert "over" in result.text


async def test_nothing_stays_behind(bench: Workbench, wait_until: WaitUntil) -> None:
    before = sorted(path.name for path in bench.root.iterdir())
    mark = f"sleep 3{os.getpid()}"
    result = await attack(bench, f"setsid nohup {mark} >/dev/null 2>&1 &\nsetsid setsid {mark} &\necho over\n")
    assert "over" in result.text
    await wait_until(lambda: not running(mark))
    assert sorted(path.name for path in bench.root.iterdir()) == sorted([*before, "attack.sh"])


async def test_a_stopped_command_takes_its_placeholders_along(bench: Workbench, wait_until: WaitUntil) -> None:
    (bench.root / ".env").unlink()
    (bench.root / "attack.sh").write_text("touch begun; sleep 60\n", encoding="utf-8")
    task = bench.begin("run_command", command="bash attack.sh")
    await bench.answer(AnswerKind.ONCE)
    await wait_until((bench.root / "begun").exists)
    for _ in range(3):
        task.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await task
    await wait_until(lambda: not {".env", ".git", ".llmmixer"} & {path.name for path in bench.root.iterdir()})


async def test_a_grant_for_a_folder_does_not_follow_a_link_elsewhere(bench: Workbench) -> None:
    (bench.root / "one").mkdir()
    (bench.root / "two").mkdir()
    (bench.root / "here").symlink_to("one")
    task = bench.begin("run_command", command="touch made", cwd="here")
    await bench.answer(AnswerKind.SESSION)
    assert not (await task).is_error
    (bench.root / "here").unlink()
    (bench.root / "here").symlink_to("two")
    again = bench.begin("run_command", command="touch made", cwd="here")
    await bench.answer(AnswerKind.DENY, number=2)
    assert (await again).is_error
    assert not (bench.root / "two/made").exists()
