"""What the actions of the terminals do on the main screen."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from tui.core.commands import AcceptSuggestion, AnswerClipboard, HandOver, SetAutoAnswer
from tui.core.terminal import AutoAnswer
from tui.ui.actions import by_id
from tui.ui.view.format import Tone
from tui.ui.view.terminals import TerminalView as State

if TYPE_CHECKING:
    from tui.ui.screens.main import MainScreen
    from tui.ui.widgets.terminal_view import TerminalView


def _toggle(screen: "MainScreen", _: int) -> None:
    screen.dock.toggle()


def _term(screen: "MainScreen", _: int) -> None:
    screen.dock.open("")


def _run(screen: "MainScreen", argument: str) -> None:
    screen.dock.open(argument.strip())


def _close(screen: "MainScreen", _: int) -> None:
    screen.dock.close()


def _type(screen: "MainScreen", _: int) -> None:
    screen.dock.show(screen.stage.view.terminals.shown)
    screen.dock.type()


def _leave(screen: "MainScreen", _: int) -> None:
    screen.dock.leave()


def _zoom(screen: "MainScreen", _: int) -> None:
    screen.dock.zoom()


def _grow(step: int) -> Callable[["MainScreen", int], None]:
    return lambda screen, _: screen.dock.grow(step)


def _step_tab(step: int) -> Callable[["MainScreen", int], None]:
    return lambda screen, _: screen.dock.show_tab(screen.stage.view.terminals.neighbour(step))


def _tab(screen: "MainScreen", number: int) -> None:
    names = list(screen.stage.view.terminals.by_id)
    if 1 <= number <= len(names):
        screen.dock.show_tab(names[number - 1])


def _on_view(act: Callable[["TerminalView"], None]) -> Callable[["MainScreen", int], None]:
    def run(screen: "MainScreen", _: int) -> None:
        view = screen.dock.view
        if view is not None:
            act(view)

    return run


def _lines(rows: int) -> Callable[["MainScreen", int], None]:
    """Scroll, or move the end of what is marked."""

    def run(view: "TerminalView") -> None:
        if not view.mark_further(rows):
            view.scroll_rows(rows)

    return _on_view(run)


def _pages(pages: int) -> Callable[["MainScreen", int], None]:
    return _on_view(lambda view: view.scroll_rows(pages * max(1, view.size.height - 1)))


def _copy(screen: "MainScreen", _: int) -> None:
    from tui.ui.handlers import copy_text

    view = screen.dock.view
    if view is None:
        return
    selected = view.selected()
    copy_text(screen, selected or view.text_in_sight(), "selection" if selected else "screen")
    view.unselect()


def _take(screen: "MainScreen", _: int) -> None:
    current = screen.stage.view.terminals.current
    if current is None or current.pane is None:
        screen.flash("This terminal is yours already", Tone.MUTED)
    elif current.running:
        screen.engine.handle(HandOver(terminal=current.id, person=not current.person))
        screen.flash(
            f"{current.pane}'s program is on its own again"
            if current.person
            else "Yours now: nothing is answered or ended without you until you hand it back"
        )


def _auto(screen: "MainScreen", _: int) -> None:
    terminals = screen.stage.view.terminals
    current = terminals.current
    if current is None or current.pane is None:
        screen.flash("Only programs that models run are answered", Tone.MUTED)
        return
    modes = list(AutoAnswer)
    mode = modes[(modes.index(terminals.auto_of(current) or AutoAnswer.ON) + 1) % len(modes)]
    screen.engine.handle(SetAutoAnswer(mode=mode, terminal=current.id))
    screen.flash(f"Automatic answers here: {mode.value}")


def _auto_all(screen: "MainScreen", _: int) -> None:
    auto = screen.stage.view.terminals.auto
    now = f"now {auto.value}; " if auto is not None else ""
    screen.flash(f"Automatic answers: {now}type /auto-answer on, ask or off")


def _set_auto_all(screen: "MainScreen", argument: str) -> None:
    try:
        mode = AutoAnswer(argument.strip().casefold())
    except ValueError:
        screen.flash("Type /auto-answer on, ask or off", Tone.WARN)
        return
    screen.engine.handle(SetAutoAnswer(mode=mode))
    screen.flash(f"Automatic answers: {mode.value}")


def _accept(screen: "MainScreen", _: int) -> None:
    terminals = screen.stage.view.terminals
    current = terminals.current
    if current is None or current.waiting is None or not current.waiting.suggestion:
        screen.flash("No answer is proposed", Tone.MUTED)
    elif terminals.armed(current.waiting.since, screen.stage.now()):
        screen.engine.handle(AcceptSuggestion(terminal=current.id))


def _clipboard(*, accept: bool) -> Callable[["MainScreen", int], None]:
    def run(screen: "MainScreen", _: int) -> None:
        terminals = screen.stage.view.terminals
        current = terminals.current
        question = current.question() if current is not None else None
        if current is None or question is None:
            screen.flash("No program asks for the clipboard", Tone.MUTED)
        elif terminals.armed(question.since, screen.stage.now()):
            screen.engine.handle(AnswerClipboard(id=question.id, accept=accept))

    return run


def _send_key(screen: "MainScreen", _: int) -> None:
    from tui.ui.view.terminal_keys import encode_key

    view, keys = screen.dock.view, by_id(screen.actions)["terminal"].keys
    if view is not None and view.port is not None and keys:
        view.send(encode_key(keys[0], None, view.port.modes))


def go_to_terminal(screen: "MainScreen", _: int) -> None:
    """Go to the terminal the selected pane's model runs something in."""
    own: State | None = screen.stage.view.terminals.of_pane(screen.stage.view.selected)
    if own is not None:
        screen.dock.show(own.id)
        screen.dock.type()


TERMINAL_HANDLERS: Final[Mapping[str, Callable[["MainScreen", int], None]]] = {
    "terminal": _toggle,
    "term": _term,
    "close_term": _close,
    "auto_answer": _auto_all,
    "pane_terminal": go_to_terminal,
    "terminal_type": _type,
    "terminal_leave": _leave,
    "terminal_zoom": _zoom,
    "terminal_taller": _grow(1),
    "terminal_lower": _grow(-1),
    "terminal_next": _step_tab(1),
    "terminal_previous": _step_tab(-1),
    "terminal_tab": _tab,
    "terminal_new": _term,
    "terminal_page_up": _pages(-1),
    "terminal_page_down": _pages(1),
    "terminal_up": _lines(-1),
    "terminal_down": _lines(1),
    "terminal_top": _on_view(lambda view: view.scroll_rows(-(1 << 30))),
    "terminal_end": _on_view(lambda view: view.scroll_to_end()),
    "terminal_search": _on_view(lambda view: view.search.open()),
    "terminal_mark": _on_view(lambda view: view.mark()),
    "terminal_copy": _copy,
    "terminal_take": _take,
    "terminal_auto": _auto,
    "terminal_accept": _accept,
    "clipboard_yes": _clipboard(accept=True),
    "clipboard_no": _clipboard(accept=False),
    "terminal_key": _send_key,
}
TERMINAL_WITH_ARGUMENT: Final[Mapping[str, Callable[["MainScreen", str], None]]] = {
    "term": _run,
    "auto_answer": _set_auto_all,
}
"""What a slash command does with the words after it."""
