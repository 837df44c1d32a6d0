"""The rows of a pane: its blocks, cached renderings, and the window on them. Knows no widget."""

from collections.abc import Iterator
from itertools import islice
from time import perf_counter

from tui.ui.render.palette import Glyphs, Palette
from tui.ui.render.rows import Row
from tui.ui.view.blocks import BlockKind
from tui.ui.view.document import Section, SectionKind
from tui.ui.widgets.stream_blocks import StreamBlocks


class StreamLayout(StreamBlocks):
    """Renders what the window shows."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__(glyphs)
        self.step = 1
        self._head_words = -1

    # -- what the window asks for -----------------------------------------------------------------------------

    def resize(self, width: int, height: int) -> None:
        """Take the size of the window; a new width makes all heights estimates again."""
        self.viewport.height = height
        if width == self.renderer.width:
            return
        block, inside = self.viewport.block, self.viewport.row
        old = self.heights[block] if block < len(self.heights) else self.viewport.tail
        self.renderer.resize(width)
        self._tail = None
        self._cache.clear()
        self._exact = bytearray(len(self._exact))
        self.heights.replace(
            lines + characters // width for lines, characters in zip(self._lines, self._characters, strict=True)
        )
        for section in self.document.sections:
            if section.kind is SectionKind.THINKING or section.title:
                self._estimate_section(section)
        if self.renderer.palette is not None and inside:
            self._update_tail()
            new = self.measure(block) if block < len(self.heights) else self.viewport.tail
            self.viewport.row = inside * new // max(1, old)

    def restyle(self, palette: Palette) -> None:
        """Render everything anew in other colours; heights stay."""
        self.renderer.restyle(palette)
        self._tail = None
        self._cache.clear()

    def measure(self, index: int) -> int:
        """Return the exact height of a block in rows."""
        if not self._exact[index]:
            self.rows_of(index)
        return self.heights[index]

    def rows_of(self, index: int) -> list[Row]:
        """Return the rows of a block, rendered now if they are not at hand."""
        rows = self._cache.get(index)
        if rows is None:
            rows = self._render(index)
            self._cache.put(index, rows)
            self.heights.set(index, len(rows))
            self._exact[index] = 1
        return rows

    def render_ahead(self, direction: int, seconds: float) -> bool:
        """Render what the next page up (-1) or down (1) will show; return whether time ran out before all was."""
        started = perf_counter()
        viewport, rows = self.viewport, 0
        block = viewport.block - 1
        if direction > 0:
            block = self.heights.find(viewport.top + viewport.height)[0]
        while 0 <= block < len(self._exact) and rows < viewport.height:
            if block not in self._cache and perf_counter() - started > seconds:
                return True
            rows += len(self.rows_of(block))
            block += direction
        return False

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
        rows.extend([self.renderer.blank()] * (viewport.height - len(rows)))
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

    def head_block_at(self, y: int) -> int:
        """Return the block whose head, the row that folds it, is in a row of the window; -1 for other rows."""
        block, inside = self.place_of(y)
        if block >= len(self._exact) or self.document.blocks[block].kind is not BlockKind.HEAD:
            return -1
        return block if inside == self.heights[block] - 1 else -1

    # -- rendering --------------------------------------------------------------------------------------------

    def _is_headed(self, section: Section) -> bool:
        blocks = self.document.blocks
        return section.start < len(blocks) and blocks[section.start].kind is BlockKind.HEAD

    def _render(self, index: int) -> list[Row]:
        block = self.document.blocks[index]
        section = self.document.section_of(index)
        if self._is_hidden(section) and (block.kind is not BlockKind.HEAD or self._is_headless(section)):
            return []
        return self.renderer.block(block, section, begins=index == section.start, headed=self._is_headed(section))

    def _update_tail(self) -> None:
        section = self.document.section
        if section is None or self._is_hidden(section):
            self._tail = None
            self.viewport.tail = 0
            self._renew_head(section)
            return
        if self._tail is None:
            self._tail = self.renderer.tail(section, headed=self._is_headed(section))
        begun = len(self.document.blocks) > section.start
        self._tail.update(self.document.splitter, gap=self.document.open_gap(), begun=begun)
        self._renew_head(section)
        self.viewport.tail = len(self._tail.rows)

    def _renew_head(self, section: Section | None) -> None:
        """Render the head of open thinking again when its count of words changed."""
        if section is not None and section.kind is SectionKind.THINKING and section.words != self._head_words:
            self._head_words = section.words
            self._forget(section.start, section.start + 1)
