"""Nothing twice: pieces of streams by their numbers, prompts by time; and never by content alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.core.clock import ManualClock
from tui.resilience.dedup import RepeatGuard, SequenceFilter


def test_a_number_passes_once_per_stream() -> None:
    seen = SequenceFilter()
    assert [seen.accept("a", number) for number in (1, 2, 2, 3, 1, 3, 4)] == [
        True,
        True,
        False,
        True,
        False,
        False,
        True,
    ]
    assert seen.accept("b", 1)


@given(st.lists(st.integers(0, 40), max_size=120))
def test_every_number_passes_exactly_once_in_any_order(numbers: list[int]) -> None:
    seen = SequenceFilter()
    passed = [number for number in numbers if seen.accept("s", number)]
    assert passed == list(dict.fromkeys(numbers))


def test_an_ended_stream_is_forgotten_and_memory_is_bounded() -> None:
    seen = SequenceFilter(most_streams=3)
    assert all(seen.accept(f"s{index}", 1) for index in range(10))
    assert len(seen._streams) == 3
    assert not seen.accept("s9", 1)
    seen.end("s9")
    assert seen.accept("s9", 1)
    for number in range(2, 5_000):
        assert seen.accept("s9", number)
    assert not seen._streams["s9"].others


def test_a_prompt_repeated_within_a_second_is_an_accident() -> None:
    clock = ManualClock()
    guard = RepeatGuard(clock=clock.monotonic)
    assert guard.allows("claude", "hello")
    clock.advance(0.5)
    assert not guard.allows("claude", "hello")
    assert guard.allows("claude", "hello ")
    assert guard.allows("gpt", "hello")
    clock.advance(0.5)
    assert guard.allows("claude", "hello"), "a refused repetition does not prolong the time"


def test_a_cleared_conversation_may_hear_it_again() -> None:
    guard = RepeatGuard(clock=ManualClock().monotonic)
    assert guard.allows("claude", "hello")
    assert guard.allows("gpt", "hello")
    guard.forget("claude")
    assert guard.allows("claude", "hello")
    assert not guard.allows("gpt", "hello")


def test_the_guard_can_be_off() -> None:
    guard = RepeatGuard(within_s=0, clock=ManualClock().monotonic)
    assert all(guard.allows("claude", "hello") for _ in range(3))


@pytest.mark.parametrize("prompt", ["", "\udc80", "é" * 100_000])
def test_any_text_can_be_judged(prompt: str) -> None:
    guard = RepeatGuard(clock=ManualClock().monotonic)
    assert [guard.allows("c", prompt), guard.allows("c", prompt)] == [True, False]


def test_the_guard_remembers_no_more_than_it_needs() -> None:
    guard = RepeatGuard(clock=ManualClock().monotonic)
    for index in range(2_000):
        guard.allows("c", str(index))
    assert len(guard._sent) <= 256
