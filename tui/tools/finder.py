"""The search program for machines without ripgrep: reads a job from its input, prints ripgrep's JSON lines.

It is a process of its own because a regular expression that takes for ever cannot be interrupted in a thread.
"""

import base64
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tui.tools.listing import Walker
from tui.tools.opening import read_all, reading
from tui.tools.textfile import BinaryFileError, decode

_LARGEST_FILE: Final = 5_000_000
_FAILED: Final = 2


def main() -> None:
    """Do one job: `{"pattern", "path", "ignore_case", "literal"}` as JSON on the input."""
    job: dict[str, Any] = json.loads(sys.stdin.buffer.read())
    source = re.escape(job["pattern"]) if job["literal"] else job["pattern"]
    try:
        pattern = re.compile(source, re.IGNORECASE if job["ignore_case"] else 0)
    except (re.error, OverflowError, RecursionError) as error:
        sys.stdout.write(f"error: {error}\n")
        sys.stdout.flush()
        raise SystemExit(_FAILED) from None
    place = Path(job["path"])
    for path in _files(place):
        _search(path, pattern)


def _files(place: Path) -> Iterator[Path]:
    if not place.is_dir():
        yield place
        return
    paths = [entry.path for entry in Walker(place, lambda _: True).entries() if entry.is_file]
    yield from (place / path for path in sorted(paths))


def _search(path: Path, pattern: re.Pattern[str]) -> None:
    try:
        with reading(path) as descriptor:
            data = read_all(descriptor, _LARGEST_FILE + 1)
        if len(data) > _LARGEST_FILE:
            return
        text = decode(data).lines
    except (OSError, BinaryFileError):
        return
    shown = {"bytes": base64.b64encode(os.fsencode(path)).decode()}
    for number, line in enumerate(text.split("\n"), 1):
        if pattern.search(line):
            data_of_match = {"path": shown, "lines": {"text": line}, "line_number": number}
            sys.stdout.write(json.dumps({"type": "match", "data": data_of_match}, separators=(",", ":")) + "\n")
    sys.stdout.flush()
