"""What was decided and what ran, written down to stay: one JSON object a line, each sealed with the one before.

A line's `hash` is SHA-256 over the hash of the line before and its own content, so that no line can be changed, taken
out or put in without all later ones saying so. That lines at the end are missing is told by a second file
(`audit_end`). Several programs of one user write to the same file.
"""

import fcntl
import hashlib
import json
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from tui.core.errors import LLMMixerError, Problem
from tui.core.record import Record
from tui.core.secrets import mask_value
from tui.trust.audit_end import End, end_path, read_end, write_end

START: Final = "0" * 64
"""What stands for the line before the first."""
_TAIL_BYTES: Final = 65_536
_LOCK_S: Final = 10.0
_POLL_S: Final = 0.01
_TORN: Final = "torn"
_ENTRY: Final = "entry"
"""The number of an entry, from 1 on."""
_MISSING: Final = "missing"
"""In the entry after a loss: how many entries were at the end before it, and the hash of the last one."""


class AuditError(LLMMixerError):
    """An entry could not be written, or the record not read; `problem` says why."""


class Audit:
    """Appends to the record at `path`; its folder must exist. Safe from several threads and programs."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._size = -1
        self._last = End(entries=0, hash=START)

    def append(self, kind: str, entry: Mapping[str, Any]) -> None:
        """Write one entry, without secrets, and make it last. Blocking.

        Raises `AuditError`; the file is then as before.
        """
        with self._lock:
            try:
                handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
                try:
                    self._append(handle, kind, entry)
                finally:
                    os.close(handle)
            except OSError as error:
                self._size = -1
                raise _failed(self.path, error.strerror or str(error)) from error

    def _append(self, handle: int, kind: str, entry: Mapping[str, Any]) -> None:
        _take_lock(handle, self.path)
        found = os.fstat(handle)
        if found.st_mode & 0o077:
            os.fchmod(handle, 0o600)
        size = found.st_size
        last, torn = (self._last, b"") if size == self._size and size else _end_of(handle, size)
        record = dict(mask_value({name: value for name, value in entry.items() if name not in {_ENTRY, _MISSING}}))
        record[_ENTRY] = last.entries + 1
        lost = read_end(self.path)
        if lost is not None and (lost.entries > last.entries or (lost.entries == last.entries and lost != last)):
            record[_MISSING] = {"entries": lost.entries, "hash": lost.hash}
        record["kind"] = kind
        record["time"] = datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="milliseconds")
        if torn:
            record[_TORN] = hashlib.sha256(torn).hexdigest()
        line, sealed = _sealed(record, last.hash)
        data = (b"\n" if torn else b"") + line
        try:
            _write(handle, data)
            os.fsync(handle)
        except OSError:
            with suppress(OSError):
                os.ftruncate(handle, size)
            raise
        self._size, self._last = size + len(data), End(entries=last.entries + 1, hash=sealed)
        write_end(self.path, self._last)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Examined(Record):
    """What became of the seals: how many entries there are, and each thing that is wrong, with its line."""

    entries: int
    problems: tuple[str, ...]


def verify(path: Path) -> Examined:
    """Check every seal of the record, and that its end is there. A last line that was never finished is no problem.

    Raises `AuditError`.
    """
    end = read_end(path)  # before the lines: who writes meanwhile adds lines first
    last, entries = START, 0
    numbered = reached = False
    problems: list[str] = []
    broken = b""
    for number, raw, whole in _lines(path):
        entry = _parsed(raw)
        if entry is None:
            if whole:
                if broken:
                    problems.append(f"line {number - 1}: no entry, and nothing after it accounts for it")
                broken = raw
            continue
        entries += 1
        problems += _wrong(entry, last, number, broken)
        broken = b""
        last = entry["hash"]
        numbered = _ENTRY in entry
        reached = reached or (end is not None and end == End(entries=entries, hash=last))
    if broken:
        problems.append("the last line: no entry")
    if end is None and numbered:
        problems.append(f"{end_path(path).name} is missing or unreadable: entries at the end may be missing too")
    elif end is not None and not reached:
        missing = end.entries - entries
        told = f"{missing} of {end.entries} entries are missing" if missing > 0 else "the last entries were exchanged"
        problems.append(f"the end: {told}")
    return Examined(entries=entries, problems=tuple(problems))


def _wrong(entry: Mapping[str, Any], last: str, number: int, broken: bytes) -> Iterator[str]:
    """Yield what is wrong with an entry after one with the seal `last` and perhaps the unfinished line `broken`."""
    torn, lost = entry.get(_TORN), entry.get(_MISSING)
    accounted = bool(broken) and torn == hashlib.sha256(broken).hexdigest()
    if broken and not accounted:
        yield f"line {number - 1}: no entry, and nothing after it accounts for it"
    if torn and not accounted:
        yield f"line {number}: an unfinished line before it is missing"
    if _seal(entry, last) != entry["hash"]:
        yield f"line {number}: changed, or a line before it was taken out or put in"
    if isinstance(lost, dict):
        yield f"line {number}: entries before it were taken away; there had been {lost.get('entries')}"


def read(path: Path, count: int | None = None) -> list[dict[str, Any]]:
    """Return the newest `count` entries, all for None, oldest first. Raises `AuditError`."""
    from collections import deque

    kept: deque[dict[str, Any]] = deque(maxlen=count)
    kept.extend(entry for _, raw, _ in _lines(path) if (entry := _parsed(raw)) is not None)
    return list(kept)


def _lines(path: Path) -> Iterator[tuple[int, bytes, bool]]:
    """Yield number, content and whether it was finished of each line; nothing when there is no file."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                yield number, line.removesuffix(b"\n"), line.endswith(b"\n")
    except FileNotFoundError:
        return
    except OSError as error:
        raise _failed(path, error.strerror or str(error)) from error


