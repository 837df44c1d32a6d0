"""The text field of the prompt: TextArea with folded pastes, a burst guard and keys that leave the rest to the app."""

from collections.abc import Callable
from typing import ClassVar, Final, Protocol

from textual import events
from textual.binding import Binding, BindingType
from textual.document._document import Location
from textual.timer import Timer
from textual.widgets import TextArea

from tui.ui.key_order import more_behind
from tui.ui.view import prompt_text
from tui.ui.view.prompt_memory import BurstGuard, Enter
from tui.ui.widgets import prompt_keys
from tui.ui.widgets.at_once import show_at_once
from tui.ui.widgets.prompt_folding import FoldingTextArea

# These keys belong to the application: scrolling the answers, function keys.
_LEFT_TO_THE_APP: Final = frozenset({"pageup", "pagedown", "f6", "f7"})
_MODIFIERS: Final = ("alt+", "ctrl+", "super+", "hyper+", "meta+")


def _own_bindings() -> list[BindingType]:
    bindings: list[BindingType] = []
    for binding in TextArea.BINDINGS:
        assert isinstance(binding, Binding)  # noqa: S101 - so it is in TextArea
        if not _LEFT_TO_THE_APP & set(binding.key.split(",")):
            bindings.append(binding)
    return bindings


def is_text(event: events.Key) -> bool:
    """Whether a key is a character of a text, not a command."""
    return event.is_printable and not event.key.startswith(_MODIFIERS)


class Host(Protocol):
    """What the field asks of the prompt it sits in."""

    def send(self) -> None:
        """Send the draft."""

    def step_history(self, step: int) -> bool:
        """Show an older (-1) or newer (+1) prompt. False if there is none."""

    def search_history(self) -> None:
        """Open the search of earlier prompts."""

    def say(self, text: str) -> None:
        """Show a short message until the next edit."""


class Completer(Protocol):
    """What the field asks of the list of completions. Each returns whether it had any use for the key."""

    def accept(self, *, by_enter: bool) -> bool:
        """Take the highlighted completion."""

    def step(self, step: int) -> bool:
        """Move the highlight."""

    def close(self) -> bool:
        """Hide the list."""

    def reopen(self) -> None:
        """Show the list again."""


class PromptEditor(FoldingTextArea, inherit_bindings=False):
    """A text field of one to a few rows. Enter sends; Ctrl+J, Shift+Enter and Alt+Enter break the line."""

    DEFAULT_CSS = """
    PromptEditor {
        width: 1fr;
        height: auto;
        min-height: 1;
        max-height: 8;
        border: none;
        padding: 0;
        background: transparent;
        scrollbar-size-vertical: 1;
        &:focus { border: none; }
        & .text-area--placeholder { color: $text-muted; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = _own_bindings()

    def __init__(self, host: Host, completer: Completer, *, placeholder: str = "", id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(say=host.say, id=id, placeholder=placeholder, highlight_cursor_line=False)
        self.match_cursor_bracket = False
        self._host = host
        self._completer = completer
        self._guard = BurstGuard()
        self._doubtful_enter: Timer | None = None

    def empty(self) -> None:
        """Start a fresh draft."""
        self._guard.sent()
        super().empty()

    def on_paste(self, event: events.Paste) -> None:
        """A paste the terminal has marked: it never sends."""
        event.stop()
        event.prevent_default()
        self._settle(sent=False)
        self.take(prompt_text.from_terminal(event.text))

    def keeps_key(self, event: events.Key) -> bool:
        """Whether a key is a letter of the text and nothing else."""
        return is_text(event)

    def settle_before(self, event: events.Event) -> bool:
        """Decide about an Enter that waits, by what follows it; True when it sent something."""
        waits = self._doubtful_enter is not None
        pasted = isinstance(event, events.Paste)
        if isinstance(event, events.Key):
            may_go_on = is_text(event) or event.key in ("enter", "tab")
            pasted = may_go_on and self._guard.continues(event.time)
        self._settle(sent=not pasted)
        return waits and not pasted

    def on_key(self, event: events.Key) -> None:
        """Decide what a key means here; what is not used goes on to TextArea and to the application."""
        key = event.key
        self.settle_before(event)
        if prompt_keys.is_newline(key):
            self.replace("\n", *self.selection, maintain_selection_offset=False)
        elif key in prompt_keys.SENDS:
            self._enter_key(event.time, certain=key != "enter")
        elif key == "tab" and self._guard.in_burst(event.time):
            self._guard.typed(event.time)
            self.replace("\t", *self.selection, maintain_selection_offset=False)
        elif not self._on_command_key(key):
            if is_text(event):
                self._guard.typed(event.time)
            elif event.is_printable:
                event.prevent_default()  # Alt with a letter is a command for the application, not a letter
            return
        event.stop()
        event.prevent_default()

    async def on_event(self, event: events.Event) -> None:
        """Show what a key did as soon as it is done, unless more keys wait."""
        await super().on_event(event)
        if isinstance(event, events.Key) and self.is_attached and not more_behind(self):
            show_at_once(self)

    def _enter_key(self, at: float, *, certain: bool) -> None:
        verdict = Enter.SEND if certain else self._guard.enter(at, more=more_behind(self))
        if verdict is Enter.NEWLINE:
            self._guard.line_break()
            self.replace("\n", *self.selection, maintain_selection_offset=False)
        elif verdict is Enter.WAIT:
            self._doubtful_enter = self.set_timer(BurstGuard.HOLD, lambda: self._settle(sent=True))
        else:
            self._send()

    def _settle(self, *, sent: bool) -> None:
        """Decide about an Enter that waited for what follows it."""
        timer, self._doubtful_enter = self._doubtful_enter, None
        if timer is None:
            return
        timer.stop()
        if sent:
            self._send()
        else:
            self._guard.line_break()
            self.replace("\n", *self.selection, maintain_selection_offset=False)

    def _send(self) -> None:
        if not self._completer.accept(by_enter=True):
            self._host.send()

    def _edge(self, at_edge: Callable[[Location], bool]) -> bool:
        """Whether the caret stands, with nothing selected, in the first or last row."""
        return self.selection.is_empty and at_edge(self.cursor_location)

    def _on_command_key(self, key: str) -> bool:
        match key:
            case "tab" | "shift+tab" if self.document.text:
                # Moving the focus is for an empty prompt; a Tab in a text must not send the next letters elsewhere.
                if key == "shift+tab":
                    return self._completer.step(-1)
                if not self._completer.accept(by_enter=False):
                    self._completer.reopen()
                return True
            case "escape":
                return self._completer.close()
            case "up":
                return self._completer.step(-1) or (
                    self._edge(self.navigator.is_first_wrapped_line) and self._host.step_history(-1)
                )
            case "down":
                return self._completer.step(1) or (
                    self._edge(self.navigator.is_last_wrapped_line) and self._host.step_history(1)
                )
            case "ctrl+r":
                self._host.search_history()
                return True
            case "ctrl+o":
                return self.unfold()
            case _:
                return False
