"""The rows of a pane: document, cached renderings, and the window on them. Knows no widget."""

from array import array
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from tui.ui.render.markdown import references_in, render_block
from tui.ui.render.palette import Glyphs, Palette
from tui.ui.render.rows import Row, make_row
from tui.ui.render.sections import Dress, dress_of, head_rows
from tui.ui.render.tail import Tail, TailStyle
from tui.ui.view.blocks import Block, BlockKind
from tui.ui.view.document import Document, Section, SectionKind
from tui.ui.view.heights import HeightIndex
from tui.ui.view.viewport import Viewport

MAX_CACHED_BLOCKS: Final = 400
MAX_CACHED_ROWS: Final = 3_000
_HEADLESS: Final = frozenset({SectionKind.PROMPT})
_ALWAYS_HEADED: Final = frozenset({SectionKind.THINKING, SectionKind.TOOL})


class StreamLayout:
    """Keeps the heights of all blocks (estimates, exact where rendered) and renders what the window shows."""

    def __init__(self, glyphs: Glyphs) -> None:
        self.document = Document()
        self.heights = HeightIndex()
        self.viewport = Viewport(self.heights, self.measure)
        self.glyphs = glyphs
        self.width = 0
        self.step = 1
        self.thinking = "folded"
        self.palette: Palette | None = None
        self._cache: dict[int, list[Row]] = {}
        self._cached_rows = 0
        self._exact = bytearray()
        self._lines = array("I")
        self._characters = array("I")
        self._dresses: dict[tuple[SectionKind, bool], Dress] = {}
        self._references: dict[Section, dict[str, Any]] = {}
        self._tail: Tail | None = None
        self._blank: Row | None = None
        self._head_words = -1

    # -- what the document says -------------------------------------------------------------------------------

    def begin(self, kind: SectionKind, title: str) -> None:
        """Open a section."""
        self.end("")
        head = kind in _ALWAYS_HEADED or (bool(title) and kind not in _HEADLESS)
        self.document.begin(kind, title, head=head)
        self._tail = None
        self._take_blocks()

    def append(self, text: str) -> None:
        """Add text to the open section."""
        self.document.append(text)
        self._take_blocks()

    def end(self, summary: str) -> None:
        """Close the open section: fold it if it was thinking, resolve its link references."""
        section = self.document.end(summary)
        if section is None:
            return
        self._tail = None
        self._take_blocks()
        if section.definitions:
            self._references[section] = references_in(section.definitions)
            self._forget(section.start, section.end)
        if section.kind is SectionKind.THINKING:
            section.folded = section.folded or self.thinking == "folded"
            self._estimate_section(section)
        elif section.kind is SectionKind.TOOL:
            self._forget(section.start, section.start + 1)

    def clear(self) -> None:
        """Forget everything."""
        self.document.clear()
        self._references.clear()
        self._lines, self._characters, self._exact = array("I"), array("I"), bytearray()
        self._tail = None
        self._drop_rows()
        self.heights.replace(())
        self.viewport.block = self.viewport.row = 0
        self.viewport.following = True

    def fold(self, section: Section, *, folded: bool) -> None:
        """Fold or unfold one thinking section."""
        section.folded = folded
        self._tail = None
        self._estimate_section(section)
        self.viewport.keep_in_block()

    def thinking_sections(self) -> list[Section]:
        """Return all sections of thinking."""
        return [section for section in self.document.sections if section.kind is SectionKind.THINKING]

    def _take_blocks(self) -> None:
        blocks = self.document.blocks
        hidden: bool | None = None
        for index in range(len(self._exact), len(blocks)):
            source = blocks[index].source.strip("\n")
            self._lines.append((source.count("\n") + 1 + blocks[index].gap) if source else 0)
            self._characters.append(len(source))
            self._exact.append(0)
            if hidden is None:
                hidden = self._is_hidden(self.document.section_of(index))
            self.heights.append(self._estimate(index, hidden=hidden))

    def _estimate(self, index: int, *, hidden: bool) -> int:
        if self.document.blocks[index].kind is BlockKind.HEAD:
            return 0 if hidden and self.thinking == "hidden" else 1
        return 0 if hidden else self._lines[index] + self._characters[index] // max(1, self.width)

    def _estimate_section(self, section: Section) -> None:
        end = len(self._exact) if section.is_open else section.end
        hidden = self._is_hidden(section)
        self._forget(section.start, end)
        for index in range(section.start, end):
            self.heights.set(index, self._estimate(index, hidden=hidden))

    def _is_hidden(self, section: Section) -> bool:
        return section.kind is SectionKind.THINKING and (section.folded or self.thinking == "hidden")

    # -- what the window asks for -----------------------------------------------------------------------------

    def resize(self, width: int, height: int) -> None:
        """Take the size of the window; a new width makes all heights estimates again."""
        self.viewport.height = height
        if width == self.width:
            return
        block, inside = self.viewport.block, self.viewport.row
        old = self.heights[block] if block < len(self.heights) else self.viewport.tail
        self.width = width
        self._blank = self._tail = None
        self._drop_rows()
        self._exact = bytearray(len(self._exact))
        self.heights.replace(map(self._guess, self._lines, self._characters))
        for section in self.document.sections:
            if section.kind is SectionKind.THINKING or section.title:
                self._estimate_section(section)
        if self.palette is not None and inside:
            self._update_tail()
            new = self.measure(block) if block < len(self.heights) else self.viewport.tail
            self.viewport.row = inside * new // max(1, old)

    def _guess(self, lines: int, characters: int) -> int:
        return lines + characters // self.width

    def restyle(self, palette: Palette) -> None:
        """Render everything anew in other colours; heights stay."""
        self.palette = palette
        self._dresses.clear()
        self._blank = self._tail = None
        self._drop_rows()

    def measure(self, index: int) -> int:
        """Return the exact height of a block in rows."""
        if not self._exact[index]:
            self.rows_of(index)
        return self.heights[index]

    def rows_of(self, index: int) -> list[Row]:
        """Return the rows of a block, rendered now if they are not at hand."""
        rows = self._cache.pop(index, None)
        if rows is None:
            rows = self._render(index)
            self._cached_rows += len(rows)
            self.heights.set(index, len(rows))
            self._exact[index] = 1
            while len(self._cache) >= MAX_CACHED_BLOCKS or (self._cached_rows > MAX_CACHED_ROWS and self._cache):
                self._cached_rows -= len(self._cache.pop(next(iter(self._cache))))
        self._cache[index] = rows
        return rows

    def window(self) -> list[Row]:
        """Return the rows to show now, exactly as many as the window has."""
        viewport = self.viewport
        self._update_tail()
        if viewport.following:
            viewport.follow(self.step)
        else:
            viewport.keep_in_block()
        rows: list[Row] = []
        for _, _, row in self.rows_from(viewport.block, viewport.row):
            if len(rows) >= viewport.height:
                break
            rows.append(row)
        rows.extend([self.blank()] * (viewport.height - len(rows)))
        return rows

    def rows_from(self, block: int, row: int) -> Iterator[tuple[int, int, Row]]:
        """Yield (block, row inside it, row) from a place to the end."""
        while block < len(self._exact):
            rows = self.rows_of(block)
            for inside in range(row, len(rows)):
                yield block, inside, rows[inside]
            block, row = block + 1, 0
        for inside, tail_row in enumerate(self._tail.rows[row:] if self._tail else (), row):
            yield block, inside, tail_row

    def place_of(self, y: int) -> tuple[int, int]:
        """Return (block, row inside it) of a row of the window."""
        place = (self.viewport.block, self.viewport.row)
        for block, inside, _ in islice(self.rows_from(*place), y + 1):
            place = (block, inside)
        return place

    def blank(self) -> Row:
        """Return the row without text."""
        if self._blank is None:
            self._blank = make_row([], self.width, self._colours().base)
        return self._blank

    # -- rendering --------------------------------------------------------------------------------------------

    def _colours(self) -> Palette:
        if self.palette is None:
            raise RuntimeError("a layout renders only after restyle()")
        return self.palette

    def _dress(self, section: Section) -> Dress:
        headed = section.start < len(self.document.blocks) and (
            self.document.blocks[section.start].kind is BlockKind.HEAD
        )
        key = (section.kind, headed)
        if key not in self._dresses:
            self._dresses[key] = dress_of(section.kind, self._colours(), self.glyphs, has_head=headed)
        return self._dresses[key]

    def _render(self, index: int) -> list[Row]:
        block: Block = self.document.blocks[index]
        section = self.document.section_of(index)
        hidden = self._is_hidden(section)
        if block.kind is BlockKind.HEAD:
            if hidden and self.thinking == "hidden":
                return []
            return head_rows(section, self.width, self._colours(), self.glyphs, gap=block.gap)
        if hidden:
            return []
        references = self._references.get(section)
        return render_block(
            block, self.width, self._dress(section), self.glyphs, references, begins=index == section.start
        )

    def _update_tail(self) -> None:
        section = self.document.section
        if section is None or self._is_hidden(section):
            self._tail = None
            self.viewport.tail = 0
            self._renew_head(section)
            return
        if self._tail is None:
            self._tail = Tail(TailStyle(self.width, self._dress(section), self.glyphs))
        begun = len(self.document.blocks) > section.start
        self._tail.update(self.document.splitter, gap=self.document.open_gap(), begun=begun)
        self._renew_head(section)
        self.viewport.tail = len(self._tail.rows)

    def _renew_head(self, section: Section | None) -> None:
        """Render the head of open thinking again when its count of words changed."""
        if section is not None and section.kind is SectionKind.THINKING and section.words != self._head_words:
            self._head_words = section.words
            self._forget(section.start, section.start + 1)

    def _forget(self, start: int, end: int) -> None:
        for index in list(self._cache) if end - start > len(self._cache) else range(start, end):
            if start <= index < end and (rows := self._cache.pop(index, None)) is not None:
                self._cached_rows -= len(rows)
        self._exact[start:end] = bytes(end - start)

    def _drop_rows(self) -> None:
        self._cache.clear()
        self._cached_rows = 0
