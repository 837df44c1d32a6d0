"""The circuit breaker: a table of timed scenarios, the rules as properties, and what permits do when dropped."""

import asyncio
import gc
import math
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tui.core.clock import ManualClock
from tui.resilience.breaker import BreakerKey, Breakers, BreakerState, CircuitBreaker, CircuitOpen, Permit

# One step a word. `F` a failure, `S` a success, `N` a neutral end, `U` no connection, `Q` a spent quota, each of a call
# of its own; `F:90` one with a Retry-After. `a=` admits and keeps a call under the name a, `a.F` ends it. `X` must not
# be admitted. `+30` passes time. `!reset`, `!probe`, `!disable`, `!enable`, `!forgive` are what a person or the caller
# does. `closed/2` asserts the state and the consecutive failures, `half_open/0/1` the successes too, `open/~30` the
# time left.
SCENARIOS = {
    "fresh": "closed/0",
    "four failures stay closed": "F F F F closed/4",
    "five open": "F F F F F open/~30 X",
    "success resets": "F F F F S closed/0 F F F F closed/4",
    "alternating never opens": "F S F S F S F S F S F S closed/0",
    "neutral changes nothing": "F F N F F N closed/4 F open/~30",
    "neutral alone": "N N N N N N closed/0",
    "neutral does not reset": "F F F F N F open/~30",
    "just before the time": "F F F F F +29.999 X open/~0.001",
    "at the time": "F F F F F +30 half_open/5/0",
    "long after": "F F F F F +1e6 half_open/5/0",
    "one probe at a time": "F F F F F +30 a= X X a.N half_open/5/0 b= X",
    "one success does not close": "F F F F F +30 S half_open/5/1",
    "two successes close": "F F F F F +30 S S closed/0",
    "closed again counts from nothing": "F F F F F +30 S S F F F F closed/4 F open/~30",
    "probe failure reopens": "F F F F F +30 F open/~30 X +29 X +1 half_open",
    "reopening forgets successes": "F F F F F +30 S F +30 half_open/6/0 S half_open/6/1 S closed/0",
    "neutral probe frees the place": "F F F F F +30 N S S closed/0",
    "neutral keeps successes": "F F F F F +30 S N half_open/5/1 S closed/0",
    "successes before do not help": "S S S S F F F F F +30 S half_open/5/1",
    "retry-after lengthens": "F F F F F:90 open/~90 +30 X +59 X +1 half_open",
    "shorter retry-after does not shorten": "F F F F F:5 open/~30 +29 X",
    "retry-after below the threshold waits for nothing": "F:90 closed/1 S closed/0",
    "retry-after of a probe": "F F F F F +30 F:120 open/~120 +119 X +1 half_open",
    "late success does not close": "a= F F F F F a.S open/~30 X",
    "late success does not help a half-open one": "a= F F F F F +30 a.S half_open/5/0",
    "late success does not reset": "a= F F F F F +30 S S F F closed/2 a.S closed/2",
    "late failure does not reopen": "a= F F F F F +30 a.F half_open/5/0",
    "late failure does not count": "a= F F F F F +30 S S a.F closed/0",
    "late retry-after lengthens": "a= F F F F F +10 open/~20 a.F:60 open/~60",
    "late retry-after never shortens": "a= F F F F F:90 +10 a.F:5 open/~80",
    "late failure without one leaves the time": "a= F F F F F +10 a.F open/~20",
    "late retry-after after the pause": "a= F F F F F +30 a.F:60 half_open",
    "late retry-after when closed": "a= F F F F F +30 S S a.F:60 closed/0",
    "late neutral": "a= F F F F F a.N open/~30",
    "late result frees nobody's place": "a= F F F F F +30 b= a.S X b.S half_open/5/1",
    "old probe after reset": "F F F F F +30 a= !reset closed/0 a.S closed/0 a.F closed/0",
    "old probe keeps the place after reset": "F F F F F +30 a= !reset F F F F F +30 X a.F half_open/5/0 b= X",
    "concurrent calls fail together": "a= b= c= d= e= a.F b.F c.F d.F closed/4 e.F open/~30",
    "order of ends counts": "a= F F F F a.S closed/0",
    "second verdict is void": "F F F F a= a.N a.F closed/4",
    "second verdict of a probe is void": "F F F F F +30 a= a.S a.S half_open/5/1",
    "probe now": "F F F F F !probe half_open/5/0 a= X a.S S closed/0",
    "probe now when closed": "F F !probe closed/2",
    "reset": "F F F F F !reset closed/0 S",
    "disabled": "!disable X open !enable closed/0 S",
    "disabled keeps counting calls under way": "a= F F F F !disable a.F !enable open/~30",
    "disabled is not ended by time": "F F F F F !disable +1000 X !enable half_open",
    "reset leaves it disabled": "!disable !reset X",
    "quota pauses without failures": "Q:600 open/~600 X +599 X +1 closed/0 S",
    "quota without an end": "Q +1e6 X open !probe half_open S S closed/0",
    "a failed probe reopens after few failures": "F Q !probe F open/~30 X",
    "quota keeps the failures": "F F Q:60 +60 closed/2",
    "quota of a late call": "a= F F F F F a.Q:600 +30 X open/~570",
    "quota ends by reset": "Q !reset closed/0 S",
    "no network takes failures back": "U U U !forgive closed/0 F F F F closed/4",
    "no network takes all failures back while closed": "F U F U !forgive closed/0 F F F F closed/4",
    "a circuit opened by no network closes": "F U U U U open/~30 !forgive closed/0 S",
    "one that failed by itself stays open": "F F F F F !forgive open/~30",
    "a probe without a connection does not make the rest good": "F F F F F +30 U open/~30 !forgive open/~30",
    "half-open by no network alone closes": "U U U U U +30 half_open/5/0 !forgive closed/0",
    "nothing to forgive after a success": "U U S F F F F F !forgive open/~30",
    "late connection failure lengthens": "a= F F F F F a.U:60 open/~60",
}


