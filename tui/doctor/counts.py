"""What was spent, what is left of the budgets, and what failed lately: the numbers of the doctor's report."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tui.config.model import Config
from tui.config.paths import shown, state_dir
from tui.core.clock import SystemClock
from tui.core.errors import LLMMixerError, Problem
from tui.core.money import usd_short, usd_text
from tui.doctor.journals import Recent, recent
from tui.doctor.report import Check, Status
from tui.spend.budget import Standing, budgets_of, scope_words, zone
from tui.spend.project import project_key
from tui.spend.report import Report, empty, gather
from tui.spend.storage import ledger_path
from tui.spend.store import Store

_GROUP: Final = "Spending and failures"
_MOST_NAMED: Final = 3
_FULL: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What was counted. `report` is None when the ledger cannot be read; `problem` then says why."""

    ledger: Path
    exists: bool
    report: Report | None
    problem: Problem | None = None
    failures: Recent = field(default_factory=Recent)


def count(config: Config, environ: Mapping[str, str], cwd: Path) -> Counts | None:
    """Read ledger and journals without changing either; None when there is no place for them."""
    try:
        folder = state_dir(environ)
    except LLMMixerError:
        return None
    path, wall = ledger_path(folder), time.time()
    failures = recent(folder / "sessions", wall)
    try:
        report = _report(config, path, cwd, wall)
    except LLMMixerError as error:
        return Counts(ledger=path, exists=True, report=None, problem=error.problem, failures=failures)
    return Counts(ledger=path, exists=path.exists(), report=report, failures=failures)


def count_checks(counts: Counts | None, environ: Mapping[str, str], config: Config) -> list[Check]:
    """Return the checks of the group “Spending and failures”."""
    if counts is None:
        return []
    place = shown(counts.ledger, environ)
    if counts.report is None:
        return [_broken(counts.problem, place, config), _failures(counts.failures)]
    report = counts.report
    if counts.exists:
        entries = f"{report.whole.calls} entr{'y' if report.whole.calls == 1 else 'ies'}"
        checks = [_check("ledger", "ledger", Status.OK, f"{place}: {entries}"), _month(report)]
        checks += [_unpriced(report), _orphans(report)]
    else:
        checks = [_check("ledger", "ledger", Status.SKIP, f"{place} is not there; it is made at the first call")]
    return [*checks, *_budgets(report, config), _failures(counts.failures)]


def counts_json(counts: Counts | None) -> dict[str, Any] | None:
    """Return the numbers for programs: money as decimal strings of dollars; None when nothing could be counted."""
    if counts is None:
        return None
    report, failures = counts.report, counts.failures
    return {
        "ledger": str(counts.ledger),
        "entries": None if report is None else report.whole.calls,
        "month_usd": None if report is None else usd_text(report.month.cost_pico),
        "unpriced": None if report is None else report.month.unpriced,
        "orphans": None if report is None else report.month.orphans,
        "failures_24h": {
            "sessions": failures.sessions,
            "turns": failures.turns,
            "failed_turns": failures.failed_turns,
            "attempts": dict(sorted(failures.attempts.items())),
            "partial": failures.partial,
        },
    }


def _report(config: Config, path: Path, cwd: Path, wall: float) -> Report:
    tz, budgets, project = zone(config.spend.timezone), budgets_of(config), project_key(cwd)
    if not path.exists():
        return empty(budgets, project=project, wall=wall, tz=tz)
    store = Store(path, SystemClock(), read_only=True)
    try:
        return gather(store, budgets, project=project, wall=wall, tz=tz)
    finally:
        store.close()


def _broken(problem: Problem | None, place: str, config: Config) -> Check:
    hard = any(budget.hard for budget in config.budgets.values())
    text = problem.text if problem is not None else f"{place} cannot be read"
    remedy = problem.hint if problem is not None else ""
    # With a hard budget nothing is sent while the ledger cannot be used; without one spending is only not counted.
    return _check("ledger", "ledger", Status.FAIL if hard else Status.WARN, text, remedy)


def _month(report: Report) -> Check:
    calls = report.month.calls
    text = f"{usd_short(report.month.cost_pico)} in {calls} call{'' if calls == 1 else 's'}"
    return _check("month", "this month", Status.OK, text)


def _unpriced(report: Report) -> Check:
    if not report.month.unpriced:
        return _check("unpriced", "unknown prices", Status.OK, "none this month")
    models = [total.key for total in report.models if total.unpriced]
    named = ", ".join(models[:_MOST_NAMED]) + (", …" if len(models) > _MOST_NAMED else "")
    text = f"{_calls(report.month.unpriced)} this month have no known price: {named}"
    remedy = f'Set their prices: [prices."{models[0]}"] with input and output.' if models else ""
    return _check("unpriced", "unknown prices", Status.WARN, text, remedy)


def _orphans(report: Report) -> Check:
    if not report.month.orphans:
        return _check("orphans", "orphans", Status.OK, "none this month")
    text = f"{_calls(report.month.orphans)} this month outlived their program, and count with all they had reserved"
    remedy = "Compare with the vendors' bills; llmmixer spend lists them."
    return _check("orphans", "orphans", Status.WARN, text, remedy)


def _budgets(report: Report, config: Config) -> list[Check]:
    if not config.budgets:
        return [_check("budgets", "budgets", Status.SKIP, "none; [budgets.NAME] sets a limit")]
    checks = [_budget(standing) for standing in report.budgets]
    counted = {standing.budget.name for standing in report.budgets}
    for budget in budgets_of(config):
        if budget.name not in counted:
            text = f"{usd_short(budget.limit_pico)} {scope_words(budget)}, {_kind(budget.hard)}"
            checks.append(_check(f"budget.{budget.name}", f"budget {budget.name}", Status.OK, text))
    return checks


def _budget(standing: Standing) -> Check:
    budget = standing.budget
    spent = usd_short(standing.spent_pico)
    text = f"{spent} of {usd_short(budget.limit_pico)} {scope_words(budget)}, {_kind(budget.hard)}"
    if standing.used < _FULL:
        return _check(f"budget.{budget.name}", f"budget {budget.name}", Status.OK, text)
    remedy = f"Raise budgets.{budget.name}.limit_usd, or wait for its next window."
    return _check(f"budget.{budget.name}", f"budget {budget.name}", Status.WARN, text, remedy)


def _failures(found: Recent) -> Check:
    if not found.sessions:
        return _check("failures", "last 24 hours", Status.SKIP, "no journal of a session")
    turns = f"{found.turns} turn{'' if found.turns == 1 else 's'}"
    more = " (of the newest journals)" if found.partial else ""
    if not found.attempts:
        return _check("failures", "last 24 hours", Status.OK, f"no failure in {turns}{more}")
    kinds = ", ".join(f"{number} {outcome}" for outcome, number in found.attempts.most_common())
    text = f"failed requests: {kinds}; {found.failed_turns} of {turns} had no answer{more}"
    if not found.failed_turns:
        return _check("failures", "last 24 hours", Status.OK, text)
    remedy = "The journals in the state folder's `sessions` say why."
    return _check("failures", "last 24 hours", Status.WARN, text, remedy)


def _calls(number: int) -> str:
    return f"{number} call{'' if number == 1 else 's'}"


def _kind(hard: bool) -> str:
    return "hard" if hard else "only told"


def _check(name: str, title: str, status: Status, detail: str, remedy: str = "") -> Check:
    return Check(id=f"spend.{name}", group=_GROUP, title=title, status=status, detail=detail, remedy=remedy)
