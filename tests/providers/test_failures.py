"""Every failure scene on every wire ends in its outcome, with words and a remedy."""

import asyncio
import sys

import pytest

from tests.providers.conftest import MakeProvider
from tests.providers.support import SSE_HEAD, RawServer, ask, listen, provider, read_head
from tui.config.model import WireName
from tui.core import secrets
from tui.core.chat import StopReason, TextPiece, Usage
from tui.core.errors import Outcome, ProviderError
from tui.demo.server import DemoServer
from tui.demo.wires.base import MISSING_MODEL
from tui.providers import rehearsal

A, O, G, C = WireName.ANTHROPIC, WireName.OPENAI, WireName.GEMINI, WireName.COMPATIBLE  # noqa: E741

REFUSED_AT_ONCE = [
    # scene, outcome, title, status by wire, wait asked for
    ("overloaded", Outcome.TRANSIENT, "Overloaded", {A: 529, O: 503, G: 503, C: 503}, None),
    ("server-error", Outcome.TRANSIENT, "Provider error", dict.fromkeys(WireName, 500), None),
    ("rate-limit", Outcome.RATE_LIMITED, "Rate limited", dict.fromkeys(WireName, 429), 7.0),
    ("quota", Outcome.QUOTA_SPENT, "uota spent", {A: 402, O: 429, G: 429, C: 429}, None),
    ("bad-key", Outcome.AUTH, "Key rejected", {A: 401, O: 401, G: 400, C: 401}, None),
    ("too-long", Outcome.CALLER_ERROR, "Conversation too long", dict.fromkeys(WireName, 400), None),
]


@pytest.mark.parametrize(
    ("scene", "outcome", "title", "status", "wait"), REFUSED_AT_ONCE, ids=[row[0] for row in REFUSED_AT_ONCE]
)
async def test_refused_at_once(
    wire: WireName,
    connect: MakeProvider,
    server: DemoServer,
    scene: str,
    outcome: Outcome,
    title: str,
    status: dict[WireName, int],
    wait: float | None,
) -> None:
    heard = await listen(connect(wire), ask(f"demo:{scene}@all"))
    assert heard.chunks == []
    assert heard.problem.outcome is outcome
    assert title in heard.problem.problem.title
    assert heard.problem.status == status[wire]
    assert heard.problem.retry_after == wait
    assert heard.problem.code
    assert heard.problem.problem.hint
    assert len(server.requests) == 1, "the SDK must not retry by itself"


async def test_unknown_model(wire: WireName, connect: MakeProvider) -> None:
    heard = await listen(connect(wire), ask("hello", model=MISSING_MODEL))
    assert heard.problem.outcome is Outcome.CALLER_ERROR
    assert heard.problem.problem.title == "Unknown model"
    assert MISSING_MODEL in heard.problem.problem.text
    assert heard.problem.status == 404


BROKEN_ON_THE_WAY = [
    ("mid-error", Outcome.TRANSIENT),
    ("mid-error-nested", Outcome.TRANSIENT),
    ("mid-failed", Outcome.TRANSIENT),
    ("cut", Outcome.TRANSIENT),
    ("malformed", Outcome.TRANSIENT),
    ("no-end", Outcome.TRUNCATED),
]


@pytest.mark.parametrize(("scene", "outcome"), BROKEN_ON_THE_WAY, ids=[row[0] for row in BROKEN_ON_THE_WAY])
async def test_broken_on_the_way(
    wire: WireName, connect: MakeProvider, server: DemoServer, scene: str, outcome: Outcome
) -> None:
    heard = await listen(connect(wire), ask(f"demo:{scene}@all"))
    assert any(isinstance(chunk, TextPiece) for chunk in heard.chunks)
    assert heard.problem.outcome is outcome
    assert heard.problem.problem.text.endswith((".", "!", "…"))
    assert heard.problem.problem.hint
    assert len(server.requests) == 1


async def test_endings_that_are_no_failure(wire: WireName, connect: MakeProvider) -> None:
    talker = connect(wire)
    cut = await listen(talker, ask("demo:max-tokens@all"))
    assert cut.finished.stop is StopReason.MAX_TOKENS
    refused = await listen(talker, ask("demo:refusal@all"))
    assert refused.finished.stop is (StopReason.CONTENT_FILTER if wire is G else StopReason.REFUSAL)
    empty = await listen(talker, ask("demo:empty@all"))
    assert empty.finished.stop is StopReason.END
    assert empty.text == ""


async def test_nothing_listens(wire: WireName, unused_tcp_port: int) -> None:
    talker = provider(wire, f"http://127.0.0.1:{unused_tcp_port}")
    heard = await listen(talker, ask("hello"))
    await talker.close()
    assert heard.problem.outcome is Outcome.OFFLINE
    assert heard.problem.problem.title == "Server not running"
    assert str(unused_tcp_port) in heard.problem.problem.text


async def test_no_such_host(wire: WireName) -> None:
    talker = provider(wire, "http://nowhere.invalid:9")
    heard = await listen(talker, ask("hello"))
    await talker.close()
    assert heard.problem.outcome is Outcome.OFFLINE
    assert "nowhere.invalid:9" in heard.problem.problem.text


async def test_an_address_that_is_none(wire: WireName) -> None:
    talker = provider(wire, "gopher://example.invalid")
    heard = await listen(talker, ask("hello"))
    await talker.close()
    assert heard.problem.outcome is Outcome.CALLER_ERROR
    assert "base_url" in heard.problem.problem.hint