class Player:
    """Plays a scenario against a breaker."""

    def __init__(self, breaker: CircuitBreaker, clock: ManualClock) -> None:
        self.breaker = breaker
        self.clock = clock
        self.kept: dict[str, Permit] = {}

    def play(self, scenario: str) -> None:
        for step in scenario.split():
            self.step(step)

    def step(self, step: str) -> None:
        if step.startswith("+"):
            self.clock.advance(float(step[1:]))
        elif step.startswith("!"):
            self.act(step[1:])
        elif step.endswith("="):
            self.kept[step[:-1]] = self.breaker.admit()
        elif step == "X":
            with pytest.raises(CircuitOpen) as refused:
                self.breaker.admit()
            assert refused.value.retry_in >= 0
        elif step[0] in "FUSNQ":
            end(self.breaker.admit(), step)
        elif step[1] == ".":
            end(self.kept[step[0]], step[2:])
        else:
            self.check(step)

    def act(self, name: str) -> None:
        match name:
            case "probe":
                self.breaker.probe_now()
            case "forgive":
                self.breaker.forget_failures()
            case _:
                getattr(self.breaker, name)()

    def check(self, step: str) -> None:
        state, *numbers = step.split("/")
        found = self.breaker.snapshot()
        assert found.state == state
        if numbers and numbers[0].startswith("~"):
            assert found.retry_in == pytest.approx(float(numbers[0][1:]))
        elif numbers:
            assert [found.failures, found.successes][: len(numbers)] == [int(number) for number in numbers]


def end(permit: Permit, how: str) -> None:
    kind, _, number = how.partition(":")
    seconds = float(number) if number else None
    match kind:
        case "F":
            permit.failure(retry_after=seconds)
        case "U":
            permit.failure(retry_after=seconds, unreachable=True)
        case "S":
            permit.success()
        case "N":
            permit.neutral()
        case "Q":
            permit.quota_spent(seconds)
        case _:
            raise AssertionError(how)


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_scenarios(scenario: str) -> None:
    clock = ManualClock(now=1000.0)
    Player(CircuitBreaker(clock=clock.monotonic), clock).play(scenario)


def test_a_faulty_request_is_neutral() -> None:
    breaker = CircuitBreaker(failure_threshold=3, clock=ManualClock().monotonic)
    for verdict in ("F", "F", "N", "F"):
        end(breaker.admit(), verdict)
    assert breaker.snapshot().state is BreakerState.OPEN


@pytest.mark.parametrize("wish", [None, -5.0, 0.0, math.nan, math.inf])
def test_a_senseless_retry_after_is_none(wish: float | None) -> None:
    breaker = CircuitBreaker(failure_threshold=1, clock=ManualClock().monotonic)
    breaker.admit().failure(retry_after=wish)
    assert breaker.snapshot().retry_in == 30


def test_a_refusal_says_why_and_how_long() -> None:
    clock = ManualClock()
    breaker = CircuitBreaker(failure_threshold=1, clock=clock.monotonic)
    breaker.admit().failure(reason="overloaded")
    clock.advance(12)
    with pytest.raises(CircuitOpen, match="overloaded") as refused:
        breaker.admit()
    assert (refused.value.retry_in, refused.value.reason, refused.value.probing) == (18, "overloaded", False)
    clock.advance(18)
    probe = breaker.admit()
    with pytest.raises(CircuitOpen) as refused:
        breaker.admit()
    assert (refused.value.retry_in, refused.value.probing) == (0, True)
    assert breaker.snapshot().probing
    probe.neutral()
    breaker.disable("switched off")
    with pytest.raises(CircuitOpen, match="switched off") as refused:
        breaker.admit()
    assert math.isinf(refused.value.retry_in)
    assert breaker.snapshot().disabled


def test_every_change_of_state_is_a_new_generation() -> None:
    clock = ManualClock()
    breaker = CircuitBreaker(failure_threshold=1, success_threshold=1, clock=clock.monotonic)
    seen = [breaker.snapshot().generation]
    breaker.admit().failure()
    seen.append(breaker.snapshot().generation)
    clock.advance(30)
    seen.append(breaker.snapshot().generation)
    breaker.admit().success()
    seen.append(breaker.snapshot().generation)
    assert seen == sorted(set(seen))


