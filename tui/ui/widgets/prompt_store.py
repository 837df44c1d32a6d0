"""Earlier prompts on disk: one JSON line each, readable by their owner alone, secrets masked.

Writing happens on a short-lived thread, never on the event loop; several processes may share the file.
"""

import fcntl
import os
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tui.ui.view.prompt_memory import LIMIT

MAX_ENTRY: Final = 100_000
"""Characters; a longer prompt is remembered in this session only."""
MAX_BYTES: Final = 4 * 1024 * 1024
"""Of the file; the oldest prompts go first."""
_SLACK: Final = 100


class HistoryStore:
    """The file of earlier prompts.

    `on_error` is called on the writing thread with a sentence for the user, once, when the file cannot be written.
    """

    def __init__(self, path: Path, *, on_error: Callable[[str], object] | None = None) -> None:
        self._path = path
        self._on_error = on_error
        self._waiting: deque[tuple[str, float]] = deque()
        self._lock = threading.Lock()
        self._writer: threading.Thread | None = None
        self._lines = 0

    def load(self) -> list[str]:
        """Return the prompts on file, oldest first; damaged lines, such as a torn last one, are skipped."""
        try:
            with self._path.open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - 2 * MAX_BYTES))
                lines = file.read().split(b"\n")
        except OSError:
            return []
        self._lines = len(lines)
        texts = (text for line in lines if (text := _text_of(line)))
        return list(deque(texts, maxlen=LIMIT))

    def append(self, text: str, at: float) -> None:
        """Remember a prompt sent `at` (seconds since the epoch). Returns at once."""
        if len(text) > MAX_ENTRY:
            return
        with self._lock:
            self._waiting.append((text, at))
            if self._writer is None:
                # Not a daemon: a prompt sent right before the program ends is still written.
                self._writer = threading.Thread(target=self._write_waiting, name="prompt-history")
                self._writer.start()

    def flush(self) -> None:
        """Wait until everything appended is on disk."""
        with self._lock:
            writer = self._writer
        if writer is not None:
            writer.join()

    def _write_waiting(self) -> None:
        while True:
            with self._lock:
                batch = list(self._waiting)
                self._waiting.clear()
                if not batch:
                    self._writer = None
                    return
            try:
                self._write(batch)
            except OSError as error:
                report, self._on_error = self._on_error, None
                if report is not None:
                    report(f"Prompts are not saved: {error.strerror or error} ({self._path.name})")

    def _write(self, batch: list[tuple[str, float]]) -> None:
        data = b"".join(_line_of(text, at) for text, at in batch)
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = self._open_locked()
        try:
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":
                data = b"\n" + data  # the last line was torn; do not join it
            _write_all(descriptor, data)
            self._lines += len(batch)
            if self._lines > LIMIT + _SLACK or size + len(data) > MAX_BYTES:
                self._compact(descriptor)
        finally:
            os.close(descriptor)

    def _open_locked(self) -> int:
        while True:
            descriptor = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.fchmod(descriptor, 0o600)
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                if os.path.samestat(os.fstat(descriptor), self._path.stat()):
                    return descriptor
            except FileNotFoundError:
                pass  # another process replaced the file between the two calls; open the new one
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)

    def _compact(self, descriptor: int) -> None:
        size = os.fstat(descriptor).st_size
        lines = [line for line in os.pread(descriptor, size, 0).split(b"\n") if _text_of(line)]
        kept: deque[bytes] = deque()
        total = 0
        for line in reversed(lines[-LIMIT:]):
            total += len(line) + 1
            if total > MAX_BYTES // 2 and kept:
                break
            kept.appendleft(line)
        new = self._path.with_name(f"{self._path.name}.{os.getpid()}.new")
        target = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            _write_all(target, b"\n".join(kept) + b"\n")
        finally:
            os.close(target)
        new.replace(self._path)
        self._lines = len(kept)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _line_of(text: str, at: float) -> bytes:
    import json

    from tui.core.secrets import mask

    return json.dumps({"at": round(at, 3), "text": mask(text)}, ensure_ascii=False).encode() + b"\n"


def _text_of(line: bytes) -> str:
    import json  # on the reading thread, after the first paint

    try:
        entry = json.loads(line)
    except ValueError:
        return ""
    text = entry.get("text") if isinstance(entry, dict) else None
    return text if isinstance(text, str) else ""
