"""Whether a program asks, as the kernel tells it: with real programs, and with a made-up /proc."""

import os
import shutil
import stat
import sys
from pathlib import Path

import pytest

from tests.conftest import WaitUntil
from tests.terminal.live import launch, python, running, shell, shown
from tui.terminal.evidence import Evidence, Look, gather, terminal_settings
from tui.terminal.family import Process, parse_stat, processes
from tui.terminal.launch import TerminalLaunch
from tui.terminal.session import Terminal

LINUX = sys.platform.startswith("linux")
needs_proc = pytest.mark.skipif(not LINUX or not Look(0).possible, reason="the system does not show who waits")

_PRINT = "import select, sys, threading, time; print('ready', end='', flush=True);"
ASKERS = {
    "input": lambda: python("input('ready')"),
    "input with readline": lambda: python("import readline; input('ready')"),
    "read": lambda: shell("read -p ready x"),
    "read with a limit": lambda: shell("read -t 60 -p ready x"),
    "read from /dev/tty": lambda: shell("exec 3</dev/tty; printf ready; read x <&3"),
    "one key": lambda: shell("read -n1 -p ready x"),
    "cat": lambda: shell("printf ready; cat"),
    "select": lambda: python(_PRINT + "select.select([0], [], [])"),
    "poll": lambda: python(_PRINT + "p = select.poll(); p.register(0, select.POLLIN); p.poll()"),
    "epoll": lambda: python(_PRINT + "p = select.epoll(); p.register(0, select.EPOLLIN); p.poll()"),
    "another thread": lambda: python(_PRINT + "threading.Thread(target=input).start(); time.sleep(60)"),
    "a child": lambda: shell("(printf ready; read x; true)"),
}
WORKERS = {
    "sleep": lambda: shell("printf ready; sleep 60"),
    "busy": lambda: shell("printf ready; while :; do :; done"),
    "pipe": lambda: shell("printf ready; sleep 60 | cat"),
    "writes only": lambda: python(_PRINT + "p = select.poll(); p.register(0, 0); p.poll()"),
    "waits for another": lambda: python(_PRINT + "import os; r, w = os.pipe(); select.select([r], [], [])"),
    "asks in the background": lambda: shell("set -m; (read x) & printf ready; sleep 60"),
}


async def evidence_of(terminal: Terminal) -> Evidence:
    return await gather(terminal.descriptor(), terminal.device, 1.0)


@needs_proc
@pytest.mark.parametrize("name", ASKERS)
async def test_who_asks(name: str, wait_until: WaitUntil) -> None:
    async with running(ASKERS[name]()) as terminal:
        await wait_until(lambda: "ready" in shown(terminal))
        found = await evidence_of(terminal)
        while not found.asks:  # it may be on its way to ask; the test's limit ends this
            found = await evidence_of(terminal)
    assert found.watched
    assert not found.secret


@needs_proc
@pytest.mark.parametrize("name", WORKERS)
async def test_who_works(name: str, wait_until: WaitUntil) -> None:
    async with running(WORKERS[name]()) as terminal:
        await wait_until(lambda: "ready" in shown(terminal))
        found = [(await evidence_of(terminal)).asks for _ in range(20)]
    assert found == [False] * 20


@needs_proc
@pytest.mark.parametrize(
    ("what", "secret", "raw", "program"),
    [
        (lambda: python("import getpass; getpass.getpass('ready')"), True, False, "python"),
        (lambda: shell("read -s -p ready x"), True, False, "bash"),
        (lambda: shell("read -p ready x"), False, False, "bash"),
        (lambda: shell("read -s -n1 -p ready x"), False, True, "bash"),
        (lambda: python("import os, tty; tty.setraw(0); print('ready'); os.read(0, 1)"), False, True, "python"),
    ],
)
async def test_how_it_asks(what: object, secret: bool, raw: bool, program: str, wait_until: WaitUntil) -> None:
    assert callable(what)
    launched = what()
    assert isinstance(launched, TerminalLaunch)
    async with running(launched) as terminal:
        await wait_until(lambda: "ready" in shown(terminal))
        found = await evidence_of(terminal)
        while not found.asks:
            found = await evidence_of(terminal)
    assert (found.secret, found.raw) == (secret, raw)
    assert found.program.startswith(program)


