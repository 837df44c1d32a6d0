"""Asks a stand-in through the real SDKs and brings what they hand out to one form."""

import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anthropic
import openai
from google import genai
from google.genai import types

from tui.core.chat import Wire

KEY = "demo"
MODELS = {
    Wire.ANTHROPIC_MESSAGES: "claude-sonnet-5-5",
    Wire.OPENAI_RESPONSES: "gpt-6.2-sol",
    Wire.OPENAI_CHAT: "llama",
    Wire.GEMINI: "gemini-4-argon",
}


@dataclass
class Reply:
    """What one SDK made of one answer. `history` is what the next request must send back."""

    text: str = ""
    thinking: str = ""
    tools: list[tuple[str, str, Any]] = field(default_factory=list)
    stop: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    thinking_tokens: int | None = None
    request_id: str | None = None
    native: list[Any] = field(default_factory=list)
    events: list[Any] = field(default_factory=list)


@asynccontextmanager
async def anthropic_client(url: str, key: str = KEY) -> AsyncIterator[anthropic.AsyncAnthropic]:
    async with anthropic.AsyncAnthropic(base_url=url, api_key=key, max_retries=0) as client:
        yield client


@asynccontextmanager
async def openai_client(url: str, key: str = KEY) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0) as client:
        yield client


@asynccontextmanager
async def gemini_client(url: str, key: str = KEY) -> AsyncIterator[genai.Client]:
    client = genai.Client(api_key=key, http_options=types.HttpOptions(base_url=url))
    try:
        yield client
    finally:
        await client.aio.aclose()
        client.close()


async def ask_anthropic(
    url: str, messages: list[Any], *, key: str = KEY, model: str = "", reply: Reply | None = None, **options: Any
) -> Reply:
    reply = reply or Reply()
    options = {"max_tokens": 16_384, "thinking": {"type": "adaptive", "display": "summarized"}, **options}
    async with anthropic_client(url, key) as client:
        stream = await client.messages.create(
            model=model or MODELS[Wire.ANTHROPIC_MESSAGES], messages=messages, stream=True, **options
        )
        reply.request_id = stream.response.headers["request-id"]
        arguments: list[str] = []
        async for event in stream:
            reply.events.append(event)
            match event.type:
                case "message_start":
                    reply.input_tokens = event.message.usage.input_tokens
                case "content_block_start":
                    reply.native.append(event.content_block.model_dump(exclude_none=True))
                    arguments.clear()
                case "content_block_delta":
                    _take_delta(reply, event.delta, arguments)
                case "content_block_stop" if reply.native[-1]["type"] == "tool_use":
                    block = reply.native[-1]
                    block["input"] = json.loads("".join(arguments) or "{}")
                    reply.tools.append((block["id"], block["name"], block["input"]))
                case "message_delta":
                    reply.stop = event.delta.stop_reason
                    reply.output_tokens = event.usage.output_tokens
                    assert event.usage.output_tokens_details is not None
                    reply.thinking_tokens = event.usage.output_tokens_details.thinking_tokens
    return reply


def _take_delta(reply: Reply, delta: Any, arguments: list[str]) -> None:
    block = reply.native[-1]
    match delta.type:
        case "text_delta":
            reply.text += delta.text
            block["text"] += delta.text
        case "thinking_delta":
            reply.thinking += delta.thinking
            block["thinking"] += delta.thinking
        case "signature_delta":
            block["signature"] = delta.signature
        case "input_json_delta":
            arguments.append(delta.partial_json)


async def ask_responses(
    url: str, items: list[Any], *, key: str = KEY, model: str = "", reply: Reply | None = None, **options: Any
) -> Reply:
    reply = reply or Reply()
    options = {
        "reasoning": {"summary": "auto"},
        "store": False,
        "include": ["reasoning.encrypted_content"],
        **options,
    }
    async with openai_client(url, key) as client:
        stream = await client.responses.create(
            model=model or MODELS[Wire.OPENAI_RESPONSES], input=items, stream=True, **options
        )
        reply.request_id = stream.response.headers["x-request-id"]
        async for event in stream:
            reply.events.append(event)
            match event.type:
                case "response.output_text.delta" | "response.refusal.delta":
                    reply.text += event.delta
                case "response.reasoning_summary_text.delta":
                    reply.thinking += event.delta
                case "response.output_item.done":
                    reply.native.append(event.item.model_dump(exclude_none=True))
                    if event.item.type == "function_call":
                        reply.tools.append((event.item.call_id, event.item.name, json.loads(event.item.arguments)))
                case "response.completed" | "response.incomplete":
                    reply.stop = event.response.status
                    usage = event.response.usage
                    assert usage is not None
                    reply.input_tokens, reply.output_tokens = usage.input_tokens, usage.output_tokens
                    reply.thinking_tokens = usage.output_tokens_details.reasoning_tokens
    return reply


