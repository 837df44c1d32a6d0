"""The tools as models see them, and the way back from what a model wrote to what it asked for.

The schemas use only the keywords every vendor takes (`type`, `description`, `properties`, `required`, `items`). What
they cannot say, such as "either these or those", is checked here and told the model in words it can act on.
"""

from collections.abc import Mapping
from typing import Any, Final

from tui.core.chat import Json, ToolCall, ToolSpec
from tui.core.tool_arguments import ARGUMENTS, EDIT, Argument, Kind
from tui.tools.parsing import ArgumentError, Fields
from tui.tools.requests import (
    Action,
    DeleteFile,
    Edit,
    EditFile,
    InvalidCall,
    ListFiles,
    ReadFile,
    Request,
    RunCommand,
    RunInteractive,
    Search,
    Tool,
    WriteFile,
)

_PATH: Final = "Path of the file, relative to the project folder."
_CWD: Final = "Folder to run in, relative to the project folder. Default: the project folder."


def _schema(known: Mapping[str, Argument], told: Mapping[str, str]) -> dict[str, Json]:
    """Return the schema of an object with these arguments, each with what is `told` of it."""
    properties: dict[str, Json] = {}
    for name, argument in known.items():
        schema: dict[str, Json] = {"type": argument.kind.value, "description": told[name]}
        if argument.kind is Kind.EDITS:
            schema["items"] = _schema(EDIT, _EDIT)
        properties[name] = schema
    required: list[Json] = [name for name, argument in known.items() if argument.needed]
    return {"type": "object", "properties": properties, "required": required}


def _spec(tool: Tool, description: str, **told: str) -> ToolSpec:
    return ToolSpec(name=tool.value, description=description, parameters=_schema(ARGUMENTS[tool], told))


_EDIT: Final = {
    "old": "Text to replace: exactly as in the file, with its indentation, and enough of it to be there only once.",
    "new": "Text that takes its place. Empty deletes.",
    "all": "Replace every place instead of the only one. Default: false.",
}

TOOLS: Final[tuple[ToolSpec, ...]] = (
    _spec(
        Tool.READ_FILE,
        "Read a text file of the project. The answer is the text itself without line numbers, after one line that "
        "names the file and the lines shown. A long file is shown in part: ask for the rest by start_line and "
        "end_line. Read a file before you edit it.",
        path=_PATH,
        start_line="First line to read, counted from 1. Default: 1.",
        end_line="Last line to read, included. Default: the last line.",
    ),
    _spec(
        Tool.LIST_FILES,
        "List files and folders of the project, one path a line, folders with a slash at the end. Files ignored by "
        ".gitignore are left out. With a pattern, list only the files that match it, at any depth.",
        path="Folder to list, relative to the project folder. Default: the project folder.",
        pattern="Glob that paths must match, such as *.py or src/**/test_*.py. ** stands for any folders.",
        depth="How many levels of folders to list. Default: 3, or all with a pattern.",
    ),
    _spec(
        Tool.SEARCH,
        "Find lines by a regular expression in the text files of the project. The answer has one line a match: "
        "path:line: text. Files ignored by .gitignore and binary files are left out.",
        pattern="Regular expression to find within a line. Escape special characters, or set literal.",
        path="File or folder to search, relative to the project folder. Default: the project folder.",
        glob="Search only files whose path matches this glob, such as *.py or src/**.",
        ignore_case="Do not tell upper and lower case apart. Default: false.",
        literal="Take the pattern as plain text. Default: false.",
    ),
    _spec(
        Tool.WRITE_FILE,
        "Create a text file with this content, or replace everything in it. Missing folders are made. To change a "
        "part of a file use edit_file instead.",
        path=_PATH,
        content="All the file shall hold.",
    ),
    _spec(
        Tool.EDIT_FILE,
        "Change parts of a text file by replacing exact text. Give either old and new for one replacement, or edits "
        "for several: they are made in order, each on the result of the one before, and either all of them or none. "
        "Line ends and encoding of the file are kept.",
        path=_PATH,
        edits="Several replacements, instead of old and new.",
        **_EDIT,
    ),
    _spec(
        Tool.DELETE_FILE,
        "Delete a file, or a folder with everything in it. It goes to a bin from which the person can restore it.",
        path="Path of the file or folder, relative to the project folder.",
    ),
    _spec(
        Tool.RUN_COMMAND,
        "Run a command to its end and get its output (stdout and stderr) and how it ended. It has no input and no "
        "terminal; it and everything it started ends with the call. Simple commands without pipes, redirections and "
        "substitutions are approved most easily. Set cwd instead of using cd. For files use the other tools.",
        command="The command, in bash syntax.",
        cwd=_CWD,
        timeout="Seconds after which the command is ended.",
    ),
    _spec(
        Tool.RUN_INTERACTIVE,
        "Run a command that needs a terminal (it asks questions, draws a screen, or goes on for long), shown to the "
        "person, who can type into it. Use run_command for everything else.",
        command="The command, in bash syntax.",
        cwd=_CWD,
    ),
)
_SPECS: Final = {spec.name: spec for spec in TOOLS}
_LONGEST_TITLE: Final = 500


