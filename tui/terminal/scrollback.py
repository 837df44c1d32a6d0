"""The rows that left the top of the screen: as many as the limits of lines and memory allow."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TypeAlias

from tui.terminal.rows import Row
from tui.terminal.styles import PLAIN

Kept: TypeAlias = str | Row
"""A row; one that is plain ASCII in the plain look and does not go on in the next is kept as its text alone."""

_TEXT_COST: Final = 64


def as_row(kept: Kept) -> Row:
    """A kept row as a row."""
    if isinstance(kept, Row):
        return kept
    row = Row()
    if kept:
        row.pieces.append((kept, len(kept), PLAIN))
        row.length = len(kept)
    return row


def _cost(kept: Kept) -> int:
    return kept.cost if isinstance(kept, Row) else _TEXT_COST + len(kept)


def _measured(kept: Kept) -> int:
    if isinstance(kept, Row):
        kept.cost = kept.size()
    return _cost(kept)


class Scrollback:
    """Rows from the oldest to the newest.

    `pushed` counts all that ever came in, `recent` those since the screen was last cleared: only they come back.
    `heavy` is set once a row may take more memory than its pieces and cells tell, by marks or links.
    """

    def __init__(self, lines: int = 10_000, size: int = 32 << 20) -> None:
        self.lines = lines
        self.size = size
        self.pushed = 0
        self.recent = 0
        self.heavy = False
        self._rows: deque[Kept] = deque()
        self._used = 0
        self._numbered = 0

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> Kept:
        return self._rows[index]

    def __iter__(self) -> Iterator[Kept]:
        return iter(self._rows)

    def push(self, row: Row) -> None:
        """Take a row that nobody changes any more."""
        if row.cells is not None:
            row.close()
        self._rows.append(row)
        row.cost = cost = row.size() if self.heavy else 300 + 160 * len(row.pieces) + row.length
        self._used += cost
        self.pushed += 1
        self.recent += 1
        self._numbered += 1
        if len(self._rows) > self.lines or self._used > self.size:
            self._trim()

    def rush(self, rows: Sequence[Row]) -> None:
        """Take many rows, as their text alone where nobody has asked for their number.

        That is what keeps a flood cheap: the garbage collector looks at rows again and again, at texts never.
        """
        texts: list[str] = []
        for row in rows:
            pieces = row.pieces
            if row.serial > 0 or row.wrapped or row.cells is not None or len(pieces) > 1:
                plain = False
            else:
                plain = not pieces or (pieces[0][2] == PLAIN and pieces[0][0].isascii())
            if plain:
                texts.append(pieces[0][0] if pieces else "")
            else:
                self.extend(texts)
                texts = []
                self.push(row)
        self.extend(texts)

    def extend(self, texts: Sequence[str]) -> None:
        """Take many rows of plain ASCII."""
        self.pushed += len(texts)
        self.recent += len(texts)
        self._numbered += len(texts)
        if len(texts) >= self.lines:
            self._rows.clear()
            self._used = 0
            texts = texts[len(texts) - self.lines :]
        self._rows.extend(texts)
        self._used += sum(map(len, texts)) + _TEXT_COST * len(texts)
        if len(self._rows) > self.lines or self._used > self.size:
            self._trim()

    def _trim(self) -> None:
        rows = self._rows
        while rows and (len(rows) > self.lines or self._used > self.size):
            self._used -= _cost(rows.popleft())

    def pop(self) -> Row | None:
        """Give the newest row back, None when there is none, or none since the screen was cleared."""
        if not self._rows or not self.recent:
            return None
        return as_row(self.take_back())

    def take_back(self) -> Kept:
        """Give the newest row back; there is one."""
        kept = self._rows.pop()
        self._used -= _cost(kept)
        self.pushed -= 1
        self.recent = max(0, self.recent - 1)
        self._numbered += len(self._rows) + 2
        return kept

    def replace(self, rows: Iterable[Kept]) -> None:
        """Put other rows in the place of all."""
        self._rows = deque(rows)
        self._used = sum(map(_measured, self._rows))
        self._numbered += 2 * len(self._rows) + 2
        self._trim()

    def clear(self) -> None:
        """Forget all rows; the count of those that came in stays."""
        self._rows.clear()
        self._used = self.recent = 0

    def serial(self, row: int) -> int:
        """A number, below 0, for the row so far from the end (-1 for the last); no other row ever had it."""
        return -(self._numbered + row + 1)