async def ask_chat(
    url: str, messages: list[Any], *, key: str = KEY, model: str = "", reply: Reply | None = None, **options: Any
) -> Reply:
    reply = reply or Reply()
    calls: dict[int, list[str]] = {}
    async with openai_client(url, key) as client:
        stream = await client.chat.completions.create(
            model=model or MODELS[Wire.OPENAI_CHAT],
            messages=messages,
            stream=True,
            stream_options={"include_usage": True},
            **options,
        )
        reply.request_id = stream.response.headers["x-request-id"]
        async for chunk in stream:
            reply.events.append(chunk)
            for choice in chunk.choices:
                reply.text += (choice.delta.content or "") + (choice.delta.refusal or "")
                reply.thinking += (choice.delta.model_extra or {}).get("reasoning_content", "")
                for piece in choice.delta.tool_calls or []:
                    assert piece.function is not None
                    call = calls.setdefault(piece.index, [piece.id or "", piece.function.name or "", ""])
                    call[2] += piece.function.arguments or ""
                reply.stop = choice.finish_reason or reply.stop
            if chunk.usage is not None:
                assert chunk.usage.completion_tokens_details is not None
                reply.input_tokens, reply.output_tokens = chunk.usage.prompt_tokens, chunk.usage.completion_tokens
                reply.thinking_tokens = chunk.usage.completion_tokens_details.reasoning_tokens
    reply.tools = [(call[0], call[1], json.loads(call[2])) for call in calls.values()]
    called = [
        {"id": call[0], "type": "function", "function": {"name": call[1], "arguments": call[2]}}
        for call in calls.values()
    ]
    message: dict[str, Any] = {"role": "assistant", "content": reply.text}
    reply.native = [{**message, "tool_calls": called} if called else message]
    return reply


async def ask_gemini(
    url: str, contents: list[Any], *, key: str = KEY, model: str = "", reply: Reply | None = None, **options: Any
) -> Reply:
    reply = reply or Reply()
    options = {"thinking_config": types.ThinkingConfig(include_thoughts=True), **options}
    config = types.GenerateContentConfig(
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True), **options
    )
    async with gemini_client(url, key) as client:
        stream = await client.aio.models.generate_content_stream(
            model=model or MODELS[Wire.GEMINI], contents=contents, config=config
        )
        parts: list[types.Part] = []
        async for chunk in stream:
            reply.events.append(chunk)
            reply.request_id = chunk.response_id
            usage = chunk.usage_metadata
            if usage is not None:
                reply.input_tokens = usage.prompt_token_count
                reply.output_tokens = (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0)
                reply.thinking_tokens = usage.thoughts_token_count
            for candidate in chunk.candidates or []:
                if candidate.finish_reason is not None:
                    reply.stop = candidate.finish_reason.value
                for part in (candidate.content.parts if candidate.content else None) or []:
                    parts.append(part)
                    if part.function_call is not None:
                        call = part.function_call
                        reply.tools.append((call.id or "", call.name or "", call.args))
                    elif part.thought:
                        reply.thinking += part.text or ""
                    else:
                        reply.text += part.text or ""
        reply.native = [types.Content(role="model", parts=parts)]
    return reply


Ask = Callable[..., Awaitable[Reply]]
ASK: dict[Wire, Ask] = {
    Wire.ANTHROPIC_MESSAGES: ask_anthropic,
    Wire.OPENAI_RESPONSES: ask_responses,
    Wire.OPENAI_CHAT: ask_chat,
    Wire.GEMINI: ask_gemini,
}


def user(wire: Wire, text: str) -> Any:
    """A message of the person in the wire's form."""
    if wire is Wire.GEMINI:
        return types.Content(role="user", parts=[types.Part(text=text)])
    return {"role": "user", "content": text}


def assistant(wire: Wire, reply: Reply) -> list[Any]:
    """The answer, as history for the next request."""
    if wire is Wire.ANTHROPIC_MESSAGES:
        return [{"role": "assistant", "content": reply.native}]
    return list(reply.native)


def offer(wire: Wire, *names: str) -> dict[str, Any]:
    """The option that offers tools of these names in the wire's form."""
    schema: Any = {"type": "object", "properties": {"path": {"type": "string"}}}
    if wire is Wire.GEMINI:
        declared = [types.FunctionDeclaration(name=name, parameters_json_schema=schema) for name in names]
        return {"tools": [types.Tool(function_declarations=declared)]}
    forms: dict[Wire, Callable[[str], dict[str, Any]]] = {
        Wire.ANTHROPIC_MESSAGES: lambda name: {"name": name, "description": name, "input_schema": schema},
        Wire.OPENAI_RESPONSES: lambda name: {"type": "function", "name": name, "parameters": schema, "strict": False},
        Wire.OPENAI_CHAT: lambda name: {"type": "function", "function": {"name": name, "parameters": schema}},
    }
    return {"tools": [forms[wire](name) for name in names]}


def tool_result(wire: Wire, call: tuple[str, str, Any], text: str) -> Any:
    """The result of a tool in the wire's form."""
    match wire:
        case Wire.ANTHROPIC_MESSAGES:
            block = {"type": "tool_result", "tool_use_id": call[0], "content": text}
            return {"role": "user", "content": [block]}
        case Wire.OPENAI_RESPONSES:
            return {"type": "function_call_output", "call_id": call[0], "output": text}
        case Wire.OPENAI_CHAT:
            return {"role": "tool", "tool_call_id": call[0], "content": text}
        case Wire.GEMINI:
            response = types.FunctionResponse(id=call[0], name=call[1], response={"result": text})
            return types.Content(role="user", parts=[types.Part(function_response=response)])


def tamper(wire: Wire, reply: Reply) -> list[Any]:
    """The history with one character of a signature changed."""
    match wire:
        case Wire.ANTHROPIC_MESSAGES:
            block = next(block for block in reply.native if block["type"] == "thinking")
            block["signature"] = _altered(block["signature"])
        case Wire.OPENAI_RESPONSES:
            item = next(item for item in reply.native if item["type"] == "reasoning")
            item["encrypted_content"] = _altered(item["encrypted_content"])
        case Wire.GEMINI:
            part = next(part for part in reply.native[0].parts if part.thought_signature)
            part.thought_signature = base64.b64decode(_altered(base64.b64encode(part.thought_signature).decode()))
    return assistant(wire, reply)


def _altered(signature: str) -> str:
    return signature[:20] + ("A" if signature[20] != "A" else "B") + signature[21:]
