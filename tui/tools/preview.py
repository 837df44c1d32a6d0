"""What a change would do, as it is shown to a person: a unified diff, or the files a delete would touch."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal, TypeAlias

from tui.core.tool_events import Preview, PreviewKind
from tui.core.untrusted import clean

_CONTEXT: Final = 3
_MOST_LINES: Final = 3_000
_MOST_CHARACTERS: Final = 400_000
_LONGEST_LINE: Final = 20_000
_MOST_PAIRS: Final = 100_000
"""Most pairs of lines of one stretch that are compared one by one; above, the stretch counts as changed whole."""
_MOST_WORK: Final = 3_000_000
"""The same of a whole file."""

_Block: TypeAlias = tuple[int, int, int]
"""Lines that stay: where in the old ones, where in the new ones, how many."""
_Tag: TypeAlias = Literal["replace", "delete", "insert", "equal"]


def diff_preview(path: str, before: str | None, after: str) -> Preview:
    """Return the difference between two texts of the file `path`; `before` is None for a new file.

    A long diff keeps its beginning and its end; `omitted` counts the lines between them and those
    shown in part. What a reader could not see,
    such as zero-width characters, is spelled out.
    """
    old, new = _lines(before or ""), _lines(after)
    body = list(_hunks(old, new))
    added = sum(line.startswith("+") for line in body)
    removed = sum(line.startswith("-") for line in body)
    shown = _visible(path)
    head = [f"--- {'/dev/null' if before is None else f'a/{shown}'}", f"+++ b/{shown}"] if body else []
    long = sum(len(line) > _LONGEST_LINE for line in body)
    kept, omitted = _bounded([*head, *(_visible(_cut(line)) for line in body)])
    return Preview(
        kind=PreviewKind.DIFF if body else PreviewKind.NOTHING,
        text="\n".join(kept),
        path=shown,
        added=added,
        removed=removed,
        omitted=omitted + long,
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
    """Yield the hunks of a unified diff, line by line."""
    import difflib

    steps = list(_steps(_equal_blocks(old, new), len(old), len(new)))

    class Known(difflib.SequenceMatcher[str]):
        """Groups steps that are already known."""

        def get_opcodes(self) -> list[tuple[_Tag, int, int, int, int]]:
            return steps

    for group in Known().get_grouped_opcodes(_CONTEXT):
        first, last = group[0], group[-1]
        if all(step[0] == "equal" for step in group):
            continue
        yield _header(first[1], last[2] - first[1], first[3], last[4] - first[3])
        for tag, old_from, old_to, new_from, new_to in group:
            if tag == "equal":
                yield from (f" {line}" for line in old[old_from:old_to])
                continue
            yield from (f"-{line}" for line in old[old_from:old_to])
            yield from (f"+{line}" for line in new[new_from:new_to])


def _steps(blocks: Iterable[_Block], old_end: int, new_end: int) -> Iterator[tuple[_Tag, int, int, int, int]]:
    """Yield what leads from the old to the new lines, given the blocks of lines that stay."""
    old_at = new_at = 0
    for old_from, new_from, size in (*blocks, (old_end, new_end, 0)):
        if old_at < old_from or new_at < new_from:
            tag: _Tag = "replace" if old_at < old_from and new_at < new_from else "delete"
            yield tag if old_at < old_from else "insert", old_at, old_from, new_at, new_from
        if size:
            yield "equal", old_from, old_from + size, new_from, new_from + size
        old_at, new_at = old_from + size, new_from + size


def _equal_blocks(old: Sequence[str], new: Sequence[str]) -> Iterator[_Block]:
    """Yield the blocks of equal lines, neighbours joined, in time that grows little more than the number of lines.

    Only stretches between lines that are there once on both sides are compared line by line, and not all of them when
    there are too many: then a stretch counts as changed whole.
    """
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    old_end, new_end = len(old) - end, len(new) - end
    work = _MOST_WORK
    found: list[_Block] = [(0, 0, start)]
    old_at, new_at = start, start
    large = (old_end - start) * (new_end - start) > _MOST_PAIRS
    anchors = _anchors(old, new, (start, old_end), (start, new_end)) if large else []
    for old_to, new_to in (*anchors, (old_end, new_end)):
        pairs = (old_to - old_at) * (new_to - new_at)
        if 0 < pairs <= min(work, _MOST_PAIRS):
            work -= pairs
            inner = _compared(old[old_at:old_to], new[new_at:new_to])
            found += ((old_at + one, new_at + other, size) for one, other, size in inner)
        found.append((old_to, new_to, 1 if old_to < old_end else 0))
        old_at, new_at = old_to + 1, new_to + 1
    found.append((old_end, new_end, end))
    yield from _joined(found)


def _joined(blocks: Iterable[_Block]) -> Iterator[_Block]:
    """Yield the blocks without empty ones, and with adjoining ones as one."""
    last = (0, 0, 0)
    for old_from, new_from, size in blocks:
        if (old_from, new_from) == (last[0] + last[2], last[1] + last[2]):
            last = (last[0], last[1], last[2] + size)
        elif size:
            if last[2]:
                yield last
            last = (old_from, new_from, size)
    if last[2]:
        yield last


def _compared(old: Sequence[str], new: Sequence[str]) -> Iterator[_Block]:
    import difflib

    for block in difflib.SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
        yield block.a, block.b, block.size


def _anchors(
    old: Sequence[str], new: Sequence[str], old_range: tuple[int, int], new_range: tuple[int, int]
) -> list[tuple[int, int]]:
    """Return the longest rising sequence of places of lines that are there once on either side."""
    places = {line: index for index, line in enumerate(new[slice(*new_range)], new_range[0])}
    old_counts, new_counts = Counter(old[slice(*old_range)]), Counter(new[slice(*new_range)])
    pairs = [
        (index, places[line])
        for index, line in enumerate(old[slice(*old_range)], old_range[0])
        if old_counts[line] == 1 and new_counts[line] == 1
    ]
    ends: list[int] = []  # by length, the smallest place a rising sequence can end at
    members: list[int] = []
    before: list[int] = []
    for number, (_, place) in enumerate(pairs):
        length = bisect_left(ends, place)
        before.append(members[length - 1] if length else -1)
        if length == len(ends):
            ends.append(place)
            members.append(number)
        else:
            ends[length], members[length] = place, number
    chosen: list[tuple[int, int]] = []
    number = members[-1] if members else -1
    while number >= 0:
        chosen.append(pairs[number])
        number = before[number]
    return chosen[::-1]


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


def _cut(line: str) -> str:
    """Return the beginning and the end of a long line."""
    if len(line) <= _LONGEST_LINE:
        return line
    half = _LONGEST_LINE // 2
    return f"{line[:half]}[… {len(line) - 2 * half:,} characters left out here …]{line[-half:]}"


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
