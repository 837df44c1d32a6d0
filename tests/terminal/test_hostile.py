"""Whatever a program sends: nothing is raised, nothing grows without end, and the cut of the bytes does not matter."""

import json
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.terminal.hostile import BOMBS, SIZE, buffers
from tui.terminal import styles
from tui.terminal.emulator import Emulator
from tui.terminal.rows import Row
from tui.terminal.scrollback import as_row

SEQUENCES = [
    case["data"].encode("latin-1")
    for case in json.loads((Path(__file__).parent / "recordings" / "sequences.json").read_text(encoding="utf-8"))
]
SHORT = [
    *(bomb.encode() for bomb in BOMBS),
    b"\x1b[?69h\x1b[3;20s",
    b"\x1b[4h", b"\x1b[?7l", b"\x1b[?7h", b"\x1b[?6h", b"\x1b[3;9r", b"a" * 100,
    b"x\r\ny\r\nz\r\n",
    b"line\r\n" * 30, b"\x1b[10b", b"\x1b[5X", b"\x1b[1;5H", b"\x18", b"\xe4\xbd", b"\xc3", b"\x1b(0",
    b"\x1b(B", b"\x0e",
    "\u200d".encode(), "💻".encode(), "👩\u200d💻".encode(), "\u0301".encode() * 9, "你好".encode() * 30, b"\x1b]52;c;",
    b"\x1b[31;4:3m", b"\x1b[41m", b"\x1b[" + b"0" * 300 + b";31m",
    b"\x1b[65;2;2;4;5$x", b"\x1b[2;2;9;4$z", b"\x1b[2${", b"\x1b[1;2;3;5;1;2;3$v", b"\x1b[2$v", b"\x1b6", b"\x1b9",
    b"\x1b[?6h", b"\x1b['}", b"\x1b[3'~", b"\x1b[2S", b"\x1b[9T", b"\x1b[?69h\x1b[2;4s\x1b[2H", "你b好".encode() * 9,
    b"\x1bPx\x07y\x07z\x1b\\", b"\x1b[?1049h", b"\x1b[?1049l", b"\n\n\x0b\n", b"\x1b]0;title", b"\x1b\\", b"\x07",
]  # fmt: skip
STREAMS = st.lists(st.one_of(st.sampled_from(SEQUENCES), st.sampled_from(SHORT), st.binary(max_size=20)), max_size=8)
SIZES = st.sampled_from([(80, 24), (20, 6), (7, 3), (2, 1)])


def state(emulator: Emulator) -> dict[str, object]:
    lines = range(-emulator.scrollback, emulator.lines)
    return {
        "rows": [list(emulator.row(y)) for y in lines],
        "wrapped": [emulator.wrapped(y) for y in lines],
        "cursor": (emulator.cursor.x, emulator.cursor.y, emulator.cursor_visible, emulator.cursor_shape),
        "modes": emulator.modes,
        "replies": emulator.take_replies(),
        "events": emulator.take_events(),
        "title": emulator.title,
    }


def check(emulator: Emulator) -> None:
    """What holds for every screen."""
    assert len(emulator.rows) == emulator.lines
    assert 0 <= emulator.cursor.x <= emulator.columns
    assert 0 <= emulator.cursor.y < emulator.lines
    for y in range(-emulator.scrollback, emulator.lines):
        assert sum(run.cells for run in emulator.row(y)) <= emulator.columns
    for row in emulator.rows:
        if row.cells is None:
            assert row.length == sum(piece[1] for piece in row.pieces)
        else:
            assert len(row.cells) == len(row.styles) == emulator.columns


@settings(max_examples=150, deadline=None)
@given(stream=STREAMS, size=SIZES, cuts=st.lists(st.integers(1, 60), min_size=1, max_size=10))
def test_the_cut_does_not_matter(stream: list[bytes], size: tuple[int, int], cuts: list[int]) -> None:
    data = b"".join(stream)
    whole, single, cut = Emulator(*size), Emulator(*size), Emulator(*size)
    whole.feed(data)
    for at in range(len(data)):
        single.feed(data[at : at + 1])
    at = turn = 0
    while at < len(data):
        step = cuts[turn % len(cuts)]
        cut.feed(data[at : at + step])
        at, turn = at + step, turn + 1
    check(whole)
    expected = state(whole)
    assert state(single) == expected
    assert state(cut) == expected


@settings(max_examples=60, deadline=None)
@given(stream=STREAMS, sizes=st.lists(st.tuples(st.integers(1, 30), st.integers(1, 100)), min_size=1, max_size=4))
def test_sizes_may_change_at_any_time(stream: list[bytes], sizes: list[tuple[int, int]]) -> None:
    emulator = Emulator(40, 10)
    for lines, columns in sizes:
        emulator.feed(b"".join(stream))
        emulator.resize(lines, columns)
        check(emulator)
        assert len(emulator.display) == lines


@pytest.mark.parametrize("seed", [1, 2])
def test_hostile_buffers(seed: int) -> None:
    emulator = Emulator(80, 24, scrollback_lines=500, scrollback_bytes=1 << 20)
    for buffer in buffers(len(BOMBS) * 4 + 40, seed):
        emulator.feed(buffer)
        assert len(emulator.take_replies()) < 128 << 10
        assert len(emulator.take_events()) <= 1000
        assert emulator.scrollback <= 500
    check(emulator)


