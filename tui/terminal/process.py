"""A program on a pseudo-terminal: started, fed, resized and ended without ever blocking the event loop."""

import contextlib
import os
import secrets
import signal
import subprocess
import termios
from typing import Any, Final

from tui.terminal.child import Child, Hooks, Started, find_program, not_started, start_in_thread
from tui.terminal.launch import NoTerminalError, TerminalLaunch, terminal_environment
from tui.terminal.outgoing import Outgoing
from tui.terminal.stopping import send_to_group

_IUTF8: Final = 0o40000
_INTERRUPT: Final = b"\x03"
# The new session's leader opens its terminal once by name: that makes it the controlling one, without a fork in Python.
_TAKE_TERMINAL: Final = ': <"$0" && exec "$@"'
_SHELL: Final = "/bin/sh"


class PtyChild(Child):
    """A running program and our side of its terminal."""

    interactive = True

    def __init__(self, started: Started, terminal: Any, mark: str, hooks: Hooks) -> None:
        super().__init__(started, mark, hooks)
        self._terminal = terminal
        self._outgoing = Outgoing(self.fd)

    @property
    def waiting_bytes(self) -> int:
        """How much of what was written the program has not taken yet."""
        return self._outgoing.size

    def write(self, data: bytes) -> None:
        """Send `data` to the program; returns at once."""
        self._outgoing.write(data)

    def resize(self, columns: int, lines: int) -> None:
        """Tell the program another size; it gets SIGWINCH. Nothing happens after its end."""
        if self.fd >= 0:
            with contextlib.suppress(OSError):
                self._terminal.setwinsize(lines, columns)

    def interrupt_through(self) -> bool:
        """Do what the interrupt key does although a paste nobody reads is in its way; False when none is.

        As the terminal does for that key, what waits is forgotten; and nothing happens where it is a key like others.
        """
        if not self._outgoing.size or self.fd < 0:
            return False
        try:
            attributes = termios.tcgetattr(self.fd)
        except termios.error:
            return False
        if not attributes[3] & termios.ISIG or attributes[6][termios.VINTR] != _INTERRUPT:
            return False
        self._outgoing.discard()
        return send_to_group(self.foreground(), signal.SIGINT)

    def foreground(self) -> int:
        """The process group that has the terminal, 0 when there is none."""
        if self.fd < 0:
            return 0
        try:
            return max(0, os.tcgetpgrp(self.fd))
        except OSError:
            return 0

    def interrupt(self) -> None:
        """Send SIGINT to the foreground group; to one that is not ours to signal, by its terminal."""
        if not send_to_group(self.foreground(), signal.SIGINT):
            self.write(_INTERRUPT)

    def _closing(self) -> None:
        self._outgoing.close()


def load_ptyprocess() -> None:
    """Import ptyprocess, for the first time.

    Raises:
        ImportError: it is missing.
    """
    import ptyprocess  # noqa: F401 - loading it is all that is wanted


async def start_pty(launch: TerminalLaunch, *, columns: int, lines: int, hooks: Hooks) -> Child:
    """Start a program on a new pseudo-terminal, off the event loop.

    Raises:
        TerminalError: there is no such program or folder.
        NoTerminalError: the system has no terminal for it.
        ImportError: ptyprocess is missing.
    """
    mark = secrets.token_hex(8)
    terminals: list[Any] = []

    def start() -> Started:
        terminal, started = _start(launch, terminal_environment(launch.env, mark), (lines, columns))
        terminals.append(terminal)
        return started

    return await start_in_thread(
        start,
        lambda started: PtyChild(started, terminals[0], mark, hooks),
        lambda started: PtyChild(started, terminals[0], mark, Hooks(lambda _data: None, lambda _ending: None)),
    )


def _start(launch: TerminalLaunch, env: dict[str, str], size: tuple[int, int]) -> tuple[Any, Started]:
    """Return the ptyprocess object that holds our side, and what was started."""
    import ptyprocess

    program = find_program(launch)
    if not os.access(_SHELL, os.X_OK):
        return _start_by_fork(ptyprocess, launch, env, size)
    try:
        ours, theirs = os.openpty()
    except OSError as error:
        raise NoTerminalError(f"the system gives no pseudo-terminal ({error.strerror})") from error
    terminal = ptyprocess.PtyProcess(0, ours)
    terminal.closed = True  # nothing may call its `close`, which sleeps, waits and kills
    try:
        _prepare(theirs)
        terminal.setwinsize(*size)
        child = subprocess.Popen(  # noqa: S603 - what runs was decided by the caller
            [_SHELL, "-c", _TAKE_TERMINAL, os.ttyname(theirs), program, *launch.argv[1:]],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=launch.cwd,
            env=env,
            start_new_session=True,
        )
        device = os.fstat(theirs).st_rdev
    except (OSError, ValueError) as error:
        terminal.fileobj.close()
        raise not_started(launch, error) from error
    finally:
        os.close(theirs)
    return terminal, Started(pid=child.pid, fd=ours, poll=child.poll, close=terminal.fileobj.close, device=device)


def _prepare(fd: int) -> None:
    """Let the line editor of the kernel erase whole UTF-8 characters."""
    with contextlib.suppress(termios.error):
        attributes = termios.tcgetattr(fd)
        attributes[0] |= _IUTF8
        termios.tcsetattr(fd, termios.TCSANOW, attributes)


def _start_by_fork(
    ptyprocess: Any, launch: TerminalLaunch, env: dict[str, str], size: tuple[int, int]
) -> tuple[Any, Started]:
    """Start with ptyprocess' own fork, for a system without a shell."""
    terminal = ptyprocess.PtyProcess.spawn(list(launch.argv), cwd=str(launch.cwd), env=env, dimensions=size)
    terminal.closed = True
    os.set_inheritable(terminal.fd, False)  # else a later child holds it, and this one never learns of the end

    def poll() -> int | None:
        if terminal.isalive():
            return None
        return -terminal.signalstatus if terminal.signalstatus else int(terminal.exitstatus or 0)

    return terminal, Started(pid=terminal.pid, fd=terminal.fd, poll=poll, close=terminal.fileobj.close)
