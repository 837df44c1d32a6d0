"""Rate limits: exact waits, order of arrival, cancelling, learning, and sharing a file between processes."""

import gc
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.core.clock import ManualClock
from tui.resilience.ratelimit import POLL_S, RateLimiter, Ticket, WaitCause


def limiter(clock: ManualClock, path: Path | None = None, **limits: int) -> RateLimiter:
    return RateLimiter(**limits, clock=clock.monotonic, path=path)


def run(ticket: Ticket, tokens: int | None = None) -> None:
    assert ticket.wait_s == 0
    ticket.start()
    ticket.done(tokens)


def test_no_limits_no_waits() -> None:
    limits = limiter(ManualClock())
    for _ in range(500):
        run(limits.reserve(10**9))


def test_requests_a_minute() -> None:
    clock = ManualClock(now=7.0)
    limits = limiter(clock, requests_per_minute=2)
    run(limits.reserve())
    clock.advance(10)
    run(limits.reserve())
    late = limits.reserve()
    assert (late.wait_s, late.cause) == (50, WaitCause.REQUESTS)
    clock.advance(49)
    assert late.wait_s == 1
    clock.advance(1)
    run(late)
    assert limits.reserve().wait_s == 10


def test_tokens_a_minute_with_what_was_really_used() -> None:
    clock = ManualClock()
    limits = limiter(clock, tokens_per_minute=1000)
    run(limits.reserve(900), tokens=300)
    clock.advance(5)
    run(limits.reserve(600), tokens=700)
    late = limits.reserve(100)
    assert (late.wait_s, late.cause) == (55, WaitCause.TOKENS)
    clock.advance(55)
    assert late.wait_s == 0


def test_a_call_larger_than_the_limit_waits_for_an_empty_minute() -> None:
    clock = ManualClock()
    limits = limiter(clock, tokens_per_minute=1000)
    run(limits.reserve(1))
    large = limits.reserve(5000)
    assert large.wait_s == 60
    clock.advance(60)
    run(large)
    assert limits.reserve(1).wait_s == 60


def test_first_come_first_served() -> None:
    clock = ManualClock()
    limits = limiter(clock, requests_per_minute=100, tokens_per_minute=1000)
    run(limits.reserve(800))
    large, small = limits.reserve(500), limits.reserve(10)
    assert large.wait_s == 60
    assert small.wait_s == 60, "a small call does not overtake a large one"
    clock.advance(60)
    assert (large.wait_s, small.wait_s) == (0, 0)
    run(small)
    run(large)


def test_a_slow_starter_blocks_nobody_and_loses_nothing() -> None:
    clock = ManualClock()
    limits = limiter(clock, requests_per_minute=2)
    first, second, third = limits.reserve(), limits.reserve(), limits.reserve()
    assert (first.wait_s, second.wait_s) == (0, 0)
    second.start()
    assert first.wait_s == 0
    assert third.wait_s == 60


def test_cancelling_moves_the_queue_up() -> None:
    clock = ManualClock()
    limits = limiter(clock, requests_per_minute=1)
    run(limits.reserve())
    second, third, fourth = limits.reserve(), limits.reserve(), limits.reserve()
    assert [ticket.wait_s for ticket in (second, third, fourth)] == [60, 120, 180]
    third.cancel()
    assert (second.wait_s, fourth.wait_s) == (60, 120)
    second.cancel()
    assert fourth.wait_s == 60
    assert limits.snapshot().waiting == 1


def test_a_dropped_ticket_is_a_cancelled_one() -> None:
    clock = ManualClock()
    limits = limiter(clock, concurrent=1)
    dropped = limits.reserve()
    dropped.start()
    waiting = limits.reserve()
    assert waiting.wait_s > 0
    del dropped
    gc.collect()
    assert waiting.wait_s == 0


