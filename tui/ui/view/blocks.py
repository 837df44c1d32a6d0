"""Cut streamed Markdown into top-level blocks, line by line and without ever looking back.

The splitter only decides where a new top-level block certainly begins; what stands inside a block is left to
the Markdown parser. Every decision depends on whole lines alone, so the blocks are the same however the text
was cut into chunks. Blocks are bounded in lines and characters: an endless line, fence, list or paragraph is
cut by force, so nothing that is open ever costs more than a constant per token.
"""

import re
from enum import IntEnum, StrEnum
from typing import Final

from tui.core.record import Mutable, mutable

MAX_LINES: Final = 100
MAX_CHARACTERS: Final = 16_384
MAX_LINE: Final = 4_096
_LIST_SLACK: Final = 4  # a list may grow this many times over the limit before it is cut inside an item
_FENCE_SLACK: Final = 2  # and code this many times before it is cut elsewhere than where a new part seems to begin


class BlockKind(StrEnum):
    """What a block holds, which decides how it is rendered."""

    MARKDOWN = "markdown"
    CODE = "code"
    PLAIN = "plain"
    HEAD = "head"


@mutable
class Block(Mutable):
    """One top-level piece of a section; the sources of all blocks joined are the text as it came."""

    kind: BlockKind
    source: str
    gap: bool = False
    """A blank row stands before it."""
    joined: bool = False
    """It continues the block before it, which was cut by force."""
    first: bool = True
    """CODE: its first line is the opening fence."""
    last: bool = True
    """CODE: the fence ends here (closed, or the text ended)."""
    closed: bool = False
    """CODE: its last line is the closing fence."""
    lead: str = ""
    """CODE: the info string. MARKDOWN: the header lines of the table it continues."""
    indent: int = 0
    """CODE: columns of the opening fence's indentation, removed from every line."""


class State(IntEnum):
    """What the open block is, as far as the splitter needs to know."""

    NONE = 0
    PARAGRAPH = 1
    QUOTE = 2
    LIST = 3
    INDENTED = 4
    FENCE = 5
    PLAIN = 6


_FENCE: Final = re.compile(r"( {0,3})(`{3,}(?=[^`]*$)|~{3,})[ \t]*(.*)")
_HEADING: Final = re.compile(r" {0,3}#{1,6}(?:[ \t]|$)")
_RULE: Final = re.compile(r" {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*$")
_UNDERLINE: Final = re.compile(r" {0,3}-+[ \t]*$")
_MARKER: Final = re.compile(r"( {0,3})([-+*]|\d{1,9}[.)])(?:([ \t]+)(?=\S)|[ \t]*$)")
_QUOTE: Final = re.compile(r" {0,3}>")
_DELIMITER_ROW: Final = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")


def leading_columns(line: str) -> int:
    """Return the columns of white space `line` begins with; a tab reaches the next multiple of four."""
    columns = 0
    for character in line:
        if character == " ":
            columns += 1
        elif character == "\t":
            columns += 4 - columns % 4
        else:
            break
    return columns


