"""What a call is before it runs (frozen, as it was judged and shown) and after it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tui.core.record import Record
from tui.core.tool_events import Preview, ToolStatus
from tui.tools.requests import Request

_NOTHING: Final = Preview()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much tools read, say and wait. Sizes are bytes, times are seconds."""

    file_bytes: int = 1_000_000
    output_bytes: int = 48_000
    command_timeout: float = 120.0
    max_command_timeout: float = 1_800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A file as it was seen: which one, and what it held. `digest` is the SHA-256 of its content, or of a listing."""

    device: int
    inode: int
    size: int
    mtime_ns: int
    mode: int
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Prepared(Record):
    """A call with everything that was looked at, judged and shown; what runs is this and nothing else.

    `path` is the real path the call works on (of a command: its working folder), `paths` every real path it touches.
    `preview` shows what it would do. `conflict` is one sentence for the person when another pane is at work on the
    same file, else empty. `problem` is set when the call cannot work (no such file, text not found): the answer to
    the model, which may tell of the file's content, so it is given only for a call the policy allows or a person let
    pass. `identity` is the file as it was seen, None when there was none; `content` the bytes it will hold, and
    `mode` its permissions then. `timeout` is the limit of a command in seconds.
    """

    request: Request
    pane: str
    turn: str
    path: Path
    paths: tuple[str, ...] = ()
    preview: Preview = _NOTHING
    conflict: str = ""
    problem: str = ""
    identity: Identity | None = None
    content: bytes | None = None
    timeout: float = 0.0
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class ToolOutcome(Record):
    """What came of a call. `text` goes to the model (foreign, not cleaned, bounded), `summary` is one line for people.

    `changed_since` is true when nothing was done because a file is no longer what was read, judged or shown.
    """

    text: str
    status: ToolStatus
    summary: str
    exit_code: int | None = None
    preview: Preview = _NOTHING
    changed_since: bool = False
