"""Selecting, copying and searching the text of a terminal."""

from collections.abc import Sequence

import pytest

from tui.ui.view.terminal_text import (
    Piece,
    Place,
    find,
    line_at,
    selected_text,
    slice_cells,
    word_at,
)


class Lines:
    """Rows of text; those that end in a backslash go on in the next one. `above` rows lie in the scrollback."""

    def __init__(self, rows: Sequence[str], *, above: int = 0, dropped: int = 0) -> None:
        self._rows = [row.removesuffix("\\") for row in rows]
        self._wrapped = [row.endswith("\\") for row in rows]
        self.scrollback = above
        self.pushed = above + dropped
        self.lines = len(rows) - above

    def row_text(self, row: int) -> str:
        return self._rows[row + self.scrollback]

    def wrapped(self, row: int) -> bool:
        return self._wrapped[row + self.scrollback]


TEXT = Lines(["first line", "a long wr\\", "apped one", "日本 wide", "see https://example.com/x, ok", ""], above=2)


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        ((0, 0), (0, 4), "first"),
        ((0, 4), (0, 0), "first"),
        ((0, 6), (1, 5), "line\na long"),
        ((1, 2), (2, 4), "long wrapped"),
        ((0, 0), (5, 9), "first line\na long wrapped one\n日本 wide\nsee https://example.com/x, ok"),
        ((3, 2), (3, 3), "本"),
        ((3, 1), (3, 4), "本 "),
        ((9, 0), (12, 3), ""),
    ],
)
def test_a_selection_is_copied_as_written(first: tuple[int, int], last: tuple[int, int], text: str) -> None:
    assert selected_text(TEXT, Place(*first), Place(*last), 40) == text.rstrip("\n").rstrip(" ")


def test_cells_of_wide_and_combining_characters() -> None:
    assert slice_cells("日本x", 0, 2) == "日"
    assert slice_cells("日本x", 1, 5) == "本x"
    assert slice_cells("e\u0301x", 0, 1) == "e"


def test_words_are_paths_and_addresses() -> None:
    assert word_at(TEXT, Place(4, 9)) == (Place(4, 4), Place(4, 24))
    assert word_at(TEXT, Place(4, 3)) == (Place(4, 3), Place(4, 3))
    assert word_at(TEXT, Place(3, 1)) == (Place(3, 0), Place(3, 3))
    assert word_at(TEXT, Place(5, 7)) == (Place(5, 7), Place(5, 7))


def test_a_line_is_all_it_is_wrapped_over() -> None:
    assert line_at(TEXT, 2, 40) == (Place(1, 0), Place(2, 39))
    assert line_at(TEXT, 0, 40) == (Place(0, 0), Place(0, 39))


@pytest.mark.parametrize(
    ("query", "start", "older", "found"),
    [
        ("line", (6, 0), True, [(0, 6, 10)]),
        ("LINE", (6, 0), True, []),
        ("wrapped", (6, 0), True, [(1, 7, 9), (2, 0, 5)]),
        ("wide", (6, 0), True, [(3, 5, 9)]),
        ("本", (6, 0), True, [(3, 2, 4)]),
        ("e", (6, 0), True, [(4, 18, 19)]),
        ("e", (4, 18), True, [(4, 12, 13)]),
        ("i", (0, 0), False, [(0, 1, 2)]),
        ("i", (0, 1), False, [(0, 7, 8)]),
        ("nothing", (6, 0), True, []),
        ("", (6, 0), True, []),
    ],
)
def test_search(query: str, start: tuple[int, int], older: bool, found: list[tuple[int, int, int]]) -> None:
    assert list(find(TEXT, query, Place(*start), older=older)) == [Piece(*one) for one in found]


def test_places_count_from_the_first_line_ever_written() -> None:
    lines = Lines(["kept one", "kept two", "screen"], above=2, dropped=1000)
    assert find(lines, "one", Place(2000, 0)) == (Piece(1000, 5, 8),)
    assert selected_text(lines, Place(1001, 0), Place(1002, 9), 40) == "kept two\nscreen"
    assert selected_text(lines, Place(5, 0), Place(1000, 3), 40) == "kept"


def test_a_search_reads_ten_thousand_lines_once() -> None:
    lines = Lines([f"line {number}" for number in range(10_000)], above=9_976)
    assert find(lines, "line 12 ", Place(10_000, 0)) == ()
    assert find(lines, "line 12", Place(10_000, 0))[0].line == 1299
