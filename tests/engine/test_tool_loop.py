"""The rounds of a turn: order, company, cancellation and limits."""

import asyncio
from pathlib import PurePath

import pytest

from tests.conftest import WaitUntil
from tui.core.chat import AssistantMessage, ToolCall, ToolResult
from tui.core.errors import Outcome
from tui.engine.call_order import CallSlot
from tui.engine.spending import BUDGET_CODE
from tui.engine.tool_loop import Round, RoundLimits, Spent


def call(name: str, number: int = 0, **arguments: str) -> ToolCall:
    return ToolCall(id=f"{name}-{number}", name=name, arguments="{}", parsed=arguments)


class Recorder:
    """Tools whose calls wait until they are let go."""

    def __init__(self) -> None:
        self.running: list[str] = []
        self.asked: list[str] = []
        self.begun: list[str] = []
        self.most = 0
        self.gates: dict[str, asyncio.Event] = {}

    def is_read(self, call: ToolCall) -> bool:
        return call.name == "read"

    def changes(self, call: ToolCall) -> PurePath | None:
        path = (call.parsed or {}).get("path")
        return None if path is None else PurePath(str(path))

    async def run(self, call: ToolCall, *, pane: str, turn: str, slot: CallSlot) -> ToolResult:
        await slot.may_ask()
        self.asked.append(call.id)
        slot.asked.set()
        await slot.may_run()
        self.begun.append(call.id)
        self.running.append(call.id)
        self.most = max(self.most, len(self.running))
        try:
            await self.gates.setdefault(call.id, asyncio.Event()).wait()
        finally:
            self.running.remove(call.id)
        return ToolResult(call_id=call.id, name=call.name, text=f"{pane}/{turn}/{call.id}")

    async def let_go(self, call_id: str, wait_until: WaitUntil) -> None:
        await wait_until(lambda: call_id in self.running)
        self.gates[call_id].set()


async def test_reads_run_together_and_everything_else_in_order(wait_until: WaitUntil) -> None:
    tools = Recorder()
    calls = (call("read", 1), call("read", 2), call("write", 3), call("read", 4))
    running = Round(AssistantMessage(text="", tool_calls=calls))
    task = asyncio.create_task(running.run(tools, pane="p", turn="t"))
    await tools.let_go("read-2", wait_until)
    await tools.let_go("read-1", wait_until)
    await tools.let_go("write-3", wait_until)
    assert tools.most == 2
    assert tools.begun == ["read-1", "read-2", "write-3"]
    await tools.let_go("read-4", wait_until)
    await task
    assert [message.text for message in running.messages()][1:] == [
        "p/t/read-1", "p/t/read-2", "p/t/write-3", "p/t/read-4",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("paths", "asked_at_once"),
    [
        (["a", "b", "c"], 3),
        (["a", "b", "a", "c"], 2),
        (["a/b", "a"], 1),
        (["a", "a/b", "c"], 1),
        (["a", "ab", "abc"], 3),
        (["a", None, "b"], 1),
        ([None, "a", "b"], 1),
    ],
)
async def test_changes_of_different_files_are_asked_about_together_and_made_in_order(
    wait_until: WaitUntil, paths: list[str | None], asked_at_once: int
) -> None:
    tools = Recorder()
    calls = tuple(call("do", n) if path is None else call("write", n, path=path) for n, path in enumerate(paths))
    order = [one.id for one in calls]
    running = Round(AssistantMessage(text="", tool_calls=calls))
    task = asyncio.create_task(running.run(tools, pane="p", turn="t"))
    await wait_until(lambda: len(tools.asked) >= asked_at_once and bool(tools.running))
    for _ in range(20):
        await asyncio.sleep(0)
    assert tools.asked == order[:asked_at_once]
    for one in order:
        await tools.let_go(one, wait_until)
    await task
    assert (tools.asked, tools.begun, tools.most) == (order, order, 1)
    assert [message.call_id for message in running.messages() if isinstance(message, ToolResult)] == order


async def test_what_was_only_asked_about_is_told_as_not_run(wait_until: WaitUntil) -> None:
    tools = Recorder()
    running = Round(AssistantMessage(text="", tool_calls=(call("write", 1, path="a"), call("write", 2, path="b"))))
    task = asyncio.create_task(running.run(tools, pane="p", turn="t"))
    await wait_until(lambda: tools.asked == ["write-1", "write-2"] and bool(tools.running))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    first, second = (message.text for message in running.messages() if isinstance(message, ToolResult))
    assert "part" in first
    assert "Not run" in second


async def test_a_cancelled_round_answers_every_call(wait_until: WaitUntil) -> None:
    tools = Recorder()
    running = Round(AssistantMessage(text="", tool_calls=(call("write", 1), call("write", 2), call("read", 3))))
    task = asyncio.create_task(running.run(tools, pane="p", turn="t"))
    await tools.let_go("write-1", wait_until)
    await wait_until(lambda: "write-2" in tools.running)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert tools.running == []
    results = [message for message in running.messages() if isinstance(message, ToolResult)]
    assert [(result.call_id, result.is_error) for result in results] == [
        ("write-1", False), ("write-2", True), ("read-3", True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rounds", "spent", "title"),
    [
        (3, Spent(cost_pico=0, next_pico=0), None),
        (4, Spent(cost_pico=0, next_pico=0), "Round limit"),
        (2, Spent(cost_pico=900, next_pico=100, tokens=10**9, next_tokens=10**9), None),
        (2, Spent(cost_pico=900, next_pico=101), "Turn limit"),
        (2, Spent(cost_pico=1001, next_pico=None), "Turn limit"),
        (2, Spent(cost_pico=None, next_pico=10**15, tokens=400, next_tokens=100), None),
        (2, Spent(cost_pico=None, next_pico=None, tokens=400, next_tokens=100), None),
        (2, Spent(cost_pico=None, next_pico=None, tokens=400, next_tokens=101), "Turn limit"),
        (2, Spent(cost_pico=0, next_pico=None, tokens=501), "Turn limit"),
        (4, Spent(cost_pico=None, next_pico=None, tokens=900), "Round limit"),
    ],
)
def test_limits(rounds: int, spent: Spent, title: str | None) -> None:
    limits = RoundLimits(rounds=3, cost_pico=1000, tokens=500)
    failure = limits.failure(rounds=rounds, spent=spent)
    assert (failure.problem.title if failure else None) == title
    if failure is not None and title == "Turn limit":
        assert failure.code == BUDGET_CODE
        assert failure.outcome is Outcome.QUOTA_SPENT
        key = "max_turn_tokens" if spent.tokens else "max_turn_usd"
        assert key in (failure.problem.hint or "")


def test_no_limit_of_cost() -> None:
    for spent in (Spent(cost_pico=10**18, next_pico=1), Spent(cost_pico=None, next_pico=None, tokens=10**9)):
        assert RoundLimits(rounds=3, tokens=5).failure(rounds=2, spent=spent) is None
    assert RoundLimits(rounds=3, tokens=5).notice("m") is None
