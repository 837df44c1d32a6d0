"""The server itself: hang-ups, stopping, many clients, large answers, and what is neither answer nor scene."""

import asyncio
import socket
import subprocess
import sys
import threading
import tracemalloc
from itertools import islice
from typing import Any

import anthropic
import httpx2
import pytest

from tests.demo.talk import ASK, MODELS, anthropic_client, gemini_client, openai_client, user
from tui.core.chat import Wire
from tui.demo.measured import DONE, markdown_tokens
from tui.demo.script import count_tokens
from tui.demo.server import DemoServer

WIRES = list(Wire)
A = Wire.ANTHROPIC_MESSAGES


@pytest.mark.parametrize("scene", ["stall", "slow-start"])
@pytest.mark.parametrize("wire", WIRES)
async def test_a_cancelled_client_is_seen_at_once(wire: Wire, scene: str) -> None:
    with DemoServer(pace="instant", stall=60.0, slow_start=60.0) as server:
        asking = asyncio.ensure_future(ASK[wire](server.url, [user(wire, f"demo:{scene}@all")]))
        assert await asyncio.to_thread(server.wait_requests, 1)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert await asyncio.to_thread(server.wait_hangup, 1)
        [seen] = server.requests
        assert seen.client_hung_up
        assert seen.closed_at is not None
        assert seen.closed_at >= seen.started_at


async def test_a_finished_answer_is_no_hang_up(server: DemoServer) -> None:
    await ASK[A](server.url, [user(A, "hello")])
    assert not server.wait_hangup(1, timeout=0.0)
    assert [seen.client_hung_up for seen in server.requests] == [False]


async def test_a_stall_goes_on_in_the_end() -> None:
    with DemoServer(pace="instant", stall=0.01) as server:
        reply = await ASK[A](server.url, [user(A, "demo:stall")])
    assert reply.stop == "end_turn"
    assert reply.text.endswith("That was the stall.\n")


async def test_stop_ends_open_streams_and_the_thread() -> None:
    server = DemoServer(pace="instant", stall=600.0)
    server.start()
    asking = [asyncio.ensure_future(ASK[wire](server.url, [user(wire, "demo:stall@all")])) for wire in WIRES]
    assert await asyncio.to_thread(server.wait_requests, len(WIRES))
    await asyncio.to_thread(server.stop)
    outcomes = await asyncio.gather(*asking, return_exceptions=True)
    assert all(isinstance(outcome, Exception) for outcome in outcomes)
    assert not [thread for thread in threading.enumerate() if thread.name == "llmmixer-demo"]
    port = int(server.url.rpartition(":")[2])
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    server.stop()


async def test_many_clients_at_once(server: DemoServer) -> None:
    asking = [ASK[WIRES[n % 4]](server.url, [user(WIRES[n % 4], f"question number {n}")]) for n in range(40)]
    replies = await asyncio.gather(*asking)
    assert all(f"> question number {n}\n" in reply.text for n, reply in enumerate(replies))
    assert len(server.requests) == 40
    assert server.problems == ()


def _raw_body(prompt: str) -> dict[str, Any]:
    messages = [{"role": "user", "content": prompt}]
    return {"model": MODELS[A], "max_tokens": 99, "stream": True, "messages": messages}


