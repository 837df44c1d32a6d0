"""A model looks at the past of a project: what is forbidden is left out, it is told so, and the audit says what ran."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import WaitUntil
from tests.engine.workbench import Workbench, auto, make_project
from tui.core.tool_events import ApprovalRequested
from tui.core.trust import AnswerKind

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@pytest.fixture
def bench(tmp_path: Path, wait_until: WaitUntil) -> Workbench:
    root = make_project(tmp_path / "project")
    for words in (["init", "-q"], ["add", "-A", "-f"], ["commit", "-qm", "everything"]):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *words], cwd=root, check=True)
    (root / ".env").write_text("PASSPHRASE=very-private, changed\n", encoding="utf-8")
    return Workbench(root, tmp_path / "home", wait_until, trust=auto())


@pytest.mark.parametrize("command", ["git show", "git log -p | cat", "git diff HEAD", "git log -p --all && git diff"])
async def test_what_is_forbidden_is_left_out_and_the_model_is_told(bench: Workbench, command: str) -> None:
    result = await bench.call("run_command", command=command)
    assert not result.is_error
    assert "very-private" not in result.text
    assert "left out of what git prints" in result.text
    assert bench.of(ApprovalRequested) == []
    start = next(entry for entry in await bench.written() if entry["kind"] == "start")
    assert start["arguments"]["command"] == command
    assert "exclude" in str(start["runs"])


async def test_what_prints_nothing_of_it_is_as_ever(bench: Workbench) -> None:
    result = await bench.call("run_command", command="git log --stat")
    assert ".env" in result.text
    assert "left out" not in result.text
    assert all("runs" not in entry for entry in await bench.written())


async def test_a_grant_holds_for_the_same_words(bench: Workbench) -> None:
    bench.judge.save_rule("ask run_command git show")
    task = bench.begin("run_command", command="git show")
    await bench.answer(AnswerKind.SESSION)
    first = await task
    again = await bench.call("run_command", "gpt", "turn-2", command="git  'show'")
    for result in (first, again):
        assert "everything" in result.text
        assert "very-private" not in result.text
    assert len(bench.of(ApprovalRequested)) == 1
