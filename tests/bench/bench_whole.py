"""The whole application on a streaming server, through the real SDKs: three models answer one prompt."""

import time
from collections.abc import Iterator
from itertools import islice

from tests.bench.bench_startup import SDK_LIBRARY, first_key
from tests.bench.bench_wire import compressed
from tests.bench.report import Line, median, ratio
from tests.bench.serve import product, server
from tests.bench.streaming import BenchError, Figures, measure, reference, stream_reference
from tests.bench.terminal import Program, Terminal
from tui.demo.measured import markdown_tokens

PANES, SECONDS, WIRE_RATE = 3, 3.0, 100
CLEAR_PROMPT = b"\x15"
OVER_SSH = {"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}


def _stream(program: Program, rate: int, *, record: bool = False) -> Figures:
    tokens = int(rate * SECONDS)
    with Terminal(program) as terminal:
        first_key(terminal)
        terminal.settle()
        _warm_up(terminal)
        # The space keeps the keys that measure an idle application apart from the number.
        terminal.send(f"rate={rate} tokens={tokens} ")
        done = rb"STREAM-DONE%d" % tokens
        figures = measure(terminal, start=b"\r", done=done, probes=not record, record=record)
        figures.sent = PANES * tokens
        return figures


def _warm_up(terminal: Terminal) -> None:
    """Send one short prompt and wait until all have answered it: then SDKs are loaded and connections stand."""
    terminal.send(CLEAR_PROMPT)
    terminal.settle()
    terminal.send("rate=100 tokens=20")
    terminal.settle()
    terminal.window.clear()
    terminal.send(b"\r")
    end, calm, cpu = time.perf_counter() + 60.0, 0, terminal.cpu()
    while calm < 3:
        terminal.run_for(0.4)
        used, cpu = terminal.cpu() - cpu, terminal.cpu()
        calm = calm + 1 if used < 0.04 and terminal.window.count(b"STREAM-DONE20") >= PANES else 0
        if time.perf_counter() > end:
            raise BenchError(f"not every model answered; the output ends with {bytes(terminal.window[-2000:])!r}")
    if not terminal.maps(SDK_LIBRARY):
        raise BenchError("the answers did not come through the SDKs")


def run(repeats: int) -> Iterator[Line]:
    """Yield the lines of this benchmark."""
    with server() as url:
        for rate in (200, 1000):
            ours, theirs = [], []
            for _ in range(repeats):
                tokens = int(rate * SECONDS)
                theirs.append(stream_reference(reference("markdown", panes=PANES, rate=rate, tokens=tokens)))
                ours.append(_stream(product(url), rate))
            yield from _compared(rate, ours, theirs)
        characters = sum(map(len, islice(markdown_tokens(), int(WIRE_RATE * SECONDS)))) * PANES
        for name, variables, must, goal in (("default", {}, 210, 60), ("over SSH", OVER_SSH, 30, 20)):
            runs = [_stream(product(url, variables=variables), WIRE_RATE, record=True) for _ in range(repeats)]
            plain = median(figures.written / characters for figures in runs)
            packed = median(compressed(figures.output) / characters for figures in runs)
            note = f"{packed:.2f}x compressed frame by frame"
            yield Line(f"bytes for a byte of text, {name}", plain, must, goal, note=note)


def _compared(rate: int, ours: list[Figures], theirs: list[Figures]) -> Iterator[Line]:
    name = f"{PANES} x {rate} tokens/s"
    share = median(figures.tokens_per_second / (PANES * rate) for figures in ours)
    yield Line(f"{name}: kept up", share, 0.90, 0.95, at_least=True, note="request and first token included")
    cpu, cpu_theirs = (median(figures.cpu_ms_per_1k for figures in runs) for runs in (ours, theirs))
    note = f"{cpu:.0f} against {cpu_theirs:.0f} ms per 1,000 tokens"
    yield Line(f"{name}: CPU, SDKs included, against MarkdownStream", ratio(cpu, cpu_theirs), note=note)
    key, key_theirs = (median(figures.key(50) for figures in runs) for runs in (ours, theirs))
    note = f"{key * 1e3:.1f} against {key_theirs * 1e3:.1f} ms; p99 {median(f.key(99) for f in ours) * 1e3:.0f} ms"
    yield Line(f"{name}: key p50 against MarkdownStream", ratio(key, key_theirs), note=note)
    memory = median(figures.resident for figures in ours)
    yield Line(f"{name}: resident memory", memory / 2**20, unit="MiB")
