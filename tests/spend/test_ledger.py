"""The ledger with its real file: nothing is lost, nothing is counted twice, and every trouble with the file is said."""

import asyncio
import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.conftest import WaitUntil
from tests.spend.support import START, USD, budget, call, quote, windows
from tui.config.model import BudgetScope
from tui.core.chat import Usage
from tui.core.clock import ManualClock, SystemClock
from tui.core.owner import Owner, this_process
from tui.spend.budget import Refusal, RefusalReason, Window
from tui.spend.ledger import SWEEP_S, Ledger
from tui.spend.prices import CacheWrites, Price, Quote, Source
from tui.spend.reading import Grouping, entries
from tui.spend.records import Hold, Span, State
from tui.spend.storage import LedgerError, filesystem
from tui.spend.store import Store

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "spend.sqlite"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(epoch=START)


def held(result: Hold | Refusal) -> Hold:
    assert isinstance(result, Hold), result
    return result


def refused(result: Hold | Refusal) -> Refusal:
    assert isinstance(result, Refusal), result
    return result


async def test_a_hold_is_the_most_a_call_can_cost(path: Path, clock: ManualClock) -> None:
    ledger = Ledger(path, clock=clock)
    dear = Price(input=2, output=10, cache_read=1, cache_write_5m=3, cache_write_1h=4, call=7)
    offer = Quote(price=dear, source=Source.USER, matched_id="m")
    for writes, rate in ((CacheWrites.NONE, 2), (CacheWrites.FIVE_MINUTES, 3), (CacheWrites.ONE_HOUR, 4)):
        hold = held(await ledger.hold(call(quote=offer, cache_writes=writes), ()))
        assert hold.amount_pico == 7 + 10_000 * rate + 10_000 * 10
    thinks = Price(input=2, output=10, cache_read=1, cache_write_5m=3, cache_write_1h=4, reasoning=20)
    hold = held(await ledger.hold(call(quote=Quote(price=thinks, source=Source.USER, matched_id="m")), ()))
    assert hold.amount_pico == 10_000 * 2 + 10_000 * 20
    await ledger.close()


