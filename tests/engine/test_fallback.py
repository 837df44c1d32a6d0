"""Another model steps in: asked for, at once or never, with its own money, circuit, limits and history."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from tests.engine.rig import PICO_IN, PICO_OUT, Rig, Script, answer, ask_mode, failed, plan
from tui.config.model import (
    BudgetConfig,
    BudgetScope,
    Config,
    EndpointConfig,
    FallbackMode,
    LimitsConfig,
    ResilienceConfig,
    WireName,
)
from tui.core.chat import Finished, NativeContent, StopReason, StreamOpened, TextPiece, Wire
from tui.core.commands import CircuitAction
from tui.core.errors import Outcome
from tui.core.events import AttemptStarted, MessageCompleted, StreamStarted, TurnFinished
from tui.core.guard_events import AttemptFailed, FallbackOffered, FallbackStarted, LimitWaiting, RetryScheduled
from tui.spend.reading import Grouping
from tui.spend.records import Span

ONCE = Config(resilience=ResilienceConfig(attempts=1))
STORY = (AttemptStarted, AttemptFailed, RetryScheduled, FallbackOffered, FallbackStarted, TurnFinished)
OTHER = plan(endpoint="openai", model="m2")
THIRD = plan(endpoint="gemini", model="m3")


async def test_an_accepted_offer_lets_the_other_model_answer() -> None:
    async with Rig([ask_mode(plan(), OTHER)], scripts={"anthropic": [[failed()]]}, config=ONCE) as rig:
        rig.pane.submit("hi")
        offer = await rig.seen(FallbackOffered)
        assert (offer.asked, offer.target, offer.reason) == ("m", "m2", "Overloaded")
        assert not rig.providers["openai"].requests, "nobody is asked before the person agreed"
        assert rig.pane.answer_fallback(True)
        assert not rig.pane.answer_fallback(False), "an answer is given once"
        done = await rig.end("claude")
        assert (done.outcome, done.model, done.attempts) == (Outcome.SUCCESS, "m2", 2)
        assert rig.kinds(STORY) == [
            "AttemptStarted", "AttemptFailed", "FallbackOffered", "FallbackStarted", "AttemptStarted", "TurnFinished",
        ]  # fmt: skip
        started = rig.of(FallbackStarted)[0]
        assert (started.asked, started.target, started.reason) == ("m", "m2", "Overloaded")


async def test_a_declined_offer_shows_the_failure() -> None:
    async with Rig([ask_mode(plan(), OTHER)], scripts={"anthropic": [[failed()]]}, config=ONCE) as rig:
        rig.pane.submit("hi")
        await rig.seen(FallbackOffered)
        rig.pane.answer_fallback(False)
        done = await rig.end("claude")
        assert done.problem is not None
        assert (done.outcome, done.problem.title) == (Outcome.TRANSIENT, "Overloaded")
        assert not rig.of(FallbackStarted)
        assert not rig.providers["openai"].requests


async def test_stop_while_asked_ends_the_turn() -> None:
    async with Rig([ask_mode(plan(), OTHER)], scripts={"anthropic": [[failed()]]}, config=ONCE) as rig:
        rig.pane.submit("hi")
        await rig.seen(FallbackOffered)
        rig.pane.stop()
        assert (await rig.end("claude")).outcome is Outcome.CANCELLED
        assert not rig.pane.answer_fallback(True)
        assert not rig.providers["openai"].requests


async def test_nothing_is_offered_when_nothing_failed() -> None:
    async with Rig([ask_mode(plan(), OTHER)]) as rig:
        assert not rig.pane.answer_fallback(True)
        await rig.ask()
        assert not rig.pane.answer_fallback(True)


async def test_thinking_it_over_costs_no_time_for_retries() -> None:
    scripts: dict[str, Script] = {"anthropic": [[failed()]], "openai": [[failed()], answer()]}
    settings = Config(resilience=ResilienceConfig(attempts=2, total=30.0))
    async with Rig([ask_mode(plan(), OTHER)], scripts=scripts, config=settings) as rig:
        rig.pane.submit("hi")
        await rig.seen(FallbackOffered)
        rig.clock.advance(1_000.0)
        rig.pane.answer_fallback(True)
        assert (await rig.end("claude")).outcome is Outcome.SUCCESS


async def test_auto_asks_nobody_and_goes_down_the_list() -> None:
    own = ask_mode(plan(), OTHER, THIRD, mode=FallbackMode.AUTO)
    scripts: dict[str, Script] = {"anthropic": [[failed(title="One")]], "openai": [[failed(title="Two")]]}
    async with Rig([own], scripts=scripts, config=ONCE) as rig:
        done = await rig.ask()
        assert (done.outcome, done.model, done.attempts) == (Outcome.SUCCESS, "m3", 3)
        assert not rig.of(FallbackOffered)
        assert [(event.attempt, event.model) for event in rig.of(AttemptFailed)] == [(1, "m"), (2, "m2")]
        assert [event.reason for event in rig.of(FallbackStarted)] == ["One", "Two"]
        assert {event.asked for event in rig.of(FallbackStarted)} == {"m"}


async def test_each_model_has_all_its_attempts() -> None:
    own = ask_mode(plan(), OTHER, mode=FallbackMode.AUTO)
    settings = Config(resilience=ResilienceConfig(attempts=2))
    scripts: dict[str, Script] = {"anthropic": [[failed()]], "openai": [[failed()], answer()]}
    async with Rig([own], scripts=scripts, config=settings) as rig:
        done = await rig.ask()
        assert (done.outcome, done.attempts) == (Outcome.SUCCESS, 4)
        assert [event.attempt for event in rig.of(AttemptStarted)] == [1, 2, 3, 4]
        assert [(event.attempt, event.attempts) for event in rig.of(RetryScheduled)] == [(2, 2), (2, 2)]
        assert [event.attempt for event in rig.of(AttemptFailed)] == [1, 2, 3]


async def test_off_asks_nobody_else() -> None:
    async with Rig(
        [ask_mode(plan(), OTHER, mode=FallbackMode.OFF)], scripts={"anthropic": [[failed()]]}, config=ONCE
    ) as rig:
        assert (await rig.ask()).outcome is Outcome.TRANSIENT
        assert not rig.providers["openai"].requests


async def test_an_exhausted_chain_shows_the_last_real_error() -> None:
    own = ask_mode(plan(), OTHER, mode=FallbackMode.AUTO)
    scripts: dict[str, Script] = {"anthropic": [[failed(title="Real")]], "openai": [[failed(title="Real too")]]}
    async with Rig([own, plan("gpt", "openai", "m2")], scripts=scripts, config=ONCE) as rig:
        done = await rig.ask()
        assert done.problem is not None
        assert done.problem.title == "Real too"
        rig.guard.circuits.control(rig.plans[1], CircuitAction.DISABLE)
        done = await rig.ask("again")
        assert done.problem is not None
        assert done.problem.title == "Real", "a model that was not called has no error to show"


async def test_a_circuit_that_opens_between_attempts_does_not_hide_why() -> None:
    own = ask_mode(plan(), OTHER, mode=FallbackMode.AUTO)
    settings = Config(resilience=ResilienceConfig(attempts=3, failures_to_open=2))
    async with Rig([own], scripts={"anthropic": [[failed()]]}, config=settings) as rig:
        done = await rig.ask()
        assert (done.outcome, done.attempts) == (Outcome.SUCCESS, 3)
        assert len(rig.of(RetryScheduled)) == 1, "no wait for an attempt the circuit will not allow"
        assert rig.of(FallbackStarted)[0].reason == "Overloaded"
        done = await rig.ask("again")
        assert done.attempts == 1
        assert rig.of(FallbackStarted)[1].reason == "Circuit open"
        assert len(rig.of(AttemptFailed)) == 2, "no attempt was made, so none failed"


async def test_a_circuit_closed_to_another_panes_wait_does_not_hide_why() -> None:
    """The circuit is opened by another pane while this one waits for its next attempt."""
    settings = Config(resilience=ResilienceConfig(failures_to_open=3))
    panes = [plan(), plan("twin")]
    async with Rig(
        panes, scripts={"anthropic": [[failed(title="Mine")], [failed(title="Other")]]}, config=settings
    ) as rig:
        rig.sleeper.holding = True
        rig.pane.submit("hi")
        await rig.seen(RetryScheduled)
        rig.panes["twin"].submit("hi")
        await rig.seen(RetryScheduled, 2)
        rig.panes["twin"].hurry()
        await rig.end("twin")
        rig.sleeper.gate.set()
        done = await rig.end("claude")
        assert done.problem is not None
        assert (done.problem.title, done.attempts) == ("Mine", 1)


async def test_nobody_is_asked_where_nobody_can_answer() -> None:
    async with Rig(
        [ask_mode(plan(), OTHER)], scripts={"anthropic": [[failed()]]}, config=ONCE, interactive=False
    ) as rig:
        assert (await rig.ask()).outcome is Outcome.TRANSIENT
        assert not rig.of(FallbackOffered)


@pytest.mark.parametrize("outcome", [Outcome.CALLER_ERROR])
async def test_a_faulty_request_is_not_passed_on(outcome: Outcome) -> None:
    own = ask_mode(plan(), OTHER, mode=FallbackMode.AUTO)
    async with Rig([own], scripts={"anthropic": [[failed(outcome)]]}) as rig:
        assert (await rig.ask()).outcome is outcome
        assert not rig.providers["openai"].requests


async def test_a_shown_part_stays_with_its_model() -> None:
    own = ask_mode(plan(), OTHER, mode=FallbackMode.AUTO)
    cut = (StreamOpened(), TextPiece(text="half"), failed(Outcome.TRUNCATED))
    async with Rig([own], scripts={"anthropic": [cut]}) as rig:
        assert (await rig.ask()).outcome is Outcome.TRUNCATED
        assert not rig.providers["openai"].requests


async def test_a_model_being_tried_by_another_call_is_not_offered() -> None:
    own = ask_mode(plan(), OTHER, THIRD, mode=FallbackMode.AUTO)
    probe = (StreamOpened(), asyncio.Event())
    scripts: dict[str, Script] = {"anthropic": [[failed()]], "openai": [[failed()], probe]}
    settings = Config(resilience=ResilienceConfig(attempts=1, failures_to_open=1))
    async with Rig([own, plan("gpt", "openai", "m2")], scripts=scripts, config=settings) as rig:
        await rig.ask(pane="gpt")
        rig.clock.advance(31.0)
        rig.panes["gpt"].submit("probe")
        await rig.seen(StreamStarted)
        done = await rig.ask()
        assert (done.outcome, done.model) == (Outcome.SUCCESS, "m3")
        assert [event.target for event in rig.of(FallbackStarted)] == ["m3"]


async def test_the_fallback_has_its_own_money(tmp_path: Path) -> None:
    own = ask_mode(plan(), OTHER, mode=FallbackMode.AUTO)
    cut = (StreamOpened(), failed())
    async with Rig([own], scripts={"anthropic": [cut]}, config=ONCE, state_dir=tmp_path) as rig:
        done = await rig.ask("a" * 40)
        await rig.quiet()
        assert rig.ledger is not None
        entries = {entry.model: entry for entry in await rig.ledger.entries(Span())}
        assert (entries["m"].provider, entries["m"].attempt, entries["m"].state) == ("anthropic", 1, "estimated")
        assert (entries["m2"].provider, entries["m2"].attempt, entries["m2"].state) == ("openai", 2, "settled")
        assert entries["m"].turn == entries["m2"].turn == done.turn
        assert entries["m2"].cost_pico == 10 * PICO_IN + 5 * PICO_OUT
        total = await rig.ledger.totals(Grouping.ALL, Span())
        assert (total[0].cost_pico, total[0].held_pico) == (done.cost_pico, 0)


async def test_the_fallback_has_its_own_circuit_and_limits() -> None:
    own = ask_mode(plan(), OTHER, mode=FallbackMode.AUTO)
    settings = Config(
        resilience=ResilienceConfig(attempts=1, failures_to_open=2, open_seconds=1_000.0),
        limits={"openai": LimitsConfig(requests_per_minute=1)},
    )
    async with Rig([own], scripts={"anthropic": [[failed()]]}, config=settings) as rig:
        for number in range(3):
            assert (await rig.ask(str(number))).model == "m2"
        assert len(rig.provider.requests) == 2, "its circuit is open by then"
        assert len(rig.providers["openai"].requests) == 3
        assert [event.seconds for event in rig.of(LimitWaiting)] == [60.0, 60.0]


async def test_each_model_gets_the_conversation_and_its_own_name() -> None:
    own = ask_mode(plan(), OTHER, mode=FallbackMode.AUTO)
    mine = NativeContent(wire=Wire.ANTHROPIC_MESSAGES, model="m", payload=[{"type": "text", "text": "one"}])
    first = (StreamOpened(), TextPiece(text="one"), Finished(stop=StopReason.END, native=mine))
    async with Rig([own], scripts={"anthropic": [first, [failed()], answer("three")]}, config=ONCE) as rig:
        await rig.ask("a")
        await rig.ask("b")
        await rig.ask("c")
        asked = rig.providers["openai"].requests[0]
        assert asked.model == "m2"
        assert [message.text for message in asked.messages] == ["a", "one", "b"]
        native = asked.messages[1].native  # type: ignore[union-attr]  # an answer
        assert native is None or native.model != asked.model, "an adapter sends it to the very same model only"
        back = rig.provider.requests[2]
        assert (back.model, [message.text for message in back.messages]) == ("m", ["a", "one", "b", "hello", "c"])
        assert len(rig.of(MessageCompleted)) == 3


async def test_a_declined_offer_shows_the_last_real_error_not_why_another_could_not_be_called() -> None:
    own = ask_mode(plan(), OTHER, THIRD)
    async with Rig([own], scripts={"anthropic": [[failed(title="Real")]]}, config=ONCE) as rig:
        rig.pane.submit("hi")
        await rig.seen(FallbackOffered)
        rig.guard.circuits.control(OTHER, CircuitAction.DISABLE)
        rig.pane.answer_fallback(True)
        assert (await rig.seen(FallbackOffered, 2)).target == "m3"
        rig.pane.answer_fallback(False)
        done = await rig.end("claude")
        assert done.problem is not None
        assert done.problem.title == "Real"


async def test_a_failure_that_was_told_before_a_wait_is_not_told_again_before_a_fallback() -> None:
    own = ask_mode(plan(), OTHER, mode=FallbackMode.AUTO)
    async with Rig([own], scripts={"anthropic": [[failed()]]}) as rig:
        rig.sleeper.holding = True
        rig.pane.submit("hi")
        await rig.seen(RetryScheduled)
        rig.guard.circuits.control(own, CircuitAction.DISABLE)
        rig.sleeper.gate.set()
        assert (await rig.end("claude")).model == "m2"
        assert [event.attempt for event in rig.of(AttemptFailed)] == [1]
        assert rig.of(FallbackStarted)[0].reason == "Overloaded"


async def test_the_price_of_a_model_that_steps_in_is_known_in_time(tmp_path: Path) -> None:
    """The library of prices is asked only about models that were prepared; a hard budget refuses without a price."""
    library = plan(endpoint="openai", model="gpt-4o-mini", endpoint_config=EndpointConfig(wire=WireName.OPENAI))
    own = ask_mode(plan(), library, mode=FallbackMode.AUTO)
    cap = BudgetConfig(scope=BudgetScope.SESSION, limit_usd=Decimal(1))
    settings = replace(ONCE, budgets={"cap": cap})
    async with Rig([own], scripts={"anthropic": [[failed()]]}, config=settings, state_dir=tmp_path) as rig:
        done = await rig.ask()
        assert done.outcome is Outcome.SUCCESS
        assert done.cost_pico == 10 * 150_000 + 5 * 600_000
