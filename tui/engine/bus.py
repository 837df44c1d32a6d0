"""The event bus: publishing never waits, and a slow subscriber costs nobody else anything.

Every subscriber has one ordered queue. Runs of text or thinking deltas of one turn that nobody has taken yet are
joined into one delta; every other event is delivered exactly once, and never before text that was published
earlier by the same pane. All calls belong to the event loop's thread.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Final, TypeAlias

from tui.core.errors import Problem
from tui.core.events import Event, Notice, NoticeLevel, TextDelta, ThinkingDelta

MAX_WAITING: Final = 10_000
_COMPACT_EVERY: Final = 1024

_Delta: TypeAlias = TextDelta | ThinkingDelta


class _Run:
    """A growing run of deltas of one kind and turn; the work of joining is linear in the text."""

    __slots__ = ("_chunks", "append", "first", "kind", "parts", "seq", "turn")

    def __init__(self, first: _Delta) -> None:
        self.kind = type(first)
        self.turn = first.turn
        self.first = first
        self.seq = first.seq
        self.parts = [first.text]
        self.append = self.parts.append
        self._chunks: list[str] = []

    def compact(self) -> None:
        """Join the parts so far, so that a stalled subscriber holds text rather than many small strings."""
        self._chunks.append("".join(self.parts))
        self.parts.clear()

    def joined(self) -> _Delta:
        """Return the run as one delta."""
        if len(self.parts) == 1 and not self._chunks:
            return self.first
        text = "".join([*self._chunks, *self.parts])
        return self.kind(pane=self.first.pane, turn=self.turn, seq=self.seq, text=text)


class Subscription:
    """One subscriber's queue. Take events with `drain`, `get` or ``async for``."""

    def __init__(self, name: str, on_wake: Callable[[], None] | None = None, *, deltas: bool = True) -> None:
        self.name = name
        self.deltas = deltas
        self.closed = False
        self.overflowed = False
        self._on_wake = on_wake
        self._queue: list[Event | _Run] = []
        self.open: dict[str, _Run] = {}
        self._ready = asyncio.Event()

    def drain(self) -> list[Event]:
        """Return every waiting event, oldest first, without waiting."""
        queue, self._queue = self._queue, []
        self.open.clear()
        if not self.closed:
            self._ready.clear()
        return [item.joined() if isinstance(item, _Run) else item for item in queue]

    async def get(self) -> list[Event]:
        """Wait for at least one event and return all that wait; an empty list means the end."""
        await self._ready.wait()
        return self.drain()

    async def __aiter__(self) -> AsyncIterator[Event]:
        """Yield event by event until the subscription or the bus is closed."""
        while batch := await self.get():
            for event in batch:
                yield event

    def close(self) -> None:
        """Take no further events; what waits can still be drained."""
        self.closed = True
        self._wake()

    def put(self, event: Event) -> None:
        """Queue one event that is not joined to an earlier one. Only the bus calls this."""
        if isinstance(event, TextDelta | ThinkingDelta):
            self.open[event.pane] = run = _Run(event)
            self._queue.append(run)
        else:
            pane = getattr(event, "pane", None)
            if pane is None:
                self.open.clear()
            else:
                self.open.pop(pane, None)
            self._queue.append(event)
        if len(self._queue) == 1:
            self._wake()
        elif len(self._queue) > MAX_WAITING:
            self.overflowed = True
            self.close()

    def _wake(self) -> None:
        self._ready.set()
        if self._on_wake is not None:
            self._on_wake()


class Bus:
    """Hands every event to every subscriber."""

    def __init__(self) -> None:
        self._subscriptions: list[Subscription] = []
        self._readers: list[Subscription] = []
        self._closed = False

    def subscribe(self, name: str, *, on_wake: Callable[[], None] | None = None, deltas: bool = True) -> Subscription:
        """Add a subscriber that sees every event from now on, or every event but the deltas.

        `on_wake` is called from `publish` when the first event comes into an empty queue; it must return at once.
        """
        subscription = Subscription(name, on_wake, deltas=deltas)
        if self._closed:
            subscription.close()
        else:
            self._keep([*self._subscriptions, subscription])
        return subscription

    def publish(self, event: Event) -> None:
        """Queue `event` for every subscriber; returns at once.

        A subscriber with more than `MAX_WAITING` untaken events is detached, and the others are told.
        """
        if isinstance(event, TextDelta | ThinkingDelta):
            self._publish_delta(event)
            return
        for subscription in self._subscriptions:
            subscription.put(event)
        self._drop_closed()

    def _publish_delta(self, event: TextDelta | ThinkingDelta) -> None:
        # This runs for every token times every subscriber: no call is made where the delta joins an open run.
        kind, pane, turn, seq, text = type(event), event.pane, event.turn, event.seq, event.text
        compact = seq % _COMPACT_EVERY == 0
        for subscription in self._readers:
            run = subscription.open.get(pane)
            if run is None or run.kind is not kind or run.turn != turn:
                subscription.put(event)
                continue
            run.seq = seq
            run.append(text)
            if compact:
                run.compact()

    async def close(self) -> None:
        """End every subscription; what waits can still be taken."""
        self._closed = True
        for subscription in self._subscriptions:
            subscription.close()
        self._keep([])
        await asyncio.sleep(0)

    def _keep(self, subscriptions: list[Subscription]) -> None:
        self._subscriptions = subscriptions
        self._readers = [subscription for subscription in subscriptions if subscription.deltas]

    def _drop_closed(self) -> None:
        gone = [subscription for subscription in self._subscriptions if subscription.closed]
        if not gone:
            return
        self._keep([subscription for subscription in self._subscriptions if not subscription.closed])
        for subscription in gone:
            if subscription.overflowed:
                text = f"“{subscription.name}” did not take its events and was detached."
                problem = Problem(title="Subscriber detached", text=text)
                self.publish(Notice(level=NoticeLevel.WARNING, problem=problem))
