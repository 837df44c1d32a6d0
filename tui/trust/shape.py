"""The shape of calls: which tools there are, which arguments they take, and what is wrong with a call's own."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tui.core.trust_rules import COMMAND_TOOLS
from tui.trust.calls import Call

LONGEST_COMMAND: Final = 65_536
_ALIASES: Final = {
    "path": ("path", "file_path", "filepath", "file", "filename", "directory", "dir", "folder"),
    "content": ("content", "text", "contents", "file_text"),
    "old": ("old", "old_string", "old_text", "old_str"),
    "new": ("new", "new_string", "new_text", "new_str"),
    "all": ("all", "replace_all"),
    "edits": ("edits",),
    "command": ("command", "cmd"),
    "cwd": ("cwd",),
    "timeout": ("timeout",),
    "pattern": ("pattern", "query", "regex"),
    "glob": ("glob", "include"),
    "start_line": ("start_line",),
    "end_line": ("end_line",),
    "depth": ("depth",),
    "ignore_case": ("ignore_case",),
    "literal": ("literal",),
}
_TEXT, _NUMBER, _WHOLE, _FLAG, _EDITS = "a text", "a number", "a whole number", "true or false", "a list of edits"
_FIELDS: Final[Mapping[str, Mapping[str, str]]] = {
    "read_file": {"path": _TEXT, "start_line": _WHOLE, "end_line": _WHOLE},
    "list_files": {"path": _TEXT, "pattern": _TEXT, "depth": _WHOLE},
    "search": {"pattern": _TEXT, "path": _TEXT, "glob": _TEXT, "ignore_case": _FLAG, "literal": _FLAG},
    "write_file": {"path": _TEXT, "content": _TEXT},
    "edit_file": {"path": _TEXT, "old": _TEXT, "new": _TEXT, "all": _FLAG, "edits": _EDITS},
    "delete_file": {"path": _TEXT},
    "run_command": {"command": _TEXT, "cwd": _TEXT, "timeout": _NUMBER},
    "run_interactive": {"command": _TEXT, "cwd": _TEXT},
}
_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "read_file": ("path",),
    "list_files": (),
    "search": ("pattern",),
    "write_file": ("path", "content"),
    "edit_file": ("path",),
    "delete_file": ("path",),
    "run_command": ("command",),
    "run_interactive": ("command",),
}
_SURROUNDINGS: Final = ("env", "environment", "environ", "shell", "stdin", "input", "executable", "user", "workdir",
                        "working_directory", "working_dir", "directory")  # fmt: skip
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_ODD: Final = re.compile(
    "[\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f"
    "\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e01ef\ue000-\uf8ff]"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One replacement of `edit_file`."""

    old: str
    new: str
    all: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A call whose arguments have the right types, under their canonical names. `odd` are questions it raises."""

    tool: str
    args: Mapping[str, Any]
    edits: tuple[Edit, ...] = ()
    odd: tuple[str, ...] = ()

    def text(self, name: str) -> str:
        """Return a text argument, or nothing."""
        value = self.args.get(name, "")
        return value if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Misshape:
    """A call that cannot run, and why."""

    reason: str
    rule: str


def read_shape(call: Call) -> Shape | Misshape:
    """Bring a call's arguments to their canonical names and check their types, sizes and characters."""
    tool: object = call.tool
    given_args: object = call.args
    fields = _FIELDS.get(tool) if isinstance(tool, str) else None
    if fields is None:
        return Misshape(reason="There is no tool of that name.", rule="unknown tool")
    if not isinstance(given_args, Mapping):
        return Misshape(reason="The arguments are no object.", rule="arguments")
    args: dict[str, Any] = {}
    for name in fields:
        given = [alias for alias in _ALIASES[name] if call.args.get(alias) is not None]
        values = [call.args[alias] for alias in given]
        if any(value != values[0] for value in values[1:]):
            return Misshape(reason=f"`{given[0]}` and `{given[1]}` contradict each other.", rule="arguments")
        if values:
            args[name] = values[0]
    wrong = _first_wrong(call.tool, fields, args)
    if wrong is not None:
        return wrong
    odd = _odd(call, args)
    return Shape(tool=call.tool, args=args, edits=_edits(args), odd=odd)


