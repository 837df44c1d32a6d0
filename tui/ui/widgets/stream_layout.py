"""The rows of a pane: document, cached renderings, and the window on them. Knows no widget."""

from array import array
from collections.abc import Iterator
from itertools import islice
from time import perf_counter
from typing import Final

from tui.ui.render.palette import Glyphs, Palette
from tui.ui.render.rows import Row
from tui.ui.render.tail import Tail
from tui.ui.view.blocks import BlockKind
from tui.ui.view.document import Document, Section, SectionKind
from tui.ui.view.heights import HeightIndex
from tui.ui.view.tool_line import ToolLine
from tui.ui.view.viewport import Viewport
from tui.ui.widgets.stream_render import BlockRenderer, RowCache

_HEADLESS: Final = frozenset({SectionKind.PROMPT})
_ALWAYS_HEADED: Final = frozenset({SectionKind.THINKING})


class StreamLayout:
    """Keeps the heights of all blocks (estimates, exact where rendered) and renders what the window shows."""

    def __init__(self, glyphs: Glyphs) -> None:
        self.document = Document()
        self.heights = HeightIndex()
        self.viewport = Viewport(self.heights, self.measure)
        self.renderer = BlockRenderer(glyphs)
        self.step = 1
        self.thinking = "folded"
        self._cache = RowCache()
        self._exact = bytearray()
        self._lines = array("I")
        self._characters = array("I")
        self._tail: Tail | None = None
        self._head_words = -1
        self._tools: dict[int, Section] = {}

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
            self.renderer.resolve(section)
            self._forget(section.start, section.end)
        if section.kind is SectionKind.THINKING:
            section.folded = section.folded or self.thinking == "folded"
            self._estimate_section(section)

    def put_tool(self, line: ToolLine) -> None:
        """Add the line of a tool call, or replace the one with its key; costs the same however much stands above."""
        section = self._tools.get(line.key)
        if section is None:
            self.end("")
            self._tools[line.key] = self.document.add_tool(line)
            self._tail = None
            self._take_blocks()
            return
        self.document.set_tool(section, line)
        self._measure_source(section.start + 1)
        self._estimate_section(section)

    def clear(self) -> None:
        """Forget everything."""
        self.document.clear()
        self.renderer.forget_references()
        self._lines, self._characters, self._exact = array("I"), array("I"), bytearray()
        self._tail = None
        self._tools.clear()
        self._cache.clear()
        self.heights.replace(())
        self.viewport.block = self.viewport.row = 0
        self.viewport.following = True

    def fold(self, section: Section, *, folded: bool) -> None:
        """Fold or unfold one section of thinking or of a tool."""
        section.folded = folded
        self._tail = None
        self._estimate_section(section)
        self.viewport.keep_in_block()

    def thinking_sections(self) -> list[Section]:
        """Return all sections of thinking."""
        return [section for section in self.document.sections if section.kind is SectionKind.THINKING]

    def tool_sections(self) -> list[Section]:
        """Return the sections of all tool calls."""
        return list(self._tools.values())

    def head_block_at(self, y: int) -> int:
        """Return the block whose head, the row that folds it, is in a row of the window; -1 for other rows."""
        block, inside = self.place_of(y)
        if block >= len(self._exact) or self.document.blocks[block].kind is not BlockKind.HEAD:
            return -1
        return block if inside == self.heights[block] - 1 else -1

    def _take_blocks(self) -> None:
        blocks = self.document.blocks
        hidden: bool | None = None
        for index in range(len(self._exact), len(blocks)):
            self._lines.append(0)
            self._characters.append(0)
            self._measure_source(index)
            self._exact.append(0)
            if hidden is None:
                hidden = self._is_hidden(self.document.section_of(index))
            self.heights.append(self._estimate(index, hidden=hidden))

    def _measure_source(self, index: int) -> None:
        block = self.document.blocks[index]
        source = block.source.strip("\n")
        self._lines[index] = (source.count("\n") + 1 + block.gap) if source else 0
        self._characters[index] = len(source)

    def _estimate(self, index: int, *, hidden: bool) -> int:
        if self.document.blocks[index].kind is BlockKind.HEAD:
            return 0 if hidden and self._is_headless(self.document.section_of(index)) else 1
        return 0 if hidden else self._lines[index] + self._characters[index] // max(1, self.renderer.width)

    def _estimate_section(self, section: Section) -> None:
        end = len(self._exact) if section.is_open else section.end
        hidden = self._is_hidden(section)
        self._forget(section.start, end)
        for index in range(section.start, end):
            self.heights.set(index, self._estimate(index, hidden=hidden))

    def _is_hidden(self, section: Section) -> bool:
        if section.tool is not None:
            return section.folded and not section.tool.live
        return section.kind is SectionKind.THINKING and (section.folded or self.thinking == "hidden")

    def _is_headless(self, section: Section) -> bool:
        """Whether a section that is hidden leaves no line behind."""
        return section.kind is SectionKind.THINKING and self.thinking == "hidden"

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

    def _forget(self, start: int, end: int) -> None:
        self._cache.forget(start, end)
        self._exact[start:end] = bytes(end - start)
