"""Modes, saved cursors, character sets, the two screens, and resets."""

from typing import Final

from tui.core.terminal import CursorShape, MouseTracking, TerminalModes
from tui.terminal.rows import Row
from tui.terminal.saved import DECOM, PRIVATE, Saved, SavedCursors
from tui.terminal.scrollback import Scrollback
from tui.terminal.styles import PLAIN, change

IRM, LNM = 4, 20
DECCKM, DECCOLM, DECSCNM, DECAWM, BLINKING, DECTCEM, ALLOW_DECCOLM = 1, 3, 5, 7, 12, 25, 40
ALT_47, KEYPAD, DECLRMM, ALT_1047, SAVE_1048, ALT_1049 = 47, 66, 69, 1047, 1048, 1049
FOCUS, MOUSE_SGR, ALTERNATE_SCROLL, PASTE, SYNCHRONIZED, COLOR_SCHEME = 1004, 1006, 1007, 2004, 2026, 2031
_MOUSE: Final = {
    9: MouseTracking.CLICKS,
    1000: MouseTracking.CLICKS,
    1002: MouseTracking.DRAGS,
    1003: MouseTracking.ALL,
}
_KNOWN: Final = {
    DECCKM, DECSCNM, DECOM, DECAWM, BLINKING, DECTCEM, ALLOW_DECCOLM, ALT_47, KEYPAD, DECLRMM, ALT_1047, SAVE_1048,
    ALT_1049, FOCUS, MOUSE_SGR, ALTERNATE_SCROLL, PASTE, SYNCHRONIZED, COLOR_SCHEME, *_MOUSE, 1005, 1015,
}  # fmt: skip
_DEFAULT: Final = frozenset({DECAWM << PRIVATE, DECTCEM << PRIVATE})
_SHAPES: Final = (CursorShape.BLOCK, CursorShape.BLOCK, CursorShape.BLOCK, CursorShape.UNDERLINE, CursorShape.UNDERLINE)


