"""The response cache: what makes a key, time, size, damage, what is never kept, and several processes."""

import asyncio
import dataclasses
import json
import sqlite3
import sys
import threading
import unicodedata
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.core.chat import (
    AssistantMessage,
    NativeContent,
    StopReason,
    ToolCall,
    ToolResult,
    ToolSpec,
    Usage,
    UserMessage,
    Wire,
)
from tui.core.clock import ManualClock
from tui.core.errors import Problem
from tui.resilience.cache import CachedAnswer, CacheKey, ResponseCache, canonical_key
from tui.resilience.cache_store import CacheStore

HELLO = (UserMessage(text="hello"),)


def key(text: str = "hello", **changes: Any) -> CacheKey:
    values: dict[str, Any] = {"model": "m", "system": "s", "messages": (UserMessage(text=text),)}
    return canonical_key(**(values | changes))


def answer(text: str = "hi", **changes: Any) -> CachedAnswer:
    message = AssistantMessage(
        text=text,
        thinking="hm",
        native=NativeContent(wire=Wire.ANTHROPIC_MESSAGES, model="m", payload=[{"signature": "ab=="}]),
    )
    given_values: dict[str, Any] = {
        "message": message,
        "model": "m-2026",
        "usage": Usage(input_tokens=3, output_tokens=5),
        "cost_pico": 123,
        "stop": StopReason.END,
    }
    return CachedAnswer(**(given_values | changes))


@dataclasses.dataclass
class Place:
    """A cache in a folder with a clock of its own."""

    path: Path
    clock: ManualClock
    problems: list[Problem]
    caches: list[ResponseCache]

    def open(self, **options: Any) -> ResponseCache:
        cache = ResponseCache(self.path, wall=self.clock.wall, on_notice=self.problems.append, **options)
        self.caches.append(cache)
        return cache


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    found = Place(tmp_path / "cache" / "answers.sqlite", ManualClock(), [], [])
    yield found
    for cache in found.caches:
        await cache.close()


# ---- keys


def test_the_order_of_object_keys_does_not_matter() -> None:
    one = key(parameters={"a": 1, "b": {"x": [1, 2], "y": None}})
    assert one == key(parameters={"b": {"y": None, "x": [1, 2]}, "a": 1})
    assert one == key(parameters={"b": {"y": None, "x": (1, 2)}, "a": 1})


@pytest.mark.parametrize(
    "changes",
    [
        {"model": "n"},
        {"system": "s "},
        {"provider": "openai"},
        {"messages": ()},
        {"messages": (AssistantMessage(text="hello"),)},
        {"messages": (UserMessage(text="hello"), UserMessage(text="hello"))},
        {"messages": (UserMessage(text="hello\n"),)},
        {"messages": (AssistantMessage(text="hello", thinking="x"),)},
        {"tools": (ToolSpec(name="t", description="", parameters={}),)},
        {"parameters": {"effort": "low"}},
        {"parameters": {"n": 1}},
        {"parameters": {"n": 1.0}},
        {"parameters": {"n": True}},
        {"parameters": {"n": "1"}},
        {"parameters": {"n": [1, [2]]}},
        {"parameters": {"n": [[1], 2]}},
    ],
    ids=str,
)
def test_every_difference_is_another_key(changes: dict[str, Any]) -> None:
    assert key(**changes).digest != key().digest
    assert key(**changes) == key(**changes)


def test_text_is_taken_as_sent() -> None:
    composed, decomposed = "é", unicodedata.normalize("NFD", "é")
    assert key(composed) != key(decomposed)
    assert key("\ud800") != key("\ud801"), "even what is no Unicode has a key"


def test_texts_cannot_run_into_each_other() -> None:
    assert key(model="a", system="bc") != key(model="ab", system="c")
    assert key(messages=(UserMessage(text='a"],["UserMessage",{"text":"b'),)) != key(
        messages=(UserMessage(text="a"), UserMessage(text="b"))
    )


@given(st.dictionaries(st.text(), st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=5)))
def test_keys_are_stable(parameters: dict[str, Any]) -> None:
    assert key(parameters=parameters) == key(parameters=dict(reversed(parameters.items())))


@pytest.mark.parametrize("bad", [{"n": float("nan")}, {"n": float("inf")}, {1: "x"}])
def test_what_is_no_json_has_no_key(bad: dict[Any, Any]) -> None:
    with pytest.raises(ValueError, match=r"JSON|keys"):
        key(parameters=bad)


# ---- keeping


