"""Anthropic Messages: named events, content blocks, signatures on thinking."""

from collections.abc import Mapping
from typing import Any, Final

from tui.core.chat import Json, Wire
from tui.core.ids import new_id
from tui.demo.script import Ending, FaultKind, Refusal
from tui.demo.seals import is_seal, is_seal_of, seal
from tui.demo.wires.base import (
    MISSING_MODEL,
    Call,
    Called,
    Exchange,
    HttpAnswer,
    InvalidRequest,
    Returned,
    Turn,
    WireServer,
    WireStream,
    as_dict,
    as_list,
    as_text,
    compact,
    encode,
)

_KIND: Final = "anthropic"
_STOPS: Final = {
    Ending.END: "end_turn",
    Ending.MAX_TOKENS: "max_tokens",
    Ending.TOOL_USE: "tool_use",
    Ending.REFUSAL: "refusal",
}
_ERRORS: Final[dict[Refusal, tuple[int, str, str]]] = {
    Refusal.NO_KEY: (401, "authentication_error", "x-api-key header is required"),
    Refusal.BAD_KEY: (401, "authentication_error", "invalid x-api-key"),
    Refusal.NO_MODEL: (404, "not_found_error", f"model: {MISSING_MODEL}"),
    Refusal.BAD_REQUEST: (400, "invalid_request_error", "The request is not valid."),
    Refusal.CONTEXT_FULL: (400, "invalid_request_error", "prompt is too long: 1000512 tokens > 1000000 maximum"),
    Refusal.RATE_LIMIT: (
        429,
        "rate_limit_error",
        "This request would exceed your organization's rate limit of 50 requests per minute.",
    ),
    Refusal.QUOTA: (402, "billing_error", "Your credit balance is too low to access the Anthropic API."),
    Refusal.OVERLOADED: (529, "overloaded_error", "Overloaded"),
    Refusal.SERVER_ERROR: (500, "api_error", "Internal server error"),
}
_MODELS: Final = (
    ("claude-opus-5-5", "Claude Opus 5.5", "opus"),
    ("claude-sonnet-5-5", "Claude Sonnet 5.5", "sonnet"),
    ("claude-haiku-5-5", "Claude Haiku 5.5", "haiku"),
)


def _event(name: str, /, **fields: Any) -> bytes:
    return encode(f"event: {name}\ndata: {compact({'type': name, **fields})}\n\n")


