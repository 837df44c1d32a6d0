"""The journal: every event but the deltas, and every completed message, as one JSON line each.

The file belongs to one session, is readable by its owner alone, and only ever grows by whole lines: a line that
could not be written whole is cut off again and retried, so a full disk loses nothing once there is room.
"""

import asyncio
import contextlib
import json
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from tui.core.clock import Clock
from tui.core.errors import Problem
from tui.core.events import Event, Notice, NoticeLevel, SessionEnded, TurnFinished, to_json
from tui.core.secrets import mask
from tui.engine.bus import Bus
from tui.resilience.lock import Held, SessionLock

_MAX_UNWRITTEN: Final = 10_000
_LOCK_S: Final = 5.0
_GATHER_S: Final = 0.02
"""How long events are gathered for one write; the end of a turn is written at once."""


class Journal:
    """Writes a session's events from the bus to its file, off the event loop."""

    def __init__(self, path: Path, bus: Bus, clock: Clock) -> None:
        self.path = path
        self._bus = bus
        self._clock = clock
        self._subscription = bus.subscribe("journal", deltas=False)
        self._task: asyncio.Task[None] | None = None
        self._file: int | None = None
        self._unwritten: list[str] = []
        self._failing = False
        self._lock = SessionLock(path.with_suffix(".lock"), clock.wall)
        self._held: Held | None = None

    async def start(self) -> None:
        """Begin to write, as the only writer of this conversation."""
        with contextlib.suppress(OSError):  # what is wrong with the folder is told when the first line is written
            self._held = await self._lock.acquire(_LOCK_S)
        self._task = asyncio.get_running_loop().create_task(self._run(), name="journal")

    async def close(self) -> None:
        """Write what waits and close the file. The bus must be closed before, or nothing ends the waiting."""
        if self._task is not None:
            self._subscription.close()
            await self._task
        if self._file is not None:
            os.close(self._file)
            self._file = None
        if self._held is not None:
            self._held.release()
            for path in (self.path.with_suffix(".lock"), self.path.with_suffix(".lock.guard")):
                path.unlink(missing_ok=True)  # no other session writes this conversation, so no number is to be kept

    async def _run(self) -> None:
        while batch := await self._subscription.get():
            if not _ends_something(batch) and not self._subscription.closed:
                await asyncio.sleep(_GATHER_S)
                batch += self._subscription.drain()
            await self._save(batch, durable=_ends_something(batch))
        if self._unwritten:
            await self._save([], durable=True)

    async def _save(self, batch: Sequence[Event], *, durable: bool) -> None:
        try:
            await asyncio.to_thread(self._write, batch, self._clock.wall(), durable)
        except OSError as error:
            self._report(error)
        else:
            self._failing = False

    def _write(self, batch: Sequence[Event], now: float, durable: bool) -> None:
        """Runs in a thread: masking a long answer takes longer than a frame."""
        self._unwritten += [line_of(event, now) for event in batch]
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = os.open(self.path, os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o600)
        lines = self._unwritten
        data = "".join(lines).encode("utf-8", "replace")
        start = os.fstat(self._file).st_size
        try:
            _write_all(self._file, data)
            if durable:
                os.fsync(self._file)
        except OSError:
            os.ftruncate(self._file, start)
            raise
        self._unwritten = []

    def _report(self, error: OSError) -> None:
        del self._unwritten[:-_MAX_UNWRITTEN]
        if self._failing:
            return
        self._failing = True
        problem = Problem(
            title="Journal not written",
            text=f"{self.path}: {error.strerror or error}; entries are kept in memory and tried again.",
            hint="Free disk space or check the folder's permissions.",
        )
        self._bus.publish(Notice(level=NoticeLevel.WARNING, problem=problem))


def _ends_something(batch: Sequence[Event]) -> bool:
    return any(isinstance(event, TurnFinished | SessionEnded) for event in batch)


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def line_of(event: Event, wall: float) -> str:
    """Return the journal line of an event at `wall` seconds since the epoch, secrets masked, newline included."""
    stamp = datetime.fromtimestamp(wall, UTC).isoformat(timespec="milliseconds")
    return json.dumps(_masked({"at": stamp, **to_json(event)}, {}), ensure_ascii=False, separators=(",", ":")) + "\n"


def _masked(value: Any, seen: dict[str, str]) -> Any:
    """Return a masked copy; `seen` remembers texts, since a message carries its answer in two forms."""
    if isinstance(value, str):
        if value not in seen:
            seen[value] = mask(value)
        return seen[value]
    if isinstance(value, Mapping):
        return {mask(str(key)): _masked(item, seen) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [_masked(item, seen) for item in value]
    return value


def read_journal(path: Path) -> list[dict[str, Any]]:
    """Return a journal's entries; a last line torn by a crash is left out.

    Raises `ValueError` naming the line when any other line is not a JSON object.
    """
    entries: list[dict[str, Any]] = []
    lines = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines, start=1):
        if not line:
            continue
        try:
            entries.append(dict(json.loads(line)))
        except (TypeError, ValueError) as error:
            if number == len(lines):
                break
            raise ValueError(f"{path}:{number}: not a JSON object") from error
    return entries