async def test_hold_shorten_refuse_settle(path: Path, clock: ManualClock) -> None:
    """Each call of 10,000 tokens in and out may cost $.02 + $.10."""
    ledger = Ledger(path, clock=clock)
    limit = windows(budget(USD // 4))
    first = held(await ledger.hold(call(), limit))
    assert (first.max_tokens, first.shortened, first.amount_pico) == (10_000, False, 120 * 10**9)
    assert first.standings[0].left_pico == 130 * 10**9
    second = held(await ledger.hold(call(session="s2", project="/q"), limit))
    third = refused(await ledger.hold(call(), limit))
    assert (third.reason, third.least_pico, third.standing.held_pico) == (RefusalReason.LIMIT, 30 * 10**9, 240 * 10**9)
    receipt = await ledger.settle(second, Usage(input_tokens=9_000, output_tokens=50), 18_500_000_000)
    assert (receipt.state, receipt.cost_pico, receipt.alerts) == (State.SETTLED, 18_500_000_000, ())
    short = held(await ledger.hold(call(), limit))
    assert short.max_tokens == (250 * 10**9 - 120 * 10**9 - 18_500_000_000 - 20 * 10**9) // 10**7 == 9_150
    assert short.standings[0].left_pico == 0
    await ledger.release(first)
    (standing,) = await ledger.standings(limit)
    assert (standing.spent_pico, standing.held_pico) == (18_500_000_000, 111_500_000_000)
    await ledger.close()


async def test_budgets_count_only_what_is_theirs(path: Path, clock: ManualClock) -> None:
    ledger = Ledger(path, clock=clock)
    budgets = (
        budget(name="session", scope=BudgetScope.SESSION),
        budget(name="project", scope=BudgetScope.PROJECT),
        budget(name="provider", scope=BudgetScope.PROVIDER, provider="anthropic"),
        budget(name="day"),
        budget(name="month", scope=BudgetScope.MONTH),
    )
    here = windows(*budgets)

    async def spend(pico: int, **changes: str) -> None:
        hold = held(await ledger.hold(call(**changes), ()))
        await ledger.settle(hold, Usage(), pico)

    await spend(1)
    await spend(10, session="s2")
    await spend(100, session="s2", project="/q")
    await spend(1_000, session="s2", project="/q", provider="openai")
    clock.advance(24 * 3600)
    await spend(10_000)
    spent = {standing.budget.name: standing.spent_pico for standing in await ledger.standings(here)}
    assert spent == {"session": 10_001, "project": 10_011, "provider": 10_111, "day": 1_111, "month": 11_111}
    await ledger.close()


async def test_a_call_counts_in_the_window_it_was_checked_against(path: Path, clock: ManualClock) -> None:
    """Even if midnight passes while it waits for the ledger's lock."""
    ledger = Ledger(path, clock=clock)
    today = windows(budget(USD // 4))
    clock.advance(24 * 3600)
    held(await ledger.hold(call(), today))
    assert (await ledger.standings(today))[0].held_pico == 120 * 10**9
    await ledger.close()


async def test_thresholds_are_told_once_over_all_sessions(path: Path, clock: ManualClock) -> None:
    first, second = Ledger(path, clock=clock), Ledger(path, clock=clock)
    limit = windows(budget(1_000, hard=False))

    async def spend(ledger: Ledger, pico: int) -> list[int]:
        hold = held(await ledger.hold(call(), limit))
        assert hold.alerts == ()
        return [alert.percent for alert in (await ledger.settle(hold, Usage(), pico)).alerts]

    assert await spend(first, 499) == []
    assert await spend(second, 1) == [50]
    assert await spend(first, 100) == []
    assert await spend(first, 900) == [80, 100]
    assert await spend(second, 900) == []
    clock.advance(24 * 3600)
    limit = windows(budget(1_000, hard=False), wall=clock.wall())
    assert await spend(second, 800) == [50, 80]
    limit = windows(budget(1_600, hard=False), wall=clock.wall())
    assert [alert.percent for alert in await first.alerts(limit)] == [50]  # a raised limit is a new one
    assert await first.alerts(limit) == ()
    await first.close()
    await second.close()


async def test_an_unknown_price_is_booked_as_unknown(path: Path, clock: ManualClock) -> None:
    ledger = Ledger(path, clock=clock)
    unknown = call(quote=None)
    assert refused(await ledger.hold(unknown, windows(budget()))).reason is RefusalReason.UNPRICED
    soft = windows(budget(hard=False))
    hold = held(await ledger.hold(unknown, soft))
    assert (hold.amount_pico, hold.max_tokens, hold.standings[0].unpriced) == (None, 10_000, 1)
    receipt = await ledger.settle(hold, Usage(input_tokens=5, output_tokens=6), None)
    assert (receipt.cost_pico, receipt.standings[0].spent_pico, receipt.standings[0].unpriced) == (None, 0, 1)
    (entry,) = await ledger.entries(Span())
    assert (entry.cost_pico, entry.usage.output_tokens, entry.price_source) == (None, 6, "unknown")
    (total,) = await ledger.totals(Grouping.MODEL, Span())
    assert (total.unpriced, total.cost_pico, total.usage.input_tokens) == (1, 0, 5)
    await ledger.close()


async def test_every_count_and_the_price_are_kept(path: Path, clock: ManualClock) -> None:
    ledger = Ledger(path, clock=clock)
    usage = Usage(
        input_tokens=1,
        cache_read_tokens=2,
        cache_write_5m_tokens=3,
        cache_write_1h_tokens=4,
        output_tokens=6,
        reasoning_tokens=5,
    )
    hold = held(await ledger.hold(call(pane="claude", turn="t", attempt=2), ()))
    clock.advance(2.5)
    used = Quote(price=quote().price, source=Source.LIBRARY, matched_id="m-fallback", dated="0.2.3")
    await ledger.settle(hold, usage, 77, saved_pico=-3, message_id="msg_1", quote=used)
    (entry,) = await ledger.entries(Span(session="s1", project="/p", provider="anthropic", model="m"))
    assert entry.usage == usage
    assert (entry.begun, entry.ended) == (START, START + 2.5)
    assert (entry.cost_pico, entry.saved_pico, entry.held_pico) == (77, -3, 120 * 10**9)
    assert (entry.price_source, entry.price_model, entry.price_date) == ("genai-prices", "m-fallback", "0.2.3")
    assert (entry.message_id, entry.pane, entry.turn, entry.attempt) == ("msg_1", "claude", "t", 2)
    await ledger.close()


async def test_the_same_answer_is_booked_once(path: Path, clock: ManualClock) -> None:
    ledger = Ledger(path, clock=clock)
    usage = Usage(input_tokens=5, output_tokens=5)

    async def book(usage: Usage, message_id: str, **changes: str) -> State:
        hold = held(await ledger.hold(call(**changes), ()))
        return (await ledger.settle(hold, usage, 10, message_id=message_id)).state

    assert await book(usage, "msg_1") is State.SETTLED
    assert await book(usage, "msg_1") is State.DUPLICATE
    assert await book(Usage(input_tokens=5, output_tokens=6), "msg_1") is State.SETTLED  # a server's poor ids
    assert await book(usage, "msg_1", provider="openai") is State.SETTLED
    assert await book(usage, "msg_2") is State.SETTLED
    assert await book(usage, "") is State.SETTLED
    assert await book(usage, "") is State.SETTLED
    (total,) = await ledger.totals(Grouping.ALL, Span())
    assert (total.calls, total.cost_pico) == (6, 60)
    await ledger.close()


async def test_ending_twice_changes_nothing(path: Path, clock: ManualClock) -> None:
    ledger = Ledger(path, clock=clock)
    hold = held(await ledger.hold(call(), windows(budget())))
    assert (await ledger.estimate(hold, Usage(output_tokens=9), 90)).first
    again = await ledger.settle(hold, Usage(output_tokens=1), 10)
    assert (again.first, again.state, again.cost_pico) == (False, State.ESTIMATED, 90)
    assert not (await ledger.release(hold)).first
    (entry,) = await ledger.entries(Span())
    assert (entry.cost_pico, entry.usage.estimated, entry.usage.output_tokens) == (90, True, 9)
    await ledger.close()


async def test_windows_that_begin_at_any_moment_are_added_up_alike(path: Path, clock: ManualClock) -> None:
    """The sums of quarters of an hour and those of single calls agree, whatever became of the calls."""
    ledger = Ledger(path, clock=clock, sweep_s=10_000)
    holds = []
    for index in range(40):
        clock.advance(400)
        changes = {"session": f"s{index % 2 + 1}", "provider": ("anthropic", "openai")[index % 3 == 0]}
        holds.append(held(await ledger.hold(call(quote=quote() if index % 5 else None, **changes), ())))
    for index, hold in enumerate(holds):
        cost = index if index % 5 else None
        match index % 4:
            case 0:
                await ledger.settle(hold, Usage(), cost)
            case 1:
                await ledger.release(hold)
            case 2:
                await ledger.estimate(hold, Usage(), cost)
    await ledger.close()
    store = Store(path, clock)
    found = entries(store, Span(), limit=100)
    assert {entry.state for entry in found} == {State.SETTLED, State.RELEASED, State.ESTIMATED, State.ORPHANED}
    for name in ({}, {"session": "s2"}, {"provider": "openai"}, {"project": "/p"}):
        for start, end in ((500, 9_500), (0, 9_500), (500, 9_501), (7_777, 8_888), (20_300, 29_300)):
            window = Window(budget=budget(), start=START + start, end=START + end, **name)
            (standing,) = store.standings([window])
            here = [entry for entry in found if START + start <= entry.begun < START + end]
            here = [entry for entry in here if all(getattr(entry, key) == value for key, value in name.items())]
            assert standing.spent_pico == sum(entry.cost_pico or 0 for entry in here)
            assert standing.unpriced == sum(entry.cost_pico is None for entry in here)
    store.close()


# ---- orphans


_DIES = """
import asyncio, os, sys
from pathlib import Path
from tests.spend.support import call, windows, budget
from tui.spend.ledger import Ledger

async def main():
    ledger = Ledger(Path(sys.argv[1]))
    hold = await ledger.hold(call(), windows(budget()))
    print(hold.id, flush=True)
    os.kill(os.getpid(), 9)

asyncio.run(main())
"""


def die_holding(path: Path) -> str:
    """Let another process reserve money and die; return the id of its hold."""
    done = subprocess.run(
        [sys.executable, "-c", _DIES, str(path)], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == -9, done.stderr
    return done.stdout.strip()


async def test_the_hold_of_a_dead_process_is_booked_without_being_asked(path: Path, wait_until: WaitUntil) -> None:
    assert SWEEP_S <= 30
    ledger = Ledger(path, sweep_s=0.02)
    mine = held(await ledger.hold(call(), ()))
    orphan = await asyncio.to_thread(die_holding, path)
    store = Store(path, SystemClock())

    def state() -> str:
        return str(store.connection.execute("SELECT state FROM entry WHERE id = ?", (orphan,)).fetchone()[0])

    await wait_until(lambda: state() == "orphaned")
    (entry,) = await ledger.entries(Span(), states=[State.ORPHANED])
    assert (entry.cost_pico, entry.usage.input_tokens, entry.usage.output_tokens) == (120 * 10**9, 10_000, 10_000)
    assert entry.usage.estimated
    (total,) = await ledger.totals(Grouping.ALL, Span())
    assert (total.orphans, total.held_pico) == (1, mine.amount_pico)
    store.close()
    await ledger.release(mine)
    await ledger.close()


async def test_a_lease_that_is_over_is_booked_and_a_late_end_still_counts(path: Path, clock: ManualClock) -> None:
    ledger = Ledger(path, clock=clock, lease_s=100, sweep_s=50)
    late, renewed = held(await ledger.hold(call(), ())), held(await ledger.hold(call(), ()))
    clock.advance(60)
    assert await ledger.sweep_orphans() == ()
    await ledger.renew(renewed)
    clock.advance(60)
    assert await ledger.sweep_orphans() == (late.id,)
    receipt = await ledger.settle(late, Usage(output_tokens=1), 10)
    assert (receipt.first, receipt.state) == (True, State.SETTLED)
    (total,) = await ledger.totals(Grouping.ALL, Span())
    assert (total.orphans, total.cost_pico, total.held_pico) == (0, 10, 120 * 10**9)
    await ledger.release(renewed)
    await ledger.close()


async def test_what_nobody_ended_is_booked_when_the_ledger_closes(path: Path, clock: ManualClock) -> None:
    ledger = Ledger(path, clock=clock)
    await ledger.hold(call(), ())
    await ledger.close()
    await ledger.close()
    with pytest.raises(LedgerError, match="ending"):
        await ledger.hold(call(), ())
    reader = Ledger(path, clock=clock)
    (entry,) = await reader.entries(Span())
    assert entry.state is State.ORPHANED
    await reader.close()


def test_processes_are_told_apart() -> None:
    me = this_process()
    assert me.pid == os.getpid()
    assert me.is_alive()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        other = Owner(child.pid, me.started, me.place)
        assert other.is_alive() != bool(me.started)  # another process has its number now
        child.kill()
        if sys.platform == "linux":
            os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # dead, not yet buried
            assert not Owner(child.pid, "1", me.place).is_alive()
    assert not Owner(child.pid, "", me.place).is_alive()
    boot = me.place.partition(":")[0]
    if boot:
        assert Owner(child.pid, "1", f"{boot}:pid:[1]").is_alive()  # another container: cannot be seen
        assert not Owner(me.pid, me.started, "another boot:pid:[1]").is_alive()


# ---- cancelling


class Gate:
    """Keeps the ledger's thread busy until it is opened."""

    def __init__(self, ledger: Ledger) -> None:
        self.open = threading.Event()
        self.busy = threading.Event()
        self.future = ledger._submit(self._wait)

    def _wait(self, _store: Store) -> None:
        self.busy.set()
        assert self.open.wait(30)


async def test_a_cancelled_hold_leaves_nothing_reserved(path: Path, wait_until: WaitUntil) -> None:
    ledger = Ledger(path)
    gate = Gate(ledger)
    await wait_until(gate.busy.is_set)
    waiting = asyncio.create_task(ledger.hold(call(), ()))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    gate.open.set()
    assert await ledger.entries(Span()) == ()
    await ledger.close()


async def test_a_hold_that_is_cancelled_while_it_is_written_is_released(path: Path, wait_until: WaitUntil) -> None:
    ledger = Ledger(path)
    written, go_on = threading.Event(), threading.Event()
    real = Store.hold

    def hold(self: Store, *args: object) -> Hold | Refusal:
        """Wait after the hold is on disk and before it is acknowledged."""
        result = real(self, *args)  # type: ignore[arg-type]
        written.set()
        assert go_on.wait(30)
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Store, "hold", hold)
        waiting = asyncio.create_task(ledger.hold(call(), ()))
        await wait_until(written.is_set)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        go_on.set()
        (entry,) = await ledger.entries(Span())
    assert entry.state is State.RELEASED
    await ledger.close()


async def test_a_settlement_is_booked_although_its_task_is_cancelled(path: Path, wait_until: WaitUntil) -> None:
    ledger = Ledger(path)
    hold = held(await ledger.hold(call(), ()))
    gate = Gate(ledger)
    await wait_until(gate.busy.is_set)
    waiting = asyncio.create_task(ledger.settle(hold, Usage(output_tokens=3), 30))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    gate.open.set()
    (entry,) = await ledger.entries(Span())
    assert (entry.state, entry.cost_pico) == (State.SETTLED, 30)
    await ledger.close()


async def test_many_panes_at_once_never_pass_the_limit(path: Path) -> None:
    ledgers = [Ledger(path, busy_s=60) for _ in range(4)]
    limit = windows(budget(USD, scope=BudgetScope.MONTH))
    results = await asyncio.gather(*(ledgers[index % 4].hold(call(), limit) for index in range(24)))
    holds = [result for result in results if isinstance(result, Hold)]
    assert sum(hold.amount_pico or 0 for hold in holds) <= USD
    assert len(holds) == 9  # eight whole ones of $.12 and one that was shortened
    assert sum(hold.shortened for hold in holds) == 1
    for ledger in ledgers:
        await ledger.close()


# ---- the file


def test_the_file_is_its_owners_alone(path: Path) -> None:
    store = Store(path, SystemClock())
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    store.hold(call(), (), 1)
    journal = path.with_name(path.name + "-journal")
    assert journal.stat().st_mode & 0o777 == 0o600
    store.close()
    path.chmod(0o644)
    Store(path, SystemClock()).close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_settings_that_keep_what_is_acknowledged(path: Path) -> None:
    store = Store(path, SystemClock())
    assert store.connection.execute("PRAGMA journal_mode").fetchone()[0] == "truncate"
    assert store.connection.execute("PRAGMA synchronous").fetchone()[0] == 2
    assert store.connection.execute("PRAGMA busy_timeout").fetchone()[0] == 10_000
    store.close()


async def failing(path: Path) -> str:
    """What a hold says when the file cannot be used."""
    ledger = Ledger(path, busy_s=0.01)
    with pytest.raises(LedgerError) as caught:
        await ledger.hold(call(), windows(budget()))
    await ledger.close()
    assert caught.value.problem.title
    assert caught.value.problem.hint
    return str(caught.value)


def test_a_damaged_file_is_said_and_not_thrown_away(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"not a database at all, but long enough to look like one" * 40)
    assert "damaged" in asyncio.run(failing(path))
    assert path.read_bytes().startswith(b"not a database")


def test_damage_in_the_middle_is_said(path: Path) -> None:
    store = Store(path, SystemClock())
    store.hold(call(), (), 1)
    store.close()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 4096))
    assert "damaged" in asyncio.run(failing(path))


async def test_a_database_of_something_else_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE notes (text)")
    connection.commit()
    connection.close()
    assert "something else" in await failing(path)


async def test_a_newer_ledger_is_left_alone(path: Path) -> None:
    Store(path, SystemClock()).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert "version 99" in await failing(path)


async def test_a_folder_that_cannot_be_written(path: Path) -> None:
    path.parent.write_text("a file where the folder should be", encoding="utf-8")
    assert "cannot be recorded" in await failing(path)


async def test_a_locked_ledger_is_said_and_used_again_later(path: Path) -> None:
    ledger = Ledger(path, busy_s=0.01)
    await ledger.standings(())
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(LedgerError, match="locked"):
        await ledger.hold(call(), ())
    other.execute("ROLLBACK")
    other.close()
    held(await ledger.hold(call(), ()))
    await ledger.close()


async def test_a_full_disk_is_said_and_loses_nothing(path: Path) -> None:
    """SQLite's own limit of pages fails just as a disk without room does."""
    ledger = Ledger(path)
    hold = held(await ledger.hold(call(), ()))
    store = Store(path, SystemClock())
    store.connection.execute("PRAGMA max_page_count = 1")

    def fill() -> None:
        while True:
            store.hold(call(), ())

    with pytest.raises(LedgerError, match="disk is full"):
        fill()
    assert store.connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    store.close()
    assert (await ledger.settle(hold, Usage(), 5)).first
    await ledger.close()


async def test_a_ledger_that_failed_to_open_is_tried_again(path: Path) -> None:
    path.parent.write_text("in the way", encoding="utf-8")
    ledger = Ledger(path)
    with pytest.raises(LedgerError):
        await ledger.hold(call(), ())
    path.parent.unlink()
    held(await ledger.hold(call(), ()))
    await ledger.close()


async def test_a_number_too_large_is_said(path: Path) -> None:
    ledger = Ledger(path)
    with pytest.raises(LedgerError, match="too large"):
        await ledger.hold(call(quote=quote(10**18, 1)), ())
    await ledger.close()


MOUNTS = """\
22 1 0:21 / / rw,relatime shared:1 - ext4 /dev/root rw
30 22 0:45 / /home/ann rw,relatime - nfs4 server:/home rw
31 22 0:46 / /home/ann/local\\040disk rw,relatime - xfs /dev/sdb1 rw
32 22 0:47 / /mnt/box rw,nosuid - fuse.sshfs ann@box: rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/x", "ext4"),
        ("/home/ann/.local/state/spend.sqlite", "nfs4"),
        ("/home/anna/x", "ext4"),
        ("/home/ann/local disk/x", "xfs"),
        ("/mnt/box/deep/er", "fuse.sshfs"),
    ],
)
def test_the_file_system_of_a_path(path: str, kind: str) -> None:
    assert filesystem(Path(path), MOUNTS) == kind


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs", "fuse.rclone"])
def test_network_file_systems_are_refused(path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.spend.storage.filesystem", lambda _path: kind)
    assert kind in asyncio.run(failing(path))
    assert not path.exists()
