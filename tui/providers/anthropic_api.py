"""Claude over the Messages API. The only file that imports the Anthropic SDK."""

import re
from collections.abc import AsyncIterator
from itertools import islice
from typing import Any, Final

from tui.core.chat import (
    AssistantMessage,
    ChatRequest,
    Chunk,
    Finished,
    NativeContent,
    StopReason,
    TextPiece,
    ThinkingPiece,
    ToolCallReady,
    ToolCallStarted,
    ToolResult,
    Usage,
    UsageSeen,
    UserMessage,
    Wire,
)
from tui.providers import rehearsal
from tui.providers.base import ModelInfo
from tui.providers.history import dump, native_payload, tool_call
from tui.providers.loading import quiet
from tui.providers.outcome import StreamEnd, StreamFault
from tui.providers.provider import SdkProvider
from tui.providers.transport import DIRECT, event_hooks, timeout_seconds

_BEFORE_ADAPTIVE: Final = re.compile(
    r"^claude-(?:[123]\b|instant|(?:opus|sonnet|haiku)-(?:3|4)(?:-[015])?(?:-\d{8})?$)"
)
_CACHED: Final = {"type": "ephemeral"}
_STOPS: Final = {
    "end_turn": StopReason.END,
    "max_tokens": StopReason.MAX_TOKENS,
    "stop_sequence": StopReason.STOP_SEQUENCE,
    "tool_use": StopReason.TOOL_USE,
    "pause_turn": StopReason.PAUSED,
    "refusal": StopReason.REFUSAL,
    "model_context_window_exceeded": StopReason.CONTEXT_FULL,
}
_MOST_MODELS: Final = 1000


class AnthropicProvider(SdkProvider):
    """The Messages API."""

    wire = Wire.ANTHROPIC_MESSAGES
    vendor = "Anthropic"

    def options(self, request: ChatRequest) -> frozenset[str]:
        """Return thinking and caching, which not every model and gateway knows."""
        return frozenset({"thinking", "cache_control"})

    def _build(self) -> Any:
        import anthropic
        import httpx2

        quiet("anthropic", "httpx2", "httpcore2")
        timeout = httpx2.Timeout(**timeout_seconds(self._deadlines))
        client = anthropic.AsyncAnthropic(
            api_key=self._api_key,
            base_url=self._base_url,
            max_retries=0,
            timeout=timeout,
            open_telemetry=False,
            http_client=anthropic.DefaultAsyncHttpxClient(
                timeout=timeout, event_hooks=event_hooks(self._deadlines), mounts=DIRECT
            ),
        )
        with rehearsal.http_client(rehearsal.messages()) as http:
            stand_in = anthropic.Anthropic(
                api_key="none", base_url=rehearsal.ADDRESS, http_client=http, open_telemetry=False
            )
            turn = ChatRequest(model="m", messages=(UserMessage(text="x"),))
            for _ in stand_in.messages.create(**to_parameters(turn), stream=True):
                pass
        _ = client.messages
        return client

    async def _send(self, client: Any, request: ChatRequest, unwanted: frozenset[str]) -> AsyncIterator[Any]:
        stream: AsyncIterator[Any] = await client.messages.create(**to_parameters(request, unwanted), stream=True)
        return stream

    def _translator(self, request: ChatRequest) -> "MessagesTranslator":
        return MessagesTranslator(request.model)

    async def _list_models(self, client: Any) -> list[ModelInfo]:
        page = await client.models.list(limit=_MOST_MODELS)
        return [
            ModelInfo(
                id=model.id,
                name=getattr(model, "display_name", None) or "",
                max_input_tokens=getattr(model, "max_input_tokens", None),
                max_output_tokens=getattr(model, "max_tokens", None),
            )
            for model in islice(page.data, _MOST_MODELS)
        ]

    async def _close_client(self, client: Any) -> None:
        await client.close()


