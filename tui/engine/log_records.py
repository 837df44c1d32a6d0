"""What the log says about an event: outcomes, attempts, waits and costs, never the words of a prompt or an answer."""

import dataclasses
import logging
from collections.abc import Mapping
from enum import Enum
from typing import Any, Final, NamedTuple

from tui.core.chat import ToolCall
from tui.core.errors import Outcome, Problem
from tui.core.events import (
    Event,
    MessageCompleted,
    Notice,
    NoticeLevel,
    TextDelta,
    ThinkingDelta,
    TurnFinished,
    UsageReported,
    event_type,
)
from tui.core.money import usd_text

_UNLOGGED: Final = (TextDelta, ThinkingDelta, UsageReported, MessageCompleted)
_WORDS: Final = frozenset(
    (
        "text",
        "prompt",
        "message",
        "messages",
        "content",
        "thinking",
        "system",
        "arguments",
        "parsed",
        "native",
        "answer",
    )
)
"""Fields that may hold somebody's words, in events of today and of later."""
_LONGEST: Final = 500
_LEVELS: Final = {
    NoticeLevel.INFO: logging.INFO,
    NoticeLevel.WARNING: logging.WARNING,
    NoticeLevel.ERROR: logging.ERROR,
}


class LogRecord(NamedTuple):
    """A line of the log before it is written: level of `logging`, name of what happened, fields."""

    level: int
    event: str
    fields: dict[str, Any]


def record_of(event: Event) -> LogRecord | None:
    """Return what the log says about `event`, or None when it says nothing."""
    if isinstance(event, _UNLOGGED):
        return None
    return LogRecord(_level(event), event_type(type(event).__name__), _fields(event))


def _level(event: Event) -> int:
    if isinstance(event, Notice):
        return _LEVELS[event.level]
    outcome = getattr(event, "outcome", None)
    if isinstance(event, TurnFinished) and outcome is Outcome.CANCELLED:
        return logging.INFO
    return logging.INFO if outcome in (None, Outcome.SUCCESS) else logging.WARNING


def _fields(value: Any) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for item in dataclasses.fields(value):
        field = getattr(value, item.name)
        if item.name in _WORDS:
            continue
        if item.name.endswith("_pico"):
            result[item.name] = field
            result[item.name.removesuffix("_pico") + "_usd"] = None if field is None else usd_text(field)
        else:
            result[item.name] = _plain(field)
    return result


def _plain(value: Any) -> Any:
    if isinstance(value, Problem):
        return {"title": value.title, "text": _plain(value.text), "hint": value.hint}
    if isinstance(value, ToolCall):
        return {"id": value.id, "name": value.name}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str):
        return value if len(value) <= _LONGEST else value[:_LONGEST] + "…"
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _fields(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items() if str(key) not in _WORDS}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
