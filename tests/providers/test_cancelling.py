"""Leaving a stream closes its connection at once, wherever the consumer is, without noise or leftovers."""

import asyncio
import contextlib
import gc
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import AsyncGeneratorType

import pytest

from tests.providers.conftest import MakeProvider
from tests.providers.support import ask, listen, provider
from tui.config.model import WireName
from tui.core.chat import ChatRequest, TextPiece
from tui.core.errors import ProviderError
from tui.demo.server import DemoServer
from tui.providers.provider import SdkProvider

STALLED = "demo:stall@all"
SILENT = "demo:slow-start@all"
LONG = "demo:long@all"


@pytest.fixture
def paced() -> Iterator[DemoServer]:
    """A server that streams at a human pace, so that a long answer takes longer than any test."""
    with DemoServer(pace="human", stall=600.0, slow_start=600.0) as running:
        yield running


async def hung_up(server: DemoServer, count: int = 1) -> bool:
    return await asyncio.to_thread(server.wait_hangup, count)


async def no_tasks_left() -> None:
    """Wait until only this test's own task is there; one that never ends fails the test by its time limit."""
    while others := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(others)


async def cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert task.cancelled()


async def read_on(talker: SdkProvider, request: ChatRequest, reached: asyncio.Event) -> None:
    async with talker.stream(request) as stream:
        async for chunk in stream:
            if isinstance(chunk, TextPiece):
                reached.set()


async def test_cancelled_inside_the_iteration(wire: WireName, connect: MakeProvider, server: DemoServer) -> None:
    reached = asyncio.Event()
    task = asyncio.create_task(read_on(connect(wire), ask(STALLED), reached))
    await reached.wait()
    await cancelled(task)
    assert await hung_up(server)
    await no_tasks_left()


async def test_cancelled_before_the_headers(wire: WireName, connect: MakeProvider, server: DemoServer) -> None:
    task = asyncio.create_task(read_on(connect(wire), ask(SILENT), asyncio.Event()))
    assert await asyncio.to_thread(server.wait_requests, 1)
    await cancelled(task)
    assert await hung_up(server)
    await no_tasks_left()


async def test_cancelled_while_waiting_for_something_else(
    wire: WireName, connect: MakeProvider, server: DemoServer
) -> None:
    talker, reached = connect(wire), asyncio.Event()

    async def dawdle() -> None:
        async with talker.stream(ask(STALLED)) as stream:
            async for chunk in stream:
                if isinstance(chunk, TextPiece):
                    reached.set()
                    await asyncio.Event().wait()

    task = asyncio.create_task(dawdle())
    await reached.wait()
    await cancelled(task)
    assert await hung_up(server)
    await no_tasks_left()


async def test_break_out_of_the_loop(wire: WireName, connect: MakeProvider, server: DemoServer) -> None:
    async with connect(wire).stream(ask(STALLED)) as stream:
        async for chunk in stream:
            if isinstance(chunk, TextPiece):
                break
    assert await hung_up(server)
    await no_tasks_left()


async def test_leave_without_reading(wire: WireName, connect: MakeProvider, server: DemoServer) -> None:
    async with connect(wire).stream(ask(SILENT)):
        assert await asyncio.to_thread(server.wait_requests, 1)
    assert await hung_up(server)
    await no_tasks_left()


async def test_an_error_of_the_consumer(wire: WireName, connect: MakeProvider, server: DemoServer) -> None:
    async def stumble() -> None:
        async with connect(wire).stream(ask(STALLED)) as stream:
            async for chunk in stream:
                if isinstance(chunk, TextPiece):
                    raise KeyError("the consumer's own mistake")

    with pytest.raises(KeyError):
        await stumble()
    assert await hung_up(server)
    await no_tasks_left()


async def test_cancelled_in_the_middle_of_a_flood(wire: WireName, connect: MakeProvider) -> None:
    """The pump may be anywhere in a burst; every second chunk is a new place to stop it."""
    talker = connect(wire)
    for stop_after in (1, 2, 3, 50, 400):
        seen = 0
        async with talker.stream(ask(LONG)) as stream:
            async for _ in stream:
                seen += 1
                if seen >= stop_after:
                    break
        await no_tasks_left()
    assert (await listen(talker, ask("demo:markdown@all"))).text


async def test_cancelled_in_a_slow_drip(wire: WireName, paced: DemoServer) -> None:
    talker, reached = provider(wire, paced.url), asyncio.Event()
    task = asyncio.create_task(read_on(talker, ask(LONG), reached))
    await reached.wait()
    await cancelled(task)
    assert await hung_up(paced)
    await talker.close()
    await no_tasks_left()


async def test_the_provider_goes_on_after_many_cancellations(
    wire: WireName, connect: MakeProvider, server: DemoServer
) -> None:
    talker = connect(wire)
    for _ in range(10):
        reached = asyncio.Event()
        task = asyncio.create_task(read_on(talker, ask(STALLED), reached))
        await reached.wait()
        await cancelled(task)
    assert await hung_up(server, 10)
    assert (await listen(talker, ask("demo:markdown@all"))).text


def open_bodies() -> list[str]:
    """Name the generators of response bodies that are neither finished nor closed."""
    found = [one for one in gc.get_objects() if isinstance(one, AsyncGeneratorType) and one.ag_frame is not None]
    return [one.__qualname__ for one in found if one.__qualname__.endswith(("WatchedStream._body", "__aiter__"))]


@pytest.mark.parametrize("scene", ["mid-failed", "malformed"])
async def test_no_body_is_left_for_the_collector(wire: WireName, connect: MakeProvider, scene: str) -> None:
    """The collector may run in any thread; what it closes there races with the event loop."""
    gc.disable()
    try:
        for _ in range(3):
            with contextlib.suppress(ProviderError):
                await listen(connect(wire), ask(f"demo:{scene}@all"))
        assert open_bodies() == []
    finally:
        gc.enable()


SCRIPT = """
import asyncio
from tests.providers.support import ask, provider
from tui.config.model import WireName
from tui.core.chat import TextPiece
from tui.demo.server import DemoServer

async def use(talker, prompt, how):
    async with talker.stream(ask(prompt)) as stream:
        async for chunk in stream:
            if isinstance(chunk, TextPiece):
                if how == "break":
                    break
                if how == "elsewhere":
                    await asyncio.sleep(600)
                if how == "raise":
                    raise KeyError

async def main(url):
    for wire in WireName:
        talker = provider(wire, url)
        for how in ("break", "elsewhere", "inside", "raise"):
            for prompt in ("demo:stall@all", "demo:long@all", "demo:malformed@all", "demo:mid-failed@all"):
                task = asyncio.create_task(use(talker, prompt, how))
                await asyncio.wait([task], timeout=0.15)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        last = asyncio.create_task(use(talker, "demo:stall@all", "elsewhere"))
        await asyncio.sleep(0.05)
        await talker.close()

with DemoServer(pace="instant", stall=600.0) as server:
    asyncio.run(main(server.url))
"""


def test_no_noise_at_shutdown() -> None:
    """Streams left in every way, one even open when the loop ends: nothing is written to standard error."""
    result = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "ignore::DeprecationWarning", "-c", SCRIPT],
        capture_output=True,
        text=True,
        timeout=50,
        cwd=Path(__file__).resolve().parents[2],
        check=False,
    )
    noise = [
        line for line in result.stderr.splitlines() if not line.startswith(("Executing <Task", "Executing <Handle"))
    ]
    assert "\n".join(noise) == ""
    assert result.returncode == 0
