"""What a person, or a script, asks the engine to do. Commands go down; what came of them comes up as events."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Submit:
    """Send a prompt to the named panes, or to all when `panes` is None. A busy pane queues it."""

    text: str
    panes: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """End the running turn of a pane, or of all panes when `pane` is None. Prompts that wait go next."""

    pane: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DropQueued:
    """Take back the newest waiting prompt of a pane, or every waiting prompt of all panes when `pane` is None."""

    pane: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Send the last prompt of a pane again, as a new turn in place of the old one in the history."""

    pane: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearConversation:
    """Forget the history of a pane, or of all panes when `pane` is None."""

    pane: str | None = None


Command: TypeAlias = Submit | Stop | DropQueued | Retry | ClearConversation
