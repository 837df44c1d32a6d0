"""The rail at the right: the session in figures, and in the focus layout the last lines of the other panes."""

from collections.abc import Sequence
from typing import Final

from tui.core.guard_events import CircuitState
from tui.core.money import usd_short
from tui.ui.glyphs import Glyphs
from tui.ui.view.format import (
    Line,
    Tone,
    arrow,
    cells,
    clip,
    duration,
    ellipsis,
    fit,
    provider_tone,
    spend,
    state_tone,
    state_words,
    tokens,
)
from tui.ui.view.spend_text import budget_lines, rate_text, session_text, sparkline
from tui.ui.view.state import PaneView, SessionView
from tui.ui.view.strip import circuit_of, circuit_sign, circuit_tone, circuit_words

_LINES_OF_OTHERS: Final = 10
_SPARK_WIDTH: Final = 24
_SUMS_FROM: Final = 24
"""Below this height the rail is for the panes alone; the first line of the screen has the sums."""


def rail_lines(
    view: SessionView, width: int, height: int, glyphs: Glyphs, now: float, *, others: Sequence[str] = ()
) -> list[Line]:
    """Return the rail's lines. `others` are panes not on screen, whose last lines are shown."""
    inner = max(width - 3, 1)
    totals = view.totals()
    lines: list[Line] = []
    if height >= _SUMS_FROM:
        lines += [
            _heading("SESSION", inner, glyphs),
            _pair("spend", f"{session_text(view)} simulated" if view.demo else session_text(view), inner),
            *_money(view, inner, glyphs, now),
            _pair("tokens", f"{tokens(totals.input_tokens)}{arrow(glyphs)}{tokens(totals.output_tokens)}", inner),
            _pair("turns", str(totals.turns), inner),
            (),
        ]
    shown = [view.panes[name] for name in others] if others else list(view.panes.values())
    room = max((height - len(lines)) // max(len(shown), 1), 3)
    for pane in shown:
        lines += _block(pane, view, inner, glyphs, now, room, with_tail=bool(others))
    lines += [()] * (height - len(lines))
    return [((glyphs.vertical, Tone.FRAME), (" ", Tone.PLAIN), *line) for line in lines[:height]]


def _heading(text: str, width: int, glyphs: Glyphs) -> Line:
    return ((f"{text} ", Tone.STRONG), (glyphs.horizontal * max(width - cells(text) - 1, 0), Tone.MUTED))


def _pair(label: str, value: str, width: int) -> Line:
    return fit([(0, (label, Tone.MUTED))], (value, Tone.PLAIN), width)


def _block(
    pane: PaneView, view: SessionView, width: int, glyphs: Glyphs, now: float, room: int, *, with_tail: bool
) -> list[Line]:
    number = view.index(pane.name) + 1
    lines = [
        fit(
            [(0, (f"{number}", Tone.MUTED)), (0, (pane.name, provider_tone(pane.provider)))],
            (state_words(pane, glyphs, now), state_tone(pane.phase)),
            width,
        )
    ]
    if with_tail:
        lines += [((text, Tone.MUTED),) for text in tail_lines(pane.tail, width, min(room - 2, _LINES_OF_OTHERS))]
    else:
        lines += [*_circuit(pane, view, width, glyphs, now), *_sums(pane, width, glyphs)]
    lines += [
        ((clip(f"queued: {text}", width, ellipsis(glyphs)).replace("\n", " "), Tone.ACCENT),)
        for text in list(pane.queued.values())[: max(room - len(lines) - 1, 0)]
    ]
    return [*lines, ()]


def _money(view: SessionView, width: int, glyphs: Glyphs, now: float) -> list[Line]:
    """What is known beyond the session's sum: longer windows, minutes, the cache, budgets."""
    latest = view.guard.money.latest
    if latest is None:
        return []
    lines = [_pair("today, month", f"{usd_short(latest.day_pico)}  {usd_short(latest.month_pico)}", width)]
    spark = sparkline(view.guard.money.per_minute(now, min(_SPARK_WIDTH, max(width - 22, 1))), glyphs)
    rate = (rate_text(view, now) if view.running else "") or "a minute"
    if spark.strip():
        lines.append(fit([(0, ("pace", Tone.MUTED)), (1, (spark, Tone.ACCENT))], (rate, Tone.PLAIN), width, apart=2))
    if latest.saved_pico:
        lines.append(_pair("saved by cache", usd_short(latest.saved_pico), width))
    return [*lines, *budget_lines(latest.budgets[:3], width, glyphs)]


def _circuit(pane: PaneView, view: SessionView, width: int, glyphs: Glyphs, now: float) -> list[Line]:
    circuit = circuit_of(view, pane)
    counts = view.guard.counts.get(circuit.model)
    tries = f"{counts.failures} of {counts.attempts} failed" if counts and counts.failures else ""
    words = f"{circuit_sign(circuit, glyphs)} {circuit_words(circuit, now)}"
    lines = [fit([(0, ("circuit", Tone.MUTED)), (1, (tries, Tone.MUTED))], (words, circuit_tone(circuit)), width)]
    if circuit.reason and (circuit.failures or circuit.state is not CircuitState.CLOSED):
        lines.append(_pair("reason", clip(circuit.reason, width - 8, ellipsis(glyphs)), width))
    return lines


def _sums(pane: PaneView, width: int, glyphs: Glyphs) -> list[Line]:
    sums = pane.totals
    lines = [_pair("model", clip(pane.model, width - 7, ellipsis(glyphs)), width)]
    if pane.role:
        lines.append(_pair("role", clip(pane.role, width - 6, ellipsis(glyphs)), width))
    if sums.turns:
        noun = "turn" if sums.turns == 1 else "turns"
        figures = f"{sums.turns} {noun}  {tokens(sums.input_tokens)}{arrow(glyphs)}{tokens(sums.output_tokens)}"
        lines.append(_pair("sum", f"{figures}  {spend(sums)}", width))
    turn = pane.turn
    if turn is not None:
        first, speed = turn.time_to_first_token(), turn.tokens_per_second()
        parts = [f"ttft {duration(first)}" if first is not None else "", f"{speed:.0f} tok/s" if speed else ""]
        if turn.usage.reasoning_tokens:
            parts.append(f"thinking {tokens(turn.usage.reasoning_tokens)}")
        if any(parts):
            lines.append(_pair("last", "  ".join(part for part in parts if part), width))
    return lines


def tail_lines(text: str, width: int, count: int) -> list[str]:
    """Return the last `count` rows of `text`, without blank ones, wrapped between words to `width` cells."""
    rows: list[str] = []
    for line in text.split("\n"):
        row = ""
        for word in line.split():
            if row and cells(row) + 1 + cells(word) <= width:
                row += f" {word}"
            else:
                rows.append(row)
                row = clip(word, width)
        rows.append(row)
    return [row for row in rows if row][-count:] if count > 0 else []
