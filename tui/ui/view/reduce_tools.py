"""How tool calls change the view: one line for each call, from its first word to its end."""

from typing import Final, TypeAlias

from tui.core.chat import ToolCall
from tui.core.events import ToolCallBegan, ToolCallRequested
from tui.core.tool_events import (
    ApprovalRequested,
    ApprovalResolved,
    ChangesUndone,
    PreviewKind,
    ToolFinished,
    ToolOutput,
    ToolStarted,
    ToolStatus,
)
from tui.core.untrusted import clean, clean_line
from tui.ui.view import narrate
from tui.ui.view.format import duration
from tui.ui.view.state import PaneView, Phase, SessionView, ToolView
from tui.ui.view.tool_line import OutputTail, ToolLine, ToolState

ToolEvent: TypeAlias = ApprovalRequested | ApprovalResolved | ChangesUndone | ToolFinished | ToolOutput | ToolStarted

_STATES: Final = {
    ToolStatus.OK: ToolState.OK,
    ToolStatus.ERROR: ToolState.ERROR,
    ToolStatus.DENIED: ToolState.DENIED,
    ToolStatus.STOPPED: ToolState.STOPPED,
}
_TITLE_ARGUMENTS: Final = ("command", "cmd", "path", "file_path", "pattern", "query")
_REFUSED: Final = "you refused"
_LONG_TITLE: Final = 60
_NAMED_PATHS: Final = 3
_TIMED_FROM: Final = 0.05
"""Seconds a call must take for its duration to be worth a word."""


def reduce_tools(view: SessionView, event: ToolEvent, now: float) -> None:
    """Bring the pane's line of a call up to date with one event that came at `now` (monotonic seconds)."""
    pane = view.panes.get(event.pane)
    if pane is None:
        return
    match event:
        case ToolStarted():
            _started(pane, event, now)
        case ToolOutput():
            _printed(pane, event)
        case ToolFinished():
            _finished(pane, event, now)
        case ApprovalRequested():
            _asks(pane, event, now)
        case ApprovalResolved():
            _answered(pane, event, now)
        case ChangesUndone():
            narrate.remark(pane, undone_text(event), now)


def call_began(pane: PaneView, event: ToolCallBegan, now: float) -> None:
    """The model began to write a call."""
    _open(pane, event.call_id, event.name, now)


def call_requested(pane: PaneView, event: ToolCallRequested, now: float) -> None:
    """A call is complete; it waits for its turn."""
    call = event.call
    tool = _open(pane, call.id, call.name, now)
    tool.title, tool.arguments, tool.state = call_title(call), call_text(call), ToolState.WAITING
    _show(pane, tool)


def close_calls(pane: PaneView, state: ToolState) -> None:
    """Nothing more will come of the calls that are not over: those that ran were stopped, the others get `state`."""
    for tool in pane.tools.values():
        if not tool.state.is_over:
            begun = tool.state in (ToolState.RUNNING, ToolState.ASKING)
            tool.state = ToolState.STOPPED if begun else state
            tool.approval = ""
            _show(pane, tool, body=_details(tool))
            tool.output = OutputTail()


def new_round(pane: PaneView) -> None:
    """Attempts are counted afresh after a round of tools: they are no repetitions."""
    if pane.turn is not None and pane.turn.attempt:
        pane.turn.earlier += pane.turn.attempt
        pane.turn.attempt = 0


def remark(pane: PaneView, call_id: str, text: str) -> None:
    """Keep a line with a call, such as what was typed into its terminal."""
    tool = pane.tools.get(call_id)
    if tool is not None:
        tool.remarks += (clean_line(text),)
        if not tool.state.is_over:
            _show(pane, tool, body=_live_body(tool), live=True)


def call_text(call: ToolCall) -> str:
    """What a model asks a tool to do, one argument a line."""
    if call.parsed is None:
        return f"unreadable arguments: {clean(call.arguments)}"
    import json  # only where a model calls a tool

    return "\n".join(
        f"{clean_line(name)}: {clean(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for name, value in call.parsed.items()
    )


def call_title(call: ToolCall) -> str:
    """On what a tool works, on one line: its command, its path, its pattern; empty when it names none."""
    arguments = call.parsed or {}
    found = (arguments.get(name) for name in _TITLE_ARGUMENTS)
    return next((clean_line(value) for value in found if isinstance(value, str) and value.strip()), "")


def undone_text(event: ChangesUndone) -> str:
    """What was taken back, and what was left because it changed since."""
    parts = []
    if event.paths:
        parts.append(f"Undone: {_names(event.paths)}")
    if event.kept:
        parts.append(f"Left as it is, changed since: {_names(event.kept)}")
    return ". ".join(parts) or "Nothing to undo"


def _names(paths: tuple[str, ...]) -> str:
    named = ", ".join(clean_line(path) for path in paths[:_NAMED_PATHS])
    more = len(paths) - _NAMED_PATHS
    return f"{named} and {more} more" if more > 0 else named


def _open(pane: PaneView, call_id: str, name: str, now: float) -> ToolView:
    """Return the call that is not over under this id, a new one when there is none."""
    tool = pane.tools.get(call_id)
    if tool is None or tool.state.is_over:
        narrate.close(pane, now)
        pane.tools_seen += 1
        tool = pane.tools[call_id] = ToolView(key=pane.tools_seen, name=clean_line(name), began=now)
        _show(pane, tool)
    elif name:
        tool.name = clean_line(name)
    return tool


