"""THE table of actions.

Key bindings, the palette, slash commands, the help screen, the hints under the prompt and the README's table of keys
are all made from it; a new key or command is one row in an `action_rows` file and one handler.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tui.core.errors import Problem
from tui.ui.action_rows import ROWS
from tui.ui.action_rows_terminal import TERMINAL_ROWS
from tui.ui.action_rows_work import WORK_ROWS
from tui.ui.action_types import Action, Group, When, Where, key_text

if TYPE_CHECKING:
    from textual.binding import Binding

__all__ = [
    "ACTIONS", "Action", "Group", "When", "Where", "bindings", "by_id", "by_slash", "hints", "key_text",
    "markdown_table", "resolve",
]  # fmt: skip

ACTIONS: Final[tuple[Action, ...]] = (*ROWS, *WORK_ROWS, *TERMINAL_ROWS)

_CHARACTERS: Final = {"?": "question_mark", "/": "slash", ":": "colon"}


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