class AnthropicStream(WireStream):
    """One answer as Messages events."""

    def __init__(self, call: Call, request_id: str) -> None:
        super().__init__(call, request_id)
        self._blocks: list[dict[str, Any]] = []
        self._parts: list[str] = []
        self._open = ""

    def open(self) -> bytes:
        """`message_start`, with the input's usage."""
        message = {**self._envelope(), "content": [], "stop_reason": None, "usage": self._usage(1)}
        return _event("message_start", message=message)

    def thinking(self, piece: str) -> bytes:
        """A `thinking_delta`; nothing but the block itself when the request does not show thinking."""
        if not self.call.thinks:
            return b""
        head = self._turn_to("thinking", {"type": "thinking", "thinking": "", "signature": ""})
        return head + (self._delta("thinking_delta", thinking=piece) if self.call.shows_thinking else b"")

    def redacted(self, text: str) -> bytes:
        """A `redacted_thinking` block, which comes whole."""
        if not self.call.thinks:
            return b""
        block = {"type": "redacted_thinking", "data": seal(_KIND, f"redacted {text}")}
        return self._turn_to("redacted_thinking", block) + self._end_block()

    def text(self, piece: str) -> bytes:
        """A `text_delta`."""
        return self._turn_to("text", {"type": "text", "text": ""}) + self._delta("text_delta", text=piece)

    def tool(self, name: str, arguments: Mapping[str, Json]) -> bytes:
        """A `tool_use` block: an empty piece of JSON first, then pieces of it."""
        block = {"type": "tool_use", "id": new_id("toolu"), "name": name, "input": {}, "caller": {"type": "direct"}}
        written = compact(arguments) if arguments else ""
        out = [self._end_block(), self._turn_to("tool_use", block), self._delta("input_json_delta", partial_json="")]
        cuts = range(0, len(written), 12)
        out.extend(self._delta("input_json_delta", partial_json=written[start : start + 12]) for start in cuts)
        self._blocks[-1] = {**block, "input": dict(arguments)}
        out.append(self._end_block())
        return b"".join(out)

    def close(self, ending: Ending) -> bytes:
        """`message_delta` with the stop reason and final usage, then `message_stop`."""
        usage = self._usage(self.answer_tokens)
        usage["output_tokens_details"] = {"thinking_tokens": self.thinking_tokens}
        return (
            self._end_block() + _event("message_delta", delta=self._stop(ending), usage=usage) + _event("message_stop")
        )

    def error(self, kind: FaultKind) -> bytes:
        """An `error` event; the wire has one form only."""
        del kind
        return _event("error", error={"type": "overloaded_error", "message": "Overloaded"}, request_id=self.request_id)

    def malformed(self) -> bytes:
        """A delta whose JSON is broken off."""
        return b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_de\n\n'

    def whole(self, ending: Ending) -> Json:
        """A `message` object."""
        self._end_block()
        usage = self._usage(self.answer_tokens)
        return {**self._envelope(), "content": self._blocks, **self._stop(ending), "usage": usage}

    def ping(self) -> bytes:
        """The event that keeps a silent connection alive."""
        return _event("ping")

    def _envelope(self) -> dict[str, Any]:
        return {
            "id": f"msg_{self.reply_id}",
            "type": "message",
            "role": "assistant",
            "model": self.call.model,
            "stop_sequence": None,
            "stop_details": None,
            "container": None,
        }

    def _usage(self, output: int) -> dict[str, Any]:
        cached = self.call.cached_tokens if self.call.options.get("cache") else 0
        return {
            "input_tokens": self.call.input_tokens - cached,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": cached,
            "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
            "output_tokens": output,
            "service_tier": "standard",
        }

    @staticmethod
    def _stop(ending: Ending) -> dict[str, Any]:
        details = {"type": "refusal", "category": None, "explanation": "A scene of the demo."}
        return {
            "stop_reason": _STOPS[ending],
            "stop_sequence": None,
            "stop_details": details if ending is Ending.REFUSAL else None,
        }

    def _turn_to(self, kind: str, block: dict[str, Any]) -> bytes:
        if self._open == kind:
            return b""
        out = self._end_block()
        self._open = kind
        self._blocks.append(dict(block))
        first = self.ping() if len(self._blocks) == 1 else b""
        return out + _event("content_block_start", index=len(self._blocks) - 1, content_block=block) + first

    def _delta(self, kind: str, **fields: str) -> bytes:
        self._parts.extend(fields.values())
        return _event("content_block_delta", index=len(self._blocks) - 1, delta={"type": kind, **fields})

    def _end_block(self) -> bytes:
        if not self._open:
            return b""
        block, text, out = self._blocks[-1], "".join(self._parts), b""
        if self._open == "thinking":
            block["thinking"], block["signature"] = text, seal(_KIND, text)
            out = self._delta("signature_delta", signature=block["signature"])
        elif self._open == "text":
            block["text"] = text
        self._open = ""
        self._parts.clear()
        return out + _event("content_block_stop", index=len(self._blocks) - 1)


class AnthropicServer(WireServer):
    """The Messages service."""

    wire = Wire.ANTHROPIC_MESSAGES
    stream = AnthropicStream

    def key(self, exchange: Exchange) -> str:
        """From `x-api-key` or a bearer token."""
        bearer = exchange.headers.get("authorization", "").removeprefix("Bearer ").strip()
        return exchange.headers.get("x-api-key", "") or bearer

    def parse(self, exchange: Exchange) -> Call:
        """Read a Messages request."""
        body = exchange.body
        counting = exchange.url.path.endswith("/count_tokens")
        for name in ("model", "messages", *(() if counting else ("max_tokens",))):
            if not body.get(name):
                raise InvalidRequest(f"{name}: Field required")
        for name in ("temperature", "top_p", "top_k"):
            if name in body:
                raise InvalidRequest(f"{name}: Extra inputs are not permitted")
        messages = [as_dict(message) for message in as_list(body["messages"])]
        _check_messages(messages)
        thinking = as_dict(body.get("thinking"))
        thinks = thinking.get("type") in ("adaptive", "enabled")
        return Call(
            wire=self.wire,
            model=str(body["model"]),
            turns=tuple(turn for message in messages for turn in _turns(message)),
            system=_text(body.get("system")),
            tools=tuple(as_text(as_dict(tool).get("name")) for tool in as_list(body.get("tools"))),
            max_tokens=body.get("max_tokens"),
            stream=bool(body.get("stream")),
            thinks=thinks,
            shows_thinking=thinking.get("display") == "summarized" or thinking.get("type") == "enabled",
            options={"cache": '"cache_control"' in compact(body)},
        )

    def refuse(self, refusal: Refusal, request_id: str, detail: str = "") -> HttpAnswer:
        """An error object with its request id."""
        status, kind, message = _ERRORS[refusal]
        error = {"type": kind, "message": detail or message}
        headers = {"retry-after": "7"} if refusal is Refusal.RATE_LIMIT else {}
        if refusal is Refusal.OVERLOADED:
            headers["x-should-retry"] = "true"
        body: Json = {"type": "error", "error": error, "request_id": request_id}
        return HttpAnswer(status=status, body=body, headers=headers)

    def models(self, model: str | None) -> Json:
        """Models with their limits."""
        listed = [_model(*entry) for entry in _MODELS]
        if model is not None:
            return next((entry for entry in listed if entry["id"] == model), _model(model, model, None))
        return {"data": listed, "has_more": False, "first_id": _MODELS[0][0], "last_id": _MODELS[-1][0]}

    def count(self, call: Call) -> Json:
        """`input_tokens`."""
        return {"input_tokens": call.input_tokens}

    def response_headers(self, request_id: str) -> dict[str, str]:
        """The request id under the vendor's name, and the state of the rate limit."""
        return {
            "request-id": request_id,
            "anthropic-organization-id": "demo",
            "anthropic-ratelimit-requests-limit": "50",
            "anthropic-ratelimit-requests-remaining": "49",
        }


