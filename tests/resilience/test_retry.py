"""Planning a retry: what is tried again, after how long, and what holds it back."""

import math
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.core.errors import Outcome
from tui.resilience.retry import GiveUp, Obstacle, RetryBudget, RetryPlan, RetryPolicy, Wait, plan_retry


class Highest(Random):
    """Always the upper end."""

    def uniform(self, a: float, b: float) -> float:
        return b


def plan(**given_values: Any) -> RetryPlan:
    values: dict[str, Any] = {
        "attempt": 1,
        "outcome": Outcome.TRANSIENT,
        "retry_after": None,
        "started": 0.0,
        "now": 1.0,
        "visible": False,
        "policy": RetryPolicy(),
        "budget": RetryBudget(),
        "random": Highest(),
    }
    return plan_retry(**(values | given_values))


@pytest.mark.parametrize(
    ("case", "seconds"),
    [
        ({}, 0.25),
        ({"attempt": 2}, 0.5),
        ({"outcome": Outcome.OFFLINE}, 0.25),
        ({"outcome": Outcome.TRUNCATED}, 0.25),
        ({"outcome": Outcome.RATE_LIMITED}, 1.0),
        ({"outcome": Outcome.RATE_LIMITED, "attempt": 2}, 2.0),
        ({"status": 529}, 1.0),
        ({"status": 503, "attempt": 2}, 2.0),
        ({"status": 500}, 0.25),
        ({"outcome": Outcome.RATE_LIMITED, "attempt": 9, "policy": RetryPolicy(attempts=99)}, 20.0),
        ({"outcome": Outcome.RATE_LIMITED, "attempt": 5000, "policy": RetryPolicy(attempts=9999)}, 20.0),
        ({"retry_after": 7.0}, 7.7),
        ({"retry_after": 60.0}, 66.0),
        ({"retry_after": 0.0}, 0.25),
        ({"retry_after": -3.0}, 0.25),
        ({"retry_after": math.nan}, 0.25),
    ],
)
def test_longest_waits(case: dict[str, Any], seconds: float) -> None:
    found = plan(**case)
    assert isinstance(found, Wait)
    assert found.seconds == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("case", "obstacle"),
    [
        ({"visible": True}, Obstacle.VISIBLE),
        ({"visible": True, "retry_after": 1.0, "outcome": Outcome.RATE_LIMITED}, Obstacle.VISIBLE),
        ({"attempt": 3}, Obstacle.ATTEMPTS),
        ({"policy": RetryPolicy(attempts=1)}, Obstacle.ATTEMPTS),
        *(
            ({"outcome": outcome}, Obstacle.OUTCOME)
            for outcome in Outcome
            if outcome not in {Outcome.TRANSIENT, Outcome.RATE_LIMITED, Outcome.TRUNCATED, Outcome.OFFLINE}
        ),
        ({"outcome": Outcome.QUOTA_SPENT, "retry_after": 1.0}, Obstacle.OUTCOME),
        ({"retry_after": 60.1}, Obstacle.WAIT_TOO_LONG),
        ({"retry_after": 130.0}, Obstacle.WAIT_TOO_LONG),
        ({"retry_after": math.inf}, Obstacle.WAIT_TOO_LONG),
        ({"now": 899.9}, Obstacle.DEADLINE),
        ({"now": 899.0, "retry_after": 1.0}, Obstacle.DEADLINE),
        ({"started": 100.0, "now": 130.0, "policy": RetryPolicy(total_s=30)}, Obstacle.DEADLINE),
    ],
)
def test_given_up(case: dict[str, Any], obstacle: Obstacle) -> None:
    found = plan(**case)
    assert isinstance(found, GiveUp)
    assert found.obstacle is obstacle
    assert found.reason


def test_reasons_have_the_numbers() -> None:
    assert plan(retry_after=130.0) == GiveUp(
        reason="the provider asks for a wait of 130 s, longer than the 60 s this program waits",
        obstacle=Obstacle.WAIT_TOO_LONG,
    )


@given(
    seed=st.integers(),
    attempt=st.integers(1, 9),
    outcome=st.sampled_from([Outcome.TRANSIENT, Outcome.RATE_LIMITED]),
    retry_after=st.none() | st.floats(0.001, 60),
)
def test_waits_keep_their_bounds(seed: int, attempt: int, outcome: Outcome, retry_after: float | None) -> None:
    policy = RetryPolicy(attempts=10)
    found = plan(attempt=attempt, outcome=outcome, retry_after=retry_after, policy=policy, random=Random(seed))
    assert isinstance(found, Wait)
    if retry_after is None:
        assert 0 <= found.seconds <= min(20, policy.base_s(outcome) * 2 ** (attempt - 1))
    else:
        assert retry_after <= found.seconds <= retry_after * 1.1 + 1e-9


def test_jitter_is_full() -> None:
    random = Random(1)
    waits = [found.seconds for _ in range(500) if isinstance(found := plan(random=random), Wait)]
    assert len(waits) == 500
    assert min(waits) < 0.01
    assert max(waits) > 0.24


def test_the_budget_stops_retries_at_half_and_refills_slowly() -> None:
    budget = RetryBudget()
    verdicts = []
    for _ in range(6):
        budget.record(Outcome.TRANSIENT)
        verdicts.append(isinstance(plan(budget=budget), Wait))
    assert verdicts == [True, True, True, True, False, False]
    found = plan(budget=budget)
    assert isinstance(found, GiveUp)
    assert found.obstacle is Obstacle.BUDGET
    for _ in range(10):
        budget.record(Outcome.SUCCESS)
    assert not budget.allows
    for _ in range(2):
        budget.record(Outcome.SUCCESS)
    assert budget.allows


def test_the_budget_has_a_floor_and_a_ceiling() -> None:
    budget = RetryBudget()
    for _ in range(50):
        budget.record(Outcome.OFFLINE)
    assert budget.left == 0
    for _ in range(500):
        budget.record(Outcome.SUCCESS)
    assert budget.left == 10


@pytest.mark.parametrize("outcome", [Outcome.CALLER_ERROR, Outcome.AUTH, Outcome.CANCELLED, Outcome.QUOTA_SPENT])
def test_the_budget_counts_only_what_a_retry_could_mend(outcome: Outcome) -> None:
    budget = RetryBudget()
    budget.record(outcome)
    assert budget.left == 10


def test_planning_changes_nothing() -> None:
    budget = RetryBudget()
    assert [plan(budget=budget) for _ in range(3)] == [plan(budget=budget)] * 3
    assert budget.left == 10
