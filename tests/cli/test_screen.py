"""Starting the application from the command line, in a pseudo-terminal."""

import re
from pathlib import Path

import pytest

from tests.cli.running import environment, in_terminal

ESCAPE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|P[^\x1b]*\x1b\\|[=>()][0-9AB]?)")
CONTROL_Q = b"\x11"


def played(words: tuple[str, ...], until: bytes, env: dict[str, str], cwd: Path) -> tuple[int, bytes]:
    """Start the program in a terminal, quit when it has shown `until`, and return its exit code and its text."""

    def is_shown(output: bytes) -> bool:
        return until in ESCAPE.sub(b"", output)

    code, output = in_terminal(*words, env=env, cwd=cwd, trigger=is_shown, answer=CONTROL_Q)
    return code, ESCAPE.sub(b"", output)


@pytest.mark.parametrize("words", [("--demo",), ()])
def test_the_demo_starts_with_three_panes(tmp_path: Path, words: tuple[str, ...]) -> None:
    env = environment(OPENAI_COMPATIBLE_BASE_URL="http://127.0.0.1:9/v1")
    code, shown = played(words, b"gemini", env, tmp_path)
    assert code == 0
    assert not [word for word in (b"DEMO", b"claude", b"gpt") if word not in shown]
    assert (b"starting the demo" in shown) == (words == ())


def test_an_unknown_theme_is_named_before_anything_starts(tmp_path: Path) -> None:
    code, shown = played(("--demo", "--theme", "nope"), b"never shown", environment(), tmp_path)
    assert code == 2
    assert b'There is no theme "nope"' in shown


def test_a_chosen_pane(tmp_path: Path) -> None:
    code, shown = played(("--demo", "--pane", "openai:gpt-6-luna"), b"luna", environment(), tmp_path)
    assert code == 0
    assert b"claude" not in shown
