"""One reading of patterns, held against a table, against bash and against a slow matcher that tries everything."""

import re
import shutil
import subprocess
import warnings
from fnmatch import fnmatchcase
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.core.globs import compile_glob, expand_braces, names_overlap


@pytest.mark.parametrize(
    ("pattern", "matched", "not_matched"),
    [
        ("a.b", ["a.b"], ["axb", "A.b", "a.b/c", ""]),
        ("*.py", ["b.py", ".py", ".b.py"], ["b.pyc", "a/b.py"]),
        ("*a*b*", ["xaxbx", "ab"], ["xbxax", "a/b"]),
        ("*a*b", ["ab", "xaxb", "bab"], ["xaxbx"]),
        ("?.py", ["b.py"], [".py", "/.py"]),
        ("a/*.py", ["a/b.py"], ["a/c/b.py", "b.py"]),
        ("a?b", ["axb"], ["a/b"]),
        ("**", ["a", "a/b"], []),
        ("a/**", ["a/b", "a/b/c"], ["a", "ab"]),
        ("**/b", ["b", "a/b", "a/c/b"], ["ab", "a/cb"]),
        ("a/**/b", ["a/b", "a/c/b", "a/c/d/b"], ["ab", "a/cb"]),
        ("a/**/**/b", ["a/b", "a/c/b"], ["ab"]),
        ("a/***/b", ["a/b", "a/c/d/b"], ["ab"]),
        ("**/a/**/b/*c", ["a/b/c", "x/a/y/b/xc", "a/a/b/b/c"], ["a/b/x/c", "b/a/c"]),
        ("a**b", ["ab", "axb"], ["a/b"]),
        ("a**/b", ["a/b", "ax/b"], ["a/x/b", "ab"]),
        ("[ab]x", ["ax", "bx"], ["cx", "x"]),
        ("[!ab]x", ["cx"], ["ax", "/x"]),
        ("[^a-c]x", ["dx"], ["bx"]),
        ("[]a]", ["]", "a"], ["b"]),
        ("[!]a]", ["b"], ["]", "a"]),
        ("[a-]", ["a", "-"], ["b"]),
        ("[a-c-e]", ["b", "-", "e"], ["d"]),
        ("[+--]", [",", "-"], ["a"]),
        ("[c-ae]", ["e"], ["a", "b", "c", "[c-ae]"]),
        ("[c-a]", [], ["a", "b", "c"]),
        ("[!c-a]", ["b"], ["/"]),
        ("[[:digit:]x]", ["7", "x"], ["[", ":"]),
        ("[![:alpha:]]", ["7"], ["a", "Z", "/"]),
        ("[[:upper:][:punct:]]", ["A", "[", "-"], ["a"]),
        ("[[:nothing:]e]", ["e"], ["n", ":"]),
        ("[", ["["], []),
        ("[]", ["[]"], ["]"]),
        ("[!]", ["[!]"], ["a"]),
        ("[a*", ["[a", "[ab"], ["a"]),
        ("[a/b]", ["a", "b"], ["/", "[a/b]"]),
        ("[\\]]", ["]"], ["\\", "\\]"]),
        ("\\*", ["*"], ["a", "\\*"]),
        ("\\a\\[b]", ["a[b]"], ["ab"]),
        ("a\\", ["a\\"], ["a"]),
        ("{a,b}!#~", ["{a,b}!#~"], ["a!#~"]),
    ],
)
def test_what_patterns_match(pattern: str, matched: list[str], not_matched: list[str]) -> None:
    expression = compile_glob(pattern)
    assert [path for path in matched if not expression.fullmatch(path)] == []
    assert [path for path in not_matched if expression.fullmatch(path)] == []


@pytest.mark.parametrize(
    ("pattern", "matched", "not_matched"),
    [
        ("a**b", ["ab", "a/b", "ax/y/zb"], ["a/bc"]),
        ("a**/b", ["a/b", "a/x/b", "ab"], ["a"]),
        ("***/b", ["a/b", "a/c/b"], ["a"]),
        ("a**", ["a", "a/b"], ["ba"]),
        ("a/**/b", ["a/b", "a/c/b"], ["ab", "a/cb"]),
        ("a/**/x**/**/b", ["a/x/b", "a/q/xy/z/b"], ["a/b"]),
    ],
)
def test_wide_patterns_match_at_least_as_much(pattern: str, matched: list[str], not_matched: list[str]) -> None:
    expression = compile_glob(pattern, wide=True)
    assert [path for path in matched if not expression.fullmatch(path)] == []
    assert [path for path in not_matched if expression.fullmatch(path)] == []


