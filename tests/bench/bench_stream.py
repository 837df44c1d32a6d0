"""Three panes streaming: processor time and key latency against MarkdownStream in the same run, and keeping up."""

from collections.abc import Iterator

from tests.bench.report import Line, median, ratio
from tests.bench.streaming import Figures, reference, stream_reference

SECONDS = 2.5
PANES = 3
CPU_LIMITS = {50: (0.40, 0.25), 200: (0.40, 0.30), 1000: (0.40, 0.10)}


def _run(pane: str, rate: int, panes: int = PANES) -> Figures:
    return stream_reference(reference(pane, panes=panes, rate=rate, tokens=int(rate * SECONDS)))


def run(repeats: int) -> Iterator[Line]:
    """Yield the lines of this benchmark."""
    for rate, (must, goal) in CPU_LIMITS.items():
        ours, theirs = [], []
        for _ in range(repeats):
            theirs.append(_run("markdown", rate))
            ours.append(_run("product", rate))
        yield from _compared(rate, ours, theirs, must, goal)
        if rate == max(CPU_LIMITS):
            yield _kept_up(PANES, rate, ours)
    rate, panes = max(CPU_LIMITS), 2 * PANES
    yield _kept_up(panes, rate, [_run("product", rate, panes) for _ in range(repeats)])


def _compared(rate: int, ours: list[Figures], theirs: list[Figures], must: float, goal: float) -> Iterator[Line]:
    cpu, cpu_theirs = (median(figures.cpu_ms_per_1k for figures in runs) for runs in (ours, theirs))
    note = f"{cpu:.0f} against {cpu_theirs:.0f} ms per 1,000 tokens"
    yield Line(f"{PANES} panes x {rate} tokens/s: CPU per token", ratio(cpu, cpu_theirs), must, goal, note=note)
    key, key_theirs = (median(figures.key(50) for figures in runs) for runs in (ours, theirs))
    idle = median(latency for figures in ours for latency in figures.idle_keys)
    note = f"{key * 1e3:.1f} against {key_theirs * 1e3:.1f} ms; idle {idle * 1e3:.1f} ms"
    must_key, goal_key = (0.15, 0.06) if rate == max(CPU_LIMITS) else (None, None)
    yield Line(f"{PANES} panes x {rate} tokens/s: key p50", ratio(key, key_theirs), must_key, goal_key, note=note)
    last, last_theirs = (median(figures.key(99) for figures in runs) for runs in (ours, theirs))
    note = f"{last * 1e3:.0f} against {last_theirs * 1e3:.0f} ms"
    yield Line(f"{PANES} panes x {rate} tokens/s: key p99", ratio(last, last_theirs), note=note)


def _kept_up(panes: int, rate: int, runs: list[Figures]) -> Line:
    share = median(figures.tokens_per_second / (panes * rate) for figures in runs)
    frames = median(figures.frames_per_second for figures in runs)
    return Line(f"{panes} panes x {rate} tokens/s: kept up", share, 0.95, 0.95, at_least=True, note=f"{frames:.0f} fps")
