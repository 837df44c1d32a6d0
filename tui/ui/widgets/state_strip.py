"""The state and the circuit of every model, on one line under the panes."""

from collections.abc import Sequence

from tui.ui.view.format import Line
from tui.ui.view.strip import strip_line
from tui.ui.widgets.span_widget import SpanWidget


class StateStrip(SpanWidget):
    """Each model by name, sign and word."""

    DEFAULT_CSS = """
    StateStrip { height: 1; background: $surface; color: $foreground; }
    """

    def lines(self, width: int, height: int) -> Sequence[Line]:
        """Return the one line."""
        return (strip_line(self.stage.view, width, self.stage.glyphs, self.stage.now()),)
