"""Bells of programs nobody looks at, and the size new terminals are to have."""

from itertools import count

import pytest

from tests.conftest import WaitUntil
from tests.ui.terminal_support import Desk, FedEngine, desk
from tui.core.terminal_events import TerminalRang, TerminalRetitled
from tui.ui.glyphs import UNICODE

NUMBERS = count(1)


@pytest.fixture
def bells(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    rung: list[str] = []
    monkeypatch.setattr("tui.ui.app.LLMMixerApp.bell", lambda _: rung.append("bell"))
    return rung


async def _rang(table: Desk, engine: FedEngine, terminal: str) -> None:
    """Ring, and wait until that and what came after it was looked at."""
    title = f"after bell {next(NUMBERS)}"
    engine.bus.publish(TerminalRang(terminal=terminal))
    engine.bus.publish(TerminalRetitled(terminal=terminal, title=title))
    terminals = table.main.stage.view.terminals
    await table.wait(lambda: terminals.by_id[terminal].title == title and not terminals.changed)


async def test_a_bell_out_of_sight_is_heard_and_marks_the_tab_until_it_is_shown(
    wait_until: WaitUntil, tmp_path_factory: pytest.TempPathFactory, bells: list[str]
) -> None:
    engine = FedEngine()
    async with desk(wait_until, tmp_path_factory.mktemp("home"), engine) as table:
        engine.open("first")
        engine.open("second")
        await table.shown("first")
        await table.shown("second")
        by_id = table.main.stage.view.terminals.by_id
        await _rang(table, engine, "t2")
        assert not bells
        assert not by_id["t2"].rang
        engine.bus.publish(TerminalRang(terminal="t1"))
        await table.shown(f"{UNICODE.rang} first")
        assert by_id["t1"].rang
        assert len(bells) == 1
        await _rang(table, engine, "t1")
        assert len(bells) == 1, "one that rings and rings is not heard again and again"
        table.main.dock.show_tab("t1")
        await table.gone(UNICODE.rang)
        assert not by_id["t1"].rang


async def test_a_bell_behind_a_hidden_dock_is_heard(
    wait_until: WaitUntil, tmp_path_factory: pytest.TempPathFactory, bells: list[str]
) -> None:
    engine = FedEngine()
    async with desk(wait_until, tmp_path_factory.mktemp("home"), engine) as table:
        engine.open("first")
        await table.shown("first")
        table.main.dock.hide()
        await _rang(table, engine, "t1")
        assert len(bells) == 1
        table.main.dock.toggle()
        await table.shown("first")
        assert not any(UNICODE.rang in row for row in table.rows())


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_new_terminals_are_told_the_size_they_are_shown_in(
    wait_until: WaitUntil, tmp_path_factory: pytest.TempPathFactory, size: tuple[int, int]
) -> None:
    engine = FedEngine()
    async with desk(wait_until, tmp_path_factory.mktemp("home"), engine, size=size) as table:
        told = engine.size
        assert told[0] > 0
        terminal = engine.open("cat")
        await table.wait(lambda: bool(terminal.sizes))
        assert (table.view.size.width, table.view.size.height) == told
        table.main.dock.grow(1)
        await table.wait(lambda: engine.size == (told[0], told[1] + 2))
        table.main.dock.zoom()
        await table.wait(lambda: table.view.size.height > told[1] + 2)
        table.main.relayout()
        assert engine.size == (table.view.size.width, table.view.size.height)
