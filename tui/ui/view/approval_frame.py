"""The frame of a request's card: who wants what, the keys, and whether they are live."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tui.core.tool_events import ApprovalRequested
from tui.core.trust import AnswerKind, Decision, Risk
from tui.core.untrusted import clean, clean_line
from tui.ui.glyphs import Glyphs
from tui.ui.view.approval_text import risk_tone, wants
from tui.ui.view.approvals import LISTS, Card, Stage, no_grant, obstacle, unfit
from tui.ui.view.format import Line, Span, Tone, cells, clip, ellipsis, provider_tone
from tui.ui.view.reveal import reveal_line, wrap_line
from tui.ui.view.state import PaneView

SIDES: Final = 4
"""Cells the frame takes of a row."""
_COME_AND_GO: Final = frozenset({"answer_batch", "approve_outside", "edit_request"})
"""Keys that are named only on requests they are for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A key of the card: what it does, its name, its words."""

    does: str
    key: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What surrounds the card: whether it has the keys, whether a draft is in the prompt, seconds until keys act.

    `go` names the key that leads into the card and to the next request; `page` is true where all is shown, and
    `rows` says how far it was scrolled: the last row on the screen, and how many there are.
    """

    focused: bool = False
    draft: bool = False
    live_in: float = 0.0
    go: str = "Ctrl+N"
    page: bool = False
    rows: tuple[int, int] = (0, 0)

    @property
    def live(self) -> bool:
        """Whether a key would act now."""
        return self.focused and self.live_in == 0


@dataclass(frozen=True, slots=True)
class Foot:
    """Rows, and which cells do what: (row, from, to, what)."""

    rows: tuple[Line, ...]
    spots: tuple[tuple[int, int, int, str], ...] = ()


def corners(glyphs: Glyphs) -> str:
    """The four corners: top left and right, bottom left and right."""
    return "++++" if glyphs.ascii else "╭╮╰╯"


def frame_tone(request: ApprovalRequested, situation: Situation) -> Tone:
    """The frame is loud only while the keys act."""
    return risk_tone(request) if situation.live else Tone.MUTED


def framed(rows: Sequence[Line], width: int, tone: Tone, glyphs: Glyphs) -> list[Line]:
    """Put the sides of the frame around rows."""
    side = (glyphs.vertical, tone)
    found: list[Line] = []
    for row in rows:
        gap = max(width - SIDES - sum(cells(text) for text, _ in row), 0)
        found.append((side, (" ", Tone.PLAIN), *row, (" " * (gap + 1), Tone.PLAIN), side))
    return found


def head_line(
    card: Card, request: ApprovalRequested, pane: PaneView | None, place: tuple[int, int], width: int, glyphs: Glyphs,
    situation: Situation,
) -> Line:  # fmt: skip
    """The upper side of the frame: which request of how many, who wants what, the risk in one word."""
    tone = frame_tone(request, situation)
    bar, corner = glyphs.horizontal, corners(glyphs)
    number, count = place
    if card.stage in LISTS:
        middle: list[Span] = [(f" {len(card.batch)} similar requests ", Tone.STRONG)]
        risk: list[Span] = []
    else:
        queue = f" {number} of {count} {glyphs.separator} " if count > 1 else " "
        who = (clean(request.pane), provider_tone(pane.provider) if pane else Tone.STRONG)
        middle = [(queue, Tone.MUTED), who, (f" wants to {wants(request)} ", Tone.STRONG)]
        risk = [(f" {glyphs.limited} {request.risk.value} ", risk_tone(request))]
    used = sum(cells(text) for text, _ in (*middle, *risk))
    if used + 6 > width:
        room = max(width - 6 - sum(cells(text) for text, _ in risk), 4)
        text = clip("".join(text for text, _ in middle).strip(), room - 2, ellipsis(glyphs))
        middle = [(f" {text} ", Tone.STRONG)]
        used = sum(cells(text) for text, _ in (*middle, *risk))
    fill = bar * max(width - used - 4, 0)
    return ((corner[0] + bar, tone), *middle, (fill, tone), *risk, (bar + corner[1], tone))


