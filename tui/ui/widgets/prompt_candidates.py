"""The short list of completions that floats over the screen, just above the prompt."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from tui.core.untrusted import clean_line
from tui.ui.view.prompt_text import Candidate, Completion, complete
from tui.ui.widgets.prompt_folding import FoldingTextArea

_ROWS = 8


class Candidates(Widget, can_focus=False):
    """A list without focus: the prompt keeps the keys and moves the highlight."""

    DEFAULT_CSS = """
    Candidates {
        display: none;
        overlay: screen;
        constrain: inside inside;
        width: auto;
        max-width: 100%;
        height: auto;
        background: $panel;
        color: $foreground;
        text-wrap: nowrap;
        text-overflow: ellipsis;
        padding: 0 1;
        & .candidates--highlight {
            background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold;
        }
        & .candidates--help { color: $text-muted; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"candidates--highlight", "candidates--help"}

    def __init__(self) -> None:
        super().__init__()
        self.names: Sequence[str] = ()
        """What `@` can name."""
        self.commands: Sequence[tuple[str, str]] = ()
        """Slash commands: (name, what it does)."""
        self._editor: FoldingTextArea | None = None
        self._candidates: tuple[Candidate, ...] = ()
        self._place = 0
        self._top = 0
        self._unwanted: str | None = None

    def attach(self, editor: FoldingTextArea) -> None:
        """Say which text field this completes."""
        self._editor = editor

    def update_for_caret(self) -> None:
        """Show what fits the word at the caret; nothing if it is complete already."""
        assert self._editor is not None  # noqa: S101 - the prompt attaches it before it is shown
        text = self._editor.document.text
        if text != self._unwanted:
            self._unwanted = None
        found = self._find() if self._unwanted is None else None
        if found is not None and any(one.insert == text[found.start : found.end] for one in found.candidates):
            found = None
        self._show(found.candidates if found else ())

    def reopen(self) -> None:
        """Show what fits, although it was dismissed."""
        self._unwanted = None
        self.update_for_caret()

    def dismiss(self) -> None:
        """Show nothing until the text changes."""
        self._unwanted = self._editor.document.text if self._editor else None
        self._show(())

    def accept(self, *, by_enter: bool) -> bool:
        """Put the highlighted completion into the text. Enter on a command goes on to run it."""
        found = self._find() if self._candidates else None
        if found is None or self._editor is None:
            return False
        chosen = self._candidates[self._place].insert
        self._show(())
        followed = self._editor.document.text[found.end : found.end + 1].isspace()
        self._editor.replace_span(found.start, found.end, chosen if followed else chosen + " ")
        return not (by_enter and chosen.startswith("/"))

    def close(self) -> bool:
        """Hide the list until the text changes. False if there is none."""
        shown = bool(self._candidates)
        if shown:
            self.dismiss()
        return shown

    def step(self, step: int) -> bool:
        """Move the highlight, round the ends. False if nothing is shown."""
        if not self._candidates:
            return False
        self._place = (self._place + step) % len(self._candidates)
        self._top = min(max(self._top, self._place - _ROWS + 1), self._place)
        self.refresh()
        return True

    def _find(self) -> Completion | None:
        editor = self._editor
        if editor is None or not editor.selection.is_empty:
            return None
        return complete(editor.document.text, editor.caret_offset, self.names, self.commands)

    def _show(self, candidates: tuple[Candidate, ...]) -> None:
        if candidates == self._candidates:
            return
        self._candidates, self._place, self._top = candidates, 0, 0
        self.display = bool(candidates)
        if candidates:
            self.styles.offset = (2, -min(_ROWS, len(candidates)))
            self.refresh(layout=True)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """As wide as the widest candidate."""
        column = max((len(candidate.insert) for candidate in self._candidates), default=0) + 2
        return column + max(
            (Content(clean_line(candidate.help)).cell_length for candidate in self._candidates), default=0
        )

    def render(self) -> Content:
        """One row a candidate: what it inserts, then what it does."""
        shown = self._candidates[self._top : self._top + _ROWS]
        column = max((len(candidate.insert) for candidate in self._candidates), default=0) + 2
        highlight = self.get_visual_style("candidates--highlight")
        muted = self.get_visual_style("candidates--help")
        rows = []
        for place, candidate in enumerate(shown, self._top):
            words = Content(candidate.insert.ljust(column))
            about = Content(clean_line(candidate.help))
            if place == self._place:
                row = Content.assemble(words, about).truncate(self.size.width, ellipsis=True, pad=True)
                rows.append(row.stylize(highlight))
            else:
                rows.append(Content.assemble(words, about.stylize(muted)))
        return Content("\n").join(rows)

    def on_click(self, event: events.Click) -> None:
        """Take the candidate under the pointer."""
        event.stop()
        row = self._top + event.y
        if 0 <= row < len(self._candidates) and self._editor is not None:
            self._place = row
            self.accept(by_enter=False)
            self._editor.focus()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Move the highlight up."""
        event.stop()
        self.step(-1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Move the highlight down."""
        event.stop()
        self.step(1)
