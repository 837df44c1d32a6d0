"""The application: it puts the engine, the pump and the main screen together. No SDK is imported here."""

import asyncio
import gc
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from rich.color import ColorSystem
from textual import events
from textual.app import App
from textual.binding import BindingType
from textual.screen import Screen

from tui.config.model import Config, Switch, UiConfig
from tui.core.events import Notice, NoticeLevel, SessionStarted
from tui.ui import theming
from tui.ui.actions import by_id, key_text, resolve
from tui.ui.frame_clock import FrameClock
from tui.ui.glyphs import choose_glyphs, needs_probe
from tui.ui.key_order import KeyOrder
from tui.ui.ports import Engine, TerminalSource
from tui.ui.project import git_branch, project_name
from tui.ui.pump import Pump
from tui.ui.screens.main import MainScreen
from tui.ui.tidying import Tidying
from tui.ui.view.reduce import reduce
from tui.ui.view.work_state import is_typing
from tui.ui.whole_frames import in_whole_frames
from tui.ui.widgets.span_widget import Stage

if TYPE_CHECKING:
    from textual.actions import ActionParseResult
    from textual.command import Provider
    from textual.dom import DOMNode
    from textual.driver import Driver

    from tui.ui.widgets.terminal_view import TerminalView

_QUIET_BEFORE_WARM_UP: Final = 0.3
"""Seconds without a key before an SDK is imported; an import must not get in the way of typing."""
_LONGEST_END: Final = 15
"""Seconds after which the program ends at once, when it was told to end and could not."""
_TOLD_TO_END: Final = 143
_LOW_BANDWIDTH_FRAMES: Final = 10
_LOW_BANDWIDTH_STEP: Final = 12
_SCROLL_STEP: Final = 2
"""Rows a following pane moves at once: two look as smooth as one, and cost two thirds of the bytes."""
_LOW_BANDWIDTH_THEME: Final = "llmmixer-ansi"
_LOW_BANDWIDTH_FIGURES: Final = 1.0
"""Seconds between two repaints of figures that run while an answer streams."""


def _palette() -> "type[Provider]":
    from tui.ui.palette import ActionsProvider

    return ActionsProvider


