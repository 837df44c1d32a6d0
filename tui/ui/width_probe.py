"""Asking the terminal how wide it draws an ambiguous character. Done before the application owns the terminal."""

import os
import re
import select
import termios
import time
import tty
from typing import Final

SAMPLE: Final = "●"
"""U+25CF: its East Asian width is ambiguous."""

_QUESTION: Final = f"\r{SAMPLE}\x1b[6n\r\x1b[K".encode()
_REPLY: Final = re.compile(rb"\x1b\[\d{1,5};(\d{1,5})R")
_MOST_BYTES: Final = 4096


def probe_ambiguous_width(path: str = "/dev/tty", *, timeout: float = 0.1) -> int | None:
    """Return how many cells the terminal at `path` gives to `SAMPLE`, or None if it does not tell in time.

    Writes the character at the start of the current line, asks for the cursor's position and wipes the line again.
    Never waits longer than `timeout` seconds, never changes the terminal of a process in the background, and always
    puts its modes back. What is typed meanwhile is lost. Call it only where `glyphs.needs_probe` says so.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        if not os.isatty(handle) or _in_background(handle):
            return None
        before = termios.tcgetattr(handle)
        try:
            tty.setraw(handle, termios.TCSANOW)  # other moments wait for output, which a stopped terminal never does
            return _ask(handle, time.monotonic() + timeout)
        finally:
            termios.tcsetattr(handle, termios.TCSANOW, before)
    except (OSError, termios.error):
        return None
    finally:
        os.close(handle)


def _in_background(handle: int) -> bool:
    """A background process that changes the modes of its terminal is stopped by the system."""
    try:
        return os.tcgetpgrp(handle) != os.getpgrp()
    except OSError:  # not the terminal of this process, so it cannot stop it
        return False


def _ask(handle: int, deadline: float) -> int | None:
    if os.write(handle, _QUESTION) != len(_QUESTION):
        return None
    answer = b""
    while (left := deadline - time.monotonic()) > 0 and len(answer) < _MOST_BYTES:
        if not select.select([handle], [], [], left)[0]:
            return None
        piece = os.read(handle, 256)
        if not piece:
            return None
        answer += piece
        reply = _REPLY.search(answer)
        if reply is not None:
            width = int(reply[1]) - 1
            return width if width in {1, 2} else None
    return None
