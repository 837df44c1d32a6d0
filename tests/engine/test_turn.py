"""One turn and its attempts: retries and their waits, hurry, stop, deadlines, and what all attempts add up to."""

import asyncio
from dataclasses import replace

import pytest

from tests.engine.rig import PICO_IN, PICO_OUT, Rig, answer, failed, plan
from tui.config.model import Config, LimitsConfig, ResilienceConfig
from tui.core.chat import StreamOpened, TextPiece, ThinkingPiece, ToolCallStarted, Usage, UsageSeen
from tui.core.errors import Outcome
from tui.core.events import AttemptStarted, StreamStarted, TextDelta, ThinkingDelta, TurnFinished
from tui.core.guard_events import AttemptFailed, LimitWaiting, RetryScheduled
from tui.engine.guard import sleep_or_hurry

STORY = (AttemptStarted, AttemptFailed, RetryScheduled, LimitWaiting, TurnFinished)


def config(**more: object) -> Config:
    return Config(resilience=replace(ResilienceConfig(), **more))  # type: ignore[arg-type]  # a test names the fields


async def test_failures_before_any_text_are_tried_again_and_told() -> None:
    async with Rig(scripts={"anthropic": [[failed()], [failed(title="Reset")], answer()]}) as rig:
        done = await rig.ask()
        assert (done.outcome, done.attempts, done.problem) == (Outcome.SUCCESS, 3, None)
        assert rig.kinds(STORY) == [
            "AttemptStarted", "AttemptFailed", "RetryScheduled", "AttemptStarted", "AttemptFailed", "RetryScheduled",
            "AttemptStarted", "TurnFinished",
        ]  # fmt: skip
        assert [(event.attempt, event.problem.title) for event in rig.of(AttemptFailed)] == [
            (1, "Overloaded"),
            (2, "Reset"),
        ]
        waits = rig.of(RetryScheduled)
        assert [(event.attempt, event.attempts, event.reason) for event in waits] == [
            (2, 3, "Overloaded"),
            (3, 3, "Reset"),
        ]
        assert rig.sleeper.waits == pytest.approx([event.seconds for event in waits], abs=0.001)
        assert [event.attempt for event in rig.of(AttemptStarted)] == [1, 2, 3]


async def test_no_more_attempts_than_set_and_the_last_failure_is_told_by_the_end_alone() -> None:
    async with Rig(
        scripts={"anthropic": [[failed(title="One")], [failed(title="Two")]]}, config=config(attempts=2)
    ) as rig:
        done = await rig.ask()
        assert (done.outcome, done.attempts) == (Outcome.TRANSIENT, 2)
        assert done.problem is not None
        assert done.problem.title == "Two"
        assert [event.problem.title for event in rig.of(AttemptFailed)] == ["One"]
        assert len(rig.provider.requests) == 2


@pytest.mark.parametrize("outcome", [Outcome.CALLER_ERROR, Outcome.AUTH, Outcome.QUOTA_SPENT])
async def test_what_another_attempt_cannot_mend_is_not_tried_again(outcome: Outcome) -> None:
    async with Rig(scripts={"anthropic": [[failed(outcome)]]}) as rig:
        done = await rig.ask()
        assert (done.outcome, done.attempts) == (outcome, 1)
        assert not rig.of(RetryScheduled)


async def test_retry_after_is_waited_up_to_the_limit() -> None:
    async with Rig(scripts={"anthropic": [[failed(Outcome.RATE_LIMITED, after=60.0)], answer()]}) as rig:
        done = await rig.ask()
        assert done.outcome is Outcome.SUCCESS
        assert 60.0 <= rig.sleeper.waits[0] <= 66.0
        assert rig.of(AttemptFailed)[0].retry_after == 60.0
        assert not rig.of(LimitWaiting), "the pause of the provider is over by then"


async def test_a_longer_retry_after_is_given_up_and_the_pause_is_kept() -> None:
    async with Rig(scripts={"anthropic": [[failed(Outcome.RATE_LIMITED, after=61.0)], answer()]}) as rig:
        done = await rig.ask()
        assert (done.outcome, done.retry_after, done.attempts) == (Outcome.RATE_LIMITED, 61.0, 1)
        again = await rig.ask("again")
        assert (again.outcome, again.retry_after, again.attempts) == (Outcome.RATE_LIMITED, 61.0, 0)
        assert again.problem is not None
        assert "61 s" in again.problem.text
        assert len(rig.provider.requests) == 1
        assert rig.sleeper.waits == []
        rig.clock.advance(2.0)
        assert (await rig.ask("later")).outcome is Outcome.SUCCESS
        assert rig.of(LimitWaiting)[0].seconds == 59.0


