"""The waits of an attempt: as a pure machine, and against servers that keep one waiting."""

import asyncio
from dataclasses import replace

import pytest

from tests.providers.support import SSE_HEAD, Answer, RawServer, ask, listen, provider, read_head
from tui.config.model import WireName
from tui.core.errors import Outcome
from tui.providers.base import Deadlines
from tui.providers.deadline import DeadlineWatch, Wait, expired
from tui.providers.remedies import Target

LIMITS = Deadlines(connect=5, first_event=10, first_token=30, idle=20, total=100)
NEVER = Deadlines(connect=600, first_event=600, first_token=600, idle=600, total=600)
SOON = 0.2


def test_what_is_due_when() -> None:
    watch = DeadlineWatch(LIMITS, started=1000.0)
    assert watch.due() == (1010.0, Wait.FIRST_EVENT)
    watch.open(1009.0)
    assert watch.due() == (1029.0, Wait.IDLE)
    watch.alive(1015.0)
    assert watch.due() == (1030.0, Wait.FIRST_TOKEN)
    watch.alive(1029.0)
    assert watch.due() == (1030.0, Wait.FIRST_TOKEN), "pings are life, not progress"
    watch.generated = True
    assert watch.due() == (1049.0, Wait.IDLE)
    watch.alive(1095.0)
    assert watch.due() == (1100.0, Wait.TOTAL)


@pytest.mark.parametrize("wait", list(Wait))
def test_each_wait_has_its_own_words(wait: Wait) -> None:
    failure = expired(wait, LIMITS, Target(vendor="Someone"), "req_1")
    assert failure.outcome is Outcome.TRANSIENT
    assert f"{getattr(LIMITS, wait.value):g} s" in failure.problem.text
    assert f"`{wait.value}`" in failure.problem.hint
    assert failure.request_id == "req_1"


def test_the_words_differ() -> None:
    assert len({expired(wait, LIMITS, Target()).problem.title for wait in Wait}) == len(Wait)


PING = {
    WireName.ANTHROPIC: b'event: ping\ndata: {"type": "ping"}\n\n',
    WireName.OPENAI: b": ping\n\n",
    WireName.COMPATIBLE: b": ping\n\n",
    WireName.GEMINI: b"\n\n",
}


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Never answer; end when the client hangs up."""
    await read_head(reader)
    await reader.read()


async def only_headers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer with headers and nothing else."""
    await read_head(reader)
    writer.write(SSE_HEAD)
    await reader.read()


def pinging(ping: bytes) -> Answer:
    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        writer.write(SSE_HEAD)
        gone = asyncio.ensure_future(reader.read())
        while not gone.done():
            writer.write(ping)
            await asyncio.wait([gone], timeout=0.02)

    return play


@pytest.mark.parametrize("wait", ["first_event", "idle", "first_token", "total"])
async def test_silence_ends_in_time_and_in_words(wire: WireName, wait: str) -> None:
    play = silent if wait in ("first_event", "total") else only_headers
    limits = replace(NEVER, **{wait: SOON})
    async with RawServer(play) as server:
        talker = provider(wire, server.url, deadlines=limits)
        heard = await listen(talker, ask("hello"))
        await talker.close()
    assert heard.problem.outcome is Outcome.TRANSIENT
    assert heard.problem.code == f"deadline_{wait}"
    assert "0.2 s" in heard.problem.problem.text


async def test_pings_are_life_but_no_token(wire: WireName, monkeypatch: pytest.MonkeyPatch) -> None:
    signs: list[float] = []
    monkeypatch.setattr(DeadlineWatch, "alive", lambda self, now: signs.append(now))
    async with RawServer(pinging(PING[wire])) as server:
        talker = provider(wire, server.url, deadlines=replace(NEVER, first_token=SOON))
        heard = await listen(talker, ask("hello"))
        await talker.close()
    assert heard.problem.code == "deadline_first_token"
    assert signs


async def test_connecting_has_its_own_limit(wire: WireName) -> None:
    """A full backlog: the connection is never accepted."""
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        fillers = [socket.socket() for _ in range(3)]
        try:
            for filler in fillers:
                filler.setblocking(False)
                filler.connect_ex(("127.0.0.1", port))
            talker = provider(wire, f"http://127.0.0.1:{port}", deadlines=replace(NEVER, connect=SOON))
            heard = await listen(talker, ask("hello"))
            await talker.close()
        finally:
            for filler in fillers:
                filler.close()
    assert heard.problem.outcome is Outcome.TRANSIENT
    assert heard.problem.problem.title == "No connection"
