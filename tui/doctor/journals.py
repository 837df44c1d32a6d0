"""What the journals of the last sessions say about failures. Reads a bounded part of them, whatever they hold."""

import json
import os
import stat
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from tui.core.errors import Outcome

WINDOW_S: Final = 86_400.0
"""How far back is looked, in seconds."""
MOST_FILES: Final = 50
MOST_BYTES: Final = 4_000_000
_HEAD_BYTES: Final = 65_536
_OUTCOMES: Final = frozenset(str(outcome) for outcome in Outcome)
_HARMLESS: Final = frozenset({str(Outcome.SUCCESS), str(Outcome.CANCELLED)})


@dataclass(slots=True, kw_only=True)
class Recent:
    """Counts of real sessions, not of the demo. `partial`: there was more than is ever read.

    `attempts` are failed requests by outcome, those that were tried again included; `failed_turns` those that in the
    end had no answer.
    """

    sessions: int = 0
    turns: int = 0
    failed_turns: int = 0
    attempts: Counter[str] = field(default_factory=Counter)
    partial: bool = False


def recent(folder: Path, wall: float, *, most_files: int = MOST_FILES, most_bytes: int = MOST_BYTES) -> Recent:
    """Count what happened since `WINDOW_S` before `wall`; the newest journals first, no more than the limits allow.

    A folder or a file that is absent or cannot be read counts as empty.
    """
    found = Recent()
    since = wall - WINDOW_S
    left = most_bytes
    for number, (path, size) in enumerate(_newest(folder, since)):
        if number == most_files or left <= 0:
            found.partial = True
            break
        room, left = left, left - size
        lines = _lines(path, size, room)
        if lines is None:
            continue
        found.partial |= size > room
        found.sessions += 1
        for line in lines:
            _count(found, line, since)
    return found


def _newest(folder: Path, since: float) -> list[tuple[Path, int]]:
    entries: list[tuple[float, Path, int]] = []
    try:
        with os.scandir(folder) as listed:
            for entry in listed:
                if not entry.name.endswith(".jsonl"):
                    continue
                status = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(status.st_mode) and status.st_mtime >= since:
                    entries.append((status.st_mtime, Path(entry.path), status.st_size))
    except OSError:
        return []
    return [(path, size) for _, path, size in sorted(entries, reverse=True)]


def _lines(path: Path, size: int, most: int) -> list[bytes] | None:
    """Return the lines at the end of a journal; None for one of the demo or one that cannot be read."""
    try:
        with path.open("rb") as file:
            head = file.readline(_HEAD_BYTES)
            if _object(head).get("demo") is True:
                return None
            file.seek(max(0, size - most))
            data = file.read(most)
    except OSError:
        return None
    lines = data.split(b"\n")
    return lines[1:] if size > most else lines


def _count(found: Recent, line: bytes, since: float) -> None:
    if b'"attempt_failed"' not in line and b'"turn_finished"' not in line:
        return
    entry = _object(line)
    outcome = str(entry.get("outcome"))
    if outcome not in _OUTCOMES or not _is_since(entry.get("at"), since):
        return
    finished = entry.get("type") == "turn_finished"
    if not finished and entry.get("type") != "attempt_failed":
        return
    found.turns += finished
    if outcome not in _HARMLESS:
        found.failed_turns += finished
        found.attempts[outcome] += 1


def _is_since(stamp: object, since: float) -> bool:
    try:
        return datetime.fromisoformat(str(stamp)).timestamp() >= since
    except (ValueError, OverflowError):
        return False


def _object(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
