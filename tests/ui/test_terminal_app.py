"""The dock of terminals with real keys: who gets them, tabs, scrolling, search, copying, questions."""

import time
from pathlib import Path
from typing import Final

import pytest
from textual import events

from tests.conftest import WaitUntil
from tests.ui.terminal_support import Desk, FedEngine, FedTerminal, SlowEngine, desk
from tui.config.model import Config, Switch, UiConfig
from tui.core.commands import (
    AcceptSuggestion,
    AnswerClipboard,
    CloseTerminal,
    HandOver,
    OpenTerminal,
    SetAutoAnswer,
)
from tui.core.terminal import AutoAnswer
from tui.core.terminal_events import (
    AutoAnswerChanged,
    ClipboardAsked,
    ClipboardResolved,
    Need,
    TerminalAnswered,
    TerminalHandOver,
    TerminalNeedsPerson,
    TerminalRetitled,
    TerminalServed,
)
from tui.ui.widgets.terminal_view import CLOSES_AFTER


async def opened(table: Desk, engine: FedEngine) -> FedTerminal:
    """Open a terminal with F4 and wait until it has the keys and its size."""
    await table.press("f4")
    await table.wait(table.typing)
    terminal = next(iter(engine.terminals.values()))
    await table.wait(lambda: bool(terminal.sizes))
    return terminal


async def test_f4_opens_a_shell_gives_it_the_keys_takes_them_back_and_hides(wait_until: WaitUntil, home: Path) -> None:
    engine = FedEngine()
    async with desk(wait_until, home, engine) as table:
        terminal = await opened(table, engine)
        assert engine.commands == [OpenTerminal(command="")]
        terminal.feed("hello from the shell\r\n$ ")
        await table.shown("hello from the shell")
        await table.press("f4")
        assert table.commanding()
        await table.press("f4")
        assert table.hidden()
        await table.wait(lambda: table.main.prompt.editor.has_focus)
        await table.press("f4")
        assert table.typing()
        await table.shown("hello from the shell")
        assert len(engine.terminals) == 1


KEYS: Final = (
    ("a", b"a"), ("ctrl+c", b"\x03"), ("ctrl+p", b"\x10"), ("ctrl+q", b"\x11"), ("ctrl+d", b"\x04"),
    ("ctrl+t", b"\x14"), ("escape", b"\x1b"), ("tab", b"\t"), ("shift+tab", b"\x1b[Z"), ("f1", b"\x1bOP"),
    ("f6", b"\x1b[17~"), ("f10", b"\x1b[21~"), ("pageup", b"\x1b[5~"), ("shift+up", b"\x1b[1;2A"),
    ("ctrl+home", b"\x1b[1;5H"), ("ctrl+end", b"\x1b[1;5F"), ("alt+1", b"\x1b1"), ("enter", b"\r"),
    ("shift+pageup", b"\x1b[5;2~"), ("ctrl+r", b"\x12"), ("alt+a", b"\x1ba"), ("ctrl+n", b"\x0e"),
)  # fmt: skip


async def test_every_key_but_one_is_the_programs(wait_until: WaitUntil, home: Path) -> None:
    engine = FedEngine()
    async with desk(wait_until, home, engine) as table:
        terminal = await opened(table, engine)
        for key, sent in KEYS:
            terminal.take()
            await table.press(key)
            await table.wait(lambda sent=sent: terminal.typed == sent)
            assert table.typing()
            assert table.app.screen is table.main


async def test_the_program_is_told_its_size_and_who_has_the_focus(wait_until: WaitUntil, home: Path) -> None:
    engine = FedEngine()
    async with desk(wait_until, home, engine, size=(120, 40)) as table:
        terminal = await opened(table, engine)
        await table.wait(lambda: terminal.sizes[-1] == (120, 10))
        await table.wait(lambda: terminal.focuses == [True])
        await table.press("f4")
        await table.wait(lambda: terminal.focuses == [True, False])
        await table.press("z")
        await table.wait(lambda: terminal.sizes[-1][1] > 30)
        await table.press("z", "+")
        await table.wait(lambda: terminal.sizes[-1] == (120, 12))
        await table.press("enter")
        await table.wait(lambda: terminal.focuses == [True, False, True])


