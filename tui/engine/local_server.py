"""Finding a model server on this machine: one short question over a plain socket, before anything is imported."""

import socket
from typing import Final
from urllib.parse import urlsplit

_MAX_ANSWER: Final = 1 << 20


def local_models(base_url: str, *, connect_s: float = 0.1, answer_s: float = 1.0) -> list[str]:
    """Return the ids an OpenAI-compatible server at `base_url` lists, or an empty list when none answers.

    Asks only addresses of this machine over plain HTTP: an absent local server refuses at once, so that a start
    without one is not delayed.
    """
    url = urlsplit(base_url)
    if url.scheme != "http" or url.hostname not in ("localhost", "127.0.0.1", "::1"):
        return []
    try:
        answer = _get(url.hostname, url.port or 80, url.path.rstrip("/") + "/models", connect_s, answer_s)
        import json  # only where a server answers

        listed = json.loads(answer)["data"]
        return [str(item["id"]) for item in listed]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _get(host: str, port: int, path: str, connect_s: float, answer_s: float) -> bytes:
    with socket.create_connection((host, port), timeout=connect_s) as connection:
        connection.settimeout(answer_s)
        name = f"[{host}]" if ":" in host else host
        head = f"GET {path} HTTP/1.0\r\nHost: {name}:{port}\r\nAccept: application/json\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode("ascii", "ignore"))
        received = bytearray()
        while len(received) < _MAX_ANSWER and (data := connection.recv(65_536)):
            received += data
    status, _, rest = bytes(received).partition(b"\r\n")
    if b" 200" not in status:
        raise ValueError("the server did not answer the list of models")
    headers, _, body = rest.partition(b"\r\n\r\n")
    return _unchunk(body) if b"chunked" in headers.lower() else body


def _unchunk(body: bytes) -> bytes:
    """Return the content of a chunked body; some servers answer HTTP/1.0 requests with one."""
    parts: list[bytes] = []
    while body:
        size_line, _, body = body.partition(b"\r\n")
        size = int(size_line.split(b";")[0], 16)
        if size == 0:
            break
        parts.append(body[:size])
        body = body[size + 2 :]
    return b"".join(parts)
