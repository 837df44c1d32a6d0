"""What the stand-in saw: requests and hang-ups, readable from any thread."""

import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

KEPT_REQUESTS: Final = 256


@dataclass(slots=True, kw_only=True)
class SeenRequest:
    """One HTTP request. Times are of `time.monotonic`; `body` is None when it was no JSON object."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any] | None
    started_at: float = field(default_factory=time.monotonic)
    closed_at: float | None = None
    client_hung_up: bool = False
    status: int | None = None


class Record:
    """Collects requests and problems; every method may be called from any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._requests: deque[SeenRequest] = deque(maxlen=KEPT_REQUESTS)
        self._problems: deque[str] = deque(maxlen=KEPT_REQUESTS)
        self._hangups = 0
        self._count = 0

    @property
    def requests(self) -> tuple[SeenRequest, ...]:
        """The last requests, oldest first."""
        with self._changed:
            return tuple(self._requests)

    @property
    def problems(self) -> tuple[str, ...]:
        """What was wrong with requests."""
        with self._changed:
            return tuple(self._problems)

    def add(self, request: SeenRequest) -> None:
        """A request arrived."""
        with self._changed:
            self._requests.append(request)
            self._count += 1
            self._changed.notify_all()

    def problem(self, text: str) -> None:
        """A request was wrong in a way the real service would refuse."""
        with self._changed:
            self._problems.append(text)
            self._changed.notify_all()

    def close(self, request: SeenRequest, *, hung_up: bool) -> None:
        """A request is over: answered, or given up by the client."""
        with self._changed:
            request.closed_at = time.monotonic()
            request.client_hung_up = hung_up
            self._hangups += hung_up
            self._changed.notify_all()

    def wait_requests(self, count: int, timeout: float) -> bool:
        """Wait until `count` requests have arrived since the start; False when `timeout` seconds were not enough."""
        with self._changed:
            return self._changed.wait_for(lambda: self._count >= count, timeout)

    def wait_hangups(self, count: int, timeout: float) -> bool:
        """Wait until clients have hung up `count` times; False when `timeout` seconds were not enough."""
        with self._changed:
            return self._changed.wait_for(lambda: self._hangups >= count, timeout)
