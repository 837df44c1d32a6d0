"""Helpers: requests, providers at an address, and collecting what a stream brings."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from tui.config.model import EndpointConfig, WireName
from tui.core.chat import (
    AssistantMessage,
    ChatRequest,
    Chunk,
    Effort,
    Finished,
    Message,
    TextPiece,
    ThinkingPiece,
    ToolCall,
    ToolCallReady,
    ToolSpec,
    Usage,
    UsageSeen,
    UserMessage,
)
from tui.core.errors import Failure, ProviderError
from tui.providers.base import Deadlines
from tui.providers.provider import SdkProvider
from tui.providers.registry import create_provider

READ_FILE = ToolSpec(
    name="read_file",
    description="Read a file",
    parameters={"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]},
)
KEY_ENV = ("TEST_API_KEY",)


def address(wire: WireName, url: str) -> str:
    """The base URL of `wire` as a user would set it."""
    return f"{url}/v1" if wire in (WireName.OPENAI, WireName.COMPATIBLE) else url


def provider(
    wire: WireName, url: str, *, deadlines: Deadlines | None = None, key: str | None = "demo-key"
) -> SdkProvider:
    made = create_provider(
        EndpointConfig(wire=wire, api_key_env=KEY_ENV),
        api_key=key,
        base_url=address(wire, url),
        deadlines=deadlines or Deadlines(),
    )
    assert isinstance(made, SdkProvider)
    return made


def ask(
    text: str,
    *,
    history: Sequence[Message] = (),
    model: str = "demo-model",
    system: str = "",
    effort: Effort | None = None,
    tools: tuple[ToolSpec, ...] = (),
    max_tokens: int = 16_384,
) -> ChatRequest:
    return ChatRequest(
        model=model,
        messages=(*history, UserMessage(text=text)),
        system=system,
        effort=effort,
        tools=tools,
        max_tokens=max_tokens,
    )


@dataclass
class Heard:
    """Everything one stream brought."""

    chunks: list[Chunk] = field(default_factory=list)
    failure: Failure | None = None

    @property
    def text(self) -> str:
        return "".join(chunk.text for chunk in self.chunks if isinstance(chunk, TextPiece))

    @property
    def thinking(self) -> str:
        return "".join(chunk.text for chunk in self.chunks if isinstance(chunk, ThinkingPiece))

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        return tuple(chunk.call for chunk in self.chunks if isinstance(chunk, ToolCallReady))

    @property
    def usage(self) -> Usage:
        seen = [chunk.usage for chunk in self.chunks if isinstance(chunk, UsageSeen)]
        assert seen, "no usage was reported"
        return seen[-1]

    @property
    def finished(self) -> Finished:
        last = self.chunks[-1]
        assert isinstance(last, Finished), f"ended with {last}, {self.failure}"
        return last

    @property
    def problem(self) -> Failure:
        assert self.failure is not None, f"no failure; ended with {self.chunks[-1:]}"
        return self.failure

    def message(self) -> AssistantMessage:
        """The answer as the engine keeps it in the history."""
        return AssistantMessage(
            text=self.text, thinking=self.thinking, tool_calls=self.calls, native=self.finished.native
        )


async def listen(source: SdkProvider, request: ChatRequest) -> Heard:
    """Stream one answer to its end, however it ends."""
    heard = Heard()
    try:
        async with source.stream(request) as stream:
            async for chunk in stream:
                heard.chunks.append(chunk)
    except ProviderError as error:
        heard.failure = error.failure
    return heard


Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def read_head(reader: asyncio.StreamReader) -> bytes:
    """Read one whole request and return it."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return head + (await reader.readexactly(length) if length else b"")


class RawServer:
    """A loopback server that plays what a test wants to the byte."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._server: asyncio.Server | None = None
        self.url = ""
        self.connections = 0

    async def __aenter__(self) -> "RawServer":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await self._answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


SSE_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
