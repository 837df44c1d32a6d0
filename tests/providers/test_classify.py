"""`classify` over hand-made errors of every SDK, the network and this program, one row each."""

import asyncio
import errno
import json
import socket
import ssl
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import anthropic
import httpx2
import openai
import pytest
from google.genai import errors as google

from tui.core.errors import Failure, Outcome, Problem, ProviderError
from tui.providers.outcome import StreamEnd, StreamFault, Target, classify

TARGET = Target(
    vendor="Vendor", wire="vendor", base_url="https://api.vendor.example/v1", key_env=("V_KEY", "W_KEY"), model="m-1"
)
REQUEST = httpx2.Request("POST", "https://api.vendor.example/v1/messages")
Make = Callable[[], BaseException | StreamEnd]


def response(status: int, headers: Mapping[str, str] | None = None) -> httpx2.Response:
    return httpx2.Response(status, headers=dict(headers or {}), request=REQUEST)


def claude(status: int, kind: str, message: str = "said", **more: Any) -> Make:
    """An error as the Anthropic SDK makes it of a response or of an event in a stream."""
    headers = more.pop("headers", None)
    body = {"type": "error", "error": {"type": kind, "message": message, **more}}

    def make() -> BaseException:
        client = anthropic.Anthropic(api_key="x", base_url="https://api.vendor.example")
        return client._make_status_error(message, body=body, response=response(status, headers))

    return make


def gpt(status: int, code: str | None, message: str = "said", kind: str = "", **headers: str) -> Make:
    """An error as the OpenAI SDK makes it of a response."""
    body = {"code": code, "type": kind or None, "message": message}

    def make() -> BaseException:
        client = openai.OpenAI(api_key="x", base_url="https://api.vendor.example/v1")
        sent = response(status, {name.replace("_", "-"): value for name, value in headers.items()})
        return client._make_status_error(message, body=body, response=sent)

    return make


def gpt_event(body: dict[str, Any]) -> Make:
    """An error the OpenAI SDK found inside a stream: it has no status."""
    return lambda: openai.APIError("said", REQUEST, body=body)


def gemini(code: int, status: str, message: str = "said", details: list[Any] | None = None) -> Make:
    """An error as the Google SDK makes it."""
    error = {"code": code, "status": status, "message": message, "details": details or []}
    kind = google.ServerError if code >= 500 else google.ClientError
    return lambda: kind(code, {"error": error}, None)


def because(outer: BaseException, cause: BaseException) -> Make:
    def make() -> BaseException:
        outer.__cause__ = cause
        return outer

    return make


def plain(error: BaseException | StreamEnd) -> Make:
    return lambda: error


def grouped(*errors: Exception) -> BaseException:
    return OSError("All connection attempts failed") if not errors else ExceptionGroup("attempts", list(errors))


RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7.5s"}
PER_DAY = {"violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel"}]}
PER_MINUTE = {"violations": [{"quotaId": "GenerateRequestsPerMinutePerProjectPerModel"}]}
PLAN = "You exceeded your current quota, please check your plan and billing details."
BAD_KEY = {"reason": "API_KEY_INVALID", "domain": "googleapis.com"}
REFUSED = ConnectionRefusedError(errno.ECONNREFUSED, "refused")
T, R, Q, C, A = Outcome.TRANSIENT, Outcome.RATE_LIMITED, Outcome.QUOTA_SPENT, Outcome.CALLER_ERROR, Outcome.AUTH
CUT, OFF, STOPPED = Outcome.TRUNCATED, Outcome.OFFLINE, Outcome.CANCELLED

