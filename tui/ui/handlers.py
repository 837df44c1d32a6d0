"""What each action does: one function for each handler the table of actions names."""

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from tui.core.commands import ClearConversation, DropQueued, Retry, Stop, Submit
from tui.core.errors import UsageError
from tui.ui.actions import by_slash
from tui.ui.handlers_guard import GUARD_HANDLERS, GUARD_WITH_ARGUMENT, decline
from tui.ui.handlers_terminal import TERMINAL_HANDLERS, TERMINAL_WITH_ARGUMENT
from tui.ui.handlers_work import WORK_HANDLERS, WORK_WITH_ARGUMENT
from tui.ui.view.format import Tone
from tui.ui.widgets.pane import Pane

if TYPE_CHECKING:
    from tui.ui.screens.main import MainScreen

TWICE_WITHIN: Final = 0.5
"""Seconds within which a second Esc stops all panes."""
QUIT_WITHIN: Final = 2.0
"""Seconds within which a second Ctrl+C quits."""


def submit(screen: "MainScreen", text: str, panes: tuple[str, ...] | None) -> None:
    """Send a prompt; a pane that is addressed and hidden comes into view."""
    screen.engine.handle(Submit(text=text, panes=panes))
    for name in panes or ():
        if name in screen.panes and screen.stage.view.selected not in (panes or ()):
            screen.select(name)
    for name in panes or screen.panes:
        if name in screen.panes:
            screen.panes[name].stream.scroll_to_end()


def slash(screen: "MainScreen", name: str, argument: str) -> None:
    """Run a slash command; an argument that names a pane selects it first."""
    action = by_slash(screen.actions).get(name)
    if action is None:
        screen.flash(f"No command /{name}", Tone.WARN)
        return
    if not screen.enabled(action):
        screen.flash(f"/{name} works when {action.when.value}", Tone.WARN)
        return
    wanted = argument.strip().removeprefix("@")
    if wanted in screen.panes:
        screen.select(wanted)
    if argument.strip() and action.does in WITH_ARGUMENT:
        WITH_ARGUMENT[action.does](screen, argument)
        return
    screen.action_act(action.id)


def pressed_twice(screen: "MainScreen", what: str, within: float) -> bool:
    """Whether `what` was asked for a moment ago already."""
    now = screen.stage.now()
    before = screen.last_press.get(what)
    screen.last_press[what] = now
    return before is not None and now - before <= within


def _stop(screen: "MainScreen", _: int) -> None:
    view = screen.stage.view
    if pressed_twice(screen, "stop", TWICE_WITHIN) and view.busy:
        _stop_all(screen, 0)
    elif screen.desk.leave() or decline(screen):
        return
    elif view.current is not None and view.current.busy:
        screen.engine.handle(Stop(pane=view.selected))
        others = sum(pane.busy for pane in view.panes.values()) - 1
        more = f"; Esc again stops {others} more" if others else ""
        screen.flash(f"Stopping {view.selected}{more}")
    elif view.busy:
        busy = ", ".join(pane.name for pane in view.panes.values() if pane.busy)
        screen.flash(f"{view.selected} is not running; Esc Esc stops {busy}")
    else:
        screen.hint_bar.dismiss()
        if screen.pane_focused:
            screen.prompt.focus()


def _stop_all(screen: "MainScreen", _: int) -> None:
    screen.engine.handle(Stop(pane=None))
    screen.flash("Stopping all")


def _retry(screen: "MainScreen", _: int) -> None:
    screen.engine.handle(Retry(pane=screen.stage.view.selected))
    _with_stream(screen, lambda pane: pane.stream.scroll_to_end())


def _unqueue(screen: "MainScreen", _: int) -> None:
    pane = screen.stage.view.current
    if pane is None or not pane.queued:
        return
    text = list(pane.queued.values())[-1]
    screen.engine.handle(DropQueued(pane=pane.name))
    if screen.prompt.is_empty and not any(
        text in other.queued.values() for other in screen.stage.view.panes.values() if other is not pane
    ):
        screen.prompt.insert_text(text)
        screen.prompt.focus()


def _clear(screen: "MainScreen", _: int) -> None:
    screen.engine.handle(ClearConversation(pane=None))
    screen.flash("Every conversation starts afresh")


def _clear_pane(screen: "MainScreen", _: int) -> None:
    screen.engine.handle(ClearConversation(pane=screen.stage.view.selected))


def _step_pane(step: int) -> Callable[["MainScreen", int], None]:
    return lambda screen, _: screen.select(screen.stage.view.neighbour(step))


def _select(screen: "MainScreen", number: int) -> None:
    names = list(screen.panes)
    if 1 <= number <= len(names):
        screen.select(names[number - 1])


def _focus_pane(screen: "MainScreen", _: int) -> None:
    if screen.pane_focused:
        screen.prompt.focus()
    else:
        screen.select(screen.stage.view.selected, focus=True)


def _focus_prompt(screen: "MainScreen", _: int) -> None:
    screen.prompt.focus()


def _layout(screen: "MainScreen", _: int) -> None:
    screen.zoomed = False
    screen.mode = screen.mode.after()
    screen.relayout()
    screen.flash(f"Layout: {screen.mode.value}")


def _zoom(screen: "MainScreen", _: int) -> None:
    screen.zoomed = not screen.zoomed
    screen.relayout()


def _with_stream(screen: "MainScreen", act: Callable[[Pane], None]) -> None:
    pane = screen.selected_pane
    if pane is not None:
        act(pane)
        pane.show_below()


