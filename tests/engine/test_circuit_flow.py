"""A model fails, its circuit opens with a countdown, tries again and closes: on real requests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.live import WIRES, Live, live, live_config
from tui.config.model import ResilienceConfig
from tui.core.errors import Outcome
from tui.core.events import TurnFinished
from tui.core.guard_events import CircuitChanged, CircuitState
from tui.demo.server import DemoServer

OPEN_S = 3_600.0
FAILURES = 5


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with DemoServer(pace="instant") as running:
        yield running


def circuit(session: Live, wire: str) -> list[CircuitChanged]:
    return [event for event in session.of(CircuitChanged) if event.provider == wire]


async def break_it(session: Live, wire: str) -> None:
    """Two prompts to an overloaded model: three attempts, and two until the circuit opens."""
    await session.ask(f"demo:overloaded@{wire} first", wire)
    assert circuit(session, wire)[-1].state is CircuitState.CLOSED
    assert circuit(session, wire)[-1].failures == 3
    await session.ask(f"demo:overloaded@{wire} second", wire)
    assert session.requests()[wire] == FAILURES


@pytest.mark.parametrize("wire", WIRES)
async def test_five_failures_open_the_circuit_and_two_answers_close_it(
    wire: str, server: DemoServer, home: Path
) -> None:
    config = live_config(home, resilience=ResilienceConfig(open_seconds=OPEN_S))
    async with live(config, server) as session:
        await break_it(session, wire)
        opened = circuit(session, wire)[-1]
        assert (opened.state, opened.panes, opened.reason) == (CircuitState.OPEN, (wire,), "Overloaded")
        assert opened.retry_in is not None
        assert 0 < opened.retry_in <= OPEN_S

        refused = (await session.ask("an innocent question", wire))[wire]
        assert (refused.outcome, refused.attempts, refused.usage.output_tokens) == (Outcome.TRANSIENT, 0, 0)
        assert refused.problem is not None
        assert refused.problem.title == "Circuit open"
        assert session.requests()[wire] == FAILURES, "nothing is sent while the circuit is open"

        session.clock.turned += OPEN_S
        assert (await session.ask("is it back?", wire))[wire].outcome is Outcome.SUCCESS
        assert circuit(session, wire)[-1].state is CircuitState.HALF_OPEN
        assert (await session.ask("and still?", wire))[wire].outcome is Outcome.SUCCESS
        assert circuit(session, wire)[-1].state is CircuitState.CLOSED
        assert circuit(session, wire)[-1].failures == 0
        assert {event.provider for event in session.of(CircuitChanged)} == {wire}, "the other models are not concerned"


async def test_a_failed_trial_opens_it_again(server: DemoServer, home: Path) -> None:
    wire = WIRES[0]
    async with live(live_config(home, resilience=ResilienceConfig(open_seconds=OPEN_S)), server) as session:
        await break_it(session, wire)
        session.clock.turned += OPEN_S
        end = (await session.ask(f"demo:overloaded@{wire} third", wire))[wire]
        assert end.problem is not None
        assert end.problem.title == "Overloaded", "the provider's own failure is told, not that the circuit is open"
        assert session.requests()[wire] == FAILURES + 1, "one trial, and no retry into an open circuit"
        assert circuit(session, wire)[-1].state is CircuitState.OPEN


async def test_time_alone_makes_it_half_open(server: DemoServer, home: Path) -> None:
    """Nobody asks anything: the change is published when it is due, so that a countdown never stands at nought."""
    wire = WIRES[0]
    config = live_config(home, resilience=ResilienceConfig(open_seconds=0.3))
    async with live(config, server) as session:
        await break_it(session, wire)
        await session.until(lambda: circuit(session, wire)[-1].state is CircuitState.HALF_OPEN)
        states = [event.state for event in circuit(session, wire)]
        assert states.index(CircuitState.OPEN) < states.index(CircuitState.HALF_OPEN)
        for words in ("once", "twice"):
            assert (await session.ask(words, wire))[wire].outcome is Outcome.SUCCESS
        assert circuit(session, wire)[-1].state is CircuitState.CLOSED


async def test_a_flaky_model_answers_within_one_turn_and_leaves_no_trace(server: DemoServer, home: Path) -> None:
    async with live(live_config(home), server) as session:
        ends = await session.ask("demo:flaky@all", *WIRES)
        assert {end.outcome for end in ends.values()} == {Outcome.SUCCESS}
        assert session.requests() == dict.fromkeys(WIRES, 3)
        for wire in WIRES:
            assert [event.failures for event in circuit(session, wire)] == [1, 2, 0]
        assert len(session.of(TurnFinished)) == len(WIRES)
