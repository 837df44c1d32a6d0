"""Circuits in a session: what opens and closes them, who is told, and what a network that is down changes."""

import asyncio
from collections.abc import Callable

import pytest

from tests.engine.rig import Rig, Script, answer, failed, plan
from tests.engine.scripted import Step
from tui.config.model import Config, ResilienceConfig
from tui.core.chat import StreamOpened, TextPiece
from tui.core.commands import CircuitAction
from tui.core.errors import Outcome
from tui.core.events import StreamStarted
from tui.core.guard_events import CircuitChanged, CircuitState, OfflineChanged
from tui.engine.circuits import Circuits

ONCE = Config(resilience=ResilienceConfig(attempts=1))
OFFLINE = [failed(Outcome.OFFLINE, "No route")]


def states(rig: Rig, model: str = "m") -> list[tuple[CircuitState, int]]:
    return [(event.state, event.failures) for event in rig.of(CircuitChanged) if event.model == model]


async def test_five_failed_attempts_over_several_turns_open_it_and_a_refusal_says_why() -> None:
    async with Rig(scripts={"anthropic": [[failed()]]}) as rig:
        assert (await rig.ask("one")).attempts == 3
        assert (await rig.ask("two")).attempts == 2, "the fifth opened it: no sixth"
        done = await rig.ask("three")
        assert (done.outcome, done.attempts) == (Outcome.TRANSIENT, 0)
        assert done.retry_after == 30.0
        assert done.problem is not None
        assert done.problem.title == "Circuit open"
        assert "Overloaded" in done.problem.text
        assert "s: " in done.problem.text
        assert len(rig.provider.requests) == 5
        assert states(rig) == [(CircuitState.CLOSED, n) for n in range(1, 5)] + [(CircuitState.OPEN, 5)]
        last = rig.of(CircuitChanged)[-1]
        assert (last.provider, last.model, last.panes, last.reason) == ("anthropic", "m", ("claude",), "Overloaded")
        assert last.retry_in == 30.0


async def test_a_success_between_forgets_failures() -> None:
    script: Script = [[failed()], [failed()], [failed()], [failed()], answer(), [failed()]]
    async with Rig(scripts={"anthropic": script}, config=ONCE) as rig:
        for number in range(6):
            await rig.ask(str(number))
        assert states(rig)[-2:] == [(CircuitState.CLOSED, 0), (CircuitState.CLOSED, 1)]


@pytest.mark.parametrize("outcome", [Outcome.CALLER_ERROR, Outcome.AUTH])
async def test_what_says_nothing_about_the_provider_changes_nothing(outcome: Outcome) -> None:
    script: Script = [[failed()]] * 4 + [[failed(outcome)]] * 2 + [[failed()]]
    async with Rig(scripts={"anthropic": script}, config=ONCE) as rig:
        for number in range(7):
            await rig.ask(str(number))
        assert states(rig)[-1] == (CircuitState.OPEN, 5)
        assert len(states(rig)) == 5


async def test_a_stopped_call_is_neutral() -> None:
    script: Script = [[failed()]] * 4 + [[StreamOpened(), TextPiece(text="…"), asyncio.Event()], [failed()]]
    async with Rig(scripts={"anthropic": script}, config=ONCE) as rig:
        for number in range(4):
            await rig.ask(str(number))
        rig.pane.submit("stopped")
        await rig.seen(StreamStarted)
        rig.pane.stop()
        await rig.end("claude", 5)
        assert states(rig)[-1] == (CircuitState.CLOSED, 4)
        await rig.ask("fifth")
        assert states(rig)[-1] == (CircuitState.OPEN, 5)


async def test_half_open_lets_one_call_through_for_all_panes_and_two_successes_close_it() -> None:
    gate = asyncio.Event()
    probe: list[Step] = [StreamOpened(), gate, *answer()[1:]]
    script: Script = [[failed()]] * 5 + [probe, answer()]
    async with Rig([plan(), plan("twin")], scripts={"anthropic": script}, config=ONCE) as rig:
        for number in range(5):
            await rig.ask(str(number), pane="twin" if number % 2 else "claude")
        assert rig.of(CircuitChanged)[-1].panes == ("claude", "twin")
        rig.clock.advance(30.0)
        rig.pane.submit("probe")
        await rig.seen(StreamStarted)
        refused = await rig.ask("me too", pane="twin")
        assert refused.problem is not None
        assert "another call" in refused.problem.text
        gate.set()
        await rig.end("claude", 4)
        assert states(rig)[-1] == (CircuitState.HALF_OPEN, 5)
        assert (await rig.ask("second", pane="twin")).outcome is Outcome.SUCCESS
        assert states(rig)[-1] == (CircuitState.CLOSED, 0)


