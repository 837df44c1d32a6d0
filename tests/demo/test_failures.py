"""Every failure scene gives the real SDK just the exception that the real service would."""

import json
from collections.abc import Callable
from typing import Any

import anthropic
import httpx2
import openai
import pytest
from google.genai import errors

from tests.demo.talk import ASK, Reply, user
from tui.core.chat import Wire
from tui.demo.scene_texts import BROKEN, FLAKY
from tui.demo.script import FaultKind
from tui.demo.server import DemoServer

A, R, C, G = Wire.ANTHROPIC_MESSAGES, Wire.OPENAI_RESPONSES, Wire.OPENAI_CHAT, Wire.GEMINI
Check = Callable[[Any], bool]


def _anything(error: Any) -> bool:
    return error is not None


def _retry_after(error: Any) -> bool:
    return bool(error.response.headers["retry-after"] == "7")


def _code(code: str) -> Check:
    return lambda error: bool(error.code == code)


def _details(text: str) -> Check:
    return lambda error: text in json.dumps(error.details)


def _status(status: int) -> Check:
    return lambda error: bool(error.status_code == status)


REFUSALS: list[tuple[str, Wire, type[Exception], Check]] = [
    ("overloaded", A, anthropic.OverloadedError, _status(529)),
    ("overloaded", R, openai.InternalServerError, _status(503)),
    ("overloaded", C, openai.InternalServerError, _status(503)),
    ("overloaded", G, errors.ServerError, lambda error: error.code == 503 and error.status == "UNAVAILABLE"),
    ("server-error", A, anthropic.InternalServerError, _status(500)),
    ("server-error", R, openai.InternalServerError, _status(500)),
    ("server-error", C, openai.InternalServerError, _status(500)),
    ("server-error", G, errors.ServerError, lambda error: error.code == 500),
    ("rate-limit", A, anthropic.RateLimitError, _retry_after),
    ("rate-limit", R, openai.RateLimitError, _retry_after),
    ("rate-limit", C, openai.RateLimitError, _retry_after),
    ("rate-limit", G, errors.ClientError, _details('"retryDelay": "7s"')),
    ("quota", A, anthropic.PaymentRequiredError, _status(402)),
    ("quota", R, openai.RateLimitError, _code("insufficient_quota")),
    ("quota", C, openai.RateLimitError, _code("insufficient_quota")),
    ("quota", G, errors.ClientError, _details("PerDay")),
    ("bad-key", A, anthropic.AuthenticationError, _status(401)),
    ("bad-key", R, openai.AuthenticationError, _code("invalid_api_key")),
    ("bad-key", C, openai.AuthenticationError, _code("invalid_api_key")),
    ("bad-key", G, errors.ClientError, _details("API_KEY_INVALID")),
    ("too-long", A, anthropic.BadRequestError, lambda error: "prompt is too long" in str(error)),
    ("too-long", R, openai.BadRequestError, _code("context_length_exceeded")),
    ("too-long", C, openai.BadRequestError, _code("context_length_exceeded")),
    ("too-long", G, errors.ClientError, lambda error: "exceeds the maximum number of tokens" in error.message),
]


@pytest.mark.parametrize(("scene", "wire", "kind", "check"), REFUSALS, ids=lambda value: str(value)[:24])
async def test_refusals(server: DemoServer, scene: str, wire: Wire, kind: type[Exception], check: Check) -> None:
    with pytest.raises(kind) as caught:
        await ASK[wire](server.url, [user(wire, f"demo:{scene}@all hello")])
    assert check(caught.value)


KEYS: list[tuple[Wire, type[Exception], Check]] = [
    (A, anthropic.AuthenticationError, _status(401)),
    (R, openai.AuthenticationError, _status(401)),
    (C, openai.AuthenticationError, _status(401)),
    (G, errors.ClientError, lambda error: error.code == 400 and "API_KEY_INVALID" in json.dumps(error.details)),
]
MODELS: list[tuple[Wire, type[Exception], Check]] = [
    (A, anthropic.NotFoundError, _status(404)),
    (R, openai.NotFoundError, _code("model_not_found")),
    (C, openai.NotFoundError, _code("model_not_found")),
    (G, errors.ClientError, lambda error: error.code == 404),
]


@pytest.mark.parametrize(("wire", "kind", "check"), KEYS)
async def test_a_wrong_key(server: DemoServer, wire: Wire, kind: type[Exception], check: Check) -> None:
    with pytest.raises(kind) as caught:
        await ASK[wire](server.url, [user(wire, "hello")], key="an-invalid-key")
    assert check(caught.value)


