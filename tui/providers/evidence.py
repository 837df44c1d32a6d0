"""What an error says about itself, read without importing any SDK.

Every SDK describes the same facts in its own way: a status on the exception or in the body of an event that
came with status 200, a code, a type or a status word, a wait in a header or in the body. Here they become one
`Evidence`. Attributes and class names are looked at, never classes, so this file works whether an SDK is
installed, loaded, or neither.
"""

import email.utils
import errno
import math
import re
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final


class Trouble(StrEnum):
    """What went wrong below HTTP, or with the form of an answer."""

    NONE = "none"
    NO_SUCH_HOST = "no_such_host"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    CONNECT_TIMEOUT = "connect_timeout"
    TIMEOUT = "timeout"
    RESET = "reset"
    CERTIFICATE = "certificate"
    BAD_ADDRESS = "bad_address"
    PROXY = "proxy"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEnd:
    """How an answer ended when no exception tells: by an error event, a bad final state, or too early.

    `code` is the provider's error type, code or finish reason; empty when the stream simply stopped without its
    terminal event. `empty` is true when not one event had come.
    """

    code: str = ""
    message: str = ""
    empty: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)
    request_id: str | None = None


class StreamFault(Exception):  # noqa: N818 - it carries how a stream ended, which is not always an error
    """Raised by a translator when a stream's own events say that it failed."""

    def __init__(self, end: StreamEnd) -> None:
        super().__init__(end.code or "the stream ended early", end.message)
        self.end = end


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The facts of a failure. `codes` holds every word the provider used for it, lower-cased."""

    trouble: Trouble = Trouble.NONE
    status: int | None = None
    codes: tuple[str, ...] = ()
    message: str = ""
    retry_after: float | None = None
    request_id: str | None = None
    foreign: bool = False
    """True when the error came from a provider or the network and not from a mistake in this program."""


_NETWORK_ROOTS: Final = frozenset({"httpx2", "httpcore2", "httpx", "httpcore", "aiohttp", "anyio"})
_SDK_ROOTS: Final = frozenset({"anthropic", "openai", "google"})
_UNREACHABLE: Final = frozenset(
    {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.EADDRNOTAVAIL}
)
_RESET: Final = frozenset({errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED, errno.ESHUTDOWN, errno.ENOTCONN})
_BY_CLASS: Final = {
    "ConnectTimeout": Trouble.CONNECT_TIMEOUT,
    "PoolTimeout": Trouble.CONNECT_TIMEOUT,
    "TimeoutException": Trouble.TIMEOUT,
    "APITimeoutError": Trouble.TIMEOUT,
    "ServerTimeoutError": Trouble.TIMEOUT,
    "UnsupportedProtocol": Trouble.BAD_ADDRESS,
    "InvalidURL": Trouble.BAD_ADDRESS,
    "ProxyError": Trouble.PROXY,
    "ConnectError": Trouble.UNREACHABLE,
    "ClientConnectorError": Trouble.UNREACHABLE,
    "NetworkError": Trouble.RESET,
    "ProtocolError": Trouble.RESET,
    "DecodingError": Trouble.MALFORMED,
    "TransportError": Trouble.RESET,
    "HTTPError": Trouble.RESET,
    "ClientError": Trouble.RESET,
    "APIConnectionError": Trouble.UNREACHABLE,
}
_MAX_CHAIN: Final = 12


def read(error: BaseException | StreamEnd) -> Evidence:
    """Return what `error`, with the exceptions behind it, says about itself."""
    if isinstance(error, StreamFault):
        error = error.end
    if isinstance(error, StreamEnd):
        return _read_end(error)
    root = _root(error)
    if root in _SDK_ROOTS and (answered := _read_answer(error)) is not None:
        return answered
    trouble = _trouble(error)
    return Evidence(
        trouble=trouble,
        message=_message(error),
        request_id=_request_id(error),
        foreign=trouble is not Trouble.NONE or root in _NETWORK_ROOTS or root in _SDK_ROOTS,
    )


def _message(error: BaseException) -> str:
    """Return what the network said, if it did: an SDK's own wrapper says no more than "Connection error."."""
    said = (str(link) for link in _chain(error) if _root(link) in _NETWORK_ROOTS)
    return next((text for text in said if text), str(error))


def _root(error: BaseException) -> str:
    return type(error).__module__.partition(".")[0]


def _read_end(end: StreamEnd) -> Evidence:
    detail = dict(end.details)
    return Evidence(
        codes=_words([end.code, detail.get("type"), detail.get("status")]),
        status=_number(end.code),
        message=end.message,
        retry_after=_delay_in_body(detail),
        request_id=end.request_id,
        foreign=True,
    )


