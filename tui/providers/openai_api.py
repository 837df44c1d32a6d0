"""GPT over the Responses API."""

from collections.abc import AsyncIterator
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

_INCOMPLETE: Final = {
    "max_output_tokens": StopReason.MAX_TOKENS,
    "max_tokens": StopReason.MAX_TOKENS,
    "content_filter": StopReason.CONTENT_FILTER,
}


class OpenAIProvider(SdkProvider):
    """The Responses API, without state on the server."""

    wire = Wire.OPENAI_RESPONSES
    vendor = "OpenAI"

    def options(self, request: ChatRequest) -> frozenset[str]:
        """Return what concerns reasoning, which a model that does not reason rejects."""
        always = frozenset({"summary", "include", "encrypted content"})
        return always if request.effort is not None else always | {"reasoning"}

    def _build(self) -> Any:
        import httpx2
        import openai

        quiet("openai", "httpx2", "httpcore2")
        timeout = httpx2.Timeout(**timeout_seconds(self._deadlines))
        client = openai.AsyncOpenAI(
            api_key=self._api_key,
            base_url=self._base_url,
            max_retries=0,
            timeout=timeout,
            http_client=openai.DefaultAsyncHttpxClient(
                timeout=timeout, event_hooks=event_hooks(self._deadlines), mounts=DIRECT
            ),
        )
        with rehearsal.http_client(rehearsal.responses()) as http:
            stand_in = openai.OpenAI(api_key="none", base_url=rehearsal.ADDRESS, http_client=http)
            turn = ChatRequest(model="m", messages=(UserMessage(text="x"),))
            for _ in stand_in.responses.create(**to_parameters(turn), stream=True):
                pass
        _ = client.responses
        return client

    async def _send(self, client: Any, request: ChatRequest, unwanted: frozenset[str]) -> AsyncIterator[Any]:
        stream: AsyncIterator[Any] = await client.responses.create(**to_parameters(request, unwanted), stream=True)
        return stream

    def _translator(self, request: ChatRequest) -> "ResponsesTranslator":
        return ResponsesTranslator(request.model)

    async def _list_models(self, client: Any) -> list[ModelInfo]:
        page = await client.models.list()
        return [ModelInfo(id=model.id) for model in page.data]

    async def _close_client(self, client: Any) -> None:
        await client.close()


