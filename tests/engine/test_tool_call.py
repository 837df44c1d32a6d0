"""A call's way: judged, asked about, judged again, run and written down. What was shown is what runs."""

import asyncio
import re
import tomllib
from pathlib import Path

import pytest

from tests.engine.conftest import Make
from tests.engine.workbench import auto
from tests.terminal.live import is_alive
from tui.config.model_work import Sandbox, TrustConfig
from tui.core import secrets
from tui.core.events import Notice
from tui.core.tool_events import ApprovalRequested, ApprovalResolved, ToolFinished, ToolStarted, ToolStatus
from tui.core.trust import AnswerKind, Resolution, TrustMode
from tui.trust.sandbox import probe


async def test_an_allowed_read_goes_back_as_data(make: Make) -> None:
    bench = make()
    result = await bench.call("read_file", path="src/app.py")
    assert not result.is_error
    assert "return 1" in result.text
    opened = re.match(r"<llmmixer-data id=(\w+) ", result.text)
    assert opened is not None
    assert result.text.endswith(f"</llmmixer-data id={opened[1]}>")
    assert [type(event).__name__ for event in bench.events] == ["ToolStarted", "ToolFinished"]
    assert [entry["kind"] for entry in await bench.written()][-2:] == ["start", "end"]


async def test_a_forbidden_path_is_refused_and_never_asked_about(make: Make) -> None:
    bench = make(auto())
    for name, arguments in (
        ("read_file", {"path": ".env"}),
        ("run_command", {"command": "cat .env"}),
        ("write_file", {"path": ".env", "content": "x"}),
    ):
        result = await bench.call(name, **arguments)
        assert result.is_error
        assert "very-private" not in result.text
    assert bench.of(ToolStarted) == []
    assert bench.of(ApprovalRequested) == []
    assert {event.status for event in bench.of(ToolFinished)} == {ToolStatus.DENIED}
    assert {entry["decision"] for entry in await bench.written()} == {"deny"}


async def test_yes_once_writes_exactly_what_was_shown(make: Make) -> None:
    bench = make()
    task = bench.begin("write_file", path="src/new.py", content="two = 2\n")
    question = await bench.question()
    assert "+two = 2" in question.preview.text
    assert not (bench.root / "src/new.py").exists()
    await bench.answer(AnswerKind.ONCE)
    assert not (await task).is_error
    assert (bench.root / "src/new.py").read_text(encoding="utf-8") == "two = 2\n"
    again = bench.begin("write_file", path="src/new.py", content="three = 3\n")
    await bench.answer(AnswerKind.DENY, "not now", number=2)
    result = await again
    assert result.is_error
    assert "not now" in result.text
    assert (bench.root / "src/new.py").read_text(encoding="utf-8") == "two = 2\n"
    answers = [entry["answer"] for entry in await bench.written() if entry.get("by") == "person"]
    assert answers == ["once", "deny"]


async def test_this_session_is_for_exactly_this(make: Make) -> None:
    bench = make()
    task = bench.begin("run_command", command="touch one")
    await bench.answer(AnswerKind.SESSION)
    await task
    assert not (await bench.call("run_command", command="touch  'one'")).is_error
    other = bench.begin("run_command", command="touch one two")
    await bench.answer(AnswerKind.DENY, number=2)
    assert (await other).is_error
    assert len(bench.of(ApprovalRequested)) == 2


async def test_a_rule_is_saved_and_holds(make: Make) -> None:
    bench = make()
    task = bench.begin("run_command", command="touch one")
    question = await bench.question()
    trial = bench.runner.desk.approvals.try_rule(question.id, "allow run_command touch")
    assert trial is not None
    assert (trial.problem, trial.decision.value) == ("", "allow"), trial
    broken = bench.runner.desk.approvals.try_rule(question.id, "permit everything")
    assert broken is not None
    assert broken.problem
    await bench.answer(AnswerKind.RULE, "allow run_command touch")
    await task
    assert tomllib.loads(bench.user_file.read_text(encoding="utf-8")) == {
        "trust": {"rules": ["allow run_command touch"]}
    }
    assert not (await bench.call("run_command", command="touch two")).is_error
    assert len(bench.of(ApprovalRequested)) == 1


async def test_a_rule_that_cannot_be_kept_lets_the_call_run_once(make: Make) -> None:
    bench = make()
    task = bench.begin("run_command", command="touch one")
    await bench.answer(AnswerKind.RULE, "nonsense")
    assert not (await task).is_error
    assert len(bench.of(Notice)) == 1
    assert not bench.user_file.exists()


async def test_what_one_answer_allows_closes_the_same_question_of_another_pane(make: Make) -> None:
    bench = make()
    first = bench.begin("run_command", command="touch one")
    second = bench.begin("run_command", pane="gpt", turn="turn-2", command="touch one")
    await bench.question(2)
    await bench.answer(AnswerKind.SESSION)
    assert not (await first).is_error
    assert not (await second).is_error
    assert {event.how for event in bench.of(ApprovalResolved)} == {Resolution.SESSION, Resolution.OVERTAKEN}


