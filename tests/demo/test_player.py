"""How the stand-in writes a call: piece by piece, as slowly as words, and whole at its end."""

import pytest

from tui.core.chat import Wire
from tui.demo.pace import Pace
from tui.demo.player import Player, Timing
from tui.demo.protocol import ChunkedWriter
from tui.demo.script import Script, Text, ToolCall
from tui.demo.wires.anthropic import AnthropicStream
from tui.demo.wires.base import Call, WireStream
from tui.demo.wires.gemini import GeminiStream
from tui.demo.wires.openai_chat import ChatStream
from tui.demo.wires.openai_responses import ResponsesStream

STREAMS: dict[Wire, type[WireStream]] = {
    Wire.ANTHROPIC_MESSAGES: AnthropicStream,
    Wire.OPENAI_RESPONSES: ResponsesStream,
    Wire.OPENAI_CHAT: ChatStream,
    Wire.GEMINI: GeminiStream,
}


class Sent(ChunkedWriter):
    """Keeps what goes out together."""

    def __init__(self) -> None:
        self.gathered = b""
        self.chunks: list[bytes] = []

    async def send(self, data: bytes) -> None:
        self.gathered += data

    async def flush(self) -> None:
        if self.gathered:
            self.chunks.append(self.gathered)
        self.gathered = b""

    async def finish(self) -> None:
        await self.flush()


async def played(wire: Wire, pace: Pace) -> list[bytes]:
    """What goes out at one time each."""
    call = Call(wire=wire, model="m", turns=(), tools=("write_file",))
    steps = (Text("I write."), ToolCall("write_file", {"path": "a.txt", "content": "word " * 60}))
    out = Sent()
    await Player(STREAMS[wire](call, "r"), Script(steps=steps), Timing(paces={wire: pace})).play(out)
    return out.chunks


@pytest.mark.parametrize("wire", list(Wire))
async def test_a_call_is_written_as_slowly_as_words(wire: Wire) -> None:
    chunks = await played(wire, Pace(tokens_per_second=3_000))
    [whole] = await played(wire, Pace())
    named = next(place for place, chunk in enumerate(chunks) if b"write_file" in chunk)
    last = next(place for place, chunk in reversed(list(enumerate(chunks))) if b"word" in chunk)
    assert (last > named) is (wire is not Wire.GEMINI), "that wire sends a call as one event"
    assert b"".join(chunks).count(b"\n\n") == whole.count(b"\n\n")
    assert b"".join(chunks).count(b"word") == whole.count(b"word")
