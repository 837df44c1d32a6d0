"""What a terminal sends to its program for keys, pastes and the mouse, after xterm's conventions."""

import re
import unicodedata
from collections.abc import Mapping
from enum import Enum
from typing import Final

from tui.core.terminal import MouseTracking, TerminalModes

_CURSOR: Final[Mapping[str, str]] = {
    "up": "A", "down": "B", "right": "C", "left": "D", "home": "H", "end": "F", "kp_begin": "E",
}  # fmt: skip
_SS3: Final[Mapping[str, str]] = {"f1": "P", "f2": "Q", "f3": "R", "f4": "S"}
_TILDE: Final[Mapping[str, int]] = {
    "insert": 2, "delete": 3, "pageup": 5, "pagedown": 6, "f5": 15, "f6": 17, "f7": 18, "f8": 19, "f9": 20, "f10": 21,
    "f11": 23, "f12": 24,
}  # fmt: skip
_SHIFTED: Final[Mapping[str, str]] = {f"f{12 + number}": f"f{number}" for number in range(1, 13)}
"""Terminals without more function keys take F13 to F24 for Shift with F1 to F12."""
_PLAIN: Final[Mapping[str, str]] = {
    "enter": "\r", "tab": "\t", "escape": "\x1b", "backspace": "\x7f", "space": " ", "newline": "\n",
    "decimal": ".", "divide": "/", "multiply": "*", "subtract": "-", "add": "+", "equal": "=", "separator": ",",
}  # fmt: skip
_NAMED: Final[Mapping[str, str]] = {
    "slash": "/", "backslash": "\\", "at": "@", "minus": "-", "plus": "+", "underscore": "_", "hyphen_minus": "-",
    "circumflex_accent": "^", "grave_accent": "`", "vertical_line": "|", "tilde": "~", "apostrophe": "'",
}  # fmt: skip
_CONTROLS: Final[Mapping[str, str]] = {
    " ": "\x00", "@": "\x00", "2": "\x00", "[": "\x1b", "3": "\x1b", "\\": "\x1c", "4": "\x1c", "]": "\x1d",
    "5": "\x1d", "^": "\x1e", "6": "\x1e", "_": "\x1f", "-": "\x1f", "/": "\x1f", "7": "\x1f", "?": "\x7f", "8": "\x7f",
    "\x7f": "\x08",
}  # fmt: skip
_MODIFIERS: Final[Mapping[str, int]] = {"shift": 1, "alt": 2, "ctrl": 4, "meta": 2}
_BUTTONS: Final[Mapping[int, int]] = {0: 3, 1: 0, 2: 1, 3: 2}
_X10_MOST: Final = 222
_WHEEL_LINES: Final = 3
_PASTE_END: Final = re.compile("(?:\x1b\\[|\x9b)20[01]~")
_UNTYPED: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class Mouse(Enum):
    """What the mouse did."""

    PRESS = "press"
    RELEASE = "release"
    MOVE = "move"
    WHEEL_UP = 64
    WHEEL_DOWN = 65
    WHEEL_LEFT = 66
    WHEEL_RIGHT = 67


def encode_key(key: str, character: str | None, modes: TerminalModes) -> bytes:
    """Return the bytes of a key; nothing for one that has none, such as a modifier pressed alone.

    `key` is its name with modifiers in front (``ctrl+alt+a``), `character` the text it makes, if any.
    """
    *names, last = key.split("+")
    if any(name not in _MODIFIERS for name in names):
        return b""  # Super and Hyper belong to the desktop
    bits = 0
    for name in names:
        bits |= _MODIFIERS[name]
    if last in _SHIFTED:
        last, bits = _SHIFTED[last], bits | 1
    sequence = _function_key(last, bits, modes)
    if sequence is None:
        sequence = _text_key(last, bits, character, modes)
    return sequence.encode("utf-8", "replace")


