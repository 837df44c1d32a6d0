"""The terminals of a session as the screen knows them. Their cells are not kept here: widgets read those live."""

from typing import Final

from tui.core.terminal import AutoAnswer
from tui.core.terminal_events import Need

ANSWER_SHOWN: Final = 8.0
"""Seconds an automatic answer stays in sight."""
ARMED_AFTER: Final = 0.5
"""Seconds a question must have been in sight before a key answers it."""
_LOW: Final = 24
_ROWS_AT_LOW: Final = 10
_ROWS_PER_ROW: Final = 9


class Waiting:
    """Why a program waits for the person; `deadline` is when it is ended, in monotonic seconds."""

    __slots__ = ("deadline", "need", "prompt", "since", "suggestion")

    def __init__(self, need: Need, prompt: str, since: float, deadline: float | None, suggestion: str) -> None:
        self.need = need
        self.prompt = prompt
        self.since = since
        self.deadline = deadline
        self.suggestion = suggestion


class ClipboardQuestion:
    """A program wants to set the clipboard."""

    __slots__ = ("id", "preview", "since", "size")

    def __init__(self, question: str, size: int, preview: str, since: float) -> None:
        self.id = question
        self.size = size
        self.preview = preview
        self.since = since


class TerminalView:
    """One terminal: what runs there, whose it is, and what it waits for.

    `pane` is set when a model asked for it. `rang` is set from a bell until it is in sight. `code`, `signal`
    and `reason` tell how the program ended.
    """

    __slots__ = (
        "answered", "answered_at", "auto", "call_id", "clipboard", "code", "command", "id", "pane", "person", "rang",
        "reason", "running", "seconds", "signal", "title", "waiting",
    )  # fmt: skip

    def __init__(self, terminal: str, *, title: str = "", command: str = "", pane: str | None = None) -> None:
        self.id = terminal
        self.title = title
        self.command = command
        self.pane = pane
        self.call_id = ""
        self.running = True
        self.code: int | None = None
        self.signal = ""
        self.reason = ""
        self.seconds = 0.0
        self.person = False
        self.rang = False
        self.auto: AutoAnswer | None = None
        self.waiting: Waiting | None = None
        self.clipboard: dict[str, ClipboardQuestion] = {}
        self.answered = ""
        self.answered_at = float("-inf")

    @property
    def name(self) -> str:
        """What the tab says."""
        name = self.command or self.title or "shell"
        return name.rpartition("/")[2] or name if name.startswith("/") and " " not in name else name

    def said(self, now: float) -> str:
        """The automatic answer, while it is to be seen."""
        return self.answered if now - self.answered_at < ANSWER_SHOWN else ""

    def question(self) -> ClipboardQuestion | None:
        """The oldest open question about the clipboard."""
        return next(iter(self.clipboard.values()), None)


class Terminals:
    """All terminals, in the order they were opened.

    `shown` is the one in the dock, since `shown_at`. `opened` are those the person opened and did not see yet;
    `calling` is one that began to wait for the person and is to be brought into sight; `copied` are texts allowed onto
    the clipboard; `rung` are those whose bells nobody has heard yet.
    """

    __slots__ = ("auto", "by_id", "calling", "changed", "copied", "opened", "rung", "shown", "shown_at")

    def __init__(self) -> None:
        self.by_id: dict[str, TerminalView] = {}
        self.shown = ""
        self.shown_at = float("-inf")
        self.auto: AutoAnswer | None = None
        self.opened: list[str] = []
        self.calling = ""
        self.copied: list[str] = []
        self.rung: list[str] = []
        self.changed = False

    @property
    def current(self) -> TerminalView | None:
        """The terminal in the dock."""
        return self.by_id.get(self.shown)

    def add(self, terminal: TerminalView) -> None:
        """Take in a new one; it is shown when nothing else is, or when the person opened it."""
        self.by_id[terminal.id] = terminal
        if terminal.pane is None:
            self.opened.append(terminal.id)
        if terminal.pane is None or self.current is None:
            self.shown = terminal.id

    def drop(self, terminal: str) -> None:
        """Forget one; its neighbour takes its place in the dock."""
        names = list(self.by_id)
        if terminal not in self.by_id:
            return
        position = names.index(terminal)
        del self.by_id[terminal], names[position]
        if self.shown == terminal:
            self.shown = names[min(position, len(names) - 1)] if names else ""
        self.opened = [name for name in self.opened if name != terminal]
        self.calling = "" if self.calling == terminal else self.calling

    def ring(self, terminal: str) -> None:
        """Take in a bell."""
        if terminal in self.by_id:
            self.by_id[terminal].rang = True
            self.rung.append(terminal)

    def neighbour(self, step: int) -> str:
        """The terminal `step` tabs after the shown one, going round."""
        names = list(self.by_id)
        if self.shown not in names:
            return names[0] if names else ""
        return names[(names.index(self.shown) + step) % len(names)]

    def armed(self, since: float, now: float) -> bool:
        """Whether a question of the shown terminal was in sight long enough to be answered by a key."""
        return now - max(since, self.shown_at) >= ARMED_AFTER

    def auto_of(self, terminal: TerminalView) -> AutoAnswer | None:
        """What happens when a program asks there; None where that is not known."""
        return terminal.auto if terminal.auto is not None else self.auto

    def of_pane(self, pane: str) -> TerminalView | None:
        """The newest terminal a model of this pane runs something in."""
        found = [one for one in self.by_id.values() if one.pane == pane and one.running]
        return found[-1] if found else None

    def most_urgent(self, pane: str) -> str:
        """The terminal to go to: one that waits for the person, else one of the selected pane, else the shown one."""
        waiting = next((one.id for one in self.by_id.values() if one.waiting is not None), "")
        if waiting:
            return waiting
        own = self.of_pane(pane)
        return own.id if own is not None else self.shown

    def ticks(self, now: float) -> bool:
        """Whether something in the dock changes with the clock alone."""
        return any(
            (one.waiting is not None and one.waiting.deadline is not None) or one.said(now) or one.clipboard
            for one in self.by_id.values()
        )


def dock_rows(height: int, extra: int = 0) -> int:
    """Rows of the dock on a screen of `height` rows: 10 of 24, 12 of 40, 14 of 60; `extra` is the person's wish."""
    if height < _LOW:
        return max(3, min(height * _ROWS_AT_LOW // _LOW + extra, height // 2))
    return max(3, min(_ROWS_AT_LOW + (height - _LOW) // _ROWS_PER_ROW + extra, height - _ROWS_AT_LOW))
