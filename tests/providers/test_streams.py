"""Answers over all four wires: real SDKs, real sockets, the stand-in server."""

import asyncio

import pytest

from tests.providers.conftest import MakeProvider
from tests.providers.support import READ_FILE, ask, listen, provider
from tui.config.model import WireName
from tui.core.chat import (
    Effort,
    Finished,
    Message,
    NativeContent,
    StopReason,
    StreamOpened,
    TextPiece,
    ThinkingPiece,
    ToolCallReady,
    ToolCallStarted,
    ToolResult,
    UsageSeen,
    UserMessage,
    Wire,
)
from tui.core.errors import Outcome
from tui.demo import scene_texts
from tui.demo.server import DemoServer

NATIVE = {
    WireName.ANTHROPIC: Wire.ANTHROPIC_MESSAGES,
    WireName.OPENAI: Wire.OPENAI_RESPONSES,
    WireName.GEMINI: Wire.GEMINI,
}


async def test_text_arrives_whole_and_in_order(wire: WireName, connect: MakeProvider, server: DemoServer) -> None:
    heard = await listen(connect(wire), ask("demo:unicode@all"))
    assert heard.text == scene_texts.UNICODE
    assert isinstance(heard.chunks[0], StreamOpened)
    assert heard.finished.stop is StopReason.END
    assert heard.finished.model == "demo-model"
    assert len([chunk for chunk in heard.chunks if isinstance(chunk, Finished)]) == 1
    assert server.problems == ()


async def test_thinking_is_apart_from_text(wire: WireName, connect: MakeProvider) -> None:
    heard = await listen(connect(wire), ask("demo:thinking@all"))
    assert scene_texts.LONG_THINKING.strip() in heard.thinking
    assert heard.text == scene_texts.AFTER_THINKING
    kinds = [type(chunk) for chunk in heard.chunks if isinstance(chunk, TextPiece | ThinkingPiece)]
    assert kinds.index(TextPiece) > kinds.index(ThinkingPiece)
    assert heard.usage.output_tokens >= heard.usage.reasoning_tokens > 0


async def test_usage_is_told_and_not_estimated(wire: WireName, connect: MakeProvider) -> None:
    heard = await listen(connect(wire), ask("demo:markdown@all"))
    assert not heard.usage.estimated
    assert heard.usage.total_input_tokens > 0
    assert heard.usage.output_tokens > 100
    position = max(index for index, chunk in enumerate(heard.chunks) if isinstance(chunk, UsageSeen))
    assert position < len(heard.chunks) - 1


async def test_tool_call(wire: WireName, connect: MakeProvider) -> None:
    heard = await listen(connect(wire), ask("demo:tool@all", tools=(READ_FILE,)))
    assert heard.finished.stop is StopReason.TOOL_USE
    (call,) = heard.calls
    assert call.name == "read_file"
    assert call.parsed == {"path": "README.md", "start_line": 1, "end_line": 40}
    started = next(index for index, chunk in enumerate(heard.chunks) if isinstance(chunk, ToolCallStarted))
    ready = next(index for index, chunk in enumerate(heard.chunks) if isinstance(chunk, ToolCallReady))
    assert started < ready
    begun = heard.chunks[started]
    assert isinstance(begun, ToolCallStarted)
    assert begun.id == call.id


async def test_answers_go_back_unchanged(wire: WireName, connect: MakeProvider, server: DemoServer) -> None:
    """The stand-in checks every signature it gave out, so an altered or lost one is a problem there."""
    talker = connect(wire)
    first = await listen(talker, ask("demo:thinking@all"))
    if wire in NATIVE:
        native = first.finished.native
        assert isinstance(native, NativeContent)
        assert native.wire is NATIVE[wire]
    history: list[Message] = [UserMessage(text="demo:thinking@all"), first.message()]
    second = await listen(talker, ask("demo:tool@all", history=history, tools=(READ_FILE,)))
    (call,) = second.calls
    history += [UserMessage(text="demo:tool@all"), second.message()]
    result = ToolResult(call_id=call.id, name=call.name, text="# a file")
    third = await listen(talker, ask("thank you", history=[*history, result], tools=(READ_FILE,)))
    assert third.finished.stop is StopReason.END
    assert third.text
    assert server.problems == ()


