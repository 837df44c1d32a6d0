"""Sections and blocks as data."""

from hypothesis import given
from hypothesis import strategies as st

from tui.ui.view.blocks import BlockKind
from tui.ui.view.document import Document, SectionKind


def test_sections_keep_their_text_to_the_letter() -> None:
    document = Document()
    document.begin(SectionKind.PROMPT)
    document.append("ask\n\n# not a heading")
    document.begin(SectionKind.ANSWER)
    document.append("one\n\n```py\nx")
    answer = document.section
    assert answer is not None
    assert answer.is_open
    assert document.source_of(answer) == "one\n\n```py\nx"
    document.append("\n```\n\n")
    document.end()
    assert document.source_of(answer) == "one\n\n```py\nx\n```\n\n"
    assert document.last_answer() == "one\n\n```py\nx\n```\n\n"
    assert document.code_blocks() == [("py", "x")]
    assert document.text() == "> ask\n>\n> # not a heading\n\none\n\n```py\nx\n```"


def test_text_without_a_section_is_an_answer() -> None:
    document = Document()
    document.append("hello")
    assert [section.kind for section in document.sections] == [SectionKind.ANSWER]
    assert document.last_answer() == "hello"


def test_a_block_knows_its_section() -> None:
    document = Document()
    for kind, text in [
        (SectionKind.PROMPT, "a"),
        (SectionKind.THINKING, "b\n\nc"),
        (SectionKind.ANSWER, "d\n\ne\n\nf"),
    ]:
        document.begin(kind, head=kind is SectionKind.THINKING)
        document.append(text)
    document.end()
    kinds = [document.section_of(index).kind for index in range(len(document.blocks))]
    assert kinds == [SectionKind.PROMPT] + [SectionKind.THINKING] * 3 + [SectionKind.ANSWER] * 3
    assert document.blocks[1].kind is BlockKind.HEAD
    assert [block.gap for block in document.blocks] == [False, True, False, True, True, True, True]


def test_an_empty_section_leaves_no_trace_in_the_text() -> None:
    document = Document()
    document.begin(SectionKind.ANSWER)
    document.end()
    assert document.text() == ""
    assert document.end() is None


def test_clearing_forgets_everything() -> None:
    document = Document()
    document.append("a\n\nb")
    document.clear()
    assert (document.sections, document.blocks, document.text()) == ([], [], "")
    document.append("new")
    assert document.last_answer() == "new"


def test_definitions_of_references_are_noticed() -> None:
    document = Document()
    document.append("see [a][b]\n\n[b]: /x\n\nno [definition] here: x\n")
    document.end()
    assert document.sections[0].definitions == ["[b]: /x\n\n"]


@given(st.text(alphabet="ab \n", max_size=40), st.integers(1, 9))
def test_words_of_thinking_do_not_depend_on_the_cut(text: str, size: int) -> None:
    document = Document()
    section = document.begin(SectionKind.THINKING)
    for start in range(0, len(text), size):
        document.append(text[start : start + size])
    assert section.words == len(text.split())
