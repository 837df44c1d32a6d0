"""Rows for another width: lines that were wrapped are joined and wrapped anew."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from tui.terminal.rows import TIGHT, Piece, Row
from tui.terminal.scrollback import Kept, Scrollback, as_row
from tui.terminal.styles import PLAIN
from tui.terminal.widths import clusters

_BEFORE: Final = 256
"""Rows above the screen that are wrapped anew together with it, when its first line begins there."""
_AT_ONCE: Final = 128
"""Rows of one line that are wrapped anew in one step."""


class Place(NamedTuple):
    """The rows of a screen, and where its cursor is."""

    rows: list[Row]
    x: int
    y: int


def wrap(pieces: Iterable[Piece], columns: int) -> list[Row]:
    """Return rows of at most `columns` cells that hold `pieces`, at least one; all but the last are wrapped."""
    rows = [Row()]
    for text, count, style in pieces:
        for part, cells in _parts(text, count, columns, columns - rows[-1].length):
            row = rows[-1]
            if row.length + cells > columns and row.length:
                row.wrapped = True
                row = Row()
                rows.append(row)
            row.pieces.append((part, cells, style))
            row.length += cells
    return rows


def _parts(text: str, count: int, columns: int, room: int) -> Iterator[tuple[str, int]]:
    """`text` cut so that the first part fits into `room` and the others into `columns`."""
    if count <= room:
        yield text, count
    elif text.isascii():
        if room:
            yield text[:room], room
        for at in range(room, count, columns):
            yield text[at : at + columns], min(columns, count - at)
    else:
        yield from clusters(text)


def cut(row: Row, columns: int) -> Row:
    """Return `row` without what lies right of `columns`."""
    row.close()
    if row.length <= columns:
        return row
    row = wrap(row.pieces, columns)[0]
    row.wrapped = False
    return row


def _lines(rows: Iterable[Kept], width: int) -> Iterator[list[Row]]:
    """The rows that make one line each; rows that are not the last of theirs are filled up to `width`."""
    line: list[Row] = []
    for kept in rows:
        row = as_row(kept)
        line.append(row)
        if not row.wrapped:
            yield line
            line = []
            continue
        row.close()
        if row.length < width - 1 and row.wrapped != TIGHT:
            row.pieces.append((" " * (width - row.length), width - row.length, PLAIN))
            row.length = width
    if line:
        yield line


def _rewrap(line: list[Row], columns: int) -> list[Row]:
    if len(line) == 1 and not line[0].wrapped:
        line[0].close()
        if line[0].length <= columns:
            return line
    made = wrap([piece for row in line for piece in row.pieces], columns)
    made[-1].wrapped = line[-1].wrapped
    return made


def _history(rows: Iterable[Kept], width: int, columns: int) -> Iterator[Kept]:
    """Rows of a scrollback for `columns`, a few at a time however long their lines are."""
    pieces: list[Piece] = []
    count = 0
    for kept in rows:
        if not pieces and (len(kept) <= columns if isinstance(kept, str) else _stays(kept, columns)):
            yield kept
            continue
        row = as_row(kept)
        pieces += row.pieces
        count += 1
        if row.wrapped and row.length < width - 1 and row.wrapped != TIGHT:
            pieces.append((" " * (width - row.length), width - row.length, PLAIN))
        if row.wrapped and count < _AT_ONCE:
            continue
        made = wrap(pieces, columns)
        pieces, count = made.pop().pieces if row.wrapped else [], 0
        yield from made
    if pieces:
        made = wrap(pieces, columns)
        made[-1].wrapped = TIGHT
        yield from made


def _stays(row: Row, columns: int) -> bool:
    return row.length <= columns and not row.wrapped


def _used(place: Place) -> int:
    """How many rows are written on or hold the cursor."""
    used = len(place.rows)
    while used > place.y + 1 and not place.rows[used - 1].text():
        used -= 1
    return used


def reflow(place: Place, history: Scrollback, width: int, columns: int, lines: int) -> Place:
    """Return the screen for `columns` and `lines`, where it was `width` columns wide; rows go to `history` and back.

    The oldest rows of `history` may be left for its `settle`.
    """
    used = _used(place)
    free = len(place.rows) - used
    if columns != width:
        place, top = _widen(place, history, width, columns)
        used = len(place.rows)
    else:
        top = 0
    rows = place.rows[:used]
    top = max(top, place.y - lines + 1)  # what is below the cursor goes first, as programs will draw it again
    for row in rows[:top]:
        history.push(row)
    rows, y = rows[top : top + lines], place.y - top
    while len(rows) + free < lines and (back := history.pop()) is not None:
        rows.insert(0, back)
        y += 1
    rows += [Row() for _ in range(lines - len(rows))]
    return Place(rows, min(place.x, columns), max(0, min(y, lines - 1)))


def _widen(place: Place, history: Scrollback, width: int, columns: int) -> tuple[Place, int]:
    """Wrap screen and history anew; also return which of the rows is the screen's first."""
    rows = place.rows[: _used(place)]
    before: list[Row] = []
    while len(history) and len(before) < _BEFORE and isinstance(kept := history[-1], Row) and kept.wrapped:
        before.append(kept)
        history.take_back()
    before.reverse()
    history.rewrap(width, lambda rows, wrapped_for: _history(rows, wrapped_for, columns))
    rows, cursor_row = before + rows, len(before) + place.y
    made: list[Row] = []
    top, x, y, at = 0, place.x, 0, 0
    for line in _lines(rows, width):
        starts = [0]
        for row in line:
            row.close()
            starts.append(starts[-1] + row.length)
        fresh = _rewrap(line, columns)
        if at <= len(before) < at + len(line):
            top = len(made) + _find(fresh, starts[len(before) - at], columns)[1]
        if at <= cursor_row < at + len(line):
            x, y = _find(fresh, starts[cursor_row - at] + place.x, columns)
            y += len(made)
        made += fresh
        at += len(line)
    return Place(made, x, y), top


def _find(rows: list[Row], offset: int, columns: int) -> tuple[int, int]:
    """The column and row of the cell `offset` of a line; in the last row when it lies behind the end."""
    for y, row in enumerate(rows[:-1]):
        if offset < row.length:
            return offset, y
        offset -= row.length
    return min(offset, columns), len(rows) - 1


def crop(place: Place, columns: int, lines: int) -> Place:
    """Return the screen for `columns` and `lines` with what does not fit cut off, from below as far as possible."""
    rows = [cut(row, columns) for row in place.rows]
    top = max(0, place.y - lines + 1)
    rows = rows[top : top + lines]
    rows += [Row() for _ in range(lines - len(rows))]
    return Place(rows, min(place.x, columns - 1), max(0, min(place.y - top, lines - 1)))