def test_variants() -> None:
    assert compile_glob("a*", below=True).fullmatch("ab/c/d")
    assert not compile_glob("a*", below=True).fullmatch("b/ab")
    assert compile_glob("\\*", escapes=False).fullmatch("\\x")
    assert compile_glob("[\\]]", escapes=False).fullmatch("\\]")
    only_last = compile_glob("*?[a]*", special=frozenset({5}))
    assert only_last.fullmatch("*?[a]x")
    assert not only_last.fullmatch("xx")
    assert not compile_glob("**", special=frozenset({0, 1})).fullmatch("a/b")


def tried(pattern: str, path: str) -> bool:
    """Tell whether a pattern without sets matches, by trying every way it could; independent of expressions."""

    @cache
    def fits(at: int, there: int) -> bool:
        if at == len(pattern):
            return there == len(path)
        run = len(pattern[at:]) - len(pattern[at:].lstrip("*"))
        end = at + run
        whole = run > 1 and (at == 0 or pattern[at - 1] == "/")
        if whole and end == len(pattern):
            return there < len(path)
        if whole and pattern[end] == "/":
            starts = [there, *(index + 1 for index in range(there, len(path)) if path[index] == "/")]
            return any(fits(end + 1, start) for start in starts)
        if run:
            stop = path.find("/", there)
            return any(fits(end, rest) for rest in range(there, (len(path) if stop < 0 else stop) + 1))
        if there == len(path):
            return False
        return (path[there] == pattern[at] or (pattern[at] == "?" and path[there] != "/")) and fits(at + 1, there + 1)

    return fits(0, 0)


@settings(max_examples=1_500)
@given(st.text("aab*?*/", max_size=14), st.lists(st.text("aaab/", max_size=16), min_size=4, max_size=4))
def test_nothing_is_missed_by_finding_each_place_once(pattern: str, paths: list[str]) -> None:
    strict, wide = compile_glob(pattern), compile_glob(pattern, wide=True)
    for path in paths:
        expected = tried(pattern, path)
        assert bool(strict.fullmatch(path)) is expected, (pattern, path)
        assert wide.fullmatch(path) or not expected, (pattern, path)


@settings(max_examples=500)
@given(st.text("ab*?[]!-", max_size=10), st.text("ab-]![", min_size=1, max_size=6))
def test_names_are_matched_as_the_standard_library_does(pattern: str, name: str) -> None:
    if "[!]" in pattern or "[^" in pattern or "--" in pattern:
        return  # read differently there
    assert bool(compile_glob(pattern).fullmatch(name)) is fnmatchcase(name, pattern)


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_agrees_on_names() -> None:
    patterns = [
        "[!]a]",
        "[]a]",
        "[a-]",
        "[c-a]",
        "[c-ae]",
        "[[:alpha:]-]",
        "[[:digit:]]",
        "[[:nothing:]e]",
        "[!a-c]",
        "[^a-c]",
        "[a\\]]",
        "\\[a]",
        "a*b",
        "?",
        "[",
        "[a",
        "[]",
        "[!]",
        "[--0]",
        "[[:space:]]",
        "[![:punct:]]",
        "*[!b]",
        "[[]",
        "[a-c-e]",
        "[*]",
    ]
    names = ["a", "b", "c", "d", "e", "]", "[", "-", "\\", "[a]", "[a", "[]", "[!]", "ab", "axb", "7", " ", "*", "0"]
    script = (
        "while IFS= read -r p; do while IFS= read -r n; do case $n in $p) printf 1;; *) printf 0;; esac; "
        'done <<<"$2"; done <<<"$1"'
    )
    told = subprocess.run(
        ["bash", "--norc", "-c", script, "bash", "\n".join(patterns), "\n".join(names)],
        capture_output=True, text=True, check=True, env={"LC_ALL": "C"},
    ).stdout  # fmt: skip
    ours = "".join("01"[bool(compile_glob(pattern).fullmatch(name))] for pattern in patterns for name in names)
    pairs = [(pattern, name) for pattern in patterns for name in names]
    assert len(told) == len(ours)
    assert [pair for pair, his, mine in zip(pairs, told, ours, strict=True) if his != mine] == []


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*a" * 60 + "b", "a" * 3_000),
        ("a/**/" * 40 + "b", "a/" * 1_000 + "c"),
        ("**/*a*a*a*a/" * 10 + "b", ("a" * 30 + "/") * 60 + "c"),
        ("a**" * 40 + "b", "a/a" * 700),
        ("a**/" * 40 + "b", "a/" * 1_500 + "c"),
        ("*[ab]" * 40 + "c", "ab" * 1_000),
        ("**/" * 300 + "b", "a/" * 1_000),
    ],
)
@pytest.mark.parametrize("wide", [False, True])
def test_no_pattern_takes_years(pattern: str, path: str, wide: bool) -> None:
    assert not compile_glob(pattern, wide=wide, below=wide).fullmatch(path)