def _on_stream(act: Callable[[Pane], None]) -> Callable[["MainScreen", int], None]:
    return lambda screen, _: _with_stream(screen, act)


def copy_text(screen: "MainScreen", text: str, what: str) -> None:
    """Put a text on the clipboard, secrets masked, and say so."""
    if not text.strip():
        screen.flash(f"No {what} to copy in {screen.stage.view.selected}", Tone.WARN)
        return
    from tui.core.secrets import mask  # its rules are many, and nothing is copied before the first frame

    masked = mask(text)
    screen.app.copy_to_clipboard(masked)
    note = ", secrets masked" if masked != text else ""
    screen.flash(f"Sent the {what} to the terminal's clipboard ({len(masked)} characters{note})")


def _copy_answer(screen: "MainScreen", _: int) -> None:
    _with_stream(screen, lambda pane: copy_text(screen, pane.stream.answer_text(), "answer"))


def _copy_code(screen: "MainScreen", _: int) -> None:
    def copy(pane: Pane) -> None:
        blocks = pane.stream.code_blocks()
        copy_text(screen, blocks[-1][1] if blocks else "", "code block")

    _with_stream(screen, copy)


def _help(screen: "MainScreen", _: int) -> None:
    from tui.ui.screens.help import HelpScreen

    screen.app.push_screen(HelpScreen(screen.actions))


def _palette(screen: "MainScreen", _: int) -> None:
    screen.app.action_command_palette()


def _theme(screen: "MainScreen", _: int) -> None:
    from tui.ui import theming
    from tui.ui.screens.theme_picker import ThemePicker

    for problem in theming.register_all(screen.app, screen.environ):
        screen.flash(f"{problem.title}: {problem.text}", Tone.WARN)

    def chosen(name: str | None) -> None:
        if name is not None:
            screen.run_worker(_keep_theme(screen, name), name="keep theme", group="settings")

    screen.app.push_screen(ThemePicker(), chosen)


async def _keep_theme(screen: "MainScreen", name: str) -> None:
    """Write the chosen theme into the user's configuration, so that it is there the next time."""
    from tui.config.paths import shown, user_config_file
    from tui.config.save import set_value

    path = user_config_file(screen.environ)
    try:
        await asyncio.to_thread(set_value, path, "ui.theme", name)
    except UsageError as error:
        screen.flash(f"{error.problem.title}: {error.problem.text}", Tone.WARN)
    else:
        screen.flash(f"Theme {name}, kept in {shown(path, screen.environ)}")


def _scenes(screen: "MainScreen", _: int) -> None:
    from tui.demo.scenes import SCENES
    from tui.ui.screens.scenes import SceneItem, ScenesScreen

    def chosen(prompt: str | None) -> None:
        if prompt:
            submit(screen, prompt, None)

    items = [SceneItem(id=one.id, title=one.title, prompt=one.prompt, explains=one.explains) for one in SCENES]
    screen.app.push_screen(ScenesScreen(items), chosen)


def _interrupt(screen: "MainScreen", _: int) -> None:
    selected = screen.get_selected_text() or screen.prompt.editor.take_selection()
    if selected:
        copy_text(screen, selected, "selection")
        screen.clear_selection()
    elif screen.stage.view.busy:
        current = screen.stage.view.current
        screen.engine.handle(Stop(pane=current.name if current is not None and current.busy else None))
    elif not screen.prompt.is_empty:
        screen.prompt.clear()
    elif pressed_twice(screen, "quit", QUIT_WITHIN):
        screen.app.exit()
    else:
        screen.flash("Press Ctrl+C again to quit")


def _quit(screen: "MainScreen", _: int) -> None:
    screen.app.exit()


HANDLERS: Final[Mapping[str, Callable[["MainScreen", int], None]]] = {
    "stop": _stop,
    "stop_all": _stop_all,
    "retry": _retry,
    "unqueue": _unqueue,
    "clear": _clear,
    "clear_pane": _clear_pane,
    "next_pane": _step_pane(1),
    "previous_pane": _step_pane(-1),
    "select": _select,
    "focus_pane": _focus_pane,
    "focus_prompt": _focus_prompt,
    "layout": _layout,
    "zoom": _zoom,
    "thinking": _on_stream(lambda pane: pane.stream.toggle_thinking()),
    "tools": _on_stream(lambda pane: pane.stream.toggle_tools()),
    "copy_answer": _copy_answer,
    "copy_code": _copy_code,
    "page_up": _on_stream(lambda pane: pane.stream.scroll_pages(-1)),
    "page_down": _on_stream(lambda pane: pane.stream.scroll_pages(1)),
    "line_up": _on_stream(lambda pane: pane.stream.scroll_lines(-1)),
    "line_down": _on_stream(lambda pane: pane.stream.scroll_lines(1)),
    "top": _on_stream(lambda pane: pane.stream.scroll_to_top()),
    "end": _on_stream(lambda pane: pane.stream.scroll_to_end()),
    "help": _help,
    "palette": _palette,
    "theme": _theme,
    "scenes": _scenes,
    "interrupt": _interrupt,
    "quit": _quit,
    **GUARD_HANDLERS,
    **WORK_HANDLERS,
    **TERMINAL_HANDLERS,
}
WITH_ARGUMENT: Final[Mapping[str, Callable[["MainScreen", str], None]]] = {
    **GUARD_WITH_ARGUMENT,
    **WORK_WITH_ARGUMENT,
    **TERMINAL_WITH_ARGUMENT,
}
"""What a slash command does with the words after it."""
