"""Plays a script on a wire: pieces in time, faults where the script has them."""

import asyncio
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from tui.core.chat import Json, Wire
from tui.demo.pace import INSTANT, Metronome, Pace
from tui.demo.protocol import ChunkedWriter
from tui.demo.script import (
    Declined,
    Ending,
    Fault,
    FaultKind,
    Pause,
    Script,
    Step,
    Text,
    Thinking,
    ToolCall,
    count_tokens,
    pieces,
)
from tui.demo.wires.base import WireStream, compact


class ConnectionCut(Exception):  # noqa: N818 - a scripted event
    """The script wants the connection closed without an end."""


class LimitReached(Exception):  # noqa: N818 - how an answer ends
    """The answer is as long as the request allows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How the stand-in keeps time: the wires' paces, and how long a stall and a slow start last (seconds)."""

    paces: Mapping[Wire, Pace] = field(default_factory=lambda: INSTANT)
    stall: float = 600.0
    slow_start: float = 8.0

    def pace_of(self, wire: Wire, script: Script) -> Pace:
        """The pace of one answer."""
        base = self.paces[wire]
        grouping = script.tokens_per_event or base.tokens_per_event
        if script.rate is not None and (script.exact or base.tokens_per_second):
            return Pace(first_token=0.0, tokens_per_second=script.rate, tokens_per_event=grouping)
        return Pace(
            first_token=base.first_token,
            tokens_per_second=base.tokens_per_second,
            tokens_per_event=grouping,
            jitter=base.jitter,
        )


_EVENT: Final = re.compile(rb".+?(?:\r?\n\r?\n|\Z)", re.DOTALL)
"""One event of a stream, with the empty line after it."""


class Player:
    """Plays one script to one client."""

    def __init__(self, stream: WireStream, script: Script, timing: Timing) -> None:
        self._stream = stream
        self._script = script
        self._timing = timing
        self._pace = timing.pace_of(stream.call.wire, script)
        self._metronome = Metronome(self._pace, zlib.crc32(stream.call.prompt.encode("utf-8", "replace")))
        self._limit = stream.call.max_tokens if script.bounded else None

    async def play(self, out: ChunkedWriter) -> None:
        """Send the whole answer. Raises `ConnectionCut` where the client's connection must be dropped."""
        now = asyncio.get_running_loop().time
        ending = self._script.ending
        await out.send(self._stream.open())
        self._metronome.start(now())
        try:
            for step in self._script.steps:
                if isinstance(step, Fault):
                    if not await self._fault(step.kind, out):
                        return
                    continue
                await self._step(step, out)
        except LimitReached:
            ending = Ending.MAX_TOKENS
        await self._keep_time(out)
        await out.send(self._stream.close(ending))
        await out.finish()

    def whole(self) -> Json:
        """The answer as one document, for a request without streaming."""
        ending = self._script.ending
        try:
            for step in self._script.steps:
                for piece, count in self._cut(step):
                    self._speak(step, piece, count)
        except LimitReached:
            ending = Ending.MAX_TOKENS
        return self._stream.whole(ending)

    async def _step(self, step: Step, out: ChunkedWriter) -> None:
        if isinstance(step, Pause):
            self._metronome.pause(step.seconds)
            return
        for piece, count in self._cut(step):
            await self._keep_time(out)
            said = self._speak(step, piece, count)
            if isinstance(step, ToolCall):
                await self._write_call(said, count, out)
            else:
                await out.send(said)
                self._metronome.advance(count)

    async def _write_call(self, events: bytes, count: int, out: ChunkedWriter) -> None:
        """Send a call event by event: its arguments are written as slowly as words, and the call stands at the end."""
        pieces = _EVENT.findall(events) if self._pace.tokens_per_second else [events]
        for piece in pieces:
            self._metronome.advance(count / len(pieces))
            await self._keep_time(out)
            await out.send(piece)

    def _cut(self, step: Step) -> list[tuple[str, int]]:
        match step:
            case Thinking(text, redacted=False) | Text(text) | Declined(text):
                return list(pieces(text, self._pace.tokens_per_event))
            case Thinking(text):
                return [(text, count_tokens(text))]
            case ToolCall(name, arguments):
                return [("", count_tokens(name) + count_tokens(compact(arguments)))]
        return []

    def _speak(self, step: Step, piece: str, count: int) -> bytes:
        if self._limit is not None and self._stream.answer_tokens + count > self._limit:
            raise LimitReached
        if isinstance(step, Thinking):
            self._stream.thinking_tokens += count
            return self._stream.redacted(piece) if step.redacted else self._stream.thinking(piece)
        self._stream.output_tokens += count
        match step:
            case Text():
                return self._stream.text(piece)
            case Declined():
                return self._stream.declined(piece)
            case ToolCall(name, arguments):
                return self._stream.tool(name, arguments)
        return b""

    async def _keep_time(self, out: ChunkedWriter) -> None:
        wait = self._metronome.wait(asyncio.get_running_loop().time())
        if wait:
            await out.flush()
            await asyncio.sleep(wait)

    async def _fault(self, kind: FaultKind, out: ChunkedWriter) -> bool:
        """Let it go wrong; whether the answer goes on afterwards."""
        match kind:
            case FaultKind.STALL:
                await out.flush()
                await asyncio.sleep(self._timing.stall)
                return True
            case FaultKind.CUT:
                await out.flush()
                raise ConnectionCut
            case FaultKind.MALFORMED:
                await out.send(self._stream.malformed())
            case FaultKind.ERROR | FaultKind.ERROR_NESTED | FaultKind.ERROR_FAILED:
                await out.send(self._stream.error(kind))
            case FaultKind.NO_END:
                pass
        await out.finish()
        return False
