"""What happened: the events every subscriber of the bus sees.

Events are frozen and carry only plain data, never a Future, a callback or an SDK object. Text in an event has
been through `core.untrusted` already. `TextDelta` and `ThinkingDelta` of one turn may be joined for a slow
subscriber; every other event reaches every subscriber exactly once and in order.
"""

import dataclasses
import re
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeAlias

from tui.core.chat import AssistantMessage, StopReason, ToolCall, Usage
from tui.core.errors import Outcome, Problem
from tui.core.guard_events import GuardEvent
from tui.core.money import usd_text
from tui.core.record import Record, record
from tui.core.terminal_events import TerminalEvent
from tui.core.tool_events import WorkEvent


class NoticeLevel(StrEnum):
    """How loud a notice is."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@record
class PaneInfo(Record):
    """What a pane is: its name (unique in the session), who answers there and in which role."""

    name: str
    provider: str
    model: str
    role: str = ""


@record
class SessionStarted(Record):
    """The engine is ready to take commands. `demo` is true when the models are the embedded stand-ins."""

    session: str
    panes: tuple[PaneInfo, ...]
    demo: bool = False


@record
class ProviderLoading(Record):
    """A pane's SDK is being imported and its client built."""

    pane: str


@record
class ProviderReady(Record):
    """A pane's client is ready to send."""

    pane: str


@record
class PromptQueued(Record):
    """A prompt waits until the pane's running turn has ended. `waiting` is how many wait now, this one included."""

    pane: str
    prompt_id: str
    text: str
    waiting: int


@record
class PromptDropped(Record):
    """A waiting prompt was taken back before it was sent."""

    pane: str
    prompt_id: str
    waiting: int


@record
class TurnStarted(Record):
    """A pane begins to answer a prompt. `prompt_id` names the waiting prompt it was, if it had waited."""

    pane: str
    turn: str
    prompt: str
    model: str
    prompt_id: str | None = None
    waiting: int = 0


@record
class AttemptStarted(Record):
    """A request of this turn goes out; attempts count from 1."""

    pane: str
    turn: str
    attempt: int
    model: str


@record
class StreamStarted(Record):
    """The provider accepted the request; the first token has not come yet."""

    pane: str
    turn: str
    attempt: int
    request_id: str | None = None


@record
class TextDelta(Record):
    """More of the answer. `seq` counts the deltas of a turn; a joined delta carries that of its last part."""

    pane: str
    turn: str
    seq: int
    text: str


@record
class ThinkingDelta(Record):
    """More of the model's shown thinking; `seq` as in `TextDelta`, from the same count."""

    pane: str
    turn: str
    seq: int
    text: str


@record
class ToolCallBegan(Record):
    """The model began to write a tool call."""

    pane: str
    turn: str
    call_id: str
    name: str


@record
class ToolCallRequested(Record):
    """A tool call is complete."""

    pane: str
    turn: str
    call: ToolCall


@record
class UsageReported(Record):
    """Usage of the running attempt so far (cumulative) and its cost in pico-dollars, None when no price is known."""

    pane: str
    turn: str
    usage: Usage
    cost_pico: int | None


@record
class MessageCompleted(Record):
    """A whole assistant message, for the journal: one that asks for tools, or the answer of a turn that ended well."""

    pane: str
    turn: str
    message: AssistantMessage


@record
class TurnFinished(Record):
    """A turn ended, in whatever way.

    `usage` and `cost_pico` cover all attempts; `first_token_s` and `seconds` are measured from the last
    attempt's start; `problem` says what a person should know when `outcome` is not success. `rounds` counts the
    answers: one, and one more after each round of tool calls.
    """

    pane: str
    turn: str
    outcome: Outcome
    stop: StopReason | None
    usage: Usage
    cost_pico: int | None
    attempts: int
    model: str
    request_id: str | None = None
    first_token_s: float | None = None
    seconds: float = 0.0
    retry_after: float | None = None
    problem: Problem | None = None
    refused_by_budget: bool = False
    cached: bool = False
    rounds: int = 1


@record
class ConversationCleared(Record):
    """A pane forgot its history; the next prompt starts afresh."""

    pane: str


@record
class Notice(Record):
    """Something the person should know that belongs to no turn."""

    level: NoticeLevel
    problem: Problem
    pane: str | None = None


@record
class SessionEnded(Record):
    """The last event of a session."""

    session: str


Event: TypeAlias = (
    SessionStarted
    | ProviderLoading
    | ProviderReady
    | PromptQueued
    | PromptDropped
    | TurnStarted
    | AttemptStarted
    | StreamStarted
    | TextDelta
    | ThinkingDelta
    | ToolCallBegan
    | ToolCallRequested
    | UsageReported
    | MessageCompleted
    | TurnFinished
    | ConversationCleared
    | GuardEvent
    | WorkEvent
    | TerminalEvent
    | Notice
    | SessionEnded
)

_WORD_START = re.compile(r"(?<!^)(?=[A-Z])")


@lru_cache(maxsize=64)
def event_type(class_name: str) -> str:
    """Return the snake_case form of an event class's name, the ``type`` of its JSON form."""
    return _WORD_START.sub("_", class_name).lower()


def to_json(event: Event) -> dict[str, Any]:
    """Return an event as JSON-ready data: its ``type``, then its fields; money as a decimal string ``cost_usd``."""
    return {"type": event_type(type(event).__name__), **_fields(event)}


def to_json_line(event: Event) -> str:
    """Return `to_json` as one line of JSON text, without a newline at the end."""
    import json  # the screen needs none

    return json.dumps(to_json(event), ensure_ascii=False, separators=(", ", ": "))


def _fields(value: Any) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for item in dataclasses.fields(value):
        field_value = getattr(value, item.name)
        if item.name.endswith("_pico"):
            result[item.name.removesuffix("_pico") + "_usd"] = None if field_value is None else usd_text(field_value)
        else:
            result[item.name] = _plain(field_value)
    return result


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return _fields(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
