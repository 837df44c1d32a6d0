"""Where the record of decisions ended when it was last written to, kept in a file of its own.

The seals of the record (`audit`) cannot tell that its last lines were taken away. This file can: it holds how many
entries there were and the hash of the last one. It is written after the entry is safe, in one small step and in place,
so that after a crash it is at most behind. Who can change both files can still deceive; no key is kept that the same
person could not read.
"""

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from tui.core.record import Record, record

_WIDTH: Final = 256
"""Bytes of the file: less than a sector, so that a write is done or not done."""


@record
class End(Record):
    """The end of a record: `entries` lines, the last of which has the seal `hash`."""

    entries: int
    hash: str


def end_path(path: Path) -> Path:
    """Return the file that says where the record at `path` ends."""
    return path.with_suffix(".end")


def read_end(path: Path) -> End | None:
    """Return where the record at `path` ended, None when nobody says."""
    try:
        said = json.loads(end_path(path).read_bytes()[:_WIDTH])
    except (OSError, ValueError, RecursionError):
        return None
    entries, seal = (said.get("entries"), said.get("hash")) if isinstance(said, dict) else (None, None)
    if not isinstance(entries, int) or not isinstance(seal, str):
        return None
    return End(entries=entries, hash=seal)


def write_end(path: Path, end: End) -> None:
    """Write down where the record at `path` ends; the caller holds the record's lock."""
    text = json.dumps({"entries": end.entries, "hash": end.hash}).encode().ljust(_WIDTH - 1) + b"\n"
    with suppress(OSError):  # the entry itself is written; that this file lags behind or lacks, `verify` tells
        handle = os.open(end_path(path), os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            os.pwrite(handle, text, 0)
        finally:
            os.close(handle)
