"""What a key did is painted at once, what went is painted over, and nothing is laid out for nothing."""

from pathlib import Path

import pytest
from textual._ansi_sequences import SYNC_END, SYNC_START
from textual.app import App, ComposeResult
from textual.drivers.headless_driver import HeadlessDriver
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widgets import Static

from tests.conftest import WaitUntil
from tests.ui.terminal_support import FedEngine, desk
from tui.ui.whole_frames import in_whole_frames
from tui.ui.widgets.ground import GroundScreen


async def test_a_letter_does_not_wait_for_the_beat_of_the_screen(
    wait_until: WaitUntil, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(wait_until, home, FedEngine()) as table:
        await table.press("a")
        await table.wait(lambda: not table.main._dirty_widgets)
        painted: list[str] = []
        monkeypatch.setattr(table.main._update_timer, "resume", lambda: None)  # the beat never comes
        monkeypatch.setattr(table.main, "_compositor_refresh", lambda: painted.append(table.main.prompt.text))
        await table.press("b")
        await table.wait(lambda: painted)
        assert painted == ["ab"]


async def test_another_letter_of_the_same_prompt_lays_nothing_out(
    wait_until: WaitUntil, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(wait_until, home, FedEngine()) as table:
        await table.press("a")
        await table.wait(lambda: not (table.main._layout_required or table.main._layout_widgets))
        laid_out: list[str] = []
        layout = table.main._refresh_layout

        def lay_out(size: Size | None = None, scroll: bool = False) -> None:
            laid_out.append(table.main.prompt.text)
            layout(size, scroll)

        monkeypatch.setattr(table.main, "_refresh_layout", lay_out)
        await table.press("b", "c")
        await table.wait(lambda: table.main.prompt.text == "abc")
        assert laid_out == []


class Covered(GroundScreen):
    """Text, and something that lies over it."""

    def compose(self) -> ComposeResult:
        yield Static("below", id="below")
        over = Static("over", id="over")
        over.styles.overlay = "screen"
        yield over


async def test_what_lay_over_others_goes_even_when_somebody_asked_where_it_is(
    wait_until: WaitUntil, monkeypatch: pytest.MonkeyPatch
) -> None:
    app: App[None] = App()
    async with app.run_test():
        screen = Covered()
        await app.push_screen(screen)
        await wait_until(lambda: screen.query_one("#over").region.area > 0)
        over = screen.query_one("#over")
        region, painted = over.region, list[Region]()
        monkeypatch.setattr(
            screen, "_compositor_refresh", lambda: painted.extend(screen._compositor._dirty_regions)
        )  # instead of painting
        over.display = False
        screen._compositor._full_map_invalidated = True  # as a widget that is not laid out yet leaves it
        assert over not in screen._compositor.full_map
        screen._refresh_layout()
        assert any(one.contains_region(region) for one in painted)


async def test_a_painted_row_asks_only_those_who_are_in_it(wait_until: WaitUntil, home: Path) -> None:
    async with desk(wait_until, home, FedEngine()) as table:
        await table.press("a")
        screen = table.main
        everything = screen._compositor.render_strips()
        row = screen.prompt.editor.region.y
        asked = [
            (region, clip, len(strips))
            for region, clip, strips in screen._compositor._get_renders(Region(0, row, screen.size.width, 1))
        ]
        assert {rows for _, _, rows in asked} == {1}
        assert screen.prompt.editor.region in [region for region, _, _ in asked]
        assert not [region for region, _, _ in asked if not region.y <= row < region.bottom]
        update = screen._compositor
        update._dirty_regions.add(Region(0, row, screen.size.width, 1))
        chops = update._render_chops(Region(0, row, screen.size.width, 1), lambda y: y == row)
        assert Strip.join(chops[row].values()).text == everything[row].text


def test_an_update_is_written_in_one_piece() -> None:
    class Recorder(HeadlessDriver):
        def write(self, data: str) -> None:
            written.append(data)

    written: list[str] = []
    driver = object.__new__(in_whole_frames(Recorder))
    for part in ("title", SYNC_START, "one", "two", SYNC_END, "bell", SYNC_START, "three"):
        driver.write(part)
    assert written == ["title", f"{SYNC_START}onetwo{SYNC_END}", "bell"]
    driver.stop_application_mode()
    driver.write("the end")
    assert written[-1] == "the end"
