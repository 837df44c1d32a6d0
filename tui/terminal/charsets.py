"""Which characters text stands for: G0 to G3, and which of them is in use."""

from typing import ClassVar

from tui.terminal.rectangles import Rectangles
from tui.terminal.scrollback import Scrollback

_SLOTS = "()*+"


class Charsets(Rectangles):
    """Character sets by the final byte that selects them; `character_sets` has the maps of those that are not ASCII."""

    character_sets: ClassVar[dict[str, dict[int, str]]]

    def __init__(self, columns: int, lines: int, scrollback: Scrollback) -> None:
        super().__init__(columns, lines, scrollback)
        self.designated = ["B", "B", "B", "B"]
        self.active_set = 0

    def define_charset(self, code: str, mode: str) -> None:
        """SCS: G0 to G3, told by ( ) * or +, become the set with the final byte `code`."""
        if mode in _SLOTS:
            self.designated[_SLOTS.index(mode)] = code
            self.use_charset(self.active_set)

    def use_charset(self, active: int) -> None:
        """Text is of G0 to G3."""
        self.active_set = active
        self.charset_map = self.character_sets.get(self.designated[active])
        self.decide()

    def shift_in(self) -> None:
        """SI: text is of G0."""
        self.use_charset(0)

    def shift_out(self) -> None:
        """SO: text is of G1."""
        self.use_charset(1)

    def lock_shift_two(self) -> None:
        """LS2: text is of G2."""
        self.use_charset(2)

    def lock_shift_three(self) -> None:
        """LS3: text is of G3."""
        self.use_charset(3)