async def test_scrolling_back_stays_in_place_and_typing_returns(wait_until: WaitUntil, home: Path) -> None:
    engine = FedEngine()
    async with desk(wait_until, home, engine) as table:
        terminal = await opened(table, engine)
        terminal.feed("".join(f"line {number}\r\n" for number in range(200)))
        await table.shown("line 199")
        await table.press("f4", "pageup")
        await table.shown("lines below")
        await table.gone("line 199")
        before = [row for row in table.rows() if row.startswith("line ")]
        terminal.feed("".join(f"more {number}\r\n" for number in range(50)))
        await table.wait(lambda: table.view.back > 50)
        assert [row for row in table.rows() if row.startswith("line ")] == before
        await table.press("home")
        await table.shown("line 0 ")
        await table.press("enter", "x")
        await table.shown("more 49")
        assert terminal.typed == b"x"


async def test_the_search_finds_older_and_newer_text(wait_until: WaitUntil, home: Path) -> None:
    engine = FedEngine()
    async with desk(wait_until, home, engine) as table:
        terminal = await opened(table, engine)
        terminal.feed("".join(f"{'needle ' if number % 50 == 0 else ''}line {number}\r\n" for number in range(200)))
        await table.press("f4", "slash", *"needle")
        await table.shown("needle line 150")
        await table.press("enter")
        await table.shown("needle line 100")
        await table.press("enter", "enter", "enter")
        await table.shown("needle line 0")
        await table.press("down")
        await table.shown("needle line 50")
        await table.press("q")
        await table.shown("not found")
        await table.press("escape")
        assert table.commanding()
        assert terminal.typed == b""


async def test_marked_lines_are_copied_with_secrets_masked(wait_until: WaitUntil, home: Path) -> None:
    engine = FedEngine()
    secret = "sk-" + "ant-api03-" + "Ab1" * 20
    async with desk(wait_until, home, engine) as table:
        terminal = await opened(table, engine)
        terminal.feed(f"one\r\ntwo\r\nkey {secret}\r\n")
        await table.shown("two")
        await table.press("f4", "v", "up", "c")
        await table.wait(lambda: "two" in table.app.clipboard)
        assert "one" not in table.app.clipboard
        assert secret not in table.app.clipboard
        await table.press("c")
        await table.wait(lambda: "one" in table.app.clipboard)


async def test_a_mouse_selection_is_copied_and_a_tracking_program_gets_the_mouse(
    wait_until: WaitUntil, home: Path
) -> None:
    engine = FedEngine()
    async with desk(wait_until, home, engine) as table:
        terminal = await opened(table, engine)
        terminal.feed("some words here\r\n")
        await table.shown("some words")
        await table.pilot.mouse_down(table.view, offset=(5, 0))
        await table.pilot.hover(table.view, offset=(9, 0))
        await table.pilot.mouse_up(table.view, offset=(9, 0))
        await table.pilot.click(table.view, offset=(6, 0), times=2)
        await table.wait(lambda: table.app.clipboard == "words")
        terminal.feed("\x1b[?1000h\x1b[?1006h")
        terminal.take()
        await table.pilot.click(table.view, offset=(3, 2))
        await table.wait(lambda: terminal.typed == b"\x1b[<0;4;3M\x1b[<0;4;3m")
        terminal.feed("\x1b[?1000l")
        terminal.take()
        await table.pilot.click(table.view, offset=(3, 2))
        assert terminal.typed == b""