def to_parameters(request: ChatRequest, unwanted: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return the arguments of `messages.create` for `request`, without the options in `unwanted`."""
    cached = {} if "cache_control" in unwanted else {"cache_control": _CACHED}
    parameters: dict[str, Any] = {
        "model": request.model,
        "max_tokens": request.max_tokens,
        "messages": to_messages(request),
    }
    if cached and parameters["messages"][-1]["role"] == "user":
        parameters["messages"][-1]["content"][-1].update(cached)
    if request.system.strip():
        parameters["system"] = [{"type": "text", "text": request.system, **cached}]
    if "thinking" not in unwanted and not _BEFORE_ADAPTIVE.match(request.model):
        parameters["thinking"] = {"type": "adaptive", "display": "summarized"}
    if request.effort is not None:
        parameters["output_config"] = {"effort": request.effort.value}
    if request.tools:
        parameters["tools"] = [
            {"name": tool.name, "description": tool.description, "input_schema": tool.parameters}
            for tool in request.tools
        ]
    return parameters


def to_messages(request: ChatRequest) -> list[dict[str, Any]]:
    """Return the conversation as alternating turns; what the person said and tool results share a user turn."""
    turns: list[dict[str, Any]] = []
    for message in request.messages:
        role = "assistant" if isinstance(message, AssistantMessage) else "user"
        blocks = _blocks(message, request.model)
        if not blocks:
            continue
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += blocks
        else:
            turns.append({"role": role, "content": blocks})
    return turns or [{"role": "user", "content": [{"type": "text", "text": "."}]}]


def _blocks(message: UserMessage | AssistantMessage | ToolResult, model: str) -> list[dict[str, Any]]:
    if isinstance(message, ToolResult):
        result = {"type": "tool_result", "tool_use_id": message.call_id, "content": message.text or "(no output)"}
        return [{**result, "is_error": True} if message.is_error else result]
    text = [{"type": "text", "text": message.text}] if message.text.strip() else []
    if isinstance(message, UserMessage):
        return text
    native = native_payload(message, Wire.ANTHROPIC_MESSAGES, model)
    if native is not None:
        return [dict(block) for block in native]
    calls = [
        {"type": "tool_use", "id": call.id, "name": call.name, "input": dict(call.parsed or {})}
        for call in message.tool_calls
    ]
    return [*text, *calls]


class _Block:
    """A content block while it streams. Its pieces stay in lists: joining long text piece by piece is quadratic."""

    def __init__(self, start: Any) -> None:
        self.start = start
        self.type = getattr(start, "type", "")
        self.text: list[str] = []
        self.signature: list[str] = []
        self.json: list[str] = []
        self.citations: list[Any] = []

    def finished(self) -> dict[str, Any]:
        """Return the whole block as the provider would send it in one piece."""
        block = dump(self.start)
        if self.type in ("text", "thinking"):
            block[self.type] = (block.get(self.type) or "") + "".join(self.text)
        if self.signature:
            block["signature"] = "".join(self.signature)
        if self.citations:
            block["citations"] = [*(block.get("citations") or []), *map(dump, self.citations)]
        if self.json:
            call = tool_call("", "", "".join(self.json))
            block["input"] = dict(call.parsed or {})
        return block


class MessagesTranslator:
    """Turns the raw events of one Messages stream into chunks."""

    def __init__(self, model: str) -> None:
        self.finished = False
        self._model = model
        self._answered_by = ""
        self._open: dict[int, _Block] = {}
        self._done: list[dict[str, Any]] = []
        self._usage: dict[str, int] = {}
        self._stop = ""
        self._stop_detail = ""
        self._handlers = {
            "content_block_delta": self._on_delta,
            "content_block_start": self._on_block,
            "content_block_stop": self._on_block_end,
            "message_start": self._on_start,
            "message_delta": self._on_message,
            "message_stop": self._on_end,
        }

    @property
    def complete(self) -> bool:
        """True after `message_stop`."""
        return self.finished

    def feed(self, event: Any) -> list[Chunk]:
        """Return the chunks of one event; events of other types are skipped."""
        handler = self._handlers.get(getattr(event, "type", ""))
        return handler(event) if handler is not None else []

    def end(self) -> list[Chunk]:
        """Raise: a stream that ends by itself has lost its `message_stop`."""
        raise StreamFault(StreamEnd())

    def _on_delta(self, event: Any) -> list[Chunk]:
        delta, block = event.delta, self._open.get(event.index)
        kind = delta.type
        if kind == "text_delta":
            if block is not None:
                block.text.append(delta.text)
            return [TextPiece(text=delta.text)] if delta.text else []
        if kind == "thinking_delta":
            if block is not None:
                block.text.append(delta.thinking)
            return [ThinkingPiece(text=delta.thinking)] if delta.thinking else []
        if block is None:
            return []
        if kind == "input_json_delta":
            block.json.append(delta.partial_json)
        elif kind == "signature_delta":
            block.signature.append(delta.signature)
        elif kind == "citations_delta":
            block.citations.append(delta.citation)
        return []

    def _on_block(self, event: Any) -> list[Chunk]:
        start = event.content_block
        block = self._open[event.index] = _Block(start)
        if block.type == "tool_use":
            return [ToolCallStarted(id=start.id, name=start.name)]
        if block.type == "text" and start.text:
            return [TextPiece(text=start.text)]
        if block.type == "thinking" and start.thinking:
            return [ThinkingPiece(text=start.thinking)]
        return []

    def _on_block_end(self, event: Any) -> list[Chunk]:
        block = self._open.pop(event.index, None)
        return [] if block is None else self._close(block)

    def _close(self, block: _Block) -> list[Chunk]:
        whole = block.finished()
        if block.type == "text" and not whole["text"].strip():
            return []  # the API rejects an empty text block when it is sent back
        self._done.append(whole)
        if block.type != "tool_use":
            return []
        return [ToolCallReady(call=tool_call(block.start.id, block.start.name, "".join(block.json)))]

    def _on_start(self, event: Any) -> list[Chunk]:
        message = event.message
        self._answered_by = getattr(message, "model", None) or ""
        return self._count(getattr(message, "usage", None))

    def _on_message(self, event: Any) -> list[Chunk]:
        self._stop = getattr(event.delta, "stop_reason", None) or self._stop
        details = getattr(event.delta, "stop_details", None)
        self._stop_detail = getattr(details, "explanation", None) or getattr(details, "category", None) or ""
        return self._count(getattr(event, "usage", None))

    def _on_end(self, event: Any) -> list[Chunk]:
        chunks: list[Chunk] = []
        for index in sorted(self._open):
            chunks += self._close(self._open[index])
        self._open.clear()
        self.finished = True
        stop = _STOPS.get(self._stop, StopReason.OTHER)
        native = NativeContent(wire=Wire.ANTHROPIC_MESSAGES, model=self._model, payload=self._done)
        chunks.append(
            Finished(
                stop=stop,
                stop_detail=self._stop_detail or (self._stop if stop is StopReason.OTHER else ""),
                native=native if self._done else None,
                model=self._answered_by,
            )
        )
        return chunks

    def _count(self, usage: Any) -> list[Chunk]:
        """Take over what `usage` says: every count is cumulative, and an absent one leaves the earlier one."""
        if usage is None:
            return []
        for name in ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"):
            value = getattr(usage, name, None)
            if value is not None:
                self._usage[name] = value
        hour = getattr(getattr(usage, "cache_creation", None), "ephemeral_1h_input_tokens", None)
        if hour is not None:
            self._usage["hour"] = hour
        thought = getattr(getattr(usage, "output_tokens_details", None), "thinking_tokens", None)
        if thought is not None:
            self._usage["thought"] = thought
        count = self._usage.get
        written, hour = count("cache_creation_input_tokens", 0), count("hour", 0)
        seen = Usage(
            input_tokens=count("input_tokens", 0),
            cache_read_tokens=count("cache_read_input_tokens", 0),
            cache_write_5m_tokens=max(0, written - hour),
            cache_write_1h_tokens=hour,
            output_tokens=count("output_tokens", 0),
            reasoning_tokens=count("thought", 0),
        )
        return [UsageSeen(usage=seen)]
