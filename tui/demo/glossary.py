"""Subjects the stand-in can explain by heart."""

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One subject: a pattern that finds it, and what there is to say."""

    pattern: str
    name: str
    summary: str
    points: tuple[tuple[str, str], ...]
    edges: tuple[tuple[str, str], ...]
    language: str = ""
    code: str = ""
    test: str = ""
    link: tuple[str, str]


ENTRIES: Final[tuple[Entry, ...]] = (
    Entry(
        pattern=r"hash ?(?:map|table)s?",
        name="hash maps",
        summary="A hash map turns a key into a number, the number into a place, and looks there first.",
        points=(
            ("Hash", "Equal keys must have equal hashes; unequal keys may collide, and some do."),
            ("Collisions", "Either each place holds a chain, or a probe walks on to the next free place."),
            ("Growth", "When too full, everything moves into a larger table: rare, expensive, amortised O(1)."),
        ),
        edges=(
            ("a key that changes", "is lost: its hash points elsewhere"),
            ("hostile keys", "all in one place: O(n), hence random seeds"),
        ),
        language="python",
        code="""def find(table: list[list[tuple[str, int]]], key: str) -> int | None:
    for known, value in table[hash(key) % len(table)]:
        if known == key:
            return value
    return None""",
        test="""def test_colliding_keys_are_kept_apart():
    table = [[("one", 1), ("two", 2)]]  # a single place: everything collides
    assert find(table, "two") == 2
    assert find(table, "three") is None""",
        link=("hash tables", "https://en.wikipedia.org/wiki/Hash_table"),
    ),
    Entry(
        pattern=r"circuit ?breakers?",
        name="circuit breakers",
        summary="A circuit breaker stops calling what is known to be down, and asks again later with a single call.",
        points=(
            ("Closed", "Calls go through; failures in a row are counted."),
            ("Open", "After too many, every call is refused at once until a pause is over."),
            ("Half-open", "One probe goes through: success closes the circuit, failure opens it again."),
        ),
        edges=(
            ("the caller's own mistake", "a 400 says nothing about their health: do not count it"),
            ("many callers at once", "only one may be the probe"),
        ),
        language="python",
        code="""permit = breaker.admit()        # raises CircuitOpen while open
try:
    answer = call()
except ServerError:
    permit.failure()
    raise
permit.success()""",
        test="""def test_it_opens_after_five_failures_and_probes_once():
    for _ in range(5):
        breaker.admit().failure()
    with pytest.raises(CircuitOpen):
        breaker.admit()
    clock.advance(30)
    breaker.admit()
    with pytest.raises(CircuitOpen):  # one probe at a time
        breaker.admit()""",
        link=("circuit breaker", "https://martinfowler.com/bliki/CircuitBreaker.html"),
    ),
    Entry(
        pattern=r"async(?:io|hronous)?\b|\bawait|coroutines?|event loops?",
        name="async and await",
        summary="One thread runs many waiting tasks: whoever awaits lets the others go on.",
        points=(
            ("Coroutine", "A function that can stop at `await` and be continued later."),
            ("Event loop", "Keeps the list of who waits for what, and wakes whoever can go on."),
            ("Blocking", "A slow call without `await` stops everybody: move it to a thread."),
        ),
        edges=(
            ("a task nobody holds", "may be collected in mid-air: keep a reference"),
            ("cancellation", "arrives at an `await`: clean up in `finally`, then let it pass"),
        ),
        language="python",
        code="""import asyncio

async def main() -> None:
    async with asyncio.TaskGroup() as group:
        first = group.create_task(fetch("one"))
        second = group.create_task(fetch("two"))
    print(first.result(), second.result())""",
        test="""async def test_one_failure_cancels_the_other():
    with pytest.raises(ExceptionGroup):
        async with asyncio.TaskGroup() as group:
            group.create_task(fail())
            slow = group.create_task(asyncio.sleep(3600))
    assert slow.cancelled()""",
        link=("asyncio", "https://docs.python.org/3/library/asyncio.html"),
    ),
    Entry(
        pattern=r"recursion|recursive",
        name="recursion",
        summary="A function solves a problem with a smaller one of the same kind, until it is small enough to see.",
        points=(
            ("The base", "One case needs no call at all. Write it first."),
            ("The step", "Every call must come closer to the base, measurably."),
            ("The stack", "Each open call takes memory; Python stops at about a thousand."),
        ),
        edges=(
            ("the base is missed", "it never ends"),
            ("the same question twice", "remember answers: `functools.cache`"),
        ),
        language="python",
        code="""def depth(tree: dict) -> int:
    return 1 + max(map(depth, tree.values()), default=0)""",
        test="""def test_depth():
    assert depth({}) == 1
    assert depth({"a": {}, "b": {"c": {}}}) == 3""",
        link=("recursion", "https://en.wikipedia.org/wiki/Recursion_(computer_science)"),
    ),
    Entry(
        pattern=r"server-sent events|\bsse\b|streaming|streams? (?:of )?tokens|token streams?",
        name="streaming",
        summary="The answer arrives in pieces over one open response, so that reading can begin before it is finished.",
        points=(
            ("The form", "Lines `event:` and `data:`, an empty line ends an event."),
            ("The end", "A terminal event says that it is complete; a closed connection alone does not."),
            ("The pieces", "May cut words, Markdown and emoji anywhere: never format a piece by itself."),
        ),
        edges=(
            ("silence", "a limit on the time between events, not on the whole"),
            ("an error after 200", "arrives as an event: read it"),
        ),
        language="text",
        code="""event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hel"}}

event: message_stop
data: {"type":"message_stop"}""",
        link=("server-sent events", "https://developer.mozilla.org/en-US/docs/Web/API/Server-sent_events"),
    ),
    Entry(
        pattern=r"(?:database |b-?tree )?index(?:es)?\b(?= (?:does|do|in|on|of|work)|\W*$)",
        name="database indexes",
        summary="An index is a sorted copy of some columns: reading gets faster, writing slower.",
        points=(
            ("The order", "A B-tree keeps keys sorted, so ranges and `ORDER BY` come for free."),
            ("The prefix", "An index on (a, b) serves a, and a with b, but not b alone."),
            ("The price", "Every insert writes every index; unused ones only cost."),
        ),
        edges=(
            ("a function around the column", "hides it from the index"),
            ("few distinct values", "a full scan may be cheaper"),
        ),
        language="sql",
        code="""CREATE INDEX orders_by_customer ON orders (customer_id, placed_on);
EXPLAIN SELECT * FROM orders WHERE customer_id = 7 ORDER BY placed_on;""",
        test="""EXPLAIN SELECT * FROM orders WHERE placed_on = '2026-01-01';  -- not the prefix: expect a scan
EXPLAIN SELECT * FROM orders WHERE customer_id + 0 = 7;        -- hidden by arithmetic""",
        link=("Use The Index, Luke", "https://use-the-index-luke.com/"),
    ),
)
GLOSSARY_PATTERN: Final = "|".join(rf"\b(?:{entry.pattern})" for entry in ENTRIES)


def known_subject(prompt: str) -> Entry | None:
    """Return the first subject that `prompt` names."""
    return next((entry for entry in ENTRIES if re.search(rf"\b(?:{entry.pattern})", prompt, re.I)), None)
