"""The lines at the foot of a pane that wait for a person: a countdown one can stop, a question one can answer."""

from collections.abc import Mapping, Sequence
from typing import Final

from tui.core.record import Record, record
from tui.ui.glyphs import Glyphs
from tui.ui.view.format import Line, Span, Tone, cells, clip, ellipsis, state_sign
from tui.ui.view.state import PaneView, Phase
from tui.ui.view.terminals import TerminalView

_MOST_ROWS: Final = 3


@record(kw_only=False)
class Choice(Record):
    """Something to press: the action's id, the key's name, and what it does."""

    action: str
    key: str
    title: str


@record(kw_only=False)
class PaneNotice(Record):
    """Lines, and which cells of the last one run which action: (from, to, action)."""

    lines: tuple[Line, ...] = ()
    spots: tuple[tuple[int, int, str], ...] = ()


NOTHING: Final = PaneNotice()


def pane_notice(
    pane: PaneView,
    width: int,
    glyphs: Glyphs,
    now: float,
    keys: Mapping[str, str],
    terminal: TerminalView | None = None,
) -> PaneNotice:
    """What a pane asks of a person now. `keys` names the key of an action, where one is set.

    `terminal` is where the pane's model runs something a person can go to.
    """
    if width < 1:
        return NOTHING
    if pane.offer is not None:
        offer = pane.offer
        text = f"asked {offer.asked}, {offer.target} could answer: {offer.reason}"
        choices = [_choice("use_fallback", "accept", keys), _choice("stop", "decline", keys)]
        return _laid_out(text, Tone.WARN, choices, width, glyphs)
    if pane.wait is not None:
        wait = pane.wait
        reason = f" {glyphs.separator} {wait.reason}" if wait.reason else ""
        text = f"{wait.words(now)}{reason}"
        choices = [_choice("stop", "stop", keys)]
        if wait.attempt:
            choices.insert(0, _choice("retry_now", "now", keys))
        return _laid_out(text, Tone.MUTED, choices, width, glyphs)
    if terminal is not None:
        from tui.ui.view.terminal_lines import link_line  # not needed before the first frame

        tone = Tone.MUTED if terminal.waiting is None else Tone.WARN
        key = keys.get("pane_terminal", keys.get("terminal", ""))
        return _laid_out(link_line(terminal, now), tone, [Choice("pane_terminal", key, "go there")], width, glyphs)
    return NOTHING


def _choice(action: str, title: str, keys: Mapping[str, str]) -> Choice:
    return Choice(action, keys.get(action, ""), title)


def _laid_out(text: str, tone: Tone, choices: Sequence[Choice], width: int, glyphs: Glyphs) -> PaneNotice:
    sign = state_sign(Phase.ASKING if tone is Tone.WARN else Phase.RETRYING, glyphs)
    inner = max(width - 4, 1)
    rows = wrapped(" ".join(text.split()), inner, _MOST_ROWS, ellipsis(glyphs))
    wanted = sum(cells(f" {choice.key} {choice.title} ") for choice in choices)
    lines: list[list[Span]] = [
        [(f" {sign} " if number == 0 else "   ", Tone.WARN), (row, tone)] for number, row in enumerate(rows)
    ]
    used = sum(cells(part) for part, _ in lines[-1])
    if used + wanted + 1 > width:
        lines.append([])
        used = 0
    start = max(width - wanted, 0) if used else 2
    lines[-1].append((" " * (start - used), Tone.PLAIN))
    spots: list[tuple[int, int, str]] = []
    for choice in choices:
        key, title = f" {choice.key}" if choice.key else "", f" {choice.title} "
        size = cells(key) + cells(title)
        lines[-1] += [(key, Tone.ACCENT), (title, Tone.PLAIN)]
        spots.append((start, start + size, choice.action))
        start += size
    return PaneNotice(tuple(tuple(line) for line in lines), tuple(spots))


def wrapped(text: str, width: int, rows: int, end: str) -> list[str]:
    """`text` broken between words into at most `rows` rows of `width` cells; what is left out shows as `end`."""
    found: list[str] = []
    words = text.split(" ")
    while words and len(found) < rows:
        if len(found) == rows - 1:
            found.append(clip(" ".join(words), width, end))
            break
        row = words.pop(0)
        while words and cells(row) + 1 + cells(words[0]) <= width:
            row += f" {words.pop(0)}"
        found.append(clip(row, width, end))
    return found or [""]
