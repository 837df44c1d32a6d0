"""Answers to what programs ask their terminal. Nothing that is on the screen, its title or the clipboard is told."""

from typing import Final

from tui.terminal.modes import COLOR_SCHEME, Modes
from tui.terminal.scrollback import Scrollback
from tui.terminal.styles import parameters_of

_PERMANENTLY_RESET: Final = frozenset({1, 5, 7, 10, 11, *range(13, 20)})
"""ANSI modes of page terminals, which nobody can set."""
_CELL: Final = (16, 8)
"""Height and width of a cell as programs are told, which want to know what shape their cells have."""
_CAPABILITIES: Final = {"TN": "xterm-256color", "Co": "256", "colors": "256", "RGB": "8/8/8"}
"""What XTGETTCAP tells; nothing in it depends on who asks or where."""
_MOST_CAPABILITIES: Final = 16

Rgb = tuple[int, int, int]

_LIMIT: Final = 64 << 10
_ST: Final = "\x1b\\"
_LEVELS: Final = (0, 95, 135, 175, 215, 255)
_SIXTEEN: Final[tuple[Rgb, ...]] = (
    (0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229),
    (127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255), (255, 0, 255), (0, 255, 255),
    (255, 255, 255),
)  # fmt: skip
_CUBE: Final[tuple[Rgb, ...]] = tuple((red, green, blue) for red in _LEVELS for green in _LEVELS for blue in _LEVELS)
_GREYS: Final[tuple[Rgb, ...]] = tuple((level, level, level) for level in range(8, 248, 10))
PALETTE: Final = _SIXTEEN + _CUBE + _GREYS
"""The usual 256 colours."""


def _color(rgb: Rgb) -> str:
    return "rgb:" + "/".join(f"{part:02x}{part:02x}" for part in rgb)


