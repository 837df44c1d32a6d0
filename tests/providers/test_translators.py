"""What real servers do that a well-behaved one does not: odd events, fed to the translators by hand.

Events are SDK objects where their own classes matter, else plain objects with the same attributes.
"""

import json
from collections.abc import Iterable, Sequence
from types import SimpleNamespace as Event
from typing import Any

import pytest
from anthropic.types import TextBlock, ToolUseBlock
from google.genai import types as gemini_types
from openai.types.chat import ChatCompletionChunk
from openai.types.responses import ResponseFunctionToolCall

from tests.providers.support import ask
from tui.core.chat import (
    Chunk,
    Finished,
    StopReason,
    TextPiece,
    ThinkingPiece,
    ToolCallReady,
    ToolCallStarted,
    Usage,
    UsageSeen,
)
from tui.core.errors import Outcome
from tui.providers.anthropic_api import MessagesTranslator
from tui.providers.gemini_api import GenerateTranslator
from tui.providers.openai_api import ResponsesTranslator
from tui.providers.openai_compatible import ChatTranslator
from tui.providers.outcome import StreamFault, classify
from tui.providers.stream import Translator


def feed(translator: Translator, events: Iterable[Any], *, end: bool = False) -> list[Chunk]:
    chunks = [chunk for event in events for chunk in translator.feed(event)]
    return [*chunks, *translator.end()] if end else chunks


def fault(translator: Translator, events: Iterable[Any] = ()) -> Outcome:
    with pytest.raises(StreamFault) as caught:
        feed(translator, events, end=True)
    return classify(caught.value).outcome


def text(chunks: Sequence[Chunk]) -> str:
    return "".join(chunk.text for chunk in chunks if isinstance(chunk, TextPiece))


def final(chunks: Sequence[Chunk]) -> Finished:
    assert isinstance(chunks[-1], Finished)
    return chunks[-1]


def usage(chunks: Sequence[Chunk]) -> Usage:
    return [chunk.usage for chunk in chunks if isinstance(chunk, UsageSeen)][-1]


# Messages


def start(**counts: Any) -> Event:
    return Event(type="message_start", message=Event(model="m-1-20260101", usage=Event(**counts)))


def block(index: int, content: Any) -> Event:
    return Event(type="content_block_start", index=index, content_block=content)


def delta(index: int, kind: str, **fields: Any) -> Event:
    return Event(type="content_block_delta", index=index, delta=Event(type=kind, **fields))


def stop(index: int) -> Event:
    return Event(type="content_block_stop", index=index)


def message_delta(reason: str, **counts: Any) -> Event:
    return Event(type="message_delta", delta=Event(stop_reason=reason), usage=Event(**counts))


END = Event(type="message_stop")


def test_messages_usage_is_cumulative_and_splits_the_cache() -> None:
    creation = Event(ephemeral_1h_input_tokens=300)
    first = start(
        input_tokens=10,
        output_tokens=1,
        cache_read_input_tokens=2000,
        cache_creation_input_tokens=800,
        cache_creation=creation,
    )
    last = message_delta("end_turn", output_tokens=90, output_tokens_details=Event(thinking_tokens=40))
    chunks = feed(MessagesTranslator("m-1"), [first, last, END])
    assert usage(chunks) == Usage(
        input_tokens=10,
        cache_read_tokens=2000,
        cache_write_5m_tokens=500,
        cache_write_1h_tokens=300,
        output_tokens=90,
        reasoning_tokens=40,
    )
    assert isinstance(chunks[0], UsageSeen)
    assert chunks[0].usage.output_tokens == 1


