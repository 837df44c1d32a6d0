"""Gemini over streamGenerateContent. The only file that imports the Google Gen AI SDK."""

import contextlib
import json
import re
import warnings
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

from tui.core.chat import (
    AssistantMessage,
    ChatRequest,
    Chunk,
    Effort,
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
from tui.providers.history import native_payload, tool_call
from tui.providers.loading import quiet
from tui.providers.outcome import StreamEnd, StreamFault
from tui.providers.provider import SdkProvider
from tui.providers.transport import DIRECT, event_hooks, timeout_seconds

_STOPS: Final = {
    "STOP": StopReason.END,
    "MAX_TOKENS": StopReason.MAX_TOKENS,
    "CONTINUATION": StopReason.MAX_TOKENS,
    "MALFORMED_FUNCTION_CALL": StopReason.MALFORMED_CALL,
    "UNEXPECTED_TOOL_CALL": StopReason.MALFORMED_CALL,
    **dict.fromkeys(
        (
            "SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR", "ESCALATION",
            "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "PUP_LIMITED_DISABLED",
        ),
        StopReason.CONTENT_FILTER,
    ),
}  # fmt: skip
_PLAIN_STOPS: Final = frozenset({StopReason.END, StopReason.MAX_TOKENS, StopReason.TOOL_USE})
_LEVELS: Final = {Effort.LOW: "LOW", Effort.MEDIUM: "MEDIUM", Effort.HIGH: "HIGH", Effort.MAX: "HIGH"}
_OWN_ID: Final = "gemini-call-"
_VERSIONED: Final = re.compile(r"(https?://[^/]+.*?)/+(v\d\w*)/*")


@dataclass(frozen=True, slots=True)
class _Clients:
    """The SDK's client and the HTTP client under it, which the SDK leaves for its owner to close."""

    sdk: Any
    http: Any


def versioned(base_url: str | None) -> tuple[str | None, str | None]:
    """Return an address without the version of the API at its end, as in ``…/v1beta``, and that version.

    The SDK puts the version into the path itself, and servers other than Google's often know only one.
    """
    match = _VERSIONED.fullmatch(base_url or "")
    return (base_url, None) if match is None else (match[1], match[2])


class _Begun:
    """A stream whose first event has been waited for: the SDK sends the request only then."""

    def __init__(self, stream: AsyncIterator[Any]) -> None:
        self._stream = stream
        self._first: list[Any] = []

    async def begin(self) -> "_Begun":
        """Wait for the first event; a rejection of the request is raised here."""
        with contextlib.suppress(StopAsyncIteration):  # an answer without events ends at the first step
            self._first.append(await self._stream.__anext__())
        return self

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        return self._first.pop() if self._first else await self._stream.__anext__()


class GeminiProvider(SdkProvider):
    """The Gemini API with an API key."""

    wire = Wire.GEMINI
    vendor = "Gemini"

    def options(self, request: ChatRequest) -> frozenset[str]:
        """Return what concerns thinking, which a model that does not think rejects."""
        return frozenset() if request.effort is not None else frozenset({"thinking"})

    def _build(self) -> Any:
        import httpx2
        from google import genai
        from google.genai import types

        quiet("google_genai", "httpx2", "httpcore2")
        # A finish reason newer than the SDK is understood here; its warning would be written over the screen.
        warnings.filterwarnings("ignore", message=r".* is not a valid \w+", category=UserWarning)
        timeout = httpx2.Timeout(**timeout_seconds(self._deadlines))
        # An own client keeps the SDK from choosing aiohttp whenever that can be imported.
        http = httpx2.AsyncClient(timeout=timeout, event_hooks=event_hooks(self._deadlines), mounts=DIRECT)
        with rehearsal.http_client(rehearsal.generate()) as canned:
            stand_in = genai.Client(
                api_key="none",
                vertexai=False,
                http_options=types.HttpOptions(
                    base_url=rehearsal.ADDRESS, httpx_client=canned, httpx_async_client=http
                ),
            )
            turn = ChatRequest(model="m", messages=(UserMessage(text="x"),))
            for _ in stand_in.models.generate_content_stream(
                model="m", contents=to_contents(turn, types), config=to_config(turn, types)
            ):
                pass
            address, version = versioned(self._base_url)
            client = genai.Client(
                api_key=self._api_key,
                vertexai=False,
                http_options=types.HttpOptions(
                    base_url=address, api_version=version, httpx_client=canned, httpx_async_client=http
                ),
            )
        _ = client.aio.models
        return _Clients(client, http)

    async def _send(self, client: Any, request: ChatRequest, unwanted: frozenset[str]) -> AsyncIterator[Any]:
        from google.genai import types

        stream: AsyncIterator[Any] = await client.sdk.aio.models.generate_content_stream(
            model=request.model,
            contents=to_contents(request, types),
            config=to_config(request, types, unwanted),
        )
        return await _Begun(stream).begin()

    def _translator(self, request: ChatRequest) -> "GenerateTranslator":
        return GenerateTranslator(request.model)

    async def _list_models(self, client: Any) -> list[ModelInfo]:
        return [
            ModelInfo(
                id=(model.name or "").removeprefix("models/"),
                name=model.display_name or "",
                max_input_tokens=model.input_token_limit,
                max_output_tokens=model.output_token_limit,
            )
            async for model in await client.sdk.aio.models.list()
        ]

    async def _close_client(self, client: Any) -> None:
        await client.http.aclose()


def to_config(request: ChatRequest, types: Any, unwanted: frozenset[str] = frozenset()) -> Any:
    """Return the configuration of one call, without the options in `unwanted`."""
    thinking = None
    if "thinking" not in unwanted:
        level = _LEVELS[request.effort] if request.effort is not None else None
        thinking = types.ThinkingConfig(include_thoughts=True, thinking_level=level)
    tools = None
    if request.tools:
        declarations = [
            types.FunctionDeclaration(
                name=tool.name, description=tool.description, parameters_json_schema=dict(tool.parameters)
            )
            for tool in request.tools
        ]
        tools = [types.Tool(function_declarations=declarations)]
    return types.GenerateContentConfig(
        system_instruction=request.system if request.system.strip() else None,
        max_output_tokens=request.max_tokens,
        thinking_config=thinking,
        tools=tools,
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        automatic_continuation=False,
    )


def to_contents(request: ChatRequest, types: Any) -> list[Any]:
    """Return the conversation as alternating contents; a person's words and tool results share a user turn."""
    turns: list[tuple[str, list[Any]]] = []
    for message in request.messages:
        role = "model" if isinstance(message, AssistantMessage) else "user"
        parts = _parts(message, request.model, types)
        if not parts:
            continue
        if turns and turns[-1][0] == role:
            turns[-1][1].extend(parts)
        else:
            turns.append((role, parts))
    return [types.Content(role=role, parts=parts) for role, parts in turns]


def _parts(message: UserMessage | AssistantMessage | ToolResult, model: str, types: Any) -> list[Any]:
    if isinstance(message, UserMessage):
        return [types.Part(text=message.text)] if message.text else []
    if isinstance(message, ToolResult):
        own = message.call_id.startswith(_OWN_ID)
        answer = types.FunctionResponse(
            id=None if own else message.call_id,
            name=message.name,
            response={"error" if message.is_error else "output": message.text},
        )
        return [types.Part(function_response=answer)]
    native = native_payload(message, Wire.GEMINI, model)
    if native is not None:
        return [types.Part.model_validate_json(json.dumps(part)) for part in native]
    parts = [types.Part(text=message.text)] if message.text else []
    for call in message.tool_calls:
        own = call.id.startswith(_OWN_ID)
        function = types.FunctionCall(id=None if own else call.id, name=call.name, args=dict(call.parsed or {}))
        parts.append(types.Part(function_call=function))
    return parts


class GenerateTranslator:
    """Turns the chunks of one streamGenerateContent call into ours.

    Parts go back as they came, with their thought signatures. Only neighbouring pieces of plain text are joined,
    which carry no signature and would otherwise be thousands.
    """

    def __init__(self, model: str) -> None:
        self.finished = False
        self._model = model
        self._answered_by = ""
        self._reason = ""
        self._detail = ""
        self._response_id: str | None = None
        self._usage: Usage | None = None
        self._calls = 0
        self._seen = False
        self._native: list[dict[str, Any]] = []
        self._run: list[str] = []
        self._run_is_thought = False

    @property
    def complete(self) -> bool:
        """True once a finish reason came."""
        return bool(self._reason)

    def feed(self, event: Any) -> list[Chunk]:
        """Return the chunks of one event."""
        self._seen = True
        chunks: list[Chunk] = []
        candidates = event.candidates
        if candidates:
            candidate = candidates[0]
            content = candidate.content
            for part in (content.parts if content is not None else None) or ():
                self._on_part(part, chunks)
            if candidate.finish_reason is not None:
                self._on_reason(event, candidate)
        elif event.prompt_feedback is not None and event.prompt_feedback.block_reason is not None:
            self._on_blocked(event.prompt_feedback)
        if event.usage_metadata is not None:
            self._on_usage(event.usage_metadata, chunks)
        return chunks

    def end(self) -> list[Chunk]:
        """Finish the answer, or raise if no finish reason came."""
        if not self._reason:
            raise StreamFault(StreamEnd(empty=not self._seen))
        self.finished = True
        self._close_run()
        stop = _STOPS.get(self._reason, StopReason.OTHER)
        if stop is StopReason.END and self._calls:
            stop = StopReason.TOOL_USE
        native = NativeContent(wire=Wire.GEMINI, model=self._model, payload=self._native)
        chunks: list[Chunk] = [] if self._usage is None else [UsageSeen(usage=self._usage)]
        chunks.append(
            Finished(
                stop=stop,
                stop_detail="" if stop in _PLAIN_STOPS else self._detail or self._reason,
                native=native if self._native else None,
                request_id=self._response_id,
                model=self._answered_by,
            )
        )
        return chunks

    def _on_part(self, part: Any, chunks: list[Chunk]) -> None:
        thought = bool(part.thought)
        if part.function_call is not None:
            self._on_call(part, chunks)
            return
        text = part.text
        if text:
            chunks.append(ThinkingPiece(text=text) if thought else TextPiece(text=text))
        if text is not None and part.thought_signature is None:
            if self._run and self._run_is_thought is not thought:
                self._close_run()
            self._run_is_thought = thought
            self._run.append(text)
        else:
            self._close_run()
            self._native.append(_dump_part(part))

    def _on_call(self, part: Any, chunks: list[Chunk]) -> None:
        self._close_run()
        self._native.append(_dump_part(part))
        call = part.function_call
        call_id = call.id or f"{_OWN_ID}{self._calls}"
        self._calls += 1
        arguments = json.dumps(call.args or {}, ensure_ascii=False)
        chunks.append(ToolCallStarted(id=call_id, name=call.name or ""))
        chunks.append(ToolCallReady(call=tool_call(call_id, call.name or "", arguments)))

    def _close_run(self) -> None:
        """Turn the pieces of text collected so far into one part."""
        text = "".join(self._run)
        self._run.clear()
        if text:
            self._native.append({"text": text, "thought": True} if self._run_is_thought else {"text": text})

    def _on_reason(self, event: Any, candidate: Any) -> None:
        self._reason = _name(candidate.finish_reason)
        self._detail = candidate.finish_message or ""
        self._answered_by = event.model_version or ""
        self._response_id = event.response_id

    def _on_blocked(self, feedback: Any) -> None:
        reason = _name(feedback.block_reason)
        message = feedback.block_reason_message or f"the prompt was blocked ({reason})"
        raise StreamFault(StreamEnd(code="prompt_blocked", message=message, details={"status": reason}))

    def _on_usage(self, counts: Any, chunks: list[Chunk]) -> None:
        """Keep the newest count; it is told when first known, and again at the end."""
        first = self._usage is None
        self._usage = _count(counts)
        if first and not self._reason:
            chunks.append(UsageSeen(usage=self._usage))


def _name(value: Any) -> str:
    return str(getattr(value, "value", value))


def _dump_part(part: Any) -> dict[str, Any]:
    """Return a part as JSON data, its bytes as base64."""
    whole: dict[str, Any] = json.loads(part.model_dump_json(exclude_none=True))
    return whole


def _count(counts: Any) -> Usage:
    """Return usage: the prompt's count includes what was cached, the candidates' excludes what was thought."""
    read = counts.cached_content_token_count or 0
    prompt = (counts.prompt_token_count or 0) + (counts.tool_use_prompt_token_count or 0)
    thought = counts.thoughts_token_count or 0
    return Usage(
        input_tokens=max(0, prompt - read),
        cache_read_tokens=read,
        output_tokens=(counts.candidates_token_count or 0) + thought,
        reasoning_tokens=thought,
    )