ROWS: list[tuple[str, Make, Outcome, str]] = [
    # Anthropic: statuses
    ("claude 400", claude(400, "invalid_request_error"), C, "Request rejected"),
    ("claude 401", claude(401, "authentication_error"), A, "Key rejected"),
    ("claude 402", claude(402, "billing_error"), Q, "Quota spent"),
    ("claude 403", claude(403, "permission_error"), A, "Not allowed"),
    ("claude 404 model", claude(404, "not_found_error", "model: m-1"), C, "Unknown model"),
    ("claude 404 path", claude(404, "not_found_error", "Not Found"), C, "Not found"),
    ("claude 408", claude(408, "timeout_error"), T, "Provider timed out"),
    ("claude 409", claude(409, "conflict_error"), T, "Provider error"),
    ("claude 413", claude(413, "request_too_large"), C, "Conversation too long"),
    ("claude 422", claude(422, "invalid_request_error"), C, "Request rejected"),
    ("claude 429", claude(429, "rate_limit_error", headers={"retry-after": "7"}), R, "Rate limited"),
    (
        "claude spend limit",
        claude(429, "rate_limit_error", details={"error_code": "enforced_spend_limit_reached"}),
        Q,
        "Quota spent",
    ),
    ("claude low balance", claude(400, "invalid_request_error", "Your credit balance is too low"), Q, "Quota spent"),
    (
        "claude too long",
        claude(400, "invalid_request_error", "prompt is too long: 2 tokens > 1 maximum"),
        C,
        "Conversation too long",
    ),
    ("claude 500", claude(500, "api_error"), T, "Provider error"),
    ("claude 503", claude(503, "api_error"), T, "Overloaded"),
    ("claude 504", claude(504, "timeout_error"), T, "Provider timed out"),
    ("claude 529", claude(529, "overloaded_error"), T, "Overloaded"),
    # Anthropic: an error event inside a stream comes with status 200
    ("claude event overloaded", claude(200, "overloaded_error"), T, "Overloaded"),
    ("claude event rate limit", claude(200, "rate_limit_error"), R, "Rate limited"),
    ("claude event failed", claude(200, "api_error"), T, "Provider error"),
    ("claude event timeout", claude(200, "timeout_error"), T, "Provider timed out"),
    ("claude event rejected", claude(200, "invalid_request_error"), C, "Request rejected"),
    ("claude event key", claude(200, "authentication_error"), A, "Key rejected"),
    ("claude event billing", claude(200, "billing_error"), Q, "Quota spent"),
    ("claude event unheard of", claude(200, "novel_error"), T, "Provider error"),
    # OpenAI: statuses
    ("gpt 400", gpt(400, "invalid_value"), C, "Request rejected"),
    ("gpt 400 too long", gpt(400, "context_length_exceeded"), C, "Conversation too long"),
    ("gpt 401", gpt(401, "invalid_api_key"), A, "Key rejected"),
    ("gpt 403", gpt(403, "unsupported_country_region_territory"), A, "Not allowed"),
    ("gpt 404", gpt(404, "model_not_found", "The model `m-1` does not exist"), C, "Unknown model"),
    ("gpt 429", gpt(429, "rate_limit_exceeded", retry_after="7"), R, "Rate limited"),
    ("gpt no credit", gpt(429, "insufficient_quota"), Q, "Quota spent"),
    ("gpt no credit by type", gpt(429, None, kind="insufficient_quota"), Q, "Quota spent"),
    ("gpt policy", gpt(400, "content_policy_violation"), C, "Blocked by policy"),
    ("gpt 500", gpt(500, "server_error"), T, "Provider error"),
    ("gpt 503", gpt(503, None), T, "Overloaded"),
    ("gateway 502", gpt(502, None), T, "Provider error"),
    ("gateway 520", gpt(520, None), T, "Provider error"),
    # OpenAI: inside a stream
    ("gpt event nested", gpt_event({"code": "server_error", "message": "said"}), T, "Provider error"),
    ("gpt event no credit", gpt_event({"type": "insufficient_quota", "message": "said"}), Q, "Quota spent"),
    ("gateway event with a number", gpt_event({"code": 429, "message": "said"}), R, "Rate limited"),
    ("gpt event without a body", lambda: openai.APIError("said", REQUEST, body=None), T, "Provider error"),
    ("error event", plain(StreamEnd(code="rate_limit_exceeded", message="slow down")), R, "Rate limited"),
    ("response.failed", plain(StreamFault(StreamEnd(code="server_error", message="said"))), T, "Provider error"),
    ("response.failed prompt", plain(StreamEnd(code="invalid_prompt", message="said")), C, "Request rejected"),
    ("response.failed policy", plain(StreamEnd(code="bio_policy", message="said")), C, "Blocked by policy"),
    ("response.incomplete", plain(StreamEnd(code="max_output_tokens")), CUT, "Answer cut off"),
    ("response.incomplete filter", plain(StreamEnd(code="content_filter")), C, "Blocked by policy"),
    # Google
    ("gemini 400", gemini(400, "INVALID_ARGUMENT"), C, "Request rejected"),
    ("gemini bad key", gemini(400, "INVALID_ARGUMENT", details=[BAD_KEY]), A, "Key rejected"),
    ("gemini no key", gemini(403, "PERMISSION_DENIED"), A, "Not allowed"),
    (
        "gemini too long",
        gemini(400, "INVALID_ARGUMENT", "The input token count (9) exceeds the maximum number of tokens allowed (8)."),
        C,
        "Conversation too long",
    ),
    ("gemini place", gemini(400, "FAILED_PRECONDITION", "User location is not supported"), C, "Request rejected"),
    ("gemini 404", gemini(404, "NOT_FOUND", "models/m-1 is not found for API version v1"), C, "Unknown model"),
    ("gemini 429", gemini(429, "RESOURCE_EXHAUSTED", PLAN, [PER_MINUTE, RETRY]), R, "Rate limited"),
    ("gemini day", gemini(429, "RESOURCE_EXHAUSTED", PLAN, [PER_DAY, RETRY]), Q, "Daily quota spent"),
    ("gemini plan", gemini(429, "RESOURCE_EXHAUSTED", PLAN), Q, "Quota spent"),
    ("gemini 500", gemini(500, "INTERNAL"), T, "Provider error"),
    ("gemini 503", gemini(503, "UNAVAILABLE"), T, "Overloaded"),
    ("gemini 504", gemini(504, "DEADLINE_EXCEEDED"), T, "Provider timed out"),
    ("gemini 499", gemini(499, "CANCELLED"), T, "Provider error"),
    ("gemini odd JSON", plain(google.UnknownApiResponseError("Failed to parse")), T, "Malformed answer"),
    (
        "gemini blocked prompt",
        plain(StreamEnd(code="prompt_blocked", details={"status": "OTHER"})),
        C,
        "Blocked by policy",
    ),
    *[
        (f"gemini {word}", plain(StreamEnd(code=word)), C, "Blocked by policy")
        for word in ("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR", "LANGUAGE")
    ],
    ("gemini bad call", plain(StreamEnd(code="MALFORMED_FUNCTION_CALL")), T, "Malformed answer"),
    ("gemini MAX_TOKENS", plain(StreamEnd(code="MAX_TOKENS")), CUT, "Answer cut off"),
    # no end at all
    ("no end", plain(StreamEnd()), CUT, "Answer cut off"),
    ("nothing", plain(StreamEnd(empty=True)), CUT, "Empty answer"),
    # the network, raw
    ("read timeout", plain(httpx2.ReadTimeout("")), T, "Timed out"),
    ("write timeout", plain(httpx2.WriteTimeout("")), T, "Timed out"),
    ("connect timeout", plain(httpx2.ConnectTimeout("")), T, "No connection"),
    ("pool timeout", plain(httpx2.PoolTimeout("")), T, "No connection"),
    ("read error", plain(httpx2.ReadError("")), T, "Connection lost"),
    ("protocol error", plain(httpx2.RemoteProtocolError("peer closed")), T, "Connection lost"),
    ("connect error", plain(httpx2.ConnectError("All connection attempts failed")), OFF, "Offline"),
    ("refused", because(httpx2.ConnectError(""), REFUSED), OFF, "Connection refused"),
    ("refused, several ways", because(httpx2.ConnectError(""), grouped(REFUSED)), OFF, "Connection refused"),
    ("no such host", because(httpx2.ConnectError(""), socket.gaierror(-2, "unknown")), OFF, "Offline"),
    ("no route", because(httpx2.ConnectError(""), OSError(errno.ENETUNREACH, "no route")), OFF, "Offline"),
    ("reset", because(httpx2.ReadError(""), ConnectionResetError(errno.ECONNRESET, "reset")), T, "Connection lost"),
    ("proxy", plain(httpx2.ProxyError("407")), OFF, "Proxy failed"),
    (
        "certificate",
        because(httpx2.ConnectError(""), ssl.SSLCertVerificationError(1, "certificate verify failed")),
        C,
        "Certificate not trusted",
    ),
    ("tls broke", because(httpx2.ReadError(""), ssl.SSLError(1, "bad record mac")), T, "Connection lost"),
    ("no protocol", plain(httpx2.UnsupportedProtocol("gopher")), C, "Bad address"),
    ("bad url", plain(httpx2.InvalidURL("bad")), C, "Bad address"),
    ("undecodable", plain(httpx2.DecodingError("gzip")), T, "Malformed answer"),
    # the network, wrapped by an SDK
    ("claude refused", because(anthropic.APIConnectionError(request=REQUEST), REFUSED), OFF, "Connection refused"),
    ("claude timeout", plain(anthropic.APITimeoutError(REQUEST)), T, "Timed out"),
    (
        "gpt connect timeout",
        because(openai.APITimeoutError(REQUEST), httpx2.ConnectTimeout("")),
        T,
        "No connection",
    ),
    ("gpt read error", because(openai.APIConnectionError(request=REQUEST), httpx2.ReadError("")), T, "Connection lost"),
    # the system and the language
    ("reset by the system", plain(ConnectionResetError(errno.ECONNRESET, "reset")), T, "Connection lost"),
    ("broken pipe", plain(BrokenPipeError(errno.EPIPE, "pipe")), T, "Connection lost"),
    ("timeout", plain(TimeoutError()), T, "Timed out"),
    ("broken JSON", plain(json.JSONDecodeError("Unterminated", "{", 1)), T, "Malformed answer"),
    ("broken UTF-8", plain(UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad")), T, "Malformed answer"),
    ("value", plain(ValueError("no")), T, "Malformed answer"),
    ("cancelled", plain(asyncio.CancelledError()), STOPPED, "Stopped"),
    ("defect", plain(TypeError("an argument too many")), C, "Internal error"),
]


@pytest.mark.parametrize(("name", "make", "outcome", "title"), ROWS, ids=[row[0] for row in ROWS])
def test_every_failure_has_one_outcome(name: str, make: Make, outcome: Outcome, title: str) -> None:
    failure = classify(make(), TARGET)
    assert (failure.outcome, failure.problem.title) == (outcome, title)
    assert len(title) <= 40
    assert failure.problem.text.endswith((".", "!", "?", "…"))
    assert failure.problem.hint or outcome is STOPPED
    assert "{" not in failure.problem.text + failure.problem.hint


WAITS: list[tuple[str, Make, float | None]] = [
    ("seconds", claude(429, "rate_limit_error", headers={"retry-after": "7"}), 7.0),
    ("fractions", gpt(429, "rate_limit_exceeded", retry_after="0.25"), 0.25),
    ("milliseconds first", gpt(429, "x", retry_after="9", retry_after_ms="1500"), 1.5),
    ("a past date", gpt(503, "x", retry_after="Wed, 21 Oct 2015 07:28:00 GMT"), 0.0),
    ("nonsense", gpt(429, "x", retry_after="soon"), None),
    ("infinite", gpt(429, "x", retry_after="inf"), None),
    ("negative", gpt(429, "x", retry_after="-5"), 0.0),
    ("in the body", gemini(429, "RESOURCE_EXHAUSTED", "said", [RETRY]), 7.5),
    ("nonsense in the body", gemini(429, "RESOURCE_EXHAUSTED", "said", [{"retryDelay": "soon"}]), None),
    ("none", gemini(429, "RESOURCE_EXHAUSTED"), None),
]


@pytest.mark.parametrize(("name", "make", "wait"), WAITS, ids=[row[0] for row in WAITS])
def test_the_wait_a_provider_asks_for(name: str, make: Make, wait: float | None) -> None:
    assert classify(make(), TARGET).retry_after == wait


def test_a_date_in_the_future_is_a_wait_from_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.providers.evidence.time.time", lambda: 1_445_412_450.0)
    make = gpt(429, "x", retry_after="Wed, 21 Oct 2015 07:28:00 GMT")
    assert classify(make(), TARGET).retry_after == 30.0


def test_status_code_and_request_id_are_kept() -> None:
    failure = classify(claude(529, "overloaded_error", headers={"request-id": "req_\x1b[1m7"})(), TARGET)
    assert failure.status == 529
    assert failure.code == "overloaded_error"
    assert failure.request_id is not None
    assert "\x1b" not in failure.request_id


def test_hints_name_variables_and_keys() -> None:
    key = classify(claude(401, "authentication_error")(), TARGET).problem
    assert "V_KEY or W_KEY" in key.hint
    model = classify(gpt(404, "model_not_found")(), TARGET).problem
    assert "m-1" in model.text
    assert "`model`" in model.hint
    place = classify(claude(404, "not_found_error", "Not Found")(), TARGET).problem
    assert "[endpoints.vendor]" in place.hint
    assert "api.vendor.example" in place.text


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "[::1]", "box.localhost"])
def test_a_refusal_of_this_machine_means_no_server(host: str) -> None:
    target = Target(wire="compatible", base_url=f"http://{host}:11434/v1")
    failure = classify(because(httpx2.ConnectError(""), REFUSED)(), target)
    assert failure.outcome is Outcome.OFFLINE
    assert failure.problem.title == "Server not running"
    assert "ollama serve" in failure.problem.hint


def test_a_password_in_the_address_is_never_shown() -> None:
    target = Target(base_url="http://user:hunter22@host.example/v1")
    assert "hunter22" not in str(classify(because(httpx2.ConnectError(""), REFUSED)(), target).problem)


def test_a_classified_error_stays_as_it_is() -> None:
    failure = Failure(outcome=Outcome.TRANSIENT, problem=Problem(title="a", text="b"))
    assert classify(ProviderError(failure), TARGET) is failure


def test_errors_that_lie_about_themselves() -> None:
    """Attributes of any type must not break the judgement."""

    class OddError(Exception):
        __module__ = "openai._odd"
        status_code = "many"
        code = SimpleNamespace()
        body = ("no", "mapping")
        request_id = 7
        response = None

    assert classify(OddError("odd"), TARGET).outcome is Outcome.TRANSIENT


def test_chains_without_end_are_read_once() -> None:
    first, second = httpx2.ReadError("first"), httpx2.ReadError("second")
    first.__cause__, second.__cause__ = second, first
    assert classify(first, TARGET).outcome is Outcome.TRANSIENT