@needs_proc
@pytest.mark.skipif(shutil.which("less") is None, reason="needs less")
async def test_the_programs_name(tmp_path: Path, wait_until: WaitUntil) -> None:
    (tmp_path / "text").write_text("text\n" * 50)
    async with running(launch("less", "text", cwd=tmp_path)) as terminal:
        await wait_until(lambda: "text" in shown(terminal))
        found = await evidence_of(terminal)
        while not found.asks:
            found = await evidence_of(terminal)
        assert (found.program, found.raw) == ("less", True)


@needs_proc
async def test_an_ended_terminal() -> None:
    async with running(launch("true")) as terminal:
        await terminal.outcome
        assert await evidence_of(terminal) == Evidence(silent_s=1.0)
    assert terminal_settings(-1) == (None, None)


async def test_a_system_that_shows_nothing(tmp_path: Path, wait_until: WaitUntil) -> None:
    async with running(shell("read -s -p ready x")) as terminal:
        await wait_until(lambda: "ready" in shown(terminal))
        await wait_until(lambda: terminal_settings(terminal.descriptor()) == (False, True))
        found = await gather(terminal.descriptor(), terminal.device, 3.0, tmp_path)
    assert found == Evidence(echo=False, canonical=True, silent_s=3.0, watched=False)
    assert found.secret, "the terminal's own settings are known everywhere"


def test_machines() -> None:
    assert Look(0, machine="x86_64").possible == Path("/proc/self/syscall").exists()
    assert not Look(0, machine="i686").possible


@pytest.mark.parametrize(
    ("call", "machine", "waits"),
    [
        ("0 0x0 0x7f00 0x400 0 0 0 0x7ffd 0x7f12", "x86_64", True),
        ("63 0x0 0x7f00 0x400 0 0 0 0x7ffd 0x7f12", "aarch64", True),
        ("63 0x0 0x7f00 0x400 0 0 0 0x7ffd 0x7f12", "x86_64", False),
        ("0 0x1 0x7f00 0x400 0 0 0 0x7ffd 0x7f12", "x86_64", False),
        ("0 0x9 0x7f00 0x400 0 0 0 0x7ffd 0x7f12", "x86_64", False),
        ("1 0x0 0x7f00 0x400 0 0 0 0x7ffd 0x7f12", "x86_64", False),
        ("232 0x5 0x7f00 0x400 0 0 0 0x7ffd 0x7f12", "x86_64", True),
        ("232 0x6 0x7f00 0x400 0 0 0 0x7ffd 0x7f12", "x86_64", None),
        ("7 0x10 0x1 0x400 0 0 0 0x7ffd 0x7f12", "x86_64", None),
        ("219 0x0 0x7f00 0x400 0 0 0 0x7ffd 0x7f12", "x86_64", None),
        ("running", "x86_64", False),
        ("-1 0x7ffd 0x7f12", "x86_64", False),
        ("", "x86_64", False),
    ],
)
def test_system_calls(call: str, machine: str, waits: bool | None, tmp_path: Path) -> None:
    process = tmp_path / "7"
    (process / "task" / "7").mkdir(parents=True)
    (process / "task" / "7" / "syscall").write_text(call + "\n")
    (process / "fd").mkdir()
    (process / "fd" / "0").symlink_to("/dev/null")
    (process / "fd" / "1").symlink_to(tmp_path / "7")
    (process / "fdinfo").mkdir()
    (process / "fdinfo" / "5").write_text("pos:\t0\ntfd:        0 events:       19 data: 0\n")
    null = Path("/dev/null").stat()
    assert stat.S_ISCHR(null.st_mode)
    assert Look(null.st_rdev, tmp_path, machine).waits(7) is waits


def test_who_may_not_be_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "7" / "task" / "7").mkdir(parents=True)
    (tmp_path / "7" / "task" / "7" / "syscall").write_text("0 0x0\n")

    def refuse(*_arguments: object, **_options: object) -> str:
        raise PermissionError

    monkeypatch.setattr(Path, "read_text", refuse)
    assert Look(0, tmp_path, "x86_64").waits(7) is None
    assert Look(0, tmp_path, "x86_64").waits(8) is False, "it has ended"


@pytest.mark.parametrize(
    ("text", "process"),
    [
        (
            "7 (a (b) c) S 1 7 6 34816 7 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4711 1 2",
            Process(7, "a (b) c", "S", 1, 7, 6, 4711),
        ),
        ("7 (x", None),
        ("", None),
        ("7 (x) S 1", None),
    ],
)
def test_the_process_table(text: str, process: Process | None) -> None:
    assert parse_stat(text) == process


@pytest.mark.skipif(not LINUX, reason="needs /proc")
async def test_we_are_among_all_processes() -> None:
    assert os.getpid() in {process.pid for process in await processes()}
