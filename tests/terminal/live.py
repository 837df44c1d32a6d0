"""Real programs in real terminals, for tests: started, and ended whatever the test does."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tui.terminal.family import read_process
from tui.terminal.launch import TerminalLaunch
from tui.terminal.session import Terminal, TerminalEvent

PYTHON = sys.executable


def launch(*argv: str, cwd: Path | None = None, **env: str) -> TerminalLaunch:
    """What to start, in the surroundings of the test."""
    return TerminalLaunch(argv=argv, env={**os.environ, **env}, cwd=cwd or Path.cwd())


def shell(script: str, cwd: Path | None = None, **env: str) -> TerminalLaunch:
    """A shell script to start."""
    return launch("bash", "--noprofile", "--norc", "-c", script, cwd=cwd, **env)


def python(script: str, cwd: Path | None = None, **env: str) -> TerminalLaunch:
    """A Python script to start."""
    return launch(PYTHON, "-c", script, cwd=cwd, **env)


@asynccontextmanager
async def running(
    what: TerminalLaunch,
    *,
    size: tuple[int, int] = (80, 24),
    events: list[TerminalEvent] | None = None,
    keep_background: bool = False,
) -> AsyncIterator[Terminal]:
    """A terminal with its program; nothing of it is left afterwards."""
    on_event = None if events is None else events.append
    terminal = Terminal("terminal-1", size=size, on_event=on_event, keep_background=keep_background)
    await terminal.start(what)
    try:
        yield terminal
    finally:
        await terminal.stop()


def shown(terminal: Terminal) -> str:
    """The text of a terminal."""
    return terminal.final_text(100_000)


def is_alive(pid: int) -> bool:
    """Whether a process lives; one that waits to be reaped does not."""
    process = read_process(pid)
    return process is not None and process.state not in "ZX"


def descriptors() -> set[str]:
    """What this process has open, but the folder that is read to learn it."""
    found = set()
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            found.add(f"{entry.name} {entry.readlink()}")
    return found
