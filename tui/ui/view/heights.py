"""Row heights of many blocks: sums and searches in logarithmic time (a Fenwick tree)."""

from collections.abc import Iterable


class HeightIndex:
    """Heights in rows, indexed from 0, with prefix sums and the search of a row."""

    def __init__(self, heights: Iterable[int] = ()) -> None:
        self._heights = list(heights)
        self._tree: list[int] = []
        self._rebuild()

    def __len__(self) -> int:
        return len(self._heights)

    def __getitem__(self, index: int) -> int:
        return self._heights[index]

    @property
    def total(self) -> int:
        """The sum of all heights, in rows."""
        return self.before(len(self._heights))

    def replace(self, heights: Iterable[int]) -> None:
        """Forget everything and take these heights."""
        self._heights = list(heights)
        self._rebuild()

    def append(self, height: int) -> None:
        """Add one height at the end."""
        self._heights.append(height)
        position = len(self._heights)
        start = position - (position & -position)
        total = height
        child = position - 1
        while child > start:
            total += self._tree[child]
            child -= child & -child
        self._tree.append(total)

    def set(self, index: int, height: int) -> None:
        """Change one height."""
        difference = height - self._heights[index]
        if not difference:
            return
        self._heights[index] = height
        position, size = index + 1, len(self._tree)
        while position < size:
            self._tree[position] += difference
            position += position & -position

    def before(self, index: int) -> int:
        """Return the sum of the heights of the first `index` blocks, in rows."""
        total = 0
        while index > 0:
            total += self._tree[index]
            index -= index & -index
        return total

    def find(self, row: int) -> tuple[int, int]:
        """Return (block, row inside it) of an absolute row; past the end: (number of blocks, rows beyond)."""
        position, step = 0, 1 << max(0, len(self._heights).bit_length() - 1)
        row = max(0, row)
        while step:
            after = position + step
            if after < len(self._tree) and self._tree[after] <= row:
                position = after
                row -= self._tree[after]
            step >>= 1
        return position, row

    def _rebuild(self) -> None:
        self._tree = [0, *self._heights]
        size = len(self._tree)
        for position in range(1, size):
            parent = position + (position & -position)
            if parent < size:
                self._tree[parent] += self._tree[position]