async def test_a_failed_probe_opens_it_again_and_a_stopped_one_frees_the_place() -> None:
    script: Script = [[failed()]] * 5 + [[StreamOpened(), asyncio.Event()], [failed(title="Still")]]
    async with Rig(scripts={"anthropic": script}, config=ONCE) as rig:
        for number in range(5):
            await rig.ask(str(number))
        rig.clock.advance(30.0)
        rig.pane.submit("stopped probe")
        await rig.seen(StreamStarted)
        rig.pane.stop()
        await rig.end("claude", 6)
        await rig.ask("failing probe")
        last = rig.of(CircuitChanged)[-1]
        assert (last.state, last.failures, last.reason, last.retry_in) == (CircuitState.OPEN, 6, "Still", 30.0)


async def test_a_long_retry_after_keeps_it_open_as_long() -> None:
    settings = Config(resilience=ResilienceConfig(attempts=1, failures_to_open=1))
    async with Rig(scripts={"anthropic": [[failed(after=120.0, status=503)]]}, config=settings) as rig:
        await rig.ask()
        assert rig.of(CircuitChanged)[-1].retry_in == 120.0


async def test_a_person_can_probe_reset_disable_and_enable() -> None:
    async with Rig(scripts={"anthropic": [[failed()]] * 5 + [answer()]}, config=ONCE) as rig:
        circuits, own = rig.guard.circuits, rig.plans[0]
        for number in range(5):
            await rig.ask(str(number))
        circuits.control(own, CircuitAction.PROBE)
        assert rig.of(CircuitChanged)[-1].state is CircuitState.HALF_OPEN
        circuits.control(own, CircuitAction.RESET)
        assert states(rig)[-1] == (CircuitState.CLOSED, 0)
        circuits.control(own, CircuitAction.DISABLE)
        assert rig.of(CircuitChanged)[-1].state is CircuitState.DISABLED
        done = await rig.ask("disabled")
        assert done.problem is not None
        assert "switched off by you" in done.problem.text
        assert (done.attempts, done.retry_after) == (0, None)
        circuits.control(own, CircuitAction.ENABLE)
        assert rig.of(CircuitChanged)[-1].state is CircuitState.CLOSED
        assert (await rig.ask("enabled")).outcome is Outcome.SUCCESS


async def test_time_alone_is_told_too() -> None:
    settings = Config(resilience=ResilienceConfig(attempts=1, failures_to_open=1, open_seconds=0.01))
    async with Rig(scripts={"anthropic": [[failed()]]}, config=settings) as rig:
        await rig.ask()
        assert rig.of(CircuitChanged)[-1].state is CircuitState.OPEN
        rig.clock.advance(0.02)
        await rig.until(lambda: rig.of(CircuitChanged)[-1].state is CircuitState.HALF_OPEN)


async def test_spent_quota_is_a_state_of_its_own_that_time_does_not_probe() -> None:
    script: Script = [[failed(Outcome.QUOTA_SPENT, "Quota spent")], answer()]
    async with Rig(scripts={"anthropic": script}) as rig:
        await rig.ask("one")
        assert states(rig) == [(CircuitState.OPEN, 0)]
        assert rig.of(CircuitChanged)[-1].retry_in is None
        rig.clock.advance(100_000.0)
        done = await rig.ask("two")
        assert (done.outcome, done.attempts, done.retry_after) == (Outcome.QUOTA_SPENT, 0, None)
        assert not done.refused_by_budget
        rig.guard.circuits.control(rig.plans[0], CircuitAction.PROBE)
        assert (await rig.ask("three")).outcome is Outcome.SUCCESS


async def test_two_unreachable_providers_are_a_network_that_is_down() -> None:
    panes = [plan(), plan("gpt", "openai", "m2")]
    settings = Config(resilience=ResilienceConfig(attempts=1, failures_to_open=2))
    async with Rig(
        panes, scripts={"anthropic": [OFFLINE, OFFLINE, OFFLINE, answer()], "openai": [OFFLINE]}, config=settings
    ) as rig:
        await rig.ask("one")
        await rig.ask("two")
        assert states(rig)[-1] == (CircuitState.OPEN, 2)
        await rig.ask("one", pane="gpt")
        assert [event.offline for event in rig.of(OfflineChanged)] == [True]
        assert states(rig)[-1] == (CircuitState.CLOSED, 0), "the network was to blame, not the model, and that is told"
        assert states(rig, "m2") == []
        for number in range(3):
            await rig.ask(f"more {number}", pane="gpt")
        await rig.ask("three")
        assert states(rig, "m2") == []
        assert states(rig)[-1] == (CircuitState.CLOSED, 0)
        assert rig.guard.retry_budget("openai").left == rig.guard.retry_tokens, "nothing is counted"
        assert (await rig.ask("back")).outcome is Outcome.SUCCESS
        assert [event.offline for event in rig.of(OfflineChanged)] == [True, False]


