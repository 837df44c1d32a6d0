"""Learning of a child's end without blocking the event loop."""

import asyncio
import os
from collections.abc import Callable
from typing import Final

_POLL_SECONDS: Final = 0.05


class Reaper:
    """Calls `ended(returncode)` once when a child has ended, and reaps it.

    `poll` is that of `subprocess.Popen`: the return code, or None while the child lives. The kernel tells of the end
    by a process descriptor; systems without them are asked twenty times a second.
    """

    def __init__(self, pid: int, poll: Callable[[], int | None], ended: Callable[[int], None]) -> None:
        self._poll = poll
        self._ended = ended
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._fd = _process_descriptor(pid)
        if self._fd is None:
            self._timer = self._loop.call_later(_POLL_SECONDS, self.check)
        else:
            self._loop.add_reader(self._fd, self.check)

    def check(self) -> None:
        """Look whether the child has ended."""
        returncode = self._poll()
        if returncode is not None:
            self.close()
            self._ended(returncode)
        elif self._fd is None:
            self._timer = self._loop.call_later(_POLL_SECONDS, self.check)

    def close(self) -> None:
        """Watch no longer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._fd is not None:
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self._fd = None


def _process_descriptor(pid: int) -> int | None:
    opener = getattr(os, "pidfd_open", None)
    if opener is None:
        return None
    try:
        descriptor: int = opener(pid)
    except OSError:
        return None
    return descriptor
