"""What OpenAI's two wires share: errors, models, authentication."""

from typing import Any, Final

from tui.core.chat import Json
from tui.demo.script import Refusal
from tui.demo.wires.base import MISSING_MODEL, Exchange, HttpAnswer

_ERRORS: Final[dict[Refusal, tuple[int, str, str | None, str]]] = {
    Refusal.NO_KEY: (401, "invalid_request_error", None, "You didn't provide an API key."),
    Refusal.BAD_KEY: (401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided."),
    Refusal.NO_MODEL: (
        404,
        "invalid_request_error",
        "model_not_found",
        f"The model `{MISSING_MODEL}` does not exist or you do not have access to it.",
    ),
    Refusal.BAD_REQUEST: (400, "invalid_request_error", None, "The request is not valid."),
    Refusal.CONTEXT_FULL: (
        400,
        "invalid_request_error",
        "context_length_exceeded",
        "Your input exceeds the context window of this model. Please adjust your input and try again.",
    ),
    Refusal.RATE_LIMIT: (
        429,
        "requests",
        "rate_limit_exceeded",
        "Rate limit reached for requests per min (RPM): Limit 500, Used 500, Requested 1. Please try again in 7s.",
    ),
    Refusal.QUOTA: (
        429,
        "insufficient_quota",
        "insufficient_quota",
        "You exceeded your current quota, please check your plan and billing details.",
    ),
    Refusal.OVERLOADED: (
        503,
        "service_unavailable_error",
        "server_is_overloaded",
        "Our servers are currently overloaded. Please try again later.",
    ),
    Refusal.SERVER_ERROR: (500, "server_error", None, "The server had an error while processing your request."),
}
_MODELS: Final = ("gpt-6.2-sol", "gpt-6-luna", "gpt-6.2-astra")


def bearer(exchange: Exchange) -> str:
    """The key of a request."""
    return exchange.headers.get("authorization", "").removeprefix("Bearer ").strip()


def error_object(refusal: Refusal, detail: str = "") -> dict[str, Any]:
    """The object under ``error``."""
    _, kind, code, message = _ERRORS[refusal]
    return {"message": detail or message, "type": kind, "param": None, "code": code}


def refuse(refusal: Refusal, detail: str) -> HttpAnswer:
    """An HTTP error as both wires word it."""
    headers = {}
    if refusal is Refusal.RATE_LIMIT:
        headers = {"retry-after": "7", "retry-after-ms": "7000", "x-ratelimit-remaining-requests": "0"}
    body: Json = {"error": error_object(refusal, detail)}
    return HttpAnswer(status=_ERRORS[refusal][0], body=body, headers=headers)


def models(model: str | None) -> Json:
    """The list of models, or one of them."""
    if model is not None:
        return _model(model)
    return {"object": "list", "data": [_model(name) for name in _MODELS]}


def _model(model: str) -> dict[str, Json]:
    return {"id": model, "object": "model", "created": 1_788_220_800, "owned_by": "system"}


def response_headers(request_id: str) -> dict[str, str]:
    """Headers of every response."""
    return {
        "x-request-id": request_id,
        "openai-organization": "demo",
        "openai-version": "2020-10-01",
        "x-ratelimit-limit-requests": "500",
        "x-ratelimit-remaining-requests": "499",
    }
