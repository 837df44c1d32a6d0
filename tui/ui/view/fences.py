"""The fenced code of a Markdown text, as its writer meant it to be copied."""

import re
from typing import Final

_ANY_FENCE: Final = re.compile(r"([ \t>]*(?:(?:[-+*]|\d{1,9}[.)])[ \t]+)?)(`{3,}(?=[^`]*$)|~{3,})[ \t]*(.*)")


def fenced_blocks(text: str) -> list[tuple[str, str]]:
    """Return (language, source) of every fenced code block of `text`, also of those in lists and quotes."""
    found: list[tuple[str, str]] = []
    lines: list[str] | None = None
    fence, margin, language = "", "", ""
    for line in text.split("\n"):
        if lines is None:
            if match := _ANY_FENCE.match(line):
                lines, margin, fence = [], match[1], match[2]
                language = (match[3].split() or [""])[0]
            continue
        bare = line.lstrip(" \t>").rstrip() if ">" in margin else line.strip()
        if len(bare) >= len(fence) and bare == fence[0] * len(bare):
            found.append((language, "\n".join(lines)))
            lines = None
        else:
            lines.append(_without_margin(line, margin))
    if lines is not None:
        found.append((language, "\n".join(lines).rstrip("\n")))
    return found


def _without_margin(line: str, margin: str) -> str:
    """Remove from `line` the white space and quote marks that stand in the columns of `margin`."""
    removable = " \t>" if ">" in margin else " \t"
    start = 0
    while start < min(len(margin), len(line)) and line[start] in removable:
        start += 1
    return line[start:]
