"""The foot of a pane while it waits for the clock or for an answer; its keys can be clicked."""

from collections.abc import Sequence

from textual import events
from textual.message import Message

from tui.ui.view.format import Line
from tui.ui.view.pane_notice import PaneNotice, pane_notice
from tui.ui.widgets.span_widget import SpanWidget, Stage


class PaneBar(SpanWidget):
    """Hidden while there is nothing to say."""

    DEFAULT_CSS = """
    PaneBar { height: 1; width: 1fr; display: none; background: $panel; color: $foreground; }
    PaneBar.-shown { display: block; }
    """

    class Pressed(Message):
        """A key's name was clicked."""

        def __init__(self, pane: str, action: str) -> None:
            self.pane = pane
            self.action = action
            super().__init__()

    def __init__(self, stage: Stage, pane: str) -> None:
        super().__init__(stage)
        self._pane = pane
        self._rows = 0

    def look(self, width: int) -> None:
        """Take as many rows of a pane of `width` cells as there is something to say."""
        notice = self._notice(width)
        rows = len(notice.lines)
        if rows != self._rows:
            self._rows = rows
            self.set_class(rows > 0, "-shown")
            if rows:
                self.styles.height = rows
        if rows:
            self.touch()

    def lines(self, width: int, height: int) -> Sequence[Line]:
        """Return what waits."""
        return self._notice(width).lines

    def _notice(self, width: int) -> PaneNotice:
        stage = self.stage
        view = stage.view
        terminal = view.terminals.of_pane(self._pane)
        return pane_notice(view.panes[self._pane], width, stage.glyphs, stage.now(), stage.keys, terminal)

    def on_click(self, event: events.Click) -> None:
        """Run the action whose key was clicked."""
        notice = self._notice(self.size.width)
        if event.y == len(notice.lines) - 1:
            for start, end, action in notice.spots:
                if start <= event.x < end:
                    event.stop()
                    self.post_message(self.Pressed(self._pane, action))
                    return
