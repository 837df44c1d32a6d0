"""The bell and the title of the window."""

from typing import Any, cast

from textual.app import App

from tui.ui.attention import Attention


class Driver:
    def __init__(self) -> None:
        self.written = ""

    def write(self, text: str) -> None:
        self.written += text

    def flush(self) -> None:
        pass


class Terminal:
    """What of an application the bell and the title need."""

    def __init__(self, *, headless: bool = False) -> None:
        self.is_headless = headless
        self._driver = Driver()
        self.rung = 0

    def bell(self) -> None:
        self.rung += 1

    def take(self) -> str:
        written, self._driver.written = self._driver.written, ""
        return written


def attention(terminal: Terminal) -> Attention:
    return Attention(cast("App[Any]", terminal), "LLMMixer")


def test_the_title_counts_and_comes_back() -> None:
    terminal = Terminal()
    mind = attention(terminal)
    mind.mind(frozenset("a"))
    assert terminal.take() == "\x1b[22;2t\x1b]2;(1) waiting - LLMMixer\x07"
    mind.mind(frozenset("ab"))
    assert terminal.take() == "\x1b]2;(2) waiting - LLMMixer\x07"
    mind.mind(frozenset("ab"))
    assert terminal.take() == ""
    mind.mind(frozenset("b"))
    assert terminal.take() == "\x1b]2;(1) waiting - LLMMixer\x07"
    mind.mind(frozenset())
    assert terminal.take() == "\x1b]2;LLMMixer\x07\x1b[23;2t"
    mind.close()
    assert terminal.take() == ""


def test_the_bell_rings_for_what_is_new_only() -> None:
    terminal = Terminal()
    mind = attention(terminal)
    rung = []
    for waiting in ("", "a", "a", "ab", "b", "bc", ""):
        mind.mind(frozenset(waiting))
        rung.append(terminal.rung)
    assert rung == [0, 1, 1, 2, 2, 3, 3]


def test_leaving_while_something_waits_gives_the_title_back() -> None:
    terminal = Terminal()
    mind = attention(terminal)
    mind.mind(frozenset("a"))
    mind.close()
    assert terminal.take().endswith("\x1b[23;2t")


def test_without_a_terminal_nothing_is_written() -> None:
    terminal = Terminal(headless=True)
    attention(terminal).mind(frozenset("a"))
    assert terminal.take() == ""
