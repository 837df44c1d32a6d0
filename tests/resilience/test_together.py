"""The mechanisms as a caller puts them together: each knows nothing of the others, and time moves by hand."""

import contextlib
from dataclasses import dataclass, field
from random import Random

import pytest

from tui.config.model import FallbackMode
from tui.core.clock import ManualClock
from tui.core.errors import Failure, Outcome, Problem
from tui.resilience.breaker import BreakerState, CircuitBreaker, CircuitOpen
from tui.resilience.fallback import FallbackChain, Stay, Switch, Target
from tui.resilience.offline import OfflineDetector
from tui.resilience.retry import GiveUp, RetryBudget, RetryPolicy, Wait, plan_retry

NAMES = ("a", "b", "c")


@dataclass
class Caller:
    """A guarded call over three providers whose outcomes are scripted."""

    outcomes: dict[str, Outcome]
    threshold: int = 5
    clock: ManualClock = field(default_factory=ManualClock)
    sent: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.breakers = {name: CircuitBreaker(self.threshold, clock=self.clock.monotonic) for name in NAMES}
        self.budgets = {name: RetryBudget() for name in NAMES}
        self.offline = OfflineDetector(self.clock.monotonic, expected=NAMES)

    def call(self, name: str) -> Failure | None:
        started, attempt = self.clock.now, 0
        while True:
            attempt += 1
            outcome = self.attempt(name)
            if outcome is Outcome.SUCCESS:
                return None
            plan = plan_retry(
                attempt=attempt,
                outcome=outcome,
                retry_after=None,
                started=started,
                now=self.clock.now,
                visible=False,
                policy=RetryPolicy(),
                budget=self.budgets[name],
                random=Random(1),
            )
            if isinstance(plan, GiveUp):
                return Failure(outcome=outcome, problem=Problem(title=name, text=plan.reason))
            assert isinstance(plan, Wait)
            self.clock.advance(plan.seconds)

    def attempt(self, name: str) -> Outcome:
        with self.breakers[name].admit() as permit:
            self.sent.append(name)
            outcome = self.outcomes[name]
            self.budgets[name].record(outcome)
            if outcome is Outcome.OFFLINE:
                if self.offline.failed(name):
                    for breaker in self.breakers.values():
                        breaker.forget_failures()
                else:
                    permit.failure(unreachable=True)
            else:
                self.offline.succeeded(name)
                if outcome is Outcome.SUCCESS:
                    permit.success()
                else:
                    permit.failure()
        return outcome

    def ask(self, chain: FallbackChain) -> str | Failure:
        target = chain.asked
        while True:
            try:
                failure, real = self.call(target.provider), True
            except CircuitOpen as refused:
                problem = Problem(title=target.provider, text=refused.reason)
                failure, real = Failure(outcome=Outcome.TRANSIENT, problem=problem), False
            if failure is None:
                return target.provider
            step = chain.next(target, failure, real=real)
            if isinstance(step, Stay):
                return step.failure
            assert isinstance(step, Switch)
            target = step.answers


def chain() -> FallbackChain:
    return FallbackChain([Target(name) for name in NAMES], FallbackMode.AUTO)


@pytest.mark.parametrize("threshold", [1, 2, 3, 5])
def test_without_a_network_nothing_is_open_in_the_end(threshold: int) -> None:
    caller = Caller(dict.fromkeys(NAMES, Outcome.OFFLINE), threshold)
    for name in NAMES:
        with contextlib.suppress(CircuitOpen):
            assert caller.call(name) is not None
    assert caller.offline.offline
    for _ in range(10):
        caller.attempt("a")
    assert {breaker.snapshot().state for breaker in caller.breakers.values()} == {BreakerState.CLOSED}
    assert {breaker.snapshot().failures for breaker in caller.breakers.values()} == {0}


def test_one_that_cannot_be_reached_alone_opens() -> None:
    caller = Caller({"a": Outcome.OFFLINE, "b": Outcome.SUCCESS, "c": Outcome.SUCCESS})
    assert [caller.ask(chain()) for _ in range(3)] == ["b", "b", "b"]
    assert caller.breakers["a"].snapshot().state is BreakerState.OPEN
    assert caller.sent.count("a") == 5, "no attempt passes an open circuit"
    assert not caller.offline.offline


def test_a_failing_model_is_retried_then_replaced_then_left_alone_then_tried_again() -> None:
    caller = Caller({"a": Outcome.TRANSIENT, "b": Outcome.SUCCESS, "c": Outcome.SUCCESS})
    assert caller.ask(chain()) == "b"
    assert caller.sent == ["a", "a", "a", "b"]
    assert caller.ask(chain()) == "b"
    assert caller.ask(chain()) == "b"
    assert caller.sent.count("a") == 5
    caller.clock.advance(30)
    caller.outcomes["a"] = Outcome.SUCCESS
    assert caller.ask(chain()) == "a"
    assert caller.breakers["a"].snapshot().state is BreakerState.HALF_OPEN
    assert caller.ask(chain()) == "a"
    assert caller.breakers["a"].snapshot().state is BreakerState.CLOSED


def test_when_nobody_answers_the_last_real_error_is_shown() -> None:
    caller = Caller(dict.fromkeys(NAMES, Outcome.TRANSIENT))
    found = caller.ask(chain())
    assert isinstance(found, Failure)
    assert found.problem.title == "c"
    caller.outcomes = dict.fromkeys(NAMES, Outcome.SUCCESS)
    assert caller.ask(chain()) == "a"
