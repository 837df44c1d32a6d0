"""Headless runs with tools, on all four wires: nobody can be asked, and nothing is left running however they end."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import pytest

from tests.cli.running import COMMAND, PATIENCE_S, environment, start
from tui.demo.acting import Move, Plot, Stage, play
from tui.demo.script import Script, ToolCall
from tui.demo.server import DemoServer
from tui.demo.wires.base import Call, Exchange, HttpAnswer, WireServer
from tui.terminal.family import read_process

PANES: Final = ("--pane", "anthropic", "--pane", "openai", "--pane", "gemini", "--pane", "compatible:demo")
SLOW: Final = """
import os, signal, subprocess, sys, time
deaf = "import signal, time; [signal.signal(n, 1) for n in (1, 2, 15)]; print(1, flush=True); time.sleep(300)"
made = [
    subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE, start_new_session=apart)
    for apart in (False, True)
]
for one in made:
    one.stdout.readline()
with open("pids", "a") as file:
    file.write(" ".join(str(pid) for pid in (os.getpid(), *(one.pid for one in made))) + "\\n")
time.sleep(300)
"""


class Theatre(DemoServer):
    """The stand-in; every model plays the plot the last words of the prompt name."""

    def _consider(self, wire: WireServer, exchange: Exchange, *, counting: bool) -> HttpAnswer | tuple[Call, Script]:
        reply = super()._consider(wire, exchange, counting=counting)
        if isinstance(reply, HttpAnswer):
            return reply
        call, _ = reply
        plot = PLOTS[call.asked.split()[-1]]
        return call, play(plot, Stage(wire=call.wire, prompt=call.asked, leads=True), call)


def ask_for_much(stage: Stage) -> Plot:
    """Read what may be read, and try what nobody is there to approve, or what is forbidden."""
    del stage
    results = yield Move(
        say="I act.",
        calls=(
            ToolCall("read_file", {"path": "a.txt"}),
            ToolCall("run_command", {"command": "touch ran"}),
            ToolCall("write_file", {"path": "a.txt", "content": "changed\n"}),
            ToolCall("delete_file", {"path": "a.txt"}),
            ToolCall("read_file", {"path": ".env"}),
        ),
    )
    return "done: " + " ".join("no" if one.refused or one.is_error else "yes" for one in results)


def read_only(stage: Stage) -> Plot:
    """Read twice."""
    del stage
    yield Move(say="One.", calls=(ToolCall("read_file", {"path": "a.txt"}),))
    [found] = yield Move(say="Two.", calls=(ToolCall("search", {"pattern": "first"}),))
    return "found" if "first" in found.text else "not found"


def run_long(stage: Stage) -> Plot:
    """Run what does not end."""
    del stage
    yield Move(say="I wait.", calls=(ToolCall("run_command", {"command": "python3 slow.py"}),))
    return "never said"


PLOTS: Final = {"much": ask_for_much, "read": read_only, "long": run_long}


@pytest.fixture
def theatre() -> Iterator[Theatre]:
    with Theatre(pace="instant") as server:
        yield server


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "a.txt").write_text("first\n", encoding="utf-8")
    (folder / ".env").write_text("WORD=private-words\n", encoding="utf-8")
    (folder / "slow.py").write_text(SLOW, encoding="utf-8")
    return folder


def environ(theatre: Theatre) -> dict[str, str]:
    config = Path(os.environ["LLMMIXER_HOME"]) / "config"
    config.mkdir(parents=True)
    text = f"""
