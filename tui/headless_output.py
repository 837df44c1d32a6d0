"""What a headless run prints. Everything here is pure: events in, text for standard output and standard error out."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final, Protocol

from tui.core.chat import StopReason, Usage
from tui.core.errors import ExitCode, Outcome, Problem
from tui.core.events import (
    Event,
    Notice,
    PaneInfo,
    TextDelta,
    ThinkingDelta,
    ToolCallRequested,
    TurnFinished,
    to_json,
    to_json_line,
)
from tui.core.ids import new_id
from tui.core.money import usd_text
from tui.core.secrets import mask
from tui.core.tool_events import NOBODY, ApprovalResolved, ToolFinished, ToolStatus
from tui.core.trust import Resolution
from tui.core.untrusted import clean_line
from tui.resilience.dedup import SequenceFilter

PROGRAM: Final = "llmmixer"

DOWN: Final = frozenset({Outcome.TRANSIENT, Outcome.RATE_LIMITED, Outcome.QUOTA_SPENT, Outcome.OFFLINE})
"""Outcomes that mean the model cannot answer now, whatever was asked and however the program is set up."""


class OutputFormat(StrEnum):
    """Forms of the answer on standard output."""

    TEXT = "text"
    JSON = "json"
    STREAM_JSON = "stream-json"


class Cut(StrEnum):
    """Why a run was ended before its panes had ended."""

    TIMEOUT = "timeout"
    INTERRUPT = "interrupt"
    TERMINATE = "terminate"


CUT_EXIT: Final = {Cut.TIMEOUT: int(ExitCode.TIMEOUT), Cut.INTERRUPT: int(ExitCode.INTERRUPTED), Cut.TERMINATE: 143}


@dataclass(slots=True)
class PaneRecord:
    """What one pane has said so far."""

    info: PaneInfo
    text: list[str] = field(default_factory=list)
    thinking: list[str] = field(default_factory=list)
    tool_calls: list[ToolCallRequested] = field(default_factory=list)
    tool_ends: list[ToolFinished] = field(default_factory=list)
    unanswered: bool = False
    """A call was denied because nobody could be asked."""
    turn: str = ""
    finished: TurnFinished | None = None


class Rounds:
    """Puts a blank line between what a model says before and after its tools."""

    def __init__(self) -> None:
        self._last: dict[str, str] = {}
        self._broken: set[str] = set()

    def said(self, event: Event) -> str:
        """Return the text an event adds to its pane's answer; empty for all but text."""
        match event:
            case ToolCallRequested(pane=name):
                self._broken.add(name)
            case TextDelta(pane=name, text=text) if text:
                last = self._last.get(name, "")
                if name in self._broken and text.isspace():
                    return ""
                gap = ""
                if name in self._broken and last:
                    gap = "\n" if last == "\n" else "\n\n"
                self._broken.discard(name)
                self._last[name] = text[-1]
                return gap + text
            case _:
                pass
        return ""


