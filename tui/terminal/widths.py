"""How many cells a character takes, and which characters share a cell."""

import unicodedata
from collections.abc import Callable, Iterator
from typing import Final

ZERO: Final = 1 << 16
"""What a character without a width of its own counts in a sum of widths: cells below, such characters above."""

JOINER: Final = "\u200d"
CLUSTER_LIMIT: Final = 32
"""Code points in one cell; the rest of them is dropped."""

_KEPT: Final = 16_384


def _from_unicode(character: str) -> int:
    if unicodedata.east_asian_width(character) in "WF":
        return 2
    return 0 if unicodedata.category(character) in {"Mn", "Me", "Cf", "Cc"} else 1


class Widths(dict[str, int]):
    """Cells of each character: 1, 2 or `ZERO`. Asks `measure` once for each."""

    measure: Callable[[str], int] = staticmethod(_from_unicode)

    def __missing__(self, character: str) -> int:
        width = type(self).measure(character)
        if len(self) >= _KEPT:
            self.clear()
        self[character] = width = width if width > 0 else ZERO
        return width


WIDTHS: Final = Widths()
width_of: Final = WIDTHS.__getitem__


def clusters(text: str) -> Iterator[tuple[str, int]]:
    """Yield what is in each cell of `text` with its width; a first cluster of width 0 belongs to the cell before.

    Characters without a width join the one before them, and so does a wide one after a zero-width joiner.
    """
    cluster, cells = "", 0
    for character in text:
        width = WIDTHS[character]
        if width == ZERO or (width == 2 and cells and cluster[-1] == JOINER):
            if len(cluster) < CLUSTER_LIMIT:
                cluster += character
            continue
        if cluster:
            yield cluster, cells
        cluster, cells = character, width
    if cluster:
        yield cluster, cells
