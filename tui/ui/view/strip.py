"""Every model's state and circuit by sign and word: the strip under the panes, and the tab line."""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Final

from tui.core.guard_events import CircuitState
from tui.ui.glyphs import Glyphs
from tui.ui.view.format import (
    Line,
    Span,
    Tone,
    cells,
    clip,
    ellipsis,
    provider_tone,
    state_sign,
    state_tone,
    state_words,
)
from tui.ui.view.guard_state import CircuitView, countdown
from tui.ui.view.reduce_guard import STATE_WORDS
from tui.ui.view.state import PaneView, SessionView

_SIGNS: Final[dict[CircuitState, tuple[Callable[[Glyphs], str], Tone]]] = {
    CircuitState.CLOSED: (attrgetter("circuit_closed"), Tone.OK),
    CircuitState.HALF_OPEN: (attrgetter("circuit_half_open"), Tone.WARN),
    CircuitState.OPEN: (attrgetter("circuit_open"), Tone.BAD),
    CircuitState.DISABLED: (attrgetter("circuit_disabled"), Tone.MUTED),
}
_MOST, _REASONS, _WORDS, _SIGNS_ONLY = range(4)
_REASON_WIDTH: Final = 28


def circuit_of(view: SessionView, pane: PaneView) -> CircuitView:
    """The circuit of the model a pane asks."""
    return view.guard.circuit(pane.name, pane.provider, pane.own_model or pane.model)


def circuit_sign(circuit: CircuitView, glyphs: Glyphs) -> str:
    """The sign of a circuit's state."""
    return _SIGNS[circuit.state][0](glyphs)


def circuit_tone(circuit: CircuitView) -> Tone:
    """The tone of a circuit's state."""
    return _SIGNS[circuit.state][1]


def circuit_words(circuit: CircuitView, now: float) -> str:
    """A circuit's state, with its failures or the seconds until it may be tried: ``closed, 3 failed``, ``open 24s``."""
    words = STATE_WORDS[circuit.state]
    if circuit.state is CircuitState.OPEN and circuit.retry_at is not None:
        return f"{words} {countdown(circuit.retry_at - now)}"
    if circuit.state is CircuitState.CLOSED and circuit.failures:
        return f"{words}, {circuit.failures} failed"
    return words


def strip_line(view: SessionView, width: int, glyphs: Glyphs, now: float) -> Line:
    """State and circuit of every model on one line; reasons go first, then words, before names do."""
    end = _end(view)
    room = width - sum(cells(text) for text, _ in end)
    line: Line = ()
    for level in range(_SIGNS_ONLY + 1):
        line = _models(view, glyphs, now, level)
        if sum(cells(text) for text, _ in line) <= room:
            break
    gap = max(room - sum(cells(text) for text, _ in line), 0)
    return (*line, (" " * gap, Tone.PLAIN), *end) if end and gap else line


def _models(view: SessionView, glyphs: Glyphs, now: float, level: int) -> Line:
    spans: list[Span] = []
    for _, pane in view.numbered():
        words = state_words(pane, glyphs, now) if level < _SIGNS_ONLY else state_sign(pane.phase, glyphs)
        if pane.queued:
            words += f" +{len(pane.queued)} queued" if level < _SIGNS_ONLY else f" +{len(pane.queued)}"
        spans += [(f" {pane.name} ", provider_tone(pane.provider)), (f"{words} ", state_tone(pane.phase))]
        circuit = circuit_of(view, pane)
        sign = circuit_sign(circuit, glyphs)
        closed = circuit.state is CircuitState.CLOSED
        if level in (_MOST, _REASONS) or (level == _WORDS and not closed):
            sign += f" {circuit_words(circuit, now)}"
        spans.append((f"{sign} ", circuit_tone(circuit)))
        if level == _MOST and circuit.reason and (circuit.failures or not closed):
            spans.append((f"{clip(circuit.reason, _REASON_WIDTH, ellipsis(glyphs))} ", Tone.MUTED))
        spans.append((" ", Tone.PLAIN))
    return tuple(spans)


def tab_spans(view: SessionView, glyphs: Glyphs, visible: Sequence[str], width: int) -> list[tuple[str, Line]]:
    """The tab line: for each pane its name and spans; without the word of the state where the width is short."""
    tabs = [(pane.name, _tab(pane, number, glyphs, view, visible, True)) for number, pane in view.numbered()]
    if sum(cells(text) for _, line in tabs for text, _ in line) <= width:
        return tabs
    return [(pane.name, _tab(pane, number, glyphs, view, visible, False)) for number, pane in view.numbered()]


def _tab(pane: PaneView, number: int, glyphs: Glyphs, view: SessionView, visible: Sequence[str], full: bool) -> Line:
    selected = pane.name == view.selected
    name_tone = Tone.MARK if selected else Tone.STRONG if pane.name in visible else Tone.MUTED
    word = f"{state_sign(pane.phase, glyphs)} {pane.phase.value}" if full else state_sign(pane.phase, glyphs)
    spans: list[Span] = [(f" {number} {pane.name} ", name_tone), (f" {word} ", state_tone(pane.phase))]
    circuit = circuit_of(view, pane)
    if circuit.state is not CircuitState.CLOSED:
        words = f" {STATE_WORDS[circuit.state]}" if full else ""
        spans.append((f"{circuit_sign(circuit, glyphs)}{words} ", circuit_tone(circuit)))
    return (*spans, (" ", Tone.PLAIN))


def _end(view: SessionView) -> Line:
    guard = view.guard
    spans: list[Span] = []
    if guard.cache_hits:
        spans.append((f"{guard.cache_hits} cached ", Tone.OK))
    if guard.fallbacks:
        noun = "fallback" if guard.fallbacks == 1 else "fallbacks"
        spans.append((f" {guard.fallbacks} {noun} ", Tone.WARN))
    if guard.offline:
        spans.append((" offline ", Tone.FLAG))
    return tuple(spans)
