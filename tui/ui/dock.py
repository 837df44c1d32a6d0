"""Where terminals meet the person: opens the dock, shows the right terminal in it, says who has the keys."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from textual.widget import Widget

from tui.core.commands import CloseTerminal, OpenTerminal, SizeTerminals
from tui.ui.actions import Action, Where, by_id, hints, key_text
from tui.ui.dock_opening import Opening
from tui.ui.ports import TerminalSource
from tui.ui.ticker import Ticker
from tui.ui.view.format import Tone
from tui.ui.view.terminals import dock_rows

if TYPE_CHECKING:
    from tui.ui.screens.main import MainScreen
    from tui.ui.widgets.terminal_dock import TerminalDock
    from tui.ui.widgets.terminal_view import TerminalView

_TICK: Final = 0.5
_STEP: Final = 2
_CHARACTERS: Final = {"/": "slash", "+": "plus", "-": "minus"}
_LINK_SECONDS: Final = 6.0
_TITLE_ROWS: Final = 1
_BELL_SECONDS: Final = 2.0
"""Bells of programs nobody looks at are passed on this far apart at least."""


class Dock:
    """One for the main screen; its widgets are made when the first terminal is shown."""

    def __init__(self, screen: "MainScreen") -> None:
        self._screen = screen
        self._widget: TerminalDock | None = None
        self._ticker: Ticker | None = None
        self.shown = False
        self.zoomed = False
        self._extra = 0
        self._opening = Opening(screen, self._not_opened)
        self._closing: set[str] = set()
        self._in_sight = ""
        self._told = (0, 0)
        self._rang_at = float("-inf")

    # ---- for the screen

    @property
    def view(self) -> "TerminalView | None":
        """The terminal's widget, if there is one in sight."""
        return self._widget.view if self._widget is not None and self.shown else None

    @property
    def focused(self) -> bool:
        """Whether the keys go to the dock."""
        view = self.view
        return view is not None and view.has_focus

    @property
    def typing(self) -> bool:
        """Whether the keys go to a program."""
        view = self.view
        return view is not None and view.has_focus and view.typing

    @property
    def heir(self) -> "TerminalView | None":
        """The terminal the keys were given to before it could take them; each key is to be forwarded to it."""
        view = self.view
        return view if view is not None and view.awaits_keys else None

    @property
    def rows(self) -> int:
        """Rows the dock takes from the panes."""
        return dock_rows(self._screen.app.size.height, self._extra) if self.shown else 0

    def hints(self) -> list[tuple[str, str]]:
        """The keys that help while the dock has them."""
        if not self.typing:
            return hints(self._screen.actions, (Where.TERMINAL,))
        release = by_id(self._screen.actions)["terminal"].keys
        current = self._screen.stage.view.terminals.current
        if current is not None and not current.running:
            others = [(key_text(key), "Scroll, find, copy, tabs") for key in release]
            return [("Enter", "Close"), ("Esc", "Prompt"), *others]
        return [(key_text(key), "takes the keys back: scroll, find, copy, tabs, prompt") for key in release]

    def follow(self) -> None:
        """Bring the dock up to date with what happened; called once a frame."""
        terminals = self._screen.stage.view.terminals
        if not terminals.changed:
            return
        terminals.changed = False
        for text in terminals.copied:
            self._screen.app.copy_to_clipboard(text)
            self._screen.flash(f"A program set the clipboard ({len(text)} characters)")
        terminals.copied.clear()
        self._close_ended()
        self._ring()
        opened, terminals.opened = terminals.opened, []
        calling, terminals.calling = terminals.calling, ""
        if not terminals.by_id and not self._opening.awaited:
            self.hide()
        elif opened:
            self._opening.end()
            self.show(opened[-1])
            self.type()
            if self._opening.let_go():
                self.toggle()
        elif calling:
            self._screen.app.bell()
            self.show(terminals.shown if self.typing else calling)
        self.look()

    def place(self) -> None:
        """Take the room the layout gives, and tell how large new terminals are to be."""
        self._tell_size()
        if self._widget is None:
            return
        zoomed = self.zoomed and self.shown
        self._widget.display = self.shown
        self._widget.set_class(zoomed, "-zoomed")
        if not zoomed:
            self._widget.styles.height = self.rows
        else:
            self._widget.styles.height = "1fr"
        self._screen.query_one("#work").display = not zoomed
        self._screen.prompt.display = not zoomed

    # ---- what a person does

    def toggle(self) -> None:
        """Into the terminal; out of its keys; out of sight."""
        view = self.view
        terminals = self._screen.stage.view.terminals
        if view is not None and view.has_focus:
            if self._opening.awaited:
                self._opening.hold_keys()
            elif view.typing:
                view.release()
            else:
                self.hide()
        elif terminals.by_id:
            self.show(terminals.most_urgent(self._screen.stage.view.selected))
            self.type()
        else:
            self.open("")

    def open(self, command: str) -> None:
        """Run a command, or the shell, in a new terminal."""
        if isinstance(self._screen.engine, TerminalSource):
            self._screen.engine.handle(OpenTerminal(command=command))
            self._opening.begin()
            self.show()
            self.type()
        else:
            self._screen.flash("This session has no terminals", Tone.WARN)

    def show(self, terminal: str = "") -> None:
        """Bring a terminal into sight."""
        terminals = self._screen.stage.view.terminals
        if terminal in terminals.by_id:
            terminals.shown = terminal
        self._make()
        if not self.shown:
            self.shown = True
            self._screen.relayout()
        self.look()

    def show_tab(self, terminal: str) -> None:
        """Show another terminal and go into it."""
        typing = not self.focused or self.typing
        self.show(terminal)
        if typing:
            self.type()

    def close(self) -> None:
        """End the program in the dock, and take its terminal away."""
        current = self._screen.stage.view.terminals.current
        if current is not None:
            if current.running:
                self._closing.add(current.id)
            self._screen.engine.handle(CloseTerminal(terminal=current.id))

    def hide(self) -> None:
        """Take the dock away; programs run on."""
        if not self.shown:
            return
        had_keys = self.focused
        self._opening.end()
        self.shown = self.zoomed = False
        self._screen.relayout()
        if self._widget is not None:
            self._widget.view.attach(None)
            self._widget.view.typing = False
        if had_keys:
            self._screen.prompt.focus()

    def type(self) -> None:
        """Give the keys to the program."""
        if self._widget is not None:
            self._widget.view.enter_typing()

    def leave(self) -> None:
        """Go to the prompt; the terminal stays in sight."""
        if self.zoomed:
            self.zoom()
        self._screen.prompt.focus()

    def zoom(self) -> None:
        """All the room, or the panes theirs again."""
        self.zoomed = not self.zoomed
        self._screen.relayout()

    def grow(self, step: int) -> None:
        """A few rows more or less."""
        before = self.rows
        self._extra += step * _STEP
        if self.rows == before:
            self._extra -= step * _STEP
        self._screen.relayout()

    # ---- inside

    def _tell_size(self) -> None:
        size, view = self._screen.app.size, self.view
        told = (size.width, dock_rows(size.height, self._extra) - _TITLE_ROWS)
        if self.zoomed and view is not None and view.size:
            told = (view.size.width, view.size.height)
        engine = self._screen.engine
        if size and told != self._told and isinstance(engine, TerminalSource):
            self._told = told
            engine.handle(SizeTerminals(columns=told[0], lines=told[1]))

    def _ring(self) -> None:
        """Pass on bells of programs that are not in sight; their tabs keep a mark until they are."""
        terminals = self._screen.stage.view.terminals
        rung, terminals.rung = terminals.rung, []
        in_sight = terminals.shown if self.shown else ""
        now = self._screen.stage.now()
        if any(name != in_sight for name in rung) and now - self._rang_at >= _BELL_SECONDS:
            self._rang_at = now
            self._screen.app.bell()

    def _not_opened(self) -> None:
        """What was asked for did not come; why is told where it was asked."""
        self._opening.end()
        if self._widget is not None:
            self._widget.view.forget_early()
        if self._screen.stage.view.terminals.by_id:
            self.look()
        else:
            self.hide()
        self._opening.let_go()

    def _close_ended(self) -> None:
        """What the person closed goes as soon as its program has ended."""
        by_id = self._screen.stage.view.terminals.by_id
        for name in [name for name in self._closing if name not in by_id or not by_id[name].running]:
            self._closing.discard(name)
            if name in by_id:
                self._screen.engine.handle(CloseTerminal(terminal=name))

    def _make(self) -> None:
        if self._widget is not None:
            return
        from tui.ui.widgets.terminal_dock import TerminalDock
        from tui.ui.widgets.terminal_input import teach_sent_keys

        teach_sent_keys()
        screen = self._screen
        release = by_id(screen.actions)["terminal"].keys
        self._widget = TerminalDock(
            screen.stage,
            screen.frame_clock,
            DockLinks(screen, self),
            release=release,
            release_text=key_text(release[0]) if release else "",
            commands=_commands(screen.actions),
        )
        stage = screen.stage
        self._ticker = Ticker(self._widget, lambda: self.shown and stage.view.terminals.ticks(stage.now()), self.look)
        before: Widget = screen.prompt
        screen.mount(self._widget, before=before)

    def look(self) -> None:
        """Show the terminal that is to be shown, and what is to be said of it."""
        terminals = self._screen.stage.view.terminals
        widget, current = self._widget, terminals.current
        if widget is None or not self.shown:
            return
        if terminals.shown != self._in_sight:
            self._in_sight = terminals.shown
            terminals.shown_at = self._screen.stage.now()
        if current is not None:
            current.rang = False
        if current is None or self._opening.awaited:
            widget.view.show_terminal(None)
            widget.look()
            return
        engine = self._screen.engine
        port = engine.terminal(current.id) if isinstance(engine, TerminalSource) else None
        if port is not widget.view.port and current.pane is not None and widget.view.typing:
            widget.view.release()  # a model's program gets no keys nobody meant for it
        widget.view.show_terminal(port, over=not current.running)
        widget.look()
        if self._ticker is not None:
            self._ticker.mind(_TICK)


