"""The lines around a terminal: its title with tabs and badges, and the banner that asks for a person."""

from collections.abc import Mapping, Sequence
from typing import Final

from tui.core.terminal import AutoAnswer
from tui.core.terminal_events import Need
from tui.ui.glyphs import Glyphs
from tui.ui.view.format import Line, Span, Tone, cells, clip, duration, ellipsis, fit
from tui.ui.view.terminals import Terminals, TerminalView, Waiting

_TAB: Final = 24
_FULL_FROM: Final = 100
"""Width from which words are spelled out."""

_ASKS: Final[Mapping[Need, str]] = {
    Need.TYPED_UNSEEN: "asks for a password, which only you type",
    Need.QUESTION: "asks",
    Need.MENU: "waits for your choice",
    Need.SILENCE: "waits for input",
}

Spot = tuple[int, int, str]
"""Cells of a line from, up to but without, and what they do: an action's id, or ``tab:`` and a terminal's id."""


class Keyed:
    """Where a person's keys go: `typing` into the program, `commands` of the dock, or elsewhere."""

    __slots__ = ("commands", "release", "typing")

    def __init__(self, *, typing: bool = False, commands: bool = False, release: str = "F4") -> None:
        self.typing = typing
        self.commands = commands
        self.release = release


def exit_badge(terminal: TerminalView) -> str:
    """How a program ended: ``exited 0 in 3.2s``, ``password prompt: ended by SIGINT``."""
    if terminal.running:
        return ""
    took = f" in {duration(terminal.seconds)}" if terminal.seconds else ""
    if terminal.signal:
        words = f"ended by {terminal.signal}{took}"
    else:
        words = f"exited{'' if terminal.code is None else f' {terminal.code}'}{took}"
    return f"{terminal.reason}: {words}" if terminal.reason else words


def exit_tone(terminal: TerminalView) -> Tone:
    """The tone of the badge."""
    if terminal.code == 0 and not terminal.signal:
        return Tone.OK
    return Tone.BAD


