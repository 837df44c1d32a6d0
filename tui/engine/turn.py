"""One turn of one pane: a request goes out, its chunks become events, and it ends in exactly one outcome."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, assert_never

from tui.core.chat import (
    AssistantMessage,
    ChatRequest,
    Chunk,
    Finished,
    StopReason,
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
from tui.core.errors import Failure, Outcome, Problem, ProviderError
from tui.core.events import (
    AttemptStarted,
    Event,
    MessageCompleted,
    StreamStarted,
    TextDelta,
    ThinkingDelta,
    ToolCallBegan,
    ToolCallRequested,
    TurnFinished,
    UsageReported,
)
from tui.core.secrets import StreamMasker
from tui.core.untrusted import clean, clean_line
from tui.providers.base import Provider
from tui.spend.prices import PriceBook

_CHARACTERS_PER_TOKEN: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnResult:
    """What a turn leaves behind: the raw text for the history and the final event, which is yet to be published."""

    text: str
    thinking: str
    complete: AssistantMessage | None
    finished: TurnFinished


class _TextLane:
    """Text of one kind on its way from raw chunks to deltas: raw for the history, cleaned and masked to be shown."""

    def __init__(self, emit: Callable[[str], None]) -> None:
        self.parts: list[str] = []
        self._emit = emit
        self._masker = StreamMasker()

    def feed(self, raw: str) -> None:
        self.parts.append(raw)
        self._show(self._masker.feed(clean(raw)))

    def flush(self) -> None:
        self._show(self._masker.flush())

    def raw(self) -> str:
        return "".join(self.parts)

    def _show(self, text: str) -> None:
        if text:
            self._emit(text)


@dataclass(slots=True)
class Turn:
    """The state of a running turn. `run` may be cancelled at any await; `end` then says how it ended."""

    pane: str
    turn: str
    request: ChatRequest
    provider: Provider
    prices: PriceBook
    publish: Callable[[Event], None]
    clock: Clock
    attempt: int = 1
    _seq: int = 0
    _usage: Usage | None = None
    _calls: list[ToolCall] = field(default_factory=list)
    _final: Finished | None = None
    _request_id: str | None = None
    _started: float = 0.0
    _first_token: float | None = None
    _opened: bool = False
    _text: _TextLane = field(init=False)
    _thinking: _TextLane = field(init=False)

    def __post_init__(self) -> None:
        self._text = _TextLane(self._emit_text)
        self._thinking = _TextLane(self._emit_thinking)

    async def run(self) -> None:
        """Send the request and publish what comes. Raises `ProviderError`."""
        self._started = self.clock.monotonic()
        self.publish(
            AttemptStarted(pane=self.pane, turn=self.turn, attempt=self.attempt, model=clean_line(self.request.model))
        )
        async with self.provider.stream(self.request) as stream:
            async for chunk in stream:
                self._take(chunk)

    def end(self, failure: Failure | None) -> TurnResult:
        """Flush what is held back and return the result; `failure` is None when the provider ended the answer."""
        self._text.flush()
        self._thinking.flush()
        text, thinking = self._text.raw(), self._thinking.raw()
        complete = None
        if failure is None and self._final is not None:
            complete = AssistantMessage(
                text=text, thinking=thinking, tool_calls=tuple(self._calls), native=self._final.native
            )
        usage = self._usage_at_end(text, thinking, cut=failure is not None)
        outcome, problem = _verdict(failure, self._final, empty=not text.strip() and not self._calls)
        finished = TurnFinished(
            pane=self.pane,
            turn=self.turn,
            outcome=outcome,
            stop=self._final.stop if self._final is not None else None,
            usage=usage,
            cost_pico=self._cost(usage),
            attempts=self.attempt,
            model=clean_line((self._final.model if self._final is not None else "") or self.request.model),
            request_id=(failure.request_id if failure is not None else None) or self._request_id,
            first_token_s=None if self._first_token is None else round(self._first_token - self._started, 4),
            seconds=round(self.clock.monotonic() - self._started, 4),
            retry_after=failure.retry_after if failure is not None else None,
            problem=problem,
        )
        return TurnResult(text=text, thinking=thinking, complete=complete, finished=finished)

    def completed_event(self, message: AssistantMessage) -> MessageCompleted:
        """Return the event that carries a whole message, its text cleaned as everything that is shown."""
        shown = AssistantMessage(
            text=clean(message.text),
            thinking=clean(message.thinking),
            tool_calls=tuple(_clean_call(call) for call in message.tool_calls),
            native=message.native,
        )
        return MessageCompleted(pane=self.pane, turn=self.turn, message=shown)

    def _take(self, chunk: Chunk) -> None:
        match chunk:
            case TextPiece(text=text):
                self._mark_first_token()
                self._text.feed(text)
            case ThinkingPiece(text=text):
                self._mark_first_token()
                self._thinking.feed(text)
            case ToolCallStarted(id=call_id, name=name):
                self._mark_first_token()
                self.publish(
                    ToolCallBegan(pane=self.pane, turn=self.turn, call_id=clean_line(call_id), name=clean_line(name))
                )
            case ToolCallReady(call=call):
                self._mark_first_token()
                self._calls.append(call)
                self.publish(ToolCallRequested(pane=self.pane, turn=self.turn, call=_clean_call(call)))
            case UsageSeen(usage=usage):
                self._usage = usage
                self.publish(UsageReported(pane=self.pane, turn=self.turn, usage=usage, cost_pico=self._cost(usage)))
            case StreamOpened(request_id=request_id):
                self._opened = True
                self._request_id = None if request_id is None else clean_line(request_id)
                self.publish(
                    StreamStarted(pane=self.pane, turn=self.turn, attempt=self.attempt, request_id=self._request_id)
                )
            case Finished():
                self._final = chunk
                if chunk.request_id is not None:
                    self._request_id = clean_line(chunk.request_id)
            case _:
                assert_never(chunk)

    def _mark_first_token(self) -> None:
        if self._first_token is None:
            self._first_token = self.clock.monotonic()

    def _emit_text(self, text: str) -> None:
        self._seq += 1
        self.publish(TextDelta(pane=self.pane, turn=self.turn, seq=self._seq, text=text))

    def _emit_thinking(self, text: str) -> None:
        self._seq += 1
        self.publish(ThinkingDelta(pane=self.pane, turn=self.turn, seq=self._seq, text=text))

    def _cost(self, usage: Usage) -> int | None:
        return self.prices.cost(self.request.model, usage, self.clock.wall())

    def _usage_at_end(self, text: str, thinking: str, *, cut: bool) -> Usage:
        """Return the provider's count, or an estimate of what a cut stream will be charged for."""
        if not cut and self._usage is not None:
            return self._usage
        if not self._opened:
            return Usage()
        seen = self._usage or Usage(input_tokens=_estimate_input(self.request), estimated=True)
        generated = _tokens(len(text) + len(thinking) + sum(len(call.arguments) for call in self._calls))
        if generated <= seen.output_tokens and not seen.estimated:
            return seen
        return Usage(
            input_tokens=seen.input_tokens,
            cache_read_tokens=seen.cache_read_tokens,
            cache_write_5m_tokens=seen.cache_write_5m_tokens,
            cache_write_1h_tokens=seen.cache_write_1h_tokens,
            output_tokens=max(generated, seen.output_tokens),
            reasoning_tokens=max(_tokens(len(thinking)), seen.reasoning_tokens),
            estimated=True,
        )


