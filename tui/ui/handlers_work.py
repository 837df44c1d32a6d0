"""What the actions of approvals, the trust mode and changes of files do on the main screen."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from tui.core.commands import SetTrustMode, Undo
from tui.core.trust import TrustMode
from tui.ui.view.format import Tone

if TYPE_CHECKING:
    from tui.ui.screens.main import MainScreen

MODE_WORDS: Final[Mapping[TrustMode, str]] = {
    TrustMode.PLAN: "plan: models read, nothing else",
    TrustMode.ASK: "ask: reads pass, every change asks you",
    TrustMode.AUTO_EDIT: "auto-edit: reads and edits inside the project pass, commands ask",
    TrustMode.AUTO: "auto: edits and commands of your list pass, the rest asks",
}
"""What each mode means, in one line."""


def _answer_requests(screen: "MainScreen", _: int) -> None:
    screen.desk.go()


def _mode_next(screen: "MainScreen", _: int) -> None:
    work = screen.stage.view.work
    if work.mode is None or not work.tools:
        screen.flash("Models have no tools in this session", Tone.WARN)
        return
    modes = list(TrustMode)
    _set(screen, modes[(modes.index(work.mode) + 1) % len(modes)])


def _set(screen: "MainScreen", mode: TrustMode) -> None:
    screen.engine.handle(SetTrustMode(mode=mode))
    screen.flash(f"Mode {MODE_WORDS[mode]}")


def _mode(screen: "MainScreen", _: int) -> None:
    if screen.prompt.is_empty:
        screen.prompt.insert_text("/mode ")
        screen.prompt.focus()
    else:
        screen.flash("Type /mode plan, ask, auto-edit or auto")


def _set_mode(screen: "MainScreen", argument: str) -> None:
    word = argument.strip().lower().replace("_", "-")
    if word not in list(TrustMode):
        screen.flash("A mode is plan, ask, auto-edit or auto, as in /mode ask", Tone.WARN)
        return
    _set(screen, TrustMode(word))


def _undo(screen: "MainScreen", _: int) -> None:
    screen.engine.handle(Undo())
    screen.flash("Undoing the newest change")


def _undo_some(screen: "MainScreen", argument: str) -> None:
    words = argument.split()
    names = [word.removeprefix("@") for word in words if word.removeprefix("@") in screen.panes]
    turn = "turn" in words
    if len(names) > 1 or len(words) != len(names) + turn:
        screen.flash("Type /undo, /undo turn, /undo claude or /undo turn claude", Tone.WARN)
        return
    screen.engine.handle(Undo(pane=names[0] if names else None, turn=turn))
    whose = f" of {names[0]}" if names else ""
    screen.flash(f"Undoing the newest {'turn' if turn else 'change'}{whose}")


WORK_HANDLERS: Final[Mapping[str, Callable[["MainScreen", int], None]]] = {
    "answer_requests": _answer_requests,
    "mode_next": _mode_next,
    "mode": _mode,
    "undo": _undo,
}
WORK_WITH_ARGUMENT: Final[Mapping[str, Callable[["MainScreen", str], None]]] = {
    "mode": _set_mode,
    "undo": _undo_some,
}
