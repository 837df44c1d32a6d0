"""A text area in which a long paste shows as a short marker that moves, vanishes and opens as one."""

from collections.abc import Callable
from typing import Any, ClassVar, Final

from rich.text import Text
from textual.actions import SkipAction
from textual.document._document import EditResult, Location, Selection
from textual.document._edit import Edit
from textual.geometry import Offset
from textual.widgets import TextArea

from tui.ui.view import prompt_text
from tui.ui.view.prompt_text import Folds, Kept

_MOST_UNFOLDED: Final = 1_000_000
"""Characters; above it every key in the editor would be slow."""


class FoldingTextArea(TextArea):
    """TextArea with folded pastes. `say` is called with a sentence when something cannot be done."""

    DEFAULT_CSS = """
    FoldingTextArea {
        & .folding--marker { color: $text-accent; text-style: bold; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"folding--marker"}

    def __init__(self, *, say: Callable[[str], None], **options: Any) -> None:
        super().__init__(**options)
        self.folds = Folds()
        self._say = say

    # ---- text in and out

    @property
    def kept(self) -> Kept:
        """The draft as it will be sent, folded pastes in full."""
        return self.folds.unpack(self.document.text)

    def load(self, kept: Kept) -> None:
        """Replace the draft; the caret goes to the end."""
        self.folds.clear()
        self.load_text(self.folds.pack(kept))
        self.move_cursor(self.document.end)

    def empty(self) -> None:
        """Start a fresh draft."""
        self.load(Kept(""))

    def take(self, text: str) -> bool:
        """Insert foreign text at the caret, folded if it is long. False if it had to be refused."""
        if problem := prompt_text.refusal(text):
            self._say(problem)
            return False
        if prompt_text.worth_folding(text):
            text = self.folds.fold(text)
        result = self.replace(text, *self.selection, maintain_selection_offset=False)
        self.move_cursor(result.end_location)
        return True

    @property
    def caret_offset(self) -> int:
        """The caret as an offset into the packed text."""
        row, column = self.cursor_location
        return sum(len(self.document.get_line(index)) + 1 for index in range(row)) + column

    def replace_span(self, start: int, end: int, insert: str) -> None:
        """Replace packed text between two offsets and put the caret behind it."""
        result = self.replace(insert, self._location(start), self._location(end), maintain_selection_offset=False)
        self.move_cursor(result.end_location)

    def _location(self, offset: int) -> Location:
        for row in range(self.document.line_count):
            length = len(self.document.get_line(row))
            if offset <= length:
                return (row, offset)
            offset -= length + 1
        return self.document.end

    # ---- folded pastes move, vanish and open as one

    def _spans(self, row: int) -> list[tuple[int, int]]:
        return prompt_text.marker_spans(self.document.get_line(row)) if row < self.document.line_count else []

    def marker_at_caret(self) -> tuple[int, int] | None:
        """The columns of the folded paste the caret touches."""
        row, column = self.cursor_location
        touching = [span for span in self._spans(row) if span[0] <= column <= span[1]]
        return touching[-1] if touching else None

    def unfold(self) -> bool:
        """Open the folded paste at the caret. False if there is none."""
        span = self.marker_at_caret()
        if span is None:
            return False
        row = self.cursor_location[0]
        text = self.folds.text_of(self.document.get_line(row)[span[0] : span[1]])
        if not prompt_text.showable(text):
            self._say("Stays folded: it holds characters that cannot be shown. It is sent as it is.")
        elif len(text) > _MOST_UNFOLDED:
            self._say("Stays folded: it is too long to edit here. It is sent in full.")
        else:
            result = self.replace(text, (row, span[0]), (row, span[1]), maintain_selection_offset=False)
            self.move_cursor(result.end_location)
        return True

    def validate_selection(self, selection: Selection) -> Selection:
        """Keep both ends of the selection out of the inside of folded pastes."""
        was = self.selection
        return Selection(self._outside(selection.start, was.start), self._outside(selection.end, was.end))

    def _outside(self, location: Location, previous: Location) -> Location:
        row, column = location
        spans = self._spans(row)
        if not spans:
            return location
        if previous[0] != row:
            previous = (row, column)
        return (row, prompt_text.snap(column, previous[1], spans))

    def edit(self, edit: Edit) -> EditResult:
        """Do an edit; a folded paste it touches goes as a whole."""
        (top_row, top), (bottom_row, bottom) = sorted((edit.from_location, edit.to_location))
        if top_row == bottom_row:
            top, bottom = prompt_text.widen(top, bottom, self._spans(top_row))
        else:
            top = prompt_text.widen(top, top + 1, self._spans(top_row))[0]
            bottom = prompt_text.widen(bottom - 1, bottom, self._spans(bottom_row))[1]
        edit.from_location, edit.to_location = (top_row, top), (bottom_row, bottom)
        return super().edit(edit)

    def scroll_cursor_visible(self, center: bool = False, animate: bool = False) -> Offset:
        """Scroll to the caret.

        Textual 8.2.8 calls this in the middle of undo and redo when the scrollbar goes: the text is the new one then,
        the caret still the old one, possibly below the last line, which would be an error.
        """
        if self.cursor_location[0] >= self.document.line_count:
            return Offset(0, 0)
        return super().scroll_cursor_visible(center, animate)

    def get_line(self, line_index: int) -> Text:
        """The line as it is drawn: folded pastes in brackets."""
        line = self.document.get_line(line_index)
        text = Text(prompt_text.face(line), end="", no_wrap=True)
        for start, end in prompt_text.marker_spans(line):
            text.stylize(self.get_component_rich_style("folding--marker"), start, end)
        return text

    def take_selection(self) -> str:
        """Return the selected text, folded pastes in full, and select nothing."""
        text = self.folds.unpack(self.selected_text).text
        self.selection = Selection.cursor(self.cursor_location)
        return text

    def action_copy(self) -> None:
        """Copy the selection, folded pastes in full."""
        if not self.selected_text:
            raise SkipAction
        self.app.copy_to_clipboard(self.folds.unpack(self.selected_text).text)

    def action_cut(self) -> None:
        """Cut the selection, folded pastes in full."""
        if not self.selected_text:
            raise SkipAction
        self.action_copy()
        self.delete(*self.selection, maintain_selection_offset=False)

    def action_paste(self) -> None:
        """Insert what was last copied in this program."""
        if self.app.clipboard:
            self.take(self.app.clipboard)

    def action_delete_right(self) -> None:
        """Delete the next character; in an empty draft the key is the application's."""
        if not self.document.text:
            raise SkipAction
        super().action_delete_right()
