"""HTTP/1.1 for the stand-in: reading requests, writing whole and chunked responses."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

MAX_HEAD_BYTES: Final = 65_536
MAX_BODY_BYTES: Final = 256 * 1024 * 1024
FLUSH_BYTES: Final = 16_384
_REASONS: Final = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    402: "Payment Required",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
    529: "Overloaded",
}


class BrokenRequest(Exception):  # noqa: N818 - a state of the connection, not of the program
    """The client sent what is no HTTP/1.1 request."""


class WatchedReader(asyncio.StreamReader):
    """A stream reader that tells at once when the client closes, without anyone reading."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(limit=MAX_HEAD_BYTES, loop=loop)
        self.gone = asyncio.Event()

    def feed_eof(self) -> None:
        """The client closed its side."""
        super().feed_eof()
        self.gone.set()

    def set_exception(self, exc: Exception) -> None:
        """The connection broke."""
        super().set_exception(exc)
        self.gone.set()


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """A request as received; header names are in lower case."""

    method: str
    url: SplitResult
    headers: Mapping[str, str]
    body: bytes

    @property
    def keeps_alive(self) -> bool:
        """Whether the client wants to use the connection again."""
        return self.headers.get("connection", "").lower() != "close"

    def json(self) -> dict[str, Any] | None:
        """The body as an object, or None."""
        try:
            value = json.loads(self.body or b"{}")
        except ValueError:
            return None
        return value if isinstance(value, dict) else None


async def read_request(reader: asyncio.StreamReader) -> HttpRequest | None:
    """Read one request; None when the client closed between two. Raises `BrokenRequest`."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    except asyncio.LimitOverrunError as error:
        raise BrokenRequest("the request's head is too long") from error
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise BrokenRequest("the first line is no HTTP/1.1 request line")
    headers = {}
    for line in filter(None, lines[1:]):
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    try:
        body = await _read_body(reader, headers)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    except (asyncio.LimitOverrunError, ValueError) as error:
        raise BrokenRequest("the request's body is not well formed") from error
    return HttpRequest(method=words[0], url=urlsplit(words[1]), headers=headers, body=body)


async def _read_body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        parts: list[bytes] = []
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            parts.append(await reader.readexactly(size))
            await reader.readexactly(2)
        while await reader.readuntil(b"\r\n") != b"\r\n":
            continue
        return b"".join(parts)
    length = int(headers.get("content-length", "0"))
    if not 0 <= length <= MAX_BODY_BYTES:
        raise ValueError(length)
    return await reader.readexactly(length)


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Unknown')}", *(f"{k}: {v}" for k, v in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


async def write_json(writer: asyncio.StreamWriter, status: int, headers: Mapping[str, str], value: object) -> None:
    """Send a whole JSON response."""
    body = json.dumps(value, ensure_ascii=False, indent=2).encode("utf-8", "replace")
    about = {**headers, "content-type": "application/json; charset=utf-8", "content-length": str(len(body))}
    writer.write(_head(status, about) + body)
    await writer.drain()


class ChunkedWriter:
    """A response of unknown length. `send` gathers bytes, `flush` puts them on the wire as one chunk."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._waiting: list[bytes] = []
        self._size = 0

    async def start(self, headers: Mapping[str, str]) -> None:
        """Send the head."""
        about = {**headers, "cache-control": "no-cache", "transfer-encoding": "chunked"}
        self._writer.write(_head(200, about))
        await self._writer.drain()

    async def send(self, data: bytes) -> None:
        """Gather `data`; it goes out by itself once there is much of it."""
        if data:
            self._waiting.append(data)
            self._size += len(data)
        if self._size >= FLUSH_BYTES:
            await self.flush()

    async def flush(self) -> None:
        """Send what was gathered and wait until the client has room for more."""
        if self._size:
            self._writer.write(b"%x\r\n%b\r\n" % (self._size, b"".join(self._waiting)))
            self._waiting.clear()
            self._size = 0
            await self._writer.drain()

    async def finish(self) -> None:
        """End the body as it should end."""
        await self.flush()
        self._writer.write(b"0\r\n\r\n")
        await self._writer.drain()
