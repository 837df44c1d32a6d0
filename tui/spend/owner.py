"""Who reserved money: a process, told from another one that later got the same number. Standard library only."""

import os
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

_STAT_AFTER_NAME_STARTTIME: Final = 19  # field 22 of /proc/PID/stat; counted after the name, which may hold spaces
_DEAD: Final = "dead"
_DEAD_STATES: Final = frozenset("ZXx")


@dataclass(frozen=True, slots=True)
class Owner:
    """A process. `started` tells it from a later one with its number; `place` is the boot and PID namespace it ran in.

    Both are empty where the system does not say them.
    """

    pid: int
    started: str
    place: str

    def is_gone(self) -> bool:
        """Tell whether this process certainly runs no more.

        A process of another container cannot be seen from here and counts as running.
        """
        here = _place()
        if self.place != here:
            return bool(self.place) and self.place.partition(":")[0] != here.partition(":")[0]
        if not _exists(self.pid):
            return True
        started = _started(self.pid)
        return bool(self.started) and started != self.started


@lru_cache(maxsize=1)
def _own(pid: int) -> Owner:
    return Owner(pid=pid, started=_started(pid), place=_place())


def this_process() -> Owner:
    """Return the running process; after a fork, the child."""
    return _own(os.getpid())


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _started(pid: int) -> str:
    """Return the start time of a process as the kernel counts it, `_DEAD` of one not yet buried, "" if unknown."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "" if sys.platform == "linux" else _started_by_ps(pid)
    fields = text.rpartition(")")[2].split()
    return _DEAD if fields[0] in _DEAD_STATES else fields[_STAT_AFTER_NAME_STARTTIME]


def _started_by_ps(pid: int) -> str:
    """Ask `ps` where there is no /proc (macOS, BSD)."""
    import subprocess

    try:
        done = subprocess.run(  # noqa: S603 - a fixed program with a number
            ["/bin/ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return " ".join(done.stdout.split())


@lru_cache(maxsize=1)
def _place() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}:{Path('/proc/self/ns/pid').readlink()}"
    except (OSError, ValueError):
        return ""
