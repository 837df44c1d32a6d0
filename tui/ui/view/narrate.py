"""Sections of a pane's conversation: open, write, close. What is written is handed on as pane operations."""

from typing import Final

from tui.ui.view.document import SectionKind
from tui.ui.view.format import duration
from tui.ui.view.state import Append, Begin, End, PaneView, TurnView

_JOIN: Final = "\n"


def stream(pane: PaneView, turn: TurnView, part: SectionKind, text: str, now: float) -> None:
    """Add streamed text, in a section of its kind."""
    if pane.part is not part:
        close(pane, now)
        pane.operations.append(Begin(part))
        pane.part, pane.part_began = part, now
    turn.characters += len(text)
    pane.operations.append(Append(text))


def close(pane: PaneView, now: float) -> None:
    """Close the open section."""
    if pane.part is not None:
        summary = duration(now - pane.part_began) if pane.part is SectionKind.THINKING else ""
        pane.operations.append(End(summary))
        pane.part = None


def section(pane: PaneView, part: SectionKind, title: str, text: str, now: float) -> None:
    """Add a whole section."""
    close(pane, now)
    pane.operations += [Begin(part, title), Append(text), End()]


def remark(pane: PaneView, text: str, now: float) -> None:
    """Add one dim line; remarks that follow each other stand together."""
    line = " ".join(text.split())
    if pane.part is SectionKind.REMARK:
        pane.operations.append(Append(_JOIN + line))
        return
    close(pane, now)
    pane.operations += [Begin(SectionKind.REMARK), Append(line)]
    pane.part, pane.part_began = SectionKind.REMARK, now
