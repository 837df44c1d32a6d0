import tomllib
from typing import Any

import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.config.locate import key_lines
from tui.config.mistakes import KeyPath


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("a = 1", {("a",): 1}),
        ("# x\n\n a.b = 1 # y\r\nc=2", {("a",): 3, ("a", "b"): 3, ("c",): 4}),
        ("[t] # a = 1\nb = 2", {("t",): 1, ("t", "b"): 2}),
        ("[a.b]\nc = 1\n[a]\nd = 2", {("a",): 1, ("a", "b"): 1, ("a", "b", "c"): 2, ("a", "d"): 4}),
        (
            "[ a . 'b c' . \"d\\u0041\" ]\ne = 1",
            {("a",): 1, ("a", "b c"): 1, ("a", "b c", "dA"): 1, ("a", "b c", "dA", "e"): 2},
        ),
        (
            "[[p]]\na = 1\n[[p]]\na = 2\n[p.q]\nr = 3",
            {
                ("p",): 1,
                ("p", 0): 1,
                ("p", 0, "a"): 2,
                ("p", 1): 3,
                ("p", 1, "a"): 4,
                ("p", 1, "q"): 5,
                ("p", 1, "q", "r"): 6,
            },
        ),
        ("a = [\n 1, # ]\n '[',\n]\nb = {c = 1}\nd = 1", {("a",): 1, ("b",): 5, ("d",): 6}),
        ('a = """\nb = 1\n"""\nc = 1', {("a",): 1, ("c",): 4}),
        ('a = """x\\""" \n""""\nc = 1', {("a",): 1, ("c",): 3}),
        ("a = '''\n'' b = 1\n''''\nc = 1", {("a",): 1, ("c",): 4}),
        ('a = \'#\'\nb = "\\"#"\nc = 2026-01-01T00:00:00Z', {("a",): 1, ("b",): 2, ("c",): 3}),
        ('"" = 1\n"a=b" = 2', {("",): 1, ("a=b",): 2}),
    ],
)
def test_lines(text: str, expected: dict[KeyPath, int]) -> None:
    tomllib.loads(text)
    assert key_lines(text) == expected


_SCALARS = st.one_of(st.booleans(), st.integers(), st.text(max_size=12), st.lists(st.text(max_size=4), max_size=3))
_TABLES = st.recursive(
    st.dictionaries(st.text(max_size=5), _SCALARS, max_size=3),
    lambda inner: st.dictionaries(
        st.text(max_size=5), st.one_of(_SCALARS, inner, st.lists(inner, max_size=2)), max_size=3
    ),
    max_leaves=8,
)


def _exists(document: Any, path: KeyPath) -> bool:
    for part in path:
        match document:
            case list() if isinstance(part, int) and part < len(document):
                document = document[part]
            case dict() if part in document:
                document = document[part]
            case _:
                return False
    return True


@settings(deadline=None, max_examples=200)
@given(_TABLES, st.booleans())
def test_every_key_found_exists_and_every_top_key_is_found(document: dict[str, Any], multiline: bool) -> None:
    text = tomli_w.dumps(document, multiline_strings=multiline)
    written = tomllib.loads(text)
    lines = key_lines(text)
    assert all(_exists(written, path) for path in lines)
    assert {path[0] for path in lines} == set(written)
    for line in lines.values():
        assert 1 <= line <= text.count("\n") + 1


@settings(deadline=None, max_examples=200)
@given(st.text("[]{}=.'\"\\\n#, ab1", max_size=80))
def test_the_scan_of_any_text_ends(text: str) -> None:
    key_lines(text)
