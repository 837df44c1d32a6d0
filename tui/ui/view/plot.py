"""Bars as rows of characters: columns over time, and lines of different length. No toolkit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tui.core.money import usd_short
from tui.ui.glyphs import Glyphs
from tui.ui.view.format import Line, Span, Tone, cells, clip, ellipsis

_AXIS: Final = 8
"""Cells left of the columns, for the amounts."""
_STEPS: Final = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what stands under it, its value in pico-dollars, whether something in it has no price."""

    label: str
    value: int
    unpriced: bool = False


def nice_ceiling(value: int) -> int:
    """The smallest 1, 2 or 5 times a power of ten that is not less than `value`."""
    power = 1
    while power * 10 <= value:
        power *= 10
    return next((step * power for step in (*_STEPS, 10) if step * power >= value), 10 * power)


def columns(data: Sequence[Column], width: int, height: int, glyphs: Glyphs) -> list[Line]:
    """Return columns with an axis of amounts and labels below, in at most `width` by `height` cells.

    The newest columns win when not all of them fit. A value above nothing always shows.
    """
    plot_height = max(height - 2 - height % 2, 1)
    room = max(width - _AXIS - 1, 1)
    each = max(min(room // max(len(data), 1), 6), 2)
    shown = data[-max(room // each, 1) :]
    top = nice_ceiling(max((one.value for one in shown), default=0))
    lines = [_plot_row(shown, row, plot_height, each, top, glyphs) for row in range(plot_height - 1, -1, -1)]
    corner = "+" if glyphs.ascii else "└"
    lines.append(((" " * _AXIS, Tone.PLAIN), (corner + glyphs.horizontal * (each * len(shown)), Tone.FRAME)))
    lines.append((((" " * (_AXIS + 1)) + _labels(shown, each), Tone.MUTED),))
    return lines


def _plot_row(shown: Sequence[Column], row: int, height: int, each: int, top: int, glyphs: Glyphs) -> Line:
    amount = ""
    if row == height - 1:
        amount = usd_short(top)
    elif height >= 6 and row == height // 2 - 1:
        amount = usd_short(top // 2)
    spans: list[Span] = [(f"{clip(amount, _AXIS - 1):>{_AXIS - 1}} ", Tone.MUTED), (glyphs.vertical, Tone.FRAME)]
    for number, column in enumerate(shown):
        filled = _cell(column.value, row, height, top, glyphs)
        mark = "?" if row == 0 and filled == " " and column.unpriced else filled
        newest = number == len(shown) - 1
        tone = Tone.WARN if mark == "?" else Tone.STRONG if newest else Tone.ACCENT
        spans += [(mark * (each - 1), tone), (" ", Tone.PLAIN)]
    return tuple(spans)


def _cell(value: int, row: int, height: int, top: int, glyphs: Glyphs) -> str:
    """The character of a column in a row, counted from the bottom; eighths of a cell where they can be drawn."""
    parts = 2 if glyphs.ascii else len(glyphs.levels)
    units = value * height * parts // top if top else 0
    units = max(units, 1) if value > 0 else 0
    over = units - row * parts
    if over <= 0:
        return " "
    if over >= parts:
        return glyphs.levels[-1]
    return "." if glyphs.ascii else glyphs.levels[over - 1]


def _labels(shown: Sequence[Column], each: int) -> str:
    """Labels under their columns, as many as do not touch; the last one always, at the right end."""
    row = [" "] * (each * len(shown))
    last = shown[-1].label if shown else ""
    end = len(row) - len(last)
    apart = max(1, -(-(max((len(one.label) for one in shown), default=0) + 2) // each))
    for number in range(0, len(shown), apart):
        start, label = number * each, shown[number].label
        if start + len(label) + 1 <= end:
            row[start : start + len(label)] = label
    if end >= 0:
        row[end:] = last
    return "".join(row)


def bars(data: Sequence[tuple[str, int, str]], width: int, glyphs: Glyphs) -> list[Line]:
    """Return a line for each (name, value, note): the name, a bar as long as its share of the largest, the note."""
    name_width = min(max((cells(name) for name, _, _ in data), default=0), max(width // 3, 8))
    note_width = max((cells(note) for _, _, note in data), default=0)
    room = max(width - name_width - note_width - 4, 0)
    most = max((value for _, value, _ in data), default=0)
    lines: list[Line] = []
    for name, value, note in data:
        shown = clip(name, name_width, ellipsis(glyphs))
        length = max(value * room // most, 1) if value > 0 and most and room else 0
        lines.append(
            (
                (f" {shown}{' ' * (name_width - cells(shown))} ", Tone.PLAIN),
                (glyphs.bar_spent * length, Tone.ACCENT),
                (" " * (room - length + 1), Tone.PLAIN),
                (" " * (note_width - cells(note)) + note, Tone.MUTED),
            )
        )
    return lines
