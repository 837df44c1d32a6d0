"""Starting the application from the command line, in a pseudo-terminal."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from pathlib import Path

import pytest

from tests.cli.running import COMMAND, PATIENCE_S, environment

ESCAPE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|P[^\x1b]*\x1b\\|[=>()][0-9AB]?)")
CONTROL_Q = b"\x11"


def played(words: tuple[str, ...], until: bytes, env: dict[str, str], cwd: Path) -> tuple[int, bytes]:
    """Start the program in a terminal, quit when it has shown `until`, and return its exit code and its text."""
    here, there = pty.openpty()
    fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    process = subprocess.Popen([*COMMAND, *words], env=env, cwd=cwd, stdin=there, stdout=there, stderr=there)
    os.close(there)
    received = b""
    asked_to_quit = False
    try:
        while True:
            try:
                data = os.read(here, 65_536)
            except OSError:
                break
            if not data:
                break
            received += data
            if not asked_to_quit and until in ESCAPE.sub(b"", received):
                asked_to_quit = True
                os.write(here, CONTROL_Q)
    finally:
        os.close(here)
    return process.wait(PATIENCE_S), ESCAPE.sub(b"", received)


@pytest.mark.parametrize("words", [("--demo",), ()])
def test_the_demo_starts_with_three_panes(tmp_path: Path, words: tuple[str, ...]) -> None:
    env = environment(OPENAI_COMPATIBLE_BASE_URL="http://127.0.0.1:9/v1")
    code, shown = played(words, b"claude-sonnet-5-5", env, tmp_path)
    assert code == 0
    assert b"DEMO" in shown
    assert (b"starting the demo" in shown) == (words == ())


def test_an_unknown_theme_is_named_before_anything_starts(tmp_path: Path) -> None:
    code, shown = played(("--demo", "--theme", "nope"), b"never shown", environment(), tmp_path)
    assert code == 2
    assert b'There is no theme "nope"' in shown


def test_a_chosen_pane(tmp_path: Path) -> None:
    code, shown = played(("--demo", "--pane", "openai:gpt-6-luna"), b"gpt-6-luna", environment(), tmp_path)
    assert code == 0
    assert b"claude" not in shown
