"""Lists to pick from: scenes, themes, and what they share."""

from typing import Any

import pytest
from textual.app import App
from textual.screen import Screen
from textual.widgets import Input, OptionList

from tests.conftest import WaitUntil
from tui.ui.screens.pick import PickItem, PickScreen
from tui.ui.screens.scenes import SceneItem, ScenesScreen
from tui.ui.screens.theme_picker import ThemePicker

SCENES = [
    SceneItem(
        id=f"s{number}", title=f"Scene {number}", prompt=f"Play demo:s{number} now", explains=f"Shows case {number}"
    )
    for number in range(12)
]


class Picking(App[None]):
    """An application that notes what was picked."""

    def __init__(self) -> None:
        super().__init__()
        self.picked: list[str | None] = []

    async def open(self, screen: Screen[Any]) -> None:
        await self.push_screen(screen, self.picked.append)

    def count(self) -> int:
        return self.screen.query_one(OptionList).option_count


@pytest.mark.parametrize(
    ("keys", "prompt"),
    [
        (["enter"], SCENES[0].prompt),
        (["down", "down", "enter"], SCENES[2].prompt),
        (["up", "enter"], SCENES[11].prompt),
        (["pagedown", "pagedown", "pagedown", "enter"], SCENES[11].prompt),
        (["7", "enter"], SCENES[7].prompt),
        (["escape"], None),
        (["z", "z", "enter", "escape"], None),
    ],
)
async def test_scenes_by_keys(keys: list[str], prompt: str | None, wait_until: WaitUntil) -> None:
    app = Picking()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.open(ScenesScreen(SCENES))
        await pilot.pause()
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
        await wait_until(lambda: app.picked)
        assert app.picked == [prompt]


async def test_scenes_by_mouse(wait_until: WaitUntil) -> None:
    app = Picking()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.open(ScenesScreen(SCENES))
        await pilot.pause()
        await pilot.click(OptionList, offset=(3, 2))
        await wait_until(lambda: app.picked)
        assert app.picked == [SCENES[1].prompt]


async def test_a_click_beside_the_box_leaves(wait_until: WaitUntil) -> None:
    app = Picking()
    async with app.run_test(size=(120, 40)) as pilot:
        await app.open(ScenesScreen(SCENES))
        await pilot.pause()
        await pilot.click(offset=(1, 1))
        await wait_until(lambda: app.picked)
        assert app.picked == [None]


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (40, 14)])
async def test_everything_fits(size: tuple[int, int]) -> None:
    app = Picking()
    async with app.run_test(size=size) as pilot:
        await app.open(ScenesScreen(SCENES))
        await pilot.pause()
        screen = app.screen
        assert screen.query_one("#pick-box").region.right <= size[0]
        assert screen.query_one("#pick-hint").region.bottom <= size[1]
        assert screen.query_one("#pick-list").region.bottom < screen.query_one("#pick-hint").region.y
        assert app.focused is screen.query_one(Input)


async def test_items_are_no_markup(wait_until: WaitUntil) -> None:
    app = Picking()
    evil = PickItem(id="[/x]", title="[@click=app.quit]go[/]\x1b[2J", detail="[/nope]")
    async with app.run_test() as pilot:
        await app.open(PickScreen("[/t]", [evil]))
        await pilot.pause()
        strips = [app.screen.query_one(OptionList).render_line(y).text for y in range(2)]
        assert "[@click=app.quit]go[/]␛[2J" in strips[0]
        assert "[/nope]" in strips[1]
        await pilot.press("enter")
        await wait_until(lambda: app.picked == ["[/x]"])


async def test_narrowing_and_nothing_found() -> None:
    app = Picking()
    async with app.run_test() as pilot:
        await app.open(ScenesScreen(SCENES))
        await pilot.press(*"case 1")
        await pilot.pause()
        assert app.count() == 3
        await pilot.press(*"xx")
        await pilot.pause()
        assert app.count() == 0
        assert app.screen.query_one("#pick-empty").display


async def test_themes_show_while_choosing_and_escape_restores(wait_until: WaitUntil) -> None:
    app = Picking()
    async with app.run_test(size=(80, 24)) as pilot:
        app.theme = "nord"
        await app.open(ThemePicker())
        await pilot.pause()
        assert app.theme == "nord"
        await pilot.press("down")
        await wait_until(lambda: app.theme != "nord")
        await pilot.press("escape")
        await wait_until(lambda: app.picked == [None])
        assert app.theme == "nord"


async def test_enter_keeps_the_theme(wait_until: WaitUntil) -> None:
    app = Picking()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.open(ThemePicker(["nord", "dracula", "no-such-theme"]))
        await pilot.pause()
        assert app.count() == 2
        await pilot.press(*"nord")
        await wait_until(lambda: app.theme == "nord")
        await pilot.press("enter")
        await wait_until(lambda: app.picked == ["nord"])
        assert app.theme == "nord"


async def test_a_click_keeps_the_theme(wait_until: WaitUntil) -> None:
    app = Picking()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.open(ThemePicker(["dracula", "nord"]))
        await pilot.pause()
        await pilot.click(OptionList, offset=(2, 1))
        await wait_until(lambda: app.picked == ["nord"])
        assert app.theme == "nord"