def test_messages_tool_arguments() -> None:
    call = ToolUseBlock.construct(type="tool_use", id="t1", name="run", input={})
    pieces = ['{"a"', ': [1, "é"]', "}"]
    events = [block(0, call), *(delta(0, "input_json_delta", partial_json=piece) for piece in ("", *pieces)), stop(0)]
    chunks = feed(MessagesTranslator("m-1"), [*events, message_delta("tool_use"), END])
    assert chunks[0] == ToolCallStarted(id="t1", name="run")
    assert isinstance(chunks[1], ToolCallReady)
    assert chunks[1].call.arguments == "".join(pieces)
    assert chunks[1].call.parsed == {"a": [1, "é"]}
    native = final(chunks).native
    assert native is not None
    assert native.payload == [{"type": "tool_use", "id": "t1", "name": "run", "input": {"a": [1, "é"]}}]


@pytest.mark.parametrize(("pieces", "parsed"), [([], {}), (['{"a": '], None), (["[1]"], None), (["{}"], {})], ids=str)
def test_messages_tool_arguments_that_are_no_object(pieces: list[str], parsed: object) -> None:
    call = ToolUseBlock.construct(type="tool_use", id="t1", name="run", input={})
    events = [block(0, call), *(delta(0, "input_json_delta", partial_json=piece) for piece in pieces), stop(0)]
    chunks = feed(MessagesTranslator("m-1"), [*events, END])
    ready = next(chunk for chunk in chunks if isinstance(chunk, ToolCallReady))
    assert ready.call.parsed == parsed
    native = final(chunks).native
    assert native is not None
    assert json.loads(json.dumps(native.payload)) == [{"type": "tool_use", "id": "t1", "name": "run", "input": {}}]


def test_messages_odd_events_and_order() -> None:
    events = [
        Event(type="something_new", data=1),
        Event(kind="no type at all"),
        delta(7, "text_delta", text="lost start, "),
        block(0, TextBlock.construct(type="text", text="begun ")),
        delta(0, "text_delta", text="and "),
        delta(0, "novel_delta"),
        delta(0, "text_delta", text="unclosed"),
        message_delta("a_new_reason"),
        END,
    ]
    chunks = feed(MessagesTranslator("m-1"), events)
    assert text(chunks) == "lost start, begun and unclosed"
    assert final(chunks).stop is StopReason.OTHER
    assert final(chunks).stop_detail == "a_new_reason"
    native = final(chunks).native
    assert native is not None
    assert native.payload == [{"type": "text", "text": "begun and unclosed"}]


def test_messages_without_their_end_are_truncated() -> None:
    assert fault(MessagesTranslator("m-1"), [message_delta("end_turn")]) is Outcome.TRUNCATED


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("end_turn", StopReason.END),
        ("max_tokens", StopReason.MAX_TOKENS),
        ("stop_sequence", StopReason.STOP_SEQUENCE),
        ("tool_use", StopReason.TOOL_USE),
        ("pause_turn", StopReason.PAUSED),
        ("refusal", StopReason.REFUSAL),
        ("model_context_window_exceeded", StopReason.CONTEXT_FULL),
    ],
)
def test_messages_stop_reasons(reason: str, expected: StopReason) -> None:
    assert final(feed(MessagesTranslator("m"), [message_delta(reason), END])).stop is expected


# Responses


def completed(kind: str = "response.completed", **fields: Any) -> Event:
    return Event(type=kind, response=Event(model="m-1", usage=None, **fields))


def said(piece: str, number: int = 3) -> Event:
    return Event(type="response.output_text.delta", output_index=0, delta=piece, sequence_number=number)


def test_responses_deltas_with_one_sequence_number_are_all_kept() -> None:
    chunks = feed(ResponsesTranslator("m-1"), [said("a"), said("a"), said("b"), completed()])
    assert text(chunks) == "aab"
    assert final(chunks).native is None


def test_responses_text_only_in_the_finished_item() -> None:
    item = Event(type="message", content=[Event(text="all at once")], to_dict=lambda mode: {"type": "message"})
    done = Event(type="response.output_item.done", output_index=0, item=item)
    assert text(feed(ResponsesTranslator("m-1"), [done, completed()])) == "all at once"
    assert text(feed(ResponsesTranslator("m-1"), [said("piece"), done, completed()])) == "piece"


