"""Selecting and copying text of a pane.

A selection is kept in places of the document, not of the screen: the row number Textual carries is
``block * STRIDE + row inside the block``, so it stays where it is while text streams in and the window moves.

What is copied is the text as shown, with soft line wraps undone and without bars and frames. A selection of
everything, or over more than MAX_SHOWN_BLOCKS blocks, gives the Markdown source of the blocks inside it instead.
"""

from collections.abc import Iterator
from typing import Final

from rich.style import Style
from textual.geometry import Offset
from textual.selection import Selection

from tui.ui.render.rows import Row, Run, make_row, slice_runs
from tui.ui.widgets.stream_layout import StreamLayout

STRIDE: Final = 1 << 24
MAX_SHOWN_BLOCKS: Final = 200


def offset_row(block: int, row: int) -> int:
    """Return the row number Textual carries for a place."""
    return block * STRIDE + row


def selected_text(layout: StreamLayout, selection: Selection) -> str:
    """Return what a copy of `selection` puts on the clipboard."""
    start, end = selection
    if start is None and end is None:
        return layout.document.text()
    first = divmod(start.y, STRIDE) if start else (0, 0)
    last = divmod(end.y, STRIDE) if end else (len(layout.heights), STRIDE - 1)
    parts: list[str] = []
    if last[0] - first[0] <= MAX_SHOWN_BLOCKS:
        _append_shown(parts, layout.rows_from(*first), selection, last)
        return "".join(parts)
    _append_shown(parts, layout.rows_from(*first), selection, (first[0], STRIDE))
    parts.append("\n")
    parts.extend(block.source for block in layout.document.blocks[first[0] + 1 : last[0]])
    _append_shown(parts, layout.rows_from(last[0], 0), selection, last)
    return "".join(parts)


def _append_shown(
    parts: list[str], rows: Iterator[tuple[int, int, Row]], selection: Selection, last: tuple[int, int]
) -> None:
    begun = False
    for block, inside, row in rows:
        if (block, inside) > last:
            break
        span = selection.get_span(offset_row(block, inside))
        if span is None or row.lead < 0:
            continue
        text = "".join(segment.text for segment in row.body)
        start, end = span
        shown = text[max(row.lead, start) : len(text) if end == -1 else max(end, row.lead)]
        if begun:
            parts.append("\n" if row.joint is None else row.joint)
        begun = True
        parts.append(shown.rstrip() if row.joint is None else shown)


def highlighted(row: Row, span: tuple[int, int], style: Style, width: int) -> Row:
    """Return the row with the selected characters of its text in the selection's style."""
    runs: list[Run] = [(segment.text, segment.style or row.base) for segment in row.body]
    length = sum(len(text) for text, _ in runs)
    start = min(length, max(row.lead, 0, span[0]))
    end = length if span[1] == -1 else min(length, max(start, span[1]))
    if row.lead < 0 or end <= start:
        return row
    before, selected, after = slice_runs(runs, [(0, start), (start, end), (end, length)])
    text = "".join(part for part, _ in selected)
    return make_row([*before, (text, row.base + style), *after], width, row.base, lead=row.lead, joint=row.joint)


def with_offsets(row: Row, block: int, inside: int) -> Row:
    """Return a copy of the row whose segments carry their place, as Textual's selection asks for."""
    runs: list[Run] = []
    at = 0
    for segment in row.body:
        place = Style.from_meta({"offset": (at, offset_row(block, inside))})
        runs.append((segment.text, (segment.style or row.base) + place))
        at += len(segment.text)
    place = Style.from_meta({"offset": (at, offset_row(block, inside))})
    blank = row.cell_length - 1 - row.body_cells
    runs.append((" " * blank, row.base + place))
    return make_row(runs, row.cell_length - 1, row.base)


def block_selection(layout: StreamLayout, block: int) -> Selection:
    """Return the selection of one whole block."""
    rows = layout.measure(block) if block < len(layout.heights) else layout.viewport.tail
    return Selection(Offset(0, offset_row(block, 0)), Offset(1 << 20, offset_row(block, max(0, rows - 1))))
