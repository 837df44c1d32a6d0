"""OpenAI Responses: numbered events, output items, encrypted reasoning."""

import time
from collections.abc import Mapping
from typing import Any, Final

from tui.core.chat import Json, Wire
from tui.core.ids import new_id
from tui.demo.script import Ending, FaultKind, Refusal
from tui.demo.seals import is_seal, seal
from tui.demo.wires import openai_errors
from tui.demo.wires.base import (
    Call,
    Called,
    Exchange,
    HttpAnswer,
    InvalidRequest,
    Returned,
    Turn,
    WireServer,
    WireStream,
    as_dict,
    as_list,
    as_text,
    compact,
    encode,
    parse_json,
)

_KIND: Final = "openai"
_ENCRYPTED: Final = "reasoning.encrypted_content"
_CALL_OF: Final = "_of_"
_TEXT_TYPES: Final = ("input_text", "output_text", "text", "refusal")


class ResponsesStream(WireStream):
    """One answer as Responses events."""

    def __init__(self, call: Call, request_id: str) -> None:
        super().__init__(call, request_id)
        self._created = int(time.time())
        self._sequence = 0
        self._items: list[dict[str, Any]] = []
        self._parts: list[str] = []
        self._open = ""

    def open(self) -> bytes:
        """`response.created` and `response.in_progress`."""
        response = self._response("in_progress")
        return self._event("response.created", response=response) + self._event(
            "response.in_progress", response=response
        )

    def thinking(self, piece: str) -> bytes:
        """A delta of the reasoning summary; only the item itself when no summary was asked for."""
        out = self._turn_to("reasoning")
        if not self.call.shows_thinking:
            return out
        if not self._parts:
            part = {"type": "summary_text", "text": ""}
            out += self._event("response.reasoning_summary_part.added", **self._place("summary_index"), part=part)
        self._parts.append(piece)
        return out + self._event("response.reasoning_summary_text.delta", **self._place("summary_index"), delta=piece)

    def text(self, piece: str) -> bytes:
        """A delta of the message's text."""
        out = self._turn_to("output_text")
        self._parts.append(piece)
        return out + self._event("response.output_text.delta", **self._place(), delta=piece, logprobs=[])

    def declined(self, piece: str) -> bytes:
        """A delta of the message's refusal."""
        out = self._turn_to("refusal")
        self._parts.append(piece)
        return out + self._event("response.refusal.delta", **self._place(), delta=piece)

    def tool(self, name: str, arguments: Mapping[str, Json]) -> bytes:
        """A `function_call` item with its arguments in pieces."""
        written = compact(arguments)
        out = [self._end_item()]
        thought = next((one["id"] for one in reversed(self._items) if "encrypted_content" in one), "")
        item = {
            "id": new_id("fc") + (_CALL_OF + thought.removeprefix("rs_") if thought else ""),
            "type": "function_call",
            "status": "in_progress",
            "call_id": new_id("call"),
            "name": name,
            "arguments": "",
        }
        self._items.append(item)
        place = {"item_id": item["id"], "output_index": len(self._items) - 1}
        out.append(self._event("response.output_item.added", output_index=place["output_index"], item=item))
        for start in range(0, len(written), 10):
            piece = written[start : start + 10]
            out.append(self._event("response.function_call_arguments.delta", **place, delta=piece))
        done = {**item, "status": "completed", "arguments": written}
        self._items[-1] = done
        out.append(self._event("response.function_call_arguments.done", **place, name=name, arguments=written))
        out.append(self._event("response.output_item.done", output_index=place["output_index"], item=done))
        return b"".join(out)

    def close(self, ending: Ending) -> bytes:
        """`response.completed`, or `response.incomplete` at the limit."""
        out = self._end_item("incomplete" if ending is Ending.MAX_TOKENS else "completed")
        response = self._final(ending)
        return out + self._event(f"response.{response['status']}", response=response)

    def error(self, kind: FaultKind) -> bytes:
        """The flat `error` event; the nested form or `response.failed` when asked for."""
        error = {"code": "server_error", "message": "The server had an error while processing your request."}
        if kind is FaultKind.ERROR_FAILED:
            return self._event("response.failed", response={**self._response("failed"), "error": error})
        if kind is FaultKind.ERROR_NESTED:
            return self._event("error", error={"type": "server_error", **error, "param": None})
        return self._event("error", **error, param=None)

    def malformed(self) -> bytes:
        """A delta whose JSON is broken off."""
        return b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","item_id":"msg\n\n'

    def whole(self, ending: Ending) -> Json:
        """A `response` object."""
        self._end_item()
        return self._final(ending)

    def _event(self, name: str, /, **fields: Any) -> bytes:
        data = compact({"type": name, "sequence_number": self._sequence, **fields})
        self._sequence += 1
        return encode(f"event: {name}\ndata: {data}\n\n")

    def _place(self, index: str = "content_index") -> dict[str, Any]:
        return {"item_id": self._items[-1]["id"], "output_index": len(self._items) - 1, index: 0}

    def _turn_to(self, kind: str) -> bytes:
        if self._open == kind:
            return b""
        out = self._end_item()
        self._open = kind
        if kind == "reasoning":
            self._items.append({"id": new_id("rs"), "type": "reasoning", "summary": []})
        else:
            message = {"id": new_id("msg"), "type": "message", "status": "in_progress", "role": "assistant"}
            self._items.append({**message, "content": []})
        out += self._event("response.output_item.added", output_index=len(self._items) - 1, item=self._items[-1])
        if kind != "reasoning":
            out += self._event("response.content_part.added", **self._place(), part=_part(kind, ""))
        return out

    def _end_item(self, status: str = "completed") -> bytes:
        if not self._open:
            return b""
        kind, text, item, out = self._open, "".join(self._parts), self._items[-1], b""
        if kind == "reasoning":
            if text:
                part, place = {"type": "summary_text", "text": text}, self._place("summary_index")
                out += self._event("response.reasoning_summary_text.done", **place, text=text)
                out += self._event("response.reasoning_summary_part.done", **place, part=part)
                item["summary"] = [part]
            if self.call.options.get("encrypted"):
                item["encrypted_content"] = seal(_KIND, item["id"])
        else:
            part = _part(kind, text)
            fields = {"text": text, "logprobs": []} if kind == "output_text" else {"refusal": text}
            out += self._event(f"response.{kind}.done", **self._place(), **fields)
            out += self._event("response.content_part.done", **self._place(), part=part)
            item.update(status=status, content=[part])
        out += self._event("response.output_item.done", output_index=len(self._items) - 1, item=item)
        self._open = ""
        self._parts.clear()
        return out

    def _final(self, ending: Ending) -> dict[str, Any]:
        response = self._response("incomplete" if ending is Ending.MAX_TOKENS else "completed")
        if ending is Ending.MAX_TOKENS:
            response["incomplete_details"] = {"reason": "max_output_tokens"}
        else:
            response["completed_at"] = int(time.time())
        return {**response, "output": self._items, "usage": self._usage()}

    def _usage(self) -> dict[str, Any]:
        return {
            "input_tokens": self.call.input_tokens,
            "input_tokens_details": {"cached_tokens": self.call.cached_tokens, "cache_write_tokens": 0},
            "output_tokens": self.answer_tokens,
            "output_tokens_details": {"reasoning_tokens": self.thinking_tokens},
            "total_tokens": self.call.input_tokens + self.answer_tokens,
        }

    def _response(self, status: str) -> dict[str, Any]:
        return {
            "id": f"resp_{self.reply_id}",
            "object": "response",
            "created_at": self._created,
            "status": status,
            "background": False,
            "error": None,
            "incomplete_details": None,
            "instructions": self.call.system or None,
            "max_output_tokens": self.call.max_tokens,
            "model": self.call.model,
            "output": [],
            "parallel_tool_calls": True,
            "previous_response_id": None,
            "reasoning": self.call.options.get("reasoning") or {"effort": None, "summary": None},
            "service_tier": "default",
            "store": self.call.options.get("store", True),
            "text": {"format": {"type": "text"}},
            "tool_choice": "auto",
            "tools": [],
            "truncation": "disabled",
            "usage": None,
            "metadata": {},
        }


