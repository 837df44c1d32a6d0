"""The blocks of a pane: sections opened, written, folded and closed, and how high each block is. Knows no widget."""

from array import array
from typing import Final

from tui.ui.render.palette import Glyphs
from tui.ui.render.tail import Tail
from tui.ui.view.blocks import BlockKind
from tui.ui.view.document import Document, Section, SectionKind
from tui.ui.view.heights import HeightIndex
from tui.ui.view.tool_line import ToolLine
from tui.ui.view.viewport import Viewport
from tui.ui.widgets.stream_render import BlockRenderer, RowCache

_HEADLESS: Final = frozenset({SectionKind.PROMPT})
_ALWAYS_HEADED: Final = frozenset({SectionKind.THINKING})


class StreamBlocks:
    """The document and the heights of all its blocks: estimates, exact where rendered."""

    def __init__(self, glyphs: Glyphs) -> None:
        self.document = Document()
        self.heights = HeightIndex()
        self.viewport = Viewport(self.heights, self.measure)
        self.renderer = BlockRenderer(glyphs)
        self.thinking = "folded"
        self._cache = RowCache()
        self._exact = bytearray()
        self._lines = array("I")
        self._characters = array("I")
        self._tail: Tail | None = None
        self._tools: dict[int, Section] = {}

    def measure(self, index: int) -> int:
        """Return the exact height of a block in rows."""
        raise NotImplementedError

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

    def _forget(self, start: int, end: int) -> None:
        self._cache.forget(start, end)
        self._exact[start:end] = bytes(end - start)
