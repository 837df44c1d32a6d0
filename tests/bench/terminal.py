"""Drive a program under a pseudo-terminal and read what it costs from /proc (Linux only).

The harness answers the queries a modern terminal answers (synchronized output, device attributes, cursor report,
colours), so a program paints as it would on a real one.
"""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

# Key probes: one cell wide and in no streamed text, so an occurrence in the output is the answer to the key.
PROBES: Final = [chr(code) for code in (*range(0x0410, 0x0450), *range(0x0100, 0x0149), *range(0x014A, 0x0180))]

_ANSWERS: Final = (
    (b"\x1b[?2026$p", b"\x1b[?2026;2$y"),
    (b"\x1b[c", b"\x1b[?62;22c"),
    (b"\x1b[0c", b"\x1b[?62;22c"),
    (b"\x1b[16t", b"\x1b[6;20;10t"),
    (b"\x1b[14t", b"\x1b[4;1000;1800t"),
    (b"\x1b[6n", b"\x1b[1;1R"),
    (b"\x1b]11;?", b"\x1b]11;rgb:1010/1010/1010\x1b\\"),
    (b"\x1b]10;?", b"\x1b]10;rgb:e0e0/e0e0/e0e0\x1b\\"),
)
_FRAME: Final = b"\x1b[?2026h"
_ESCAPES: Final = re.compile(
    rb"\x1b\[[0-9;:?<>=!]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()][A-Z0-9]|\x1b[=>78]"
)
_READ_SIZE: Final = 1 << 18
_WINDOW: Final = 400_000
_OVERLAP: Final = 24


def without_escapes(data: bytes) -> bytes:
    """`data` without its control sequences."""
    return _ESCAPES.sub(b"", data)


@dataclass(frozen=True, slots=True)
class Program:
    """What to run: its arguments, environment and folder, and the size of its terminal."""

    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    rows: int = 50
    columns: int = 180