async def test_a_stream_cut_by_the_network_does_not_say_it_is_back() -> None:
    panes = [plan(), plan("gpt", "openai", "m2")]
    gate = asyncio.Event()
    cut: list[Step] = [StreamOpened(), gate, failed(Outcome.TRUNCATED)]
    async with Rig(panes, scripts={"anthropic": [OFFLINE], "openai": [OFFLINE, cut]}, config=ONCE) as rig:
        await rig.ask()
        await rig.ask(pane="gpt")
        rig.panes["gpt"].submit("older")
        await rig.seen(StreamStarted)
        gate.set()
        await rig.end("gpt", 2)
        assert [event.offline for event in rig.of(OfflineChanged)] == [True]


@pytest.mark.parametrize("failure", [failed(Outcome.TRANSIENT, status=500), failed(Outcome.AUTH)])
async def test_any_answer_says_the_network_is_back(failure: Exception) -> None:
    panes = [plan(), plan("gpt", "openai", "m2")]
    async with Rig(panes, scripts={"anthropic": [OFFLINE], "openai": [OFFLINE, [failure]]}, config=ONCE) as rig:
        await rig.ask()
        await rig.ask(pane="gpt")
        await rig.ask("again", pane="gpt")
        assert [event.offline for event in rig.of(OfflineChanged)] == [True, False]


async def test_one_provider_alone_or_a_server_here_never_shows_a_network_that_is_down() -> None:
    local = plan("local", "compatible", "m2", base_url="http://127.0.0.1:11434/v1")
    settings = Config(resilience=ResilienceConfig(attempts=1, failures_to_open=2))
    async with Rig([plan(), local], scripts={"anthropic": [OFFLINE], "compatible": [OFFLINE]}, config=settings) as rig:
        for number in range(2):
            await rig.ask(str(number))
            await rig.ask(str(number), pane="local")
        assert not rig.of(OfflineChanged)
        assert states(rig)[-1] == states(rig, "m2")[-1] == (CircuitState.OPEN, 2)


async def test_circuits_are_one_for_a_model_and_a_key() -> None:
    panes = [
        plan(api_key="k1"),
        plan("same", api_key="k1"),
        plan("other", api_key="k2"),
        plan("sibling", model="m2", api_key="k1"),
    ]
    settings = Config(resilience=ResilienceConfig(attempts=1, failures_to_open=1))
    async with Rig(panes, scripts={"anthropic": [[failed()], answer()]}, config=settings) as rig:
        await rig.ask()
        assert (await rig.ask(pane="same")).attempts == 0
        assert (await rig.ask(pane="other")).outcome is Outcome.SUCCESS
        assert (await rig.ask(pane="sibling")).outcome is Outcome.SUCCESS


async def test_closing_stops_watching_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    watches: list[asyncio.TimerHandle] = []
    later = loop.call_later

    def noting(delay: float, callback: Callable[..., object], *args: object) -> asyncio.TimerHandle:
        handle = later(delay, callback, *args)
        if isinstance(getattr(callback, "__self__", None), Circuits):
            watches.append(handle)
        return handle

    monkeypatch.setattr(loop, "call_later", noting)
    async with Rig(scripts={"anthropic": [[failed()]]}, config=ONCE) as rig:
        for number in range(5):
            await rig.ask(str(number))
        assert not watches[-1].cancelled()
    assert all(watch.cancelled() for watch in watches)


@pytest.mark.parametrize(
    ("late", "retry_in", "reason"),
    [
        (failed(Outcome.TRANSIENT, "Late", after=120.0), 120.0, "Overloaded"),
        (failed(Outcome.QUOTA_SPENT, "Quota spent"), None, "Quota spent"),
    ],
)
async def test_a_longer_or_another_pause_is_told_though_it_was_open_before(
    late: Exception, retry_in: float | None, reason: str
) -> None:
    gate = asyncio.Event()
    script: Script = [[StreamOpened(), gate, late], [failed()]]
    settings = Config(resilience=ResilienceConfig(attempts=1, failures_to_open=1))
    async with Rig([plan(), plan("twin")], scripts={"anthropic": script}, config=settings) as rig:
        rig.pane.submit("slow")
        await rig.seen(StreamStarted)
        await rig.ask(pane="twin")
        assert (rig.of(CircuitChanged)[-1].state, rig.of(CircuitChanged)[-1].retry_in) == (CircuitState.OPEN, 30.0)
        gate.set()
        await rig.end("claude")
        last = rig.of(CircuitChanged)[-1]
        assert (last.state, last.retry_in, last.reason) == (CircuitState.OPEN, retry_in, reason)