def _tokens(characters: int) -> int:
    return -(-characters // _CHARACTERS_PER_TOKEN)


def _estimate_input(request: ChatRequest) -> int:
    said = sum(len(message.text) for message in request.messages)
    return _tokens(said + len(request.system))


def _clean_call(call: ToolCall) -> ToolCall:
    return ToolCall(
        id=clean_line(call.id), name=clean_line(call.name), arguments=clean(call.arguments), parsed=call.parsed
    )


_STOP_PROBLEMS: Final = {
    StopReason.MAX_TOKENS: Problem(
        title="Answer cut at its token limit",
        text="The model reached the most tokens one answer may have.",
        hint="Ask it to go on, or raise `max_tokens` of this pane.",
    ),
    StopReason.REFUSAL: Problem(
        title="Refused", text="The model declined to answer.", hint="Rephrase the prompt or ask another model."
    ),
    StopReason.CONTENT_FILTER: Problem(
        title="Filtered", text="The provider's content filter ended the answer.", hint="Rephrase the prompt."
    ),
    StopReason.CONTEXT_FULL: Problem(
        title="Context full",
        text="The conversation no longer fits into the model's window.",
        hint="Start a new conversation with /clear.",
    ),
    StopReason.MALFORMED_CALL: Problem(
        title="Malformed tool call",
        text="The model wrote a tool call that is not valid.",
        hint="Send the prompt again.",
    ),
}


def _verdict(failure: Failure | None, final: Finished | None, *, empty: bool) -> tuple[Outcome, Problem | None]:
    if failure is not None:
        return failure.outcome, failure.problem
    stop = final.stop if final is not None else StopReason.OTHER
    problem = _STOP_PROBLEMS.get(stop)
    if problem is not None and final is not None and final.stop_detail:
        problem = Problem(title=problem.title, text=clean_line(final.stop_detail), hint=problem.hint)
    if problem is None and empty:
        problem = Problem(
            title="Empty answer", text="The model ended its turn without any text.", hint="Send the prompt again."
        )
    return Outcome.SUCCESS, problem


CANCELLED: Final = Failure(outcome=Outcome.CANCELLED, problem=Problem(title="Stopped", text="You stopped this answer."))


def internal_failure(error: BaseException) -> Failure:
    """Return the failure of a turn that ended by a mistake in this program rather than the provider's."""
    if isinstance(error, ProviderError):
        return error.failure
    return Failure(
        outcome=Outcome.CALLER_ERROR,
        problem=Problem(
            title="Internal error",
            text=clean_line(f"{type(error).__name__}: {error}"),
            hint="This is a defect in LLMMixer; the session journal holds the details.",
        ),
    )