def test_responses_usage() -> None:
    counts = Event(
        input_tokens=1000,
        input_tokens_details=Event(cached_tokens=600, cache_write_tokens=100),
        output_tokens=50,
        output_tokens_details=Event(reasoning_tokens=30),
    )
    done = Event(type="response.completed", response=Event(model="m-1", usage=counts))
    assert usage(feed(ResponsesTranslator("m-1"), [done])) == Usage(
        input_tokens=300,
        cache_read_tokens=600,
        cache_write_5m_tokens=100,
        output_tokens=50,
        reasoning_tokens=30,
    )


def test_responses_call_goes_by_call_id() -> None:
    item = ResponseFunctionToolCall.construct(
        type="function_call", id="fc_1", call_id="call_1", name="run", arguments='{"a": 1}'
    )
    done = Event(type="response.output_item.done", output_index=0, item=item)
    chunks = feed(ResponsesTranslator("m-1"), [done, completed()])
    assert chunks[0] == ToolCallStarted(id="call_1", name="run")
    assert isinstance(chunks[1], ToolCallReady)
    assert chunks[1].call.parsed == {"a": 1}
    assert final(chunks).stop is StopReason.TOOL_USE


def test_responses_summary_parts_are_paragraphs() -> None:
    def summary(part: int, piece: str) -> Event:
        return Event(type="response.reasoning_summary_text.delta", output_index=0, summary_index=part, delta=piece)

    chunks = feed(ResponsesTranslator("m"), [summary(0, "one"), summary(0, " more"), summary(1, "two")])
    assert "".join(chunk.text for chunk in chunks if isinstance(chunk, ThinkingPiece)) == "one more\n\ntwo"


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("max_output_tokens", StopReason.MAX_TOKENS),
        ("content_filter", StopReason.CONTENT_FILTER),
        ("novel", StopReason.OTHER),
    ],
)
def test_responses_incomplete(reason: str, expected: StopReason) -> None:
    event = completed("response.incomplete", incomplete_details=Event(reason=reason))
    assert final(feed(ResponsesTranslator("m"), [event])).stop is expected


def test_responses_failures_inside_the_stream() -> None:
    failed = completed("response.failed", error=Event(code="rate_limit_exceeded", message="slow"))
    assert fault(ResponsesTranslator("m"), [said("x"), failed]) is Outcome.RATE_LIMITED
    bare = completed("response.failed", error=None)
    assert fault(ResponsesTranslator("m"), [bare]) is Outcome.TRANSIENT
    flat = Event(type="error", code="insufficient_quota", message="no credit")
    assert fault(ResponsesTranslator("m"), [flat]) is Outcome.QUOTA_SPENT
    assert fault(ResponsesTranslator("m"), [said("x")]) is Outcome.TRUNCATED


# Chat Completions


def piece(delta: dict[str, Any] | None = None, finish: str | None = None, **more: Any) -> ChatCompletionChunk:
    """A chunk as the SDK makes it: built from the wire's data without validation."""
    from openai._models import construct_type

    data = {"id": "c", "model": "m-1", "choices": [{"index": 0, "delta": delta or {}, "finish_reason": finish}], **more}
    made = construct_type(value=data, type_=ChatCompletionChunk)
    assert isinstance(made, ChatCompletionChunk)
    return made


def chat() -> ChatTranslator:
    return ChatTranslator(ask("x" * 40, system="y" * 40))


def test_chat_estimates_what_the_server_does_not_count() -> None:
    events = [piece({"content": "a" * 10}), piece({"reasoning": "b" * 10}), piece(finish="stop")]
    chunks = feed(chat(), events, end=True)
    assert usage(chunks) == Usage(input_tokens=20, output_tokens=5, estimated=True)
    assert final(chunks).stop is StopReason.END


