"""The mouse in a terminal: the program's if it asked for it, else it selects, copies, scrolls and follows links."""

from time import monotonic
from typing import Final, Protocol

from textual import events

from tui.core.terminal import MouseTracking, TerminalPort
from tui.core.untrusted import clean
from tui.ui.frame_clock import FrameClock
from tui.ui.view.terminal_keys import Mouse, encode_mouse, wheel_keys
from tui.ui.view.terminal_text import Place, line_at, screen_text, selected_text, word_at
from tui.ui.widgets.terminal_paint import ECHOES, TerminalPaint
from tui.ui.widgets.terminal_rows import characters_at

WHEEL_LINES: Final = 3


class Host(Protocol):
    """What the widget asks of the dock's owner."""

    def act(self, action: str, number: int = 0) -> None:
        """Run a row of the table of actions."""

    def copied(self, text: str) -> None:
        """Put a selection on the clipboard."""

    def link(self, address: str) -> None:
        """A link was clicked."""

    def keyed(self) -> None:
        """Keys go elsewhere now, or mean something else."""

    def scrolled(self) -> None:
        """Another part of the terminal is in sight."""


class TerminalMouse(TerminalPaint, can_focus=True):
    """The part of a terminal's widget that a pointer works."""

    def __init__(self, frame_clock: FrameClock, host: Host, *, ascii_glyphs: bool = False) -> None:
        super().__init__(frame_clock, ascii_glyphs=ascii_glyphs)
        self._host = host
        self._pressed = 0
        self._anchor: Place | None = None
        self._dragged = False
        self._marked: tuple[int, int] | None = None

    def enter_typing(self) -> None:
        """Give every key to the program."""
        raise NotImplementedError

    def _answered_at_once(self) -> None:
        """What the program writes next is the answer to the person."""
        self._key_at = monotonic()
        self._echoes = ECHOES

    def _forward(self, what: Mouse, event: events.MouseEvent, button: int) -> bool:
        """Hand a mouse event to a program that asked for it; Shift keeps it here."""
        port = self.port
        if port is None or not port.running or port.modes.mouse is MouseTracking.OFF or event.shift or self.back:
            return False
        place = (max(0, min(event.x, port.columns - 1)), max(0, min(event.y, port.lines - 1)))
        modifiers = (8 if event.meta else 0) + (16 if event.ctrl else 0)
        data = encode_mouse(what, button, place, port.modes, modifiers=modifiers)
        if data:
            self._answered_at_once()
            port.write(data)
        return True

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Press a button of the program, or begin a selection."""
        event.stop()
        if not (self.has_focus and self.typing):
            self.enter_typing()
        self.capture_mouse()
        if self._forward(Mouse.PRESS, event, event.button):
            self._pressed = event.button
        elif event.button == 1:
            self.unselect()
            self._anchor, self._dragged = self.place_at(event.x, event.y), False

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Move in the program, or draw the selection on; over an edge it scrolls."""
        if self._anchor is None:
            if self._pressed or event.button == 0:
                self._forward(Mouse.MOVE, event, self._pressed)
            return
        event.stop()
        if event.y < 0:
            self.scroll_rows(-1)
        elif event.y >= self.size.height:
            self.scroll_rows(1)
        place = self.place_at(event.x, max(0, min(event.y, self.size.height - 1)))
        if place != self._anchor or self._dragged:
            self._dragged = True
            self.select(self._anchor, place)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Let the button go; what was selected is copied."""
        event.stop()
        self.release_mouse()
        if self._pressed:
            self._forward(Mouse.RELEASE, event, self._pressed)
            self._pressed = 0
        elif self._anchor is not None:
            self._anchor = None
            if self._dragged:
                self._copy()

    def on_click(self, event: events.Click) -> None:
        """One click follows a link, two pick a word, three a line."""
        event.stop()
        port = self.port
        tracked = port is not None and port.modes.mouse is not MouseTracking.OFF and not event.shift
        if port is None or tracked or self._dragged:
            return
        place = self.place_at(event.x, event.y)
        if event.chain == 1:
            self._follow_link(port, place)
        elif place.line < port.pushed + port.lines:
            self.select(*(word_at(port, place) if event.chain == 2 else line_at(port, place.line, self.size.width)))
            self._copy()

    def _follow_link(self, port: TerminalPort, place: Place) -> None:
        row = place.line - port.pushed
        if row < port.lines:
            _, run = characters_at(port.row(row), place.column)
            if run is not None and run.style.link:
                self._host.link(run.style.link)

    def selected(self) -> str:
        """Return the selected text, without what cannot be seen."""
        if self.port is None or self.selection is None:
            return ""
        return clean(selected_text(self.port, *self.selection, self.size.width))

    def text_in_sight(self) -> str:
        """Return the text of the rows in the window."""
        port, first = self.port, self.first_line
        if port is None:
            return ""
        last = min(first + self.size.height, port.pushed + port.lines) - 1
        return clean(screen_text(port, first, last, self.size.width))

    def mark(self) -> None:
        """Mark the lowest line in sight that has text, or nothing any more."""
        if self._marked is not None or self.port is None:
            self._marked = None
            self.unselect()
            return
        text = self.text_in_sight()
        line = self.first_line + text.count("\n")
        self._marked = (line, line)
        self._mark(line, line)

    def mark_further(self, rows: int) -> bool:
        """Move the end of what is marked; False when nothing is."""
        if self._marked is None or self.selection is None or self.port is None:
            self._marked = None
            return False
        start, end = self._marked
        end = max(0, min(end + rows, self.port.pushed + self.port.lines - 1))
        self._marked = (start, end)
        self._mark(start, end)
        if not self.first_line <= end < self.first_line + self.size.height:
            self.scroll_rows(rows)
        return True

    def _mark(self, start: int, end: int) -> None:
        first, last = min(start, end), max(start, end)
        self.select(Place(first, 0), Place(last, self.size.width - 1))

    def _copy(self) -> None:
        if text := self.selected():
            self._host.copied(text)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel: the program's, arrow keys in a full-screen program, else the scrollback."""
        self._wheel(event, up=True)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel: the program's, arrow keys in a full-screen program, else the scrollback."""
        self._wheel(event, up=False)

    def _wheel(self, event: events.MouseEvent, *, up: bool) -> None:
        event.stop()
        event.prevent_default()
        port = self.port
        if port is None or self._forward(Mouse.WHEEL_UP if up else Mouse.WHEEL_DOWN, event, 0):
            return
        keys = wheel_keys(up=up, modes=port.modes) if port.running and not event.shift and not self.back else b""
        if keys:
            self._answered_at_once()
            port.write(keys)
        else:
            self.scroll_rows(-WHEEL_LINES if up else WHEEL_LINES)

    def scroll_rows(self, rows: int) -> None:
        """Scroll back (negative) or towards the end, and say so."""
        before = self.back
        super().scroll_rows(rows)
        if self.back != before:
            self._host.scrolled()
