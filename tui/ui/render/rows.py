"""One row of a pane: a Strip that costs little to make, to cut and to send to the terminal.

Textual writes every segment with its full style and a reset, which makes most of what reaches the terminal
escape sequences. A Row sends its style once and then only what changes, and knows where its text ends, so
that the blank rest of a row need not be sent again.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from rich.cells import get_character_cell_size
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.cache import FIFOCache
from textual.strip import Strip

from tui.ui.render.cells import width_of

Run = tuple[str, Style]
"""Text and its style."""

_VISIBLE_ON_SPACES: Final = 0b1001101001  # underline, reverse, strike, double underline and their kin
_ATTRIBUTE_CODES: Final = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "21", "51", "52", "53")
_OFF_CODES: Final = ("22", "22", "23", "24", "25", "25", "27", "28", "29", "24", "54", "54", "55")
_SHARED_OFF: Final = {"22": 0b11, "24": 0b1000001000, "25": 0b110000, "54": 0b110000000000}


class _Codes(NamedTuple):
    attributes: int
    foreground: str
    background: str


@lru_cache(maxsize=4096)
def _codes(style: Style, system: ColorSystem) -> _Codes:
    color, background = style.color, style.bgcolor
    return _Codes(
        style._attributes & style._set_attributes,  # noqa: SLF001 - rich has no public form of the bit set
        "39" if color is None else ";".join(color.downgrade(system).get_ansi_codes()),
        "49" if background is None else ";".join(background.downgrade(system).get_ansi_codes(foreground=False)),
    )


_PLAIN: Final = _Codes(0, "39", "49")


@lru_cache(maxsize=8192)
def _transition(before: _Codes, after: _Codes) -> str:
    """Return the shortest SGR sequence from one state to the other."""
    codes: list[str] = []
    removed = before.attributes & ~after.attributes
    added = after.attributes & ~before.attributes
    for bit, off in enumerate(_OFF_CODES):
        if removed & (1 << bit) and off not in codes:
            codes.append(off)
            added |= after.attributes & _SHARED_OFF.get(off, 0)
    codes.extend(code for bit, code in enumerate(_ATTRIBUTE_CODES) if added & (1 << bit))
    if before.foreground != after.foreground:
        codes.append(after.foreground)
    if before.background != after.background:
        codes.append(after.background)
    return f"\x1b[{';'.join(codes)}m" if codes else ""


def _encode(segments: Sequence[Segment], system: ColorSystem) -> str:
    state = _PLAIN
    parts: list[str] = []
    for text, style, _ in segments:
        wanted = _PLAIN if style is None else _codes(style, system)
        if wanted != state:
            if text.isspace() and not (wanted.attributes | state.attributes) & _VISIBLE_ON_SPACES:
                wanted = _Codes(state.attributes, state.foreground, wanted.background)
            parts.append(_transition(state, wanted))
            state = wanted
        parts.append(text)
    if state != _PLAIN:
        parts.append("\x1b[0m")
    return "".join(parts)


class Row(Strip):
    """A strip of exactly `width` cells whose blank end is known.

    `lead` is the number of characters in front that are decoration, not text; `joint` is what stood between
    this row and the one above in the text that was wrapped (None: a line end).
    """

    __slots__ = ("base", "body", "body_cells", "joint", "lead", "system", "variants")

    def __init__(self, body: list[Segment], body_cells: int, width: int, base: Style) -> None:
        self.body = body
        self.body_cells = min(body_cells, width)
        self.base = base
        self.lead = 0
        self.joint: str | None = None
        self.system: ColorSystem | None = None
        self.variants: dict[Any, Strip] | None = None
        self._segments = [*body, Segment(" " * (width - body_cells), base)] if body_cells < width else body
        self._cell_length = width
        self._render_cache = None
        self._link_ids = None
        self._cell_count = None

    def __getattr__(self, name: str) -> FIFOCache[Any, Any]:
        """Make one of Strip's many caches when it is first used; most rows never need any."""
        if not name.endswith("_cache"):
            raise AttributeError(name)
        cache: FIFOCache[Any, Any] = FIFOCache(4)
        setattr(self, name, cache)
        return cache

    def render(self, console: Console) -> str:
        """Return the row as terminal sequences."""
        system = console._color_system or ColorSystem.TRUECOLOR  # noqa: SLF001 - as Strip.render does
        if self._render_cache is None or self.system is not system:
            self.system = system
            self._render_cache = _encode(self._segments, system)
        return self._render_cache

    def divide(self, cuts: Any) -> Sequence[Strip]:
        """Cut into strips at these cells; the common case is no cut at all."""
        cuts = list(cuts)
        return [self] if cuts == [self._cell_length] else super().divide(cuts)

    def crop(self, start: int, end: int | None = None) -> Strip:
        """Cut out the cells from `start` to `end`; losing blank cells at the end is cheap."""
        width = self.cell_length
        end = width if end is None else min(end, width)
        if start or end < self.body_cells:
            return super().crop(start, end)
        if end == width:
            return self
        key = ("crop", end)
        if self.variants is None:
            self.variants = {}
        found = self.variants.get(key)
        if found is None:
            if len(self.variants) > 8:
                self.variants.clear()
            found = self.variants[key] = Row(self.body, self.body_cells, end, self.base)
        return found

    def same_as(self, other: "Row") -> bool:
        """Whether both look and copy the same."""
        return self.body == other.body and self.lead == other.lead and self.joint == other.joint


