"""Programs that treat their terminal oddly: they never read, stop, close it, leave it to others, or outlive it."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from tests.conftest import WaitUntil
from tests.terminal.live import descriptors, is_alive, launch, python, running, shell, shown
from tui.terminal import outgoing
from tui.terminal.family import read_process
from tui.terminal.outgoing import Outgoing

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at processes in /proc")

PASTE = b"x" * 1_000_000
NEVER_READS = "import time, tty; tty.set{mode}(0); print('ready', flush=True); time.sleep(100)"


async def test_the_interrupt_key_gets_through_a_paste_nobody_reads(wait_until: WaitUntil) -> None:
    async with running(python(NEVER_READS.format(mode="cbreak"))) as terminal:
        await wait_until(lambda: "ready" in shown(terminal))
        child = terminal._child
        assert child is not None
        terminal.write(PASTE)
        assert child.waiting_bytes > 0
        terminal.write(b"\x03")
        assert child.waiting_bytes == 0
        assert (await terminal.outcome).signal == "SIGINT"


async def test_keys_wait_behind_a_paste_where_they_mean_nothing_to_the_terminal(wait_until: WaitUntil) -> None:
    async with running(python(NEVER_READS.format(mode="raw"))) as terminal:
        await wait_until(lambda: "ready" in shown(terminal))
        child = terminal._child
        assert child is not None
        terminal.write(PASTE)
        waiting = child.waiting_bytes
        for key in (b"\x1b", b"\x03"):
            terminal.write(key)
        assert 0 < child.waiting_bytes <= waiting + 2
        assert terminal.running
        await terminal.stop()
        assert child.waiting_bytes == 0


async def test_what_nobody_reads_is_bounded(wait_until: WaitUntil, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "_MOST_WAITING", 3_000_000)
    async with running(python(NEVER_READS.format(mode="raw"))) as terminal:
        await wait_until(lambda: "ready" in shown(terminal))
        for _ in range(10):
            terminal.write(PASTE)
        child = terminal._child
        assert child is not None
        assert 3_000_000 < child.waiting_bytes <= 4_000_000


async def test_who_stops_reading_and_reads_again_can_be_written_to_again(tmp_path: Path) -> None:
    """Some systems let writing fail while nobody holds a terminal; its program may open it again."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    writer = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    sending = Outgoing(writer)
    try:
        os.close(reader)
        sending.write(b"lost")
        assert sending.size == 0
        reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        sending.write(b"heard")
        assert os.read(reader, 100) == b"heard"
    finally:
        sending.close()
        os.close(reader)
        os.close(writer)


async def test_the_stop_key_does_not_stop_a_program_nobody_could_wake(wait_until: WaitUntil) -> None:
    async with running(launch("cat")) as terminal:
        terminal.write(b"one\n\x1atwo\n")
        await wait_until(lambda: "two" in shown(terminal).split())


async def test_a_program_that_stopped_itself_can_be_ended(wait_until: WaitUntil) -> None:
    async with running(shell("echo $$; kill -STOP $$; echo on")) as terminal:
        await wait_until(lambda: shown(terminal).strip().isdigit())
        pid = int(shown(terminal))
        await wait_until(lambda: (found := read_process(pid)) is not None and found.state == "T")
        ending = await terminal.stop("you closed it")
        assert ending is not None
        assert ending.reason == "you closed it"
        assert not is_alive(pid)


async def test_a_stopped_program_goes_on_with_its_terminal(wait_until: WaitUntil) -> None:
    async with running(shell("echo $$; kill -STOP $$; echo on; read -r line; echo $line")) as terminal:
        await wait_until(lambda: shown(terminal).strip().isdigit())
        pid = int(shown(terminal))
        await wait_until(lambda: (found := read_process(pid)) is not None and found.state == "T")
        terminal.write(b"typed\n")
        os.kill(pid, signal.SIGCONT)
        await terminal.outcome
        assert shown(terminal).split()[-1] == "typed"


async def test_what_is_printed_after_the_end_reaches_nobody(wait_until: WaitUntil, tmp_path: Path) -> None:
    """A daemon keeps the terminal, and writes to it when the program and its terminal are gone."""
    until = f"while [ ! -e {tmp_path}/{{}} ]; do sleep 0.02; done"
    daemon = f": > {tmp_path}/started; {until.format('go')}; echo late; echo $? > {tmp_path}/code"
    script = f"setsid bash -c '{daemon}' & {until.format('started')}; echo first"
    async with running(shell(script), keep_background=True) as terminal:
        assert (await terminal.outcome).code == 0
        (tmp_path / "go").touch()
        await wait_until((tmp_path / "code").exists)
        await wait_until(lambda: (tmp_path / "code").read_text() == "1\n")
        assert shown(terminal) == "first"


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (1000, 1000), (10**6, -5)])
async def test_any_size(wait_until: WaitUntil, size: tuple[int, int]) -> None:
    columns, lines = (min(max(1, side), 1000) for side in size)
    before = descriptors()
    async with running(shell("read -r line; stty size; echo 你好; printf '\\e[9999;9999Hx'; read -r line")) as terminal:
        terminal.resize(*size)
        assert (terminal.columns, terminal.lines) == (columns, lines)
        terminal.write(b"\n")
        await wait_until(lambda: "x" in terminal.row_text(lines - 1))
        terminal.resize(80, 24)
        assert f"{lines} {columns}" in shown(terminal).replace("\n", "") or columns == 1
        terminal.write(b"\n")
        await terminal.outcome
    assert descriptors() <= before


async def test_writing_resizing_and_stopping_after_the_end_do_nothing(wait_until: WaitUntil) -> None:
    async with running(shell("exit 3")) as terminal:
        ending = await terminal.outcome
        terminal.write(b"\x03")
        terminal.write(PASTE)
        terminal.send(b"x")
        terminal.resize(100, 40)
        terminal.focus(True)
        terminal.set_colors((0, 0, 0), (255, 255, 255), ())
        assert await terminal.stop("again", interrupt=True) == ending
        assert terminal._child is not None
        assert terminal._child.waiting_bytes == 0
        assert terminal.descriptor() == -1


async def test_a_change_of_the_theme_reaches_who_asked(wait_until: WaitUntil) -> None:
    script = "stty raw -echo; printf '\\e[?2031hready'; head -c 9 | od -An -c; sleep 0.1"
    async with running(shell(script)) as terminal:
        terminal.set_colors((255, 255, 255), (0, 0, 0), ())
        await wait_until(lambda: "ready" in shown(terminal))
        terminal.set_colors((0, 0, 0), (255, 255, 255), ())
        await asyncio.wait_for(asyncio.shield(terminal.outcome), 20)
        assert "033 [ ? 9 9 7 ; 2 n" in " ".join(shown(terminal).split())
