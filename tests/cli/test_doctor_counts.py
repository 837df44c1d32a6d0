"""The doctor's numbers: ledger, budgets and the failures of a day, from real files and from missing or broken ones."""

import json
import os
import re
import time
from decimal import Decimal
from pathlib import Path

import pytest

from tests.cli.running import KEY, environment, run
from tests.make_docs import README
from tests.spend.support import call, quote
from tui.config.model import BudgetConfig, BudgetScope, Config, SpendConfig
from tui.core.chat import Usage
from tui.core.clock import SystemClock
from tui.core.errors import Outcome, Problem
from tui.core.events import Event, PaneInfo, SessionStarted, TurnFinished
from tui.core.guard_events import AttemptFailed
from tui.demo.server import DemoServer
from tui.doctor.counts import count, count_checks, counts_json
from tui.doctor.journals import recent
from tui.doctor.report import Check, Status
from tui.engine.journal import line_of
from tui.spend.records import Hold, State
from tui.spend.storage import ledger_path
from tui.spend.store import Store

PROBLEM = Problem(title="Overloaded", text="529")
USD = 10**12


@pytest.fixture
def place(tmp_path: Path) -> dict[str, str]:
    return {"HOME": "/", "LLMMIXER_HOME": str(tmp_path)}


def checked(config: Config, place: dict[str, str], cwd: Path) -> dict[str, Check]:
    return {
        item.id.removeprefix("spend."): item for item in count_checks(count(config, place, cwd), place, config)
    }  # fmt: skip


def spend(path: Path, *costs: int | None, state: State = State.SETTLED) -> None:
    """Book calls of those costs; None is an unknown price."""
    store = Store(path, SystemClock())
    for cost in costs:
        unknown = cost is None
        hold = store.hold(call(model="mystery" if unknown else "m", quote=None if unknown else quote()), ())
        assert isinstance(hold, Hold)
        store.end(hold, state, Usage(input_tokens=1, output_tokens=1), cost)
    store.close()


def finished(outcome: Outcome) -> TurnFinished:
    return TurnFinished(
        pane="a", turn="t", outcome=outcome, stop=None, usage=Usage(), cost_pico=None, attempts=1, model="m"
    )  # fmt: skip


def failed(outcome: Outcome) -> AttemptFailed:
    return AttemptFailed(pane="a", turn="t", attempt=1, model="m", outcome=outcome, problem=PROBLEM)


def journal(folder: Path, name: str, *events: Event, wall: float | None = None, demo: bool = False) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    moment = time.time() if wall is None else wall
    begin = SessionStarted(session=name, panes=(PaneInfo(name="a", provider="p", model="m"),), demo=demo)
    path = folder / f"{name}.jsonl"
    path.write_text("".join(line_of(event, moment) for event in (begin, *events)), encoding="utf-8")
    return path


def test_nothing_there_is_no_failure_and_nothing_is_made(place: dict[str, str], tmp_path: Path) -> None:
    found = checked(Config(), place, tmp_path)
    assert {name: item.status for name, item in found.items()} == dict.fromkeys(
        ("ledger", "budgets", "failures"), Status.SKIP
    )
    assert list(tmp_path.iterdir()) == []
    assert count_checks(count(Config(), {}, tmp_path), {}, Config()) == []
    assert counts_json(None) is None


