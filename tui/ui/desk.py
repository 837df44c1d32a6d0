"""Where requests of models meet the person: shows the card, lets it have the keys, carries out the answers."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.ui.screens.main import MainScreen


class Desk:
    """One for the main screen."""

    def __init__(self, screen: "MainScreen") -> None:
        self._screen = screen

    def follow(self) -> None:
        """Bring the card up to date with what waits."""
        self._screen.stage.view.work.changed = False

    def go(self) -> None:
        """Go to the requests that wait, or to the next one."""
