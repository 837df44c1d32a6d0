"""Rows of a terminal as strips: cells in, painted characters out, and what lies over them."""

from collections.abc import Iterable, Sequence

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.core.terminal import Run
from tui.ui.render.rows import Row
from tui.ui.widgets.terminal_look import Look


def paint_row(runs: Sequence[Run], width: int, look: Look) -> Row:
    """Return a row of exactly `width` cells."""
    segments: list[Segment] = []
    used = 0
    for run in runs:
        if used >= width:
            break
        cells = min(run.cells, width - used)
        segments.append(Segment(fitted(run, cells), look.style(run.style)))
        used += cells
    return Row(segments, used, width, look.base)


def fitted(run: Run, cells: int) -> str:
    """Return the text of a run in exactly `cells` cells, also where the screen measures characters differently."""
    if run.style.hidden:
        return " " * cells
    text = run.text
    if text.isascii():
        return text[:cells] if len(text) > cells else text.ljust(cells)
    return text if cell_len(text) == cells else set_cell_size(text, cells)


def overlay(strip: Strip, start: int, end: int, style: Style) -> Strip:
    """Return the strip with `style` over the cells from `start` to `end`."""
    width = strip.cell_length
    start, end = max(start, 0), min(end, width)
    if start >= end:
        return strip
    before, inside, after = _cut(strip, start, end)
    painted = [Segment(one.text, (one.style or Style.null()) + style) for one in inside]
    return Row([*before, *painted, *after], width, width, style)


def put(strip: Strip, column: int, text: str, style: Style) -> Strip:
    """Return the strip with a character of one cell in place of what is at `column`."""
    before, _, after = _cut(strip, column, column + 1)
    return Row([*before, Segment(text, style), *after], strip.cell_length, strip.cell_length, style)


def _cut(strip: Strip, start: int, end: int) -> tuple[Iterable[Segment], Iterable[Segment], Iterable[Segment]]:
    return strip.crop(0, start), strip.crop(start, end), strip.crop(end, strip.cell_length)


def characters_at(runs: Sequence[Run], column: int) -> tuple[str, Run | None]:
    """Return the character at a cell, an empty text on blank ones, and the run it belongs to."""
    used = 0
    for run in runs:
        if used <= column < used + run.cells:
            place = used
            for character in run.text:
                size = cell_len(character)
                if place <= column < place + max(size, 1) and size:
                    return character, run
                place += size
            return "", run
        used += run.cells
    return "", None
