"""What is typed before the application reads keys: kept as it was pressed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any


@contextmanager
def keys_as_pressed(descriptor: int) -> Iterator["list[Any] | None"]:
    """Let a terminal keep keys without showing them or making Enter a line end; yields the modes it had before.

    A shell's terminal edits lines: Enter typed while the application starts would come as Ctrl+J, which breaks the
    line where Enter sends. Signals stay what they are. Yields None, and changes nothing, where it is no terminal or
    that of another process.
    """
    import termios

    before = _modes(descriptor)
    if before is None:
        yield None
        return
    modes = termios.tcgetattr(descriptor)
    modes[0] &= ~(termios.ICRNL | termios.INLCR | termios.IGNCR)
    modes[3] &= ~(termios.ICANON | termios.ECHO)
    modes[6][termios.VMIN], modes[6][termios.VTIME] = 1, 0
    _set(descriptor, modes)
    try:
        yield before
    finally:
        _set(descriptor, before)


def _modes(descriptor: int) -> "list[Any] | None":
    import termios

    try:
        return None if _in_background(descriptor) else termios.tcgetattr(descriptor)
    except (OSError, termios.error):
        return None


def _in_background(descriptor: int) -> bool:
    """A background process that changes the modes of its terminal is stopped by the system."""
    try:
        return os.tcgetpgrp(descriptor) != os.getpgrp()
    except OSError:  # not the terminal of this process, so it cannot stop it
        return False


def _set(descriptor: int, modes: "list[Any]") -> None:
    import termios

    with suppress(OSError, termios.error):  # the window may be closed by now
        termios.tcsetattr(descriptor, termios.TCSANOW, modes)
