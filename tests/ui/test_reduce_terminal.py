"""How events of terminals change the view, and the lines made of it."""

import pytest

from tui.core.events import PaneInfo, SessionStarted
from tui.core.terminal import AutoAnswer
from tui.core.terminal_events import (
    AutoAnswerChanged,
    ClipboardAsked,
    ClipboardResolved,
    Need,
    TerminalAnswered,
    TerminalClosed,
    TerminalEvent,
    TerminalExited,
    TerminalHandOver,
    TerminalNeedsPerson,
    TerminalOpened,
    TerminalRetitled,
    TerminalServed,
)
from tui.core.tool_events import ToolStarted
from tui.ui.glyphs import ASCII, UNICODE
from tui.ui.view.format import Line, cells
from tui.ui.view.reduce import reduce
from tui.ui.view.state import SessionView
from tui.ui.view.terminal_lines import Keyed, banner, link_line, title_line
from tui.ui.view.terminals import ANSWER_SHOWN, dock_rows

TYPING = Keyed(typing=True)
COMMANDS = Keyed(commands=True)


def view_after(*events: TerminalEvent | ToolStarted, now: float = 100.0) -> SessionView:
    view = SessionView()
    panes = (
        PaneInfo(name="claude", provider="anthropic", model="m"),
        PaneInfo(name="gpt", provider="openai", model="m"),
    )
    reduce(view, SessionStarted(session="s", panes=panes, demo=False), now)
    for event in events:
        reduce(view, event, now)
    return view


def opened(name: str, command: str = "make", pane: str | None = None, call_id: str = "") -> TerminalOpened:
    return TerminalOpened(terminal=name, title="", command=command, pane=pane, call_id=call_id)


def text(line: Line) -> str:
    return "".join(part for part, _ in line)


def title(view: SessionView, width: int = 120, keyed: Keyed = TYPING, above: int = 0) -> str:
    return text(title_line(view.terminals, width, UNICODE, keyed, above=above)[0])


def said(view: SessionView, now: float = 100.0, keyed: Keyed = TYPING, width: int = 120) -> str:
    current = view.terminals.current
    assert current is not None
    return text(banner(current, width, UNICODE, now, keyed)[0])


def test_a_terminal_of_the_person_is_shown_and_told_as_opened() -> None:
    view = view_after(opened("a"), opened("b", "htop"))
    assert view.terminals.shown == "b"
    assert view.terminals.opened == ["a", "b"]
    assert view.terminals.changed


def test_a_terminal_of_a_model_takes_the_dock_from_nobody() -> None:
    view = view_after(opened("a"), opened("b", pane="gpt"))
    assert view.terminals.shown == "a"
    assert view.terminals.opened == ["a"]
    assert view_after(opened("b", pane="gpt")).terminals.shown == "b"


def test_closing_shows_the_neighbour() -> None:
    view = view_after(opened("a"), opened("b"), opened("c"), TerminalClosed(terminal="c"))
    assert view.terminals.shown == "b"
    reduce(view, TerminalClosed(terminal="a"), 1.0)
    assert view.terminals.shown == "b"
    reduce(view, TerminalClosed(terminal="b"), 1.0)
    assert (view.terminals.shown, view.terminals.by_id) == ("", {})


@pytest.mark.parametrize(
    ("event", "badge"),
    [
        (TerminalExited(terminal="a", code=0, seconds=3.2), "exited 0 in 3.2s"),
        (TerminalExited(terminal="a", code=2, seconds=75.0), "exited 2 in 1m15s"),
        (
            TerminalExited(terminal="a", code=None, signal="SIGINT", reason="password prompt", seconds=1.0),
            "password prompt: ended by SIGINT in 1.0s",
        ),
        (TerminalExited(terminal="a", code=None), "exited"),
    ],
)
def test_the_badge_of_an_ended_program(event: TerminalExited, badge: str) -> None:
    view = view_after(opened("a"), event)
    assert badge in title(view)
    assert "Enter closes" in title(view)


def test_the_title_tells_whose_keys_they_are() -> None:
    view = view_after(opened("a", "vim x"), TerminalRetitled(terminal="a", title="x - VIM\x1b]0;evil\x07"))
    assert title(view).startswith(" vim x ")
    assert "x - VIM␛]0;evil␇" in title(view)
    assert title(view).rstrip().endswith("F4 gets out")
    assert title(view, keyed=COMMANDS).rstrip().endswith("Enter types again")
    assert title(view, keyed=Keyed()).rstrip().endswith("F4 types here")
    assert "12 lines below" in title(view, above=12)


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_the_title_fits_any_width_and_spots_name_their_tabs(width: int) -> None:
    view = view_after(*(opened(f"t{number}", f"command number {number}") for number in range(9)))
    line, spots = title_line(view.terminals, width, UNICODE, TYPING)
    assert cells(text(line)) <= width
    assert "tab:t8" in [spot[2] for spot in spots]
    if width == 200:
        for start, end, action in spots:
            number = int(action.removeprefix("tab:t")) + 1
            assert f" {number} " in text(line)[start:end]


def test_a_models_terminal_shows_whose_and_what_is_answered() -> None:
    view = view_after(opened("a", pane="gpt"), AutoAnswerChanged(mode=AutoAnswer.ON))
    assert "gpt's" in title(view)
    assert "auto-answer on" in title(view)
    reduce(view, AutoAnswerChanged(mode=AutoAnswer.ASK, terminal="a"), 1.0)
    assert "auto-answer ask" in title(view)
    reduce(view, TerminalHandOver(terminal="a", person=True), 1.0)
    assert "yours" in title(view)
    assert "auto-answer" not in title(view)


