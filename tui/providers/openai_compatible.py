"""Any server that speaks Chat Completions: Ollama, vLLM, LM Studio, llama.cpp, gateways.

These servers differ in everything that is not the text itself, so nothing else is relied on: usage, ids, tool call
indices and the name of the thinking field may all be missing or odd.
"""

from collections.abc import AsyncIterator
from typing import Any, Final

from tui.core.chat import (
    AssistantMessage,
    ChatRequest,
    Chunk,
    Effort,
    Finished,
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
from tui.providers.history import estimate_input, estimate_tokens, tool_call
from tui.providers.loading import quiet
from tui.providers.outcome import StreamEnd, StreamFault, Target
from tui.providers.provider import SdkProvider
from tui.providers.transport import DIRECT, event_hooks, timeout_seconds

_STOPS: Final = {
    "stop": StopReason.END,
    "eos": StopReason.END,
    "length": StopReason.MAX_TOKENS,
    "tool_calls": StopReason.TOOL_USE,
    "function_call": StopReason.TOOL_USE,
    "content_filter": StopReason.CONTENT_FILTER,
    "stop_sequence": StopReason.STOP_SEQUENCE,
}
_EFFORTS: Final = {Effort.LOW: "low", Effort.MEDIUM: "medium", Effort.HIGH: "high", Effort.MAX: "high"}
_ANY_KEY: Final = "unused"


class CompatibleProvider(SdkProvider):
    """Chat Completions at an address of the user's choice. A key is optional."""

    wire = Wire.OPENAI_CHAT
    vendor = "The server"
    needs_key = False
    needs_address = True

    def options(self, request: ChatRequest) -> frozenset[str]:
        """Return what only some servers know, and the older name of the output limit."""
        return frozenset({"stream_options", "max_tokens"})

    def target(self, model: str = "") -> Target:
        """Return what to call this server: its address, since it has no vendor."""
        plain = super().target(model)
        return Target(
            vendor=plain.address, wire=plain.wire, base_url=plain.base_url, key_env=plain.key_env, model=model
        )

    def _build(self) -> Any:
        import httpx2
        import openai

        quiet("openai", "httpx2", "httpcore2")
        timeout = httpx2.Timeout(**timeout_seconds(self._deadlines))
        client = openai.AsyncOpenAI(
            api_key=self._api_key or _ANY_KEY,
            admin_api_key="",  # not the environment's: another vendor's credentials are nothing to this server
            organization="",
            project="",
            base_url=self._base_url,
            max_retries=0,
            timeout=timeout,
            http_client=openai.DefaultAsyncHttpxClient(
                timeout=timeout, event_hooks=event_hooks(self._deadlines), mounts=DIRECT
            ),
        )
        with rehearsal.http_client(rehearsal.chat()) as http:
            stand_in = openai.OpenAI(api_key="none", base_url=rehearsal.ADDRESS, http_client=http)
            turn = ChatRequest(model="m", messages=(UserMessage(text="x"),))
            for _ in stand_in.chat.completions.create(**to_parameters(turn), stream=True):
                pass
        _ = client.chat.completions
        return client

    async def _send(self, client: Any, request: ChatRequest, unwanted: frozenset[str]) -> AsyncIterator[Any]:
        parameters = to_parameters(request, unwanted)
        stream: AsyncIterator[Any] = await client.chat.completions.create(**parameters, stream=True)
        return stream

    def _translator(self, request: ChatRequest) -> "ChatTranslator":
        return ChatTranslator(request)

    async def _list_models(self, client: Any) -> list[ModelInfo]:
        page = await client.models.list()
        return [ModelInfo(id=model.id) for model in page.data or ()]

    async def _close_client(self, client: Any) -> None:
        await client.close()


def to_parameters(request: ChatRequest, unwanted: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return the arguments of `chat.completions.create` for `request`, without the options in `unwanted`."""
    limit = "max_completion_tokens" if "max_tokens" in unwanted else "max_tokens"
    parameters: dict[str, Any] = {
        "model": request.model,
        "messages": to_messages(request),
        limit: request.max_tokens,
    }
    if "stream_options" not in unwanted:
        parameters["stream_options"] = {"include_usage": True}
    if request.effort is not None:
        parameters["reasoning_effort"] = _EFFORTS[request.effort]
    if request.tools:
        parameters["tools"] = [
            {
                "type": "function",
                "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters},
            }
            for tool in request.tools
        ]
    return parameters


def to_messages(request: ChatRequest) -> list[dict[str, Any]]:
    """Return the conversation as chat messages. This wire has no form of its own to send back."""
    messages: list[dict[str, Any]] = []
    if request.system.strip():
        messages.append({"role": "system", "content": request.system})
    for message in request.messages:
        if isinstance(message, UserMessage):
            messages.append({"role": "user", "content": message.text})
        elif isinstance(message, ToolResult):
            messages.append({"role": "tool", "tool_call_id": message.call_id, "content": message.text})
        else:
            messages.append(_assistant(message))
    return messages


def _assistant(message: AssistantMessage) -> dict[str, Any]:
    plain: dict[str, Any] = {"role": "assistant", "content": message.text}
    if message.tool_calls:
        plain["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
    return plain


class _Call:
    """A tool call while it streams."""

    def __init__(self, call_id: str) -> None:
        self.id = call_id
        self.name = ""
        self.arguments: list[str] = []
        self.announced = False


class ChatTranslator:
    """Turns the chunks of one Chat Completions stream into ours."""

    def __init__(self, request: ChatRequest) -> None:
        self.finished = False
        self._request = request
        self._answered_by = ""
        self._reason = ""
        self._refused = False
        self._usage: Usage | None = None
        self._characters = 0
        self._calls: list[_Call] = []
        self._by_index: dict[int, _Call] = {}
        self._seen = False

    @property
    def complete(self) -> bool:
        """True once the reason for stopping came; usage may still follow, or never come."""
        return bool(self._reason)

    def feed(self, event: Any) -> list[Chunk]:
        """Return the chunks of one event."""
        self._seen = True
        chunks: list[Chunk] = []
        choices = getattr(event, "choices", None)
        if choices:
            choice = choices[0]
            if choice.delta is not None:
                self._on_delta(choice.delta, chunks)
            if choice.finish_reason:
                self._on_reason(event, str(choice.finish_reason))
        usage = getattr(event, "usage", None)
        if usage is not None:
            self._usage = _count(usage)
            if not choices or self._reason:
                chunks.append(UsageSeen(usage=self._usage))
        return chunks

    def end(self) -> list[Chunk]:
        """Finish the tool calls and the answer; usage is estimated if the server never told it."""
        if not self._reason:
            raise StreamFault(StreamEnd(empty=not self._seen))
        self.finished = True
        chunks: list[Chunk] = []
        for call in self._calls:
            arguments = "".join(call.arguments)
            self._characters += len(arguments)
            chunks.append(ToolCallReady(call=tool_call(call.id, call.name, arguments)))
        if self._usage is None:
            chunks.append(UsageSeen(usage=self._estimate()))
        chunks.append(self._finish())
        return chunks

    def _finish(self) -> Finished:
        stop = _STOPS.get(self._reason, StopReason.OTHER)
        detail = self._reason if stop is StopReason.OTHER else ""
        if stop is StopReason.END and self._calls:
            stop = StopReason.TOOL_USE
        elif stop is StopReason.END and self._refused:
            stop = StopReason.REFUSAL
        return Finished(stop=stop, stop_detail=detail, model=self._answered_by)

    def _on_reason(self, event: Any, reason: str) -> None:
        if reason == "error":
            raise StreamFault(StreamEnd(code="server_error", message="The model stopped with an error."))
        self._reason = reason
        self._answered_by = getattr(event, "model", None) or ""

    def _on_delta(self, delta: Any, chunks: list[Chunk]) -> None:
        extra = delta.model_extra
        if extra:
            thought = extra.get("reasoning_content") or extra.get("reasoning")
            if isinstance(thought, str) and thought:
                self._characters += len(thought)
                chunks.append(ThinkingPiece(text=thought))
        if delta.content:
            self._characters += len(delta.content)
            chunks.append(TextPiece(text=delta.content))
        if delta.refusal:
            self._refused = True
            chunks.append(TextPiece(text=delta.refusal))
        for piece in delta.tool_calls or ():
            self._on_call(piece, chunks)

    def _on_call(self, piece: Any, chunks: list[Chunk]) -> None:
        """Add a piece of a tool call. A new id begins a new call even under an index that was used before."""
        index = piece.index if isinstance(piece.index, int) else len(self._by_index)
        call = self._by_index.get(index)
        if call is None or (piece.id and call.announced and piece.id != call.id):
            call = _Call(piece.id or f"call_{len(self._calls)}")
            self._by_index[index] = call
            self._calls.append(call)
        function = piece.function
        if function is None:
            return
        if function.name and not call.announced:
            call.name, call.announced = function.name, True
            chunks.append(ToolCallStarted(id=call.id, name=call.name))
        if function.arguments:
            call.arguments.append(function.arguments)

    def _estimate(self) -> Usage:
        return Usage(
            input_tokens=estimate_input(self._request),
            output_tokens=estimate_tokens(self._characters),
            estimated=True,
        )


def _count(usage: Any) -> Usage:
    """Return the usage of an answer; its input includes what was read from and written to a cache."""
    details = getattr(usage, "prompt_tokens_details", None)
    read = getattr(details, "cached_tokens", None) or 0
    written = getattr(details, "cache_write_tokens", None) or 0
    thought = getattr(getattr(usage, "completion_tokens_details", None), "reasoning_tokens", None) or 0
    return Usage(
        input_tokens=max(0, (usage.prompt_tokens or 0) - read - written),
        cache_read_tokens=read,
        cache_write_5m_tokens=written,
        output_tokens=usage.completion_tokens or 0,
        reasoning_tokens=thought,
    )
