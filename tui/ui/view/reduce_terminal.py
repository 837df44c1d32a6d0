"""How the events of terminals change the view."""

from typing import TypeAlias

from tui.core.terminal_events import (
    AutoAnswerChanged,
    ClipboardAsked,
    ClipboardResolved,
    TerminalAnswered,
    TerminalClosed,
    TerminalExited,
    TerminalHandOver,
    TerminalNeedsPerson,
    TerminalOpened,
    TerminalRetitled,
    TerminalServed,
)
from tui.ui.view.state import SessionView

TerminalEvent: TypeAlias = (
    AutoAnswerChanged
    | ClipboardAsked
    | ClipboardResolved
    | TerminalAnswered
    | TerminalClosed
    | TerminalExited
    | TerminalHandOver
    | TerminalNeedsPerson
    | TerminalOpened
    | TerminalRetitled
    | TerminalServed
)


def reduce_terminal(view: SessionView, event: TerminalEvent, now: float) -> None:
    """Bring `view` up to date with one event that came at `now` (monotonic seconds)."""
