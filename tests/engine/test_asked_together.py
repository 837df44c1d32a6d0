"""Several changes of one turn are asked about together, by the real tools, and made in order."""

import asyncio
from collections.abc import Callable
from typing import Any

from tests.engine.workbench import Workbench, auto
from tui.core.chat import AssistantMessage, ToolCall, ToolResult
from tui.core.tool_events import ApprovalRequested, ApprovalResolved, ToolFinished, ToolStarted
from tui.core.trust import AnswerKind, Resolution, TrustMode
from tui.engine.tool_loop import Round

Make = Callable[..., Workbench]


def begin(bench: Workbench, *calls: tuple[str, dict[str, Any]]) -> tuple[Round, "asyncio.Task[None]"]:
    asked = tuple(
        ToolCall(id=f"c{number}", name=name, arguments="", parsed=arguments)
        for number, (name, arguments) in enumerate(calls)
    )
    running = Round(AssistantMessage(text="", tool_calls=asked))
    return running, asyncio.create_task(running.run(bench.runner, pane="claude", turn="turn-1"))


def texts(running: Round) -> list[tuple[str, bool]]:
    return [(one.text, one.is_error) for one in running.messages() if isinstance(one, ToolResult)]


def write(path: str, content: str = "x = 1\n") -> tuple[str, dict[str, Any]]:
    return "write_file", {"path": path, "content": content}


async def test_new_files_of_one_new_folder_are_asked_about_together(make: Make) -> None:
    bench = make()
    running, task = begin(bench, write("pkg/a.py"), write("pkg/b.py"), write("pkg/sub/c.py"))
    await bench.question(3)
    assert [one.call_id for one in bench.of(ApprovalRequested)] == ["c0", "c1", "c2"]
    assert bench.of(ApprovalResolved) == []
    for number in (3, 1, 2):  # in any order; they are made in the model's
        await bench.answer(AnswerKind.ONCE, number=number)
    await task
    assert [one.call_id for one in bench.of(ToolStarted)] == ["c0", "c1", "c2"]
    assert [failed for _, failed in texts(running)] == [False] * 3
    assert len(bench.of(ApprovalRequested)) == 3
    assert (bench.root / "pkg/sub/c.py").read_text() == "x = 1\n"


async def test_each_is_answered_for_itself(make: Make) -> None:
    bench = make()
    running, task = begin(bench, write("a.py"), write("b.py"), ("delete_file", {"path": "README.md"}))
    await bench.question(3)
    await bench.answer(AnswerKind.DENY, "not this", number=2)
    await bench.answer(AnswerKind.ONCE, number=3)
    await bench.answer(AnswerKind.ONCE, number=1)
    await task
    assert [failed for _, failed in texts(running)] == [False, True, False]
    assert (bench.root / "a.py").exists()
    assert not (bench.root / "b.py").exists()
    assert not (bench.root / "README.md").exists()


async def test_a_second_edit_of_a_file_is_asked_about_on_what_the_first_made_of_it(make: Make) -> None:
    bench = make()
    edits = (("return 1", "return 2"), ("return 2", "return 3"))
    running, task = begin(bench, *(("edit_file", {"path": "src/app.py", "old": old, "new": new}) for old, new in edits))
    await bench.answer(AnswerKind.ONCE)
    await bench.answer(AnswerKind.ONCE, number=2)
    await task
    assert [failed for _, failed in texts(running)] == [False, False]
    assert "return 3" in (bench.root / "src/app.py").read_text()


async def test_what_changed_while_an_earlier_one_waited_is_asked_again_or_refused(make: Make) -> None:
    bench = make()
    running, task = begin(bench, write("a.py"), ("edit_file", {"path": "src/app.py", "old": "return 1", "new": "x"}))
    await bench.answer(AnswerKind.ONCE, number=2)
    await bench.question(2)
    (bench.root / "src/app.py").write_text("somebody else's\n")
    await bench.answer(AnswerKind.ONCE, number=1)
    await task
    assert [failed for _, failed in texts(running)] == [False, True]
    assert (bench.root / "src/app.py").read_text() == "somebody else's\n"


async def test_stopping_closes_every_question_and_leaves_no_file(make: Make) -> None:
    bench = make()
    running, task = begin(bench, write("a.py"), write("b.py"), write("c.py"))
    await bench.question(3)
    await bench.answer(AnswerKind.ONCE, number=3)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert all("Not run" in text for text, _ in texts(running))
    assert len(bench.of(ApprovalResolved)) == 3
    assert {one.how for one in bench.of(ApprovalResolved)} == {Resolution.CANCELLED, Resolution.ONCE}
    assert len(bench.of(ToolFinished)) == 3
    assert bench.of(ToolStarted) == []
    assert not any((bench.root / name).exists() for name in ("a.py", "b.py", "c.py"))


async def test_a_mode_that_needs_no_question_makes_the_rest_in_order(make: Make) -> None:
    bench = make(auto(mode=TrustMode.AUTO_EDIT))
    running, task = begin(bench, *(write(f"n{number}.py") for number in range(6)))
    await task
    assert [failed for _, failed in texts(running)] == [False] * 6
    assert [one.call_id for one in bench.of(ToolStarted)] == [f"c{number}" for number in range(6)]
    assert bench.of(ApprovalRequested) == []
