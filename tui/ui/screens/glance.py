"""A page over the panes that shows figures, follows them while it is open, and takes its keys from the table."""

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.message import Message
from textual.screen import ModalScreen

from tui.ui.actions import Action, Where, bindings, by_id, hints
from tui.ui.view.format import Line, Tone
from tui.ui.widgets.hint_bar import HintBar
from tui.ui.widgets.span_widget import SpanWidget, Stage


class Page(SpanWidget):
    """The page's lines; a click tells where."""

    DEFAULT_CSS = """
    Page { width: 1fr; height: 1fr; background: $background; color: $foreground; }
    """

    class Clicked(Message):
        """A cell of the page was clicked."""

        def __init__(self, x: int, y: int) -> None:
            self.x = x
            self.y = y
            super().__init__()

    class Scrolled(Message):
        """The wheel was turned, down for a positive `step`."""

        def __init__(self, step: int) -> None:
            self.step = step
            super().__init__()

    def __init__(self, stage: Stage, draw: Callable[[int, int], Sequence[Line]]) -> None:
        super().__init__(stage)
        self._draw = draw

    def lines(self, width: int, height: int) -> Sequence[Line]:
        """Return what the screen draws."""
        return self._draw(width, height)

    def on_click(self, event: events.Click) -> None:
        """Tell where."""
        self.post_message(self.Clicked(event.x, event.y))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Show what is below."""
        event.stop()
        self.post_message(self.Scrolled(1))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Show what is above."""
        event.stop()
        self.post_message(self.Scrolled(-1))


class GlanceScreen(ModalScreen[None]):
    """Base: a page, and the keys' line. Subclasses draw and say what the actions of their place do."""

    WHERE: ClassVar[Where]
    DEFAULT_CSS = """
    GlanceScreen { background: $background; layout: vertical; }
    """

    def __init__(self, stage: Stage, actions: Sequence[Action]) -> None:
        super().__init__()
        self.stage = stage
        self.actions = tuple(actions)
        self._by_id = by_id(actions)
        for binding in bindings(actions, self.WHERE):
            self._bindings.key_to_bindings[binding.key] = [binding]
        self.page = Page(stage, self.draw)
        self.hint_bar = HintBar(stage)

    def compose(self) -> ComposeResult:
        """The page and its keys."""
        yield self.page
        yield self.hint_bar

    def on_mount(self) -> None:
        """Name the keys."""
        self.hint_bar.show_hints(hints(self.actions, (self.WHERE,)))

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """Return the page's lines; subclasses implement this."""
        raise NotImplementedError

    def does(self) -> Mapping[str, Callable[[], None]]:
        """What each action of this place does; subclasses implement this."""
        raise NotImplementedError

    def touch(self) -> None:
        """Look again; only rows that changed are painted."""
        self.page.touch()

    def flash(self, text: str, tone: Tone = Tone.PLAIN) -> None:
        """Show one line of news for a few seconds."""
        self.hint_bar.flash(text, tone)

    def action_act(self, action_id: str, _number: int = 0) -> None:
        """Run a row of the table of actions."""
        self.does()[self._by_id[action_id].does]()

    def step(self, step: int) -> None:
        """Scroll by `step` lines; subclasses that scroll implement this."""

    @on(Page.Scrolled)
    def _scrolled(self, event: Page.Scrolled) -> None:
        event.stop()
        self.step(event.step)

    def action_leave(self) -> None:
        """Go back to the panes."""
        self.dismiss(None)
