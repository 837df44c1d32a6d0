"""Figures and states as short text, and lines that give way gracefully when the width does not suffice.

A line is a tuple of spans; a span is text with the name of a tone. What a tone looks like is the widgets' affair.
"""

import unicodedata
from collections.abc import Callable, Sequence
from enum import StrEnum
from operator import attrgetter
from typing import Final, TypeAlias

from tui.core.money import usd_short
from tui.ui.glyphs import Glyphs
from tui.ui.view.state import PaneView, Phase, Totals, TurnView
from tui.ui.view.tool_line import ToolState


class Tone(StrEnum):
    """How a span is meant; themes decide on the colours."""

    PLAIN = "plain"
    STRONG = "strong"
    MUTED = "muted"
    ACCENT = "accent"
    BADGE = "badge"
    MARK = "mark"
    FLAG = "flag"
    FRAME = "frame"
    OK = "ok"
    BUSY = "busy"
    WARN = "warn"
    BAD = "bad"
    ANTHROPIC = "anthropic"
    OPENAI = "openai"
    GEMINI = "gemini"
    COMPATIBLE = "compatible"


Span: TypeAlias = tuple[str, Tone]
Line: TypeAlias = tuple[Span, ...]

_LOOKS: Final[dict[Phase, tuple[Callable[[Glyphs], str], Tone]]] = {
    Phase.READY: (attrgetter("idle"), Tone.MUTED),
    Phase.CONNECTING: (attrgetter("connecting"), Tone.MUTED),
    Phase.WAITING: (attrgetter("waiting"), Tone.BUSY),
    Phase.THINKING: (attrgetter("thinking"), Tone.BUSY),
    Phase.ANSWERING: (attrgetter("answering"), Tone.BUSY),
    Phase.CALLING: (attrgetter("fold_closed"), Tone.BUSY),
    Phase.RUNNING: (attrgetter("answering"), Tone.BUSY),
    Phase.RETRYING: (attrgetter("waiting"), Tone.WARN),
    Phase.ASKING: (attrgetter("limited"), Tone.WARN),
    Phase.DONE: (attrgetter("done"), Tone.OK),
    Phase.STOPPED: (attrgetter("stopped"), Tone.MUTED),
    Phase.EMPTY: (attrgetter("limited"), Tone.WARN),
    Phase.LIMIT: (attrgetter("limited"), Tone.WARN),
    Phase.REFUSED: (attrgetter("limited"), Tone.WARN),
    Phase.CUT: (attrgetter("limited"), Tone.WARN),
    Phase.RATE_LIMITED: (attrgetter("limited"), Tone.WARN),
    Phase.OVERLOADED: (attrgetter("limited"), Tone.WARN),
    Phase.QUOTA: (attrgetter("failed"), Tone.BAD),
    Phase.BUDGET: (attrgetter("failed"), Tone.BAD),
    Phase.OFFLINE: (attrgetter("offline"), Tone.BAD),
    Phase.NO_KEY: (attrgetter("failed"), Tone.BAD),
    Phase.REJECTED: (attrgetter("failed"), Tone.BAD),
    Phase.FAILED: (attrgetter("failed"), Tone.BAD),
}
_FULL_MODEL_FROM: Final = 48
_SILENT_FROM: Final = 3.0
"""Seconds without a token after which a stream is called silent."""
_PROVIDER_TONES: Final = {
    "anthropic": Tone.ANTHROPIC,
    "openai": Tone.OPENAI,
    "gemini": Tone.GEMINI,
}


def state_sign(phase: Phase, glyphs: Glyphs) -> str:
    """The sign of a state."""
    return _LOOKS[phase][0](glyphs)


def ellipsis(glyphs: Glyphs) -> str:
    """What stands for text that was cut away."""
    return ".." if glyphs.ascii else "…"


def arrow(glyphs: Glyphs) -> str:
    """What stands between tokens read and tokens written."""
    return ">" if glyphs.ascii else "→"


def state_tone(phase: Phase) -> Tone:
    """The tone of a state."""
    return _LOOKS[phase][1]


def provider_tone(provider: str) -> Tone:
    """The tone of an endpoint; unknown ones look like a compatible server."""
    return _PROVIDER_TONES.get(provider, Tone.COMPATIBLE)


