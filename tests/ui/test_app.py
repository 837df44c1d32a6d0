"""The whole application with real keys, on an engine without models."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest
from textual.pilot import Pilot
from textual.selection import SELECT_ALL

from tests.conftest import WaitUntil
from tests.ui.fake_engine import PANES, FakeEngine
from tui.config.load import load
from tui.config.model import Config, Switch, UiConfig
from tui.config.model import Glyphs as GlyphSetting
from tui.core import secrets
from tui.core.commands import ClearConversation, DropQueued, Retry, Stop
from tui.core.errors import Outcome, Problem
from tui.core.events import Notice, NoticeLevel, PaneInfo, PromptQueued
from tui.core.validation import invisible_notice
from tui.ui.app import LLMMixerApp, low_bandwidth
from tui.ui.screens.main import MainScreen
from tui.ui.view.layout import Mode
from tui.ui.view.state import Phase
from tui.ui.widgets.hint_bar import HintBar


class Table:
    """An application on a fake engine, with short names for what tests look at."""

    def __init__(self, app: LLMMixerApp, engine: FakeEngine, pilot: Pilot[None], wait: WaitUntil) -> None:
        self.app = app
        self.engine = engine
        self.pilot = pilot
        self.wait = wait

    @property
    def main(self) -> MainScreen:
        return cast("MainScreen", self.app.screen_stack[0])

    @property
    def selected(self) -> str:
        return self.main.stage.view.selected

    def zoomed(self) -> bool:
        return self.main.zoomed

    def visible(self) -> tuple[str, ...]:
        return self.main.arrangement.visible

    def in_pane(self) -> bool:
        return self.main.pane_focused

    def phase(self, pane: str) -> Phase:
        return self.main.stage.view.panes[pane].phase

    def rows(self) -> list[str]:
        """What is on the screen, row by row."""
        screen = self.app.screen
        return [strip.text for strip in screen._compositor.render_strips(self.app.size)]

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def shown(self, text: str) -> None:
        await self.wait(lambda: any(text in row for row in self.rows()))


@asynccontextmanager
async def running(
    wait: WaitUntil,
    home: Path,
    *,
    size: tuple[int, int] = (120, 40),
    config: Config | None = None,
    panes: tuple[PaneInfo, ...] = PANES,
    demo: bool = True,
) -> AsyncIterator[Table]:
    engine = FakeEngine(panes, demo=demo)
    app = LLMMixerApp(engine, config or Config(), environ={"HOME": str(home)}, cwd=home)
    async with app.run_test(size=size) as pilot:
        table = Table(app, engine, pilot, wait)
        await wait(lambda: len(engine.prepared) == len(panes))
        await wait(lambda: all(pane.phase is Phase.READY for pane in table.main.stage.view.panes.values()))
        yield table
    assert engine.closed == 1


async def test_first_screen_shows_every_model_ready(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        rows = table.rows()
        assert "llmmixer" in rows[0]
        assert "DEMO" in rows[0]
        for name in ("claude", "gpt", "gemini"):
            assert name in rows[1]
        assert rows[1].count("ready") == 3
        assert any("F1" in row for row in rows[-2:])
        assert table.engine.prepared == ["claude", "gpt", "gemini"]


async def test_a_typed_prompt_goes_to_all_and_the_answers_stream(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        await table.press(*"hello", "enter")
        assert table.engine.prompts == [("hello", None)]
        turns = {name: table.engine.begin(name, "hello") for name in ("claude", "gpt", "gemini")}
        table.engine.think("claude", turns["claude"], "pondering")
        table.engine.say("gpt", turns["gpt"], "streamed words")
        await table.shown("streamed words")
        await table.wait(lambda: "thinking" in table.rows()[1])
        assert "answering" in table.rows()[1]
        assert "waiting" in table.rows()[1]
        for name, turn in turns.items():
            table.engine.say(name, turn, f" answer of {name}")
            table.engine.finish(name, turn)
        await table.wait(lambda: table.rows()[1].count("done") == 3)
        for name in turns:
            await table.shown(f"answer of {name}")
        await table.shown("$.126")


async def test_a_prompt_can_address_one_model(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        await table.press(*"@gpt", "space", *"hi", "enter")
        assert table.engine.prompts == [("hi", ("gpt",))]
        await table.wait(lambda: table.selected == "gpt")


async def test_keys_select_panes_from_the_empty_prompt(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        await table.press("tab")
        assert table.selected == "gpt"
        await table.press("tab", "tab")
        assert table.selected == "claude"
        await table.press("alt+left")
        assert table.selected == "gemini"
        await table.press("alt+right", "alt+left")
        assert table.selected == "gemini"
        await table.press("alt+2")
        assert table.selected == "gpt"
        await table.press("alt+9")
        assert table.selected == "gpt"
        assert not table.in_pane()


async def test_letters_act_only_while_a_pane_has_the_focus(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        await table.press("z")
        assert table.main.prompt.text == "z"
        assert not table.zoomed()
        await table.press("f6")
        assert table.in_pane()
        await table.press("z")
        assert table.zoomed()
        assert table.main.prompt.text == "z"
        await table.press("z", "i")
        assert not table.zoomed()
        assert not table.in_pane()
        await table.press("y")
        assert table.main.prompt.text == "zy"


async def test_tab_moves_between_panes_while_one_has_the_focus(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        await table.press("x", "f6", "tab")
        assert table.selected == "gpt"
        assert table.app.focused is table.main.panes["gpt"].stream


async def test_f2_goes_round_the_layouts_and_f7_zooms(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        assert table.visible() == ("claude", "gpt", "gemini")
        await table.press("f2")
        assert table.main.mode is Mode.FOCUS
        assert table.visible() == ("claude",)
        await table.shown("SESSION")
        await table.press("f2")
        assert table.main.arrangement.stacked
        await table.press("f2", "f7")
        assert table.visible() == ("claude",)
        assert table.main.arrangement.tabs


async def test_a_narrow_screen_has_tabs_and_a_resize_brings_the_columns(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home, size=(70, 24)) as table:
        assert table.visible() == ("claude",)
        assert all(name in table.rows()[1] for name in ("claude", "gpt", "gemini"))
        await table.press("tab")
        assert table.visible() == ("gpt",)
        await table.pilot.resize_terminal(120, 40)
        await table.wait(lambda: table.visible() == ("claude", "gpt", "gemini"))
        await table.pilot.resize_terminal(200, 60)
        await table.shown("SESSION")


@pytest.mark.parametrize("size", [(38, 12), (80, 24), (120, 40), (200, 60)])
async def test_every_size_shows_head_prompt_and_hints_in_full_rows(
    wait_until: WaitUntil, home: Path, size: tuple[int, int]
) -> None:
    async with running(wait_until, home, size=size) as table:
        rows = table.rows()
        assert len(rows) == size[1]
        assert all(len(row) == size[0] for row in rows)
        assert "claude" in "".join(rows[:3])
        assert "Enter" in rows[-1]


async def test_esc_stops_the_selected_pane_and_twice_all(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        for name in ("claude", "gpt"):
            table.engine.begin(name)
        await table.wait(lambda: table.phase("gpt") is Phase.WAITING)
        await table.press("escape")
        assert table.engine.commands == [Stop(pane="claude")]
        await table.press("escape")
        assert table.engine.commands[-1] == Stop(pane=None)


async def test_esc_twice_stops_others_when_the_selected_pane_is_idle(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        table.engine.begin("gpt")
        await table.wait(lambda: table.phase("gpt") is Phase.WAITING)
        await table.press("escape")
        assert table.engine.commands == []
        assert "gpt" in table.main.hint_bar.news
        await table.press("escape")
        assert table.engine.commands == [Stop(pane=None)]


async def test_esc_in_an_idle_pane_goes_back_to_the_prompt(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        await table.press("f6")
        assert table.in_pane()
        await table.press("escape")
        assert not table.in_pane()


async def test_ctrl_c_stops_then_clears_then_asks_then_quits(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        await table.press(*"draft")
        turn = table.engine.begin("claude")
        await table.wait(lambda: table.phase("claude") is Phase.WAITING)
        await table.press("ctrl+c")
        assert table.engine.commands == [Stop(pane="claude")]
        assert table.main.prompt.text == "draft"
        table.engine.finish("claude", turn, Outcome.CANCELLED)
        await table.wait(lambda: table.phase("claude") is Phase.STOPPED)
        await table.press("ctrl+c")
        assert table.main.prompt.is_empty
        assert table.app.is_running
        await table.press("ctrl+c")
        assert "again to quit" in table.main.hint_bar.news
        await table.press("ctrl+c")
        await table.wait(lambda: not table.app.is_running)


async def test_ctrl_d_quits_only_with_an_empty_prompt(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        await table.press("a", "b", "home", "ctrl+d")
        assert table.main.prompt.text == "b"
        await table.press("ctrl+d", "ctrl+d")
        await table.wait(lambda: not table.app.is_running)


async def test_ctrl_q_quits(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        await table.press("x", "ctrl+q")
        await table.wait(lambda: not table.app.is_running)


async def test_a_failed_turn_says_so_in_its_pane_and_r_retries(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        turn = table.engine.begin("gpt")
        problem = Problem(title="Overloaded", text="The service has no room.", hint="Try later.")
        table.engine.finish("gpt", turn, Outcome.TRANSIENT, problem)
        table.engine.answer("claude", "fine here")
        await table.shown("The service has no room.")
        await table.shown("Try later.")
        await table.shown("fine here")
        assert "overloaded" in table.rows()[1]
        await table.press("alt+2", "f6", "r")
        assert table.engine.commands == [Retry(pane="gpt")]


async def test_an_empty_answer_is_said(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        table.engine.finish("gpt", table.engine.begin("gpt"))
        await table.shown("Empty answer")


async def test_hostile_markup_is_shown_as_text(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        table.engine.answer("claude", "list[int] [@click=app.quit]x[/] [red]", prompt="[b]hi[/b] [/nope]")
        await table.shown("[@click=app.quit]x[/]")
        problem = Problem(title="[bold", text="path [/a/b] list[int]")
        table.engine.bus.publish(Notice(level=NoticeLevel.WARNING, problem=problem))
        await table.wait(lambda: "[/a/b]" in table.main.hint_bar.news)


@pytest.mark.parametrize("away", ["escape", "click"])
async def test_a_notice_can_be_dismissed(wait_until: WaitUntil, home: Path, away: str) -> None:
    problem = invisible_notice("a\u200bb")
    assert problem is not None
    async with running(wait_until, home) as table:
        bar = table.main.hint_bar
        table.engine.bus.publish(Notice(level=NoticeLevel.WARNING, problem=problem))
        await wait_until(lambda: bar.news.startswith("Invisible characters:"))
        await (table.pilot.press(away) if away == "escape" else table.pilot.click(HintBar))
        await wait_until(lambda: not bar.news)
        assert "Send" in table.rows()[-1]


async def test_page_up_scrolls_from_the_prompt_and_the_marker_tells_what_is_below(
    wait_until: WaitUntil, home: Path
) -> None:
    async with running(wait_until, home) as table:
        table.engine.answer("claude", "\n\n".join(f"row {number}" for number in range(200)))
        await table.shown("row 199")
        await table.press("x", "pageup")
        await table.shown("lines below")
        assert not table.main.panes["claude"].stream.following
        assert table.main.prompt.text == "x"
        await table.press("ctrl+home")
        await table.shown("row 0")
        await table.press("ctrl+end")
        await table.wait(lambda: not any("lines below" in row for row in table.rows()))
        assert table.main.panes["claude"].stream.following


async def test_waiting_prompts_are_shown_and_can_be_taken_back(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        table.engine.begin("claude")
        table.engine.bus.publish(PromptQueued(pane="claude", prompt_id="p1", text="and then?", waiting=1))
        await table.shown("and then?")
        await table.shown("1 queued")
        await table.press("f6", "x")
        assert table.engine.commands == [DropQueued(pane="claude")]
        assert table.main.prompt.text == "and then?"


async def test_copies_are_masked_and_told(wait_until: WaitUntil, home: Path) -> None:
    secret = "a-very-secret-value-of-this-test"
    secrets.register([secret])
    async with running(wait_until, home) as table:
        table.engine.answer("claude", f"Say {secret}:\n\n```sh\necho {secret}\n```\n")
        await table.shown("echo")
        await table.press("f6", "c")
        assert table.app.clipboard.startswith("echo ")
        assert secret not in table.app.clipboard
        assert "masked" in table.main.hint_bar.news
        await table.press("y")
        assert table.app.clipboard.startswith("Say ")
        assert secret not in table.app.clipboard


async def test_copying_nothing_is_said(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        await table.press("f6", "y")
        assert "No answer to copy" in table.main.hint_bar.news


async def test_slash_commands_run_actions(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        await table.press(*"/layout", "enter")
        await table.wait(lambda: table.main.mode is Mode.FOCUS)
        await table.press(*"/clear", "enter")
        await table.wait(lambda: table.engine.commands == [ClearConversation(pane=None)])
        await table.press(*"/clear-pane", "space", *"gpt", "enter")
        await table.wait(lambda: table.engine.commands[-1] == ClearConversation(pane="gpt"))


async def test_a_click_selects_and_focuses_a_pane(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        table.engine.answer("gpt", "text")
        await table.shown("text")
        await table.pilot.click(table.main.panes["gpt"].stream)
        await table.wait(lambda: table.selected == "gpt" and table.in_pane())
        await table.pilot.click(table.main.prompt)
        await table.wait(lambda: not table.in_pane())


async def test_changed_keys_work_and_wrong_ones_are_told(wait_until: WaitUntil, home: Path) -> None:
    config = Config(keys={"zoom": "f9", "nonsense": "f3"})
    async with running(wait_until, home, config=config) as table:
        await table.wait(lambda: "nonsense" in table.main.hint_bar.news)
        await table.press("f7")
        assert not table.zoomed()
        await table.press("f9")
        assert table.zoomed()


@pytest.mark.parametrize("key", ["f1", "ctrl+t", "f8", "ctrl+p"])
async def test_screens_open_and_esc_closes_them(wait_until: WaitUntil, home: Path, key: str) -> None:
    async with running(wait_until, home) as table:
        await table.press(key)
        await table.wait(lambda: table.app.screen is not table.main)
        turn = table.engine.begin("claude")
        table.engine.say("claude", turn, "while you read")
        table.engine.finish("claude", turn)
        await table.wait(lambda: table.phase("claude") is Phase.DONE)
        await table.press("escape")
        await table.wait(lambda: table.app.screen is table.main)
        await table.shown("while you read")


async def test_scenes_belong_to_the_demo(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home, demo=False) as table:
        await table.press("f8")
        assert table.app.screen is table.main
        assert "DEMO" not in table.rows()[0]


async def test_one_pane_needs_no_tabs(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home, panes=PANES[:1], size=(80, 24)) as table:
        assert not table.main.arrangement.tabs
        assert table.visible() == ("claude",)


async def test_nothing_ticks_while_nothing_runs(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        assert not table.main.ticker.running
        turn = table.engine.begin("claude")
        await table.wait(lambda: table.main.ticker.running)
        table.engine.finish("claude", turn)
        await table.wait(lambda: not table.main.ticker.running)
        await table.wait(lambda: table.app.frame_clock.is_idle)


async def test_ascii_glyphs_leave_nothing_but_ascii_on_the_screen(wait_until: WaitUntil, home: Path) -> None:
    config = Config(ui=UiConfig(glyphs=GlyphSetting.ASCII))
    async with running(wait_until, home, config=config, size=(200, 50)) as table:
        table.engine.answer("claude", "# Title\n\n- one\n- two\n\n> quote\n")
        await table.shown("quote")
        for row in table.rows():
            assert row.isascii(), row


@pytest.mark.parametrize(
    ("setting", "environ", "spare"),
    [
        (Switch.AUTO, {}, False),
        (Switch.AUTO, {"SSH_CONNECTION": "1 2 3 4"}, True),
        (Switch.OFF, {"SSH_CONNECTION": "1 2 3 4"}, False),
        (Switch.ON, {}, True),
    ],
)
def test_bytes_are_spared_over_ssh(setting: Switch, environ: dict[str, str], spare: bool) -> None:
    assert low_bandwidth(setting, environ) is spare


async def test_a_double_click_on_a_head_zooms(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        await table.pilot.double_click(table.main.panes["gpt"].head)
        await table.wait(lambda: table.zoomed() and table.visible() == ("gpt",))


async def test_a_click_on_a_tab_selects_its_pane(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home, size=(60, 24)) as table:
        column = table.rows()[1].index("gemini")
        await table.pilot.click(offset=(column, 1))
        await table.wait(lambda: table.visible() == ("gemini",))


@pytest.mark.parametrize(
    ("ui", "theme"),
    [
        (UiConfig(low_bandwidth=Switch.ON), "llmmixer-ansi"),
        (UiConfig(low_bandwidth=Switch.ON, theme="llmmixer-light"), "llmmixer-light"),
        (UiConfig(low_bandwidth=Switch.OFF), "llmmixer-dark"),
    ],
)
async def test_sparing_bytes_takes_short_colours_unless_a_theme_was_chosen(
    home: Path, ui: UiConfig, theme: str
) -> None:
    app = LLMMixerApp(FakeEngine(), Config(ui=ui), environ={"HOME": str(home)}, cwd=home)
    assert app.theme == theme
    assert (app.frame_clock.interval > 0.09) is (ui.low_bandwidth is Switch.ON)


async def test_a_defect_in_a_frame_ends_the_application_with_its_traceback(
    wait_until: WaitUntil, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a defect")

    async def run() -> None:
        async with running(wait_until, home) as table:
            monkeypatch.setattr("tui.ui.pump.reduce", broken)
            table.engine.begin("claude")
            await table.wait(lambda: not table.app.is_running)

    with pytest.raises(ZeroDivisionError, match="a defect"):
        await run()


async def test_arrows_with_ctrl_move_between_prompt_and_pane(wait_until: WaitUntil, home: Path) -> None:
    async with running(wait_until, home) as table:
        await table.press("ctrl+up")
        assert table.in_pane()
        await table.press("ctrl+down")
        assert not table.in_pane()


async def test_a_selection_is_copied_masked_by_ctrl_c(wait_until: WaitUntil, home: Path) -> None:
    secret = "another-secret-value-of-this-test"
    secrets.register([secret])
    async with running(wait_until, home) as table:
        table.engine.answer("claude", f"the key is {secret} ok")
        await table.shown("the key is")
        table.main.panes["claude"].stream.focus()
        table.main.selections = {table.main.panes["claude"].stream: SELECT_ALL}
        await table.press("ctrl+c")
        assert "the key is" in table.app.clipboard
        assert secret not in table.app.clipboard
        assert not table.main.get_selected_text()


async def test_a_chosen_theme_is_there_the_next_time(wait_until: WaitUntil, home: Path) -> None:
    environ = {"HOME": str(home)}
    async with running(wait_until, home) as table:
        await table.press("ctrl+t")
        await table.wait(lambda: len(table.app.screen_stack) > 1)
        for letter in "light":
            await table.press(letter)
        await table.wait(lambda: table.app.theme == "llmmixer-light")
        await table.press("enter")
        await table.shown("kept in")
    assert load(environ=environ, cwd=home).config.ui.theme == "llmmixer-light"
