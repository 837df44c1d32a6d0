"""How Markdown looks in rows."""

from dataclasses import fields

import pytest
from rich.color_triplet import ColorTriplet
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from tests.ui.stream_support import all_rows, make_layout, palette_for_tests, render, stream
from tui.ui.render.cells import chop, width_of, wrap
from tui.ui.render.palette import ASCII_GLYPHS, MIN_CONTRAST, Glyphs, build_palette, contrast, readable
from tui.ui.render.rows import Row, make_row, slice_runs
from tui.ui.render.table import column_widths
from tui.ui.view.document import SectionKind

BASE = Style(color="#e0e0e0", bgcolor="#121212")


def rows_of(text: str, width: int) -> list[str]:
    return [text[start:end] for start, end in wrap(text, width)]


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("", 5, [""]),
        ("abc", 3, ["abc"]),
        ("ab cd", 3, ["ab", "cd"]),
        ("abc def", 3, ["abc", "def"]),
        ("abcdefgh", 3, ["abc", "def", "gh"]),
        ("a   bcd", 3, ["a", "bcd"]),
        ("a bcdef", 4, ["a", "bcde", "f"]),
        ("日本語", 4, ["日本", "語"]),
        ("日本語", 5, ["日本", "語"]),
        ("日本。語", 4, ["日", "本。", "語"]),
        ("ab日本 cd", 4, ["ab日", "本", "cd"]),
        ("é e\u0301e\u0301e\u0301", 3, ["é", "e\u0301e\u0301e\u0301"]),
        ("ü b c", 3, ["ü b", "c"]),
        ("ü   bc", 3, ["ü", "bc"]),
        ("👩‍👩‍👧👩‍👩‍👧", 2, ["👩‍👩‍👧", "👩‍👩‍👧"]),
        ("abc " * 3, 7, ["abc abc", "abc "]),
        ("é " * 4, 3, ["é é", "é é"]),
    ],
)
def test_wrapping(text: str, width: int, expected: list[str]) -> None:
    assert rows_of(text, width) == expected
    assert all(width_of(row) <= width for row in rows_of(text, width))


def test_code_is_cut_where_the_row_is_full() -> None:
    assert [("a b c d"[start:end]) for start, end in chop("a b c d", 3)] == ["a b", " c ", "d"]
    assert [("日本語x"[start:end]) for start, end in chop("日本語x", 5)] == ["日本", "語x"]
    assert chop("", 5) == [(0, 0)]


def test_runs_are_cut_with_their_styles() -> None:
    bold = Style(bold=True)
    rows = slice_runs([("ab ", BASE), ("cd", bold), ("e", BASE)], [(0, 2), (3, 6)])
    assert rows == [[("ab", BASE)], [("cd", bold), ("e", BASE)]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# *A* `b`\ntext", ["A b", "text"]),
        ("a\nb  \nc", ["a", "b", "c"]),
        ("a line that its writer has wrapped at a width of about seventy cells\nand its rest", None),
        ("- a\n  - b\n    1. c", ["• a", "  ◦ b", "    1. c"]),
        ("9. a\n10. b\n   more", ["9. a", "10. b", "    more"]),
        ("- [ ] a\n- [x] b", ["☐ a", "☑ b"]),
        ("- a\n\n- b", ["• a", "", "• b"]),
        ("- > q\n- ```\n  c\n  ```", ["• ▎ q", "• ╭─", "  │ c", "  ╰─"]),
        ("> a\n> > b\n>\n> c", ["▎ a", "▎ ▎ b", "▎", "▎ c"]),
        ("```py\nx\n\ny\n```", ["╭─ py", "│ x", "│", "│ y", "╰─"]),
        ("```\n```", ["╭─", "╰─"]),
        ("```js\nunclosed", ["╭─ js", "│ unclosed", "╰─"]),
        ("    a\n      b", ["│ a", "│   b"]),
        ("***", ["─" * 40]),
        ("[a](/b) <http://c>", ["a (/b) http://c"]),
        ("[http://c](http://c) [x](#y)", ["http://c x"]),
        ("![alt](p.png)", ["[alt] (p.png)"]),
        ("<b>x</b> &lt;", ["<b>x</b> <"]),
        ("[a][1] [2]\n\n[1]: /one\n[2]: /two", ["a (/one) 2 (/two)"]),
        ("a &#x202e;b &#10;c &#9;d", ["a ⟨U+202E⟩b  c     d"]),
    ],
)
def test_blocks(text: str, expected: list[str] | None) -> None:
    if expected is None:
        assert render(text, 200) == [text.replace("\n", " ")]
    else:
        assert render(text) == expected


def test_tables_are_fitted() -> None:
    text = "| a | long column |\n|--:|:-:|\n| 1 | some words here |\n| 22 | **x** |"
    assert render(text, 40) == [" a │   long column", "───┼────────────────", " 1 │ some words here", "22 │        x"]
    assert render(text, 16) == [
        " a │ long column",
        "───┼────────────",
        " 1 │ some words",
        "   │    here",
        "22 │      x",
    ]
    assert max(map(width_of, render("|日本|b|\n|-|-|\n|日本語日本語|" + "word " * 9 + "|", 20))) <= 20


def test_a_table_with_too_many_columns_becomes_records() -> None:
    text = "|a|b|c|d|e|f|\n|-|-|-|-|-|-|\n|one|two|three|four|five|six|\n|1|2|3|4|5|6|"
    assert render(text, 20)[:7] == ["a: one", "b: two", "c: three", "d: four", "e: five", "f: six", "─" * 8]


