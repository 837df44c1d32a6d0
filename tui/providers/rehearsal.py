"""A canned answer for each SDK, played without a network while the SDK is loaded.

The SDKs build their data models when they first meet them, which takes up to half a second of processor time. Played
through once in the loading thread, the first real answer finds everything built.
"""

import json
from collections.abc import Iterable
from typing import Any, Final

ADDRESS: Final = "http://rehearsal.invalid"
"""A host name that can never exist; no request to it leaves the process."""

_RESPONSE: Final[dict[str, Any]] = {
    "id": "r",
    "object": "response",
    "created_at": 1,
    "model": "m",
    "status": "in_progress",
    "output": [],
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
}
_CALL: Final = {"type": "function_call", "id": "i", "call_id": "c", "name": "n", "arguments": "{}"}
_RESPONSES_USAGE: Final = {
    "input_tokens": 1,
    "output_tokens": 1,
    "total_tokens": 2,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens_details": {"reasoning_tokens": 0},
}
_DELTA: Final = {"item_id": "i", "output_index": 1, "content_index": 0, "delta": "x", "logprobs": []}


def _named(*events: dict[str, Any]) -> bytes:
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events).encode()


def _unnamed(*events: dict[str, Any]) -> bytes:
    return "".join(f"data: {json.dumps(event)}\n\n" for event in events).encode()


def messages() -> bytes:
    """Return a short Messages stream."""
    usage = {"input_tokens": 1, "output_tokens": 1}
    message = {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [], "usage": usage}
    stop = {"stop_reason": "end_turn", "stop_sequence": None}
    return _named(
        {"type": "message_start", "message": {**message, "stop_reason": None, "stop_sequence": None}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "x"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "x"}},
        {"type": "content_block_stop", "index": 1},
        {"type": "message_delta", "delta": stop, "usage": {"output_tokens": 1}},
        {"type": "message_stop"},
    )


def responses() -> bytes:
    """Return a short Responses stream."""
    reasoning = {"type": "reasoning", "id": "i", "summary": [{"type": "summary_text", "text": "x"}]}
    text = {"type": "output_text", "text": "x", "annotations": []}
    message = {"type": "message", "id": "i", "role": "assistant", "status": "completed", "content": [text]}
    summary = {"item_id": "i", "output_index": 0, "summary_index": 0, "delta": "x"}
    done = {**_RESPONSE, "status": "completed", "output": [reasoning, message, _CALL], "usage": _RESPONSES_USAGE}
    events: Iterable[dict[str, Any]] = (
        {"type": "response.created", "response": _RESPONSE},
        {"type": "response.output_item.added", "output_index": 0, "item": reasoning},
        {"type": "response.reasoning_summary_text.delta", **summary},
        {"type": "response.output_item.done", "output_index": 0, "item": reasoning},
        {"type": "response.output_text.delta", **_DELTA},
        {"type": "response.output_item.done", "output_index": 1, "item": message},
        {"type": "response.output_item.done", "output_index": 2, "item": _CALL},
        {"type": "response.completed", "response": done},
    )
    return _named(*({**event, "sequence_number": number} for number, event in enumerate(events)))


def chat() -> bytes:
    """Return a short Chat Completions stream."""
    base = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    deltas = ({"role": "assistant", "content": "x"}, {"reasoning_content": "x"})
    return _unnamed(
        *({**base, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas),
        {**base, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
        {**base, "choices": [], "usage": usage},
    )


def generate() -> bytes:
    """Return a short streamGenerateContent answer."""
    parts = [{"text": "x", "thought": True}, {"text": "x"}, {"functionCall": {"name": "n", "args": {}}}]
    usage = {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2}
    content = {"role": "model", "parts": parts}
    candidate = {"index": 0, "content": content, "finishReason": "STOP"}
    return _unnamed({"candidates": [candidate], "usageMetadata": usage, "modelVersion": "m", "responseId": "r"})


def http_client(stream: bytes) -> Any:
    """Return a synchronous `httpx2.Client` that answers every request with `stream`."""
    import httpx2

    def answer(request: Any) -> Any:
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=stream)

    return httpx2.Client(transport=httpx2.MockTransport(answer))