class Record:
    """The panes of a run and how each ended; decides when the run is over and with which exit code."""

    def __init__(self, panes: Iterable[PaneInfo]) -> None:
        self.panes = {info.name: PaneRecord(info) for info in panes}
        self._shown = SequenceFilter()
        self._rounds = Rounds()

    @property
    def settled(self) -> bool:
        """Whether every pane has ended."""
        return all(pane.finished is not None for pane in self.panes.values())

    def feed(self, event: Event) -> bool:
        """Take an event in; False when it is to be ignored: after its pane's end, or a second time."""
        pane = self.panes.get(getattr(event, "pane", None) or "")
        if pane is None:
            return True
        if pane.finished is not None:
            return not isinstance(event, TextDelta | ThinkingDelta | TurnFinished)
        if isinstance(event, TextDelta | ThinkingDelta) and not self._shown.accept(event.turn, event.seq):
            return False
        pane.turn = getattr(event, "turn", pane.turn)
        match event:
            case TextDelta():
                pane.text.append(self._rounds.said(event))
            case ThinkingDelta(text=text):
                pane.thinking.append(text)
            case ToolCallRequested():
                pane.tool_calls.append(event)
                self._rounds.said(event)
            case ToolFinished():
                pane.tool_ends.append(event)
                pane.unanswered |= event.status is ToolStatus.DENIED and event.answer == NOBODY
            case ApprovalResolved(how=Resolution.NO_ANSWER):
                pane.unanswered = True
            case TurnFinished():
                pane.finished = event
            case _:
                pass
        return True

    def missing_ends(self, problem: Problem) -> list[TurnFinished]:
        """Return a `cancelled` end for every pane that has none, so that each pane always ends with one."""
        return [
            TurnFinished(
                pane=name,
                turn=pane.turn or new_id("turn"),
                outcome=Outcome.CANCELLED,
                stop=None,
                usage=Usage(estimated=True),
                cost_pico=None,
                attempts=0,
                model=pane.info.model,
                problem=problem,
            )
            for name, pane in self.panes.items()
            if pane.finished is None
        ]

    def failed(self) -> list[str]:
        """Return the names of the panes that did not end in success."""
        return [name for name, pane in self.panes.items() if pane.finished and not succeeded(pane.finished)]

    def exit_code(self, cut: Cut | None = None) -> int:
        """Return the exit code of the run.

        124, 130 or 143 when it was cut; 0 when every pane succeeded; 4 when every pane succeeded but a call was not run
        because nobody could be asked for approval; 3 when a budget refused a pane's call; 5 when no model was
        available (every pane ended in one of `DOWN`); else 1.
        """
        if cut is not None:
            return CUT_EXIT[cut]
        ends = [pane.finished for pane in self.panes.values() if pane.finished is not None]
        if len(ends) == len(self.panes) and all(map(succeeded, ends)):
            asked = any(pane.unanswered for pane in self.panes.values())
            left = any(end.stop is StopReason.TOOL_USE for end in ends)
            return ExitCode.APPROVAL if asked or left else ExitCode.OK
        if any(end.refused_by_budget for end in ends):
            return ExitCode.BUDGET
        if ends and all(end.outcome in DOWN for end in ends):
            return ExitCode.ALL_MODELS_DOWN
        return ExitCode.FAILED


class Printer(Protocol):
    """Turns events into standard output, in one of the formats."""

    def feed(self, event: Event) -> str:
        """Return what an event adds to standard output."""

    def finish(self, record: Record, exit_code: int) -> str:
        """Return what comes after the last event."""


def make_printer(output_format: OutputFormat, panes: Sequence[PaneInfo], *, session: str, demo: bool) -> Printer:
    """Return the printer of a format."""
    if output_format is OutputFormat.TEXT:
        return TextPrinter(panes)
    if output_format is OutputFormat.JSON:
        return JsonPrinter(session=session, demo=demo)
    return StreamJsonPrinter()


class TextPrinter:
    """Answers as plain Markdown.

    One pane: its answer as it comes. Several: each under a heading ``## name (model)``, in the panes' order; the
    first that has not ended is written as it comes, the others wait for their place.
    """

    def __init__(self, panes: Sequence[PaneInfo]) -> None:
        self._panes = list(panes)
        self._waiting: dict[str, list[str]] = {pane.name: [] for pane in panes}
        self._ended: dict[str, TurnFinished] = {}
        self._front = 0
        self._opened = False
        self._last = "\n"
        self._rounds = Rounds()

    def feed(self, event: Event) -> str:
        """Return what an event adds to standard output."""
        text = self._rounds.said(event)
        match event:
            case TextDelta(pane=name) if name in self._waiting:
                if self._front < len(self._panes) and name == self._panes[self._front].name:
                    return self._say([self._open(with_text=True), text])
                self._waiting[name].append(text)
            case TurnFinished(pane=name):
                self._ended[name] = event
                return self._say(self._advance())
            case _:
                pass
        return ""

    def finish(self, record: Record, exit_code: int) -> str:
        """Return nothing: what failed is told on standard error."""
        return ""

    def _advance(self) -> list[str]:
        parts: list[str] = []
        while self._front < len(self._panes):
            pane = self._panes[self._front]
            waiting = self._waiting[pane.name]
            if waiting:
                parts += [self._open(with_text=True), *waiting]
                waiting.clear()
            end = self._ended.get(pane.name)
            if end is None:
                break
            parts += [self._open(), "" if self._tail(parts).endswith("\n") else "\n", self._note(end)]
            self._front += 1
            self._opened = False
        return parts

    def _open(self, *, with_text: bool = False) -> str:
        if self._opened or len(self._panes) == 1:
            return ""
        self._opened = True
        pane = self._panes[self._front]
        gap = "\n" if self._front else ""
        return f"{gap}## {clean_line(pane.name)} ({clean_line(pane.model)})\n" + ("\n" if with_text else "")

    def _note(self, end: TurnFinished) -> str:
        if len(self._panes) == 1 or (succeeded(end) and end.problem is None):
            return ""
        title = clean_line(mask(end.problem.title)) if end.problem else str(end.outcome)
        return f"\n*{title}*\n" if succeeded(end) else f"\n*Not complete: {title}*\n"

    def _tail(self, parts: list[str]) -> str:
        return next((part[-1] for part in reversed(parts) if part), self._last)

    def _say(self, parts: list[str]) -> str:
        self._last = self._tail(parts)
        return "".join(parts)


