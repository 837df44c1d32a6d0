"""Neutral conversations in each wire's own form, without a network."""

from typing import Any

import pytest
from google.genai import types

from tests.providers.support import READ_FILE, provider
from tui.config.model import WireName
from tui.core.chat import (
    AssistantMessage,
    ChatRequest,
    Effort,
    Message,
    NativeContent,
    ToolCall,
    ToolResult,
    UserMessage,
    Wire,
)
from tui.providers import anthropic_api, gemini_api, openai_api, openai_compatible
from tui.providers.optional import rejected_options

CALL = ToolCall(id="c1", name="read_file", arguments='{"path": "a"}', parsed={"path": "a"})
BROKEN = ToolCall(id="c2", name="read_file", arguments='{"path": ', parsed=None)
TALK: tuple[Message, ...] = (
    UserMessage(text="look"),
    AssistantMessage(text="I look.", thinking="hm", tool_calls=(CALL, BROKEN)),
    ToolResult(call_id="c1", name="read_file", text="content"),
    ToolResult(call_id="c2", name="read_file", text="not JSON", is_error=True),
    UserMessage(text="and?"),
)


def request(*messages: Message, model: str = "m-1", **more: Any) -> ChatRequest:
    return ChatRequest(model=model, messages=messages or TALK, **more)


def answered(wire: Wire, payload: Any, model: str = "m-1") -> AssistantMessage:
    return AssistantMessage(text="plain", native=NativeContent(wire=wire, model=model, payload=payload))


def test_messages_form() -> None:
    turns = anthropic_api.to_messages(request())
    assert [turn["role"] for turn in turns] == ["user", "assistant", "user"]
    assert turns[1]["content"] == [
        {"type": "text", "text": "I look."},
        {"type": "tool_use", "id": "c1", "name": "read_file", "input": {"path": "a"}},
        {"type": "tool_use", "id": "c2", "name": "read_file", "input": {}},
    ]
    assert turns[2]["content"] == [
        {"type": "tool_result", "tool_use_id": "c1", "content": "content"},
        {"type": "tool_result", "tool_use_id": "c2", "content": "not JSON", "is_error": True},
        {"type": "text", "text": "and?"},
    ]


def test_messages_never_hold_empty_text() -> None:
    turns = anthropic_api.to_messages(request(UserMessage(text=" "), AssistantMessage(text=""), UserMessage(text="x")))
    assert turns == [{"role": "user", "content": [{"type": "text", "text": "x"}]}]
    assert anthropic_api.to_messages(request(UserMessage(text="")))[0]["content"][0]["text"].strip()


@pytest.mark.parametrize(
    ("model", "adaptive"),
    [
        ("claude-sonnet-5-5", True),
        ("claude-opus-4-6", True),
        ("claude-haiku-5-5-20261001", True),
        ("claude-fable-5-2", True),
        ("a-gateway/some-model", True),
        ("claude-3-5-sonnet-20241022", False),
        ("claude-sonnet-4-5-20250929", False),
        ("claude-opus-4-1", False),
        ("claude-opus-4-20250514", False),
        ("claude-haiku-4-5", False),
    ],
)
def test_adaptive_thinking_is_asked_of_models_that_have_it(model: str, adaptive: bool) -> None:
    parameters = anthropic_api.to_parameters(request(model=model, effort=Effort.MAX))
    assert ("thinking" in parameters) is adaptive
    assert parameters["output_config"] == {"effort": "max"}
    assert not {"temperature", "top_p", "top_k", "tool_choice"} & set(parameters)


def test_messages_cache_marks() -> None:
    parameters = anthropic_api.to_parameters(request(system="s"))
    assert parameters["system"][-1]["cache_control"] == {"type": "ephemeral"}
    assert parameters["messages"][-1]["content"][-1]["cache_control"] == {"type": "ephemeral"}
    marks = str(parameters).count("cache_control")
    assert marks == 2
    assert "cache_control" not in str(anthropic_api.to_parameters(request(system="s"), frozenset({"cache_control"})))


