"""The lock of a conversation: order in a process, exclusion between processes, dead owners, fencing."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tui.core.owner import Owner, this_process
from tui.resilience.lock import LockBusy, SessionLock

_OWNER = """
import asyncio, sys
from pathlib import Path
from tui.resilience.lock import SessionLock

async def main():
    held = await SessionLock(Path(sys.argv[1])).acquire()
    print(held.fence, flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    held.release()

asyncio.run(main())
"""
_FORKING_OWNER = """
import asyncio, os, sys
from pathlib import Path
from tui.resilience.lock import SessionLock

async def main():
    held = await SessionLock(Path(sys.argv[1])).acquire()
    child = os.fork()
    if child == 0:
        os.read(0, 1)
        os._exit(0)
    print(held.fence, flush=True)
    os.kill(os.getpid(), 9)

asyncio.run(main())
"""
_COUNTER = """
import asyncio, sys
from pathlib import Path
from tui.resilience.lock import SessionLock

async def main():
    lock, counter = SessionLock(Path(sys.argv[1])), Path(sys.argv[2])
    for _ in range(10):
        with await lock.acquire() as held:
            value = int(counter.read_text())
            await asyncio.sleep(0)
            counter.write_text(str(value + 1))
            print(held.fence, flush=True)

asyncio.run(main())
"""


@contextmanager
def owner(path: Path, code: str = _OWNER) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A process that holds the lock, and its fencing number."""
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        try:
            yield child, int(child.stdout.readline())
        finally:
            child.kill()


async def test_one_holder_and_growing_fences(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "session.lock"
    lock = SessionLock(path, wall=lambda: 42.0)
    assert lock.holder() is None
    held = await lock.acquire()
    holder = lock.holder()
    assert holder is not None
    assert (holder.owner, holder.token, holder.fence, holder.since) == (this_process(), held.token, 1, 42.0)
    assert held.is_current()
    with pytest.raises(LockBusy) as busy:
        await lock.acquire(timeout_s=0)
    assert busy.value.holder == holder
    with pytest.raises(LockBusy):
        await SessionLock(path).acquire(timeout_s=0)
    with pytest.raises(LockBusy):
        await SessionLock(path).acquire(timeout_s=0.06)
    held.release()
    held.release()
    assert not held.is_current()
    assert lock.holder() is None
    again = await SessionLock(path).acquire(timeout_s=0)
    assert again.fence == 2
    again.release()
    assert [file.stat().st_mode & 0o777 for file in path.parent.iterdir()] == [0o600, 0o600]


async def test_tasks_get_it_in_order(tmp_path: Path) -> None:
    lock = SessionLock(tmp_path / "lock")
    first = await lock.acquire()
    order: list[int] = []

    async def work(number: int) -> None:
        with await lock.acquire():
            order.append(number)
            await asyncio.sleep(0)

    tasks = []
    for number in range(6):
        tasks.append(asyncio.create_task(work(number)))
        await asyncio.sleep(0)
    tasks[2].cancel()
    await asyncio.sleep(0)
    first.release()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert order == [0, 1, 3, 4, 5]
    assert not lock._turn.locked()


async def test_a_cancelled_wait_for_another_process_leaves_no_trace(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    lock = SessionLock(path)
    with owner(path) as (child, _):
        waiting = asyncio.create_task(lock.acquire())
        await asyncio.sleep(0)
        assert lock._turn.locked()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert not lock._turn.locked()
        holder = lock.holder()
        assert holder is not None
        assert holder.owner.pid == child.pid


async def test_a_living_owner_is_never_robbed_even_when_stopped(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with owner(path) as (child, fence):
        os.kill(child.pid, signal.SIGSTOP)
        lock = SessionLock(path)
        with pytest.raises(LockBusy) as busy:
            await lock.acquire(timeout_s=0.3)
        assert busy.value.holder is not None
        assert (busy.value.holder.owner.pid, busy.value.holder.fence) == (child.pid, fence)
        os.kill(child.pid, signal.SIGCONT)
        child.communicate("\n")
        held = await lock.acquire()
        assert held.fence == fence + 1
        held.release()


async def test_a_killed_owner_is_replaced_at_once(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    lock = SessionLock(path)
    for expected in (1, 3, 5):
        with owner(path) as (child, fence):
            assert fence == expected
            os.kill(child.pid, signal.SIGKILL)  # not waited for: a dead process nobody has buried yet
            held = await lock.acquire()
            assert held.fence == fence + 1
            held.release()


async def test_a_child_that_outlives_its_owner_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with owner(path, _FORKING_OWNER) as (child, fence):
        child.wait()
        held = await SessionLock(path).acquire()
        assert held.fence == fence + 1
        assert held.is_current()
        with pytest.raises(LockBusy):
            await SessionLock(path).acquire(timeout_s=0)
        held.release()
        assert child.stdin is not None
        child.stdin.close()


async def test_a_replaced_owner_frees_nobody(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    old = await SessionLock(path).acquire()
    path.rename(tmp_path / "elsewhere")
    for file in (path, path.with_name("lock.guard")):
        file.write_text(
            f'{{"fence": 7, "token": "other", "pid": {os.getppid()}, "started": "", "place": "", "since": 0}}'
        )
    assert not old.is_current()
    old.release()
    for file in (path, path.with_name("lock.guard")):
        assert '"token": "other"' in file.read_text()
    found = SessionLock(path).holder()
    assert found is not None
    assert found.token == "other"


async def test_a_deleted_lock_file_does_not_let_a_second_owner_in(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    held = await SessionLock(path).acquire()
    path.unlink()
    with pytest.raises(LockBusy):
        await SessionLock(path).acquire(timeout_s=0)
    held.release()
    again = await SessionLock(path).acquire(timeout_s=0)
    assert again.fence == held.fence + 1
    again.release()


@pytest.mark.parametrize("garbage", [b"", b"nonsense", b"{}", b"\xff" * 2000, b'{"fence": "x", "token": 1}'])
async def test_garbage_in_one_file_keeps_the_fence(tmp_path: Path, garbage: bytes) -> None:
    path = tmp_path / "lock"
    (await SessionLock(path).acquire()).release()
    path.write_bytes(garbage)
    held = await SessionLock(path).acquire(timeout_s=0)
    assert held.fence == 2
    held.release()


def test_processes_exclude_each_other(tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")
    children = [
        subprocess.Popen(
            [sys.executable, "-c", _COUNTER, str(tmp_path / "lock"), str(counter)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    fences = [int(line) for child in children for line in child.communicate(timeout=55)[0].split()]
    assert counter.read_text() == "30"
    assert sorted(fences) == list(range(1, 31))


async def test_an_unusable_place_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    lock = SessionLock(tmp_path / "file" / "lock")
    with pytest.raises(OSError, match="file"):
        await lock.acquire()
    assert not lock._turn.locked()


def test_a_later_process_with_the_same_number_is_another() -> None:
    here = this_process()
    assert here.is_alive()
    assert not Owner(os.getpid(), "1", here.place).is_alive() or not here.started
    assert not Owner(2**22 + 1, "1", here.place).is_alive()
    assert Owner(here.pid, here.started, here.place + "x").is_visible is False
