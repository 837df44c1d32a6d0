"""Writing without ever blocking: what the other side does not take yet waits in order."""

import asyncio
import os
from collections import deque
from typing import Final

_SLICE: Final = 1 << 16
_RETRY_SECONDS: Final = 0.05
_MOST_WAITING: Final = 64 << 20
"""What is written beyond this is dropped: nobody reads it."""


class Outgoing:
    """Bytes on their way into a non-blocking descriptor."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[memoryview] = deque()
        self._retry: asyncio.TimerHandle | None = None
        self._closed = False
        self.size = 0

    def write(self, data: bytes) -> None:
        """Take `data`; returns at once, whatever the other side does."""
        if self._closed or not data or self.size > _MOST_WAITING:
            return
        self._waiting.append(memoryview(data))
        self.size += len(data)
        if len(self._waiting) == 1:
            self._send()

    def close(self) -> None:
        """Forget what waits; the descriptor is the owner's to close."""
        self._closed = True
        self.discard()

    def discard(self) -> None:
        """Forget what waits."""
        self._waiting.clear()
        self.size = 0
        self._rest()

    def _send(self) -> None:
        """Write one slice, so that a large paste leaves the loop free in between."""
        head = self._waiting[0]
        try:
            count = os.write(self._fd, head[:_SLICE])
        except (BlockingIOError, InterruptedError):
            count = 0
        except OSError:  # nobody reads now; who closed the terminal may open it again
            self.discard()
            return
        self.size -= count
        if count == len(head):
            self._waiting.popleft()
        else:
            self._waiting[0] = head[count:]
        if self._waiting:
            self._await_room()
        else:
            self._rest()

    def _await_room(self) -> None:
        # The kernel does not wake a writer for every kind of room a terminal gets, hence the timer.
        self._loop.add_writer(self._fd, self._send)
        if self._retry is not None:
            self._retry.cancel()
        self._retry = self._loop.call_later(_RETRY_SECONDS, self._send)

    def _rest(self) -> None:
        self._loop.remove_writer(self._fd)
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