NATIVE = {
    Wire.ANTHROPIC_MESSAGES: [{"type": "thinking", "thinking": "x", "signature": "s"}, {"type": "text", "text": "x"}],
    Wire.OPENAI_RESPONSES: [{"type": "reasoning", "id": "r", "encrypted_content": "e", "summary": []}],
    Wire.GEMINI: [{"text": "x", "thought_signature": "_wBz"}],
}


def test_an_answers_own_form_goes_back_to_its_own_model_alone() -> None:
    for wire, payload in NATIVE.items():
        own = request(UserMessage(text="a"), answered(wire, payload), UserMessage(text="b"))
        other = request(UserMessage(text="a"), answered(wire, payload, model="m-2"), UserMessage(text="b"))
        foreign = next(another for another in NATIVE if another is not wire)
        strange = request(UserMessage(text="a"), answered(foreign, payload), UserMessage(text="b"))
        if wire is Wire.ANTHROPIC_MESSAGES:
            assert anthropic_api.to_messages(own)[1]["content"] == payload
            for plain in (other, strange):
                assert anthropic_api.to_messages(plain)[1]["content"] == [{"type": "text", "text": "plain"}]
        elif wire is Wire.OPENAI_RESPONSES:
            assert openai_api.to_items(own)[1:-1] == payload
            for plain in (other, strange):
                assert openai_api.to_items(plain)[1:-1] == [{"role": "assistant", "content": "plain"}]
        else:
            assert gemini_api.to_contents(own, types)[1].parts[0].thought_signature == b"\xff\x00s"
            for plain in (other, strange):
                (part,) = gemini_api.to_contents(plain, types)[1].parts
                assert (part.text, part.thought_signature) == ("plain", None)


def test_responses_form() -> None:
    assert openai_api.to_items(request()) == [
        {"role": "user", "content": "look"},
        {"role": "assistant", "content": "I look."},
        {"type": "function_call", "call_id": "c1", "name": "read_file", "arguments": '{"path": "a"}'},
        {"type": "function_call", "call_id": "c2", "name": "read_file", "arguments": '{"path": '},
        {"type": "function_call_output", "call_id": "c1", "output": "content"},
        {"type": "function_call_output", "call_id": "c2", "output": "not JSON"},
        {"role": "user", "content": "and?"},
    ]


def test_responses_options_can_be_left_out_one_by_one() -> None:
    asked = request(effort=Effort.LOW, tools=(READ_FILE,))
    assert openai_api.to_parameters(asked)["reasoning"] == {"summary": "auto", "effort": "low"}
    assert openai_api.to_parameters(asked, frozenset({"summary"}))["reasoning"] == {"effort": "low"}
    assert "include" not in openai_api.to_parameters(asked, frozenset({"encrypted content"}))
    bare = openai_api.to_parameters(asked, frozenset({"reasoning"}))
    assert not {"reasoning", "include"} & set(bare)
    assert bare["store"] is False
    assert bare["tools"][0]["name"] == "read_file"


def test_chat_form() -> None:
    messages = openai_compatible.to_messages(request(system="s"))
    assert [message["role"] for message in messages] == ["system", "user", "assistant", "tool", "tool", "user"]
    assert messages[2]["tool_calls"][1]["function"] == {"name": "read_file", "arguments": '{"path": '}
    assert messages[3]["tool_call_id"] == "c1"


def test_chat_options_can_be_left_out_one_by_one() -> None:
    asked = request(effort=Effort.MAX, max_tokens=77)
    assert openai_compatible.to_parameters(asked)["reasoning_effort"] == "high"
    bare = openai_compatible.to_parameters(asked, frozenset({"stream_options", "max_tokens"}))
    assert not {"stream_options", "max_tokens"} & set(bare)
    assert bare["max_completion_tokens"] == 77