def tabs(terminals: Terminals, width: int, glyphs: Glyphs, *, active: bool) -> list[tuple[str, Line]]:
    """Return the tabs as (terminal, spans); the shown one always fits, others give way."""
    shown = terminals.current
    if shown is None:
        return []
    several = len(terminals.by_id) > 1
    end = ellipsis(glyphs)
    most = _TAB if several else max(_TAB, width // 2)
    made: list[tuple[str, Line]] = []
    for number, terminal in enumerate(terminals.by_id.values(), 1):
        sign, tone = _sign(terminal, glyphs)
        name = clip(terminal.name, most, end)
        label = f" {number} " if several else " "
        here = terminal is shown
        front: Span = (label, Tone.MARK if here and active else Tone.BADGE)
        spans = [front, (f"{sign} " if sign else "", tone), (f"{name} ", Tone.STRONG if here else Tone.MUTED)]
        if terminal.pane:
            spans.insert(1, (f" {terminal.pane}'s ", Tone.BUSY))
        made.append((terminal.id, tuple(span for span in spans if span[0])))
    while len(made) > 1 and sum(cells(text) for _, line in made for text, _ in line) > width:
        del made[-1 if made[-1][0] != shown.id else 0]
    return made


def _sign(terminal: TerminalView, glyphs: Glyphs) -> Span:
    if terminal.waiting is not None or terminal.clipboard:
        return (glyphs.limited, Tone.WARN)
    if not terminal.running:
        return (glyphs.done if exit_tone(terminal) is Tone.OK else glyphs.failed, exit_tone(terminal))
    return (glyphs.rang, Tone.WARN) if terminal.rang else ("", Tone.PLAIN)


def title_line(
    terminals: Terminals, width: int, glyphs: Glyphs, keyed: Keyed, *, above: int = 0
) -> tuple[Line, tuple[Spot, ...]]:
    """The first line of the dock, and where a click does something. `above` rows are scrolled back over."""
    terminal = terminals.current
    if terminal is None:
        return (((" terminal ", Tone.MUTED),), ())
    right = _keys_word(terminal, keyed, width)
    room = max(width - cells(right[0]) - 1, 10)
    line: list[tuple[int, Span]] = []
    spots: list[Spot] = []
    used = 0
    for name, spans in tabs(terminals, room, glyphs, active=keyed.typing):
        size = sum(cells(text) for text, _ in spans)
        line += [(0, span) for span in spans]
        spots.append((used, used + size, f"tab:{name}"))
        used += size
    line += [(rank, (f" {text}", tone)) for rank, (text, tone) in _badges(terminals, terminal, width, above) if text]
    return fit(line, right, width, apart=0, end=ellipsis(glyphs)), tuple(spots)


def _badges(terminals: Terminals, terminal: TerminalView, width: int, above: int) -> Sequence[tuple[int, Span]]:
    found: list[tuple[int, Span]] = [(1, (exit_badge(terminal), exit_tone(terminal)))]
    if above:
        found.append((2, (f"{above} {'line' if above == 1 else 'lines'} below", Tone.ACCENT)))
    if terminal.person:
        found.append((2, ("yours", Tone.FLAG)))
    auto = terminals.auto_of(terminal)
    if terminal.pane and terminal.running and auto is not None and not terminal.person:
        word = "auto-answer" if width >= _FULL_FROM else "auto"
        found.append((4, (f"{word} {auto.value}", Tone.MUTED if auto is not AutoAnswer.ON else Tone.OK)))
    if terminal.title and terminal.title not in terminal.name:
        found.append((5, (terminal.title, Tone.MUTED)))
    return found


def _keys_word(terminal: TerminalView, keyed: Keyed, width: int) -> Span:
    key = keyed.release
    if not terminal.running:
        return (
            "Enter closes " if keyed.typing else "x closes " if keyed.commands else f"{key} Enter closes ",
            Tone.ACCENT,
        )
    if keyed.typing:
        return (f"all keys go there, {key} gets out " if width >= _FULL_FROM else f"{key} gets out ", Tone.ACCENT)
    if keyed.commands:
        return ("commands: Enter types again " if width >= _FULL_FROM else "Enter types ", Tone.ACCENT)
    return (f"{key} types here ", Tone.MUTED)


def banner(
    terminal: TerminalView, width: int, glyphs: Glyphs, now: float, keyed: Keyed
) -> tuple[Line, tuple[Spot, ...]]:
    """The line that asks for a person, or tells of an automatic answer; empty when there is neither."""
    if terminal.waiting is not None:
        return _laid_out(*_waiting(terminal, now, keyed), width, glyphs)
    question = terminal.question()
    if question is not None:
        text = f"{terminal.name} wants to set your clipboard: {question.size} characters, {question.preview!r}"
        before = "" if keyed.commands else f"{keyed.release} "
        return _laid_out(
            text, [(f"{before}y", "allow", "clipboard_yes"), ("n", "refuse", "clipboard_no")], width, glyphs
        )
    said = terminal.said(now)
    if said:
        return (((f" {glyphs.done} ", Tone.OK), (clip(said, max(width - 4, 1), ellipsis(glyphs)), Tone.PLAIN)), ())
    return ((), ())


def _waiting(terminal: TerminalView, now: float, keyed: Keyed) -> tuple[str, list[tuple[str, str, str]]]:
    waiting = terminal.waiting
    if waiting is None:
        return "", []
    program = terminal.name.split(" ")[0] or "the program"
    text = f"{program} {_ASKS[waiting.need]}{_ends(waiting, now)}: {waiting.prompt}"
    choices: list[tuple[str, str, str]] = []
    if not keyed.typing:
        choices.append(("Enter" if keyed.commands else keyed.release, "type here", "terminal_type"))
    if waiting.suggestion:
        before = "" if keyed.commands else f"{keyed.release} "
        choices.append((f"{before}a", f"answer {waiting.suggestion}", "terminal_accept"))
    return text, choices


def _ends(waiting: Waiting, now: float) -> str:
    return "" if waiting.deadline is None else f" (ends in {max(round(waiting.deadline - now), 0)} s)"


def _width(choices: Sequence[tuple[str, str, str]]) -> int:
    return sum(cells(key) + cells(title) + 3 for key, title, _ in choices)


def _laid_out(
    text: str, choices: Sequence[tuple[str, str, str]], width: int, glyphs: Glyphs
) -> tuple[Line, tuple[Spot, ...]]:
    while choices and _width(choices) > width * 2 // 3:
        choices = choices[:-1]
    wanted = _width(choices)
    shown = clip(text, max(width - wanted - 4, 1), ellipsis(glyphs))
    start = max(width - wanted, 0)
    spans: list[Span] = [(f" {glyphs.limited} ", Tone.WARN), (shown, Tone.PLAIN)]
    spans.append((" " * max(start - 3 - cells(shown), 1), Tone.PLAIN))
    spots: list[Spot] = []
    for key, title, action in choices:
        size = cells(key) + cells(title) + 3
        spans += [(f" {key}", Tone.ACCENT), (f" {title} ", Tone.PLAIN)]
        spots.append((start, start + size, action))
        start += size
    return tuple(spans), tuple(spots)


def link_line(terminal: TerminalView, now: float) -> str:
    """What a pane says of the terminal its model runs something in."""
    waiting = terminal.waiting
    if waiting is None:
        return f"runs in a terminal: {terminal.name}"
    asks = "asks for a password" if waiting.need is Need.TYPED_UNSEEN else "waits for you"
    return f"{asks} in a terminal{_ends(waiting, now)}: {terminal.name}"
