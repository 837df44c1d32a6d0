"""Arguments: what is refused, in one clear line and with exit code 2, and what the prompt becomes."""

import subprocess
import sys
from pathlib import Path

import pytest

import tui
from tui import cli
from tui.cli_arguments import build_parser
from tui.core.errors import UsageError
from tui.headless_input import decode, join_prompt


def exit_of(*words: str) -> int:
    """The exit code of the program, run in this process."""
    try:
        return cli.main(words)
    except SystemExit as end:
        return int(str(end.code))


@pytest.fixture(autouse=True)
def _keep_hook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--them", "x"], "there is no option --them; did you mean --theme?"),
        (["--zzz=1"], "there is no option --zzz (see"),
        (["doctor", "--jsn"], "did you mean --json?"),
        (["hello"], "there is no command 'hello'; a prompt is sent with -p and goes in quotes: llmmixer -p \"…\""),
        (["-p", "hello", "world"], "there is no command 'world'"),
        (["-p", "x", "--output-format", "xml"], "--output-format: invalid choice: 'xml'"),
        (["-p", "x", "--timeout", "0"], "--timeout: '0' is not a number of seconds above 0"),
        (["-p", "x", "--timeout", "nan"], "--timeout: 'nan' is not a number"),
        (["-p", "x", "--timeout", "inf"], "--timeout: 'inf' is not a number"),
        (["-p", "x", "--timeout", "soon"], "--timeout: 'soon' is not a number"),
        (["-p", "x", "--timeout"], "--timeout: expected one argument"),
        (["-p", "x", "--pane", ":m"], "--pane: ':m' is not PROVIDER or PROVIDER:MODEL"),
        (["-p", "x", "--pane", "openai:"], "--pane: 'openai:' is not PROVIDER or PROVIDER:MODEL"),
        (["-p", "x", "--max-budget-usd", "-1"], "--max-budget-usd"),
        (["-p", "x", "--max-budget-usd", "much"], "'much' is not an amount of dollars"),
        (["--max-budget-usd", "1"], "--max-budget-usd needs -p"),
        (["-p", "x", "--theme", "t"], "--theme does not go with -p"),
        (["--timeout", "3"], "--timeout needs -p"),
        (["--output-format", "json"], "--output-format needs -p"),
        (["--system", "s"], "--system needs -p"),
        (["-p", "x", "doctor"], "--prompt does not go with the command doctor"),
        (["--demo", "config"], "--demo does not go with the command config"),
        (["config", "forget"], "invalid choice: 'forget'"),
        (["\x1b]0;x\x07"], "there is no command"),
    ],
)
def test_wrong_arguments_are_one_line_and_exit_code_2(
    words: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_of(*words) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("llmmixer")
    assert told.err.count("\n") == 1
    assert expected in told.err
    assert "\x1b" not in told.err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_of("--version") == 0
    assert capsys.readouterr().out == f"llmmixer {tui.__version__}\n"


def test_help_names_every_option_exit_code_and_variable(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_of("--help") == 0
    told = capsys.readouterr().out
    options = {"--demo", "--pane", "--theme", "-p", "--output-format", "--timeout", "--system", "doctor", "config"}
    variables = {"ANTHROPIC_API_KEY", "OPENAI_BASE_URL", "GOOGLE_GEMINI_BASE_URL", "LLMMIXER_HOME", "NO_COLOR"}
    assert not [word for word in options | variables | {"124", "130", "examples:"} if word not in told]
    assert max(map(len, told.splitlines())) <= 120


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["--nonsense"], ["doctor", "--help"]])
def test_nothing_heavy_is_loaded_to_answer_about_arguments(words: list[str]) -> None:
    script = f"""
import sys
from tui.cli import main
try:
    main({words!r})
except SystemExit:
    pass
heavy = {{"textual", "rich", "asyncio", "anthropic", "openai", "google.genai", "httpx2", "tui.engine", "ssl", "socket"}}
print(sorted(heavy & set(sys.modules)), file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=50, check=True, cwd=Path.cwd()
    )
    assert done.stderr.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("words", "prompt"),
    [
        (["-p", "hi"], "hi"),
        (["--prompt=-x"], "-x"),
        (["-p"], "-"),
        (["-p", "-"], "-"),
        (["-p", "--timeout", "3"], "-"),
        (["-p", "- a list item"], "- a list item"),
        (["-p", "doctor"], "doctor"),
        ([], None),
    ],
)
def test_prompt_words(words: list[str], prompt: str | None) -> None:
    assert build_parser().parse_args(words).prompt == prompt


@pytest.mark.parametrize(
    ("word", "piped", "prompt"),
    [
        ("ask", "", "ask"),
        ("ask", "\n\n", "ask"),
        ("ask", "data\n", "ask\n\ndata"),
        ("ask", "  indented\r\nmore\r\n", "ask\n\n  indented\r\nmore"),
        ("", "alone\n", "alone"),
        ("  ", "alone", "alone"),
        ("한국어 🎉", "e\u0301", "한국어 🎉\n\ne\u0301"),
    ],
)
def test_piped_text_goes_below_the_prompt(word: str, piped: str, prompt: str) -> None:
    assert join_prompt(word, piped) == prompt


@pytest.mark.parametrize(
    ("word", "piped", "said"), [("", "", "Empty"), (" ", "\n", "Empty"), ("a\0b", "", "NUL"), ("\udcff", "", "UTF-8")]
)
def test_what_cannot_be_sent_is_refused(word: str, piped: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        join_prompt(word, piped)
    assert caught.value.exit_code == 2


def test_piped_bytes_must_be_utf8() -> None:
    assert decode(b"\xef\xbb\xbfhi") == "hi"
    with pytest.raises(UsageError, match="byte 0xff at position 2"):
        decode(b"ab\xff")
