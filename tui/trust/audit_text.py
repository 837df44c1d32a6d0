"""The audit log for people to read: one line for each call, with what became of it and who let it run."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from tui.core.trust import AnswerKind, Decision
from tui.core.untrusted import clean_line

ENTRIES_OF_A_CALL: Final = 3
"""A decision, a start and an end; a changed call has a decision more."""
_LONGEST: Final = 400
_WIDEST_RESULT: Final = 20
_WIDEST_PANE: Final = 12
_LEAST_SUBJECT: Final = 20
_TOOLS: Final = {
    "run_command": "run",
    "run_interactive": "run",
    "read_file": "read",
    "list_files": "list",
    "write_file": "write",
    "edit_file": "edit",
    "delete_file": "delete",
}
_CHANGED: Final = "changed"
_SUBJECTS: Final = ("command", "path", "pattern")
_SAID: Final = {AnswerKind.DENY.value: "you", AnswerKind.EDITED.value: "you wrote"}


@dataclass(slots=True)
class Line:
    """What became of one call. `good` is None while that is open."""

    time: str
    pane: str
    tool: str
    subject: str
    result: str = ""
    good: bool | None = None
    who: str = ""
    ran: bool = False


def lines_of(entries: Iterable[Mapping[str, Any]]) -> list[Line]:
    """Join the entries of each call to one line, in the order in which they began."""
    lines: list[Line] = []
    open_calls: dict[tuple[str, str], Line] = {}
    for entry in entries:
        kind, key = _text(entry, "kind"), (_text(entry, "session"), _text(entry, "call"))
        known = open_calls.get(key) if key[1] else None
        if kind == "end":
            line = known or _begun(entry)
            _ended(line, entry)
        elif kind == "start" and known is not None and not known.ran:
            line = known
        else:
            line = _typed(entry) if kind == "typed" else _begun(entry)
        if kind == "start":
            line.ran, line.good, line.result = True, None, "never ended"
            line.who = _text(entry, "by") or line.who
        if line is not known:
            lines.append(line)
        if kind == "end" or line.good is False or line.result == _CHANGED:
            open_calls.pop(key, None)
        elif key[1]:
            open_calls[key] = line
    return lines


def _begun(entry: Mapping[str, Any]) -> Line:
    line = Line(_text(entry, "time"), _text(entry, "pane"), _text(entry, "tool"), _subject(entry))
    answer, by = _text(entry, "answer"), _text(entry, "by")
    if by == "person":
        said = clean_line(_text(entry, "said"), _LONGEST)
        line.who = f"{_SAID.get(answer, 'you')}: {said}" if said else "you"
    elif by == "policy":
        line.who = _text(entry, "rule")
    else:
        line.who = by or _text(entry, "rule")
    if answer == AnswerKind.EDITED.value:
        line.result, line.good = _CHANGED, None
    elif answer == Decision.DENY.value or (answer == Decision.ASK.value and by != "person"):
        line.result, line.good = "denied", False
    elif answer:
        line.result, line.good = "allowed", True
    return line


def _ended(line: Line, entry: Mapping[str, Any]) -> None:
    status, summary = _text(entry, "status"), clean_line(_text(entry, "summary"), _LONGEST)
    line.good = status == "ok"
    line.result = summary if status in ("ok", "error") and summary else status


def _typed(entry: Mapping[str, Any]) -> Line:
    prompt = clean_line(_text(entry, "prompt"), _LONGEST)
    typed = clean_line(repr(_text(entry, "typed")), 40)
    return Line(
        _text(entry, "time"), _text(entry, "pane"), "answer", prompt, f"typed {typed}", True, _text(entry, "why")
    )


def _subject(entry: Mapping[str, Any]) -> str:
    arguments = entry.get("arguments")
    if not isinstance(arguments, Mapping):
        return _text(entry, "terminal")
    value = next((arguments[name] for name in _SUBJECTS if name in arguments), "")
    if isinstance(value, Mapping):  # a long one is kept as its beginning
        value = f"{value.get('begins', '')}…"
    return clean_line(str(value), _LONGEST)


def _text(entry: Mapping[str, Any], name: str) -> str:
    return str(entry.get(name) or "")


def log_text(lines: Sequence[Line], *, width: int | None, colour: bool, ascii_only: bool) -> str:
    """Return the lines under their days, in this machine's time; cut to `width` cells where one is given."""
    marks = {True: "+", False: "x", None: "?"} if ascii_only else {True: "✓", False: "✗", None: "…"}
    colours = {True: "32", False: "31", None: "33"}
    panes = min(max((len(clean_line(one.pane)) for one in lines), default=0), _WIDEST_PANE)
    results = min(max((len(one.result) for one in lines), default=0), _WIDEST_RESULT)
    rows: list[str] = []
    day = ""
    for one in lines:
        today, clock = _when(one.time)
        if today != day:
            day = today
            rows.append(day)
        mark = f"\x1b[{colours[one.good]}m{marks[one.good]}\x1b[0m" if colour else marks[one.good]
        pane, result = clean_line(one.pane, _WIDEST_PANE), clean_line(one.result, _WIDEST_RESULT)
        what = f"{_TOOLS.get(one.tool, clean_line(one.tool, 20)):<6} {one.subject}"
        front = f"  {clock}  {pane:<{panes}}  "
        who = clean_line(one.who, 200)
        if width is not None:
            room = max(width - len(front) - results - len("x   "), _LEAST_SUBJECT)
            who = clean_line(who, max(room // 3, 8))
            what = _clipped(what, max(room - len(who) - len("  []"), 8))
        rows.append(f"{front}{mark} {result:<{results}}  {what}" + (f"  [{who}]" if who else ""))
    text = "".join(f"{row}\n" for row in rows)
    return text.encode("ascii", "replace").decode() if ascii_only else text


def _clipped(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _when(time: str) -> tuple[str, str]:
    try:
        moment = datetime.fromisoformat(time).astimezone()
    except (ValueError, OverflowError):
        return clean_line(time, 20) or "?", "?"
    return moment.strftime("%Y-%m-%d"), moment.strftime("%H:%M:%S")