async def test_another_models_answers_go_back_as_text(
    wire: WireName, connect: MakeProvider, server: DemoServer
) -> None:
    talker = connect(wire)
    first = await listen(talker, ask("demo:thinking@all", model="model-one"))
    history: list[Message] = [UserMessage(text="hello"), first.message()]
    second = await listen(talker, ask("and now?", history=history, model="model-two"))
    assert second.text
    assert server.problems == ()
    body = str(server.requests[-1].body)
    assert scene_texts.AFTER_THINKING.split("\n")[0][:40] in body
    assert "model-one" not in body


async def test_system_prompt_effort_and_limit_are_sent(
    wire: WireName, connect: MakeProvider, server: DemoServer
) -> None:
    request = ask("hello", system="Answer in verse.", effort=Effort.HIGH, max_tokens=1234, tools=(READ_FILE,))
    heard = await listen(connect(wire), request)
    assert heard.finished.stop in (StopReason.END, StopReason.MAX_TOKENS)
    body = server.requests[-1].body
    assert body is not None
    text = str(body)
    assert "Answer in verse." in text
    assert "high" in text.lower()
    assert "1234" in text
    assert "read_file" in text
    assert "temperature" not in text


async def test_unset_effort_is_not_sent(wire: WireName, connect: MakeProvider, server: DemoServer) -> None:
    await listen(connect(wire), ask("hello"))
    text = str(server.requests[-1].body)
    assert "effort" not in text
    assert "thinkingLevel" not in text
    assert "thinking_level" not in text


async def test_requests_of_each_wire(connect: MakeProvider, server: DemoServer) -> None:
    for name in WireName:
        await listen(connect(name), ask("hello", system="short"))
    anthropic, openai, gemini, compatible = (request.body or {} for request in server.requests)
    assert anthropic["thinking"] == {"type": "adaptive", "display": "summarized"}
    assert anthropic["system"][0]["cache_control"] == {"type": "ephemeral"}
    assert anthropic["messages"][-1]["content"][-1]["cache_control"] == {"type": "ephemeral"}
    assert openai["store"] is False
    assert openai["include"] == ["reasoning.encrypted_content"]
    assert openai["reasoning"] == {"summary": "auto"}
    assert list(gemini["generationConfig"]["thinkingConfig"].values()) == [True]
    assert compatible["stream_options"] == {"include_usage": True}
    assert "traceparent" not in {name.lower() for request in server.requests for name in request.headers}


async def test_one_connection_serves_turn_after_turn(wire: WireName, connect: MakeProvider) -> None:
    talker = connect(wire)
    for _ in range(3):
        assert (await listen(talker, ask("demo:markdown@all"))).text == scene_texts.MARKDOWN


async def test_several_streams_of_one_provider_at_once(wire: WireName, connect: MakeProvider) -> None:
    talker = connect(wire)
    heard = await asyncio.gather(*(listen(talker, ask("demo:markdown@all")) for _ in range(4)))
    assert [one.text for one in heard] == [scene_texts.MARKDOWN] * 4


async def test_a_huge_answer_arrives_whole(connect: MakeProvider) -> None:
    heard = await listen(connect(WireName.ANTHROPIC), ask("demo:huge@all"))
    assert heard.finished.stop is StopReason.END
    assert len(heard.text) >= 4_900_000


async def test_models_are_listed(wire: WireName, connect: MakeProvider) -> None:
    models = await connect(wire).models()
    assert len(models) >= 3
    assert all(model.id and "/" not in model.id for model in models)


@pytest.mark.parametrize("name", [WireName.ANTHROPIC, WireName.OPENAI, WireName.GEMINI])
async def test_without_a_key_no_request_goes_out(name: WireName, server: DemoServer) -> None:
    keyless = provider(name, server.url, key=None)
    await keyless.prepare()
    heard = await listen(keyless, ask("hello"))
    assert heard.problem.outcome is Outcome.AUTH
    assert "TEST_API_KEY" in heard.problem.problem.hint
    assert server.requests == ()


async def test_a_compatible_server_needs_no_key_and_gets_no_foreign_credentials(
    server: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "sk-another-vendors-secret")
    keyless = provider(WireName.COMPATIBLE, server.url, key=None)
    try:
        heard = await listen(keyless, ask("hello"))
    finally:
        await keyless.close()
    assert heard.text
    assert "another-vendors" not in str(dict(server.requests[0].headers))
