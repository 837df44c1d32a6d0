"""Tables fitted to the width of a pane."""

from collections.abc import Sequence
from dataclasses import field

from tui.core.record import Mutable, mutable
from tui.ui.render.cells import width_of, wrap
from tui.ui.render.palette import Glyphs, Palette
from tui.ui.render.rows import Run, slice_runs

_MIN_COLUMN = 4
_SEPARATOR_CELLS = 3


@mutable
class Table(Mutable):
    """Cells as runs; the first row is the header."""

    rows: list[list[list[Run]]] = field(default_factory=list)
    alignments: list[str] = field(default_factory=list)


def _natural(cell: Sequence[Run]) -> int:
    return max((width_of(line) for line in "".join(text for text, _ in cell).split("\n")), default=0)


def column_widths(natural: Sequence[int], available: int) -> list[int]:
    """Share `available` cells among columns: small ones get what they need, the others an equal part of the rest."""
    widths = [0] * len(natural)
    left, rest = available, sorted(range(len(natural)), key=lambda column: natural[column])
    while rest:
        column = rest.pop(0)
        widths[column] = max(1, min(natural[column], left // (len(rest) + 1)))
        left -= widths[column]
    return widths


def table_lines(table: Table, width: int, palette: Palette, glyphs: Glyphs) -> list[list[Run]]:
    """Return the rows of a table as runs, none wider than `width` cells (where columns can be that narrow)."""
    columns = max((len(row) for row in table.rows), default=0)
    if not columns:
        return []
    rows = [row + [[] for _ in range(columns - len(row))] for row in table.rows]
    natural = [max(1, *(_natural(row[column]) for row in rows)) for column in range(columns)]
    available = width - _SEPARATOR_CELLS * (columns - 1)
    if available < _MIN_COLUMN * columns and available < sum(natural):
        return _records(rows, width, palette, glyphs)
    widths = column_widths(natural, available)
    frame = palette["frame"]
    lines: list[list[Run]] = []
    for number, row in enumerate(rows):
        lines.extend(_row_lines(row, widths, table.alignments, palette, glyphs))
        if number == 0:
            cross = f"{glyphs.rule}{glyphs.cross}{glyphs.rule}"
            lines.append([(cross.join(glyphs.rule * cells for cells in widths), frame)])
    return lines


def _wrapped(cell: Sequence[Run], width: int) -> list[list[Run]]:
    text = "".join(part for part, _ in cell).replace("\n", " ")
    flat = [(part.replace("\n", " "), style) for part, style in cell]
    return slice_runs(flat, wrap(text, width))


def _row_lines(
    row: Sequence[Sequence[Run]], widths: Sequence[int], alignments: Sequence[str], palette: Palette, glyphs: Glyphs
) -> list[list[Run]]:
    cells = [_wrapped(cell, width) for cell, width in zip(row, widths, strict=True)]
    lines: list[list[Run]] = []
    for number in range(max(len(cell) for cell in cells)):
        line: list[Run] = []
        for column, cell in enumerate(cells):
            if column:
                line.append((f" {glyphs.bar} ", palette["frame"]))
            runs = cell[number] if number < len(cell) else []
            line.extend(_aligned(runs, widths[column], alignments[column] if column < len(alignments) else "", palette))
        lines.append(_without_blank_end(line))
    return lines


def _aligned(runs: Sequence[Run], width: int, alignment: str, palette: Palette) -> list[Run]:
    space = max(0, width - sum(width_of(text) for text, _ in runs))
    before = space if alignment == "right" else space // 2 if alignment == "center" else 0
    return [(" " * before, palette.base), *runs, (" " * (space - before), palette.base)]


def _without_blank_end(line: list[Run]) -> list[Run]:
    while line and not line[-1][0].strip(" "):
        line.pop()
    return line


def _records(rows: Sequence[Sequence[Sequence[Run]]], width: int, palette: Palette, glyphs: Glyphs) -> list[list[Run]]:
    """A table with too many columns for the width: every row becomes a list of "header: cell" lines."""
    header, *records = rows
    lines: list[list[Run]] = []
    for number, record in enumerate(records or [header]):
        if number:
            lines.append([(glyphs.rule * min(width, 8), palette["frame"])])
        for name, cell in zip(header, record, strict=True):
            lines.extend(_wrapped([*name, (": ", palette["table-head"]), *cell], width))
    return lines
