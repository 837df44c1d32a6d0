"""What the kernel knows of a program that may be asking: how its terminal is set, and whether it waits to read from it.

Words on the screen can lie, and look alike; a process that sleeps in read(2) on its terminal does not. Without /proc,
or for processes that may not be looked at, the answer is "unknown".
"""

import os
import stat
import struct
import termios
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from tui.core.record import Record
from tui.terminal.family import PROC, Process, processes, with_descendants


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Evidence(Record):
    """Whether a program asks. None is "unknown" everywhere.

    `asks` is True when a process of the foreground group waits for input from the terminal. `echo` and `canonical`
    are the terminal's settings: a line without echo is a secret, not canonical is a program that takes single keys.
    `program` is the name of who asks. `silent_s` is how long nothing was printed. `watched` is False where it is not
    shown what a process waits for: on some systems never, and after a process was stopped and went on. `relay` says
    that who asks runs a terminal of its own: what is typed there is for programs nobody here can see. `stopped` says
    that nobody is at work, because of a process the system or somebody has stopped: one may not read in the background.
    """

    asks: bool | None = None
    echo: bool | None = None
    canonical: bool | None = None
    program: str = ""
    silent_s: float = 0.0
    watched: bool = True
    relay: bool = False
    stopped: bool = False

    @property
    def secret(self) -> bool:
        """Whether what is typed now would not be shown: a line is read without echo."""
        return self.canonical is True and self.echo is False

    @property
    def raw(self) -> bool:
        """Whether the program takes single keys."""
        return self.canonical is False


class _Calls(NamedTuple):
    """Numbers of the system calls that wait for input, and how they name descriptors."""

    read: frozenset[int]
    poll: frozenset[int]
    select: frozenset[int]
    epoll: frozenset[int]


_GENERIC: Final = _Calls(frozenset({63, 65}), frozenset({73}), frozenset({72}), frozenset({22, 441}))
_CALLS: Final = {
    "x86_64": _Calls(frozenset({0, 19}), frozenset({7, 271}), frozenset({23, 270}), frozenset({232, 281, 441})),
    "aarch64": _GENERIC,
    "riscv64": _GENERIC,
    "loongarch64": _GENERIC,
}
_RESTARTED: Final = frozenset({128, 219})
"""The kernel goes on with an interrupted call; which one, it does not say."""
_TTY: Final = os.makedev(5, 0)
_PTMX: Final = os.makedev(5, 2)
_PTS_MAJORS: Final = range(136, 144)
_POLL_IN: Final = 1
_MOST_THREADS: Final = 16
_MOST_DESCRIPTORS: Final = 256


def terminal_settings(fd: int) -> tuple[bool | None, bool | None]:
    """Return echo and canonical of a pseudo-terminal, from our side of it."""
    try:
        flags = termios.tcgetattr(fd)[3]
    except (OSError, ValueError, termios.error):  # it is closed
        return None, None
    return bool(flags & termios.ECHO), bool(flags & termios.ICANON)


async def gather(fd: int, device: int, silent_s: float, proc: Path = PROC) -> Evidence:
    """Return what is known of the terminal whose our side is `fd` and whose other side has the number `device`."""
    echo, canonical = terminal_settings(fd)
    try:
        group = os.tcgetpgrp(fd) if fd >= 0 else 0
    except OSError:
        group = 0
    look = Look(device, proc)
    if not look.possible:
        return Evidence(echo=echo, canonical=canonical, silent_s=silent_s, watched=False)
    everyone = await processes(proc)
    members = _foreground(everyone, group) if group > 0 else []
    leaders = [process.name for process in members if process.pid == group]
    asks: bool | None = False if members else None
    for process in members:
        waits = look.waits(process.pid)
        if waits:
            return Evidence(
                asks=True,
                echo=echo,
                canonical=canonical,
                program=process.name,
                silent_s=silent_s,
                relay=look.is_relay(process.pid),
            )
        asks = None if waits is None else asks
    watched = asks is not None or not any(look.is_restarted(process.pid) for process in members)
    name = "".join(leaders[:1])
    return Evidence(
        asks=asks,
        echo=echo,
        canonical=canonical,
        program=name,
        silent_s=silent_s,
        watched=watched,
        stopped=asks is False and _is_stopped(everyone, members, group),
    )


def _foreground(everyone: tuple[Process, ...], group: int) -> list[Process]:
    """Return who may read from a terminal: its foreground group, then what that started in sessions of its own.

    The kernel stops other groups of the session, but not readers that left it, as programs run by su do.
    """
    members = [process for process in everyone if process.group == group]
    sessions = {process.session for process in members}
    family = with_descendants(everyone, {process.pid for process in members})
    return members + [process for process in family if process.session not in sessions]


