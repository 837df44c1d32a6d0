"""One open answer: a task pumps the SDK's events through a translator into a queue the consumer reads.

The task awaits nothing but the SDK's `__anext__`. Whatever the consumer is doing when it leaves the context or is
cancelled, the task is cancelled inside that call, which unwinds the SDK's generators and closes the socket.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from time import perf_counter
from types import TracebackType
from typing import Any, Final, Protocol, Self

from tui.core.chat import (
    Chunk,
    Finished,
    StreamOpened,
    TextPiece,
    ThinkingPiece,
    ToolCallReady,
    ToolCallStarted,
)
from tui.core.errors import ProviderError
from tui.core.secrets import mask_known
from tui.core.untrusted import clean_line
from tui.providers.base import Deadlines
from tui.providers.deadline import DeadlineWatch, Wait, expired
from tui.providers.outcome import StreamEnd, StreamFault, Target, classify
from tui.providers.transport import BREATH_SECONDS, current_line

_DRAIN_SECONDS: Final = 0.25
_REQUEST_ID_HEADERS: Final = ("request-id", "x-request-id", "x-goog-request-id")


class Translator(Protocol):
    """Turns one stream's SDK events into chunks. Knows no SDK class, only attributes."""

    finished: bool
    """True once the provider's own terminal event came; nothing after it matters."""

    def feed(self, event: Any) -> Iterable[Chunk]:
        """Return the chunks of one event. Raises `StreamFault` for an event that reports a failure."""

    def end(self) -> Iterable[Chunk]:
        """Return the chunks due when no more events come, or raise `StreamFault` if the end is missing."""

    @property
    def complete(self) -> bool:
        """True when the answer is whole, even if the stream breaks before it closes."""


Opener = Callable[[], Awaitable[Any]]
"""Sends the request and returns the SDK's event iterator."""


class PumpedStream:
    """A `ChunkStream`. Made by a provider, entered once."""

    def __init__(
        self,
        *,
        prepare: Callable[[], Awaitable[None]],
        opener: Opener,
        translator: Translator,
        deadlines: Deadlines,
        target: Target,
    ) -> None:
        self._prepare = prepare
        self._opener = opener
        self._translator = translator
        self._deadlines = deadlines
        self._target = target
        self._queue: deque[Chunk] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._watch = DeadlineWatch(deadlines, 0.0)
        self._expired: Wait | None = None
        self._response: Any = None
        self._request_id: str | None = None
        self._events = 0
        self._error: ProviderError | None = None
        self._last_breath = 0.0
        self._over = False

    async def __aenter__(self) -> Self:
        await self._prepare()
        loop = asyncio.get_running_loop()
        self._watch.started = loop.time()
        self._task = loop.create_task(self._pump(), name=f"stream of {self._target.vendor}")
        self._arm()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self._over = True
        if self._timer is not None:
            self._timer.cancel()
        task = self._task
        if task is None:
            return
        if not self._translator.finished:
            task.cancel()
        await asyncio.wait([task])

    def __aiter__(self) -> AsyncIterator[Chunk]:
        return self

    async def __anext__(self) -> Chunk:
        while not self._queue:
            if self._over or self._task is None:
                raise StopAsyncIteration
            if self._task.done():
                self._over = True
                raise self._ending(self._task)
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
            self._last_breath = perf_counter()
        if perf_counter() - self._last_breath >= BREATH_SECONDS:
            await asyncio.sleep(0)
            self._last_breath = perf_counter()
        chunk = self._queue.popleft()
        if isinstance(chunk, Finished):
            self._over = True
            self._queue.clear()
        return chunk

    def _ending(self, task: asyncio.Task[None]) -> ProviderError:
        """Return why the pump stopped without `Finished`; someone other than the consumer may have cancelled it."""
        if self._error is not None:
            return self._error
        reason = asyncio.CancelledError() if task.cancelled() else StreamEnd(empty=self._events == 0)
        return ProviderError(classify(reason, self._target))

    def on_headers(self, response: Any) -> None:
        """Called by the transport when the head of the response is there."""
        self._response = response
        found = next((value for name in _REQUEST_ID_HEADERS if (value := response.headers.get(name))), None)
        self._request_id = None if found is None else clean_line(mask_known(found), 120)
        self._watch.open(asyncio.get_running_loop().time())
        if response.is_success:
            self._put([StreamOpened(request_id=self._request_id)])
        self._arm()

    def on_bytes(self) -> None:
        """Called by the transport for every piece of the body."""
        self._watch.alive(asyncio.get_running_loop().time())

    async def _pump(self) -> None:
        current_line.set(self)
        try:
            await self._run()
        except asyncio.CancelledError:
            if self._expired is None:
                raise
            self._error = ProviderError(expired(self._expired, self._deadlines, self._target, self._request_id))
        except Exception as error:  # noqa: BLE001 - every failure of a foreign library ends here, classified
            self._settle(error)
        finally:
            if self._timer is not None:
                self._timer.cancel()
            try:
                await self._close()
            finally:
                self._wake()

    async def _run(self) -> None:
        events = await self._opener()
        step = events.__anext__
        translator = self._translator
        while not translator.finished:
            try:
                event = await step()
            except StopAsyncIteration:
                self._put(translator.end())
                return
            self._events += 1
            chunks = translator.feed(event)
            if chunks:
                self._put(chunks)
        await self._drain(step)

    async def _drain(self, step: Callable[[], Awaitable[Any]]) -> None:
        """Read what is left after the terminal event, so that the connection can serve the next request."""
        self._wake()
        try:
            async with asyncio.timeout(_DRAIN_SECONDS):
                while True:
                    await step()
        except (StopAsyncIteration, TimeoutError):
            return
        except Exception:  # noqa: BLE001 - the answer is whole; a broken rest only costs the connection
            return

    def _settle(self, error: Exception) -> None:
        """Decide what a failure means: nothing, if the answer was already whole."""
        if self._translator.finished:
            return
        if self._translator.complete and not isinstance(error, StreamFault):
            self._put(self._translator.end())
            return
        end: BaseException | StreamEnd = error
        if isinstance(error, StreamFault) and not error.end.code:
            end = StreamEnd(message=error.end.message, empty=self._events == 0)
        failure = classify(end, self._target)
        if failure.request_id is None and self._request_id is not None:
            failure = replace(failure, request_id=self._request_id)
        self._error = ProviderError(failure)
        self._error.__cause__ = error

    async def _close(self) -> None:
        """Close the response, which every way out has done already except a translator's own failure."""
        if self._response is not None and not self._response.is_closed:
            with suppress(Exception):  # the connection is given up either way
                await self._response.aclose()

    def _put(self, chunks: Iterable[Chunk]) -> None:
        for chunk in chunks:
            self._queue.append(chunk)
            if not self._watch.generated and isinstance(
                chunk, TextPiece | ThinkingPiece | ToolCallStarted | ToolCallReady
            ):
                self._watch.generated = True
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _arm(self) -> None:
        """Look again when the next wait is due; life in between only moves that moment, not the timer."""
        if self._timer is not None:
            self._timer.cancel()
        task = self._task
        if task is None or task.done() or self._translator.finished:
            return
        loop = asyncio.get_running_loop()
        moment, wait = self._watch.due()
        if loop.time() >= moment:
            self._expired = wait
            task.cancel()
            return
        self._timer = loop.call_at(moment, self._arm)
