"""The log's file: JSON lines rendered by structlog, masked last, in a file of the owner's that rotates.

Imported by the writing thread only, so that structlog and `logging.handlers` cost the first frame nothing.
"""

import json
import logging
import os
import sys
import traceback
from collections.abc import Callable, Mapping, MutableMapping
from datetime import UTC, datetime
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, Final

import structlog

from tui.core.secrets import mask, mask_value

FILE_BYTES: Final = 5_000_000
BACKUPS: Final = 4
KEPT_FILES: Final = 60
"""Files of all sessions together that are kept when a new one begins."""


class PrivateFile(RotatingFileHandler):
    """A rotating file that only its owner can read; trouble is told once and never raised or printed."""

    def __init__(self, path: Path, notify: Callable[[OSError], None]) -> None:
        super().__init__(path, maxBytes=FILE_BYTES, backupCount=BACKUPS, encoding="utf-8", delay=True, errors="replace")
        self._notify = notify
        self._failing = False
        self._whole: int | None = None

    def _open(self) -> TextIOWrapper:
        path = Path(self.baseFilename)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        return TextIOWrapper(os.fdopen(file, "ab"), encoding="utf-8", errors="replace")

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        self._whole = None if self.stream is None else os.fstat(self.stream.fileno()).st_size
        super().emit(record)
        self._failing = self._failing and self.stream is None

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name of the standard library
        """Tell about trouble once; the record is lost, the application goes on."""
        error = _current_error()
        if self.stream is not None:
            stream, self.stream = self.stream, None
            _close(stream)
            self._cut()
        if isinstance(error, OSError) and not self._failing:
            self._notify(error)
        elif not isinstance(error, OSError):
            record.msg, record.args, record.exc_info = f"record not written: {type(error).__name__}", None, None
            if not getattr(record, "llmmixer_failed", False):
                record.llmmixer_failed = True
                self.emit(record)
        self._failing = True

    def _cut(self) -> None:
        """Remove a line that is not whole."""
        try:
            if self._whole is not None:
                os.truncate(self.baseFilename, self._whole)
        except OSError:
            return  # what was wrong has been told


def _current_error() -> BaseException | None:
    return sys.exc_info()[1]


def _close(stream: TextIOWrapper) -> None:
    try:
        stream.close()
    except OSError:
        return  # a full disk fails again when the rest is flushed; it has been told


def prune(folder: Path, keep: int = KEPT_FILES) -> None:
    """Remove the oldest log files but the newest `keep`."""
    files: list[tuple[float, Path]] = []
    for path in folder.glob("*.jsonl*"):
        try:
            files.append((path.stat().st_mtime, path))
        except OSError:
            continue  # another session removed it
    for _, path in sorted(files, reverse=True)[keep:]:
        try:
            path.unlink()
        except OSError:
            continue


def formatter(session: str) -> logging.Formatter:
    """Return the formatter that makes one masked JSON line of a record of any logger."""

    def identify(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["session"] = session
        return event

    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.add_log_level, structlog.stdlib.add_logger_name, _add_fields],
        processors=[identify, _add_origin, _render],
    )


def _add_fields(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    record: logging.LogRecord = event["_record"]
    fields: Mapping[str, Any] = getattr(record, "llmmixer", {})
    for name, value in fields.items():
        event.setdefault(name, value)
    return event


def _add_origin(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Add time and exception; the record itself and structlog's marks do not belong into the file."""
    record: logging.LogRecord = event.pop("_record")
    event.pop("_from_structlog", None)
    event["at"] = _stamp(record.created)
    error = event.pop("exc_info", None) or record.exc_info
    if isinstance(error, tuple) and error[1] is not None:
        event["error"] = error[1]
        event["trace"] = "".join(traceback.format_exception(error[1]))
    return event


def _stamp(created: float) -> str:
    return datetime.fromtimestamp(created, UTC).isoformat(timespec="milliseconds")


_FIRST: Final = ("at", "level", "event", "session", "pane", "turn", "attempt")


def _render(_: Any, __: str, event: MutableMapping[str, Any]) -> str:
    """Mask at any depth, then write as JSON, then mask the line once more."""
    ordered = {name: event[name] for name in _FIRST if name in event} | dict(event)
    line = json.dumps(mask_value(ordered), ensure_ascii=False, separators=(",", ":"))
    again = mask(line)
    if again != line:
        try:
            json.loads(again)
        except ValueError:
            again = json.dumps({"at": ordered["at"], "event": again}, ensure_ascii=False)
    return again
