"""The word decoder: the same words as bash, or a reason why only bash can know."""

import random
import shutil
import subprocess
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trust.ground_kit import PLACES
from tui.trust.words import ANSI, BRACES, CHARACTER_SET, SUBSTITUTION, TILDE, UNFINISHED, VARIABLE, Word, read_word

_PIECES = (
    "a", "B", "7", "é", "-", "--x=", ".", "..", "/", ":", ",", "=", "@", "%", "+", "^", "!", "#", "~", "{", "}", "{a}",
    "'", "\"", "\\", "'x y'", "\"p q\"", "''", "\"\"", "\\ ", "\\'", "\\\"", "\\\\", "\\$", "\\`", "\\n", "$", "\"$\"",
    "'$x'", "'`'", "\"\\$\"", "\"\\n\"", "\"\\\\\"", "'*'", "\"?\"", "\\*", "\\[", "]", "\"'\"", "'\"'", "\\~", "a~b",
    "{a,b}", "{1..3}", "$HOME", "${x}", "`", "\\\n", "\t", "\u00a0", "ß", "\"é\"", "$'", "$\"",
)  # fmt: skip


def read(source: str) -> Word:
    return read_word(source, 0, PLACES)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("ls", "ls"),
        ("r\\m", "rm"),
        ("r''m", "rm"),
        ("'a b'\"c d\"e\\ f", "a bc de f"),
        ("l\\\ns", "ls"),
        ('"a\\"b\\n"', 'a"b\\n'),
        ("'a\\'", "a\\"),
        ("foo$", "foo$"),
        ('"foo$"', "foo$"),
        ("HEAD@{1}", "HEAD@{1}"),
        ("~", "/home/ada"),
        ("~/x", "/home/ada/x"),
        ("~:x", "/home/ada:x"),
        ("a~", "a~"),
        ("'~'/x", "~/x"),
        ("''", ""),
    ],
)
def test_words_are_decoded(source: str, text: str) -> None:
    word = read(source)
    assert (word.text, word.why) == (text, "")


@pytest.mark.parametrize(
    ("source", "text", "why"),
    [
        ("~=~x", "/home/ada=~x", TILDE),
        ("$HOME/x", "/home/ada/x", VARIABLE),
        ('"${PWD}"/x', "/home/ada/work/x", VARIABLE),
        (".e$@nv", ".env", VARIABLE),
        ("${x:-.env}", ".env", VARIABLE),
        (".e$(true)nv", ".env", SUBSTITUTION),
        (".e`true`nv", ".env", SUBSTITUTION),
        ("$'.\\x65nv'", ".env", ANSI),
        ("a{b,c}", "a{b,c}", BRACES),
        ("{1..3}", "{1..3}", BRACES),
        ("~bob/x", "/home/bob/x", TILDE),
        ("[a-z]", "[a-z]", CHARACTER_SET),
        ("'abc", "abc", UNFINISHED),
    ],
)
def test_what_bash_would_compute_is_told_and_guessed(source: str, text: str, why: str) -> None:
    word = read(source)
    assert (word.text, word.why) == (text, why)


def test_quoted_pattern_characters_match_nothing() -> None:
    assert read("a*'*'\\?b?").active == (1, 5)


def _from_bash(words: list[str], folder: Path) -> list[str | None]:
    """Return what bash makes of each word alone; None where it is no single word or no word at all."""
    lines = [f"set -f; printf '%s\\0' {word}\n" for word in words]
    script = "".join(f"(eval {_hex(line)}) 2>/dev/null; printf '\\1'\n" for line in lines)
    (folder / "script").write_text(script, encoding="utf-8")
    run = subprocess.run(
        ["bash", "--noprofile", "--norc", "script"],
        capture_output=True,
        check=False,
        cwd=folder,
        env={"HOME": PLACES.home, "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
    )
    found: list[str | None] = []
    for each in run.stdout.split(b"\x01")[:-1]:
        pieces = each.split(b"\0")
        found.append(pieces[0].decode() if len(pieces) == 2 else None)
    return found


def _hex(text: str) -> str:
    return "$'" + "".join(f"\\x{byte:02x}" for byte in text.encode()) + "'"


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash to compare with")
def test_decoding_agrees_with_bash(tmp_path: Path) -> None:
    """Whatever is decoded without a doubt is what bash makes of it."""
    chance = random.Random(20_261)
    sources = ["".join(chance.choices(_PIECES, k=chance.randint(1, 6))) for _ in range(3_000)]
    certain = [
        (source, word.text)
        for source in sources
        if not (word := read(source)).why and word.end == len(source) and source and source[0] not in "#~"
    ]
    assert len(certain) >= 1_000
    told = _from_bash([source for source, _ in certain], tmp_path)
    assert len(told) == len(certain)
    wrong = [(source, ours, bash) for (source, ours), bash in zip(certain, told, strict=True) if ours != bash]
    assert not wrong, wrong[:10]


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash to compare with")
def test_tildes_agree_with_bash(tmp_path: Path) -> None:
    sources = ["".join(letters) for size in range(1, 5) for letters in product("~=:a-/", repeat=size) if "~" in letters]
    certain = [(source, word.text) for source in sources if not (word := read(source)).why]
    assert len(certain) >= 500
    told = _from_bash([source for source, _ in certain], tmp_path)
    assert [source for (source, ours), bash in zip(certain, told, strict=True) if ours != bash] == []


@given(st.text(max_size=200))
def test_reading_is_total_and_moves_on(source: str) -> None:
    at = 0
    while at < len(source):
        word = read_word(source, at, PLACES)
        assert word.end >= at
        at = max(word.end, at + 1)
