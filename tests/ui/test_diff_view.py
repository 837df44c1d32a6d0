"""Diffs on the screen: every line of them, below each other or side by side."""

from tests.ui.requests import DIFF
from tui.ui.glyphs import ASCII, UNICODE
from tui.ui.view.diff_view import SIDE_BY_SIDE_FROM, diff_lines, parse_diff
from tui.ui.view.format import Line, Tone, cells


def shown(lines: list[Line]) -> list[str]:
    return ["".join(text for text, _ in line).rstrip() for line in lines]


def test_numbers_and_signs() -> None:
    rows = [(row.sign, row.old, row.new) for row in parse_diff(DIFF)]
    assert rows == [
        ("@", 10, 10), (" ", 10, 10), ("-", 11, 0), ("-", 12, 0), ("+", 0, 11), ("+", 0, 12), ("+", 0, 13),
        (" ", 13, 14),
    ]  # fmt: skip


def test_below_each_other() -> None:
    assert shown(diff_lines(DIFF, 60, UNICODE)) == [
        "── line 10 class Cart:",
        "10       def total(self) -> int:",
        "11 -         for item in self.items:",
        "12 -             total += item.price",
        "11 +         for item in self.items.values():",
        "12 +             total += item.price * item.count",
        "13 +         total -= self.voucher",
        "14           return total",
    ]


def test_less_of_what_does_not_change() -> None:
    text = "@@ -3,5 +3,5 @@ class Cart\n a\n b\n-c\n+C\n d\n e"
    assert shown(diff_lines(text, 60, UNICODE, 1)) == ["── line 4 class Cart", "4   b", "5 - c", "5 + C", "6   d"]
    assert shown(diff_lines(text, 60, UNICODE, 0)) == ["── line 5 class Cart", "5 - c", "5 + C"]
    assert shown(diff_lines("(binary)", 60, UNICODE, 0)) == shown(diff_lines("(binary)", 60, UNICODE))


def test_side_by_side() -> None:
    lines = shown(diff_lines(DIFF, SIDE_BY_SIDE_FROM, UNICODE))
    assert lines[2].startswith("11 -         for item in self.items:")
    assert "│ 11 +         for item in self.items.values():" in lines[2]
    assert lines[4].split("│")[0].strip() == ""
    assert "13 +         total -= self.voucher" in lines[4]
    assert len(lines) == 6


def test_colours_say_what_signs_say() -> None:
    tones = {text.strip(): tone for line in diff_lines(DIFF, 60, UNICODE) for text, tone in line}
    assert tones["total -= self.voucher"] is Tone.OK or any(
        tone is Tone.OK and "voucher" in text for text, tone in tones.items()
    )
    assert any(tone is Tone.BAD and "item.price" in text for text, tone in tones.items())


def test_lines_that_look_like_heads_are_lines() -> None:
    text = "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n--- old\n-@@ -9 +9 @@\n+++ new\n+@@ -8 +8 @@\n"
    assert [(row.sign, row.text) for row in parse_diff(text)][1:] == [
        ("-", "-- old"), ("-", "@@ -9 +9 @@"), ("+", "++ new"), ("+", "@@ -8 +8 @@"),
    ]  # fmt: skip


def test_remarks_and_foreign_lines_are_kept() -> None:
    text = "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\nBinary files differ"
    assert [(row.sign, row.text) for row in parse_diff(text)] == [
        ("@", ""), ("-", "a"), ("", "No newline at end of file"), ("+", "b"), ("", "Binary files differ"),
    ]  # fmt: skip


def test_nothing_hides_in_a_diff_and_long_lines_go_on_below() -> None:
    text = "@@ -0,0 +1,2 @@\n+\tx = '\x1b[2J\u202e'\n+" + "word " * 60 + "\n"
    for width in (40, 130):
        lines = diff_lines(text, width, ASCII)
        assert all(sum(cells(part) for part, _ in line) <= width for line in lines)
        joined = "".join(shown(lines))
        assert "\\x1b[2J\\u202e" in joined
        assert joined.count("word") == 60
        assert ">   x" in joined
