"""The prompt: where a person types what the models are asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static, TextArea

from tui.core.clock import Clock, SystemClock
from tui.core.untrusted import clean_line
from tui.ui.key_order import order_of
from tui.ui.view import prompt_text
from tui.ui.view.prompt_text import Kept
from tui.ui.widgets.prompt_candidates import Candidates
from tui.ui.widgets.prompt_editor import PromptEditor
from tui.ui.widgets.prompt_keys import teach_terminal_keys
from tui.ui.widgets.prompt_recall import Recall

_MOST_ROWS: Final = 8
_QUEUE_ROWS: Final = 3
_PLACEHOLDER: Final = "Ask all models · @name asks one · / for commands · ! for a shell · F1 help"


class Prompt(Vertical):
    """A text field of one to eight rows, with a line above it that says who will be asked.

    Enter sends; Ctrl+J, Shift+Enter and Alt+Enter break the line; Up and Down in the first and last row show earlier
    prompts; Tab completes `@names` and `/commands`. What it does not use goes on to the application.
    """

    DEFAULT_CSS = """
    Prompt {
        height: auto;
        padding: 0 1;
        background: $surface;
        & > #prompt-queue { height: auto; max-height: 3; color: $text-muted; display: none; }
        & > #prompt-head { height: 1; }
        & #prompt-target { width: auto; max-width: 60%; height: 1; color: $text-accent; padding: 0 2 0 0; }
        & #prompt-note { width: 1fr; height: 1; color: $text-muted; text-wrap: nowrap; text-overflow: ellipsis; }
        & #prompt-note.-message { color: $text-warning; text-style: bold; }
        & #prompt-status {
            width: auto; max-width: 50%; height: 1; color: $text-muted; text-wrap: nowrap; text-overflow: ellipsis;
        }
        & > #prompt-body { height: auto; }
        & #prompt-sign { width: 2; height: 1; color: $text-muted; text-style: bold; }
        &:focus-within #prompt-sign { color: $text-accent; }
    }
    """

    @dataclass
    class Submitted(Message):
        """A prompt was sent: `text` as typed, without the address; `panes` by name, None for all of them."""

        text: str
        panes: tuple[str, ...] | None

    @dataclass
    class CommandEntered(Message):
        """A known slash command was entered: `name` without the slash; `argument` may be empty."""

        name: str
        argument: str

    class DraftChanged(Message):
        """The draft or the panes it addresses changed."""

    @dataclass
    class _Loaded(Message):
        texts: list[str]

    @dataclass
    class _NotSaved(Message):
        reason: str

    def __init__(
        self,
        history_path: Path | None,
        *,
        clock: Clock | None = None,
        id: str | None = None,  # noqa: A002 - Textual's name for it
    ) -> None:
        super().__init__(id=id)
        self._recall = Recall(
            history_path, clock or SystemClock(), on_error=lambda reason: self.post_message(self._NotSaved(reason))
        )
        self._panes: tuple[str, ...] = ()
        self._commands: frozenset[str] = frozenset()
        self._said = ""
        self._shown: tuple[str, str, str] | None = None
        self._candidates = Candidates()
        self._queue = Static(id="prompt-queue", markup=False)
        self._target = Static(id="prompt-target", markup=False)
        self._note = Static(id="prompt-note", markup=False)
        self._status = Static(id="prompt-status", markup=False)
        self._sign = Static("❯", id="prompt-sign", markup=False)
        self.editor = PromptEditor(self, self._candidates, placeholder=_PLACEHOLDER, id="prompt-editor")
        self._candidates.attach(self.editor)

    def compose(self) -> ComposeResult:
        """Waiting prompts, the line that says who is asked, the text field."""
        yield self._candidates
        yield self._queue
        with Horizontal(id="prompt-head"):
            yield self._target
            yield self._note
            yield self._status
        with Horizontal(id="prompt-body"):
            yield self._sign
            yield self.editor

    def on_mount(self) -> None:
        """Read the prompts of earlier runs, beside the event loop."""
        teach_terminal_keys()
        self._show_target()
        self._recall.read(lambda texts: self.post_message(self._Loaded(texts)))

    # ---- for the application

    @property
    def text(self) -> str:
        """The draft as it will be sent, folded pastes in full, the address included."""
        return self.editor.kept.text

    @property
    def is_empty(self) -> bool:
        """Whether nothing is typed."""
        return not self.editor.document.text

    def focus(self, scroll_visible: bool = True) -> "Prompt":
        """Put the caret into the text field."""
        self.editor.focus(scroll_visible)
        return self

    def clear(self) -> None:
        """Start a fresh draft. The old one can be had back with Up, in this run."""
        kept = self.editor.kept
        if kept.text.strip():
            self._recall.history.add(kept)
        self.editor.empty()

    def insert_text(self, text: str) -> bool:
        """Insert text at the caret byte for byte, folded if it is long. False if it had to be refused, and said so."""
        return self.editor.take(text)

    def set_panes(self, names: Sequence[str]) -> None:
        """Say which names `@name` can address."""
        self._panes = self._candidates.names = tuple(names)
        self._show_target()

    def set_commands(self, commands: Sequence[tuple[str, str]]) -> None:
        """Say which slash commands there are: (name without slash, what it does)."""
        self._candidates.commands = tuple(commands)
        self._commands = frozenset(name for name, _ in commands)

    def set_status(self, text: str | Content) -> None:
        """Show a short text at the right end of the line above the text field."""
        self._status.update(text)

    def set_queue(self, waiting: Sequence[str]) -> None:
        """Show the prompts that wait for their turn, one line each, above the text field."""
        lines = [f"queued {number}: {clean_line(text)}" for number, text in enumerate(waiting, 1)]
        if len(lines) > _QUEUE_ROWS:
            hidden = len(lines) - _QUEUE_ROWS + 1
            lines[_QUEUE_ROWS - 1 :] = [f"and {hidden} more queued"]
        self._queue.update(Content("\n".join(lines)))
        self._queue.display = bool(lines)

    def set_ascii(self, ascii_only: bool) -> None:
        """Draw with ASCII characters alone."""
        self._sign.update(">" if ascii_only else "❯")
        self.editor.placeholder = _PLACEHOLDER.replace("·", "|") if ascii_only else _PLACEHOLDER

    def say(self, text: str) -> None:
        """Show a short message until the next edit; nothing takes it away."""
        self._said = text
        self._show_target()

    # ---- for the text field (Host)

    def send(self) -> None:
        """Send the draft, or run the command it is. An empty one does nothing; a wrong one stays and says why."""
        kept = self.editor.kept
        slash = prompt_text.parse_slash(kept.text)
        if slash is not None:
            if slash.name not in self._commands:
                self.say(f"No command /{clean_line(slash.name, 30)}. To send it as text, begin with //")
                return
            message: Message = self.CommandEntered(slash.name, slash.argument)
        else:
            address = prompt_text.parse_address(prompt_text.unescape(kept.text), self._panes)
            if not address.body.strip():
                if kept.text.strip():
                    self.say("Nothing to ask yet: write the question after the name")
                return
            message = self.Submitted(address.body, address.panes)
        self._recall.add(kept)
        self.editor.empty()
        self.post_message(message)
        if (order := order_of(self.app)) is not None:
            order.follow(self)

    def step_history(self, step: int) -> bool:
        """Show an older or newer prompt; the draft is kept."""
        kept = self._recall.history.move(step, self.editor.kept)
        if kept is None:
            return False
        self._load(kept)
        return True

    def search_history(self) -> None:
        """Let the person pick an earlier prompt."""
        if not self._recall.search(self.app, self.editor.kept, self._load):
            self.say("No earlier prompts yet")

    # ---- inside

    def _load(self, kept: Kept) -> None:
        self.editor.load(kept)
        self._candidates.dismiss()

    def _show_target(self) -> None:
        text = self.editor.document.text
        target, note = prompt_text.target_hint(text, self._panes), self._said
        if not note and (word := prompt_text.unknown_mention(text, self._panes)):
            note = f"@{word} is no pane here: sent as text"
        if not note and self.editor.marker_at_caret() is not None:
            note = "Ctrl+O unfolds the paste"
        if (target, note, self._said) == self._shown:
            return  # each update lays the whole screen out anew
        self._shown = (target, note, self._said)
        self._target.update(Content(target))
        self._note.set_class(bool(self._said), "-message")
        self._status.display = not self._said  # the message needs the room
        self._note.update(Content(note))

    @on(TextArea.Changed)
    @on(TextArea.SelectionChanged)
    def _edited(self, event: TextArea.Changed | TextArea.SelectionChanged) -> None:
        event.stop()
        changed = isinstance(event, TextArea.Changed)
        if changed:
            self._said = ""
        self._candidates.update_for_caret()
        self._show_target()
        if changed:
            self.post_message(self.DraftChanged())

    def on_descendant_blur(self) -> None:
        """Completions belong to typing."""
        self._candidates.dismiss()

    def on_click(self, event: events.Click) -> None:
        """A click anywhere on the prompt is a click into it."""
        self.editor.focus()

    def on_resize(self) -> None:
        """Let the text field take at most a third of the screen."""
        self.editor.styles.max_height = max(1, min(_MOST_ROWS, self.app.size.height // 3 - 1))

    @on(_Loaded)
    def _history_loaded(self, event: _Loaded) -> None:
        self._recall.add_older(event.texts)

    @on(_NotSaved)
    def _history_not_saved(self, event: _NotSaved) -> None:
        self.say(event.reason)
