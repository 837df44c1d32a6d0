"""What the screen knows of requests that wait for a person and of the trust mode, as plain data."""

from dataclasses import field
from typing import Final

from tui.core.record import Mutable, Record, mutable, record
from tui.core.tool_events import ApprovalRequested
from tui.core.trust import Resolution, TrustMode

_MODIFIERS: Final = ("alt+", "ctrl+", "super+", "hyper+", "meta+")
_TYPING: Final = frozenset({"enter", "backspace", "delete", "ctrl+j", "shift+enter", "alt+enter", "ctrl+w", "ctrl+u"})


def is_typing(key: str, printable: bool) -> bool:
    """Whether a key is one of somebody who types, rather than a command."""
    return key in _TYPING or (printable and not key.startswith(_MODIFIERS))


@record
class Closed(Record):
    """A request that ended without this screen's answer."""

    request: ApprovalRequested
    how: Resolution


@mutable
class WorkView(Mutable):
    """Requests in the order they came, for all panes, and how much happens without a question.

    `mode` is None until the engine told it. `answered` are requests whose answer is on its way; `closed` are those
    that ended by themselves and are not told yet. `changed` asks for a repaint.
    """

    mode: TrustMode | None = None
    sandbox: str = ""
    tools: bool = True
    requests: dict[str, ApprovalRequested] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)
    closed: list[Closed] = field(default_factory=list)
    changed: bool = False

    @property
    def waiting(self) -> tuple[ApprovalRequested, ...]:
        """The requests nobody has answered, oldest first."""
        return tuple(one for one in self.requests.values() if one.id not in self.answered)

    def asks(self, pane: str) -> bool:
        """Whether a pane waits for an answer."""
        return any(one.pane == pane for one in self.requests.values())
