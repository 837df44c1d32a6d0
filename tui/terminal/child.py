"""A running program whose output we read: what pseudo-terminals and plain pipes have in common."""

import asyncio
import contextlib
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from tui.terminal.ending import Ending, ending_of
from tui.terminal.family import Family, read_process
from tui.terminal.launch import TerminalError, TerminalLaunch
from tui.terminal.reaper import Reaper
from tui.terminal.stopping import end_family, send_to_group

_READ_SIZE: Final = 4096
"""A terminal never gives more at once, and more would keep others waiting."""
_SMALLEST_READ: Final = 256
_TURN_SECONDS: Final = 0.004
"""What showing one read may cost in processor time; while it costs more, less is read at once."""
_HELD_SECONDS: Final = 1.0
"""How long reads stay small after one that cost too much."""
_QUIET_SECONDS: Final = 0.05
_LAST_WORDS_SECONDS: Final = 5.0
"""Of processor time: on a busy machine the last words come slower, and are heard all the same."""
_LAST_WORDS_BYTES: Final = 1 << 17
"""More than a terminal or a pipe holds; what comes after that many is of somebody who lives on."""
_REOPENED_SECONDS: Final = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """What starting gave: our end of the program's output, who polls the child, how to close our end.

    `device` is the number of the program's terminal, 0 when it has none.
    """

    pid: int
    fd: int
    poll: Callable[[], int | None]
    close: Callable[[], None]
    device: int = 0


@dataclass(frozen=True, slots=True)
class Hooks:
    """Who is told: `received` of what the program wrote, `ended` once, after its last byte."""

    received: Callable[[bytes], None]
    ended: Callable[[Ending], None]


class Child:
    """A running program. Made on the event loop, which it never blocks.

    Set `laborious` while what it writes may be a lot of work to show: then it is read in small parts from the first.
    """

    interactive = False
    """Whether keys reach the program."""

    def __init__(self, started: Started, mark: str, hooks: Hooks) -> None:
        self.pid = started.pid
        self.fd = started.fd
        self.device = started.device
        self.ending: Ending | None = None
        self.reason = ""
        leader = read_process(started.pid)
        self._family = Family(started.pid, mark, leader.began if leader else 0)
        self._close = started.close
        self._hooks = hooks
        self._loop = asyncio.get_running_loop()
        self._returncode: int | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._ended_at = 0.0
        self.laborious = False
        self._last_bytes = 0
        self._pauses = 0
        self._most = _READ_SIZE
        self._held_until = 0.0
        os.set_blocking(self.fd, False)
        self._loop.add_reader(self.fd, self._read)
        self._reaper = Reaper(self.pid, started.poll, self._exited)

    @property
    def running(self) -> bool:
        """Whether the program itself has not ended yet."""
        return self._returncode is None

    @property
    def waiting_bytes(self) -> int:
        """How much of what was written the program has not taken yet."""
        return 0

    def write(self, data: bytes) -> None:
        """Send `data` to the program; returns at once."""

    def interrupt_through(self) -> bool:
        """Do what the interrupt key does although a paste nobody reads is in its way; False when none is."""
        return False

    def resize(self, columns: int, lines: int) -> None:
        """Tell the program another size."""

    def foreground(self) -> int:
        """The process group that has the terminal, 0 when there is none."""
        return self.pid if self.running else 0

    def interrupt(self) -> None:
        """Send SIGINT to the foreground group."""
        send_to_group(self.foreground(), signal.SIGINT)

    async def stop(self, reason: str = "", *, daemons: bool = True) -> None:
        """End the program and all it started, whatever it does about it; returns when nobody is left.

        Without `daemons`, what left the program's session on purpose stays, as it would in any other terminal.
        """
        if self.running:
            self.reason = self.reason or reason
        family = self._family if daemons else replace(self._family, mark="")
        await end_family(family, lambda: self.running, self._groups)
        if self._returncode is None:
            self._reaper.check()
        self._finish()

    async def end_leftovers(self) -> None:
        """End what the program left behind after its own end."""
        await end_family(self._family, lambda: False, tuple)

    def _groups(self) -> Iterable[int]:
        return (self.pid, self.foreground())

    def _read(self) -> None:
        """Read once, then all other terminals and the screen get their turn; what is not read waits in the kernel."""
        data = self._take()
        if data:
            self._received(data)
        elif data is not None:
            self._hung_up()

    def _take(self) -> bytes | None:
        """Read what may be shown in one turn; None when there is nothing, no bytes when nobody can write any more."""
        try:
            return os.read(self.fd, _SMALLEST_READ if self.laborious else self._most)
        except (BlockingIOError, InterruptedError):
            return None
        except OSError:  # EIO: nobody holds the other side
            return b""

    def _received(self, data: bytes) -> None:
        """Hand on what was read. What is laborious to show is read in small parts: others get their turn in between."""
        begin = time.thread_time()
        self._hooks.received(data)
        cost = time.thread_time() - begin
        if cost > _TURN_SECONDS:
            self._most = max(_SMALLEST_READ, int(len(data) * _TURN_SECONDS / cost))
            self._held_until = self._loop.time() + _HELD_SECONDS
        elif self._most < _READ_SIZE and cost * 2 < _TURN_SECONDS and self._loop.time() > self._held_until:
            self._most = min(_READ_SIZE, self._most * 2)

    def _hung_up(self) -> None:
        self._loop.remove_reader(self.fd)
        if self._returncode is not None:
            self._finish()
        else:  # the program lives without its terminal, and may open it again
            self._timer = self._loop.call_later(_REOPENED_SECONDS, self._listen_again)

    def _listen_again(self) -> None:
        if self.fd >= 0:
            self._loop.add_reader(self.fd, self._read)

    def _exited(self, returncode: int) -> None:
        self._returncode = returncode
        if self.fd >= 0:
            self._loop.remove_reader(self.fd)
            self._ended_at = time.thread_time()
            self._last_words()

    def _last_words(self) -> None:
        """Receive what was written before the end, but wait for nobody who keeps the terminal open.

        When there was nothing twice, with a moment in between, all of it was there.
        """
        data = self._take()
        self._pauses += data is None
        self._last_bytes += len(data or b"")
        late = time.thread_time() - self._ended_at > _LAST_WORDS_SECONDS or self._last_bytes > _LAST_WORDS_BYTES
        over = data == b"" or late or self._pauses > 1
        if not over:
            pause = 0.0 if data else _QUIET_SECONDS
            self._timer = self._loop.call_later(pause, self._last_words)
        try:
            if data:
                self._received(data)
        finally:
            if over:
                self._finish()

    def _finish(self) -> None:
        """Close our side and tell the end; only the first time."""
        if self.fd < 0:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._reaper.close()
        self._loop.remove_reader(self.fd)
        self._closing()
        self.fd = -1
        self._close()
        self.ending = ending_of(self._returncode, self.reason)
        self._hooks.ended(self.ending)

    def _closing(self) -> None:
        """Let go of what else uses the descriptor."""


