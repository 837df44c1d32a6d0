"""The stand-in's server: loopback only, in its own daemon thread with its own event loop."""

import asyncio
import contextlib
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import unquote

from tui.core.ids import new_id
from tui.demo.pace import PACES
from tui.demo.player import ConnectionCut, Player, Timing
from tui.demo.protocol import BrokenRequest, ChunkedWriter, HttpRequest, WatchedReader, read_request, write_json
from tui.demo.record import Record, SeenRequest
from tui.demo.script import Refusal, Script
from tui.demo.wires.anthropic import AnthropicServer
from tui.demo.wires.base import MISSING_MODEL, Call, Exchange, HttpAnswer, InvalidRequest, WireServer
from tui.demo.wires.gemini import GeminiServer
from tui.demo.wires.openai_chat import ChatServer
from tui.demo.wires.openai_responses import ResponsesServer

if TYPE_CHECKING:
    from tui.demo.director import Patience

_HOST: Final = "127.0.0.1"
_START_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 10.0
_ANTHROPIC: Final = AnthropicServer()
_RESPONSES: Final = ResponsesServer()
_CHAT: Final = ChatServer()
_GEMINI: Final = GeminiServer()
_POSTS: Final[Mapping[str, WireServer]] = {
    "/v1/messages": _ANTHROPIC,
    "/v1/messages/count_tokens": _ANTHROPIC,
    "/v1/responses": _RESPONSES,
    "/v1/responses/input_tokens": _RESPONSES,
    "/v1/chat/completions": _CHAT,
}
_COUNTERS: Final = ("/count_tokens", "/input_tokens", ":countTokens")


