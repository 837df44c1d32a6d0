"""Gemini streamGenerateContent: data lines, whole parts, thought signatures."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs, unquote

from tui.core.chat import Json, Wire
from tui.core.ids import new_id
from tui.demo.script import Ending, FaultKind, Refusal
from tui.demo.seals import is_seal, is_seal_of, seal
from tui.demo.wires.base import (
    MISSING_MODEL,
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
)

_KIND: Final = "gemini"
_STOPS: Final = {
    Ending.END: "STOP",
    Ending.MAX_TOKENS: "MAX_TOKENS",
    Ending.TOOL_USE: "STOP",
    Ending.REFUSAL: "SAFETY",
}
_RPC: Final = "type.googleapis.com/google.rpc"
_DOMAIN: Final = "googleapis.com"
_ERRORS: Final[dict[Refusal, tuple[int, str, str, list[Json]]]] = {
    Refusal.NO_KEY: (
        403,
        "PERMISSION_DENIED",
        "Method doesn't allow unregistered callers (callers without established identity).",
        [],
    ),
    Refusal.BAD_KEY: (
        400,
        "INVALID_ARGUMENT",
        "API key not valid. Please pass a valid API key.",
        [{"@type": f"{_RPC}.ErrorInfo", "reason": "API_KEY_INVALID", "domain": _DOMAIN}],
    ),
    Refusal.NO_MODEL: (404, "NOT_FOUND", f"models/{MISSING_MODEL} is not found for API version v1.", []),
    Refusal.BAD_REQUEST: (400, "INVALID_ARGUMENT", "Request contains an invalid argument.", []),
    Refusal.CONTEXT_FULL: (
        400,
        "INVALID_ARGUMENT",
        "The input token count (1048577) exceeds the maximum number of tokens allowed (1048576).",
        [],
    ),
    Refusal.RATE_LIMIT: (
        429,
        "RESOURCE_EXHAUSTED",
        "You exceeded your current quota. Please retry in 7s.",
        [
            {
                "@type": f"{_RPC}.QuotaFailure",
                "violations": [{"quotaId": "GenerateRequestsPerMinutePerProjectPerModel", "quotaValue": "10"}],
            },
            {"@type": f"{_RPC}.RetryInfo", "retryDelay": "7s"},
        ],
    ),
    Refusal.QUOTA: (
        429,
        "RESOURCE_EXHAUSTED",
        "You exceeded your current quota, please check your plan and billing details.",
        [
            {
                "@type": f"{_RPC}.QuotaFailure",
                "violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier", "quotaValue": "50"}],
            },
        ],
    ),
    Refusal.OVERLOADED: (503, "UNAVAILABLE", "The model is overloaded. Please try again later.", []),
    Refusal.SERVER_ERROR: (500, "INTERNAL", "An internal error has occurred. Please retry.", []),
}
_MODELS: Final = (
    ("gemini-4-argon", "Gemini 4 Argon"),
    ("gemini-4-carbon", "Gemini 4 Carbon"),
    ("gemini-3.8-flash", "Gemini 3.8 Flash"),
)


def _error(refusal: Refusal, detail: str = "") -> dict[str, Any]:
    code, status, message, details = _ERRORS[refusal]
    error: dict[str, Any] = {"code": code, "message": detail or message, "status": status}
    if details:
        error["details"] = details
    return {"error": error}


def _get(value: Mapping[str, Any], name: str) -> Any:
    """A field by its JSON name, or by its name in the protocol buffer."""
    if name in value:
        return value[name]
    return value.get("".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name))


class GeminiStream(WireStream):
    """One answer as response chunks. A text answer's signature comes on an empty part at the end."""

    content_type = "text/event-stream"

    def __init__(self, call: Call, request_id: str) -> None:
        super().__init__(call, request_id)
        self._parts: list[dict[str, Any]] = []
        self._text: list[str] = []
        self._called = False

    def open(self) -> bytes:
        """Nothing: this wire begins with content."""
        return b""

    def thinking(self, piece: str) -> bytes:
        """A thought part, when the request includes thoughts."""
        return self._send({"text": piece, "thought": True}) if self.call.shows_thinking else b""

    def text(self, piece: str) -> bytes:
        """A text part."""
        self._text.append(piece)
        return self._send({"text": piece})

    def tool(self, name: str, arguments: Mapping[str, Json]) -> bytes:
        """A whole function call; the first of an answer carries the signature."""
        part: dict[str, Any] = {"functionCall": {"id": new_id("fc"), "name": name, "args": dict(arguments)}}
        if not self._called:
            part["thoughtSignature"] = seal(_KIND, _call_content(part["functionCall"]))
        self._called = True
        return self._send(part)

    def close(self, ending: Ending) -> bytes:
        """The chunk with the finish reason."""
        parts: list[dict[str, Any]] = [] if self._called else [self._signed()]
        return self._chunk(parts, _STOPS[ending])

    def error(self, kind: FaultKind) -> bytes:
        """An error object; the wire has one form only."""
        del kind
        return encode(f"data: {compact(_error(Refusal.OVERLOADED))}\r\n\r\n")

    def malformed(self) -> bytes:
        """A chunk whose JSON is broken off."""
        return b'data: {"candidates":[{"content":{"parts":[{"text":"and th\r\n\r\n'

    def whole(self, ending: Ending) -> Json:
        """A response with all parts."""
        if not self._called:
            self._parts.append(self._signed())
        return self._response(self._parts, _STOPS[ending])

    def _signed(self) -> dict[str, Any]:
        return {"text": "", "thoughtSignature": seal(_KIND, "".join(self._text))}

    def _send(self, part: dict[str, Any]) -> bytes:
        if not self.call.stream:
            self._parts.append(part)
        return self._chunk([part])

    def _chunk(self, parts: list[dict[str, Any]], finish_reason: str | None = None) -> bytes:
        return encode(f"data: {compact(self._response(parts, finish_reason))}\r\n\r\n")

    def _response(self, parts: list[dict[str, Any]], finish_reason: str | None) -> dict[str, Any]:
        candidate: dict[str, Any] = {"content": {"parts": parts, "role": "model"}, "index": 0}
        if finish_reason is not None:
            candidate["finishReason"] = finish_reason
        return {
            "candidates": [candidate],
            "usageMetadata": self._usage(),
            "modelVersion": self.call.model,
            "responseId": self.reply_id,
        }

    def _usage(self) -> dict[str, Any]:
        given = self.call.input_tokens
        usage: dict[str, Any] = {
            "promptTokenCount": given,
            "candidatesTokenCount": self.output_tokens,
            "totalTokenCount": given + self.answer_tokens,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": given}],
        }
        if self.thinking_tokens:
            usage["thoughtsTokenCount"] = self.thinking_tokens
        if self.call.cached_tokens:
            usage["cachedContentTokenCount"] = self.call.cached_tokens
        return usage


