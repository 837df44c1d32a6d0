"""Cost against length: one pane with a thousand tokens against one with a million."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.bench.report import Line, median, percentile, ratio
from tests.bench.streaming import (
    PAGE_UP_KEY,
    START_KEY,
    answer_file,
    measure,
    need,
    reference,
)
from tests.bench.terminal import PROBES, Terminal

SHORT, LONG = 1_000, 1_000_000
TOKENS, RATE = 400, 200
ROWS, COLUMNS, NARROWER = 50, 100, 23
LOAD_LIMIT_SECONDS = 120.0


@dataclass(slots=True)
class Costs:
    """What one length costs; seconds, and bytes of resident memory."""

    cpu_per_token: float = 0.0
    resize_to_key: float = 0.0
    resident: int = 0
    idle_keys: list[float] = field(default_factory=list)
    page_keys: list[float] = field(default_factory=list)


def _costs(length: int) -> Costs:
    program = reference("product", panes=1, rate=RATE, tokens=TOKENS, load=length, columns=COLUMNS, give_up=12.0)
    costs = Costs()
    with Terminal(program) as terminal:
        need(terminal.wait_for(rb"LOADED", LOAD_LIMIT_SECONDS, plain=True), terminal, "LOADED")
        terminal.settle(0.4)
        costs.resident = terminal.resident_bytes()
        figures = measure(terminal, start=START_KEY, done=rb"DONE (\d+) ")
        costs.cpu_per_token, costs.idle_keys = figures.cpu / TOKENS, figures.idle_keys
        terminal.settle(0.4)
        keys = iter(reversed(PROBES))
        terminal.resize(ROWS, COLUMNS - NARROWER)
        terminal.run_for(0.06)
        costs.resize_to_key = terminal.probe(next(keys), 30.0) + 0.06
        terminal.settle(0.4)
        for _ in range(24):
            terminal.send(PAGE_UP_KEY)
            costs.page_keys.append(terminal.probe(next(keys), 30.0))
            terminal.run_for(0.03)
        costs.resident = max(costs.resident, terminal.resident_bytes())
    return costs


def run(repeats: int) -> Iterator[Line]:
    """Yield the lines of this benchmark."""
    short, long = [], []
    for _ in range(repeats):
        short.append(_costs(SHORT))
        long.append(_costs(LONG))
    lengths = f"{LONG:,} against {SHORT:,} tokens"
    cpu, cpu_short = (median(costs.cpu_per_token for costs in runs) for runs in (long, short))
    note = f"{cpu * 1e3:.2f} against {cpu_short * 1e3:.2f} ms"
    yield Line(f"CPU per token, {lengths}", ratio(cpu, cpu_short), 3, 1.3, note=note)
    key, key_short = (median(costs.resize_to_key for costs in runs) for runs in (long, short))
    note = f"{key * 1e3:.0f} against {key_short * 1e3:.0f} ms"
    yield Line("resize to first key, the same", ratio(key, key_short), 3, 1.5, note=note)
    text = answer_file(LONG).stat().st_size - answer_file(SHORT).stat().st_size
    memory = median(costs.resident for costs in long) - median(costs.resident for costs in short)
    note = f"{memory / 2**20:.1f} MiB for {text / 2**20:.1f} MiB of text"
    yield Line("resident bytes for a byte of text", memory / text, 8, 4, note=note)
    for name, runs in (("1,000,000", long), ("1,000", short)):
        idle = median(percentile(costs.idle_keys, 50) for costs in runs)
        page = median(percentile(costs.page_keys, 99) for costs in runs)
        must, goal = (10, 5) if runs is long else (None, None)
        note = f"{page * 1e3:.1f} ms; idle {idle * 1e3:.1f} ms"
        yield Line(f"page-up key p99 against idle, {name} tokens", ratio(page, idle), must, goal, note=note)