@pytest.mark.parametrize(
    ("natural", "available", "expected"),
    [([3, 3], 20, [3, 3]), ([3, 50], 20, [3, 17]), ([50, 50], 20, [10, 10]), ([2, 30, 9], 21, [2, 10, 9])],
)
def test_column_widths(natural: list[int], available: int, expected: list[int]) -> None:
    assert column_widths(natural, available) == expected


def test_code_is_highlighted_also_on_its_last_line() -> None:
    palette = palette_for_tests()
    rows = all_rows(stream("```rust\nlet x = 1; // note\n```\n```python\ndef f(): pass  # c\n```", 0))
    styles = {segment.text.strip(): segment.style for row in rows for segment in row.body}
    assert styles["let"] == palette["token-keyword"]
    assert styles["// note"] == palette["token-comment"]
    assert styles["f"] == palette["token-name"]
    assert styles["# c"] == palette["token-comment"]


def test_unknown_languages_are_plain() -> None:
    rows = all_rows(stream("```nosuchlanguage {x=1}\ndef f\n```", 0))
    assert rows[1].text.rstrip() == "│ def f"
    assert rows[1].body[1].style == palette_for_tests()["code-block"]


@pytest.mark.parametrize("state", ["**b", "# h", "- [x] t", "> q", "```py\nx = 1\n", "1. a\n2. b `c", "    code"])
def test_the_open_block_takes_as_many_rows_as_the_finished(state: str) -> None:
    layout = make_layout()
    layout.begin(SectionKind.ANSWER, "")
    layout.append(state)
    before = len(all_rows(layout))
    layout.end("")
    assert len(all_rows(layout)) - before in (0, 1 if state.startswith("```") else 0)


def test_the_open_block_shows_closed_emphasis_only() -> None:
    layout = make_layout()
    layout.begin(SectionKind.ANSWER, "")
    layout.append("a **b** `c` **open")
    (row,) = all_rows(layout)
    assert row.text.rstrip() == "a b c **open"
    assert [s.text for s in row.body if s.style and s.style.bold] == ["b"]


def test_finished_rows_stay_the_same_objects() -> None:
    layout = make_layout()
    layout.begin(SectionKind.ANSWER, "")
    layout.append("word " * 30)
    before = layout.window()
    layout.append("and more")
    after = layout.window()
    assert [a is b for a, b in zip(before, after, strict=True)].count(False) == 1


# -- what reaches the terminal ---------------------------------------------------------------------------------


def sent(row: Row) -> str:
    return row.render(Console(color_system="truecolor", force_terminal=True))


def test_a_row_sends_its_style_once() -> None:
    row = make_row([("plain ", BASE), ("bold", BASE + Style(bold=True)), (" plain", BASE)], 20, BASE)
    base = "38;2;224;224;224;48;2;18;18;18"
    assert sent(row) == f"\x1b[{base}mplain \x1b[1mbold\x1b[22m plain{' ' * 5}\x1b[0m"


def test_blank_cells_cost_no_escape_sequence() -> None:
    red = BASE + Style(color="#ff0000")
    row = make_row([("a", BASE), ("   ", red), ("b", BASE)], 5, BASE)
    assert sent(row).count("\x1b[") == 2
    underlined = make_row([("a", BASE), ("   ", BASE + Style(underline=True)), ("b", BASE)], 5, BASE)
    assert "\x1b[4m   \x1b[24m" in sent(underlined)


def test_dim_and_bold_share_one_off_code() -> None:
    row = make_row([("a", BASE + Style(bold=True, dim=True)), ("b", BASE + Style(dim=True))], 2, BASE)
    assert "a\x1b[22;2mb" in sent(row)


def test_losing_the_blank_end_keeps_what_is_sent() -> None:
    row = make_row([("abc", BASE)], 20, BASE)
    cut = row.crop(0, 3)
    assert (cut.text, cut.cell_length) == ("abc", 3)
    assert cut is row.crop(0, 3)
    assert row.crop(0, 21) is row
    assert row.crop(1, 3).text == "bc"


def test_a_row_too_long_is_cut() -> None:
    row = make_row([("日本語", BASE)], 5, BASE)
    assert row.cell_length == 6
    assert width_of(row.text) == 6


# -- colours ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("background", ["#000000", "#121212", "#777777", "#e0e0e0", "#ffffff", "#0000aa"])
@pytest.mark.parametrize("color", ["#000000", "#333333", "#808080", "#0178d4", "#ffa62b", "#ffffff"])
def test_text_can_be_read_on_any_background(background: str, color: str) -> None:
    base = Style(color=color, bgcolor=background)
    palette = build_palette(base, lambda _role: Style(color=color), Style(reverse=True), [], Color.parse(background))
    for role in ("heading-1", "thinking", "token-comment", "url"):
        style = palette[role]
        assert style.color is not None
        assert style.bgcolor is not None
        assert style.color.triplet is not None
        assert style.bgcolor.triplet is not None
        assert contrast(style.color.triplet, style.bgcolor.triplet) >= MIN_CONTRAST


def test_a_readable_colour_stays_as_it_is() -> None:
    assert readable(ColorTriplet(255, 200, 0), ColorTriplet(0, 0, 0)) == ColorTriplet(255, 200, 0)


def test_glyphs_take_one_cell_each() -> None:
    names = [item.name for item in fields(Glyphs)]
    for glyphs in (Glyphs(), ASCII_GLYPHS):
        for name in names:
            value = getattr(glyphs, name)
            assert width_of(value) == len(value)
    assert all(getattr(ASCII_GLYPHS, name).isascii() for name in names)


def test_segments_of_a_row_are_its_text() -> None:
    row = make_row([("a", BASE), ("", BASE), ("b", BASE)], 4, BASE)
    assert list(row) == [Segment("ab", BASE), Segment("   ", BASE)]
