"""Renders the blocks of a pane at its width and in its colours, and keeps a bounded number of them."""

from typing import Any, Final

from tui.ui.render.markdown import references_in, render_block
from tui.ui.render.palette import Glyphs, Palette
from tui.ui.render.rows import Row, make_row
from tui.ui.render.sections import Dress, dress_of, head_rows
from tui.ui.render.tail import Tail, TailStyle
from tui.ui.view.blocks import Block, BlockKind
from tui.ui.view.document import Section, SectionKind

MAX_CACHED_BLOCKS: Final = 400
MAX_CACHED_ROWS: Final = 3_000


class RowCache:
    """Rows of rendered blocks by block number; the ones not used for longest go first."""

    def __init__(self) -> None:
        self._rows: dict[int, list[Row]] = {}
        self._count = 0

    def __contains__(self, index: int) -> bool:
        return index in self._rows

    def get(self, index: int) -> list[Row] | None:
        """Return the rows of a block, if they are at hand."""
        rows = self._rows.pop(index, None)
        if rows is not None:
            self._rows[index] = rows
        return rows

    def put(self, index: int, rows: list[Row]) -> None:
        """Keep the rows of a block, at the price of others."""
        while self._rows and (len(self._rows) >= MAX_CACHED_BLOCKS or self._count > MAX_CACHED_ROWS):
            self._count -= len(self._rows.pop(next(iter(self._rows))))
        self._rows[index] = rows
        self._count += len(rows)

    def forget(self, start: int, end: int) -> None:
        """Drop the rows of the blocks from `start` up to `end`."""
        for index in list(self._rows) if end - start > len(self._rows) else range(start, end):
            if start <= index < end and (rows := self._rows.pop(index, None)) is not None:
                self._count -= len(rows)

    def clear(self) -> None:
        """Drop everything."""
        self._rows.clear()
        self._count = 0


class BlockRenderer:
    """What rows depend on besides their text: width, colours, glyphs, and link references of the section."""

    def __init__(self, glyphs: Glyphs) -> None:
        self.glyphs = glyphs
        self.width = 0
        self.palette: Palette | None = None
        self._dresses: dict[tuple[SectionKind, bool], Dress] = {}
        self._references: dict[Section, dict[str, Any]] = {}
        self._blank: Row | None = None

    def resize(self, width: int) -> None:
        """Render at another width from now on."""
        self.width = width
        self._blank = None

    def restyle(self, palette: Palette) -> None:
        """Render in other colours from now on."""
        self.palette = palette
        self._dresses.clear()
        self._blank = None

    def resolve(self, section: Section) -> None:
        """Take in the link references a section defines."""
        self._references[section] = references_in(section.definitions)

    def forget_references(self) -> None:
        """Drop all link references."""
        self._references.clear()

    def blank(self) -> Row:
        """Return the row without text."""
        if self._blank is None:
            self._blank = make_row([], self.width, self.colours().base)
        return self._blank

    def colours(self) -> Palette:
        """Return the palette, which must have been set."""
        if self.palette is None:
            raise RuntimeError("blocks can be rendered only after restyle()")
        return self.palette

    def head(self, block: Block, section: Section) -> list[Row]:
        """Return the rows of a section's head."""
        return head_rows(section, self.width, self.colours(), self.glyphs, gap=block.gap)

    def block(self, block: Block, section: Section, *, begins: bool, headed: bool) -> list[Row]:
        """Return the rows of a finished block; `begins`: it is the first of its section."""
        if block.kind is BlockKind.HEAD:
            return self.head(block, section)
        dress = self._dress(section, headed=headed)
        return render_block(block, self.width, dress, self.glyphs, self._references.get(section), begins=begins)

    def tail(self, section: Section, *, headed: bool) -> Tail:
        """Return a tail for the open block of a section."""
        return Tail(TailStyle(self.width, self._dress(section, headed=headed), self.glyphs))

    def _dress(self, section: Section, *, headed: bool) -> Dress:
        key = (section.kind, headed)
        if key not in self._dresses:
            self._dresses[key] = dress_of(section.kind, self.colours(), self.glyphs, has_head=headed)
        return self._dresses[key]
