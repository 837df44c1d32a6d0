"""The answer pane: streamed Markdown of any length, painted by row."""

from collections.abc import Sequence
from typing import Literal

from textual import events

from tui.core.untrusted import clean
from tui.ui.frame_clock import FrameClock
from tui.ui.render.palette import ASCII_GLYPHS, Glyphs
from tui.ui.view.document import Section, SectionKind
from tui.ui.view.tool_line import ToolLine
from tui.ui.widgets.stream_paint import StreamPaint


class StreamPane(StreamPaint, can_focus=True):
    """Shows sections of text as they are written and keeps them forever.

    Rows come from blocks: a finished block is rendered once, when a row of it is shown; what is still being
    written is drawn plainly. The pane has its own scroll position and never asks for a layout, so a token costs
    the same at the first line and at the millionth. It draws best without border, padding and opacity of its
    own: give those to a container.
    """

    DEFAULT_CSS = """
    StreamPane {
        height: 1fr;
        width: 1fr;
    }
    """

    def __init__(
        self,
        frame_clock: FrameClock,
        *,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - Textual's name for it
        classes: str | None = None,
        scroll_step: int = 1,
        ascii_glyphs: bool = False,
    ) -> None:
        """Create a pane painted by `frame_clock`, following new text by `scroll_step` rows at a time."""
        glyphs = ASCII_GLYPHS if ascii_glyphs else Glyphs()
        super().__init__(frame_clock, glyphs, name=name, id=id, classes=classes)
        self.set_scroll_step(scroll_step)

    # -- text -------------------------------------------------------------------------------------------------

    def begin(self, kind: SectionKind, title: str = "") -> None:
        """Open a section; one that is open is closed first."""
        self._read()
        self._stream.begin(kind, title)
        self._clock.request(self)

    def append(self, text: str) -> None:
        """Add text to the open section; it is shown with the next frame."""
        if text:
            self._unread.append(text)
            self._clock.request(self)

    def end(self, summary: str = "") -> None:
        """Close the open section; thinking folds to one line with `summary` (or its count of words)."""
        self._read()
        self._stream.end(summary)
        self._clock.request(self)
        self._render_ahead(-1)

    def put_tool(self, line: ToolLine) -> None:
        """Show a tool call, or show it anew; an open section is closed by a new call."""
        self._read()
        self._stream.put_tool(line)
        self._clock.request(self)

    def clear(self) -> None:
        """Forget everything."""
        self._unread.clear()
        self._stream.clear()
        self._clock.request(self)

    def load(self, text: str) -> None:
        """Show a whole text at once, as an answer of its own; only what is seen is rendered."""
        self.begin(SectionKind.ANSWER)
        self.append(text)
        self.end()

    def answer_text(self) -> str:
        """Return the source of the last answer."""
        self._read()
        return self._stream.document.last_answer()

    def code_blocks(self) -> list[tuple[str, str]]:
        """Return (language, source) of each fenced code block of the last answer."""
        self._read()
        return self._stream.document.code_blocks()

    def _read(self) -> None:
        if self._unread:
            text = clean("".join(self._unread))
            self._unread.clear()
            self._stream.append(text)

    # -- folding ----------------------------------------------------------------------------------------------

    def set_thinking(self, shown: Literal["folded", "shown", "hidden"]) -> None:
        """Fold all thinking when it ends, leave it open, or hide it; applies to what is there already."""
        layout = self._stream
        layout.thinking = shown
        for section in layout.thinking_sections():
            layout.fold(section, folded=shown == "folded" and not section.is_open)
        self._flow()

    def toggle_thinking(self) -> None:
        """Unfold all thinking when any is folded, else fold all."""
        self._toggle(self._stream.thinking_sections())

    def toggle_tools(self) -> None:
        """Unfold all tool calls when any is folded, else fold all."""
        self._toggle(self._stream.tool_sections())

    def _toggle(self, sections: Sequence[Section]) -> None:
        any_folded = any(section.folded for section in sections)
        for section in sections:
            self._stream.fold(section, folded=not any_folded)
        self._flow()

    def action_toggle_thinking(self) -> None:
        """Fold or unfold thinking."""
        self.toggle_thinking()

    def action_toggle_tools(self) -> None:
        """Fold or unfold tool calls."""
        self.toggle_tools()

    def on_click(self, event: events.Click) -> None:
        """A click on the head of thinking or of a tool call folds or unfolds it."""
        if event.chain != 1 or event.x >= self.size.width - 1 or not self._shown:
            return
        layout = self._stream
        block = layout.head_block_at(event.y)
        if block < 0:
            return
        section = layout.document.section_of(block)
        if section.tool is not None or section.kind is SectionKind.THINKING:
            layout.fold(section, folded=not section.folded)
            self._flow()
