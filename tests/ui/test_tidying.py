"""Garbage collections in pauses."""

import asyncio
import gc
from collections.abc import Iterator

import pytest

from tests.conftest import WaitUntil
from tui.ui import tidying
from tui.ui.frame_clock import FrameClock
from tui.ui.tidying import AT_LATEST, Tidying


@pytest.fixture(autouse=True)
def thresholds() -> Iterator[None]:
    """What a test sets is not the other tests'."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many collections of younger objects there were, as the code under test sees it."""
    seen = [0, 0, 0]
    monkeypatch.setattr("gc.get_count", lambda: tuple(seen))
    monkeypatch.setattr(tidying, "QUIET_SECONDS", 0.01)
    return seen


class Client:
    """Something that paints once."""

    def __init__(self) -> None:
        self.frames = 0

    def paint_frame(self) -> None:
        self.frames += 1


async def test_it_collects_once_after_the_last_frame_when_that_is_due(counts: list[int], wait_until: WaitUntil) -> None:
    collected: list[int] = []

    def collect() -> None:
        collected.append(client.frames)
        counts[2] = 0

    clock, client, tidy = FrameClock(1_000), Client(), Tidying(collect)
    clock.on_rest = tidy.painted
    counts[2] = tidying.DUE_AFTER
    clock.request(client)
    await wait_until(lambda: bool(collected))
    assert collected == [1]
    clock.request(client)
    await wait_until(lambda: client.frames == 2 and tidy._timer is None)
    assert collected == [1]


async def test_frames_put_it_off(counts: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tidying, "QUIET_SECONDS", 1_000.0)
    counts[2] = tidying.DUE_AFTER
    collected: list[bool] = []
    tidy = Tidying(lambda: collected.append(True))
    tidy.painted()
    timer = tidy._timer
    tidy.painted()
    assert tidy._timer is timer
    tidy._look()
    assert tidy._timer is not timer
    assert not collected
    tidy.close()
    assert tidy._timer is None
    await asyncio.sleep(0)


def test_python_hardly_ever_does_it_by_itself() -> None:
    before = gc.get_threshold()
    tidy = Tidying()
    assert gc.get_threshold() == (*before[:2], AT_LATEST)
    tidy.close()
    assert gc.get_threshold() == before
