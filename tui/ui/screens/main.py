"""The main screen: top line, panes, state strip, prompt, hints."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from textual import on
from textual.app import ComposeResult
from textual.content import Content

from tui.config.paths import state_dir
from tui.core.events import NoticeLevel
from tui.ui.actions import Action, When, Where, bindings, by_id, by_slash, hints, key_text
from tui.ui.desk import Desk
from tui.ui.dock import Dock
from tui.ui.frame_clock import FrameClock
from tui.ui.ports import Engine, Estimator
from tui.ui.possible import possible
from tui.ui.ticker import Delayed, Ticker
from tui.ui.view import prompt_text
from tui.ui.view.format import Tone
from tui.ui.view.layout import Arrangement, Mode, arrange
from tui.ui.view.spend_text import estimate_text
from tui.ui.view.state import PaneView, SessionView
from tui.ui.widgets.ground import Ground, GroundScreen
from tui.ui.widgets.hint_bar import HintBar
from tui.ui.widgets.pane import Pane
from tui.ui.widgets.pane_bar import PaneBar
from tui.ui.widgets.pane_tabs import PaneTabs
from tui.ui.widgets.prompt import Prompt
from tui.ui.widgets.rail import Rail
from tui.ui.widgets.span_widget import Stage
from tui.ui.widgets.state_strip import StateStrip
from tui.ui.widgets.top_bar import TopBar

if TYPE_CHECKING:
    from tui.ui.screens.glance import GlanceScreen

_FIGURES_EVERY: Final = 0.2
"""Seconds between two repaints of figures while an answer streams."""
_TICK: Final = 0.5
"""Seconds between two looks at running clocks; nothing ticks while nothing runs."""
_ESTIMATE_AFTER: Final = 0.3
"""Seconds after a key until the estimate of the next send follows."""
_CHROME_ROWS: Final = 6
"""Rows besides the panes, for the choice of a layout before the first frame."""
_STRIP_FROM: Final = 32
"""Below this height the tab line, which says the same, takes the place of the state strip."""
_NOTICE_SECONDS: Final = 12.0
_NOTICE_TONES: Final = {
    NoticeLevel.INFO: Tone.PLAIN,
    NoticeLevel.WARNING: Tone.WARN,
    NoticeLevel.ERROR: Tone.BAD,
}


class MainScreen(GroundScreen):
    """Shows the stage's view; what a person asks for goes through the table of actions."""

    AUTO_FOCUS = ""

    def __init__(
        self,
        stage: Stage,
        engine: Engine,
        actions: Sequence[Action],
        frame_clock: FrameClock,
        *,
        project: str,
        branch: str,
        environ: Mapping[str, str],
    ) -> None:
        super().__init__(classes="-ascii" if stage.glyphs.ascii else None)
        self.stage = stage
        self.engine = engine
        self.actions = tuple(actions)
        self._by_id = by_id(actions)
        self.environ = environ
        self.mode = Mode.COLUMNS
        self.zoomed = False
        self.arrangement = Arrangement(visible=())
        self.last_press: dict[str, float] = {}
        self.over: GlanceScreen | None = None
        for key in ("tab", "shift+tab"):  # Textual's own would take the focus away from a draft
            self._bindings.key_to_bindings.pop(key, None)
        for binding in bindings(actions, Where.ANYWHERE):
            self._bindings.key_to_bindings[binding.key] = [binding]
        pane_bindings = bindings(actions, Where.PANE)
        self.panes = {name: Pane(stage, name, frame_clock, pane_bindings) for name in stage.view.panes}
        self.prompt = Prompt(state_dir(environ) / "history.jsonl")
        self.hint_bar = HintBar(stage)
        self._tabs = PaneTabs(stage)
        self._rail = Rail(stage)
        self._lines = (TopBar(stage, project=project, branch=branch), StateStrip(stage))
        self._work = Ground(*self.panes.values(), id="panes")
        self.ticker = Ticker(self, lambda: clocks_run(stage.view, stage.now()), self.touch)
        self._estimate = Delayed(self, lambda: show_estimate(engine, self.prompt), _ESTIMATE_AFTER)
        self.figures_every = _FIGURES_EVERY
        self._figures_at = 0.0
        self._queue: list[str] = []
        self.desk = Desk(self)
        self.dock = Dock(self)
        self.frame_clock = frame_clock

    def compose(self) -> ComposeResult:
        """From the first row to the last, laid out before anything is mounted: that spares a round of styling."""
        self._place()
        yield self._lines[0]
        yield self._tabs
        with Ground(id="work"):
            yield self._work
            yield self._rail
        yield self._lines[1]
        yield self.prompt
        yield self.hint_bar

    def on_mount(self) -> None:
        """Tell the prompt what can be addressed; the focus goes there."""
        view = self.stage.view
        offered = [action for action in self.actions if action.when is not When.DEMO or view.demo]
        self.prompt.set_panes(list(view.panes))
        self.prompt.set_commands([(name, action.help) for name, action in by_slash(offered).items()])
        self.prompt.set_ascii(self.stage.glyphs.ascii)
        self.prompt.focus()
        self.show_hints()

    def on_resize(self) -> None:
        """The layout depends on the size."""
        self.relayout()

    # ---- painting

    def paint(self) -> None:
        """Hand new text to the panes and bring the lines that changed up to date."""
        view, now = self.stage.view, self.stage.now()
        figures = now - self._figures_at >= self.figures_every
        changed = False
        for name, pane in view.panes.items():
            widget = self.panes.get(name)
            if widget is None:
                continue
            if pane.operations:
                operations, pane.operations = pane.operations, []
                widget.apply(operations)
            if pane.state_changed or (figures and pane.figures_changed):
                pane.state_changed = pane.figures_changed = False
                widget.touch()
                changed = True
        if view.work.changed:
            self.desk.follow()
            changed = True
        if changed or view.guard.changed:
            view.guard.changed = False
            self._figures_at = now
            self._touch_lines()
        self.dock.follow()
        self._show_notices()
        self.ticker.mind(max(_TICK, self.figures_every))

    def touch(self) -> None:
        """Look at everything again; cheap, as only rows that changed are painted."""
        for widget in self.panes.values():
            widget.touch()
        self._touch_lines()

    def _touch_lines(self) -> None:
        for line in (*self._lines, self._tabs, self._rail):
            line.touch()
        if self.over is not None:
            self.over.touch()
        queue = queue_lines(list(self.stage.view.panes.values()))
        if queue != self._queue:
            self._queue = queue
            self.prompt.set_queue(queue)

    def _show_notices(self) -> None:
        notices, self.stage.view.notices = self.stage.view.notices, []
        if notices:
            texts = [" ".join((f"{one.problem.title}:", one.problem.text, one.problem.hint)) for one in notices]
            loudest = max(notices, key=lambda notice: list(_NOTICE_TONES).index(notice.level))
            self.hint_bar.flash("  ".join(texts), _NOTICE_TONES[loudest.level], seconds=_NOTICE_SECONDS)

    def flash(self, text: str, tone: Tone = Tone.PLAIN) -> None:
        """Show one line of news for a few seconds."""
        self.hint_bar.flash(text, tone)

    # ---- layout

    def relayout(self) -> None:
        """Show the panes that fit, where they fit."""
        self._place()
        self.touch()
        self.show_hints()
        self.call_after_refresh(self.desk.resized)

    def _place(self) -> None:
        view, size = self.stage.view, self.app.size
        arrangement = self.arrangement = arrange(
            list(view.panes),
            selected=view.selected,
            width=size.width,
            height=size.height - _CHROME_ROWS - self.dock.rows,
            mode=self.mode,
            zoomed=self.zoomed,
            shown=self.arrangement.visible,
        )
        self._work.set_class(arrangement.stacked, "-stacked")
        for name, widget in self.panes.items():
            widget.display = name in arrangement.visible
            widget.set_class(name == view.selected, "-selected")
        self._tabs.in_view = arrangement.visible
        self._tabs.set_class(arrangement.tabs, "-shown")
        self._lines[1].display = not (arrangement.tabs and size.height < _STRIP_FROM)
        self._rail.set_class(arrangement.rail > 0, "-shown")
        if arrangement.rail:
            self._rail.styles.width = arrangement.rail
        one_pane = len(arrangement.visible) == 1 and not self.zoomed
        self.dock.place()
        self._rail.others = [name for name in view.panes if name not in arrangement.visible] if one_pane else ()

    def select(self, name: str, *, focus: bool = False) -> None:
        """Make a pane the selected one."""
        if name not in self.panes:
            return
        if name != self.stage.view.selected:
            self.stage.view.selected = name
            self.relayout()
        if focus or self.pane_focused:
            self.panes[name].stream.focus()

    @property
    def selected_pane(self) -> Pane | None:
        """The widget of the selected pane."""
        return self.panes.get(self.stage.view.selected)

    @property
    def pane_focused(self) -> bool:
        """Whether the focus is in a pane rather than in the prompt."""
        focused = self.focused
        return focused is not None and any(widget in focused.ancestors for widget in self.panes.values())

    def show_hints(self) -> None:
        """Show the keys that help where the focus is; panes that ask for something name them too."""
        places = (Where.ANYWHERE, Where.PANE) if self.pane_focused else (Where.ANYWHERE,)
        self.stage.keys = {one.does: key_text(one.keys[0]) for one in self.actions if one.keys and one.where in places}
        for widget in self.panes.values():
            widget.touch()
        view = self.stage.view
        off = {When.DEMO: not view.demo, When.ASKED: not view.work.waiting}
        offered = [action for action in self.actions if not off.get(action.when)]
        if self.dock.focused:
            self.hint_bar.show_hints(self.dock.hints())
        elif self.desk.focused:
            self.hint_bar.show_hints(self.desk.hints())
        elif self.pane_focused:
            own = hints(offered, (Where.PANE,))
            titles = {title for _, title in own}
            others = hints(offered, (Where.ANYWHERE,))
            self.hint_bar.show_hints([*own, *(hint for hint in others if hint[1] not in titles)])
        else:
            self.hint_bar.show_hints(hints(offered, (Where.PROMPT, Where.ANYWHERE)))

    def on_descendant_focus(self) -> None:
        """Other keys help elsewhere."""
        self.show_hints()
        self.desk.focus_moved()

    def on_screen_resume(self) -> None:
        """No other screen is above this one any more."""
        self.desk.resumed()

    # ---- actions

    def action_act(self, action_id: str, number: int = 0) -> None:
        """Run a row of the table of actions."""
        from tui.ui.handlers import HANDLERS  # with the first key that asks for something

        HANDLERS[self._by_id[action_id].does](self, number)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A key keeps its other meaning where its action cannot run."""
        if action != "act":
            return True
        row = self._by_id.get(str(parameters[0]))
        return row is not None and self.enabled(row)

    def enabled(self, action: Action) -> bool:
        """Whether an action can run now."""
        typing = not (self.pane_focused or self.prompt.is_empty)
        return possible(action.when, self.stage.view, typing=typing)

    @on(Prompt.Submitted)
    def _submitted(self, event: Prompt.Submitted) -> None:
        from tui.ui.handlers import submit

        if event.panes or not self.desk.takes_slip(event.text):
            submit(self, event.text, event.panes)

    @on(Prompt.CommandEntered)
    def _command(self, event: Prompt.CommandEntered) -> None:
        from tui.ui.handlers import slash

        slash(self, event.name, event.argument)

    @on(PaneTabs.Picked)
    @on(Pane.Picked)
    def _picked(self, event: PaneTabs.Picked | Pane.Picked) -> None:
        self.select(event.pane)

    @on(Pane.HeadDoubleClicked)
    @on(PaneBar.Pressed)
    def _pressed(self, event: Pane.HeadDoubleClicked | PaneBar.Pressed) -> None:
        self.select(event.pane)
        self.action_act(event.action)

    @on(Prompt.DraftChanged)
    def _draft_changed(self) -> None:
        self._estimate.request()
        self.desk.drafted()


def clocks_run(view: SessionView, now: float) -> bool:
    """Whether something on screen counts seconds: a turn runs, a retry is due, a circuit waits."""
    return view.guard.waits(now) or any(
        pane.running or (pane.turn is not None and pane.turn.retry_at is not None and pane.turn.retry_at > now)
        for pane in view.panes.values()
    )


def show_estimate(engine: Engine, prompt: Prompt) -> None:
    """Say at the prompt what the draft would cost if it were sent now; nothing without a draft or a price."""
    draft = prompt_text.draft_of(prompt.text, [pane.name for pane in engine.panes])
    estimate = engine.estimate(*draft) if draft is not None and isinstance(engine, Estimator) else None
    prompt.set_status(Content(estimate_text(estimate)))


def queue_lines(panes: Sequence[PaneView]) -> list[str]:
    """The waiting prompts, each once, with the names of the panes it waits for unless it waits for all."""
    waiting: dict[str, list[str]] = {}
    for pane in panes:
        for text in pane.queued.values():
            waiting.setdefault(text, []).append(pane.name)
    return [
        text if len(set(names)) == len(panes) else f"@{' @'.join(dict.fromkeys(names))} {text}"
        for text, names in waiting.items()
    ]