def cells(text: str) -> int:
    """Width of one line of text in terminal cells."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def clip(text: str, width: int, end: str = "…") -> str:
    """Return `text` cut to `width` cells, with an ellipsis where something is missing."""
    if cells(text) <= width:
        return text
    room = width - cells(end)
    if room <= 0:
        return end[: max(width, 0)]
    used = 0
    for position, character in enumerate(text):
        used += cells(character)
        if used > room:
            return text[:position].rstrip() + end
    return text


def tokens(count: int) -> str:
    """Tokens in at most five characters: ``830``, ``1.2k``, ``48k``, ``1.3M``."""
    if count < 1000:
        return str(count)
    for limit, divisor, unit in ((999_500, 1000, "k"), (999_500_000, 1_000_000, "M")):
        if count < limit:
            value = count / divisor
            return f"{value:.1f}{unit}" if value < 9.95 else f"{value:.0f}{unit}"
    return f"{count / 1e9:.1f}G"


def duration(seconds: float) -> str:
    """A duration as people say it: ``0.8s``, ``12s``, ``2m05s``, ``1h02m``."""
    if seconds < 9.95:
        return f"{max(seconds, 0.0):.1f}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02d}m"


def spend(totals: Totals) -> str:
    """Money of a session: ``$.042``, ``$.042 + unpriced``, ``unpriced``."""
    if totals.unpriced:
        return f"{usd_short(totals.cost_pico)} + unpriced" if totals.cost_pico else "unpriced"
    return usd_short(totals.cost_pico)


def state_words(pane: PaneView, glyphs: Glyphs, now: float) -> str:
    """A state by sign and word, with the seconds so far, or until a retry makes sense, where they matter."""
    text = f"{state_sign(pane.phase, glyphs)} {pane.phase.value}"
    turn = pane.turn
    if turn is None:
        return text
    if pane.wait is not None:
        return f"{state_sign(pane.phase, glyphs)} {pane.wait.words(now)}"
    if pane.phase is Phase.RUNNING:
        began = min((tool.began for tool in pane.tools.values() if tool.state is ToolState.RUNNING), default=now)
        return f"{text} {duration(now - began)}" if now - began >= 1 else text
    if pane.phase is Phase.CALLING and (
        written := [t.began for t in pane.tools.values() if t.state is ToolState.WRITING]
    ):
        return (
            f"{text} {duration(now - min(written))}" if now - min(written) >= 1 else text
        )  # no word is told meanwhile
    if pane.busy and pane.phase is not Phase.ASKING and turn.silent_for(now) >= _SILENT_FROM:
        return f"{state_sign(Phase.WAITING, glyphs)} silent {duration(turn.silent_for(now))}"
    if pane.phase in (Phase.WAITING, Phase.THINKING) and now - turn.attempt_began >= 1:
        return f"{text} {duration(now - turn.attempt_began)}"
    if turn.retry_at is not None and turn.retry_at > now:
        return f"{text} {duration(turn.retry_at - now)}"
    return text


def fit(left: Sequence[tuple[int, Span]], right: Span, width: int, *, apart: int = 1, end: str = "…") -> Line:
    """Lay out a line of `width` cells: `left` parts `apart` cells from each other, `right` at the end.

    Each left part has a rank; the highest ranks are dropped until the line fits. What must stay (rank 0) is cut.
    """
    parts = [(rank, span) for rank, span in left if span[0]]
    room = max(width - cells(right[0]) - (1 if right[0] else 0), 0)
    while _width(parts, apart) > room:
        worst = max((rank for rank, _ in parts), default=0)
        if worst == 0:
            break
        position = max(index for index, (rank, _) in enumerate(parts) if rank == worst)
        del parts[position]
    spans: list[Span] = []
    used = 0
    for _, (text, tone) in parts:
        if used:
            spans.append((" " * apart, Tone.PLAIN))
            used += apart
        shown = clip(text, room - used, end)
        spans.append((shown, tone))
        used += cells(shown)
        if used >= room:
            break
    if right[0]:
        last = clip(right[0], width, end)
        spans += [(" " * max(width - used - cells(last), 0), Tone.PLAIN), (last, right[1])]
    return tuple(spans)


def _width(parts: Sequence[tuple[int, Span]], apart: int) -> int:
    return sum(cells(span[0]) for _, span in parts) + apart * max(len(parts) - 1, 0)


def head_title(pane: PaneView, number: int, width: int, glyphs: Glyphs, now: float, *, selected: bool) -> Line:
    """First line of a pane's head: number, name, model, role; its state at the right."""
    role = f"{glyphs.separator} {pane.role}" if pane.role else ""
    left: list[tuple[int, Span]] = [
        (0, (f" {number} ", Tone.MARK if selected else Tone.BADGE)),
        (0, (pane.name, provider_tone(pane.provider))),
        (2, (model_label(pane, width), Tone.MUTED)),
        (3, (role, Tone.MUTED)),
    ]
    return fit(left, (state_words(pane, glyphs, now) + " ", state_tone(pane.phase)), width, end=ellipsis(glyphs))


