"""A request on a screen of its own: every character of it, with scrolling, and the same keys."""

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from tui.ui.view.format import Tone
from tui.ui.widgets.approval_card import ApprovalCard, Host
from tui.ui.widgets.hint_bar import HintBar
from tui.ui.widgets.span_widget import Stage


class ApprovalScreen(ModalScreen[None]):
    """The card at full height, for narrow screens and for details."""

    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    ApprovalScreen { layout: vertical; background: $background; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+n,alt+r", "next", "Next request", show=False)]

    def __init__(self, stage: Stage, host: Host, go: Callable[[], None]) -> None:
        super().__init__()
        self.card = ApprovalCard(stage, host, page=True)
        self.hint_bar = HintBar(stage)
        self._go = go

    def compose(self) -> ComposeResult:
        """The card and the line for news."""
        yield self.card
        yield self.hint_bar

    def on_mount(self) -> None:
        """The card has the keys."""
        self.card.body.focus()
        self.hint_bar.show_hints([("PgDn", "more"), ("End", "to its end"), ("Esc", "back")])

    def on_key(self, event: events.Key) -> None:
        """A key that was pressed before the card had the focus is the card's all the same."""
        if not self.card.field.has_focus:
            self.card.body.on_key(event)

    def touch(self) -> None:
        """Paint what changed."""
        if self.card.is_attached:
            self.card.touch(self.app.size.width, self.app.size.height)

    def flash(self, text: str, tone: Tone = Tone.PLAIN) -> None:
        """Show one line of news for a few seconds."""
        self.hint_bar.flash(text, tone)

    def action_next(self) -> None:
        """Show the next request."""
        self._go()

    def on_resize(self) -> None:
        """Rows depend on the size."""
        self.call_after_refresh(self.touch)
