"""The rail at the right of wide screens and of the focus layout."""

from collections.abc import Sequence

from tui.ui.view.format import Line
from tui.ui.view.rail import rail_lines
from tui.ui.widgets.span_widget import SpanWidget, Stage


class Rail(SpanWidget):
    """Figures of the session, and the last lines of panes that are not on screen."""

    DEFAULT_CSS = """
    Rail { width: 46; height: 1fr; display: none; background: $surface; color: $foreground; }
    Rail.-shown { display: block; }
    """

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.others: Sequence[str] = ()

    def lines(self, width: int, height: int) -> Sequence[Line]:
        """Return as many lines as fit."""
        stage = self.stage
        return rail_lines(stage.view, width, height, stage.glyphs, stage.now(), others=self.others)
