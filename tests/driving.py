"""The program in a pseudo-terminal, driven by keys and read from its screen, as a person does it."""

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tui.terminal.emulator import Emulator

PATIENCE_S = 60.0
TICK_S = 0.02
CARD_S = 0.6
"""A little more than the time a request is on the screen before its keys act."""
ON_CARD_AND_IN_FIELD = 2
KEYS = {
    "enter": "\r",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "escape": "\x1b",
    "ctrl+c": "\x03",
    "ctrl+d": "\x04",
    "ctrl+k": "\x0b",
    "ctrl+n": "\x0e",
    "ctrl+q": "\x11",
    "ctrl+u": "\x15",
    "f4": "\x1bOS",
}
PASTE = "\x1b[200~{}\x1b[201~"


class Driven:
    """A running program, its screen, and the keys that are pressed."""

    def __init__(self, process: "subprocess.Popen[bytes]", descriptor: int, size: tuple[int, int]) -> None:
        self.process = process
        self._descriptor = descriptor
        self._emulator = Emulator(*size)
        self._outgoing = b""
        self.open = True

    @property
    def rows(self) -> list[str]:
        """What is on the screen."""
        return [row.rstrip() for row in self._emulator.display]

    @property
    def text(self) -> str:
        """All rows as one text, with every blank as it is."""
        return "\n".join(self.rows)

    @property
    def joined(self) -> str:
        """All rows as one text without frames and line ends, for words that may be broken over two rows."""
        return " ".join(self.text.replace("│", " ").split())

    def pump(self, seconds: float = TICK_S) -> None:
        """Take what the program wrote within some seconds, and send it what it was to get."""
        waiting = [self._descriptor] if self._outgoing else []
        readable, writable, _ = select.select([self._descriptor] if self.open else [], waiting, [], seconds)
        if writable:
            self._outgoing = self._outgoing[os.write(self._descriptor, self._outgoing[:4096]) :]
        if readable:
            try:
                data = os.read(self._descriptor, 65_536)
            except OSError:  # Linux says so when the other end is closed
                data = b""
            self.open = bool(data)
            self._emulator.feed(data)
            self._outgoing += self._emulator.take_replies()

    def until(self, condition: Callable[[], object], what: str = "") -> None:
        """Wait until a condition holds; the test fails with the screen when it does not in time."""
        end = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > end:
                pytest.fail(f"never came: {what or condition}\n{self.text}")
            self.pump()

    def shows(self, *words: str) -> None:
        """Wait until all words are on the screen."""
        self.until(lambda: all(word in self.text or word in self.joined for word in words), " and ".join(words))

    def hides(self, *words: str) -> None:
        """Wait until none of the words is on the screen."""
        self.until(lambda: not any(word in self.text for word in words), f"no {words}")

    def press(self, *keys: str) -> None:
        """Press keys: names of `KEYS`, or characters."""
        for key in keys:
            self.send(KEYS.get(key, key))

    def send(self, text: str) -> None:
        """Send text as it is; more than fits now goes out while the program is read."""
        self._outgoing += text.encode()
        self.pump(0)
        self.until(lambda: not self._outgoing, "room for what is typed")

    def ask(self, prompt: str) -> None:
        """Type a prompt, see it in the field, and send it."""
        self.send(prompt)
        self.shows(f"❯ {prompt}")
        self.press("enter")
        self.hides(f"❯ {prompt}")

    def settle(self, seconds: float) -> None:
        """Let time pass in which nothing is to happen."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.pump(min(left, TICK_S))

    def card(self, *words: str) -> None:
        """Wait for a request with these words whose keys act."""
        self.shows("wants to", *words, "Esc leaves it waiting")
        self.settle(CARD_S)

    def rewrite(self, old: str, new: str) -> None:
        """Put another command in the place of the one on the card."""
        self.press("e")
        field = f"│ {old}"
        self.until(lambda: sum(row.rstrip(" │") == field for row in self.rows) == ON_CARD_AND_IN_FIELD, "the field")
        self.press("ctrl+u")
        self.until(lambda: sum(row.rstrip(" │") == field for row in self.rows) < ON_CARD_AND_IN_FIELD, "an empty field")
        self.send(new)
        self.shows(f"│ {new}")
        self.press("enter")
        self.hides("puts this in its place")

    def end(self) -> int:
        """Quit by its key and return the exit code."""
        self.press("ctrl+q")
        self.until(lambda: self.process.poll() is not None, "the end")
        assert self.process.returncode is not None
        return self.process.returncode

    def hang_up(self) -> None:
        """Close the window it is in, and wait until it has noticed."""
        self.close()
        self.process.wait(PATIENCE_S)

    def close(self) -> None:
        """Close the window, once."""
        descriptor, self._descriptor, self.open = self._descriptor, -1, False
        if descriptor >= 0:
            os.close(descriptor)

    def kill(self) -> None:
        """End it as by a crash: it can do nothing more."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@contextlib.contextmanager
def driven(*words: str, env: Mapping[str, str], cwd: Path, size: tuple[int, int] = (120, 40)) -> Iterator[Driven]:
    """Start the program in a pseudo-terminal of its own; whatever happens, it does not outlive the block."""
    here, there = pty.openpty()
    fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    argv = [sys.executable, "-m", "tui", *words]
    process = subprocess.Popen(
        argv, env=dict(env), cwd=cwd, stdin=there, stdout=there, stderr=there, start_new_session=True
    )
    os.close(there)
    os.set_blocking(here, False)
    screen = Driven(process, here, size)
    try:
        yield screen
    finally:
        process.kill()
        process.wait()
        screen.close()
