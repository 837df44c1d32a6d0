"""What the stand-in is about to say, in no vendor's words: the steps of one answer."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from tui.core.chat import Json


class Refusal(StrEnum):
    """An answer that is an HTTP error instead of a stream; each wire has its own status and body for it."""

    NO_KEY = "no_key"
    BAD_KEY = "bad_key"
    NO_MODEL = "no_model"
    BAD_REQUEST = "bad_request"
    CONTEXT_FULL = "context_full"
    RATE_LIMIT = "rate_limit"
    QUOTA = "quota"
    OVERLOADED = "overloaded"
    SERVER_ERROR = "server_error"


class FaultKind(StrEnum):
    """What can go wrong once a stream is under way."""

    ERROR = "error"
    ERROR_NESTED = "error_nested"
    ERROR_FAILED = "error_failed"
    CUT = "cut"
    NO_END = "no_end"
    STALL = "stall"
    MALFORMED = "malformed"


class Ending(StrEnum):
    """Why the answer ends."""

    END = "end"
    MAX_TOKENS = "max_tokens"
    TOOL_USE = "tool_use"
    REFUSAL = "refusal"


@dataclass(frozen=True, slots=True)
class Thinking:
    """Thinking the vendor shows; `redacted` thinking comes encrypted where a wire has such a form."""

    text: str
    redacted: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """A part of the visible answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Declined:
    """The model's words of refusal; ordinary text on wires without a form of their own."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A request to run a tool."""

    name: str
    arguments: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Pause:
    """Silence of so many seconds; skipped when the stand-in runs without pace."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Fault:
    """Something goes wrong here; nothing after it is played."""

    kind: FaultKind


Step: TypeAlias = Thinking | Text | Declined | ToolCall | Pause | Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One whole answer.

    `steps` may be lazy. `refusal` replaces the stream by an HTTP error: always, or so many times in a row as
    `refusals` says before the steps are played. `slow_start` holds the response headers back. `rate` is in tokens
    a second and replaces the wire's own pace; `exact` keeps it even on a stand-in that runs without pace.
    `tokens_per_event` replaces the wire's own grouping. `bounded` answers end at the request's output limit.
    """

    steps: Iterable[Step] = ()
    ending: Ending = Ending.END
    refusal: Refusal | None = None
    refusals: int | None = None
    slow_start: bool = False
    rate: float | None = None
    exact: bool = False
    tokens_per_event: int | None = None
    bounded: bool = True


_TOKEN: Final = re.compile(r"\s*(?:[A-Za-z]{1,6}|\d{1,3}|[^\sA-Za-z\d]{1,2})|\s+")


def tokens(text: str) -> list[str]:
    """Cut `text` into pieces about as long as a model's tokens; joined they are `text` again."""
    return _TOKEN.findall(text)


def count_tokens(text: str) -> int:
    """Return how many tokens `text` is counted as."""
    return len(tokens(text))


def pieces(text: str, tokens_per_piece: int) -> Iterator[tuple[str, int]]:
    """Yield `text` in pieces of `tokens_per_piece` tokens, each with its count."""
    found = tokens(text)
    for start in range(0, len(found), tokens_per_piece):
        group = found[start : start + tokens_per_piece]
        yield "".join(group), len(group)
