"""What lies behind and between other widgets: rows that all look the same, so one of them is painted for all."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.containers import Container
from textual.geometry import Region, Size
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

if TYPE_CHECKING:
    from textual._compositor import CompositorMap


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

    _laid_out: "CompositorMap | None" = None

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return rows of background."""
        return same_rows(self, crop, super().render_lines)

    def _refresh_layout(self, size: Size | None = None, scroll: bool = False) -> None:
        """Lay everything out, and repaint wherever the last layout was another one.

        Textual 8.2.8 compares with a map of the widgets that it makes anew whenever somebody asks where one is. What
        was hidden a moment before is missing there, so that nobody notices it went: it would stay on the screen.
        """
        compositor = self._compositor
        if self._laid_out is not None:
            compositor._full_map = self._laid_out  # noqa: SLF001 - there is no public way to say what to compare with
        super()._refresh_layout(size)
        compositor._full_map_invalidated = False  # noqa: SLF001 - it was made just now
        self._laid_out = compositor._full_map  # noqa: SLF001 - as above
