"""What a check says, and how all of them are printed: aligned text for people, JSON for programs. Pure."""

import json
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from tui import __version__
from tui.core.secrets import mask
from tui.core.untrusted import clean, clean_line


class Status(StrEnum):
    """How a check ended. Only `fail` makes the doctor exit with 1."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at.

    `id` is stable, for programs. `detail` says what was found, `remedy` what to do about it (empty when nothing).
    """

    id: str
    group: str
    title: str
    status: Status
    detail: str
    remedy: str = ""


_UNICODE: Final = {Status.OK: "✓", Status.WARN: "!", Status.FAIL: "✗", Status.SKIP: "·"}
_ASCII: Final = {Status.OK: "+", Status.WARN: "!", Status.FAIL: "x", Status.SKIP: "-"}
_COLOURS: Final = {Status.OK: "32", Status.WARN: "33", Status.FAIL: "31", Status.SKIP: "2"}
_TITLE_CELLS: Final = 22
_LEFT: Final = 2 + 2 + 6 + _TITLE_CELLS


def cleaned(check: Check) -> Check:
    """Return `check` with nothing in it that a terminal would obey, and no secret."""
    return Check(
        id=clean_line(check.id),
        group=check.group,
        title=clean_line(check.title),
        status=check.status,
        detail=clean(mask(check.detail)),
        remedy=clean(mask(check.remedy)),
    )


def exit_code(checks: Sequence[Check]) -> int:
    """Return 1 when a check failed, else 0."""
    return int(any(check.status is Status.FAIL for check in checks))


def as_json(checks: Sequence[Check], counts: Mapping[str, Any] | None = None) -> str:
    """Return one JSON object: the program's version, `ok`, the number of each status, `counts`, and the checks."""
    report: dict[str, Any] = {
        "version": __version__,
        "ok": exit_code(checks) == 0,
        "summary": {str(status): _count(checks, status) for status in Status},
        "counts": counts,
        "checks": [
            {
                "id": check.id,
                "group": check.group,
                "title": check.title,
                "status": str(check.status),
                "detail": check.detail,
                "remedy": check.remedy,
            }
            for check in checks
        ],
    }
    return json.dumps(report, ensure_ascii=False, indent=2)


def as_text(checks: Sequence[Check], *, colour: bool, ascii_only: bool, width: int | None = None) -> str:
    """Return the checks as aligned lines under their groups; `width` is the terminal's, None for no wrapping."""
    glyphs = _ASCII if ascii_only else _UNICODE
    arrow = "->" if ascii_only else "→"
    lines: list[str] = []
    group = ""
    for check in checks:
        if check.group != group:
            group = check.group
            lines += ([""] if lines else []) + [_paint(group, "1", colour)]
        mark = _paint(f"{glyphs[check.status]} {check.status:<5}", _COLOURS[check.status], colour)
        body = _wrapped(check.detail, width)
        if check.remedy and check.status is not Status.OK:
            body += _wrapped(f"{arrow} {check.remedy}", width)
        lines.append(f"  {mark} {check.title:<{_TITLE_CELLS}} {body[0]}".rstrip())
        lines += [" " * (_LEFT + 1) + line for line in body[1:]]
    parts = [f"{_count(checks, status)} {status}" for status in Status]
    text = "\n".join([*lines, "", ", ".join(parts)])
    return text.encode("ascii", "replace").decode("ascii") if ascii_only else text


def _wrapped(text: str, width: int | None) -> list[str]:
    room = None if width is None else max(24, width - _LEFT - 1)
    lines: list[str] = []
    for line in text.split("\n"):
        lines += [line] if room is None else textwrap.wrap(line, room, break_long_words=False) or [""]
    return lines


def _count(checks: Sequence[Check], status: Status) -> int:
    return sum(check.status is status for check in checks)


def _paint(text: str, colour: str, on: bool) -> str:
    return f"\x1b[{colour}m{text}\x1b[0m" if on else text
