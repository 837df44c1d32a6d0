"""The rail's lines fit, and show what is not on screen."""

import pytest

from tests.ui.fake_engine import PANES
from tui.core.chat import Usage
from tui.core.events import SessionStarted, TextDelta, TurnStarted
from tui.ui.glyphs import ASCII, UNICODE, Glyphs
from tui.ui.view.format import Line, cells
from tui.ui.view.rail import rail_lines, tail_lines
from tui.ui.view.reduce import reduce
from tui.ui.view.state import SessionView


def text_of(lines: list[Line]) -> list[str]:
    return ["".join(text for text, _ in line) for line in lines]


def session() -> SessionView:
    view = SessionView()
    reduce(view, SessionStarted(session="s", panes=PANES), 0.0)
    reduce(view, TurnStarted(pane="gpt", turn="t", prompt="p", model="gpt-6.2-sol"), 1.0)
    reduce(view, TextDelta(pane="gpt", turn="t", seq=1, text="the last words\nof this answer"), 1.5)
    view.panes["gpt"].queued = {"p": "next question"}
    view.panes["claude"].totals.add(Usage(input_tokens=1200, output_tokens=34), 5_000_000_000)
    return view


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
@pytest.mark.parametrize(("width", "height"), [(26, 17), (46, 30), (46, 54), (10, 5)])
@pytest.mark.parametrize("others", [(), ("gpt", "gemini")])
def test_lines_fit(width: int, height: int, others: tuple[str, ...], glyphs: Glyphs) -> None:
    lines = text_of(rail_lines(session(), width, height, glyphs, 3.0, others=others))
    assert len(lines) == height
    assert all(cells(line) <= width for line in lines)


def test_sums_of_each_pane() -> None:
    text = "\n".join(text_of(rail_lines(session(), 46, 50, UNICODE, 3.0)))
    for part in ("SESSION", "1 turn ", "1.2k→34", "claude-sonnet-5-5", "review", "answering", "queued: next question"):
        assert part in text


def test_others_show_the_end_of_their_answer() -> None:
    text = "\n".join(text_of(rail_lines(session(), 39, 30, UNICODE, 3.0, others=("gpt",))))
    assert "of this answer" in text
    assert "claude" not in text


@pytest.mark.parametrize(
    ("text", "width", "count", "rows"),
    [
        ("one two three", 7, 5, ["one two", "three"]),
        ("one two three", 7, 1, ["three"]),
        ("a\n\nb", 7, 5, ["a", "b"]),
        ("abcdefghij", 5, 5, ["abcd…"]),
        ("x", 5, 0, []),
        ("", 5, 3, []),
    ],
)
def test_tail_lines(text: str, width: int, count: int, rows: list[str]) -> None:
    assert tail_lines(text, width, count) == rows
