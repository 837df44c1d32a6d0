"""What the engine knows of a provider: it can be made ready, opens a stream of chunks, and can be closed."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from tui.core.chat import ChatRequest, Chunk, Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """The waits of one attempt, in seconds.

    `connect`: until the connection stands. `first_event`: until the provider answers at all. `first_token`: until
    anything was generated. `idle`: between two events. `total`: the whole attempt.
    """

    connect: float = 10.0
    first_event: float = 60.0
    first_token: float = 180.0
    idle: float = 90.0
    total: float = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """A model a provider offers; unknown figures are None."""

    id: str
    name: str = ""
    max_input_tokens: int | None = None
    max_output_tokens: int | None = None


class ChunkStream(Protocol):
    """An open answer: an asynchronous iterator that ends after `Finished`.

    Raises `ProviderError` for every failure, classified; a stream the provider ended without its terminal
    event raises one of outcome `truncated`. Leaving the context closes the connection at once, wherever its
    consumer is at that moment.
    """

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...

    def __aiter__(self) -> AsyncIterator[Chunk]: ...


class Provider(Protocol):
    """One endpoint with one credential."""

    wire: Wire

    async def prepare(self) -> None:
        """Import the SDK (in a thread) and build the client. May be called again; then it does nothing."""

    def stream(self, request: ChatRequest) -> ChunkStream:
        """Open one answer. The request goes out when the stream is entered."""

    async def models(self) -> list[ModelInfo]:
        """Ask the provider which models it offers. Raises `ProviderError`."""

    async def close(self) -> None:
        """Close every connection."""
