"""A call stopped at any of its awaits: files are whole, nothing stays open, and the record is balanced."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import WaitUntil
from tests.engine.workbench import FILES, Workbench, auto, make_project
from tui.core.commands import Answer
from tui.core.tool_events import ApprovalRequested, ApprovalResolved, ToolFinished, ToolStarted
from tui.core.trust import AnswerKind

NEW = "def one():\n    return 2\n"
CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("read_file", {"path": "src/app.py"}),
    ("list_files", {}),
    ("search", {"pattern": "return"}),
    ("write_file", {"path": "src/app.py", "content": NEW}),
    ("write_file", {"path": "new/deep/file.py", "content": NEW}),
    ("edit_file", {"path": "src/app.py", "old": "return 1", "new": "return 2"}),
    ("delete_file", {"path": "src"}),
    ("run_command", {"command": "cat src/app.py && touch ran"}),
)
MOST_STEPS = 60


def whole(root: Path) -> dict[str, str]:
    """Return what every file holds; each must be one of what it may be."""
    found = {path.relative_to(root).as_posix(): path.read_text() for path in root.rglob("*") if path.is_file()}
    for name, text in found.items():
        assert text in (FILES.get(name), NEW), name
    return found


@pytest.mark.parametrize(
    ("name", "arguments"), CALLS, ids=[f"{name}-{number}" for number, (name, _) in enumerate(CALLS)]
)
async def test_stopped_at_every_step(
    tmp_path: Path, wait_until: WaitUntil, name: str, arguments: dict[str, Any]
) -> None:
    root = make_project(tmp_path / "project")
    bench = Workbench(root, tmp_path / "home", wait_until, trust=auto(mode=None, auto_approve=False))
    desk = bench.runner.desk

    def say_yes() -> None:
        for event in bench.of(ApprovalRequested):
            desk.approvals.answer(Answer(id=event.id, decision=AnswerKind.ONCE))

    ended = steps = 0
    while ended < 2 and steps < MOST_STEPS:
        task = bench.begin(name, turn=f"turn-{steps}", **arguments)
        for _ in range(steps):
            await asyncio.sleep(0)
            say_yes()
            if steps % 3 == 2:  # in one of three, threads get their time too
                await asyncio.sleep(0.002)
        task.cancel()
        await asyncio.wait({task})
        ended += not task.cancelled()
        bench.runner.end_turn("claude", f"turn-{steps}")
        await asyncio.to_thread(_take_back, bench)
        (root / "ran").unlink(missing_ok=True)
        assert whole(root) == dict(FILES)
        steps += 1
    await bench.written()
    await wait_until(lambda: not desk.toolbox._pending)
    check_nothing_is_open(bench)
    kinds = Counter(entry["kind"] for entry in await bench.written())
    assert kinds["start"] == kinds["end"]


def _take_back(bench: Workbench) -> None:
    while (undone := bench.runner.desk.toolbox.undo()).paths:
        assert undone.kept == ()


def check_nothing_is_open(bench: Workbench) -> None:
    asked = sorted(event.id for event in bench.of(ApprovalRequested))
    assert asked == sorted(event.id for event in bench.of(ApprovalResolved))
    started = Counter(event.call_id for event in bench.of(ToolStarted))
    finished = Counter(event.call_id for event in bench.of(ToolFinished))
    assert not started - finished
    assert set(finished.values()) <= {1}
    assert not list(bench.root.rglob(".llmmixer-*"))
    assert not any(file.pending for file in bench.runner.desk.toolbox.activity._files.values())
