"""A network that is down is told from providers that fail."""

from tui.core.clock import ManualClock
from tui.resilience.offline import OfflineDetector


def detector(*expected: str, least: int = 2) -> tuple[OfflineDetector, ManualClock]:
    clock = ManualClock(now=500.0)
    return OfflineDetector(clock.monotonic, expected=expected, least=least), clock


def test_all_unreachable_is_offline() -> None:
    found, clock = detector("a", "b", "c")
    assert [found.failed("a"), found.failed("b")] == [False, False]
    clock.advance(5)
    assert found.failed("c")
    assert found.offline


def test_one_that_answers_ends_it_and_prevents_it() -> None:
    found, _ = detector("a", "b")
    found.failed("a")
    assert not found.succeeded("b")
    assert not found.failed("a")
    assert found.failed("b")
    assert found.succeeded("a")
    assert not found.offline


def test_failures_far_apart_are_not_one_outage() -> None:
    found, clock = detector("a", "b")
    found.failed("a")
    clock.advance(20.1)
    assert not found.failed("b")
    assert found.failed("a")


def test_one_provider_proves_nothing() -> None:
    found, _ = detector("a")
    assert not any(found.failed("a") for _ in range(9))
    alone, _ = detector("a", least=1)
    assert alone.failed("a")


def test_it_stays_offline_until_somebody_answers() -> None:
    found, clock = detector("a", "b")
    found.failed("a")
    found.failed("b")
    clock.advance(3600)
    assert found.offline
    assert found.failed("a")
    assert found.succeeded("b")


def test_a_removed_provider_is_not_waited_for() -> None:
    found, _ = detector("a", "b", "c")
    found.removed("c")
    found.failed("a")
    assert found.failed("b")
