"""The marker over the last row of a pane that does not follow its tail."""

from collections.abc import Sequence

from textual import events
from textual.message import Message

from tui.ui.view import format as fmt
from tui.ui.view.format import Line, Tone
from tui.ui.widgets.span_widget import SpanWidget, Stage


class BelowMarker(SpanWidget):
    """Says how many lines are below; a click goes to the end."""

    DEFAULT_CSS = """
    BelowMarker { layer: over; dock: bottom; height: 1; width: 1fr; display: none; background: $panel; }
    BelowMarker.-shown { display: block; }
    """

    class Pressed(Message):
        """The marker was clicked."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._count = 0

    def show_count(self, count: int) -> None:
        """Say that `count` lines are below; 0 hides the marker."""
        if count != self._count:
            self._count = count
            self.set_class(count > 0, "-shown")
            self.touch()

    def lines(self, width: int, height: int) -> Sequence[Line]:
        """Return the one line."""
        return (((fmt.below_line(self._count, width, "Ctrl+End", self.stage.glyphs), Tone.ACCENT),),)

    def on_click(self, event: events.Click) -> None:
        """Go to the end."""
        event.stop()
        self.post_message(self.Pressed())
