"""What is typed, understood: tables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.ui.view.prompt_text import (
    Address,
    Folds,
    Kept,
    Slash,
    complete,
    face,
    filter_items,
    from_terminal,
    marker_spans,
    parse_address,
    parse_slash,
    refusal,
    showable,
    snap,
    target_hint,
    unescape,
    unknown_mention,
    widen,
    worth_folding,
)

NAMES = ("claude", "gpt", "gemini", "llama3.1:8b")


@pytest.mark.parametrize(
    ("text", "panes", "body"),
    [
        ("fix this", None, "fix this"),
        ("@claude fix this", ("claude",), "fix this"),
        ("@claude @gpt fix", ("claude", "gpt"), "fix"),
        ("@gpt @claude fix", ("gpt", "claude"), "fix"),
        ("@claude, @gpt: fix", ("claude", "gpt"), "fix"),
        ("@Claude fix", ("claude",), "fix"),
        ("@claude @claude fix", ("claude",), "fix"),
        ("@llama3.1:8b hi", ("llama3.1:8b",), "hi"),
        ("@claude\n    indented", ("claude",), "    indented"),
        ("@claude \n\nx ", ("claude",), "\nx "),
        ("@claude\t x", ("claude",), "x"),
        ("  @claude x", ("claude",), "x"),
        ("@claude", ("claude",), ""),
        ("@cluade fix", None, "@cluade fix"),
        ("@claude @cluade fix", ("claude",), "@cluade fix"),
        ("ask @claude", None, "ask @claude"),
        ("@claudex fix", None, "@claudex fix"),
        ("@all @claude said", None, "@claude said"),
        ("@ claude", None, "@ claude"),
        ("me@claude x", None, "me@claude x"),
        ("  spaces stay  ", None, "  spaces stay  "),
        ("", None, ""),
    ],
)
def test_address(text: str, panes: tuple[str, ...] | None, body: str) -> None:
    assert parse_address(text, NAMES) == Address(panes, body)


@given(st.text())
def test_text_without_an_address_is_not_touched(text: str) -> None:
    assert parse_address("x" + text, NAMES) == Address(None, "x" + text)
    assert parse_address("@claude x" + text, NAMES) == Address(("claude",), "x" + text)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("@cluade fix", "cluade"),
        ("@cluade", ""),
        ("@claude fix", ""),
        ("@claude @gtp fix", "gtp"),
        ("fix @cluade x", ""),
        ("@(x) y", ""),
    ],
)
def test_unknown_mention(text: str, word: str) -> None:
    assert unknown_mention(text, NAMES) == word


@pytest.mark.parametrize(
    ("text", "slash"),
    [
        ("/help", Slash("help", "")),
        ("/theme  nord ", Slash("theme", "nord")),
        ("/system be\nbrief\n", Slash("system", "be\nbrief")),
        ("/usr/bin/env fails", Slash("usr/bin/env", "fails")),
        ("/", Slash("", "")),
        ("//text", None),
        (" /help", None),
        ("text", None),
        ("@claude /help", None),
    ],
)
def test_slash(text: str, slash: Slash | None) -> None:
    assert parse_slash(text) == slash


def test_two_slashes_are_text_with_one() -> None:
    assert unescape("//etc/passwd") == "/etc/passwd"
    assert unescape("///x") == "//x"
    assert unescape("a//b") == "a//b"


@pytest.mark.parametrize(
    ("text", "names", "hint"),
    [
        ("", NAMES[:3], "ask all (3)"),
        ("hi", ("claude",), "ask claude"),
        ("hi", (), "no model"),
        ("@gpt hi", NAMES, "ask gpt"),
        ("@gpt @claude hi", NAMES, "ask gpt + claude"),
        ("/help", NAMES, "command"),
        ("//help", NAMES, "ask all (4)"),
    ],
)
def test_target_hint(text: str, names: tuple[str, ...], hint: str) -> None:
    assert target_hint(text, names) == hint


COMMANDS = (("help", "keys"), ("clear", "forget"), ("copy", "answer"), ("copy-code", "code"))


@pytest.mark.parametrize(
    ("text", "caret", "found"),
    [
        ("/", 1, ["/help", "/clear", "/copy", "/copy-code"]),
        ("/co", 3, ["/copy", "/copy-code"]),
        ("/code", 5, ["/copy-code"]),
        ("/xyz", 4, None),
        ("/copy x", 7, None),
        ("//co", 4, None),
        ("@", 1, ["@claude", "@gpt", "@gemini", "@llama3.1:8b", "@all"]),
        ("@g", 2, ["@gpt", "@gemini"]),
        ("@G", 2, ["@gpt", "@gemini"]),
        ("@claude @", 9, ["@gpt", "@gemini", "@llama3.1:8b"]),
        ("@claude @g hi", 10, ["@gpt", "@gemini"]),
        ("hi @", 4, None),
        ("@nobody @", 9, None),
        ("@all @", 6, None),
        ("hi", 2, None),
        ("", 0, None),
    ],
)
def test_completion(text: str, caret: int, found: list[str] | None) -> None:
    result = complete(text, caret, NAMES, COMMANDS)
    assert (result and [one.insert for one in result.candidates]) == found
    if result is not None:
        assert text[result.start : result.end].startswith(("@", "/"))


@pytest.mark.parametrize(
    ("text", "says"), [("a\0b", "NUL"), ("a\ud800", "surrogate"), ("ok\t\n\r\x1b\u2028é한👩‍💻", ""), ("", "")]
)
def test_refusal(text: str, says: str) -> None:
    assert says in refusal(text) if says else refusal(text) == ""


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("\n".join("x" * 10), False),
        ("\n".join("x" * 11), True),
        ("x" * 2_000, False),
        ("x" * 2_001, True),
        ("\x1b[31mred", True),
        ("a\u2028b", True),
        ("a\x0cb", True),
        ("\u202etxt", True),
        ("hi\U000e0041", True),
        ("한국어 👩‍💻\t", False),
    ],
)
def test_worth_folding(text: str, folded: bool) -> None:
    assert worth_folding(text) is folded


def test_line_breaks_of_a_terminal() -> None:
    assert from_terminal("a\r\nb\rc\nd") == "a\nb\nc\nd"


@given(st.lists(st.tuples(st.booleans(), st.text(alphabet=st.characters(exclude_categories=["Cs"])))))
def test_folding_and_back_is_exact(parts: list[tuple[bool, str]]) -> None:
    folds = Folds()
    packed = "".join(folds.fold(text) if fold else text for fold, text in parts if fold or showable(text))
    expected = "".join(text for fold, text in parts if fold or showable(text))
    kept = folds.unpack(packed)
    assert kept.text == expected
    assert [kept.text[start:end] for start, end in kept.folds] == [text for fold, text in parts if fold]
    if kept.folds:
        again = Folds()
        assert again.unpack(again.pack(kept)) == kept


def test_a_marker_reads_well_and_cannot_be_typed() -> None:
    folds = Folds()
    marker = folds.fold("x\n" * 143)
    assert face(marker) == "[pasted 143 lines #1]"
    assert len(face(marker)) == len(marker)
    assert face(folds.fold("x" * 12_345)) == "[pasted 12,345 characters #2]"
    assert face(folds.fold("a\x1b\nb")) == "[pasted 2 lines, some hidden #3]"
    assert folds.unpack("[pasted 143 lines #1]").text == "[pasted 143 lines #1]"
    assert folds.unpack(f"see {marker}!").text == "see " + "x\n" * 143 + "!"


def test_a_long_recalled_prompt_is_folded_as_a_whole() -> None:
    folds = Folds()
    packed = folds.pack(Kept("y\n" * 3_000))
    assert face(packed) == "[recalled 3,000 lines #1]"
    assert folds.unpack(packed).text == "y\n" * 3_000


@pytest.mark.parametrize(
    ("column", "previous", "result"),
    [(4, 3, 9), (8, 9, 3), (5, 0, 9), (5, 12, 3), (4, 5, 3), (8, 5, 9), (3, 4, 3), (9, 3, 9), (1, 0, 1)],
)
def test_snap(column: int, previous: int, result: int) -> None:
    assert snap(column, previous, [(3, 9)]) == result


@pytest.mark.parametrize(
    ("span", "result"),
    [((8, 9), (3, 9)), ((2, 4), (2, 9)), ((9, 10), (9, 10)), ((2, 3), (2, 3)), ((3, 3), (3, 3)), ((0, 12), (0, 12))],
)
def test_widen(span: tuple[int, int], result: tuple[int, int]) -> None:
    assert widen(*span, [(3, 9)]) == result


def test_marker_spans() -> None:
    folds = Folds()
    marker = folds.fold("z" * 3_000)
    line = f"a{marker}b{marker}"
    assert [line[start:end] for start, end in marker_spans(line)] == [marker, marker]
    assert marker_spans("[pasted 3,000 characters #1]") == []


def test_filter_items() -> None:
    texts = ["Fix the tests", "run lint", "tests: fix", "nothing"]
    assert filter_items("", texts) == [0, 1, 2, 3]
    assert filter_items("FIX", texts) == [0, 2]
    assert filter_items("tests fix", texts) == [0, 2]
    assert filter_items("fix the", texts) == [0]
    assert filter_items("zzz", texts) == []
