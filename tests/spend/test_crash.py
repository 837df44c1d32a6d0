"""Programs die at any moment; what the ledger acknowledged stays, and no limit is crossed while they do."""

import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.spend.crashing import LIMIT_PICO, PROCESSES
from tui.core.clock import SystemClock
from tui.spend.reading import entries
from tui.spend.records import Entry, Span, State
from tui.spend.store import Store

ROOT = Path(__file__).resolve().parent.parent.parent
SECONDS = 10.0


def acknowledged(folder: Path) -> tuple[dict[str, int], dict[str, int], int]:
    """The amounts of acknowledged holds and the costs of acknowledged settlements by id, and the refusals."""
    holds: dict[str, int] = {}
    settled: dict[str, int] = {}
    refusals = 0
    for path in folder.glob("*.ack"):
        for line in path.read_text(encoding="ascii").splitlines():
            match line.split():
                case ["hold", hold_id, amount]:
                    holds[hold_id] = int(amount)
                case ["settle", hold_id, cost]:
                    settled[hold_id] = int(cost)
                case ["refused", _]:
                    refusals += 1
    return holds, settled, refusals


def observe(connection: sqlite3.Connection) -> int:
    """The most that is spent and held of any project at this moment."""
    sums = "SELECT sum(counted_pico) AS used FROM entry GROUP BY project"
    return int(connection.execute(f"SELECT coalesce(max(used), 0) FROM ({sums})").fetchone()[0])  # noqa: S608


@pytest.mark.timeout(180)
def test_eight_processes_killed_at_random_lose_nothing_and_cross_no_limit(tmp_path: Path) -> None:
    path = tmp_path / "spend.sqlite"
    Store(path, SystemClock()).close()
    connection = sqlite3.connect(path, timeout=60, isolation_level=None)
    command = [sys.executable, "-m", "tests.spend.crashing", str(tmp_path), str(SECONDS)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        observed = [observe(connection)]
        while process.poll() is None:
            observed.append(observe(connection))
            time.sleep(0.005)
        assert process.stdout is not None
        kills = int(process.stdout.read())
        assert process.returncode == 0
    connection.close()
    assert kills >= PROCESSES
    assert max(observed) <= LIMIT_PICO
    assert max(observed) > LIMIT_PICO * 0.9  # the limit was really reached

    store = Store(path, SystemClock())
    store.sweep()
    booked = {entry.id: entry for entry in entries(store, Span(), limit=1_000_000)}
    assert store.connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert observe(store.connection) <= LIMIT_PICO
    sums = [
        store.connection.execute(f"SELECT project, sum(counted_pico) FROM {table} GROUP BY 1 ORDER BY 1").fetchall()  # noqa: S608
        for table in ("entry", "tally")
    ]
    assert sums[0] == sums[1]
    store.close()
    check_books(booked, *acknowledged(tmp_path))


def check_books(booked: dict[str, Entry], holds: dict[str, int], settled: dict[str, int], refusals: int) -> None:
    """Compare the ledger with what the processes had been told before they died."""
    assert len(settled) > PROCESSES
    assert refusals > 0
    for hold_id, amount in holds.items():
        assert booked[hold_id].held_pico == amount
    for hold_id, cost in settled.items():
        assert (booked[hold_id].state, booked[hold_id].cost_pico) == (State.SETTLED, cost)
    assert {entry.state for entry in booked.values()} == {State.SETTLED, State.ORPHANED}
    orphans = [entry for entry in booked.values() if entry.state is State.ORPHANED]
    for entry in orphans:
        assert entry.id not in settled
        assert entry.cost_pico == entry.held_pico
        assert entry.usage.estimated
        assert entry.ended is not None
        assert entry.ended - entry.begun < 60
    # A settlement may be on disk without its process having lived to say so: at most one for each death.
    assert len(orphans) + len(settled) <= len(booked)