def _started(pane: PaneView, event: ToolStarted, now: float) -> None:
    tool = _open(pane, event.call_id, event.name, now)
    tool.title = clean_line(event.title) or tool.title
    tool.state, tool.began, tool.approval = ToolState.RUNNING, now, ""
    new_round(pane)
    _show(pane, tool)
    _set_phase(pane, event.turn)


def _printed(pane: PaneView, event: ToolOutput) -> None:
    tool = pane.tools.get(event.call_id)
    if tool is not None and not tool.state.is_over:
        tool.output.feed(clean(event.text))
        _show(pane, tool, body=_live_body(tool), live=True)


def _finished(pane: PaneView, event: ToolFinished, now: float) -> None:
    tool = _open(pane, event.call_id, event.name, now)
    tool.title = clean_line(event.title) or tool.title
    tool.state, tool.approval = _STATES[event.status], ""
    new_round(pane)
    diff = event.preview.kind is PreviewKind.DIFF and bool(event.preview.text)
    body = _diff(event) if diff else _details(tool, event)
    _show(pane, tool, notes=_notes(event), body=body, diff=diff)
    tool.output = OutputTail()
    _set_phase(pane, event.turn)


def _asks(pane: PaneView, event: ApprovalRequested, now: float) -> None:
    tool = _open(pane, event.call_id, event.tool, now)
    tool.title = clean_line(event.text) or tool.title
    tool.state, tool.approval = ToolState.ASKING, event.id
    new_round(pane)
    _show(pane, tool)
    _set_phase(pane, event.turn)


def _answered(pane: PaneView, event: ApprovalResolved, now: float) -> None:
    del now
    for tool in pane.tools.values():
        if tool.approval == event.id:
            tool.state, tool.approval = ToolState.WAITING, ""
            _show(pane, tool)
            if pane.turn is not None:
                _set_phase(pane, pane.turn.id)
            return


def _set_phase(pane: PaneView, turn: str) -> None:
    """What the pane does as a whole, when the call is of the turn that runs."""
    if pane.turn is None or pane.turn.id != turn or not pane.busy:
        return
    states = {tool.state for tool in pane.tools.values()}
    if ToolState.ASKING in states:
        pane.set_phase(Phase.ASKING)
    elif ToolState.RUNNING in states:
        pane.set_phase(Phase.RUNNING)
    else:
        pane.set_phase(Phase.WAITING)


def _show(
    pane: PaneView,
    tool: ToolView,
    *,
    notes: tuple[str, ...] = (),
    body: str | None = None,
    diff: bool = False,
    live: bool = False,
) -> None:
    """Hand the line on; it unfolds to what was asked when nothing else is said."""
    line = ToolLine(
        key=tool.key,
        name=tool.name,
        title=tool.title,
        state=tool.state,
        notes=notes,
        body=tool.arguments if body is None else body,
        diff=diff,
        live=live,
    )
    last = pane.operations[-1] if pane.operations else None
    if isinstance(last, ToolLine) and last.key == line.key:
        pane.operations[-1] = line
    else:
        pane.operations.append(line)


def _notes(event: ToolFinished) -> tuple[str, ...]:
    """What stands behind the state of a call that is over, the least important last."""
    summary = clean_line(event.summary).removeprefix(f"{event.name}: ")
    if title := clean_line(event.title):  # it stands before the state already
        summary = summary.removeprefix(f"{title}: ")
    if event.status is ToolStatus.DENIED:
        why = "by you" if summary == _REFUSED else summary
        return (why,) if why else ()
    notes = []
    if event.exit_code and f"{event.exit_code}" not in summary:
        notes.append(f"exit {event.exit_code}")
    preview = event.preview
    if (preview.added or preview.removed) and "+" not in summary:
        notes.append(f"+{preview.added} -{preview.removed}")
    timed = event.seconds >= _TIMED_FROM
    spent = [duration(event.seconds)] if timed else []
    said = [summary] if summary and summary != _STATES[event.status].value else []
    return (*notes, *spent, *said) if event.status is ToolStatus.OK else (*notes, *said, *spent)


def _diff(event: ToolFinished) -> str:
    preview = event.preview
    more = f"\n … {preview.omitted} more lines" if preview.omitted else ""
    return clean(preview.text).rstrip("\n") + more


def _live_body(tool: ToolView) -> str:
    return "\n".join(filter(None, (tool.output.last_lines(), *tool.remarks)))


def _details(tool: ToolView, event: ToolFinished | None = None) -> str:
    """What a line without a diff unfolds to: the call if the line cannot hold it, what it printed, who let it run."""
    output = tool.output.text()
    long = len(tool.title) > _LONG_TITLE or "\n" in tool.arguments
    parts = [tool.arguments if long or not output else "", output]
    if event is not None:
        preview = event.preview
        if not output and preview.kind is not PreviewKind.NOTHING:
            parts.append(clean(preview.text).rstrip("\n"))
        if event.status in (ToolStatus.ERROR, ToolStatus.DENIED) and not output:
            parts.append(clean(event.summary))
    parts += tool.remarks
    if event is not None and event.answer:
        parts.append(clean_line(event.answer))
    return "\n".join(filter(None, parts))
