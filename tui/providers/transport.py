"""The HTTP side all SDKs share: hooks on their httpx2 client that watch each answer byte by byte.

The hooks do what no SDK offers: they report the headers as soon as they are there, count pings and comments as
life, set all four timeouts of a request, and let the event loop breathe inside a burst. The last happens below
the SDK's decoder, so the task that reads a stream is only ever suspended inside the SDK's own iteration; cancelling
it there unwinds the SDK's generators and closes the socket.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from contextvars import ContextVar
from functools import lru_cache
from time import perf_counter
from typing import Any, Final, Protocol

from tui.providers.base import Deadlines

BREATH_SECONDS: Final = 0.005
DIRECT: Final = {"all://127.0.0.1": None, "all://localhost": None, "all://[::1]": None}
"""Mounts for an `httpx2.AsyncClient`: no proxy of the environment stands between this machine and itself."""

_SLICE: Final = 4096


class Line(Protocol):
    """The attempt a request belongs to."""

    def on_headers(self, response: Any) -> None:
        """The head of the response is there."""

    def on_bytes(self) -> None:
        """More of the body is there."""


current_line: ContextVar[Line | None] = ContextVar("current_line", default=None)


@lru_cache(maxsize=1)
def _watched_class() -> Any:
    import httpx2

    class WatchedStream(httpx2.AsyncByteStream):
        """A response body that reports its bytes and hands them on in small slices."""

        def __init__(self, inner: Any, line: Line) -> None:
            self._inner = inner
            self._line = line
            self._bodies: list[AsyncGenerator[bytes, None]] = []

        def __aiter__(self) -> AsyncIterator[bytes]:
            body = self._body()
            self._bodies.append(body)
            return body

        async def _body(self) -> AsyncGenerator[bytes, None]:
            last = perf_counter()
            # Closed here and not by the garbage collector when the reader is cancelled between two slices.
            async with aclosing(self._inner.__aiter__()) as chunks:
                async for chunk in chunks:
                    self._line.on_bytes()
                    for start in range(0, len(chunk), _SLICE):
                        if perf_counter() - last >= BREATH_SECONDS:
                            await asyncio.sleep(0)
                            last = perf_counter()
                        yield chunk[start : start + _SLICE]

        async def aclose(self) -> None:
            # An SDK that raises on an event leaves this suspended; the collector, perhaps in another thread, would
            # close it at any later moment.
            for body in self._bodies:
                await body.aclose()
            await self._inner.aclose()

    return WatchedStream


def event_hooks(deadlines: Deadlines) -> dict[str, list[Callable[[Any], Awaitable[None]]]]:
    """Return the hooks for an `httpx2.AsyncClient`."""
    timeouts = timeout_seconds(deadlines)

    async def before(request: Any) -> None:
        request.extensions = {**request.extensions, "timeout": timeouts}

    async def after(response: Any) -> None:
        line = current_line.get()
        if line is None:
            return
        line.on_headers(response)
        if response.is_success:
            response.stream = _watched_class()(response.stream, line)

    return {"request": [before], "response": [after]}


def timeout_seconds(deadlines: Deadlines) -> dict[str, float]:
    """Return the four timeouts of one request.

    Reading gets the longest wait that can be right, since the wait before the headers and the one between events
    differ; the precise deadlines are watched where the two can be told apart.
    """
    read = max(deadlines.first_event, deadlines.idle)
    return {"connect": deadlines.connect, "read": read, "write": read, "pool": deadlines.connect}
