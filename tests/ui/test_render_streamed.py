"""A streamed text looks, to the last cell and style, as if it had come at once."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.ui.stream_documents import DOCUMENTS
from tests.ui.stream_support import all_rows, shown, stream
from tests.ui.test_blocks import LINES
from tui.ui.view.document import SectionKind


@pytest.mark.parametrize("size", [1, 3, 7, 40])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_streamed_is_one_shot(name: str, size: int) -> None:
    text = DOCUMENTS[name]
    if size < 7 and len(text) > 5000:
        text = text[:4000] + text[-600:]
    assert shown(all_rows(stream(text, size))) == shown(all_rows(stream(text, 0)))


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.sampled_from([*LINES[:-1], "[x] and **bold *it*** `c`", "日本語 text é 👩‍👧"]), max_size=14),
    st.integers(1, 60),
    st.sampled_from(list(SectionKind)),
    st.integers(3, 70),
)
def test_any_text_in_any_section(lines: list[str], size: int, kind: SectionKind, width: int) -> None:
    text = "\n".join(lines)
    streamed = stream(text, size, width=width, kind=kind)
    assert shown(all_rows(streamed)) == shown(all_rows(stream(text, 0, width=width, kind=kind)))
    assert streamed.heights.total == len(all_rows(streamed))
    assert {row.cell_length for row in all_rows(streamed)} <= {width + 1}


PIECES = [
    "*", "**", "`", "```", "[", "]", "(", ")", "<", ">", "|", "-", "\n", "\n\n", "    ", "#", " ", "a", "\t", "_", "~~",
    "1.", "日", "👩‍👩‍👧", "e\u0301", "\u0301", "\ufe0f", "&#0;", "&#x202e;", "&amp;", "\\", "!", "http://x",
    "|-|", "[x]: y\n",
]  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from(PIECES), max_size=80), st.integers(1, 20), st.integers(1, 60))
def test_any_characters_fill_their_rows_exactly(pieces: list[str], size: int, width: int) -> None:
    text = "".join(pieces)
    rows = all_rows(stream(text, size, width=width))
    assert shown(rows) == shown(all_rows(stream(text, 0, width=width)))
    assert all(cell_len(row.text) == width + 1 for row in rows)
    assert all(row.text.replace("\u200d", "").isprintable() for row in rows)