def find_program(launch: TerminalLaunch) -> str:
    """Return the full path of the program of `launch`.

    Raises:
        TerminalError: there is no such program or folder.
    """
    if not launch.argv or not launch.argv[0]:
        raise TerminalError("there is no command to run")
    if not launch.cwd.is_dir():
        raise TerminalError(f"there is no folder {launch.cwd}")
    name = launch.argv[0]
    path = str(launch.cwd / name) if "/" in name else name
    found = shutil.which(path, path=launch.env.get("PATH", os.defpath))
    if found is None:
        raise TerminalError(f"there is no program {name}")
    return str(launch.cwd / found)


def not_started(launch: TerminalLaunch, error: OSError | ValueError) -> TerminalError:
    """Say why a program could not be started; a ValueError comes of text that no program can be given."""
    why = error.strerror if isinstance(error, OSError) else "it has characters that cannot be handed over"
    return TerminalError(f"{launch.argv[0]} could not be started: {why}")


async def start_in_thread(
    start: Callable[[], Started], adopt: Callable[[Started], Child], silent: Callable[[Started], Child]
) -> Child:
    """Run `start` off the event loop and return what `adopt` makes of it.

    A thread cannot be stopped: when this is cancelled, what it starts is taken by `silent` and ended at once, also when
    it is cancelled again meanwhile.
    """
    work = asyncio.ensure_future(asyncio.to_thread(start))
    try:
        return adopt(await asyncio.shield(work))
    except asyncio.CancelledError:
        ending = asyncio.ensure_future(_end_what_comes(work, silent))
        while not ending.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.shield(ending)
        raise


async def _end_what_comes(work: "asyncio.Future[Started]", silent: Callable[[Started], Child]) -> None:
    with contextlib.suppress(OSError, ImportError):
        await silent(await work).stop()