async def test_tabs_show_one_terminal_each(wait_until: WaitUntil, home: Path) -> None:
    engine = FedEngine()
    async with desk(wait_until, home, engine) as table:
        first = await opened(table, engine)
        first.feed("first terminal")
        await table.shown("first terminal")
        await table.press("f4", "t")
        await table.wait(lambda: len(engine.terminals) == 2 and table.typing())
        engine.terminals["t2"].feed("second terminal")
        await table.shown("second terminal")
        await table.press("f4", "tab")
        await table.shown("first terminal")
        assert table.commanding()
        await table.press("2")
        await table.shown("second terminal")
        await table.press("x")
        await table.wait(lambda: engine.commands[-1] == CloseTerminal(terminal="t2"))
        await table.shown("first terminal")
        await table.press("x")
        await table.wait(table.hidden)
        await table.wait(lambda: table.main.prompt.editor.has_focus)


async def test_an_ended_program_keeps_its_screen_and_enter_closes_it(wait_until: WaitUntil, home: Path) -> None:
    engine = FedEngine()
    async with desk(wait_until, home, engine) as table:
        terminal = await opened(table, engine)
        terminal.feed("last words")
        engine.bus.publish(TerminalRetitled(terminal="t1", title="a \x1b]title"))
        await table.shown("a ␛]title")
        engine.exit("t1")
        await table.shown("exited 0 in 3.2s")
        await table.shown("last words")
        sizes = len(terminal.sizes)
        table.view._over_since = time.monotonic() + 1000
        await table.press("a")
        assert terminal.typed == b""
        await table.pilot.resize_terminal(100, 30)
        await table.shown("last words")
        assert len(terminal.sizes) == sizes
        await table.press("enter")
        assert not table.hidden()
        table.view._over_since = time.monotonic() - CLOSES_AFTER
        await table.press("enter")
        await table.wait(table.hidden)
        assert engine.commands[-1] == CloseTerminal(terminal="t1")


async def test_a_prompt_that_begins_with_an_exclamation_mark_runs_a_command(wait_until: WaitUntil, home: Path) -> None:
    engine = FedEngine()
    async with desk(wait_until, home, engine) as table:
        await table.press("!", *"make", "space", *"test", "enter")
        await table.wait(table.typing)
        assert engine.commands == [OpenTerminal(command="make test")]
        await table.shown("make test")
        await table.press("f4", "escape")
        await table.wait(lambda: table.main.prompt.editor.has_focus)
        assert not table.hidden()
        await table.press(*"/term", "space", *"htop", "enter")
        await table.wait(lambda: engine.commands[-1] == OpenTerminal(command="htop"))
        await table.press("f4", "escape", *"/close-term", "enter")
        await table.wait(lambda: engine.commands[-1] == CloseTerminal(terminal="t2"))


async def test_a_model_program_that_needs_the_person_comes_into_sight(wait_until: WaitUntil, home: Path) -> None:
    engine = FedEngine()
    async with desk(wait_until, home, engine) as table:
        terminal = engine.open("sudo apt install x", pane="gpt", call_id="c1")
        await table.shown("runs in a terminal: sudo apt")
        assert table.hidden()
        await table.press(*"draft")
        need = TerminalNeedsPerson(
            terminal="t1", need=Need.TYPED_UNSEEN, prompt="[sudo] password for x:", pane="gpt", abort_in=25.0
        )
        engine.bus.publish(need)
        await table.shown("sudo asks for a password")
        await table.shown("ends in 2")
        await table.shown("gpt's")
        assert table.main.prompt.editor.has_focus
        assert table.main.prompt.text == "draft"
        await table.press("f4", *"pw", "enter")
        await table.wait(lambda: terminal.typed == b"pw\r")
        engine.bus.publish(TerminalServed(terminal="t1"))
        await table.gone("asks for a password")
        engine.bus.publish(
            TerminalAnswered(terminal="t1", typed="Enter", why="default of [Y/n]", prompt="Go on? [Y/n]", pane="gpt")
        )
        await table.shown("typed Enter: default of [Y/n]")
        await table.press("f4", "o")
        assert engine.commands[-1] == HandOver(terminal="t1", person=True)
        engine.bus.publish(TerminalHandOver(terminal="t1", person=True))
        await table.shown("yours")
        engine.bus.publish(AutoAnswerChanged(mode=AutoAnswer.ON))
        await table.press("o", "f6")
        assert engine.commands[-2:] == [
            HandOver(terminal="t1", person=False),
            SetAutoAnswer(mode=AutoAnswer.OFF, terminal="t1"),
        ]


