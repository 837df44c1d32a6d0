"""Answers kept to be given again: what is found, what it costs, and what is never kept."""

import asyncio
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from tests.engine.rig import PICO_IN, PICO_OUT, Rig, Script, answer, ask_mode, failed, plan
from tests.engine.scripted import Step
from tui.config.model import BudgetConfig, BudgetScope, CacheConfig, Config, FallbackMode, ResilienceConfig
from tui.core.chat import (
    Finished,
    NativeContent,
    StopReason,
    StreamOpened,
    TextPiece,
    ThinkingPiece,
    ToolCall,
    ToolCallReady,
    Usage,
    Wire,
)
from tui.core.errors import Outcome
from tui.core.events import AttemptStarted, MessageCompleted, TextDelta, ThinkingDelta, TurnFinished
from tui.core.guard_events import AnsweredFromCache, CircuitChanged, SpendChanged
from tui.spend.records import Span

KEEPING = Config(cache=CacheConfig(enabled=True), resilience=ResilienceConfig(attempts=1))
COST = 10 * PICO_IN + 5 * PICO_OUT
NATIVE = NativeContent(wire=Wire.ANTHROPIC_MESSAGES, model="m", payload=[{"type": "text", "text": "hello"}])


def another(state_dir: Path, config: Config = KEEPING, **more: object) -> Rig:
    return Rig(config=config, state_dir=state_dir, **more)  # type: ignore[arg-type]  # named by tests


async def test_the_same_request_in_another_session_is_answered_at_once_and_free(tmp_path: Path) -> None:
    whole: list[Step] = [
        StreamOpened(), ThinkingPiece(text="hm"), *answer()[1:-1], Finished(stop=StopReason.END, native=NATIVE),
    ]  # fmt: skip
    async with another(tmp_path, scripts={"anthropic": [whole]}) as first:
        assert not (await first.ask()).cached
    async with another(tmp_path, session="s2") as second:
        second.clock.advance(90.0)
        done = await second.ask()
        assert (done.outcome, done.cached, done.attempts, done.cost_pico) == (Outcome.SUCCESS, True, 0, 0)
        assert (done.usage, done.stop, done.problem) == (Usage(), StopReason.END, None)
        told = second.of(AnsweredFromCache)[0]
        assert (told.age_s, told.saved_pico) == (90.0, COST)
        kinds = (AnsweredFromCache, AttemptStarted, ThinkingDelta, TextDelta, MessageCompleted, TurnFinished)
        assert second.kinds(kinds) == [
            "AnsweredFromCache", "ThinkingDelta", "TextDelta", "MessageCompleted", "TurnFinished",
        ]  # fmt: skip
        assert not second.provider.requests
        await second.quiet()
        spent = second.of(SpendChanged)[-1]
        assert (spent.session_pico, spent.saved_pico) == (0, COST)
        await second.ask("and now?")
        remembered = second.provider.requests[0].messages[1]
        assert (remembered.text, remembered) == ("hello", second.of(MessageCompleted)[0].message)


async def test_another_process_finds_it(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys, pathlib\n"
        "from tests.engine.test_answers import another\n"
        "async def main():\n"
        "    async with another(pathlib.Path(sys.argv[1])) as rig:\n"
        "        print((await rig.ask()).cached, len(rig.provider.requests))\n"
        "asyncio.run(main())\n"
    )
    for expected in ("False 1", "True 0"):
        run = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False
        )
        assert run.stdout.strip() == expected, run.stderr


async def test_a_second_asking_by_the_person_goes_to_the_model(tmp_path: Path) -> None:
    async with another(tmp_path, scripts={"anthropic": [answer("one"), answer("two")]}) as first:
        await first.ask()
        assert first.pane.retry()
        assert not (await first.end("claude", 2)).cached
        assert len(first.provider.requests) == 2
    async with another(tmp_path) as second:
        await second.ask()
        assert [event.text for event in second.of(TextDelta)] == ["two"], "the newer answer is the one kept"


CALL = ToolCall(id="c", name="read", arguments="{}", parsed={})


