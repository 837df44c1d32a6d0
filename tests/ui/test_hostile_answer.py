"""An answer full of escape sequences reaches a real terminal as harmless text, and nothing in it can be pressed."""

import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyte
import pytest

from tests.bench.terminal import Program, Terminal

ROOT = Path(__file__).resolve().parent.parent.parent
ROWS, COLUMNS = 80, 160
PATIENCE = 45.0

# What Textual itself writes: styles, cursor moves, clearing to the end of a line, modes and queries it needs.
ALLOWED = re.compile(
    rb"\x1b\[[0-9;:]*m|\x1b\[[0-9;]*[Hf]|\x1b\[[0-9]*[ABCDGKJX]|\x1b\[\?[0-9;]+[hl]|\x1b\[\?[0-9;]+\$p"
    rb"|\x1b\]22;[a-z-]*(?:\x07|\x1b\\\\)"  # the shape of the mouse pointer
    rb"|\x1b\[[<>=]?[0-9;]*u|\x1b\[[0-9]*c|\x1b\[[0-9]*n|\x1b\[[0-9;]*t|\x1b\[>[0-9;]*m"
)
UNFINISHED = re.compile(rb"\x1b(?:\[[0-9;:<=>?$]*|\][^\x07\x1b]*\x1b?)?\Z")  # where reading happened to stop
MODES = re.compile(rb"\x1b\[\?([0-9;]+)[hl]")
TEXTUAL_MODES = set(b"7 25 1000 1002 1003 1004 1006 1015 1016 1049 2004 2026 2048".split())


class Screen:
    """The running application and what its terminal shows."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.recorded = bytearray()
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self.screen)

    def read(self) -> None:
        data = self.terminal.pump(0.05)
        self.recorded += data
        # pyte trips over private SGR and keyboard protocol sequences that say nothing about the text
        self._stream.feed(re.sub(rb"\x1b\[[<>=?][0-9;]*[um]", b"", data))

    def lines(self) -> list[str]:
        return list(self.screen.display)

    def until(self, condition: Callable[["Screen"], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not condition(self):
            assert self.terminal.alive, "the application ended"
            assert time.monotonic() < end, "\n".join(self.lines())
            self.read()

    def shows(self, text: str) -> bool:
        return any(text in line for line in self.lines())


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Screen]:
    inherited = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    environ = {**inherited, "HOME": str(tmp_path), "LLMMIXER_HOME": str(tmp_path / "llmmixer")}
    program = Program([sys.executable, "-m", "tui", "--demo"], environ, ROOT, ROWS, COLUMNS)
    with Terminal(program) as terminal:
        screen = Screen(terminal)
        screen.until(lambda screen: screen.shows("ask all"))
        yield screen


def click(screen: Screen, text: str) -> None:
    for row, line in enumerate(screen.lines(), start=1):
        column = line.find(text)
        if column >= 0:
            place = f"{column + 2};{row}"
            screen.terminal.send(f"\x1b[<0;{place}M\x1b[<0;{place}m")
            return
    raise AssertionError(f"{text!r} is not on the screen")


@pytest.mark.timeout(180)
def test_hostile_text_is_shown_and_not_obeyed(screen: Screen) -> None:
    screen.terminal.send("@claude demo:hostile@all\r")
    screen.until(lambda screen: screen.shows("HOSTILE-END") and screen.shows("✓ done"))
    assert screen.shows("␛]52;c;cm0gLXJmIH4=␇")
    assert screen.shows("␛]0;you have been renamed␇")
    assert screen.shows("⟨U+202E⟩")
    assert screen.shows("[@click=app.quit]press here[/]")
    assert screen.shows("[red]red[/red]")

    output = UNFINISHED.sub(b"", bytes(screen.recorded))
    shown = output.decode(errors="ignore")
    assert not re.search("[\x80-\x9f\u202a-\u202e\u2066-\u2069\u200b\U000e0000-\U000e007f]", shown)
    rest = ALLOWED.sub(b"", output)
    assert b"\x1b" not in rest, rest[rest.index(b"\x1b") :][:40]
    used = {mode for found in MODES.findall(output) for mode in found.split(b";")}
    assert used <= TEXTUAL_MODES

    click(screen, "press here")
    click(screen, "[link=file")
    screen.terminal.send("\x1bOP")
    screen.until(lambda screen: screen.shows("F1  /help"))
