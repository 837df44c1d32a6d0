"""Bytes to the terminal against the bytes of the plain text; three panes at 100 tokens/s."""

import re
import zlib
from collections.abc import Iterator

from tests.bench.report import Line, median
from tests.bench.streaming import Figures, answer_file, reference, stream_reference

PANES, RATE, SECONDS = 3, 100, 4
LOW_BANDWIDTH = ("--scroll-step", "12", "--fps", "10", "--theme", "ansi-dark")
_SGR = re.compile(rb"\x1b\[[0-9;]*m")


def compressed(output: bytes) -> int:
    """Bytes of `output` when every frame is compressed and flushed as ``ssh -C`` does."""
    compressor, size = zlib.compressobj(6), 0
    for frame in output.split(b"\x1b[?2026h"):
        size += len(compressor.compress(frame)) + len(compressor.flush(zlib.Z_SYNC_FLUSH))
    return size


def _run(pane: str, *extra: str) -> Figures:
    program = reference(pane, panes=PANES, rate=RATE, tokens=RATE * SECONDS, extra=extra)
    return stream_reference(program, probes=False, record=True)


def run(repeats: int) -> Iterator[Line]:
    """Yield the lines of this benchmark."""
    bytes_per_token = answer_file(10_000).stat().st_size / 10_000
    cases: tuple[tuple[str, tuple[str, ...], float | None, float | None], ...] = (
        ("product", (), 210, 60),
        ("product", LOW_BANDWIDTH, 30, 20),
        ("markdown", (), None, None),
    )
    runs: list[list[Figures]] = [[] for _ in cases]
    for _ in range(repeats):
        for case, into in zip(cases, runs, strict=True):
            into.append(_run(case[0], *case[1]))
    for (pane, extra, must, goal), all_figures in zip(cases, runs, strict=True):
        name = "MarkdownStream" if pane == "markdown" else "low bandwidth" if extra else "default"
        plain = median(figures.written / (figures.sent * bytes_per_token) for figures in all_figures)
        packed = median(compressed(figures.output) / (figures.sent * bytes_per_token) for figures in all_figures)
        colour = median(len(b"".join(_SGR.findall(figures.output))) / len(figures.output) for figures in all_figures)
        frames = median(figures.frames_per_second for figures in all_figures)
        note = f"{frames:.0f} fps, {colour:.0%} of it colours"
        yield Line(f"bytes for a byte of text, {name}", plain, must, goal, note=note)
        yield Line(f"the same compressed frame by frame, {name}", packed)
