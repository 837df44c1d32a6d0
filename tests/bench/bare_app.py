"""The yardstick of start-up and idling: the smallest Textual application with an input."""

from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.widgets import Footer, Header, Input, Static


class BareApp(App[None]):
    """A header, a line of text, an input and a footer."""

    BINDINGS: ClassVar[list[BindingType]] = [("ctrl+q", "quit", "Quit")]

    def compose(self) -> ComposeResult:
        """Lay out the four."""
        yield Header()
        yield Static("bare", markup=False)
        yield Input()
        yield Footer()


if __name__ == "__main__":
    BareApp().run()
