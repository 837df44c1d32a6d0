"""Programs in embedded terminals: keys during a flood, floods against tmux, starting and stopping, answers."""

import asyncio
import contextlib
import os
import shutil
import subprocess
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from typing import Final

from tests.bench.report import Line, median, percentile, ratio
from tests.terminal.live import descriptors, running, shell
from tests.terminal.responder_score import scored
from tui.terminal.family import Family, read_process
from tui.terminal.session import Terminal

KEYS: Final = 200
KEYS_IN_A_ROW: Final = 60
KEY_SECONDS: Final = 0.05
FLOOD_BYTES: Final = 200_000_000
CYCLES: Final = 200
LINE: Final = "the quick brown fox jumps over the lazy dog 0123456789"


@contextlib.asynccontextmanager
async def _stalls() -> AsyncIterator[list[tuple[float, float]]]:
    """Collect how much longer than asked a short sleep took, and what of it this thread computed, both in ms."""
    stalls = [(0.0, 0.0)]

    async def tick() -> None:
        while True:
            begin, cpu = time.perf_counter(), time.thread_time()
            await asyncio.sleep(0.005)
            stalls.append(((time.perf_counter() - begin - 0.005) * 1e3, (time.thread_time() - cpu) * 1e3))

    ticker = asyncio.create_task(tick())
    try:
        yield stalls
    finally:
        ticker.cancel()


async def _echoes(floods: int) -> tuple[list[float], tuple[float, float]]:
    """Milliseconds from a key to its cell, and the worst stall, while `floods` terminals print without end."""
    delays: list[float] = []
    typed: deque[tuple[int, float]] = deque()
    async with contextlib.AsyncExitStack() as stack:
        echo = await stack.enter_async_context(running(shell("exec cat >/dev/null")))
        for _ in range(floods):
            await stack.enter_async_context(running(shell(f"exec yes '{LINE}'")))

        def changed() -> None:
            echo.take_dirty()
            now = time.perf_counter()
            while typed and typed[0][0] <= echo.cursor[0]:
                delays.append((now - typed.popleft()[1]) * 1e3)

        echo.watch(changed)
        await asyncio.sleep(0.5)
        async with _stalls() as stalls:
            for number in range(KEYS):
                column = number % KEYS_IN_A_ROW + 1
                if column == 1:
                    echo.write(b"\r")
                    await asyncio.sleep(KEY_SECONDS)
                    typed.clear()
                typed.append((column, time.perf_counter()))
                echo.write(b"k")
                await asyncio.sleep(KEY_SECONDS)
    return delays, max(stalls)


async def _ours() -> float:
    begin = time.perf_counter()
    async with running(shell(f"yes | head -c {FLOOD_BYTES}")) as terminal:
        await terminal.outcome
    return time.perf_counter() - begin


def _tmux() -> float:
    """The same flood in a tmux server of its own."""
    tmux = ["tmux", "-L", f"llmmixer-bench-{os.getpid()}", "-f", "/dev/null"]
    name = f"done-{os.getpid()}"
    command = f"yes | head -c {FLOOD_BYTES}; {' '.join(tmux)} wait-for -S {name}; sleep 5"
    env = {key: value for key, value in os.environ.items() if not key.startswith("TMUX")}
    begin = time.perf_counter()
    try:
        subprocess.run([*tmux, "new-session", "-d", "-x", "80", "-y", "24", command], check=True, env=env)
        subprocess.run([*tmux, "wait-for", name], check=True, env=env)
        return time.perf_counter() - begin
    finally:
        subprocess.run([*tmux, "kill-server"], check=False, env=env, capture_output=True)


async def _cycles() -> tuple[int, tuple[float, float]]:
    """Start and stop, every other time in the middle of a flood; return what was left and the worst stall."""
    async with running(shell("true")) as first:
        await first.outcome
    before, left = descriptors(), 0
    async with _stalls() as stalls:
        for number in range(CYCLES):
            flood = "exec yes" if number % 2 else "sleep 100"
            async with running(shell(f"sleep 100 & (setsid sleep 100 &); echo begun; {flood}")) as terminal:
                await _begun(terminal)
                leader = terminal._child.pid if terminal._child else 0
            left += len(await Family(leader, "").living())
            left += read_process(leader) is not None
    return left + len(descriptors() ^ before), max(stalls)


async def _begun(terminal: Terminal) -> None:
    while not terminal.row_text(0):  # noqa: ASYNC110 - the screen is only looked at
        await asyncio.sleep(0.002)


def _stall(name: str, stall: tuple[float, float], must: float | None, goal: float | None) -> Line:
    return Line(name, stall[0], must, goal, unit="ms", note=f"of which computing {stall[1]:.1f} ms")


def run(repeats: int) -> Iterator[Line]:
    """Yield the lines of this benchmark."""
    idle, stall = asyncio.run(_echoes(0))
    note = f"worst stall {stall[0]:.1f} ms"
    yield Line("key to cell, nothing else, p99", percentile(idle, 99), unit="ms", note=note)
    for floods, must, goal in ((1, (5.0, 16.0), (2.0, 8.0)), (3, (None, None), (None, None))):
        delays, stall = asyncio.run(_echoes(floods))
        what = f"{floods} flood{'s'[: floods > 1]}"
        note = f"p50 {percentile(delays, 50):.2f} ms, {len(delays)} of {KEYS} keys"
        yield Line(f"key to cell during {what}, p99", percentile(delays, 99), must[0], goal[0], unit="ms", note=note)
        yield _stall(f"worst stall of the loop during {what}", stall, must[1], goal[1])
    left, stall = asyncio.run(_cycles())
    yield Line(f"left of {CYCLES} starts and stops: processes, descriptors", left, 0, unit="")
    yield _stall("worst stall of the loop in these", stall, 20, 10)
    if shutil.which("tmux"):
        ours, theirs = [], []
        for _ in range(min(2, repeats)):
            ours.append(asyncio.run(_ours()))
            theirs.append(_tmux())
        note = f"{median(ours):.1f} s against {median(theirs):.1f} s"
        yield Line("yes | head -c 200M against tmux", ratio(median(ours), median(theirs)), 3, 1, note=note)
    score = scored()
    note = f"by words anywhere {score.words_false} of {score.lookalikes}"
    yield Line("look-alikes that get an answer", score.false, 0, unit="", note=note)
    note = f"of {score.asks}; by words anywhere {score.words_right}"
    yield Line("askers that get what is right", score.right, score.asks, at_least=True, unit="", note=note)
