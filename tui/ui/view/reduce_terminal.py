"""How the events of terminals change the view."""

from typing import Final

from tui.core.terminal_events import (
    AutoAnswerChanged,
    ClipboardAsked,
    ClipboardResolved,
    TerminalAnswered,
    TerminalClosed,
    TerminalEvent,
    TerminalExited,
    TerminalHandOver,
    TerminalNeedsPerson,
    TerminalOpened,
    TerminalRang,
    TerminalRetitled,
    TerminalServed,
)
from tui.core.untrusted import clean_line
from tui.ui.view import narrate
from tui.ui.view.reduce_tools import remark
from tui.ui.view.state import SessionView
from tui.ui.view.terminals import ClipboardQuestion, Terminals, TerminalView, Waiting

_TITLE: Final = 80
_PROMPT: Final = 160


def reduce_terminal(view: SessionView, event: TerminalEvent, now: float) -> None:
    """Bring `view` up to date with one event that came at `now` (monotonic seconds)."""
    terminals = view.terminals
    terminals.changed = True
    match event:
        case TerminalOpened():
            _open(terminals, event)
        case AutoAnswerChanged(terminal=None):
            terminals.auto = event.mode
        case TerminalClosed():
            _touch_pane(view, terminals.by_id.get(event.terminal))
            terminals.drop(event.terminal)
            return
        case TerminalRang():
            terminals.ring(event.terminal)
        case ClipboardResolved() if event.text is not None:
            terminals.copied.append(event.text)
    terminal = terminals.by_id.get(event.terminal) if event.terminal is not None else None
    if terminal is not None:
        _reduce_one(terminals, terminal, event, now)
        _touch_pane(view, terminal)
    if isinstance(event, TerminalAnswered):
        _tell_pane(view, event, now)


def _open(terminals: Terminals, event: TerminalOpened) -> None:
    opened = TerminalView(
        event.terminal,
        title=clean_line(event.title, _TITLE),
        command=clean_line(event.command, _PROMPT),
        pane=event.pane,
    )
    opened.call_id = event.call_id
    terminals.add(opened)


def _reduce_one(terminals: Terminals, terminal: TerminalView, event: TerminalEvent, now: float) -> None:
    match event:
        case TerminalRetitled():
            terminal.title = clean_line(event.title, _TITLE)
        case TerminalExited():
            terminal.running = False
            terminal.code, terminal.signal, terminal.reason = event.code, event.signal, clean_line(event.reason)
            terminal.seconds = event.seconds
            terminal.waiting = None
            terminal.person = False
            terminal.clipboard.clear()
        case TerminalNeedsPerson():
            _need(terminals, terminal, event, now)
        case TerminalServed():
            terminal.waiting = None
        case TerminalHandOver():
            terminal.person = event.person
        case AutoAnswerChanged():
            terminal.auto = event.mode
        case TerminalAnswered():
            terminal.answered, terminal.answered_at = answer_words(event), now
            terminal.waiting = None
        case ClipboardAsked():
            terminal.clipboard[event.id] = ClipboardQuestion(event.id, event.size, clean_line(event.preview, 60), now)
        case ClipboardResolved():
            terminal.clipboard.pop(event.id, None)


def _need(terminals: Terminals, terminal: TerminalView, event: TerminalNeedsPerson, now: float) -> None:
    if not event.prompt:
        terminal.waiting = None
        return
    before = terminal.waiting
    deadline = None if event.abort_in is None else now + event.abort_in
    prompt = clean_line(event.prompt, _PROMPT)
    known = before is not None and before.prompt == prompt
    since = before.since if before is not None and known else now
    terminal.waiting = Waiting(event.need, prompt, since, deadline, clean_line(event.suggestion, 20))
    if not known:
        terminals.calling = terminal.id


def answer_words(event: TerminalAnswered) -> str:
    """One line about an automatic answer: ``typed Enter: default of [Y/n]``."""
    return clean_line(f"typed {event.typed}: {event.why}")


def _tell_pane(view: SessionView, event: TerminalAnswered, now: float) -> None:
    """Say it in the pane whose model runs the program, and keep it with the call, together with the question."""
    pane = view.panes.get(event.pane or "")
    if pane is None:
        return
    prompt = clean_line(event.prompt, _PROMPT)
    terminal = view.terminals.by_id.get(event.terminal)
    call_id = terminal.call_id if terminal is not None else ""
    if call_id in pane.tools:
        remark(pane, call_id, f"{answer_words(event)}{f' ({prompt})' if prompt else ''}")
    narrate.remark(pane, answer_words(event), now)


def _touch_pane(view: SessionView, terminal: TerminalView | None) -> None:
    """The pane's link to its terminal is to be drawn again."""
    pane = view.panes.get(terminal.pane or "") if terminal is not None else None
    if pane is not None:
        pane.state_changed = True