@given(st.text("a*?[]!^-\\/:{},.\n", max_size=14), st.text("a[]/-.\n", max_size=12))
def test_every_text_is_a_pattern_and_read_without_a_warning(pattern: str, path: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for escapes in (False, True):
            compile_glob(pattern, escapes=escapes).fullmatch(path)


@pytest.mark.parametrize("pattern", ["[a--b]", "[--]", "[+--]", "[!--a]", "[a||b]", "[a&&b]", "[a~~b]", "[[a]", "[^^]"])
def test_sets_of_signs_are_read_without_a_warning(pattern: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        re.compile(compile_glob(pattern).pattern)


@pytest.mark.parametrize(
    ("pattern", "other", "overlap"),
    [
        (".env", ".env", True),
        (".env", ".envs", False),
        (".e*", ".env", True),
        (".\\env", ".env", True),
        (".[[:alpha:]]nv", ".env", True),
        (".[!e]nv", ".env", False),
        ("*.py", "*.pem", False),
        ("*.p*", "*.pem", True),
        ("*.py", ".env*", True),
        ("a*", "*b", True),
        ("a?", "?b", True),
        ("a?", "b?", False),
        ("", "*", True),
        ("", "?", False),
        ("\\*", "\\*", False),
        ("\\\\*", "\\*", True),
        ("x" * 2_000, "y", True),
    ],
)
def test_overlap(pattern: str, other: str, overlap: bool) -> None:
    assert names_overlap(pattern, other) is overlap


@settings(max_examples=400)
@given(st.text("ab*?", max_size=8), st.text("ab*?", max_size=8), st.text("ab", max_size=8))
def test_what_both_match_is_an_overlap(pattern: str, other: str, name: str) -> None:
    if compile_glob(pattern).fullmatch(name) and compile_glob(other).fullmatch(name):
        assert names_overlap(pattern, other)


@given(st.text("ab*?", max_size=8), st.text("ab", min_size=1, max_size=8))
def test_the_overlap_with_a_name_is_a_match(pattern: str, name: str) -> None:
    assert names_overlap(pattern, name) is bool(compile_glob(pattern).fullmatch(name))


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("a", ["a"]),
        ("{a,b}", ["a", "b"]),
        ("x{a,}y", ["xay", "xy"]),
        ("{a,b}{c,d}", ["ac", "ad", "bc", "bd"]),
        ("{a,{b,c}}", ["a", "b", "a", "c"]),
        ("{a..c}", ["a", "b", "c"]),
        ("{aa..c}", ["aa..c"]),
        ("{a}", ["a"]),
        ("{a", ["{a"]),
    ],
)
def test_braces(text: str, expanded: list[str]) -> None:
    assert expand_braces(text, 64) == (expanded, True)


@pytest.mark.parametrize(
    "text", ["{a,b}" * 7, "{" + ",".join("a" * 65) + "}", "{" + "," * 30_000 + "}" + "x" * 30_000, "x{a,{b,c}}" * 9]
)
def test_too_many_alternatives_are_said_and_none_is_lost(text: str) -> None:
    expanded, complete = expand_braces(text, 64)
    assert not complete
    assert len(expanded) <= 64
    assert any("{" in each for each in expanded)
    assert sum(map(len, expanded)) <= 64 * len(text)


@pytest.mark.parametrize("text", ["{a,b}" * 6, "{" + ",".join("a" * 64) + "}", "{" * 60_000, "{a}" * 200])
def test_as_many_as_allowed_are_made(text: str) -> None:
    expanded, complete = expand_braces(text, 64)
    assert complete
    assert len(expanded) in {1, 64}
