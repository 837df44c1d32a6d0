"""What programs receive for keys, pastes and the mouse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual._xterm_parser import XTermParser
from textual.events import Key

from tui.core.terminal import MouseTracking, TerminalModes
from tui.ui.view.terminal_keys import Mouse, encode_key, encode_mouse, encode_paste, wheel_keys
from tui.ui.widgets.terminal_input import sent_bytes, teach_sent_keys

PLAIN = TerminalModes()
APPLICATION = TerminalModes(application_cursor=True, application_keypad=True)
KEYS: tuple[tuple[str, str | None, bytes], ...] = (
    ("a", "a", b"a"), ("A", "A", b"A"), ("upper_a", "A", b"A"), ("space", " ", b" "), ("é", "é", "é".encode()),
    ("日", "日", "日".encode()), ("full_stop", ".", b"."), ("plus", "+", b"+"), ("slash", "/", b"/"),
    ("enter", "\r", b"\r"), ("shift+enter", None, b"\r"), ("ctrl+enter", None, b"\r"), ("alt+enter", None, b"\x1b\r"),
    ("tab", "\t", b"\t"), ("shift+tab", None, b"\x1b[Z"), ("escape", "\x1b", b"\x1b"), ("backspace", "\x7f", b"\x7f"),
    ("backspace", "\x08", b"\x08"), ("ctrl+backspace", None, b"\x08"), ("alt+backspace", None, b"\x1b\x7f"),
    ("ctrl+a", "\x01", b"\x01"), ("ctrl+z", "\x1a", b"\x1a"), ("ctrl+at", "\x00", b"\x00"),
    ("ctrl+space", None, b"\x00"), ("ctrl+left_square_bracket", None, b"\x1b"), ("ctrl+backslash", "\x1c", b"\x1c"),
    ("ctrl+right_square_bracket", "\x1d", b"\x1d"), ("ctrl+circumflex_accent", "\x1e", b"\x1e"),
    ("ctrl+underscore", "\x1f", b"\x1f"), ("ctrl+slash", None, b"\x1f"), ("ctrl+shift+c", None, b"\x03"),
    ("alt+a", "a", b"\x1ba"), ("alt+shift+a", "A", b"\x1bA"), ("alt+1", None, b"\x1b1"),
    ("alt+full_stop", None, b"\x1b."), ("alt+ctrl+a", None, b"\x1b\x01"), ("alt+underscore", None, b"\x1b_"),
    ("up", None, b"\x1b[A"), ("shift+up", None, b"\x1b[1;2A"), ("alt+left", None, b"\x1b[1;3D"),
    ("ctrl+right", None, b"\x1b[1;5C"), ("alt+ctrl+shift+down", None, b"\x1b[1;8B"), ("home", None, b"\x1b[H"),
    ("ctrl+end", None, b"\x1b[1;5F"), ("insert", None, b"\x1b[2~"), ("delete", None, b"\x1b[3~"),
    ("shift+delete", None, b"\x1b[3;2~"), ("pageup", None, b"\x1b[5~"), ("ctrl+pagedown", None, b"\x1b[6;5~"),
    ("f1", None, b"\x1bOP"), ("f4", None, b"\x1bOS"), ("shift+f1", None, b"\x1b[1;2P"), ("f5", None, b"\x1b[15~"),
    ("f12", None, b"\x1b[24~"), ("ctrl+f5", None, b"\x1b[15;5~"), ("f13", None, b"\x1b[1;2P"),
    ("f17", None, b"\x1b[15;2~"), ("left_shift", None, b""), ("caps_lock", None, b""), ("super+a", None, b""),
    ("media_play", None, b""), ("scroll_lock", None, b""),
)  # fmt: skip


@pytest.mark.parametrize(("key", "character", "sent"), KEYS)
def test_keys(key: str, character: str | None, sent: bytes) -> None:
    assert encode_key(key, character, PLAIN) == sent


@pytest.mark.parametrize(
    ("key", "sent"),
    [("up", b"\x1bOA"), ("home", b"\x1bOH"), ("end", b"\x1bOF"), ("shift+up", b"\x1b[1;2A"), ("f1", b"\x1bOP")],
)
def test_application_cursor_keys(key: str, sent: bytes) -> None:
    assert encode_key(key, None, APPLICATION) == sent


def test_enter_in_newline_mode() -> None:
    assert encode_key("enter", "\r", TerminalModes(newline=True)) == b"\r\n"


ROUND_TRIPS = (
    "a", "Z", "\r", "\t", "\x7f", "\x08", "\x01", "\x1a", "\x1c", "\x1d", "\x1e", "\x1f", "\x00", "\x1b[A", "\x1b[1;5C",
    "\x1b[1;2H", "\x1b[3~", "\x1b[5;5~", "\x1bOP", "\x1bOS", "\x1b[15~", "\x1b[24~", "\x1b[Z", "\x1b.", "\x1b,",
    "\x1b0", "\x1b_"[:1] + "-", "\x1b=", "\x1bf", "\x1bb", "\x1b\x7f", "\x1b\x01", "\x1b\x05", "\x1b[1;3D", "\x1b/",
    "é", "日",
)  # fmt: skip


@pytest.mark.parametrize("sent", ROUND_TRIPS)
def test_what_the_keyboard_sends_reaches_the_program(sent: str) -> None:
    """Through Textual's own parser of what terminals send, as it is at present, and back."""
    teach_sent_keys()
    keys: list[Key] = []
    for token in XTermParser().feed(sent):
        assert isinstance(token, Key)
        keys.append(token)
    passed = [sent_bytes(key.key) or encode_key(key.key, key.character, PLAIN) for key in keys]
    assert b"".join(passed) == sent.encode()


