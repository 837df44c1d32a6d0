"""A pane's turns: outcomes, queue, stop, retry, history, estimates, and the text on its way to the screen."""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

import pytest

from tests.engine.scripted import ScriptedProvider, Step
from tui.config.model import Config, EndpointConfig, PriceConfig, ResilienceConfig
from tui.core import secrets
from tui.core.chat import (
    AssistantMessage,
    Finished,
    NativeContent,
    StopReason,
    StreamOpened,
    TextPiece,
    ThinkingPiece,
    ToolCall,
    ToolCallReady,
    Usage,
    UsageSeen,
    UserMessage,
    Wire,
)
from tui.core.clock import ManualClock
from tui.core.errors import Failure, Outcome, Problem, ProviderError
from tui.core.events import (
    ConversationCleared,
    Event,
    MessageCompleted,
    Notice,
    PromptDropped,
    PromptQueued,
    StreamStarted,
    TextDelta,
    ThinkingDelta,
    ToolCallRequested,
    TurnFinished,
    TurnStarted,
    UsageReported,
)
from tui.engine.guard import Route, build_guard
from tui.engine.pane import Pane
from tui.engine.session import PanePlan
from tui.engine.spending import Spending
from tui.spend.prices import load_prices

E = TypeVar("E")

NATIVE = NativeContent(wire=Wire.ANTHROPIC_MESSAGES, model="m", payload=[{"type": "text", "text": "hello"}])
UNLIKE = (Outcome.SUCCESS, Outcome.CANCELLED, Outcome.QUOTA_SPENT)
ONCE = ResilienceConfig(attempts=1)
GOOD: tuple[Step, ...] = (
    StreamOpened(request_id="req_1"),
    ThinkingPiece(text="hm"),
    TextPiece(text="hel"),
    TextPiece(text="lo"),
    UsageSeen(usage=Usage(input_tokens=10, output_tokens=5)),
    Finished(stop=StopReason.END, native=NATIVE),
)


class Rig:
    """A pane on a scripted provider, with every event it published."""

    def __init__(self, *scripts: tuple[Step, ...]) -> None:
        self.provider = ScriptedProvider(list(scripts) or [GOOD])
        self.events: list[Event] = []
        self.clock = ManualClock()
        self._moved = asyncio.Event()
        plan = PanePlan(
            name="claude", endpoint="anthropic", endpoint_config=EndpointConfig(), model="m", system="be brief"
        )
        config = Config(prices={"m": PriceConfig(input=Decimal(2), output=Decimal(10))}, resilience=ONCE)
        spending = Spending(
            config, None, load_prices(config.prices), session="s", project="", publish=self._publish, clock=self.clock
        )
        guard = build_guard(config, (plan,), spending=spending, state_dir=None, publish=self._publish, clock=self.clock)
        guard.sleep = self._sleep
        routes = [Route(plan, self.provider)]
        self.pane = Pane(plan, routes, guard=guard, publish=self._publish, clock=self.clock)

    async def _sleep(self, seconds: float, hurry: asyncio.Event) -> bool:
        self.clock.advance(seconds)
        await asyncio.sleep(0)
        return False

    def _publish(self, event: Event) -> None:
        self.events.append(event)
        self._moved.set()

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(50):
            while not condition():
                self._moved.clear()
                await self._moved.wait()

    async def finished(self, count: int = 1) -> TurnFinished:
        await self.until(lambda: len(self.of(TurnFinished)) >= count)
        return self.of(TurnFinished)[count - 1]

    def text(self) -> str:
        return "".join(event.text for event in self.of(TextDelta))


def failed(outcome: Outcome) -> ProviderError:
    return ProviderError(
        Failure(outcome=outcome, problem=Problem(title="Bad", text="news"), retry_after=7.0, request_id="r9")
    )


async def test_a_good_turn_from_prompt_to_outcome() -> None:
    rig = Rig()
    rig.pane.submit("hi")
    done = await rig.finished()
    assert [type(event).__name__ for event in rig.events] == [
        "TurnStarted", "ProviderLoading", "ProviderReady", "AttemptStarted", "StreamStarted", "ThinkingDelta",
        "TextDelta", "TextDelta", "UsageReported", "MessageCompleted", "TurnFinished",
    ]  # fmt: skip
    assert (done.outcome, done.stop, done.attempts, done.request_id, done.problem) == (
        Outcome.SUCCESS, StopReason.END, 1, "req_1", None,
    )  # fmt: skip
    assert done.usage == Usage(input_tokens=10, output_tokens=5)
    assert done.cost_pico == (10 * 2 + 5 * 10) * 10**6
    assert [event.seq for event in rig.events if isinstance(event, TextDelta | ThinkingDelta)] == [1, 2, 3]
    assert rig.of(UsageReported)[0].cost_pico == done.cost_pico
    assert rig.provider.requests[0].messages == (UserMessage(text="hi"),)
    assert rig.provider.requests[0].system == "be brief"
    assert rig.provider.streams[0].closed


