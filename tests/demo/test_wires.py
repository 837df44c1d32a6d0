"""Each wire through its real SDK: text, thinking, tools, usage, stop, history."""

from typing import Any

import anthropic
import openai
import pytest
from google.genai import errors

from tests.demo.talk import ASK, assistant, offer, tamper, tool_result, user
from tui.core.chat import Wire
from tui.demo.answers import answer
from tui.demo.scenes import SCENES
from tui.demo.script import Text, Thinking, count_tokens
from tui.demo.server import DemoServer
from tui.demo.wires.base import Call, Turn

WIRES = list(Wire)
SIGNED = [Wire.ANTHROPIC_MESSAGES, Wire.OPENAI_RESPONSES, Wire.GEMINI]
PROMPT = "Write a Python function that merges two sorted lists"
STOPS = {
    Wire.ANTHROPIC_MESSAGES: ("end_turn", "max_tokens", "tool_use", "refusal"),
    Wire.OPENAI_RESPONSES: ("completed", "incomplete", "completed", "completed"),
    Wire.OPENAI_CHAT: ("stop", "length", "tool_calls", "stop"),
    Wire.GEMINI: ("STOP", "MAX_TOKENS", "STOP", "SAFETY"),
}
REFUSED: dict[Wire, type[Exception]] = {
    Wire.ANTHROPIC_MESSAGES: anthropic.BadRequestError,
    Wire.OPENAI_RESPONSES: openai.BadRequestError,
    Wire.OPENAI_CHAT: openai.BadRequestError,
    Wire.GEMINI: errors.ClientError,
}


def scripted(wire: Wire, prompt: str, kind: type[Text | Thinking]) -> str:
    script = answer(Call(wire=wire, model="m", turns=(Turn(role="user", text=prompt),)))
    return "".join(step.text for step in script.steps if isinstance(step, kind))


@pytest.mark.parametrize("wire", WIRES)
async def test_the_sdk_hands_out_exactly_the_script(server: DemoServer, wire: Wire) -> None:
    reply = await ASK[wire](server.url, [user(wire, PROMPT)])
    assert reply.text == scripted(wire, PROMPT, Text)
    assert reply.thinking == scripted(wire, PROMPT, Thinking)
    assert reply.stop == STOPS[wire][0]
    assert reply.request_id
    assert reply.input_tokens == count_tokens(PROMPT) + 8
    assert reply.thinking_tokens is not None
    assert reply.thinking_tokens > 0
    assert reply.output_tokens is not None
    assert reply.output_tokens > count_tokens(reply.text) * 0.9
    assert len(reply.events) > 20
    assert server.problems == ()


@pytest.mark.parametrize("wire", WIRES)
async def test_a_conversation_remembers_its_turns(server: DemoServer, wire: Wire) -> None:
    first = await ASK[wire](server.url, [user(wire, PROMPT)])
    history = [user(wire, PROMPT), *assistant(wire, first), user(wire, "Explain recursion")]
    second = await ASK[wire](server.url, history)
    assert f"*{PROMPT}*" in second.text
    assert second.text.startswith("Turn 2.")
    assert second.stop == STOPS[wire][0]
    assert second.input_tokens is not None
    assert first.input_tokens is not None
    assert second.input_tokens > first.input_tokens
    assert server.problems == ()


@pytest.mark.parametrize("wire", SIGNED)
async def test_an_altered_signature_is_refused(server: DemoServer, wire: Wire) -> None:
    first = await ASK[wire](server.url, [user(wire, PROMPT)])
    with pytest.raises(REFUSED[wire]) as caught:
        await ASK[wire](server.url, [user(wire, PROMPT), *tamper(wire, first), user(wire, "go on")])
    assert "400" in str(caught.value)
    assert len(server.problems) == 1
    assert server.requests[-1].status == 400


async def test_altered_thinking_is_refused(server: DemoServer) -> None:
    wire = Wire.ANTHROPIC_MESSAGES
    first = await ASK[wire](server.url, [user(wire, PROMPT)])
    first.native[0]["thinking"] += "."
    with pytest.raises(anthropic.BadRequestError, match="Invalid `signature` in `thinking` block"):
        await ASK[wire](server.url, [user(wire, PROMPT), *assistant(wire, first), user(wire, "go on")])


async def test_hidden_thinking_still_comes_signed(server: DemoServer) -> None:
    wire = Wire.ANTHROPIC_MESSAGES
    first = await ASK[wire](server.url, [user(wire, PROMPT)], thinking={"type": "adaptive"})
    assert first.thinking == ""
    assert first.native[0]["type"] == "thinking"
    assert first.native[0]["signature"]
    await ASK[wire](server.url, [user(wire, PROMPT), *assistant(wire, first), user(wire, "go on")])
    assert server.problems == ()


