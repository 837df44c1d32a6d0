"""Programs are run to their end, and nothing of them is left, whatever they do."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from tests.conftest import WaitUntil
from tui.tools import command as command_module
from tui.tools.command import CommandResult, Launch, run_process

ENVIRONMENT = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TERM": "dumb"}


def shell(script: str, cwd: Path) -> Launch:
    return Launch(argv=("/bin/sh", "-c", script), env=ENVIRONMENT, cwd=cwd)


def python(script: str, cwd: Path) -> Launch:
    return Launch(argv=(sys.executable, "-c", script), env=ENVIRONMENT, cwd=cwd)


async def run(launch: Launch, timeout: float = 50.0, output_bytes: int = 48_000) -> CommandResult:  # noqa: ASYNC109
    return await run_process(launch, timeout=timeout, output_bytes=output_bytes)


def gone(pid: int) -> bool:
    """Whether the process has ended (one that nobody buried yet counts as ended)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize(
    ("script", "text", "ending", "code"),
    [
        ("echo one; echo two >&2; echo three", "one\ntwo\nthree\n", "exit 0", 0),
        ("exit 3", "", "exit 3", 3),
        ("kill -KILL $$", "", "ended by SIGKILL", None),
        ("cat; echo end", "end\n", "exit 0", 0),
        ("printf 'no end of line'", "no end of line", "exit 0", 0),
        (r"printf '\033[31mred\033[0m \033]0;title\007x\n'", "red x\n", "exit 0", 0),
        (r"printf '10%%\r50%%\r100%%\ndone\n'", "100%\ndone\n", "exit 0", 0),
        (r"printf 'a\r\nb\r\n'", "a\nb\n", "exit 0", 0),
        (r"printf 'bad \377 byte'", "bad \ufffd byte", "exit 0", 0),
    ],
)
async def test_output_and_ending(script: str, text: str, ending: str, code: int | None, tmp_path: Path) -> None:
    result = await run(shell(script, tmp_path))
    assert (result.text, result.ending, result.exit_code) == (text, ending, code)
    assert result.omitted == 0


async def test_only_the_given_environment_and_folder(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    environment = {"PATH": ENVIRONMENT["PATH"], "ONLY": "this"}
    launch = Launch(argv=("/bin/sh", "-c", "pwd; env"), env=environment, cwd=tmp_path / "inside")
    result = await run(launch)
    assert result.text.splitlines()[0] == str(tmp_path / "inside")
    assert "ONLY=this" in result.text
    assert "HOME=" not in result.text


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (("/nowhere/program",), "could not start /nowhere/program: No such file or directory"),
        (("/",), "could not start /: Permission denied"),
        (("/bin/sh", "-c", "x" * 3_000_000), "could not start /bin/sh: the command is too long for this system"),
        (("/bin/sh", "a\0b"), "could not start /bin/sh: embedded null byte"),
    ],
)
async def test_what_cannot_start_is_told(argv: tuple[str, ...], told: str, tmp_path: Path) -> None:
    result = await run(Launch(argv=argv, env=ENVIRONMENT, cwd=tmp_path))
    assert (result.ending, result.exit_code) == (told, None)


async def test_long_output_keeps_head_and_tail_and_counts_the_rest(tmp_path: Path) -> None:
    result = await run(shell("i=0; while [ $i -lt 5000 ]; do echo line $i; i=$((i+1)); done", tmp_path), 50, 4000)
    whole = "".join(f"line {number}\n" for number in range(5000))
    head, _, rest = result.text.partition("[… ")
    note, _, tail = rest.partition(" …]\n")
    assert whole.startswith(head)
    assert whole.endswith(tail)
    assert len(head) + len(tail) + result.omitted == len(whole)
    assert result.omitted > 30_000
    left_out = whole[len(head) : len(whole) - len(tail)]
    assert note.startswith(f"{len(left_out):,} bytes, {left_out.count(chr(10)):,} line breaks")
    assert len(head) + len(tail) <= 4000


async def test_a_flood_is_bounded_and_ends_in_time(tmp_path: Path) -> None:
    shown: list[str] = []
    result = await run_process(
        shell("while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done", tmp_path),
        timeout=0.5,
        on_output=shown.append,
        output_bytes=2000,
    )
    assert result.timed_out
    assert result.ending == "timed out after 0.5 s"
    assert len(result.text) < 2200
    assert all(len(piece) < 40_000 for piece in shown)


async def test_timeout_ends_what_ignores_sigterm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wait_until: WaitUntil
) -> None:
    ready = tmp_path / "ready"

    async def time_is_up(self: object, seconds: float) -> bool:
        await wait_until(ready.exists)
        return False

    monkeypatch.setattr(command_module, "_TERM_GRACE_S", 0.1)
    monkeypatch.setattr(command_module._Running, "ended_within", time_is_up)
    script = "trap '' TERM; sleep 100 & echo $! > child; echo $$ > self; touch ready; wait; sleep 100"
    result = await run(shell(script, tmp_path), timeout=7.0)
    assert (result.timed_out, result.exit_code, result.ending) == (True, None, "timed out after 7 s")
    for name in ("child", "self"):
        await wait_until(lambda path=tmp_path / name: gone(int(path.read_text())))


