"""How much of what a program writes is read at once: less while it is laborious to show."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import WaitUntil
from tests.terminal.live import python, running, shell, shown
from tui.terminal import child as reading
from tui.terminal.child import Child, Hooks
from tui.terminal.ending import Ending
from tui.terminal.pipes import start_pipes
from tui.terminal.process import start_pty

FLOOD = "head -c 150000 /dev/zero | tr '\\0' x"


class Reader:
    """Takes what a program writes, with as much work as a test says."""

    def __init__(self, work: Callable[[bytes], None]) -> None:
        self.sizes: list[int] = []
        self.ending: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self._work = work

    def received(self, data: bytes) -> None:
        self.sizes.append(len(data))
        self._work(data)

    async def start(self, script: str, *, pipes: bool = False) -> Child:
        hooks = Hooks(self.received, self.ending.set_result)
        if pipes:
            return await start_pipes(shell(script, Path.cwd()), hooks=hooks)
        return await start_pty(shell(script, Path.cwd()), columns=80, lines=24, hooks=hooks)


def burn(data: bytes) -> None:
    """Work for 4 microseconds a byte: 16 ms for a whole read."""
    end = time.thread_time() + len(data) * 4e-6
    while time.thread_time() < end:
        pass


@pytest.mark.parametrize("pipes", [False, True])
async def test_what_is_laborious_is_read_in_small_parts(*, pipes: bool) -> None:
    reader = Reader(burn)
    child = await reader.start(FLOOD, pipes=pipes)
    await reader.ending
    assert sum(reader.sizes) == 150_000
    assert max(reader.sizes[3:]) <= 2048
    assert child.ending is not None
    assert child.ending.code == 0


async def test_all_of_the_last_words_are_heard_however_long_showing_them_takes() -> None:
    """As much as a pipe holds may have been written right before the end."""
    reader = Reader(lambda data: burn(data * 3))
    await reader.start("head -c 60000 /dev/zero", pipes=True)
    assert (await reader.ending).code == 0
    assert sum(reader.sizes) == 60_000


async def test_all_of_the_last_words_are_heard_on_a_busy_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time in which others had the processor does not count."""
    monkeypatch.setattr(reading, "_LAST_WORDS_SECONDS", 0.2)
    reader = Reader(lambda _: time.sleep(0.03))
    await reader.start("head -c 60000 /dev/zero", pipes=True)
    await reader.ending
    assert sum(reader.sizes) == 60_000


async def test_what_is_easy_is_read_whole_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_HELD_SECONDS", 0.0)
    # One look at the clock takes so long that nobody can say how long the work itself took on a slow machine.
    ticks = iter([0.0, 0.1])
    monkeypatch.setattr(time, "thread_time", lambda: next(ticks, 0.1))
    reader = Reader(lambda _: None)
    child = await reader.start(FLOOD)
    await reader.ending
    small = [size for size in reader.sizes[1:] if size <= 512]
    assert small, "the first read was said to have cost 100 ms"
    assert child._most == reading._READ_SIZE  # how much there is at once depends on the machine
    assert sum(reader.sizes) == 150_000


async def test_what_may_be_laborious_is_read_in_small_parts_from_the_first() -> None:
    reader = Reader(lambda _: None)
    child = await reader.start(f"read line; {FLOOD}")
    child.laborious = True
    child.write(b"\n")
    await reader.ending
    assert max(reader.sizes) <= 256
    assert sum(reader.sizes) >= 150_000


async def test_scrolling_between_side_margins_is(wait_until: WaitUntil) -> None:
    script = (
        "import sys; w = sys.stdout.write; w('\\x1b[?69h\\x1b[2;70s\\x1b[24H'); sys.stdout.flush(); input();"
        "w('x\\n' * 3000); w('\\x1b[?69l\\x1b[24HEND'); sys.stdout.flush(); input()"
    )
    async with running(python(script)) as terminal:
        child = terminal._child
        assert child is not None
        await wait_until(lambda: child.laborious)
        terminal.write(b"\n")
        await wait_until(lambda: "END" in shown(terminal))
        assert not child.laborious
