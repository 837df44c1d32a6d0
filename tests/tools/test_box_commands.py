"""Commands as the engine runs them: prepared, launched, and told to the model."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tools.conftest import Bench
from tui.core.tool_events import ToolStatus
from tui.tools.command import Launch
from tui.tools.outcome import Limits, ToolOutcome

ROOT = Path(__file__).resolve().parents[2]


def run(bench: Bench, script: str, **arguments: object) -> ToolOutcome:
    prepared = bench.prepare("run_command", command=script, **arguments)
    launch = Launch(argv=("/bin/sh", "-c", script), env={"PATH": "/usr/bin:/bin"}, cwd=prepared.path)
    return asyncio.run(bench.box.run(prepared, None, launch))


@pytest.mark.parametrize(
    ("script", "status", "begins", "ends", "summary", "code"),
    [
        ("echo hello", ToolStatus.OK, "hello\n[exit 0, ", " s]", "exit 0", 0),
        ("printf hello; exit 2", ToolStatus.ERROR, "hello\n[exit 2, ", " s]", "exit 2", 2),
        ("true", ToolStatus.OK, "[exit 0, ", " s]", "exit 0", 0),
        ("kill -9 $$", ToolStatus.ERROR, "[ended by SIGKILL, ", " s]", "ended by SIGKILL", None),
    ],
)
def test_what_the_model_is_told(
    bench: Bench, script: str, status: ToolStatus, begins: str, ends: str, summary: str, code: int | None
) -> None:
    outcome = run(bench, script)
    assert (outcome.status, outcome.summary, outcome.exit_code) == (status, summary, code)
    assert outcome.text.startswith(begins)
    assert outcome.text.endswith(ends)


def test_cwd_timeout_and_bounds(new_bench: Callable[..., Bench]) -> None:
    bench = new_bench(Limits(command_timeout=40, max_command_timeout=50, output_bytes=1000))
    (bench.root / "sub").mkdir()
    assert bench.prepare("run_command", command="x").timeout == 40
    assert bench.prepare("run_command", command="x", timeout=9999).timeout == 50
    assert run(bench, "pwd", cwd="sub").text.startswith(f"{bench.root}/sub\n")
    text = run(bench, "i=0; while [ $i -lt 999 ]; do echo $i; i=$((i+1)); done").text
    assert len(text) < 1300
    assert "bytes, " in text
    assert "run it again with less output" in text
    slow = run(bench, "sleep 100", timeout=0.2)
    assert slow.summary == "timed out after 0.2 s"
    assert "give a longer timeout" in slow.text


def test_a_folder_that_went_away(bench: Bench) -> None:
    (bench.root / "sub").mkdir()
    prepared = bench.prepare("run_command", command="ls", cwd="sub")
    (bench.root / "sub").rename(bench.root / "moved")
    (bench.root / "sub").symlink_to("/")
    launch = Launch(argv=("/bin/ls",), env={}, cwd=prepared.path)
    outcome = asyncio.run(bench.box.run(prepared, None, launch))
    assert outcome.changed_since


@pytest.mark.parametrize("name", ["run_command", "run_interactive"])
def test_what_is_not_run_here(bench: Bench, name: str) -> None:
    prepared = bench.prepare(name, command="ls")
    with pytest.raises(ValueError, match=f"{name} cannot be run here"):
        asyncio.run(bench.box.run(prepared))


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("tui.tools.spec", {"asyncio", "difflib", "subprocess", "hashlib", "shutil"}),
        ("tui.tools.box", {"difflib", "tomllib", "tree_sitter"}),
    ],
)
def test_offering_tools_loads_nothing_heavy(module: str, unwanted: set[str]) -> None:
    script = f"import sys; before = set(sys.modules); import {module}; print(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not unwanted & set(done.stdout.split())