class GeminiServer(WireServer):
    """The Gemini service."""

    wire = Wire.GEMINI
    stream = GeminiStream

    def key(self, exchange: Exchange) -> str:
        """From the header or the query."""
        query = parse_qs(exchange.url.query).get("key", [""])
        return exchange.headers.get("x-goog-api-key", "") or query[0]

    def parse(self, exchange: Exchange) -> Call:
        """Read a request to generate; the model is in the path."""
        body = exchange.body
        method = exchange.url.path.rpartition(":")[2]
        contents = [as_dict(content) for content in as_list(body.get("contents"))]
        if not contents:
            raise InvalidRequest("* GenerateContentRequest.contents: contents is not specified")
        _check_contents(contents)
        config = as_dict(_get(body, "generationConfig"))
        thinking = as_dict(_get(config, "thinkingConfig"))
        declared = [
            as_dict(declaration)
            for tool in as_list(body.get("tools"))
            for declaration in as_list(_get(as_dict(tool), "functionDeclarations"))
        ]
        return Call(
            wire=self.wire,
            model=unquote(exchange.url.path.rpartition("/models/")[2].rpartition(":")[0]),
            turns=tuple(turn for content in contents for turn in _turns(content)),
            system=_text(as_dict(_get(body, "systemInstruction"))),
            tools=tuple(as_text(declaration.get("name")) for declaration in declared),
            max_tokens=_get(config, "maxOutputTokens"),
            stream=method == "streamGenerateContent",
            shows_thinking=bool(_get(thinking, "includeThoughts")),
        )

    def refuse(self, refusal: Refusal, request_id: str, detail: str = "") -> HttpAnswer:
        """An error object with its details."""
        return HttpAnswer(status=_ERRORS[refusal][0], body=_error(refusal, detail))

    def models(self, model: str | None) -> Json:
        """Models with their limits."""
        listed = [_model(name, title) for name, title in _MODELS]
        if model is not None:
            return next((entry for entry in listed if entry["name"] == f"models/{model}"), _model(model, model))
        return {"models": listed}

    def count(self, call: Call) -> Json:
        """`totalTokens`."""
        details: Json = [{"modality": "TEXT", "tokenCount": call.input_tokens}]
        return {"totalTokens": call.input_tokens, "promptTokensDetails": details}

    def response_headers(self, request_id: str) -> dict[str, str]:
        """No request id on this wire."""
        return {"vary": "Origin", "server": "scaffolding on HTTPServer2", "x-content-type-options": "nosniff"}