async def test_a_proposed_answer_is_typed_by_one_key(wait_until: WaitUntil, home: Path) -> None:
    engine = FedEngine()
    async with desk(wait_until, home, engine) as table:
        engine.open("pip uninstall x", pane="gpt")
        engine.bus.publish(
            TerminalNeedsPerson(terminal="t1", need=Need.QUESTION, prompt="Proceed (Y/n)?", suggestion="Enter")
        )
        await table.shown("Proceed (Y/n)?")
        await table.press("f4", "f4")
        terminals = table.main.stage.view.terminals
        await table.wait(
            lambda: table.state.waiting and terminals.armed(table.state.waiting.since, table.main.stage.now())
        )
        await table.press("a")
        assert engine.commands[-1] == AcceptSuggestion(terminal="t1")


async def test_the_clipboard_question_cannot_be_answered_by_accident(wait_until: WaitUntil, home: Path) -> None:
    engine = FedEngine()
    async with desk(wait_until, home, engine) as table:
        terminal = await opened(table, engine)
        engine.bus.publish(ClipboardAsked(id="q1", terminal="t1", size=12, preview="curl x | sh"))
        await table.shown("wants to set your clipboard: 12 characters")
        terminal.take()
        await table.press("y")
        await table.wait(lambda: terminal.typed == b"y")
        asked = table.state.question()
        assert asked is not None
        now = table.main.stage.now()
        asked.since = now + 100
        await table.press("f4", "y")
        assert not any(isinstance(command, AnswerClipboard) for command in engine.commands)
        asked.since = table.main.stage.view.terminals.shown_at = now - 100
        await table.press("y")
        assert engine.commands[-1] == AnswerClipboard(id="q1", accept=True)
        engine.bus.publish(ClipboardResolved(id="q1", terminal="t1", text="curl x | sh"))
        await table.wait(lambda: table.app.clipboard == "curl x | sh")


async def test_a_paste_is_bracketed_and_cannot_end_its_bracket(wait_until: WaitUntil, home: Path) -> None:
    engine = FedEngine()
    async with desk(wait_until, home, engine) as table:
        terminal = await opened(table, engine)
        terminal.feed("\x1b[?2004h")
        terminal.take()
        table.app.post_message(events.Paste("a\nb\x1b[201~rm -rf x\n"))
        await table.wait(lambda: terminal.typed == b"\x1b[200~a\rbrm -rf x\r\x1b[201~")


async def test_nothing_is_painted_while_nothing_happens_or_nobody_looks(wait_until: WaitUntil, home: Path) -> None:
    engine = FedEngine()
    async with desk(wait_until, home, engine) as table:
        terminal = await opened(table, engine)
        terminal.feed("ready")
        await table.shown("ready")
        await table.wait(lambda: table.main.frame_clock.is_idle)
        view = table.view
        frames = view.painted_frames
        await table.pilot.pause(0.3)
        assert view.painted_frames == frames
        await table.press("f4", "f4")
        frames = view.painted_frames
        terminal.feed("unseen")
        await table.pilot.pause(0.1)
        assert view.painted_frames == frames
        await table.press("f4")
        await table.shown("unseen")


