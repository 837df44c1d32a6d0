"""What a person sets reaches the mechanisms."""

from dataclasses import replace

import pytest

from tui.config.model import (
    Config,
    EndpointConfig,
    FallbackConfig,
    FallbackMode,
    LimitsConfig,
    PaneConfig,
    ResilienceConfig,
)
from tui.core.clock import ManualClock
from tui.resilience.breaker import BreakerState, CircuitBreaker
from tui.resilience.fallback import FallbackChain, Target
from tui.resilience.ratelimit import RateLimiter
from tui.resilience.retry import RetryBudget, RetryPolicy

ENDPOINTS = {"a": EndpointConfig(default_model="a1"), "b": EndpointConfig(default_model="b1")}


def test_defaults_are_the_same_in_both_places() -> None:
    assert RetryPolicy.of(ResilienceConfig()) == RetryPolicy()
    assert RetryBudget.of(ResilienceConfig()) == RetryBudget()
    clock = ManualClock()
    one, two = CircuitBreaker.of(ResilienceConfig(), clock.monotonic), CircuitBreaker(clock=clock.monotonic)
    for _ in range(5):
        one.admit().failure()
        two.admit().failure()
    assert one.snapshot() == two.snapshot()


def test_settings_of_failures() -> None:
    config = ResilienceConfig(
        attempts=7,
        max_wait=1.5,
        max_retry_after=9,
        total=11,
        retry_budget=4,
        retry_refill=0.5,
        failures_to_open=1,
        successes_to_close=1,
        open_seconds=3,
    )
    assert RetryPolicy.of(config) == RetryPolicy(attempts=7, cap_s=1.5, max_retry_after_s=9, total_s=11)
    assert RetryBudget.of(config) == RetryBudget(tokens=4, ratio=0.5)
    clock = ManualClock()
    breaker = CircuitBreaker.of(config, clock.monotonic)
    breaker.admit().failure()
    assert breaker.snapshot().retry_in == 3
    clock.advance(3)
    breaker.admit().success()
    assert breaker.snapshot().state is BreakerState.CLOSED


def test_settings_of_limits() -> None:
    found = RateLimiter.of(LimitsConfig(requests_per_minute=1, tokens_per_minute=2, concurrent=3)).snapshot()
    assert (found.requests_per_minute, found.tokens_per_minute, found.concurrent) == (1, 2, 3)


@pytest.mark.parametrize(
    ("pane", "targets", "mode"),
    [
        (PaneConfig(provider="a"), ("a:a1", "b:b9"), FallbackMode.AUTO),
        (PaneConfig(provider="a", model="x"), ("a:x", "b:b9"), FallbackMode.AUTO),
        (PaneConfig(provider="a", fallback=("a:a1", "b")), ("a:a1", "b:b1"), FallbackMode.AUTO),
        (PaneConfig(provider="a", fallback_mode=FallbackMode.OFF), ("a:a1", "b:b9"), FallbackMode.OFF),
    ],
)
def test_settings_of_fallbacks(pane: PaneConfig, targets: tuple[str, ...], mode: FallbackMode) -> None:
    config = replace(Config(), endpoints=ENDPOINTS, fallback=FallbackConfig(targets=("b:b9",), mode=FallbackMode.AUTO))
    chain = FallbackChain.of(pane, config)
    assert chain.targets == tuple(Target.parse(text) for text in targets)
    assert chain.mode is mode
