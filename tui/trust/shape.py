"""The shape of calls: which tools there are, which arguments they take, and what is wrong with a call's own."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tui.core.tool_arguments import (
    ARGUMENTS,
    EDIT,
    LONGEST_PATH,
    Argument,
    ContradictionError,
    Kind,
    given,
    given_names,
)
from tui.core.trust_rules import COMMAND_TOOLS
from tui.trust.calls import Call

LONGEST_COMMAND: Final = 65_536
_TOLD: Final = {
    Kind.TEXT: "a text", Kind.WHOLE: "a whole number", Kind.NUMBER: "a number", Kind.FLAG: "true or false",
    Kind.EDITS: "a list of edits",
}  # fmt: skip
_SURROUNDINGS: Final = ("env", "environment", "environ", "shell", "stdin", "input", "executable", "user", "workdir",
                        "working_directory", "working_dir", "directory")  # fmt: skip
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_ODD: Final = re.compile(
    "[\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f"
    "\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e01ef\ue000-\uf8ff"
    "\u037e\u2044\u2215\u2216\u29f8\u29f9]"  # a semicolon, slashes and backslashes that are none
)
_OTHER_LETTERS: Final = (
    "\u0251\u0261\u0370-\u0373\u0391\u0392\u0395-\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03b9\u03bd"
    "\u03bf\u03c1\u0400-\u058f\u13a0-\u13ff\ua4d0-\ua4ff\uab70-\uabbf"
)
"""Letters of other scripts that look like Latin ones, or whose alphabets have many such."""
_MIXED: Final = re.compile(rf"(?<!\\)[A-Za-z][{_OTHER_LETTERS}]|[{_OTHER_LETTERS}][A-Za-z]")


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
    fields = ARGUMENTS.get(tool) if isinstance(tool, str) else None
    if fields is None:
        return Misshape(reason="There is no tool of that name.", rule="unknown tool")
    if not isinstance(given_args, Mapping):
        return Misshape(reason="The arguments are no object.", rule="arguments")
    try:
        args = {name: value for name in fields if (value := given(call.args, name)) is not None}
        wrong = _first_wrong(call.tool, fields, args)
    except ContradictionError as error:
        return Misshape(reason=f"{error}.", rule="arguments")
    if wrong is not None:
        return wrong
    odd = _odd(call, args)
    return Shape(tool=call.tool, args=args, edits=_edits(args), odd=odd)


def command_folder(call: Call) -> str:
    """Return the folder a command would run in, as written and joined; the policy resolves it."""
    args: object = call.args
    folder = next((args[name] for name in given_names(args, "cwd")), None) if isinstance(args, Mapping) else None
    return str(Path(call.cwd) / folder) if isinstance(folder, str) else str(call.cwd)


def _first_wrong(tool: str, fields: Mapping[str, Argument], args: Mapping[str, Any]) -> Misshape | None:
    for name, argument in fields.items():
        if argument.needed and name not in args:
            return Misshape(reason=f"`{name}` is missing.", rule="arguments")
    for name, value in args.items():
        if not _is(fields[name].kind, value):
            return Misshape(reason=f"`{name}` must be {_TOLD[fields[name].kind]}.", rule="arguments")
    for name in ("path", "command", "pattern", "cwd"):
        if name in args and not args[name].strip() and (fields[name].needed or name == "cwd"):
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
    for name in ("path", "cwd"):
        if len(args.get(name, "").encode()) > LONGEST_PATH:
            return Misshape(reason=f"`{name}` is longer than {LONGEST_PATH} bytes.", rule="arguments")
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
        elif isinstance(text, str) and not text.isascii() and _MIXED.search(text):
            odd.append(f"`{name}` mixes letters that look alike in one word.")
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
        old, new, every = (given(item, name) for name in EDIT)
        if not isinstance(old, str) or not old or not isinstance(new, str) or not isinstance(every, bool | None):
            return ()
        edits.append(Edit(old=old, new=new, all=bool(every)))
    return tuple(edits)


def _is(kind: Kind, value: object) -> bool:
    if kind is Kind.TEXT:
        return isinstance(value, str)
    if kind is Kind.FLAG:
        return isinstance(value, bool)
    if kind is Kind.WHOLE:
        return isinstance(value, int) and not isinstance(value, bool)
    if kind is Kind.NUMBER:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, list | tuple) and all(isinstance(item, Mapping) for item in value)


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