class Splitter:
    """Feed it text; take finished blocks from `closed`; `open` and `partial` are what is not finished yet."""

    def __init__(self, *, markdown: bool = True) -> None:
        self.closed: list[Block] = []
        """Finished blocks, in order; whoever reads them empties the list."""
        self.open: list[str] = []
        """Finished lines of the open block, each with its line end."""
        self.partial = ""
        """The line being received: at most MAX_LINE characters."""
        self.state = State.NONE
        self.opened = 0
        """How many times a block was closed: tells a reader that `open` began anew."""
        self.lead = ""
        self.first = True
        self.joined = False
        self.gap = False
        self._markdown = markdown
        self._size = 0
        self._blank = False
        self._gap_next = False
        self._joined_next = False
        self._inside_line = False
        self._end = "\n"
        self._fence = ""
        self._fence_indent = 0
        self._item_offset = 0
        self._item_marker = ""

    def feed(self, text: str) -> None:
        """Take the next piece of text, of any length, cut anywhere."""
        lines = text.split("\n")
        last = len(lines) - 1
        lines[0], self.partial = self.partial + lines[0], ""
        for number, whole in enumerate(lines):
            line = whole
            while len(line) >= MAX_LINE:
                cut = line.rfind(" ", MAX_LINE // 2, MAX_LINE) + 1 or MAX_LINE
                self._piece(line[:cut])
                line = line[cut:]
            if number < last:
                self._line(line)
            else:
                self.partial = line

    def finish(self) -> None:
        """The text is complete: close whatever is open."""
        if self.partial:
            line, self.partial, self._end = self.partial, "", ""
            self._line(line)
            self._end = "\n"
        if self.state is State.FENCE:
            self._close(last=True)
        elif self.open:
            if self.state is State.NONE:
                self.state = State.PLAIN
            self._close()
        self._inside_line = False

    # -- lines ------------------------------------------------------------------------------------------------

    def _line(self, line: str) -> None:
        if self._inside_line:
            self._rest_of_line(line)
        elif self.state is State.FENCE:
            self._fence_line(line)
        elif not line or line.isspace():
            self._blank_line(line)
        elif not self._markdown:
            self._plain_line(line)
        else:
            self._text_line(line)

    def _text_line(self, line: str) -> None:
        indent = leading_columns(line) if line[0] in " \t" else 0
        if self.state is State.LIST and indent >= self._item_offset:
            self._add(line)
            return
        if indent < 4:
            if fence := _FENCE.match(line):
                self._open_fence(line, fence)
                return
            if _HEADING.match(line):
                self._close()
                self._begin(State.PARAGRAPH, gap=True)
                self._add(line)
                self._close()
                return
        if self.state is State.NONE:
            self._start(line, indent)
        elif self.state is State.LIST:
            self._after_item(line, indent)
        elif self.state is State.INDENTED:
            self._continue_or_start(line, indent, goes_on=indent >= 4)
        else:
            self._continue_or_start(line, indent, goes_on=not self._blank and not self._interrupts(line, indent))

    def _continue_or_start(self, line: str, indent: int, *, goes_on: bool) -> None:
        if not goes_on:
            self._close()
            self._start(line, indent)
        else:
            self._add(line)

    def _interrupts(self, line: str, indent: int) -> bool:
        """Whether `line` ends a paragraph or a quote although no blank line stands before it."""
        if indent >= 4:
            return False
        if _RULE.match(line):
            return self.state is not State.PARAGRAPH or not _UNDERLINE.match(line)
        if _QUOTE.match(line):
            return self.state is not State.QUOTE
        marker = _MARKER.match(line)
        return marker is not None and marker[3] is not None and (marker[2] in "-+*" or marker[2][:-1] == "1")

    def _after_item(self, line: str, indent: int) -> None:
        """A line that is not indented enough to belong to the list item above it."""
        marker = None if _RULE.match(line) or indent >= 4 else _MARKER.match(line)
        if marker and marker[2][-1] == self._item_marker:
            if self._oversize():
                joined = not self._blank
                self._close()
                self._joined_next = joined
                self._begin(State.LIST)
            self._set_item(marker)
            self._add(line)
        elif self._blank or self._interrupts(line, indent):
            self._close()
            self._start(line, indent)
        else:
            self._add(line)

    def _start(self, line: str, indent: int) -> None:
        if indent >= 4:
            self._begin(State.INDENTED)
            self._add(line)
        elif _RULE.match(line):
            self._begin(State.PARAGRAPH)
            self._add(line)
            self._close()
        elif marker := _MARKER.match(line):
            self._begin(State.LIST)
            self._set_item(marker)
            self._add(line)
        else:
            self._begin(State.QUOTE if _QUOTE.match(line) else State.PARAGRAPH)
            self._add(line)

    def _set_item(self, marker: re.Match[str]) -> None:
        space = len((marker[3] or " ").expandtabs(4))
        self._item_offset = len(marker[1]) + len(marker[2]) + (space if space <= 4 else 1)
        self._item_marker = marker[2][-1]

    def _blank_line(self, line: str) -> None:
        if self.state is State.NONE:
            self._gap_next, self._joined_next, self.lead = True, False, ""
        self._blank = True
        self._keep(line)
        if self._oversize():
            if self.state is State.NONE:
                self._begin(State.PLAIN)
            self._blank = True
            self._close()

    def _plain_line(self, line: str) -> None:
        if self.state is State.NONE:
            self._begin(State.PLAIN)
        self._add(line)

    def _open_fence(self, line: str, fence: re.Match[str]) -> None:
        self._close()
        self._begin(State.FENCE)
        self._fence, self._fence_indent = fence[2], len(fence[1])
        self.lead = fence[3].strip()
        self._add(line)

    def _fence_line(self, line: str) -> None:
        text = line.strip()
        closing = text == self._fence[0] * len(text) and len(text) >= len(self._fence) and leading_columns(line) < 4
        if not closing and self._oversize() and line[:1].strip() and self._blank:
            self._close(last=False)
        self._blank = not text
        self._keep(line)
        if closing:
            self._blank = False
            self._close(last=True)
            self.closed[-1].closed = True
        elif self._oversize(_FENCE_SLACK):
            self._close(last=False)

    # -- lines too long to wait for their end -----------------------------------------------------------------

    def _piece(self, text: str) -> None:
        """The beginning or the middle of a line longer than MAX_LINE."""
        if self.state is State.FENCE:
            self.open.append(text)
            self._size += len(text)
            if self._oversize():
                self._close(last=False)
        elif self._inside_line or not self._markdown:
            self._cut(text)
        else:
            self._end = ""
            self._line(text)
            self._end = "\n"
            if not self._fence_is_open():
                self._close()
                self._joined_next = True
        self._inside_line = True

    def _fence_is_open(self) -> bool:
        return self.state is State.FENCE

    def _rest_of_line(self, line: str) -> None:
        self._inside_line = False
        if self.state is State.FENCE:
            self._keep(line)
            if self._oversize():
                self._close(last=False)
        else:
            self._cut(line + self._end)
            self._joined_next = False

    def _cut(self, text: str) -> None:
        """Close `text` as a plain block of its own that goes on in the next one."""
        if self.state is State.NONE:
            self._begin(State.PLAIN)
        self.open.append(text)
        self._close()
        self._joined_next = True

    # -- blocks -----------------------------------------------------------------------------------------------

    def _begin(self, state: State, *, gap: bool = False) -> None:
        self.state = state
        self.joined = self._joined_next
        self.gap = (gap or self._gap_next) and not self.joined
        self.first = True
        self._joined_next = self._gap_next = self._blank = False
        if not self.joined:
            self.lead = ""

    def _keep(self, line: str) -> None:
        self.open.append(line + self._end)
        self._size += len(line) + 1

    def _add(self, line: str) -> None:
        self._keep(line)
        self._blank = False
        if self._oversize() and (self.state is not State.LIST or self._oversize(_LIST_SLACK)):
            header = self._table_header() if self.state is State.PARAGRAPH else ""
            self._close()
            self._joined_next = True
            self.lead = header

    def _oversize(self, times: int = 1) -> bool:
        return len(self.open) >= MAX_LINES * times or self._size >= MAX_CHARACTERS * times

    def _table_header(self) -> str:
        if self.lead:
            return self.lead
        lines = [line for line in self.open[:4] if not line.isspace()]
        if len(lines) > 1 and "|" in lines[0] and _DELIMITER_ROW.match(lines[1]):
            return lines[0] + lines[1]
        return ""

    def _close(self, *, last: bool = True) -> None:
        """Move the open block to `closed`; a fence that is not at its end goes on."""
        if self.state is State.NONE:
            return
        kind = BlockKind.MARKDOWN
        if self.state is State.FENCE:
            kind = BlockKind.CODE
        elif self.state is State.PLAIN:
            kind = BlockKind.PLAIN
        block = Block(kind, "".join(self.open), self.gap, self.joined, self.first, last)
        block.lead = self.lead
        block.indent = self._fence_indent if kind is BlockKind.CODE else 0
        self.closed.append(block)
        self.open.clear()
        self._size = 0
        self.opened += 1
        self._gap_next = self._blank
        self._blank = False
        if kind is BlockKind.CODE and not last:
            self.first, self.gap, self.joined = False, False, True
        else:
            self.state = State.NONE
            self.lead = ""
