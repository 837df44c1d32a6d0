"""Which processes belong to a terminal: its session, the descendants of its leader, and whoever carries its mark."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from tui.terminal.launch import MARKER

PROC: Final = Path("/proc")
_ENVIRON_BYTES: Final = 1 << 17
_SLICE: Final = 32
_KERNEL: Final = 2
_LOOKS: Final = 6
_LOOK_AGAIN_SECONDS: Final = 0.01


class Process(NamedTuple):
    """A row of the process table. `began` is in the kernel's ticks since boot."""

    pid: int
    name: str
    state: str
    parent: int
    group: int
    session: int
    began: int


def parse_stat(text: str) -> Process | None:
    """Read a line of ``/proc/PID/stat``; None when it is not one."""
    try:
        head, _, tail = text.rpartition(")")
        pid, _, name = head.partition(" (")
        fields = tail.split()
        parent, group, session = (int(field) for field in fields[1:4])
        return Process(int(pid), name, fields[0], parent, group, session, int(fields[19]))
    except (ValueError, IndexError):
        return None


async def processes(proc: Path = PROC) -> tuple[Process, ...]:
    """Return every process that can be seen; nothing where there is no /proc.

    Done on the event loop in small slices: a thread would wait for its turn after each of hundreds of reads.
    """
    try:
        names = [name for name in os.listdir(proc) if name.isdigit()]  # noqa: PTH208 - strings are quicker here
    except OSError:
        return ()
    found: list[Process] = []
    for number, name in enumerate(names, 1):
        if (process := read_process(int(name), proc)) is not None:
            found.append(process)
        if number % _SLICE == 0:
            await asyncio.sleep(0)
    return tuple(found)


def read_process(pid: int, proc: Path = PROC) -> Process | None:
    """Return one process; None when it is gone."""
    try:
        with open(f"{proc}/{pid}/stat", encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - as above
            return parse_stat(file.read())
    except OSError:
        return None


@dataclass(frozen=True, slots=True)
class Family:
    """All that a terminal started. `began` is when its leader began, 0 when that is not known."""

    leader: int
    mark: str
    began: int = 0

    async def living(self, proc: Path = PROC) -> tuple[Process, ...]:
        """Return its living members. Without /proc nobody is seen but the leader's own group, by signals.

        A member is who shares the leader's session, descends from a member, or carries the terminal's mark: also a
        process that left the session and lost its parents.
        """
        everyone: list[Process] = []
        members: set[int] = set()
        for _ in range(_LOOKS):
            everyone = [process for process in await processes(proc) if self._may_belong(process)]
            members = set() if self._is_reused(everyone) else self._session(everyone)
            marks = {process.pid: self._is_marked(process, proc) for process in everyone if process.pid not in members}
            members |= {pid for pid, marked in marks.items() if marked}
            if members or None not in marks.values():
                break
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        return with_descendants(everyone, members)

    def _session(self, everyone: list[Process]) -> set[int]:
        return {process.pid for process in everyone if self.leader in (process.session, process.pid)}

    def _is_reused(self, everyone: list[Process]) -> bool:
        """Whether the leader's number is another process' by now, which it can be only when its session is empty."""
        return self.began > 0 and any(one.pid == self.leader and one.began != self.began for one in everyone)

    def _may_belong(self, process: Process) -> bool:
        in_kernel = process.parent == _KERNEL
        return (
            process.began >= self.began and process.state not in "ZX" and not in_kernel and process.pid != os.getpid()
        )

    def _is_marked(self, process: Process, proc: Path) -> bool | None:
        """Whether a process carries the mark; None for one that has no environment, as in the middle of an exec."""
        if not self.mark:
            return False
        try:
            with open(f"{proc}/{process.pid}/environ", "rb") as file:  # noqa: PTH123 - as above
                environ = file.read(_ENVIRON_BYTES)
        except OSError:
            return False
        return f"{MARKER}={self.mark}".encode() in environ.split(b"\0") if environ else None


def with_descendants(everyone: Sequence[Process], members: set[int]) -> tuple[Process, ...]:
    """Return `members`, to which all they started is added, as they stand in `everyone`."""
    children: dict[int, list[int]] = {}
    for process in everyone:
        children.setdefault(process.parent, []).append(process.pid)
    todo = list(members)
    while todo:
        fresh = [pid for pid in children.get(todo.pop(), ()) if pid not in members]
        members.update(fresh)
        todo += fresh
    return tuple(process for process in everyone if process.pid in members)