@pytest.mark.parametrize("outcome", [item for item in Outcome if item not in UNLIKE])
async def test_a_failure_before_any_token_costs_nothing_and_is_not_remembered(outcome: Outcome) -> None:
    rig = Rig((failed(outcome),), GOOD)
    rig.pane.submit("lost")
    done = await rig.finished()
    assert (done.outcome, done.retry_after, done.request_id) == (outcome, 7.0, "r9")
    assert done.usage == Usage()
    assert done.cost_pico == 0
    assert not rig.of(MessageCompleted)
    rig.pane.submit("again")
    await rig.finished(2)
    assert rig.provider.requests[1].messages == (UserMessage(text="again"),)


async def test_a_cut_answer_is_estimated_and_its_text_remembered_without_its_native_form() -> None:
    long = "x" * 4_000
    rig = Rig((StreamOpened(), TextPiece(text=long), failed(Outcome.TRUNCATED)), GOOD)
    rig.pane.submit("a" * 40)
    done = await rig.finished()
    assert done.outcome is Outcome.TRUNCATED
    assert done.usage == Usage(input_tokens=12, output_tokens=1_000, estimated=True)
    rig.pane.submit("go on")
    await rig.finished(2)
    assert rig.provider.requests[1].messages[1] == AssistantMessage(text=long)


async def test_an_estimate_never_goes_below_what_the_provider_counted() -> None:
    counted = UsageSeen(usage=Usage(input_tokens=500, cache_read_tokens=70, output_tokens=1))
    rig = Rig((StreamOpened(), counted, TextPiece(text="y" * 400), failed(Outcome.TRANSIENT)))
    rig.pane.submit("q")
    done = await rig.finished()
    assert done.usage == Usage(input_tokens=500, cache_read_tokens=70, output_tokens=100, estimated=True)


async def test_history_goes_back_in_native_form() -> None:
    rig = Rig()
    rig.pane.submit("one")
    await rig.finished()
    rig.pane.submit("two")
    await rig.finished(2)
    assert rig.provider.requests[1].messages == (
        UserMessage(text="one"),
        AssistantMessage(text="hello", thinking="hm", native=NATIVE),
        UserMessage(text="two"),
    )


async def test_an_unanswered_tool_call_is_shown_but_not_sent_back() -> None:
    call = ToolCall(id="c1", name="read\x1b[2J", arguments='{"path": "a"}', parsed={"path": "a"})
    rig = Rig(
        (TextPiece(text="let me look"), ToolCallReady(call=call), Finished(stop=StopReason.TOOL_USE, native=NATIVE))
    )
    rig.pane.submit("one")
    done = await rig.finished()
    assert done.stop is StopReason.TOOL_USE
    assert rig.of(ToolCallRequested)[0].call.name == "read␛[2J"
    rig.pane.submit("two")
    await rig.finished(2)
    assert rig.provider.requests[1].messages[1] == AssistantMessage(text="let me look")


async def test_stop_ends_the_turn_and_closes_the_stream_and_the_queue_goes_on() -> None:
    rig = Rig((StreamOpened(), TextPiece(text="part"), asyncio.Event()), GOOD)
    rig.pane.submit("one")
    rig.pane.submit("two")
    assert rig.of(PromptQueued)[0].waiting == 1
    await rig.until(lambda: rig.text() == "part")
    rig.pane.stop()
    done = await rig.finished()
    assert done.outcome is Outcome.CANCELLED
    assert rig.provider.streams[0].closed
    await rig.finished(2)
    second = rig.of(TurnStarted)[1]
    assert (second.prompt, second.prompt_id, second.waiting) == ("two", rig.of(PromptQueued)[0].prompt_id, 0)
    assert rig.provider.requests[1].messages == (
        UserMessage(text="one"), AssistantMessage(text="part"), UserMessage(text="two"),
    )  # fmt: skip


async def test_a_waiting_prompt_can_be_taken_back() -> None:
    rig = Rig((StreamOpened(), asyncio.Event()))
    rig.pane.submit("one")
    rig.pane.submit("two")
    rig.pane.submit("three")
    assert rig.pane.drop_newest()
    assert rig.of(PromptDropped)[0].prompt_id == rig.of(PromptQueued)[1].prompt_id
    assert rig.pane.drop_newest()
    assert not rig.pane.drop_newest()
    await rig.pane.close()
    assert len(rig.of(TurnStarted)) == 1
    assert rig.of(TurnFinished)[0].outcome is Outcome.CANCELLED


