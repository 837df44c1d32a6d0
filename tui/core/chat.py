"""Provider-neutral chat: messages, requests, the chunks a model's stream is made of, and its usage."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from typing import TypeAlias

from tui.core.record import Record, record

Json: TypeAlias = Mapping[str, "Json"] | Sequence["Json"] | str | int | float | bool | None


class Wire(StrEnum):
    """The four ways models are spoken to."""

    ANTHROPIC_MESSAGES = "anthropic_messages"
    OPENAI_RESPONSES = "openai_responses"
    OPENAI_CHAT = "openai_chat"
    GEMINI = "gemini"


class StopReason(StrEnum):
    """Why a model stopped, after normalising every vendor's words."""

    END = "end"
    MAX_TOKENS = "max_tokens"
    STOP_SEQUENCE = "stop_sequence"
    TOOL_USE = "tool_use"
    REFUSAL = "refusal"
    CONTENT_FILTER = "content_filter"
    CONTEXT_FULL = "context_full"
    PAUSED = "paused"
    MALFORMED_CALL = "malformed_call"
    OTHER = "other"


@record
class Usage(Record):
    """Tokens of one call, with every vendor's counting brought to one meaning.

    `input_tokens` excludes whatever was read from or written to a cache; `output_tokens` includes
    `reasoning_tokens`. `estimated` is true when the stream ended before the provider said its count.
    """

    input_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_5m_tokens: int = 0
    cache_write_1h_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    estimated: bool = False

    @property
    def total_input_tokens(self) -> int:
        """All tokens the model read, cached or not."""
        return self.input_tokens + self.cache_read_tokens + self.cache_write_5m_tokens + self.cache_write_1h_tokens


@record
class ToolSpec(Record):
    """A tool a model may ask for; `parameters` is a JSON schema of an object."""

    name: str
    description: str
    parameters: Mapping[str, Json]


@record
class ToolCall(Record):
    """A tool request as the model made it.

    `arguments` is the JSON text exactly as sent; `parsed` is that text as an object, or None when it is not
    one (the model is then told so instead of the tool being run).
    """

    id: str
    name: str
    arguments: str
    parsed: Mapping[str, Json] | None


@record
class NativeContent(Record):
    """An assistant message in its own wire's form, to be sent back unchanged.

    Carries what the neutral form cannot: thinking signatures, redacted thinking, encrypted reasoning,
    thought signatures. `payload` is JSON (bytes are base64 text).
    """

    wire: Wire
    model: str
    payload: Json


@record
class UserMessage(Record):
    """What the person, or the program on their behalf, said."""

    text: str


@record
class AssistantMessage(Record):
    """What a model answered. `native` wins over `text` when the next request goes to the same wire and model."""

    text: str
    thinking: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    native: NativeContent | None = None


@record
class ToolResult(Record):
    """The answer to one tool call."""

    call_id: str
    name: str
    text: str
    is_error: bool = False


Message: TypeAlias = UserMessage | AssistantMessage | ToolResult


class Effort(StrEnum):
    """How hard a model should think; each provider maps it to what its models accept."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    MAX = "max"


@record
class ChatRequest(Record):
    """One call to a model. `max_tokens` bounds the output, thinking included."""

    model: str
    messages: tuple[Message, ...]
    system: str = ""
    max_tokens: int = 16_384
    effort: Effort | None = None
    tools: tuple[ToolSpec, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)


@record
class StreamOpened(Record):
    """The provider answered with a stream; nothing has been generated yet."""

    request_id: str | None = None


@record
class TextPiece(Record):
    """A piece of the visible answer, as received (not cleaned)."""

    text: str


@record
class ThinkingPiece(Record):
    """A piece of the model's shown thinking, as received (not cleaned)."""

    text: str


@record
class ToolCallStarted(Record):
    """The model began to write a tool call; its arguments follow with `ToolCallReady`."""

    id: str
    name: str


@record
class ToolCallReady(Record):
    """A tool call is complete."""

    call: ToolCall


@record
class UsageSeen(Record):
    """Usage so far; cumulative, a later one replaces an earlier one."""

    usage: Usage


@record
class Finished(Record):
    """The provider's own terminal event. A stream that ends without one was cut."""

    stop: StopReason
    stop_detail: str = ""
    native: NativeContent | None = None
    request_id: str | None = None
    model: str = ""


Chunk: TypeAlias = StreamOpened | TextPiece | ThinkingPiece | ToolCallStarted | ToolCallReady | UsageSeen | Finished