def _parsed(raw: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) and isinstance(entry.get("hash"), str) else None


def _seal(entry: Mapping[str, Any], before: str) -> str:
    content = {name: value for name, value in entry.items() if name != "hash"}
    return hashlib.sha256(before.encode() + _text(content)).hexdigest()


def _sealed(entry: Mapping[str, Any], before: str) -> tuple[bytes, str]:
    """Return the line of an entry, and its hash."""
    content = {name: value for name, value in entry.items() if name != "hash"}
    content = json.loads(_text(content))  # names and numbers as they will be read back
    seal = _seal(content, before)
    return _text({**content, "hash": seal}) + b"\n", seal


def _text(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=True, separators=(",", ":"), default=str).encode()


def _end_of(handle: int, size: int) -> tuple[End, bytes]:
    """Return where the finished lines end, and what stands after them unfinished."""
    span = _TAIL_BYTES
    while True:
        start = max(0, size - span)
        tail = os.pread(handle, size - start, start)
        body, newline, torn = tail.rpartition(b"\n")
        lines = body.split(b"\n") if newline else []
        if start:
            lines = lines[1:]  # its beginning is not here
        for raw in reversed(lines):
            entry = _parsed(raw)
            if entry is not None:
                number = entry.get(_ENTRY)
                entries = number if isinstance(number, int) and number > 0 else _count(handle, size)
                return End(entries=entries, hash=entry["hash"]), torn
        if not start:
            return End(entries=0, hash=START), torn
        span *= 4


def _count(handle: int, size: int) -> int:
    """Return how many entries there are, where none has a number."""
    whole = os.pread(handle, size, 0)
    return sum(_parsed(raw) is not None for raw in whole.split(b"\n")[:-1])


def _take_lock(handle: int, path: Path) -> None:
    end = time.monotonic() + _LOCK_S
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                raise _failed(path, f"another program has held it for {_LOCK_S:g} s") from None
            time.sleep(_POLL_S)
        else:
            return


def _write(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]


def _failed(path: Path, reason: str) -> AuditError:
    return AuditError(
        Problem(
            title="The audit log cannot be used",
            text=f"{path}: {reason}.",
            hint="Make room, or make the file yours to write; commands that change anything wait for it.",
        )
    )
