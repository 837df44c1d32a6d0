"""OpenAI Chat Completions, as compatible servers speak it: unnamed chunks, `reasoning_content`, ``[DONE]``."""

import time
from collections.abc import Mapping
from typing import Any, Final

from tui.core.chat import Json, Wire
from tui.core.ids import new_id
from tui.demo.script import Ending, FaultKind, Refusal
from tui.demo.wires import openai_errors
from tui.demo.wires.base import (
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
    parse_json,
)

_STOPS: Final = {
    Ending.END: "stop",
    Ending.MAX_TOKENS: "length",
    Ending.TOOL_USE: "tool_calls",
    Ending.REFUSAL: "stop",
}


class ChatStream(WireStream):
    """One answer as chat completion chunks."""

    def __init__(self, call: Call, request_id: str) -> None:
        super().__init__(call, request_id)
        self._created = int(time.time())
        self._text: list[str] = []
        self._thinking: list[str] = []
        self._refusal: list[str] = []
        self._calls: list[dict[str, Any]] = []

    def open(self) -> bytes:
        """The chunk that names the role."""
        return self._delta({"role": "assistant", "content": "", "refusal": None})

    def thinking(self, piece: str) -> bytes:
        """`reasoning_content`, which is in no type of the SDK."""
        self._thinking.append(piece)
        return self._delta({"reasoning_content": piece})

    def text(self, piece: str) -> bytes:
        """`content`."""
        self._text.append(piece)
        return self._delta({"content": piece})

    def declined(self, piece: str) -> bytes:
        """`refusal`."""
        self._refusal.append(piece)
        return self._delta({"refusal": piece})

    def tool(self, name: str, arguments: Mapping[str, Json]) -> bytes:
        """Id and name first, the arguments in pieces after."""
        index, written = len(self._calls), compact(arguments)
        call = {"id": new_id("call"), "type": "function", "function": {"name": name, "arguments": written}}
        self._calls.append(call)
        first = {"index": index, **call, "function": {"name": name, "arguments": ""}}
        out = [self._delta({"tool_calls": [first]})]
        for start in range(0, len(written), 10):
            piece = {"index": index, "function": {"arguments": written[start : start + 10]}}
            out.append(self._delta({"tool_calls": [piece]}))
        return b"".join(out)

    def close(self, ending: Ending) -> bytes:
        """The finish reason, the usage when asked for, the end mark."""
        out = self._chunk(choices=[self._choice({}, _STOPS[ending])])
        if self.call.options.get("usage"):
            out += self._chunk(choices=[], usage=self._usage())
        return out + b"data: [DONE]\n\n"

    def error(self, kind: FaultKind) -> bytes:
        """An object with ``error`` in it; the wire has one form only."""
        del kind
        return encode(f"data: {compact({'error': openai_errors.error_object(Refusal.SERVER_ERROR)})}\n\n")

    def malformed(self) -> bytes:
        """A chunk whose JSON is broken off."""
        return b'data: {"id":"chatcmpl","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"con\n\n'

    def whole(self, ending: Ending) -> Json:
        """A `chat.completion` object."""
        message: dict[str, Any] = {
            "role": "assistant",
            "content": "".join(self._text) or None,
            "refusal": "".join(self._refusal) or None,
        }
        if self._thinking:
            message["reasoning_content"] = "".join(self._thinking)
        if self._calls:
            message["tool_calls"] = self._calls
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _STOPS[ending]}
        return {**self._envelope("chat.completion"), "choices": [choice], "usage": self._usage()}

    def _envelope(self, kind: str) -> dict[str, Any]:
        return {
            "id": f"chatcmpl-{self.reply_id}",
            "object": kind,
            "created": self._created,
            "model": self.call.model,
            "service_tier": "default",
            "system_fingerprint": "fp_demo",
        }

    def _chunk(self, **fields: Any) -> bytes:
        if self.call.options.get("usage"):
            fields.setdefault("usage", None)
        return encode(f"data: {compact({**self._envelope('chat.completion.chunk'), **fields})}\n\n")

    @staticmethod
    def _choice(delta: Mapping[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
        return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}

    def _delta(self, delta: Mapping[str, Any]) -> bytes:
        return self._chunk(choices=[self._choice(delta)])

    def _usage(self) -> dict[str, Any]:
        return {
            "prompt_tokens": self.call.input_tokens,
            "completion_tokens": self.answer_tokens,
            "total_tokens": self.call.input_tokens + self.answer_tokens,
            "prompt_tokens_details": {"cached_tokens": self.call.cached_tokens, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": self.thinking_tokens,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        }


class ChatServer(WireServer):
    """A service that speaks Chat Completions."""

    wire = Wire.OPENAI_CHAT
    stream = ChatStream

    def key(self, exchange: Exchange) -> str:
        """The bearer token."""
        return openai_errors.bearer(exchange)

    def parse(self, exchange: Exchange) -> Call:
        """Read a chat completion request."""
        body = exchange.body
        if not body.get("model"):
            raise InvalidRequest("you must provide a model parameter")
        messages = [as_dict(message) for message in as_list(body.get("messages"))]
        if not messages:
            raise InvalidRequest("Invalid 'messages': empty array. Expected an array with minimum length 1.")
        _check_messages(messages)
        tools = [as_dict(as_dict(tool).get("function")) for tool in as_list(body.get("tools"))]
        system = [_text(message) for message in messages if message.get("role") in ("system", "developer")]
        return Call(
            wire=self.wire,
            model=str(body["model"]),
            turns=tuple(_turn(message) for message in messages if message.get("role") in ("user", "assistant", "tool")),
            system="\n".join(system),
            tools=tuple(as_text(tool.get("name")) for tool in tools),
            max_tokens=body.get("max_completion_tokens", body.get("max_tokens")),
            stream=bool(body.get("stream")),
            options={"usage": bool(as_dict(body.get("stream_options")).get("include_usage"))},
        )

    def refuse(self, refusal: Refusal, request_id: str, detail: str = "") -> HttpAnswer:
        """An error object."""
        return openai_errors.refuse(refusal, detail)

    def models(self, model: str | None) -> Json:
        """Models by id."""
        return openai_errors.models(model)

    def count(self, call: Call) -> Json:
        """`input_tokens`; the wire itself has no such request."""
        return {"input_tokens": call.input_tokens}

    def response_headers(self, request_id: str) -> dict[str, str]:
        """The request id and the state of the rate limit."""
        return openai_errors.response_headers(request_id)


def _text(message: Mapping[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return content
    return "\n".join(as_text(as_dict(part).get("text")) for part in as_list(content))


def _turn(message: Mapping[str, Any]) -> Turn:
    role, text = str(message["role"]), _text(message)
    if role == "tool":
        return Turn(role=role, text=text, results=(Returned(id=as_text(message.get("tool_call_id")), text=text),))
    made = [(as_dict(call), as_dict(as_dict(call).get("function"))) for call in as_list(message.get("tool_calls"))]
    calls = tuple(
        Called(
            id=as_text(call.get("id")),
            name=as_text(function.get("name")),
            arguments=as_dict(parse_json(as_text(function.get("arguments")))),
        )
        for call, function in made
    )
    return Turn(role=role, text=text, calls=calls)


def _check_messages(messages: list[dict[str, Any]]) -> None:
    waiting: set[str] = set()
    for index, message in enumerate(messages):
        role = message.get("role")
        if role not in ("system", "developer", "user", "assistant", "tool"):
            raise InvalidRequest(f"Invalid value: '{role}' at messages[{index}].role.")
        if role == "tool":
            if message.get("tool_call_id") not in waiting:
                raise InvalidRequest("messages with role 'tool' must follow a message with 'tool_calls'.")
            waiting.discard(as_text(message.get("tool_call_id")))
            continue
        _no_open_calls(waiting)
        waiting = {as_text(as_dict(call).get("id")) for call in as_list(message.get("tool_calls"))}
        if role == "assistant" and message.get("content") is None and not waiting and not message.get("refusal"):
            raise InvalidRequest(f"Invalid value for 'content' at messages[{index}]: expected a string, got null.")
    _no_open_calls(waiting)


def _no_open_calls(waiting: set[str]) -> None:
    if waiting:
        raise InvalidRequest(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
            f"'tool_call_id'. The following tool_call_ids did not have response messages: {', '.join(sorted(waiting))}"
        )
