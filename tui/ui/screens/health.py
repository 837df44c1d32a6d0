"""The health screen: circuits of all models with keys to steer them, and what happened lately."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from textual import on

from tui.core.commands import CircuitAction, ControlCircuit
from tui.core.guard_events import CircuitState
from tui.ui.actions import Action, Where
from tui.ui.ports import Engine
from tui.ui.screens.glance import GlanceScreen, Page
from tui.ui.view.format import Line, Tone
from tui.ui.view.health import HealthRow, health_lines, health_rows, row_at
from tui.ui.widgets.span_widget import Stage


class HealthScreen(GlanceScreen):
    """Shows the circuits; keys probe, reset, disable or enable the selected one."""

    WHERE: ClassVar[Where] = Where.HEALTH

    def __init__(self, stage: Stage, engine: Engine, actions: Sequence[Action]) -> None:
        super().__init__(stage, actions)
        self._engine = engine
        names = [row.panes for row in health_rows(stage.view)]
        self.selected = next((place for place, panes in enumerate(names) if stage.view.selected in panes), 0)
        self.older = 0

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """Return the page's lines."""
        stage = self.stage
        now, wall = stage.now(), datetime.now().astimezone()

        def clock(at: float) -> str:
            return (wall - timedelta(seconds=now - at)).strftime("%H:%M:%S")

        return health_lines(
            stage.view, width, height, stage.glyphs, now, selected=self.selected, older=self.older, clock=clock
        )

    def does(self) -> Mapping[str, Callable[[], None]]:
        """What each action of this place does."""
        return {
            "health_down": lambda: self.select(self.selected + 1),
            "health_up": lambda: self.select(self.selected - 1),
            "health_older": lambda: self.step(5),
            "health_newer": lambda: self.step(-5),
            "circuit_probe": lambda: self._control(CircuitAction.PROBE, "The next call to {} goes through"),
            "circuit_reset": lambda: self._control(CircuitAction.RESET, "{} starts afresh"),
            "circuit_toggle": self._toggle,
            "health_leave": self.action_leave,
        }

    def select(self, number: int) -> None:
        """Mark a row, going round."""
        rows = health_rows(self.stage.view)
        if rows:
            self.selected = number % len(rows)
            self.touch()

    def step(self, step: int) -> None:
        """Show older (positive) or newer events."""
        last = max(len(self.stage.view.guard.happenings) - 1, 0)
        self.older = min(max(self.older + step, 0), last)
        self.touch()

    @property
    def row(self) -> HealthRow | None:
        """The marked row."""
        rows = health_rows(self.stage.view)
        return rows[self.selected] if self.selected < len(rows) else None

    def _toggle(self) -> None:
        row = self.row
        if row is not None and row.circuit.state is CircuitState.DISABLED:
            self._control(CircuitAction.ENABLE, "{} may be asked again")
        else:
            self._control(CircuitAction.DISABLE, "Nothing is sent to {} until it is enabled")

    def _control(self, action: CircuitAction, said: str) -> None:
        row = self.row
        if row is None:
            return
        if not row.panes:
            self.flash(f"{row.circuit.model} has no pane of its own", Tone.WARN)
            return
        self._engine.handle(ControlCircuit(pane=row.panes[0], action=action))
        self.flash(said.format(row.circuit.model))

    @on(Page.Clicked)
    def _clicked(self, event: Page.Clicked) -> None:
        event.stop()
        number = row_at(event.y, len(health_rows(self.stage.view)))
        if number is not None:
            self.select(number)
