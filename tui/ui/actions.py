"""THE table of actions.

Key bindings, the palette, slash commands, the help screen, the hints under the prompt and the README's table of keys
are all made from it; a new key or command is one row here and one handler.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from tui.core.errors import Problem

if TYPE_CHECKING:
    from textual.binding import Binding


class Group(StrEnum):
    """Headings of the help screen, in order."""

    PROMPT = "Prompt"
    TURNS = "Turns"
    PANES = "Panes"
    SCROLL = "Scrolling"
    APP = "Application"
    GUARD = "Spend and health"


class Where(StrEnum):
    """Where an action's keys work.

    `anywhere`: on the main screen. `pane`: while a pane has the focus, where single letters are free. `prompt`: bound
    by the prompt itself and listed here for people. `spend`, `health`: on those screens.
    """

    ANYWHERE = "anywhere"
    PANE = "in a pane"
    PROMPT = "in the prompt"
    SPEND = "on the spend screen"
    HEALTH = "on the health screen"

    @property
    def suffix(self) -> str:
        """What stands behind the keys that work in this place only."""
        return f" {self.value}" if self in (Where.PANE, Where.SPEND, Where.HEALTH) else ""


class When(StrEnum):
    """What must be true for an action to be offered and its key to act; else the key keeps its other meaning."""

    ALWAYS = "always"
    BUSY = "a turn is running"
    PROMPT_EMPTY = "the prompt is empty"
    DEMO = "in the demo"
    QUEUED = "a prompt waits"
    TURN = "the pane has a turn"
    RETRY_WAITS = "a retry waits"
    OFFERED = "another model is offered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing a person can do.

    `id` is what `[keys]` in the configuration names. `keys` are Textual key names. `slash` is the command without its
    slash, empty for none. `hint` ranks the action among the hints under the prompt (1 first, 0 never). `priority` keys
    win over the focused widget. `argument` says what a slash command takes. `numbered` keys pass their position.
    """

    id: str
    keys: tuple[str, ...]
    title: str
    help: str
    group: Group
    where: Where = Where.ANYWHERE
    when: When = When.ALWAYS
    slash: str = ""
    argument: str = ""
    hint: int = 0
    hint_title: str = ""
    palette: bool = True
    priority: bool = False
    numbered: bool = False
    handler: str = ""

    @property
    def does(self) -> str:
        """Name of the handler; several rows may share one."""
        return self.handler or self.id

    @property
    def keys_text(self) -> str:
        """The keys as people write them: ``Ctrl+J, Shift+Enter``."""
        if self.numbered and len(self.keys) > 1:
            return f"{key_text(self.keys[0])}..{key_text(self.keys[-1]).rpartition('+')[2]}"
        return ", ".join(key_text(key) for key in self.keys)


_PANE = Where.PANE
_PROMPT = Where.PROMPT

