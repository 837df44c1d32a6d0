"""What a program answers to a key: on the screen at once, a few times for each key."""

from pathlib import Path

from tests.conftest import WaitUntil
from tests.ui.terminal_support import Desk, FedEngine, FedTerminal, desk
from tui.ui.widgets.terminal_paint import ECHOES


async def opened(table: Desk, engine: FedEngine) -> FedTerminal:
    """Open a terminal with F4, and wait until it is painted in its size."""
    await table.press("f4")
    await table.wait(table.typing)
    terminal = next(iter(engine.terminals.values()))
    await table.wait(lambda: bool(terminal.sizes))
    terminal.feed("ready")
    await table.shown("ready")
    return terminal


async def test_answers_are_painted_within_the_call_but_a_flood_is_not(wait_until: WaitUntil, home: Path) -> None:
    engine = FedEngine()
    async with desk(wait_until, home, engine) as table:
        terminal = await opened(table, engine)
        view = table.view
        await table.wait(lambda: table.main.frame_clock.is_idle)
        view._key_at = float("inf")  # no time passes between key and answer, however slow the machine
        view._echoes = ECHOES
        for number in range(ECHOES):
            frames = view.painted_frames
            terminal.feed(f" answer{number}")
            assert view.painted_frames == frames + 1
            assert not view._repaint_required
            assert not view._repaint_regions
        frames = view.painted_frames
        terminal.feed(" flood")
        assert view.painted_frames == frames
        await table.shown("flood")


async def test_rows_that_did_not_change_are_not_made_again(wait_until: WaitUntil, home: Path) -> None:
    engine = FedEngine()
    async with desk(wait_until, home, engine) as table:
        terminal = await opened(table, engine)
        terminal.feed("\r\n" + "\r\n".join(f"row {number}" for number in range(5)))
        await table.shown("row 4")
        view = table.view
        before = view.render_lines(view.size.region)
        terminal.feed("\x1b[2;1Hchanged")
        await table.shown("changed")
        after = view.render_lines(view.size.region)
        assert [y for y, (one, other) in enumerate(zip(before, after, strict=True)) if one is not other] == [1, 5]