async def test_what_a_finished_command_left_running_ends_with_it(tmp_path: Path, wait_until: WaitUntil) -> None:
    result = await run(shell("sleep 100 & echo $! > child; trap '' TERM; sleep 99 & echo $! > deaf; exit 0", tmp_path))
    assert result.ending == "exit 0"
    assert result.seconds < 40
    pids = [int((tmp_path / name).read_text()) for name in ("child", "deaf")]
    await wait_until(lambda: all(map(gone, pids)))


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="other groups of a session are found in /proc only")
async def test_other_groups_of_the_session_end_too(tmp_path: Path, wait_until: WaitUntil) -> None:
    script = "set -m; sleep 100 & echo $! > child; exit 0"
    result = await run(shell(script, tmp_path))
    assert result.ending == "exit 0"
    pid = int((tmp_path / "child").read_text())
    await wait_until(lambda: gone(pid))


async def test_a_daemon_that_holds_the_pipe_does_not_hang_the_call(tmp_path: Path, wait_until: WaitUntil) -> None:
    script = (
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    open('daemon', 'w').write(str(os.getpid()))\n"
        "    time.sleep(100)\n"
        "while not os.path.exists('daemon') or not open('daemon').read(): time.sleep(0.01)\n"
        "print('parent ends', flush=True)\n"
        "os._exit(0)\n"
    )
    result = await run(python(script, tmp_path))
    pid = int((tmp_path / "daemon").read_text())
    try:
        assert (result.text, result.ending) == ("parent ends\n", "exit 0")
        assert result.seconds < 40
    finally:
        os.kill(pid, signal.SIGKILL)
    await wait_until(lambda: gone(pid))


@pytest.mark.parametrize("deaf", [False, True])
async def test_cancelling_ends_the_group(
    deaf: bool, tmp_path: Path, wait_until: WaitUntil, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_module, "_TERM_GRACE_S", 0.2)
    trap = "trap '' TERM; " if deaf else ""
    task = asyncio.create_task(run(shell(f"{trap}sleep 100 & echo $! $$ > pids; sleep 100; sleep 100", tmp_path)))
    pids = tmp_path / "pids"
    await wait_until(lambda: pids.exists() and pids.read_text())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    started = [int(pid) for pid in pids.read_text().split()]
    await wait_until(lambda: all(map(gone, started)))


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="sessions of their own are found in /proc only")
@pytest.mark.parametrize("how", ["cancelled", "out of time"])
async def test_sessions_of_their_own_end_with_a_command_that_is_ended(
    how: str, tmp_path: Path, wait_until: WaitUntil, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = (
        "import os, subprocess, sys, time\n"
        "deaf = 'import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(100)'\n"
        "made = [subprocess.Popen([sys.executable, '-c', deaf], start_new_session=True, stdout=-1) for _ in range(2)]\n"
        "[one.stdout.readline() for one in made]\n"
        "open('pids.new', 'w').write(' '.join(str(one.pid) for one in made))\n"
        "os.rename('pids.new', 'pids')\n"
        "time.sleep(100)\n"
    )
    pids = tmp_path / "pids"

    async def time_is_up(self: object, seconds: float) -> bool:
        await wait_until(pids.exists)
        return False

    monkeypatch.setattr(command_module, "_TERM_GRACE_S", 0.1)
    if how == "out of time":
        monkeypatch.setattr(command_module._Running, "ended_within", time_is_up)
    task = asyncio.create_task(run(python(script, tmp_path)))
    await wait_until(pids.exists)
    if how == "cancelled":
        task.cancel()
    await asyncio.wait({task})
    started = [int(pid) for pid in pids.read_text().split()]
    assert len(started) == 2
    await wait_until(lambda: all(map(gone, started)))


async def test_cancelling_twice_kills_at_once(tmp_path: Path, wait_until: WaitUntil) -> None:
    task = asyncio.create_task(run(shell("trap '' TERM; echo $$ > pid; sleep 100; sleep 100; sleep 100", tmp_path)))
    pid = tmp_path / "pid"
    await wait_until(lambda: pid.exists() and pid.read_text())
    task.cancel()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await wait_until(lambda: gone(int(pid.read_text())))


async def test_without_process_descriptors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_module, "_process_descriptor", lambda pid: None)
    assert (await run(shell("echo a; exit 4", tmp_path))).ending == "exit 4"
    result = await run(shell("sleep 100", tmp_path), timeout=0.2)
    assert result.timed_out


async def test_live_output_comes_while_it_runs(tmp_path: Path, wait_until: WaitUntil) -> None:
    shown: list[str] = []
    script = r"printf 'first \033[1mline\033[0m\n'; while [ ! -e go ]; do sleep 0.05; done; echo second"
    task = asyncio.create_task(run_process(shell(script, tmp_path), timeout=50, on_output=shown.append))
    await wait_until(lambda: "".join(shown) == "first line\n")
    (tmp_path / "go").touch()
    result = await task
    assert "".join(shown) == result.text == "first line\nsecond\n"


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open descriptors are listed in /proc only")
async def test_no_descriptors_are_left_open(tmp_path: Path) -> None:
    await run(shell("true", tmp_path))
    before = open_descriptors()
    for _ in range(5):
        await run(shell("echo a", tmp_path))
        await run(Launch(argv=("/nowhere",), env=ENVIRONMENT, cwd=tmp_path))
    assert open_descriptors() == before


async def test_many_at_once(tmp_path: Path) -> None:
    results = await asyncio.gather(*(run(shell(f"echo {number}; exit {number}", tmp_path)) for number in range(12)))
    assert [(result.text, result.exit_code) for result in results] == [(f"{n}\n", n) for n in range(12)]