async def test_retry_replaces_the_last_answer() -> None:
    rig = Rig(GOOD, (failed(Outcome.TRANSIENT),), GOOD)
    assert not rig.pane.retry()
    rig.pane.submit("one")
    await rig.finished()
    rig.pane.submit("two")
    assert not rig.pane.retry()
    await rig.finished(2)
    assert rig.pane.retry()
    await rig.finished(3)
    assert rig.provider.requests[2].messages == rig.provider.requests[1].messages


async def test_clear_stops_and_forgets_and_says_so_last() -> None:
    rig = Rig(GOOD, (StreamOpened(), asyncio.Event()), GOOD)
    rig.pane.submit("one")
    await rig.finished()
    rig.pane.submit("two")
    await rig.until(lambda: len(rig.of(StreamStarted)) == 2)
    rig.pane.submit("waiting")
    rig.pane.clear()
    await rig.until(lambda: bool(rig.of(ConversationCleared)))
    assert isinstance(rig.events[-1], ConversationCleared)
    assert rig.of(TurnFinished)[-1].outcome is Outcome.CANCELLED
    rig.pane.submit("three")
    await rig.finished(3)
    assert rig.provider.requests[-1].messages == (UserMessage(text="three"),)


async def test_hostile_text_is_harmless_in_events_and_untouched_in_history() -> None:
    hostile = "\x1b]52;c;aGk=\x07 \u202eevil\x9b2J"
    rig = Rig((TextPiece(text=hostile), Finished(stop=StopReason.END, native=NATIVE)))
    rig.pane.submit("prompt \x1b[31m")
    await rig.finished()
    assert rig.of(TurnStarted)[0].prompt == "prompt ␛[31m"
    assert rig.text() == "␛]52;c;aGk=␇ ⟨U+202E⟩evil⟨U+009B⟩2J"
    assert rig.of(MessageCompleted)[0].message.text == rig.text()
    assert rig.provider.requests[0].messages == (UserMessage(text="prompt \x1b[31m"),)
    rig.pane.submit("next")
    await rig.finished(2)
    remembered = rig.provider.requests[1].messages[1]
    assert remembered.text == hostile


async def test_a_known_secret_is_masked_across_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_known", {"abcdefghij-secret"})
    pieces = tuple(TextPiece(text=letter) for letter in "key: abcdefghij-secret!")
    rig = Rig((*pieces, TextPiece(text=" abcd"), Finished(stop=StopReason.END)))
    rig.pane.submit("q")
    await rig.finished()
    assert "secret" not in rig.text()
    assert rig.text().startswith("key: [masked:known:")
    assert rig.text().endswith("]! abcd")


@pytest.mark.parametrize(
    ("final", "title"),
    [
        (Finished(stop=StopReason.MAX_TOKENS), "Answer cut at its token limit"),
        (Finished(stop=StopReason.REFUSAL, stop_detail="no\x1b"), "Refused"),
        (Finished(stop=StopReason.END), "Empty answer"),
    ],
)
async def test_an_odd_end_is_a_success_with_a_remark(final: Finished, title: str) -> None:
    rig = Rig((StreamOpened(), final))
    rig.pane.submit("q")
    done = await rig.finished()
    assert done.outcome is Outcome.SUCCESS
    assert done.problem is not None
    assert done.problem.title == title
    assert "\x1b" not in done.problem.text


async def test_a_defect_ends_the_turn_visibly_and_the_pane_lives_on() -> None:
    rig = Rig((TextPiece(text="a"), ZeroDivisionError("boom")), GOOD)
    rig.pane.submit("q")
    done = await rig.finished()
    assert done.outcome is Outcome.CALLER_ERROR
    assert done.problem is not None
    assert "boom" in done.problem.text
    assert "ZeroDivisionError" in rig.of(Notice)[0].problem.text
    rig.pane.submit("q2")
    assert (await rig.finished(2)).outcome is Outcome.SUCCESS


async def test_times_are_measured_on_the_given_clock() -> None:
    gate = asyncio.Event()
    rig = Rig((StreamOpened(), gate, TextPiece(text="a"), Finished(stop=StopReason.END)))
    rig.pane.submit("q")
    await rig.until(lambda: bool(rig.of(StreamStarted)))
    rig.clock.advance(1.5)
    gate.set()
    done = await rig.finished()
    assert done.first_token_s == 1.5
    assert done.seconds == 1.5


async def test_a_closed_pane_begins_nothing() -> None:
    rig = Rig()
    rig.pane.submit("one")
    await rig.finished()
    await rig.pane.close()
    rig.pane.submit("two")
    assert not rig.pane.retry()
    assert not rig.pane.busy
    assert len(rig.of(TurnStarted)) == 1
