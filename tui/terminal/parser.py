"""Bytes to actions: a regular expression takes whole sequences, and a state machine what is cut or malformed.

Both hand the same strings to the same methods, so that the result does not depend on how the bytes were cut. Tables
are pyte's (`Stream.csi` and the like, name of a method by final byte), and below what pyte does not have.
"""

import codecs
import re
from collections.abc import Callable, Mapping
from typing import ClassVar, Final

from tui.terminal.scrollback import Scrollback
from tui.terminal.strings import Strings
from tui.terminal.styles import Style, change, known_style

_PIECE: Final = 16_384
_TOKENS: Final = re.compile(
    r"(?:\x1b\[([0-9:;<=>?]*[ -/]*)([@-~])"  # CSI
    r"|((?:[ -~]*\r\n){3,})"  # lines of plain text
    r"|(\r\n|[\n\x0b\x0c]{2,}|[\x00-\x1a\x1c-\x1f\x7f]|\x1b[6-9=>DEMHc]|\x1b[()*+][0-9A-Za-z]"  # controls
    r"|[\x1b\x80-\x9f][\x00-\U0010ffff]*)"  # or something else, and all that follows
    r"|)([^\x00-\x1f\x7f-\x9f]*)"  # then text
).findall
_PARAMETERS: Final = re.compile(r"([<=>?]*)([0-9:;]*)([ -/]*)").fullmatch
_STRING_END: Final = re.compile("[\x07\x18\x1a\x1b\x9c]").search

_GROUND, _ESCAPE, _CSI, _STRING, _STRING_ESCAPE = range(5)
_STRING_LIMIT: Final = 1 << 20
_PARTS: Final = 1024
_CSI_LIMIT: Final = 256
_ESCAPE_LIMIT: Final = 4
_PARAMETER_COUNT: Final = 32
_PARAMETER_LIMIT: Final = 65_535
_ACTIONS_KEPT: Final = 16_384
_KEPT_LENGTH: Final = 32
"""Parameters that are longer are rare, and not worth their memory."""
_ALL: Final = _PARAMETER_COUNT

# Sequences by prefix, intermediates and final byte: the method, and how many parameters it takes.
_CSI_OURS: Final[Mapping[str, tuple[str, int]]] = {
    "A": ("cursor_up", 1), "B": ("cursor_down", 1), "C": ("cursor_forward", 1), "D": ("cursor_back", 1),
    "E": ("cursor_down1", 1), "F": ("cursor_up1", 1), "G": ("cursor_to_column", 1), "`": ("cursor_to_column", 1),
    "H": ("cursor_position", 2), "f": ("cursor_position", 2), "d": ("cursor_to_line", 1), "e": ("relative_line", 1),
    "a": ("relative_column", 1), "I": ("tab_forward", 1), "Z": ("tab_back", 1), "b": ("repeat", 1),
    "S": ("scroll_up", 1), "T": ("scroll_down", 1), "s": ("set_side_margins", 2), "u": ("restore_cursor", 0),
    "J": ("erase_in_display", 1), "?J": ("erase_in_display", 1), "?K": ("erase_in_line", 1), "r": ("set_margins", 2),
    "$x": ("fill_rectangle", 5), "$z": ("erase_rectangle", 4), "${": ("erase_selectively", 4),
    "$v": ("copy_rectangle", 7), "t": ("window", 3), "!p": ("soft_reset", 0), " q": ("set_cursor_style", 1),
    "'}": ("insert_columns", 1), "'~": ("delete_columns", 1), "h": ("set_mode", _ALL), "l": ("reset_mode", _ALL),
    "?h": ("set_private", _ALL), "?l": ("reset_private", _ALL), "?s": ("remember_modes", _ALL),
    "?r": ("recall_modes", _ALL),
    "c": ("report_device_attributes", 1), ">c": ("report_secondary", 1), "=c": ("report_tertiary", 1),
    ">q": ("report_version", 1), "n": ("report_device_status", 1), "?n": ("report_private_status", 1),
    "$p": ("report_mode", 1), "?$p": ("report_private_mode", 1),
}  # fmt: skip
_ESCAPE_OURS: Final[Mapping[str, str]] = {
    "7": "save_cursor", "8": "restore_cursor", "=": "keypad_application", ">": "keypad_numeric", "D": "index",
    "E": "next_line", "M": "reverse_index", "H": "set_tab_stop", "c": "reset", "#8": "alignment_display",
    "6": "back_index", "9": "forward_index", "Z": "report_device_attributes", "n": "lock_shift_two",
    "o": "lock_shift_three",
}  # fmt: skip
_BASIC_OURS: Final[Mapping[str, str]] = {
    "\x07": "bell", "\x08": "backspace", "\t": "tab", "\n": "linefeed", "\x0b": "linefeed", "\x0c": "linefeed",
    "\r": "carriage_return", "\r\n": "new_line", "\x0e": "shift_out", "\x0f": "shift_in",
}  # fmt: skip
_IGNORED: Final = [chr(code) for code in (*range(0x20), 0x7F) if code != 0x1B]