def test_a_started_call_counts_even_when_cancelled() -> None:
    limits = limiter(ManualClock(), requests_per_minute=1)
    with limits.reserve() as ticket:
        ticket.start()
    assert limits.reserve().wait_s == 60


def test_calls_at_a_time() -> None:
    clock = ManualClock()
    limits = limiter(clock, concurrent=2)
    running = [limits.reserve(), limits.reserve()]
    for ticket in running:
        ticket.start()
    third, fourth = limits.reserve(), limits.reserve()
    assert (third.wait_s, third.cause) == (POLL_S, WaitCause.CONCURRENT)
    running[0].done()
    assert third.wait_s == 0
    assert fourth.wait_s == POLL_S, "the place is the third's, even before it starts"
    third.cancel()
    assert fourth.wait_s == 0


def test_done_twice_is_once() -> None:
    limits = limiter(ManualClock(), tokens_per_minute=1000)
    ticket = limits.reserve(500)
    ticket.start()
    ticket.start()
    ticket.done(100)
    ticket.done(900)
    ticket.cancel()
    assert limits.snapshot().tokens == 100


def test_a_refusal_pauses_everybody() -> None:
    clock = ManualClock()
    limits = limiter(clock)
    waiting = limits.reserve()
    limits.throttled(retry_after=20)
    assert (waiting.wait_s, waiting.cause) == (20, WaitCause.PROVIDER)
    limits.throttled(retry_after=5)
    assert waiting.wait_s == 20
    clock.advance(20)
    assert waiting.wait_s == 0


def test_a_limit_is_learned_from_a_refusal_and_forgotten() -> None:
    clock = ManualClock()
    limits = limiter(clock, requests_per_minute=100)
    for _ in range(10):
        run(limits.reserve())
    limits.throttled()
    found = limits.snapshot()
    assert (found.requests_per_minute, found.learned) == (8, True)
    clock.advance(300)
    found = limits.snapshot()
    assert (found.requests_per_minute, found.learned) == (100, False)


def test_a_lone_refusal_teaches_nothing() -> None:
    limits = limiter(ManualClock())
    run(limits.reserve())
    limits.throttled()
    assert limits.snapshot().requests_per_minute is None


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(1, 500), st.sampled_from([0.0, 0.3, 4.0, 21.0])), max_size=40),
    st.integers(1, 6),
    st.integers(100, 900),
)
def test_no_minute_ever_has_too_much(calls: list[tuple[int, float]], requests: int, tokens: int) -> None:
    clock = ManualClock()
    limits = limiter(clock, requests_per_minute=requests, tokens_per_minute=tokens)
    started: list[tuple[float, int]] = []
    for size, pause in calls:
        clock.advance(pause)
        ticket = limits.reserve(size)
        waits = 0
        while (wait := ticket.wait_s) > 0:
            clock.advance(wait)
            waits += 1
            assert waits <= 3
        ticket.start()
        ticket.done()
        started.append((clock.now, size))
    for at, _ in started:
        minute = [size for when, size in started if at - 60 + 1e-6 < when <= at]
        assert len(minute) <= requests
        assert sum(minute) <= tokens or len(minute) == 1


# ---- several processes


def test_two_sessions_share_one_file(tmp_path: Path) -> None:
    clock = ManualClock(now=100.0)
    path = tmp_path / "limits" / "openai.json"
    one = limiter(clock, path, requests_per_minute=2, concurrent=1)
    two = limiter(clock, path, requests_per_minute=2, concurrent=1)
    first, second = one.reserve(), two.reserve()
    first.start()
    assert second.wait_s == POLL_S
    first.done()
    run(second)
    assert one.reserve().wait_s == 60
    assert path.stat().st_mode & 0o777 == 0o600
    assert (one.trouble, two.trouble) == ("", "")


_CHILD = """
import sys, time
from pathlib import Path
from tui.resilience.ratelimit import RateLimiter
limits = RateLimiter(concurrent=1, requests_per_minute=1000, path=Path(sys.argv[1]))
ticket = limits.reserve()
while ticket.wait_s > 0:
    time.sleep(0.01)
ticket.start()
print("started", flush=True)
sys.stdin.readline()
"""


