"""Events of tools and trust: what models do, what a person is asked, and what came of it."""

from enum import StrEnum
from typing import Final, TypeAlias

from tui.core.record import Record, record
from tui.core.trust import Part, Resolution, Risk, TrustMode

NOBODY: Final = "nobody to ask"
"""`ToolFinished.answer` of a call that only a person could have let run, where there was none."""


class ToolStatus(StrEnum):
    """How a tool call ended."""

    OK = "ok"
    ERROR = "error"
    DENIED = "denied"
    STOPPED = "stopped"


class PreviewKind(StrEnum):
    """What a preview shows."""

    NOTHING = "nothing"
    DIFF = "diff"
    FILES = "files"
    TEXT = "text"


@record
class Preview(Record):
    """What a call would do. `text` is a unified diff, a text, or one path a line; `omitted` lines are left out."""

    kind: PreviewKind = PreviewKind.NOTHING
    text: str = ""
    path: str = ""
    added: int = 0
    removed: int = 0
    omitted: int = 0


@record
class ToolStarted(Record):
    """A tool begins to work. `title` is one line that says on what: a path, a pattern, a command."""

    pane: str
    turn: str
    call_id: str
    name: str
    title: str


@record
class ToolOutput(Record):
    """More of what a running command prints, cleaned and bounded."""

    pane: str
    turn: str
    call_id: str
    text: str


@record
class ToolFinished(Record):
    """A tool call ended. `summary` is one line such as `12 lines` or `exit 1`; `preview` holds the diff of a change.

    `answer` says who let it run or refused it, such as `rule allowed_commands` or `you, once`.
    """

    pane: str
    turn: str
    call_id: str
    name: str
    status: ToolStatus
    summary: str
    title: str = ""
    seconds: float = 0.0
    exit_code: int | None = None
    preview: Preview = Preview()
    answer: str = ""
    terminal: str = ""


@record
class ApprovalRequested(Record):
    """A person is asked whether a call may run; the model's turn waits.

    `text` is the exact command, or the path of a file tool; it is shown escaped and never cut. `because` lists what
    foreign content the request may come from. `conflict` tells of another pane at work on the same file, and `rival`
    what that pane is about to change there. `editable` calls are commands a person may change before they run. `cwd`
    is the folder a command would run in, `root` that of the project; `leavable` ones may be let out of the sandbox.
    """

    id: str
    pane: str
    turn: str
    call_id: str
    tool: str
    text: str
    cwd: str
    reason: str
    rule: str
    risk: Risk
    parts: tuple[Part, ...] = ()
    grant: str = ""
    preview: Preview = Preview()
    because: str = ""
    conflict: str = ""
    rival: Preview = Preview()
    sandbox: str = ""
    editable: bool = False
    root: str = ""
    leavable: bool = False


@record
class ApprovalResolved(Record):
    """A request is no longer open, whatever the cause."""

    id: str
    pane: str
    how: Resolution
    text: str = ""


@record
class TrustModeChanged(Record):
    """How much happens without a question changed; also sent once when the session begins.

    `sandbox` is what commands run in: `bubblewrap`, or empty for nothing.
    """

    mode: TrustMode
    sandbox: str = ""
    tools: bool = True


@record
class ChangesUndone(Record):
    """Changes of files were taken back. `kept` are files that changed since and were left as they are."""

    pane: str
    paths: tuple[str, ...]
    kept: tuple[str, ...] = ()


WorkEvent: TypeAlias = (
    ToolStarted | ToolOutput | ToolFinished | ApprovalRequested | ApprovalResolved | TrustModeChanged | ChangesUndone
)
