"""Where requests of models meet the person. What is heavy comes with the first request."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.ui.approval_desk import ApprovalDesk
    from tui.ui.screens.main import MainScreen


class Desk:
    """One for the main screen."""

    def __init__(self, screen: "MainScreen") -> None:
        self._screen = screen
        self.work: ApprovalDesk | None = None
        self._asked = False

    def follow(self) -> None:
        """Bring the card up to date with what waits; cheap while nothing does."""
        if self.work is None:
            if not self._screen.stage.view.work.requests:
                self._screen.stage.view.work.changed = False
                return
            from tui.ui.approval_desk import ApprovalDesk

            self.work = ApprovalDesk(self._screen)
        self.work.follow()
        asked = bool(self._screen.stage.view.work.waiting)
        if asked is not self._asked:
            self._asked = asked
            self._screen.show_hints()

    def drafted(self) -> None:
        """The draft changed."""
        if self.work is not None:
            self.work.drafted()

    def go(self) -> None:
        """Go to the requests that wait, or to the next one."""
        if self.work is not None:
            self.work.go()

    def takes_slip(self, text: str) -> bool:
        """Keep keys meant for the card, pressed before it had them, from being sent to the models; False for others."""
        if self.work is None:
            return False
        from tui.ui.approval_desk import is_slip

        if not is_slip(self.work, text):
            return False
        self.work.go()
        self._screen.flash(f"“{text}” was not sent, as a request waits. Up brings it back, Esc lets the request wait")
        return True

    def leave(self) -> bool:
        """Let the request on the card wait; False when there is no card."""
        return self.work is not None and self.work.leave()

    def focus_moved(self) -> None:
        """Another widget has the focus."""
        if self.work is not None:
            self.work.focus_moved()

    def resumed(self) -> None:
        """The main screen is on top again."""
        if self.work is not None:
            self.work.resumed()

    def resized(self) -> None:
        """The screen has another size."""
        if self.work is not None:
            self.work.touch()
            self.work.mind()

    def close(self) -> None:
        """The program ends: the terminal gets its title back."""
        if self.work is not None:
            self.work.attention.close()

    def hints(self) -> list[tuple[str, str]]:
        """What helps while the card has the keys, besides its own."""
        if self.work is None:
            return []
        from tui.ui.approval_desk import hints_of

        return hints_of(self.work)

    @property
    def focused(self) -> bool:
        """Whether the card has the keys."""
        return self.work is not None and self.work.has_keys
