"""Themes to choose from, each shown on the whole application while the highlight is on it."""

from collections.abc import Sequence
from typing import Final

from textual.app import ComposeResult
from textual.content import Content

from tui.ui.screens.pick import PickItem, PickScreen

_OWN: Final = "llmmixer"
_SWATCHES: Final = ("primary", "accent", "success", "warning", "error")


class ThemePicker(PickScreen):
    """Returns the name of the theme to keep, or None; then the theme from before is back."""

    DEFAULT_CSS = """
    ThemePicker { align: right top; background: transparent; }
    ThemePicker > #pick-box { width: 47; margin: 1 2; }
    """

    def __init__(self, names: Sequence[str] | None = None) -> None:
        super().__init__("Theme", (), hint="Enter keeps it   Esc as before", empty="No such theme")
        self._names = names
        self._theme_before = ""

    def compose(self) -> ComposeResult:
        """As every list; the themes are the application's, this program's own first."""
        self._theme_before = self._start = self.app.theme
        themes = self.app.available_themes
        names = [name for name in (self._names if self._names is not None else themes) if name in themes]
        names.sort(key=lambda name: (not name.startswith(_OWN), name))
        self._items = tuple(
            PickItem(id=name, title=name, search="dark" if themes[name].dark else "light") for name in names
        )
        yield from super().compose()

    def row(self, item: PickItem) -> Content:
        """The name, and a few of the theme's own colours."""
        theme = self.app.available_themes[item.id]
        colours = theme.to_color_system().generate()
        kind = "dark " if theme.dark else "light"
        swatches = (Content.styled("  ", f"on {colours[name]}") for name in _SWATCHES)
        return Content.assemble(f"{item.title:<24.24} {kind} ", *swatches)

    def highlighted(self, item: PickItem) -> None:
        """Show the theme."""
        self.app.theme = item.id

    def action_leave(self) -> None:
        """Go back to the theme from before."""
        self.app.theme = self._theme_before
        self.dismiss(None)
