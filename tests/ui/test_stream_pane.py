"""The pane in a running application: following, scrolling, folding, selecting, themes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from textual.app import App, ComposeResult
from textual.color import Color
from textual.events import MouseScrollUp
from textual.geometry import Offset
from textual.pilot import Pilot
from textual.selection import Selection
from textual.widgets import Input

from tui.ui.frame_clock import FrameClock
from tui.ui.render.palette import MIN_CONTRAST, TEXT_ROLES, contrast
from tui.ui.theming import register_all
from tui.ui.view.document import SectionKind
from tui.ui.view.tool_line import ToolLine, ToolState
from tui.ui.widgets.stream_pane import StreamPane

SIZE = (40, 12)


class PaneApp(App[None]):
    """One pane over an input."""

    CSS = "StreamPane { height: 1fr; } Input { height: 1; border: none; }"

    def __init__(self, *, ascii_glyphs: bool = False) -> None:
        super().__init__()
        self.frame_clock = FrameClock(60)
        self.pane = StreamPane(self.frame_clock, ascii_glyphs=ascii_glyphs)
        self.told: list[tuple[bool, int]] = []

    def compose(self) -> ComposeResult:
        yield self.pane
        yield Input()

    def on_stream_pane_follow_changed(self, message: StreamPane.FollowChanged) -> None:
        assert message.pane is self.pane
        self.told.append((message.following, message.lines_below))


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, not for a time."""
    for _ in range(2000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("the condition never held")


def screen_rows(app: PaneApp) -> list[str]:
    """Return what the pane's part of the screen shows, without the thumb."""
    strips = app.pane.render_lines(app.pane.size.region)
    return [strip.text[:-1].rstrip() for strip in strips]


async def settled(app: PaneApp) -> None:
    await until(lambda: app.frame_clock.is_idle)
    await until(lambda: not app.pane._unread)


@asynccontextmanager
async def running(*, ascii_glyphs: bool = False) -> AsyncIterator[tuple[PaneApp, Pilot[None]]]:
    app = PaneApp(ascii_glyphs=ascii_glyphs)
    async with app.run_test(size=SIZE) as pilot:
        await until(lambda: app.pane.size.height == SIZE[1] - 1)
        yield app, pilot


def numbered(count: int) -> str:
    return "".join(f"row {number}\n\n" for number in range(count))


async def test_a_stream_is_shown_and_followed() -> None:
    async with running() as (app, _):
        app.pane.begin(SectionKind.PROMPT)
        app.pane.append("Question")
        app.pane.begin(SectionKind.ANSWER)
        for character in "Some **bold** answer\n\n- item":
            app.pane.append(character)
        await settled(app)
        assert screen_rows(app)[:6] == ["▌ Question", "", "Some bold answer", "", "• item", ""]
        app.pane.append("\n" + numbered(30))
        await settled(app)
        assert screen_rows(app)[-1] == "row 29"
        assert (app.pane.following, app.pane.lines_below) == (True, 0)
        app.pane.end()
        await settled(app)
        assert screen_rows(app)[-1] == "row 29"


async def test_appending_before_the_first_paint() -> None:
    app = PaneApp()
    async with app.run_test(size=SIZE):
        app.pane.append("early")
        await until(lambda: screen_rows(app)[0] == "early")


async def test_scrolling_up_releases_and_the_end_resumes() -> None:
    async with running() as (app, pilot):
        app.pane.load(numbered(40))
        await settled(app)
        app.pane.focus()
        await pilot.press("up")
        await until(lambda: not app.pane.following)
        assert app.pane.lines_below == 1
        before = screen_rows(app)
        app.pane.begin(SectionKind.ANSWER)
        app.pane.append("more\n\nand more")
        await settled(app)
        assert screen_rows(app) == before
        assert app.pane.lines_below == 5
        await until(lambda: app.told[-1] == (False, 5))
        await pilot.press("end")
        await until(lambda: app.pane.following)
        assert screen_rows(app)[-1] == "and more"
        await until(lambda: app.told[-1] == (True, 0))


@pytest.mark.parametrize(
    ("keys", "first"),
    [
        (["home"], "row 0"),
        (["home", "down", "down"], "row 1"),
        (["home", "pagedown"], "row 5"),
        (["home", "shift+pagedown", "pageup"], "row 0"),
        (["pageup"], "row 29"),
        (["home", "down", "shift+up", "up"], "row 0"),
    ],
)
async def test_keys(keys: list[str], first: str) -> None:
    async with running() as (app, pilot):
        app.pane.load(numbered(40))
        await settled(app)
        app.pane.focus()
        await pilot.press(*keys)
        await settled(app)
        assert screen_rows(app)[0] == first
        assert not app.pane.following


async def test_scrolling_down_to_the_bottom_follows_again() -> None:
    async with running() as (app, _):
        app.pane.load(numbered(40))
        await settled(app)
        followed = []
        for rows in (-7, 6, 3):
            app.pane.scroll_lines(rows)
            followed.append(app.pane.following)
        assert followed == [False, False, True]
        assert screen_rows(app)[-1] == "row 39"


async def test_a_text_that_fits_never_ceases_to_follow() -> None:
    async with running() as (app, _):
        app.pane.load("short")
        await settled(app)
        app.pane.scroll_pages(-1)
        assert app.pane.following
        assert len(app.pane._shown_thumb) == 0


async def test_a_resize_keeps_the_place() -> None:
    async with running() as (app, pilot):
        app.pane.load("".join(f"paragraph {number} {'word ' * 30}\n\n" for number in range(60)))
        await settled(app)
        app.pane.scroll_to_top()
        app.pane.scroll_lines(50)
        place = app.pane._stream.viewport.block
        await pilot.resize_terminal(73, 20)
        await until(lambda: app.pane.size.width == 73 and len(app.pane._shown) == 19)
        assert app.pane._stream.viewport.block == place
        app.pane.scroll_to_end()
        await pilot.resize_terminal(31, 16)
        await until(lambda: app.pane.size.width == 31 and len(app.pane._shown) == 15)
        assert app.pane.following
        assert screen_rows(app)[-1].endswith("word")


async def test_the_wheel_and_the_thumb() -> None:
    async with running() as (app, pilot):
        app.pane.load(numbered(60))
        await settled(app)
        await pilot._post_mouse_events([MouseScrollUp], app.pane, offset=(3, 3))
        await until(lambda: app.pane.lines_below == 3)
        await pilot.click(app.pane, offset=(SIZE[0] - 1, 0))
        await until(lambda: screen_rows(app)[0] == "row 0")
        await pilot.click(app.pane, offset=(SIZE[0] - 1, SIZE[1] - 2))
        await until(lambda: app.pane.following)


async def test_thinking_folds_when_it_ends_and_unfolds_by_key_and_click() -> None:
    async with running() as (app, pilot):
        app.pane.begin(SectionKind.THINKING)
        app.pane.append("two words\n\nthree more words")
        await settled(app)
        assert screen_rows(app)[:4] == ["▾ thinking · 5 words", "  two words", "", "  three more words"]
        app.pane.begin(SectionKind.ANSWER)
        app.pane.append("Answer")
        await settled(app)
        assert screen_rows(app)[:3] == ["▸ thinking · 5 words", "", "Answer"]
        await pilot.click(app.pane, offset=(4, 0))
        await until(lambda: screen_rows(app)[1] == "  two words")
        app.pane.focus()
        await pilot.press("t")
        await until(lambda: screen_rows(app)[2] == "Answer")
        app.pane.set_thinking("hidden")
        await until(lambda: screen_rows(app)[0] == "Answer" or screen_rows(app)[1] == "Answer")
        app.pane.set_thinking("shown")
        await until(lambda: "  three more words" in screen_rows(app))


async def test_the_summary_of_folded_thinking() -> None:
    async with running() as (app, _):
        app.pane.begin(SectionKind.THINKING)
        app.pane.append("a b c")
        app.pane.end("12 s")
        await settled(app)
        assert screen_rows(app)[0] == "▸ thinking · 12 s"


async def test_a_tool_call_folds_by_key_and_by_click() -> None:
    async with running() as (app, pilot):
        app.pane.begin(SectionKind.ANSWER)
        app.pane.append("Look:")
        call = ToolLine(key=1, name="run_command", title="ls", state=ToolState.RUNNING, body="a\nb", live=True)
        app.pane.put_tool(call)
        await settled(app)
        assert [row.split() for row in screen_rows(app)[:5]] == [
            ["Look:"], [], ["▸", "run", "ls", "●", "running"], ["a"], ["b"]
        ]  # fmt: skip
        app.pane.put_tool(replace(call, state=ToolState.OK, notes=("2 lines",), live=False))
        app.pane.begin(SectionKind.ANSWER)
        app.pane.append("Done.")
        await until(lambda: screen_rows(app)[4] == "Done.")
        app.pane.focus()
        await pilot.press("o")
        await until(lambda: screen_rows(app)[2:7] == [screen_rows(app)[2], "  a", "  b", "", "Done."])
        assert screen_rows(app)[2].startswith("▾ run ls")
        await pilot.click(app.pane, offset=(4, 2))
        await until(lambda: screen_rows(app)[4] == "Done.")
        await pilot.click(app.pane, offset=(4, 1))
        await settled(app)
        assert screen_rows(app)[2].startswith("▸ run ls")
        assert screen_rows(app)[2].endswith("✓ 2 lines")


async def test_notice_and_error() -> None:
    async with running() as (app, _):
        app.pane.begin(SectionKind.NOTICE)
        app.pane.append("retrying")
        app.pane.begin(SectionKind.ERROR, "Overloaded")
        app.pane.append("529")
        app.pane.end()
        await settled(app)
        assert screen_rows(app)[:4] == ["• retrying", "", "✗ Overloaded", "  529"]


async def test_ascii_glyphs() -> None:
    async with running(ascii_glyphs=True) as (app, _):
        app.pane.begin(SectionKind.PROMPT)
        app.pane.append("q")
        app.pane.begin(SectionKind.THINKING)
        for key, state in enumerate(ToolState):
            app.pane.put_tool(ToolLine(key=key, name="read_file", title="x", state=state, body="-a\n+b", diff=True))
        app.pane.toggle_tools()
        app.pane.begin(SectionKind.ANSWER)
        app.pane.append("- [x] a\n\n> b\n\n```py\nc\n```\n\n---\n\n|a|b|\n|-|-|\n|1|2|\n" + numbered(20))
        app.pane.end()
        await settled(app)
        assert "".join(strip.text for strip in app.pane.render_lines(app.pane.size.region)).isascii()
        app.pane.scroll_to_top()
        assert "".join(strip.text for strip in app.pane.render_lines(app.pane.size.region)).isascii()


async def test_what_can_be_copied_from_outside() -> None:
    async with running() as (app, _):
        app.pane.begin(SectionKind.PROMPT)
        app.pane.append("q")
        app.pane.begin(SectionKind.ANSWER)
        app.pane.append("a\n```py\nx\n```\n")
        assert app.pane.answer_text() == "a\n```py\nx\n```\n"
        assert app.pane.code_blocks() == [("py", "x")]
        app.pane.clear()
        await settled(app)
        assert screen_rows(app) == [""] * (SIZE[1] - 1)


async def test_selecting_with_the_mouse_copies_the_text_as_shown() -> None:
    async with running() as (app, pilot):
        app.pane.load(f"A **bold** {'word ' * 12}end.\n\n> quoted\n\n```py\nx = 1\ny = 2\n```\n")
        await settled(app)
        await pilot.mouse_down(app.pane, offset=(2, 0))
        await pilot.hover(app.pane, offset=(4, 7))
        await pilot.mouse_up(app.pane, offset=(4, 7))
        await until(lambda: app.pane.text_selection is not None)
        assert app.screen.get_selected_text() == f"bold {'word ' * 12}end.\n\nquoted\n\nx = 1\ny ="


async def test_everything_selected_is_the_source() -> None:
    async with running() as (app, _):
        app.pane.load("# Head\n\n**x**\n")
        await settled(app)
        assert app.pane.get_selection(Selection(None, None)) == ("# Head\n\n**x**", "\n")
        app.screen.selections = {app.pane: Selection(Offset(0, 0), None)}
        await settled(app)
        assert app.screen.get_selected_text() == "Head\n\nx"


async def test_a_selection_stays_while_text_streams_in() -> None:
    async with running() as (app, _):
        app.pane.begin(SectionKind.ANSWER)
        app.pane.append("first paragraph\n\n")
        await settled(app)
        app.screen.selections = {app.pane: Selection(Offset(6, 0), Offset(15, 0))}
        app.pane.append(numbered(40))
        await settled(app)
        assert app.screen.get_selected_text() == "paragraph"


async def test_another_theme_repaints_in_its_colours() -> None:
    async with running() as (app, pilot):
        app.pane.load("# Head\n\ntext")
        await settled(app)

        def head_style() -> object:
            return app.pane.render_lines(app.pane.size.region)[0]._segments[0].style

        before = head_style()
        app.theme = "textual-light"
        await until(lambda: head_style() != before)
        await pilot.pause()
        base = app.pane.rich_style
        assert app.pane._stream.renderer.blank().base.bgcolor == base.bgcolor


async def test_the_thumb_has_the_colour_of_the_focus() -> None:
    async with running() as (app, _):
        app.pane.load(numbered(100))
        app.query_one(Input).focus()
        await settled(app)
        without = app.pane._stream.renderer.colours()["thumb"]
        app.pane.focus()
        await until(lambda: app.pane._stream.renderer.colours()["thumb"] != without)
        primary = app.pane._stream.renderer.colours()["thumb"].color
        assert primary is not None
        assert primary.triplet == Color.parse(app.theme_variables["primary"]).rich_color.triplet
        app.query_one(Input).focus()
        await until(lambda: app.pane._stream.renderer.colours()["thumb"] == without)


async def test_hostile_text_stays_text() -> None:
    async with running() as (app, _):
        app.pane.begin(SectionKind.ANSWER, "title \x1b[31m")
        app.pane.append("\x1b]52;c;eA==\x07 [@click=app.bell]x[/] &#27;[2J &#x202e;\n\n[a](\x1b[31m) ![b](x&#x9b;y)\n")
        app.pane.end("\x1b[2J")
        await settled(app)
        for strip in app.pane.render_lines(app.pane.size.region):
            assert strip.text.isprintable()
            assert not any(segment.style and segment.style.meta for segment in strip._segments)
        assert any("[@click=app.bell]x[/]" in row for row in screen_rows(app))


async def test_an_idle_pane_schedules_nothing() -> None:
    async with running() as (app, _):
        app.pane.load(numbered(100))
        await settled(app)
        assert app.frame_clock.is_idle
        await until(lambda: not any(timer._task and not timer._task.done() for timer in app.pane._timers))


@pytest.mark.parametrize("name", ["llmmixer-dark", "llmmixer-light", "llmmixer-contrast", "textual-dark", "nord"])
async def test_every_text_can_be_read_in_every_theme(name: str) -> None:
    async with running() as (app, _):
        register_all(app)
        app.theme = name
        app.pane.load("text")
        await settled(app)
        background = app.pane.background_colors[1].rich_color.triplet
        await until(lambda: app.pane._stream.renderer.colours().base.bgcolor == app.pane.rich_style.bgcolor)
        palette = app.pane._stream.renderer.colours()
        assert background is not None
        for styles in (palette, palette.muted()):
            for role in TEXT_ROLES:
                color = styles[role].color
                assert color is not None
                assert color.triplet is not None
                assert contrast(color.triplet, background) >= MIN_CONTRAST, role


async def test_the_terminals_own_colours_are_passed_on() -> None:
    async with running() as (app, _):
        register_all(app)
        app.theme = "llmmixer-ansi"
        app.pane.load("# Head\n\ntext\n")
        await until(lambda: app.pane._stream.renderer.palette is not None)
        await settled(app)
        sent = "".join(strip.render(app.console) for strip in app.pane.render_lines(app.pane.size.region))
        assert "\x1b[38;2;" not in sent
        assert "48;2;" not in sent


async def test_no_color_leaves_no_hue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with running() as (app, _):
        app.pane.load("# Head\n\n`code` [a](b)\n")
        await settled(app)
        for strip in app.pane.render_lines(app.pane.size.region):
            for segment in strip:
                assert segment.style is not None
                for color in (segment.style.color, segment.style.bgcolor):
                    if color is not None and color.triplet is not None:
                        assert len(set(color.triplet)) == 1
