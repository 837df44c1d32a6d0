"""Turning neutral messages into what the wires share."""

import json
from collections.abc import Mapping
from typing import Any

from tui.core.chat import AssistantMessage, ChatRequest, Json, ToolCall, Wire

CHARACTERS_PER_TOKEN = 4


def native_payload(message: AssistantMessage, wire: Wire, model: str) -> list[Any] | None:
    """Return a message's own form when it came from the same wire and model, else None."""
    native = message.native
    if (
        native is None
        or native.wire is not wire
        or native.model != model
        or not isinstance(native.payload, list | tuple)
    ):
        return None
    return list(native.payload) or None


def parse_arguments(text: str) -> Mapping[str, Json] | None:
    """Return a tool call's arguments as an object, or None when the text is not one. No text at all is `{}`."""
    if not text.strip():
        return {}
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def tool_call(call_id: str, name: str, arguments: str) -> ToolCall:
    """Return a complete tool call from its JSON text."""
    return ToolCall(id=call_id, name=name, arguments=arguments or "{}", parsed=parse_arguments(arguments))


def dump(item: Any) -> dict[str, Any]:
    """Return an SDK object as JSON-ready data, exactly as the provider sent it."""
    return item.to_dict(mode="json") if hasattr(item, "to_dict") else dict(item)


def estimate_tokens(characters: int) -> int:
    """Return a rough count of tokens, rounded up."""
    return -(-characters // CHARACTERS_PER_TOKEN)


def estimate_input(request: ChatRequest) -> int:
    """Return a rough count of the tokens a request makes a model read."""
    said = len(request.system) + sum(len(message.text) for message in request.messages)
    calls = sum(
        len(call.arguments)
        for message in request.messages
        if isinstance(message, AssistantMessage)
        for call in message.tool_calls
    )
    return estimate_tokens(said + calls)