def test_chat_usage_after_the_end_and_in_every_chunk() -> None:
    counts = {"prompt_tokens": 100, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": 60}}
    after = feed(chat(), [piece({"content": "a"}, "stop"), piece(choices=[], usage=counts)], end=True)
    always = feed(chat(), [piece({"content": "a"}, usage=counts), piece(finish="stop", usage=counts)], end=True)
    for chunks in (after, always):
        assert usage(chunks) == Usage(input_tokens=40, cache_read_tokens=60, output_tokens=7)
        assert len([chunk for chunk in chunks if isinstance(chunk, UsageSeen)]) == 1


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_chat_thinking_under_either_name(field: str) -> None:
    chunks = feed(chat(), [piece({field: "hm", "content": None}), piece({"content": "so"}), piece(finish="stop")])
    assert chunks[:2] == [ThinkingPiece(text="hm"), TextPiece(text="so")]


def call(index: int | None, identity: str | None, name: str | None, arguments: str | None) -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return {"index": index, "id": identity, "type": "function", "function": function}


def test_chat_tool_calls_in_pieces_side_by_side() -> None:
    events = [
        piece({"tool_calls": [call(0, "c0", "read", ""), call(1, "c1", "list", "")]}),
        piece({"tool_calls": [call(1, None, None, '{"b": 2}'), call(0, None, None, '{"a"')]}),
        piece({"tool_calls": [call(0, None, None, ": 1}")]}),
        piece(finish="tool_calls"),
    ]
    chunks = feed(chat(), events, end=True)
    ready = [chunk.call for chunk in chunks if isinstance(chunk, ToolCallReady)]
    assert [(one.id, one.name, one.parsed) for one in ready] == [("c0", "read", {"a": 1}), ("c1", "list", {"b": 2})]
    assert final(chunks).stop is StopReason.TOOL_USE


def test_chat_whole_tool_calls_under_one_index_and_without_ids() -> None:
    same = [piece({"tool_calls": [call(0, f"c{n}", "read", f'{{"n": {n}}}')]}) for n in range(2)]
    chunks = feed(chat(), [*same, piece(finish="stop")], end=True)
    assert [chunk.call.parsed for chunk in chunks if isinstance(chunk, ToolCallReady)] == [{"n": 0}, {"n": 1}]
    assert final(chunks).stop is StopReason.TOOL_USE
    bare = [
        piece({"tool_calls": [call(None, None, "read", "{}")]}),
        piece({"tool_calls": [call(None, None, "list", "{}")]}),
    ]
    chunks = feed(chat(), [*bare, piece(finish="stop")], end=True)
    ready = [chunk.call for chunk in chunks if isinstance(chunk, ToolCallReady)]
    assert [one.name for one in ready] == ["read", "list"]
    assert len({one.id for one in ready}) == 2


def test_chat_refusal_error_and_missing_end() -> None:
    chunks = feed(chat(), [piece({"refusal": "no"}), piece(finish="stop")], end=True)
    assert (text(chunks), final(chunks).stop) == ("no", StopReason.REFUSAL)
    assert fault(chat(), [piece({"content": "a"}), piece(finish="error")]) is Outcome.TRANSIENT
    assert fault(chat(), [piece({"content": "a"})]) is Outcome.TRUNCATED
    assert fault(chat()) is Outcome.TRUNCATED


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("stop", StopReason.END),
        ("length", StopReason.MAX_TOKENS),
        ("tool_calls", StopReason.TOOL_USE),
        ("content_filter", StopReason.CONTENT_FILTER),
        ("novel", StopReason.OTHER),
    ],
)
def test_chat_stop_reasons(reason: str, expected: StopReason) -> None:
    assert final(feed(chat(), [piece(finish=reason)], end=True)).stop is expected


# Gemini


def generated(*parts: dict[str, Any], finish: str | None = None, **more: Any) -> gemini_types.GenerateContentResponse:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": list(parts)}}
    if finish:
        candidate["finish_reason"] = finish
    return gemini_types.GenerateContentResponse.model_validate({"candidates": [candidate], **more})


