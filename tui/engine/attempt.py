"""One attempt of a turn: a request goes out and its chunks become events."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, assert_never

from tui.core.chat import (
    AssistantMessage,
    ChatRequest,
    Chunk,
    Finished,
    StreamOpened,
    TextPiece,
    ThinkingPiece,
    ToolCall,
    ToolCallReady,
    ToolCallStarted,
    Usage,
    UsageSeen,
)
from tui.core.clock import Clock
from tui.core.events import (
    AttemptStarted,
    Event,
    StreamStarted,
    TextDelta,
    ThinkingDelta,
    ToolCallBegan,
    ToolCallRequested,
    UsageReported,
)
from tui.core.secrets import StreamMasker
from tui.core.untrusted import clean, clean_line
from tui.engine.shown import shown_call, shown_line
from tui.providers.base import Provider

_ASCII_PER_TOKEN: Final = 4
"""Characters; each other character counts as a token of its own."""
_REPORT_EVERY: Final = 800
"""Characters of an answer between two estimates of its cost."""


class _TextLane:
    """Text of one kind on its way from raw chunks to deltas: raw for the history, cleaned and masked to be shown."""

    def __init__(self, emit: Callable[[str], None]) -> None:
        self.parts: list[str] = []
        self.characters = 0
        self._others = 0
        self._emit = emit
        self._masker = StreamMasker()

    def feed(self, raw: str) -> None:
        self.parts.append(raw)
        self.characters += len(raw)
        self._others += _not_ascii(raw)
        self._show(self._masker.feed(clean(raw)))

    def flush(self) -> None:
        self._show(self._masker.flush())

    def raw(self) -> str:
        return "".join(self.parts)

    def tokens(self) -> int:
        return _tokens(self.characters, self._others)

    def _show(self, text: str) -> None:
        if text:
            self._emit(text)


@dataclass(slots=True, kw_only=True)
class Attempt:
    """The state of one request.

    `run` may be cancelled at any await; the attributes then say how far it came. `next_seq` numbers the deltas of
    the whole turn; `cost` prices usage in pico-dollars, or returns None.
    """

    pane: str
    turn: str
    number: int
    request: ChatRequest
    provider: Provider
    publish: Callable[[Event], None]
    clock: Clock
    next_seq: Callable[[], int]
    cost: Callable[[Usage], int | None]
    visible: bool = False
    opened: bool = False
    final: Finished | None = None
    request_id: str | None = None
    started: float = 0.0
    first_token: float | None = None
    _usage: Usage | None = None
    _reported: int = 0
    _calls: list[ToolCall] = field(default_factory=list)
    _text: _TextLane = field(init=False)
    _thinking: _TextLane = field(init=False)

    def __post_init__(self) -> None:
        self._text = _TextLane(self._emit_text)
        self._thinking = _TextLane(self._emit_thinking)

    async def run(self) -> None:
        """Send the request and publish what comes. Raises `ProviderError`."""
        self.started = self.clock.monotonic()
        self.publish(
            AttemptStarted(pane=self.pane, turn=self.turn, attempt=self.number, model=clean_line(self.request.model))
        )
        try:
            async with self.provider.stream(self.request) as stream:
                async for chunk in stream:
                    self._take(chunk)
        finally:
            self._text.flush()
            self._thinking.flush()

    def replay(self, chunks: Iterable[Chunk]) -> None:
        """Publish an answer that is already there, without a request."""
        self.started = self.clock.monotonic()
        for chunk in chunks:
            self._take(chunk)
        self._text.flush()
        self._thinking.flush()

    @property
    def text(self) -> str:
        """The answer so far, as received."""
        return self._text.raw()

    @property
    def thinking(self) -> str:
        """The shown thinking so far, as received."""
        return self._thinking.raw()

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """The complete tool calls."""
        return tuple(self._calls)

    @property
    def first_token_s(self) -> float | None:
        """Seconds from the request to the first token."""
        return None if self.first_token is None else round(self.first_token - self.started, 4)

    def message(self) -> AssistantMessage | None:
        """Return the whole answer, or None when the provider did not end it."""
        if self.final is None:
            return None
        return AssistantMessage(text=self.text, thinking=self.thinking, tool_calls=self.calls, native=self.final.native)

    def usage(self) -> Usage:
        """Return the provider's count, or an estimate of what a cut stream will be charged for.

        A count that came before the end is a lower bound: models also generate what is never shown.
        """
        if self.final is not None and self._usage is not None:
            return self._usage
        if not self.opened:
            return Usage()
        seen = self._usage or Usage(input_tokens=estimate_input(self.request), estimated=True)
        arguments = sum(_text_tokens(call.arguments) for call in self._calls)
        generated = self._text.tokens() + self._thinking.tokens() + arguments
        return Usage(
            input_tokens=seen.input_tokens,
            cache_read_tokens=seen.cache_read_tokens,
            cache_write_5m_tokens=seen.cache_write_5m_tokens,
            cache_write_1h_tokens=seen.cache_write_1h_tokens,
            output_tokens=max(generated, seen.output_tokens),
            reasoning_tokens=max(self._thinking.tokens(), seen.reasoning_tokens),
            estimated=True,
        )

    def _take(self, chunk: Chunk) -> None:
        self.opened = True
        match chunk:
            case TextPiece(text=text):
                self._mark_first_token()
                self._text.feed(text)
                self._report_estimate()
            case ThinkingPiece(text=text):
                self._mark_first_token()
                self._thinking.feed(text)
                self._report_estimate()
            case ToolCallStarted(id=call_id, name=name):
                self._mark_first_token()
                self.visible = True
                self.publish(
                    ToolCallBegan(pane=self.pane, turn=self.turn, call_id=shown_line(call_id), name=shown_line(name))
                )
            case ToolCallReady(call=call):
                self._mark_first_token()
                self.visible = True
                self._calls.append(call)
                self.publish(ToolCallRequested(pane=self.pane, turn=self.turn, call=shown_call(call)))
            case UsageSeen(usage=usage):
                self._usage = usage
                self.publish(UsageReported(pane=self.pane, turn=self.turn, usage=usage, cost_pico=self.cost(usage)))
            case StreamOpened(request_id=request_id):
                self._open(request_id)
            case Finished():
                self.final = chunk
                if chunk.request_id is not None:
                    self.request_id = shown_line(chunk.request_id)
            case _:
                assert_never(chunk)

    def _report_estimate(self) -> None:
        """Tell now and then what the answer costs so far: most providers count only at its end."""
        shown = self._text.characters + self._thinking.characters
        if shown - self._reported >= _REPORT_EVERY:
            self._reported = shown
            usage = self.usage()
            self.publish(UsageReported(pane=self.pane, turn=self.turn, usage=usage, cost_pico=self.cost(usage)))

    def _open(self, request_id: str | None) -> None:
        self.request_id = None if request_id is None else shown_line(request_id)
        self.publish(StreamStarted(pane=self.pane, turn=self.turn, attempt=self.number, request_id=self.request_id))

    def _mark_first_token(self) -> None:
        if self.first_token is None:
            self.first_token = self.clock.monotonic()

    def _emit_text(self, text: str) -> None:
        self.visible = True
        self.publish(TextDelta(pane=self.pane, turn=self.turn, seq=self.next_seq(), text=text))

    def _emit_thinking(self, text: str) -> None:
        self.visible = True
        self.publish(ThinkingDelta(pane=self.pane, turn=self.turn, seq=self.next_seq(), text=text))


def estimate_input(request: ChatRequest) -> int:
    """Return a rough count of a request's input tokens."""
    texts = [request.system, *(message.text for message in request.messages)]
    for message in request.messages:
        if isinstance(message, AssistantMessage):
            texts += [call.arguments for call in message.tool_calls]
    texts += [f"{tool.name}{tool.description}{tool.parameters}" for tool in request.tools]
    return _tokens(sum(map(len, texts)), sum(map(_not_ascii, texts)))


def _text_tokens(text: str) -> int:
    return _tokens(len(text), _not_ascii(text))


def _tokens(characters: int, others: int) -> int:
    return -(-(characters - others) // _ASCII_PER_TOKEN) + others


def _not_ascii(text: str) -> int:
    return 0 if text.isascii() else len(text) - len(text.encode("ascii", "ignore"))