# fmt: off
ACTIONS: Final[tuple[Action, ...]] = (
    Action(id="send", keys=("enter",), title="Send", group=Group.PROMPT, where=_PROMPT, hint=1, palette=False,
           help="Send the prompt to all panes, or to those it names with @."),
    Action(id="newline", keys=("ctrl+j", "shift+enter", "alt+enter"), title="New line", group=Group.PROMPT,
           where=_PROMPT, hint=10, palette=False,
           help="Begin a new line in the prompt."),
    Action(id="stop", keys=("escape",), title="Stop", group=Group.TURNS, slash="stop", hint=2, palette=False,
           help="Stop the selected pane's turn; twice within half a second stops all. With nothing running it "
                "goes back to the prompt."),
    Action(id="stop_all", keys=(), title="Stop all", group=Group.TURNS, when=When.BUSY, slash="stop-all",
           help="Stop every running turn."),
    Action(id="retry", keys=("r",), title="Retry", group=Group.TURNS, where=_PANE, when=When.TURN, slash="retry",
           hint=5,
           help="Send the selected pane's last prompt again."),
    Action(id="unqueue", keys=("x",), title="Take back a queued prompt", group=Group.TURNS, where=_PANE,
           when=When.QUEUED, slash="unqueue",
           help="Take the newest waiting prompt of the selected pane back into the prompt."),
    Action(id="clear", keys=(), title="Clear all conversations", group=Group.TURNS, slash="clear",
           help="Forget every pane's history and start afresh."),
    Action(id="clear_pane", keys=(), title="Clear this conversation", group=Group.TURNS, slash="clear-pane",
           help="Forget the selected pane's history."),
    Action(id="next_pane", keys=("tab",), title="Next pane", group=Group.PANES, when=When.PROMPT_EMPTY, hint=3,
           help="Select the next pane (from the prompt: while it is empty)."),
    Action(id="previous_pane", keys=("shift+tab",), title="Previous pane", group=Group.PANES, when=When.PROMPT_EMPTY,
           help="Select the previous pane."),
    Action(id="select", keys=tuple(f"alt+{n}" for n in range(1, 10)), title="Select pane 1..9", group=Group.PANES,
           numbered=True, palette=False,
           help="Select a pane by its number."),
    Action(id="focus_pane", keys=("f6", "ctrl+up"), title="Into the pane", group=Group.PANES, hint=9,
           help="Move the focus into the selected pane, where single letters act; again to go back."),
    Action(id="focus_prompt", keys=("i", "enter", "ctrl+down"), title="Back to the prompt", group=Group.PANES,
           where=_PANE, hint=1, hint_title="Prompt", palette=False,
           help="Move the focus to the prompt."),
    Action(id="layout", keys=("f2",), title="Layout", group=Group.PANES, slash="layout", hint=7,
           help="Change between columns, one pane with a rail, and stacked rows."),
    Action(id="zoom", keys=("f7",), title="Zoom", group=Group.PANES, slash="zoom", hint=8,
           help="Show the selected pane alone, or all again."),
    Action(id="pane_zoom", keys=("z",), title="Zoom", group=Group.PANES, where=_PANE, handler="zoom", hint=2,
           palette=False,
           help="As F7."),
    Action(id="thinking", keys=("ctrl+o",), title="Thinking", group=Group.PANES, slash="thinking",
           help="Fold or unfold the selected pane's thinking."),
    Action(id="pane_thinking", keys=("t",), title="Thinking", group=Group.PANES, where=_PANE, handler="thinking",
           hint=3, palette=False,
           help="As Ctrl+O."),
    Action(id="copy_answer", keys=("y",), title="Copy answer", group=Group.PANES, where=_PANE, slash="copy", hint=4,
           hint_title="Copy",
           help="Copy the selected pane's last answer."),
    Action(id="copy_code", keys=("c",), title="Copy code", group=Group.PANES, where=_PANE, slash="copy-code", hint=6,
           hint_title="Code",
           help="Copy the last code block of the selected pane."),
    Action(id="page_up", keys=("pageup",), title="Page up", group=Group.SCROLL, priority=True, palette=False,
           help="Scroll the selected pane a page up."),
    Action(id="page_down", keys=("pagedown",), title="Page down", group=Group.SCROLL, priority=True, palette=False,
           help="Scroll the selected pane a page down."),
    Action(id="line_up", keys=("shift+up",), title="Line up", group=Group.SCROLL, when=When.PROMPT_EMPTY,
           priority=True, palette=False,
           help="Scroll the selected pane a line up."),
    Action(id="line_down", keys=("shift+down",), title="Line down", group=Group.SCROLL, when=When.PROMPT_EMPTY,
           priority=True, palette=False,
           help="Scroll the selected pane a line down."),
    Action(id="top", keys=("ctrl+home",), title="Top", group=Group.SCROLL, priority=True, palette=False,
           help="Go to the beginning of the selected pane."),
    Action(id="end", keys=("ctrl+end",), title="End", group=Group.SCROLL, priority=True, palette=False,
           help="Go to the end of the selected pane and follow it."),
    Action(id="pane_up", keys=("up", "k"), title="Line up", group=Group.SCROLL, where=_PANE, handler="line_up",
           palette=False,
           help="Scroll a line up."),
    Action(id="pane_down", keys=("down", "j"), title="Line down", group=Group.SCROLL, where=_PANE,
           handler="line_down", palette=False,
           help="Scroll a line down."),
    Action(id="pane_top", keys=("home", "g"), title="Top", group=Group.SCROLL, where=_PANE, handler="top",
           palette=False,
           help="Go to the beginning."),
    Action(id="pane_end", keys=("end", "G"), title="End", group=Group.SCROLL, where=_PANE, handler="end",
           palette=False,
           help="Go to the end and follow."),
    Action(id="help", keys=("f1",), title="Help", group=Group.APP, slash="help", hint=5,
           help="Show every key and command."),
    Action(id="palette", keys=("ctrl+p",), title="Commands", group=Group.APP, hint=6, palette=False, priority=True,
           help="Find and run any command."),
    Action(id="pane_palette", keys=("/", ":"), title="Commands", group=Group.APP, where=_PANE, handler="palette",
           palette=False,
           help="Find and run any command."),
    Action(id="pane_help", keys=("?",), title="Help", group=Group.APP, where=_PANE, handler="help", palette=False,
           help="As F1."),
    Action(id="theme", keys=("ctrl+t",), title="Theme", group=Group.APP, slash="theme", priority=True,
           help="Choose a theme; it shows while you choose."),
    Action(id="scenes", keys=("f8",), title="Demo scenes", group=Group.APP, when=When.DEMO, slash="scenes", hint=4,
           hint_title="Scenes",
           help="See what the demo can show: errors, cuts, long answers and more."),
    Action(id="interrupt", keys=("ctrl+c",), title="Interrupt", group=Group.APP, palette=False,
           help="Copy the selection; else stop what runs; else clear the prompt; twice quits."),
    Action(id="quit_if_empty", keys=("ctrl+d",), title="Quit", group=Group.APP, when=When.PROMPT_EMPTY, priority=True,
           handler="quit", palette=False,
           help="Quit, when the prompt is empty."),
    Action(id="quit", keys=("ctrl+q",), title="Quit", group=Group.APP, slash="quit", priority=True,
           help="Leave LLMMixer."),
    Action(id="retry_now", keys=("alt+n",), title="Retry now", group=Group.GUARD, when=When.RETRY_WAITS,
           slash="retry-now",
           help="Do not wait any longer for the next attempt: the selected pane's, else the first that waits."),
    Action(id="pane_retry_now", keys=("n",), title="Retry now", group=Group.GUARD, where=_PANE,
           when=When.RETRY_WAITS, handler="retry_now", palette=False,
           help="As Alt+N."),
    Action(id="use_fallback", keys=("alt+a",), title="Let the other model answer", group=Group.GUARD,
           when=When.OFFERED, slash="fallback",
           help="Let the offered model answer in place of the one that cannot; Esc declines."),
    Action(id="pane_use_fallback", keys=("f",), title="Let the other model answer", group=Group.GUARD, where=_PANE,
           when=When.OFFERED, handler="use_fallback", palette=False,
           help="As Alt+A."),
    Action(id="budget", keys=(), title="Set the session's budget", group=Group.GUARD, slash="budget",
           argument="0.50 or off",
           help="Refuse what could take this session over so many dollars: /budget 0.50; /budget off lifts it."),
    Action(id="spend", keys=("f5",), title="Spend", group=Group.GUARD, slash="spend", hint=6,
           help="Show spend by day, model and project, and the budgets."),
    Action(id="health", keys=("f9",), title="Health", group=Group.GUARD, slash="health", hint=6,
           help="Show every model's circuit and what happened lately."),
    Action(id="spend_next", keys=("tab", "right"), title="Next page", group=Group.GUARD, where=Where.SPEND, hint=1,
           palette=False,
           help="Show the next page: days, models, projects, providers."),
    Action(id="spend_previous", keys=("shift+tab", "left"), title="Previous page", group=Group.GUARD,
           where=Where.SPEND, palette=False,
           help="Show the page before."),
    Action(id="spend_down", keys=("down", "pagedown"), title="Down", group=Group.GUARD, where=Where.SPEND,
           palette=False,
           help="Show the rows below."),
    Action(id="spend_up", keys=("up", "pageup"), title="Up", group=Group.GUARD, where=Where.SPEND, palette=False,
           help="Show the rows above."),
    Action(id="export_csv", keys=("c",), title="CSV", group=Group.GUARD, where=Where.SPEND, hint=2, palette=False,
           help="Write every entry to a CSV file."),
    Action(id="export_json", keys=("j",), title="JSON", group=Group.GUARD, where=Where.SPEND, hint=3, palette=False,
           help="Write every entry to a JSON file."),
    Action(id="spend_reload", keys=("r",), title="Reload", group=Group.GUARD, where=Where.SPEND, hint=4,
           palette=False,
           help="Read the ledger again, with what other sessions spent."),
    Action(id="spend_leave", keys=("escape", "f5", "q"), title="Back", group=Group.GUARD, where=Where.SPEND, hint=5,
           palette=False,
           help="Go back to the panes."),
    Action(id="health_down", keys=("down",), title="Next model", group=Group.GUARD, where=Where.HEALTH,
           palette=False,
           help="Select the next model."),
    Action(id="health_up", keys=("up",), title="Previous model", group=Group.GUARD, where=Where.HEALTH,
           palette=False,
           help="Select the previous model."),
    Action(id="circuit_probe", keys=("p",), title="Probe now", group=Group.GUARD, where=Where.HEALTH, hint=1,
           palette=False,
           help="Let one call through to the selected model at once."),
    Action(id="circuit_reset", keys=("x",), title="Reset", group=Group.GUARD, where=Where.HEALTH, hint=2,
           palette=False,
           help="Close the selected model's circuit and forget its failures."),
    Action(id="circuit_toggle", keys=("d",), title="Disable/enable", group=Group.GUARD, where=Where.HEALTH, hint=3,
           palette=False,
           help="Send nothing to the selected model, or send to it again."),
    Action(id="health_older", keys=("pagedown",), title="Older", group=Group.GUARD, where=Where.HEALTH,
           palette=False,
           help="Show older events."),
    Action(id="health_newer", keys=("pageup",), title="Newer", group=Group.GUARD, where=Where.HEALTH,
           palette=False,
           help="Show newer events."),
    Action(id="health_leave", keys=("escape", "f9", "q"), title="Back", group=Group.GUARD, where=Where.HEALTH, hint=5,
           palette=False,
           help="Go back to the panes."),
)
# fmt: on