def to_parameters(request: ChatRequest, unwanted: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return the arguments of `responses.create` for `request`, without the options in `unwanted`."""
    parameters: dict[str, Any] = {
        "model": request.model,
        "input": to_items(request),
        "max_output_tokens": request.max_tokens,
        "store": False,
    }
    if not unwanted & {"include", "encrypted content", "reasoning"}:
        parameters["include"] = ["reasoning.encrypted_content"]
    if "reasoning" not in unwanted:
        reasoning: dict[str, Any] = {} if "summary" in unwanted else {"summary": "auto"}
        if request.effort is not None:
            reasoning["effort"] = request.effort.value
        if reasoning:
            parameters["reasoning"] = reasoning
    if request.system.strip():
        parameters["instructions"] = request.system
    if request.tools:
        parameters["tools"] = [
            {
                "type": "function",
                "name": tool.name,
                "description": tool.description,
                "parameters": tool.parameters,
                "strict": False,
            }
            for tool in request.tools
        ]
    return parameters


def to_items(request: ChatRequest) -> list[dict[str, Any]]:
    """Return the conversation as input items; an answer of the same model goes back as the items it came in."""
    items: list[dict[str, Any]] = []
    for message in request.messages:
        if isinstance(message, UserMessage):
            items.append({"role": "user", "content": message.text})
        elif isinstance(message, ToolResult):
            items.append({"type": "function_call_output", "call_id": message.call_id, "output": message.text})
        else:
            items += native_payload(message, Wire.OPENAI_RESPONSES, request.model) or _plain_items(message)
    return items


def _plain_items(message: AssistantMessage) -> list[dict[str, Any]]:
    said = [{"role": "assistant", "content": message.text}] if message.text else []
    calls = [
        {"type": "function_call", "call_id": call.id, "name": call.name, "arguments": call.arguments}
        for call in message.tool_calls
    ]
    return [*said, *calls]


class ResponsesTranslator:
    """Turns the events of one Responses stream into chunks.

    Deltas are never de-duplicated by `sequence_number`: servers exist that repeat one number for all of them.
    """

    def __init__(self, model: str) -> None:
        self.finished = False
        self._model = model
        self._items: list[dict[str, Any]] = []
        self._spoken: set[int] = set()
        self._calls: set[str] = set()
        self._refused = False
        self._summaries: set[tuple[int, int]] = set()
        self._handlers = {
            "response.output_text.delta": self._on_text,
            "response.refusal.delta": self._on_refusal,
            "response.reasoning_summary_text.delta": self._on_summary,
            "response.reasoning_text.delta": self._on_reasoning,
            "response.output_item.added": self._on_item,
            "response.output_item.done": self._on_item_done,
            "response.completed": self._on_end,
            "response.incomplete": self._on_end,
            "response.failed": self._on_failed,
            "error": self._on_error,
        }

    @property
    def complete(self) -> bool:
        """True after `response.completed` or `response.incomplete`."""
        return self.finished

    def feed(self, event: Any) -> list[Chunk]:
        """Return the chunks of one event; events of other types are skipped."""
        handler = self._handlers.get(getattr(event, "type", ""))
        return handler(event) if handler is not None else []

    def end(self) -> list[Chunk]:
        """Raise: a stream that ends by itself has lost its final event."""
        raise StreamFault(StreamEnd())

    def _on_text(self, event: Any) -> list[Chunk]:
        self._spoken.add(event.output_index)
        return [TextPiece(text=event.delta)] if event.delta else []

    def _on_refusal(self, event: Any) -> list[Chunk]:
        self._refused = True
        return self._on_text(event)

    def _on_summary(self, event: Any) -> list[Chunk]:
        """Pass on a piece of the reasoning summary; its parts are paragraphs."""
        part = (event.output_index, event.summary_index)
        first = part not in self._summaries
        gap = "\n\n" if first and self._summaries else ""
        self._summaries.add(part)
        return [ThinkingPiece(text=gap + event.delta)] if event.delta else []

    def _on_reasoning(self, event: Any) -> list[Chunk]:
        return [ThinkingPiece(text=event.delta)] if event.delta else []

    def _on_item(self, event: Any) -> list[Chunk]:
        item = event.item
        if getattr(item, "type", "") != "function_call":
            return []
        self._calls.add(item.call_id)
        return [ToolCallStarted(id=item.call_id, name=item.name)]

    def _on_item_done(self, event: Any) -> list[Chunk]:
        item = event.item
        self._items.append(dump(item))
        kind = getattr(item, "type", "")
        if kind == "function_call":
            chunks: list[Chunk] = []
            if item.call_id not in self._calls:
                chunks.append(ToolCallStarted(id=item.call_id, name=item.name))
                self._calls.add(item.call_id)
            return [*chunks, ToolCallReady(call=tool_call(item.call_id, item.name, item.arguments or ""))]
        if kind == "message" and event.output_index not in self._spoken:
            said = "".join(_said(part) for part in item.content or ())
            return [TextPiece(text=said)] if said else []
        return []

    def _on_end(self, event: Any) -> list[Chunk]:
        response = event.response
        self.finished = True
        stop, detail = self._stop(event.type, response)
        chunks = _count(getattr(response, "usage", None))
        native = NativeContent(wire=Wire.OPENAI_RESPONSES, model=self._model, payload=self._items)
        chunks.append(
            Finished(
                stop=stop,
                stop_detail=detail,
                native=native if self._items else None,
                model=getattr(response, "model", None) or "",
            )
        )
        return chunks

    def _stop(self, kind: str, response: Any) -> tuple[StopReason, str]:
        if kind == "response.incomplete":
            reason = getattr(getattr(response, "incomplete_details", None), "reason", None) or ""
            stop = _INCOMPLETE.get(reason, StopReason.OTHER)
            return stop, reason if stop is StopReason.OTHER else ""
        if self._calls:
            return StopReason.TOOL_USE, ""
        return (StopReason.REFUSAL if self._refused else StopReason.END), ""

    def _on_failed(self, event: Any) -> list[Chunk]:
        error = getattr(event.response, "error", None)
        raise StreamFault(
            StreamEnd(
                code=getattr(error, "code", None) or "server_error",
                message=getattr(error, "message", None) or "The response failed.",
                details={"type": getattr(error, "type", None)},
            )
        )

    def _on_error(self, event: Any) -> list[Chunk]:
        raise StreamFault(
            StreamEnd(
                code=getattr(event, "code", None) or "server_error",
                message=getattr(event, "message", None) or "The stream reported an error.",
            )
        )


def _said(part: Any) -> str:
    return getattr(part, "text", None) or getattr(part, "refusal", None) or ""


def _count(usage: Any) -> list[Chunk]:
    """Return the usage of a response; its input includes what was read from and written to the cache."""
    if usage is None:
        return []
    details = getattr(usage, "input_tokens_details", None)
    read = getattr(details, "cached_tokens", None) or 0
    written = getattr(details, "cache_write_tokens", None) or 0
    thought = getattr(getattr(usage, "output_tokens_details", None), "reasoning_tokens", None) or 0
    seen = Usage(
        input_tokens=max(0, (usage.input_tokens or 0) - read - written),
        cache_read_tokens=read,
        cache_write_5m_tokens=written,
        output_tokens=usage.output_tokens or 0,
        reasoning_tokens=thought,
    )
    return [UsageSeen(usage=seen)]
