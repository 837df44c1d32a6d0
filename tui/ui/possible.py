"""Whether an action can run now."""

from tui.ui.actions import When
from tui.ui.handlers_guard import offered, retrying
from tui.ui.view.state import SessionView


def possible(when: When, view: SessionView, *, typing: bool) -> bool:
    """Tell whether what an action needs is given; `typing` is true while the prompt has the focus and a text."""
    pane = view.current
    match when:
        case When.ALWAYS:
            return True
        case When.BUSY:
            return view.busy
        case When.PROMPT_EMPTY:
            return not typing
        case When.DEMO:
            return view.demo
        case When.QUEUED:
            return pane is not None and bool(pane.queued)
        case When.TURN:
            return pane is not None and pane.turn is not None
        case When.RETRY_WAITS:
            return retrying(view.panes, view.selected) is not None
        case When.OFFERED:
            return offered(view.panes, view.selected) is not None