@dataclass(slots=True)
class Terminal:
    """A running program; use it as a context manager, which ends the program at the end."""

    program: Program
    quit_keys: bytes = b"\x11"
    started: float = 0.0
    total_bytes: int = 0
    frames: int = 0
    alive: bool = True
    last_data: float = 0.0
    window: bytearray = field(default_factory=bytearray)
    recording: bytearray | None = None
    _pid: int = 0
    _fd: int = -1
    _tail: bytes = b""

    def __enter__(self) -> Self:
        self.started = self.last_data = time.perf_counter()
        self._pid, self._fd = pty.fork()
        if self._pid == 0:
            self._exec()
        self._set_size(self.program.rows, self.program.columns)
        os.set_blocking(self._fd, False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _exec(self) -> None:
        try:
            size = struct.pack("HHHH", self.program.rows, self.program.columns, 0, 0)
            fcntl.ioctl(0, termios.TIOCSWINSZ, size)
            # Without echo a key in the output can only come from the program.
            attributes = termios.tcgetattr(0)
            attributes[3] &= ~termios.ECHO
            termios.tcsetattr(0, termios.TCSANOW, attributes)
            os.chdir(self.program.cwd)
            os.execvpe(self.program.argv[0], list(self.program.argv), dict(self.program.env))  # noqa: S606 - no shell
        finally:
            os._exit(127)

    def _set_size(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, rows: int, columns: int) -> None:
        """Change the terminal's size; the program gets SIGWINCH."""
        self._set_size(rows, columns)

    def pump(self, seconds: float) -> bytes:
        """Read what is there, waiting at most `seconds` for the first byte, and answer queries."""
        ready, _, _ = select.select([self._fd], [], [], max(0.0, seconds))
        if not ready:
            return b""
        try:
            data = os.read(self._fd, _READ_SIZE)
        except BlockingIOError:
            return b""
        except OSError:
            data = b""
        if not data:
            self.alive = False
            return b""
        self.last_data = time.perf_counter()
        self.total_bytes += len(data)
        if self.recording is not None:
            self.recording += data
        self._answer(data)
        self.window += data
        if len(self.window) > _WINDOW:
            del self.window[: _WINDOW // 2]
        return data

    def _answer(self, data: bytes) -> None:
        joined, seen = self._tail + data, len(self._tail)
        self.frames += _new_occurrences(joined, _FRAME, seen)
        for query, answer in _ANSWERS:
            for _ in range(_new_occurrences(joined, query, seen)):
                self.send(answer)
        self._tail = joined[-_OVERLAP:]

    def send(self, keys: bytes | str) -> None:
        """Type `keys`."""
        left = keys.encode() if isinstance(keys, str) else keys
        while left and self.alive:
            try:
                left = left[os.write(self._fd, left) :]
            except BlockingIOError:
                self.pump(0.005)
            except OSError:
                self.alive = False

    def wait_for(self, pattern: bytes, seconds: float, *, plain: bool = False) -> float | None:
        """Return the time `pattern` (a regular expression) came into the output of the recent past, None if never.

        With `plain`, control sequences are removed first.
        """
        expression, end = re.compile(pattern, re.DOTALL), time.perf_counter() + seconds
        while self.alive and time.perf_counter() < end:
            recent = bytes(self.window[-120_000:])
            if expression.search(without_escapes(recent) if plain else recent):
                return self.last_data
            self.pump(0.05)
        return None

    def run_for(self, seconds: float) -> None:
        """Read output for `seconds`."""
        end = time.perf_counter() + seconds
        while self.alive and (left := end - time.perf_counter()) > 0:
            self.pump(min(0.05, left))

    def settle(self, quiet: float = 0.3, limit: float = 20.0) -> float:
        """Wait until there was no output for `quiet` seconds; return the time of the last output."""
        end = time.perf_counter() + limit
        while self.alive and time.perf_counter() < end:
            if not self.pump(0.02) and time.perf_counter() - self.last_data > quiet:
                break
        return self.last_data

    def probe(self, key: str, limit: float = 10.0) -> float:
        """Type one key; return the seconds until it is in the output, or `limit` when it is not."""
        wanted, carry, begin = key.encode(), b"", time.perf_counter()
        self.send(wanted)
        while self.alive and time.perf_counter() - begin < limit:
            data = self.pump(0.05)
            if data and wanted in carry + data:
                return self.last_data - begin
            carry = data[-4:] if data else carry
        return limit

    def pids(self) -> list[int]:
        """The program's processes: itself first, then its descendants."""
        found, waiting = [], [self._pid]
        while waiting:
            pid = waiting.pop()
            found.append(pid)
            for task in _tasks(pid):
                with contextlib.suppress(OSError):
                    waiting += [int(child) for child in (task / "children").read_text().split()]
        return found

    def cpu(self) -> float:
        """Seconds of processor time all its living processes have used."""
        nanoseconds = 0
        for pid in self.pids():
            for task in _tasks(pid):
                with contextlib.suppress(OSError):
                    nanoseconds += int((task / "schedstat").read_text().split()[0])
        return nanoseconds / 1e9

    def resident_bytes(self) -> int:
        """Resident memory of all its processes."""
        kilobytes = 0
        for pid in self.pids():
            with contextlib.suppress(OSError):
                text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
                kilobytes += int(text.partition("VmRSS:")[2].split()[0])
        return kilobytes * 1024

    def maps(self, library: str) -> bool:
        """Whether any of its processes has loaded a shared library whose path contains `library`."""
        for pid in self.pids():
            with contextlib.suppress(OSError):
                if library in Path(f"/proc/{pid}/maps").read_text(encoding="utf-8"):
                    return True
        return False

    def close(self) -> None:
        """Ask the program to quit, then end it and its children."""
        if self._fd < 0:
            return
        self.send(self.quit_keys)
        children = self.pids()[1:]
        for number, patience in ((0, 1.0), (signal.SIGTERM, 0.5), (signal.SIGKILL, 2.0)):
            if number:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self._pid, number)
            if self._gone(patience):
                break
        for pid in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        os.close(self._fd)
        self._fd = -1

    def _gone(self, patience: float) -> bool:
        end = time.perf_counter() + patience
        while time.perf_counter() < end:
            if os.waitpid(self._pid, os.WNOHANG)[0]:
                return True
            if self.alive:
                self.pump(0.02)
            else:
                time.sleep(0.02)
        return False


def _tasks(pid: int) -> Iterator[Path]:
    with contextlib.suppress(OSError):
        yield from Path(f"/proc/{pid}/task").iterdir()


def _new_occurrences(joined: bytes, needle: bytes, seen: int) -> int:
    """How often `needle` is in `joined` and ends after the `seen` bytes that were looked at before."""
    count, at = 0, joined.find(needle)
    while at >= 0:
        count += at + len(needle) > seen
        at = joined.find(needle, at + 1)
    return count
