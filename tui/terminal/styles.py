"""The look of cells while a screen is written: small tuples, made from SGR parameters, turned into `CellStyle` late."""

from typing import Final, TypeAlias

from tui.core.terminal import CellStyle, Color

Style: TypeAlias = tuple[Color, Color, int, str]
"""Foreground, background, bits of the attributes below, address of the link."""

PLAIN: Final[Style] = (None, None, 0, "")

BOLD, DIM, ITALIC, UNDERLINE, BLINK, REVERSE, HIDDEN, STRIKE, OVERLINE = (1 << bit for bit in range(9))
_BITS: Final = (BOLD, DIM, ITALIC, UNDERLINE, BLINK, REVERSE, HIDDEN, STRIKE, OVERLINE)
_ON: Final = {
    1: BOLD, 2: DIM, 3: ITALIC, 4: UNDERLINE, 5: BLINK, 6: BLINK, 7: REVERSE, 8: HIDDEN, 9: STRIKE, 21: UNDERLINE,
    53: OVERLINE,
}  # fmt: skip
_OFF: Final = {
    22: BOLD | DIM, 23: ITALIC, 24: UNDERLINE, 25: BLINK, 27: REVERSE, 28: HIDDEN, 29: STRIKE, 55: OVERLINE,
}  # fmt: skip
_PALETTE: Final = {
    **{code: (0, code - 30) for code in range(30, 38)},
    **{code: (0, code - 82) for code in range(90, 98)},
    **{code: (1, code - 40) for code in range(40, 48)},
    **{code: (1, code - 92) for code in range(100, 108)},
    39: (0, None),
    49: (1, None),
}
_EXTENDED: Final = {38: 0, 48: 1, 58: 2}  # 58 is the colour of the underline, which is not drawn
_INDEXED, _DIRECT, _UNDERLINE_CODE = 5, 2, 4
_BYTES: Final = {str(number): number for number in range(256)}
_KEPT: Final = 4096

_changed: dict[tuple[Style, str], Style] = {}
_cell_styles: dict[Style, CellStyle] = {}
_interned: dict[CellStyle, CellStyle] = {}


def change(style: Style, parameters: str) -> Style:
    """Return `style` after ``CSI parameters m``; parameters that are unknown or broken change nothing."""
    key = (style, parameters)
    found = _changed.get(key)
    if found is None:
        if len(_changed) >= _KEPT:
            _changed.clear()
        _changed[key] = found = _apply(style, parameters)
    return found


def _apply(style: Style, parameters: str) -> Style:
    if ":" in parameters:
        return _apply_groups(style, parameters)
    try:
        codes = [_BYTES[text] for text in parameters.split(";", 64)[:64]]
    except KeyError:
        codes = [_number(text) for text in parameters.split(";", 64)[:64]]
    colors: list[Color] = [style[0], style[1], None]
    bits, at, end = style[2], 0, len(codes)
    while at < end:
        code = codes[at]
        at += 1
        if code in _EXTENDED:
            color, taken = _extended(codes[at : at + 4])
            at += taken
            if color is not None:
                colors[_EXTENDED[code]] = color
        else:
            bits = _simple(code, bits, colors)
    return (colors[0], colors[1], bits, style[3])


def _simple(code: int, bits: int, colors: list[Color]) -> int:
    if code in _ON:
        return bits | _ON[code]
    if code in _PALETTE:
        which, color = _PALETTE[code]
        colors[which] = color
    elif code == 0:
        colors[0] = colors[1] = None
        return 0
    elif code in _OFF:
        return bits & ~_OFF[code]
    return bits


def _extended(codes: list[int]) -> tuple[Color, int]:
    """The colour that follows 38 or 48, and how many codes it takes; None for none."""
    kind = codes[0] if codes else 0
    if kind == _INDEXED:
        good = len(codes) > 1 and codes[1] < 256
        return (codes[1] if good else None), 2
    if kind == _DIRECT:
        if len(codes) == 4 and max(codes) < 256:
            return (codes[1], codes[2], codes[3]), 4
        return None, 4
    return None, 1


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
    if code == _UNDERLINE_CODE:
        return (style[0], style[1], (style[2] | UNDERLINE) if kind else (style[2] & ~UNDERLINE), style[3])
    if code not in _EXTENDED or _EXTENDED[code] > 1:
        return style
    if kind == _DIRECT and len(numbers) > 5:
        numbers = [code, kind, *numbers[3:6]]
    color, _ = _extended(numbers[1:5])
    if color is None:
        return style
    return (color, style[1], style[2], style[3]) if _EXTENDED[code] == 0 else (style[0], color, style[2], style[3])


def _number(text: str) -> int:
    """The value of a parameter; an empty one is 0, and what is too long or no number is one that nothing means."""
    if not text:
        return 0
    return int(text) if len(text) < 6 and text.isdecimal() else 65_535


def parameters_of(style: Style) -> str:
    """The SGR parameters that make `style` from the plain one."""
    parts = ["0", *(str(code) for code, bit in _ON.items() if style[2] & bit and code not in {6, 21})]
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