class LLMMixerApp(App[None]):
    """One prompt, several models, side by side."""

    CSS_PATH = "app.tcss"
    TITLE = "LLMMixer"
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    BINDINGS: ClassVar[list[BindingType]] = []
    COMMANDS: ClassVar = {_palette}

    def __init__(self, engine: Engine, config: Config, *, environ: Mapping[str, str], cwd: Path) -> None:
        self.engine = engine
        self._config = config
        self._environ = environ
        self._cwd = cwd
        self._low_bandwidth = low_bandwidth(config.ui.low_bandwidth, environ)
        super().__init__()
        if self._low_bandwidth and self.console.color_system == "truecolor":
            # Most bytes are colours, and one of 256 takes half as many; rich has no public way to say so afterwards.
            self.console._color_system = ColorSystem.EIGHT_BIT  # noqa: SLF001
        self.actions, self._key_problems = resolve(config.keys)
        frames = config.ui.frames_per_second
        self.frame_clock = FrameClock(min(frames, _LOW_BANDWIDTH_FRAMES) if self._low_bandwidth else frames)
        self.stage = Stage(glyphs=choose_glyphs(config.ui.glyphs, environ, _probed_width(config, environ)))
        self._pump: Pump | None = None
        self._last_key = 0.0
        self._main: MainScreen | None = None
        self.terminal_modes: list[Any] | None = None
        """What the terminal goes back to when it is not this application's; None: what it had at the start."""
        self.key_order = KeyOrder(self, self._deliver, self._heir)
        self._tidying: Tidying | None = None
        self._forget_terminal: Callable[[], None] | None = None
        theming.register(self, self._first_theme(), environ)
        self.stylesheet.set_variables(self.get_css_variables())

    def _first_theme(self) -> str:
        """The theme of the configuration; where bytes are spared and none was chosen, the one with short colours."""
        wanted = self._config.ui.theme
        return _LOW_BANDWIDTH_THEME if self._low_bandwidth and wanted == UiConfig().theme else wanted

    def get_default_screen(self) -> Screen[None]:
        """Return the main screen; there is no other below it."""
        view = self.stage.view
        start = SessionStarted(session=self.engine.session, panes=self.engine.panes, demo=self.engine.demo)
        reduce(view, start, self.stage.now())
        retry = by_id(self.actions)["retry"].keys
        view.retry_key = key_text(retry[0]) if retry else "/retry"
        self._main = MainScreen(
            self.stage,
            self.engine,
            self.actions,
            self.frame_clock,
            project=project_name(self._cwd),
            branch=git_branch(self._cwd),
            environ=self._environ,
        )
        return self._main

    def get_driver_class(self) -> "type[Driver]":
        """Return the platform's driver, writing whole frames."""
        return in_whole_frames(super().get_driver_class())

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return every variable our style sheets use, so that any theme works with them."""
        return theming.variable_defaults(dark=self.current_theme.dark)

    def refresh_css(self, animate: bool = True) -> None:
        """Read the style sheets with the theme's colours; before there is a screen, none was read with others."""
        if self._main is not None:
            super().refresh_css(animate=animate)

    def on_mount(self) -> None:
        """Let the events in."""
        asyncio.get_running_loop().set_exception_handler(self._loop_failed)
        screen = self._main
        if screen is None:
            return
        if self._low_bandwidth:
            screen.figures_every = _LOW_BANDWIDTH_FIGURES
        for pane in screen.panes.values():
            pane.stream.set_thinking(self._config.ui.thinking.value)
            pane.stream.set_scroll_step(_LOW_BANDWIDTH_STEP if self._low_bandwidth else _SCROLL_STEP)
        view = self.stage.view
        view.notices += [Notice(level=NoticeLevel.WARNING, problem=problem) for problem in self._key_problems]
        self._pump = Pump(self.engine.bus, view, screen, self.frame_clock, self.stage.now)
        self.key_order.follow(screen)  # until the prompt has the focus

    def on_ready(self) -> None:
        """The first frame is out: begin the session, and import the SDKs while nobody types."""
        if not gc.isenabled():  # as the command line leaves it for a quick start
            gc.freeze()
            gc.enable()
        self.key_order.open()
        if self.terminal_modes is not None and hasattr(self._driver, "attrs_before"):
            setattr(self._driver, "attrs_before", self.terminal_modes)  # noqa: B010 - only drivers for POSIX have it
        self._tidying = Tidying()
        self.frame_clock.on_rest = self._tidying.painted
        self.run_worker(self._begin(), name="begin", group="engine")

    async def _begin(self) -> None:
        if not self.is_headless:
            self._end_when_told()
        await self.engine.start()
        for pane in self.engine.panes:
            await self._pause_in_typing()
            await self.engine.prepare(pane.name)
        if isinstance(self.engine, TerminalSource):
            await self._pause_in_typing()
            await asyncio.to_thread(_load_terminals)

    def _end_when_told(self) -> None:
        """A closed window or a plea to end is an end like any other: programs are stopped, folders tidied."""
        import signal

        from tui.ui.hang_up import when_hung_up

        def end() -> None:
            signal.alarm(_LONGEST_END)  # where the terminal is gone, writing to it may wait for ever
            self.exit(return_code=_TOLD_TO_END)

        for each in (signal.SIGHUP, signal.SIGTERM):
            if signal.getsignal(each) is signal.SIG_DFL:
                asyncio.get_running_loop().add_signal_handler(each, end)
        self._forget_terminal = when_hung_up(sys.stdin.fileno(), end)

    async def _pause_in_typing(self) -> None:
        while True:
            missing = self._last_key + _QUIET_BEFORE_WARM_UP - self.stage.now()
            if missing <= 0:
                return
            await asyncio.sleep(missing)

    async def on_event(self, event: events.Event) -> None:
        """What a person does goes its way in order; all else as always."""
        if isinstance(event, events.InputEvent | events.Paste) and not event.is_forwarded:
            self._note_typing(event)
            await self.key_order.take(event)
        else:
            await super().on_event(event)

    async def _deliver(self, event: events.Event) -> None:
        """Give a key to whoever it is for; some widgets get theirs before any binding."""
        self._note_typing(event)
        heir = self._heir()
        if isinstance(event, events.Key):
            focused = heir or self.focused
            takes = getattr(focused, "takes_key", None)
            if focused is not None and takes is not None and takes(event.key):
                focused._forward_event(event)  # noqa: SLF001 - as Textual does, but before any binding
                return
        elif isinstance(event, events.Paste) and heir is not None:
            heir._forward_event(event)  # noqa: SLF001 - as above
            return
        await super().on_event(event)

    async def run_action(
        self,
        action: "str | ActionParseResult",
        default_namespace: "DOMNode | None" = None,
        namespaces: "Mapping[str, DOMNode] | None" = None,
    ) -> bool:
        """Do what a key is bound to, and let those behind it wait for what comes of it."""
        done = await super().run_action(action, default_namespace, namespaces)
        if done:
            self.key_order.acted()
        return done

    def _note_typing(self, event: events.Event) -> None:
        """Remember when somebody typed: when it came in, and again when it is given to somebody."""
        now = self.stage.now()
        if isinstance(event, events.Key):
            self._last_key = now
            focused = self._heir() or self.focused
            if is_typing(event.key, event.is_printable) and not getattr(focused, "takes_answers", False):
                self.stage.typed_at = now
        elif isinstance(event, events.Paste):
            self.stage.typed_at = now

    def _heir(self) -> "TerminalView | None":
        """The widget that was given the keys but is not there yet: what is typed meanwhile is for it."""
        heir = self._main.dock.heir if self._main is not None else None
        return heir if heir is not None and self.screen is self._main else None

    def _loop_failed(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """A defect in a callback, such as a frame, must end the application with its traceback, not freeze it."""
        error = context.get("exception")
        if isinstance(error, Exception) and "handle" in context:
            self.call_next(_raise, error)
        else:
            loop.default_exception_handler(context)

    def _fatal_error(self) -> None:
        """Report a defect. Textual's own report shows local variables, and some of them hold keys."""
        from rich.text import Text

        from tui.core.crash import crash_report

        error = sys.exc_info()[1] or self._exception
        self.bell()
        self.panic(Text("" if error is None else crash_report(error)))

    async def on_unmount(self) -> None:
        """End the session, whatever made the application end."""
        asyncio.get_running_loop().set_exception_handler(None)
        if self._main is not None:
            self._main.desk.close()
        if self._pump is not None:
            self._pump.close()
        if self._tidying is not None:
            self._tidying.close()
        if self._forget_terminal is not None:
            self._forget_terminal()
        await self.engine.close()


def _load_terminals() -> None:
    """Import what the first terminal needs: it takes longer than everything else between its key and its prompt."""
    import tui.ui.widgets.terminal_dock  # noqa: F401 - so that it is there
    from tui.engine.terminals import load

    load()


def _raise(error: Exception) -> None:
    raise error


def _probed_width(config: Config, environ: Mapping[str, str]) -> int | None:
    if not needs_probe(config.ui.glyphs, environ):
        return None
    from tui.ui.width_probe import probe_ambiguous_width

    return probe_ambiguous_width()


def low_bandwidth(setting: Switch, environ: Mapping[str, str]) -> bool:
    """Whether to spare bytes: as configured, else over SSH."""
    if setting is Switch.AUTO:
        return bool(environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"))
    return setting is Switch.ON
