"""The event bus against calling every subscriber directly; and whether a slow subscriber costs the others anything."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.bench.report import Line, median, percentile, ratio
from tests.bench.streaming import BenchError
from tui.core.events import Event, TextDelta, ToolCallBegan
from tui.engine.bus import Bus, Subscription

PANES, SUBSCRIBERS = 3, 6
FLOOD_EVENTS, PACED_EVENTS, EVENTS_PER_SECOND = 30_000, 6_000, 6_000
SLOW_SECONDS = 0.005
MUST_NOT_BE_LOST_EVERY = 50


def _events(count: int) -> list[Event]:
    """Deltas of three panes in turn; every fiftieth event of a pane is one that may not be joined."""
    events: list[Event] = []
    for index in range(count):
        pane, number = f"pane{index % PANES}", index // PANES
        if number % MUST_NOT_BE_LOST_EVERY == 0:
            events.append(ToolCallBegan(pane=pane, turn="t", call_id=str(index), name="tool"))
        else:
            events.append(TextDelta(pane=pane, turn="t", seq=number, text="token"))
    return events


@dataclass(slots=True)
class Receiver:
    """Counts what came; latencies are those of the newest part of a joined delta, in seconds."""

    published: dict[tuple[str, int], float]
    characters: int = 0
    others: list[str] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        """Take one event."""
        if isinstance(event, TextDelta):
            self.characters += len(event.text)
            if when := self.published.get((event.pane, event.seq)):
                self.latencies.append(time.perf_counter() - when)
        elif isinstance(event, ToolCallBegan):
            self.others.append(event.call_id)

    def lost(self, events: list[Event]) -> int:
        """How much is missing, out of order or twice, in events."""
        text = sum(len(event.text) for event in events if isinstance(event, TextDelta))
        others = [event.call_id for event in events if isinstance(event, ToolCallBegan)]
        wrong = abs(len(others) - len(self.others)) or sum(a != b for a, b in zip(others, self.others, strict=True))
        return wrong + abs(text - self.characters)


async def _consume(subscription: Subscription, receiver: Receiver, pause: float) -> None:
    async for event in subscription:
        receiver(event)
        if pause:
            await asyncio.sleep(pause)


async def _flood(publish: Callable[[Event], None], events: list[Event]) -> None:
    for index, event in enumerate(events):
        publish(event)
        if index % 64 == 0:
            await asyncio.sleep(0)


async def _direct_flood(events: list[Event]) -> float:
    """Processor seconds for calling every receiver inline."""
    receivers = [Receiver({}) for _ in range(SUBSCRIBERS)]

    def publish(event: Event) -> None:
        for receiver in receivers:
            receiver(event)

    begin = time.process_time()
    await _flood(publish, events)
    return time.process_time() - begin


async def _bus_flood(events: list[Event]) -> float:
    """Processor seconds for the same over the bus, until every receiver has everything."""
    bus, receivers = Bus(), [Receiver({}) for _ in range(SUBSCRIBERS)]
    subscriptions = [bus.subscribe(f"s{index}") for index in range(SUBSCRIBERS)]
    begin = time.process_time()
    async with asyncio.TaskGroup() as group:
        for subscription, receiver in zip(subscriptions, receivers, strict=True):
            group.create_task(_consume(subscription, receiver, 0.0))
        await _flood(bus.publish, events)
        await bus.close()
    used = time.process_time() - begin
    if any(receiver.lost(events) for receiver in receivers):
        raise BenchError("the bus lost events of the flood")
    return used


async def _paced(events: list[Event], pause: float) -> tuple[float, int]:
    """Publish at the fixed rate with one subscriber that waits `pause` after each event it takes.

    Returns the 99th percentile of the other subscribers' latency, and the events lost over all.
    """
    bus = Bus()
    published: dict[tuple[str, int], float] = {}
    receivers = [Receiver(published) for _ in range(SUBSCRIBERS)]
    subscriptions = [bus.subscribe(f"s{index}") for index in range(SUBSCRIBERS)]
    async with asyncio.TaskGroup() as group:
        for index, (subscription, receiver) in enumerate(zip(subscriptions, receivers, strict=True)):
            group.create_task(_consume(subscription, receiver, pause if index == 0 else 0.0))
        begin = time.perf_counter()
        for index, event in enumerate(events):
            if isinstance(event, TextDelta):
                published[event.pane, event.seq] = time.perf_counter()
            bus.publish(event)
            wait = begin + (index + 1) / EVENTS_PER_SECOND - time.perf_counter()
            if wait > 0 or index % 20 == 0:
                await asyncio.sleep(max(0.0, wait))
        await bus.close()
    fast = [latency for receiver in receivers[1:] for latency in receiver.latencies]
    return percentile(fast, 99), sum(receiver.lost(events) for receiver in receivers)


def run(repeats: int) -> Iterator[Line]:
    """Yield the lines of this benchmark."""
    flood, paced = _events(FLOOD_EVENTS), _events(PACED_EVENTS)
    direct, bus, alone, beside, lost = [], [], [], [], 0
    for _ in range(max(3, repeats)):
        direct.append(asyncio.run(_direct_flood(flood)))
        bus.append(asyncio.run(_bus_flood(flood)))
        latency, missing = asyncio.run(_paced(paced, 0.0))
        slow_latency, slow_missing = asyncio.run(_paced(paced, SLOW_SECONDS))
        alone.append(latency)
        beside.append(slow_latency)
        lost += missing + slow_missing
    per = FLOOD_EVENTS * SUBSCRIBERS / 1e6
    note = f"{median(bus) / per:.2f} against {median(direct) / per:.2f} us"
    yield Line("CPU per delivery against direct callbacks", ratio(median(bus), median(direct)), 2, 1.5, note=note)
    note = f"{median(beside) * 1e3:.2f} against {median(alone) * 1e3:.2f} ms"
    name = "others' p99 latency with one subscriber at 5 ms an event"
    yield Line(name, ratio(median(beside), median(alone)), 2, 2, note=note)
    name = f"events lost or out of order, {EVENTS_PER_SECOND:,} a second x {SUBSCRIBERS}"
    yield Line(name, lost, 0, 0, unit="events")
