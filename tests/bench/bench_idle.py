"""What the application costs while nobody does anything: three panes, a blinking cursor."""

import time
from collections.abc import Iterator

from tests.bench.bench_startup import first_key
from tests.bench.report import Line, median
from tests.bench.serve import product, server
from tests.bench.streaming import module
from tests.bench.terminal import Program, Terminal

SECONDS = 8.0
SETTLE_SECONDS = 6.0


def _idle(program: Program) -> tuple[float, float]:
    """The share of a core and the bytes a second over some seconds of nothing."""
    with Terminal(program) as terminal:
        first_key(terminal)
        terminal.run_for(SETTLE_SECONDS)
        cpu, written, begin = terminal.cpu(), terminal.total_bytes, time.perf_counter()
        terminal.run_for(SECONDS)
        seconds = time.perf_counter() - begin
        return (terminal.cpu() - cpu) / seconds, (terminal.total_bytes - written) / seconds


def run(repeats: int) -> Iterator[Line]:
    """Yield the lines of this benchmark."""
    bare, ours = [], []
    with server() as url:
        for _ in range(min(2, repeats)):
            bare.append(_idle(module("tests.bench.bare_app")))
            ours.append(_idle(product(url)))
    share, written = (median(figures[index] for figures in ours) for index in (0, 1))
    share_bare, written_bare = (median(figures[index] for figures in bare) for index in (0, 1))
    note = f"a bare application: {share_bare:.2%}"
    yield Line("share of a core while idle", share * 100, 3, 1.5, unit="%", note=note)
    # A blinking cursor repaints its line, and ours may be longer than a bare input's; nothing else may change.
    note = f"{written:.0f} against {written_bare:.0f} bytes a second"
    yield Line("bytes a second while idle against a bare input", written / max(written_bare, 1.0), 2, 1, note=note)
