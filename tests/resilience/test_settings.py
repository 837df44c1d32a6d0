"""What the settings say a mechanism does by default is what it does."""

from tui.config.model import ResilienceConfig
from tui.core.clock import ManualClock
from tui.resilience.breaker import CircuitBreaker
from tui.resilience.retry import RetryBudget, RetryPolicy

SETTINGS = ResilienceConfig()


def test_retries() -> None:
    assert RetryPolicy() == RetryPolicy(
        attempts=SETTINGS.attempts,
        cap_s=SETTINGS.max_wait,
        max_retry_after_s=SETTINGS.max_retry_after,
        total_s=SETTINGS.total,
    )
    assert RetryBudget() == RetryBudget(tokens=SETTINGS.retry_budget, ratio=SETTINGS.retry_refill)


def test_circuits() -> None:
    clock = ManualClock()
    one = CircuitBreaker(clock=clock.monotonic)
    two = CircuitBreaker(
        SETTINGS.failures_to_open, SETTINGS.successes_to_close, SETTINGS.open_seconds, clock=clock.monotonic
    )
    for breaker in (one, two):
        for _ in range(5):
            breaker.admit().failure()
    assert one.snapshot() == two.snapshot()
    clock.advance(30)
    for breaker in (one, two):
        breaker.admit().success()
        breaker.admit().success()
    assert one.snapshot() == two.snapshot()