async def test_what_is_kept_comes_back_whole(place: Place) -> None:
    cache = place.open()
    assert await cache.get(key()) is None
    assert await cache.put(key(), answer("hi \x00 é 🎈"))
    place.clock.advance(5)
    assert await cache.get(key()) == dataclasses.replace(answer("hi \x00 é 🎈"), age_s=5)
    await cache.close()
    assert await place.open().get(key()) is not None, "another session finds it"
    assert await cache.get(key()) is None
    assert not await cache.put(key(), answer())
    assert place.path.stat().st_mode & 0o777 == 0o600
    assert place.problems == []


async def test_the_newest_answer_wins(place: Place) -> None:
    cache = place.open()
    await cache.put(key(), answer("old"))
    await cache.put(key(), answer("new"))
    found = await cache.get(key())
    assert found is not None
    assert found.message.text == "new"
    assert (await cache.size())[0] == 1


async def test_time_passes(place: Place) -> None:
    cache = place.open(ttl_s=100)
    await cache.put(key(), answer())
    place.clock.advance(99)
    assert await cache.get(key()) is not None
    place.clock.advance(1)
    assert await cache.get(key()) is None
    stale = await cache.get(key(), allow_stale=True)
    assert stale is not None
    assert (stale.stale, stale.age_s) == (True, 100)
    place.clock.advance(100)
    assert await cache.get(key(), allow_stale=True) is None
    assert await cache.size() == (0, 0)


async def test_a_new_answer_is_fresh_again(place: Place) -> None:
    cache = place.open(ttl_s=100)
    await cache.put(key(), answer("old"))
    place.clock.advance(150)
    await cache.put(key(), answer("new"))
    found = await cache.get(key())
    assert found is not None
    assert (found.message.text, found.stale) == ("new", False)


async def test_the_least_used_go_first_and_the_bound_holds(place: Place) -> None:
    cache = place.open(max_bytes=10_000)
    for name in "abc":
        assert await cache.put(key(name), answer(name * 2_500))
    assert await cache.get(key("a")) is not None
    assert await cache.put(key("d"), answer("d" * 2_500))
    kept = [name for name in "abcd" if await cache.get(key(name)) is not None]
    assert kept == ["a", "c", "d"]
    assert (await cache.size())[1] <= 10_000
    assert not await cache.put(key("e"), answer("e" * 10_000)), "larger than everything"
    assert await cache.get(key("a")) is not None


async def test_the_file_does_not_grow_without_end(place: Place) -> None:
    cache = place.open(max_bytes=50_000)
    for number in range(60):
        await cache.put(key(str(number)), answer("x" * 9_000))
    assert place.path.stat().st_size < 120_000


async def test_forgetting(place: Place) -> None:
    cache = place.open()
    await cache.put(key("a"), answer())
    await cache.put(key("b"), answer())
    await cache.forget(key("a"))
    assert await cache.get(key("a")) is None
    await cache.clear()
    assert await cache.size() == (0, 0)


_CALL = ToolCall(id="1", name="t", arguments="{}", parsed={})


@pytest.mark.parametrize(
    "changes",
    [
        {"tools": (ToolSpec(name="t", description="", parameters={}),)},
        {"messages": (*HELLO, AssistantMessage(text="", tool_calls=(_CALL,)))},
        {"messages": (*HELLO, ToolResult(call_id="1", name="t", text="x"))},
    ],
)
async def test_turns_with_tools_are_never_kept(place: Place, changes: dict[str, Any]) -> None:
    cache = place.open()
    found = key(**changes)
    assert found.refused
    assert not await cache.put(found, answer())
    assert await cache.get(found, allow_stale=True) is None
    assert not place.path.exists()


async def test_an_answer_that_calls_a_tool_or_holds_a_secret_is_not_kept(place: Place) -> None:
    cache = place.open()
    assert not await cache.put(key(), answer(message=AssistantMessage(text="", tool_calls=(_CALL,))))
    assert not await cache.put(key(), answer("the key is sk-ant-api03-" + "aB3dE5gH7" * 10))
    assert await cache.get(key()) is None


async def test_the_loop_is_never_blocked_by_the_file(place: Place) -> None:
    cache = place.open()
    await cache.put(key(), answer())
    names: list[str] = []
    assert cache._store is not None
    original = cache._store.get

    def spy(digest: str, now: float) -> Any:
        names.append(threading.current_thread().name)
        return original(digest, now)

    cache._store.get = spy  # type: ignore[method-assign]  # to see the thread
    await cache.get(key())
    assert names[0].startswith("cache")