class JsonPrinter:
    """One JSON object at the end."""

    def __init__(self, *, session: str, demo: bool) -> None:
        self._session = session
        self._demo = demo

    def feed(self, event: Event) -> str:
        """Return nothing: the object is written when the run is over."""
        return ""

    def finish(self, record: Record, exit_code: int) -> str:
        """Return the whole result as one line of JSON."""
        panes = [_pane_json(pane) for pane in record.panes.values()]
        ends = [pane.finished for pane in record.panes.values() if pane.finished is not None]
        costs = [end.cost_pico for end in ends]
        known = [cost for cost in costs if cost is not None]
        result = {
            "type": "result",
            "session": self._session,
            "demo": self._demo,
            "panes": panes,
            "cost_usd": usd_text(sum(known)) if known and len(known) == len(costs) else None,
            "exit_code": int(exit_code),
        }
        return json.dumps(result, ensure_ascii=False) + "\n"


class StreamJsonPrinter:
    """Every event as one line of JSON."""

    def feed(self, event: Event) -> str:
        """Return the line of an event."""
        return to_json_line(_masked(event)) + "\n"

    def finish(self, record: Record, exit_code: int) -> str:
        """Return nothing: every pane has ended with its own line."""
        return ""


def succeeded(end: TurnFinished) -> bool:
    """Whether a pane answered."""
    return end.outcome is Outcome.SUCCESS


def _masked(event: Event) -> Event:
    if isinstance(event, Notice):
        return replace(event, problem=_masked_problem(event.problem))
    if isinstance(event, TurnFinished) and event.problem is not None:
        return replace(event, problem=_masked_problem(event.problem))
    return event


def _masked_problem(problem: Problem) -> Problem:
    return Problem(title=mask(problem.title), text=mask(problem.text), hint=mask(problem.hint))


def _pane_json(pane: PaneRecord) -> dict[str, Any]:
    end = pane.finished
    fields: dict[str, Any] = {} if end is None else to_json(_masked(end))
    return {
        "pane": pane.info.name,
        "provider": pane.info.provider,
        "model": fields.get("model", pane.info.model),
        "role": pane.info.role,
        "text": "".join(pane.text),
        "thinking": "".join(pane.thinking),
        "tool_calls": _calls_json(pane),
        **{
            key: fields.get(key)
            for key in (
                "outcome", "stop", "usage", "cost_usd", "attempts", "request_id",
                "first_token_s", "seconds", "retry_after",
            )
        },
        "error": fields.get("problem"),
    }  # fmt: skip


def _calls_json(pane: PaneRecord) -> list[dict[str, Any]]:
    """The tool calls and how each ended; `status` is null for one that was never run."""
    ends = list(pane.tool_ends)
    calls = []
    for event in pane.tool_calls:
        end = next((one for one in ends if one.call_id == event.call.id), None)
        if end is not None:
            ends.remove(end)
        result = {} if end is None else to_json(end)
        keys = ("status", "title", "summary", "seconds", "exit_code", "answer")
        calls.append({**to_json(event)["call"], **{key: result.get(key) for key in keys}})
    return calls
