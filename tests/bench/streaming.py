"""One measured stream of any program under a pseudo-terminal: what it costs, and how keys fare meanwhile."""

import os
import random
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from tests.bench import corpus
from tests.bench.report import percentile
from tests.bench.terminal import PROBES, Program, Terminal

ROOT: Final = Path(__file__).resolve().parents[2]
START_KEY: Final = b"\x1b[15~"
PAGE_UP_KEY: Final = b"\x1b[17~"
START_LIMIT_SECONDS: Final = 60.0
KEY_PAUSE_SECONDS: Final = 0.1


class BenchError(Exception):
    """A program under test did not do what a measure waits for."""


@dataclass(slots=True)
class Figures:
    """What one stream cost. `cpu` and `seconds` in seconds, latencies in seconds, `sent` in tokens over all panes."""

    seconds: float = 0.0
    sent: int = 0
    cpu: float = 0.0
    written: int = 0
    frames: int = 0
    idle_keys: list[float] = field(default_factory=list)
    keys: list[float] = field(default_factory=list)
    resident: int = 0
    output: bytes = b""

    @property
    def cpu_ms_per_1k(self) -> float:
        """Processor milliseconds for 1,000 tokens."""
        return self.cpu / max(1, self.sent) * 1e6

    @property
    def tokens_per_second(self) -> float:
        """Tokens shown in a second, all panes together."""
        return self.sent / self.seconds if self.seconds else 0.0

    @property
    def frames_per_second(self) -> float:
        """Synchronized frames in a second."""
        return self.frames / self.seconds if self.seconds else 0.0

    def key(self, percent: float) -> float:
        """A percentile of the key latencies during the stream."""
        return percentile(self.keys, percent)


@cache
def scratch() -> Path:
    """A folder for the homes and inputs of programs under test; gone with the process."""
    folder = tempfile.TemporaryDirectory(prefix="bench-")
    _KEEP.append(folder)
    return Path(folder.name)


_KEEP: list[tempfile.TemporaryDirectory[str]] = []


@cache
def answer_file(count: int, seed: int = 99) -> Path:
    """A file with `count` tokens of the corpus."""
    path = scratch() / f"answer-{seed}-{count}.md"
    path.write_text(corpus.text(count, seed), encoding="utf-8")
    return path


def environment(**more: str) -> dict[str, str]:
    """A plain environment with an empty home: nothing of the developer's own settings or keys."""
    home = Path(tempfile.mkdtemp(dir=scratch()))
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "LLMMIXER_HOME": str(home / "llmmixer"),
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "PYTHONHASHSEED": "0",
        **more,
    }


def module(name: str, *arguments: str, columns: int = 180, variables: Mapping[str, str] | None = None) -> Program:
    """A module of this checkout as a program."""
    argv = [sys.executable, "-m", name, *arguments]
    return Program(argv=argv, env=environment(**(variables or {})), cwd=ROOT, columns=columns)


def reference(
    pane: str,
    *,
    panes: int,
    rate: float,
    tokens: int,
    load: int = 1500,
    columns: int = 180,
    give_up: float = 7.0,
    extra: Sequence[str] = (),
) -> Program:
    """The reference application with `load` tokens in every pane; `tokens` more come at `rate` a second and pane."""
    arguments = [
        "--pane", pane, "--panes", str(panes), "--rate", str(rate), "--tokens", str(tokens),
        "--load", str(answer_file(load)), "--give-up", str(give_up), *extra,
    ]  # fmt: skip
    return module("tests.bench.reference_app", *arguments, columns=columns)


def need(found: float | None, terminal: Terminal, what: str) -> float:
    """`found`, or a `BenchError` that shows the end of what the program wrote."""
    if found is None:
        tail = bytes(terminal.window[-2000:]).decode("utf-8", "replace")
        raise BenchError(f"{what} did not come; the output ends with {tail!r}")
    return found


def stream_reference(program: Program, *, probes: bool = True, record: bool = False, limit: float = 30.0) -> Figures:
    """Run the reference application once through its stream."""
    with Terminal(program) as terminal:
        need(terminal.wait_for(rb"LOADED", START_LIMIT_SECONDS, plain=True), terminal, "LOADED")
        figures = measure(terminal, start=START_KEY, done=rb"DONE (\d+) ", probes=probes, record=record, limit=limit)
        found = re.search(rb"DONE (\d+) ", bytes(terminal.window))
        figures.sent = int(found[1]) if found else 0
        return figures


def measure(
    terminal: Terminal, *, start: bytes, done: bytes, probes: bool = True, record: bool = False, limit: float = 30.0
) -> Figures:
    """Type `start` and watch until `done`, a regular expression, is in the output.

    One key at a time is typed meanwhile, about ten in a second.
    """
    figures, keys = Figures(), iter(PROBES)
    terminal.settle()
    if probes:
        for _ in range(8):
            figures.idle_keys.append(terminal.probe(next(keys)))
            terminal.run_for(0.04)
    terminal.settle()
    terminal.window.clear()
    terminal.recording = bytearray() if record else None
    cpu, written, frames, begin = terminal.cpu(), terminal.total_bytes, terminal.frames, time.perf_counter()
    terminal.send(start)
    end = _watch(terminal, figures, re.compile(done), keys if probes else iter(()), begin + limit)
    figures.seconds = end - begin
    figures.cpu = terminal.cpu() - cpu
    figures.written, figures.frames = terminal.total_bytes - written, terminal.frames - frames
    figures.resident = terminal.resident_bytes()
    figures.output = bytes(terminal.recording or b"")
    terminal.recording = None
    return figures


def _watch(terminal: Terminal, figures: Figures, done: re.Pattern[bytes], keys: Iterator[str], limit: float) -> float:
    """Read output until `done` is in it; return when that was. Latencies of the keys go into `figures`."""
    pause = random.Random(7)
    key, typed, next_key, carry = b"", 0.0, time.perf_counter() + 0.3, b""
    while terminal.alive and (now := time.perf_counter()) < limit:
        if data := terminal.pump(0.01):
            recent = carry + data
            if key and key in recent:
                figures.keys.append(terminal.last_data - typed)
                key, next_key = b"", time.perf_counter() + KEY_PAUSE_SECONDS * (0.5 + pause.random())
            if done.search(recent):
                if key:
                    figures.keys.append(time.perf_counter() - typed)
                return terminal.last_data
            carry = recent[-64:]
        if not key and now >= next_key and (probe := next(keys, "")):
            key, typed = probe.encode(), time.perf_counter()
            terminal.send(key)
    raise BenchError(f"no {done.pattern!r} in the output; it ends with {bytes(terminal.window[-2000:])!r}")