def test_gemini_parts_keep_their_signatures_and_order() -> None:
    events = [
        generated({"text": "hm ", "thought": True}),
        generated({"text": "hm", "thought": True}),
        generated({"text": "a"}, {"text": "b"}),
        generated({"text": "c", "thought_signature": b"\xff\x00sig"}),
        generated({"text": "d"}),
        generated({"function_call": {"name": "run", "args": {"a": 1}}, "thought_signature": b"s2"}, finish="STOP"),
    ]
    chunks = feed(GenerateTranslator("m-1"), events, end=True)
    assert text(chunks) == "abcd"
    assert final(chunks).stop is StopReason.TOOL_USE
    native = final(chunks).native
    assert native is not None
    assert isinstance(native.payload, list)
    parts = [gemini_types.Part.model_validate_json(json.dumps(part)) for part in native.payload]
    assert [(part.text, bool(part.thought), part.thought_signature) for part in parts[:4]] == [
        ("hm hm", True, None),
        ("ab", False, None),
        ("c", False, b"\xff\x00sig"),
        ("d", False, None),
    ]
    assert parts[4].thought_signature == b"s2"
    assert parts[4].function_call is not None
    assert parts[4].function_call.args == {"a": 1}


def test_gemini_usage_adds_thoughts_to_the_output() -> None:
    counts = {
        "prompt_token_count": 100,
        "cached_content_token_count": 60,
        "tool_use_prompt_token_count": 5,
        "candidates_token_count": 10,
        "thoughts_token_count": 30,
    }
    chunks = feed(GenerateTranslator("m"), [generated({"text": "a"}, finish="STOP", usage_metadata=counts)], end=True)
    assert usage(chunks) == Usage(input_tokens=45, cache_read_tokens=60, output_tokens=40, reasoning_tokens=30)


def test_gemini_absent_counts_are_zero() -> None:
    counts = {"prompt_token_count": 100}
    chunks = feed(GenerateTranslator("m"), [generated({"text": "a"}, finish="STOP", usage_metadata=counts)], end=True)
    assert usage(chunks) == Usage(input_tokens=100)


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("STOP", StopReason.END),
        ("MAX_TOKENS", StopReason.MAX_TOKENS),
        ("SAFETY", StopReason.CONTENT_FILTER),
        ("RECITATION", StopReason.CONTENT_FILTER),
        ("MALFORMED_FUNCTION_CALL", StopReason.MALFORMED_CALL),
        ("OTHER", StopReason.OTHER),
    ],
)
def test_gemini_finish_reasons(reason: str, expected: StopReason) -> None:
    assert final(feed(GenerateTranslator("m"), [generated(finish=reason)], end=True)).stop is expected


def test_every_finish_reason_of_the_sdk_is_understood() -> None:
    for reason in gemini_types.FinishReason:
        chunks = feed(GenerateTranslator("m"), [generated(finish=reason.value)], end=True)
        assert final(chunks).stop in StopReason


@pytest.mark.filterwarnings("ignore:.*is not a valid FinishReason")
def test_gemini_unknown_finish_reason() -> None:
    chunks = feed(GenerateTranslator("m"), [generated(finish="BRAND_NEW")], end=True)
    assert (final(chunks).stop, final(chunks).stop_detail) == (StopReason.OTHER, "BRAND_NEW")


def test_gemini_blocked_prompt_and_missing_end() -> None:
    blocked = gemini_types.GenerateContentResponse.model_validate({"prompt_feedback": {"block_reason": "OTHER"}})
    assert fault(GenerateTranslator("m"), [blocked]) is Outcome.CALLER_ERROR
    assert fault(GenerateTranslator("m"), [generated({"text": "a"})]) is Outcome.TRUNCATED
    assert fault(GenerateTranslator("m")) is Outcome.TRUNCATED
