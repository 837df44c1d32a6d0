"""The frame clock, on a loop whose time the test moves."""

import asyncio
from collections.abc import Callable

import pytest

from tui.ui.frame_clock import BUDGET, MAX_INTERVAL, FrameClock


class Timers:
    """Stands in for the loop's timers: nothing runs until the test says so."""

    def __init__(self) -> None:
        self.now = 100.0
        self.due: list[tuple[float, Callable[[], None]]] = []

    def call_later(self, delay: float, callback: Callable[[], None]) -> object:
        self.due.append((self.now + delay, callback))
        return object()

    def run(self, late: float = 0.0) -> float:
        """Run the next timer, `late` seconds after its time; return how long it waited."""
        (when, callback), *self.due = sorted(self.due, key=lambda item: item[0])
        waited = when - self.now
        self.now = when + late
        callback()
        return waited


class Client:
    def __init__(self, timers: Timers, cost: float = 0.0) -> None:
        self.timers, self.cost, self.painted = timers, cost, 0
        self.again: FrameClock | None = None

    def paint_frame(self) -> None:
        self.painted += 1
        self.timers.now += self.cost
        if self.again:
            self.again.request(self)


@pytest.fixture
def timers(monkeypatch: pytest.MonkeyPatch) -> Timers:
    timers = Timers()
    monkeypatch.setattr(asyncio, "get_running_loop", lambda: timers)
    return timers


def make(timers: Timers, rate: int = 20) -> FrameClock:
    return FrameClock(rate, clock=lambda: timers.now)


def test_nothing_is_scheduled_while_nobody_asks(timers: Timers) -> None:
    clock, client = make(timers), Client(timers)
    assert clock.is_idle
    clock.request(client)
    assert len(timers.due) == 1
    timers.run()
    assert client.painted == 1
    assert clock.is_idle
    assert not timers.due


def test_many_requests_are_one_paint(timers: Timers) -> None:
    clock, client = make(timers), Client(timers)
    for _ in range(50):
        clock.request(client)
    assert len(timers.due) == 1
    timers.run()
    assert client.painted == 1


def test_the_rate_is_bounded(timers: Timers) -> None:
    clock, client = make(timers, 20), Client(timers)
    client.again = clock
    clock.request(client)
    assert timers.run() == 0
    assert timers.run() == pytest.approx(0.05)


def test_a_quiet_client_is_painted_at_once(timers: Timers) -> None:
    clock, client = make(timers), Client(timers)
    clock.request(client)
    timers.run()
    timers.now += 5
    clock.request(client)
    assert timers.run() == 0


def test_the_budget_parts_the_clients_among_frames_in_turn(timers: Timers) -> None:
    clock = make(timers)
    clients = [Client(timers, cost=BUDGET) for _ in range(3)]
    for client in clients:
        clock.request(client)
    timers.run()
    assert [client.painted for client in clients] == [1, 0, 0]
    clock.request(clients[0])
    timers.run()
    timers.run()
    assert [client.painted for client in clients] == [1, 1, 1]
    timers.run()
    assert [client.painted for client in clients] == [2, 1, 1]
    assert clock.is_idle


def test_a_late_loop_stretches_the_interval_and_recovers(timers: Timers) -> None:
    clock, client = make(timers, 20), Client(timers)
    client.again = clock
    clock.request(client)
    timers.run()
    timers.run(late=0.05)
    assert clock.interval == pytest.approx(0.075)
    for _ in range(9):
        timers.run(late=0.05)
    assert clock.interval == MAX_INTERVAL
    for _ in range(30):
        timers.run()
    assert clock.interval == pytest.approx(0.05)


def test_a_rate_below_the_longest_interval_stays_when_late(timers: Timers) -> None:
    clock, client = make(timers, 2), Client(timers)
    clock.request(client)
    timers.run(late=1.0)
    assert clock.interval == pytest.approx(0.5)


def test_a_client_that_fails_does_not_stop_the_others(timers: Timers) -> None:
    class Broken(Client):
        def paint_frame(self) -> None:
            raise ValueError("broken")

    clock, other = make(timers), Client(timers)
    clock.request(Broken(timers))
    clock.request(other)
    with pytest.raises(ValueError, match="broken"):
        timers.run()
    timers.run()
    assert other.painted == 1


def test_a_forgotten_client_is_not_painted(timers: Timers) -> None:
    clock, client = make(timers), Client(timers)
    clock.request(client)
    clock.forget(client)
    timers.run()
    assert client.painted == 0


async def test_on_a_real_loop() -> None:
    painted = asyncio.Event()

    class Once:
        def paint_frame(self) -> None:
            painted.set()

    clock = FrameClock(30)
    clock.request(Once())
    await asyncio.wait_for(painted.wait(), 10)
    assert clock.is_idle
