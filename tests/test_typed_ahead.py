"""Keys that come faster than anybody types have the effect of the same keys typed slowly, in the real program."""

import os
import pty
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.driving import KEYS, PASTE, Driven, driven
from tui.cli_keyboard import keys_as_pressed

pytestmark = pytest.mark.timeout(200)
F4, LEFT, HOME = KEYS["f4"], "\x1b[D", "\x1b[H"
BACKSPACE, DELETE_WORD, DELETE_LEFT, DELETE_RIGHT, FIND = "\x7f", "\x17", "\x15", "\x0b", "\x12"


def environ(folder: Path) -> dict[str, str]:
    """A home of its own, and a shell without a person's settings."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TERM", "COLORTERM") if name in os.environ}
    (folder / "tmp").mkdir()
    return kept | {
        "HOME": str(folder), "LLMMIXER_HOME": str(folder / "own"), "TMPDIR": str(folder / "tmp"), "SHELL": "/bin/sh",
        "PS1": "$ ", "TERM": "xterm-256color", "COLORTERM": "truecolor",
    }  # fmt: skip


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Driven]:
    """The demo, ready."""
    with driven("--demo", env=environ(tmp_path), cwd=tmp_path, size=(100, 30)) as screen:
        screen.shows("DEMO", "gemini", "F1 Help", "Ask all models")
        yield screen
        screen.settle(0.7)  # right after a program's end its terminal still takes every key
        assert screen.end() == 0


def draft(screen: Driven, text: str) -> None:
    """Wait until the prompt holds exactly this."""
    screen.until(lambda: f" ❯ {text}" in screen.rows, f"the draft {text!r}")


@pytest.mark.parametrize("writes", [1, 3])
def test_a_command_sent_in_one_go(screen: Driven, writes: int) -> None:
    for number in range(4):
        keys = [DELETE_LEFT, f"!echo ran-$(({number}+{writes}))", "\r"]
        screen.send(F4 + F4 if number else "")
        for part in keys if writes == 3 else ["".join(keys)]:
            screen.send(part)
        screen.until(lambda: f"ran-{number + writes}" in screen.rows, f"command {number}")  # noqa: B023 - waited for here
        screen.shows("exited 0")


def test_editing_in_one_go(screen: Driven) -> None:
    screen.send("helo" + LEFT + "l" + LEFT + "X" + BACKSPACE)
    draft(screen, "hello")
    screen.send(HOME + DELETE_RIGHT + "one two" + DELETE_WORD + "three" + DELETE_LEFT + "four" + BACKSPACE + "nd")
    draft(screen, "found")
    screen.send(DELETE_LEFT + PASTE.format("/mode plan") + "\r")
    screen.shows("Mode plan")
    screen.send("a" + KEYS["escape"] + "\r" + "b" + DELETE_LEFT + "c")
    screen.until(lambda: " ❯ a" in screen.rows and "   c" in screen.rows, "a line break by Alt+Enter")


def test_what_follows_the_key_of_another_screen(screen: Driven) -> None:
    screen.ask("/mode plan")
    screen.send(FIND + "plan" + "\r" + " tail")
    draft(screen, "/mode plan tail")
    screen.send("\x1bOP" + "bracket")  # the help screen narrows what it shows
    screen.shows("Keys and commands", "bracket")
    screen.press("escape")
    draft(screen, "/mode plan tail")


def test_in_and_out_of_a_terminal_in_one_go(screen: Driven) -> None:
    screen.send(F4 + "echo one-$((1+1))\r" + F4 + F4 + "draft" + F4 + "echo two-$((2+2))\r")
    screen.until(lambda: "one-2" in screen.text and "two-4" in screen.text, "both commands, in the terminal")
    draft(screen, "draft")
    screen.send(F4 + "i" + "echo three-$((3+3))\r" + F4 + "t" + "echo four-$((4+4))\r")
    screen.shows("four-8")
    assert "three-6" not in screen.text
    screen.send(F4 + "1i" + "echo five-$((5+5))\r")
    screen.shows("three-6", "five-10")
    draft(screen, "draft")
    screen.send(F4 + F4 + DELETE_LEFT)
    screen.shows("Ask all models")


def test_a_list_that_goes_leaves_nothing_behind(screen: Driven) -> None:
    for _ in range(8):
        screen.send("/mo")
        screen.shows("How much happens")
        screen.send("\t")
        screen.hides("How much happens")
        draft(screen, "/mode")
        screen.send(DELETE_LEFT)
        screen.shows("Ask all models")


def test_keys_before_the_program_is_there(tmp_path: Path) -> None:
    with driven("--demo", env=environ(tmp_path), cwd=tmp_path, size=(100, 30)) as screen:
        screen.send("wor")
        screen.shows("F1 Help")
        screen.send("ds")
        draft(screen, "words")
        screen.send(DELETE_LEFT)
        assert screen.end() == 0


def test_a_terminal_that_goes_without_a_word_ends_the_program(tmp_path: Path) -> None:
    with driven("--demo", env=environ(tmp_path), cwd=tmp_path, size=(100, 30)) as screen:
        screen.shows("F1 Help")
        screen.send(F4 + "echo up-$((1+1))\r")
        screen.shows("up-2")
        screen.hang_up()
        assert screen.process.returncode != 0
    assert list((tmp_path / "tmp").iterdir()) == []


def test_enter_stays_enter_until_the_application_reads() -> None:
    here, there = pty.openpty()
    before = termios.tcgetattr(there)
    with keys_as_pressed(there) as modes:
        assert modes == before
        os.write(here, b"typed\r")
        assert os.read(there, 100) == b"typed\r"
        assert not termios.tcgetattr(there)[3] & termios.ECHO
        assert termios.tcgetattr(there)[3] & termios.ISIG
    assert termios.tcgetattr(there) == before
    os.close(here)
    os.close(there)
    with Path(os.devnull).open(encoding="ascii") as nothing, keys_as_pressed(nothing.fileno()) as modes:
        assert modes is None