def _model(model: str, name: str, line: str | None) -> dict[str, Any]:
    return {
        "type": "model",
        "id": model,
        "display_name": name,
        "created_at": "2026-09-01T00:00:00Z",
        "lifecycle": "active",
        "line": line,
        "max_input_tokens": 1_000_000,
        "max_tokens": 128_000,
        "capabilities": None,
        "deprecated_at": None,
        "retires_at": None,
    }


def _blocks(content: object) -> list[dict[str, Any]]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return [as_dict(block) for block in as_list(content)]


def _text(content: object) -> str:
    return "\n".join(as_text(block.get("text")) for block in _blocks(content) if block.get("type") == "text")


def _turns(message: Mapping[str, Any]) -> list[Turn]:
    """One message; what tools returned is a turn of its own before what the person said with it."""
    blocks = _blocks(message.get("content"))
    results = tuple(
        Returned(
            id=as_text(block.get("tool_use_id")),
            text=_text(block.get("content")),
            is_error=block.get("is_error") is True,
        )
        for block in blocks
        if block.get("type") == "tool_result"
    )
    calls = tuple(
        Called(id=as_text(block.get("id")), name=as_text(block.get("name")), arguments=as_dict(block.get("input")))
        for block in blocks
        if block.get("type") == "tool_use"
    )
    text = _text(message.get("content"))
    turns = [Turn(role="tool", text="\n".join(one.text for one in results), results=results)] if results else []
    if text or not results:
        turns.append(Turn(role=as_text(message.get("role")), text=text, calls=calls))
    return turns


def _check_messages(messages: list[dict[str, Any]]) -> None:
    asked: list[str] = []
    for index, message in enumerate(messages):
        blocks = _blocks(message.get("content"))
        if not blocks:
            raise InvalidRequest(f"messages.{index}: all messages must have non-empty content")
        _check_results(index, asked, blocks)
        asked = [as_text(block.get("id")) for block in blocks if block.get("type") == "tool_use"]
        if len(asked) != len(set(asked)):
            raise InvalidRequest(f"messages.{index}: `tool_use` ids must be unique")
        for position, block in enumerate(blocks):
            _check_block(f"messages.{index}.content.{position}", block)
    if messages[-1].get("role") != "user":
        raise InvalidRequest("messages: the conversation must end with a user message")


def _check_results(index: int, asked: list[str], blocks: list[dict[str, Any]]) -> None:
    """Every call of the message before is answered once, at the beginning of this one, and nothing else is."""
    kinds = [block.get("type") == "tool_result" for block in blocks]
    leading = kinds.index(False) if False in kinds else len(kinds)
    answered = [as_text(block.get("tool_use_id")) for block in blocks if block.get("type") == "tool_result"]
    missing = set(asked) - set(answered[:leading])
    if missing:
        raise InvalidRequest(
            f"messages.{index}: `tool_use` ids were found without `tool_result` blocks immediately after: "
            f"{', '.join(sorted(missing))}. Each `tool_use` block must have a corresponding `tool_result` block in the "
            "next message."
        )
    for call_id in answered:
        if call_id not in asked:
            raise InvalidRequest(
                f"messages.{index}: unexpected `tool_use_id` found in `tool_result` blocks: {call_id}. Each "
                "`tool_result` block must have a corresponding `tool_use` block in the previous message."
            )
        if answered.count(call_id) > 1:
            raise InvalidRequest(
                f"messages.{index}: each tool_use must have a single result. Found multiple `tool_result` blocks with "
                f"id: {call_id}"
            )


def _check_block(place: str, block: Mapping[str, Any]) -> None:
    match block.get("type"):
        case "text" if not as_text(block.get("text")).strip():
            raise InvalidRequest(f"{place}: text content blocks must contain non-whitespace text")
        case "thinking" if not is_seal_of(block.get("signature"), _KIND, as_text(block.get("thinking"))):
            raise InvalidRequest(f"{place}: Invalid `signature` in `thinking` block")
        case "redacted_thinking" if not is_seal(block.get("data")):
            raise InvalidRequest(f"{place}: Invalid `data` in `redacted_thinking` block")