async def test_the_wheel_scrolls_back_or_moves_in_a_full_screen_program(wait_until: WaitUntil, home: Path) -> None:
    engine = FedEngine()
    async with desk(wait_until, home, engine) as table:
        terminal = await opened(table, engine)
        terminal.feed("".join(f"line {number}\r\n" for number in range(100)))
        await table.shown("line 99")
        wheel(table, events.MouseScrollUp)
        await table.shown("3 lines below")
        assert terminal.typed == b""
        wheel(table, events.MouseScrollDown)
        await table.gone("lines below")
        terminal.feed("\x1b[?1049h\x1b[?1007hfull screen")
        await table.shown("full screen")
        wheel(table, events.MouseScrollUp)
        await table.wait(lambda: terminal.typed == b"\x1b[A" * 3)
        terminal.feed("\x1b[?1000h\x1b[?1006h")
        terminal.take()
        wheel(table, events.MouseScrollDown)
        await table.wait(lambda: terminal.typed == b"\x1b[<65;3;2M")


def wheel(table: Desk, kind: type[events.MouseScrollUp | events.MouseScrollDown]) -> None:
    """Turn the wheel over the terminal."""
    x, y = table.view.region.x + 2, table.view.region.y + 1
    table.app.post_message(kind(None, x, y, 0, 0, 0, False, False, False, screen_x=x, screen_y=y))


