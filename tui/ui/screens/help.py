"""Every key and command on one page, made from the table of actions; typing narrows it."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Final

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tui.ui.actions import ACTIONS, Action

_SYNTAX: Final = (
    ("@name text", "Ask one pane; @claude @gpt text asks two, @all text every one."),
    ("/name", "A command; Tab completes it. //text sends text that begins with a slash."),
    ("Up, Down", "Earlier prompts, from the first and last row. The draft is kept."),
    ("Ctrl+R", "Search earlier prompts."),
    ("Tab", "Complete an @name or a /command."),
    ("Paste", "Never sends. A long one folds to one word: Ctrl+O unfolds it, Backspace removes it."),
)

Row = tuple[str, str, str]
"""Keys, title (searched, not shown), what it does."""


def sections(actions: Iterable[Action]) -> list[tuple[str, list[Row]]]:
    """Return the help page as (heading, rows), in the order of the table."""
    found: dict[str, list[Row]] = {}
    for action in actions:
        keys = action.keys_text + action.where.suffix if action.keys else ""
        slash = f"/{action.slash}" if action.slash else ""
        names = "  ".join(name for name in (keys, slash) if name)
        if names:
            found.setdefault(str(action.group), []).append((names, action.title, action.help))
    pages = list(found.items())
    pages.insert(1, ("Writing a prompt", [(keys, "", text) for keys, text in _SYNTAX]))
    return pages


def narrowed(pages: Sequence[tuple[str, list[Row]]], query: str) -> list[tuple[str, list[Row]]]:
    """Return only the rows that hold every word of `query`, in their sections."""
    words = query.casefold().split()
    kept = [
        (heading, [row for row in rows if all(word in " ".join((heading, *row)).casefold() for word in words)])
        for heading, rows in pages
    ]
    return [(heading, rows) for heading, rows in kept if rows]


class HelpScreen(ModalScreen[None]):
    """The help page."""

    DEFAULT_CSS = """
    HelpScreen {
        align: center middle;
        background: $background 60%;
        & > #help-box { width: 84; max-width: 100%; height: 92%; background: $surface; padding: 1 2 0 2; }
        & #help-title { height: 1; color: $text-accent; text-style: bold; }
        & #help-query, & #help-query:focus {
            border: none; height: 1; padding: 0; margin: 0 0 1 0; background: $boost;
        }
        & #help-page { height: 1fr; scrollbar-size-vertical: 1; }
        & #help-rows { height: auto; }
        & .help-heading { height: 1; color: $text-accent; text-style: bold; }
        & .help-row { height: auto; layout: horizontal; }
        & .help-keys { width: 26; max-width: 40%; height: auto; padding: 0 2 0 0; text-style: bold; }
        & .help-text { width: 1fr; height: auto; color: $text-muted; }
        & .-last { margin: 0 0 1 0; }
        & #help-hint { height: 1; margin: 1 0; color: $text-muted; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1", "leave", "Back", show=False),
        Binding("down", "scroll(1)", "Down", show=False, priority=True),
        Binding("up", "scroll(-1)", "Up", show=False, priority=True),
        Binding("pagedown", "page(1)", "Page down", show=False, priority=True),
        Binding("pageup", "page(-1)", "Page up", show=False, priority=True),
        Binding("ctrl+home", "edge(-1)", "Top", show=False, priority=True),
        Binding("ctrl+end", "edge(1)", "End", show=False, priority=True),
    ]

    def __init__(self, actions: Iterable[Action] = ACTIONS) -> None:
        super().__init__()
        self._pages = sections(actions)

    def compose(self) -> ComposeResult:
        """Title, search field, page, hint."""
        with Vertical(id="help-box"):
            yield Static("Keys and commands", id="help-title", markup=False)
            yield Input(placeholder="type to narrow", id="help-query", select_on_focus=False)
            page = VerticalScroll(id="help-page", can_focus=False)
            with page:
                yield Vertical(*self._rows(""), id="help-rows")
            yield Static("Up Down PgUp PgDn scroll   Esc back", id="help-hint", markup=False)

    def on_mount(self) -> None:
        """The search field has the keys."""
        self.query_one(Input).focus()

    def _rows(self, query: str) -> list[Static | Vertical]:
        made: list[Static | Vertical] = []
        for heading, rows in narrowed(self._pages, query):
            made.append(Static(Content(heading), classes="help-heading", markup=False))
            for place, (keys, _, text) in enumerate(rows):
                classes = "help-row -last" if place == len(rows) - 1 else "help-row"
                made.append(
                    Vertical(
                        Static(Content(keys), classes="help-keys", markup=False),
                        Static(Content(text), classes="help-text", markup=False),
                        classes=classes,
                    )
                )
        return made or [Static("Nothing matches", classes="help-text", markup=False)]

    @on(Input.Changed)
    async def _query_changed(self, event: Input.Changed) -> None:
        event.stop()
        box = self.query_one("#help-rows", Vertical)
        with self.app.batch_update():
            await box.remove_children()
            await box.mount_all(self._rows(event.value))
        self.action_edge(-1)

    @property
    def _page(self) -> VerticalScroll:
        return self.query_one("#help-page", VerticalScroll)

    def action_scroll(self, step: int) -> None:
        """Scroll by a line."""
        self._page.scroll_relative(y=step, animate=False)

    def action_page(self, step: int) -> None:
        """Scroll by a page."""
        self._page.scroll_relative(y=step * max(1, self._page.size.height - 1), animate=False)

    def action_edge(self, step: int) -> None:
        """Go to the beginning or the end."""
        if step < 0:
            self._page.scroll_home(animate=False)
        else:
            self._page.scroll_end(animate=False)

    def action_leave(self) -> None:
        """Close the page."""
        self.dismiss(None)

    def on_click(self, event: events.Click) -> None:
        """A click beside the box leaves."""
        if event.widget is self:
            self.action_leave()