@pytest.mark.parametrize(
    "piece", [TextPiece(text="half"), ThinkingPiece(text="hm"), ToolCallStarted(id="c", name="read")]
)
async def test_nothing_is_tried_again_once_a_part_is_shown(piece: TextPiece | ThinkingPiece | ToolCallStarted) -> None:
    async with Rig(scripts={"anthropic": [[StreamOpened(), piece, failed(Outcome.TRUNCATED)], answer()]}) as rig:
        done = await rig.ask()
        assert (done.outcome, done.attempts) == (Outcome.TRUNCATED, 1)
        assert len(rig.provider.requests) == 1


async def test_a_cut_before_anything_is_shown_is_tried_again() -> None:
    seen = UsageSeen(usage=Usage(input_tokens=20, output_tokens=1))
    cut = (StreamOpened(), seen, failed(Outcome.TRUNCATED))
    async with Rig(scripts={"anthropic": [cut, answer(tokens=7)]}) as rig:
        done = await rig.ask()
        assert done.outcome is Outcome.SUCCESS
        assert done.usage == Usage(input_tokens=30, output_tokens=8, estimated=True)
        assert done.cost_pico == 30 * PICO_IN + 8 * PICO_OUT


async def test_numbers_of_deltas_go_on_and_the_last_attempt_alone_is_remembered() -> None:
    first = (StreamOpened(), failed())
    second = (StreamOpened(), ThinkingPiece(text="hm"), TextPiece(text="a"), *answer("b")[1:])
    async with Rig(scripts={"anthropic": [first, second, answer("c")]}) as rig:
        await rig.ask("one")
        assert [event.seq for event in rig.events if isinstance(event, TextDelta | ThinkingDelta)] == [1, 2, 3]
        await rig.ask("two")
        assert rig.provider.requests[2].messages[1].text == "ab"


async def test_an_answer_in_a_hurry_does_not_wait() -> None:
    async with Rig(scripts={"anthropic": [[failed(Outcome.RATE_LIMITED, after=50.0)], answer()]}) as rig:
        rig.sleeper.holding = True
        rig.pane.submit("hi")
        await rig.seen(RetryScheduled)
        rig.pane.hurry()
        done = await rig.end("claude")
        assert done.outcome is Outcome.SUCCESS
        assert rig.clock.now == 0.0
        assert not rig.of(LimitWaiting), "who asks for it at once does not wait for the same pause again"


async def test_a_hurry_with_nothing_to_wait_for_is_not_kept() -> None:
    gate = asyncio.Event()
    async with Rig(scripts={"anthropic": [[StreamOpened(), gate, failed()], answer()]}) as rig:
        rig.pane.submit("hi")
        await rig.seen(StreamStarted)
        rig.pane.hurry()
        gate.set()
        rig.sleeper.holding = True
        await rig.seen(RetryScheduled)
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(rig.of(AttemptStarted)) == 1
        rig.sleeper.gate.set()
        assert (await rig.end("claude")).outcome is Outcome.SUCCESS


async def test_the_real_wait_ends_by_hurry_or_by_time() -> None:
    hurry = asyncio.Event()
    hurry.set()
    assert not await sleep_or_hurry(0.01, hurry)
    waiting = asyncio.create_task(sleep_or_hurry(600, hurry))
    await asyncio.sleep(0)
    hurry.set()
    assert await waiting
    stopped = asyncio.create_task(sleep_or_hurry(600, hurry))
    await asyncio.sleep(0)
    stopped.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopped


async def test_stop_ends_a_wait_at_once() -> None:
    async with Rig(scripts={"anthropic": [[failed()], answer()]}) as rig:
        rig.sleeper.holding = True
        rig.pane.submit("hi")
        await rig.seen(RetryScheduled)
        rig.pane.stop()
        done = await rig.end("claude")
        assert (done.outcome, done.attempts) == (Outcome.CANCELLED, 1)
        assert len(rig.provider.requests) == 1


async def test_a_turn_stopped_before_it_began_took_no_time() -> None:
    async with Rig() as rig:
        rig.clock.advance(1_000.0)
        rig.pane.submit("hi")
        rig.pane.stop()
        done = await rig.end("claude")
        assert (done.outcome, done.seconds, done.attempts) == (Outcome.CANCELLED, 0.0, 0)


async def test_the_time_for_a_whole_call_is_kept() -> None:
    limited = failed(Outcome.RATE_LIMITED, after=40.0)
    async with Rig(scripts={"anthropic": [[limited]]}, config=config(total=60.0, attempts=10)) as rig:
        done = await rig.ask()
        assert (done.outcome, done.attempts) == (Outcome.RATE_LIMITED, 2)
        assert rig.clock.now < 60.0


