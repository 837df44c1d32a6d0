import dataclasses
import os
import pty
import re
import select
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from rich.cells import cell_len

from tui.config.model import Glyphs as GlyphSetting
from tui.ui.glyphs import ASCII, UNICODE, Glyphs, choose_glyphs, is_cjk_locale, needs_probe
from tui.ui.width_probe import SAMPLE, probe_ambiguous_width

STATES = (
    "connecting", "idle", "waiting", "thinking", "answering", "done", "stopped", "failed", "limited", "offline",
)  # fmt: skip


def _characters(glyphs: Glyphs) -> list[str]:
    found: list[str] = []
    for item in dataclasses.fields(glyphs):
        value = getattr(glyphs, item.name)
        found += [value] if isinstance(value, str) else list(value) if isinstance(value, tuple) else []
    return found


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_every_glyph_takes_one_cell_and_every_state_has_its_own(glyphs: Glyphs) -> None:
    assert {cell_len(character) for character in _characters(glyphs)} == {1}
    assert len({getattr(glyphs, state) for state in STATES}) == len(STATES)


def test_the_ascii_set_is_ascii() -> None:
    assert all(character.isascii() and character.isprintable() for character in _characters(ASCII))


@pytest.mark.parametrize(
    ("setting", "environ", "width", "is_ascii"),
    [
        ("auto", {"LANG": "ko_KR.UTF-8"}, 2, True),
        ("auto", {"LANG": "ko_KR.UTF-8"}, 1, False),
        ("auto", {"LANG": "ko_KR.UTF-8"}, None, False),
        ("auto", {"LANG": "ja"}, 2, True),
        ("auto", {"LC_CTYPE": "zh_CN.utf8", "LANG": "en_US.UTF-8"}, 2, True),
        ("auto", {"LC_ALL": "en_US.UTF-8", "LANG": "zh_CN.UTF-8"}, 2, False),
        ("auto", {"LC_ALL": "", "LANG": "zh_TW.UTF-8"}, 2, True),
        ("auto", {"LANG": "en_US.UTF-8"}, 2, False),
        ("auto", {"LANG": "C"}, None, False),
        ("auto", {}, None, False),
        ("auto", {"LANG": "de_DE.ISO-8859-1@euro"}, None, True),
        ("auto", {"LANG": "ko_KR.eucKR"}, 1, True),
        ("unicode", {"LANG": "ko_KR.UTF-8"}, 2, False),
        ("ascii", {"LANG": "en_US.UTF-8"}, 1, True),
    ],
)
def test_choice(setting: str, environ: dict[str, str], width: int | None, is_ascii: bool) -> None:
    assert choose_glyphs(GlyphSetting(setting), environ, width).ascii is is_ascii


def test_the_terminal_is_asked_only_when_the_answer_matters() -> None:
    korean = {"LANG": "ko_KR.UTF-8"}
    assert needs_probe(GlyphSetting.AUTO, korean)
    assert not needs_probe(GlyphSetting.ASCII, korean)
    assert not needs_probe(GlyphSetting.UNICODE, korean)
    assert not needs_probe(GlyphSetting.AUTO, {"LANG": "en_US.UTF-8"})
    assert not is_cjk_locale({"LANG": "kok_IN.UTF-8"})


@contextmanager
def _terminal(reply: bytes | None) -> Iterator[tuple[str, list[bytes]]]:
    """A real terminal line whose far end answers the question for the cursor by `reply`."""
    master, slave = pty.openpty()
    heard: list[bytes] = []
    stop_read, stop_write = os.pipe()

    def answer() -> None:
        seen = b""
        while master in (ready := select.select([master, stop_read], [], [])[0]) and stop_read not in ready:
            piece = os.read(master, 1024)
            heard.append(piece)
            seen += piece
            if b"\x1b[6n" in seen and reply is not None:
                seen = b""
                os.write(master, reply)

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        yield os.ttyname(slave), heard
    finally:
        os.write(stop_write, b"x")
        thread.join()
        for handle in (master, slave, stop_read, stop_write):
            os.close(handle)


@pytest.mark.parametrize(
    ("reply", "width"),
    [
        (b"\x1b[7;2R", 1),
        (b"\x1b[7;3R", 2),
        (b"ab\x1b[A\x1b[12;3Rx", 2),
        (b"\x1b[1;1R", None),
        (b"\x1b[1;80R", None),
    ],
)
def test_probe_reads_the_terminals_answer_and_restores_its_modes(reply: bytes, width: int | None) -> None:
    with _terminal(reply) as (path, heard):
        handle = os.open(path, os.O_RDWR | os.O_NOCTTY)
        try:
            before = termios.tcgetattr(handle)
            assert probe_ambiguous_width(path, timeout=20) == width
            assert termios.tcgetattr(handle) == before
        finally:
            os.close(handle)
    assert SAMPLE.encode() in b"".join(heard)


@pytest.mark.parametrize("reply", [None, b"no answer at all"])
def test_probe_gives_up_on_a_terminal_that_does_not_answer(reply: bytes | None) -> None:
    with _terminal(reply) as (path, _):
        handle = os.open(path, os.O_RDWR | os.O_NOCTTY)
        try:
            before = termios.tcgetattr(handle)
            assert probe_ambiguous_width(path, timeout=0.05) is None
            assert termios.tcgetattr(handle) == before
        finally:
            os.close(handle)


def test_probe_without_a_terminal(tmp_path: Path) -> None:
    plain = tmp_path / "file"
    plain.write_text("")
    assert probe_ambiguous_width(str(plain)) is None
    assert probe_ambiguous_width(str(tmp_path / "nothing")) is None
    assert plain.read_text() == ""


_CHILD = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from tui.ui.width_probe import probe_ambiguous_width
if sys.argv[1] == "background":
    if os.fork():
        os._exit(os.waitstatus_to_exitcode(os.wait()[1]))
    os.setpgid(0, 0)
os._exit(10 + (probe_ambiguous_width(timeout=20) or 0))
"""


@pytest.mark.parametrize(("place", "code"), [("foreground", 12), ("background", 10)])
def test_probe_on_the_process_own_terminal(place: str, code: int) -> None:
    with _terminal(b"\x1b[1;3R") as (path, _):
        handle = os.open(path, os.O_RDWR | os.O_NOCTTY)
        try:
            child = subprocess.run(
                [sys.executable, "-c", _CHILD, place],
                stdin=handle,
                capture_output=True,
                start_new_session=True,
                timeout=50,
                check=False,
            )
        finally:
            os.close(handle)
    assert child.returncode == code, re.sub(rb"\s+", b" ", child.stderr)
