"""The block that is still being written, cheaply: finished lines are wrapped once, the open line at each paint."""

import re
from collections.abc import Sequence
from typing import Final

from tui.core.record import Record, record
from tui.ui.render.cells import chop, width_of, wrap
from tui.ui.render.code import language_of
from tui.ui.render.inline import scan_line
from tui.ui.render.palette import Glyphs, Palette
from tui.ui.render.rows import Row, Run, make_row, slice_runs
from tui.ui.render.sections import Dress
from tui.ui.view.blocks import Splitter, State

_PREFIX: Final = re.compile(
    r"(?P<quote>(?: {0,3}> ?)*)(?P<indent> *)(?P<marker>(?:[-+*]|\d{1,9}[.)]) +(?P<task>\[[ xX]\] )?)?"
)
_HEADING: Final = re.compile(r" {0,3}(#{1,6})[ \t]+(?=\S)")


@record(kw_only=False)
class TailStyle(Record):
    """What the rows of a tail depend on."""

    width: int
    dress: Dress
    glyphs: Glyphs

    @property
    def palette(self) -> Palette:
        """The styles of the section's text."""
        return self.dress.palette


class Tail:
    """Rows of a splitter's open block, kept up to date with the least work."""

    def __init__(self, style: TailStyle) -> None:
        self.style = style
        self.rows: list[Row] = []
        self._done = 0  # rows of finished lines
        self._lines = 0  # finished lines already wrapped
        self._opened = -1
        self._pending_blank = False
        self._framed = False
        self._begun = False  # the section's first row stands already
        self._room = max(8, style.width - sum(width_of(text) for text, _ in style.dress.rest))

    def update(self, splitter: Splitter, *, gap: bool, begun: bool) -> None:
        """Bring the rows up to date; rows that look the same stay the same objects."""
        if splitter.opened != self._opened:
            self._opened, self._lines, self._done = splitter.opened, 0, 0
            self._pending_blank = self._framed = False
        self._begun = begun
        before = self.rows[self._done :]
        del self.rows[self._done :]
        for line in splitter.open[self._lines :]:
            self._add_line(line.rstrip("\n"), splitter, gap)
            self._lines += 1
        self._done = len(self.rows)
        pending_blank = self._pending_blank
        if splitter.partial:
            self._add_line(splitter.partial, splitter, gap)
        self._pending_blank = pending_blank
        for number, old in enumerate(before, self._done):
            if number < len(self.rows) and old.same_as(self.rows[number]):
                self.rows[number] = old

    def _add_line(self, line: str, splitter: Splitter, gap: bool) -> None:
        style = self.style
        code = splitter.state in (State.FENCE, State.INDENTED)
        if not code and (not line or line.isspace()):
            self._pending_blank = bool(self.rows)
            return
        if not self.rows:
            if gap and not self._framed:
                self.rows.append(make_row([], style.width, style.palette.base))
        elif self._pending_blank:
            self._emit([])
        self._pending_blank = False
        if splitter.state is State.FENCE:
            self._fence_line(line, splitter)
        elif splitter.state is State.INDENTED:
            self._code_line(line.expandtabs(4)[4:])
        elif splitter.state is State.PLAIN:
            self._wrapped([(line.expandtabs(4), style.palette.base)], [], [])
        else:
            self._text_line(line.expandtabs(4))

    def _fence_line(self, line: str, splitter: Splitter) -> None:
        style = self.style
        if not splitter.first or self._framed:
            self._code_line(line.expandtabs(4))
        elif line.strip():
            self._framed = True
            runs: list[Run] = [(style.glyphs.corner_top, style.palette["frame"])]
            if language := language_of(splitter.lead):
                runs.append((f" {language}", style.palette["code-label"]))
            self._emit(runs, lead=-1)

    def _code_line(self, line: str) -> None:
        style = self.style
        bar: Run = (f"{style.glyphs.bar} ", style.palette["frame"])
        for start, end in chop(line, max(1, self._room - 2)):
            runs = [bar, (line[start:end], style.palette["code-block"])]
            self._emit(runs, lead=2, joint="" if start else None)

    def _text_line(self, line: str) -> None:
        palette, glyphs = self.style.palette, self.style.glyphs
        if heading := _HEADING.match(line):
            text = line[heading.end() :].rstrip("# ")
            self._wrapped(scan_line(text, palette, palette[f"heading-{min(4, len(heading[1]))}"]), [], [])
            return
        match = _PREFIX.match(line)
        first: list[Run] = []
        rest: list[Run] = []
        base = palette.base
        if match is None:  # the pattern also matches nothing
            self._wrapped(scan_line(line, palette, base), first, rest)
            return
        if match["quote"]:
            bars = [(f"{glyphs.quote_bar} ", palette["quote-bar"])] * match["quote"].count(">")
            first, rest, base = [*bars], [*bars], palette["quote"]
        indent = match["indent"] if match["quote"] or match["marker"] or len(match["indent"]) > 1 else ""
        sign = self._sign(match)
        if indent:
            first.append((indent, palette.base))
            rest.append((indent, palette.base))
        if sign:
            first.append((sign, palette["bullet"]))
            rest.append((" " * width_of(sign), palette.base))
        self._wrapped(scan_line(line[match.end() :], palette, base), first, rest)

    def _sign(self, match: re.Match[str]) -> str:
        marker, glyphs = match["marker"], self.style.glyphs
        if not marker:
            return ""
        if match["task"]:
            return (glyphs.not_done if match["task"] == "[ ] " else glyphs.done) + " "
        if marker[0].isdigit():
            return marker.rstrip() + " "
        return glyphs.bullets[len(match["indent"]) // 2 % len(glyphs.bullets)] + " "

    def _wrapped(self, runs: Sequence[Run], first: list[Run], rest: list[Run]) -> None:
        style = self.style
        text = "".join(part for part, _ in runs)
        room = max(8, self._room - sum(width_of(part) for part, _ in first))
        ranges = wrap(text, room)
        front = first
        end = 0
        bar = style.palette["quote-bar"]
        bars = sum(len(part) for part, run_style in first if run_style is bar)
        for (start, stop), row in zip(ranges, slice_runs(runs, ranges), strict=True):
            joint = None if not start else " " if start > end else ""
            lead = sum(len(part) for part, _ in rest) if start else bars
            self._emit([*front, *row], lead=lead, joint=joint)
            front, end = rest, stop

    def _emit(self, runs: Sequence[Run], *, lead: int = 0, joint: str | None = None) -> None:
        style = self.style
        front = style.dress.rest if self._begun else style.dress.first
        self._begun = True
        if lead >= 0:
            lead += sum(len(text) for text, _ in front)
        self.rows.append(make_row([*front, *runs], style.width, style.palette.base, lead=lead, joint=joint))
