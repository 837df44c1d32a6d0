"""A turn with tools that is stopped after every single event: nothing is left open, and the talk can go on."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import WaitUntil
from tests.engine.rig import Rig, answer, plan
from tests.engine.scripted import ScriptedProvider, Step
from tests.engine.workbench import ASKING, Workbench, make_project
from tests.terminal.live import is_alive
from tui.config.model_work import Sandbox, TerminalConfig, TrustConfig
from tui.core.chat import (
    AssistantMessage,
    Finished,
    Message,
    StopReason,
    StreamOpened,
    TextPiece,
    ToolCall,
    ToolCallReady,
    ToolCallStarted,
    ToolResult,
    Usage,
    UsageSeen,
    UserMessage,
)
from tui.core.clock import SystemClock
from tui.core.commands import Answer
from tui.core.errors import Outcome
from tui.core.events import ConversationCleared, Event, TurnFinished, TurnStarted
from tui.core.tool_events import ApprovalRequested, ApprovalResolved, ToolFinished, ToolStarted
from tui.core.trust import AnswerKind
from tui.engine.guard import Route
from tui.engine.pane import Pane
from tui.engine.terminals import Terminals

CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("read_file", {"path": "src/app.py"}),
    ("search", {"pattern": "return"}),
    ("write_file", {"path": "src/app.py", "content": "def one():\n    return 2\n"}),
    ("run_command", {"command": "cat src/app.py && touch ran"}),
    ("no_such_tool", {}),
)
OLD, NEW = "def one():\n    return 1\n", "def one():\n    return 2\n"


def asks_for_tools() -> tuple[Step, ...]:
    """An answer that asks for every call."""
    steps: list[Step] = [StreamOpened(), TextPiece(text="I look.")]
    for number, (name, arguments) in enumerate(CALLS):
        call = ToolCall(id=f"call-{number}", name=name, arguments="{}", parsed=arguments)
        steps += [ToolCallStarted(id=call.id, name=name), ToolCallReady(call=call)]
    return (*steps, UsageSeen(usage=Usage(input_tokens=10, output_tokens=5)), Finished(stop=StopReason.TOOL_USE))


class Watched(list[Event]):
    """Events, with somebody who does something when one comes."""

    def __init__(self) -> None:
        super().__init__()
        self.watch: Callable[[Event], None] = lambda _: None

    def append(self, event: Event) -> None:
        super().append(event)
        self.watch(event)


class Session:
    """One pane with tools, whose person says yes to everything, and stops it after a number of events."""

    def __init__(self, folder: Path, wait_until: WaitUntil, rig: Rig, scripts: list[Sequence[Step]]) -> None:
        self.bench = Workbench(
            make_project(folder / "project"), folder / "home", wait_until, trust=TrustConfig(sandbox=Sandbox.OFF),
            events=Watched(),
        )  # fmt: skip
        self.events = self.bench.events
        assert isinstance(self.events, Watched)
        self.events.watch = self._see
        self.provider = ScriptedProvider(scripts)
        own = plan()
        self.pane = Pane(
            own, [Route(own, self.provider)], guard=rig.guard, publish=self.events.append, clock=rig.clock,
            tools=self.bench.runner,
        )  # fmt: skip
        self.stop_after = -1
        self.act: Callable[[], None] = self.pane.stop

    def _see(self, event: Event) -> None:
        if isinstance(event, ApprovalRequested):
            asyncio.get_running_loop().call_soon(self._say_yes, event.id)
        if len(self.events) == self.stop_after:
            self.act()

    def _say_yes(self, question: str) -> None:
        self.bench.runner.desk.approvals.answer(Answer(id=question, decision=AnswerKind.ONCE))

    async def ask(self, text: str) -> TurnFinished:
        before = len(self.bench.of(TurnFinished))
        self.pane.submit(text)
        await self.bench.wait_until(lambda: len(self.bench.of(TurnFinished)) > before)
        return self.bench.of(TurnFinished)[-1]

    def check_nothing_is_open(self) -> None:
        asked = [event.id for event in self.bench.of(ApprovalRequested)]
        assert sorted(asked) == sorted(event.id for event in self.bench.of(ApprovalResolved))
        started = [event.call_id for event in self.bench.of(ToolStarted)]
        ended = [event.call_id for event in self.bench.of(ToolFinished)]
        assert set(started) <= set(ended)
        assert len(ended) == len(set(ended))
        assert (self.bench.root / "src/app.py").read_text(encoding="utf-8") in (OLD, NEW)


def _repeated(action: Callable[[], None], times: int) -> Callable[[], None]:
    def act() -> None:
        for _ in range(times):
            action()

    return act


def check_talk(messages: tuple[Message, ...]) -> None:
    """Check what every provider demands: each call has one result, right behind the answer that asked for it."""
    waiting: list[str] = []
    for message in messages:
        if isinstance(message, ToolResult):
            assert message.call_id == waiting.pop(0)
            continue
        assert waiting == []
        if isinstance(message, AssistantMessage):
            waiting = [call.id for call in message.tool_calls]
            assert message.text or message.tool_calls
    assert waiting == []
    assert isinstance(messages[-1], UserMessage | ToolResult)


async def length_of_a_turn(folder: Path, wait_until: WaitUntil) -> int:
    """Return how many events a whole turn has."""
    async with Rig() as rig:
        session = Session(folder, wait_until, rig, [asks_for_tools(), answer("done")])
        finished = await session.ask("work")
        assert (finished.outcome, finished.rounds) == (Outcome.SUCCESS, 2)
        session.check_nothing_is_open()
        assert (session.bench.root / "ran").exists()
        return len(session.events)


@pytest.mark.parametrize("times", [1, 2])
async def test_a_turn_stopped_anywhere_leaves_a_talk_that_goes_on(
    tmp_path: Path, wait_until: WaitUntil, times: int
) -> None:
    whole = await length_of_a_turn(tmp_path / "whole", wait_until)
    assert whole > 20
    for events in range(1, whole):
        async with Rig() as rig:
            folder = tmp_path / f"{events}"
            session = Session(folder, wait_until, rig, [asks_for_tools(), answer("done")])
            session.stop_after = events
            session.act = _repeated(session.pane.stop, times)
            finished = await session.ask("work")
            assert finished.outcome in (Outcome.CANCELLED, Outcome.SUCCESS), events
            session.check_nothing_is_open()
            session.provider.scripts = [answer("go on")]
            after = await session.ask("and now?")
            assert after.outcome is Outcome.SUCCESS, (events, after.problem)
            check_talk(session.provider.requests[-1].messages)
            await session.pane.close()


async def test_a_talk_cleared_anywhere_begins_anew(tmp_path: Path, wait_until: WaitUntil) -> None:
    whole = await length_of_a_turn(tmp_path / "whole", wait_until)
    for events in range(1, whole, 3):
        async with Rig() as rig:
            session = Session(tmp_path / f"{events}", wait_until, rig, [asks_for_tools(), answer("done")])
            session.stop_after, session.act = events, session.pane.clear
            await session.ask("work")
            assert len(session.bench.of(ConversationCleared)) == 1
            session.check_nothing_is_open()
            session.provider.scripts = [answer("go on")]
            await session.ask("and now?")
            assert session.provider.requests[-1].messages == (UserMessage(text="and now?"),)
            await session.pane.close()


async def test_a_prompt_sent_again_after_tools_begins_from_its_prompt(tmp_path: Path, wait_until: WaitUntil) -> None:
    async with Rig() as rig:
        session = Session(tmp_path, wait_until, rig, [asks_for_tools(), answer("done")])
        await session.ask("work")
        session.provider.scripts = [answer("again")]
        assert session.pane.retry()
        await session.bench.wait_until(lambda: len(session.bench.of(TurnFinished)) == 2)
        assert session.provider.requests[-1].messages == (UserMessage(text="work"),)
        assert len(session.bench.of(TurnStarted)) == 2
        await session.pane.close()


async def test_the_same_id_twice_in_one_answer_is_two_calls(tmp_path: Path, wait_until: WaitUntil) -> None:
    call = ToolCall(id="same", name="read_file", arguments="{}", parsed={"path": "src/app.py"})
    other = ToolCall(id="same", name="read_file", arguments="{}", parsed={"path": "README.md"})
    steps = (
        StreamOpened(), ToolCallReady(call=call), ToolCallReady(call=other), Finished(stop=StopReason.TOOL_USE),
    )  # fmt: skip
    async with Rig() as rig:
        session = Session(tmp_path, wait_until, rig, [steps, answer("done")])
        await session.ask("work")
        results = [one for one in session.provider.requests[-1].messages if isinstance(one, ToolResult)]
        assert ["return 1" in one.text for one in results] == [True, False]
        await session.pane.close()


@pytest.mark.parametrize("times", [1, 2])
async def test_a_program_that_ignores_signals_ends_with_its_turn(
    tmp_path: Path, wait_until: WaitUntil, times: int
) -> None:
    bench = Workbench(make_project(tmp_path / "project"), tmp_path / "home", wait_until, trust=ASKING)
    terminals = Terminals(
        TerminalConfig(), bench.root, {}, told=lambda *_: None, output_bytes=10_000, publish=bench.events.append,
        clock=SystemClock(),
    )  # fmt: skip
    bench.runner.desk = replace(bench.runner.desk, interactive=terminals)
    script = "trap '' TERM HUP INT; echo $$ > pid; mv pid begun; sleep 60; sleep 60"
    task = bench.begin("run_interactive", command=f'sh -c "{script.replace("$", chr(92) + "$")}"')
    await bench.answer(AnswerKind.ONCE)
    await wait_until((bench.root / "begun").exists)
    program = int((bench.root / "begun").read_text(encoding="ascii"))
    for _ in range(times):
        task.cancel()
        await asyncio.sleep(0.01)
    with pytest.raises(asyncio.CancelledError):
        await task
    await terminals.close()
    await wait_until(lambda: not is_alive(program))
