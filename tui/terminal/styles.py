"""The look of cells while a screen is written: small tuples, made from SGR parameters, turned into `CellStyle` late."""

from collections.abc import Iterator
from typing import Final, TypeAlias

from tui.core.terminal import CellStyle, Color

Style: TypeAlias = tuple[Color, Color, int, str]
"""Foreground, background, bits of the attributes below, address of the link."""

PLAIN: Final[Style] = (None, None, 0, "")

BOLD, DIM, ITALIC, UNDERLINE, BLINK, REVERSE, HIDDEN, STRIKE, OVERLINE = (1 << bit for bit in range(9))
_BITS: Final = (BOLD, DIM, ITALIC, UNDERLINE, BLINK, REVERSE, HIDDEN, STRIKE, OVERLINE)
_ON: Final = {
    1: BOLD, 2: DIM, 3: ITALIC, 4: UNDERLINE, 5: BLINK, 7: REVERSE, 8: HIDDEN, 9: STRIKE, 53: OVERLINE,
}  # fmt: skip
_OFF: Final = {
    22: BOLD | DIM, 23: ITALIC, 24: UNDERLINE, 25: BLINK, 27: REVERSE, 28: HIDDEN, 29: STRIKE, 55: OVERLINE,
}  # fmt: skip
_TURNS: Final = {
    **{code: (on, 0) for code, on in _ON.items()}, 6: (BLINK, 0), 21: (UNDERLINE, 0),
    **{code: (0, off) for code, off in _OFF.items()},
}  # fmt: skip
"""Which bits a code turns on, and which off."""

_FOREGROUNDS: Final[dict[int, Color]] = {
    **{code: code - 30 for code in range(30, 38)},
    **{code: code - 82 for code in range(90, 98)},
    39: None,
}
_BACKGROUNDS: Final[dict[int, Color]] = {
    **{code: code - 40 for code in range(40, 48)},
    **{code: code - 92 for code in range(100, 108)},
    49: None,
}
_FOREGROUND, _BACKGROUND, _UNDERLINE_COLOR = 38, 48, 58  # the colour of the underline is not drawn
_INDEXED, _DIRECT, _UNDERLINE_CODE = 5, 2, 4
_BYTES: Final = {str(number): number for number in range(256)}
_KEPT: Final = 4096
_KEPT_LENGTH: Final = 48

_changed: dict[tuple[Style, str], Style] = {}
_cell_styles: dict[Style, CellStyle] = {}
_interned: dict[CellStyle, CellStyle] = {}


known_style: Final = _changed.get
"""The look for a look and SGR parameters, None when it was not asked for lately."""


def change(style: Style, parameters: str) -> Style:
    """Return `style` after ``CSI parameters m``; parameters that are unknown or broken change nothing."""
    if len(_changed) >= _KEPT:
        _changed.clear()
    changed = _apply(style, parameters)
    if len(parameters) <= _KEPT_LENGTH:
        _changed[style, parameters] = changed
    return changed


def _apply(style: Style, parameters: str) -> Style:
    if ":" in parameters:
        return _apply_groups(style, parameters)
    fg, bg, bits, link = style
    rest = iter(_codes(parameters))
    for code in rest:
        if code in _TURNS:
            on, off = _TURNS[code]
            bits = bits & ~off | on
        elif code == _FOREGROUND:
            fg = _extended(rest, fg)
        elif code == _BACKGROUND:
            bg = _extended(rest, bg)
        elif code in _FOREGROUNDS:
            fg = _FOREGROUNDS[code]
        elif code in _BACKGROUNDS:
            bg = _BACKGROUNDS[code]
        elif code == 0:
            fg = bg = None
            bits = 0
        elif code == _UNDERLINE_COLOR:
            _extended(rest, None)
    return (fg, bg, bits, link)


def _codes(parameters: str) -> list[int]:
    texts = parameters.split(";", 64)[:64]
    try:
        return [_BYTES[text] for text in texts]
    except KeyError:
        return [_number(text) for text in texts]


def _extended(codes: Iterator[int], color: Color) -> Color:
    """Take what follows 38 or 48 from `codes`: another colour, or `color` when it is none."""
    kind = next(codes, 0)
    if kind == _DIRECT:
        direct = (next(codes, 256), next(codes, 256), next(codes, 256))
        return direct if max(direct) < 256 else color
    if kind == _INDEXED:
        index = next(codes, 256)
        return index if index < 256 else color
    return color


def _apply_groups(style: Style, parameters: str) -> Style:
    """SGR where some parameters have sub-parameters after colons, as in ``38:2::255:0:0`` and ``4:3``."""
    plain: list[str] = []
    for group in parameters.split(";", 64)[:64]:
        if ":" not in group:
            plain.append(group)
            continue
        if plain:
            style, plain = _apply(style, ";".join(plain)), []
        style = _apply_group(style, [_number(text) for text in group.split(":", 8)[:8]])
    return _apply(style, ";".join(plain)) if plain else style


def _apply_group(style: Style, numbers: list[int]) -> Style:
    code, kind = numbers[0], numbers[1]
    fg, bg, bits, link = style
    if kind == _DIRECT and len(numbers) > 5:  # with a colour space before red, green, blue
        numbers = [code, kind, *numbers[3:6]]
    if code == _UNDERLINE_CODE:
        bits = bits | UNDERLINE if kind else bits & ~UNDERLINE
    elif code == _FOREGROUND:
        fg = _extended(iter(numbers[1:]), fg)
    elif code == _BACKGROUND:
        bg = _extended(iter(numbers[1:]), bg)
    return (fg, bg, bits, link)


def _number(text: str) -> int:
    """The value of a parameter; an empty one is 0, and what is too long or no number is one that nothing means."""
    if not text:
        return 0
    return int(text) if len(text) < 6 and text.isdecimal() else 65_535


def parameters_of(style: Style) -> str:
    """The SGR parameters that make `style` from the plain one."""
    parts = ["0", *(str(code) for code, bit in _ON.items() if style[2] & bit)]
    for base, color in ((30, style[0]), (40, style[1])):
        if isinstance(color, tuple):
            parts.append(f"{base + 8}:2::{color[0]}:{color[1]}:{color[2]}")
        elif color is not None:
            low = str(base + color) if color < 8 else str(base + 52 + color)
            parts.append(low if color < 16 else f"{base + 8}:5:{color}")
    return ";".join(parts)


def cell_style(style: Style) -> CellStyle:
    """Return `style` for painting. Equal ones are one object, within the last few thousand."""
    found = _cell_styles.get(style)
    if found is None:
        if len(_cell_styles) >= _KEPT:
            _cell_styles.clear()
            _interned.clear()
        fg, bg, bits, link = style
        bold, dim, italic, underline, blink, reverse, hidden, strike, overline = (bool(bits & bit) for bit in _BITS)
        made = CellStyle(fg, bg, bold, dim, italic, underline, blink, reverse, hidden, strike, overline, link)
        _cell_styles[style] = found = _interned.setdefault(made, made)
    return found
