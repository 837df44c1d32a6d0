"""What stands on the card of a request: sections that are shortened only in the middle, and only when they must be."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from tui.core.tool_events import ApprovalRequested, Preview, PreviewKind
from tui.core.trust import Decision, Part, Risk
from tui.core.untrusted import clean
from tui.ui.glyphs import Glyphs
from tui.ui.view.diff_view import diff_lines
from tui.ui.view.format import Line, Span, Tone, cells, ellipsis
from tui.ui.view.reveal import notes, reveal, reveal_line, wrap_line, wrapped

_COMMANDS: Final = frozenset({"run_command", "run_interactive"})
_WANTS: Final = {
    "read_file": "read a file",
    "list_files": "list files",
    "search": "search in files",
    "write_file": "write a file",
    "edit_file": "change a file",
    "delete_file": "delete",
    "run_command": "run a command",
    "run_interactive": "run a program in a terminal",
}
_WORDS: Final = {Decision.ALLOW: "allow", Decision.ASK: "ASK", Decision.DENY: "DENY"}
_TONES: Final = {Decision.ALLOW: Tone.OK, Decision.ASK: Tone.WARN, Decision.DENY: Tone.BAD}
_LESS_CONTEXT: Final = (1, 0)
"""Unchanged lines beside what changes, tried in this order where not all of a change fits."""
_UNLISTED: Final = "not in allowed_commands"
"""The rule of a part that no rule is about; its reason says so already."""
_NEW_FILE: Final = "--- /dev/null\n"
"""How the diff of a file begins that is not there yet."""
_PART_WIDTH: Final = 0.42
"""Share of the width that the texts of the parts take at most, before their reasons."""


@dataclass(frozen=True, slots=True)
class Section:
    """Rows that belong together. `least` of them stay when the section has to be shortened; 0 for all.

    `denser` say the same on fewer rows, the fewest last. `apart` from what is above stands what is of another kind.
    """

    rows: tuple[Line, ...]
    least: int = 0
    denser: tuple[tuple[Line, ...], ...] = ()
    apart: bool = True


@dataclass(frozen=True, slots=True)
class Body:
    """The rows of a card, and whether they are all there is."""

    rows: tuple[Line, ...]
    whole: bool


def wants(request: ApprovalRequested) -> str:
    """What a model wants, in words: ``run a command``."""
    return _WANTS.get(request.tool) or f"use {clean(request.tool)}"


def risk_tone(request: ApprovalRequested) -> Tone:
    """The tone of a request: the frame and the word of its risk."""
    return Tone.BAD if request.risk is Risk.DESTRUCTIVE else Tone.WARN


def sections(request: ApprovalRequested, model: str, width: int, glyphs: Glyphs, *, whole: bool) -> list[Section]:
    """Return all there is to say, from the most to the least important; `whole` also draws long runs of blanks."""
    found = [
        Section(tuple(wrapped(reveal(request.text, Tone.STRONG, whole=whole), width, indent=2)), least=5),
        Section(tuple(_facts(request, model, width, glyphs, whole=whole)), apart=False),
        Section(tuple(_why(request, width, glyphs))),
        Section(tuple(_warnings(request, width, glyphs))),
        Section(tuple(_parts(request, width, glyphs)), least=4),
        _preview_section(request, width, glyphs, whole=whole),
        Section(tuple(_rival(request, width, glyphs)), least=2),
        Section(tuple(_grant(request, width)) if whole else ()),
    ]
    return [section for section in found if section.rows]


def _facts(request: ApprovalRequested, model: str, width: int, glyphs: Glyphs, *, whole: bool) -> list[Line]:
    facts: list[Line] = []
    if request.cwd and (whole or request.tool in _COMMANDS):  # a file's path says where it is
        folder = request.cwd if whole else _in_project(request.cwd, request.root)
        facts.append((("in ", Tone.MUTED), *reveal_line(folder, Tone.MUTED)))
    if request.tool in _COMMANDS:
        caged: Span = (f"sandbox: {clean(request.sandbox)}", Tone.OK)
        facts.append((caged if request.sandbox else ("no sandbox", Tone.WARN),))
    if model and (whole or request.tool in _COMMANDS):
        facts.append(reveal_line(model, Tone.MUTED))
    if whole:
        facts.append(((clean(request.tool), Tone.MUTED),))
    dot: Span = (f" {glyphs.separator} ", Tone.MUTED)
    return wrap_line([span for fact in facts for span in (dot, *fact)][1:], width, indent=2) if facts else []


def _in_project(folder: str, root: str) -> str:
    """The project by its name, which the first line of the screen shows too; what is elsewhere by its whole path."""
    name = root.rstrip("/").rpartition("/")[2]
    below = folder.removeprefix(root)
    inside = folder.startswith(root) and below[:1] in ("", "/")
    return f"{name}{below}" if name and inside else folder


def _why(request: ApprovalRequested, width: int, glyphs: Glyphs) -> list[Line]:
    tone = risk_tone(request)
    reason = request.reason if request.reason == request.conflict else _sentence(request.reason)  # a pane's name
    line: list[Span] = [(f"{glyphs.limited} ", tone), *reveal_line(reason, tone)]
    if request.rule and request.rule != _UNLISTED:
        line += [("  ", Tone.PLAIN), *reveal_line(f"({request.rule})", Tone.MUTED)]
    return wrap_line(line, width, indent=2)


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return text[:1].upper() + text[1:]


def _warnings(request: ApprovalRequested, width: int, glyphs: Glyphs) -> list[Line]:
    texts = [(note, Tone.WARN) for note in notes(request.text)]
    if request.conflict and request.conflict != request.reason:
        texts.append((" ".join(request.conflict.split()), Tone.BAD))
    if request.because:
        texts.append((f"It may follow what it read: {' '.join(request.because.split())}", Tone.WARN))
    return [
        row
        for text, tone in texts
        for row in wrap_line(((f"{glyphs.limited} ", tone), *reveal_line(text, tone)), width, indent=2)
    ]


def _parts(request: ApprovalRequested, width: int, glyphs: Glyphs) -> list[Line]:
    parts = request.parts
    if len(parts) < 2:
        return []
    decides = deciding(request)
    texts = [reveal_line(part.text) for part in parts]
    lengths = [sum(cells(text) for text, _ in one) for one in texts]
    column = max((length for length in lengths if length <= int(width * _PART_WIDTH)), default=0)
    rows: list[Line] = []
    for part, text in zip(parts, texts, strict=True):
        repeats = part is decides and part.reason == request.reason  # it stands above already
        said = replace(part, reason="", rule="") if repeats else part
        rows += _part(said, text, column, width, glyphs, decides=part is decides)
    return rows


def deciding(request: ApprovalRequested) -> Part | None:
    """The part because of which the whole is asked: the first of the strictest that are not allowed."""
    order = list(Decision)
    strict = [part for part in request.parts if part.decision is not Decision.ALLOW]
    return max(strict, key=lambda part: order.index(part.decision), default=None)


def _part(part: Part, text: Line, column: int, width: int, glyphs: Glyphs, *, decides: bool) -> list[Line]:
    tone = _TONES[part.decision]
    sign = glyphs.done if part.decision is Decision.ALLOW else glyphs.limited
    front: list[Span] = [(f"  {sign} {_WORDS[part.decision]:<6}", tone)]
    shown = [(piece, Tone.STRONG if decides and kind is Tone.PLAIN else kind) for piece, kind in text]
    used = sum(cells(piece) for piece, _ in shown)
    behind: list[Span] = [*reveal_line(" ".join(part.reason.split()), tone if decides else Tone.MUTED)]
    if part.rule and part.rule != _UNLISTED:
        behind += [("  ", Tone.PLAIN), *reveal_line(f"({part.rule})", Tone.MUTED)]
    if decides:
        behind.append(("  <- why it asks" if behind else "<- why it asks", tone))
    indent = cells(front[0][0]) + 2
    if used > column and indent + used + sum(cells(piece) for piece, _ in behind) <= width:
        return [(*front, *shown, ("  ", Tone.PLAIN), *behind)]
    if used > column:  # the reason goes below
        return [
            *wrap_line((*front, *shown), width, indent=indent),
            *wrap_line((((" " * indent), Tone.PLAIN), *behind), width, indent=indent),
        ]
    gap = " " * (column - used + 2)
    return wrap_line((*front, *shown, (gap, Tone.PLAIN), *behind), width, indent=indent + column)


def _rival(request: ApprovalRequested, width: int, glyphs: Glyphs) -> list[Line]:
    rows = _preview(request, request.rival, width, glyphs)
    return [(("What the other pane is about to do there", Tone.BAD),), *rows] if rows else []


def _preview_section(request: ApprovalRequested, width: int, glyphs: Glyphs, *, whole: bool) -> Section:
    rows = tuple(_preview(request, request.preview, width, glyphs))
    if whole or request.preview.kind is not PreviewKind.DIFF:
        return Section(rows, least=6)
    denser = tuple(tuple(_preview(request, request.preview, width, glyphs, context)) for context in _LESS_CONTEXT)
    return Section(rows, least=6, denser=denser)


def _preview(
    request: ApprovalRequested, preview: Preview, width: int, glyphs: Glyphs, context: int | None = None
) -> list[Line]:
    if preview.kind is PreviewKind.NOTHING or not (preview.text or preview.omitted):
        return []
    lines = preview.text.removesuffix("\n").split("\n") if preview.text else []
    rows: list[Line] = []
    match preview.kind:
        case PreviewKind.DIFF:
            new = preview.text.startswith(_NEW_FILE)
            head: list[Span] = [("New file  " if new else "Changes  ", Tone.MUTED), (f"+{preview.added} ", Tone.OK)]
            head.append(("" if new else f"{'-' if glyphs.ascii else '−'}{preview.removed}", Tone.BAD))
            rows = diff_lines(preview.text, width, glyphs, context)
        case PreviewKind.FILES:
            count = len(lines) + preview.omitted
            told = f"{count:,} {'file' if count == 1 else 'files'}"
            head = [(f"It deletes {told}", Tone.BAD) if request.tool in _COMMANDS else (told, Tone.MUTED)]
            rows = [row for one in lines for row in wrap_line((("  ", Tone.PLAIN), *reveal_line(one)), width, indent=4)]
        case _:
            head = [("Content", Tone.MUTED)]
            rows = wrapped(reveal(preview.text), width, indent=2)
    if preview.path and preview.path != request.text:
        head += [("  ", Tone.PLAIN), *reveal_line(preview.path, Tone.MUTED)]
    if preview.omitted:
        rows.append(((f"{glyphs.limited} {preview.omitted} more lines are left out here", Tone.WARN),))
    return [*wrap_line(head, width, indent=2), *rows]


def _grant(request: ApprovalRequested, width: int) -> list[Line]:
    if not request.grant:
        return []
    return wrap_line(
        (("For this session: ", Tone.MUTED), *reveal_line(" ".join(request.grant.split()), Tone.MUTED)), width, indent=2
    )


def dense(parts: Sequence[Section], height: int) -> Sequence[Section]:
    """Return the sections as they are if they fit `height` rows, else in the first denser form that does."""
    forms = max((len(section.denser) for section in parts), default=0)
    tried = parts
    for form in range(forms + 1):
        if form:
            tried = [replace(part, rows=part.denser[form - 1]) if len(part.denser) >= form else part for part in parts]
        if sum(len(section.rows) for section in tried) <= height:
            return tried
    return parts


def fitted(parts: Sequence[Section], height: int, glyphs: Glyphs, more: str) -> Body:
    """Return the sections on at most `height` rows, airy where there is room, shortened in the middle where not.

    `more` names the key that shows all.
    """
    parts = dense(parts, height)
    rows = [len(section.rows) for section in parts]
    if sum(rows) <= height:
        air = height - sum(rows)
        found: list[Line] = []
        for place, section in enumerate(parts):
            if place and section.apart and air > 0 and (len(section.rows) > 1 or place <= 2):
                found.append(())
                air -= 1
            found += section.rows
        return Body(tuple(found), True)
    room = list(rows)
    for place in sorted(range(len(parts)), key=lambda index: (index == 0, -index)):
        least = min(parts[place].least or rows[place], rows[place])
        room[place] -= min(max(sum(room) - height, 0), rows[place] - least)
    shown = [row for place, section in enumerate(parts) for row in shortened(section.rows, room[place], glyphs, more)]
    return Body(tuple(shown[:height]), False)


def shortened(rows: Sequence[Line], room: int, glyphs: Glyphs, more: str) -> list[Line]:
    """Return the first and the last rows, with a line between them that counts what is left out."""
    if len(rows) <= room:
        return list(rows)
    tail = max((room - 1) // 2, 1 if room > 1 else 0)
    head = max(room - 1 - tail, 0)
    left_out = len(rows) - head - tail
    noun = "row" if left_out == 1 else "rows"
    line = ((f"{ellipsis(glyphs)} {left_out} {noun} more {ellipsis(glyphs)} {more} shows all", Tone.WARN),)
    return [*rows[:head], line, *(rows[len(rows) - tail :] if tail else ())]


def full(parts: Sequence[Section]) -> list[Line]:
    """Return all sections, a blank row between them."""
    rows: list[Line] = []
    for place, section in enumerate(parts):
        if place and section.apart:
            rows.append(())
        rows += section.rows
    return rows


def batch_rows(
    requests: Sequence[ApprovalRequested], left_out: set[str], cursor: int, width: int, glyphs: Glyphs
) -> tuple[list[Line], int]:
    """Return the list of requests that are answered together, each in full, and the row of the one at `cursor`."""
    rows: list[Line] = []
    at = 0
    for place, request in enumerate(requests):
        if place == cursor:
            at = len(rows)
        mark = "[ ]" if request.id in left_out else "[x]"
        tone = Tone.MARK if place == cursor else Tone.PLAIN
        risk: Line = ()
        if request.risk is Risk.DESTRUCTIVE:
            risk = (("  ", Tone.PLAIN), (f"{glyphs.limited} {request.risk.value}", Tone.BAD))
        lines = reveal(request.text, Tone.STRONG, whole=True)
        if request.tool in _COMMANDS and request.cwd != request.root:
            folder = _in_project(request.cwd, request.root)
            risk = (("  in ", Tone.MUTED), *reveal_line(folder, Tone.MUTED), *risk)
        first = ((mark, tone), (f" {clean(request.pane)} ", Tone.MUTED), *lines[0], *risk)
        rows += wrap_line(first, width, indent=4)
        rows += wrapped([((" " * 4, Tone.PLAIN), *line) for line in lines[1:]], width, indent=4)
        detail = [*_why(request, width - 4, glyphs), *_warnings(request, width - 4, glyphs)]
        rows += [
            ((" " * 4, Tone.PLAIN), *row) for row in (*detail, *_preview(request, request.preview, width - 4, glyphs))
        ]
    return rows, at