@pytest.mark.parametrize("raw", [True, False], ids=["reset", "closed"])
async def test_the_connection_breaks_before_the_headers(wire: WireName, raw: bool) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        if raw:
            writer.transport.abort()

    async with RawServer(hang_up) as server:
        talker = provider(wire, server.url)
        heard = await listen(talker, ask("hello"))
        await talker.close()
    assert heard.problem.outcome is Outcome.TRANSIENT
    assert heard.problem.problem.title == "Connection lost"
    assert server.connections == 1


ANSWERS = [
    ("an empty stream", SSE_HEAD, {Outcome.TRUNCATED}),
    # the Anthropic SDK drops events without a name, so to it this is an empty stream
    (
        "a web page",
        SSE_HEAD + b"data: <html><body>502</body></html>\n\n",
        {Outcome.TRANSIENT, Outcome.TRUNCATED},
    ),
    ("not UTF-8", SSE_HEAD + b'event: x\ndata: {"text": "\xff\xfe"}\n\n', {Outcome.TRANSIENT, Outcome.TRUNCATED}),
    (
        "a gateway's page",
        b"HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n<html>bad gateway</html>",
        {Outcome.TRANSIENT},
    ),
    (
        "a redirect",
        b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        {Outcome.OFFLINE, Outcome.CALLER_ERROR},
    ),
    (
        "a wait as a date in the past",
        b"HTTP/1.1 503 Busy\r\nretry-after: Wed, 21 Oct 2015 07:28:00 GMT\r\nconnection: close\r\n\r\n",
        {Outcome.TRANSIENT},
    ),
    (
        "a wait in milliseconds",
        b"HTTP/1.1 429 Slow\r\nretry-after-ms: 1500\r\nretry-after: 9\r\nconnection: close\r\n\r\n{}",
        {Outcome.RATE_LIMITED},
    ),
]


@pytest.mark.parametrize(("name", "answer", "outcomes"), ANSWERS, ids=[row[0] for row in ANSWERS])
async def test_odd_answers(wire: WireName, name: str, answer: bytes, outcomes: set[Outcome]) -> None:
    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        writer.write(answer)
        await writer.drain()

    async with RawServer(play) as server:
        talker = provider(wire, server.url)
        heard = await listen(talker, ask("hello"))
        await talker.close()
    assert heard.problem.outcome in outcomes
    if name == "a wait in milliseconds":
        assert heard.problem.retry_after == 1.5
    if name == "a wait as a date in the past":
        assert heard.problem.retry_after == 0.0


async def test_foreign_words_are_cleaned_and_masked(wire: WireName) -> None:
    secrets.register(["a-key-of-this-process"])
    body = (
        b'{"error": {"code": 400, "status": "INVALID_ARGUMENT", "type": "invalid_request_error", '
        b'"message": "bad \\u001b]52;c;AAAA\\u0007 key a-key-of-this-process\\nnext {vendor}"}}'
    )
    head = b"HTTP/1.1 400 Bad\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: %d\r\n\r\n"

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        writer.write(head % len(body) + body)
        await writer.drain()

    async with RawServer(play) as server:
        talker = provider(wire, server.url)
        heard = await listen(talker, ask("hello"))
        await talker.close()
    text = heard.problem.problem.text
    assert heard.problem.outcome is Outcome.CALLER_ERROR
    assert "\x1b" not in text
    assert "\n" not in text
    assert "a-key-of-this-process" not in text
    assert "[masked:known:" in text
    assert "{vendor}" in text


FINE = {
    A: SSE_HEAD + rehearsal.messages(),
    O: SSE_HEAD + rehearsal.responses(),
    G: SSE_HEAD + rehearsal.generate(),
    C: SSE_HEAD
    + b'data: {"id": "c", "choices": [{"index": 0, "delta": {"content": "x"}, "finish_reason": "stop"}]}\n\n'
    + b"data: [DONE]\n\n",
}
OPTION = {A: b"thinking", O: b"reasoning", G: b"thinking", C: b"stream_options"}


async def test_a_server_that_does_not_know_an_option_is_asked_again_without_it(wire: WireName) -> None:
    option = OPTION[wire]
    asked: list[bool] = []
    refusal = b'{"error": {"code": 400, "message": "Unknown parameter: \'%s\'"}}' % option

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        has_it = option in await read_head(reader)
        asked.append(has_it)
        if has_it:
            head = b"HTTP/1.1 400 Bad\r\ncontent-type: application/json\r\nconnection: close\r\n"
            writer.write(head + b"content-length: %d\r\n\r\n" % len(refusal) + refusal)
        else:
            writer.write(FINE[wire])
        await writer.drain()

    async with RawServer(play) as server:
        talker = provider(wire, server.url)
        first = await listen(talker, ask("hello"))
        second = await listen(talker, ask("hello"))
        await talker.close()
    assert first.text == second.text == "x"
    assert asked == [True, False, False], "remembered for the model"
    if wire is C:
        assert first.usage == Usage(input_tokens=2, output_tokens=1, estimated=True)


async def test_models_fail_with_the_same_words(wire: WireName, connect: MakeProvider) -> None:
    with pytest.raises(ProviderError) as caught:
        await connect(wire, key="invalid-key").models()
    assert caught.value.failure.outcome is Outcome.AUTH


@pytest.fixture
def unused_tcp_port() -> int:
    """A loopback port that was free a moment ago."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_gemini_never_uses_aiohttp(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where aiohttp can be imported, the SDK takes the HTTP client it was given."""
    from google.genai import _api_client

    monkeypatch.setattr(_api_client, "has_aiohttp", True)
    monkeypatch.setitem(sys.modules, "aiohttp", None)

    async def talk() -> str:
        with DemoServer(pace="instant") as server:
            talker = provider(G, server.url)
            heard = await listen(talker, ask("demo:markdown@all"))
            await talker.close()
            return heard.text

    assert asyncio.run(talk())