async def test_a_spent_retry_budget_stops_retries_but_not_first_attempts() -> None:
    settings = config(retry_budget=4, attempts=3, failures_to_open=100)
    async with Rig(scripts={"anthropic": [[failed()]]}, config=settings) as rig:
        assert [(await rig.ask(str(number))).attempts for number in range(3)] == [2, 1, 1]


async def test_a_retry_budget_is_one_providers_own() -> None:
    panes = (plan(), plan("gpt", "openai", "m2"))
    settings = config(retry_budget=2, attempts=2)
    async with Rig(
        panes, scripts={"anthropic": [[failed()]], "openai": [[failed()], answer()]}, config=settings
    ) as rig:
        assert (await rig.ask(pane="claude")).attempts == 1
        assert (await rig.ask(pane="gpt")).attempts == 1
        roomy = config(retry_budget=10, attempts=2)
    async with Rig(panes, scripts={"anthropic": [[failed()]], "openai": [[failed()], answer()]}, config=roomy) as rig:
        for number in range(4):
            await rig.ask(str(number), pane="claude")
        assert (await rig.ask(pane="gpt")).attempts == 2


async def test_limits_are_waited_for_told_once_and_kept_in_order() -> None:
    panes = (plan(), plan("second", model="m2"), plan("third", model="m3"))
    settings = Config(limits={"anthropic": LimitsConfig(concurrent=1)})
    gate = asyncio.Event()
    async with Rig(
        panes, scripts={"anthropic": [[StreamOpened(), gate, *answer()[1:]], answer()]}, config=settings
    ) as rig:
        rig.pane.submit("hi")
        await rig.seen(StreamStarted)
        rig.panes["second"].submit("hi")
        await rig.seen(LimitWaiting)
        rig.panes["third"].submit("hi")
        await rig.seen(LimitWaiting, 2)
        await rig.until(lambda: len(rig.sleeper.waits) >= 10)
        assert [event.pane for event in rig.of(LimitWaiting)] == ["second", "third"], "once each, however often asked"
        gate.set()
        await rig.end("third")
        assert [request.model for request in rig.provider.requests] == ["m", "m2", "m3"]


async def test_who_stops_waiting_for_a_place_frees_it() -> None:
    panes = (plan(), plan("second", model="m2"), plan("third", model="m3"))
    settings = Config(limits={"anthropic": LimitsConfig(concurrent=1)})
    async with Rig(panes, scripts={"anthropic": [[StreamOpened(), asyncio.Event()], answer()]}, config=settings) as rig:
        rig.pane.submit("hi")
        await rig.seen(StreamStarted)
        rig.panes["second"].submit("hi")
        rig.panes["third"].submit("hi")
        await rig.seen(LimitWaiting, 2)
        rig.panes["second"].stop()
        assert (await rig.end("second")).attempts == 0
        rig.pane.stop()
        assert (await rig.end("third")).outcome is Outcome.SUCCESS
        snapshot = rig.guard.limiter("anthropic").snapshot()
        assert (snapshot.running, snapshot.waiting) == (0, 0)


async def test_requests_a_minute_are_waited_for() -> None:
    settings = Config(limits={"anthropic": LimitsConfig(requests_per_minute=1)})
    async with Rig(config=settings) as rig:
        await rig.ask("one")
        await rig.ask("two")
        assert (rig.of(LimitWaiting)[0].seconds, rig.of(LimitWaiting)[0].reason) == (60.0, "requests a minute")
        assert rig.clock.now >= 60.0


async def test_a_429_holds_back_the_other_panes_of_the_provider() -> None:
    panes = (plan(), plan("second", model="m2"))
    scripts = {"anthropic": [[failed(Outcome.RATE_LIMITED, after=30.0)], answer()]}
    async with Rig(panes, scripts=scripts, config=config(attempts=1)) as rig:
        await rig.ask(pane="claude")
        assert (await rig.ask(pane="second")).outcome is Outcome.SUCCESS
        waited = rig.of(LimitWaiting)[0]
        assert (waited.pane, waited.seconds, waited.reason) == ("second", 30.0, "the provider's limit")


async def test_a_call_counts_with_what_it_used_not_with_what_was_reserved() -> None:
    settings = Config(limits={"anthropic": LimitsConfig(tokens_per_minute=1_500)})
    async with Rig(config=settings) as rig:
        await rig.ask("one")
        assert rig.guard.limiter("anthropic").snapshot().tokens == 15
        await rig.ask("two")
        assert not rig.of(LimitWaiting)
