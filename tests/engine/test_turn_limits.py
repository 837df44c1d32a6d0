"""A turn with tools ends at its limit, also where nobody knows what the model costs: then tokens are counted."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.engine.rig import Rig, plan
from tests.engine.scripted import ScriptedProvider, Step
from tui.core.chat import (
    Finished,
    StopReason,
    StreamOpened,
    ToolCall,
    ToolCallReady,
    ToolCallStarted,
    ToolResult,
    ToolSpec,
    Usage,
    UsageSeen,
)
from tui.core.errors import Outcome
from tui.core.events import Notice, TurnFinished
from tui.core.money import PICO_PER_USD
from tui.engine.call_order import CallSlot
from tui.engine.guard import Route
from tui.engine.pane import Pane
from tui.engine.tool_loop import RoundLimits
from tui.engine.tool_prompt import ToolPrompt


@dataclass
class Counter:
    """Tools that only count their calls."""

    calls: int = 0
    specs: tuple[ToolSpec, ...] = ()
    prompt: ToolPrompt = field(default_factory=lambda: ToolPrompt(Path("/project"), data_rule="", facts=None))

    def is_read(self, call: ToolCall) -> bool:
        return False

    def changes(self, call: ToolCall) -> None:
        """No files are changed."""

    async def run(self, call: ToolCall, *, pane: str, turn: str, slot: CallSlot) -> ToolResult:
        self.calls += 1
        return ToolResult(call_id=call.id, name=call.name, text="done")

    def end_turn(self, pane: str, turn: str) -> None:
        """Nothing is kept."""

    def forget(self, pane: str) -> None:
        """Nothing is known."""


def asking() -> Iterator[list[Step]]:
    """Yield answers that ask for a tool forever, each of 1,000 tokens."""
    for number in itertools.count():
        call = ToolCall(id=f"call-{number}", name="look", arguments="{}", parsed={})
        yield [
            StreamOpened(),
            ToolCallStarted(id=call.id, name=call.name),
            ToolCallReady(call=call),
            UsageSeen(usage=Usage(input_tokens=900, output_tokens=100)),
            Finished(stop=StopReason.TOOL_USE),
        ]


async def ended(rig: Rig, model: str, limits: RoundLimits, turns: int = 1) -> tuple[list[TurnFinished], Counter]:
    """Let a model ask for tools without end, and return how its turns ended."""
    own = plan(model=model)
    provider = ScriptedProvider(list(itertools.islice(asking(), 60)))
    tools = Counter()
    pane = Pane(
        own,
        [Route(own, provider)],
        guard=rig.guard,
        publish=rig.publish,
        clock=rig.clock,
        tools=tools,  # type: ignore[arg-type]  # all that a pane asks of tools
        limits=limits,
    )
    await rig.guard.spending.prepare(own)
    for number in range(turns):
        pane.submit("go")
        await rig.seen(TurnFinished, number + 1)
    await pane.close()
    return rig.of(TurnFinished), tools


async def test_tokens_bind_a_model_without_a_price() -> None:
    limits = RoundLimits(rounds=50, cost_pico=5 * PICO_PER_USD, tokens=5_500)
    async with Rig() as rig:
        (end,), tools = await ended(rig, "nobody-knows-this-model", limits)
        assert end.outcome is Outcome.QUOTA_SPENT
        assert end.problem is not None
        assert end.problem.title == "Turn limit"
        assert "max_turn_tokens" in (end.problem.hint or "")
        assert 5 <= tools.calls <= 6  # what the next request takes is an estimate
        notices = [event.problem for event in rig.of(Notice)]
        assert [problem.title for problem in notices] == ["No price known"]
        assert "nobody-knows-this-model" in notices[0].text
        assert "5,500 tokens" in notices[0].text


async def test_it_is_said_once_in_a_session() -> None:
    limits = RoundLimits(rounds=3, cost_pico=PICO_PER_USD, tokens=10**9)
    async with Rig() as rig:
        ends, _ = await ended(rig, "nobody-knows-this-model", limits, turns=2)
        assert len(ends) == 2
        assert len(rig.of(Notice)) == 1


async def test_a_price_binds_where_there_is_one() -> None:
    limits = RoundLimits(rounds=50, cost_pico=4 * (900 * 2 + 100 * 10) * 10**6, tokens=1)
    async with Rig() as rig:
        (end,), tools = await ended(rig, "m", limits)
        assert end.problem is not None
        assert "max_turn_usd" in (end.problem.hint or "")
        assert 3 <= tools.calls <= 4
        assert rig.of(Notice) == []


async def test_without_a_limit_of_money_only_rounds_bind() -> None:
    async with Rig() as rig:
        (end,), tools = await ended(rig, "nobody-knows-this-model", RoundLimits(rounds=7, tokens=1))
        assert end.problem is not None
        assert end.problem.title == "Round limit"
        assert tools.calls == 7
        assert rig.of(Notice) == []