class DemoServer:
    """A stand-in for the vendors. `pace` is ``human`` or ``instant``; `url` is known once it has started.

    `stall` and `slow_start` are seconds of the scenes of that name. `start` and `stop` may be called from any
    thread; `with DemoServer() as server:` does both.
    """

    def __init__(self, *, pace: str = "human", stall: float = 600.0, slow_start: float = 8.0) -> None:
        self.url = ""
        self._timing = Timing(paces=PACES[pace], stall=stall, slow_start=slow_start)
        self._record = Record()
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._patience: Patience | None = None

    @property
    def requests(self) -> tuple[SeenRequest, ...]:
        """The requests seen so far, oldest first."""
        return self._record.requests

    @property
    def problems(self) -> tuple[str, ...]:
        """What was wrong with requests: altered signatures, unanswered tool calls, unknown routes."""
        return self._record.problems

    def wait_requests(self, count: int, timeout: float = 30.0) -> bool:
        """Wait until `count` requests have arrived; False when it took longer than `timeout` seconds."""
        return self._record.wait_requests(count, timeout)

    def wait_hangup(self, count: int = 1, timeout: float = 30.0) -> bool:
        """Wait until clients have closed `count` unfinished answers; False after `timeout` seconds."""
        return self._record.wait_hangups(count, timeout)

    def start(self) -> None:
        """Listen on a free port of the loopback address. Raises `OSError` when that is impossible."""
        if self._thread is not None:
            return
        self._thread = threading.Thread(target=self._run, name="llmmixer-demo", daemon=True)
        self._thread.start()
        self._ready.wait(_START_SECONDS)
        if self._failure is not None or not self.url:
            self._thread.join(_STOP_SECONDS)
            self._thread = None
            raise OSError("the demo server could not be started") from self._failure

    def stop(self) -> None:
        """Close every connection and end the thread. May be called again."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        if self._loop is not None and self._stopping is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._stopping.set)
        thread.join(_STOP_SECONDS)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.stop()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except OSError as error:
            self._failure = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        self._loop, self._stopping = loop, asyncio.Event()

        def connection() -> asyncio.StreamReaderProtocol:
            reader = WatchedReader(loop)
            return asyncio.StreamReaderProtocol(reader, lambda _, writer: self._connected(reader, writer), loop=loop)

        server = await loop.create_server(connection, _HOST, 0, backlog=256)
        try:
            self.url = f"http://{_HOST}:{server.sockets[0].getsockname()[1]}"
            self._ready.set()
            await self._stopping.wait()
        finally:
            server.close()
            for task in self._connections:
                task.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)

    def _connected(self, reader: WatchedReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._converse(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._parted)

    def _parted(self, task: asyncio.Task[None]) -> None:
        """Keep a defect of the stand-in as a problem: on standard error it would tear the screen apart."""
        self._connections.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._record.problem(f"the stand-in failed: {type(error).__name__}: {error}")

    async def _converse(self, reader: WatchedReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until either side closes it."""
        try:
            while (request := await read_request(reader)) is not None:
                if not await self._serve_request(request, reader, writer) or not request.keeps_alive:
                    break
        except BrokenRequest as error:
            self._record.problem(str(error))
            await write_json(writer, 400, {"connection": "close"}, {"error": {"message": str(error)}})
        except ConnectionError:
            writer.transport.abort()
        except asyncio.CancelledError:
            writer.transport.abort()
            raise
        finally:
            writer.close()

    async def _serve_request(self, request: HttpRequest, reader: WatchedReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request, or give up at once when the client does; whether the connection can go on."""
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        seen = SeenRequest(method=request.method, path=target, headers=request.headers, body=request.json())
        self._record.add(seen)
        answering = asyncio.ensure_future(self._answer(request, seen, writer))
        leaving = asyncio.ensure_future(reader.gone.wait())
        hung_up = False
        try:
            await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
            hung_up = not answering.done()
            if hung_up:
                return False
            return answering.result()
        except ConnectionCut:
            return False
        except ConnectionError:
            hung_up = True
            return False
        finally:
            answering.cancel()
            leaving.cancel()
            await asyncio.gather(answering, leaving, return_exceptions=True)
            self._record.close(seen, hung_up=hung_up)

    async def _answer(self, request: HttpRequest, seen: SeenRequest, writer: asyncio.StreamWriter) -> bool:
        request_id = new_id("req")
        wire, counting = _route(request)
        if wire is None:
            self._record.problem(f"no such route: {request.method} {request.url.path}")
            seen.status = 404
            await write_json(writer, 404, {}, {"error": {"message": f"Unknown request URL: {request.url.path}"}})
            return True
        exchange = Exchange(
            method=request.method,
            url=request.url,
            headers=request.headers,
            body=seen.body or {},
            request_id=request_id,
        )
        headers = wire.response_headers(request_id)
        reply = self._consider(wire, exchange, counting=counting)
        if isinstance(reply, HttpAnswer):
            seen.status = reply.status
            await write_json(writer, reply.status, {**headers, **reply.headers}, reply.body)
            return True
        call, script = reply
        if script.slow_start:
            await asyncio.sleep(self._timing.slow_start)
        stream = wire.stream(call, request_id)
        player = Player(stream, script, self._timing)
        seen.status = 200
        if not call.stream:
            await write_json(writer, 200, headers, player.whole())
            return True
        out = ChunkedWriter(writer)
        await out.start({**headers, "content-type": stream.content_type})
        await player.play(out)
        return True

    def _consider(self, wire: WireServer, exchange: Exchange, *, counting: bool) -> HttpAnswer | tuple[Call, Script]:
        """Everything that is decided before the first byte of an answer."""
        key = wire.key(exchange)
        if not key or "invalid" in key:
            return wire.refuse(Refusal.BAD_KEY if key else Refusal.NO_KEY, exchange.request_id)
        if exchange.method == "GET":
            model = unquote(exchange.url.path.partition("/models/")[2]) or None
            if model == MISSING_MODEL:
                return wire.refuse(Refusal.NO_MODEL, exchange.request_id)
            return HttpAnswer(status=200, body=wire.models(model))
        try:
            call = wire.parse(exchange)
        except InvalidRequest as error:
            self._record.problem(f"{wire.wire}: {error}")
            return wire.refuse(Refusal.BAD_REQUEST, exchange.request_id, str(error))
        if call.model == MISSING_MODEL:
            return wire.refuse(Refusal.NO_MODEL, exchange.request_id)
        if counting:
            return HttpAnswer(status=200, body=wire.count(call))
        # the words are many; starting up does not wait for them
        from tui.demo.director import Patience, direct

        if self._patience is None:
            self._patience = Patience()
        script = self._patience.judge(call, direct(call))
        if script.refusal is not None:
            return wire.refuse(script.refusal, exchange.request_id)
        return call, script


def _route(request: HttpRequest) -> tuple[WireServer | None, bool]:
    """The wire a request is for, and whether it only asks for a count of tokens."""
    path = request.url.path.rstrip("/")
    counting = path.endswith(_COUNTERS)
    if request.method == "POST":
        if path.startswith(("/v1/models/", "/v1beta/models/")) and ":" in path:
            return _GEMINI, counting
        return _POSTS.get(path), counting
    if request.method == "GET" and path.startswith(("/v1/models", "/v1beta/models")):
        if "anthropic-version" in request.headers:
            return _ANTHROPIC, False
        if "x-goog-api-key" in request.headers or "key=" in request.url.query or path.startswith("/v1beta"):
            return _GEMINI, False
        return _CHAT, False
    return None, False
