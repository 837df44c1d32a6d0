"""A tool call as a pane shows it: one line, and what it unfolds to. Plain data; texts are clean already."""

from enum import StrEnum
from typing import Final

from tui.core.record import Record, record

LIVE_LINES: Final = 8
"""How many of the last lines of a running command are shown."""
LIVE_CHARACTERS: Final = 400
"""How much of one of these lines is shown."""
KEPT_CHARACTERS: Final = 24_000
"""How much of a command's output is kept to be unfolded."""


class ToolState(StrEnum):
    """Where a tool call stands. The value is the word people read."""

    WRITING = "being written"
    WAITING = "next"
    ASKING = "asks you"
    RUNNING = "running"
    OK = "done"
    ERROR = "failed"
    DENIED = "denied"
    STOPPED = "stopped"
    NOT_RUN = "not run"

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it."""
        return self in _OVER


_OVER: Final = frozenset({ToolState.OK, ToolState.ERROR, ToolState.DENIED, ToolState.STOPPED, ToolState.NOT_RUN})


@record
class ToolLine(Record):
    """What is shown of one call; a later line with the same `key` takes its place.

    `notes` stand behind the state, the least important last. `body` is shown when the line is unfolded, and while
    `live` is true in any case; as a `diff` it is coloured.
    """

    key: int
    name: str
    title: str = ""
    state: ToolState
    notes: tuple[str, ...] = ()
    body: str = ""
    diff: bool = False
    live: bool = False

    @property
    def words(self) -> str:
        """The line as plain text, for copies of a conversation."""
        said = ", ".join((self.state.value, *self.notes))
        return f"{self.name} {self.title}".rstrip() + f": {said}"


class OutputTail:
    """The beginning and the end of what a command prints, within bounds, and the lines left out between them."""

    def __init__(self) -> None:
        self._head = ""
        self._tail = ""
        self._omitted = 0

    def feed(self, text: str) -> None:
        """Add what was printed."""
        room = KEPT_CHARACTERS // 3 - len(self._head)
        if not self._tail and room > 0:
            self._head += text[:room]
            text = text[room:]
        self._tail += text
        if len(self._head) + len(self._tail) > KEPT_CHARACTERS:
            cut = len(self._tail) - KEPT_CHARACTERS // 2
            cut = self._tail.find("\n", cut) + 1 or cut
            self._omitted += self._tail.count("\n", 0, cut) or 1
            self._tail = self._tail[cut:]

    def __bool__(self) -> bool:
        return bool(self._head)

    def last_lines(self) -> str:
        """The last few lines, each cut to what a row or two hold."""
        text = (self._tail or self._head).rstrip("\n")
        if self._tail and text.count("\n") + 1 < LIVE_LINES:
            text = (self._head + self._tail).rstrip("\n")
        lines = text[-LIVE_LINES * KEPT_CHARACTERS :].split("\n")[-LIVE_LINES:]
        return "\n".join(line if len(line) <= LIVE_CHARACTERS else line[: LIVE_CHARACTERS - 1] + "…" for line in lines)

    def text(self) -> str:
        """All that was kept, with a line that tells how much is missing."""
        if not self._omitted:
            return (self._head + self._tail).rstrip("\n")
        noun = "line" if self._omitted == 1 else "lines"
        return f"{self._head.rstrip()}\n… {self._omitted} {noun} left out …\n{self._tail.rstrip()}"