_NAMES: Final = {
    "escape": "Esc",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "question_mark": "?",
    "slash": "/",
    "colon": ":",
}
_CHARACTERS: Final = {"?": "question_mark", "/": "slash", ":": "colon"}


def key_text(key: str) -> str:
    """Return a key as people write it: ``ctrl+j`` is ``Ctrl+J``, ``pageup`` is ``PgUp``, ``z`` stays ``z``."""
    *modifiers, last = key.split("+")
    name = _NAMES.get(last)
    if name is None:
        name = last.capitalize() if len(last) > 1 else last.upper() if modifiers else last
    return "+".join([*(modifier.capitalize() for modifier in modifiers), name])


def resolve(keys: Mapping[str, str], actions: Sequence[Action] = ACTIONS) -> tuple[tuple[Action, ...], list[Problem]]:
    """Return the table with a person's own keys in it, and what is wrong with them.

    A value is a key, several separated by commas, or empty for none. Two actions with one key in the same place are
    told; the person's choice wins and the other action loses that key.
    """
    known = {action.id: action for action in actions}
    problems = [
        Problem(
            title="Unknown action", text=f"[keys] {name} is not an action.", hint="`llmmixer config --keys` lists them."
        )
        for name in keys
        if name not in known
    ]
    chosen = {
        name: tuple(part.strip() for part in value.split(",") if part.strip())
        for name, value in keys.items()
        if name in known
    }
    for name in [name for name in chosen if known[name].where is Where.PROMPT]:
        del chosen[name]
        problems.append(Problem(title="Fixed key", text=f"[keys] {name} belongs to the prompt and cannot be changed."))
    taken: dict[tuple[Where, str], str] = {}
    for name, own in chosen.items():
        for key in own:
            other = taken.setdefault((known[name].where, key), name)
            if other != name:
                text = f"[keys] gives {key_text(key)} to both {other} and {name}; {other} keeps it."
                problems.append(Problem(title="Key used twice", text=text))
    result = []
    for action in actions:
        wanted = chosen.get(action.id, action.keys)
        free = tuple(key for key in wanted if taken.get((action.where, key), action.id) == action.id)
        result.append(replace(action, keys=free))
    return tuple(result), problems


