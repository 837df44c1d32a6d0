"""Start-up to the first accepted key against a bare Textual application, and keys while the SDKs load."""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass

from tests.bench.report import Line, median, percentile, ratio
from tests.bench.serve import product, server
from tests.bench.streaming import BenchError, module
from tests.bench.terminal import PROBES, Program, Terminal

LIMIT_SECONDS = 40.0
RETRY_SECONDS = 0.02
WARM_UP_LIMIT_SECONDS = 30.0
# All three SDKs load this extension module of pydantic; nothing else does.
SDK_LIBRARY = "pydantic_core"


@dataclass(slots=True)
class Start:
    """One start: seconds to the first key that shows, processor seconds, resident bytes, whether an SDK was loaded."""

    key: float = 0.0
    cpu: float = 0.0
    resident: int = 0
    sdk_loaded: bool = False


def first_key(terminal: Terminal) -> Start:
    """Type, as soon as there is a screen, a new key every few milliseconds until one of them shows."""
    start, end = Start(), time.perf_counter() + LIMIT_SECONDS
    while terminal.alive and b"\x1b[?1049h" not in terminal.window and time.perf_counter() < end:
        terminal.pump(0.05)
    typed: list[bytes] = []
    keys, next_key = iter(PROBES * 40), 0.0
    while terminal.alive and (now := time.perf_counter()) < end:
        if now >= next_key:
            typed.append(next(keys).encode())
            terminal.send(typed[-1])
            next_key = now + RETRY_SECONDS
        if terminal.pump(0.005) and any(key in terminal.window for key in typed):
            start.key = terminal.last_data - terminal.started
            start.cpu, start.resident = terminal.cpu(), terminal.resident_bytes()
            start.sdk_loaded = terminal.maps(SDK_LIBRARY)
            return start
    raise BenchError(f"no key was accepted; the output ends with {bytes(terminal.window[-1000:])!r}")


def _start(program: Program) -> Start:
    with Terminal(program) as terminal:
        return first_key(terminal)


def _keys_while_loading(program: Program) -> list[float]:
    """Latencies of keys typed at uneven intervals from the first accepted key until the SDKs are loaded."""
    latencies: list[float] = []
    pause, keys = random.Random(11), iter(PROBES * 4)
    with Terminal(program) as terminal:
        first_key(terminal)
        end, still = time.perf_counter() + WARM_UP_LIMIT_SECONDS, 0
        cpu = terminal.cpu()
        while time.perf_counter() < end and still < 3:
            terminal.run_for(pause.uniform(0.05, 0.7))
            latencies.append(terminal.probe(next(keys)))
            used, cpu = terminal.cpu() - cpu, terminal.cpu()
            still = still + 1 if terminal.maps(SDK_LIBRARY) and used < 0.05 else 0
        if not terminal.maps(SDK_LIBRARY):
            raise BenchError("the SDKs were not loaded while the application waited")
    return latencies


def run(repeats: int) -> Iterator[Line]:
    """Yield the lines of this benchmark."""
    bare, ours, demo = [], [], []
    with server() as url:
        _start(module("tests.bench.bare_app"))
        _start(product(url))  # the first start of each fills the caches of the system
        for _ in range(max(3, repeats)):
            bare.append(_start(module("tests.bench.bare_app")))
            ours.append(_start(product(url)))
            demo.append(_start(module("tui", "--demo")))
        warm = [_keys_while_loading(product(url)) for _ in range(repeats)]
    for name, starts, limits in (("", ours, (2.0, 1.6, 1.6, 1.4)), (" (--demo)", demo, (None,) * 4)):
        yield from _compared(name, starts, bare, limits)
    loaded = sum(start.sdk_loaded for start in (*ours, *demo))
    yield Line("starts with an SDK loaded at the first accepted key", loaded, 0, 0, unit="")
    last = median(percentile(latencies, 99) for latencies in warm) * 1e3
    note = f"p50 {median(percentile(latencies, 50) for latencies in warm) * 1e3:.1f} ms"
    yield Line("key p99 while the SDKs load", last, 120, 50, unit="ms", note=note)


def _compared(name: str, ours: list[Start], bare: list[Start], limits: tuple[float | None, ...]) -> Iterator[Line]:
    must_key, goal_key, must_memory, goal_memory = limits
    key, key_bare = (median(start.key for start in starts) for starts in (ours, bare))
    note = f"{key:.2f} against {key_bare:.2f} s"
    yield Line(
        f"first accepted key against a bare application{name}", ratio(key, key_bare), must_key, goal_key, note=note
    )
    cpu, cpu_bare = (median(start.cpu for start in starts) for starts in (ours, bare))
    note = f"{cpu:.2f} against {cpu_bare:.2f} s"
    yield Line(f"CPU until then{name}", ratio(cpu, cpu_bare), must_key, goal_key, note=note)
    memory, memory_bare = (median(start.resident for start in starts) for starts in (ours, bare))
    note = f"{memory / 2**20:.1f} against {memory_bare / 2**20:.1f} MiB"
    yield Line(f"resident memory then{name}", ratio(memory, memory_bare), must_memory, goal_memory, note=note)
