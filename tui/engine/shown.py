"""What a provider sent, as it may be shown and told: cleaned for a terminal, with the keys of this process masked."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tui.core.chat import AssistantMessage, Json, NativeContent, ToolCall
from tui.core.secrets import mask_known
from tui.core.tool_events import Preview
from tui.core.trust import Part
from tui.core.untrusted import clean, clean_line


def shown(text: str) -> str:
    """Return text of several lines as it may be shown."""
    return mask_known(clean(text))


def shown_line(text: str, limit: int = 200) -> str:
    """Return text as one line of at most `limit` characters; masked before it is cut, so that no part is left."""
    return clean_line(mask_known(clean_line(text, max(limit, len(text) + 1))), limit)


def shown_call(call: ToolCall) -> ToolCall:
    """Return a tool call as it may be shown; what runs is the call itself."""
    parsed = None if call.parsed is None else _masked(call.parsed)
    return ToolCall(
        id=shown_line(call.id),
        name=shown_line(call.name),
        arguments=shown(call.arguments),
        parsed=parsed if isinstance(parsed, dict) else call.parsed,
    )


def shown_message(message: AssistantMessage) -> AssistantMessage:
    """Return a whole message as it may be shown; the history keeps the message itself."""
    native = message.native
    if native is not None:
        native = NativeContent(wire=native.wire, model=shown_line(native.model), payload=_masked(native.payload))
    return AssistantMessage(
        text=shown(message.text),
        thinking=shown(message.thinking),
        tool_calls=tuple(map(shown_call, message.tool_calls)),
        native=native,
    )


def shown_preview(preview: Preview) -> Preview:
    """Return what a call would do or did as it may be shown."""
    return replace(preview, text=shown(preview.text), path=shown_line(preview.path, 1_000))


def shown_part(part: Part) -> Part:
    """Return a piece of a call with the keys in it masked; whoever shows its text makes the rest visible."""
    return replace(part, text=mask_known(part.text), reason=shown_line(part.reason, 1_000))


def tells_a_key(message: AssistantMessage) -> bool:
    """Whether a key of this process is anywhere in a message."""
    texts = (message.text, message.thinking, *(call.arguments for call in message.tool_calls))
    if any(mask_known(text) != text for text in texts):
        return True
    return message.native is not None and _masked(message.native.payload) is not message.native.payload


def _masked(value: Json) -> Json:
    """Return `value` itself, or a copy with the keys in it masked, in names and in texts."""
    if isinstance(value, str):
        return mask_known(value)
    if isinstance(value, Mapping):
        items = {mask_known(name): _masked(item) for name, item in value.items()}
        same = all(items.get(name) is item for name, item in value.items())
        return value if same and len(items) == len(value) else items
    if isinstance(value, Sequence):
        copies = [_masked(item) for item in value]
        return value if all(copy is item for copy, item in zip(copies, value, strict=True)) else copies
    return value
