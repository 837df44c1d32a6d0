"""What lies behind and between other widgets: rows that all look the same, so one of them is painted for all."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from textual._compositor import Compositor
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


class RowCompositor(Compositor):
    """Asks widgets only for rows that are painted.

    Textual 8.2.8 asks each widget whose parent lies in the painted part for all it shows, and throws most of it away.
    """

    def _get_renders(self, crop: Region | None = None) -> Iterator[tuple[Region, Region, list[Strip]]]:
        if crop is None:
            yield from super()._get_renders()
            return
        for widget, (region, clip) in self.visible_widgets.items():
            rows = Region(clip.x, crop.y, clip.width, crop.height).intersection(clip)
            shown = region.intersection(rows)
            if shown and shown.overlaps(crop):
                yield region, rows, widget.render_lines(shown.translate((-region.x, -region.y)))


class Ground(Container):
    """A container that shows nothing of its own."""

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return rows of background."""
        return same_rows(self, crop, super().render_lines)


class GroundScreen(Screen[None]):
    """A screen that shows nothing of its own."""

    def __init__(self, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._compositor = RowCompositor()
        self._laid_out: CompositorMap | None = None

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
