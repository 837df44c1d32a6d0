"""Counting tokens: adding up what providers report, and estimating what a call will be charged before it is sent. Pure.

Exact counters cost a round trip or a download, so a call is estimated from its characters, on the high side, and the
estimate is corrected by what the same model really charged before.
"""

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tui.core.chat import AssistantMessage, ChatRequest, Json, Message, ToolResult, Usage, UserMessage

_ASCII_PER_TOKEN: Final = 3
_TOKENS_PER_OTHER: Final = 1.5
_OPAQUE_PER_TOKEN: Final = 4
_OPAQUE_LENGTH: Final = 200
_MESSAGE_TOKENS: Final = 8
_CALL_TOKENS: Final = 32
_TOOLS_TOKENS: Final = 500
"""What vendors add of their own when there are tools."""


def add(usages: Iterable[Usage]) -> Usage:
    """Return the sum of usages; estimated if any of them is."""
    total = Usage()
    for usage in usages:
        total = Usage(
            input_tokens=total.input_tokens + usage.input_tokens,
            cache_read_tokens=total.cache_read_tokens + usage.cache_read_tokens,
            cache_write_5m_tokens=total.cache_write_5m_tokens + usage.cache_write_5m_tokens,
            cache_write_1h_tokens=total.cache_write_1h_tokens + usage.cache_write_1h_tokens,
            output_tokens=total.output_tokens + usage.output_tokens,
            reasoning_tokens=total.reasoning_tokens + usage.reasoning_tokens,
            estimated=total.estimated or usage.estimated,
        )
    return total


def estimate_tokens(text: str) -> int:
    """Return how many tokens `text` has at most, nearly always: a third of its ASCII characters, 1.5 for each other."""
    ascii_count = len(text.encode("ascii", "ignore"))
    return math.ceil(ascii_count / _ASCII_PER_TOKEN + _TOKENS_PER_OTHER * (len(text) - ascii_count))


def estimate_request(request: ChatRequest) -> int:
    """Return an upper estimate of the whole input of `request`: system, messages, tools and what vendors add."""
    tokens = _CALL_TOKENS + estimate_tokens(request.system)
    tokens += sum(_MESSAGE_TOKENS + _message_tokens(message) for message in request.messages)
    if request.tools:
        tokens += _TOOLS_TOKENS
    for tool in request.tools:
        schema = json.dumps(tool.parameters, default=str, ensure_ascii=False)
        tokens += _MESSAGE_TOKENS + estimate_tokens(tool.name + tool.description + schema)
    return tokens


def _message_tokens(message: Message) -> int:
    match message:
        case UserMessage(text=text):
            return estimate_tokens(text)
        case ToolResult(name=name, text=text):
            return estimate_tokens(name + text)
        case AssistantMessage():
            shown = estimate_tokens(message.text) + estimate_tokens(message.thinking)
            shown += sum(estimate_tokens(call.name + call.arguments) for call in message.tool_calls)
            native = 0 if message.native is None else _json_tokens(message.native.payload)
            return max(shown, native)


def _json_tokens(value: Json) -> int:
    """Estimate content in a wire's own form; long unbroken text is an encrypted or signed block."""
    if isinstance(value, str):
        opaque = len(value) >= _OPAQUE_LENGTH and value.isascii() and not any(map(str.isspace, value))
        return math.ceil(len(value) / _OPAQUE_PER_TOKEN) if opaque else estimate_tokens(value)
    if isinstance(value, dict):
        return sum(estimate_tokens(str(key)) + _json_tokens(item) for key, item in value.items())
    if isinstance(value, list | tuple):
        return sum(_json_tokens(item) for item in value)
    return 1


@dataclass(slots=True)
class _Ratio:
    mean: float
    spread: float
    seen: int = 1


class Calibration:
    """Learns per model how the estimate compares with the provider's count, and corrects later estimates.

    It keeps an exponentially weighted mean of the ratio and of its distance from the mean; a corrected estimate lies
    two such distances above the mean. Below the plain estimate it goes only after a few calls.
    """

    _WEIGHT: Final = 0.25
    _TRUSTED_AFTER: Final = 3
    _LEAST: Final = 0.3
    _MOST: Final = 4.0
    _MARGIN: Final = 1.05

    def __init__(self) -> None:
        self._ratios: dict[str, _Ratio] = {}

    def observe(self, model: str, estimated: int, actual: int) -> None:
        """Note that a call estimated at `estimated` input tokens was charged `actual`; nothing is noted of none."""
        if estimated <= 0 or actual <= 0:
            return
        ratio = min(max(actual / estimated, self._LEAST), self._MOST)
        known = self._ratios.get(model)
        if known is None:
            self._ratios[model] = _Ratio(mean=ratio, spread=ratio * 0.1)
            return
        known.spread += self._WEIGHT * (abs(ratio - known.mean) - known.spread)
        known.mean += self._WEIGHT * (ratio - known.mean)
        known.seen += 1

    def correct(self, model: str, estimated: int) -> int:
        """Return `estimated` corrected by what `model` charged so far."""
        known = self._ratios.get(model)
        if known is None:
            return estimated
        factor = min((known.mean + 2 * known.spread) * self._MARGIN, self._MOST)
        if known.seen < self._TRUSTED_AFTER:
            factor = max(1.0, factor)
        return math.ceil(estimated * factor)
