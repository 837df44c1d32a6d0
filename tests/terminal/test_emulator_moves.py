"""Moving rows and columns: the quick ways give what the plain way gives."""

import random

import pytest

from tests.terminal.test_hostile import check, state
from tui.terminal.emulator import Emulator

TEXTS = (
    "abcdefghij",
    "你好世界啊",
    "a你b好c世d",
    "e\u0301x\u0301y\u0301z\u0301",
    "\x1b[31mred\x1b[44mblue\x1b[m.",
    "\x1b[41m\x1b[K\x1b[m",
)


def filled(seed: int, columns: int = 10, lines: int = 5) -> Emulator:
    rng = random.Random(seed)
    emulator = Emulator(columns, lines)
    for y in range(lines):
        emulator.feed(f"\x1b[{y + 1}H{rng.choice(TEXTS)}".encode())
        if rng.random() < 0.5:  # as single cells
            emulator.feed(f"\x1b[{y + 1};{rng.randrange(columns) + 1}Hx".encode())
    return emulator


def cells(emulator: Emulator) -> list[list[tuple[str, object]]]:
    """Every cell as text and look; the right half of what is wide is empty."""
    return [[(char.data, char) for _, char in sorted(emulator.buffer[y].items())] for y in range(emulator.lines)]


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("final", ["'}", "'~", "@", "P"])
def test_many_columns_one_by_one_are_many_at_once(seed: int, final: str) -> None:
    """Where nothing wide is cut: the halves of one become blanks, each time one is."""
    rng = random.Random(seed)
    margins = rng.choice(("", "\x1b[?69h\x1b[2;8s"))
    place, count = f"\x1b[2;{rng.randrange(3, 7)}H", rng.randrange(1, 9)
    once, often = filled(seed), filled(seed)
    once.feed(f"{margins}{place}\x1b[{count}{final}".encode())
    one = f"\x1b[{final}"
    often.feed(f"{margins}{place}{one * count}".encode())
    check(once)
    check(often)
    wide = {row for row in range(5) if any(not data for data, _ in cells(filled(seed))[row])}
    for y in set(range(5)) - wide:
        assert cells(once)[y] == cells(often)[y]


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("final", ["S", "T", "L", "M"])
@pytest.mark.parametrize("before", ["", "\x1b[2;4r", "\x1b[?1049h", "\x1b[?69h\x1b[3;7s", "\x1b[42m"])
def test_many_rows_one_by_one_are_many_at_once(seed: int, final: str, before: str) -> None:
    rng = random.Random(seed)
    count, y = rng.randrange(1, 8), rng.randrange(2, 5)
    once, often = filled(seed), filled(seed)
    once.feed(f"{before}\x1b[{y};4H\x1b[{count}{final}".encode())
    one = f"\x1b[{y};4H\x1b[{final}"
    often.feed(f"{before}{one * count}".encode())
    check(once)
    assert cells(once) == cells(often)


def test_only_rows_with_something_in_them_are_kept_when_all_scroll_away() -> None:
    emulator = Emulator(10, 5)
    emulator.feed(b"one\r\n\r\ntwo\x1b[99S\x1b[99S\x1b[42m\x1b[2J\x1b[99S")
    assert [emulator.row_text(y) for y in range(-emulator.scrollback, 0)] == ["one", "", "two"]
    assert [list(run.style[:2]) for run in emulator.row(0)] == [[None, 2]]


def test_rows_that_stay_as_they_are_keep_their_number() -> None:
    emulator = Emulator(10, 4)
    emulator.feed(b"\x1b[43m\x1b[2J")
    before = [emulator.serial(y) for y in range(4)]
    emulator.feed(b"\x1b[2J\x1b[99S\x1b[99T\x1b[J")
    assert [emulator.serial(y) for y in range(4)] == before
    emulator.feed(b"\x1b[44m\x1b[2J")
    assert not set(before) & {emulator.serial(y) for y in range(4)}


def test_a_row_that_was_filled_and_written_on_is_filled_again() -> None:
    for back in (b"\x1b[43m", b"\x1b[m"):
        fresh, used = Emulator(10, 4), Emulator(10, 4)
        fresh.feed(back + b"\x1b[2J\x1b[H")
        used.feed(back + b"\x1b[2J\x1b[Hhello\x1b[2;3Hyou\x1b[3;1H" + b"wrap" * 4 + b"\x1b[2J\x1b[H")
        fresh.feed(b"\x1b[H")
        first, second = state(fresh), state(used)
        assert first == second


@pytest.mark.parametrize("columns", [9, 40])
def test_tab_stops_both_ways(columns: int) -> None:
    rng = random.Random(columns)
    emulator = Emulator(columns, 2)
    stops = set(range(8, columns, 8))
    for _ in range(300):
        x = rng.randrange(columns)
        what = rng.choice("sctbC")
        emulator.feed(f"\x1b[1;{x + 1}H".encode())
        count = rng.randrange(1, 5)
        if what == "s":
            emulator.feed(b"\x1bH")
            stops.add(x)
        elif what == "c":
            emulator.feed(b"\x1b[g")
            stops.discard(x)
        elif what == "C" and rng.random() < 0.1:
            emulator.feed(b"\x1b[3g")
            stops.clear()
        elif what == "t":
            emulator.feed(f"\x1b[{count}I".encode())
            after = [*sorted(stop for stop in stops if stop > x), *[columns - 1] * 5]
            assert emulator.cursor.x == after[count - 1]
        elif what == "b":
            emulator.feed(f"\x1b[{count}Z".encode())
            before = [*sorted((stop for stop in stops if 0 < stop < x), reverse=True), *[0] * 5]
            assert emulator.cursor.x == before[count - 1]
