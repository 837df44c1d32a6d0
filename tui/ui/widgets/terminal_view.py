"""A live terminal: painted by row, every key but one for its program, the mouse for whoever wants it."""

from collections.abc import Mapping
from time import monotonic
from typing import ClassVar, Final

from textual import events
from textual.message import Message
from textual.timer import Timer

from tui.core.terminal import TerminalModes, TerminalPort
from tui.ui.frame_clock import FrameClock
from tui.ui.view.terminal_keys import encode_key, encode_paste
from tui.ui.widgets.terminal_input import EarlyKeys, sent_bytes
from tui.ui.widgets.terminal_mouse import Host, TerminalMouse
from tui.ui.widgets.terminal_search import SearchKeys

RESIZE_AFTER: Final = 0.05
"""Seconds without a further change until the program is told its new size."""
_EARLY_EVERY: Final = 0.02
CLOSES_AFTER: Final = 0.5
"""Seconds after a program's end until Enter closes its terminal, so that an Enter meant for it does not."""
FREED: Final = frozenset({"ctrl+q", "ctrl+n", "ctrl+p", *(f"f{number}" for number in range(1, 13))})
"""Keys that are the application's again once the program has ended."""


class TerminalView(TerminalMouse, can_focus=True):
    """Shows one terminal. While `typing`, every key but the release keys goes to its program."""

    DEFAULT_CSS = """
    TerminalView {
        height: 1fr;
        width: 1fr;
        background: $background;
        color: $foreground;
        & > .terminal--found { color: $accent; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"terminal--found"}

    class Searching(Message):
        """The search line changed."""

    def __init__(
        self,
        frame_clock: FrameClock,
        host: Host,
        *,
        release: frozenset[str],
        commands: Mapping[str, tuple[str, int]],
        ascii_glyphs: bool = False,
    ) -> None:
        """Create a view. `release` are the keys that are never a program's; `commands` maps keys to actions."""
        super().__init__(frame_clock, host, ascii_glyphs=ascii_glyphs)
        self._release = release
        self._commands = commands
        self.search = SearchKeys(self)
        self._resizing: Timer | None = None
        self._over_since: float | None = None
        self._wants_focus = False
        self._early = EarlyKeys()
        self._waiting: Timer | None = None

    # ---- who has the keys

    def takes_key(self, key: str) -> bool:
        """Whether a key belongs to this widget before any binding of the application."""
        if self.search.active:
            return True
        if self.typing and self._over_since is not None and key in FREED and self._is_settled():
            return False
        return key not in self._release if self.typing else key in self._commands

    def keeps_key(self, event: events.Key) -> bool:
        """Whether a key goes to the running program, and so changes nothing here."""
        return self.typing and not self.search.active and self._over_since is None and event.key not in self._release

    def enter_typing(self) -> None:
        """Give every key to the program."""
        self.search.close()
        self.unselect()
        self.typing = True
        if self.is_mounted:
            self.screen.set_focus(self)  # at once: the next key may be here already
        else:
            self._wants_focus = True
        self._tell_focus()

    @property
    def awaits_keys(self) -> bool:
        """Whether the keys were given to it before it could have them: whoever gets one now forwards it."""
        return self._wants_focus

    def on_mount(self) -> None:
        """Take the keys that were given before there was anything to give them to."""
        if self._wants_focus:
            self._wants_focus = False
            self.screen.set_focus(self)

    def release(self) -> None:
        """Take the keys back; they are commands of the dock now."""
        self.typing = False
        self._tell_focus()

    def _tell_focus(self) -> None:
        if self.port is not None and self.port.running:
            self.port.focus(self.has_focus and self.typing)
        self.search.changed()
        self.paint_frame()
        self._host.keyed()

    def watch_has_focus(self, has_focus: bool) -> None:
        """The program may want to know, and the cursor shows it."""
        super().watch_has_focus(has_focus)
        self._tell_focus()

    def attach(self, port: TerminalPort | None) -> None:
        """Show another terminal; what was typed for the last one is for that one, which has the focus no longer."""
        before = self.port
        if before is not None and before is not port and before.running:
            before.focus(False)
        elif before is None and port is not None:
            self._early.adopt(port)
        super().attach(port)

    def show_terminal(self, port: TerminalPort | None, *, over: bool = False) -> None:
        """Show a terminal in the size of this window.

        When it is `over` its program has ended: its last screen stays as it is, what is typed is nobody's.
        """
        changed = port is not self.port
        ended = over != (self._over_since is not None)
        if changed or ended:
            self._over_since = monotonic() if over else None
        if changed:
            self.attach(port)
            self._resize_now()
            self._tell_focus()
        elif ended:
            self.paint_frame()
            self._host.keyed()

    # ---- keys

    def on_key(self, event: events.Key) -> None:
        """A key for the search, the program, or the dock."""
        if not self.takes_key(event.key):
            return
        event.stop()
        event.prevent_default()
        if self.search.active:
            self.search.key(event)
        elif self.typing:
            self._type(event)
        else:
            self._host.act(*self._commands[event.key])

    def _type(self, event: events.Key) -> None:
        if self._over_since is not None:
            if event.key == "enter" and self._is_settled():
                self._host.act("close_term")
            elif event.key == "escape" and self._is_settled():
                self._host.act("terminal_leave")
            return
        data = sent_bytes(event.key)
        self.send(encode_key(event.key, event.character, self._modes()) if data is None else data)

    def _is_settled(self) -> bool:
        """Whether the program ended so long ago that a key can no longer have been meant for it."""
        return self._over_since is not None and monotonic() - self._over_since >= CLOSES_AFTER

    def _modes(self) -> TerminalModes:
        return TerminalModes() if self.port is None else self.port.modes

    def send(self, data: bytes) -> None:
        """Send bytes to the program as the person's; the newest rows come into sight.

        What is typed before the program is there waits for it.
        """
        if not data or self._over_since is not None:
            return
        port = self.port
        if port is None or not port.running or self._early.waits_for(port):
            self._early.add(port, data)
            if self._waiting is None:
                self._waiting = self.set_interval(_EARLY_EVERY, self._send_early)
            return
        self._answered_at_once()
        self.unselect()
        self.scroll_to_end()
        port.write(data)

    def _send_early(self) -> None:
        """Send what waits to programs that are there; when nothing came of one, it is nobody's."""
        if self.port is None and not (self.typing or self.is_on_screen):
            self.forget_early()
        if self._over_since is not None:
            self._early.drop(self.port)
        for port, data in self._early.due():
            if port is self.port:
                self.send(data)
            else:
                port.write(data)
        if not self._early and self._waiting is not None:
            self._waiting.stop()
            self._waiting = None

    def forget_early(self) -> None:
        """What was typed for a terminal that does not come is nobody's."""
        self._early.drop(None)

    def on_paste(self, event: events.Paste) -> None:
        """A paste goes where keys go."""
        event.stop()
        event.prevent_default()
        if self.search.active:
            self.search.insert(event.text)
        elif self.typing:
            self.send(encode_paste(event.text, self._modes()))

    # ---- size

    def on_resize(self) -> None:
        """Tell the program when the size has settled."""
        self._serials = []
        if self._resizing is not None:
            self._resizing.stop()
        self._resizing = self.set_timer(RESIZE_AFTER, self._resize_now)
        self.refresh()

    def _resize_now(self) -> None:
        self._resizing = None
        port, size = self.port, self.size
        if (
            port is not None
            and self._over_since is None
            and size
            and (port.columns, port.lines) != (size.width, size.height)
        ):
            port.resize(size.width, size.height)
            self.paint_frame()
