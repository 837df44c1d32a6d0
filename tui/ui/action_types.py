"""What a row of the table of actions is."""

from enum import StrEnum
from typing import Final

from tui.core.record import Record, record

_NAMES: Final = {
    "escape": "Esc",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "question_mark": "?",
    "slash": "/",
    "colon": ":",
}


def key_text(key: str) -> str:
    """Return a key as people write it: ``ctrl+j`` is ``Ctrl+J``, ``pageup`` is ``PgUp``, ``z`` stays ``z``."""
    *modifiers, last = key.split("+")
    name = _NAMES.get(last)
    if name is None:
        name = last.capitalize() if len(last) > 1 else last.upper() if modifiers else last
    return "+".join([*(modifier.capitalize() for modifier in modifiers), name])


class Group(StrEnum):
    """Headings of the help screen, in order."""

    PROMPT = "Prompt"
    TURNS = "Turns"
    PANES = "Panes"
    SCROLL = "Scrolling"
    APP = "Application"
    GUARD = "Spend and health"
    APPROVALS = "Approvals"
    TERMINAL = "Terminal"


class Where(StrEnum):
    """Where an action's keys work.

    `anywhere`: on the main screen. `pane`: while a pane has the focus, where single letters are free. `prompt`: bound
    by the prompt itself and listed here for people. `card`: while the card of a request has the focus.
    `terminal`: while the dock has the keys and not the program in it. `spend`,
    `health`: on those screens.
    """

    ANYWHERE = "anywhere"
    PANE = "in a pane"
    PROMPT = "in the prompt"
    SPEND = "on the spend screen"
    HEALTH = "on the health screen"
    CARD = "on a request"
    TERMINAL = "in the terminal, after F4"

    @property
    def suffix(self) -> str:
        """What stands behind the keys that work in this place only."""
        return f" {self.value}" if self in (Where.PANE, Where.SPEND, Where.HEALTH, Where.CARD, Where.TERMINAL) else ""


class When(StrEnum):
    """What must be true for an action to be offered and its key to act; else the key keeps its other meaning."""

    ALWAYS = "always"
    BUSY = "a turn is running"
    PROMPT_EMPTY = "the prompt is empty"
    DEMO = "in the demo"
    QUEUED = "a prompt waits"
    TURN = "the pane has a turn"
    RETRY_WAITS = "a retry waits"
    OFFERED = "another model is offered"
    ASKED = "a request waits"
    TERMINAL = "a terminal is open"
    OWN_TERMINAL = "its model runs something in a terminal"


@record
class Action(Record):
    """One thing a person can do.

    `id` is what `[keys]` in the configuration names. `keys` are Textual key names. `slash` is the command without its
    slash, empty for none. `hint` ranks the action among the hints under the prompt (1 first, 0 never). `priority` keys
    win over the focused widget. `argument` says what a slash command takes. `numbered` keys pass their position.
    """

    id: str
    keys: tuple[str, ...]
    title: str
    help: str
    group: Group
    where: Where = Where.ANYWHERE
    when: When = When.ALWAYS
    slash: str = ""
    argument: str = ""
    hint: int = 0
    hint_title: str = ""
    palette: bool = True
    priority: bool = False
    numbered: bool = False
    handler: str = ""

    @property
    def does(self) -> str:
        """Name of the handler; several rows may share one."""
        return self.handler or self.id

    @property
    def keys_text(self) -> str:
        """The keys as people write them: ``Ctrl+J, Shift+Enter``."""
        if self.numbered and len(self.keys) > 1:
            return f"{key_text(self.keys[0])}..{key_text(self.keys[-1]).rpartition('+')[2]}"
        return ", ".join(key_text(key) for key in self.keys)
