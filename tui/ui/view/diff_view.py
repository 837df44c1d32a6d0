"""A unified diff as rows for the screen: below each other, or old and new side by side where there is room."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Final

from tui.ui.glyphs import Glyphs
from tui.ui.view.format import Line, Tone, cells
from tui.ui.view.reveal import reveal_line, wrap_line

SIDE_BY_SIDE_FROM: Final = 112
"""Cells from which on old and new stand side by side, where there is both."""
_HUNK: Final = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@(.*)$")
_TONES: Final = {" ": Tone.MUTED, "-": Tone.BAD, "+": Tone.OK, "@": Tone.ACCENT, "": Tone.MUTED}


@dataclass(frozen=True, slots=True)
class DiffRow:
    """A line of a diff. `sign` is a blank, ``-``, ``+``, ``@`` for the head of a hunk, or empty for a remark."""

    sign: str
    text: str
    old: int = 0
    new: int = 0


def parse_diff(text: str) -> list[DiffRow]:
    """Return the rows of a unified diff of one file. Lines outside of hunks are remarks, the file's names excepted."""
    rows: list[DiffRow] = []
    old = new = old_left = new_left = 0
    for line in text.split("\n"):
        head = _HUNK.match(line) if old_left <= 0 and new_left <= 0 else None
        if head:
            old, new = int(head[1]), int(head[3])
            old_left, new_left = int(head[2] or 1), int(head[4] or 1)
            rows.append(DiffRow("@", head[5].strip(), old, new))
        elif old_left <= 0 and new_left <= 0:
            if line and not line.startswith(("--- ", "+++ ")):
                rows.append(DiffRow("", line.removeprefix("\\ ")))
        elif line.startswith("\\"):
            rows.append(DiffRow("", line.removeprefix("\\ ")))
        else:
            sign = line[:1] if line[:1] in ("-", "+") else " "
            rows.append(DiffRow(sign, line[1:], old if sign != "+" else 0, new if sign != "-" else 0))
            if sign != "+":
                old, old_left = old + 1, old_left - 1
            if sign != "-":
                new, new_left = new + 1, new_left - 1
    return rows


def diff_lines(text: str, width: int, glyphs: Glyphs, context: int | None = None) -> list[Line]:
    """Return a diff laid out on `width` cells.

    Nothing of it is left out, except what does not change farther than `context` lines from what does.
    """
    rows = parse_diff(text)
    if context is not None:
        rows = _near_changes(rows, context)
    digits = len(str(max((max(row.old, row.new) for row in rows), default=0)))
    if width >= SIDE_BY_SIDE_FROM and {"-", "+"} <= {row.sign for row in rows}:
        return _side_by_side(rows, width, digits, glyphs)
    return [line for row in rows for line in _cell(row, max(row.old, row.new), width, digits, glyphs)]


def _near_changes(rows: Sequence[DiffRow], context: int) -> list[DiffRow]:
    changes = {place for place, row in enumerate(rows) if row.sign in ("-", "+")}
    near = {place + step for place in changes for step in range(-context, context + 1)}
    kept = [row for place, row in enumerate(rows) if row.sign != " " or place in near]
    return [
        replace(row, old=after.old, new=after.new) if row.sign == "@" and after.sign in (" ", "-", "+") else row
        for row, after in zip_longest(kept, kept[1:], fillvalue=DiffRow("", ""))
    ]


def _cell(row: DiffRow, number: int, width: int, digits: int, glyphs: Glyphs) -> list[Line]:
    tone = _TONES[row.sign]
    if row.sign == "@":
        return wrap_line(
            ((f"{glyphs.horizontal * 2} line {row.new or row.old} ", Tone.MUTED), (row.text, Tone.MUTED)), width
        )
    if not row.sign:
        return wrap_line(reveal_line(f"({row.text})", tone), width)
    head = f"{number or '':>{digits}} "
    tab = ">   " if glyphs.ascii else "→   "
    line = ((head, Tone.MUTED), (f"{row.sign} ", tone), *reveal_line(row.text, tone, tab=tab))
    return wrap_line(line, width, indent=cells(head) + 2)


def _side_by_side(rows: Sequence[DiffRow], width: int, digits: int, glyphs: Glyphs) -> list[Line]:
    half = (width - 3) // 2
    lines: list[Line] = []
    gone: list[DiffRow] = []
    come: list[DiffRow] = []

    def flush() -> None:
        for before, after in zip_longest(gone, come):
            lines.extend(_pair(before, after, half, digits, glyphs))
        gone.clear()
        come.clear()

    for row in rows:
        if row.sign == "-":
            if come:
                flush()
            gone.append(row)
        elif row.sign == "+":
            come.append(row)
        else:
            flush()
            if row.sign == " ":
                lines += _pair(row, row, half, digits, glyphs)
            else:
                lines += _cell(row, 0, width, digits, glyphs)
    flush()
    return lines


def _pair(before: DiffRow | None, after: DiffRow | None, half: int, digits: int, glyphs: Glyphs) -> list[Line]:
    left = _cell(before, before.old, half, digits, glyphs) if before else []
    right = _cell(after, after.new, half, digits, glyphs) if after else []
    found: list[Line] = []
    for one, other in zip_longest(left, right, fillvalue=()):
        gap = " " * (half - sum(cells(text) for text, _ in one))
        found.append((*one, (f"{gap} {glyphs.vertical} ", Tone.MUTED), *other))
    return found
