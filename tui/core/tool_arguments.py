"""What calls of tools hold: the arguments of each tool, their kinds, and the names models give them.

Who judges a call and who carries it out both read it through this table, so that neither sees what the other does not.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple


class Kind(StrEnum):
    """The kinds of arguments, by their names in a JSON schema."""

    TEXT = "string"
    WHOLE = "integer"
    NUMBER = "number"
    FLAG = "boolean"
    EDITS = "array"


class Argument(NamedTuple):
    """An argument of a tool: its kind, and whether a call is nothing without it."""

    kind: Kind
    needed: bool = False


class ContradictionError(ValueError):
    """An argument is given under two names with different values. `names` are those it is given under."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(f"{' and '.join(f'`{name}`' for name in names)} mean the same and differ")
        self.names = names


_TEXT, _NEEDED_TEXT = Argument(Kind.TEXT), Argument(Kind.TEXT, needed=True)
_WHOLE, _FLAG = Argument(Kind.WHOLE), Argument(Kind.FLAG)

ARGUMENTS: Final[Mapping[str, Mapping[str, Argument]]] = {
    "read_file": {"path": _NEEDED_TEXT, "start_line": _WHOLE, "end_line": _WHOLE},
    "list_files": {"path": _TEXT, "pattern": _TEXT, "depth": _WHOLE},
    "search": {"pattern": _NEEDED_TEXT, "path": _TEXT, "glob": _TEXT, "ignore_case": _FLAG, "literal": _FLAG},
    "write_file": {"path": _NEEDED_TEXT, "content": _NEEDED_TEXT},
    "edit_file": {"path": _NEEDED_TEXT, "old": _TEXT, "new": _TEXT, "all": _FLAG, "edits": Argument(Kind.EDITS)},
    "delete_file": {"path": _NEEDED_TEXT},
    "run_command": {"command": _NEEDED_TEXT, "cwd": _TEXT, "timeout": Argument(Kind.NUMBER)},
    "run_interactive": {"command": _NEEDED_TEXT, "cwd": _TEXT},
}
"""The arguments of every tool under their canonical names, in the order of its schema."""

EDIT: Final[Mapping[str, Argument]] = {"old": _NEEDED_TEXT, "new": _NEEDED_TEXT, "all": _FLAG}
"""The arguments of one of several edits."""

ALIASES: Final[Mapping[str, tuple[str, ...]]] = {
    "path": ("file_path", "filepath", "filename", "file", "directory", "dir", "folder"),
    "old": ("old_string", "old_text", "old_str"),
    "new": ("new_string", "new_text", "new_str"),
    "all": ("replace_all",),
    "content": ("text", "contents", "file_text"),
    "command": ("cmd",),
    "cwd": ("workdir", "working_directory"),
    "pattern": ("query", "regex"),
    "glob": ("include",),
    "start_line": ("start",),
    "end_line": ("end",),
}
"""Names of arguments that other agents use, and what models therefore write."""

LONGEST_PATH: Final = 4_096
"""Bytes of a path; the system takes no longer one."""


def given_names(arguments: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Return the names under which an argument is given, its own first. Null is how some models leave one out."""
    return tuple(each for each in (name, *ALIASES.get(name, ())) if arguments.get(each) is not None)


def given(arguments: Mapping[str, Any], name: str) -> Any:
    """Return what an argument is given as, under whichever name, or None. Raises `ContradictionError`."""
    names = given_names(arguments, name)
    values = [arguments[each] for each in names]
    if any(value != values[0] for value in values[1:]):
        raise ContradictionError(names)
    return values[0] if values else None