Handler = Callable[..., object]


def _nothing(*_: object) -> None:
    """What a sequence without a meaning does."""


class Parser(Strings):
    """The way from bytes to the methods of the screen."""

    csi: ClassVar[Mapping[str, str]]
    escape: ClassVar[Mapping[str, str]]

    def __init__(self, columns: int, lines: int, scrollback: Scrollback) -> None:
        super().__init__(columns, lines, scrollback)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._state = _GROUND
        self._held = ""
        self._kind = ""
        self._body: list[str] = []
        self._body_size = 0
        self._actions: dict[tuple[str, str], tuple[Handler, tuple[int, ...]]] = {}
        pyte_csi = {final: (name, 1) for final, name in self.csi.items()}
        self._csi_table = {**pyte_csi, **_CSI_OURS}
        self._escapes: dict[str, Handler] = {
            key: getattr(self, name) for key, name in {**self.escape, **_ESCAPE_OURS}.items()
        }
        self._controls: dict[str, Handler] = dict.fromkeys(_IGNORED, _nothing)
        self._controls |= {key: getattr(self, name) for key, name in _BASIC_OURS.items()}
        self._controls |= {"\x1b" + key: handler for key, handler in self._escapes.items() if key in "6789=>DEMHc"}

    def feed(self, data: bytes) -> None:
        """Take what the program wrote; any cut of it gives the same screen."""
        text = self._decoder.decode(data)
        if len(text) <= _PIECE:
            self._run(text)
        else:
            for at in range(0, len(text), _PIECE):
                self._run(text[at : at + _PIECE])

    def _run(self, data: str) -> None:
        if self._state:
            data = self._finish_sequence(data)
        actions, controls, draw = self._actions, self._controls, self.draw
        while data:
            tokens, data = _TOKENS(data), ""
            for parameters, final, lines, control, text in tokens:
                if final == "m":
                    self.style = known_style((self.style, parameters)) or self.changed_style(parameters)
                elif final:
                    handler, values = actions.get((parameters, final)) or self._action(parameters, final)
                    handler(*values)
                elif control:
                    if handler_of := controls.get(control):
                        handler_of()
                    else:
                        data = self._take_other(control)
                elif lines:
                    self.draw_lines(lines[:-2].split("\r\n"))
                if text:
                    draw(text)

    def _take_other(self, control: str) -> str:
        """Take several line feeds, or a sequence and what follows it; return what is left."""
        if control[0] >= "\x0e":
            return self._finish_sequence(control)
        self.linefeeds(len(control))
        return ""

    def changed_style(self, parameters: str) -> Style:
        """The look after SGR; with a prefix or an intermediate it is something else, which is not known."""
        if parameters and (parameters[0] >= "<" or parameters[-1] < "0" or len(parameters) > _CSI_LIMIT):
            return self.style
        return change(self.style, parameters)

    def _action(self, parameters: str, final: str) -> tuple[Handler, tuple[int, ...]]:
        """The method for a CSI sequence and its parameters, kept for the next time."""
        action: tuple[Handler, tuple[int, ...]] = (_nothing, ())
        match = _PARAMETERS(parameters) if len(parameters) <= _CSI_LIMIT else None
        if match and ":" not in parameters:
            prefix, numbers, intermediates = match.groups()
            name, most = self._csi_table.get(prefix + intermediates + final, ("", 0))
            if name:
                action = (getattr(self, name), self._numbers(numbers)[:most])
        if len(self._actions) >= _ACTIONS_KEPT:
            self._actions.clear()
        if len(parameters) <= _KEPT_LENGTH:
            self._actions[parameters, final] = action
        return action

    @staticmethod
    def _numbers(text: str) -> tuple[int, ...]:
        if not text:
            return ()
        values = [part.lstrip("0") or "0" for part in text.split(";", _PARAMETER_COUNT)[:_PARAMETER_COUNT]]
        return tuple(min(int(part), _PARAMETER_LIMIT) if len(part) < 6 else _PARAMETER_LIMIT for part in values)

    def _finish_sequence(self, text: str) -> str:
        """Take characters one by one until a sequence ends; return what follows it."""
        at, end = 0, len(text)
        while at < end:
            if self._state == _STRING:
                at = self._string(text, at)
            elif self._step(text[at]):
                at += 1
            if self._state == _GROUND:
                return text[at:]
        return ""

    def _step(self, char: str) -> bool:
        """Take one character, unless it is to be looked at again in the state that follows: then False."""
        state = self._state
        if state == _GROUND:
            self._begin(char)
        elif state == _STRING_ESCAPE:
            if char == "\\":
                self._end_string("\x1b\\")
            else:
                self._state, self._held = _ESCAPE, ""
                return False
        elif char == "\x1b":
            self._state, self._held = _ESCAPE, ""
        elif char in "\x18\x1a":
            self._state = _GROUND
        elif char < " " or char == "\x7f":
            self._controls.get(char, _nothing)()
        elif char > "\x7f":
            self._state = _GROUND
            return char < "\xa0" and self._step(char)
        elif state == _ESCAPE:
            self._step_escape(char)
        else:
            self._step_csi(char)
        return True

    def _begin(self, char: str) -> None:
        """Begin with ESC or a C1 control."""
        self._held = ""
        if char == "\x1b":
            self._state = _ESCAPE
        elif char > "\x7f":
            self._state = _ESCAPE
            self._step_escape(chr(ord(char) - 0x40))

    def _step_escape(self, char: str) -> None:
        if char < "0":
            self._held += char if len(self._held) < _ESCAPE_LIMIT else ""
        elif self._held:
            self._state = _GROUND
            self._escape_sequence(self._held, char)
        elif char == "[":
            self._state, self._held = _CSI, ""
        elif char in "]PX^_":
            self._state, self._kind, self._body, self._body_size = _STRING, char, [], 0
        else:
            self._state = _GROUND
            self._escapes.get(char, _nothing)()

    def _escape_sequence(self, intermediates: str, final: str) -> None:
        if intermediates in "()*+":
            self.define_charset(final, intermediates)
        else:
            self._escapes.get(intermediates + final, _nothing)()

    def _step_csi(self, char: str) -> None:
        if char < "@":
            if len(self._held) <= _CSI_LIMIT:
                self._held += char
            return
        self._state = _GROUND
        if char == "m":
            self.style = self.changed_style(self._held)
        else:
            handler, values = self._action(self._held, char)
            handler(*values)

    def _string(self, text: str, at: int) -> int:
        """Take text of an OSC, DCS or the like up to its end; return where to go on."""
        match = _STRING_END(text, at)
        stop = match.start() if match else len(text)
        if self._kind in "]P" and stop > at and self._body_size <= _STRING_LIMIT:
            self._body.append(text[at:stop])
            self._body_size += stop - at
            if len(self._body) >= _PARTS:
                self._body = ["".join(self._body)]
        if match is None:
            return stop
        char = match[0]
        if char == "\x1b":
            self._state = _STRING_ESCAPE
        elif char == "\x9c" or (char == "\x07" and self._kind == "]"):
            self._end_string(char)
        elif char != "\x07":
            self._state = _GROUND
        return stop + 1

    def _end_string(self, end: str) -> None:
        self._state = _GROUND
        body, self._body = "".join(self._body), []
        if len(body) > _STRING_LIMIT:
            return
        if self._kind == "]":
            self.operating_system_command(body, end)
        elif self._kind == "P":
            self.device_control_string(body)
