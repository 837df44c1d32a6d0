"""Which process owns something, told from another one that later got the same number."""

import os
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

_STAT_AFTER_NAME_STARTTIME: Final = 19  # field 22 of /proc/PID/stat; counted after the name, which may hold spaces
_DEAD_STATES: Final = frozenset("ZXx")
_DEAD: Final = "dead"


@dataclass(frozen=True, slots=True)
class Owner:
    """A process: its number, its start time, and the boot and PID namespace it runs in.

    `started` and `place` are empty where the system does not say them.
    """

    pid: int
    started: str
    place: str

    def is_alive(self) -> bool:
        """Tell whether this process may still run; what cannot be seen from here (another container) may."""
        here = _place()
        if self.place != here:
            return not self.place or self.place.partition(":")[0] == here.partition(":")[0]
        if self == _own(os.getpid()):
            return True
        if not is_there(self.pid):
            return False
        started = _started(self.pid)
        return started != _DEAD and (not started or started == self.started)

    @property
    def is_visible(self) -> bool:
        """Whether this machine, started once, and this container are the owner's, so that `is_alive` is certain."""
        return self.place == _place()


def this_process() -> Owner:
    """Return the running process; after a fork, the child."""
    return _own(os.getpid())


@lru_cache(maxsize=1)
def _own(pid: int) -> Owner:
    return Owner(pid=pid, started=_started(pid), place=_place())


def is_there(pid: int) -> bool:
    """Tell whether a process of this number runs, whatever it is; one that was not yet buried counts."""
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _started(pid: int) -> str:
    """Return the start time of a process in the system's own words, `dead` for one not yet buried, or ""."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return _DEAD if sys.platform == "linux" else _started_by_ps(pid)
    except OSError:
        return _DEAD if not is_there(pid) else ""
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