def model_label(pane: PaneView, width: int) -> str:
    """The model's id beside the pane's name; in narrow heads without what repeats the name."""
    if pane.model == pane.name:
        return ""
    return pane.model.removeprefix(f"{pane.name}-") if width < _FULL_MODEL_FROM else pane.model


def head_figures(pane: PaneView, width: int, glyphs: Glyphs) -> Line:
    """Second line of a pane's head: time to first token, speed, tokens in and out, cost, attempt, queue."""
    queue = (f"{len(pane.queued)} queued" if pane.queued else "", Tone.ACCENT)
    turn = pane.turn
    if turn is None:
        return fit(
            [(1, ("   " + (pane.role or "no turn yet"), Tone.MUTED))],
            (queue[0] + " ", queue[1]),
            width,
            end=ellipsis(glyphs),
        )
    narrow = width < _FULL_MODEL_FROM
    parts: list[tuple[int, Span]] = [(1, badge) for badge in badges(turn)]
    parts += [(rank, (text, Tone.MUTED)) for rank, text in _figures(turn, glyphs, narrow=narrow) if text]
    if turn.attempt > 1:
        parts.append((1, (f"try {turn.attempt}", Tone.WARN)))
    if parts:
        rank, (first, tone) = parts[0]
        parts[0] = (rank, (f"{' ' if narrow else '   '}{first}", tone))
    return fit(
        parts, (queue[0] + " ", queue[1]) if queue[0] else ("", Tone.PLAIN), width, apart=2, end=ellipsis(glyphs)
    )


def badges(turn: TurnView) -> list[Span]:
    """What is unusual about an answer: another model's, or from the cache."""
    found: list[Span] = []
    if turn.stand_in:
        found.append((f"by {turn.stand_in}", Tone.WARN))
    if turn.cached:
        found.append((turn.cached, Tone.OK))
    return found


def _figures(turn: TurnView, glyphs: Glyphs, *, narrow: bool) -> list[tuple[int, str]]:
    first = turn.time_to_first_token()
    speed = turn.tokens_per_second()
    usage = turn.usage
    written = usage.output_tokens if turn.seconds is not None else max(usage.output_tokens, turn.characters // 4)
    counts = ""
    if usage.total_input_tokens or written:
        sign = "~" if usage.estimated or (turn.seconds is None and written > usage.output_tokens) else ""
        read = tokens(usage.total_input_tokens) if usage.total_input_tokens else "?"
        counts = f"{read}{arrow(glyphs)}{sign}{tokens(written)}"
    cost = ""
    if turn.cost_pico is not None and counts:
        cost = usd_short(turn.cost_pico)
    elif turn.seconds is not None and written:
        cost = "unpriced"
    return [
        (3, f"ttft {duration(first)}" if first is not None else ""),
        (2, f"{speed:.0f}{'t/s' if narrow else ' tok/s'}" if speed is not None else ""),
        (1, counts),
        (2, cost),
        (4, f"total {duration(turn.seconds)}" if turn.seconds is not None and turn.answered else ""),
    ]


def head_compact(pane: PaneView, number: int, width: int, glyphs: Glyphs, now: float, *, selected: bool) -> Line:
    """A pane's whole head on one line, for low panes."""
    left: list[tuple[int, Span]] = [
        (0, (f" {number} ", Tone.MARK if selected else Tone.BADGE)),
        (0, (pane.name, provider_tone(pane.provider))),
        (5, (model_label(pane, width), Tone.MUTED)),
        (6, (f"{glyphs.separator} {pane.role}" if pane.role else "", Tone.MUTED)),
    ]
    if pane.turn is not None:
        left += [(1, badge) for badge in badges(pane.turn)]
        left += [(rank + 1, (text, Tone.MUTED)) for rank, text in _figures(pane.turn, glyphs, narrow=False)]
        if pane.turn.attempt > 1:
            left.append((1, (f"try {pane.turn.attempt}", Tone.WARN)))
    if pane.queued:
        left.append((1, (f"{len(pane.queued)} queued", Tone.ACCENT)))
    return fit(left, (state_words(pane, glyphs, now) + " ", state_tone(pane.phase)), width, end=ellipsis(glyphs))


def below_line(count: int, width: int, key: str, glyphs: Glyphs) -> str:
    """The marker over the last row of a pane that does not follow its tail."""
    noun = "line" if count == 1 else "lines"
    text = f" {'v' if glyphs.ascii else '↓'} {count} {noun} below "
    return (
        f"{text}{glyphs.separator} {key} "
        if cells(text) + cells(key) + 3 <= width
        else clip(text, width, ellipsis(glyphs))
    )
