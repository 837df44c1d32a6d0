"""What models ask for, once understood: one plain value per tool, nothing decided and nothing touched yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from tui.core.chat import Json
from tui.core.record import Record
from tui.core.trust_rules import COMMAND_TOOLS, FILE_TOOLS


class Tool(StrEnum):
    """The tools, by the names models call them."""

    READ_FILE = "read_file"
    LIST_FILES = "list_files"
    SEARCH = "search"
    WRITE_FILE = "write_file"
    EDIT_FILE = "edit_file"
    DELETE_FILE = "delete_file"
    RUN_COMMAND = "run_command"
    RUN_INTERACTIVE = "run_interactive"

    @property
    def only_reads(self) -> bool:
        """Whether calls of this tool change nothing, so that several may run at the same time."""
        return self in {Tool.READ_FILE, Tool.LIST_FILES, Tool.SEARCH}

    @property
    def changes_files(self) -> bool:
        """Whether calls of this tool change files themselves, which can be undone."""
        return self in FILE_TOOLS and not self.only_reads

    @property
    def runs_programs(self) -> bool:
        """Whether calls of this tool start a program."""
        return self in COMMAND_TOOLS


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class ReadFile(Record):
    """Read a file, or its lines from `start_line` to `end_line` (both counted from 1, both included)."""

    path: str
    start_line: int | None = None
    end_line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class ListFiles(Record):
    """List a folder down to `depth` levels, or the files in it that match the glob `pattern`."""

    path: str = "."
    pattern: str = ""
    depth: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Search(Record):
    """Find lines that match `pattern` in the files below `path` whose path matches `glob`."""

    pattern: str
    path: str = "."
    glob: str = ""
    ignore_case: bool = False
    literal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class WriteFile(Record):
    """Create a file, or replace all it holds."""

    path: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Edit(Record):
    """Replace `old`, which must be there once, by `new`; with `all` every place."""

    old: str
    new: str
    all: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class EditFile(Record):
    """Make replacements in a file, in order, each on the result of the one before."""

    path: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class DeleteFile(Record):
    """Move a file or a folder to the bin."""

    path: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class RunCommand(Record):
    """Run a command to its end. `timeout` is in seconds."""

    command: str
    cwd: str = "."
    timeout: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class RunInteractive(Record):
    """Run a command in a terminal."""

    command: str
    cwd: str = "."


Action: TypeAlias = ReadFile | ListFiles | Search | WriteFile | EditFile | DeleteFile | RunCommand | RunInteractive


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Request(Record):
    """A tool call that was understood.

    `arguments` holds exactly what was understood under the canonical names, for the policy to judge: it and `action`
    say the same. `title` is one line that says on what: a path, a pattern, a command (foreign, not cleaned).
    """

    call_id: str
    tool: Tool
    action: Action
    arguments: Mapping[str, Json]
    title: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class InvalidCall(Record):
    """A tool call that was not understood. `text` tells the model what is wrong and what to write instead."""

    call_id: str
    name: str
    text: str