def parse_call(call: ToolCall) -> Request | InvalidCall:
    """Understand a tool call as a model made it, or say what it must write instead. Never raises.

    Names of arguments other agents use (`file_path`, `old_string`, `cmd`) are understood too; the request carries the
    canonical ones. An argument nobody knows is an error rather than ignored: the model expects something of it.
    """
    spec = _SPECS.get(call.name)
    if spec is None:
        return _invalid(call, f"There is no tool {call.name[:100]!r}. The tools are: {', '.join(_SPECS)}.")
    tool = Tool(call.name)
    if call.parsed is None:
        return _invalid(call, f"The arguments of {tool} are not a JSON object. {_expected(spec)}")
    fields = Fields(call.parsed, ARGUMENTS[tool])
    try:
        action = _action(tool, fields)
        fields.finish()
    except ArgumentError as error:
        return _invalid(call, f"{tool}: {error} {_expected(spec)}")
    return Request(
        call_id=call.id,
        tool=tool,
        action=action,
        arguments=dict(fields.canonical),
        title=_title(action)[:_LONGEST_TITLE],
    )


def _invalid(call: ToolCall, text: str) -> InvalidCall:
    return InvalidCall(call_id=call.id, name=call.name, text=f"{text} Nothing was done.")


def _expected(spec: ToolSpec) -> str:
    """Return the arguments of a tool in one line, each with its type."""
    parameters: Mapping[str, Any] = spec.parameters
    listed = (
        f"{name} ({schema['type']}{'' if name in parameters['required'] else ', optional'})"
        for name, schema in parameters["properties"].items()
    )
    return f"Arguments: {', '.join(listed)}."


def _action(tool: Tool, fields: Fields) -> Action:
    match tool:
        case Tool.READ_FILE:
            return _read(fields)
        case Tool.LIST_FILES:
            path, pattern = fields.path(default="."), fields.text("pattern", default="")
            return ListFiles(path=path, pattern=pattern, depth=fields.integer("depth", least=1))
        case Tool.SEARCH:
            return _search(fields)
        case Tool.WRITE_FILE:
            return WriteFile(path=fields.path(), content=fields.text("content", may_be_empty=True))
        case Tool.EDIT_FILE:
            return EditFile(path=fields.path(), edits=_edits(fields))
        case Tool.DELETE_FILE:
            return DeleteFile(path=fields.path())
        case Tool.RUN_COMMAND:
            command, cwd = fields.text("command"), fields.text("cwd", default=".", plain=True)
            return RunCommand(command=command, cwd=cwd, timeout=fields.number("timeout"))
        case Tool.RUN_INTERACTIVE:
            return RunInteractive(command=fields.text("command"), cwd=fields.text("cwd", default=".", plain=True))


def _read(fields: Fields) -> ReadFile:
    path = fields.path()
    start, end = fields.integer("start_line", least=1), fields.integer("end_line", least=1)
    if end is not None and end < (start or 1):
        raise ArgumentError(f"`end_line` ({end}) lies before `start_line` ({start or 1}).")
    return ReadFile(path=path, start_line=start, end_line=end)


def _search(fields: Fields) -> Search:
    pattern = fields.text("pattern")
    if "\n" in pattern:
        raise ArgumentError("`pattern` is found within a line; it cannot hold a line break.")
    return Search(
        pattern=pattern,
        path=fields.path(default="."),
        glob=fields.text("glob", default=""),
        ignore_case=fields.flag("ignore_case"),
        literal=fields.flag("literal"),
    )


def _edits(fields: Fields) -> tuple[Edit, ...]:
    single = any(fields.has(name) for name in ("old", "new", "all"))
    if not fields.has("edits"):
        return (_edit(fields),)
    if single:
        raise ArgumentError("Give either `old` and `new`, or `edits`, not both.")
    with fields.edits("edits") as items:
        edits = tuple(_edit(item) for item in items)
    if not edits:
        raise ArgumentError("`edits` is empty.")
    return edits


def _edit(fields: Fields) -> Edit:
    old, new = fields.text("old"), fields.text("new", may_be_empty=True)
    if old == new:
        raise ArgumentError("`old` and `new` are the same, so there is nothing to change.")
    return Edit(old=old, new=new, all=fields.flag("all"))


def _title(action: Action) -> str:
    match action:
        case ListFiles():
            return f"{action.pattern} in {action.path}" if action.pattern else action.path
        case Search():
            place = " ".join(part for part in (action.glob, action.path if action.path != "." else "") if part)
            return f"{action.pattern} in {place}" if place else action.pattern
        case RunCommand() | RunInteractive():
            return action.command
        case ReadFile():
            if action.start_line is None and action.end_line is None:
                return action.path
            return f"{action.path}:{action.start_line or 1}-{action.end_line or ''}"
        case _:
            return action.path