def test_gemini_form() -> None:
    contents = gemini_api.to_contents(request(), types)
    assert [content.role for content in contents] == ["user", "model", "user"]
    said, called, broken = contents[1].parts
    assert said.text == "I look."
    assert (called.function_call.id, called.function_call.args) == ("c1", {"path": "a"})
    assert broken.function_call.args == {}
    good, bad, more = contents[2].parts
    assert good.function_response.response == {"output": "content"}
    assert bad.function_response.response == {"error": "not JSON"}
    assert more.text == "and?"


def test_gemini_ids_made_here_are_not_sent() -> None:
    own = ToolCall(id="gemini-call-0", name="run", arguments="{}", parsed={})
    talk = (
        UserMessage(text="x"),
        AssistantMessage(text="", tool_calls=(own,)),
        ToolResult(call_id="gemini-call-0", name="run", text="y"),
    )
    contents = gemini_api.to_contents(request(*talk), types)
    assert contents[1].parts[0].function_call.id is None
    assert contents[2].parts[0].function_response.id is None


def test_gemini_configuration() -> None:
    config = gemini_api.to_config(request(system="s", effort=Effort.MAX, max_tokens=9, tools=(READ_FILE,)), types)
    assert config.system_instruction == "s"
    assert config.max_output_tokens == 9
    assert config.thinking_config == types.ThinkingConfig(
        include_thoughts=True, thinking_level=types.ThinkingLevel.HIGH
    )
    assert config.automatic_function_calling.disable is True
    assert config.automatic_continuation is False
    assert config.tools[0].function_declarations[0].parameters_json_schema == READ_FILE.parameters
    assert gemini_api.to_config(request(), types, frozenset({"thinking"})).thinking_config is None


@pytest.mark.parametrize("name", [WireName.OPENAI, WireName.GEMINI, WireName.COMPATIBLE, WireName.ANTHROPIC])
def test_what_a_person_asked_for_is_never_left_out(name: WireName) -> None:
    options = provider(name, "http://127.0.0.1:1").options(request(effort=Effort.LOW))
    assert not options & {"reasoning", "effort", "reasoning_effort", "output_config"}
    assert name is not WireName.GEMINI or not options


class Rejected(Exception):  # noqa: N818 - stands for an SDK's class
    __module__ = "openai._exceptions"

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status_code = status
        self.body = {"message": message}


OPTIONS = frozenset({"stream_options", "thinking", "reasoning", "effort", "max_tokens"})
REJECTIONS = [
    (400, "Unrecognized request argument supplied: stream_options", {"stream_options"}),
    (400, "Unsupported parameter: 'reasoning.effort' is not supported with this model.", {"reasoning", "effort"}),
    (422, "stream_options: Extra inputs are not permitted", {"stream_options"}),
    (400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.", {"max_tokens"}),
    (400, "Thinking is not supported by this model", {"thinking"}),
    (400, "prompt is too long: max_tokens leaves no room", set()),
    (400, "Unsupported value", set()),
    (404, "unknown path stream_options", set()),
    (500, "stream_options not supported", set()),
]


@pytest.mark.parametrize(("status", "message", "expected"), REJECTIONS, ids=[row[1][:40] for row in REJECTIONS])
def test_which_options_a_rejection_names(status: int, message: str, expected: set[str]) -> None:
    assert rejected_options(Rejected(status, message), OPTIONS) == expected


@pytest.mark.parametrize(
    ("base_url", "address", "version"),
    [
        (None, None, None),
        ("https://h.example", "https://h.example", None),
        ("https://h.example/gemini", "https://h.example/gemini", None),
        ("https://h.example/v1beta", "https://h.example", "v1beta"),
        ("https://h.example/a/v1/", "https://h.example/a", "v1"),
        ("https://v1.example", "https://v1.example", None),
        ("https://v2", "https://v2", None),
    ],
)
def test_an_address_of_gemini_can_name_the_version(
    base_url: str | None, address: str | None, version: str | None
) -> None:
    assert gemini_api.versioned(base_url) == (address, version)
