"""The first line of the screen."""

from collections.abc import Sequence

from tui.ui.view.format import Line
from tui.ui.view.spend_text import top_line
from tui.ui.widgets.span_widget import SpanWidget, Stage


class TopBar(SpanWidget):
    """Program, DEMO, project, branch, session; at the right what was spent, against the tightest budget."""

    DEFAULT_CSS = """
    TopBar { height: 1; background: $surface; color: $foreground; }
    """

    def __init__(self, stage: Stage, *, project: str, branch: str) -> None:
        super().__init__(stage)
        self._project = project
        self._branch = branch

    def lines(self, width: int, height: int) -> Sequence[Line]:
        """Return the one line."""
        stage = self.stage
        return (top_line(stage.view, self._project, self._branch, width, stage.glyphs, stage.now()),)
