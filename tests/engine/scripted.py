"""A provider that plays a script, so that the engine's own behaviour can be tested step by step."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self, TypeAlias

from tui.core.chat import ChatRequest, Chunk, Wire
from tui.core.errors import ProviderError
from tui.providers.base import ModelInfo

Step: TypeAlias = Chunk | ProviderError | asyncio.Event | Exception


@dataclass
class ScriptedStream:
    steps: Sequence[Step]
    closed: bool = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closed = True

    async def __aiter__(self) -> AsyncIterator[Chunk]:
        for step in self.steps:
            await asyncio.sleep(0)
            if isinstance(step, asyncio.Event):
                await step.wait()
            elif isinstance(step, Exception):
                raise step
            else:
                yield step


@dataclass
class ScriptedProvider:
    """Plays one list of steps per request, in order; the last list is repeated."""

    scripts: list[Sequence[Step]]
    wire: Wire = Wire.ANTHROPIC_MESSAGES
    requests: list[ChatRequest] = field(default_factory=list)
    streams: list[ScriptedStream] = field(default_factory=list)
    prepared: int = 0
    closed: bool = False

    async def prepare(self) -> None:
        self.prepared += 1
        await asyncio.sleep(0)

    def stream(self, request: ChatRequest) -> ScriptedStream:
        self.requests.append(request)
        steps = self.scripts[min(len(self.requests), len(self.scripts)) - 1]
        self.streams.append(ScriptedStream(steps))
        return self.streams[-1]

    async def models(self) -> list[ModelInfo]:
        return []

    async def close(self) -> None:
        self.closed = True
