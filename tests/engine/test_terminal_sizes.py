"""The size terminals start in, and the bells of their programs."""

from pathlib import Path

import pytest

from tests.conftest import WaitUntil
from tests.engine.test_terminals import rig
from tui.core.commands import OpenTerminal, SizeTerminals
from tui.core.terminal_events import TerminalExited, TerminalRang

SAYS_SIZE = "trap 'echo changed' WINCH; stty size; read line; echo got $line; read line"

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes by /proc")


@pytest.mark.parametrize("pane", ["", "claude"])
async def test_programs_start_in_the_size_they_are_shown_in(wait_until: WaitUntil, tmp_path: Path, pane: str) -> None:
    async with rig(tmp_path, wait_until) as made:
        made.terminals.handle(SizeTerminals(columns=133, lines=11))
        running = made.begin(SAYS_SIZE, pane) if pane else None
        if running is None:
            made.terminals.handle(OpenTerminal(command=SAYS_SIZE))
        name = await made.opened()
        port = made.terminals.get(name)
        assert port is not None
        assert (port.columns, port.lines) == (133, 11)
        await wait_until(lambda: "11 133" in made.text(name))
        port.resize(133, 11)
        port.write(b"a\n")
        await wait_until(lambda: "got a" in made.text(name))
        assert "changed" not in made.text(name)
        port.resize(100, 11)
        port.write(b"b\n")
        await wait_until(lambda: "changed" in made.text(name))
        if running is not None:
            await made.terminals.close()
            await running


@pytest.mark.parametrize(("columns", "lines", "told"), [(0, -3, (1, 1)), (10**9, 10**9, (1000, 1000))])
async def test_sizes_are_bounded(
    wait_until: WaitUntil, tmp_path: Path, columns: int, lines: int, told: tuple[int, int]
) -> None:
    async with rig(tmp_path, wait_until) as made:
        made.terminals.handle(SizeTerminals(columns=columns, lines=lines))
        made.terminals.handle(OpenTerminal(command="cat"))
        port = made.terminals.get(await made.opened())
        assert port is not None
        assert (port.columns, port.lines) == told


async def test_a_program_that_rings_and_rings_is_told_of_now_and_then(wait_until: WaitUntil, tmp_path: Path) -> None:
    rings = "i=0; while [ $i -lt 4 ]; do i=$((i+1)); printf '\\a%5000d' 1; sleep 0.15; done"
    async with rig(tmp_path, wait_until) as made:
        made.terminals.handle(OpenTerminal(command=rings))
        name = await made.opened()
        await wait_until(lambda: bool(made.of(TerminalExited)))
        told = made.of(TerminalRang)
        assert told
        assert all(event.terminal == name for event in told)
        assert len(told) <= 1 + int(made.of(TerminalExited)[0].seconds)
