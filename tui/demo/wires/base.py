"""What the four wires have in common: the neutral call, the event writer, the HTTP refusal."""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias
from urllib.parse import SplitResult

from tui.core.chat import Json, Wire
from tui.core.ids import new_id
from tui.demo.script import Ending, FaultKind, Refusal, count_tokens

Body: TypeAlias = Mapping[str, Any]

WIRE_NAMES: Final = {
    "anthropic": Wire.ANTHROPIC_MESSAGES,
    "openai": Wire.OPENAI_RESPONSES,
    "gemini": Wire.GEMINI,
    "compatible": Wire.OPENAI_CHAT,
}
"""The words users know the wires by."""

MISSING_MODEL: Final = "no-such-model"
"""The one model id that no wire knows; every other id is answered."""

REQUEST_OVERHEAD_TOKENS: Final = 8
CACHE_FROM_TOKENS: Final = 1024
CACHE_STEP_TOKENS: Final = 128


class InvalidRequest(Exception):  # noqa: N818 - named after the vendors' error
    """The request breaks a rule of the wire; the text is what the vendor would say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """A tool call of the history; `id` is empty where the wire does not name calls."""

    id: str
    name: str
    arguments: Mapping[str, Any] = field(hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """What a tool returned for the call `id`; with an empty one, for the call in the same place."""

    id: str
    text: str
    is_error: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One message of the conversation: `role` is ``user``, ``assistant`` or ``tool``."""

    role: str
    text: str
    calls: tuple[Called, ...] = ()
    results: tuple[Returned, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """The tool calls of one answer and what each of them returned."""

    calls: tuple[Called, ...]
    results: tuple[Returned, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request to a model, as the director of scenes sees it."""

    wire: Wire
    model: str
    turns: tuple[Turn, ...]
    system: str = ""
    tools: tuple[str, ...] = ()
    max_tokens: int | None = None
    stream: bool = True
    thinks: bool = True
    shows_thinking: bool = True
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def prompt(self) -> str:
        """The last thing the person said; empty when the last message is a tool's result."""
        return self.turns[-1].text if self.turns and self.turns[-1].role == "user" else ""

    @property
    def asked(self) -> str:
        """The last thing the person said, also when tools have run since."""
        return next((turn.text for turn in reversed(self.turns) if turn.role == "user"), "")

    @property
    def rounds(self) -> tuple[Round, ...]:
        """The rounds of tool calls since the person last spoke, oldest first."""
        spoken = max((number for number, turn in enumerate(self.turns) if turn.role == "user"), default=-1)
        rounds: list[Round] = []
        calls: tuple[Called, ...] = ()
        results: tuple[Returned, ...] = ()
        for turn in self.turns[spoken + 1 :]:
            if results and turn.role != "tool":
                rounds.append(_round(calls, results))
                calls, results = (), ()
            calls += turn.calls
            results += turn.results
        if results:
            rounds.append(_round(calls, results))
        return tuple(rounds)

    @property
    def input_tokens(self) -> int:
        """What the request counts as."""
        texts = [self.system, *(turn.text for turn in self.turns)]
        return sum(map(count_tokens, texts)) + REQUEST_OVERHEAD_TOKENS * (len(self.turns) + len(self.tools))

    @property
    def cached_tokens(self) -> int:
        """How much of the input an implicit cache would have served: earlier turns of a long conversation."""
        earlier = [self.system, *(turn.text for turn in self.turns[:-1])]
        known = sum(map(count_tokens, earlier)) if len(self.turns) > 1 else 0
        return known - known % CACHE_STEP_TOKENS if known >= CACHE_FROM_TOKENS else 0


def _round(calls: tuple[Called, ...], results: tuple[Returned, ...]) -> Round:
    by_id = {result.id: result for result in results if result.id}
    nothing = Returned(id="", text="")
    placed = (*results, *[nothing] * len(calls))
    return Round(calls=calls, results=tuple(by_id.get(call.id, placed[n]) for n, call in enumerate(calls)))


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """A whole response that is no stream."""

    status: int
    body: Json
    headers: Mapping[str, str] = field(default_factory=dict)


def compact(value: object) -> str:
    """JSON as the services write it: no blanks, no escapes beyond the necessary."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def encode(text: str) -> bytes:
    """UTF-8, with lone surrogates replaced."""
    return text.encode("utf-8", "replace")


def parse_json(text: str) -> object:
    """The value JSON `text` stands for, None for what is no JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def as_list(value: object) -> list[Any]:
    """`value` when it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def as_dict(value: object) -> dict[str, Any]:
    """`value` when it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_text(value: object) -> str:
    """`value` when it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


class WireStream(ABC):
    """Writes one answer as the wire's events.

    Every method returns the bytes to send. Blocks open and close by themselves as the kind of content changes.
    The player counts into `output_tokens` and `thinking_tokens` before it calls `close`.
    """

    content_type = "text/event-stream; charset=utf-8"

    def __init__(self, call: Call, request_id: str) -> None:
        self.call = call
        self.request_id = request_id
        self.reply_id = new_id("demo")
        self.output_tokens = 0
        self.thinking_tokens = 0

    @property
    def answer_tokens(self) -> int:
        """All generated tokens, thinking included."""
        return self.output_tokens + self.thinking_tokens

    @abstractmethod
    def open(self) -> bytes:
        """Events before any content."""

    @abstractmethod
    def thinking(self, piece: str) -> bytes:
        """A piece of thinking."""

    def redacted(self, text: str) -> bytes:
        """Thinking that may not be shown; nothing on wires without such a form."""
        del text
        return b""

    @abstractmethod
    def text(self, piece: str) -> bytes:
        """A piece of the answer."""

    def declined(self, piece: str) -> bytes:
        """A piece of a refusal."""
        return self.text(piece)

    @abstractmethod
    def tool(self, name: str, arguments: Mapping[str, Json]) -> bytes:
        """A whole tool request."""

    @abstractmethod
    def close(self, ending: Ending) -> bytes:
        """The terminal events."""

    @abstractmethod
    def error(self, kind: FaultKind) -> bytes:
        """An error in mid-stream, in the form `kind` asks for where the wire has several."""

    @abstractmethod
    def malformed(self) -> bytes:
        """An event whose JSON is broken off."""

    @abstractmethod
    def whole(self, ending: Ending) -> Json:
        """The answer as one JSON document, for requests without streaming (after the content methods ran)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What a wire needs to know of the HTTP request."""

    method: str
    url: SplitResult
    headers: Mapping[str, str]
    body: Body
    request_id: str


class WireServer(ABC):
    """The rules of one wire's service."""

    wire: Wire
    stream: type[WireStream]

    @abstractmethod
    def key(self, exchange: Exchange) -> str:
        """The credential of a request; empty without one."""

    @abstractmethod
    def parse(self, exchange: Exchange) -> Call:
        """Read a request. Raises `InvalidRequest` for what the service would refuse."""

    @abstractmethod
    def refuse(self, refusal: Refusal, request_id: str, detail: str = "") -> HttpAnswer:
        """An HTTP error as the service words it."""

    @abstractmethod
    def models(self, model: str | None) -> Json:
        """The list of models, or one of them."""

    @abstractmethod
    def count(self, call: Call) -> Json:
        """The answer to a request to count tokens."""

    def response_headers(self, request_id: str) -> dict[str, str]:
        """Headers of every response."""
        return {"x-request-id": request_id}
