"""Exact replacement keeps every byte it does not replace, and says precisely why it cannot."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.tools.edits import EditError, apply_edits
from tui.tools.requests import Edit
from tui.tools.textfile import BinaryFileError, NotEncodableError, Positions, decode

PIECES = st.lists(st.sampled_from(["a", "b", "é", "\n", "\r\n", "\r", " ", "\t", "𝄞"]), max_size=40).map("".join)


@pytest.mark.parametrize(
    ("before", "edits", "after"),
    [
        ("one two", [("two", "three")], "one three"),
        ("a\nb\n", [("a\nb", "c")], "c\n"),
        ("a\r\nb\r\nc\r\n", [("a\nb", "x\ny\nz")], "x\r\ny\r\nz\r\nc\r\n"),
        ("a\r\nb\r\nc\r\n", [("b\r\n", "")], "a\r\nc\r\n"),
        ("a\nb\r\nc\n", [("b", "B")], "a\nB\r\nc\n"),
        ("a\nb\r\nc\n", [("b\nc", "x\ny")], "a\nx\ny\n"),
        ("ab", [("a", "b"), ("bb", "c")], "c"),
        ("tail", [("tail", "")], ""),
    ],
)
def test_replacing(before: str, edits: list[tuple[str, str]], after: str) -> None:
    assert apply_edits(decode(before.encode()), [Edit(old=old, new=new) for old, new in edits]) == after


def test_every_place() -> None:
    assert apply_edits(decode(b"x.x\r\nx"), [Edit(old="x", new="yy", all=True)]) == "yy.yy\r\nyy"


@pytest.mark.parametrize(
    ("text", "old", "told"),
    [
        ("abc", "x", "`old` is not in the file."),
        ("x\ny\nx\n", "x", "`old` is in the file 2 times, at lines 1, 3."),
        ("    if a:\n        b()\n", "if a:\n    b()", "with other spaces or tabs"),
        ("a b\nc\n", "a b c", "other white space or line breaks"),
        ("Hello\n", "hello", "other upper and lower case"),
        ("def f():\n    pass\n", "1\tdef f():\n2\t    pass", "without the line numbers"),
    ],
)
def test_why_not(text: str, old: str, told: str) -> None:
    with pytest.raises(EditError) as caught:
        apply_edits(decode(text.encode()), [Edit(old=old, new="new")])
    assert told in str(caught.value)


def test_the_nearest_lines_are_shown() -> None:
    text = "import os\ndef compute_total(items):\n    return 1\ndef compute_totals(item):\n"
    with pytest.raises(EditError) as caught:
        apply_edits(decode(text.encode()), [Edit(old="def compute_total(item):", new="x")])
    assert caught.value.near == "2: def compute_total(items):\n4: def compute_totals(item):"


def test_several_edits_name_the_one_that_failed() -> None:
    with pytest.raises(EditError, match="Edit 2 of 2"):
        apply_edits(decode(b"a"), [Edit(old="a", new="b"), Edit(old="a", new="c")])


@given(before=PIECES, old=PIECES, after=PIECES, new=PIECES)
def test_only_what_is_replaced_changes(before: str, old: str, after: str, new: str) -> None:
    file = decode(f"<<{before}|{old}#{after}>>".encode())
    result = apply_edits(file, [Edit(old=f"|{old}#", new=f"|{new}##")])
    assert result.startswith(f"<<{before}|")
    assert result.endswith(f"##{after}>>")
    inner = result[len(f"<<{before}|") : -len(f"##{after}>>")]
    assert inner == file.with_ends(new)


@given(ends=st.sampled_from(["\n", "\r\n"]), parts=st.lists(st.text("ab \n", max_size=8), min_size=4, max_size=4))
def test_editing_back_is_identity(ends: str, parts: list[str]) -> None:
    before, old, after, new = parts
    text = f"\n{before}|{old}#{after}".replace("\n", ends)
    there = apply_edits(decode(text.encode()), [Edit(old=f"|{old}#", new=f"|{new}##")])
    assert apply_edits(decode(there.encode()), [Edit(old=f"|{new}##", new=f"|{old}#")]) == text


@given(text=PIECES)
def test_positions_lead_back(text: str) -> None:
    flat, positions = text.replace("\r\n", "\n"), Positions(text)
    for index in range(len(flat) + 1):
        assert text[: positions.original(index)].replace("\r\n", "\n") == flat[:index]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1"])
@given(text=st.text(st.sampled_from("aäß \n\r"), max_size=30))
def test_decoding_and_encoding_is_identity(encoding: str, text: str) -> None:
    data = text.encode(encoding)
    file = decode(data)
    assert file.encode(file.text) == data
    if encoding != "latin-1":
        assert file.text == text


@pytest.mark.parametrize("data", [b"\0", b"ELF\0\1", b"\xff\xfea", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0\x10\x01"])
def test_binary(data: bytes) -> None:
    with pytest.raises(BinaryFileError):
        decode(data)


def test_what_the_encoding_does_not_have_is_named() -> None:
    file = decode("Grüße".encode("latin-1"))
    with pytest.raises(NotEncodableError, match=r"latin-1.*→"):
        file.encode("Grüße → Welt")


@pytest.mark.parametrize(
    ("data", "described"),
    [
        (b"a\n", ""),
        (b"a\r\nb\r\n", "CRLF line ends"),
        (b"\xef\xbb\xbfa", "UTF-8 with a byte order mark"),
        ("a\r\nb\r\n".encode("utf-16-le"), None),
        (b"\xe4", "latin-1"),
    ],
)
def test_description(data: bytes, described: str | None) -> None:
    if described is None:
        with pytest.raises(BinaryFileError):
            decode(data)
    else:
        assert decode(data).described == described
