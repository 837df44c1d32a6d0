"""What is started in a terminal, and the surroundings it gets."""

import signal
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tui.core.record import Record

MARKER: Final = "TERMINAL_OF_LLMMIXER"
"""The environment variable that names the terminal a program runs in; what is left of it is found by its value."""
_DROPPED: Final = frozenset({"LINES", "COLUMNS", "TERMCAP", "TMUX", "TMUX_PANE", "STY", "WINDOWID", "VTE_VERSION"})


class TerminalError(OSError):
    """A program could not be started; the text says why."""


class NoTerminalError(TerminalError):
    """The system has no pseudo-terminal to give."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class TerminalLaunch(Record):
    """Exactly what is started: no shell is added and nothing of this process' environment is inherited."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path


def terminal_environment(env: Mapping[str, str], mark: str) -> dict[str, str]:
    """Return `env` as programs in our terminal need it: its type and colours, no size, and the terminal's mark."""
    kept = {name: value for name, value in env.items() if name not in _DROPPED and not name.startswith("TERM_PROGRAM")}
    return {**kept, "TERM": "xterm-256color", "COLORTERM": "truecolor", MARKER: mark}


def pipe_environment(env: Mapping[str, str], mark: str) -> dict[str, str]:
    """Return `env` for a program that has no terminal at all: no colours, no pager."""
    kept = {name: value for name, value in env.items() if name not in _DROPPED and not name.startswith("TERM_PROGRAM")}
    return {**kept, "TERM": "dumb", "PAGER": "cat", "GIT_PAGER": "cat", MARKER: mark}


def heed_interrupts() -> None:
    """Undo that this process ignores SIGINT and SIGQUIT, as one started in the background does.

    A program inherits what is ignored and could not be interrupted. Only the main thread may change it.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGQUIT, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)
