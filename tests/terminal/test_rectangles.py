"""Rectangles of cells, moving columns at the margins: bytes, and the screen they make."""

import pytest

from tests.terminal.test_hostile import check
from tui.terminal.emulator import Emulator

SQUARE = "\x1b[Habcdef\r\nghijkl\r\nmnopqr\r\nstuvwx"
WIDE = "\x1b[H你好啊\r\n你好啊\r\n你好啊\r\n你好啊"

MARGINS = "\x1b[?69h\x1b[2;4s\x1b[2;3r"


def rows(data: str, columns: int = 6, lines: int = 4) -> list[str]:
    whole, single = Emulator(columns, lines), Emulator(columns, lines)
    whole.feed(data.encode())
    for byte in data.encode():
        single.feed(bytes([byte]))
    check(whole)
    shown = [whole.row_text(y) for y in range(lines)]
    assert shown == [single.row_text(y) for y in range(lines)]
    assert whole.scrollback == 0
    return shown


@pytest.mark.parametrize(
    ("about", "data", "expected"),
    [
        ("fill", "\x1b[42;2;2;3;4$x", ["abcdef", "g***kl", "m***qr", "stuvwx"]),
        ("fill all", "\x1b[46$x", ["......"] * 4),
        ("fill to the end", "\x1b[46;3;5$x", ["abcdef", "ghijkl", "mnop..", "stuv.."]),
        ("fill with a control", "\x1b[7$x", ["abcdef", "ghijkl", "mnopqr", "stuvwx"]),
        ("fill with nothing", "\x1b[$x", ["abcdef", "ghijkl", "mnopqr", "stuvwx"]),
        ("fill with C1", "\x1b[155$x", ["abcdef", "ghijkl", "mnopqr", "stuvwx"]),
        ("fill with Latin", "\x1b[233;4;1;4;3$x", ["abcdef", "ghijkl", "mnopqr", "ééévwx"]),
        ("fill upside down", "\x1b[42;3;3;2;2$x", ["abcdef", "ghijkl", "mnopqr", "stuvwx"]),
        ("fill too large", "\x1b[42;2;2;99;99$x", ["abcdef", "g*****", "m*****", "s*****"]),
        ("fill far away", "\x1b[42;99;99;99;99$x", ["abcdef", "ghijkl", "mnopqr", "stuvwx"]),
        ("fill from the margins", "\x1b[2;3r\x1b[?6h\x1b[42;1;2;9;3$x", ["abcdef", "g**jkl", "m**pqr", "stuvwx"]),
        ("margins do not bind", "\x1b[2;3r\x1b[42;1;1;4;1$x", ["*bcdef", "*hijkl", "*nopqr", "*tuvwx"]),
        ("erase", "\x1b[2;2;3;4$z", ["abcdef", "g   kl", "m   qr", "stuvwx"]),
        ("erase all", "\x1b[$z", ["", "", "", ""]),
        ("erase rows", "\x1b[2;;3$z", ["abcdef", "", "", "stuvwx"]),
        ("erase selectively", "\x1b[2;2;3;4${", ["abcdef", "g   kl", "m   qr", "stuvwx"]),
        ("copy down", "\x1b[1;1;2;2;1;3;4$v", ["abcdef", "ghijkl", "mnoabr", "stughx"]),
        ("copy up", "\x1b[3;4;4;5;1;1;1$v", ["pqcdef", "vwijkl", "mnopqr", "stuvwx"]),
        ("copy over itself, down", "\x1b[1;1;3;3;1;2;2$v", ["abcdef", "gabckl", "mghiqr", "smnowx"]),
        ("copy over itself, up", "\x1b[2;2;4;4;1;1;1$v", ["hijdef", "nopjkl", "tuvpqr", "stuvwx"]),
        ("copy rows", "\x1b[1;1;2;6;1;3;1$v", ["abcdef", "ghijkl", "abcdef", "ghijkl"]),
        ("copy rows over themselves", "\x1b[2$v\x1b[2;2HX", ["ghijkl", "mXopqr", "stuvwx", "stuvwx"]),
        ("copy rows over those below", "\x1b[;;3;;;2$v\x1b[1;2HX\x1b[3;2HY", ["aXcdef", "abcdef", "gYijkl", "mnopqr"]),
        ("copy along a row", "\x1b[1;1;1;4;1;1;3$v", ["ababcd", "ghijkl", "mnopqr", "stuvwx"]),
        ("copy over the edge", "\x1b[1;1;2;2;1;4;6$v", ["abcdef", "ghijkl", "mnopqr", "stuvwa"]),
        ("copy to where it is", "\x1b[1;1;2;2;1;1;1$v", ["abcdef", "ghijkl", "mnopqr", "stuvwx"]),
        ("copy home by default", "\x1b[3;5$v", ["qrcdef", "wxijkl", "mnopqr", "stuvwx"]),
        ("columns right", "\x1b[2;1H\x1b6", [" abcde", " ghijk", " mnopq", " stuvw"]),
        ("columns left", "\x1b[2;6H\x1b9", ["bcdef", "hijkl", "nopqr", "tuvwx"]),
        ("columns between margins", f"{MARGINS}\x1b[3;4H\x1b9", ["abcdef", "gij kl", "mop qr", "stuvwx"]),
        ("columns right between margins", f"{MARGINS}\x1b[3;2H\x1b6", ["abcdef", "g hikl", "m noqr", "stuvwx"]),
        ("index moves only, inside", "\x1b[2;3H\x1b6*\x1b9*", ["abcdef", "g*i*kl", "mnopqr", "stuvwx"]),
    ],
)  # fmt: skip
def test_square(about: str, data: str, expected: list[str]) -> None:
    assert rows(SQUARE + data) == expected, about


@pytest.mark.parametrize(
    ("about", "data", "expected"),
    [
        ("fill cuts halves", "\x1b[42;2;2;3;3$x", ["你好啊", " ** 啊", " ** 啊", "你好啊"]),
        ("erase cuts halves", "\x1b[2;4;2;5$z", ["你好啊", "你", "你好啊", "你好啊"]),
        ("erase selectively cuts halves", "\x1b[2;4;2;5${", ["你好啊", "你", "你好啊", "你好啊"]),
        ("copy of halves", "\x1b[1;2;1;5;1;2;1$v", ["你好啊", " 好 啊", "你好啊", "你好啊"]),
        ("copy onto halves", "\x1b[1;1;1;2;1;2;2$v", ["你好啊", " 你 啊", "你好啊", "你好啊"]),
    ],
)
def test_wide(about: str, data: str, expected: list[str]) -> None:
    assert rows(WIDE + data) == expected, about


def test_looks() -> None:
    emulator = Emulator(6, 3)
    emulator.feed(b"\x1b[31mab\x1b[44mcd\x1b[H\x1b[4m\x1b[46;2;1;2;2$x\x1b[m\x1b[1;1;1;3${\x1b[1;1;1;4;1;3;2$v")
    assert emulator.buffer[1][0].underscore
    assert emulator.buffer[0][0].fg == "red"
    assert [emulator.buffer[0][x].data for x in range(4)] == [" ", " ", " ", "d"]
    assert emulator.buffer[0][2].bg == "blue"
    assert [emulator.buffer[2][x].bg for x in range(6)] == ["default", "default", "default", "blue", "blue", "default"]
    emulator.feed(b"\x1b[41m\x1b[3;3;3;4$z")
    assert emulator.buffer[2][2].bg == "red"
