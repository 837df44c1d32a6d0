"""Reserving and settling money: pairs a second through the ledger against the bare commits they cannot do without."""

import asyncio
import multiprocessing
import os
import sqlite3
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any, Final

from tests.bench.report import Line, median, percentile, ratio
from tests.bench.streaming import BenchError
from tui.config.model import BudgetScope
from tui.core.chat import Usage
from tui.core.clock import SystemClock
from tui.spend.budget import Budget, windows_for
from tui.spend.ledger import Ledger
from tui.spend.prices import Price, Quote, Source
from tui.spend.records import Call, Hold, State
from tui.spend.store import Store

PAIRS, PROCESSES, LONG_LEDGER = 200, 4, 20_000
LIMIT_PICO = 10**18
RATE = 1_000_000
BUDGETS: Final = (
    Budget(name="day", scope=BudgetScope.DAY, limit_pico=LIMIT_PICO),
    Budget(name="month", scope=BudgetScope.MONTH, limit_pico=LIMIT_PICO),
    Budget(name="project", scope=BudgetScope.PROJECT, limit_pico=LIMIT_PICO),
)


def _call() -> Call:
    rates = Price(input=RATE, output=RATE, cache_read=RATE, cache_write_5m=RATE, cache_write_1h=RATE)
    return Call(
        session="s",
        project="/p",
        provider="anthropic",
        model="m",
        input_tokens=1_000,
        max_tokens=4_000,
        quote=Quote(price=rates, source=Source.TABLE, matched_id="m"),
    )


@dataclass(frozen=True, slots=True)
class Run:
    """`count` pairs one after the other: seconds on the clock and of the processor, and how long each hold took."""

    seconds: float
    processor: float
    holds: tuple[float, ...] = ()


async def _pairs(path: Path, count: int) -> Run:
    ledger, holds = Ledger(path, busy_s=60), []
    await ledger.standings(())
    begin, processor = time.perf_counter(), time.process_time()
    for index in range(count):
        windows = windows_for(BUDGETS, session="s", project="/p", provider="anthropic", wall=time.time(), tz=None)
        before = time.perf_counter()
        hold = await ledger.hold(_call(), windows)
        holds.append(time.perf_counter() - before)
        if not isinstance(hold, Hold):
            raise BenchError("a hold was refused")
        await ledger.settle(hold, Usage(input_tokens=900, output_tokens=100), RATE, message_id=str(index))
    run = Run(time.perf_counter() - begin, time.process_time() - processor, tuple(holds))
    await ledger.close()
    return run


def _bare(path: Path, count: int) -> Run:
    """Two commits of one small row each, `count` times, as durable as the ledger's."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = TRUNCATE")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE entry (id INTEGER PRIMARY KEY, cost INTEGER)")
    begin, processor = time.perf_counter(), time.process_time()
    for _ in range(count):
        for statement in ("INSERT INTO entry (cost) VALUES (1)", "UPDATE entry SET cost = 2 WHERE id = 1"):
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(statement)
            connection.execute("COMMIT")
    run = Run(time.perf_counter() - begin, time.process_time() - processor)
    connection.close()
    return run


def _compete(path: str, count: int, ready: Barrier, results: Any) -> None:
    ready.wait()
    results.put(asyncio.run(_pairs(Path(path), count)))


def _together(path: Path, count: int) -> tuple[float, list[float]]:
    """Pairs a second of several processes on one ledger, and how long each hold took."""
    context = multiprocessing.get_context("spawn")
    ready, results = context.Barrier(PROCESSES), context.SimpleQueue()
    processes = [context.Process(target=_compete, args=(str(path), count, ready, results)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    found = [results.get() for _ in processes]
    for process in processes:
        process.join()
    return PROCESSES * count / max(run.seconds for run in found), [hold for run in found for hold in run.holds]


def _fill(path: Path, count: int) -> None:
    """Put `count` settled calls of this month into the ledger, without waiting for the disk."""
    store = Store(path, SystemClock())
    store.connection.execute("PRAGMA synchronous = OFF")
    for _ in range(count):
        hold = store.hold(_call(), ())
        if not isinstance(hold, Hold):
            raise BenchError("a hold was refused")
        store.end(hold, State.SETTLED, Usage(input_tokens=900, output_tokens=100), RATE)
    store.close()


def run(repeats: int) -> Iterator[Line]:
    """Yield the lines of this benchmark."""
    bare, alone, slow, many, waits = [], [], [], [], []
    with tempfile.TemporaryDirectory(dir=os.environ.get("LLMMIXER_BENCH_DIR")) as name:
        folder = Path(name)
        full = folder / "full.sqlite3"
        _fill(full, LONG_LEDGER)
        for index in range(max(3, repeats)):
            bare.append(_bare(folder / f"bare{index}.sqlite3", PAIRS))
            alone.append(asyncio.run(_pairs(folder / f"alone{index}.sqlite3", PAIRS)))
            slow.append(asyncio.run(_pairs(full, PAIRS)))
            together, holds = _together(folder / f"many{index}.sqlite3", PAIRS // PROCESSES)
            many.append(together)
            waits += holds
    note = f"{_rate(alone):.0f} pairs/s; two bare commits {_rate(bare):.0f}/s, the best of each"
    yield Line("time of a pair against two bare commits", ratio(_rate(bare), _rate(alone)), 6, 3, note=note)
    processor = ratio(median(run.processor for run in alone), median(run.processor for run in bare))
    yield Line("CPU of a pair against two bare commits", processor, 8, 5)
    processor = ratio(median(run.processor for run in slow), median(run.processor for run in alone))
    note = f"{_rate(slow):.0f} pairs/s with {LONG_LEDGER:,} calls in the month, against an empty ledger"
    yield Line("CPU of a pair in a long ledger", processor, 1.5, 1.2, note=note)
    yield Line("pairs a second, one process", _rate(alone), unit="/s")
    note = f"p99 of a hold {percentile(waits, 99) * 1e3:.0f} ms"
    yield Line(f"pairs a second, {PROCESSES} processes", max(many), unit="/s", note=note)


def _rate(runs: Iterable[Run]) -> float:
    """Pairs a second of the best run: what disturbs a run only makes it slower."""
    return PAIRS / min(run.seconds for run in runs)
