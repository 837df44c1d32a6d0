"""How the sections of a conversation are told apart: their styles, bars, signs and first rows."""

from collections.abc import Sequence
from typing import Final

from rich.style import Style

from tui.core.record import Record, record
from tui.core.untrusted import clean_line
from tui.ui.render.cells import width_of, wrap
from tui.ui.render.palette import Glyphs, Palette
from tui.ui.render.rows import Row, Run, make_row, slice_runs
from tui.ui.view.document import Section, SectionKind
from tui.ui.view.tool_line import ToolLine, ToolState

_STATE_ROLES: Final = {
    ToolState.OK: "token-inserted",
    ToolState.ERROR: "error",
    ToolState.DENIED: "error",
    ToolState.ASKING: "notice",
}
_WORDLESS: Final = frozenset({ToolState.OK, ToolState.ERROR})
"""States whose sign says enough where something is noted beside it."""
_WHOLE_NAMES_FROM: Final = 60
"""Cells of a pane from which tools have their whole name."""
_WIDEST_TOOL_LINE: Final = 100
"""Cells from the call to its result at most, so that the eye finds both."""


@record(kw_only=False)
class Dress(Record):
    """What all blocks of a section have in common."""

    palette: Palette
    first: tuple[Run, ...] = ()
    """In front of the section's first row, as wide as `rest`."""
    rest: tuple[Run, ...] = ()
    """In front of every other row."""


def dress_of(kind: SectionKind, palette: Palette, glyphs: Glyphs, *, has_head: bool = False) -> Dress:
    """Return the dress of a kind of section; below a head the first row is like the others."""
    indent: Run = ("  ", palette.base)
    if kind is SectionKind.ANSWER:
        return Dress(palette)
    if kind is SectionKind.PROMPT:
        bar: Run = (f"{glyphs.prompt_bar} ", palette["prompt-bar"])
        return Dress(_recoloured(palette, palette["prompt"]), (bar,), (bar,))
    if kind is SectionKind.THINKING:
        return Dress(palette.muted(), (indent,), (indent,))
    role = {SectionKind.NOTICE: "notice", SectionKind.ERROR: "error"}.get(kind, "thinking")
    sign = {SectionKind.NOTICE: glyphs.notice, SectionKind.ERROR: glyphs.error}.get(kind, " ")
    first: Run = indent if has_head else (f"{sign} ", palette[role])
    return Dress(_recoloured(palette, palette[role]), (first,), (indent,))


def _recoloured(palette: Palette, base: Style) -> Palette:
    return Palette(base, palette.roles, palette.attributes, palette.selection, palette.key)


def head_rows(section: Section, width: int, palette: Palette, glyphs: Glyphs, *, gap: bool) -> list[Row]:
    """Return the head of a section: one row for thinking and tools, wrapped for the others."""
    rows = [make_row([], width, palette.base)] if gap else []
    title = clean_line(section.title)
    if section.kind is SectionKind.THINKING:
        sign = glyphs.folded if section.folded else glyphs.unfolded
        note = clean_line(section.summary) or f"{section.words} word{'' if section.words == 1 else 's'}"
        style = palette["thinking"]
        runs = [(f"{sign} {title or 'thinking'}", style), (f" {glyphs.dot} {note}", style)]
        return [*rows, make_row(_shortened(runs, width, glyphs), width, palette.base, lead=-1)]
    if section.tool is not None:
        sign = glyphs.folded if section.folded else glyphs.unfolded
        return [*rows, make_row(tool_runs(section.tool, sign, width, palette, glyphs), width, palette.base, lead=2)]
    role = {SectionKind.NOTICE: "notice", SectionKind.ERROR: "error"}.get(section.kind, "thinking")
    sign = {SectionKind.NOTICE: f"{glyphs.notice} ", SectionKind.ERROR: f"{glyphs.error} "}.get(section.kind, "")
    style = palette[role] + palette.attributes["bold"] if sign else palette[role]
    for start, end in wrap(title, max(8, width - len(sign))):
        front = sign if not start else " " * len(sign)
        rows.append(make_row([(front, palette[role]), (title[start:end], style)], width, palette.base))
    return rows


def tool_runs(line: ToolLine, fold: str, width: int, palette: Palette, glyphs: Glyphs) -> list[Run]:
    """Return the line of a tool call: what is asked at the left, what came of it at the right.

    In narrow panes the tool's name is its first word; then notes are left out, then the call is cut.
    """
    narrow = width < _WHOLE_NAMES_FROM
    width = min(width, _WIDEST_TOOL_LINE)
    name, title = clean_line(line.name), clean_line(line.title)
    words = _state_words(line)
    state = f"{_state_sign(line.state, glyphs)} {'  '.join(words)}"
    if narrow:
        name = name.partition("_")[0] or name
    needed = width_of(f"{fold} {name} {title}")
    if needed + width_of(state) + 2 > width:
        while len(words) > 1 and needed + width_of(state) + 2 > width:
            state = state.removesuffix(f"  {words.pop()}")
        state = _cut(state, max(width // 2, width - needed - 2), glyphs)
    left: list[Run] = [
        (f"{fold} ", palette["tool"]),
        (name, palette["tool"] + palette.attributes["bold"]),
        (f" {title}" if title else "", palette.base),
    ]
    left = _shortened([run for run in left if run[0]], max(1, width - width_of(state) - 2), glyphs)
    gap = max(1, width - sum(width_of(text) for text, _ in left) - width_of(state))
    return [*left, (" " * gap, palette.base), (state, palette[_STATE_ROLES.get(line.state, "thinking")])]


def _state_words(line: ToolLine) -> list[str]:
    """Return the words of a call's state, the least important last."""
    notes = [clean_line(note) for note in line.notes]
    if line.state is ToolState.DENIED and notes:
        apart = " " if notes[0].startswith("by ") else ": "
        return [f"{line.state.value}{apart}{notes[0]}", *notes[1:]]
    return notes if notes and line.state in _WORDLESS else [line.state.value, *notes]


def _cut(text: str, width: int, glyphs: Glyphs) -> str:
    return "".join(part for part, _ in _shortened([(text, Style.null())], width, glyphs))


def _state_sign(state: ToolState, glyphs: Glyphs) -> str:
    match state:
        case ToolState.OK:
            return glyphs.ok
        case ToolState.ERROR | ToolState.DENIED:
            return glyphs.error
        case ToolState.ASKING:
            return glyphs.asks
        case ToolState.RUNNING:
            return glyphs.running
        case ToolState.STOPPED | ToolState.NOT_RUN:
            return glyphs.stopped
        case ToolState.WRITING | ToolState.WAITING:
            return glyphs.waiting


def _shortened(runs: Sequence[Run], width: int, glyphs: Glyphs) -> list[Run]:
    text = "".join(part for part, _ in runs)
    if width_of(text) <= width:
        return list(runs)
    end = 0
    used = 0
    for character in text:
        used += width_of(character)
        if used > width - 1:
            break
        end += 1
    return [*slice_runs(runs, [(0, end)])[0], (glyphs.ellipsis, runs[-1][1])]
