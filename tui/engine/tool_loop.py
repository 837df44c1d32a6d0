"""The rounds of a turn: a model's tool calls are run, and their results go back with the next request."""

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Final, Protocol

from tui.core.chat import AssistantMessage, Message, ToolCall, ToolResult
from tui.core.errors import Failure, Outcome, Problem
from tui.core.money import usd_short
from tui.engine.call_order import CallSlot
from tui.engine.spending import BUDGET_CODE

_NOT_RUN: Final = "Not run: the person stopped this turn."
_INTERRUPTED: Final = (
    "The person stopped this turn before this call was over. It may have done nothing, part or all of its work: look."
)


class Tools(Protocol):
    """What runs the tool calls of a turn."""

    def is_read(self, call: ToolCall) -> bool:
        """Whether the call changes nothing, so that it may run beside others."""

    def changes(self, call: ToolCall) -> PurePath | None:
        """Return the file or folder a call of a file tool changes; None for any other call."""

    async def run(self, call: ToolCall, *, pane: str, turn: str, slot: CallSlot) -> ToolResult:
        """Decide, ask if need be, run, and return what the model is told. Fails only by cancellation.

        Asks once `slot` lets it, and begins to run once `slot` lets it.
        """


@dataclass(slots=True)
class Round:
    """The calls of one answer and the results so far. `run` may be cancelled at any await."""

    answer: AssistantMessage
    results: dict[int, ToolResult] = field(default_factory=dict)
    _slots: dict[int, CallSlot] = field(default_factory=dict)

    async def run(self, tools: Tools, *, pane: str, turn: str) -> None:
        """Run every call: reads that follow each other together, everything else in the model's order."""
        numbered = list(enumerate(self.answer.tool_calls))
        for read, group in itertools.groupby(numbered, key=lambda one: tools.is_read(one[1])):
            calls = list(group)
            slots = [CallSlot() for _ in calls] if read else _in_order(tools, [call for _, call in calls])
            async with asyncio.TaskGroup() as together:
                for (number, call), slot in zip(calls, slots, strict=True):
                    self._slots[number] = slot
                    together.create_task(self._run_one(tools, number, call, pane, turn))

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
        slot = self._slots.get(number)
        text = _INTERRUPTED if slot is not None and slot.running else _NOT_RUN
        return ToolResult(call_id=call.id, name=call.name, text=text, is_error=True)

    async def _run_one(self, tools: Tools, number: int, call: ToolCall, pane: str, turn: str) -> None:
        slot = self._slots[number]
        try:
            self.results[number] = await tools.run(call, pane=pane, turn=turn, slot=slot)
        finally:
            slot.end()


def _in_order(tools: Tools, calls: Sequence[ToolCall]) -> list[CallSlot]:
    """Return the slots of calls that run one after the other.

    A question is asked ahead of the runs before it only where none of them can matter to it: they and it change files
    that do not lie in each other.
    """
    slots: list[CallSlot] = []
    changed: list[PurePath] = []
    for call in calls:
        target = tools.changes(call)
        apart = target is not None and not any(_meet(target, other) for other in changed)
        slots.append(CallSlot(slots[-1] if slots else None, ahead=apart and bool(changed)))
        changed = [] if target is None else [*changed, target] if apart else [target]
    return slots


def _meet(one: PurePath, other: PurePath) -> bool:
    return one.is_relative_to(other) or other.is_relative_to(one)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a turn used so far and what reading its results will take; `cost_pico` is None where no price is known."""

    cost_pico: int | None
    next_pico: int | None
    tokens: int = 0
    next_tokens: int = 0

    @property
    def priced(self) -> bool:
        """Whether its cost is known, and will be after the next round."""
        return self.cost_pico is not None and self.next_pico is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundLimits:
    """How far a turn may go; money in pico-dollars, None for no limit. `tokens` hold where money cannot be counted."""

    rounds: int = 50
    cost_pico: int | None = None
    tokens: int | None = None

    def failure(self, *, rounds: int, spent: Spent) -> Failure | None:
        """Return why round number `rounds` may not begin after `spent`; None when it may."""
        if rounds > self.rounds:
            text = f"The model asked for tools {self.rounds} times in a row without coming to an end."
            hint = "Tell it to go on, or raise `max_rounds` of `[tools]`."
            return Failure(outcome=Outcome.CALLER_ERROR, problem=Problem(title="Round limit", text=text, hint=hint))
        if self.cost_pico is None:
            return None
        if spent.cost_pico is not None and spent.cost_pico + (spent.next_pico or 0) > self.cost_pico:
            text = (
                f"This turn cost {usd_short(spent.cost_pico)} so far, and reading the results takes about "
                f"{usd_short(spent.next_pico or 0)} more; its limit is {usd_short(self.cost_pico)}."
            )
            return _over(text, "max_turn_usd")
        if spent.priced or self.tokens is None or spent.tokens + spent.next_tokens <= self.tokens:
            return None
        text = (
            f"No price is known for this model. This turn took {spent.tokens:,} tokens so far, and reading the results "
            f"takes about {spent.next_tokens:,} more; its limit is {self.tokens:,}."
        )
        return _over(text, "max_turn_tokens")

    def notice(self, model: str) -> Problem | None:
        """Return what to tell a person of a model without a price; None where no limit of money is set."""
        if self.cost_pico is None or self.tokens is None:
            return None
        return Problem(
            title="No price known",
            text=(
                f"The limit of {usd_short(self.cost_pico)} a turn cannot hold for {model}: what it costs is unknown. "
                f"Its turns end after {self.tokens:,} tokens instead."
            ),
            hint="Set its price in `[prices]`, or `max_turn_tokens` of `[tools]`.",
        )


def _over(text: str, key: str) -> Failure:
    hint = f"Tell the model to go on, or raise `{key}` of `[tools]`."
    problem = Problem(title="Turn limit", text=text, hint=hint)
    return Failure(outcome=Outcome.QUOTA_SPENT, problem=problem, code=BUDGET_CODE)
