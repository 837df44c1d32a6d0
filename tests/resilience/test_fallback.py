"""Who answers instead: the walk down a chain, the modes, and the last real error at its end."""

import pytest

from tui.config.model import FallbackMode
from tui.core.errors import Failure, Outcome, Problem
from tui.resilience.fallback import FallbackChain, Stay, Stop, Switch, Target

CLAUDE, GPT, GEMINI = Target("anthropic"), Target("openai", "gpt-6-luna"), Target("gemini")


def failure(outcome: Outcome = Outcome.TRANSIENT, text: str = "it failed") -> Failure:
    return Failure(outcome=outcome, problem=Problem(title="failed", text=text))


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("openai", Target("openai")),
        ("openai:gpt-6-luna", Target("openai", "gpt-6-luna")),
        ("compatible:qwen3:8b", Target("compatible", "qwen3:8b")),
    ],
)
def test_targets_are_read_and_written(text: str, target: Target) -> None:
    assert Target.parse(text) == target
    assert str(target) == text


def test_no_endpoint_is_no_target() -> None:
    with pytest.raises(ValueError, match="no endpoint"):
        Target.parse(":gpt-6-luna")


def test_the_chain_is_walked_in_order_and_ends_with_the_last_real_error() -> None:
    chain = FallbackChain([CLAUDE, GPT, GEMINI], FallbackMode.AUTO)
    first, second, third = failure(text="one"), failure(Outcome.QUOTA_SPENT, "two"), failure(text="no call was made")
    step = chain.next(CLAUDE, first)
    assert step == Switch(asked=CLAUDE, failed=CLAUDE, answers=GPT, reason=first, confirm=False)
    step = chain.next(GPT, second)
    assert step == Switch(asked=CLAUDE, failed=GPT, answers=GEMINI, reason=second, confirm=False)
    assert chain.next(GEMINI, third, real=False) == Stay(failure=second, stop=Stop.EXHAUSTED)


def test_without_any_real_error_the_last_reason_is_shown() -> None:
    reason = failure(text="the circuit is open")
    assert FallbackChain([CLAUDE]).next(CLAUDE, reason, real=False) == Stay(failure=reason, stop=Stop.EXHAUSTED)


def test_asking_is_the_default() -> None:
    step = FallbackChain([CLAUDE, GPT]).next(CLAUDE, failure())
    assert isinstance(step, Switch)
    assert step.confirm


@pytest.mark.parametrize("outcome", [Outcome.CALLER_ERROR, Outcome.CANCELLED])
def test_the_callers_own_doing_stays(outcome: Outcome) -> None:
    step = FallbackChain([CLAUDE, GPT], FallbackMode.AUTO).next(CLAUDE, failure(outcome))
    assert isinstance(step, Stay)
    assert step.stop is Stop.OUTCOME


@pytest.mark.parametrize(
    "outcome",
    [Outcome.TRANSIENT, Outcome.RATE_LIMITED, Outcome.QUOTA_SPENT, Outcome.AUTH, Outcome.TRUNCATED, Outcome.OFFLINE],
)
def test_the_providers_failures_switch(outcome: Outcome) -> None:
    assert isinstance(FallbackChain([CLAUDE, GPT]).next(CLAUDE, failure(outcome)), Switch)


def test_off_and_shown_answers_stay() -> None:
    off = FallbackChain([CLAUDE, GPT], FallbackMode.OFF).next(CLAUDE, failure())
    shown = FallbackChain([CLAUDE, GPT], FallbackMode.AUTO).next(CLAUDE, failure(), visible=True)
    assert [step.stop for step in (off, shown) if isinstance(step, Stay)] == [Stop.OFF, Stop.SHOWN]


def test_what_cannot_be_asked_now_is_passed_over_but_not_forgotten() -> None:
    chain = FallbackChain([CLAUDE, GPT, GEMINI], FallbackMode.AUTO)
    step = chain.next(CLAUDE, failure(), usable=lambda target: target != GPT)
    assert isinstance(step, Switch)
    assert step.answers == GEMINI
    step = chain.next(GEMINI, failure())
    assert isinstance(step, Switch)
    assert step.answers == GPT


def test_nobody_is_asked_twice() -> None:
    chain = FallbackChain([CLAUDE, GPT, CLAUDE, GPT], FallbackMode.AUTO)
    assert isinstance(chain.next(CLAUDE, failure()), Switch)
    assert isinstance(chain.next(GPT, failure()), Stay)


def test_a_chain_needs_a_beginning() -> None:
    with pytest.raises(ValueError, match="was asked"):
        FallbackChain([])