def command_folder(call: Call) -> str:
    """Return the folder a command would run in, as written and joined; the policy resolves it."""
    args: object = call.args
    given = args.get("cwd") if isinstance(args, Mapping) else None
    return str(Path(call.cwd) / given) if isinstance(given, str) else str(call.cwd)


def _first_wrong(tool: str, fields: Mapping[str, str], args: Mapping[str, Any]) -> Misshape | None:
    for name in _NEEDED[tool]:
        if name not in args:
            return Misshape(reason=f"`{name}` is missing.", rule="arguments")
    for name, kind in fields.items():
        if name in args and not _is(kind, args[name]):
            return Misshape(reason=f"`{name}` must be {kind}.", rule="arguments")
    for name in ("path", "command", "pattern", "cwd"):
        if name in args and not args[name].strip() and (name in _NEEDED[tool] or name == "cwd"):
            return Misshape(reason=f"`{name}` is empty.", rule="arguments")
    if any(name in args and args[name] < 1 for name in ("start_line", "end_line", "depth")):
        return Misshape(reason="Lines and depths count from 1.", rule="arguments")
    if "timeout" in args and not 0 < args["timeout"] < 1e9:
        return Misshape(reason="`timeout` must be a number of seconds above 0.", rule="arguments")
    if tool == "edit_file" and not _edits(args):
        return Misshape(reason="An edit needs `old` and `new`, and `old` may not be empty.", rule="arguments")
    return _first_bad_character(args)


def _first_bad_character(args: Mapping[str, Any]) -> Misshape | None:
    for name, value in args.items():
        texts = [value] if isinstance(value, str) else []
        if name == "edits":
            texts = [part for edit in value for part in edit.values() if isinstance(part, str)]
        for text in texts:
            if "\x00" in text:
                return Misshape(reason=f"`{name}` holds a zero byte.", rule="control characters")
            if name in {"path", "command", "cwd", "glob"} and _CONTROL.search(text):
                return Misshape(reason=f"`{name}` holds control characters.", rule="control characters")
            if not text.isascii() and not _encodes(text):
                return Misshape(reason=f"`{name}` holds half a character.", rule="control characters")
    command = args.get("command", "")
    if len(command) > LONGEST_COMMAND or len(command.encode()) > LONGEST_COMMAND:
        return Misshape(reason="The command is longer than 64 KiB.", rule="length of commands")
    return None


def _odd(call: Call, args: Mapping[str, Any]) -> tuple[str, ...]:
    odd: list[str] = []
    for name in ("command", "path", "cwd", "glob"):
        text = args.get(name, "")
        if isinstance(text, str) and not text.isascii() and _ODD.search(text):
            odd.append(f"`{name}` holds characters that cannot be seen or look like others.")
        if name != "command" and isinstance(text, str) and ("\n" in text or "\t" in text):
            odd.append(f"`{name}` holds a line break or a tab.")
    if call.tool in COMMAND_TOOLS:
        odd += [f"It wants to set `{name}`." for name in _SURROUNDINGS if call.args.get(name) not in (None, "", {}, [])]
    return tuple(odd)


def _edits(args: Mapping[str, Any]) -> tuple[Edit, ...]:
    """Return the edits of valid arguments; nothing when one of them is no edit."""
    raw: list[Any] = list(args.get("edits", ()))
    if "old" in args or "new" in args:
        raw.insert(0, args)
    edits: list[Edit] = []
    for item in raw:
        if not isinstance(item, Mapping):
            return ()
        old, new, every = (_first(item, name) for name in ("old", "new", "all"))
        if not isinstance(old, str) or not old or not isinstance(new, str) or not isinstance(every, bool | None):
            return ()
        edits.append(Edit(old=old, new=new, all=bool(every)))
    return tuple(edits)


def _first(item: Mapping[str, Any], name: str) -> Any:
    return next((item[alias] for alias in _ALIASES[name] if item.get(alias) is not None), None)


def _is(kind: str, value: object) -> bool:
    if kind == _TEXT:
        return isinstance(value, str)
    if kind == _FLAG:
        return isinstance(value, bool)
    if kind == _WHOLE:
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == _NUMBER:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, list | tuple) and all(isinstance(item, Mapping) for item in value)


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
