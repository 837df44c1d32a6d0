"""Widths and wrapping of text in terminal cells; ASCII takes a fast path."""

from typing import Final

from rich.cells import cell_len, split_graphemes

_NOT_AT_LINE_START: Final = frozenset("、。，．・：；！？）］｝」』】〉》〕ー々ゝゞ")


def width_of(text: str) -> int:
    """Return the cells `text` takes."""
    return len(text) if text.isascii() else cell_len(text)


def wrap(text: str, width: int) -> list[tuple[int, int]]:
    """Return the (start, end) of every row of `text` at `width` cells, breaking at spaces where possible.

    Spaces at a break belong to no row. Text without spaces is broken where the row is full; wide characters
    may be parted anywhere but before closing punctuation.
    """
    if text.isascii():
        return _wrap_ascii(text, max(1, width))
    return _wrap_wide(text, max(2, width))


def chop(text: str, width: int) -> list[tuple[int, int]]:
    """Return the (start, end) of every row of `text` cut exactly at `width` cells: for code."""
    if text.isascii():
        width = max(1, width)
        return [(at, min(at + width, len(text))) for at in range(0, len(text), width)] or [(0, 0)]
    rows: list[tuple[int, int]] = []
    start = used = 0
    for begin, _end, cells in split_graphemes(text)[0]:
        if used + cells > max(2, width):
            rows.append((start, begin))
            start, used = begin, 0
        used += cells
    rows.append((start, len(text)))
    return rows


def _wrap_ascii(text: str, width: int) -> list[tuple[int, int]]:
    length = len(text)
    if length <= width:
        return [(0, length)]
    rows: list[tuple[int, int]] = []
    start = 0
    while length - start > width:
        space = text.rfind(" ", start + 1, start + width + 1)
        end = space
        while end > start and text[end - 1] == " ":
            end -= 1
        if end <= start:
            rows.append((start, start + width))
            start += width
            continue
        rows.append((start, end))
        start = space + 1
        while start < length and text[start] == " ":
            start += 1
    if start < length:
        rows.append((start, length))
    return rows


def _wrap_wide(text: str, width: int) -> list[tuple[int, int]]:
    spans, total = split_graphemes(text)
    if total <= width:
        return [(0, len(text))]
    rows: list[tuple[int, int]] = []
    start = used = 0  # of the row being filled
    break_end = break_next = -1  # where the row may end, and where the next would begin
    after_break = 0  # cells since that place
    wide_before = False
    for begin, end, cells in spans:
        character = text[begin]
        space = character == " "
        wide = cells == 2
        if not space and begin > start and (wide or wide_before) and character not in _NOT_AT_LINE_START:
            break_end = break_next = begin
            after_break = 0
        if used + cells > width and not space:
            if break_end > start:
                rows.append((start, break_end))
                start, used = break_next, after_break
            else:
                rows.append((start, begin))
                start, used = begin, 0
            break_end = -1
        used += cells
        after_break += cells
        if space:
            if begin == start and rows:
                start, used = end, 0
            elif break_next != begin or break_end < 0:
                break_end = begin
            break_next, after_break = end, 0
        wide_before = wide
    if start < len(text):
        rows.append((start, len(text.rstrip(" ")) if len(text.rstrip(" ")) > start else len(text)))
    return rows
