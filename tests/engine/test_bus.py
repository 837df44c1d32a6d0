"""The bus: nothing but deltas may be joined, nothing is lost, nobody waits for a slow subscriber."""

import asyncio
import tracemalloc
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.core.errors import Problem
from tui.core.events import (
    Event,
    Notice,
    NoticeLevel,
    ProviderReady,
    SessionEnded,
    TextDelta,
    ThinkingDelta,
    ToolCallBegan,
)
from tui.engine.bus import MAX_WAITING, Bus


def text(pane: str, seq: int, what: str = "x", turn: str = "t") -> TextDelta:
    return TextDelta(pane=pane, turn=turn, seq=seq, text=what)


def must(pane: str, number: int) -> ToolCallBegan:
    return ToolCallBegan(pane=pane, turn="t", call_id=str(number), name="tool")


def notice(title: str) -> Notice:
    return Notice(level=NoticeLevel.INFO, problem=Problem(title=title, text=""))


async def test_a_subscriber_that_keeps_up_gets_every_event_as_published() -> None:
    bus = Bus()
    subscription = bus.subscribe("a")
    events: list[Event] = [text("p", 1, "a"), must("p", 1), text("p", 2, "b"), notice("n")]
    for event in events:
        bus.publish(event)
        assert subscription.drain() == [event]
    assert subscription.drain() == []


async def test_untaken_deltas_of_one_turn_are_joined_and_carry_the_last_number() -> None:
    bus = Bus()
    subscription = bus.subscribe("a")
    for number in range(1, 6):
        bus.publish(text("p", number, str(number)))
    assert subscription.drain() == [text("p", 5, "12345")]


@pytest.mark.parametrize(
    "between",
    [
        must("p", 1),
        notice("all panes"),
        ThinkingDelta(pane="p", turn="t", seq=2, text="hm"),
        text("p", 2, "y", "other"),
    ],
    ids=["tool", "notice", "thinking", "other turn"],
)
async def test_text_never_moves_across_another_event_of_its_pane(between: Event) -> None:
    bus = Bus()
    subscription = bus.subscribe("a")
    first, last = text("p", 1, "before"), text("p", 3, "after")
    for event in (first, between, last):
        bus.publish(event)
    assert subscription.drain() == [first, between, last]


async def test_panes_are_joined_apart_from_each_other() -> None:
    bus = Bus()
    subscription = bus.subscribe("a")
    for number in range(1, 4):
        bus.publish(text("p", number, "p"))
        bus.publish(text("q", number, "q"))
    bus.publish(must("p", 1))
    bus.publish(text("q", 4, "q"))
    bus.publish(text("p", 4, "P"))
    assert subscription.drain() == [text("p", 3, "ppp"), text("q", 4, "qqqq"), must("p", 1), text("p", 4, "P")]


def _expected(events: Iterable[Event], pane: str) -> tuple[str, list[Event]]:
    mine = [event for event in events if getattr(event, "pane", None) == pane]
    return (
        "".join(event.text for event in mine if isinstance(event, TextDelta)),
        [event for event in mine if not isinstance(event, TextDelta)],
    )


@given(
    st.lists(
        st.tuples(st.sampled_from("pqr"), st.booleans(), st.text(max_size=3), st.booleans()),
        max_size=80,
    )
)
def test_whatever_is_published_and_whenever_it_is_taken(steps: list[tuple[str, bool, str, bool]]) -> None:
    async def scenario() -> None:
        bus = Bus()
        subscription = bus.subscribe("a")
        published: list[Event] = []
        taken: list[Event] = []
        for number, (pane, is_text, what, take) in enumerate(steps):
            event: Event = text(pane, number, what) if is_text else must(pane, number)
            published.append(event)
            bus.publish(event)
            if take:
                taken += subscription.drain()
        taken += subscription.drain()
        for pane in "pqr":
            assert _expected(taken, pane) == _expected(published, pane)
        musts = [event for event in published if not isinstance(event, TextDelta)]
        assert [event for event in taken if not isinstance(event, TextDelta)] == musts

    asyncio.run(scenario())


async def test_a_stalled_subscriber_loses_nothing_and_holds_back_nobody() -> None:
    bus = Bus()
    stalled = bus.subscribe("stalled")
    lively = bus.subscribe("lively")
    seen: list[Event] = []
    tracemalloc.start()
    for number in range(100_000):
        bus.publish(text("p", number, "token "))
        if number % 1_000 == 0:
            bus.publish(must("p", number))
        if number % 10 == 0:
            seen += lively.drain()
    seen += lively.drain()
    held, _ = tracemalloc.get_traced_memory()
    waiting = stalled.drain()
    tracemalloc.stop()
    assert "".join(event.text for event in seen if isinstance(event, TextDelta)) == "token " * 100_000
    assert _expected(waiting, "p") == _expected(seen, "p")
    assert len(waiting) == 201
    assert held < 40 * len("token " * 100_000)


async def test_a_subscriber_that_never_takes_what_must_not_be_lost_is_detached_and_the_others_are_told() -> None:
    bus = Bus()
    dead = bus.subscribe("dead")
    alive = bus.subscribe("alive")
    got: list[Event] = []
    for number in range(MAX_WAITING + 100):
        bus.publish(must("p", number))
        got += alive.drain()
    assert dead.overflowed
    assert dead.closed
    assert len(dead.drain()) == MAX_WAITING + 1
    assert sum(isinstance(event, ToolCallBegan) for event in got) == MAX_WAITING + 100
    notices = [event for event in got if isinstance(event, Notice)]
    assert len(notices) == 1
    assert "dead" in notices[0].problem.text


async def test_iteration_ends_after_the_bus_is_closed_and_everything_was_taken() -> None:
    bus = Bus()
    subscription = bus.subscribe("a")
    taken: list[Event] = []

    async def take() -> None:
        taken.extend([event async for event in subscription])

    task = asyncio.create_task(take())
    bus.publish(must("p", 1))
    await asyncio.sleep(0)
    bus.publish(text("p", 1))
    bus.publish(SessionEnded(session="s"))
    await bus.close()
    await task
    assert taken == [must("p", 1), text("p", 1), SessionEnded(session="s")]
    assert bus.subscribe("late").closed


async def test_the_wake_call_comes_once_until_the_queue_was_drained() -> None:
    bus = Bus()
    calls: list[str] = []
    subscription = bus.subscribe("ui", on_wake=lambda: calls.append("wake"))
    bus.publish(text("p", 1))
    bus.publish(text("p", 2))
    bus.publish(must("p", 1))
    assert calls == ["wake"]
    subscription.drain()
    bus.publish(must("p", 2))
    assert calls == ["wake", "wake"]


async def test_who_wants_no_deltas_gets_everything_else_in_order() -> None:
    bus = Bus()
    wakes: list[int] = []
    rest, whole = bus.subscribe("rest", on_wake=lambda: wakes.append(1), deltas=False), bus.subscribe("whole")
    for number in range(3):
        bus.publish(TextDelta(pane="a", turn="t", seq=number, text=str(number)))
    assert wakes == []
    bus.publish(ProviderReady(pane="a"))
    bus.publish(TextDelta(pane="a", turn="t", seq=3, text="3"))
    assert rest.drain() == [ProviderReady(pane="a")]
    assert [type(event) for event in whole.drain()] == [TextDelta, ProviderReady, TextDelta]
    await bus.close()
    assert await rest.get() == []
