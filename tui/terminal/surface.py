"""What of a terminal is to be seen: its screen, and who is told when it changed."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from tui.core.terminal import CursorShape, Rgb, Run, TerminalModes
from tui.terminal.plain import PlainScreen

if TYPE_CHECKING:
    from tui.terminal.emulator import Emulator

FRAME_SECONDS: Final = 0.15
"""How long a program may keep an unfinished frame to itself (mode 2026)."""
_REWRAP_SECONDS: Final = 0.004


class Surface:
    """The reading half of a `core.terminal.TerminalPort`."""

    def __init__(self, columns: int, lines: int) -> None:
        self.columns = columns
        self.lines = lines
        self._loop = asyncio.get_running_loop()
        self._screen: Emulator | PlainScreen = PlainScreen(columns, lines)
        self._changed: Callable[[], None] | None = None
        self._told = False
        self._frame: asyncio.TimerHandle | None = None
        self._rewrapping: asyncio.Handle | None = None
        self._colors: tuple[Rgb, Rgb, tuple[Rgb, ...]] | None = None

    @property
    def modes(self) -> TerminalModes:
        """What the program asked for."""
        return self._screen.modes

    @property
    def cursor(self) -> tuple[int, int]:
        """Column and row of the cursor."""
        return self._screen.cursor.x, self._screen.cursor.y

    @property
    def cursor_visible(self) -> bool:
        """Whether the program shows the cursor."""
        return self._screen.cursor_visible

    @property
    def cursor_shape(self) -> CursorShape:
        """How the program wants the cursor drawn."""
        return self._screen.cursor_shape

    @property
    def scrollback(self) -> int:
        """How many rows lie above the screen."""
        return self._screen.scrollback

    @property
    def pushed(self) -> int:
        """How many rows ever went into the scrollback."""
        return self._screen.pushed

    def row(self, row: int) -> Sequence[Run]:
        """Return the runs of a row, without trailing blanks of the terminal's own look."""
        return self._screen.row(row)

    def row_text(self, row: int) -> str:
        """Return the characters of a row, without trailing blanks unless it goes on in the next one."""
        return self._screen.row_text(row)

    def wrapped(self, row: int) -> bool:
        """Whether the row goes on in the next one."""
        return self._screen.wrapped(row)

    def serial(self, row: int) -> int:
        """Return a number that changes exactly when the row's content changes."""
        return self._screen.serial(row)

    def set_colors(self, foreground: Rgb, background: Rgb, palette: tuple[Rgb, ...]) -> None:
        """Tell which colours are shown, for programs that ask."""
        self._colors = (foreground, background, palette)
        self._screen.set_colors(*self._colors)

    def watch(self, changed: Callable[[], None] | None) -> None:
        """Call `changed` once when something is to be painted, and again only after `take_dirty`."""
        self._changed = changed
        self._told = False

    def take_dirty(self) -> tuple[bool, frozenset[int]]:
        """Return whether everything is to be painted anew, and else which rows; then nothing is dirty."""
        self._told = False
        return self._screen.take_dirty()

    def _use(self, screen: "Emulator | PlainScreen") -> None:
        """Show another screen from now on."""
        self._screen = screen
        if self._colors is not None:
            screen.set_colors(*self._colors)

    def _rewrap(self) -> None:
        """Bring a long scrollback to another width little by little; others get their turn in between."""
        if self._rewrapping is not None:
            self._rewrapping.cancel()
        more = self._screen.rewrap(_REWRAP_SECONDS)
        self._rewrapping = self._loop.call_soon(self._rewrap) if more else None
        if not more:
            self._show()

    def _show(self) -> None:
        """Tell the watcher that there is something to paint, but not the half of a frame."""
        if self._screen.synchronized:
            if self._frame is None:
                self._frame = self._loop.call_later(FRAME_SECONDS, self._end_frame)
            return
        if self._frame is not None:
            self._frame.cancel()
            self._frame = None
        if not self._told and self._changed is not None:
            self._told = True
            self._changed()

    def _end_frame(self) -> None:
        self._frame = None
        self._screen.end_synchronized()
        self._show()
