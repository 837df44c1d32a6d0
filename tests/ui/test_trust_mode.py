"""The trust mode and undoing, with real keys on the whole screen."""

from pathlib import Path

import pytest

from tests.conftest import WaitUntil
from tests.ui.test_app import Table, running
from tui.core.commands import Command, SetTrustMode, Undo
from tui.core.tool_events import TrustModeChanged
from tui.core.trust import TrustMode


async def in_mode(table: Table, mode: TrustMode, *, tools: bool = True) -> None:
    table.engine.bus.publish(TrustModeChanged(mode=mode, tools=tools))
    await table.wait(lambda: table.main.stage.view.work.mode is mode)


async def test_shift_tab_goes_round_the_modes_and_the_first_line_shows_each(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home, size=(80, 24)) as table:
        await in_mode(table, TrustMode.PLAN)
        for mode in (TrustMode.ASK, TrustMode.AUTO_EDIT, TrustMode.AUTO, TrustMode.PLAN):
            await table.press("shift+tab")
            assert table.engine.commands[-1] == SetTrustMode(mode=mode)
            await table.shown(f"Mode {mode.value}:")
            await in_mode(table, mode)
            await table.wait(lambda mode=mode: f"  {mode.value} " in table.rows()[0])


async def test_shift_tab_works_in_a_draft_and_in_a_pane(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        await in_mode(table, TrustMode.ASK)
        await table.press("h", "shift+tab", "i")
        assert table.main.prompt.text == "hi"
        await table.press("f6", "shift+tab")
        assert table.engine.commands == [SetTrustMode(mode=TrustMode.AUTO_EDIT)] * 2
        assert table.in_pane()


async def test_without_tools_there_is_no_mode_to_change(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        await table.press("shift+tab")
        await table.shown("Models have no tools in this session")
        await in_mode(table, TrustMode.ASK, tools=False)
        await table.wait(lambda: "no tools" in table.rows()[0])
        await table.press("shift+tab")
        assert table.engine.commands == []


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("/mode plan", SetTrustMode(mode=TrustMode.PLAN)),
        ("/mode Auto-Edit", SetTrustMode(mode=TrustMode.AUTO_EDIT)),
        ("/mode auto_edit", SetTrustMode(mode=TrustMode.AUTO_EDIT)),
        ("/undo", Undo()),
        ("/undo turn", Undo(turn=True)),
        ("/undo gpt", Undo(pane="gpt")),
        ("/undo turn @gpt", Undo(pane="gpt", turn=True)),
        ("/undo @gpt turn", Undo(pane="gpt", turn=True)),
    ],
)
async def test_slash_commands(typed: str, command: Command, wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        table.main.prompt.insert_text(typed)
        await table.press("enter")
        await table.wait(lambda: table.engine.commands == [command])


@pytest.mark.parametrize(
    ("typed", "said"),
    [("/mode yolo", "A mode is plan, ask, auto-edit or auto"), ("/undo everything", "Type /undo, /undo turn"),
     ("/undo claude gpt", "Type /undo, /undo turn"), ("/requests", "works when a request waits")],
)  # fmt: skip
async def test_wrong_words_are_explained(typed: str, said: str, wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        table.main.prompt.insert_text(typed)
        await table.press("enter")
        await table.shown(said)
        assert table.engine.commands == []


async def test_the_mode_alone_waits_for_its_word(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        table.main.prompt.insert_text("/mode")
        await table.press("enter")
        await table.wait(lambda: table.main.prompt.text == "/mode ")
