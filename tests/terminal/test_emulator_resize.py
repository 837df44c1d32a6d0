"""Another size of the screen: wrapped lines wrap anew, the alternate screen is cut, the cursor stays with its text."""

import pytest

from tui.core.terminal import CellStyle
from tui.terminal.emulator import Emulator


def fed(data: str, columns: int = 10, lines: int = 4) -> Emulator:
    emulator = Emulator(columns, lines)
    emulator.feed(data.encode())
    return emulator


def rows(emulator: Emulator) -> list[str]:
    return [emulator.row_text(y) for y in range(-emulator.scrollback, emulator.lines)]


LONG = "abcdefghijklmnopqrstuvwxyz"


@pytest.mark.parametrize(
    ("data", "size", "history", "screen", "cursor"),
    [
        pytest.param(LONG, (6, 5), [], ["abcdef", "ghijkl", "mnopqr", "stuvwx", "yz"], (2, 4), id="narrower"),
        pytest.param(LONG, (6, 4), ["abcdef"], ["ghijkl", "mnopqr", "stuvwx", "yz"], (2, 3), id="narrower-and-full"),
        pytest.param(LONG, (20, 4), [], ["abcdefghijklmnopqrst", "uvwxyz", "", ""], (6, 1), id="wider"),
        pytest.param("1\r\n2\r\n3\r\n4\r\n5", (10, 2), ["1", "2", "3"], ["4", "5"], (1, 1), id="lower"),
        pytest.param("1\r\n2\r\n3\r\n4\r\n5", (10, 6), [], ["1", "2", "3", "4", "5", ""], (1, 4), id="higher"),
        pytest.param("1\r\n2", (10, 2), [], ["1", "2"], (1, 1), id="lower-without-blank-rows"),
        pytest.param(
            "1\r\n2\r\n3\r\n4\x1b[2;1H", (10, 2), [], ["1", "2"], (0, 1), id="lower-than-what-is-below-the-cursor"
        ),
        pytest.param(
            "1\r\n2\r\n3\r\n4\r\n5\x1b[H\x1b[2Jx", (10, 6), ["1"], ["x", "", "", "", "", ""], (1, 0), id="cleared"
        ),
        pytest.param("你好你好你好", (5, 4), [], ["你好", "你好", "你好", ""], (4, 2), id="wide-characters"),
        pytest.param("a" * 10 + "\r\nb", (20, 4), [], ["a" * 10, "b", "", ""], (1, 1), id="full-but-not-wrapped"),
        pytest.param("ab  " + " " * 8 + "cd", (14, 4), [], ["ab" + " " * 10 + "cd", "", "", ""], (14, 0), id="blanks"),
        pytest.param("ab\x1b[1;9H", (5, 4), [], ["ab", "", "", ""], (5, 0), id="cursor-behind-the-text"),
    ],
)
def test_reflow(
    data: str, size: tuple[int, int], history: list[str], screen: list[str], cursor: tuple[int, int]
) -> None:
    emulator = fed(data)
    emulator.resize(columns=size[0], lines=size[1])
    assert rows(emulator) == history + screen
    assert (emulator.cursor.x, emulator.cursor.y) == cursor


def test_reflow_of_the_scrollback_and_of_a_line_that_begins_there() -> None:
    emulator = fed("short\r\n" + LONG + "\r\n" + "x" * 38)
    assert emulator.scrollback == 4
    emulator.resize(columns=26, lines=4)
    assert rows(emulator) == ["short", LONG, "x" * 26, "x" * 12]
    emulator.resize(columns=10, lines=4)
    assert rows(emulator)[:4] == ["short", "abcdefghij", "klmnopqrst", "uvwxyz"]
    assert "".join(rows(emulator)[4:]) == "x" * 38


def test_looks_survive() -> None:
    emulator = fed("\x1b[31mred\x1b[42m" + "g" * 12)
    emulator.resize(columns=4, lines=6)
    assert [[(run.text, run.style) for run in emulator.row(y)] for y in range(2)] == [
        [("red", CellStyle(fg=1)), ("g", CellStyle(fg=1, bg=2))],
        [("gggg", CellStyle(fg=1, bg=2))],
    ]


def test_rows_that_stay_as_they_are_keep_their_serials() -> None:
    emulator = fed("one\r\ntwo\r\n" + LONG)
    before = [emulator.serial(row) for row in range(-1, 1)]
    emulator.resize(columns=7, lines=4)
    assert [rows(emulator).index(text) for text in ("one", "two")] == [0, 1]
    assert [emulator.serial(row - emulator.scrollback) for row in (0, 1)] == before


def test_the_alternate_screen_is_cut_and_the_main_one_reflows_behind_it() -> None:
    emulator = fed(LONG + "\x1b[?1049h\x1b[Halternate!\x1b[4;10Hx")
    emulator.resize(columns=5, lines=6)
    assert rows(emulator)[-6:] == ["alter", "", "", "", "", ""]
    emulator.feed(b"\x1b[?1049l!")
    assert rows(emulator) == ["abcde", "fghij", "klmno", "pqrst", "uvwxy", "z!"]


def test_margins_and_tabs_follow_the_size() -> None:
    emulator = fed("\x1b[2;3r")
    emulator.resize(columns=30, lines=6)
    emulator.feed(b"\x1b[6;1H\r\nx\x1b[1;1H\t\t\ty")
    assert rows(emulator)[-1] == "x"
    assert emulator.row_text(-emulator.scrollback) == "" or emulator.scrollback == 1
    assert emulator.row_text(0) == " " * 24 + "y"


def test_the_same_size_changes_nothing() -> None:
    emulator = fed(LONG)
    emulator.take_dirty()
    emulator.resize(columns=10, lines=4)
    assert emulator.take_dirty() == (False, frozenset())


def test_growing_back_gives_what_was_there() -> None:
    emulator = fed("".join(f"row {number}\r\n" for number in range(30)) + "$ ")
    before = rows(emulator)
    for columns, lines in ((4, 3), (10, 4), (3, 9), (10, 4)):
        emulator.resize(columns=columns, lines=lines)
    assert rows(emulator) == before
