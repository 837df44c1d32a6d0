"""The program as its users start it: a process of its own, talking to a stand-in server of this test."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tui.demo.server import DemoServer

COMMAND = (sys.executable, "-m", "tui")
PATIENCE_S = 50.0
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


def environment(server: DemoServer | None = None, **more: str) -> dict[str, str]:
    """The pinned environment of the test, with keys and addresses of the stand-in when there is one."""
    environ = dict(os.environ)
    if server is not None:
        environ |= {
            "ANTHROPIC_API_KEY": KEY,
            "ANTHROPIC_BASE_URL": server.url,
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": f"{server.url}/v1",
            "GEMINI_API_KEY": KEY,
            "GOOGLE_GEMINI_BASE_URL": server.url,
        }
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


def start(*words: str, env: Mapping[str, str], cwd: Path) -> "subprocess.Popen[bytes]":
    """Start the program with pipes for its output and an empty standard input."""
    return subprocess.Popen(
        [*COMMAND, *words],
        env=dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
