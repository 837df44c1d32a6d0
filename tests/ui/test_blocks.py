"""The block splitter: nothing lost, nothing that depends on how the text was cut, everything bounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ui.stream_documents import DOCUMENTS
from tui.ui.view.blocks import MAX_CHARACTERS, MAX_LINE, MAX_LINES, Block, BlockKind, Splitter
from tui.ui.view.fences import fenced_blocks

LINES = [
    "", "", "text", "- item", "  more", "  - nested", "1. one", "2) two", "> quote", "# Head", "```", "```py", "~~~",
    "    code", "***", "---", "===", "| a | b |", "|---|---|", "<div>", "\tTab", "[x]: /u", "  ```", "   ", "a" * 5000,
]  # fmt: skip


def split(text: str, size: int = 0, *, markdown: bool = True) -> list[Block]:
    splitter = Splitter(markdown=markdown)
    step = size or max(1, len(text))
    for start in range(0, len(text), step):
        splitter.feed(text[start : start + step])
    splitter.finish()
    return splitter.closed


def sources(text: str) -> list[str]:
    return [block.source for block in split(text)]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_character_is_lost(name: str) -> None:
    assert "".join(sources(DOCUMENTS[name])) == DOCUMENTS[name]


@pytest.mark.parametrize("size", [1, 3, 7, 40])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_blocks_do_not_depend_on_the_cut(name: str, size: int) -> None:
    assert split(DOCUMENTS[name], size) == split(DOCUMENTS[name])


@given(st.lists(st.sampled_from(LINES), max_size=14), st.integers(1, 60), st.booleans())
def test_any_text_in_any_cut(lines: list[str], size: int, markdown: bool) -> None:
    text = "\n".join(lines)
    whole = split(text, markdown=markdown)
    assert split(text, size, markdown=markdown) == whole
    assert "".join(block.source for block in whole) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\n\nb\n", ["a\n\n", "b\n"]),
        ("# h\ntext\n", ["# h\n", "text\n"]),
        ("text\n# h\n", ["text\n", "# h\n"]),
        ("#no heading\n#\n", ["#no heading\n", "#\n"]),
        ("a\n- b\n- c\n", ["a\n", "- b\n- c\n"]),
        ("a\n2. not a list\n", ["a\n2. not a list\n"]),
        ("a\n1. a list\n", ["a\n", "1. a list\n"]),
        ("- a\n\n- b\n\n  c\n\nd\n", ["- a\n\n- b\n\n  c\n\n", "d\n"]),
        ("- a\nlazy\n\n* b\n", ["- a\nlazy\n\n", "* b\n"]),
        ("- a\n***\n- b\n", ["- a\n", "***\n", "- b\n"]),
        ("- - -\n", ["- - -\n"]),
        ("a\n---\nb\n", ["a\n---\nb\n"]),
        ("a\n- - -\nb\n", ["a\n", "- - -\n", "b\n"]),
        ("> a\nlazy\n\n> b\n", ["> a\nlazy\n\n", "> b\n"]),
        ("> a\n---\n", ["> a\n", "---\n"]),
        ("a\n```\nb\n```\nc\n", ["a\n", "```\nb\n```\n", "c\n"]),
        ("- a\n  ```\n\n  x\n  ```\n- b\n", ["- a\n  ```\n\n  x\n  ```\n- b\n"]),
        ("- a\n```\nx\n```\n", ["- a\n", "```\nx\n```\n"]),
        ("~~~\n```\n~~~~\nx\n", ["~~~\n```\n~~~~\n", "x\n"]),
        ("````\n```\n````\n", ["````\n```\n````\n"]),
        ("``` not`a fence\n", ["``` not`a fence\n"]),
        ("    code\n\n    more\ntext\n", ["    code\n\n    more\n", "text\n"]),
        ("a\n    not code\n", ["a\n    not code\n"]),
    ],
)
def test_where_blocks_begin(text: str, expected: list[str]) -> None:
    assert sources(text) == expected


def test_a_fence_knows_its_language_and_its_end() -> None:
    (block,) = split("  ```python title=x\n  a\n  ```\n")
    assert (block.kind, block.lead, block.indent, block.closed) == (BlockKind.CODE, "python title=x", 2, True)
    (block,) = split("```\na\n")
    assert (block.last, block.closed) == (True, False)


def test_a_gap_is_a_blank_line_of_the_source_or_a_heading() -> None:
    assert [block.gap for block in split("a\n\nb\n# c\nd\n```\n```\ne\n")] == [False, True, True, False, False, False]


@pytest.mark.parametrize(
    "text",
    [
        "z" * 300_000,
        "word " * 60_000,
        "```\n" + "line\n" * 60_000,
        "- item\n" * 60_000,
        "> q\n" * 60_000,
        "\n" * 60_000,
    ],
)
def test_what_is_open_is_bounded(text: str) -> None:
    splitter = Splitter()
    for start in range(0, len(text), 997):
        splitter.feed(text[start : start + 997])
        assert len(splitter.partial) < MAX_LINE
        assert len(splitter.open) <= MAX_LINES * 4
        assert sum(map(len, splitter.open)) <= MAX_CHARACTERS * 4
    splitter.finish()
    assert max(len(block.source) for block in splitter.closed) <= MAX_CHARACTERS * 4 + MAX_LINE


def test_a_long_table_repeats_its_header_for_every_part() -> None:
    blocks = split(DOCUMENTS["long table"])
    assert len(blocks) > 1
    assert all(block.lead == "| n | square |\n|--:|--:|\n" for block in blocks[1:])
    assert all(block.joined for block in blocks[1:])


def test_plain_text_is_never_markdown() -> None:
    assert {block.kind for block in split("# a\n\n```\nb\n", markdown=False)} == {BlockKind.PLAIN}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("none", []),
        ("```python\nx\n```\n", [("python", "x")]),
        ("- a\n  ```sh\n  ls\n    -l\n  ```\n", [("sh", "ls\n  -l")]),
        ("> ```\n> quoted\n> ```\n", [("", "quoted")]),
        ("~~~~js {1}\n~~~\n~~~~\n", [("js", "~~~")]),
        ("```a\nx\n```\ntext\n```b\ny\n", [("a", "x"), ("b", "y")]),
        ("1. ```py\n   z\n   ```\n", [("py", "z")]),
    ],
)
def test_fenced_code_as_it_was_meant(text: str, expected: list[tuple[str, str]]) -> None:
    assert fenced_blocks(text) == expected