def _is_stopped(everyone: tuple[Process, ...], members: list[Process], group: int) -> bool:
    """Whether each process of a foreground group is stopped, or has started one that is and may wait for it."""
    known = {process.pid: process for process in everyone}
    held: set[int] = set()
    for process in with_descendants(everyone, {process.pid for process in members}):
        if process.state in "Tt":
            above: Process | None = process
            while above is not None and above.pid not in held:
                held.add(above.pid)
                above = known.get(above.parent)
    return bool(held) and all(process.pid in held for process in members if process.group == group)


@cache
def _machine() -> str:
    return os.uname().machine


@dataclass(frozen=True, slots=True)
class Look:
    """Looks at what processes wait for. `device` is the number of the terminal, 0 for any pseudo-terminal."""

    device: int
    proc: Path = PROC
    machine: str = field(default_factory=_machine)

    @property
    def possible(self) -> bool:
        """Whether this system shows it at all."""
        return self.machine in _CALLS and Path(f"{self.proc}/self/syscall").exists()

    def waits(self, pid: int) -> bool | None:
        """Whether one of the process' threads waits for input from the terminal; None when that cannot be seen."""
        try:
            threads = os.listdir(f"{self.proc}/{pid}/task")  # noqa: PTH208 - strings are quicker here
        except OSError:
            return False  # it has ended
        known: bool | None = False
        for thread in threads[:_MOST_THREADS]:
            waits = self._thread_waits(pid, thread)
            if waits:
                return True
            known = None if waits is None else known
        return known

    def is_restarted(self, pid: int) -> bool:
        """Whether the process goes on with an interrupted call, a sleep as well as a wait for input."""
        try:
            return int(Path(f"{self.proc}/{pid}/syscall").read_text(encoding="ascii").split()[0]) in _RESTARTED
        except (OSError, ValueError, IndexError):
            return False

    def is_relay(self, pid: int) -> bool:
        """Whether the process holds our side of another pseudo-terminal: it passes on what it reads."""
        folder = f"{self.proc}/{pid}/fd"
        try:
            names = os.listdir(folder)[:_MOST_DESCRIPTORS]  # noqa: PTH208 - strings are quicker here
        except OSError:
            return False
        for name in names:
            with suppress(OSError):
                found = os.stat(f"{folder}/{name}")  # noqa: PTH116 - strings are quicker here
                if stat.S_ISCHR(found.st_mode) and found.st_rdev == _PTMX:
                    return True
        return False

    def _thread_waits(self, pid: int, thread: str) -> bool | None:
        try:
            words = Path(f"{self.proc}/{pid}/task/{thread}/syscall").read_text(encoding="ascii").split()
            number, arguments = int(words[0]), [int(word, 16) for word in words[1:7]]
        except FileNotFoundError:
            return False
        except OSError:
            return None
        except (ValueError, IndexError):  # "running"
            return False
        if number in _RESTARTED:
            return None
        try:
            return any(self._is_terminal(pid, fd) for fd in self._waited_for(pid, number, arguments))
        except (OSError, ValueError, struct.error, OverflowError):
            return None

    def _waited_for(self, pid: int, number: int, arguments: list[int]) -> Iterator[int]:
        """Yield the descriptors a system call waits to read from."""
        calls = _CALLS[self.machine]
        if number in calls.read:
            yield arguments[0]
        elif number in calls.poll:
            count = min(arguments[1], _MOST_DESCRIPTORS)
            for fd, events, _ in struct.iter_unpack("=ihh", self._memory(pid, arguments[0], count * 8)):
                if events & _POLL_IN and fd >= 0:
                    yield fd
        elif number in calls.select:
            count = min(arguments[0], _MOST_DESCRIPTORS)
            bits = int.from_bytes(self._memory(pid, arguments[1], (count + 7) // 8), "little") if arguments[1] else 0
            yield from (fd for fd in range(count) if bits >> fd & 1)
        elif number in calls.epoll:
            lines = Path(f"{self.proc}/{pid}/fdinfo/{arguments[0]}").read_text(encoding="ascii").splitlines()
            for words in (line.split() for line in lines if line.startswith("tfd:")):
                if int(words[3], 16) & _POLL_IN:
                    yield int(words[1])

    def _memory(self, pid: int, address: int, size: int) -> bytes:
        if not size:
            return b""
        with open(f"{self.proc}/{pid}/mem", "rb", buffering=0) as file:  # noqa: PTH123 - unbuffered, by position
            file.seek(address)
            return file.read(size)

    def _is_terminal(self, pid: int, fd: int) -> bool:
        try:
            found = os.stat(f"{self.proc}/{pid}/fd/{fd}")  # noqa: PTH116 - strings are quicker here
        except FileNotFoundError:
            return False
        if not stat.S_ISCHR(found.st_mode):
            return False
        ours = found.st_rdev == self.device if self.device else os.major(found.st_rdev) in _PTS_MAJORS
        return ours or found.st_rdev == _TTY
