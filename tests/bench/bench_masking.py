"""Masking of big tool output: megabytes a second for logs, code, minified JSON, lock files and dense secrets."""

import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from tests.bench.report import Line, median
from tests.core.secret_corpus import secret_rows
from tui.core.secrets import mask

SIZE = 1_000_000
ROOT = Path(__file__).resolve().parents[2]


def _texts() -> dict[str, str]:
    code = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "tui").rglob("*.py")))
    lines = (
        f"2026-11-22T07:00:00Z INFO request {number} to /v1/messages status=200 in {number * 7 % 997} ms"
        for number in range(20_000)
    )
    items = {
        str(at): {"name": "x" * 20, "path": "/a/b/c", "text": code[at * 50 : at * 50 + 200]} for at in range(4_000)
    }
    texts = {
        "a server's log": "\n".join(lines),
        "source code": code,
        "a lock file": (ROOT / "requirements-dev.lock").read_text(encoding="utf-8"),
        "minified JSON, one line": json.dumps(items),
        "nothing but secrets": "\n".join(row.text for row in secret_rows()),
    }
    return {name: (text * (SIZE // len(text) + 1))[:SIZE] for name, text in texts.items()}


def _rate(work: Callable[[], object], size: int, repeats: int) -> float:
    """Millions of characters a second of processor time, the median of the runs."""
    rates = []
    for _ in range(max(3, repeats)):
        begin = time.process_time()
        work()
        rates.append(size / 1e6 / max(1e-9, time.process_time() - begin))
    return median(rates)


def run(repeats: int) -> Iterator[Line]:
    """Yield the lines of this benchmark."""
    texts = _texts()
    for name, text in texts.items():
        yield Line(f"whole: {name}", _rate(partial(mask, text), SIZE, repeats), 1, 2, at_least=True, unit="MB/s")