[endpoints.compatible]
base_url = "{theatre.url}/v1"
[trust]
sandbox = "off"
rules = ["allow run_command python3 slow.py"]
"""
    (config / "config.toml").write_text(text, encoding="utf-8")
    return environment(theatre)


def finished(*words: str, env: Mapping[str, str], cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *words], env=dict(env), cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=PATIENCE_S, check=False,
    )  # fmt: skip


def test_what_nobody_can_approve_is_not_done(theatre: Theatre, project: Path) -> None:
    done = finished("-p", "much", *PANES, env=environ(theatre), cwd=project)
    assert done.returncode == 4, done.stderr
    assert done.stdout.count("done: yes no no no no") == 4
    assert sorted(path.name for path in project.iterdir()) == [".env", "a.txt", "slow.py"]
    assert (project / "a.txt").read_text(encoding="utf-8") == "first\n"
    assert "private-words" not in done.stdout + done.stderr
    assert done.stderr.count("needs approval") == 3 * 4
    assert done.stderr.splitlines()[-1].startswith(
        "llmmixer: 12 calls need a person's approval; `llmmixer trust explain"
    )


def test_what_needs_nobody_is_done(theatre: Theatre, project: Path) -> None:
    done = finished("-p", "read", *PANES, env=environ(theatre), cwd=project)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("found") == 4
    assert "not found" not in done.stdout


def test_a_budget_is_kept(theatre: Theatre, project: Path) -> None:
    words = ("-p", "read", *PANES[:2], "--max-budget-usd", "0.000001")
    done = finished(*words, env=environ(theatre), cwd=project)
    assert done.returncode == 3, done.stderr
    assert not [seen for seen in theatre.requests if "messages" in seen.path and "count" not in seen.path]


@contextmanager
def at_work(theatre: Theatre, project: Path, *more: str) -> Iterator[tuple["subprocess.Popen[bytes]", list[int]]]:
    """A run of two panes whose commands have begun, and what these have started."""
    pids = project / "pids"

    def begun() -> list[int]:
        return [int(pid) for pid in pids.read_text(encoding="utf-8").split()] if pids.exists() else []

    with start("-p", "long", *PANES[:4], *more, env=environ(theatre), cwd=project) as process:
        try:
            until(lambda: len(begun()) == 6)
            yield process, begun()
        finally:
            for pid in begun():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def gone(pid: int) -> bool:
    process = read_process(pid)
    return process is None or process.state in "ZX"


ON_LINUX = pytest.mark.skipif(read_process(os.getpid()) is None, reason="without /proc nobody says who is alive")


@ON_LINUX
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)])
def test_a_signal_ends_the_commands_and_all_they_started(
    theatre: Theatre, project: Path, number: signal.Signals, code: int
) -> None:
    with at_work(theatre, project) as (process, started):
        process.send_signal(number)
        assert process.wait(PATIENCE_S) == code
        until(lambda: all(map(gone, started)))


@ON_LINUX
@pytest.mark.parametrize("together", [True, False])
def test_a_second_signal_leaves_nothing_either(theatre: Theatre, project: Path, together: bool) -> None:
    with at_work(theatre, project) as (process, started):
        if together:
            process.send_signal(signal.SIGSTOP)
        process.send_signal(signal.SIGINT)
        if not together:
            until(lambda: gone(started[0]))  # what it started has no parent here any more
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGCONT)
        assert process.wait(PATIENCE_S) in (130, 143)
        until(lambda: all(map(gone, started)))


@ON_LINUX
def test_the_end_of_the_time_ends_the_commands(theatre: Theatre, project: Path) -> None:
    with start("-p", "long", *PANES[:4], "--timeout", "6", env=environ(theatre), cwd=project) as process:
        assert process.wait(PATIENCE_S) == 124
    pids = project / "pids"  # a machine that is very slow has begun nothing
    started = [int(pid) for pid in pids.read_text(encoding="utf-8").split()] if pids.exists() else []
    until(lambda: all(map(gone, started)))


@ON_LINUX
def test_a_reader_that_has_left_does_not_keep_the_run(theatre: Theatre, project: Path) -> None:
    with at_work(theatre, project) as (process, started):
        assert process.stdout is not None
        process.stdout.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 143
        until(lambda: all(map(gone, started)))
