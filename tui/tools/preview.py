"""What a change would do, as it is shown to a person: a unified diff, or the files a delete would touch."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from tui.core.tool_events import Preview, PreviewKind
from tui.core.untrusted import clean

_CONTEXT: Final = 3
_MOST_LINES: Final = 3_000
_MOST_CHARACTERS: Final = 400_000
_MOST_PAIRS: Final = 100_000
"""Most pairs of equal lines compared in search of a short diff; above, the changed part is shown whole."""


def diff_preview(path: str, before: str | None, after: str) -> Preview:
    """Return the difference between two texts of the file `path`; `before` is None for a new file.

    A long diff keeps its beginning and its end; `omitted` counts the lines between them. What a reader could not see,
    such as zero-width characters, is spelled out.
    """
    old, new = _lines(before or ""), _lines(after)
    body = list(_hunks(old, new))
    added = sum(line.startswith("+") for line in body)
    removed = sum(line.startswith("-") for line in body)
    shown = _visible(path)
    head = [f"--- {'/dev/null' if before is None else f'a/{shown}'}", f"+++ b/{shown}"] if body else []
    kept, omitted = _bounded([*head, *map(_visible, body)])
    return Preview(
        kind=PreviewKind.DIFF if body else PreviewKind.NOTHING,
        text="\n".join(kept),
        path=shown,
        added=added,
        removed=removed,
        omitted=omitted,
    )


def files_preview(path: str, files: Iterable[str], count: int) -> Preview:
    """Return the `files` a delete of `path` would touch; `count` is how many there are in all."""
    shown = [_visible(name.replace("\n", "⟨U+000A⟩")) for name in files]
    return Preview(
        kind=PreviewKind.FILES, text="\n".join(shown), path=_visible(path), removed=count, omitted=count - len(shown)
    )


def _lines(text: str) -> list[str]:
    """Return the lines of a text. A missing line break at the end is a line of its own, as other tools show it."""
    if not text:
        return []
    lines = text.replace("\r\n", "\n").split("\n")
    if lines[-1]:
        lines[-1] += "\n\\ No newline at end of file"
    else:
        lines.pop()
    return lines


def _hunks(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    """Yield the hunks of a unified diff, line by line, in bounded time."""
    import difflib

    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    middle_old, middle_new = old[start : len(old) - end], new[start : len(new) - end]
    if not middle_old and not middle_new:
        return
    counts = Counter(middle_new)
    if sum(counts[line] for line in middle_old) > _MOST_PAIRS:
        yield from _whole(old, new, start, end)
        return
    lead, trail = max(0, start - _CONTEXT), _CONTEXT if end > _CONTEXT else end
    part_old = old[lead : len(old) - end + trail]
    part_new = new[lead : len(new) - end + trail]
    matcher = difflib.SequenceMatcher(None, part_old, part_new, autojunk=False)
    for group in matcher.get_grouped_opcodes(_CONTEXT):
        first, last = group[0], group[-1]
        yield _header(lead + first[1], last[2] - first[1], lead + first[3], last[4] - first[3])
        for tag, old_from, old_to, new_from, new_to in group:
            if tag == "equal":
                yield from (f" {line}" for line in part_old[old_from:old_to])
                continue
            yield from (f"-{line}" for line in part_old[old_from:old_to])
            yield from (f"+{line}" for line in part_new[new_from:new_to])


def _whole(old: Sequence[str], new: Sequence[str], start: int, end: int) -> Iterator[str]:
    """Yield one hunk that replaces everything between the common beginning and the common end."""
    lead, trail = max(0, start - _CONTEXT), min(end, _CONTEXT)
    old_end, new_end = len(old) - end, len(new) - end
    yield _header(lead, old_end + trail - lead, lead, new_end + trail - lead)
    yield from (f" {line}" for line in old[lead:start])
    yield from (f"-{line}" for line in old[start:old_end])
    yield from (f"+{line}" for line in new[start:new_end])
    yield from (f" {line}" for line in old[old_end : old_end + trail])


def _header(old_start: int, old_count: int, new_start: int, new_count: int) -> str:
    return f"@@ -{old_start + bool(old_count)},{old_count} +{new_start + bool(new_count)},{new_count} @@"


def _common(first: Sequence[str], second: Sequence[str]) -> int:
    """Return how many lines both begin with."""
    for index, (one, other) in enumerate(zip(first, second, strict=False)):
        if one != other:
            return index
    return min(len(first), len(second))


def _bounded(lines: list[str]) -> tuple[list[str], int]:
    """Return the lines that fit, from the beginning and from the end, and how many are left out between them."""
    if len(lines) <= _MOST_LINES and sum(map(len, lines)) <= _MOST_CHARACTERS:
        return lines, 0
    half = _MOST_CHARACTERS // 2
    head = _fitting(lines, half)
    tail = _fitting(lines[len(head) :][::-1], half)[::-1]
    omitted = len(lines) - len(head) - len(tail)
    note = [f"[… {omitted:,} lines left out here …]"] if omitted else []
    return [*head, *note, *tail], omitted


def _fitting(lines: Sequence[str], characters: int) -> list[str]:
    fitting: list[str] = []
    for line in lines[: _MOST_LINES // 2]:
        characters -= len(line)
        if characters < 0:
            break
        fitting.append(line)
    return fitting


def _visible(text: str) -> str:
    """Return `text` cleaned, with what `clean` would take away spelled out: a change of it must be seen."""
    cleaned = clean(text)
    if cleaned == text:
        return text
    return "".join(map(_visible_character, text))


def _visible_character(character: str) -> str:
    shown = clean(character)
    if shown == character or shown.strip():
        return shown
    return f"⟨U+{ord(character):04X}⟩"