class DockLinks:
    """What the widgets of the dock ask for."""

    def __init__(self, screen: "MainScreen", dock: "Dock") -> None:
        self._screen = screen
        self._dock = dock
        self._link = ("", float("-inf"))

    def act(self, action: str, number: int = 0) -> None:
        """Run a row of the table of actions."""
        self._screen.action_act(action, number)

    def copied(self, text: str) -> None:
        """Put a selection on the clipboard, secrets masked."""
        from tui.ui.handlers import copy_text

        copy_text(self._screen, text, "selection")

    def link(self, address: str) -> None:
        """Show where a link goes; the same link clicked again opens it."""
        from tui.core.untrusted import clean_line

        now = self._screen.stage.now()
        before, at = self._link
        if not address.startswith(("https://", "http://")):
            self._screen.flash(f"A link to {clean_line(address)}; only web addresses are opened", Tone.WARN)
        elif address == before and now - at <= _LINK_SECONDS:
            self._link = ("", float("-inf"))
            self._screen.app.open_url(address)
        else:
            self._link = (address, now)
            self._screen.flash(f"Click again to open {clean_line(address)}")

    def keyed(self) -> None:
        """Keys go elsewhere now, or mean something else."""
        self._dock.look()
        self._screen.show_hints()

    def scrolled(self) -> None:
        """The title says how far."""
        self._dock.look()

    def show_tab(self, terminal: str) -> None:
        """Show another terminal, and go into it."""
        self._dock.show_tab(terminal)


def _commands(actions: Sequence[Action]) -> dict[str, tuple[str, int]]:
    """Return what each key does in the dock: an action, and the number it passes."""
    return {
        _CHARACTERS.get(key, key): (action.id, number if action.numbered else 0)
        for action in actions
        if action.where is Where.TERMINAL
        for number, key in enumerate(action.keys, 1)
    }
