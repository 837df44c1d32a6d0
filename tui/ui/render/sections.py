"""How the sections of a conversation are told apart: their styles, bars, signs and first rows."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.style import Style

from tui.core.untrusted import clean_line
from tui.ui.render.cells import width_of, wrap
from tui.ui.render.palette import Glyphs, Palette
from tui.ui.render.rows import Row, Run, make_row, slice_runs
from tui.ui.view.document import Section, SectionKind


@dataclass(slots=True, frozen=True)
class Dress:
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
    if section.kind is SectionKind.TOOL:
        runs = [(f"{glyphs.tool} ", palette["tool"]), (title, palette["tool"] + palette.attributes["bold"])]
        if section.summary:
            runs.append((f" {glyphs.dot} {clean_line(section.summary)}", palette["thinking"]))
        return [*rows, make_row(_shortened(runs, width, glyphs), width, palette.base)]
    role = {SectionKind.NOTICE: "notice", SectionKind.ERROR: "error"}.get(section.kind, "thinking")
    sign = {SectionKind.NOTICE: f"{glyphs.notice} ", SectionKind.ERROR: f"{glyphs.error} "}.get(section.kind, "")
    style = palette[role] + palette.attributes["bold"] if sign else palette[role]
    for start, end in wrap(title, max(8, width - len(sign))):
        front = sign if not start else " " * len(sign)
        rows.append(make_row([(front, palette[role]), (title[start:end], style)], width, palette.base))
    return rows


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
