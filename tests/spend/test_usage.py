"""Counting: sums keep every kind of token, estimates lie on the high side, and learn."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.core.chat import (
    AssistantMessage,
    ChatRequest,
    Message,
    NativeContent,
    ToolCall,
    ToolResult,
    ToolSpec,
    Usage,
    UserMessage,
    Wire,
)
from tui.spend.usage import Calibration, add, estimate_request, estimate_tokens


def test_a_sum_keeps_every_kind() -> None:
    one = Usage(
        input_tokens=1,
        cache_read_tokens=2,
        cache_write_5m_tokens=3,
        cache_write_1h_tokens=4,
        output_tokens=5,
        reasoning_tokens=6,
    )
    total = add([one, one, Usage(estimated=True)])
    assert total == Usage(
        input_tokens=2,
        cache_read_tokens=4,
        cache_write_5m_tokens=6,
        cache_write_1h_tokens=8,
        output_tokens=10,
        reasoning_tokens=12,
        estimated=True,
    )
    assert add([]) == Usage()


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("a", 1), ("abc", 1), ("abcd", 2), ("한", 2), ("한글", 3), ("abc한글", 4), ("🙂", 2)]
)
def test_an_estimate_of_text(text: str, tokens: int) -> None:
    assert estimate_tokens(text) == tokens


@given(st.text(), st.text())
def test_more_text_is_never_fewer_tokens(first: str, second: str) -> None:
    assert estimate_tokens(first + second) >= max(estimate_tokens(first), estimate_tokens(second))


def request(*messages: Message, **changes: object) -> ChatRequest:
    return ChatRequest(model="m", messages=messages, **changes)  # type: ignore[arg-type]


def test_everything_that_is_sent_is_estimated() -> None:
    base = estimate_request(request())
    long = "x" * 3_000
    native = NativeContent(wire=Wire.ANTHROPIC_MESSAGES, model="m", payload=[{"type": "text", "text": f"{long} y"}])
    call = ToolCall(id="c", name="t", arguments=long, parsed=None)
    for more in (
        request(system=long),
        request(UserMessage(text=long)),
        request(ToolResult(call_id="c", name="t", text=long)),
        request(AssistantMessage(text=long)),
        request(AssistantMessage(text="", thinking=long)),
        request(AssistantMessage(text="", tool_calls=(call,))),
        request(AssistantMessage(text="", native=native)),
        request(tools=(ToolSpec(name="t", description=long, parameters={}),)),
        request(tools=(ToolSpec(name="t", description="", parameters={"x": long}),)),
    ):
        assert estimate_request(more) >= base + 1_000


def test_a_sealed_block_is_not_taken_for_words() -> None:
    def sealed(text: str) -> int:
        payload = {"signature": text}
        return estimate_request(
            request(AssistantMessage(text="", native=NativeContent(wire=Wire.GEMINI, model="m", payload=payload)))
        )

    assert sealed("A" * 4_000) < sealed("A b " * 1_000)


def test_a_model_that_counts_more_is_learnt_at_once() -> None:
    learnt = Calibration()
    assert learnt.correct("m", 1_000) == 1_000
    learnt.observe("m", 1_000, 1_500)
    assert learnt.correct("m", 1_000) > 1_500
    assert learnt.correct("other", 1_000) == 1_000


def test_a_model_that_counts_less_is_believed_after_a_few_calls() -> None:
    learnt = Calibration()
    for _ in range(2):
        learnt.observe("m", 1_000, 600)
        assert learnt.correct("m", 1_000) == 1_000
    for _ in range(10):
        learnt.observe("m", 1_000, 600)
    assert 600 < learnt.correct("m", 1_000) < 700


@given(st.lists(st.floats(0.31, 3.5), min_size=8, max_size=8), st.integers(1, 10**6))
def test_a_corrected_estimate_stays_within_reason(ratios: list[float], estimated: int) -> None:
    learnt = Calibration()
    for ratio in ratios:
        learnt.observe("m", 1_000, round(1_000 * ratio))
    learnt.observe("m", 0, 5)
    learnt.observe("m", 5, 0)
    corrected = learnt.correct("m", estimated)
    assert math.floor(estimated * 0.3) <= corrected <= estimated * 4 + 1