class Replies(Modes):
    """Device attributes and status, modes, settings, sizes, colours."""

    def __init__(self, columns: int, lines: int, scrollback: Scrollback) -> None:
        super().__init__(columns, lines, scrollback)
        self._colors: dict[str, Rgb] = {"10": (229, 229, 229), "11": (0, 0, 0), "12": (229, 229, 229)}
        self._palette: tuple[Rgb, ...] = PALETTE
        self._replies: list[str] = []
        self._replied = 0

    def take_replies(self) -> bytes:
        """Return the answers to the program's queries, to be written to it; then there are none."""
        if not self._replies:
            return b""
        data = "".join(self._replies).encode()
        self._replies.clear()
        self._replied = 0
        return data

    def write_process_input(self, data: str) -> None:
        """Keep an answer; the rest is dropped when a program asks and asks and never reads."""
        if self._replied < _LIMIT:
            self._replies.append(data)
            self._replied += len(data)

    def set_colors(self, foreground: Rgb, background: Rgb, palette: tuple[Rgb, ...] = ()) -> None:
        """Tell which colours are shown, for programs that ask; `palette` has the first ones of the 256."""
        was_light = self._is_light()
        self._colors = {"10": foreground, "11": background, "12": foreground}
        self._palette = (*palette[:256], *PALETTE[len(palette) :])
        if was_light != self._is_light() and self.has(COLOR_SCHEME):
            self.report_private_status(996)

    def report_device_attributes(self, mode: int = 0, private: bool = False) -> None:
        """DA1: a VT220 with colours."""
        if mode == 0 and not private:
            self.write_process_input("\x1b[?62;22c")

    def report_secondary(self, mode: int = 0) -> None:
        """DA2: told as xterm does, for programs that choose their features by it."""
        if mode == 0:
            self.write_process_input("\x1b[>41;354;0c")

    def report_tertiary(self, mode: int = 0) -> None:
        """DA3: no unit number."""
        if mode == 0:
            self.write_process_input("\x1bP!|00000000" + _ST)

    def report_version(self, mode: int = 0) -> None:
        """XTVERSION."""
        if mode == 0:
            self.write_process_input("\x1bP>|LLMMixer" + _ST)

    def report_device_status(self, mode: int = 0) -> None:
        """DSR: ready (5), or where the cursor is (6)."""
        if mode == 5:
            self.write_process_input("\x1b[0n")
        elif mode == 6:
            self.write_process_input("\x1b[{};{}R".format(*self._reported_place()))

    def report_private_status(self, mode: int = 0) -> None:
        """DSR with a question mark: cursor, no printer, no locked keys, a keyboard, light or dark."""
        if mode == 6:
            self.write_process_input("\x1b[?{};{};1R".format(*self._reported_place()))
        answers = {15: "?13n", 25: "?20n", 26: "?27;1;0;0n", 996: f"?997;{2 if self._is_light() else 1}n"}
        if mode in answers:
            self.write_process_input("\x1b[" + answers[mode])

    def _reported_place(self) -> tuple[int, int]:
        y, x = self.cursor.y, min(self.cursor.x, self.columns - 1)
        if self.origin:
            y, x = y - self.top_margin, x - self.left_margin
        return y + 1, x + 1

    def _is_light(self) -> bool:
        return sum(self._colors["11"]) > 384

    def report_mode(self, mode: int = 0) -> None:
        """DECRQM for ANSI modes."""
        known = {4: self.insert, 20: self.newline}
        missing = 4 if mode in _PERMANENTLY_RESET else 0
        self.write_process_input(f"\x1b[{mode};{(1 if known[mode] else 2) if mode in known else missing}$y")

    def report_private_mode(self, mode: int = 0) -> None:
        """DECRQM for private modes."""
        answer = 0
        if self.knows(mode):
            answer = 1 if self.has(mode) else 2
        self.write_process_input(f"\x1b[?{mode};{answer}$y")

    def report_window(self, what: int = 0, *_: int) -> None:
        """XTWINOPS: open (11), size in pixels (14), of a cell (16), in cells (18, 19), never a title (20, 21)."""
        size = f"{self.lines};{self.columns}t"
        height, width = _CELL
        answers = {
            11: "\x1b[1t",
            14: f"\x1b[4;{self.lines * height};{self.columns * width}t",
            16: f"\x1b[6;{height};{width}t",
            18: f"\x1b[8;{size}",
            19: f"\x1b[9;{size}",
            20: f"\x1b]L{_ST}",
            21: f"\x1b]l{_ST}",
        }
        if what in answers:
            self.write_process_input(answers[what])

    def report_setting(self, what: str) -> None:
        """DECRQSS: how the program set look, margins, cursor and level."""
        answers = {
            "m": parameters_of(self.style) + "m",
            "r": f"{self.top_margin + 1};{self.bottom_margin}r",
            "s": f"{self.left_margin + 1};{self.right_margin}s",
            " q": f"{self.cursor_style or 1} q",
            '"p': '62;1"p',
            '"q': '0"q',
            "t": f"{self.lines}t",
            "*|": f"{self.lines}*|",
        }
        self.write_process_input(f"\x1bP1$r{answers[what]}{_ST}" if what in answers else f"\x1bP0$r{_ST}")

    def report_capabilities(self, names: str) -> None:
        """XTGETTCAP: each known name, in hexadecimal, with its value; that another is not known, without its name."""
        known = {name.encode().hex(): value.encode().hex() for name, value in _CAPABILITIES.items()}
        for asked in names.lower().split(";", _MOST_CAPABILITIES)[:_MOST_CAPABILITIES]:
            found = f"1+r{asked}={known[asked]}" if asked in known else "0+r"
            self.write_process_input(f"\x1bP{found}{_ST}")

    def report_color(self, number: str, end: str) -> None:
        """OSC 10, 11, 12 with a question mark: foreground, background, cursor."""
        self.write_process_input(f"\x1b]{number};{_color(self._colors[number])}{end}")

    def report_palette(self, number: str, end: str) -> None:
        """OSC 4 with a question mark."""
        if number.isascii() and number.isdecimal() and len(number) < 4 and int(number) < len(self._palette):
            self.write_process_input(f"\x1b]4;{number};{_color(self._palette[int(number)])}{end}")