def make_row(runs: Sequence[Run], width: int, base: Style, *, lead: int = 0, joint: str | None = None) -> Row:
    """Build a row from runs; neighbours of one style are joined, what does not fit in `width` cells is cut.

    The row is one cell wider than its text may be: the last cell of a pane belongs to the scroll thumb.
    """
    body: list[Segment] = []
    cells = 0
    text, style = "", base
    for run_text, run_style in runs:
        if not run_text:
            continue
        if run_style is style or run_style == style:
            text += run_text
            continue
        if text:
            body.append(Segment(text, style))
        text, style = run_text, run_style
    if text:
        body.append(Segment(text, style))
    if len(body) > 1 and not all(segment.text.isascii() for segment in body):
        body = _whole_clusters(body)
    for segment in body:
        cells += width_of(segment.text)
    row = Row(body, cells, width + 1, base)
    if cells > width:
        cut = Strip(body, cells).crop(0, width)
        row = Row(list(cut), width, width + 1, base)
    row.lead = lead
    row.joint = joint
    return row


def _whole_clusters(segments: Sequence[Segment]) -> list[Segment]:
    """Move marks that change the character before them to its segment, or the row's width would depend on the cut."""
    whole: list[Segment] = []
    for text, style, _ in segments:
        marks = 0
        while whole and marks < len(text) and not get_character_cell_size(text[marks]):
            marks += 1
        if marks:
            whole[-1] = Segment(whole[-1].text + text[:marks], whole[-1].style)
        if text[marks:]:
            whole.append(Segment(text[marks:], style))
    return whole


def with_thumb(row: Row, glyph: str, style: Style) -> Row:
    """Return the row with the scroll thumb in its last cell."""
    if row.variants is None:
        row.variants = {}
    found = row.variants.get("thumb")
    if not isinstance(found, Row):
        blank = row.cell_length - 1 - row.body_cells
        body = [*row.body, *([Segment(" " * blank, row.base)] if blank else []), Segment(glyph, style)]
        found = row.variants["thumb"] = Row(body, row.cell_length, row.cell_length, row.base)
    return found


def slice_runs(runs: Sequence[Run], ranges: Sequence[tuple[int, int]]) -> list[list[Run]]:
    """Cut runs into rows by character ranges over their joined text (ascending, not overlapping)."""
    rows: list[list[Run]] = []
    position = index = 0
    for start, end in ranges:
        row: list[Run] = []
        while index < len(runs):
            text, style = runs[index]
            stop = position + len(text)
            if stop > start and position < end:
                row.append((text[max(0, start - position) : end - position], style))
            if stop >= end:
                break
            position = stop
            index += 1
        rows.append(row)
    return rows