def _model(name: str, title: str) -> dict[str, Json]:
    return {
        "name": f"models/{name}",
        "displayName": title,
        "description": "Answered by the embedded stand-in.",
        "version": "demo",
        "inputTokenLimit": 1_048_576,
        "outputTokenLimit": 65_536,
        "supportedGenerationMethods": ["generateContent", "countTokens"],
        "thinking": True,
    }


def _parts(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [as_dict(part) for part in as_list(content.get("parts"))]


def _text(content: Mapping[str, Any]) -> str:
    return "".join(as_text(part.get("text")) for part in _parts(content) if not part.get("thought"))


def _turns(content: Mapping[str, Any]) -> list[Turn]:
    """One content; what functions returned is a turn of its own before what the person said with it."""
    results = tuple(_returned(part) for part in _parts(content) if _get(part, "functionResponse"))
    calls = tuple(
        Called(id=as_text(call.get("id")), name=as_text(call.get("name")), arguments=as_dict(call.get("args")))
        for part in _parts(content)
        if (call := as_dict(_get(part, "functionCall")))
    )
    text = _text(content)
    turns = [Turn(role="tool", text="\n".join(one.text for one in results), results=results)] if results else []
    if text or not results:
        role = "assistant" if content.get("role") == "model" else "user"
        turns.append(Turn(role=role, text=text, calls=calls))
    return turns


def _returned(part: Mapping[str, Any]) -> Returned:
    answer = as_dict(_get(part, "functionResponse"))
    response = as_dict(answer.get("response"))
    said = next((response[name] for name in ("output", "result", "error") if name in response), response)
    text = said if isinstance(said, str) else compact(said)
    return Returned(id=as_text(answer.get("id")), text=text, is_error="error" in response)


def _call_content(call: Mapping[str, Any]) -> str:
    return f"{as_text(call.get('name'))} {compact(call.get('args') or {})}"


def _check_contents(contents: list[dict[str, Any]]) -> None:
    calls: list[dict[str, Any]] = []
    prompts = (i for i, content in enumerate(contents) if any(turn.role == "user" for turn in _turns(content)))
    last_prompt = max(prompts, default=0)
    for index, content in enumerate(contents):
        parts = _parts(content)
        if content.get("role") not in ("user", "model"):
            raise InvalidRequest("Please use a valid role: user, model.")
        if not parts:
            raise InvalidRequest(f"* GenerateContentRequest.contents[{index}].parts: contents.parts must not be empty.")
        _check_responses(calls, [answer for part in parts if (answer := as_dict(_get(part, "functionResponse")))])
        calls = [call for part in parts if (call := as_dict(_get(part, "functionCall")))]
        _check_signatures(parts, current=index > last_prompt)
    if calls:
        raise InvalidRequest("Please ensure that function call turn comes immediately after a user turn.")


def _check_responses(calls: list[dict[str, Any]], answers: list[dict[str, Any]]) -> None:
    """Every call of the content before is answered once: by its id, or in its place where the answer has none."""
    if len(calls) != len(answers):
        raise InvalidRequest(
            "Please ensure that the number of function response parts is equal to the number of function call "
            "parts of the function call turn."
        )
    left = list(calls)
    for answer in answers:
        given = as_text(answer.get("id"))
        call = next((one for one in left if one.get("id") == given), None) if given else left[0]
        if call is None or call.get("name") != answer.get("name"):
            raise InvalidRequest(
                f"Function response '{answer.get('name')}' does not match a function call of the previous turn."
            )
        left.remove(call)


def _check_signatures(parts: list[dict[str, Any]], *, current: bool) -> None:
    first = True
    for part in parts:
        signature, call = _get(part, "thoughtSignature"), as_dict(_get(part, "functionCall"))
        if signature is not None and not is_seal(signature):
            raise InvalidRequest("Thought signature is not valid.")
        if call and signature is not None and not is_seal_of(signature, _KIND, _call_content(call)):
            raise InvalidRequest("Thought signature does not belong to its function call.")
        if call and first and current and signature is None:
            raise InvalidRequest(
                f"Function call is missing a thought_signature in functionCall parts: {call.get('name')}"
            )
        first = first and not call
