"""What lies behind and between other widgets: rows that all look the same, so one of them is painted for all."""

from collections.abc import Callable

from textual.containers import Container
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget


def same_rows(widget: Widget, crop: Region, paint: Callable[[Region], list[Strip]]) -> list[Strip]:
    """Paint one row of `crop` and repeat it.

    Textual paints every row of every container whenever the whole screen is drawn, although its children cover it.
    """
    if crop.height < 2 or widget.gutter.height:  # the first and the last row may have a border
        return paint(crop)
    return paint(Region(crop.x, crop.y, crop.width, 1)) * crop.height


class Ground(Container):
    """A container that shows nothing of its own."""

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return rows of background."""
        return same_rows(self, crop, super().render_lines)


class GroundScreen(Screen[None]):
    """A screen that shows nothing of its own."""

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return rows of background."""
        return same_rows(self, crop, super().render_lines)