# ---- trouble


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"SQLite format 3\x00" + b"\xff" * 4096])
async def test_a_damaged_file_is_set_aside(place: Place, content: bytes) -> None:
    place.path.parent.mkdir(parents=True)
    place.path.write_bytes(content)
    cache = place.open()
    assert await cache.get(key()) is None
    assert await cache.put(key(), answer())
    assert await cache.get(key()) is not None
    assert [problem.title for problem in place.problems] == ["Cache begun anew"]
    assert place.path.with_name("answers.sqlite.broken").read_bytes() == content


async def test_damage_while_open_is_survived(place: Place) -> None:
    cache = place.open()
    for number in range(50):
        await cache.put(key(str(number)), answer("x" * 3_000))
    size = place.path.stat().st_size
    with place.path.open("r+b") as file:
        file.seek(24)  # from the counter of changes on
        file.write(b"\xa5" * (size - 24))
    for number in range(3):
        await cache.put(key(f"n{number}"), answer())
    assert await cache.get(key("n2")) is not None
    assert [problem.title for problem in place.problems] == ["Cache begun anew"]


async def test_a_file_of_an_unknown_form_is_set_aside(place: Place) -> None:
    place.path.parent.mkdir(parents=True)
    connection = sqlite3.connect(place.path)
    connection.execute("pragma user_version = 99")
    connection.close()
    assert await place.open().put(key(), answer())
    assert "form 99" in place.problems[0].text


async def test_a_file_set_aside_by_another_process_is_left(place: Place) -> None:
    cache = place.open()
    await cache.put(key("a"), answer())
    place.path.rename(place.path.with_name("elsewhere"))
    assert await cache.put(key("b"), answer())
    assert await cache.get(key("b")) is not None
    assert await cache.get(key("a")) is None
    assert place.problems == []


async def test_a_file_already_begun_anew_by_another_process_is_kept(place: Place) -> None:
    cache = place.open()
    await cache.put(key(), answer())
    store = CacheStore(place.path, ttl_s=1, max_bytes=1)
    assert store._set_aside(sqlite3.DatabaseError("seen a moment ago")) == []
    assert await cache.get(key()) is not None


async def test_an_unusable_place_is_told_once(place: Place) -> None:
    place.path.parent.write_text("a file where a folder should be")
    cache = place.open()
    for _ in range(3):
        assert await cache.get(key()) is None
        assert not await cache.put(key(), answer())
    assert [problem.title for problem in place.problems] == ["Cache not used"]


async def test_an_entry_that_makes_no_sense_is_dropped(place: Place) -> None:
    cache = place.open()
    await cache.put(key(), answer())
    connection = sqlite3.connect(place.path)
    connection.execute("update answers set data = ?", (json.dumps({"text": 1}),))
    connection.commit()
    connection.close()
    assert await cache.get(key()) is None
    assert await cache.size() == (0, 0)


async def test_a_cancelled_caller_harms_nothing(place: Place) -> None:
    cache = place.open()
    task = asyncio.create_task(cache.put(key(), answer()))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await cache.get(key()) is not None


_WRITER = """
import asyncio, sys
from pathlib import Path
from tui.core.chat import AssistantMessage, StopReason, Usage, UserMessage
from tui.resilience.cache import CachedAnswer, ResponseCache, canonical_key

async def main(path, name):
    problems = []
    cache = ResponseCache(Path(path), max_bytes=200_000, on_notice=problems.append)
    for number in range(40):
        key = canonical_key("m", "", (UserMessage(text=f"{name}-{number}"),))
        message = AssistantMessage(text=f"{name}-{number} " * 200)
        stored = await cache.put(
            key, CachedAnswer(message=message, model="m", usage=Usage(), cost_pico=None, stop=StopReason.END)
        )
        found = await cache.get(key)
        assert not stored or found is None or found.message == message
    await cache.close()
    assert not problems, problems

asyncio.run(main(*sys.argv[1:]))
"""


async def test_processes_share_it(place: Place) -> None:
    commands = [[sys.executable, "-c", _WRITER, str(place.path), name] for name in "abc"]
    children = await asyncio.gather(*(asyncio.create_subprocess_exec(*command) for command in commands))
    assert await asyncio.gather(*(child.wait() for child in children)) == [0, 0, 0]
    count, size = await place.open(max_bytes=200_000).size()
    assert count > 30
    assert size <= 200_000
    connection = sqlite3.connect(place.path)
    assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
    connection.close()