def half_open() -> CircuitBreaker:
    clock = ManualClock()
    breaker = CircuitBreaker(failure_threshold=1, clock=clock.monotonic)
    breaker.admit().failure()
    clock.advance(30)
    return breaker


def test_leaving_without_a_verdict_is_neutral() -> None:
    breaker = half_open()
    with pytest.raises(RuntimeError), breaker.admit():
        raise RuntimeError
    assert breaker.snapshot().state is BreakerState.HALF_OPEN
    with breaker.admit() as permit:
        permit.success()
    assert breaker.snapshot().successes == 1


def test_a_dropped_permit_frees_the_place() -> None:
    breaker = half_open()
    permit = breaker.admit()
    del permit
    gc.collect()
    breaker.admit().success()


async def test_a_cancelled_probe_frees_the_place() -> None:
    breaker = half_open()
    admitted = asyncio.Event()

    async def call() -> None:
        with breaker.admit():
            admitted.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(call())
    await admitted.wait()
    with pytest.raises(CircuitOpen):
        breaker.admit()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert breaker.snapshot().state is BreakerState.HALF_OPEN
    breaker.admit().success()


@pytest.mark.parametrize("bad", [{"failure_threshold": 0}, {"success_threshold": 0}, {"open_seconds": -1}])
def test_senseless_settings_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        CircuitBreaker(**bad)


def test_breakers_belong_to_provider_model_and_credential() -> None:
    breakers = Breakers()
    keys = [BreakerKey.of(*parts) for parts in (("a", "m", "k1"), ("a", "m", "k2"), ("a", "n", "k1"), ("b", "m", "k1"))]
    assert len({id(breakers.get(key)) for key in keys}) == 4
    assert breakers.get(BreakerKey.of("a", "m", "k1")) is breakers.get(keys[0])
    assert "k1" not in repr(keys[0])
    assert [key for key, _ in breakers] == sorted(keys)


class BreakerMachine(RuleBasedStateMachine):
    """Any order of calls, ends and time: the rules hold, judged by a list of verdicts kept apart."""

    @initialize(
        threshold=st.integers(1, 6), successes=st.integers(1, 3), open_seconds=st.sampled_from([0.0, 1.0, 30.0])
    )
    def begin(self, threshold: int, successes: int, open_seconds: float) -> None:
        self.clock = ManualClock()
        self.threshold = threshold
        self.breaker = CircuitBreaker(threshold, successes, open_seconds, self.clock.monotonic)
        self.running: list[Permit] = []
        self.probes: list[Permit] = []
        self.trailing = 0

    @rule()
    def call(self) -> None:
        before = self.breaker.snapshot()
        try:
            permit = self.breaker.admit()
        except CircuitOpen:
            assert before.state is BreakerState.OPEN or (before.state is BreakerState.HALF_OPEN and self.probes)
            return
        assert before.state is not BreakerState.OPEN
        self.running.append(permit)
        if before.state is BreakerState.HALF_OPEN:
            self.probes.append(permit)

    @precondition(lambda self: self.running)
    @rule(data=st.data(), how=st.sampled_from("FSNND"), wait=st.sampled_from([None, 0.5, 45.0]))
    def finish(self, data: st.DataObject, how: str, wait: float | None) -> None:
        permit = self.running[data.draw(st.integers(0, len(self.running) - 1))]  # drawn objects are kept by Hypothesis
        before = self.breaker.snapshot()
        current = permit.generation == before.generation
        self.running.remove(permit)
        if permit in self.probes:
            self.probes.remove(permit)
        match how:
            case "F":
                permit.failure(wait)
            case "S":
                permit.success()
            case "N":
                permit.neutral()
        del permit
        after = self.breaker.snapshot()
        if not current and before.state is BreakerState.OPEN:
            assert after.state is BreakerState.OPEN
            assert (after.retry_in or 0) >= (before.retry_in or 0)
        if not current:
            assert (after.state, after.generation, after.failures) == (before.state, before.generation, before.failures)
            assert after.successes == before.successes
        elif how in "FS":
            self.trailing = self.trailing + 1 if how == "F" else 0
        if current and how in "ND":
            assert after == before or before.probing

    @rule(seconds=st.sampled_from([0.1, 1.0, 10.0, 30.0, 100.0]))
    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @rule()
    def reset(self) -> None:
        self.breaker.reset()
        self.trailing = 0

    @rule()
    def probe_now(self) -> None:
        self.breaker.probe_now()

    @invariant()
    def rules_hold(self) -> None:
        if not hasattr(self, "breaker"):
            return
        found = self.breaker.snapshot()
        assert len(self.probes) <= 1
        if found.state is BreakerState.CLOSED:
            assert self.trailing < self.threshold
            assert found.failures == self.trailing
            assert found.successes == 0
        if found.state is BreakerState.OPEN:
            assert found.retry_in is not None
            assert found.retry_in > 0


BreakerMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestBreakerMachine = BreakerMachine.TestCase