@pytest.mark.parametrize(("wire", "kind", "check"), MODELS)
async def test_an_unknown_model(server: DemoServer, wire: Wire, kind: type[Exception], check: Check) -> None:
    with pytest.raises(kind) as caught:
        await ASK[wire](server.url, [user(wire, "hello")], model="no-such-model")
    assert check(caught.value)


BREAKS: list[tuple[str, FaultKind, Wire, type[Exception], Check]] = [
    (
        "mid-error",
        FaultKind.ERROR,
        A,
        anthropic.APIStatusError,
        lambda e: e.status_code == 200 and e.type == "overloaded_error",
    ),
    ("mid-error", FaultKind.ERROR, C, openai.APIError, lambda e: not isinstance(e, openai.APIStatusError)),
    ("mid-error", FaultKind.ERROR, G, errors.ServerError, lambda e: e.code == 503),
    ("mid-error-nested", FaultKind.ERROR_NESTED, R, openai.APIError, lambda e: e.code == "server_error"),
    ("cut", FaultKind.CUT, A, httpx2.RemoteProtocolError, _anything),
    ("cut", FaultKind.CUT, R, openai.APIConnectionError, _anything),
    ("cut", FaultKind.CUT, C, openai.APIConnectionError, _anything),
    ("cut", FaultKind.CUT, G, httpx2.RemoteProtocolError, _anything),
    ("malformed", FaultKind.MALFORMED, A, json.JSONDecodeError, _anything),
    ("malformed", FaultKind.MALFORMED, R, json.JSONDecodeError, _anything),
    ("malformed", FaultKind.MALFORMED, C, json.JSONDecodeError, _anything),
    ("malformed", FaultKind.MALFORMED, G, errors.UnknownApiResponseError, _anything),
]


@pytest.mark.parametrize(("scene", "fault", "wire", "kind", "check"), BREAKS, ids=lambda value: str(value)[:24])
async def test_breaks_in_mid_stream(
    server: DemoServer, scene: str, fault: FaultKind, wire: Wire, kind: type[Exception], check: Check
) -> None:
    reply = Reply()
    with pytest.raises(kind) as caught:
        await ASK[wire](server.url, [user(wire, f"demo:{scene}@all")], reply=reply)
    assert check(caught.value)
    assert reply.text == BROKEN[fault]
    assert reply.stop is None


@pytest.mark.parametrize("wire", list(Wire))
async def test_an_answer_without_an_end_is_silent(server: DemoServer, wire: Wire) -> None:
    reply = await ASK[wire](server.url, [user(wire, "demo:no-end@all")])
    assert reply.text == BROKEN[FaultKind.NO_END]
    assert reply.stop is None


@pytest.mark.parametrize(("scene", "last"), [("mid-error", "error"), ("mid-failed", "response.failed")])
async def test_errors_of_responses_that_are_no_exception(server: DemoServer, scene: str, last: str) -> None:
    reply = await ASK[R](server.url, [user(R, f"demo:{scene}@openai")])
    assert reply.events[-1].type == last
    assert reply.stop is None


@pytest.mark.parametrize("wire", list(Wire))
async def test_scenes_play_on_their_own_wires_only(server: DemoServer, wire: Wire) -> None:
    prompt = "demo:overloaded Compare three ways to cache"
    if wire is A:
        with pytest.raises(anthropic.OverloadedError):
            await ASK[wire](server.url, [user(wire, prompt)])
        return
    reply = await ASK[wire](server.url, [user(wire, prompt)])
    assert "The scene **An overloaded model** plays in another pane" in reply.text


FLAKY_REFUSALS: dict[Wire, type[Exception]] = {
    A: anthropic.OverloadedError,
    R: openai.InternalServerError,
    C: openai.InternalServerError,
    G: errors.ServerError,
}


@pytest.mark.parametrize("wire", list(Wire))
async def test_a_flaky_model_refuses_twice_and_then_answers(server: DemoServer, wire: Wire) -> None:
    async def refused(words: str) -> None:
        with pytest.raises(FLAKY_REFUSALS[wire]):
            await ASK[wire](server.url, [user(wire, words)])

    one, other = "demo:flaky@all one", "demo:flaky@all other"
    await refused(one)
    await refused(other)
    await refused(one)
    assert (await ASK[wire](server.url, [user(wire, one)])).text == FLAKY
    await refused(other)
    await refused(one)
    assert (await ASK[wire](server.url, [user(wire, other)])).text == FLAKY
    assert [seen.status == 200 for seen in server.requests] == [False, False, False, True, False, False, True]
