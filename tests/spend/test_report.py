"""What `llmmixer spend` says, and the files other programs get."""

import csv
import io
import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.spend.support import START, USD, call
from tui.cli_spend import _bar, run_spend
from tui.config.paths import state_dir
from tui.core.chat import Usage
from tui.core.clock import ManualClock
from tui.spend.export import COLUMNS, exact_usd, to_csv, to_json
from tui.spend.project import project_key
from tui.spend.reading import Grouping, entries, totals
from tui.spend.records import Hold, Span, State
from tui.spend.storage import LedgerError, ledger_path
from tui.spend.store import Store

DAY = 24 * 3600.0
BUDGETS = """
[budgets.daily]
scope = "day"
limit_usd = 2
[budgets.claude]
scope = "provider"
provider = "anthropic"
limit_usd = 10
hard = false
[budgets.run]
scope = "session"
limit_usd = 1
"""


@pytest.fixture
def environ(home: Path) -> dict[str, str]:
    config = home / "llmmixer" / "config"
    config.mkdir(parents=True)
    (config / "config.toml").write_text(BUDGETS, encoding="utf-8")
    return dict(os.environ)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(epoch=START)


@pytest.fixture
def store(environ: dict[str, str], clock: ManualClock) -> Any:
    opened = Store(ledger_path(state_dir(environ)), clock)
    yield opened
    opened.close()


def spend(store: Store, pico: int | None, usage: Usage | None = None, saved: int = 3, **changes: Any) -> Hold:
    hold = store.hold(call(**changes), ())
    assert isinstance(hold, Hold)
    store.end(hold, State.SETTLED, usage or Usage(input_tokens=10, output_tokens=5), pico, saved_pico=saved)
    return hold


