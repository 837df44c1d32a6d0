"""The rows that left the top of the screen: as many as the limits of lines and memory allow."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, TypeAlias

from tui.terminal.rows import Row
from tui.terminal.styles import PLAIN

Kept: TypeAlias = str | Row
"""A row; one that is plain ASCII in the plain look and does not go on in the next is kept as its text alone."""

_TEXT_COST: Final = 64
_KEPT_AT_ONCE: Final = 500
_LOOK_AFTER: Final = 16


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

    After a change of width the newest rows are wrapped anew at once and the others later: `stale` is how many of the
    oldest are still to be. `pushed` counts all that ever came in, `recent` those since the screen was last cleared:
    only they come back. `heavy` is set once a row may take more memory than its pieces and cells tell.
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
        self.stale = 0
        self._stale_width = 0
        self._job: Iterator[Kept] | None = None
        self._done: list[Kept] = []

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
            self._drop_job()
            texts = texts[len(texts) - self.lines :]
        self._rows.extend(texts)
        self._used += sum(map(len, texts)) + _TEXT_COST * len(texts)
        if len(self._rows) > self.lines or self._used > self.size:
            self._trim()

    def _trim(self) -> None:
        rows = self._rows
        while rows and (len(rows) > self.lines or self._used > self.size):
            self._used -= _cost(rows.popleft())
            if self.stale:
                self.stale -= 1
        if self._job is not None and not self.stale:
            self._drop_job()

    def pop(self) -> Row | None:
        """Give the newest row back, None when there is none, or none since the screen was cleared."""
        if not self._rows or not self.recent:
            return None
        return as_row(self.take_back())

    def take_back(self) -> Kept:
        """Give the newest row back; there is one."""
        if len(self._rows) <= self.stale:
            self.settle()
        kept = self._rows.pop()
        self._used -= _cost(kept)
        self.pushed -= 1
        self.recent = max(0, self.recent - 1)
        self._numbered += len(self._rows) + 2
        return kept

    def rewrap(self, width: int, wrap: "Callable[[Iterable[Kept], int], Iterator[Kept]]") -> None:
        """Wrap anew what is wrapped for `width`: the newest rows at once, the others by `settle`.

        `wrap` makes of rows and the width they are wrapped for those that are to be in their place.
        """
        rows, self._job, self._done = self._rows, None, []
        if not self.stale:
            self.stale, self._stale_width = self._before_newest(), width
        taken = [rows.pop() for _ in range(len(rows) - self.stale)]
        self._used -= sum(map(_cost, taken))
        fresh = list(wrap(reversed(taken), width))
        rows.extend(fresh)
        self._used += sum(map(_measured, fresh))
        self._numbered += 2 * len(rows) + 2
        if self.stale:
            self._job = wrap(list(islice(rows, self.stale)), self._stale_width)
        self._trim()

    def _before_newest(self) -> int:
        """How many rows come before the newest; where one line is not very long, all of it is among those."""
        rows, at = self._rows, max(0, len(self._rows) - _KEPT_AT_ONCE)
        least = max(0, at - _KEPT_AT_ONCE)
        while at > least and isinstance(row := rows[at - 1], Row) and row.wrapped:
            at -= 1
        return at

    def settle(self, seconds: float | None = None) -> bool:
        """Wrap more of the stale rows anew, for about so long, or all of them; return whether some are left."""
        if self._job is None:
            return False
        end = None if seconds is None else time.thread_time() + seconds
        for number, kept in enumerate(self._job, 1):
            self._done.append(kept)
            if end is not None and number % _LOOK_AFTER == 0 and time.thread_time() > end:
                return True
        rows = deque(self._done)
        rows.extend(islice(self._rows, self.stale, None))
        self._used += sum(map(_measured, self._done)) - sum(map(_cost, islice(self._rows, self.stale)))
        self._rows = rows
        self._numbered += 2 * len(rows) + 2
        self._drop_job()
        self._trim()
        return False

    def _drop_job(self) -> None:
        self.stale, self._job, self._done = 0, None, []

    def clear(self) -> None:
        """Forget all rows; the count of those that came in stays."""
        self._rows.clear()
        self._used = self.recent = 0
        self._drop_job()

    def serial(self, row: int) -> int:
        """A number, below 0, for the row so far from the end (-1 for the last); no other row ever had it."""
        return -(self._numbered + row + 1)
