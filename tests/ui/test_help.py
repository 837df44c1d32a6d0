"""The help page."""

import pytest
from textual.app import App
from textual.containers import VerticalScroll
from textual.widgets import Input, Static

from tests.conftest import WaitUntil
from tui.ui.actions import ACTIONS, Action, Group
from tui.ui.screens.help import HelpScreen, narrowed, sections


def test_every_action_with_a_key_or_command_is_there() -> None:
    pages = dict(sections(ACTIONS))
    for action in ACTIONS:
        if action.keys or action.slash:
            rows = [row for row in pages[str(action.group)] if row[1:] == (action.title, action.help)]
            assert any(action.keys_text in row[0] and action.slash in row[0] for row in rows), action.id


def test_keys_are_written_as_people_write_them() -> None:
    action = Action(id="x", keys=("ctrl+j", "pageup"), title="T", help="H.", group=Group.APP, slash="x")
    assert dict(sections([action]))["Application"] == [("Ctrl+J, PgUp  /x", "T", "H.")]


def test_an_empty_table_still_explains_prompts() -> None:
    assert [heading for heading, _ in sections([])] == ["Writing a prompt"]


@pytest.mark.parametrize("word", ["@name", "Ctrl+R", "//text"])
def test_the_syntax_of_prompts_is_there(word: str) -> None:
    (page,) = [rows for heading, rows in sections(ACTIONS) if heading == "Writing a prompt"]
    assert any(word in " ".join(row) for row in page)


def test_narrowing() -> None:
    pages = [("One", [("a", "Alpha", "first letter"), ("b", "Beta", "second")]), ("Two", [("c", "Gamma", "third")])]
    assert narrowed(pages, "") == pages
    assert narrowed(pages, "LETTER first") == [("One", [("a", "Alpha", "first letter")])]
    assert narrowed(pages, "two") == [("Two", [("c", "Gamma", "third")])]
    assert narrowed(pages, "zzz") == []


def _rows(app: App[None]) -> list[str]:
    return [str(row.render()) for row in app.screen.query(".help-keys").results(Static)]


async def test_typing_narrows_and_escape_leaves(wait_until: WaitUntil) -> None:
    app: App[None] = App()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(HelpScreen(ACTIONS))
        await pilot.pause()
        everything = len(_rows(app))
        await pilot.press(*"zoom")
        await wait_until(lambda: 0 < len(_rows(app)) < everything)
        assert any("F7" in keys for keys in _rows(app))
        await pilot.press(*"qqq")
        await wait_until(lambda: not _rows(app))
        await pilot.press("escape")
        await wait_until(lambda: not isinstance(app.screen, HelpScreen))


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (40, 12)])
async def test_fits_and_scrolls(size: tuple[int, int], wait_until: WaitUntil) -> None:
    app: App[None] = App()
    async with app.run_test(size=size) as pilot:
        await app.push_screen(HelpScreen(ACTIONS))
        await pilot.pause()
        assert app.screen.query_one("#help-box").region.width <= size[0]
        assert app.screen.query_one("#help-hint").region.bottom <= size[1]
        assert app.focused is app.screen.query_one(Input)
        page = app.screen.query_one(VerticalScroll)
        await pilot.press("pagedown", "down")
        await wait_until(lambda: page.scroll_y > 2)
        await pilot.press("ctrl+end")
        await wait_until(lambda: page.scroll_y == page.max_scroll_y)
        await pilot.press("ctrl+home")
        await wait_until(lambda: page.scroll_y == 0)


async def test_text_from_outside_is_no_markup() -> None:
    evil = Action(id="x", keys=("f9",), title="[/x]", help="[@click=app.quit]go[/] [/nope]", group=Group.APP)
    app: App[None] = App()
    async with app.run_test() as pilot:
        await app.push_screen(HelpScreen([evil]))
        await pilot.pause()
        texts = [str(row.render()) for row in app.screen.query(".help-text").results(Static)]
        assert "[@click=app.quit]go[/] [/nope]" in texts
