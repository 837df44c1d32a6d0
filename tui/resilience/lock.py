"""One writer for one conversation: in this process in order of arrival, between processes by an OS file lock.

Beside the lock a record says who holds it: a token, the process with its start time, and a fencing number that grows
with every owner and is never given twice. A living owner is never robbed, however long a model takes; the lock of one
that died is free at once. Whoever writes on behalf of an owner checks the fencing number, so an owner that was
replaced cannot do harm later.
"""

import asyncio
import fcntl
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Self

from tui.core.ids import new_id
from tui.core.owner import Owner, this_process

_RECORD_BYTES: Final = 1_024
_POLL_S: Final = 0.05
_GUARD_TRIES: Final = 40
_live_tokens: set[str] = set()


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds a lock: its process, since when (seconds since the epoch), and the fencing number."""

    owner: Owner
    token: str
    fence: int
    since: float


class LockBusy(Exception):  # noqa: N818 - not a fault: somebody else is at work
    """The lock was not free in time. `holder` is who has it, as far as it is known."""

    def __init__(self, holder: Holder | None) -> None:
        by = f"process {holder.owner.pid}" if holder else "another process"
        super().__init__(f"in use by {by}")
        self.holder = holder


class _Try(StrEnum):
    BUSY = "busy"
    GUARDED = "guarded"


class Held:
    """A lock held. Release it, or use it as a context manager."""

    def __init__(self, lock: "SessionLock", holder: Holder, descriptor: int) -> None:
        self.token = holder.token
        self.fence = holder.fence
        self._lock = lock
        self._holder = holder
        self._descriptor: int | None = descriptor

    def is_current(self) -> bool:
        """Whether this owner is still the one: ask right before writing something that cannot be undone."""
        found = self._lock.holder()
        return self._descriptor is not None and found is not None and found.token == self.token

    def release(self) -> None:
        """Give the lock back; a second time does nothing, and never frees another owner's lock."""
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            self._lock.give_back(self._holder, descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


class SessionLock:
    """The lock of one conversation. A process makes one object for each path and shares it among its tasks.

    Args:
        path: The lock file; a second one, ending in `.guard`, lies beside it. Both are readable by the user alone and
            stay when the lock is free, because they keep the fencing number.
        wall: Seconds since the epoch, for the record that people see.
    """

    def __init__(self, path: Path, wall: Callable[[], float] = time.time) -> None:
        self._path = path
        self._guard = path.with_name(path.name + ".guard")
        self._wall = wall
        self._turn = asyncio.Lock()

    async def acquire(self, timeout_s: float | None = None) -> Held:
        """Wait for the lock and return it.

        Args:
            timeout_s: Longest wait in seconds; None waits for ever, 0 not at all.

        Raises:
            LockBusy: It was not free in time.
            OSError: The file cannot be used.
        """
        if timeout_s == 0 and self._turn.locked():
            raise LockBusy(self.holder())
        try:
            async with asyncio.timeout(timeout_s or None):
                await self._turn.acquire()
                try:
                    return await self._between_processes(patient=timeout_s != 0)
                except BaseException:
                    self._turn.release()
                    raise
        except TimeoutError:
            raise LockBusy(self.holder()) from None

    def holder(self) -> Holder | None:
        """Return who holds the lock by its record, or None. The holder may have died since."""
        records = [record for path in (self._path, self._guard) if (record := _read_path(path))]
        return max(records, key=lambda record: record.fence).holder if records else None

    def give_back(self, holder: Holder, descriptor: int) -> None:
        """Free the lock; `Held` does this. While the file lock is held, nobody else writes the record."""
        try:
            now = self.holder()
            if now is not None and now.token == holder.token:
                free = _Record(holder.fence, None)
                _write(descriptor, free)
                guard = os.open(self._guard, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
                try:
                    _write(guard, free)
                finally:
                    os.close(guard)
        finally:
            _live_tokens.discard(holder.token)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_UN)  # closing alone would not free what a forked child shares
            finally:
                os.close(descriptor)
                self._turn.release()

    async def _between_processes(self, *, patient: bool) -> Held:
        guarded = 0
        while True:
            found = self._try()
            if isinstance(found, Held):
                return found
            guarded = guarded + 1 if found is _Try.GUARDED else 0
            if not patient and (found is _Try.BUSY or guarded > _GUARD_TRIES):
                raise LockBusy(self.holder())
            await asyncio.sleep(_POLL_S if patient else _POLL_S / 5)

    def _try(self) -> Held | _Try:
        """Try once. All decisions are made under the guard, which is held for a moment only."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        guard = _open(self._guard)
        try:
            if not _flock(guard):
                return _Try.GUARDED
            descriptor = _open(self._path)
            try:
                record = max(_read(descriptor), _read(guard), key=lambda item: item.fence)
                descriptor, taken = self._take(descriptor, record)
                if not taken:
                    os.close(descriptor)
                    return _Try.BUSY
                holder = Holder(owner=this_process(), token=new_id("lock"), fence=record.fence + 1, since=self._wall())
                mine = _Record(holder.fence, holder)
                _write(guard, mine)
                _write(descriptor, mine)
            except BaseException:
                os.close(descriptor)
                raise
            _live_tokens.add(holder.token)
            return Held(self, holder, descriptor)
        finally:
            os.close(guard)

    def _take(self, descriptor: int, record: "_Record") -> tuple[int, bool]:
        """Return the descriptor of the lock file and whether its lock was got."""
        if _flock(descriptor):
            return descriptor, not _is_at_work(record.holder)
        if record.holder is None or not _is_dead(record.holder):
            return descriptor, False
        # A child of the dead owner still has its file open and with it the lock: a new file takes the old one's place.
        fresh_path = self._path.with_name(self._path.name + ".new")
        fresh = os.open(fresh_path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(fresh, fcntl.LOCK_EX | fcntl.LOCK_NB)
            fresh_path.replace(self._path)
        except BaseException:
            os.close(fresh)
            raise
        os.close(descriptor)
        return fresh, True


@dataclass(frozen=True, slots=True)
class _Record:
    fence: int = 0
    holder: Holder | None = None


def _is_dead(holder: Holder) -> bool:
    return holder.owner.is_visible and not holder.owner.is_alive()


def _is_at_work(holder: Holder | None) -> bool:
    """Whether a recorded owner certainly lives although the lock was free: some file systems ignore locks."""
    if holder is None or not holder.owner.is_visible or not holder.owner.is_alive():
        return False
    return holder.owner != this_process() or holder.token in _live_tokens


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)


def _flock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read_path(path: Path) -> _Record | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        return _read(descriptor)
    finally:
        os.close(descriptor)


def _read(descriptor: int) -> _Record:
    """Return the record; an empty one where there is none that makes sense (the other file has it too)."""
    try:
        value: dict[str, Any] = json.loads(os.pread(descriptor, _RECORD_BYTES, 0))
        fence = int(value["fence"])
        if value["token"] is None:
            return _Record(fence)
        owner = Owner(int(value["pid"]), str(value["started"]), str(value["place"]))
        return _Record(fence, Holder(owner=owner, token=value["token"], fence=fence, since=float(value["since"])))
    except (ValueError, TypeError, KeyError, RecursionError):
        return _Record()


def _write(descriptor: int, record: _Record) -> None:
    """Write the record in one piece of fixed length, so that a killed process leaves the old one or the new one.

    It need not reach the disk at once: after a power failure no old owner lives on.
    """
    holder = record.holder
    value: dict[str, Any] = {"fence": record.fence, "token": None}
    if holder is not None:
        owner = holder.owner
        value |= {"token": holder.token, "pid": owner.pid, "started": owner.started, "place": owner.place}
        value["since"] = holder.since
    os.pwrite(descriptor, json.dumps(value).encode().ljust(_RECORD_BYTES), 0)