def bindings(actions: Iterable[Action], where: Where) -> "list[Binding]":
    """Return the Textual bindings of one place; every one runs ``screen.act(id)``."""
    from textual.binding import Binding

    made = []
    for action in actions:
        if action.where is not where:
            continue
        for position, key in enumerate(action.keys, 1):
            argument = f", {position}" if action.numbered else ""
            made.append(
                Binding(
                    _CHARACTERS.get(key, key),
                    f"screen.act('{action.id}'{argument})",
                    action.title,
                    tooltip=action.help,
                    id=f"{action.id}.{position}",
                    show=False,
                    priority=action.priority,
                )
            )
    return made


def hints(actions: Iterable[Action], places: Sequence[Where]) -> list[tuple[str, str]]:
    """Return (key, title) of what the hint line shows for the given places, most useful first."""
    ranked = sorted((action for action in actions if action.hint and action.where in places), key=lambda one: one.hint)
    return [(key_text(one.keys[0]), one.hint_title or one.title) for one in ranked if one.keys]


def by_slash(actions: Iterable[Action]) -> dict[str, Action]:
    """Return the actions that have a slash command, by its name."""
    return {action.slash: action for action in actions if action.slash}


def by_id(actions: Iterable[Action]) -> dict[str, Action]:
    """Return the actions by their id."""
    return {action.id: action for action in actions}


def markdown_table(actions: Iterable[Action] = ACTIONS) -> str:
    """Return the table of keys and commands for the README, grouped, as Markdown."""
    actions = tuple(actions)
    lines: list[str] = []
    for group in Group:
        lines += [f"### {group.value}", "", "| Key | Command | What it does |", "|---|---|---|"]
        for action in actions:
            if action.group is group:
                where = f" ({action.where.suffix.strip()})" if action.where.suffix else ""
                slash = f"`/{action.slash}`" if action.slash else ""
                keys = f"`{action.keys_text}`{where}" if action.keys else ""
                lines.append(f"| {keys} | {slash} | {action.help} |")
        lines.append("")
    return "\n".join(lines)