def _part(kind: str, text: str) -> dict[str, Any]:
    if kind == "refusal":
        return {"type": "refusal", "refusal": text}
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


class ResponsesServer(WireServer):
    """The Responses service."""

    wire = Wire.OPENAI_RESPONSES
    stream = ResponsesStream

    def key(self, exchange: Exchange) -> str:
        """The bearer token."""
        return openai_errors.bearer(exchange)

    def parse(self, exchange: Exchange) -> Call:
        """Read a Responses request."""
        body = exchange.body
        if not body.get("model"):
            raise InvalidRequest("Missing required parameter: 'model'.")
        given = body.get("input")
        items = [{"role": "user", "content": given}] if isinstance(given, str) else [*map(as_dict, as_list(given))]
        if not items:
            raise InvalidRequest("Missing required parameter: 'input'.")
        if "temperature" in body or "top_p" in body:
            raise InvalidRequest("Unsupported parameter: 'temperature' is not supported with this model.")
        _check_items(items)
        reasoning = as_dict(body.get("reasoning"))
        system = [as_text(body.get("instructions"))]
        system += [_text(item) for item in items if item.get("role") in ("system", "developer")]
        turns = [turn for item in items if (turn := _turn(item))]
        return Call(
            wire=self.wire,
            model=str(body["model"]),
            turns=tuple(turns),
            system="\n".join(filter(None, system)),
            tools=tuple(as_text(as_dict(tool).get("name")) for tool in as_list(body.get("tools"))),
            max_tokens=body.get("max_output_tokens"),
            stream=bool(body.get("stream")),
            shows_thinking=bool(reasoning.get("summary")),
            options={
                "encrypted": _ENCRYPTED in as_list(body.get("include")),
                "reasoning": {"effort": reasoning.get("effort"), "summary": reasoning.get("summary")},
                "store": body.get("store", True),
            },
        )

    def refuse(self, refusal: Refusal, request_id: str, detail: str = "") -> HttpAnswer:
        """An error object."""
        return openai_errors.refuse(refusal, detail)

    def models(self, model: str | None) -> Json:
        """Models by id."""
        return openai_errors.models(model)

    def count(self, call: Call) -> Json:
        """`input_tokens`."""
        return {"object": "response.input_tokens", "input_tokens": call.input_tokens}

    def response_headers(self, request_id: str) -> dict[str, str]:
        """The request id and the state of the rate limit."""
        return openai_errors.response_headers(request_id)