def test_a_killed_process_frees_its_place(tmp_path: Path) -> None:
    path = tmp_path / "limits.json"
    with subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "started\n"
        limits = RateLimiter(concurrent=1, requests_per_minute=1000, path=path)
        ticket = limits.reserve()
        assert ticket.wait_s == POLL_S
        child.kill()
        child.wait()
        assert ticket.wait_s == 0
        assert limits.snapshot().requests == 1, "what it had sent still counts"


_MANY = """
import sys
from pathlib import Path
from tui.resilience.ratelimit import RateLimiter
limits = RateLimiter(requests_per_minute=40, path=Path(sys.argv[1]), patience_s=40)
started = 0
for _ in range(30):
    ticket = limits.reserve(1)
    if ticket.wait_s == 0:
        ticket.start()
        started += 1
    ticket.done()
assert not limits.trouble
print(started)
"""


def test_processes_together_keep_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "limits.json"
    children = [
        subprocess.Popen([sys.executable, "-c", _MANY, str(path)], stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    counts = [int(child.communicate(timeout=50)[0]) for child in children]
    assert sum(counts) == 40
    assert json.loads(path.read_text())["calls"] == []


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", b"{}", b"[1]", b'{"calls": [{"id": 1}]}', b"\xff\xfe", b"[" * 100_000]
)
def test_a_broken_file_is_begun_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "limits.json"
    path.write_bytes(content)
    limits = limiter(ManualClock(), path, requests_per_minute=1)
    run(limits.reserve())
    assert limits.reserve().wait_s == 60
    assert json.loads(path.read_text())["uses"]


def test_trouble_with_the_file_stops_no_call(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    clock = ManualClock()
    limits = limiter(clock, tmp_path / "file" / "limits.json", requests_per_minute=1)
    run(limits.reserve())
    assert "not shared" in limits.snapshot().trouble
    assert limits.reserve().wait_s == 60, "this process still keeps its own limits"


def test_a_file_held_by_a_stopped_process_is_not_waited_for(tmp_path: Path) -> None:
    import fcntl

    path = tmp_path / "limits.json"
    limits = limiter(ManualClock(), path, requests_per_minute=1)
    ticket = limits.reserve()
    with path.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        run(ticket)
        assert limits.trouble
        assert limits.reserve().wait_s == 60


def test_what_was_done_without_the_file_is_told_later(tmp_path: Path) -> None:
    import fcntl

    path = tmp_path / "limits.json"
    clock = ManualClock(now=50.0)
    one = limiter(clock, path, tokens_per_minute=1000)
    first, second = one.reserve(400), one.reserve(100)
    first.start()
    with path.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        first.done(700)
        second.start()
        second.done(150)
        assert one.trouble
    one.reserve(0).cancel()
    two = limiter(clock, path, tokens_per_minute=1000)
    found = two.snapshot()
    assert (found.tokens, found.requests, found.waiting, found.running) == (850, 2, 0, 0)


def test_a_file_of_before_a_restart_means_nothing(tmp_path: Path) -> None:
    path = tmp_path / "limits.json"
    before = limiter(ManualClock(now=1e6), path, requests_per_minute=1)
    run(before.reserve())
    before.throttled(retry_after=3000)
    assert limiter(ManualClock(now=5.0), path, requests_per_minute=1).reserve().wait_s == 0


def test_a_link_in_place_of_the_file_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text("precious", encoding="utf-8")
    (tmp_path / "limits.json").symlink_to(target)
    limits = limiter(ManualClock(), tmp_path / "limits.json")
    run(limits.reserve())
    assert target.read_text(encoding="utf-8") == "precious"
    assert os.path.islink(tmp_path / "limits.json")  # noqa: PTH114