def fill(store: Store, clock: ManualClock, project: str) -> None:
    clock.now = -20 * DAY
    spend(store, USD // 2, model="old")
    clock.now = -DAY
    spend(store, USD // 4, model="m-1", project=project)
    clock.now = 0
    spend(store, USD, model="m-2", project=project)
    spend(store, None, model="m-3", provider="openai", quote=None)
    store.hold(call(model="m-1"), ())
    gone = store.hold(call(model="m-1"), ())
    assert isinstance(gone, Hold)
    store.sweep([gone.id])


def test_a_report_as_json(
    store: Store, clock: ManualClock, environ: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(store, clock, str(tmp_path))
    assert run_spend(environ, tmp_path, True, clock) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["today"]["cost_usd"] == "1.120000000000"
    assert (found["today"]["calls"], found["today"]["unpriced_calls"], found["today"]["orphaned_calls"]) == (4, 1, 1)
    assert found["today"]["held_usd"] == "0.120000000000"
    assert found["month"]["cost_usd"] == "1.370000000000"
    assert found["all"]["cost_usd"] == "1.870000000000"
    assert found["all"]["saved_by_cache_usd"] == "0.000000000012"
    assert [(item["model"], item["cost_usd"]) for item in found["models"]] == [
        ("m-2", "1.000000000000"),
        ("m-1", "0.370000000000"),
        ("m-3", "0.000000000000"),
    ]
    assert [item["project"] for item in found["projects"]] == [str(tmp_path), "/p"]
    assert [(item["provider"], item["unpriced_calls"]) for item in found["providers"]] == [
        ("anthropic", 0),
        ("openai", 1),
    ]
    assert len(found["days"]) == 14
    assert found["days"][-1]["day"] == "2026-11-18"
    assert [day["cost_usd"] for day in found["days"][-3:]] == ["0.000000000000", "0.250000000000", "1.120000000000"]
    assert [(item["name"], item["spent_usd"], item["left_usd"]) for item in found["budgets"]] == [
        ("daily", "1.120000000000", "0.760000000000"),
        ("claude", "1.370000000000", "8.510000000000"),
    ]
    assert [item["model"] for item in found["orphans"]] == ["m-1"]


def test_a_report_for_people(
    store: Store, clock: ManualClock, environ: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(store, clock, str(tmp_path))
    spend(store, 1, saved=200_000_000, model="evil\x1b]0;title\x07\u202e" + "x" * 100)
    assert run_spend(environ, tmp_path, False, clock) == 0
    text = capsys.readouterr().out
    lines = text.splitlines()
    assert lines[0] == "today       $1.12  + 1 unpriced  ($.120 held)  5 calls  $.0002 saved by cache"
    (daily,) = [line for line in lines if line.startswith("  daily")]
    assert "████████████░░░░░░░░   62%  $1.24 of $2.00 a day (hard)  + 1 unpriced" in daily
    assert "run " not in text  # a session's budget has no meaning outside one
    assert "orphans" in text
    assert [line.split()[0] for line in lines if line.startswith("  2026-")] == ["2026-11-17", "2026-11-18"]
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert lines[-1] == "ledger: ~/llmmixer/state/spend.sqlite"
    assert max(map(len, lines)) < 120


def test_nothing_spent_makes_no_file(
    environ: dict[str, str], tmp_path: Path, clock: ManualClock, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_spend(environ, tmp_path, False, clock) == 0
    assert "today       $0  0 calls" in capsys.readouterr().out
    assert run_spend(environ, tmp_path, True, clock) == 0
    assert json.loads(capsys.readouterr().out)["budgets"][0]["left_usd"] == "2.000000000000"
    assert not ledger_path(state_dir(environ)).exists()


def test_a_damaged_ledger_is_said(environ: dict[str, str], tmp_path: Path) -> None:
    path = ledger_path(state_dir(environ))
    path.parent.mkdir(parents=True)
    path.write_bytes(b"rubbish" * 1_000)
    with pytest.raises(LedgerError, match="damaged"):
        run_spend(environ, tmp_path, False)


def test_a_ledger_can_be_read_where_nothing_can_be_written(store: Store, clock: ManualClock) -> None:
    spend(store, 5)
    reader = Store(store.path, clock, read_only=True)
    (total,) = totals(reader, Grouping.ALL, Span())
    assert total.cost_pico == 5
    with pytest.raises(LedgerError, match="cannot be written"):
        reader.hold(call(), ())
    reader.close()


def test_days_are_those_of_the_users_zone(store: Store, clock: ManualClock) -> None:
    zone = ZoneInfo("Asia/Seoul")
    start = datetime(2026, 11, 18, tzinfo=zone).timestamp()
    clock.now = start - 1 - START
    spend(store, 1)
    clock.now = start - START
    spend(store, 10)
    days = totals(store, Grouping.DAY, Span(), [start - DAY, start, start + DAY])
    assert [(day.key, day.cost_pico) for day in days] == [("0", 1), ("1", 10)]
    assert totals(store, Grouping.DAY, Span(start=start), [start - DAY, start, start + DAY])[0].calls == 0


@pytest.mark.parametrize("by", [by for by in Grouping if by is not Grouping.DAY])
def test_every_grouping_adds_up_to_the_same(store: Store, clock: ManualClock, by: Grouping) -> None:
    fill(store, clock, "/q")
    groups = totals(store, by, Span())
    assert sum(group.cost_pico for group in groups) == USD + USD // 2 + USD // 4 + 120 * 10**9
    assert sum(group.calls for group in groups) == 6


# ---- files


def test_csv_and_json_hold_every_entry_exactly(store: Store) -> None:
    usage = Usage(input_tokens=1, cache_read_tokens=2, output_tokens=4, reasoning_tokens=3)
    spend(store, 1_234_567_890_123, usage)
    spend(store, None, model='=HYPERLINK("http://x")', quote=None)
    store.hold(call(project='/a "b", c\n-d'), ())
    found = entries(store, Span(), limit=10)
    rows = list(csv.DictReader(io.StringIO(to_csv(found))))
    parsed = json.loads(to_json(found))
    assert tuple(rows[0]) == COLUMNS == tuple(parsed[0])
    settled, unpriced, running = (
        next(row for row in rows if row["state"] == "settled" and row["cost_usd"]),
        next(row for row in rows if row["state"] == "settled" and not row["cost_usd"]),
        next(row for row in rows if row["state"] == "held"),
    )
    assert (settled["cost_usd"], settled["saved_usd"]) == ("1.234567890123", "0.000000000003")
    assert (settled["begun"], settled["price_source"]) == ("2026-11-18T11:06:40.000+00:00", "table")
    assert unpriced["model"] == '\'=HYPERLINK("http://x")'
    assert running["project"] == '/a "b", c -d'
    assert running["ended"] == ""
    by_state = {(row["state"], row["cost_usd"]) for row in parsed}
    assert by_state == {("settled", "1.234567890123"), ("settled", None), ("held", None)}
    assert json.loads(to_json([])) == []
    assert to_csv([]).strip() == ",".join(COLUMNS)


def test_times_are_written_in_the_zone_asked_for(store: Store) -> None:
    spend(store, 1)
    (entry,) = entries(store, Span(), limit=1)
    assert "2026-11-18T20:06:40.000+09:00" in to_csv([entry], ZoneInfo("Asia/Seoul"))
    assert "2026-11-18T11:06:40.000+00:00" in to_csv([entry], None)
    assert "-0.000000000007" in to_csv([replace(entry, saved_pico=-7)], UTC)
    assert "'-0.0" not in to_csv([replace(entry, saved_pico=-7)], UTC)


@pytest.mark.parametrize(
    ("pico", "text"), [(0, "0.000000000000"), (-1, "-0.000000000001"), (10**12 + 1, "1.000000000001"), (None, None)]
)
def test_exact_dollars(pico: int | None, text: str | None) -> None:
    assert exact_usd(pico) == text


@pytest.mark.parametrize(
    ("fraction", "bar"),
    [
        (0, "." * 20),
        (0.001, "#" + "." * 19),
        (0.5, "#" * 10 + "." * 10),
        (0.999, "#" * 19 + "."),
        (1, "#" * 20),
        (7, "#" * 20),
    ],
)
def test_a_bar_is_full_only_at_the_limit(fraction: float, bar: str) -> None:
    assert _bar(fraction, ascii_only=True) == bar


def test_a_project_is_its_repository(tmp_path: Path) -> None:
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    inside = tmp_path / "repo" / "a" / "b"
    inside.mkdir(parents=True)
    (tmp_path / "link").symlink_to(inside)
    alone = tmp_path / "alone"
    alone.mkdir()
    assert project_key(inside) == project_key(tmp_path / "link") == str(tmp_path / "repo")
    assert project_key(alone) == str(alone)