def bottom_line(text: str, tone: Tone, width: int, glyphs: Glyphs, frame: Tone) -> Line:
    """The lower side of the frame, with the state of the keys in it."""
    bar, corner = glyphs.horizontal, corners(glyphs)
    shown = clip(text, max(width - 8, 1), ellipsis(glyphs))
    fill = bar * max(width - cells(shown) - 6, 0)
    return ((corner[2] + bar, frame), (f" {shown} ", tone), (fill + bar + corner[3], frame))


def status(situation: Situation, count: int, glyphs: Glyphs) -> Span:
    """Whether the keys act, and how to get to them."""
    dot = f" {glyphs.separator} "
    kept = ("draft kept",) if situation.draft else ()
    if situation.focused and situation.live_in == 0:
        nexts = (f"{situation.go} next request",) if count > 1 else ()
        shown, rows = situation.rows
        place = (f"row {shown} of {rows}",) if situation.page and rows > shown else ()
        leaves = "Esc goes back" if situation.page else "Esc leaves it waiting"
        return dot.join((*place, leaves, *nexts, *kept)), Tone.MUTED
    if situation.live_in > 0 and (situation.focused or not situation.draft):
        seconds = max(math.ceil(situation.live_in * 10 - 0.01) / 10, 0.1)
        return dot.join((f"keys live in {seconds:.1f} s", *kept)), Tone.WARN
    return dot.join((f"{situation.go} answers", *kept)), Tone.WARN


def foot(
    card: Card, waiting: Sequence[ApprovalRequested], request: ApprovalRequested, chips: Sequence[Chip], width: int,
    glyphs: Glyphs, situation: Situation,
) -> Foot:  # fmt: skip
    """The keys, or what the present stage waits for, and the lower side of the frame."""
    inner = width - SIDES
    tone = frame_tone(request, situation)
    spots: list[tuple[int, int, int, str]] = []
    lines = _STAGES[card.stage](card, request) if card.stage in _STAGES else None
    if lines is None:
        rows, spots = _keys(card, waiting, request, chips, inner, situation)
    else:
        rows = [row for line in lines for row in wrap_line(line, inner)]
    words, words_tone = status(situation, len(waiting), glyphs)
    if card.stage is not Stage.CHOOSE:
        words, words_tone = "Esc goes back", Tone.MUTED
    bottom = bottom_line(words, words_tone, width, glyphs, tone)
    return Foot((*framed(rows, width, tone, glyphs), bottom), tuple(spots))


def _keys(
    card: Card, waiting: Sequence[ApprovalRequested], request: ApprovalRequested, chips: Sequence[Chip], width: int,
    situation: Situation,
) -> tuple[list[Line], list[tuple[int, int, int, str]]]:  # fmt: skip
    rows: list[list[Span]] = [[]]
    spots: list[tuple[int, int, int, str]] = []
    used = 0
    for chip in chips:
        why = obstacle(card, waiting, request, chip.does)
        if chip.does in _COME_AND_GO and unfit(waiting, request, chip.does):
            continue  # they come and go with the request; the others keep their places
        title = _title(chip, request, situation)
        size = cells(chip.key) + cells(title) + 3
        if used and used + size - 2 > width:
            rows.append([])
            used = 0
        off = bool(why) or not situation.live
        if rows[-1]:
            rows[-1].append(("  ", Tone.PLAIN))
        rows[-1] += [(chip.key, Tone.MUTED if off else Tone.ACCENT), (f" {title}", Tone.MUTED if why else Tone.PLAIN)]
        spots.append((len(rows) - 1, used + 2, used + size, chip.does))
        used += size
    note = _note(card, waiting, request, chips, situation)
    return [*map(tuple, rows), *(wrap_line(note, width) if note else [])], spots


def _title(chip: Chip, request: ApprovalRequested, situation: Situation) -> str:
    if chip.does == "request_details" and situation.page:
        return "back"
    if chip.does == "approve_once" and request.risk is Risk.DESTRUCTIVE:
        return f"{chip.title}, then Enter"
    if chip.does == "approve_session" and not request.grant:
        return "(once only)"
    return chip.title


def _note(
    card: Card, waiting: Sequence[ApprovalRequested], request: ApprovalRequested, chips: Sequence[Chip],
    situation: Situation,
) -> Line:  # fmt: skip
    """Why some key is off."""
    if (why := obstacle(card, waiting, request, "approve_once")) and (situation.page or card.cut == request.id):
        return (("Read it to its end first: PgDn and End go on" if situation.page else why, Tone.WARN),)
    if not request.grant and situation.page:
        key = next((chip.key for chip in chips if chip.does == "approve_session"), "")
        return ((f"{key} is off: {no_grant(request)}", Tone.MUTED),)
    return ()


