"""Which panes are on screen and how: columns side by side, one pane with a rail, or stacked rows."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from tui.core.record import Record, record

COLUMN_WIDTH: Final = 38
"""Narrowest readable pane, in cells."""
ROW_HEIGHT: Final = 6
"""Lowest readable pane, in cells."""
RAIL_FROM: Final = 180
RAIL_WIDTH: Final = 46
_FOCUS_RAIL_FROM: Final = 70
_FOCUS_RAIL_SHARE: Final = 0.325
_FOCUS_RAIL_MOST: Final = 55


class Mode(StrEnum):
    """The layouts a person can choose between. The value is the word people read."""

    COLUMNS = "columns"
    FOCUS = "one pane and a rail"
    ROWS = "stacked rows"

    def after(self) -> "Mode":
        """The next layout, going round."""
        modes = list(Mode)
        return modes[(modes.index(self) + 1) % len(modes)]


@record
class Arrangement(Record):
    """The result: panes shown in order, whether below each other, whether a tab line names all, the rail's width."""

    visible: tuple[str, ...]
    stacked: bool = False
    tabs: bool = False
    rail: int = 0


def rail_width(width: int, mode: Mode) -> int:
    """Return how many cells the rail takes, 0 for none."""
    if mode is Mode.FOCUS and width >= _FOCUS_RAIL_FROM:
        return min(_FOCUS_RAIL_MOST, round(width * _FOCUS_RAIL_SHARE))
    return RAIL_WIDTH if width >= RAIL_FROM else 0


def arrange(
    names: Sequence[str],
    *,
    selected: str,
    width: int,
    height: int,
    mode: Mode = Mode.COLUMNS,
    zoomed: bool = False,
    shown: Sequence[str] = (),
) -> Arrangement:
    """Return the arrangement of `names` on `width` by `height` cells.

    When not all fit, a window of neighbours around `selected` is shown, as near as possible to what was `shown`
    before, and a tab line names all.
    """
    names = tuple(names)
    if not names:
        return Arrangement(visible=())
    if selected not in names:
        selected = names[0]
    if zoomed:
        return Arrangement(visible=(selected,), tabs=len(names) > 1)
    rail = rail_width(width, mode)
    if mode is Mode.FOCUS:
        return Arrangement(visible=(selected,), tabs=len(names) > 1 and not rail, rail=rail)
    stacked = mode is Mode.ROWS
    room = height // ROW_HEIGHT if stacked else (width - rail) // COLUMN_WIDTH
    count = min(len(names), room)
    if count < 2:
        return Arrangement(visible=(selected,), stacked=stacked, tabs=len(names) > 1, rail=rail)
    visible = _window(names, names.index(selected), count, shown)
    return Arrangement(visible=visible, stacked=stacked, tabs=count < len(names), rail=rail)


def _window(names: tuple[str, ...], selected: int, count: int, shown: Sequence[str]) -> tuple[str, ...]:
    start = names.index(shown[0]) if shown and shown[0] in names else 0
    start = max(selected - count + 1, min(start, selected))
    start = max(0, min(start, len(names) - count))
    return names[start : start + count]