async def test_a_changed_command_is_judged_anew(make: Make) -> None:
    bench = make()
    task = bench.begin("run_command", command="touch one && rm -rf src")
    await bench.answer(AnswerKind.EDITED, "touch one")
    question = await bench.question(2)
    assert question.text == "touch one"
    await bench.answer(AnswerKind.ONCE, number=2)
    assert not (await task).is_error
    assert (bench.root / "src").exists()


@pytest.mark.parametrize("command", ["cat .env", "", "touch \x00"])
async def test_a_change_that_may_never_run_leaves_the_question_open(make: Make, command: str) -> None:
    bench = make()
    task = bench.begin("run_command", command="touch two")
    await bench.answer(AnswerKind.EDITED, command)
    question = await bench.question(2)
    assert question.text == "touch two"
    [notice] = bench.of(Notice)
    assert notice.problem.title == "Your command may not run"
    assert notice.problem.text
    await bench.answer(AnswerKind.ONCE, number=2)
    assert not (await task).is_error
    assert (bench.root / "two").exists()


async def test_a_command_that_deletes_shows_what_goes(make: Make) -> None:
    bench = make()
    task = bench.begin("run_command", command="touch one && rm -rf src")
    question = await bench.question()
    assert question.preview.text == "src/app.py"
    assert question.root == str(bench.root)
    await bench.answer(AnswerKind.DENY)
    await task
    within = bench.begin("run_command", command="rm app.py", cwd="src")
    assert (await bench.question(2)).preview.text == "app.py"
    await bench.answer(AnswerKind.DENY, number=2)
    await within


async def test_a_file_that_changed_while_the_question_was_open_is_not_overwritten(make: Make) -> None:
    bench = make()
    task = bench.begin("edit_file", path="src/app.py", old="return 1", new="return 2")
    await bench.question()
    (bench.root / "src/app.py").write_text("def one():\n    return 1  # mine\n", encoding="utf-8")
    await bench.answer(AnswerKind.ONCE)
    result = await task
    assert result.is_error
    assert (bench.root / "src/app.py").read_text(encoding="utf-8") == "def one():\n    return 1  # mine\n"


