"""How the events of tools and trust change the view."""

from typing import assert_never

from tui.core.tool_events import (
    ApprovalRequested,
    ApprovalResolved,
    ChangesUndone,
    ToolFinished,
    ToolOutput,
    ToolStarted,
    TrustModeChanged,
    WorkEvent,
)
from tui.core.trust import Resolution
from tui.ui.view.reduce_tools import reduce_tools
from tui.ui.view.state import SessionView
from tui.ui.view.work_state import Closed


def reduce_work(view: SessionView, event: WorkEvent, now: float) -> None:
    """Bring `view` up to date with one event that came at `now` (monotonic seconds)."""
    match event:
        case ApprovalRequested():
            if event.id not in view.work.requests:
                view.work.requests[event.id] = event
                view.work.changed = True
                reduce_tools(view, event, now)
        case ApprovalResolved():
            _resolved(view, event, now)
        case TrustModeChanged():
            view.work.mode, view.work.sandbox, view.work.tools = event.mode, event.sandbox, event.tools
            view.work.changed = True
        case ToolStarted() | ToolOutput() | ToolFinished() | ChangesUndone():
            reduce_tools(view, event, now)
        case _:
            assert_never(event)


def _resolved(view: SessionView, event: ApprovalResolved, now: float) -> None:
    work = view.work
    request = work.requests.pop(event.id, None)
    if request is not None:
        if event.id not in work.answered:
            work.closed.append(Closed(request=request, how=event.how))
        work.answered.discard(event.id)
        work.changed = True
    reduce_tools(view, event, now)


def drop_turn(view: SessionView, pane: str, turn: str, now: float) -> None:
    """A turn ended: its requests are no longer open."""
    for request in [one for one in view.work.requests.values() if one.pane == pane and one.turn == turn]:
        _resolved(view, ApprovalResolved(id=request.id, pane=pane, how=Resolution.CANCELLED), now)
