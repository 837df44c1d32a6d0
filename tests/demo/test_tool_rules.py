"""What the services refuse of tool results: each wire's own rules on ids, order and native parts."""

from collections.abc import Callable
from typing import Any

import anthropic
import openai
import pytest
from google.genai import errors, types

from tests.demo.talk import ASK, Reply, assistant, offer, tool_result, user
from tui.core.chat import Wire
from tui.demo.server import DemoServer

A, R, C, G = Wire.ANTHROPIC_MESSAGES, Wire.OPENAI_RESPONSES, Wire.OPENAI_CHAT, Wire.GEMINI
WIRES = list(Wire)
REFUSED: dict[Wire, type[Exception]] = {
    A: anthropic.BadRequestError,
    R: openai.BadRequestError,
    C: openai.BadRequestError,
    G: errors.ClientError,
}
PROMPT = "demo:explore@all"
NAMES = ("list_files", "read_file")


async def asked(server: DemoServer, wire: Wire) -> Reply:
    """Three calls in one round."""
    reply = await ASK[wire](server.url, [user(wire, PROMPT)], **offer(wire, *NAMES))
    assert [call[1] for call in reply.tools] == ["list_files", "read_file", "read_file"]
    return reply


def results(wire: Wire, reply: Reply) -> list[Any]:
    """The results in the wire's form: one message for each, or all in one."""
    single = [tool_result(wire, call, f"result of {call[1]}") for call in reply.tools]
    if wire is A:
        return [{"role": "user", "content": [one["content"][0] for one in single]}]
    if wire is G:
        return [types.Content(role="user", parts=[one.parts[0] for one in single])]
    return single


def entries(wire: Wire, told: list[Any]) -> list[Any]:
    """The list that holds the single results, to be changed in place."""
    if wire is A:
        found: list[Any] = told[0]["content"]
        return found
    return told[0].parts if wire is G else told


def rename(wire: Wire, entry: Any, call_id: str) -> None:
    match wire:
        case Wire.ANTHROPIC_MESSAGES:
            entry["tool_use_id"] = call_id
        case Wire.OPENAI_RESPONSES:
            entry["call_id"] = call_id
        case Wire.OPENAI_CHAT:
            entry["tool_call_id"] = call_id
        case Wire.GEMINI:
            entry.function_response.id = call_id


def drop(wire: Wire, told: list[Any]) -> None:
    entries(wire, told).pop()


def invent(wire: Wire, told: list[Any]) -> None:
    rename(wire, entries(wire, told)[0], "nobody_asked")


def repeat(wire: Wire, told: list[Any]) -> None:
    entries(wire, told).append(entries(wire, told)[0])


BREAKS: list[Callable[[Wire, list[Any]], None]] = [drop, invent, repeat]


async def send(server: DemoServer, wire: Wire, *history: Any) -> Reply:
    return await ASK[wire](server.url, [user(wire, PROMPT), *history], **offer(wire, *NAMES))


@pytest.mark.parametrize("wire", WIRES)
async def test_all_results_of_a_round_are_taken(server: DemoServer, wire: Wire) -> None:
    reply = await asked(server, wire)
    await send(server, wire, *assistant(wire, reply), *results(wire, reply))
    assert server.problems == ()


@pytest.mark.parametrize("broken", BREAKS, ids=lambda one: one.__name__)
@pytest.mark.parametrize("wire", WIRES)
async def test_every_call_has_exactly_one_result(
    server: DemoServer, wire: Wire, broken: Callable[[Wire, list[Any]], None]
) -> None:
    reply = await asked(server, wire)
    told = results(wire, reply)
    broken(wire, told)
    with pytest.raises(REFUSED[wire]) as caught:
        await send(server, wire, *assistant(wire, reply), *told)
    assert "400" in str(caught.value)
    assert len(server.problems) == 1


@pytest.mark.parametrize("wire", WIRES)
async def test_words_do_not_take_the_place_of_results(server: DemoServer, wire: Wire) -> None:
    reply = await asked(server, wire)
    with pytest.raises(REFUSED[wire]):
        await send(server, wire, *assistant(wire, reply), user(wire, "never mind"))


@pytest.mark.parametrize("wire", WIRES)
async def test_words_may_follow_results(server: DemoServer, wire: Wire) -> None:
    reply = await asked(server, wire)
    told = results(wire, reply)
    if wire is A:
        told[0]["content"].append({"type": "text", "text": "explain recursion"})
    elif wire is G:
        told[0].parts.append(types.Part(text="explain recursion"))
    else:
        told.append(user(wire, "explain recursion"))
    answer = await send(server, wire, *assistant(wire, reply), *told)
    assert "recursion" in answer.text.lower()
    assert not answer.tools
    assert server.problems == ()


async def test_messages_want_results_before_words(server: DemoServer) -> None:
    reply = await asked(server, A)
    told = results(A, reply)
    told[0]["content"].insert(0, {"type": "text", "text": "here they are"})
    with pytest.raises(anthropic.BadRequestError, match="immediately after"):
        await send(server, A, *assistant(A, reply), *told)


async def test_responses_want_the_reasoning_of_a_call(server: DemoServer) -> None:
    reply = await asked(server, R)
    history = [item for item in assistant(R, reply) if item["type"] != "reasoning"]
    assert len(history) < len(assistant(R, reply))
    with pytest.raises(openai.BadRequestError, match="without its required 'reasoning' item"):
        await send(server, R, *history, *results(R, reply))


async def test_responses_take_calls_without_ids_of_their_own(server: DemoServer) -> None:
    reply = await asked(server, R)
    calls = [
        {key: value for key, value in item.items() if key in ("type", "call_id", "name", "arguments")}
        for item in assistant(R, reply)
        if item["type"] == "function_call"
    ]
    await send(server, R, *calls, *results(R, reply))
    assert server.problems == ()


async def test_responses_want_a_result_after_its_call(server: DemoServer) -> None:
    reply = await asked(server, R)
    with pytest.raises(openai.BadRequestError, match="No tool call found"):
        await send(server, R, *results(R, reply), *assistant(R, reply))


async def test_gemini_takes_results_in_order_without_ids(server: DemoServer) -> None:
    reply = await asked(server, G)
    told = results(G, reply)
    for part in told[0].parts:
        part.function_response.id = None
    await send(server, G, *assistant(G, reply), *told)
    assert server.problems == ()
    told[0].parts.reverse()
    with pytest.raises(errors.ClientError, match="does not match"):
        await send(server, G, *assistant(G, reply), *told)


async def test_gemini_wants_the_signature_of_a_call(server: DemoServer) -> None:
    reply = await asked(server, G)
    for part in reply.native[0].parts:
        part.thought_signature = None
    with pytest.raises(errors.ClientError, match="thought_signature"):
        await send(server, G, *assistant(G, reply), *results(G, reply))
