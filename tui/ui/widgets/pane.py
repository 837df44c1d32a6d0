"""One model's pane: its head, the stream of the conversation, and the marker of lines below."""

from collections.abc import Iterable
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.ui.frame_clock import FrameClock
from tui.ui.view.state import Append, Begin, Clear, End, Operation
from tui.ui.widgets.below_marker import BelowMarker
from tui.ui.widgets.ground import same_rows
from tui.ui.widgets.pane_bar import PaneBar
from tui.ui.widgets.pane_head import PaneHead
from tui.ui.widgets.span_widget import Stage
from tui.ui.widgets.stream_pane import StreamPane

_LOW: int = 8
"""Below this height the head takes one row."""


class Pane(Widget, can_focus=False):
    """A pane. The stream inside takes the focus; keys of `bindings` act while it has it."""

    ALLOW_SELECT: ClassVar[bool] = True
    DEFAULT_CSS = """
    Pane { width: 1fr; height: 1fr; layout: vertical; layers: base over; }
    Pane > StreamPane { width: 1fr; height: 1fr; margin-left: 1; }
    Pane.-low > PaneHead { height: 1; }
    """

    class Picked(Message):
        """The pane was clicked or got the focus."""

        def __init__(self, pane: str) -> None:
            self.pane = pane
            super().__init__()

    class HeadDoubleClicked(Message):
        """The head was double-clicked, which zooms."""

        action = "zoom"

        def __init__(self, pane: str) -> None:
            self.pane = pane
            super().__init__()

    def __init__(self, stage: Stage, pane: str, frame_clock: FrameClock, bindings: Iterable[Binding]) -> None:
        super().__init__()
        self.pane = pane
        self.stream = StreamPane(frame_clock, ascii_glyphs=stage.glyphs.ascii)
        self.head = PaneHead(stage, pane)
        self._marker = BelowMarker(stage)
        self._bar = PaneBar(stage, pane)
        for binding in bindings:
            self._bindings.key_to_bindings[binding.key] = [binding]

    def compose(self) -> ComposeResult:
        """Head, stream, the bar at its foot, and the marker over the last row."""
        yield self.head
        yield self.stream
        yield self._bar
        yield self._marker

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return rows of background behind the line at the left."""
        return same_rows(self, crop, super().render_lines)

    def apply(self, operations: Iterable[Operation]) -> None:
        """Hand text on to the stream, in order; runs of appended text go as one."""
        stream = self.stream
        texts: list[str] = []
        for operation in operations:
            if isinstance(operation, Append):
                texts.append(operation.text)
                continue
            if texts:
                stream.append("".join(texts))
                texts.clear()
            if isinstance(operation, Begin):
                stream.begin(operation.kind, operation.title)
            elif isinstance(operation, End):
                stream.end(operation.summary)
            elif isinstance(operation, Clear):
                stream.clear()
            else:
                stream.put_tool(operation)
        if texts:
            stream.append("".join(texts))

    def touch(self) -> None:
        """Bring head, bar and marker up to date."""
        self.head.touch()
        self._bar.look(self.size.width)
        self.show_below()

    def show_below(self) -> None:
        """Show how many lines are below, if the stream does not follow its tail."""
        self._marker.show_count(0 if self.stream.following else self.stream.lines_below)

    @on(StreamPane.FollowChanged)
    def _follow_changed(self) -> None:
        self.show_below()

    @on(BelowMarker.Pressed)
    def _to_end(self, event: BelowMarker.Pressed) -> None:
        event.stop()
        self.stream.scroll_to_end()

    def on_resize(self, event: events.Resize) -> None:
        """A low pane gives one row only to its head."""
        self.set_class(event.size.height < _LOW, "-low")

    def on_descendant_focus(self) -> None:
        """The focused pane is the selected one."""
        self.post_message(self.Picked(self.pane))

    def on_click(self, event: events.Click) -> None:
        """A click selects the pane; a double click on its head zooms."""
        self.post_message(self.Picked(self.pane))
        if event.chain == 2 and event.widget is self.head:
            self.post_message(self.HeadDoubleClicked(self.pane))
