"""What a pane shows, as data: sections of blocks. No widths, no colours, no toolkit."""

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from tui.ui.view.blocks import Block, BlockKind, Splitter
from tui.ui.view.fences import fenced_blocks
from tui.ui.view.tool_line import ToolLine

_SLICE: Final = 65_536
_DEFINITION: Final = re.compile(r"^[ \t>*+-]*\[[^\]\n]+\]:[ \t]*\S", re.MULTILINE)


class SectionKind(StrEnum):
    """Whose words a section holds."""

    PROMPT = "prompt"
    THINKING = "thinking"
    ANSWER = "answer"
    TOOL = "tool"
    NOTICE = "notice"
    REMARK = "remark"
    ERROR = "error"


MARKDOWN_KINDS: Final = frozenset({SectionKind.THINKING, SectionKind.ANSWER})


@dataclass(slots=True, eq=False)
class Section:
    """One part of the conversation."""

    kind: SectionKind
    title: str
    start: int
    """Index of its first block."""
    end: int = -1
    """Index after its last block; -1 while it is open."""
    folded: bool = False
    summary: str = ""
    words: int = 0
    definitions: list[str] = field(default_factory=list)
    """Sources of the blocks that define link references."""
    tool: ToolLine | None = None
    """The call a TOOL section is about: a head and one block, which change until it is over."""

    @property
    def is_open(self) -> bool:
        """Whether text is still expected."""
        return self.end < 0


class Document:
    """Sections and their blocks, in order; only the last section can be open."""

    def __init__(self) -> None:
        self.sections: list[Section] = []
        self.blocks: list[Block] = []
        self.splitter = Splitter()
        self._starts: list[int] = []
        self._in_word = False

    @property
    def section(self) -> Section | None:
        """The open section, if any."""
        return self.sections[-1] if self.sections and self.sections[-1].is_open else None

    def section_of(self, block: int) -> Section:
        """Return the section a block belongs to; an index past the end means the last section."""
        return self.sections[max(0, bisect_right(self._starts, block) - 1)]

    def begin(self, kind: SectionKind, title: str = "", *, head: bool = False, folded: bool = False) -> Section:
        """Open a section (closing an open one); `head` puts a one-row block before its text."""
        self.end()
        section = Section(kind, title, len(self.blocks), folded=folded)
        self.sections.append(section)
        self._starts.append(section.start)
        self._in_word = False
        self.splitter = Splitter(markdown=kind in MARKDOWN_KINDS)
        if head:
            self.blocks.append(Block(BlockKind.HEAD, "", gap=bool(self.blocks)))
        return section

    def add_tool(self, line: ToolLine) -> Section:
        """Add the line of a tool call; nothing is written into it, `set_tool` replaces it."""
        self.end()
        follows = bool(self.sections) and self.sections[-1].kind is SectionKind.TOOL
        section = Section(SectionKind.TOOL, line.name, len(self.blocks), end=len(self.blocks) + 2, folded=True)
        self.sections.append(section)
        self._starts.append(section.start)
        self.blocks.append(Block(BlockKind.HEAD, "", gap=bool(self.blocks) and not follows))
        self.blocks.append(Block(BlockKind.PLAIN, "", first=False, last=False))
        self.set_tool(section, line)
        return section

    def set_tool(self, section: Section, line: ToolLine) -> None:
        """Show a tool call as `line` says from now on."""
        section.tool = line
        body = self.blocks[section.start + 1]
        body.source = line.body
        body.kind, body.lead = (BlockKind.CODE, "diff") if line.diff else (BlockKind.PLAIN, "")

    def append(self, text: str) -> None:
        """Add text to the open section (an answer is opened when there is none)."""
        section = self.section or self.begin(SectionKind.ANSWER)
        if section.kind is SectionKind.THINKING:
            self._count_words(section, text)
        for start in range(0, len(text), _SLICE):
            self.splitter.feed(text[start : start + _SLICE])
            self._take_closed(section)

    def end(self, summary: str = "") -> Section | None:
        """Close the open section and return it."""
        section = self.section
        if section is None:
            return None
        self.splitter.finish()
        self._take_closed(section)
        section.end = len(self.blocks)
        section.summary = summary
        self.splitter = Splitter()
        return section

    def clear(self) -> None:
        """Forget everything."""
        self.sections.clear()
        self.blocks.clear()
        self._starts.clear()
        self.splitter = Splitter()

    def source_of(self, section: Section) -> str:
        """Return the text of a section exactly as it came, with what is not yet a finished block."""
        end = len(self.blocks) if section.is_open else section.end
        text = "".join(block.source for block in self.blocks[section.start : end])
        if section.is_open:
            text += "".join(self.splitter.open) + self.splitter.partial
        return text

    def last_answer(self) -> str:
        """Return the source of the last answer, "" when there is none."""
        for section in reversed(self.sections):
            if section.kind is SectionKind.ANSWER:
                return self.source_of(section)
        return ""

    def code_blocks(self) -> list[tuple[str, str]]:
        """Return (language, source) of the fenced code in the last answer."""
        return fenced_blocks(self.last_answer())

    def text(self) -> str:
        """Return the whole conversation as Markdown; the person's words are quoted."""
        parts = []
        for section in self.sections:
            source = self.source_of(section).strip("\n")
            if section.tool is not None:
                source = _tool_text(section.tool)
            elif section.kind is SectionKind.PROMPT:
                source = "\n".join(f"> {line}".rstrip() for line in source.split("\n"))
            elif section.title and section.kind is not SectionKind.THINKING:
                source = f"{section.title}\n{source}".rstrip("\n")
            if source:
                parts.append(source)
        return "\n\n".join(parts)

    def _take_closed(self, section: Section) -> None:
        closed = self.splitter.closed
        if not closed:
            return
        for block in closed:
            if len(self.blocks) == section.start:
                block.gap = bool(self.blocks)
            elif len(self.blocks) == section.start + 1 and self.blocks[section.start].kind is BlockKind.HEAD:
                block.gap = False
            if "]:" in block.source and _DEFINITION.search(block.source):
                section.definitions.append(block.source)
            self.blocks.append(block)
        closed.clear()

    def open_gap(self) -> bool:
        """Whether a blank row stands before the open block."""
        section = self.sections[-1]
        if len(self.blocks) == section.start:
            return bool(self.blocks)
        if len(self.blocks) == section.start + 1 and self.blocks[section.start].kind is BlockKind.HEAD:
            return False
        return self.splitter.gap

    def _count_words(self, section: Section, text: str) -> None:
        words = len(text.split())
        if words and self._in_word and not text[0].isspace():
            words -= 1
        section.words += words
        self._in_word = not text[-1].isspace() if text else self._in_word


def _tool_text(line: ToolLine) -> str:
    """A tool call as Markdown; its body is fenced by more backticks than it holds."""
    if not line.body:
        return line.words
    longest = max(map(len, re.findall("`{3,}", line.body)), default=2)
    ticks = "`" * (longest + 1)
    return f"{line.words}\n\n{ticks}{'diff' if line.diff else ''}\n{line.body}\n{ticks}"
