"""Money on screen: sums, budgets with bars, the rate, the sparkline, and what the next send may cost."""

from collections.abc import Sequence
from typing import Final

from tui.core.guard_events import BudgetState
from tui.core.money import usd_short
from tui.ui.glyphs import Glyphs
from tui.ui.view.format import Line, Span, Tone, arrow, cells, clip, ellipsis, fit, tokens
from tui.ui.view.guard_state import share, tightest
from tui.ui.view.state import SessionView
from tui.ui.view.work_text import mode_spans

_WARN_FROM: Final = 0.8
_NAME_WIDTH: Final = 14
_RANKS: Final = 6
_BARS: Final = {12: 3, 6: 0, 0: 0}
"""Widths of the first line's bar, tried in turn, and the rank up to which other parts stay rather than the bar."""


def session_pico(view: SessionView) -> int:
    """What the session cost: as booked, or, while answers stream, as reported so far."""
    latest = view.guard.money.latest
    return max(latest.session_pico if latest else 0, view.totals().cost_pico)


def session_text(view: SessionView) -> str:
    """The session's spend; what has no known price is said and never counted as nothing."""
    latest = view.guard.money.latest
    unpriced = latest.unpriced > 0 if latest else view.totals().unpriced
    pico = session_pico(view)
    if unpriced:
        return f"{usd_short(pico)} + unpriced" if pico else "unpriced"
    return usd_short(pico)


def budget_tone(fraction: float) -> Tone:
    """The colour of a share of a budget."""
    return Tone.BAD if fraction >= 1 else Tone.WARN if fraction >= _WARN_FROM else Tone.OK


def budget_words(fraction: float) -> str:
    """A share of a budget in words: ``62%``, ``84% near limit``, ``100% limit reached``."""
    text = f"{int(fraction * 100)}%"
    return f"{text} limit reached" if fraction >= 1 else f"{text} near limit" if fraction >= _WARN_FROM else text


def bar(budget: BudgetState, width: int, glyphs: Glyphs) -> Line:
    """A budget's bar of `width` cells: spent, held by running calls, free."""
    spent = _cells_of(share(budget), width)
    held = max(_cells_of(share(budget, held=True), width), spent) - spent
    if budget.held_pico and not held and spent < width:
        held = 1
    tone = budget_tone(share(budget))
    parts = (
        (glyphs.bar_spent * spent, tone),
        (glyphs.bar_held * held, Tone.BUSY),
        (glyphs.bar_free * (width - spent - held), Tone.MUTED),
    )
    return tuple(part for part in parts if part[0])


def _cells_of(fraction: float, width: int) -> int:
    """Cells a share fills; something is never shown as nothing, and only a full share as full."""
    if fraction <= 0:
        return 0
    return width if fraction >= 1 else max(1, min(int(fraction * width + 0.5), width - 1))