async def test_a_link_says_where_it_goes_before_it_is_opened(
    wait_until: WaitUntil, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = FedEngine()
    async with desk(wait_until, home, engine) as table:
        terminal = await opened(table, engine)
        went: list[str] = []
        monkeypatch.setattr(table.app, "open_url", went.append)
        terminal.feed(
            "\x1b]8;;https://example.com/real\x1b\\harmless.example\x1b]8;;\x1b\\ \x1b]8;;file:///etc\x1b\\x\x1b]8;;\x1b\\"
        )
        await table.shown("harmless.example")
        await table.pilot.click(table.view, offset=(3, 0))
        await table.shown("Click again to open https://example.com/real")
        assert went == []
        await table.pilot.click(table.view, offset=(17, 0))
        await table.shown("only web addresses are opened")
        await table.pilot.click(table.view, offset=(3, 0))
        await table.wait(lambda: went == ["https://example.com/real"])


async def test_a_line_that_was_hidden_shows_what_is_true_now(wait_until: WaitUntil, home: Path) -> None:
    engine = FedEngine()
    async with desk(wait_until, home, engine) as table:
        await opened(table, engine)
        await table.press("f4")
        await table.shown("commands: Enter types again")
        await table.press("f4", "f4")
        await table.shown("all keys go there")
        engine.open("first job", pane="gpt")
        await table.shown("runs in a terminal: first job")
        engine.exit("t2")
        await table.gone("runs in a terminal")
        engine.open("other job", pane="gpt")
        await table.shown("runs in a terminal: other job")


async def test_a_pane_leads_to_its_terminal_by_key_and_by_click(wait_until: WaitUntil, home: Path) -> None:
    engine = FedEngine()
    async with desk(wait_until, home, engine) as table:
        terminal = engine.open("git add -p", pane="gpt")
        await table.shown("git add -p")
        await table.press("tab", "f6", "m")
        await table.wait(table.typing)
        await table.press("q")
        await table.wait(lambda: terminal.typed == b"q")
        await table.press("f4", "f4")
        await table.wait(table.hidden)
        y = next(number for number, row in enumerate(table.rows()) if "go there" in row)
        x = table.rows()[y].index("go there")
        await table.pilot.click(offset=(x, y))
        await table.wait(table.typing)


async def test_what_looks_like_a_command_can_be_sent_as_text(wait_until: WaitUntil, home: Path) -> None:
    engine = FedEngine()
    async with desk(wait_until, home, engine) as table:
        await table.press(*"!!wow", "enter")
        await table.wait(lambda: engine.prompts == [("!wow", None)])
        assert engine.terminals == {}
        await table.press("!", "enter")
        await table.wait(lambda: OpenTerminal(command="") in engine.commands)


async def test_another_key_can_be_the_one_that_is_kept(wait_until: WaitUntil, home: Path) -> None:
    engine = FedEngine()
    async with desk(wait_until, home, engine, config=Config(keys={"terminal": "f12"})) as table:
        await table.press("f12")
        await table.wait(table.typing)
        terminal = engine.terminals["t1"]
        await table.press("f4")
        await table.wait(lambda: terminal.typed == b"\x1bOS")
        await table.shown("F12 gets out")
        await table.press("f12", "f")
        await table.wait(lambda: terminal.typed == b"\x1bOS\x1b[24~")
        assert table.commanding()


async def test_where_bytes_are_spared_typing_is_still_seen_at_once(wait_until: WaitUntil, home: Path) -> None:
    engine = FedEngine()
    config = Config(ui=UiConfig(low_bandwidth=Switch.ON))
    async with desk(wait_until, home, engine, config=config) as table:
        terminal = await opened(table, engine)
        terminal.feed("\x1b[31mcoloured\x1b[0m")
        await table.shown("coloured")
        await table.wait(lambda: table.main.frame_clock.is_idle)
        frames = table.view.painted_frames
        table.view.send(b"x")
        terminal.feed("x")
        assert table.view.painted_frames == frames + 1
        assert table.main.frame_clock.is_idle


async def test_what_is_typed_before_the_program_is_there_waits_for_it(wait_until: WaitUntil, home: Path) -> None:
    engine = SlowEngine()
    async with desk(wait_until, home, engine) as table:
        await table.press("f4", *"ls", "enter")
        assert table.main.prompt.is_empty
        assert engine.commands == [OpenTerminal(command="")]
        terminal = engine.open()
        terminal.running = False
        await table.wait(lambda: table.view.port is not None)
        await table.press("x")
        assert terminal.typed == b""
        terminal.running = True
        await table.wait(lambda: terminal.typed == b"ls\rx")
        await table.press("y")
        await table.wait(lambda: terminal.typed == b"ls\rxy")


async def test_its_key_waits_for_a_terminal_that_opens(wait_until: WaitUntil, home: Path) -> None:
    engine = SlowEngine()
    async with desk(wait_until, home, engine) as table:
        await table.press("f4", "l", "f4", "f4", "d")
        assert table.view.typing
        assert table.main.prompt.is_empty
        terminal = engine.open()
        await table.wait(lambda: table.main.prompt.text == "d")
        assert table.hidden()
        await table.wait(lambda: terminal.typed == b"l")


async def test_a_terminal_that_does_not_open_leaves_no_dock(wait_until: WaitUntil, home: Path) -> None:
    engine = SlowEngine()
    async with desk(wait_until, home, engine) as table:
        await table.press("f4", "a")
        await table.wait(lambda: not table.hidden())
        table.main.dock._not_opened()
        await table.wait(table.hidden)
        await table.wait(lambda: table.main.prompt.editor.has_focus)


def brightness(terminal: FedTerminal) -> tuple[int, int]:
    """Of foreground and background, as the terminal was told; 0 to 765."""
    return (-1, -1) if terminal.colors is None else (sum(terminal.colors[0]), sum(terminal.colors[1]))


async def test_a_program_that_asks_learns_the_colours_of_the_theme(wait_until: WaitUntil, home: Path) -> None:
    engine = FedEngine()
    config = Config(ui=UiConfig(theme="llmmixer-light"))
    async with desk(wait_until, home, engine, config=config) as table:
        terminal = await opened(table, engine)
        await table.wait(lambda: brightness(terminal)[1] > 3 * 230)
        assert brightness(terminal)[0] < 3 * 80
        table.app.theme = "textual-dark"
        terminal.feed("x")
        await table.wait(lambda: brightness(terminal)[1] < 3 * 60)


async def test_the_hints_of_a_program_that_ended(wait_until: WaitUntil, home: Path) -> None:
    engine = FedEngine()
    async with desk(wait_until, home, engine) as table:
        await opened(table, engine)
        assert [title for _, title in table.main.dock.hints()][-1].startswith("takes the keys back")
        terminal = next(iter(engine.terminals))
        engine.exit(terminal)
        await table.wait(lambda: table.main.dock.hints()[:2] == [("Enter", "Close"), ("Esc", "Prompt")])