@pytest.mark.parametrize(
    "steps",
    [
        (StreamOpened(), TextPiece(text="half"), failed(Outcome.TRUNCATED)),
        (StreamOpened(), TextPiece(text="half"), Finished(stop=StopReason.MAX_TOKENS)),
        (StreamOpened(), TextPiece(text="no"), Finished(stop=StopReason.REFUSAL)),
        (StreamOpened(), TextPiece(text="a"), ToolCallReady(call=CALL), Finished(stop=StopReason.TOOL_USE)),
        (StreamOpened(), TextPiece(text="a"), ToolCallReady(call=CALL), Finished(stop=StopReason.END)),
    ],
    ids=["cut", "too-long", "refused", "tool", "tool-without-saying"],
)
async def test_what_is_not_a_whole_answer_is_not_kept(steps: tuple[Step, ...], tmp_path: Path) -> None:
    async with another(tmp_path, scripts={"anthropic": [steps]}) as first:
        await first.ask()
    async with another(tmp_path) as second:
        assert not (await second.ask()).cached


async def test_another_prompt_model_or_system_text_is_another_request(tmp_path: Path) -> None:
    async with another(tmp_path) as first:
        await first.ask()
    for one in (plan(model="m2"), plan(system="be brief"), plan(max_tokens=999), plan(endpoint="openai")):
        async with another(tmp_path, plans=[one]) as rig:
            assert not (await rig.ask()).cached
    async with another(tmp_path) as rig:
        assert not (await rig.ask("hi ")).cached
        assert not (await rig.ask("hi")).cached, "the conversation before it is part of the request"


async def test_nothing_is_kept_or_found_unless_it_is_switched_on(tmp_path: Path) -> None:
    off = replace(KEEPING, cache=CacheConfig())
    for config, cached in ((off, False), (KEEPING, False), (off, False), (KEEPING, True)):
        async with another(tmp_path, config=config) as rig:
            assert (await rig.ask()).cached is cached


async def test_an_old_answer_is_not_given(tmp_path: Path) -> None:
    async with another(tmp_path) as first:
        await first.ask()
    async with another(tmp_path) as second:
        second.clock.advance(86_400.0)
        assert not (await second.ask()).cached


async def test_neither_an_open_circuit_nor_a_spent_budget_keeps_it_back(tmp_path: Path) -> None:
    cap = BudgetConfig(scope=BudgetScope.SESSION, limit_usd=Decimal("0.0001"))
    async with another(tmp_path) as first:
        await first.ask()
    poor = replace(KEEPING, budgets={"cap": cap}, resilience=ResilienceConfig(attempts=1, failures_to_open=1))
    async with another(tmp_path, config=poor) as second:
        assert (await second.ask("else")).refused_by_budget
        second.pane.clear()
        assert (await second.ask()).cached
    broken: Script = [[failed()]]
    settings = replace(KEEPING, resilience=ResilienceConfig(attempts=1, failures_to_open=1))
    async with another(tmp_path, config=settings, scripts={"anthropic": broken}) as third:
        await third.ask("else")
        assert third.of(CircuitChanged)
        third.pane.clear()
        assert (await third.ask()).cached


async def test_a_stand_ins_answer_is_kept_as_its_own(tmp_path: Path) -> None:
    own = ask_mode(plan(), plan(endpoint="openai", model="m2"), mode=FallbackMode.AUTO)
    async with another(tmp_path, plans=[own], scripts={"anthropic": [[failed()]]}) as first:
        assert (await first.ask()).model == "m2"
    async with another(tmp_path, plans=[own]) as second:
        done = await second.ask()
        assert (done.cached, done.model) == (False, "m")
    async with another(tmp_path, plans=[plan(endpoint="openai", model="m2")]) as third:
        assert (await third.ask()).cached


async def test_a_broken_cache_is_told_once_and_never_stops_an_answer(tmp_path: Path) -> None:
    (tmp_path / "answers.sqlite").mkdir()
    async with another(tmp_path) as rig:
        assert (await rig.ask("one")).outcome is Outcome.SUCCESS
        assert (await rig.ask("two")).outcome is Outcome.SUCCESS
        assert rig.ledger is not None
        assert len(await rig.ledger.entries(Span())) == 2
