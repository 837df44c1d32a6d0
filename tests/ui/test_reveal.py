"""Nothing in foreign text stays unseen, and nothing that is shown is more than text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.ui.view.format import Line, Tone, cells
from tui.ui.view.reveal import escape, notes, resembles, reveal, reveal_line, wrap_line, wrapped


def said(lines: list[Line]) -> str:
    return "\n".join("".join(text for text, _ in line) for line in lines)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ls -l", "ls -l"),
        ("rm\x1b[2J x", "rm\\x1b[2J x"),
        ("a\x00b\x7fc\x9bd", "a\\x00b\\x7fc\\x9bd"),
        ("x\u202ey\u2066z", "x\\u202ey\\u2066z"),
        ("a\u200bb\ufeffc\u00add", "a\\u200bb\\ufeffc\\xadd"),
        ("a\u00a0b\u3000c\u2003d", "a\\xa0b\\u3000c\\u2003d"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("a\u2028b\u2029c\x85d", "a\\u2028b\\u2029c\\x85d"),
        ("fill\u3164er\u2800", "fill\\u3164er\\u2800"),
        ("a\rb", "a\\x0db"),
        ("a\tb", "a\\tb"),
        ("r\u0338m", "r\\u0338m"),
        ("caf\u00e9 日本", "caf\u00e9 日本"),
        ("\ud800", "\\ud800"),
        ("a" + " " * 30 + "b", "a[30 blanks]b"),
        ("    indented", "    indented"),
        (" " * 40 + "far", "[40 blanks]far"),
        ("a\n\n\n\n\n\nb", "a\n\n\n[3 more blank lines]\nb"),
        ("a\n\n\n\nb", "a\n\n\n[1 more blank line]\nb"),
    ],
)
def test_what_cannot_be_seen_is_written_out(text: str, shown: str) -> None:
    assert said(reveal(text)) == shown


def test_everything_is_drawn_where_everything_is_asked_for() -> None:
    text = "a" + " " * 30 + "b\n\n\n\n\n\nc"
    assert said(reveal(text, whole=True)) == text


def test_escapes_stand_out_from_the_same_text_written_plainly() -> None:
    assert reveal_line("\\x1b") == (("\\x1b", Tone.PLAIN),)
    assert reveal_line("\x1b") == (("\\x1b", Tone.FLAG),)


@given(st.text())
def test_only_plain_characters_reach_the_screen(text: str) -> None:
    for character in said(reveal(text)).replace("\n", ""):
        assert unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
        assert character == " " or unicodedata.category(character) != "Zs"


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\n\\[]")))
def test_no_character_is_lost(text: str) -> None:
    shown = said(reveal(text, whole=True))
    for character in text:
        assert (escape(character) or character) in shown or f"{ord(character):04x}" in shown


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("rm x", []),
        ("cat \u0441at", ["Look-alike: \u0441 (\\u0441 cyrillic small letter es) looks like c"]),
        ("\uff52m", ["Look-alike: \uff52 (\\uff52 fullwidth latin small letter r) looks like r"]),
        ("\U0001d42b", ["Look-alike: \U0001d42b (\\U0001d42b mathematical bold small r) looks like r"]),
        ("a\u202eb", ["Hidden character: \\u202e right-to-left override"]),
        ("a\x1b\x07b", ["Hidden characters: \\x07, \\x1b"]),
        ("\x01\x02\x03\x04\x05", ["Hidden characters: \\x01, \\x02, \\x03 and 2 more"]),
        ("tabs\tand\nlines", []),
    ],
)
def test_what_is_not_what_it_seems_is_told(text: str, found: list[str]) -> None:
    assert notes(text) == found


@pytest.mark.parametrize(
    ("character", "plain"), [("a", ""), ("\u0430", "a"), ("\u2215", "/"), ("\u2013", "-"), ("é", "")]
)
def test_letters_that_look_like_others(character: str, plain: str) -> None:
    assert resembles(character) == plain


@given(st.text(alphabet="ab 日\u0301 ", max_size=80), st.integers(8, 30), st.integers(0, 4))
def test_rows_are_never_too_wide_and_lose_nothing(text: str, width: int, indent: int) -> None:
    line = reveal_line(text, whole=True)
    rows = wrap_line(line, width, indent=indent)
    assert all(sum(cells(part) for part, _ in row) <= width for row in rows)
    joined = rows[0] + tuple(span for row in rows[1:] for span in drop(row, indent))
    assert "".join(part for part, _ in joined) == "".join(part for part, _ in line)


def drop(row: Line, indent: int) -> Line:
    if not indent or not row:
        return row
    (first, tone), *rest = row
    assert first.startswith(" " * indent)
    return ((first[indent:], tone), *rest)


def test_a_huge_word_is_cut_in_one_pass() -> None:
    rows = wrapped(reveal("é" * 100_000), 80)
    assert len(rows) == 1_250