def sparkline(values: Sequence[int], glyphs: Glyphs) -> str:
    """One character a value, as high as its share of the largest; blank for nothing."""
    most = max(values, default=0)
    levels = glyphs.levels
    return "".join(levels[min(value * len(levels) // most, len(levels) - 1)] if value > 0 else " " for value in values)


def rate_text(view: SessionView, now: float) -> str:
    """What a minute costs now; empty when nothing was spent in the last one."""
    rate = view.guard.money.rate(now)
    return f"{usd_short(rate)}/min" if rate else ""


def estimate_text(estimate: tuple[int, int] | None) -> str:
    """What the next send may cost: ``est. $.01-.05``."""
    if estimate is None:
        return ""
    low, high = (usd_short(amount) for amount in estimate)
    return f"est. {low}" if low == high else f"est. {low}-{high.removeprefix('$')}"


def budget_lines(budgets: Sequence[BudgetState], width: int, glyphs: Glyphs) -> list[Line]:
    """Two lines for each budget: name, bar and share; spent, limit and what is held."""
    lines: list[Line] = []
    for budget in sorted(budgets, key=share, reverse=True):
        fraction = share(budget)
        words = budget_words(fraction)
        name = clip(budget.name, _NAME_WIDTH, ellipsis(glyphs))
        room = min(max(width - _NAME_WIDTH - cells(words) - 2, 4), 30)
        lines.append(
            (
                (name.ljust(_NAME_WIDTH) + " ", Tone.PLAIN),
                *bar(budget, room, glyphs),
                (f" {words}", budget_tone(fraction)),
            )
        )
        amounts = f"{usd_short(budget.spent_pico)} of {usd_short(budget.limit_pico)}"
        held = f", {usd_short(budget.held_pico)} held" if budget.held_pico else ""
        kind = "hard" if budget.hard else "soft"
        lines.append(((clip(f"  {amounts}{held}, {kind}", width, ellipsis(glyphs)), Tone.MUTED),))
    return lines


def top_line(view: SessionView, project: str, branch: str, width: int, glyphs: Glyphs, now: float = 0.0) -> Line:
    """The first line of the screen: program, DEMO, project, branch, session; money at the right."""
    left: list[tuple[int, Span]] = [(0, (" llmmixer", Tone.STRONG))]
    if view.demo:
        left.append((0, (" DEMO ", Tone.FLAG)))
    left += mode_spans(view)
    kept = sum(cells(span[0]) + 2 for rank, span in left if rank == 0)
    if view.guard.offline:
        left.append((0, (" OFFLINE ", Tone.FLAG)))
    left += [
        (1, (project, Tone.PLAIN)),
        (2, (f"{glyphs.branch} {branch}" if branch else "", Tone.MUTED)),
        (3, (f"session {view.session[-4:]}" if view.session else "", Tone.MUTED)),
    ]
    right = money_spans(view, max(width - kept - min(cells(project), 16), 12), glyphs, now)
    room = width - sum(cells(text) for text, _ in right)
    start = fit(left, ("", Tone.PLAIN), max(room - 2, 0), apart=2, end=ellipsis(glyphs))
    gap = max(room - sum(cells(text) for text, _ in start), 0)
    return (*start, (" " * gap, Tone.PLAIN), *right)


def money_spans(view: SessionView, width: int, glyphs: Glyphs, now: float) -> Line:
    """As much about money as fits `width`: the session always, then the tightest budget, today, month, the rest."""
    latest = view.guard.money.latest
    totals = view.totals()
    extra = session_pico(view) - latest.session_pico if latest else 0
    session = f"{session_text(view)} simulated" if view.demo else session_text(view)
    parts: list[tuple[int, Line]] = []
    if totals.turns:
        sums = f"{tokens(totals.input_tokens)}{arrow(glyphs)}{tokens(totals.output_tokens)} tok"
        parts.append((6, ((sums, Tone.MUTED),)))
    if latest and latest.saved_pico:
        parts.append((5, ((f"{usd_short(latest.saved_pico)} saved", Tone.OK),)))
    rate = rate_text(view, now) if view.running else ""
    if rate:
        parts.append((4, ((rate, Tone.MUTED),)))
    parts.append((0, ((session, Tone.STRONG),)))
    if latest:
        parts.append((2, ((f"{usd_short(latest.day_pico + extra)} today", Tone.PLAIN),)))
        parts.append((3, ((f"{usd_short(latest.month_pico + extra)} month", Tone.PLAIN),)))
    budget = tightest(latest.budgets) if latest else None
    for bar_width, least in _BARS.items():
        for most in range(_RANKS, least - 1, -1):
            shown = [line for rank, line in parts if rank <= most]
            if budget is not None:
                shown.append(_short_budget(budget, bar_width, glyphs))
            line = _joined(shown)
            if sum(cells(text) for text, _ in line) <= width:
                return line
    ending = clip(session, max(width - 1, 1), ellipsis(glyphs))
    return ((f"{ending} ", Tone.STRONG),)


def _short_budget(budget: BudgetState, width: int, glyphs: Glyphs) -> Line:
    fraction = share(budget)
    name = clip(budget.name, _NAME_WIDTH, ellipsis(glyphs))
    spans: list[Span] = [(f"{name} ", Tone.PLAIN)]
    if width:
        spans += [*bar(budget, width, glyphs), (" ", Tone.PLAIN)]
    return (*spans, (budget_words(fraction), budget_tone(fraction)))


def _joined(parts: Sequence[Line]) -> Line:
    spans: list[Span] = []
    for line in parts:
        spans += [*line, ("  ", Tone.PLAIN)]
    if spans:
        spans[-1] = (" ", Tone.PLAIN)
    return tuple(spans)
