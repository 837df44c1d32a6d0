"""Whose keys they are when terminals come, go and ask: nothing typed for one program reaches another."""

import time
from pathlib import Path

import pytest

from tests.conftest import WaitUntil
from tests.ui.requests import command
from tests.ui.terminal_support import FedEngine, SlowEngine, desk
from tui.core.commands import AcceptSuggestion, OpenTerminal
from tui.core.terminal_events import Need, TerminalClosed, TerminalNeedsPerson, TerminalServed
from tui.ui.view.terminal_text import SEARCHED_AT_ONCE, Lines, Place, find_some
from tui.ui.widgets import terminal_search
from tui.ui.widgets.terminal_view import CLOSES_AFTER


async def test_another_tab_takes_the_focus_from_the_last_one(wait_until: WaitUntil, home: Path) -> None:
    """A program that believes to have the person would never be answered nor ended."""
    engine = FedEngine()
    async with desk(wait_until, home, engine) as table:
        first, second = engine.open("cat"), engine.open("cat")
        await table.wait(lambda: second.focuses == [True])
        await table.press("f4", "left", "enter")
        await table.wait(lambda: first.focuses[-1:] == [True])
        assert second.focuses == [True, False]
        table.main.dock.show_tab("t2")
        await table.wait(lambda: second.focuses == [True, False, True])
        assert first.focuses[-1] is False
        table.main.dock.hide()
        assert second.focuses[-1] is False


async def test_keys_for_a_terminal_that_never_came_reach_no_other(wait_until: WaitUntil, home: Path) -> None:
    engine = SlowEngine()
    async with desk(wait_until, home, engine) as table:
        other = engine.open("rm -i x", pane="gpt")
        await table.wait(lambda: bool(table.main.stage.view.terminals.by_id))
        for starts in (False, True):
            table.main.dock.open("")
            await table.wait(table.typing)
            await table.press("y", "enter")
            if starts:
                failed = engine.open("")
                failed.running = False
                await table.wait(lambda failed=failed: table.view.port is failed)
                await table.press("y")
                engine.bus.publish(TerminalClosed(terminal=failed.id))
            else:
                table.main.dock._not_opened()
            await table.wait(lambda: table.view.port is other)
            await table.wait(lambda: table.view._waiting is None)
            assert other.typed == b""


async def test_after_a_terminal_closes_a_models_program_does_not_get_its_keys(
    wait_until: WaitUntil, home: Path
) -> None:
    engine = FedEngine()
    async with desk(wait_until, home, engine) as table:
        models = engine.open("rm -i x", pane="gpt")
        await table.wait(lambda: bool(table.main.stage.view.terminals.by_id))
        own = engine.open("sh")
        await table.wait(lambda: own.focuses == [True])
        engine.exit(own.id)
        await table.shown("Enter closes")
        table.view._over_since = time.monotonic() - CLOSES_AFTER
        await table.press("enter")
        await table.wait(lambda: table.view.port is models)
        await table.press("y", "enter")
        assert models.typed == b""


async def test_a_proposal_that_came_just_now_is_not_accepted_by_a_key_meant_for_something_else(
    wait_until: WaitUntil, home: Path
) -> None:
    engine = FedEngine()
    async with desk(wait_until, home, engine) as table:
        engine.open("pip uninstall x", pane="gpt")
        await table.wait(lambda: bool(table.main.stage.view.terminals.by_id))
        await table.press("f4", "f4")
        await table.wait(table.commanding)
        need = TerminalNeedsPerson(terminal="t1", need=Need.QUESTION, prompt="Proceed (Y/n)?", suggestion="Enter")
        engine.bus.publish(need)
        await table.wait(lambda: table.state.waiting is not None)
        waiting = table.state.waiting
        assert waiting is not None
        waiting.since = table.main.stage.now() + 100
        await table.press("a")
        assert AcceptSuggestion(terminal="t1") not in engine.commands
        waiting.since = table.main.stage.now() - 100
        table.main.stage.view.terminals.shown_at = table.main.stage.now() + 100
        await table.press("a")
        assert AcceptSuggestion(terminal="t1") not in engine.commands
        table.main.stage.view.terminals.shown_at = 0.0
        await table.press("a")
        assert engine.commands[-1] == AcceptSuggestion(terminal="t1")
        engine.bus.publish(TerminalServed(terminal="t1"))


async def test_every_key_reaches_the_program_while_a_request_waits(wait_until: WaitUntil, home: Path) -> None:
    engine = FedEngine()
    async with desk(wait_until, home, engine) as table:
        terminal = engine.open("cat")
        await table.wait(lambda: terminal.focuses == [True])
        engine.bus.publish(command("make"))
        await table.wait(lambda: table.main.desk.work is not None and bool(table.main.desk.work.card.shown))
        keys = {"y": b"y", "n": b"n", "ctrl+n": b"\x0e", "enter": b"\r", "escape": b"\x1b", "ctrl+c": b"\x03"}
        for key, sent in keys.items():
            await table.press(key)
            assert terminal.take() == sent
        assert all(isinstance(command, OpenTerminal) for command in engine.commands)


async def test_a_copy_holds_nothing_that_cannot_be_seen(wait_until: WaitUntil, home: Path) -> None:
    engine = FedEngine()
    async with desk(wait_until, home, engine) as table:
        terminal = engine.open("cat")
        await table.wait(lambda: terminal.focuses == [True])
        terminal.feed("curl \U000e0041\U000e0042a\u2028b\u2062")
        await table.shown("curl")
        await table.press("f4", "c")
        await table.wait(lambda: table.app.clipboard.startswith("curl"))
        assert all(char.isprintable() or char == "\n" for char in table.app.clipboard)


async def test_a_long_search_gives_others_their_turn(
    wait_until: WaitUntil, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = FedEngine()
    async with desk(wait_until, home, engine) as table:
        terminal = engine.open("cat")
        await table.wait(lambda: terminal.focuses == [True])
        terminal.feed("needle\r\n" + "hay\r\n" * 7_000)
        asked: list[int] = []
        looked: list[int] = []
        row_text = terminal.row_text

        def counting(row: int) -> str:
            asked.append(row)
            return row_text(row)

        def counted(port: Lines, query: str, start: Place, *, older: bool) -> object:
            before = len(asked)
            found = find_some(port, query, start, older=older)
            looked.append(len(asked) - before)
            return found

        monkeypatch.setattr(terminal, "row_text", counting)
        monkeypatch.setattr(terminal_search, "find_some", counted)
        await table.press("f4", "/", *"needle")
        await table.wait(lambda: bool(table.view.found))
        assert table.view.found[0].line == 0
        assert len(looked) >= 4
        assert max(looked) <= SEARCHED_AT_ONCE + 1
        await table.press("x")
        await table.shown("not found")
