"""One line that names every pane, shown where not all of them fit."""

from collections.abc import Sequence

from textual import events
from textual.message import Message

from tui.ui.view import format as fmt
from tui.ui.view.format import Line
from tui.ui.view.strip import tab_spans
from tui.ui.widgets.span_widget import SpanWidget, Stage


class PaneTabs(SpanWidget):
    """Names and states of all panes; a click selects one."""

    DEFAULT_CSS = """
    PaneTabs { height: 1; display: none; background: $surface; color: $foreground; }
    PaneTabs.-shown { display: block; }
    """

    class Picked(Message):
        """A tab was clicked."""

        def __init__(self, pane: str) -> None:
            self.pane = pane
            super().__init__()

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.in_view: Sequence[str] = ()

    def lines(self, width: int, height: int) -> Sequence[Line]:
        """Return the tabs as one line."""
        tabs = tab_spans(self.stage.view, self.stage.glyphs, self.in_view, width)
        return (tuple(span for _, line in tabs for span in line),)

    def on_click(self, event: events.Click) -> None:
        """Select the tab under the pointer."""
        end = 0
        for name, line in tab_spans(self.stage.view, self.stage.glyphs, self.in_view, self.size.width):
            end += sum(fmt.cells(text) for text, _ in line)
            if event.x < end:
                self.post_message(self.Picked(name))
                return