async def test_a_link_put_there_while_the_question_was_open_is_not_followed(make: Make, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    bench = make()
    task = bench.begin("write_file", path="src/new.py", content="x\n")
    await bench.question()
    (bench.root / "src").rename(bench.root / "old")
    (bench.root / "src").symlink_to(outside)
    await bench.answer(AnswerKind.ONCE)
    await bench.wait_until(lambda: task.done() or len(bench.of(ApprovalRequested)) == 2)
    assert list(outside.iterdir()) == []
    if not task.done():  # it was judged anew, and now says where it would go
        assert "outside" in bench.of(ApprovalRequested)[1].reason
        await bench.answer(AnswerKind.DENY, number=2)
    assert (await task).is_error


async def test_a_stopped_turn_closes_its_question_and_writes_nothing(make: Make) -> None:
    bench = make()
    task = bench.begin("write_file", path="src/new.py", content="x\n")
    question = await bench.question()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [(event.id, event.how) for event in bench.of(ApprovalResolved)] == [(question.id, Resolution.CANCELLED)]
    assert [event.status for event in bench.of(ToolFinished)] == [ToolStatus.STOPPED]
    assert not (bench.root / "src/new.py").exists()


async def test_a_stopped_turn_ends_the_whole_command(make: Make) -> None:
    bench = make()
    task = bench.begin("run_command", command="sh -c 'sleep 300 & echo $! > pid; wait'")
    await bench.answer(AnswerKind.ONCE)
    pid_file = bench.root / "pid"
    await bench.wait_until(lambda: pid_file.exists() and pid_file.read_text(encoding="utf-8").strip())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    pid = int(pid_file.read_text(encoding="utf-8"))
    await bench.wait_until(lambda: not is_alive(pid))
    assert [entry["status"] for entry in await bench.written() if entry["kind"] == "end"] == ["stopped"]


async def test_nothing_runs_that_cannot_be_written_down(make: Make, tmp_path: Path) -> None:
    bench = make(auto(), audit_path=tmp_path)  # a folder
    result = await bench.call("write_file", path="src/new.py", content="x\n")
    assert result.is_error
    assert not (bench.root / "src/new.py").exists()
    assert bench.of(ToolStarted) == []


async def test_without_a_person_what_asks_is_refused(make: Make) -> None:
    bench = make(can_ask=False)
    assert not (await bench.call("read_file", path="README.md")).is_error
    result = await bench.call("write_file", path="new", content="x")
    assert result.is_error
    assert bench.of(ApprovalRequested) == []
    assert not (bench.root / "new").exists()


async def test_read_text_that_addresses_the_model_takes_automatic_approval_one_level_down(make: Make) -> None:
    bench = make(auto(allowed_commands=("touch",)))
    assert not (await bench.call("run_command", command="touch one")).is_error
    await bench.call("read_file", path="notes/injected.md")
    task = bench.begin("run_command", command="touch two")
    question = await bench.question()
    assert "notes/injected.md" in question.because
    await bench.answer(AnswerKind.DENY)
    assert (await task).is_error
    bench.runner.end_turn("claude", "turn-1")
    bench.runner.forget("claude")
    assert not (await bench.call("run_command", turn="turn-2", command="touch two")).is_error


async def test_a_grant_does_not_hold_in_a_tainted_turn(make: Make) -> None:
    bench = make()
    task = bench.begin("run_command", command="touch one")
    await bench.answer(AnswerKind.SESSION)
    await task
    await bench.call("read_file", path="notes/injected.md")
    again = bench.begin("run_command", command="touch one")
    await bench.answer(AnswerKind.DENY, number=2)
    assert (await again).is_error


async def test_a_known_secret_in_the_arguments_always_asks(make: Make) -> None:
    secret = "not-a-real-key-4711-zzz"
    secrets.register([secret])
    bench = make(auto())
    task = bench.begin("write_file", path="new", content=f"key = {secret}\n")
    question = await bench.question()
    assert secret not in str(question)
    await bench.answer(AnswerKind.DENY)
    assert (await task).is_error
    assert secret not in str(await bench.written())


async def test_a_file_another_pane_works_on_asks(make: Make) -> None:
    bench = make(auto())
    await bench.call("read_file", pane="gpt", turn="turn-2", path="src/app.py")
    task = bench.begin("edit_file", path="src/app.py", old="return 1", new="return 2")
    question = await bench.question()
    assert "gpt" in question.conflict
    await bench.answer(AnswerKind.ONCE)
    assert not (await task).is_error
    assert "return 2" in (bench.root / "src/app.py").read_text(encoding="utf-8")


async def test_what_another_pane_is_about_to_change_is_shown_too(make: Make) -> None:
    bench = make()
    first = bench.begin("edit_file", path="src/app.py", old="return 1", new="return 2")
    await bench.question()
    second = bench.begin("edit_file", pane="gpt", turn="turn-2", path="src/app.py", old="return 1", new="return 3")
    question = await bench.question(2)
    assert "claude" in question.conflict
    assert "+    return 2" in question.rival.text
    assert "+    return 3" in question.preview.text
    await bench.answer(AnswerKind.ONCE)
    assert not (await first).is_error
    await bench.answer(AnswerKind.ONCE, number=2)
    assert (await second).is_error  # what was shown no longer fits the file
    assert "return 2" in (bench.root / "src/app.py").read_text(encoding="utf-8")


async def test_the_mode_holds_from_the_next_decision_on(make: Make) -> None:
    bench = make(auto())
    bench.judge.set_mode(TrustMode.PLAN)
    assert (await bench.call("write_file", path="new", content="x")).is_error
    bench.judge.set_mode(TrustMode.AUTO_EDIT)
    assert not (await bench.call("write_file", path="new", content="x")).is_error


async def test_a_call_that_cannot_work_troubles_nobody(make: Make) -> None:
    bench = make()
    result = await bench.call("edit_file", path="src/app.py", old="no such text", new="x")
    assert result.is_error
    assert bench.of(ApprovalRequested) == []


@pytest.mark.parametrize("arguments", [{}, {"path": 7}, {"path": "a", "content": "b", "surprise": "c"}])
async def test_arguments_that_are_wrong_go_back_to_the_model(make: Make, arguments: dict[str, object]) -> None:
    bench = make()
    result = await bench.call("write_file", **arguments)  # type: ignore[arg-type]
    assert result.is_error
    assert "write_file" in result.text
    assert bench.of(ToolStarted) == []


async def test_a_command_runs_outside_the_sandbox_only_by_its_own_answer(make: Make, tmp_path: Path) -> None:
    if not probe().program:
        pytest.skip("bubblewrap does not work here")
    outside = tmp_path / "outside"
    bench = make(TrustConfig())
    for number, kind in ((1, AnswerKind.ONCE), (2, AnswerKind.OUTSIDE)):
        task = bench.begin("run_command", command=f"touch {outside}")
        question = await bench.question(number)
        assert question.sandbox == "bubblewrap"
        await bench.answer(kind, number=number)
        await task  # inside the sandbox it writes into a folder that is the sandbox's own, or fails
        assert outside.exists() is (kind is AnswerKind.OUTSIDE)
    assert [event.answer for event in bench.of(ToolFinished)] == ["you, once", "you, once, outside the sandbox"]


async def test_a_sandbox_that_is_required_has_no_outside(make: Make, tmp_path: Path) -> None:
    if not probe().program:
        pytest.skip("bubblewrap does not work here")
    bench = make(TrustConfig(sandbox=Sandbox.REQUIRED))
    task = bench.begin("run_command", command=f"touch {tmp_path / 'outside'}")
    assert not (await bench.question()).leavable
    await bench.answer(AnswerKind.OUTSIDE)
    assert (await task).is_error
    assert not (tmp_path / "outside").exists()
