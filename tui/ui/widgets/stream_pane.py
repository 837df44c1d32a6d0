"""The answer pane: streamed Markdown of any length, painted by row."""

from typing import ClassVar, Final, Literal

from textual import events
from textual.geometry import Region
from textual.selection import Selection
from textual.strip import Strip

from tui.core.untrusted import clean
from tui.ui.frame_clock import FrameClock
from tui.ui.render.palette import ASCII_GLYPHS, ROLES, Glyphs, build_palette
from tui.ui.render.rows import Row
from tui.ui.view.document import SectionKind
from tui.ui.widgets.stream_scroll import StreamScroll
from tui.ui.widgets.stream_selection import (
    block_selection,
    highlighted,
    offset_row,
    selected_text,
    with_offsets,
)

_PREFIX: Final = "stream--"


class StreamPane(StreamScroll, can_focus=True):
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
        & > .stream--heading-1 { color: $text-primary; text-style: bold underline; }
        & > .stream--heading-2 { color: $text-primary; text-style: bold; }
        & > .stream--heading-3 { color: $text-secondary; text-style: bold; }
        & > .stream--heading-4 { color: $text-secondary; text-style: italic; }
        & > .stream--code { color: $text-accent; }
        & > .stream--code-block { color: $foreground; }
        & > .stream--code-label { color: $text-muted; }
        & > .stream--link { color: $text-primary; text-style: underline; }
        & > .stream--url { color: $text-muted; }
        & > .stream--quote { color: $text-muted; text-style: italic; }
        & > .stream--bullet { color: $text-accent; }
        & > .stream--table-head { text-style: bold; }
        & > .stream--prompt { color: $foreground; text-style: bold; }
        & > .stream--thinking { color: $text-muted; }
        & > .stream--tool { color: $text-secondary; }
        & > .stream--notice { color: $text-warning; }
        & > .stream--error { color: $text-error; }
        & > .stream--token-keyword { color: $text-primary; }
        & > .stream--token-name { color: $text-secondary; }
        & > .stream--token-string { color: $text-success; }
        & > .stream--token-number { color: $text-warning; }
        & > .stream--token-comment { color: $text-muted; text-style: italic; }
        & > .stream--token-type { color: $text-accent; }
        & > .stream--token-inserted { color: $text-success; }
        & > .stream--token-deleted { color: $text-error; }
        & > .stream--frame { color: $foreground 35%; }
        & > .stream--prompt-bar { color: $primary; }
        & > .stream--quote-bar { color: $foreground 35%; }
        & > .stream--thumb { color: $foreground 40%; }
        &:focus > .stream--thumb { color: $primary; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {_PREFIX + role for role in ROLES}

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
        super().__init__(ASCII_GLYPHS if ascii_glyphs else Glyphs(), name=name, id=id, classes=classes)
        self._clock = frame_clock
        self.set_scroll_step(scroll_step)
        self._unread: list[str] = []
        self._filters: list[object] = []

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

    def document_text(self) -> str:
        """Return the whole conversation as Markdown."""
        self._read()
        return self._stream.document.text()

    def _read(self) -> None:
        if self._unread:
            text = clean("".join(self._unread))
            self._unread.clear()
            self._stream.append(text)

    # -- thinking ---------------------------------------------------------------------------------------------

    def set_thinking(self, shown: Literal["folded", "shown", "hidden"]) -> None:
        """Fold all thinking when it ends, leave it open, or hide it; applies to what is there already."""
        layout = self._stream
        layout.thinking = shown
        for section in layout.thinking_sections():
            layout.fold(section, folded=shown == "folded" and not section.is_open)
        self._flow()

    def toggle_thinking(self) -> None:
        """Unfold all thinking when any is folded, else fold all."""
        layout = self._stream
        sections = layout.thinking_sections()
        any_folded = any(section.folded for section in sections)
        for section in sections:
            layout.fold(section, folded=not any_folded)
        self._flow()

    def action_toggle_thinking(self) -> None:
        """Fold or unfold thinking."""
        self.toggle_thinking()

    def on_click(self, event: events.Click) -> None:
        """A click on the head of a thinking section folds or unfolds it."""
        if event.chain != 1 or event.x >= self.size.width - 1 or not self._shown:
            return
        layout = self._stream
        block, _ = layout.place_of(event.y)
        for section in layout.thinking_sections():
            if section.start == block and self._shown[event.y].lead < 0:
                layout.fold(section, folded=not section.folded)
                self._flow()
                break

    # -- painting ---------------------------------------------------------------------------------------------

    def paint_frame(self) -> None:
        """Take in the text that came and repaint the rows that changed."""
        self._read()
        self._flow()

    def _flow(self) -> None:
        if not self.is_attached or not self._prepare():
            return
        layout = self._stream
        rows = layout.window()
        thumb = self._thumb()
        old, old_thumb = self._shown, self._shown_thumb
        self._shown, self._shown_thumb = rows, thumb
        if len(old) != len(rows) or self.text_selection is not None:
            self.refresh()
        else:
            regions: list[Region] = []
            for y, (before, after) in enumerate(zip(old, rows, strict=True)):
                if (y in thumb) is not (y in old_thumb):
                    regions.append(Region(0, y, layout.width + 1, 1))
                elif before is not after and (extent := max(before.body_cells, after.body_cells)):
                    regions.append(Region(0, y, extent, 1))
            if regions:
                self.refresh(*regions)
        self._tell_follow()

    def _prepare(self) -> bool:
        """Bring size and colours up to date; False while there is nothing to paint on."""
        width, height = self.size
        if width < 2 or height < 1:
            return False
        layout = self._stream
        if layout.palette is None:
            self._restyle()
        if width - 1 != layout.width or height != layout.viewport.height:
            layout.resize(width - 1, height)
        return True

    def _restyle(self) -> None:
        filters = list(self.get_line_filters())
        palette = build_palette(
            self.rich_style,
            lambda role: self.get_component_rich_style(_PREFIX + role),
            self.screen.get_component_rich_style("screen--selection"),
            filters,
            self.background_colors[1],
        )
        self._filters = list(filters)
        layout = self._stream
        if layout.palette is None or layout.palette.key != palette.key:
            layout.restyle(palette)
            self._shown = []

    def notify_style_update(self) -> None:
        """The theme or a class changed: look at the colours again."""
        super().notify_style_update()
        if self._stream.palette is not None and self.is_attached:
            self._restyle()
            self._clock.request(self)

    def on_resize(self) -> None:
        """Lay out anew for another size."""
        self._flow()

    def on_unmount(self) -> None:
        """Ask for no more frames."""
        self._clock.forget(self)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the painted rows, without the detour over Textual's styles cache."""
        if self.gutter.totals != (0, 0) or self.opacity != 1.0:
            return super().render_lines(crop)
        if not self._in_time():
            return [Strip.blank(self.size.width, self.rich_style)] * crop.height
        strips: list[Strip] = [*self._painted(crop.line_range)]
        if crop.column_span != (0, self.size.width):
            strips = [strip.crop(*crop.column_span) for strip in strips]
        return strips

    def render_line(self, y: int) -> Strip:
        """Return a row whose segments say where they are in the text."""
        if not self._in_time() or y >= len(self._shown):
            return Strip.blank(self.size.width, self.rich_style)
        return with_offsets(self._painted(range(y, y + 1))[0], *self._stream.place_of(y))

    def _painted(self, lines: range) -> list[Row]:
        """Return rows of the window with selection and thumb drawn in."""
        rows = self._shown[lines.start : lines.stop]
        if (selection := self.text_selection) is not None:
            style = self._colours().selection
            for number, y in enumerate(lines):
                span = selection.get_span(offset_row(*self._stream.place_of(y)))
                if span is not None:
                    rows[number] = highlighted(rows[number], span, style, self._stream.width)
        for y in self._shown_thumb:
            if y in lines:
                rows[y - lines.start] = self._with_thumb(rows[y - lines.start])
        return rows

    def _in_time(self) -> bool:
        """Whether there are rows for the present size; they are made when a paint comes before the resize event."""
        if self._filters != list(self.get_line_filters()) and self._stream.palette is not None:
            self._restyle()
        if not self._prepare():
            return False
        if len(self._shown) != self.size.height or self._shown[0].cell_length != self.size.width:
            self._shown = self._stream.window()
            self._shown_thumb = self._thumb()
        return True

    # -- selection --------------------------------------------------------------------------------------------

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the selected text and what follows it, as Textual's copy asks for."""
        return selected_text(self._stream, selection), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Show another selection."""
        self.refresh()

    def text_select_all(self) -> None:
        """A double click selects the block under the pointer."""
        y = self.app.mouse_position.y - self.content_region.y
        if 0 <= y < len(self._shown):
            block, _ = self._stream.place_of(y)
            self.screen.selections = {self: block_selection(self._stream, block)}