def test_the_ledger_in_numbers(place: dict[str, str], tmp_path: Path) -> None:
    path = ledger_path(tmp_path / "state")
    spend(path, USD, USD // 2, None)
    spend(path, USD // 4, state=State.ORPHANED)
    before = path.read_bytes()
    config = Config(
        budgets={
            "wide": BudgetConfig(scope=BudgetScope.MONTH, limit_usd=Decimal(20)),
            "tight": BudgetConfig(scope=BudgetScope.DAY, limit_usd=Decimal(1), hard=False),
            "mine": BudgetConfig(scope=BudgetScope.SESSION, limit_usd=Decimal(3)),
        }
    )
    found = checked(config, place, tmp_path)
    assert found["ledger"].detail.endswith("spend.sqlite: 4 entries")
    assert (found["month"].status, found["month"].detail) == (Status.OK, "$1.75 in 4 calls")
    assert found["unpriced"].status is Status.WARN
    assert found["unpriced"].detail == "1 call this month have no known price: mystery"
    assert '[prices."mystery"]' in found["unpriced"].remedy
    assert found["orphans"].status is Status.WARN
    assert found["budget.wide"].detail == "$1.75 of $20.00 a month, hard"
    assert (found["budget.tight"].status, found["budget.tight"].detail) == (
        Status.WARN,
        "$1.75 of $1.00 a day, only told",
    )
    assert found["budget.mine"].detail == "$3.00 for this session, hard"
    numbers = counts_json(count(config, place, tmp_path))
    assert numbers is not None
    assert (numbers["entries"], numbers["month_usd"], numbers["unpriced"], numbers["orphans"]) == (4, "1.750000", 1, 1)
    assert path.read_bytes() == before


@pytest.mark.parametrize(("hard", "status"), [(True, Status.FAIL), (False, Status.WARN)])
def test_a_broken_ledger_fails_only_where_a_hard_budget_needs_it(
    place: dict[str, str], tmp_path: Path, hard: bool, status: Status
) -> None:
    path = ledger_path(tmp_path / "state")
    path.parent.mkdir()
    path.write_bytes(b"this is no database" * 100)
    budget = BudgetConfig(scope=BudgetScope.DAY, limit_usd=Decimal(1), hard=hard)
    config = Config(budgets={"day": budget})
    assert checked(config, place, tmp_path)["ledger"].status is status
    numbers = counts_json(count(config, place, tmp_path))
    assert numbers is not None
    assert numbers["entries"] is None


def test_an_unknown_time_zone_is_told(place: dict[str, str], tmp_path: Path) -> None:
    found = checked(Config(spend=SpendConfig(timezone="Mars/Olympus")), place, tmp_path)
    assert found["ledger"].status is Status.WARN
    assert "Mars/Olympus" in found["ledger"].detail


def test_failures_of_the_last_day_by_outcome(tmp_path: Path) -> None:
    day = 86_400.0
    journal(tmp_path, "one", failed(Outcome.RATE_LIMITED), failed(Outcome.TRANSIENT), finished(Outcome.SUCCESS))
    journal(tmp_path, "two", failed(Outcome.TRANSIENT), finished(Outcome.AUTH), finished(Outcome.CANCELLED))
    journal(tmp_path, "demo", finished(Outcome.AUTH), demo=True)
    journal(tmp_path, "past", finished(Outcome.AUTH), wall=time.time() - 2 * day)
    old = journal(tmp_path, "untouched", finished(Outcome.AUTH))
    os.utime(old, (0, 0))
    found = recent(tmp_path, time.time())
    assert found.attempts == {"transient": 2, "rate_limited": 1, "auth": 1}
    assert (found.turns, found.failed_turns, found.sessions, found.partial) == (3, 1, 3, False)


def test_hostile_journals_are_read_with_limits(tmp_path: Path) -> None:
    good = journal(tmp_path, "good", finished(Outcome.AUTH))
    line = good.read_bytes().split(b"\n")[1]
    (tmp_path / "torn.jsonl").write_bytes(b'{"type":"turn_finished"\n\xff\xfe\n' + b"[" * 100_000 + b"\n" + line[:40])
    (tmp_path / "odd.jsonl").write_bytes(
        b'["turn_finished"]\n{"type":"turn_finished","outcome":["auth"],"at":"x"}\n'
        b'{"type":"turn_finished","outcome":"auth","at":"yesterday"}\n'
    )
    (tmp_path / "link.jsonl").symlink_to(good)
    (tmp_path / "folder.jsonl").mkdir()
    os.mkfifo(tmp_path / "pipe.jsonl")
    assert recent(tmp_path, time.time()).attempts == {"auth": 1}
    many = tmp_path / "many"
    for number in range(6):
        journal(many, f"n{number}", finished(Outcome.AUTH))
    few = recent(many, time.time(), most_files=4)
    assert (few.attempts, few.partial) == ({"auth": 4}, True)
    journal(tmp_path / "long", "long", *[finished(Outcome.AUTH)] * 50)
    tail = recent(tmp_path / "long", time.time(), most_bytes=2 * len(line) + 10)
    assert (tail.attempts, tail.partial) == ({"auth": 2}, True)
    assert recent(tmp_path / "absent", time.time()).sessions == 0


@pytest.mark.parametrize(
    ("events", "status", "words"),
    [
        ((finished(Outcome.SUCCESS),), Status.OK, "no failure in 1 turn"),
        (
            (failed(Outcome.TRANSIENT), finished(Outcome.SUCCESS)),
            Status.OK,
            "failed requests: 1 transient; 0 of 1 turn had no answer",
        ),
        ((finished(Outcome.AUTH),), Status.WARN, "failed requests: 1 auth; 1 of 1 turn had no answer"),
    ],
)
def test_what_the_doctor_says_of_failures(
    place: dict[str, str], tmp_path: Path, events: tuple[Event, ...], status: Status, words: str
) -> None:
    journal(tmp_path / "state" / "sessions", "s", *events)
    found = checked(Config(), place, tmp_path)["failures"]
    assert (found.status, found.detail) == (status, words)


def test_a_session_and_then_the_doctor(server: DemoServer, tmp_path: Path) -> None:
    """A real run leaves a ledger and a journal; the doctor counts what is in them."""
    env = environment(server, LLMMIXER_BUDGETS="{mine = {scope = 'month', limit_usd = 5}}")
    assert run("-p", "hello", "--pane", "anthropic", env=env, cwd=tmp_path).code == 0
    done = run("doctor", "--offline", "--json", env=env, cwd=tmp_path)
    report = done.json()
    assert report["counts"]["entries"] == 1
    assert report["counts"]["month_usd"] > "0"
    assert report["counts"]["failures_24h"] == {
        "sessions": 1, "turns": 1, "failed_turns": 0, "attempts": {}, "partial": False,
    }  # fmt: skip
    found = {item["id"]: item for item in report["checks"]}
    assert found["spend.budget.mine"]["status"] == "ok"
    assert found["spend.failures"]["detail"] == "no failure in 1 turn"
    assert KEY not in json.dumps(report)


def keys_of(value: object) -> set[str]:
    """Every key at any depth, but for those of `attempts`, which are outcomes."""
    if isinstance(value, list):
        return set().union(*map(keys_of, value))
    if not isinstance(value, dict):
        return set()
    return set(value).union(*(keys_of(item) for name, item in value.items() if name not in {"attempts", "usage"}))


def test_the_readme_names_every_key_of_both_reports(server: DemoServer, tmp_path: Path) -> None:
    env = environment(server, LLMMIXER_BUDGETS="{mine = {scope = 'month', limit_usd = 5}}")
    assert run("-p", "hello", "--pane", "anthropic", env=env, cwd=tmp_path).code == 0
    chapter = README.read_text(encoding="utf-8").partition("\n### Reports for programs\n")[2].partition("\n## ")[0]
    doctor, spent = chapter.split("`llmmixer spend --json`")
    for text, words in ((doctor, ("doctor", "--offline", "--json")), (spent, ("spend", "--json"))):
        report = run(*words, env=env, cwd=tmp_path).json()
        report.pop("orphans", None)
        summary = set(report.pop("summary", {}))
        named = set(re.findall(r"`(\w+)`", text))
        assert keys_of(report) <= named | {"summary"}
        assert summary <= named