async def test_five_megabytes_arrive_and_are_not_kept(server: DemoServer) -> None:
    size = 0
    tracemalloc.start()
    try:
        async with (
            httpx2.AsyncClient() as client,
            client.stream(
                "POST", f"{server.url}/v1/messages", json=_raw_body("demo:huge@all"), headers={"x-api-key": "k"}
            ) as response,
        ):
            async for data in response.aiter_bytes():
                size += len(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size > 5_000_000
    assert peak < 4 * size


@pytest.mark.parametrize("wire", WIRES)
async def test_a_measured_stream_has_as_many_tokens_as_asked(server: DemoServer, wire: Wire) -> None:
    reply = await ASK[wire](server.url, [user(wire, "bench rate=0 tokens=500")])
    ending = f"\n\n{DONE}500\n"
    assert reply.text.endswith(ending)
    assert reply.text.removesuffix(ending) == "".join(islice(markdown_tokens(), 500))
    assert reply.output_tokens == 500 + count_tokens(ending)
    assert len(reply.events) > 500


async def test_models_are_listed_in_each_wires_form(server: DemoServer) -> None:
    async with anthropic_client(server.url) as claude:
        listed = [model async for model in claude.models.list()]
        assert listed[0].lifecycle == "active"
        assert listed[0].max_input_tokens == 1_000_000
        assert MODELS[A] in [model.id for model in listed]
        assert (await claude.models.retrieve("claude-opus-5-5")).display_name == "Claude Opus 5.5"
        with pytest.raises(anthropic.NotFoundError):
            await claude.models.retrieve("no-such-model")
    async with openai_client(server.url) as gpt:
        assert MODELS[Wire.OPENAI_RESPONSES] in [model.id async for model in gpt.models.list()]
    async with gemini_client(server.url) as gemini:
        names = [model.name async for model in await gemini.aio.models.list()]
        assert f"models/{MODELS[Wire.GEMINI]}" in names
    async with httpx2.AsyncClient() as client:
        answer = await client.get(f"{server.url}/v1beta/models", params={"key": "k"})
    assert answer.json()["models"][0]["inputTokenLimit"] == 1_048_576


async def test_tokens_are_counted(server: DemoServer) -> None:
    async with anthropic_client(server.url) as claude:
        counted = await claude.messages.count_tokens(model=MODELS[A], messages=[{"role": "user", "content": "one two"}])
    async with gemini_client(server.url) as gemini:
        total = await gemini.aio.models.count_tokens(model=MODELS[Wire.GEMINI], contents="one two")
    assert counted.input_tokens == total.total_tokens == 10


@pytest.mark.parametrize(
    ("path", "status"), [("/v1/messages", 401), ("/v1/responses", 401), ("/v1/chat/completions", 401)]
)
async def test_no_key(server: DemoServer, path: str, status: int) -> None:
    async with httpx2.AsyncClient() as client:
        answer = await client.post(server.url + path, json=_raw_body("hello"))
        gemini = await client.post(f"{server.url}/v1/models/gemini-4-argon:generateContent", json={})
    assert answer.status_code == status
    assert gemini.status_code == 403


async def test_a_connection_serves_many_requests(server: DemoServer) -> None:
    async with httpx2.AsyncClient(limits=httpx2.Limits(max_connections=1)) as client:
        for number in range(3):
            answer = await client.post(
                f"{server.url}/v1/messages", json=_raw_body(f"n {number}"), headers={"x-api-key": "k"}
            )
            assert answer.headers["content-type"].startswith("text/event-stream")
            assert answer.headers["request-id"]
            assert answer.text.endswith('event: message_stop\ndata: {"type":"message_stop"}\n\n')
            assert "event: ping\n" in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/", 404), ("POST", "/v1/nothing", 404), ("DELETE", "/v1/messages", 404)]
)
async def test_unknown_routes(server: DemoServer, method: str, path: str, status: int) -> None:
    async with httpx2.AsyncClient() as client:
        answer = await client.request(method, server.url + path)
    assert answer.status_code == status
    assert "no such route" in server.problems[0]


@pytest.mark.parametrize(
    "sent",
    [b"nonsense\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"a" * 70_000],
)
def test_what_is_no_request(server: DemoServer, sent: bytes) -> None:
    port = int(server.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(sent)
        answer = client.recv(4096)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert len(server.problems) == 1


async def test_what_was_asked_can_be_read_back(server: DemoServer) -> None:
    await ASK[A](server.url, [user(A, "hello")], system="Be brief.")
    [seen] = server.requests
    assert (seen.method, seen.path, seen.status) == ("POST", "/v1/messages", 200)
    assert seen.headers["authorization" if "authorization" in seen.headers else "x-api-key"]
    assert seen.body is not None
    assert seen.body["system"] == "Be brief."


RULES: list[tuple[dict[str, Any], str]] = [
    ({"temperature": 1}, "temperature"),
    ({"max_tokens": None}, "max_tokens: Field required"),
    ({"messages": [{"role": "user", "content": ""}]}, "non-whitespace"),
    ({"messages": [{"role": "user", "content": []}]}, "non-empty"),
    ({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}, "end with a user"),
]


@pytest.mark.parametrize(("change", "message"), RULES)
async def test_rules_of_messages(server: DemoServer, change: dict[str, Any], message: str) -> None:
    async with httpx2.AsyncClient() as client:
        answer = await client.post(
            f"{server.url}/v1/messages", json={**_raw_body("hello"), **change}, headers={"x-api-key": "k"}
        )
    assert answer.status_code == 400
    assert message in answer.json()["error"]["message"]


def test_importing_the_demo_is_cheap() -> None:
    code = (
        "import sys, tui.demo.server; "
        "print([m for m in ('http.server', 'http.client', 'email', 'textual', 'anthropic', 'openai', 'pydantic') "
        "if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


async def test_a_defect_is_kept_as_a_problem(
    server: DemoServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("tui.demo.director.direct", broken)
    with pytest.raises(anthropic.APIConnectionError):
        await ASK[A](server.url, [user(A, "hello")])
    await asyncio.to_thread(server.stop)
    assert server.problems == ("the stand-in failed: ZeroDivisionError: by zero",)
    assert capsys.readouterr().err == ""


async def test_it_runs_by_itself() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tui.demo", "--pace", "instant", stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    url = (await process.stdout.readline()).decode().strip()
    try:
        reply = await ASK[A](url, [user(A, "hello")])
    finally:
        await process.communicate(b"")  # closes its standard input
    assert reply.stop == "end_turn"
    assert process.returncode == 0
