"""The table of actions: consistent in itself, and every row does something."""

from collections import Counter

import pytest

from tui.ui.actions import ACTIONS, Where, bindings, by_slash, hints, key_text, markdown_table, resolve
from tui.ui.handlers import HANDLERS
from tui.ui.screens.glance import GlanceScreen
from tui.ui.screens.health import HealthScreen
from tui.ui.screens.spend import SpendScreen


def test_ids_and_slash_commands_are_unique() -> None:
    assert [name for name, count in Counter(action.id for action in ACTIONS).items() if count > 1] == []
    slashes = [action.slash for action in ACTIONS if action.slash]
    assert sorted(slashes) == sorted(set(slashes))
    assert set(by_slash(ACTIONS)) == set(slashes)


def test_every_action_has_a_handler_and_every_handler_an_action() -> None:
    needed = {action.does for action in ACTIONS if action.where in (Where.ANYWHERE, Where.PANE, Where.TERMINAL)}
    assert needed == set(HANDLERS)


@pytest.mark.parametrize(("screen", "where"), [(SpendScreen, Where.SPEND), (HealthScreen, Where.HEALTH)])
def test_every_action_of_another_screen_does_something_there(screen: type[GlanceScreen], where: Where) -> None:
    needed = {action.does for action in ACTIONS if action.where is where}
    assert needed == set(screen.does(screen.__new__(screen)))
    assert screen.WHERE is where


@pytest.mark.parametrize("where", [where for where in Where if where is not Where.PROMPT])
def test_no_key_is_given_twice_in_one_place(where: Where) -> None:
    keys = Counter(key for action in ACTIONS if action.where is where for key in action.keys)
    assert [key for key, count in keys.items() if count > 1] == []


LETTERS = (Where.PANE, Where.SPEND, Where.HEALTH, Where.CARD, Where.TERMINAL)


def test_single_letters_act_only_away_from_the_prompt_and_ctrl_b_is_free() -> None:
    for action in ACTIONS:
        for key in action.keys:
            assert key != "ctrl+b"
            assert len(key) > 1 or action.where in LETTERS


@pytest.mark.parametrize(
    ("key", "text"),
    [("ctrl+j", "Ctrl+J"), ("f7", "F7"), ("z", "z"), ("G", "G"), ("pageup", "PgUp"), ("shift+tab", "Shift+Tab"),
     ("alt+1", "Alt+1"), ("escape", "Esc"), ("?", "?")],
)  # fmt: skip
def test_keys_as_people_write_them(key: str, text: str) -> None:
    assert key_text(key) == text


def test_a_person_can_change_keys() -> None:
    table, problems = resolve({"zoom": "f9", "retry": "R, f5", "layout": ""})
    keys = {action.id: action.keys for action in table}
    assert (keys["zoom"], keys["retry"], keys["layout"]) == (("f9",), ("R", "f5"), ())
    assert problems == []
    made = {binding.key: binding.action for binding in bindings(table, Where.ANYWHERE)}
    assert made["f9"] == "screen.act('zoom')"
    assert "f7" not in made
    assert "f2" not in made


def test_a_changed_key_wins_over_the_action_that_had_it() -> None:
    table, problems = resolve({"zoom": "f2"})
    keys = {action.id: action.keys for action in table}
    assert keys["zoom"] == ("f2",)
    assert keys["layout"] == ()
    assert problems == []


@pytest.mark.parametrize(
    ("keys", "title"),
    [
        ({"zom": "f9"}, "Unknown action"),
        ({"send": "f9"}, "Fixed key"),
        ({"zoom": "f9", "layout": "f9"}, "Key used twice"),
    ],
)
def test_mistakes_in_keys_are_told(keys: dict[str, str], title: str) -> None:
    table, problems = resolve(keys)
    assert [problem.title for problem in problems] == [title]
    assert len(table) == len(ACTIONS)


def test_numbered_keys_pass_their_number() -> None:
    made = {binding.key: binding.action for binding in bindings(ACTIONS, Where.ANYWHERE)}
    assert made["alt+3"] == "screen.act('select', 3)"


def test_hints_begin_with_the_most_useful_and_name_one_key() -> None:
    assert hints(ACTIONS, (Where.PROMPT, Where.ANYWHERE))[0] == ("Enter", "Send")
    assert hints(ACTIONS, (Where.PANE,))[0] == ("i", "Prompt")


def test_the_readme_table_names_every_action() -> None:
    table = markdown_table()
    for action in ACTIONS:
        assert action.help in table
        if action.slash:
            assert f"`/{action.slash}`" in table
