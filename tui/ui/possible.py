"""Whether an action can run now."""

from collections.abc import Callable, Mapping
from typing import Final

from tui.ui.actions import When
from tui.ui.handlers_guard import offered, retrying
from tui.ui.view.state import SessionView

_NEEDS: Final[Mapping[When, Callable[[SessionView, bool], bool]]] = {
    When.ALWAYS: lambda view, typing: True,
    When.BUSY: lambda view, typing: view.busy,
    When.PROMPT_EMPTY: lambda view, typing: not typing,
    When.DEMO: lambda view, typing: view.demo,
    When.QUEUED: lambda view, typing: view.current is not None and bool(view.current.queued),
    When.TURN: lambda view, typing: view.current is not None and view.current.turn is not None,
    When.RETRY_WAITS: lambda view, typing: retrying(view.panes, view.selected) is not None,
    When.OFFERED: lambda view, typing: offered(view.panes, view.selected) is not None,
    When.ASKED: lambda view, typing: bool(view.work.waiting),
    When.TERMINAL: lambda view, typing: bool(view.terminals.by_id),
    When.OWN_TERMINAL: lambda view, typing: view.terminals.of_pane(view.selected) is not None,
}


def possible(when: When, view: SessionView, *, typing: bool) -> bool:
    """Tell whether what an action needs is given; `typing` is true while the prompt has the focus and a text."""
    return _NEEDS[when](view, typing)
