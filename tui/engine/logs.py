"""The log: what happened in a session, for whoever looks for a cause afterwards. Never on stdout or stderr.

Records of every logger, ours and the SDKs', pass one queue to one thread, which masks and writes them. The thread
imports structlog with the first record, so a log costs the first frame nothing.
"""

import asyncio
import contextlib
import copy
import logging
import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tui.core.errors import Problem
from tui.core.events import Notice, NoticeLevel
from tui.engine.bus import Bus, Subscription
from tui.engine.log_records import record_of

_QUIET: Final = ("anthropic", "openai", "google", "google_genai", "httpx", "httpx2", "httpcore", "httpcore2", "urllib3",
                 "opentelemetry", "asyncio", "markdown_it", "genai_prices")  # fmt: skip
"""Loggers whose records below a warning are dropped whatever their level says: they hold requests and answers."""
_FIRST_WAIT: Final = 0.5
_WAIT: Final = 0.1
_LONGEST_CLOSE: Final = 2.0
_EVENTS: Final = "llmmixer.events"


class _Hand(logging.Handler):
    """Hands records to the writing thread, as they are at this moment."""

    def __init__(self, records: "queue.SimpleQueue[logging.LogRecord | None]") -> None:
        super().__init__()
        self._records = records

    def emit(self, record: logging.LogRecord) -> None:
        """Queue a copy of a record; returns at once."""
        if record.levelno < logging.WARNING and record.name.partition(".")[0] in _QUIET:
            return
        record = copy.copy(record)
        try:
            if not isinstance(record.msg, dict):
                record.msg, record.args = record.getMessage(), None
        except Exception as error:  # noqa: BLE001 - a foreign record's arguments may fail in any way
            record.msg, record.args = f"{record.msg} (arguments not shown: {type(error).__name__})", None
        self._records.put(record)


class Logging:
    """A running log. Made by `start_logging`."""

    def __init__(self, path: Path, session: str, notify: Callable[[Problem], None] | None) -> None:
        self.path = path
        self._session = session
        self._notify = notify
        self._records: queue.SimpleQueue[logging.LogRecord | None] = queue.SimpleQueue()
        self._hand = _Hand(self._records)
        self._thread = threading.Thread(target=self._write, name="log-writer", daemon=True)
        self._subscription: Subscription | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._publish: Callable[[Notice], None] | None = None
        self._others: list[logging.Handler] = []
        self._level = logging.WARNING
        self._drained = False
        self._closed = False

    def install(self) -> None:
        """Take every record of this process. Handlers that write elsewhere are set aside until `close`."""
        root = logging.getLogger()
        self._level, self._others = root.level, list(root.handlers)
        for handler in self._others:
            root.removeHandler(handler)
        root.addHandler(self._hand)
        root.setLevel(logging.INFO)
        logging.captureWarnings(True)
        self._thread.start()

    def follow(self, bus: Bus) -> None:
        """Log the bus's events from now on. Call it on the event loop."""
        self._loop = asyncio.get_running_loop()
        self._publish = bus.publish
        self._subscription = bus.subscribe("log", on_wake=self._wake, deltas=False)

    def close(self) -> None:
        """Write what waits and give the loggers back. Takes at most two seconds, however slow the disk."""
        if self._closed:
            return
        self._closed = True
        if self._subscription is not None:
            self._subscription.close()
        self._drain()
        root = logging.getLogger()
        root.removeHandler(self._hand)
        for handler in self._others:
            root.addHandler(handler)
        root.setLevel(self._level)
        logging.captureWarnings(False)
        self._records.put(None)
        self._thread.join(_LONGEST_CLOSE)

    def _wake(self) -> None:
        if self._loop is not None and self._timer is None and not self._loop.is_closed():
            wait = _WAIT if self._drained else _FIRST_WAIT
            self._timer = self._loop.call_later(wait, self._drain)

    def _drain(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._drained = True
        if self._subscription is None:
            return
        logger = logging.getLogger(_EVENTS)
        for event in self._subscription.drain():
            record = record_of(event)
            if record is not None:
                logger.log(record.level, record.event, extra={"llmmixer": record.fields})

    def _write(self) -> None:
        record = self._records.get()
        if record is None:
            return
        from tui.engine import log_file

        log_file.prune(self.path.parent)
        file = log_file.PrivateFile(self.path, self._trouble)
        file.setFormatter(log_file.formatter(self._session))
        while record is not None:
            file.handle(record)
            record = self._records.get()
        file.close()

    def _trouble(self, error: OSError) -> None:
        """Tell the person that nothing is logged. Called on the writing thread."""
        problem = Problem(
            title="Log not written",
            text=f"{self.path}: {error.strerror or error}; the session goes on without it.",
            hint="Free disk space or check the folder's permissions.",
        )
        if self._notify is not None:
            self._notify(problem)
        if self._loop is not None and self._publish is not None:
            notice = Notice(level=NoticeLevel.WARNING, problem=problem)
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to be told
                self._loop.call_soon_threadsafe(self._publish, notice)


def start_logging(state_dir: Path, session: str, *, notify: Callable[[Problem], None] | None = None) -> Logging:
    """Begin to log into ``logs/SESSION.jsonl`` under `state_dir`, readable by its owner alone.

    `notify` is called once, on the writing thread, when the file cannot be written. Call `follow` to log a bus, and
    `close` at the end.
    """
    log = Logging(state_dir / "logs" / f"{session}.jsonl", session, notify)
    log.install()
    return log
