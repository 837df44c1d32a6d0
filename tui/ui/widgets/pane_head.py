"""The head of a pane: who answers, in which state, and the figures of the turn; two rows, or one when low."""

from collections.abc import Sequence

from tui.ui.view import format as fmt
from tui.ui.view.format import Line
from tui.ui.widgets.span_widget import SpanWidget, Stage


class PaneHead(SpanWidget):
    """Two rows of figures over an answer."""

    DEFAULT_CSS = """
    PaneHead { height: 2; width: 1fr; background: $panel; color: $foreground; }
    """

    def __init__(self, stage: Stage, pane: str) -> None:
        super().__init__(stage)
        self._pane = pane

    def lines(self, width: int, height: int) -> Sequence[Line]:
        """Return one row when there is room for one only."""
        view, glyphs, now = self.stage.view, self.stage.glyphs, self.stage.now()
        pane = view.panes[self._pane]
        number = view.index(self._pane) + 1
        selected = view.selected == self._pane
        if height < 2:
            return (fmt.head_compact(pane, number, width, glyphs, now, selected=selected),)
        return (
            fmt.head_title(pane, number, width, glyphs, now, selected=selected),
            fmt.head_figures(pane, width, glyphs),
        )
