"""Named control sequences against the screens that reference terminals show for them."""

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from tui.terminal.emulator import Emulator

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "recordings" / "sequences.json").read_text(encoding="utf-8")
)
CURSOR_DIFFERS = {"flag"}
"""Where DIFFERENCES.md explains another place of the cursor."""


def shown(emulator: Emulator) -> list[str]:
    rows = [unicodedata.normalize("NFC", emulator.row_text(y).rstrip(" ")) for y in range(emulator.lines)]
    while rows and not rows[-1]:
        rows.pop()
    return rows


def place(emulator: Emulator) -> list[int]:
    return [min(emulator.cursor.x, emulator.columns - 1), emulator.cursor.y]


def test_there_are_sequences_to_compare() -> None:
    assert len(CASES) == 98
    assert sum(case["cursor"] is not None for case in CASES) >= 80


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_sequence(case: dict[str, Any]) -> None:
    data = case["data"].encode("latin-1")
    whole = Emulator(80, 24)
    whole.feed(data)
    assert shown(whole) == case["rows"], case["about"]
    if case["cursor"] is not None and case["name"] not in CURSOR_DIFFERS:
        assert place(whole) == case["cursor"], case["about"]

    cut = Emulator(80, 24)
    for at in range(len(data)):
        cut.feed(data[at : at + 1])
    assert [cut.row(y) for y in range(24)] == [whole.row(y) for y in range(24)]
    assert place(cut) == place(whole)
    assert cut.modes == whole.modes
    assert cut.take_replies() == whole.take_replies()
    assert cut.take_events() == whole.take_events()


def test_known_differences_still_differ() -> None:
    same = []
    for case in CASES:
        if case["name"] in CURSOR_DIFFERS:
            emulator = Emulator(80, 24)
            emulator.feed(case["data"].encode("latin-1"))
            same += [case["name"]] if place(emulator) == case["cursor"] else []
    assert not same