def _function_key(last: str, bits: int, modes: TerminalModes) -> str | None:
    if last in _CURSOR:
        final = _CURSOR[last]
        if bits:
            return f"\x1b[1;{bits + 1}{final}"
        return f"\x1bO{final}" if modes.application_cursor else f"\x1b[{final}"
    if last in _SS3:
        return f"\x1b[1;{bits + 1}{_SS3[last]}" if bits else f"\x1bO{_SS3[last]}"
    if last in _TILDE:
        return f"\x1b[{_TILDE[last]};{bits + 1}~" if bits else f"\x1b[{_TILDE[last]}~"
    if last == "tab" and bits & 1:
        return "\x1b[Z" if bits & 2 == 0 else "\x1b\x1b[Z"
    return None


def _text_key(last: str, bits: int, character: str | None, modes: TerminalModes) -> str:
    if last == "enter" or last.endswith("\r"):
        text = "\r\n" if modes.newline else "\r"
    elif last == "backspace":
        text = "\x08" if character == "\x08" or bits & 4 else "\x7f"
    elif last in _PLAIN:
        text = _PLAIN[last]
    elif bits & 4 == 0 and character and character.isprintable():
        text = character
    else:
        text = _character(last)
        if bits & 1 and len(text) == 1:
            text = text.upper()
    if bits & 4 and last not in ("enter", "tab", "escape", "backspace"):
        text = _control(text)
    return f"\x1b{text}" if bits & 2 and text else text


def _character(name: str) -> str:
    """The character a key is named after."""
    if len(name) == 1:
        return name
    if name in _NAMED:
        return _NAMED[name]
    for spelled in (name.replace("_", " "), name.replace("_", "-")):
        try:
            return unicodedata.lookup(spelled.upper())
        except KeyError:
            continue
    return ""


def _control(text: str) -> str:
    low = text.lower()
    if len(low) == 1 and "a" <= low <= "z":
        return chr(ord(low) & 0x1F)
    return _CONTROLS.get(text, text)


def encode_paste(text: str, modes: TerminalModes) -> bytes:
    """Return the bytes of a paste: line ends as the Enter key, controls left out.

    What would end a bracketed paste is left out first, so that pasted text can never pose as typed text.
    """
    while _PASTE_END.search(text):
        text = _PASTE_END.sub("", text)
    text = _UNTYPED.sub("", text.replace("\r\n", "\r").replace("\n", "\r"))
    if modes.bracketed_paste:
        text = f"\x1b[200~{text}\x1b[201~"
    return text.encode("utf-8", "replace")


def encode_mouse(
    what: Mouse, button: int, place: tuple[int, int], modes: TerminalModes, *, modifiers: int = 0
) -> bytes:
    """Return the bytes of a mouse event, nothing when the program does not want it.

    `button` is 1 to 3, 0 for none; `place` is column and row from 0; `modifiers` adds 4 for Shift, 8 for Alt and 16
    for Ctrl.
    """
    if not _wanted(what, button, modes.mouse):
        return b""
    code = what.value if isinstance(what.value, int) else _BUTTONS.get(button, 3) + (32 if what is Mouse.MOVE else 0)
    code += modifiers
    column, row = place
    if modes.mouse_sgr:
        return f"\x1b[<{code};{column + 1};{row + 1}{'m' if what is Mouse.RELEASE else 'M'}".encode()
    if column > _X10_MOST or row > _X10_MOST:
        return b""  # this form has no numbers for it
    if what is Mouse.RELEASE:
        code = 3 + modifiers
    return b"\x1b[M" + bytes((code + 32, column + 33, row + 33))


def _wanted(what: Mouse, button: int, tracking: MouseTracking) -> bool:
    if tracking is MouseTracking.OFF:
        return False
    if what is not Mouse.MOVE:
        return True
    return tracking is MouseTracking.ALL or (tracking is MouseTracking.DRAGS and button > 0)


def wheel_keys(*, up: bool, modes: TerminalModes) -> bytes:
    """Return what the wheel types into a full-screen program without a mouse; nothing where it scrolls instead."""
    if not (modes.alternate and modes.alternate_scroll) or modes.mouse is not MouseTracking.OFF:
        return b""
    return encode_key("up" if up else "down", None, modes) * _WHEEL_LINES
