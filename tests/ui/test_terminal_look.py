"""Cells of a terminal on the screen: colours, widths, what lies over them."""

import gc

import pytest
from rich.style import Style
from textual.color import Color
from textual.filter import Monochrome
from textual.strip import Strip

from tui.core.terminal import CellStyle, Run
from tui.ui.render.palette import contrast
from tui.ui.render.rows import Row
from tui.ui.widgets.terminal_look import Look, fixed_color
from tui.ui.widgets.terminal_rows import characters_at, overlay, paint_row, put

DARK = Style(color="#d5d8de", bgcolor="#14161a")
LIGHT = Style(color="#2b2d33", bgcolor="#fbf9f6")
COLORS = {"state-bad": "#f08c8c", "state-ok": "#8fc58a", "state-warn": "#e5c07b", "state-busy": "#8ab4f0"}
INKS = {"state-bad": "#ab2836", "state-ok": "#2c6a35", "state-warn": "#7a5000", "state-busy": "#2a5a9f"}


def look(base: Style = DARK, *, native: bool = False, gray: bool = False) -> Look:
    filters = [Monochrome()] if gray else []
    variables = COLORS if base is DARK else INKS
    return Look(
        base, Style(bgcolor="#334455"), Style(color="#e6b673"), variables, filters, Color(0, 0, 0), native=native
    )


def run(text: str, cells: int = -1, **style: object) -> Run:
    return Run(text, len(text) if cells < 0 else cells, CellStyle(**style))  # type: ignore[arg-type]  # fields by name


@pytest.mark.parametrize("base", [DARK, LIGHT], ids=["dark", "light"])
def test_the_sixteen_colours_can_be_read_on_each_other(base: Style) -> None:
    colours = look(base)
    for fg in (None, *range(16)):
        for bg in (None, *range(16)):
            style = colours.style(CellStyle(fg=fg, bg=bg))
            assert style.color is not None
            assert style.bgcolor is not None
            assert contrast(style.color.get_truecolor(), style.bgcolor.get_truecolor()) >= 2.99, (fg, bg)


def test_colours_of_the_theme_and_exact_ones() -> None:
    colours = look()
    assert colours.style(CellStyle(fg=4)).color == Style(color="#8ab4f0").color
    assert colours.style(CellStyle(fg=(1, 2, 3))).color == Style(color="#010203").color
    assert colours.style(CellStyle(bg=196)).bgcolor == Style(bgcolor="#ff0000").bgcolor
    assert colours.style(CellStyle(fg=244)).color == Style(color="#808080").color
    assert fixed_color(16) == (0, 0, 0)
    assert fixed_color(255) == (238, 238, 238)
    assert colours.style(CellStyle()) == colours.base


def test_the_terminals_own_colours_pass_through_in_its_theme() -> None:
    style = look(Style(color="default", bgcolor="default"), native=True).style(CellStyle(fg=1, bg=12))
    assert style.color is not None
    assert style.bgcolor is not None
    assert (style.color.number, style.bgcolor.number) == (1, 12)


def test_without_colours_everything_is_grey() -> None:
    style = look(gray=True).style(CellStyle(fg=1))
    assert style.color is not None
    color = style.color.get_truecolor()
    assert color.red == color.green == color.blue


@pytest.mark.parametrize(
    "name", ["bold", "dim", "italic", "underline", "blink", "reverse", "strike", "overline"]
)  # fmt: skip
def test_attributes(name: str) -> None:
    style = look().style(CellStyle(**{name: True}))  # type: ignore[arg-type]  # a field by its name
    assert getattr(style, name)


@pytest.mark.parametrize(
    ("runs", "width", "text"),
    [
        ([run("ab"), run("cd", bold=True)], 6, "abcd  "),
        ([run("abcdef")], 3, "abc"),
        ([run("日本", 4)], 6, "日本  "),
        ([run("日本", 4)], 3, "日 "),
        ([run("e\u0301x", 2)], 3, "e\u0301x "),
        ([run("secret", hidden=True)], 8, "        "),
        ([run("❤\ufe0f!", 3)], 4, "❤\ufe0f! "),
        ([run("❤\ufe0f!", 2)], 4, None),
        ([], 3, "   "),
    ],
)
def test_a_row_has_exactly_its_width(runs: list[Run], width: int, text: str | None) -> None:
    strip = paint_row(runs, width, look())
    assert sum(segment.cell_length for segment in strip) == width
    if text is not None:
        assert strip.text == text


def test_overlays_keep_the_text() -> None:
    strip = paint_row([run("one two"), run(" 日本", 5)], 20, look())
    marked = overlay(strip, 2, 10, Style(reverse=True))
    assert marked.text == strip.text
    assert [segment.text for segment in marked if segment.style is not None and segment.style.reverse] == [
        "e two",
        " 日",
    ]
    assert overlay(strip, 5, 5, Style(reverse=True)) is strip
    assert overlay(strip, 18, 99, Style(reverse=True)).cell_length == 20
    assert put(strip, 3, "|", Style()).text.startswith("one|two")


def test_blank_cells_after_the_text_are_known() -> None:
    row = paint_row([run("$ ", bold=True), run("ls")], 20, look())
    assert (row.cell_length, row.body_cells) == (20, 4)
    assert row.crop(0, 6).text == "$ ls  "


def test_painted_rows_are_freed_without_the_garbage_collector() -> None:
    gc.collect()
    gc.disable()
    try:
        row = paint_row([run("$ ", bold=True), run("ls")], 20, look())
        strips: list[Strip] = [row, overlay(row, 1, 2, Style(reverse=True)), put(row, 5, "|", Style())]
        for strip in strips:
            assert list(strip.divide([20])) == [strip]
        del row, strip
        strips.clear()
        assert not [found for found in gc.get_objects() if isinstance(found, Row) and found.text.startswith("$ ls")]
    finally:
        gc.enable()


def test_the_character_at_a_cell() -> None:
    runs = [run("ab"), run("日本", 4), run("x", link="https://x")]
    assert [characters_at(runs, column)[0] for column in range(8)] == ["a", "b", "日", "日", "本", "本", "x", ""]
    found = characters_at(runs, 6)[1]
    assert found is not None
    assert found.style.link == "https://x"