def _text(item: Mapping[str, Any]) -> str:
    content = item.get("content", item.get("output"))
    if isinstance(content, str):
        return content
    parts = [as_dict(part) for part in as_list(content)]
    return "\n".join(
        as_text(part.get("text", part.get("refusal"))) for part in parts if part.get("type") in _TEXT_TYPES
    )


def _turn(item: Mapping[str, Any]) -> Turn | None:
    kind, call_id = item.get("type"), as_text(item.get("call_id"))
    if kind == "function_call_output":
        text = _text(item)
        return Turn(role="tool", text=text, results=(Returned(id=call_id, text=text),))
    if kind == "function_call":
        arguments = as_dict(parse_json(as_text(item.get("arguments"))))
        return Turn(
            role="assistant",
            text="",
            calls=(Called(id=call_id, name=as_text(item.get("name")), arguments=arguments),),
        )
    if item.get("role") in ("user", "assistant"):
        return Turn(role=str(item["role"]), text=_text(item))
    return None


def _check_items(items: list[dict[str, Any]]) -> None:
    _check_outputs(items)
    for index, item in enumerate(items):
        if item.get("type") != "reasoning":
            continue
        name, sealed = as_text(item.get("id")), item.get("encrypted_content")
        if sealed is None:
            raise InvalidRequest(
                f"Item with id '{name}' not found. Items are not persisted when `store` is set to false. "
                "Try again with `store` set to true, or remove this item from your input."
            )
        if not is_seal(sealed) or (name and sealed != seal(_KIND, name)):
            raise InvalidRequest(f"The encrypted content for item {name} could not be verified.")
        follower = items[index + 1] if index + 1 < len(items) else {}
        if follower.get("type", "message") not in ("message", "function_call", "reasoning") or (
            follower.get("role", "assistant") != "assistant"
        ):
            raise InvalidRequest(f"Item '{name}' of type 'reasoning' was provided without its required following item.")


def _check_outputs(items: list[dict[str, Any]]) -> None:
    """Every call is answered once, after it was made, and made together with the reasoning it came of."""
    waiting: set[str] = set()
    answered: set[str] = set()
    thoughts: set[str] = set()
    for item in items:
        kind, call_id = item.get("type"), as_text(item.get("call_id"))
        if kind == "reasoning":
            thoughts.add(as_text(item.get("id")))
        elif kind == "function_call":
            _check_reasoning(as_text(item.get("id")), thoughts)
            waiting.add(call_id)
        elif kind == "function_call_output":
            if call_id in answered:
                raise InvalidRequest(f"Duplicate tool output found for function call {call_id}.")
            if call_id not in waiting:
                raise InvalidRequest(f"No tool call found for function call output with call_id {call_id}.")
            waiting.discard(call_id)
            answered.add(call_id)
        elif waiting and item.get("role") == "user":
            break
    if waiting:
        raise InvalidRequest(f"No tool output found for function call {min(waiting)}.")


def _check_reasoning(item_id: str, thoughts: set[str]) -> None:
    """The id of a call names the reasoning it came of, which must be sent back before it."""
    needed = item_id.partition(_CALL_OF)[2]
    if needed and f"rs_{needed}" not in thoughts:
        raise InvalidRequest(
            f"Item '{item_id}' of type 'function_call' was provided without its required 'reasoning' item: "
            f"'rs_{needed}'."
        )
