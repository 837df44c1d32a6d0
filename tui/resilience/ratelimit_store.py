"""The rate limiter's state in a small file that the processes of one user share."""

import fcntl
import json
import os
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from tui.core.owner import Owner
from tui.resilience.ratelimit_state import Call, State, Use

_PAUSE_S: Final = 0.002
_MOST_BYTES: Final = 4_000_000


class StateFile:
    """A file, readable by its owner alone, held by an OS lock for the moment of one change."""

    def __init__(self, path: Path, patience_s: float) -> None:
        self._path = path
        self._patience_s = patience_s

    def lock(self) -> "HeldFile":
        """Lock the file and return it.

        Others hold it for well under a millisecond; one that was stopped in that moment is not waited for.

        Raises:
            OSError: The file cannot be used now.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(self._path, flags, 0o600)
        try:
            _lock(descriptor, self._patience_s)
        except BaseException:
            os.close(descriptor)
            raise
        return HeldFile(descriptor)


def _lock(descriptor: int, patience_s: float) -> None:
    for _ in range(max(1, round(patience_s / _PAUSE_S))):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_PAUSE_S)
        else:
            return
    raise TimeoutError("another process holds the file")


class HeldFile:
    """The locked file."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._read = b""

    def read(self) -> State:
        """Return the state; an empty one when the file holds none that makes sense."""
        try:
            self._read = os.pread(self._descriptor, _MOST_BYTES, 0)
            return _decode(json.loads(self._read)) if self._read.strip() else State()
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return State()

    def write(self, state: State) -> None:
        """Put `state` in place of what the file holds."""
        data = json.dumps(asdict(state), separators=(",", ":")).encode()
        if data == self._read:
            return
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, data, 0)

    def close(self) -> None:
        """Let others have it."""
        os.close(self._descriptor)


def _decode(value: dict[str, Any]) -> State:
    calls = [
        Call(
            id=str(call["id"]),
            tokens=int(call["tokens"]),
            queued=float(call["queued"]),
            owner=Owner(**_owner(call["owner"])),
            started=None if call["started"] is None else float(call["started"]),
        )
        for call in value["calls"]
    ]
    uses = [Use(at=float(use["at"]), requests=int(use["requests"]), tokens=int(use["tokens"])) for use in value["uses"]]
    learned = value["learned_requests"]
    return State(
        calls=calls,
        uses=uses,
        paused_until=float(value["paused_until"]),
        learned_requests=None if learned is None else max(1, int(learned)),
        learned_until=float(value["learned_until"]),
    )


def _owner(value: dict[str, Any]) -> dict[str, Any]:
    return {"pid": int(value["pid"]), "started": str(value["started"]), "place": str(value["place"])}