def test_a_password_is_asked_for_with_the_time_that_is_left() -> None:
    need = TerminalNeedsPerson(terminal="a", need=Need.TYPED_UNSEEN, prompt="Password:", abort_in=25.0)
    view = view_after(opened("a", "sudo ls", pane="gpt"), need)
    assert "sudo asks for a password, which only you type (ends in 25 s): Password:" in said(view)
    assert "ends in 20 s" in said(view, now=105.0)
    assert "ends in 0 s" in said(view, now=300.0)
    assert view.terminals.calling == "a"
    assert view.terminals.ticks(100.0)
    reduce(view, TerminalServed(terminal="a"), 110.0)
    assert said(view) == ""
    assert not view.terminals.ticks(110.0)


def test_the_same_need_told_again_calls_only_once() -> None:
    need = TerminalNeedsPerson(terminal="a", need=Need.QUESTION, prompt="Go? [Y/n]", abort_in=25.0)
    view = view_after(opened("a", pane="gpt"), need)
    view.terminals.calling = ""
    reduce(view, need, 110.0)
    assert view.terminals.calling == ""
    assert "ends in 25 s" in said(view, now=110.0)
    reduce(view, TerminalNeedsPerson(terminal="a", need=Need.QUESTION, prompt=""), 111.0)
    assert said(view) == ""


def test_a_proposal_is_offered_with_its_key() -> None:
    need = TerminalNeedsPerson(terminal="a", need=Need.QUESTION, prompt="Go? [Y/n]", suggestion="Enter")
    view = view_after(opened("a", "pip x", pane="gpt"), need)
    assert "F4 a answer Enter" in said(view)
    line, spots = banner(view.terminals.by_id["a"], 120, UNICODE, 100.0, COMMANDS)
    for start, end, action in spots:
        shown = text(line)[start:end]
        assert (action, shown) in (("terminal_type", " Enter type here "), ("terminal_accept", " a answer Enter "))
    assert len(spots) == 2


def test_an_automatic_answer_is_seen_for_a_while_and_kept_with_the_call() -> None:
    started = ToolStarted(pane="gpt", turn="t", call_id="c1", name="run_interactive", title="pip x")
    answer = TerminalAnswered(
        terminal="a", typed="Enter", why="default of [Y/n]", prompt="Proceed (Y/n)? \x1b[1m", pane="gpt"
    )
    view = view_after(started, opened("a", pane="gpt", call_id="c1"), answer)
    assert "typed Enter: default of [Y/n]" in said(view)
    assert said(view, now=100.0 + ANSWER_SHOWN) == ""
    kept = view.panes["gpt"].tools["c1"].remarks
    assert kept == ("typed Enter: default of [Y/n] (Proceed (Y/n)? ␛[1m)",)


def test_an_answer_without_a_call_is_a_remark_of_the_pane() -> None:
    view = view_after(
        opened("a", pane="gpt"), TerminalAnswered(terminal="a", typed="n", why="no default", prompt="", pane="gpt")
    )
    assert any("typed n: no default" in str(operation) for operation in view.panes["gpt"].operations)


def test_the_clipboard_question() -> None:
    view = view_after(opened("a", "vim"), ClipboardAsked(id="q", terminal="a", size=7, preview="x\ny"))
    assert "vim wants to set your clipboard: 7 characters, 'x y'" in said(view)
    assert "F4 y allow" in said(view)
    reduce(view, ClipboardResolved(id="q", terminal="a", text="x\ny"), 101.0)
    assert said(view) == ""
    assert view.terminals.copied == ["x\ny"]
    reduce(view, ClipboardResolved(id="q2", terminal="a", text=None), 101.0)
    assert view.terminals.copied == ["x\ny"]


def test_f4_goes_where_it_is_needed() -> None:
    view = view_after(opened("a"), opened("b", pane="gpt"), opened("c", pane="claude"))
    assert view.terminals.most_urgent("") == "a"
    assert view.terminals.most_urgent("claude") == "c"
    reduce(view, TerminalNeedsPerson(terminal="b", need=Need.MENU, prompt="x"), 1.0)
    assert view.terminals.most_urgent("claude") == "b"
    assert "waits for you in a terminal" in link_line(view.terminals.by_id["b"], 1.0)


@pytest.mark.parametrize(("height", "rows"), [(24, 10), (40, 11), (60, 14), (12, 5), (8, 3)])
def test_the_height_of_the_dock(height: int, rows: int) -> None:
    assert dock_rows(height) == rows
    assert dock_rows(height, 100) <= height - 4
    assert dock_rows(height, -100) == 3


def test_every_line_can_be_drawn_in_ascii() -> None:
    need = TerminalNeedsPerson(terminal="a", need=Need.MENU, prompt="a long prompt " * 20, abort_in=3.0)
    view = view_after(opened("a", "x" * 200, pane="gpt"), need)
    for width in (10, 30, 80):
        assert text(title_line(view.terminals, width, ASCII, TYPING)[0]).isascii()
        line = banner(view.terminals.by_id["a"], width, ASCII, 100.0, COMMANDS)[0]
        assert text(line).isascii()
        assert cells(text(line)) <= width
