"""The door for foreign text: nothing a terminal obeys comes through, however the text was cut."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.core.untrusted import clean, clean_line

ANY_TEXT = st.text(st.characters(), max_size=60)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain text, ümlaut, 漢字, 👍\n\tdone", "plain text, ümlaut, 漢字, 👍\n\tdone"),
        ("\x1b]52;c;aGk=\x07", "␛]52;c;aGk=␇"),
        ("\x1b]0;title\x1b\\", "␛]0;title␛\\"),
        ("a\x9b2Jb\x9d0;t\x9c", "a⟨U+009B⟩2Jb⟨U+009D⟩0;t⟨U+009C⟩"),
        ("one\r\ntwo\rthree", "one\ntwothree"),
        ("\u202eevil\u202c \u2066x\u2069 \u200fy", "⟨U+202E⟩evil⟨U+202C⟩ ⟨U+2066⟩x⟨U+2069⟩ ⟨U+200F⟩y"),
        ("in\u200bvis\u2060ible\ufeff", "invisible"),
        ("tag\U000e0041\U000e007f", "tag"),
        ("a\x85b\u2028c\x0bd", "a\nb\nc\nd"),
        ("\x00\x7f\x08", "␀␡␈"),
        ("\ud800x", "\ufffdx"),
        ("[@click=app.quit]x[/]", "[@click=app.quit]x[/]"),
    ],
)
def test_table(raw: str, shown: str) -> None:
    assert clean(raw) == shown


SEEN = (0x600, 0x601, 0x602, 0x603, 0x604, 0x605, 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD)
"""Format characters that are drawn: signs around numbers in Arabic, Syriac and Kaithi."""
CARRIERS = (*range(0xFE00, 0xFE0E), 0x2065, *range(0xFFF0, 0xFFF9), *range(0xE0000, 0xE1000))
"""Characters nobody sees that are no format characters by their category: data can be hidden in them."""


def test_no_character_is_left_that_cannot_be_seen() -> None:
    formats = [code for code in range(0x110000) if unicodedata.category(chr(code)) in ("Cf", "Zl", "Zp")]
    for code in {*formats, *CARRIERS} - set(SEEN):
        assert clean(f"a{chr(code)}b") != f"a{chr(code)}b", hex(code)
        assert chr(code) not in clean_line(f"a{chr(code)}b"), hex(code)
    for text in ("❤\ufe0f ☎\ufe0e", "سال ١٢٣\u0601", "日本\u3099"):
        assert clean(text) == text


@given(ANY_TEXT)
def test_nothing_that_acts_is_left_and_cleaning_again_changes_nothing(raw: str) -> None:
    shown = clean(raw)
    assert not [c for c in shown if unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t"]
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200e\u200f\ufeff")
    assert clean(shown) == shown


@given(ANY_TEXT, st.integers(0, 60))
def test_the_cut_does_not_matter(raw: str, cut: int) -> None:
    assert clean(raw[:cut]) + clean(raw[cut:]) == clean(raw)


@given(ANY_TEXT)
def test_a_line_is_one_short_line(raw: str) -> None:
    line = clean_line(raw, 20)
    assert len(line) <= 20
    assert "\n" not in line
    assert "\t" not in line
    assert clean(line) == line
