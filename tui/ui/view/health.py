"""The health page: every model's circuit, and what happened lately, newest first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from tui.core.events import NoticeLevel
from tui.core.guard_events import CircuitState
from tui.ui.glyphs import Glyphs
from tui.ui.view.format import Line, Span, Tone, cells, clip, ellipsis, fit, provider_tone
from tui.ui.view.guard_state import CircuitView, Counts
from tui.ui.view.state import SessionView
from tui.ui.view.strip import circuit_of, circuit_sign, circuit_tone, circuit_words

FIRST_ROW: Final = 2
"""The line of the first model."""
ROWS_EACH: Final = 2
_LEVELS: Final = {NoticeLevel.INFO: Tone.MUTED, NoticeLevel.WARNING: Tone.WARN, NoticeLevel.ERROR: Tone.BAD}
_SUBJECT_WIDTH: Final = 20


@dataclass(frozen=True, slots=True)
class HealthRow:
    """A model on the page: its circuit, the panes that ask it (none for one that only steps in), its requests."""

    circuit: CircuitView
    panes: tuple[str, ...]
    counts: Counts


def health_rows(view: SessionView) -> list[HealthRow]:
    """The models of the panes in their order, then those that stepped in."""
    found: dict[tuple[str, str], CircuitView] = {}
    panes: dict[tuple[str, str], list[str]] = {}
    for pane in view.panes.values():
        circuit = circuit_of(view, pane)
        key = (circuit.provider, circuit.model)
        found.setdefault(key, circuit)
        panes.setdefault(key, []).append(pane.name)
    for key, circuit in view.guard.circuits.items():
        found.setdefault(key, circuit)
    return [
        HealthRow(circuit, tuple(panes.get(key, ())), view.guard.counts.get(circuit.model, Counts()))
        for key, circuit in found.items()
    ]


def health_lines(
    view: SessionView,
    width: int,
    height: int,
    glyphs: Glyphs,
    now: float,
    *,
    selected: int,
    older: int,
    clock: Callable[[float], str],
) -> list[Line]:
    """Return the page. `selected` is the marked row, `older` how many of the newest events are passed over.

    `clock` tells the time of day of a moment in monotonic seconds.
    """
    rows = health_rows(view)
    flag = (" OFFLINE ", Tone.FLAG) if view.guard.offline else ("", Tone.PLAIN)
    sums = f"stood in: {view.guard.fallbacks}  from cache: {view.guard.cache_hits} "
    lines: list[Line] = [
        fit([(0, (" Health", Tone.STRONG)), (0, flag)], (sums, Tone.MUTED), width, apart=2, end=ellipsis(glyphs)),
        (),
    ]
    most = max((height - 6) // ROWS_EACH, 1)
    for number, row in enumerate(rows[:most]):
        lines += _model(row, width, glyphs, now, marked=number == selected)
    lines += [(), _heading("Lately", width, glyphs)]
    room = max(height - len(lines), 0)
    happenings = list(view.guard.happenings)[older : older + room]
    if not happenings:
        lines.append(((" Nothing yet: failures, retries, fallbacks and alerts will be listed here.", Tone.MUTED),))
    for one in happenings:
        subject = clip(one.subject, _SUBJECT_WIDTH, ellipsis(glyphs))
        front = f" {clock(one.at)}  {subject}{' ' * (_SUBJECT_WIDTH - cells(subject))}  "
        text = clip(one.text, max(width - cells(front) - 1, 1), ellipsis(glyphs))
        lines.append(((front, Tone.MUTED), (text, Tone.PLAIN if one.level is NoticeLevel.INFO else _LEVELS[one.level])))
    return lines[:height]


def row_at(line: int, count: int) -> int | None:
    """The number of the model that stands on a line of the page."""
    number = (line - FIRST_ROW) // ROWS_EACH
    return number if line >= FIRST_ROW and number < count else None


def _heading(text: str, width: int, glyphs: Glyphs) -> Line:
    rule = glyphs.horizontal * max(width - cells(text) - 3, 0)
    return ((f" {text} ", Tone.STRONG), (rule, Tone.FRAME))


def _model(row: HealthRow, width: int, glyphs: Glyphs, now: float, *, marked: bool) -> Sequence[Line]:
    circuit, counts = row.circuit, row.counts
    name: Span = (circuit.model, provider_tone(circuit.provider))
    words = f"{circuit_sign(circuit, glyphs)} {circuit_words(circuit, now)}"
    front: Span = (f" {glyphs.prompt_mark} " if marked else "   ", Tone.ACCENT)
    calls = f"{counts.attempts} call{'' if counts.attempts == 1 else 's'}"
    tries = f"{counts.failures} of {calls} failed" if counts.failures else calls
    if circuit.failures and circuit.state is not CircuitState.CLOSED:
        tries += f", {circuit.failures} in a row"
    first = fit(
        [(0, name), (1, (f"{tries}", Tone.MUTED))],
        (f"{words} ", circuit_tone(circuit)),
        max(width - 3, 1),
        apart=2,
        end=ellipsis(glyphs),
    )
    where = f"pane {', '.join(row.panes)}" if row.panes else "steps in for others"
    detail = f"   {where} {glyphs.separator} {circuit.provider}"
    if circuit.reason and (circuit.failures or circuit.state is not CircuitState.CLOSED):
        detail += f" {glyphs.separator} last: {circuit.reason}"
    return [(front, *first), ((clip(detail, width - 1, ellipsis(glyphs)), Tone.MUTED),)]
