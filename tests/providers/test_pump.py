"""The pump by itself, over event sources made by hand."""

import asyncio
from collections.abc import AsyncIterator
from time import perf_counter
from typing import Any

import pytest

from tui.core.chat import Chunk, Finished, StopReason, TextPiece
from tui.core.errors import Outcome, ProviderError
from tui.providers.base import Deadlines
from tui.providers.outcome import StreamEnd, StreamFault, Target
from tui.providers.stream import PumpedStream

END = "end"


class Echo:
    """Every event is a piece of text; `END` ends the answer."""

    def __init__(self) -> None:
        self.finished = False
        self.complete = False

    def feed(self, event: Any) -> list[Chunk]:
        if event != END:
            return [TextPiece(text=event)]
        self.finished = self.complete = True
        return [Finished(stop=StopReason.END)]

    def end(self) -> list[Chunk]:
        raise StreamFault(StreamEnd())


async def nothing() -> None:
    return None


def pumped(source: AsyncIterator[Any], **more: Any) -> PumpedStream:
    async def opener() -> AsyncIterator[Any]:
        return source

    given: dict[str, Any] = {"prepare": nothing, "opener": opener, "translator": Echo(), **more}
    return PumpedStream(deadlines=Deadlines(), target=Target(), **given)


async def burst(count: int) -> AsyncIterator[str]:
    for number in range(count):
        yield str(number)
    yield END


async def texts(stream: PumpedStream) -> list[str]:
    async with stream:
        return [chunk.text async for chunk in stream if isinstance(chunk, TextPiece)]


async def test_everything_arrives_in_order() -> None:
    assert await texts(pumped(burst(5000))) == [str(number) for number in range(5000)]


async def test_what_comes_after_the_end_is_not_seen() -> None:
    async def chatty() -> AsyncIterator[str]:
        yield "a"
        yield END
        yield "b"

    assert await texts(pumped(chatty())) == ["a"]


async def test_an_error_after_the_end_is_no_error() -> None:
    async def breaks() -> AsyncIterator[str]:
        yield "a"
        yield END
        raise ConnectionResetError

    assert await texts(pumped(breaks())) == ["a"]


async def test_what_came_before_an_error_is_seen_first() -> None:
    async def breaks() -> AsyncIterator[str]:
        yield "a"
        yield "b"
        raise ConnectionResetError

    seen: list[Chunk] = []

    async def read() -> None:
        async with (stream := pumped(breaks())):
            async for chunk in stream:
                await asyncio.sleep(0)
                seen.append(chunk)

    with pytest.raises(ProviderError) as caught:
        await read()
    assert seen == [TextPiece(text="a"), TextPiece(text="b")]
    assert caught.value.failure.outcome is Outcome.TRANSIENT
    assert isinstance(caught.value.__cause__, ConnectionResetError)


@pytest.mark.parametrize(("count", "title"), [(0, "Empty answer"), (1, "Answer cut off")])
async def test_an_end_too_early(count: int, title: str) -> None:
    async def early() -> AsyncIterator[str]:
        for _ in range(count):
            yield "a"

    with pytest.raises(ProviderError) as caught:
        await texts(pumped(early()))
    assert caught.value.failure.outcome is Outcome.TRUNCATED
    assert caught.value.failure.problem.title == title


async def test_a_failed_preparation_is_raised_at_the_door() -> None:
    async def fails() -> None:
        raise KeyError

    with pytest.raises(KeyError):
        await texts(pumped(burst(1), prepare=fails))


async def test_a_pump_cancelled_by_someone_else_is_no_success() -> None:
    async def waits() -> AsyncIterator[str]:
        yield "a"
        await asyncio.Event().wait()

    async with (stream := pumped(waits())):
        assert await anext(stream) == TextPiece(text="a")
        (pump,) = (task for task in asyncio.all_tasks() if task.get_name().startswith("stream of"))
        pump.cancel()
        with pytest.raises(ProviderError) as caught:
            await anext(stream)
    assert caught.value.failure.outcome is Outcome.CANCELLED


async def test_a_slow_consumer_gives_way_to_the_loop_while_it_catches_up() -> None:
    """A backlog is read with pauses for others, however fast the consumer asks."""
    turns = 0
    done = asyncio.Event()

    async def other() -> None:
        nonlocal turns
        while not done.is_set():
            turns += 1
            await asyncio.sleep(0)

    async with (stream := pumped(burst(2000))):
        await anext(stream)
        neighbour = asyncio.create_task(other())
        before = turns
        start = perf_counter()
        async for _ in stream:
            while perf_counter() - start < 0.0001:
                pass
            start = perf_counter()
        done.set()
        assert turns - before >= 10
        await neighbour


async def test_the_task_is_gone_when_the_context_is_left() -> None:
    ended: list[str] = []

    async def waits() -> AsyncIterator[str]:
        try:
            yield "a"
            await asyncio.Event().wait()
        finally:
            ended.append("closed")

    async with (stream := pumped(waits())):
        await anext(stream)
    assert ended == ["closed"]
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_leaving_twice_and_asking_after_the_end() -> None:
    stream = pumped(burst(1))
    assert await texts(stream) == ["0"]
    await stream.__aexit__(None, None, None)
    with pytest.raises(StopAsyncIteration):
        await anext(stream)


async def test_a_failing_request() -> None:
    async def refuses() -> Any:
        raise ConnectionRefusedError

    with pytest.raises(ProviderError) as caught:
        await texts(pumped(burst(1), opener=refuses))
    assert caught.value.failure.outcome is Outcome.OFFLINE
