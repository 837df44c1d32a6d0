"""Another width with a long scrollback: the newest rows at once, the others little by little, with the same result."""

import asyncio
import random
from itertools import count

import pytest

from tests.terminal.live import running, shell
from tests.terminal.test_hostile import check
from tui.terminal import scrollback
from tui.terminal.emulator import Emulator

SMALL = 20
"""Rows that are wrapped at once, here."""


@pytest.fixture(autouse=True)
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scrollback, "_KEPT_AT_ONCE", SMALL)
    monkeypatch.setattr(scrollback, "_LOOK_AFTER", 1)


def text(seed: int, lines: int = 120) -> bytes:
    rng = random.Random(seed)
    out = []
    for number in range(lines):
        words = rng.choice(("plain words ", "\x1b[31mred\x1b[m and ", "你好 ", "e\u0301 ", "    "))
        out.append(f"{number} " + words * rng.randrange(12) + rng.choice(("\r\n", "\r\n", "\r\n\r\n", "")))
    return "".join(out).encode()


def content(emulator: Emulator) -> list[tuple[object, bool]]:
    return [(emulator.row(y), emulator.wrapped(y)) for y in range(-emulator.scrollback, emulator.lines)]


@pytest.mark.parametrize("seed", range(10))
def test_later_gives_what_at_once_gives(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(seed)
    later, once = Emulator(40, 6), Emulator(40, 6)
    for emulator in (later, once):
        emulator.feed(text(seed))
    steps = 0
    for _ in range(3):
        lines, columns = rng.randrange(2, 12), rng.choice([width for width in range(8, 60) if width != later.columns])
        later.resize(lines, columns, later=True)
        while later.rewrap(0.0):
            steps += 1
            check(later)
        monkeypatch.setattr(scrollback, "_KEPT_AT_ONCE", 10**6)
        once.resize(lines, columns)
        monkeypatch.setattr(scrollback, "_KEPT_AT_ONCE", SMALL)
        assert once.history.stale == later.history.stale == 0
        assert content(later) == content(once)
        assert later.history._used == once.history._used
        check(later)
    assert steps > 10


@pytest.mark.parametrize("seed", range(25))
def test_whatever_comes_in_between(seed: int) -> None:
    """Output, other sizes, clearing, rows that come back: all that was written is there in the end, in order."""
    rng = random.Random(seed)
    emulator = Emulator(40, 6, scrollback_lines=10_000)
    numbers = count()
    for _ in range(200):
        emulator.feed(f"<{next(numbers)}>".encode() + b"." * rng.randrange(90) + b"\r\n")
    for _ in range(30):
        what = rng.randrange(4)
        if what == 0:
            emulator.resize(rng.randrange(2, 30), rng.randrange(10, 90), later=True)
        elif what == 1:
            for _ in range(rng.randrange(1, 60)):
                emulator.feed(f"<{next(numbers)}>".encode() + b"." * rng.randrange(90) + b"\r\n")
        elif what == 2:
            emulator.resize(rng.randrange(2, 200), later=True)
        else:
            emulator.rewrap(0.0)
        check(emulator)
    emulator.rewrap()
    check(emulator)
    whole = emulator.text()
    expected = next(numbers)
    assert [line.split(">")[0] for line in whole.split("\n") if line] == [f"<{number}" for number in range(expected)]


def test_what_was_trimmed_or_cleared_does_not_come_back() -> None:
    emulator = Emulator(40, 6, scrollback_lines=100)
    emulator.feed(text(1))
    emulator.resize(6, 30, later=True)
    assert emulator.history.stale > 0
    emulator.rewrap(0.0)
    emulator.feed(b"new\r\n" * 99)
    emulator.rewrap()
    assert emulator.scrollback == 100
    assert {emulator.row_text(y) for y in range(-90, 0)} == {"new"}
    emulator.resize(6, 50, later=True)
    emulator.feed(b"\x1b[3J")
    assert not emulator.rewrap(0.0)
    assert emulator.scrollback == 0
    assert emulator.history._used == 0


def test_one_endless_line_is_taken_in_parts() -> None:
    emulator = Emulator(40, 6)
    data = "".join(f"{number:07} " for number in range(6000))
    emulator.feed(data.encode() + b"\r\n")
    for columns in (23, 61, 8, 40):
        emulator.resize(6, columns, later=True)
        steps = 0
        while emulator.rewrap(0.0):
            steps += 1
        assert steps > 100
        assert emulator.text().replace("\n", "") == data.strip()


def test_text_is_whole_also_in_between() -> None:
    emulator = Emulator(40, 6)
    emulator.feed(text(3))
    before = emulator.text()
    emulator.resize(6, 20, later=True)
    assert emulator.text() == before


async def test_everybody_gets_a_turn_while_a_scrollback_is_wrapped_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.terminal.surface._REWRAP_SECONDS", 0.0)
    async with running(shell("seq -f '%060g' 1 400")) as terminal:
        await terminal.outcome
        terminal.resize(30, 24)
        terminal.take_dirty()
        told: list[str] = []
        terminal.watch(lambda: told.append("changed"))
        turns = 0
        while not told:
            await asyncio.sleep(0)
            turns += 1
        assert turns > 100
        assert terminal.take_dirty()[0]
        assert terminal.scrollback == 777


def test_blanks_where_a_line_is_wrapped_belong_to_it() -> None:
    """What is copied, searched or told a model must not run words together."""
    emulator = Emulator(4, 5)
    emulator.feed(b"abc def  \r\nxyz  ")
    assert [emulator.row_text(y) for y in range(5)] == ["abc ", "def ", "", "xyz ", ""]
    assert emulator.text() == "abc def\nxyz"
    single = Emulator(4, 4)
    single.feed(b"abcdef\x1b[1;4H \x1b[1;1Ha")
    assert single.row_text(0) == "abc "
    assert single.text() == "abc ef"
