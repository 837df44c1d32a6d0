"""The rounds of a turn: a model's tool calls are run, and their results go back with the next request."""

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from tui.core.chat import AssistantMessage, Message, ToolCall, ToolResult
from tui.core.errors import Failure, Outcome, Problem
from tui.core.money import usd_short
from tui.engine.spending import BUDGET_CODE

_NOT_RUN: Final = "Not run: the person stopped this turn."
_INTERRUPTED: Final = (
    "The person stopped this turn before this call was over. It may have done nothing, part or all of its work: look."
)


class Tools(Protocol):
    """What runs the tool calls of a turn."""

    def is_read(self, call: ToolCall) -> bool:
        """Whether the call changes nothing, so that it may run beside others."""

    async def run(self, call: ToolCall, *, pane: str, turn: str) -> ToolResult:
        """Decide, ask if need be, run, and return what the model is told. Fails only by cancellation."""


@dataclass(slots=True)
class Round:
    """The calls of one answer and the results so far. `run` may be cancelled at any await."""

    answer: AssistantMessage
    results: dict[int, ToolResult] = field(default_factory=dict)
    _begun: set[int] = field(default_factory=set)

    async def run(self, tools: Tools, *, pane: str, turn: str) -> None:
        """Run every call: reads that follow each other together, everything else in the model's order."""
        numbered = list(enumerate(self.answer.tool_calls))
        for read, group in itertools.groupby(numbered, key=lambda one: tools.is_read(one[1])):
            calls = list(group)
            if read and len(calls) > 1:
                async with asyncio.TaskGroup() as together:
                    for number, call in calls:
                        together.create_task(self._run_one(tools, number, call, pane, turn))
                continue
            for number, call in calls:
                await self._run_one(tools, number, call, pane, turn)

    def messages(self) -> Sequence[Message]:
        """Return the answer and a result for each of its calls."""
        return (
            self.answer,
            *(
                self.results.get(number) or self._lost(number, call)
                for number, call in enumerate(self.answer.tool_calls)
            ),
        )

    def _lost(self, number: int, call: ToolCall) -> ToolResult:
        text = _INTERRUPTED if number in self._begun else _NOT_RUN
        return ToolResult(call_id=call.id, name=call.name, text=text, is_error=True)

    async def _run_one(self, tools: Tools, number: int, call: ToolCall, pane: str, turn: str) -> None:
        self._begun.add(number)
        self.results[number] = await tools.run(call, pane=pane, turn=turn)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundLimits:
    """How far a turn may go; money in pico-dollars, None for no limit."""

    rounds: int = 50
    cost_pico: int | None = None

    def failure(self, *, rounds: int, cost_pico: int | None, next_pico: int | None) -> Failure | None:
        """Return why round number `rounds` may not begin after `cost_pico` were spent; None when it may."""
        if rounds > self.rounds:
            text = f"The model asked for tools {self.rounds} times in a row without coming to an end."
            hint = "Tell it to go on, or raise `max_rounds` of `[tools]`."
            return Failure(outcome=Outcome.CALLER_ERROR, problem=Problem(title="Round limit", text=text, hint=hint))
        if self.cost_pico is None or cost_pico is None:
            return None
        if cost_pico + (next_pico or 0) <= self.cost_pico:
            return None
        text = (
            f"This turn cost {usd_short(cost_pico)} so far, and reading the results takes about "
            f"{usd_short(next_pico or 0)} more; its limit is {usd_short(self.cost_pico)}."
        )
        hint = "Tell the model to go on, or raise `max_turn_usd` of `[tools]`."
        return Failure(
            outcome=Outcome.QUOTA_SPENT, problem=Problem(title="Turn limit", text=text, hint=hint), code=BUDGET_CODE
        )
