"""What programs send to terminals, made from fixed seeds: six kinds of about `size` bytes for 80 by 24 cells."""

import random
from collections.abc import Callable, Mapping
from typing import Final

COLUMNS: Final = 80
LINES: Final = 24


def _until(size: int, part: Callable[[int], str]) -> bytes:
    parts: list[bytes] = []
    total = number = 0
    while total < size:
        parts.append(part(number).encode())
        total += len(parts[-1])
        number += 1
    return b"".join(parts)


def dense_cells(size: int) -> bytes:
    """Every cell with colours and attributes of its own."""
    rng = random.Random(1)

    def frame(_: int) -> str:
        cells = ["\x1b[H"]
        for at in range(COLUMNS * LINES):
            red, green, blue = rng.randrange(256), rng.randrange(256), rng.randrange(256)
            letter = chr(65 + at % 26)
            cells.append(f"\x1b[38;2;{red};{green};{blue};48;2;{blue};{red};{green};1;3;4m{letter}")
        return "".join(cells)

    return _until(size, frame)


def light_cells(size: int) -> bytes:
    """The whole screen painted again with plain text."""
    return _until(size, lambda number: "\x1b[H" + chr(65 + number % 26) * (COLUMNS * LINES))


def scrolling(size: int) -> bytes:
    """Plain lines of a log."""
    rng, words = (
        random.Random(2),
        [
            "error",
            "build",
            "test",
            "module",
            "compile",
            "warning",
            "src",
            "lib",
            "main",
            "index",
            "token",
            "42",
            "0x7f",
            "ok",
        ],
    )
    return _until(size, lambda _: " ".join(rng.choices(words, k=rng.randrange(3, 14))) + "\r\n")


def unicode_wide(size: int) -> bytes:
    """Wide, narrow, combining and joined characters."""
    rng = random.Random(3)
    pool = [chr(code) for code in (*range(0x4E00, 0x4E80), *range(0xAC00, 0xAC60), *range(0x410, 0x450))]
    pool += [*"abcdefghij " * 8, "e\u0301", "o\u0308", "😀", "🚀", "❤\ufe0f", "👩\u200d💻", "👍🏽", "─", "█", "✓"]
    return _until(size, lambda _: "".join(rng.choices(pool, k=rng.randrange(10, 60))) + "\r\n")


def cursor_motion(size: int) -> bytes:
    """One character after each move of the cursor."""
    rng, cells = random.Random(4), [(y, x) for y in range(1, LINES + 1) for x in range(1, COLUMNS + 1)]

    def walk(number: int) -> str:
        rng.shuffle(cells)
        return "".join(f"\x1b[{y};{x}H{chr(97 + number % 26)}" for y, x in cells)

    return _until(size, walk)


def agent_tui(size: int) -> bytes:
    """Coloured lines, a spinner that is written over, a status bar in the last row, whole frames."""
    rng = random.Random(5)

    def frame(number: int) -> str:
        lines = [
            f"\x1b[{rng.choice((31, 32, 33, 36, 90))}m[{number:05d}]\x1b[0m \x1b[1mstep\x1b[22m "
            f"\x1b[38;5;{rng.randrange(256)}mpackages/core/src/file{rng.randrange(999)}.py\x1b[39m ok\r\n"
            for _ in range(rng.randrange(1, 5))
        ]
        spinner = f"\r\x1b[K{'|/-'[number % 3]} working... {number % 100}%"
        status = f"\x1b7\x1b[{LINES};1H\x1b[7m cost $0.{number:05d} \x1b[0m\x1b8"
        return "\x1b[?2026h" + "".join(lines) + spinner + status + "\x1b[?2026l"

    return _until(size, frame)


WORKLOADS: Final[Mapping[str, Callable[[int], bytes]]] = {
    made.__name__: made for made in (dense_cells, light_cells, scrolling, unicode_wide, cursor_motion, agent_tui)
}
