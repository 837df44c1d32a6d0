"""Run the benchmarks: ``python -m tests.bench [NAME ...] [--repeats N]``. Exit status 1 when a must is missed."""

import argparse
import importlib
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tests.bench.report import Line, heading, row
from tests.bench.streaming import BenchError

NAMES: Final = (
    "startup",
    "idle",
    "bus",
    "stream",
    "wire",
    "growth",
    "whole",
    "ledger",
    "masking",
    "guard",
    "policy",
    "ptys",
    "emulator",
    "terminal_app",
)
OUT: Final = Path(__file__).parent / "out"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one or more of {', '.join(NAMES)}; all by default")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each measure; the median counts")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(NAMES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    return arguments


def _run(name: str, repeats: int) -> Iterator[Line]:
    benchmark: Any = importlib.import_module(f"tests.bench.bench_{name}")
    print(f"\n{name}: {benchmark.__doc__.splitlines()[0]}")
    print(heading())
    for line in benchmark.run(repeats):
        print(row(line), flush=True)
        yield line


def main() -> int:
    """Run what was asked for; print tables, and write each as JSON into `out/`."""
    arguments = _arguments()
    OUT.mkdir(exist_ok=True)
    verdicts: list[str] = []
    for name in arguments.names or NAMES:
        begin, busy = time.perf_counter(), os.getloadavg()[0]
        lines: list[Line] = []
        try:
            lines.extend(_run(name, arguments.repeats))
        except BenchError as error:
            print(f"{name} could not be measured: {error}")
            verdicts.append("MISS")
        seconds = time.perf_counter() - begin
        print(f"{name}: {seconds:.0f} s; load before {busy:.1f} on {os.cpu_count()} cores")
        verdicts += [line.verdict for line in lines if line.verdict]
        data = {"name": name, "seconds": seconds, "load": busy, "lines": [line.to_json() for line in lines]}
        (OUT / f"{name}.json").write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    counts = {verdict: verdicts.count(verdict) for verdict in ("GOAL", "PASS", "MISS")}
    print(f"\n{counts['GOAL']} reach the goal, {counts['PASS']} the must, {counts['MISS']} miss it")
    return 1 if counts["MISS"] else 0


if __name__ == "__main__":
    sys.exit(main())
