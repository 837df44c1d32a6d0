"""Finished blocks to rows: Markdown, code, plain text."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final

from rich.style import Style

from tui.ui.render.cells import chop, width_of, wrap
from tui.ui.render.code import code_lines, language_of
from tui.ui.render.inline import inline_runs, safe_text
from tui.ui.render.palette import Glyphs, Palette
from tui.ui.render.rows import Row, Run, make_row, slice_runs
from tui.ui.render.sections import Dress
from tui.ui.render.table import Table, table_lines
from tui.ui.view.blocks import Block, BlockKind

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_TASKS: Final = {"[ ] ": False, "[x] ": True, "[X] ": True}
_MIN_TEXT: Final = 8
"""Cells that nested decoration always leaves to the text."""


@lru_cache(maxsize=1)
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def references_in(sources: Iterable[str]) -> dict[str, Any]:
    """Return the link references these blocks define, the first definition of a label winning."""
    environment: dict[str, Any] = {}
    for source in sources:
        _parser().parse(source, environment)
    references: dict[str, Any] = environment.get("references", {})
    return references


class Writer:
    """Collects rows of one width, each behind the decoration of the containers it stands in."""

    def __init__(self, width: int, palette: Palette, glyphs: Glyphs) -> None:
        self.width = width
        self.palette = palette
        self.glyphs = glyphs
        self.rows: list[Row] = []
        self.before: list[Run] = []
        """Decoration of every row."""
        self.marker: list[Run] | None = None
        """Decoration of the next row alone, in place of the last part of `before`."""

    def room(self) -> int:
        """Return the cells left for text."""
        return max(_MIN_TEXT, self.width - sum(width_of(text) for text, _ in self.before))

    def row(self, runs: Sequence[Run], *, joint: str | None = None, lead: int = 0) -> None:
        """Add one row; `lead` characters of its runs are not text (-1: the row holds no text at all)."""
        front = self.before
        if self.marker is not None:
            front, self.marker = self.marker, None
        if lead >= 0:
            whole = joint is not None or lead > 0
            lead += sum(len(text) for text, _ in (front if whole else self._bars(front)))
        self.rows.append(make_row([*front, *runs], self.width, self.palette.base, lead=lead, joint=joint))

    def blank(self) -> None:
        """Add an empty row; the bars of quotes go on through it."""
        front = self._bars(self.before)
        self.rows.append(make_row(front, self.width, self.palette.base, lead=sum(len(text) for text, _ in front)))

    def _bars(self, decoration: Sequence[Run]) -> list[Run]:
        """Return the quote bars a decoration begins with."""
        bar = self.palette["quote-bar"]
        return [*takewhile(lambda run: run[1] is bar, decoration)]

    def text(self, runs: Sequence[Run]) -> None:
        """Add wrapped text; a line end in a run begins a new row."""
        for line in _lines(runs):
            ranges = wrap("".join(text for text, _ in line), self.room())
            joint: str | None = None
            end = 0
            for (start, stop), row in zip(ranges, slice_runs(line, ranges), strict=True):
                if start:
                    joint = " " if start > end else ""
                self.row(row, joint=joint)
                end = stop

    def code(self, lines: Sequence[Sequence[Run]]) -> None:
        """Add lines of code behind a bar, cut where the row is full."""
        bar: Run = (f"{self.glyphs.bar} ", self.palette["frame"])
        width = self.room() - 2
        for line in lines:
            ranges = chop("".join(text for text, _ in line), width)
            for start, row in zip((start for start, _ in ranges), slice_runs(line, ranges), strict=True):
                self.row([bar, *row], joint="" if start else None, lead=2)

    def frame(self, corner: str, label: str = "") -> None:
        """Add the upper or lower end of a code block."""
        runs: list[Run] = [(corner, self.palette["frame"])]
        if label:
            label = label if width_of(label) <= self.room() - 4 else label[: max(1, self.room() - 5)]
            runs.append((f" {label}", self.palette["code-label"]))
        self.row(runs, lead=-1)


def _lines(runs: Sequence[Run]) -> list[list[Run]]:
    lines: list[list[Run]] = [[]]
    for text, style in runs:
        first, *rest = text.split("\n")
        if first:
            lines[-1].append((first, style))
        lines.extend([(part, style)] if part else [] for part in rest)
    return lines


class MarkdownWriter(Writer):
    """Walks the tokens of one block."""

    def __init__(self, width: int, palette: Palette, glyphs: Glyphs, source: str) -> None:
        super().__init__(width, palette, glyphs)
        self.lines = source.split("\n")
        self.styles = [palette.base]
        self.numbers: list[int | None] = []
        self.containers: list[list[Run]] = []
        self.table: Table | None = None
        self.cell: Style = palette.base
        self.gap_line = -1

    def write(self, tokens: "Sequence[Token]") -> None:
        """Add the rows of all tokens."""
        for token in tokens:
            handler = getattr(self, f"_{token.type}", None)
            if handler is not None:
                handler(token)

    def _space(self, token: "Token") -> None:
        """Keep the blank row the source has before this block."""
        line = token.map[0] if token.map else 0
        if line > 0 and self.rows and line != self.gap_line and not self.lines[line - 1].strip(" \t>"):
            self.blank()
        self.gap_line = line

    def _heading_open(self, token: "Token") -> None:
        self._space(token)
        level = min(4, int(token.tag[1:]))
        self.styles.append(self.palette[f"heading-{level}"])

    def _heading_close(self, _token: "Token") -> None:
        self.styles.pop()

    def _paragraph_open(self, token: "Token") -> None:
        self._space(token)

    def _inline(self, token: "Token") -> None:
        children = token.children or []
        if self.table is not None:
            self.table.rows[-1].append(inline_runs(children, self.palette, self.cell))
            return
        if self.marker and self.numbers and self.numbers[-1] is None and children:
            self._task(children[0])
        self.text(inline_runs(children, self.palette, self.styles[-1]))

    def _task(self, first: "Token") -> None:
        """Turn the bullet of a task into its box."""
        done = _TASKS.get(first.content[:4]) if first.type == "text" else None
        if done is None or self.marker is None:
            return
        first.content = first.content[4:]
        self.marker[-1] = ((self.glyphs.done if done else self.glyphs.not_done) + " ", self.palette["bullet"])

    def _blockquote_open(self, token: "Token") -> None:
        self._space(token)
        self._enter([(f"{self.glyphs.quote_bar} ", self.palette["quote-bar"])])
        self.styles.append(self.palette["quote"])

    def _blockquote_close(self, _token: "Token") -> None:
        self._leave()
        self.styles.pop()

    def _bullet_list_open(self, token: "Token") -> None:
        self._space(token)
        self.numbers.append(None)

    def _ordered_list_open(self, token: "Token") -> None:
        self._space(token)
        self.numbers.append(int(token.attrs.get("start", 1)))

    def _bullet_list_close(self, _token: "Token") -> None:
        self.numbers.pop()

    _ordered_list_close = _bullet_list_close

    def _list_item_open(self, token: "Token") -> None:
        self._space(token)
        number = self.numbers[-1]
        if number is None:
            depth = sum(1 for value in self.numbers if value is None) - 1
            sign = self.glyphs.bullets[depth % len(self.glyphs.bullets)] + " "
        else:
            sign = f"{number}{token.markup or '.'} "
            self.numbers[-1] = number + 1
        outer = self.marker if self.marker is not None else self.before
        self.marker = [*outer, (sign, self.palette["bullet"])]
        self._enter([(" " * len(sign), self.palette.base)])

    def _list_item_close(self, _token: "Token") -> None:
        if self.marker is not None:
            self.row([])
        self._leave()

    def _enter(self, decoration: list[Run]) -> None:
        self.containers.append(self.before)
        if self.marker is not None and decoration[0][0].strip():
            self.marker = [*self.marker, *decoration]
        self.before = [*self.before, *decoration]

    def _leave(self) -> None:
        self.before = self.containers.pop()

    def _fence(self, token: "Token") -> None:
        self._space(token)
        language = language_of(safe_text(token.info))
        self.frame(self.glyphs.corner_top, language)
        content = token.content.removesuffix("\n")
        if token.content:
            self.code(code_lines(content, language, self.palette))
        self.frame(self.glyphs.corner_bottom)

    def _code_block(self, token: "Token") -> None:
        self._space(token)
        self.code(code_lines(token.content.rstrip("\n"), "", self.palette))

    def _hr(self, token: "Token") -> None:
        self._space(token)
        self.row([(self.glyphs.rule * self.room(), self.palette["frame"])])

    def _table_open(self, token: "Token") -> None:
        self._space(token)
        self.table = Table()

    def _tr_open(self, _token: "Token") -> None:
        if self.table is not None:
            self.table.rows.append([])

    def _th_open(self, token: "Token") -> None:
        self.cell = self.palette["table-head"]
        if self.table is not None:
            self.table.alignments.append(str(token.attrs.get("style", "")).removeprefix("text-align:"))

    def _td_open(self, _token: "Token") -> None:
        self.cell = self.styles[-1]

    def _table_close(self, _token: "Token") -> None:
        table, self.table = self.table, None
        if table is not None:
            for line in table_lines(table, self.room(), self.palette, self.glyphs):
                self.row(line)


def render_block(
    block: Block,
    width: int,
    dress: Dress,
    glyphs: Glyphs,
    references: dict[str, Any] | None = None,
    *,
    begins: bool = False,
) -> list[Row]:
    """Return the rows of a finished block at `width` cells, the blank row before it included.

    `begins` says that it is the first of its section and has the section's first decoration.
    """
    palette = dress.palette
    if block.kind is BlockKind.MARKDOWN:
        source = block.lead + block.source
        markdown = MarkdownWriter(width, palette, glyphs, source)
        _put_on(markdown, dress, begins=begins)
        markdown.write(_parser().parse(source, {"references": dict(references)} if references else {}))
        writer: Writer = markdown
    else:
        writer = Writer(width, palette, glyphs)
        _put_on(writer, dress, begins=begins)
        if block.kind is BlockKind.CODE:
            _write_code(block, writer)
        elif text := block.source.strip("\n"):
            writer.text([(text.expandtabs(4), palette.base)])
    if block.gap and writer.rows:
        writer.rows.insert(0, make_row([], width, palette.base))
    return writer.rows


def _put_on(writer: Writer, dress: Dress, *, begins: bool) -> None:
    writer.before = [*dress.rest]
    if begins and dress.first:
        writer.marker = [*dress.first]


def _write_code(block: Block, writer: Writer) -> None:
    language = language_of(block.lead)
    lines = block.source.split("\n")
    if block.source.endswith("\n"):
        lines.pop()
    if block.first:
        writer.frame(writer.glyphs.corner_top, language)
        opening = next((number for number, line in enumerate(lines) if line.strip()), 0)
        del lines[: opening + 1]
    if block.closed:
        lines.pop()
    if lines and block.source:
        if block.indent:
            lines = [line[min(block.indent, len(line) - len(line.lstrip(" "))) :] for line in lines]
        writer.code(code_lines("\n".join(lines), language, writer.palette))
    if block.last:
        writer.frame(writer.glyphs.corner_bottom)
