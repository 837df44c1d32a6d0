"""The dock of terminals: a title line with tabs, a banner when a program needs the person, the terminal, the search."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from textual import events, on
from textual.app import ComposeResult
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui.ui.frame_clock import FrameClock
from tui.ui.view.format import Line, Tone, cells, clip, ellipsis
from tui.ui.view.terminal_lines import Keyed, Spot, banner, title_line
from tui.ui.widgets.ground import same_rows
from tui.ui.widgets.span_widget import SpanWidget, Stage
from tui.ui.widgets.terminal_mouse import Host
from tui.ui.widgets.terminal_view import TerminalView


class DockHost(Host, Protocol):
    """What the dock asks of its owner."""

    def show_tab(self, terminal: str) -> None:
        """A tab was clicked."""


class _Spots(SpanWidget):
    """A line some cells of which can be clicked."""

    def __init__(self, stage: Stage, dock: "TerminalDock") -> None:
        super().__init__(stage)
        self._dock = dock
        self._spots: tuple[Spot, ...] = ()

    def on_click(self, event: events.Click) -> None:
        """Do what is written there."""
        event.stop()
        for start, end, action in self._spots:
            if start <= event.x < end:
                self._dock.pressed(action)
                return


class TerminalTitle(_Spots):
    """Tabs, badges, and the key that gets in or out."""

    DEFAULT_CSS = """
    TerminalTitle { height: 1; background: $panel; color: $foreground; }
    """

    def lines(self, width: int, height: int) -> Sequence[Line]:
        """Return the one line."""
        dock = self._dock
        line, self._spots = title_line(
            self.stage.view.terminals, width, self.stage.glyphs, dock.keyed(), above=dock.view.back
        )
        return (line,)


class TerminalBanner(_Spots):
    """Hidden while no program needs the person."""

    DEFAULT_CSS = """
    TerminalBanner { height: 1; background: $surface; color: $foreground; display: none; }
    TerminalBanner.-shown { display: block; }
    """

    def look(self) -> None:
        """Appear, change or go."""
        self.set_class(bool(self._made(80)[0]), "-shown")
        self.touch()

    def lines(self, width: int, height: int) -> Sequence[Line]:
        """Return the one line."""
        line, self._spots = self._made(width)
        return (line,)

    def _made(self, width: int) -> tuple[Line, tuple[Spot, ...]]:
        terminal = self.stage.view.terminals.current
        if terminal is None:
            return (), ()
        return banner(terminal, width, self.stage.glyphs, self.stage.now(), self._dock.keyed())


class TerminalSearch(SpanWidget):
    """The search line, while somebody searches."""

    DEFAULT_CSS = """
    TerminalSearch { height: 1; background: $surface; color: $foreground; display: none; }
    TerminalSearch.-shown { display: block; }
    """

    def __init__(self, stage: Stage, dock: "TerminalDock") -> None:
        super().__init__(stage)
        self._dock = dock

    def look(self) -> None:
        """Appear, change or go."""
        self.set_class(self._dock.view.search.active, "-shown")
        self.touch()

    def lines(self, width: int, height: int) -> Sequence[Line]:
        """Return the one line."""
        search = self._dock.view.search
        note = f" {search.line} "
        query = search.query
        room = max(width - cells(note) - 6, 8)
        while cells(query) > room:
            query = query[1:]
        missing = bool(search.query) and not self._dock.view.found
        return (
            (
                (" find ", Tone.MARK),
                (f" {query}", Tone.BAD if missing else Tone.STRONG),
                ("_", Tone.ACCENT),
                (clip(note, max(width - cells(query) - 8, 1), ellipsis(self.stage.glyphs)), Tone.MUTED),
            ),
        )


class TerminalDock(Widget, can_focus=False):
    """Terminals as tabs, one of them in sight."""

    DEFAULT_CSS = """
    TerminalDock { layout: vertical; width: 1fr; height: 10; }
    TerminalDock.-zoomed { height: 1fr; }
    """

    def __init__(
        self,
        stage: Stage,
        frame_clock: FrameClock,
        host: DockHost,
        *,
        release: Sequence[str],
        release_text: str,
        commands: Mapping[str, tuple[str, int]],
    ) -> None:
        super().__init__()
        self._stage = stage
        self._host = host
        self._release_text = release_text
        self.view = TerminalView(
            frame_clock, host, release=frozenset(release), commands=commands, ascii_glyphs=stage.glyphs.ascii
        )
        self.title_line = TerminalTitle(stage, self)
        self.banner = TerminalBanner(stage, self)
        self._search = TerminalSearch(stage, self)

    def compose(self) -> ComposeResult:
        """From the title down."""
        yield self.title_line
        yield self.banner
        yield self.view
        yield self._search

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return rows of background, which its lines and the terminal cover."""
        return same_rows(self, crop, super().render_lines)

    def keyed(self) -> Keyed:
        """Where the person's keys go."""
        inside = self.view.has_focus
        return Keyed(
            typing=inside and self.view.typing, commands=inside and not self.view.typing, release=self._release_text
        )

    def look(self) -> None:
        """Bring title, banner and search line up to date."""
        self.title_line.touch()
        self.banner.look()
        self._search.look()

    def pressed(self, action: str) -> None:
        """Something written in a line was clicked."""
        if action.startswith("tab:"):
            self._host.show_tab(action.removeprefix("tab:"))
        else:
            self._host.act(action)

    @on(TerminalView.Searching)
    def _searching(self, event: TerminalView.Searching) -> None:
        event.stop()
        self._search.look()