def _read_answer(error: BaseException) -> Evidence | None:
    """Read an error the provider itself sent; None when the error is about the way to it."""
    status = _number(getattr(error, "status_code", None)) or _number(getattr(error, "code", None))
    body = getattr(error, "body", None)
    if not isinstance(body, Mapping):
        body = getattr(error, "details", None)
    if status is None and not isinstance(body, Mapping):
        return None
    inner = _inner(body)
    details = inner.get("details")
    words = [inner.get("code"), inner.get("type"), inner.get("status"), inner.get("reason")]
    if isinstance(details, Mapping):
        words.append(details.get("error_code"))
    if isinstance(details, list):
        words += _detail_words(details)
    words += [getattr(error, "code", None), getattr(error, "type", None), getattr(error, "status", None)]
    message = inner.get("message") or getattr(error, "message", None) or str(error)
    headers = getattr(getattr(error, "response", None), "headers", None)
    wait = _delay_in_headers(headers) if isinstance(headers, Mapping) else None
    return Evidence(
        status=status,
        codes=_words(words),
        message=str(message),
        retry_after=_delay_in_body(inner) if wait is None else wait,
        request_id=_request_id(error),
        foreign=True,
    )


def _inner(body: object) -> Mapping[str, Any]:
    """Return the error object of a body: itself, its ``error``, or the first of a list."""
    if isinstance(body, list) and body:
        body = body[0]
    if not isinstance(body, Mapping):
        return {}
    nested = body.get("error")
    if isinstance(nested, Mapping):
        return nested
    return {**body, "message": nested} if isinstance(nested, str) else body


def _detail_words(details: list[Any]) -> Iterator[object]:
    """Yield the reasons and quota names of Google's list of error details."""
    for item in details:
        if not isinstance(item, Mapping):
            continue
        yield item.get("reason")
        violations = item.get("violations")
        for violation in violations if isinstance(violations, list) else ():
            if isinstance(violation, Mapping):
                yield violation.get("quotaId")


def _words(values: list[Any]) -> tuple[str, ...]:
    """Return the distinct words among `values`, lower-cased, in their order."""
    found = (str(value).lower() for value in values if isinstance(value, str) and value)
    return tuple(dict.fromkeys(found))


def _number(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and re.fullmatch(r"[1-5]\d\d", value) else None


def _request_id(error: BaseException) -> str | None:
    found = getattr(error, "request_id", None)
    return found if isinstance(found, str) else None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield `error` and the exceptions behind it, groups opened, the deepest cause last."""
    todo, seen = [error], set[int]()
    while todo and len(seen) < _MAX_CHAIN:
        current = todo.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        if isinstance(current, BaseExceptionGroup):
            todo += current.exceptions
        todo += [behind for behind in (current.__cause__, current.__context__) if behind is not None]


def _trouble(error: BaseException) -> Trouble:
    """Find the most telling exception of the chain: the operating system's first, then a library's class."""
    chain = list(_chain(error))
    for link in chain:
        if (found := _system_trouble(link)) is not Trouble.NONE:
            return found
    for link in chain:
        if _root(link) in _NETWORK_ROOTS and (found := _class_trouble(link)) is not Trouble.NONE:
            return found
    for link in chain:
        if (found := _class_trouble(link)) is not Trouble.NONE:
            return found
    if isinstance(error, ValueError):
        return Trouble.MALFORMED
    return Trouble.NONE


def _system_trouble(error: BaseException) -> Trouble:
    if isinstance(error, ssl.SSLError):
        return Trouble.CERTIFICATE if "certificate" in str(error).lower() else Trouble.RESET
    if isinstance(error, socket.gaierror):
        return Trouble.NO_SUCH_HOST
    if isinstance(error, ConnectionRefusedError):
        return Trouble.REFUSED
    if isinstance(error, OSError) and error.errno is not None:
        if error.errno in _UNREACHABLE:
            return Trouble.UNREACHABLE
        if error.errno in _RESET:
            return Trouble.RESET
    return Trouble.RESET if isinstance(error, ConnectionError) else Trouble.NONE


def _class_trouble(error: BaseException) -> Trouble:
    if isinstance(error, TimeoutError):
        return Trouble.TIMEOUT
    if _root(error) not in _NETWORK_ROOTS | _SDK_ROOTS:
        return Trouble.NONE
    for kind in type(error).__mro__:
        if kind.__name__ in _BY_CLASS:
            return _BY_CLASS[kind.__name__]
    return Trouble.NONE


def _delay_in_headers(headers: Mapping[str, str]) -> float | None:
    """Return the wait a response asks for, in seconds; its date form is taken relative to now."""
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name)
        if not value:
            continue
        try:
            return _sane(float(value) * scale)
        except ValueError:
            parsed = email.utils.parsedate_tz(value)
            if parsed is not None:
                return _sane(email.utils.mktime_tz(parsed) - time.time())
    return None


def _delay_in_body(body: Mapping[str, Any]) -> float | None:
    """Return the wait Google's RetryInfo asks for, such as ``"7s"``."""
    details = body.get("details")
    for item in details if isinstance(details, list) else ():
        delay = item.get("retryDelay") if isinstance(item, Mapping) else None
        if isinstance(delay, str) and re.fullmatch(r"\d+(\.\d+)?s", delay):
            return _sane(float(delay[:-1]))
    return None


def _sane(seconds: float) -> float | None:
    return max(0.0, seconds) if math.isfinite(seconds) else None