class Modes(SavedCursors):
    """What is switched on and off."""

    def __init__(self, columns: int, lines: int, scrollback: Scrollback) -> None:
        super().__init__(columns, lines, scrollback)
        self.mode = set(_DEFAULT)
        self.cursor_style = 0
        self.everything = True
        self._other: list[Row] = []
        self._remembered: dict[int, bool] = {}
        self._modes: TerminalModes | None = None

    def knows(self, mode: int) -> bool:
        """Whether a private mode means something here."""
        return mode in _KNOWN

    @property
    def modes(self) -> TerminalModes:
        """What the program asked for."""
        if self._modes is None:
            mouse = [kind for mode, kind in _MOUSE.items() if self.has(mode)]
            self._modes = TerminalModes(
                alternate=self.alternate,
                application_cursor=self.has(DECCKM),
                application_keypad=self.has(KEYPAD),
                bracketed_paste=self.has(PASTE),
                focus_events=self.has(FOCUS),
                mouse=mouse[-1] if mouse else MouseTracking.OFF,
                mouse_sgr=self.has(MOUSE_SGR),
                alternate_scroll=self.has(ALTERNATE_SCROLL),
                newline=self.newline,
            )
        return self._modes

    @property
    def cursor_shape(self) -> CursorShape:
        """How the program wants the cursor drawn."""
        return _SHAPES[self.cursor_style] if self.cursor_style < len(_SHAPES) else CursorShape.BAR

    def set_cursor_style(self, style: int = 0) -> None:
        """DECSCUSR: 0 to 6."""
        self.cursor_style = style if style <= 6 else 0

    def set_private(self, *modes: int) -> None:
        """DECSET."""
        self.set_mode(*modes, private=True)

    def reset_private(self, *modes: int) -> None:
        """DECRST."""
        self.reset_mode(*modes, private=True)

    def set_mode(self, *modes: int, private: bool = False) -> None:
        """SM, DECSET."""
        for mode in modes:
            self._switch(mode, on=True, private=private)

    def reset_mode(self, *modes: int, private: bool = False) -> None:
        """RM, DECRST."""
        for mode in modes:
            self._switch(mode, on=False, private=private)

    def _switch(self, mode: int, *, on: bool, private: bool) -> None:
        if private and mode in _KNOWN:
            (self.mode.add if on else self.mode.discard)(mode << PRIVATE)
            self._switch_private(mode, on=on)
        elif private and mode == DECCOLM and self.has(ALLOW_DECCOLM):
            self.reset_margins()
            self.cursor_position()
            self.erase_in_display(2)
        elif not private and mode in {IRM, LNM}:
            (self.mode.add if on else self.mode.discard)(mode)
            self.insert, self.newline = IRM in self.mode, LNM in self.mode
        self._modes = None
        self.decide()

    def _switch_private(self, mode: int, *, on: bool) -> None:
        if mode in {DECOM, DECAWM, DECTCEM, DECLRMM}:
            self._switch_cursor(mode, on=on)
        elif mode in {ALT_47, ALT_1047, ALT_1049, SAVE_1048}:
            self._switch_screen(mode, on=on)
        elif mode == DECSCNM:
            self.touch_all()
            self.everything = True
        elif mode in _MOUSE and on:
            self.mode -= {other << PRIVATE for other in _MOUSE if other != mode}

    def _switch_cursor(self, mode: int, *, on: bool) -> None:
        if mode == DECOM:
            self.origin = on
            self.cursor_position()
        elif mode == DECAWM:
            self.autowrap = on
            if not on:
                self.settle()
        elif mode == DECTCEM:
            self.cursor.hidden = not on
        else:
            self.side_margins = on
            self.left_margin, self.right_margin = 0, self.columns

    def _switch_screen(self, mode: int, *, on: bool) -> None:
        if mode in {SAVE_1048, ALT_1049} and on and not (mode == ALT_1049 and self.alternate):
            self.save_cursor()
        if mode != SAVE_1048 and on != self.alternate:
            if mode == ALT_1047 and not on:
                self.erase_in_display(2)
            self._swap()
        if mode == ALT_1049 and on:
            self.erase_in_display(2)
        if mode in {SAVE_1048, ALT_1049} and not on:
            self.restore_cursor()

    def _swap(self) -> None:
        """Show the other screen; the cursor stays where it is."""
        if not self.alternate and not self._other:
            self._other = [Row() for _ in range(self.lines)]
        self.rows, self._other = self._other, self.rows
        self.alternate = not self.alternate
        self.touch_all()
        self.everything = True

    def keypad_application(self) -> None:
        """DECKPAM."""
        self.set_mode(KEYPAD, private=True)

    def keypad_numeric(self) -> None:
        """DECKPNM."""
        self.reset_mode(KEYPAD, private=True)

    def select_graphic_rendition(self, *attributes: int) -> None:
        """SGR with plain parameters."""
        self.style = change(self.style, ";".join(map(str, attributes)))

    def soft_reset(self) -> None:
        """DECSTR: modes, margins, look and character sets as at the start; the text stays."""
        keep = {mode for mode in self.mode if mode >> PRIVATE in {ALT_47, ALT_1047, ALT_1049}}
        self.mode = set(_DEFAULT) | keep
        self.origin = self.newline = self.insert = self.side_margins = False
        self.autowrap, self.cursor.hidden = True, False
        self.style, self.designated = PLAIN, ["B", "B", "B", "B"]
        self.saved[self.alternate] = Saved()
        self.reset_margins()
        self.use_charset(0)
        self._modes = None

    def reset(self) -> None:
        """RIS: as at the start; the scrollback stays."""
        if self.alternate:
            self._swap()
        self._other = []
        self.soft_reset()
        self.saved = [Saved(), Saved()]
        self._remembered.clear()
        self.mode = set(_DEFAULT)
        self.cursor.x = self.cursor.y = self.cursor_style = 0
        self.last = ""
        self.set_default_tabs()
        for row in self.rows:
            row.clear(PLAIN, self.columns)
        self.everything = True

    def set_margins(self, top: int | None = None, bottom: int | None = None) -> None:
        """DECSTBM: which rows scroll, from 1, both included."""
        first = max((top or 1) - 1, 0)
        after = min(bottom or self.lines, self.lines)
        if after - first >= 2:
            self.top_margin, self.bottom_margin = first, after
            self.cursor_position()

    def set_side_margins(self, left: int | None = None, right: int | None = None) -> None:
        """DECSLRM, or SCOSC where side margins are off."""
        if not self.side_margins:
            self.save_cursor()
            return
        first = max((left or 1) - 1, 0)
        after = min(right or self.columns, self.columns)
        if after - first >= 2:
            self.left_margin, self.right_margin = first, after
            self.cursor_position()

    def remember_modes(self, *modes: int) -> None:
        """XTSAVE."""
        self._remembered.update({mode: self.has(mode) for mode in modes if mode in _KNOWN})

    def recall_modes(self, *modes: int) -> None:
        """XTRESTORE."""
        for mode in modes:
            if mode in self._remembered and self._remembered[mode] != self.has(mode):
                self._switch(mode, on=self._remembered[mode], private=True)
