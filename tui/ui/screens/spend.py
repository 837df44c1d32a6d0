"""The spend screen: what was spent, on what, against which budgets; and files with every entry."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Literal

from textual import on

from tui.core.errors import LLMMixerError
from tui.core.guard_events import SpendChanged
from tui.core.spend_report import SpendReport
from tui.core.untrusted import clean_line
from tui.ui.actions import Action, Where
from tui.ui.ports import SpendSource
from tui.ui.screens.glance import GlanceScreen, Page
from tui.ui.view.format import Line, Tone
from tui.ui.view.spend_page import TABS_ROW, SpendTab, spend_lines, tab_at, table_rows
from tui.ui.widgets.span_widget import Stage


class SpendScreen(GlanceScreen):
    """Shows a report of the ledger, read anew whenever money was spent while it is open."""

    WHERE: ClassVar[Where] = Where.SPEND

    def __init__(
        self, stage: Stage, source: SpendSource, actions: Sequence[Action], *, folder: Path | None = None
    ) -> None:
        super().__init__(stage, actions)
        self._source = source
        self._folder = folder or Path.cwd()
        self.report: SpendReport | None = None
        self.tab = SpendTab.DAYS
        self.below = 0
        self._problem = ""
        self._seen: SpendChanged | None = None

    def on_mount(self) -> None:
        """Read the ledger."""
        super().on_mount()
        self._reload()

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """Return the page's lines."""
        if self.report is None:
            return (((f" {self._problem or 'Reading the ledger'}", Tone.WARN if self._problem else Tone.MUTED),),)
        stage = self.stage
        return spend_lines(self.report, self.tab, width, height, stage.glyphs, below=self.below, demo=stage.view.demo)

    def touch(self) -> None:
        """Look again; money that was spent since is read from the ledger."""
        if self._seen is not self.stage.view.guard.money.latest:
            self._reload()
        super().touch()

    def does(self) -> Mapping[str, Callable[[], None]]:
        """What each action of this place does."""
        return {
            "spend_next": lambda: self.show(self.tab.neighbour(1)),
            "spend_previous": lambda: self.show(self.tab.neighbour(-1)),
            "spend_down": lambda: self.step(1),
            "spend_up": lambda: self.step(-1),
            "export_csv": lambda: self._export("csv"),
            "export_json": lambda: self._export("json"),
            "spend_reload": self._reload,
            "spend_leave": self.action_leave,
        }

    def show(self, tab: SpendTab) -> None:
        """Change the page."""
        self.tab, self.below = tab, 0
        self.page.touch()

    def step(self, step: int) -> None:
        """Show rows further down (positive) or up."""
        rows = len(table_rows(self.report, self.tab)) if self.report and self.tab is not SpendTab.DAYS else 1
        self.below = min(max(self.below + step, 0), rows - 1)
        self.page.touch()

    def _reload(self) -> None:
        self._seen = self.stage.view.guard.money.latest
        self.run_worker(self._read(), group="spend-report", exclusive=True)

    async def _read(self) -> None:
        try:
            self.report = await self._source.spend_report()
        except LLMMixerError as error:
            self._problem = f"{error.problem.title}: {error.problem.text} {error.problem.hint}".strip()
            if self.report is not None:
                self.flash(self._problem, Tone.WARN)
        self.page.touch()

    def _export(self, form: Literal["csv", "json"]) -> None:
        self.run_worker(self._write(form), group="spend-export")

    async def _write(self, form: Literal["csv", "json"]) -> None:
        path = self._folder / f"llmmixer-spend-{datetime.now().astimezone():%Y-%m-%d-%H%M%S}.{form}"
        try:
            await self._source.export(form, path)
        except (LLMMixerError, OSError) as error:
            self.flash(f"Not written: {clean_line(str(error))}", Tone.BAD)
            return
        self.flash(f"Every entry is in {path}")

    @on(Page.Clicked)
    def _clicked(self, event: Page.Clicked) -> None:
        event.stop()
        tab = tab_at(event.x) if event.y == TABS_ROW else None
        if tab is not None:
            self.show(tab)
