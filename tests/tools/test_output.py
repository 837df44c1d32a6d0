"""A program's output: bounded with exact counts, and the same text however it arrives in pieces."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.core.untrusted import clean
from tui.tools.output import Collector, Live, plain

PRINTED = st.lists(
    st.sampled_from(
        ["a", "word ", "\n", "\r\n", "\r", "é", "𝄞", "\x1b[31m", "\x1b[0m", "\x1b]0;t\x07", "\t", "\x1b(B"]
    ),
    max_size=30,
).map("".join)
QUIET = st.lists(st.sampled_from(["a", "word ", "\n", "\r\n", "é", "𝄞", "\x1b[31m", "\x1b]0;t\x07"]), max_size=30).map(
    "".join
)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    bounds = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[start:end] for start, end in pairwise(bounds)]


@settings(max_examples=200)
@given(text=QUIET, places=st.lists(st.integers(0, 200), max_size=6))
def test_live_pieces_make_the_whole(text: str, places: list[int]) -> None:
    live = Live()
    shown = []
    for piece in cut(text.encode(), places):
        live.feed(piece)
        shown.append(live.take())
    shown.append(live.take(final=True))
    assert "".join(shown) == plain(text)


@given(text=PRINTED, places=st.lists(st.integers(0, 200), max_size=6))
def test_live_pieces_are_clean(text: str, places: list[int]) -> None:
    live = Live()
    for piece in cut(text.encode(), places):
        live.feed(piece)
        shown = live.take()
        assert shown == clean(shown)
        assert "\x1b" not in shown
    assert "[31m" not in live.take(final=True)


def test_a_progress_line_is_shown_when_it_is_over() -> None:
    live = Live()
    live.feed(b"start\n10%\r20%\r")
    assert live.take() == "start\n"
    live.feed(b"90%\r10")
    assert live.take() == ""
    live.feed(b"0%\n")
    assert live.take() == "100%\n"
    live.feed(b"prompt: ")
    assert live.take() == "prompt: "
    live.feed(b"\rover\n")
    assert live.take() == "\nover\n"


def test_a_flood_of_live_output_is_counted() -> None:
    live = Live()
    live.feed(b"x\n" * 50_000)
    first, rest = live.take().split("\n", 1)
    assert first == "[… 84,000 bytes not shown …]"
    assert len(rest) == 16_000


@given(data=st.binary(max_size=300), limit=st.integers(10, 100), places=st.lists(st.integers(0, 300), max_size=5))
def test_collected_counts_add_up(data: bytes, limit: int, places: list[int]) -> None:
    collector = Collector(limit)
    for piece in cut(data, places):
        collector.feed(piece)
    text = collector.text()
    assert collector.total == len(data)
    if len(data) <= limit:
        assert text == plain(data.decode("utf-8", "replace"))
        assert collector.omitted == 0
    else:
        assert len(data) - limit <= collector.omitted <= len(data)
        assert f"[… {collector.omitted:,} bytes, " in text


@given(
    letters=st.text("aé𝄞", min_size=50, max_size=120), limit=st.integers(20, 60), newline=st.sampled_from(["", "\n"])
)
def test_no_character_is_cut_in_half(letters: str, limit: int, newline: str) -> None:
    collector = Collector(limit)
    collector.feed((letters + newline).encode())
    text = collector.text()
    assert "\ufffd" not in text
    assert letters.startswith(text.partition("\n[… ")[0])
    assert (letters + newline).endswith(text.rpartition("left out here …]\n")[2])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x08ab\x08b", "ab"),
        ("\x1bPq#0\x1b\\x", "x"),
        ("\x1b[?2004hx\x1b[?2004l", "x"),
        ("\x1b[38;2;1;2;3mx", "x"),
        ("a\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "alink"),
        ("bell\x07", "bell␇"),
        ("a\u202eb", "a⟨U+202E⟩b"),
        ("one\rtwo\r\n", "two\n"),
        ("two\r   \rthree", "three"),
    ],
)
def test_plain(text: str, shown: str) -> None:
    assert plain(text) == shown
