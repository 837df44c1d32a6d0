"""The palette's entries come from the table of actions."""

from collections.abc import Awaitable, Callable
from typing import ClassVar, cast

from textual.app import App
from textual.command import CommandPalette, DiscoveryHit, Hit
from textual.screen import Screen

from tests.conftest import WaitUntil
from tui.ui.actions import ACTIONS
from tui.ui.palette import ActionsProvider, help_text


class Acting(Screen[None]):
    """A screen that notes what it is asked to do."""

    hidden: ClassVar[set[str]] = {"scenes"}

    def __init__(self) -> None:
        super().__init__()
        self.done: list[str] = []

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return not (action == "act" and parameters[0] in self.hidden)

    def action_act(self, name: str, number: int = 1) -> None:
        self.done.append(name)


class Palette(App[None]):
    """An application with nothing but the palette of the table."""

    COMMANDS: ClassVar = {lambda: ActionsProvider}


async def _provider(app: App[None]) -> tuple[Acting, ActionsProvider]:
    screen = Acting()
    await app.push_screen(screen)
    return screen, ActionsProvider(screen)


async def test_everything_that_can_run_is_offered_in_order() -> None:
    app = Palette()
    async with app.run_test():
        _, provider = await _provider(app)
        hits = [cast("DiscoveryHit", hit) async for hit in provider.discover()]
        expected = [action for action in ACTIONS if action.palette and action.id != "scenes"]
        assert [hit.text for hit in hits] == [action.title for action in expected]
        assert [hit.help for hit in hits] == [help_text(action) for action in expected]


async def test_search_ranks_titles_first_and_runs() -> None:
    app = Palette()
    async with app.run_test():
        screen, provider = await _provider(app)
        hits = sorted([cast("Hit", hit) async for hit in provider.search("theme")], reverse=True)
        assert hits[0].text == "Theme"
        await cast("Callable[[], Awaitable[object]]", hits[0].command)()
        assert screen.done == ["theme"]
        assert [hit async for hit in provider.search("zzzz")] == []
        assert [hit.text async for hit in provider.search("scenes")] != ["Demo scenes"]


async def test_a_persons_own_keys_are_shown() -> None:
    app = Palette()
    async with app.run_test():
        screen, provider = await _provider(app)
        zoom = next(action for action in ACTIONS if action.id == "zoom")
        screen.actions = (type(zoom)(id="zoom", keys=("f9",), title="Zoom", help="H.", group=zoom.group),)  # type: ignore[attr-defined]
        assert [hit.help async for hit in provider.discover()] == ["F9  H."]


async def test_by_keys_in_the_real_palette(wait_until: WaitUntil) -> None:
    app = Palette()
    async with app.run_test(size=(80, 24)) as pilot:
        screen, _ = await _provider(app)
        await pilot.press("ctrl+p")
        await wait_until(lambda: isinstance(app.screen, CommandPalette))
        await pilot.press(*"zoom")
        palette = app.screen
        await wait_until(lambda: palette.query_one("CommandList").display)
        await pilot.press("down", "enter")
        await wait_until(lambda: screen.done == ["zoom"])