def _confirm(card: Card, request: ApprovalRequested) -> list[Line]:
    outside = ", outside the sandbox" if card.intent is AnswerKind.OUTSIDE else ""
    said = f" lets it run{outside}: {request.risk.value}"
    return [(("Enter", Tone.ACCENT), (said, Tone.BAD), ("   any other key does not", Tone.MUTED))]


def _edit(card: Card, request: ApprovalRequested) -> list[Line]:
    del card, request
    return [(("Enter", Tone.ACCENT), (" puts this in its place; it is judged again and may ask again", Tone.PLAIN))]


def _reason(card: Card, request: ApprovalRequested) -> list[Line]:
    del card
    return [(("Enter", Tone.ACCENT), (f" denies; {clean_line(request.pane)} is told why", Tone.PLAIN))]


def _rule(card: Card, request: ApprovalRequested) -> list[Line]:
    del request
    trial = card.trial
    lines: list[Line] = []
    if trial is None:
        lines.append((("Not tried yet", Tone.MUTED),))
    elif trial.problem:
        lines.append(reveal_line(trial.problem, Tone.BAD))
    else:
        words, tone = _TRIALS[trial.decision]
        lines.append(((words, tone), *reveal_line(f": {trial.reason}" if trial.reason else "", Tone.MUTED)))
    if trial is not None and not trial.problem and trial.decision is not Decision.ASK:
        lines.append((("Enter", Tone.ACCENT), (" saves it in your configuration", Tone.PLAIN)))
    else:
        lines.append((("Enter saves only a rule that settles it", Tone.MUTED),))
    return lines


_TRIALS: Final[Mapping[Decision, Span]] = {
    Decision.ALLOW: ("With it this would run", Tone.OK),
    Decision.ASK: ("With it this would still ask", Tone.WARN),
    Decision.DENY: ("With it this would be denied", Tone.BAD),
}


def _batch(card: Card, request: ApprovalRequested) -> list[Line]:
    del request
    count = len([one for one in card.batch if one not in card.left_out])
    return [
        (
            ("y", Tone.ACCENT), (f" allow {count} once, then Enter  ", Tone.PLAIN),
            ("n", Tone.ACCENT), (f" deny {count}  ", Tone.PLAIN),
            ("Space", Tone.ACCENT), (" leave one out  ", Tone.PLAIN),
        )
    ]  # fmt: skip


def _batch_confirm(card: Card, request: ApprovalRequested) -> list[Line]:
    del request
    count = len([one for one in card.batch if one not in card.left_out])
    return [
        (("Enter", Tone.ACCENT), (f" lets all {count} run, once", Tone.BAD), ("   any other key does not", Tone.MUTED))
    ]


_STAGES: Final[Mapping[Stage, Callable[[Card, ApprovalRequested], list[Line]]]] = {
    Stage.CONFIRM: _confirm,
    Stage.EDIT: _edit,
    Stage.REASON: _reason,
    Stage.RULE: _rule,
    Stage.BATCH: _batch,
    Stage.BATCH_CONFIRM: _batch_confirm,
}


def collapsed_line(waiting: Sequence[ApprovalRequested], width: int, go: str, glyphs: Glyphs) -> Line:
    """One row for requests that were left waiting."""
    count = len(waiting)
    words = "1 request waits" if count == 1 else f"{count} requests wait"
    front: list[Span] = [(f" {glyphs.limited} {words} ", Tone.WARN), (f"{glyphs.separator} ", Tone.MUTED)]
    front += [(go, Tone.ACCENT), (" answers ", Tone.PLAIN)]
    if not waiting:
        return ()
    first = waiting[0]
    text = "".join(text for text, _ in reveal_line(first.text))
    behind = f"{glyphs.separator} {clean_line(first.pane)} wants to {wants(first)}: {text}"
    room = width - sum(cells(text) for text, _ in front) - 1
    return (*front, (clip(behind, max(room, 0), ellipsis(glyphs)), Tone.MUTED))


def title_words(count: int, name: str) -> str:
    """The title of the terminal's window."""
    return f"({count}) waiting - {name}" if count else name
