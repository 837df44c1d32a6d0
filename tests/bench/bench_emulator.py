"""The terminal emulator: its speed against plain pyte (and bittty where installed), and what hostile input costs."""

import gc
import importlib.util
import statistics
import time
from collections.abc import Callable, Iterator
from itertools import islice

from pyte import ByteStream, Screen

from tests.bench.report import Line, median, ratio
from tests.bench.terminal_workloads import COLUMNS, LINES, WORKLOADS
from tests.terminal.hostile import buffers
from tui.terminal import child
from tui.terminal.emulator import Emulator

SIZE = 400_000
CHUNK = 4095  # what one read of a pseudo-terminal returns at most
HOSTILE = 10_000
Feed = Callable[[bytes], object]


def _pyte() -> Feed:
    return ByteStream(Screen(COLUMNS, LINES)).feed


def _ours() -> Feed:
    return Emulator(COLUMNS, LINES).feed


def _bittty() -> Feed:
    from bittty import Board  # type: ignore[import-not-found]  # a yardstick that need not be there

    feed: Feed = Board(width=COLUMNS, height=LINES).feed_host_data
    return feed


def _rate(engine: Callable[[], Feed], data: bytes) -> float:
    """Megabytes a second of processor time."""
    feed = engine()
    gc.collect()
    begin = time.process_time()
    for at in range(0, len(data), CHUNK):
        feed(data[at : at + CHUNK])
    return len(data) / 1e6 / max(1e-9, time.process_time() - begin)


def _speed(repeats: int) -> Iterator[Line]:
    peers = {"bittty": _bittty} if importlib.util.find_spec("bittty") else {}
    against: dict[str, list[float]] = {"pyte": [], **{name: [] for name in peers}}
    for name, make in WORKLOADS.items():
        data = make(SIZE)
        rates: dict[str, list[float]] = {}
        for _ in range(repeats):
            for engine_name, engine in {"ours": _ours, "pyte": _pyte, **peers}.items():
                rates.setdefault(engine_name, []).append(_rate(engine, data))
        ours = median(rates["ours"])
        for other, ratios in against.items():
            ratios.append(ratio(ours, median(rates[other])))
        goal = 20 if name == "scrolling" else 5
        note = f"{ours:.1f} MB/s, pyte {median(rates['pyte']):.2f}"
        yield Line(f"{name}: feed against pyte", against["pyte"][-1], 3, goal, at_least=True, note=note)
        for other in peers:
            yield Line(f"{name}: feed against {other}", against[other][-1], 1, 1.5, at_least=True)
    mean = statistics.geometric_mean(against["pyte"])
    yield Line("geometric mean against pyte", mean, 5, 10, at_least=True)
    for other in peers:
        yield Line(f"geometric mean against {other}", statistics.geometric_mean(against[other]), 1, 2.5, at_least=True)


def _hostile(columns: int, lines: int, most: float, goal: float) -> Iterator[Line]:
    """Turns of the loop: a read each, small ones where the emulator says that they may be laborious."""
    emulator, turns = Emulator(columns, lines), []
    for buffer in buffers(HOSTILE):
        at = 0
        while at < len(buffer):
            end = at + (child._SMALLEST_READ if emulator.laborious else len(buffer))
            begin = time.thread_time()
            emulator.feed(buffer[at:end])
            turns.append((time.thread_time() - begin) * 1e3)
            emulator.take_replies()
            emulator.take_events()
            at = end
    ordinary = sorted(turns)[int(len(turns) * 0.999)]
    name = f"worst turn of {HOSTILE:,} hostile buffers of 4 KiB at {columns}x{lines}"
    note = f"all but one in a thousand within {ordinary:.1f} ms"
    yield Line(name, max(turns), most, goal, unit="ms", note=note)


def _screens(repeats: int) -> Iterator[Line]:
    dense = WORKLOADS["dense_cells"](80_000)
    emulator = Emulator(COLUMNS, LINES)
    emulator.feed(dense)
    paints, reflows, turns, widths = [], [], [], [61, 80, 133, 80]
    for _ in range(max(5, repeats)):
        begin = time.process_time()
        for y in range(LINES):
            emulator.row(y)
        paints.append((time.process_time() - begin) * 1e3)
    log = Emulator(COLUMNS, LINES)
    for line in islice(WORKLOADS["agent_tui"](3_000_000).splitlines(keepends=True), 12_000):
        log.feed(line)
    for width in widths:
        begin = time.process_time()
        log.resize(LINES, width, later=True)
        turns.append((time.process_time() - begin) * 1e3)
        log.rewrap()
        reflows.append((time.process_time() - begin) * 1e3)
    yield Line("runs of a screen of single cells", median(paints), 10, 4, unit="ms", note="1,920 looks")
    note = f"all of it {max(reflows):.0f} ms, in parts"
    yield Line(f"another width with {log.scrollback:,} rows of scrollback", max(turns), 50, 16, unit="ms", note=note)


def run(repeats: int) -> Iterator[Line]:
    """Yield the lines of this benchmark."""
    yield from _speed(repeats)
    yield from _hostile(COLUMNS, LINES, 50, 15)
    yield from _hostile(200, 60, 100, 40)
    yield from _screens(repeats)
