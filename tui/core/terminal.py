"""The embedded terminal in plain data: how cells look, what a program asked for, and what a live terminal can do."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol, TypeAlias

from tui.core.record import Record, record

Rgb: TypeAlias = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""
Color: TypeAlias = int | tuple[int, int, int] | None
"""A palette number 0 to 255, red, green and blue, or None for the terminal's own colour."""


class CellStyle(NamedTuple):
    """How a cell looks. Equal styles are one object, so they compare by identity."""

    fg: Color = None
    bg: Color = None
    bold: bool = False
    dim: bool = False
    italic: bool = False
    underline: bool = False
    blink: bool = False
    reverse: bool = False
    hidden: bool = False
    strike: bool = False
    overline: bool = False
    link: str = ""


class Run(NamedTuple):
    """Neighbouring characters of one look. `cells` is the width of `text` on screen."""

    text: str
    cells: int
    style: CellStyle


class CursorShape(StrEnum):
    """How the cursor is drawn."""

    BLOCK = "block"
    UNDERLINE = "underline"
    BAR = "bar"


class MouseTracking(StrEnum):
    """Which mouse events a program wants."""

    OFF = "off"
    CLICKS = "clicks"
    DRAGS = "drags"
    ALL = "all"


@record
class TerminalModes(Record):
    """What a program asked its terminal for."""

    alternate: bool = False
    application_cursor: bool = False
    application_keypad: bool = False
    bracketed_paste: bool = False
    focus_events: bool = False
    mouse: MouseTracking = MouseTracking.OFF
    mouse_sgr: bool = False
    alternate_scroll: bool = False
    newline: bool = False


class AutoAnswer(StrEnum):
    """What happens when a program asks and nobody types."""

    OFF = "off"
    ASK = "ask"
    ON = "on"


class TerminalPort(Protocol):
    """A live terminal as the screen sees it. Rows count from 0 at the top; negative rows lie in the scrollback.

    `serial(row)` changes exactly when the row's content changes, and rows of the scrollback keep theirs; it is the
    key of every cache of painted rows.
    """

    id: str
    title: str
    columns: int
    lines: int
    running: bool

    @property
    def modes(self) -> TerminalModes:
        """What the program asked for."""

    @property
    def cursor(self) -> tuple[int, int]:
        """Column and row of the cursor."""

    @property
    def cursor_visible(self) -> bool:
        """Whether the program shows the cursor."""

    @property
    def cursor_shape(self) -> CursorShape:
        """How the program wants the cursor drawn."""

    @property
    def scrollback(self) -> int:
        """How many rows lie above the screen."""

    @property
    def pushed(self) -> int:
        """How many rows ever went into the scrollback; what they were numbered by stays where it is."""

    def row(self, row: int) -> Sequence[Run]:
        """Return the runs of a row, without trailing blanks of the terminal's own look."""

    def row_text(self, row: int) -> str:
        """Return the characters of a row, without trailing blanks unless it goes on in the next one."""

    def wrapped(self, row: int) -> bool:
        """Whether the row goes on in the next one."""

    def serial(self, row: int) -> int:
        """Return a number that changes exactly when the row's content changes."""

    def watch(self, changed: Callable[[], None] | None) -> None:
        """Call `changed` once when something is to be painted, and again only after `take_dirty`."""

    def take_dirty(self) -> tuple[bool, frozenset[int]]:
        """Return whether everything is to be painted anew, and else which rows; then nothing is dirty."""

    def write(self, data: bytes) -> None:
        """Send what a person typed; returns at once."""

    def resize(self, columns: int, lines: int) -> None:
        """Give the program another screen size."""

    def set_colors(self, foreground: Rgb, background: Rgb, palette: tuple[Rgb, ...]) -> None:
        """Tell which colours are shown, the first sixteen among them, for programs that ask."""

    def focus(self, focused: bool) -> None:
        """Tell that the person's keys go there, or no longer."""
