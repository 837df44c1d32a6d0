"""Running a program to its end: bounded in time and output, and nothing of it is left when it is over."""

import asyncio
import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from tui.tools.output import Collector, Live

_TICK_S: Final = 0.1
"""Between two pieces of live output."""
_BYTES_PER_TICK: Final = 4_000_000
"""A program that prints faster waits, so that it cannot take all of this process' time."""
_READ_BYTES: Final = 262_144
_LAST_READS: Final = 16
"""Enough for what a pipe holds; a process that left the session may write for ever."""
_POLL_S: Final = 0.02
_TERM_GRACE_S: Final = 2.0
"""From SIGTERM to SIGKILL for a command that took too long or was cancelled."""
_REST_GRACE_S: Final = 0.3
"""The same for what a finished command left running."""
_KILL_GRACE_S: Final = 1.0
"""How long killed processes may take to go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """Exactly what is started: no shell is added, nothing of this process' environment is inherited."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """How a program ended: `text` is its output (stdout and stderr in order), cleaned, head and tail of a long one.

    `exit_code` is None when it could not be started or was ended by a signal; `ending` says it in words, such as
    `exit 1`, `ended by SIGKILL`, `timed out after 120 s`. `omitted` counts the bytes left out of the middle.
    """

    text: str
    ending: str
    exit_code: int | None
    seconds: float
    omitted: int = 0
    timed_out: bool = False


async def run_process(
    launch: Launch,
    *,
    timeout: float,  # noqa: ASYNC109 - ends in a result of its own, not in an exception
    on_output: Callable[[str], None] | None = None,
    output_bytes: int = 48_000,
) -> CommandResult:
    """Run a program in its own session without input and wait for its end, at most `timeout` seconds.

    `on_output` gets what it prints, cleaned, about ten times a second. When the program ends, is cancelled or takes
    too long, its whole process group ends with it, and so do processes of its session in other groups. When it is
    ended before its time, so are processes it started in sessions of their own.
    """
    begun = time.monotonic()
    try:
        process, output = _start(launch)
    except (OSError, ValueError) as error:
        return CommandResult(text="", ending=_not_started(launch, error), exit_code=None, seconds=0.0)
    running = _Running(process, output, on_output, output_bytes)
    timed_out = False
    try:
        timed_out = not await running.ended_within(timeout)
    finally:
        await running.close()
    seconds = time.monotonic() - begun
    code = process.returncode
    return CommandResult(
        text=running.collector.text(),
        ending=f"timed out after {timeout:g} s" if timed_out else _ending(code),
        exit_code=code if not timed_out and code >= 0 else None,
        seconds=seconds,
        omitted=running.collector.omitted,
        timed_out=timed_out,
    )


def _start(launch: Launch) -> tuple[subprocess.Popen[bytes], int]:
    """Start the program; return it and the end of the pipe its output comes out of."""
    reading, writing = os.pipe()
    try:
        process = subprocess.Popen(  # noqa: S603 - the caller decided what runs
            launch.argv,
            env=dict(launch.env),
            cwd=launch.cwd,
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=writing,
            start_new_session=True,
        )
    except BaseException:
        os.close(reading)
        raise
    finally:
        os.close(writing)
    os.set_blocking(reading, False)
    return process, reading


def _not_started(launch: Launch, error: Exception) -> str:
    name = launch.argv[0] if launch.argv else "an empty command"
    if isinstance(error, OSError) and error.errno == errno.E2BIG:
        return f"could not start {name}: the command is too long for this system"
    return f"could not start {name}: {error.strerror if isinstance(error, OSError) else error}"


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit {code}"
    with suppress(ValueError):
        return f"ended by {signal.Signals(-code).name}"
    return f"ended by signal {-code}"


class _Running:
    """A started program: takes its output, sees its end, and ends it."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        output: int,
        on_output: Callable[[str], None] | None,
        output_bytes: int,
    ) -> None:
        self.collector = Collector(output_bytes)
        self._process = process
        self._output = output
        self._on_output = on_output
        self._live = Live()
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        self._strays: dict[int, bytes] = {}
        self._watched = _process_descriptor(process.pid)
        if self._watched is not None:
            self._loop.add_reader(self._watched, self._see_end)
        self._taken = 0
        self._at_end = False
        self._reading = False
        _at_work.add(self)
        self._read_on()
        self._timer = self._loop.call_later(_TICK_S, self._tick)

    async def ended_within(self, seconds: float) -> bool:
        """Wait for the program's end; False when it still runs after `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                await self._end()
        except TimeoutError:
            return False
        return True

    async def close(self) -> None:
        """End whatever still runs, take the rest of the output and give every resource back.

        When this is cancelled too, nothing is waited for any more: everything is killed at once.
        """
        try:
            if not self._ended.is_set():
                self._strays = _strays(self._process.pid)
                self._signal(signal.SIGTERM)
                with suppress(TimeoutError):
                    async with asyncio.timeout(_TERM_GRACE_S):
                        await self._end()
            await self._end_rest()
        finally:
            if not self._ended.is_set():
                self._strays |= _strays(self._process.pid)
            self.kill()
            self._release()
            self._reap()
            _at_work.discard(self)

    def kill(self) -> None:
        """Kill what is left, at once."""
        self._signal(signal.SIGKILL)

    async def _end(self) -> None:
        if self._watched is not None:
            await self._ended.wait()
            return
        while self._process.poll() is None:  # noqa: ASYNC110 - this system tells of no end
            await asyncio.sleep(_POLL_S)
        self._ended.set()

    def _see_end(self) -> None:
        if self._watched is not None:
            self._loop.remove_reader(self._watched)
        self._ended.set()

    async def _end_rest(self) -> None:
        """Let what a finished program left behind end by itself for a moment, then end it."""
        for number, seconds in ((signal.SIGTERM, _REST_GRACE_S), (signal.SIGKILL, _KILL_GRACE_S)):
            if not _members(self._process.pid):
                return
            limit = self._loop.time() + seconds
            self._signal(number)
            while _members(self._process.pid) and self._loop.time() < limit:  # noqa: ASYNC110 - not our own children
                await asyncio.sleep(_POLL_S)

    def _signal(self, number: signal.Signals) -> None:
        """Send a signal to the process group, and to other groups of the session.

        The program is not reaped yet where that can be avoided, so its number cannot belong to anybody else.
        """
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)
        for pid, began in self._strays.items():
            if (process := _read_process(pid)) is not None and process.began == began:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, number)
        for _ in range(3):  # a process may start another one while it is looked for
            members = _members(self._process.pid)
            for member in members:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(member, number)
            if not members or number is not signal.SIGKILL:
                return

    def _release(self) -> None:
        self._timer.cancel()
        if self._reading:
            self._loop.remove_reader(self._output)
        # everything that could write is dead or has left the session: what is in the pipe now is all there is
        for _ in range(_LAST_READS):
            if not self._read():
                break
        os.close(self._output)
        if self._watched is not None:
            self._loop.remove_reader(self._watched)
            os.close(self._watched)
        self._show(final=True)

    def _reap(self) -> None:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=0.5)
        if self._process.returncode is None:  # it hangs in the kernel, for instance on a network file system
            threading.Thread(target=self._process.wait, name="reap", daemon=True).start()
            self._process.returncode = -signal.SIGKILL

    def _read_on(self) -> None:
        self._loop.add_reader(self._output, self._on_readable)
        self._reading = True

    def _stop_reading(self) -> None:
        self._loop.remove_reader(self._output)
        self._reading = False

    def _on_readable(self) -> None:
        self._read()
        if self._at_end or self._taken > _BYTES_PER_TICK:
            self._stop_reading()

    def _read(self) -> bool:
        """Take what is there; False at the end of the output, or when nothing is there."""
        try:
            data = os.read(self._output, _READ_BYTES)
        except BlockingIOError:
            return False
        if not data:
            self._at_end = True
            return False
        self._taken += len(data)
        self.collector.feed(data)
        if self._on_output is not None:
            self._live.feed(data)
        return True

    def _tick(self) -> None:
        self._timer = self._loop.call_later(_TICK_S, self._tick)
        self._taken = 0
        if not self._reading and not self._at_end:
            self._read_on()
        self._show()

    def _show(self, *, final: bool = False) -> None:
        if self._on_output is not None and (text := self._live.take(final=final)):
            self._on_output(text)


_at_work: Final[set[_Running]] = set()


def _process_descriptor(pid: int) -> int | None:
    """Return a descriptor that becomes readable when the process ends, None where the system has none."""
    if sys.platform != "linux":
        return None
    try:
        return os.pidfd_open(pid)
    except (OSError, AttributeError):
        return None


class _Process(NamedTuple):
    """A living process; `began` tells it from a later one with the same number."""

    parent: int
    session: int
    began: bytes


def _read_process(pid: int) -> _Process | None:
    with suppress(OSError, ValueError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        if fields[0] not in b"ZX":
            return _Process(int(fields[1]), int(fields[3]), fields[19])
    return None


def _living() -> dict[int, _Process]:
    """Return the living processes; none where there is no /proc."""
    try:
        names = os.listdir("/proc")  # noqa: PTH208 - names are all that is needed, of many processes
    except OSError:
        return {}
    found = ((int(name), _read_process(int(name))) for name in names if name.isdigit())
    return {pid: process for pid, process in found if process is not None}


def _members(session: int) -> list[int]:
    """Return the living processes of a session other than its leader."""
    return [pid for pid, process in _living().items() if process.session == session and pid != session]


def _strays(leader: int) -> dict[int, bytes]:
    """Return what the leader of a session and all below it started in other sessions, and when each began."""
    return {pid: process.began for pid, process in _family(leader).items() if process.session != leader}


def _family(ancestor: int) -> dict[int, _Process]:
    """Return the living processes below another."""
    living = _living()
    children: dict[int, list[int]] = {}
    for pid, process in living.items():
        children.setdefault(process.parent, []).append(pid)
    family, todo = dict[int, _Process](), [ancestor]
    while todo:
        fresh = {pid: living[pid] for pid in children.get(todo.pop(), ()) if pid not in family}
        family |= fresh
        todo += fresh
    return family


def kill_all() -> None:
    """Kill every command and every process below this one: for an end of this program that waits for nothing."""
    family = _family(os.getpid())  # before any of it loses its parents
    for running in _at_work:
        running.kill()
    for pid in family:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
