"""Reading files for a model: the text itself, bounded, with one line before it that says what is shown.

There are no line numbers in front of the lines: a model copies from this text what it wants replaced.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tui.tools.opening import identity, read_all, reading
from tui.tools.outcome import Identity, Limits
from tui.tools.requests import ReadFile
from tui.tools.textfile import BinaryFileError, decode

_SNIFFED: Final = 8_192
_MOST_SCANNED: Final = 2_000_000_000
_KINDS: Final = (
    (b"\x89PNG", "PNG image"),
    (b"\xff\xd8\xff", "JPEG image"),
    (b"GIF8", "GIF image"),
    (b"%PDF", "PDF document"),
    (b"PK\x03\x04", "ZIP archive or office document"),
    (b"\x1f\x8b", "gzip archive"),
    (b"\x7fELF", "program or library"),
    (b"SQLite format 3", "SQLite database"),
)


class UnreadableError(ValueError):
    """A file that cannot be shown as text, or not the part that was asked for; the text tells the model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a model gets of a file, one line for people, and who the file was."""

    text: str
    summary: str
    identity: Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Some lines of a file. `total` is None when nobody counted them; `more` tells whether lines follow."""

    lines: list[str]
    total: int | None
    more: bool
    described: str = ""


def read_text(path: Path, name: str, action: ReadFile, limits: Limits) -> Shown:
    """Read the file at the real path `path`, called `name`. Raises UnreadableError or OSError."""
    with reading(path) as descriptor:
        size = os.fstat(descriptor).st_size
        data = read_all(descriptor, limits.file_bytes + 1) if size <= limits.file_bytes else b""
        if max(size, len(data)) > limits.file_bytes:  # it may grow while it is read
            os.lseek(descriptor, 0, os.SEEK_SET)
            part = _large(descriptor, name, action, limits.output_bytes)
            who = identity(os.fstat(descriptor))
        else:
            part = _small(data, name, action, limits.output_bytes)
            who = identity(os.fstat(descriptor), data)
    start = action.start_line or 1
    if not part.lines:
        if start > 1:
            raise UnreadableError(f"{name} has no line {start}: it has {_lines(part.total or 0)}.")
        return Shown(text=f"[{name}: empty]", summary="empty", identity=who)
    end = start + len(part.lines) - 1
    whole = start == 1 and not part.more and end == part.total
    total = f" of {part.total}" if part.total is not None else f" of a file of {size:,} bytes"
    range_shown = _lines(end) if whole else f"lines {start}-{end}{total}"
    head = f"[{name}: {range_shown}{f'; {part.described}' if part.described else ''}]"
    rest = f"\n[More follows: call read_file with start_line={end + 1}.]" if part.more else ""
    return Shown(text="\n".join([head, *part.lines]) + rest, summary=range_shown, identity=who)


def _lines(count: int) -> str:
    return f"{count} line{'' if count == 1 else 's'}"


def _small(data: bytes, name: str, action: ReadFile, budget: int) -> _Part:
    """Return the lines asked for of a file that is read as a whole."""
    try:
        file = decode(data)
    except BinaryFileError as error:
        raise UnreadableError(_binary(name, data[:_SNIFFED], len(data), str(error))) from error
    lines = file.lines.split("\n")
    ended = not lines[-1]
    if ended:
        lines.pop()
    start = action.start_line or 1
    wanted = lines[start - 1 : action.end_line]
    kept = _fitting(wanted, budget)
    described = [file.described] if file.described else []
    if not ended and len(lines) == start - 1 + len(kept):
        described.append("no line break at the end")
    cut = any(line is not whole for line, whole in zip(kept, wanted, strict=False))
    if cut:
        described.append("a long line is shown in part")
    return _Part(lines=kept, total=len(lines), more=len(kept) < len(wanted), described="; ".join(described))


def _large(descriptor: int, name: str, action: ReadFile, budget: int) -> _Part:
    """Return the lines asked for of a file too large to be read as a whole; only its beginning is looked through."""
    start, end = action.start_line or 1, action.end_line
    lines: list[str] = []
    used = scanned = 0
    with os.fdopen(os.dup(descriptor), "rb") as file:
        sniffed = file.peek(_SNIFFED)[:_SNIFFED]
        if b"\0" in sniffed:
            raise UnreadableError(_binary(name, sniffed, os.fstat(descriptor).st_size, "it holds zero bytes"))
        number = 0
        while end is None or number < end:
            line = file.readline(budget)
            if not line:
                return _Part(lines=lines, total=number, more=False)
            number += 1
            scanned += len(line)
            while line and not line.endswith(b"\n") and (rest := file.readline(1_048_576)):
                scanned += len(rest)  # what is beyond the budget of a single line is never shown
                if rest.endswith(b"\n"):
                    break
            if scanned > _MOST_SCANNED:
                raise UnreadableError(f"{name} is too large to reach line {start}; use a command such as tail.")
            if number < start:
                continue
            used += len(line) + 1
            if used > budget and lines:
                return _Part(lines=lines, total=None, more=True)
            lines.append(line.decode("utf-8", "replace").rstrip("\r\n"))
    return _Part(lines=lines, total=None, more=False)


def _fitting(lines: list[str], budget: int) -> list[str]:
    """Return the first lines that fit into `budget` bytes; a first line that alone does not is cut."""
    used = 0
    for index, line in enumerate(lines):
        used += len(line.encode()) + 1
        if used > budget:
            return lines[:index] if index else [line.encode()[:budget].decode("utf-8", "ignore") + " […]"]
    return lines


def _binary(name: str, beginning: bytes, size: int, why: str) -> str:
    kind = next((kind for mark, kind in _KINDS if beginning.startswith(mark)), "binary file")
    return f"{name} is no text ({kind}, {size:,} bytes: {why}), so it is not shown."
