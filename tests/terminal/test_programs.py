"""What real programs wrote, byte for byte, against the screens that tmux shows for it."""

import json
from pathlib import Path

import pytest

from tui.terminal.emulator import Emulator

RECORDINGS = sorted(path for path in (Path(__file__).parent / "recordings").glob("*.bin"))


def expected(path: Path) -> list[tuple[str, int, list[str]]]:
    snapshots = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    return [(snapshot["name"], snapshot["offset"], snapshot["rows"]) for snapshot in snapshots]


def shown(emulator: Emulator) -> list[str]:
    rows = [emulator.row_text(y).rstrip() for y in range(emulator.lines)]
    while rows and not rows[-1]:
        rows.pop()
    return rows


def test_there_are_programs_to_compare() -> None:
    assert len(RECORDINGS) == 26
    assert sum(len(expected(path)) for path in RECORDINGS) >= 95


@pytest.mark.parametrize("size", [4096, 61])
@pytest.mark.parametrize("path", RECORDINGS, ids=[path.stem for path in RECORDINGS])
def test_program(path: Path, size: int) -> None:
    data, at, emulator = path.read_bytes(), 0, Emulator(80, 24)
    for name, offset, rows in expected(path):
        while at < offset:
            end = min(at + size, offset)
            emulator.feed(data[at:end])
            at = end
        assert shown(emulator) == rows, f"{path.stem} at {name}"


@pytest.mark.parametrize("path", RECORDINGS, ids=[path.stem for path in RECORDINGS])
def test_program_while_the_screen_changes_its_size(path: Path) -> None:
    data, emulator = path.read_bytes(), Emulator(80, 24)
    sizes = [(24, 100), (10, 40), (40, 132), (2, 3), (24, 80)]
    step = len(data) // len(sizes) + 1
    for turn, (lines, columns) in enumerate(sizes):
        emulator.feed(data[turn * step : (turn + 1) * step])
        emulator.resize(lines, columns)
        assert len(emulator.display) == lines
        assert all(sum(run.cells for run in emulator.row(y)) <= columns for y in range(-emulator.scrollback, lines))
        assert 0 <= emulator.cursor.x <= columns
        assert 0 <= emulator.cursor.y < lines
