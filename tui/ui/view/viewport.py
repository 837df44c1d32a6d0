"""Which rows of a long document a window shows: anchored to a block, so that heights elsewhere may change."""

from collections.abc import Callable
from typing import Final

from tui.ui.view.heights import HeightIndex

_FAR: Final = 4
"""Windows of distance beyond which estimated heights decide where to go."""


class Viewport:
    """A window of `height` rows over blocks whose heights are estimates until they are measured.

    The block after the last one is the tail: the rows of what is still being written, always exact. Blocks are
    measured only where the window is or passes by.
    """

    def __init__(self, heights: HeightIndex, measure: Callable[[int], int]) -> None:
        self.heights = heights
        self.height = 0
        self.tail = 0
        """Rows of the tail."""
        self.block = 0
        """The block of the top row."""
        self.row = 0
        """The top row inside that block."""
        self.following = True
        self._measure = measure

    @property
    def total(self) -> int:
        """Rows of the whole document, partly estimated."""
        return self.heights.total + self.tail

    @property
    def top(self) -> int:
        """The absolute number of the top row, partly estimated."""
        return self.heights.before(self.block) + self.row

    @property
    def below(self) -> int:
        """Rows of the document below the window."""
        return max(0, self.total - self.top - self.height)

    def _height_of(self, block: int) -> int:
        return self.tail if block >= len(self.heights) else self._measure(block)

    def forward(self, rows: int) -> None:
        """Move the top row down; it may pass the end of the document by nothing."""
        row = self.row + rows
        block, count = self.block, len(self.heights)
        while block < count and row >= (height := self._height_of(block)):
            row -= height
            block += 1
        if block >= count:
            row = min(row, max(0, self.tail - 1))
        self.block, self.row = block, row

    def back(self, rows: int) -> None:
        """Move the top row up, not beyond the first row."""
        row, block = self.row - rows, self.block
        while row < 0 and block > 0:
            block -= 1
            row += self._height_of(block)
        self.block, self.row = block, max(0, row)

    def to_end(self) -> None:
        """Put the last row of the document on the last row of the window."""
        self.block, self.row = len(self.heights), self.tail
        self.back(self.height)

    def to_row(self, row: int) -> None:
        """Put an absolute row (by the heights known so far) at the top."""
        block, inside = self.heights.find(row)
        if block >= len(self.heights):
            self.block, self.row = len(self.heights), min(inside, max(0, self.tail - 1))
        else:
            self.block, self.row = block, min(inside, max(0, self._height_of(block) - 1))

    def rows_from_top(self) -> int:
        """Return the rows from the top of the window to the end, exact when the end is near."""
        estimate = self.total - self.top
        if estimate > _FAR * max(1, self.height):
            return estimate
        for block in range(self.block, len(self.heights)):
            self._measure(block)
        return self.total - self.top

    def follow(self, step: int) -> None:
        """Keep the end in the window; move by at least `step` rows at a time, leaving blank rows below."""
        rows = self.rows_from_top()
        if rows > _FAR * max(1, self.height):
            self.to_end()
        elif rows > self.height:
            needed = rows - self.height
            self.forward(max(needed, min(step, rows - 1)))
        elif self.height - rows >= max(1, step):
            self.to_end()

    def clamp(self) -> None:
        """Take back a window that passed the end; follow again when its last row is the last of all."""
        rows = self.rows_from_top()
        if rows <= self.height:
            self.to_end()
            self.following = True

    def keep_in_block(self) -> None:
        """The anchor's block was rendered anew with another height."""
        self.forward(0)
