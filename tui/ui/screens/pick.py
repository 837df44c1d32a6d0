"""A list to pick from: type to narrow it, move with the arrows, Enter or a click takes one, Esc leaves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.style import Style
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tui.core.untrusted import clean_line
from tui.ui.view.prompt_text import filter_items

_MOST_ROWS: Final = 200
"""Rows drawn at once; whoever looks for more types another letter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PickItem:
    """One row: `id` is what picking it returns; `detail` stands dimmed below; `search` is searched besides both."""

    id: str
    title: str
    detail: str = ""
    search: str = ""


class PickScreen(ModalScreen[str | None]):
    """Shows items and returns the id of the one picked, or None."""

    DEFAULT_CSS = """
    PickScreen {
        align: center middle;
        background: $background 60%;
        & > #pick-box {
            width: 76; max-width: 100%; height: auto; max-height: 90%;
            background: $surface; padding: 1 2 0 2;
        }
        & #pick-title { height: 1; color: $text-accent; text-style: bold; }
        & #pick-query, & #pick-query:focus {
            border: none; height: 1; padding: 0; margin: 0 0 1 0; background: $boost;
        }
        & #pick-list, & #pick-list:focus {
            border: none; padding: 0; height: auto; max-height: 100%; background: transparent;
            scrollbar-size-vertical: 1;
        }
        & #pick-empty { display: none; color: $text-muted; }
        & #pick-hint { height: 1; margin: 1 0; color: $text-muted; }
        & .pick--detail { color: $text-muted; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"pick--detail"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", show=False),
        Binding("enter", "take", "Choose", show=False),
        Binding("down,ctrl+n,ctrl+j", "step(1)", "Down", show=False, priority=True),
        Binding("up,ctrl+p", "step(-1)", "Up", show=False, priority=True),
        Binding("pagedown", "page(1)", "Page down", show=False, priority=True),
        Binding("pageup", "page(-1)", "Page up", show=False, priority=True),
    ]

    def __init__(
        self,
        title: str,
        items: Sequence[PickItem],
        *,
        placeholder: str = "type to narrow",
        hint: str = "Enter choose   Esc back",
        empty: str = "Nothing matches",
        start: str | None = None,
    ) -> None:
        super().__init__()
        self._heading = title
        self._items = tuple(items)
        self._placeholder = placeholder
        self._hint_text = hint
        self._empty_text = empty
        self._start = start
        self._shown: list[int] = []

    def compose(self) -> ComposeResult:
        """Title, search field, list, hint."""
        with Vertical(id="pick-box"):
            yield Static(Content(self._heading), id="pick-title", markup=False)
            yield Input(placeholder=self._placeholder, id="pick-query", select_on_focus=False)
            yield OptionList(id="pick-list", markup=False)
            yield Static(Content(self._empty_text), id="pick-empty", markup=False)
            yield Static(Content(self._hint_text), id="pick-hint", markup=False)

    def on_mount(self) -> None:
        """Show everything; the search field has the keys."""
        self._list.can_focus = False
        self._fill("")
        self.query_one(Input).focus()
        if self._start is not None:
            ids = [item.id for item in self._items]
            if self._start in ids:
                self._list.highlighted = ids.index(self._start)

    def on_resize(self) -> None:
        """Leave room for the lines around the list."""
        around = 8
        self._list.styles.max_height = max(3, self.app.size.height * 9 // 10 - around)

    @property
    def _list(self) -> OptionList:
        return self.query_one("#pick-list", OptionList)

    def row(self, item: PickItem) -> Content:
        """How an item is drawn: its title, and its detail on a line below."""
        title = Content(clean_line(item.title))
        if not item.detail:
            return title
        muted = Style(foreground=self.get_visual_style("pick--detail").foreground)
        detail = Content(clean_line(item.detail)).stylize(muted)
        return Content.assemble(title, "\n", detail)

    def highlighted(self, item: PickItem) -> None:
        """Called whenever the highlight comes to an item; for previews."""

    def _fill(self, query: str) -> None:
        texts = [f"{item.title}\n{item.detail}\n{item.search}" for item in self._items]
        self._shown = filter_items(query, texts)[:_MOST_ROWS]
        listing = self._list
        listing.clear_options()
        listing.add_options([Option(self.row(self._items[index])) for index in self._shown])
        listing.display = bool(self._shown)
        self.query_one("#pick-empty").display = not self._shown
        if self._shown:
            listing.highlighted = 0

    def _item(self, place: int | None) -> PickItem | None:
        return self._items[self._shown[place]] if place is not None and place < len(self._shown) else None

    @on(Input.Changed)
    def _query_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._fill(event.value)

    @on(OptionList.OptionHighlighted)
    def _moved(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        if (item := self._item(self._list.highlighted)) is not None:
            self.highlighted(item)

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if (item := self._item(event.option_index)) is not None:
            self.dismiss(item.id)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_take()

    def action_take(self) -> None:
        """Return the highlighted item."""
        if (item := self._item(self._list.highlighted)) is not None:
            self.dismiss(item.id)

    def action_leave(self) -> None:
        """Return nothing."""
        self.dismiss(None)

    def action_step(self, step: int) -> None:
        """Move the highlight by one, round the ends."""
        if step > 0:
            self._list.action_cursor_down()
        else:
            self._list.action_cursor_up()

    def action_page(self, step: int) -> None:
        """Move the highlight by a page."""
        listing = self._list
        page = max(1, listing.size.height - 1) * step
        listing.highlighted = min(max(0, (listing.highlighted or 0) + page), max(0, len(self._shown) - 1))

    def on_click(self, event: events.Click) -> None:
        """A click beside the box leaves."""
        if event.widget is self:
            self.action_leave()