async def test_redacted_thinking_goes_there_and_back(server: DemoServer) -> None:
    wire = Wire.ANTHROPIC_MESSAGES
    first = await ASK[wire](server.url, [user(wire, "demo:thinking")])
    kinds = [block["type"] for block in first.native]
    assert kinds == ["thinking", "redacted_thinking", "text"]
    await ASK[wire](server.url, [user(wire, "?"), *assistant(wire, first), user(wire, "go on")])
    assert server.problems == ()


async def test_reasoning_is_sealed_only_when_asked_for(server: DemoServer) -> None:
    wire = Wire.OPENAI_RESPONSES
    reply = await ASK[wire](server.url, [user(wire, PROMPT)], include=[], reasoning={"effort": "low"})
    assert reply.thinking == ""
    assert reply.native[0]["type"] == "reasoning"
    assert "encrypted_content" not in reply.native[0]
    with pytest.raises(openai.BadRequestError, match="not persisted"):
        await ASK[wire](server.url, [user(wire, PROMPT), *reply.native, user(wire, "go on")])


async def test_responses_events_are_numbered_without_a_gap(server: DemoServer) -> None:
    wire = Wire.OPENAI_RESPONSES
    reply = await ASK[wire](server.url, [user(wire, "demo:tool@all")], **offer(wire, "read_file"))
    assert reply.tools
    assert [event.sequence_number for event in reply.events] == list(range(len(reply.events)))
    assert [event.type for event in reply.events][:2] == ["response.created", "response.in_progress"]


@pytest.mark.parametrize("wire", WIRES)
async def test_a_tool_is_requested_and_its_result_accepted(server: DemoServer, wire: Wire) -> None:
    prompt = user(wire, "demo:tool@all what is in it?")
    first = await ASK[wire](server.url, [prompt], **offer(wire, "read_file"))
    assert first.stop == STOPS[wire][2]
    [call] = first.tools
    assert call[0]
    assert call[1:] == ("read_file", {"path": "README.md", "start_line": 1, "end_line": 40})
    result = tool_result(wire, call, "# A project\nIt works.")
    second = await ASK[wire](server.url, [prompt, *assistant(wire, first), result], **offer(wire, "read_file"))
    assert "# A project" in second.text
    assert second.stop == STOPS[wire][0]
    assert server.problems == ()


@pytest.mark.parametrize("wire", WIRES)
async def test_the_output_limit_ends_an_answer(server: DemoServer, wire: Wire) -> None:
    name = {
        Wire.ANTHROPIC_MESSAGES: "max_tokens",
        Wire.OPENAI_RESPONSES: "max_output_tokens",
        Wire.OPENAI_CHAT: "max_completion_tokens",
        Wire.GEMINI: "max_output_tokens",
    }[wire]
    reply = await ASK[wire](server.url, [user(wire, PROMPT)], **{name: 90})
    assert reply.stop == STOPS[wire][1]
    assert reply.output_tokens is not None
    assert 80 <= reply.output_tokens <= 90
    assert scripted(wire, PROMPT, Text).startswith(reply.text)


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize(("scene", "ending"), [("max-tokens", 1), ("refusal", 3), ("empty", 0)])
async def test_endings(server: DemoServer, wire: Wire, scene: str, ending: int) -> None:
    reply = await ASK[wire](server.url, [user(wire, f"demo:{scene}@all")])
    assert reply.stop == STOPS[wire][ending]
    assert bool(reply.text) == (scene != "empty")


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("scene", ["hostile", "markdown", "unicode", "long", "slow-start"])
async def test_rich_scenes_arrive_unchanged(server: DemoServer, wire: Wire, scene: str) -> None:
    script = next(entry for entry in SCENES if entry.id == scene).script()
    expected = "".join(step.text for step in script.steps if isinstance(step, Text))
    reply = await ASK[wire](server.url, [user(wire, f"demo:{scene}@all")])
    assert reply.text == expected


@pytest.mark.parametrize("wire", WIRES)
async def test_an_answer_without_streaming(server: DemoServer, wire: Wire) -> None:
    assert await _whole(server.url, wire) == scripted(wire, PROMPT, Text)


async def _whole(url: str, wire: Wire) -> str | None:
    from tests.demo.talk import MODELS, anthropic_client, gemini_client, openai_client

    model: Any = MODELS[wire]
    match wire:
        case Wire.ANTHROPIC_MESSAGES:
            async with anthropic_client(url) as claude:
                message = await claude.messages.create(
                    model=model, max_tokens=4096, messages=[{"role": "user", "content": PROMPT}]
                )
            return "".join(block.text for block in message.content if block.type == "text")
        case Wire.OPENAI_RESPONSES:
            async with openai_client(url) as gpt:
                return (await gpt.responses.create(model=model, input=PROMPT)).output_text
        case Wire.OPENAI_CHAT:
            async with openai_client(url) as local:
                completion = await local.chat.completions.create(
                    model=model, messages=[{"role": "user", "content": PROMPT}]
                )
            return completion.choices[0].message.content
        case Wire.GEMINI:
            async with gemini_client(url) as gemini:
                return (await gemini.aio.models.generate_content(model=model, contents=PROMPT)).text
