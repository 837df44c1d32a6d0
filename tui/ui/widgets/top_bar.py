"""The first line of the screen."""

from collections.abc import Sequence

from tui.ui.view import format as fmt
from tui.ui.view.format import Line
from tui.ui.widgets.span_widget import SpanWidget, Stage


class TopBar(SpanWidget):
    """Program, DEMO, project, branch, session; the session's spend at the right."""

    DEFAULT_CSS = """
    TopBar { height: 1; background: $surface; color: $foreground; }
    """

    def __init__(self, stage: Stage, *, project: str, branch: str) -> None:
        super().__init__(stage)
        self._project = project
        self._branch = branch

    def lines(self, width: int, height: int) -> Sequence[Line]:
        """Return the one line."""
        return (fmt.top_line(self.stage.view, self._project, self._branch, width, self.stage.glyphs),)
