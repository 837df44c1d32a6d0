"""The program as its users start it: a process of its own, talking to a stand-in server of this test."""

import contextlib
import fcntl
import json
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tui.demo.server import DemoServer

COMMAND = (sys.executable, "-m", "tui")
PATIENCE_S = 100.0
KEY = "-".join(("sk", "test", "0123456789" * 4))


@dataclass(frozen=True)
class Done:
    """What a finished process left behind."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


def keys_of(server: DemoServer) -> dict[str, str]:
    """Return keys and addresses by which the vendors are all the stand-in."""
    return {
        "ANTHROPIC_API_KEY": KEY,
        "ANTHROPIC_BASE_URL": server.url,
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": f"{server.url}/v1",
        "GEMINI_API_KEY": KEY,
        "GOOGLE_GEMINI_BASE_URL": server.url,
    }


def environment(server: DemoServer | None = None, **more: str) -> dict[str, str]:
    """The pinned environment of the test, with keys and addresses of the stand-in when there is one."""
    environ = dict(os.environ)
    if server is not None:
        environ |= keys_of(server)
    return environ | more


def run(*words: str, env: Mapping[str, str], cwd: Path, stdin: bytes | None = None) -> Done:
    """Run the program to its end. Without `stdin` its standard input is empty."""
    done = subprocess.run(
        [*COMMAND, *words],
        input=stdin if stdin is not None else b"",
        env=dict(env),
        cwd=cwd,
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    return Done(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))


@contextlib.contextmanager
def start(
    *words: str, env: Mapping[str, str], cwd: Path, stdin: int = subprocess.DEVNULL
) -> "Iterator[subprocess.Popen[bytes]]":
    """Start the program with pipes for its output; whatever happens, it does not outlive the block."""
    process = subprocess.Popen(
        [*COMMAND, *words], env=dict(env), cwd=cwd, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        yield process
    finally:
        process.kill()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()
        process.wait()


def in_terminal(
    *words: str, env: Mapping[str, str], cwd: Path, trigger: Callable[[bytes], bool], answer: bytes
) -> tuple[int, bytes]:
    """Run the program in a pseudo-terminal of 120 by 40; type `answer` once, when `trigger` likes the output so far.

    Returns the exit code and the whole output.
    """
    here, there = pty.openpty()
    fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    process = subprocess.Popen([*COMMAND, *words], env=dict(env), cwd=cwd, stdin=there, stdout=there, stderr=there)
    os.close(there)
    received = b""
    answered = False
    end = time.monotonic() + PATIENCE_S
    try:
        while data := _read(here, end):
            received += data
            if not answered and trigger(received):
                answered = True
                os.write(here, answer)
        return process.wait(max(0.0, end - time.monotonic())), received
    finally:
        os.close(here)
        process.kill()
        process.wait()


def _read(fd: int, end: float) -> bytes:
    if not select.select([fd], [], [], max(0.0, end - time.monotonic()))[0]:
        return b""
    try:
        return os.read(fd, 65_536)
    except OSError:  # Linux says so when the other end is closed
        return b""