def test_bodies_of_sequences_are_bounded() -> None:
    for begin in (b"\x1b]0;", b"\x1bP", b"\x1b_", b"\x1b[", b"\x1b("):
        emulator = Emulator(80, 24)
        emulator.feed(begin)
        for _ in range(600):
            emulator.feed(b"1" * SIZE if begin != b"\x1b(" else b"(" * SIZE)
        assert len(emulator._held) + sum(map(len, emulator._body)) <= (1 << 20) + SIZE
        emulator.feed(b"\x07\x1b\\\x18ok")
        assert emulator.row_text(0).endswith("ok")
        assert len(emulator.title) <= 200


def test_a_body_in_many_pieces_takes_no_longer() -> None:
    def seconds(size: int) -> float:
        emulator = Emulator(80, 24)
        emulator.feed(b"\x1bP" + b"x" * size)
        started = time.process_time()
        emulator.feed(b"a\x07" * 20_000)
        return time.process_time() - started

    assert min(seconds(1_000_000) for _ in range(3)) < 5 * min(seconds(1) for _ in range(3))


def test_long_parameters_are_not_remembered() -> None:
    emulator = Emulator(80, 24)
    for number in range(300):
        emulator.feed(b"\x1b[%d;" % number + b"1;" * 2000 + b"H" + b"\x1b[%d;" % number + b"1;" * 2000 + b"m")
        emulator.feed(b"\x1b[" + b"0" * 200 + b";%dm" % number)
    assert max((len(parameters) for parameters, _ in emulator._actions), default=0) < 100
    assert max((len(parameters) for _, parameters in styles._changed), default=0) < 100


@pytest.mark.parametrize(
    "row",
    [("e" + "\u0301" * 31) * 80, "\u0301" * 40 + "ab", "".join(f"\x1b]8;;http://a/{n:02000}\x07x" for n in range(80))],
)
def test_the_scrollback_is_bounded_by_what_it_really_takes(row: str) -> None:
    """Marks and links make rows heavy that look light."""
    limit = 1 << 20
    emulator = Emulator(80, 24, scrollback_lines=1_000_000, scrollback_bytes=limit)
    emulator.feed(b"plain\r\n" * 30)
    for _ in range(limit // len(row.encode()) * 3):
        emulator.feed(f"{row}\r\n".encode())
    kept = [as_row(emulator.history[at]) for at in range(emulator.scrollback)]
    texts = sum(sys.getsizeof(piece[0]) for one in kept for piece in one.pieces)
    links = {piece[2][3] for one in kept for piece in one.pieces}
    assert texts + sum(map(len, links)) < 2 * limit
    assert emulator.history._used <= limit
    emulator.resize(24, 20)
    emulator.feed(b"\x1b[3J")
    assert emulator.history._used == 0


def test_nothing_a_program_chose_comes_back_as_typed() -> None:
    """Title, icon, answerback, clipboard and settings reports must not hand on what somebody else put there."""
    emulator = Emulator(80, 24)
    evil = "; touch /tmp/x"
    setting = f"\x1b]0;{evil}\x07\x1b]1;{evil}\x07\x1b]52;c;b3V0\x07\x1b]10;{evil}\x07\x1bP0$t{evil}\x1b\\{evil}\r\n"
    asking = (
        "\x05\x1b[20t\x1b[21t\x1b[22t\x1b[23t\x1b]52;c;?\x07\x1b]l?\x07\x1bP$qm\x1b\\\x1bP$q;touch\x1b\\\x1bP+q544e\x1b\\"
        "\x1b[6n\x1b[?6n\x1b[c\x1b[>c\x1b[=c\x1b[>q\x1b[5n\x1b]4;1;?\x07\x1b]4;\u0661;?\x07\x1b]11;?\x07\x1b[?2026$p\x1b[18t"
        "\x1b[0x\x1b[1;1;1;1;1;1*y\x1b]60\x07\x1b[?15n"
    )
    emulator.feed((setting + asking).encode())
    replies = emulator.take_replies()
    assert replies
    assert not any(part in replies for part in (b"touch", b"out", "\u0661".encode(), b"\r", b"\n"))


def test_answers_to_a_program_that_never_reads_are_bounded() -> None:
    emulator = Emulator(80, 24)
    for _ in range(100):
        emulator.feed(b"\x1b[c" * 1000 + b"\x1b]4" + b";1;?" * 1000 + b"\x07")
    assert len(emulator.take_replies()) < 80 << 10


def test_marks_of_one_cell_are_bounded() -> None:
    emulator = Emulator(80, 24)
    for _ in range(50):
        emulator.feed(("e" + "\u0301" * 500).encode())
        emulator.feed(("\u0301" * 500).encode())
    assert max(len(run.text) for run in emulator.row(0)) <= 50 * 32


def test_styles_that_are_remembered_are_bounded() -> None:
    emulator = Emulator(80, 24)
    for color in range(20_000):
        emulator.feed(b"\x1b[38;2;%d;%d;7mx" % (color >> 8, color & 255))
        emulator.row(emulator.cursor.y)
    assert len(styles._changed) <= 4096
    assert len(styles._cell_styles) <= 4096
    assert len(emulator._actions) <= 16_384


def test_rows_of_the_scrollback_are_closed() -> None:
    emulator = Emulator(80, 4)
    emulator.feed(b"abc\rx\r\n" * 2 + b"\x1b[31mred\rX\x1b[m\r\n" * 20)
    kept = [emulator.history[at] for at in range(emulator.scrollback)]
    assert len(kept) == 19
    assert any(isinstance(row, Row) for row in kept)
    assert all(row.cells is None for row in kept if isinstance(row, Row))
