"""How the events of tools and trust change the view."""

from typing import TypeAlias

from tui.core.tool_events import (
    ApprovalRequested,
    ApprovalResolved,
    ChangesUndone,
    ToolFinished,
    ToolOutput,
    ToolStarted,
    TrustModeChanged,
)
from tui.ui.view.state import SessionView

WorkEvent: TypeAlias = (
    ApprovalRequested | ApprovalResolved | ChangesUndone | ToolFinished | ToolOutput | ToolStarted | TrustModeChanged
)


def reduce_work(view: SessionView, event: WorkEvent, now: float) -> None:
    """Bring `view` up to date with one event that came at `now` (monotonic seconds)."""
