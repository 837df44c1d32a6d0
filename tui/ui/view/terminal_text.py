"""The text of a terminal as a person selects, copies and searches it.

A place is a line and a column. Lines count from the first the program ever wrote, so a place stays where it is while
the program writes on; columns are cells.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from tui.ui.view.format import cells

_WORD_MARKS = frozenset("_-./~:@%+?&=#")
"""Characters besides letters and digits that belong to the words people pick: paths, addresses, options."""
_FAR = 1 << 30
SEARCHED_AT_ONCE = 1_000
"""Rows searched before others get their turn; some thousandths of a second."""
_MOST_JOINED = 200
"""Rows of one wrapped line that are searched as one text."""


class Place(NamedTuple):
    """A cell of the terminal."""

    line: int
    column: int


class Piece(NamedTuple):
    """Cells of one line, from `start` up to but without `end`."""

    line: int
    start: int
    end: int


class Lines(Protocol):
    """What is read of a terminal."""

    lines: int

    @property
    def scrollback(self) -> int:
        """How many rows lie above the screen."""

    @property
    def pushed(self) -> int:
        """How many rows ever went into the scrollback."""

    def row_text(self, row: int) -> str:
        """Return the characters of a row, without trailing blanks."""

    def wrapped(self, row: int) -> bool:
        """Whether the row goes on in the next one."""


def end_line(terminal: Lines) -> int:
    """Return the line after the last one."""
    return terminal.pushed + terminal.lines


def oldest_line(terminal: Lines) -> int:
    """Return the first line that is kept."""
    return terminal.pushed - terminal.scrollback


def text_of(terminal: Lines, line: int) -> str:
    """Return the characters of a line."""
    return terminal.row_text(line - terminal.pushed)


def goes_on(terminal: Lines, line: int) -> bool:
    """Whether a line goes on in the next one."""
    return oldest_line(terminal) <= line < end_line(terminal) - 1 and terminal.wrapped(line - terminal.pushed)


def columns_of(text: str) -> Sequence[int]:
    """Return the column of every character, and the width of all as the last number."""
    if text.isascii():
        return range(len(text) + 1)
    columns = [0]
    for character in text:
        columns.append(columns[-1] + cells(character))
    return columns


def slice_cells(text: str, start: int, end: int) -> str:
    """Return the characters of the cells from `start` to `end`; a wide one belongs to where it begins."""
    if text.isascii():
        return text[start:end]
    columns = columns_of(text)
    return "".join(one for one, column in zip(text, columns, strict=False) if start <= column < end)


def ordered(one: Place, other: Place) -> tuple[Place, Place]:
    """Return two places, the earlier first."""
    return (one, other) if one <= other else (other, one)


def pieces(first: Place, last: Place, width: int) -> Iterator[Piece]:
    """Return the selected cells line by line; both places belong to the selection."""
    first, last = ordered(first, last)
    for line in range(first.line, last.line + 1):
        start = first.column if line == first.line else 0
        yield Piece(line, start, last.column + 1 if line == last.line else width)


def piece_on(line: int, first: Place, last: Place, width: int) -> Piece | None:
    """Return the selected cells of one line."""
    first, last = ordered(first, last)
    if not first.line <= line <= last.line:
        return None
    start = first.column if line == first.line else 0
    return Piece(line, start, last.column + 1 if line == last.line else width)


def selected_text(terminal: Lines, first: Place, last: Place, width: int) -> str:
    """Return what a copy gives: wrapped lines as one, no blanks at the ends of lines."""
    found: list[str] = []
    for piece in pieces(first, last, width):
        if not oldest_line(terminal) <= piece.line < end_line(terminal):
            continue
        whole = slice_cells(text_of(terminal, piece.line), piece.start, piece.end)
        joined = goes_on(terminal, piece.line)
        found.append(whole if joined else whole.rstrip() + "\n")
    return "".join(found).rstrip("\n")


def screen_text(terminal: Lines, first: int, last: int, width: int) -> str:
    """Return the text of whole lines, from `first` to `last`."""
    return selected_text(terminal, Place(first, 0), Place(last, width - 1), width)


def word_at(terminal: Lines, place: Place) -> tuple[Place, Place]:
    """Return first and last cell of the word, path or address at a place."""
    text = text_of(terminal, place.line)
    columns = columns_of(text)
    at = next((index for index in range(len(text)) if columns[index] <= place.column < columns[index + 1]), None)
    if at is None or not _in_word(text[at]):
        return place, place
    start = end = at
    while start > 0 and _in_word(text[start - 1]):
        start -= 1
    while end + 1 < len(text) and _in_word(text[end + 1]):
        end += 1
    return Place(place.line, columns[start]), Place(place.line, columns[end + 1] - 1)


def line_at(terminal: Lines, line: int, width: int) -> tuple[Place, Place]:
    """Return first and last cell of a line with all the rows it is wrapped over."""
    first = last = line
    while goes_on(terminal, first - 1):
        first -= 1
    while goes_on(terminal, last):
        last += 1
    return Place(first, 0), Place(last, width - 1)


def _in_word(character: str) -> bool:
    return character.isalnum() or character in _WORD_MARKS or bool(unicodedata.combining(character))


def find(terminal: Lines, query: str, start: Place, *, older: bool = True) -> tuple[Piece, ...]:
    """Return the cells of the nearest match before `start` (or after it), nothing when there is none.

    Upper and lower case are the same unless the query has an upper-case letter; a match may run over a wrap.
    """
    rest: Place | None = start
    while rest is not None:
        found, rest = find_some(terminal, query, rest, older=older)
        if found:
            return found
    return ()


def find_some(
    terminal: Lines, query: str, start: Place, *, older: bool = True
) -> tuple[tuple[Piece, ...], Place | None]:
    """As `find`, but through `SEARCHED_AT_ONCE` rows only; also return where to go on, None when there is nowhere."""
    if not query:
        return (), None
    left = SEARCHED_AT_ONCE
    fold = query == query.casefold()
    wanted = query.casefold() if fold else query
    for first, last in _joined(terminal, start.line, older=older):
        left -= last - first + 1
        texts = [text_of(terminal, line) for line in range(first, last + 1)]
        whole = "".join(texts)
        searched = whole.lower() if fold else whole
        if len(searched) != len(whole):  # some letters grow when they change their case
            searched = whole
        hits = _hits(searched, wanted, texts, first)
        hits = [hit for hit in hits if (hit[0][:2] < start if older else hit[0][:2] > start)]
        if hits:
            return hits[-1] if older else hits[0], None
        if left <= 0:
            return (), Place(first, 0) if older else Place(last, _FAR)
    return (), None


def _joined(terminal: Lines, line: int, *, older: bool) -> Iterator[tuple[int, int]]:
    oldest, end = oldest_line(terminal), end_line(terminal)
    line = min(max(line, oldest), end - 1)
    while oldest <= line < end:
        first = last = line
        while line - first < _MOST_JOINED and goes_on(terminal, first - 1):
            first -= 1
        while last - line < _MOST_JOINED and goes_on(terminal, last):
            last += 1
        yield first, last
        line = first - 1 if older else last + 1


def _hits(searched: str, wanted: str, texts: Sequence[str], first: int) -> list[tuple[Piece, ...]]:
    found: list[tuple[Piece, ...]] = []
    at = searched.find(wanted)
    while at >= 0:
        found.append(_cells_of(at, at + len(wanted), texts, first))
        at = searched.find(wanted, at + 1)
    return found


def _cells_of(start: int, end: int, texts: Sequence[str], first: int) -> tuple[Piece, ...]:
    found: list[Piece] = []
    passed = 0
    for number, text in enumerate(texts):
        low, high = max(start - passed, 0), min(end - passed, len(text))
        if low < high:
            columns = columns_of(text)
            found.append(Piece(first + number, columns[low], columns[high]))
        passed += len(text)
    return tuple(found)
