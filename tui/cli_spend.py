"""`llmmixer spend`: what was spent, by model, project, day and provider, and how the budgets stand."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import tzinfo
from pathlib import Path
from typing import Any, Final

from tui.config.load import load
from tui.config.paths import shown, state_dir
from tui.core.clock import Clock, SystemClock
from tui.core.errors import ExitCode
from tui.core.money import usd_short
from tui.core.secrets import mask
from tui.core.untrusted import clean, clean_line
from tui.spend.budget import Budget, Standing, budgets_of, scope_words, zone
from tui.spend.export import entry_row, exact_usd
from tui.spend.project import project_key
from tui.spend.records import Total
from tui.spend.report import Report, empty, gather
from tui.spend.storage import LedgerError, ledger_path
from tui.spend.store import Store

_BAR_CELLS: Final = 20
_NAME_CELLS: Final = 34
_WORTH_SAYING_PICO: Final = 100_000_000


def run_spend(environ: Mapping[str, str], cwd: Path, as_json: bool, clock: Clock | None = None) -> int:
    """Print the spending of this user and return the exit code; raises `LedgerError` when it cannot be read."""
    config = load(environ=environ, cwd=cwd).config
    tz = zone(config.spend.timezone)
    path = ledger_path(state_dir(environ))
    report = _read(path, budgets_of(config), project_key(cwd), clock or SystemClock(), tz)
    if as_json:
        _print(json.dumps(report_json(report, tz), ensure_ascii=False, indent=2) + "\n")
    else:
        _print(report_text(report, shown(path, environ), ascii_only=_ascii_only()))
    return ExitCode.OK


def _read(path: Path, budgets: Sequence[Budget], project: str, clock: Clock, tz: tzinfo | None) -> Report:
    if not path.exists():
        return empty(budgets, project=project, wall=clock.wall(), tz=tz)
    try:
        store = Store(path, clock)
    except LedgerError:
        if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK):
            raise
        store = Store(path, clock, read_only=True)  # looking is possible where writing is not
    else:
        store.sweep()
    try:
        return gather(store, budgets, project=project, wall=clock.wall(), tz=tz)
    finally:
        store.close()


def report_json(report: Report, tz: tzinfo | None) -> dict[str, Any]:
    """Return a report as JSON-ready data; money is decimal text in dollars."""
    return {
        "today": _total_json(report.today),
        "month": _total_json(report.month),
        "all": _total_json(report.whole),
        "models": [{"model": clean_line(total.key), **_total_json(total)} for total in report.models],
        "projects": [{"project": clean_line(total.key, 1_000), **_total_json(total)} for total in report.projects],
        "providers": [{"provider": clean_line(total.key), **_total_json(total)} for total in report.providers],
        "days": [{"day": day.isoformat(), **_total_json(total)} for day, total in report.days],
        "budgets": [_budget_json(standing) for standing in report.budgets],
        "orphans": [entry_row(entry, tz) for entry in report.orphans],
    }


def _total_json(total: Total) -> dict[str, Any]:
    usage = total.usage
    return {
        "calls": total.calls,
        "cost_usd": exact_usd(total.cost_pico),
        "held_usd": exact_usd(total.held_pico),
        "saved_by_cache_usd": exact_usd(total.saved_pico),
        "unpriced_calls": total.unpriced,
        "estimated_calls": total.estimated,
        "orphaned_calls": total.orphans,
        "usage": {
            "input_tokens": usage.input_tokens,
            "cache_read_tokens": usage.cache_read_tokens,
            "cache_write_5m_tokens": usage.cache_write_5m_tokens,
            "cache_write_1h_tokens": usage.cache_write_1h_tokens,
            "output_tokens": usage.output_tokens,
            "reasoning_tokens": usage.reasoning_tokens,
        },
    }


def _budget_json(standing: Standing) -> dict[str, Any]:
    budget = standing.budget
    return {
        "name": budget.name,
        "scope": str(budget.scope),
        "window": str(budget.period),
        "provider": budget.provider or None,
        "hard": budget.hard,
        "limit_usd": exact_usd(budget.limit_pico),
        "spent_usd": exact_usd(standing.spent_pico),
        "held_usd": exact_usd(standing.held_pico),
        "left_usd": exact_usd(standing.left_pico),
        "unpriced_calls": standing.unpriced,
    }


def report_text(report: Report, place: str, *, ascii_only: bool) -> str:
    """Return a report for people to read."""
    lines = [
        f"today       {_amount(report.today)}",
        f"this month  {_amount(report.month)}",
        f"in all      {_amount(report.whole)}",
    ]
    if report.budgets:
        lines += ["", "budgets"]
        lines += [_budget_line(standing, ascii_only=ascii_only) for standing in report.budgets]
    for title, totals in (
        ("models this month", report.models),
        ("projects this month", report.projects),
        ("providers this month", report.providers),
    ):
        if totals:
            lines += ["", title]
            lines += [f"  {clean_line(total.key, _NAME_CELLS):<{_NAME_CELLS}}  {_amount(total)}" for total in totals]
    most = max((total.cost_pico for _, total in report.days), default=0)
    if most:
        lines += ["", "days"]
        first = next(index for index, (_, total) in enumerate(report.days) if total.calls)
        for day, total in report.days[first:]:
            bar = _bar(total.cost_pico / most, ascii_only=ascii_only)
            lines.append(f"  {day.isoformat()}  {bar}  {_amount(total)}")
    if report.orphans:
        lines += [
            "",
            "orphans this month: calls whose program ended before they did, booked with all they had reserved",
        ]
        lines += [
            f"  {clean_line(entry.model, _NAME_CELLS):<{_NAME_CELLS}}  "
            + ("price unknown" if entry.cost_pico is None else usd_short(entry.cost_pico))
            for entry in report.orphans
        ]
    lines += ["", f"ledger: {place}"]
    return "\n".join(lines) + "\n"


def _amount(total: Total) -> str:
    parts = [usd_short(total.cost_pico)]
    if total.unpriced:
        parts.append(f"+ {total.unpriced} unpriced")
    if total.held_pico:
        parts.append(f"({usd_short(total.held_pico)} held)")
    parts.append(f"{total.calls} {'call' if total.calls == 1 else 'calls'}")
    if total.saved_pico >= _WORTH_SAYING_PICO:
        parts.append(f"{usd_short(total.saved_pico)} saved by cache")
    return "  ".join(parts)


def _budget_line(standing: Standing, *, ascii_only: bool) -> str:
    budget = standing.budget
    kind = "hard" if budget.hard else "soft"
    extra = f"  + {standing.unpriced} unpriced" if standing.unpriced else ""
    amounts = f"{usd_short(standing.spent_pico + standing.held_pico)} of {usd_short(budget.limit_pico)}"
    return (
        f"  {clean_line(budget.name, 20):<20}  {_bar(standing.used, ascii_only=ascii_only)} {standing.used:>5.0%}  "
        f"{amounts} {scope_words(budget)} ({kind}){extra}"
    )


def _bar(fraction: float, *, ascii_only: bool) -> str:
    """Return a bar of a fixed width; anything above nothing shows, and only the whole fills it."""
    cells = int(min(max(fraction, 0.0), 1.0) * _BAR_CELLS)
    if fraction > 0 and cells == 0:
        cells = 1
    full, rest = ("#", ".") if ascii_only else ("█", "░")
    return full * cells + rest * (_BAR_CELLS - cells)


def _ascii_only() -> bool:
    return sys.stdout is None or "utf" not in (sys.stdout.encoding or "").lower()


def _print(text: str) -> None:
    if sys.stdout is not None:
        sys.stdout.write(clean(mask(text)))