@pytest.mark.parametrize(
    ("sent", "meant"),
    [("\x1bf", "ctrl+right"), ("\x1bb", "ctrl+left"), ("\x1b\x7f", "ctrl+w")],
)
def test_keys_that_are_taught_stay_what_they_were_elsewhere(sent: str, meant: str) -> None:
    teach_sent_keys()
    (key,) = XTermParser().feed(sent)
    assert isinstance(key, Key)
    assert key.key == meant


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("one\ntwo", b"one\rtwo"),
        ("one\r\ntwo\r", b"one\rtwo\r"),
        ("tab\there", b"tab\there"),
        ("\x1b[31mred\x07", b"[31mred"),
        ("\x9b201~x", b"x"),
    ],
)
def test_pastes(text: str, sent: bytes) -> None:
    assert encode_paste(text, PLAIN) == sent


@given(st.text(alphabet="a\n\r\x1b\x9b[]201~;", max_size=60))
def test_no_paste_can_end_its_bracket(text: str) -> None:
    sent = encode_paste(text, TerminalModes(bracketed_paste=True))
    assert sent.startswith(b"\x1b[200~")
    assert sent.endswith(b"\x1b[201~")
    inside = sent[6:-6].decode()
    assert "\x1b" not in inside
    assert "\x9b" not in inside


CLICKS = TerminalModes(mouse=MouseTracking.CLICKS, mouse_sgr=True)
DRAGS = TerminalModes(mouse=MouseTracking.DRAGS, mouse_sgr=True)
ALL = TerminalModes(mouse=MouseTracking.ALL, mouse_sgr=True)
OLD = TerminalModes(mouse=MouseTracking.CLICKS)


@pytest.mark.parametrize(
    ("modes", "what", "button", "modifiers", "sent"),
    [
        (PLAIN, Mouse.PRESS, 1, 0, b""),
        (CLICKS, Mouse.PRESS, 1, 0, b"\x1b[<0;5;3M"),
        (CLICKS, Mouse.RELEASE, 1, 0, b"\x1b[<0;5;3m"),
        (CLICKS, Mouse.PRESS, 3, 16, b"\x1b[<18;5;3M"),
        (CLICKS, Mouse.WHEEL_UP, 0, 0, b"\x1b[<64;5;3M"),
        (CLICKS, Mouse.WHEEL_DOWN, 0, 8, b"\x1b[<73;5;3M"),
        (CLICKS, Mouse.MOVE, 1, 0, b""),
        (DRAGS, Mouse.MOVE, 1, 0, b"\x1b[<32;5;3M"),
        (DRAGS, Mouse.MOVE, 0, 0, b""),
        (ALL, Mouse.MOVE, 0, 0, b"\x1b[<35;5;3M"),
        (OLD, Mouse.PRESS, 2, 0, b"\x1b[M!%#"),
        (OLD, Mouse.RELEASE, 2, 0, b"\x1b[M#%#"),
    ],
)
def test_the_mouse(modes: TerminalModes, what: Mouse, button: int, modifiers: int, sent: bytes) -> None:
    assert encode_mouse(what, button, (4, 2), modes, modifiers=modifiers) == sent


def test_the_old_form_of_the_mouse_has_no_numbers_for_far_cells() -> None:
    assert encode_mouse(Mouse.PRESS, 1, (223, 2), OLD) == b""
    assert encode_mouse(Mouse.PRESS, 1, (222, 2), OLD) == b"\x1b[M \xff#"
    assert encode_mouse(Mouse.PRESS, 1, (500, 2), CLICKS) == b"\x1b[<0;501;3M"


@pytest.mark.parametrize(
    ("modes", "sent"),
    [
        (PLAIN, b""),
        (TerminalModes(alternate=True), b""),
        (TerminalModes(alternate_scroll=True), b""),
        (TerminalModes(alternate=True, alternate_scroll=True), b"\x1b[A" * 3),
        (TerminalModes(alternate=True, alternate_scroll=True, application_cursor=True), b"\x1bOA" * 3),
        (TerminalModes(alternate=True, alternate_scroll=True, mouse=MouseTracking.CLICKS), b""),
    ],
)
def test_the_wheel_becomes_arrow_keys_in_full_screen_programs_only(modes: TerminalModes, sent: bytes) -> None:
    assert wheel_keys(up=True, modes=modes) == sent
