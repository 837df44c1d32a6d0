"""Engines with terminals for tests of the screen: one with a screen fed by hand, one with real programs."""

import asyncio
import os
import shlex
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

from textual.pilot import Pilot

from tests.conftest import WaitUntil
from tests.ui.fake_engine import PANES, FakeEngine
from tui.config.model import Config
from tui.core.commands import CloseTerminal, Command, OpenTerminal, SizeTerminals
from tui.core.terminal import Rgb, TerminalPort
from tui.core.terminal_events import TerminalClosed, TerminalExited, TerminalOpened
from tui.terminal.ending import Ending
from tui.terminal.launch import TerminalLaunch
from tui.terminal.session import Terminal, TerminalEvent
from tui.terminal.surface import Surface
from tui.ui.app import LLMMixerApp
from tui.ui.screens.main import MainScreen
from tui.ui.view.terminals import TerminalView as State
from tui.ui.widgets.terminal_view import TerminalView


class FedTerminal(Surface):
    """A terminal without a program: a test writes to its screen and reads what was typed."""

    def __init__(self, name: str, columns: int = 80, lines: int = 24) -> None:
        from tui.terminal.emulator import Emulator

        super().__init__(columns, lines)
        self._screen = Emulator(columns, lines)
        self.id = name
        self.title = ""
        self.running = True
        self.typed = b""
        self.sizes: list[tuple[int, int]] = []
        self.focuses: list[bool] = []
        self.colors: tuple[Rgb, Rgb] | None = None

    def feed(self, text: str) -> None:
        """Write as the program would."""
        self._screen.feed(text.encode())
        self._show()

    def write(self, data: bytes) -> None:
        self.typed += data

    def resize(self, columns: int, lines: int) -> None:
        self.sizes.append((columns, lines))
        self.columns, self.lines = columns, lines
        self._screen.resize(lines, columns)
        self._show()

    def focus(self, focused: bool) -> None:
        if focused is not (self.focuses[-1] if self.focuses else False):
            self.focuses.append(focused)

    def set_colors(self, foreground: Rgb, background: Rgb, palette: tuple[Rgb, ...]) -> None:
        super().set_colors(foreground, background, palette)
        self.colors = (foreground, background)

    def take(self) -> bytes:
        """What was typed since the last call."""
        typed, self.typed = self.typed, b""
        return typed


class FedEngine(FakeEngine):
    """Opens terminals without programs."""

    def __init__(self) -> None:
        super().__init__(PANES, demo=True)
        self.terminals: dict[str, FedTerminal] = {}
        self.size = (0, 0)

    def handle(self, command: Command) -> None:
        if isinstance(command, SizeTerminals):
            self.size = (command.columns, command.lines)
            return
        super().handle(command)
        if isinstance(command, OpenTerminal):
            self.open(command.command)
        elif isinstance(command, CloseTerminal) and self.terminals[command.terminal].running:
            self.exit(command.terminal)
        elif isinstance(command, CloseTerminal):
            del self.terminals[command.terminal]
            self.bus.publish(TerminalClosed(terminal=command.terminal))

    def open(self, command: str = "", *, pane: str | None = None, call_id: str = "") -> FedTerminal:
        """Open one, for the person or for a pane's model."""
        name = f"t{len(self.terminals) + 1}"
        terminal = self.terminals[name] = FedTerminal(name)
        self.bus.publish(TerminalOpened(terminal=name, title="", command=command, pane=pane, call_id=call_id))
        return terminal

    def exit(self, name: str, code: int = 0) -> None:
        """End the program there."""
        self.terminals[name].running = False
        self.bus.publish(TerminalExited(terminal=name, code=code, seconds=3.2))

    def terminal(self, terminal: str) -> TerminalPort | None:
        return self.terminals.get(terminal)


class SlowEngine(FedEngine):
    """Opens a terminal when a test says so."""

    def handle(self, command: Command) -> None:
        if isinstance(command, OpenTerminal):
            self.commands.append(command)
        else:
            super().handle(command)


class RealEngine(FakeEngine):
    """Runs real programs."""

    def __init__(self, home: Path) -> None:
        super().__init__(PANES, demo=True)
        self._home = home
        self.terminals: dict[str, Terminal] = {}
        self.size = (0, 0)
        self._tasks: set[asyncio.Task[None]] = set()

    def handle(self, command: Command) -> None:
        if isinstance(command, SizeTerminals):
            self.size = (command.columns, command.lines)
            return
        super().handle(command)
        if isinstance(command, OpenTerminal):
            self._spawn(self._open(command.command))
        elif isinstance(command, CloseTerminal):
            self._spawn(self._close(command.terminal))

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _open(self, command: str) -> None:
        name = f"t{len(self.terminals) + 1}"

        def happened(event: TerminalEvent) -> None:
            if isinstance(event, Ending):
                self.bus.publish(TerminalExited(terminal=name, code=event.code, seconds=1.0))

        terminal = self.terminals[name] = Terminal(name, on_event=happened)
        argv = tuple(shlex.split(command)) if command else ("bash", "--norc", "--noprofile")
        env = {"HOME": str(self._home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "PS1": "$ "}
        await terminal.start(TerminalLaunch(argv=argv, env=env, cwd=self._home))
        self.bus.publish(TerminalOpened(terminal=name, title="", command=command))

    async def _close(self, name: str) -> None:
        if self.terminals[name].running:
            await self.terminals[name].stop()
            return
        self.bus.publish(TerminalClosed(terminal=name))

    async def close(self) -> None:
        for terminal in self.terminals.values():
            await terminal.stop()
        await super().close()

    def terminal(self, terminal: str) -> TerminalPort | None:
        return self.terminals.get(terminal)


class Desk:
    """An application with short names for what tests of terminals look at."""

    def __init__(self, app: LLMMixerApp, pilot: Pilot[None], wait: WaitUntil) -> None:
        self.app = app
        self.pilot = pilot
        self.wait = wait

    @property
    def main(self) -> MainScreen:
        return cast("MainScreen", self.app.screen_stack[0])

    @property
    def view(self) -> TerminalView:
        found = self.main.dock.view
        assert found is not None
        return found

    @property
    def state(self) -> State:
        found = self.main.stage.view.terminals.current
        assert found is not None
        return found

    def rows(self) -> list[str]:
        """What is on the screen, row by row."""
        return [strip.text for strip in self.app.screen._compositor.render_strips(self.app.size)]

    def prompts(self) -> int:
        """How many rows hold a prompt of the shell."""
        return sum("$ " in row for row in self.rows())

    def typing(self) -> bool:
        return self.main.dock.typing

    def commanding(self) -> bool:
        return self.main.dock.focused and not self.main.dock.typing

    def hidden(self) -> bool:
        return not self.main.dock.shown

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def shown(self, text: str) -> None:
        await self.wait(lambda: any(text in row for row in self.rows()))

    async def gone(self, text: str) -> None:
        await self.wait(lambda: not any(text in row for row in self.rows()))


@asynccontextmanager
async def desk(
    wait: WaitUntil, home: Path, engine: FakeEngine, *, size: tuple[int, int] = (120, 40), config: Config | None = None
) -> AsyncIterator[Desk]:
    """Run the application on an engine."""
    app = LLMMixerApp(engine, config or Config(), environ={"HOME": str(home)}, cwd=home)
    async with app.run_test(size=size) as pilot:
        await wait(lambda: len(engine.prepared) == len(engine.panes))
        yield Desk(app, pilot, wait)
