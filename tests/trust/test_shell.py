"""Two readings of a command line: our own and the grammar's."""

import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trust.ground_kit import PLACES, build_project
from tui.trust import shell
from tui.trust.reader import MOST_COMMANDS, TOO_MANY, read_commands
from tui.trust.shell import DISAGREE, NO_PARSER, check_reading


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("git status 2>&1 | tail -n3", [["git", "status"], ["tail", "-n3"]]),
        ("a && b || c; d\ne", [["a"], ["b"], ["c"], ["d"], ["e"]]),
        ("a |\n b &&\nc", [["a"], ["b"], ["c"]]),
        ("ls -l \\\n x", [["ls", "-l", "x"]]),
        ("ls 'é ü' ß", [["ls", "é ü", "ß"]]),
        ("ls > /dev/null 2>&1", [["ls"]]),
        ("> /dev/null ls", [["ls"]]),
        ("a && b 2>/dev/null", [["a"], ["b"]]),
        ("rg \"foo$\" -g '!x' {} a,b", [["rg", "foo$", "-g", "!x", "{}", "a,b"]]),
    ],
)
def test_plain_lines_are_read_alike(source: str, words: list[list[str]]) -> None:
    reading = read_commands(source, PLACES)
    assert [[word.text for word in command.words] for command in reading.commands] == words
    assert (reading.doubts, check_reading(source, reading)) == ((), "")


@pytest.mark.parametrize(
    "source",
    [
        "(ls)", "{ ls; }", "! ls", "time ls", "coproc ls", "if a; then b; fi", "for i in a; do b; done", "f() { a; }",
        "while a; do b; done", "case a in a) b;; esac", "[[ a ]]", "((1))", "cat <<E\na\nE", "cat <<-E\n\t$(a)\n\tE",
        "cat <<< a", "cat <(a)", "a >(b)", "ls # a", "ls &", "ls ;; a", "ls |", "&& ls", "ls 'a",
        "ls \"a", "$(a)", "`a`",
        "${a}", "$a", "$'a'", "$\"a\"", "a=b c", "export a=b", "{a,b}",
        "a{1..3}", "@(a|b)", "ls {fd}>a", "(" * 200,
        "ls &> x; ;", "select a in b; do c; done", "function f { a; }", "let a=1", "~a/b",
    ],
)  # fmt: skip
def test_what_is_more_than_plain_never_passes_for_plain(source: str) -> None:
    reading = read_commands(source, PLACES)
    words = [word for command in reading.commands for word in (*command.words, *command.sets)]
    told = [*reading.doubts, *(word.why for word in words if word.why), check_reading(source, reading)]
    told += ["a variable" for command in reading.commands if command.sets or command.doubts]
    told += ["a builtin" for word in words if word.text in {"let", "export"}]
    assert any(told)


def test_readings_that_differ_are_told() -> None:
    reading = read_commands("ls a", PLACES)
    assert check_reading("ls b c", reading) == DISAGREE


def test_many_commands_are_too_many() -> None:
    assert TOO_MANY in read_commands(";".join(["ls"] * (MOST_COMMANDS + 1)), PLACES).doubts
    assert read_commands(";".join(["ls"] * MOST_COMMANDS), PLACES).doubts == ()


@given(st.text(max_size=300))
def test_reading_is_total(source: str) -> None:
    read_commands(source, PLACES)


@pytest.fixture
def without_parser(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(sys.modules, "tree_sitter", None)
    shell._parser.cache_clear()
    yield
    shell._parser.cache_clear()


@pytest.mark.usefixtures("without_parser")
def test_without_the_parser_every_command_asks(tmp_path_factory: pytest.TempPathFactory) -> None:
    project = build_project(tmp_path_factory.mktemp("bare"))
    for command in ("ls", "git status", "cat README.md", "pytest -q"):
        verdict = project.run(command)
        assert (verdict.decision, verdict.reason) == ("ask", NO_PARSER)
    assert project.run("cat .env").decision == "deny"
    assert project.run("cat $(echo .env)").decision == "deny"
