"""What the spend screen and the prompt's price tag ask of a session."""

import asyncio
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Literal

from tui.core.chat import ChatRequest
from tui.core.errors import LLMMixerError, Problem
from tui.core.spend_report import SpendReport, SpendSum
from tui.engine.session import PanePlan
from tui.engine.spending import Spending, budget_state
from tui.spend.export import to_csv, to_json
from tui.spend.ledger import Ledger
from tui.spend.reading import Grouping
from tui.spend.records import Span, Total
from tui.spend.usage import estimate_request

_DAYS: Final = 30
_MOST_ENTRIES: Final = 1_000_000
_SHORT_ANSWER: Final = 200
_LONG_ANSWER: Final = 1_500
"""Output tokens of the short and the long answer whose price is told before a prompt is sent."""


async def spend_report(spending: Spending) -> SpendReport:
    """Return what was spent so far. Raises `LLMMixerError` when there is no ledger or it cannot be read."""
    ledger = _ledger(spending)
    report = await ledger.report(
        spending.budgets, project=spending.project, session=spending.session, tz=spending.zone, days=_DAYS
    )
    session = await ledger.totals(Grouping.ALL, Span(session=spending.session))
    return SpendReport(
        session=_sum(session[0] if session else Total(key="session")),
        today=_sum(report.today),
        month=_sum(report.month),
        whole=_sum(report.whole),
        models=tuple(map(_sum, report.models)),
        projects=tuple(map(_sum, report.projects)),
        providers=tuple(map(_sum, report.providers)),
        days=tuple(_sum(total, day.isoformat()) for day, total in report.days),
        budgets=tuple(map(budget_state, report.budgets)),
        entries=report.whole.calls,
    )


async def export(spending: Spending, form: Literal["csv", "json"], path: Path) -> None:
    """Write every entry of the ledger to a new file, readable by its owner alone.

    Raises `LLMMixerError` when the ledger cannot be read, `OSError` when the file cannot be written or exists.
    """
    entries = await _ledger(spending).entries(Span(), limit=_MOST_ENTRIES)
    text = (to_csv if form == "csv" else to_json)(entries, spending.zone)
    await asyncio.to_thread(_write_new, path, text)


def estimate(spending: Spending, requests: Iterable[tuple[PanePlan, ChatRequest]]) -> tuple[int, int] | None:
    """Return what a short and a long answer to `requests` cost together, in pico-dollars; None: no price known."""
    low = high = 0
    for plan, request in requests:
        tokens = spending.calibration.correct(plan.model, estimate_request(request))
        short = spending.estimate(plan, tokens, min(_SHORT_ANSWER, request.max_tokens))
        long = spending.estimate(plan, tokens, min(_LONG_ANSWER, request.max_tokens))
        if short is None or long is None:
            return None
        low, high = low + short, high + long
    return low, high


def _ledger(spending: Spending) -> Ledger:
    if spending.ledger is None:
        raise LLMMixerError(Problem(title="No ledger", text="This session keeps no record of what it spends."))
    return spending.ledger


def _sum(total: Total, key: str | None = None) -> SpendSum:
    return SpendSum(
        key=total.key if key is None else key,
        calls=total.calls,
        cost_pico=total.cost_pico,
        input_tokens=total.usage.total_input_tokens,
        output_tokens=total.usage.output_tokens,
        saved_pico=total.saved_pico,
        unpriced=total.unpriced,
        estimated=total.estimated + total.orphans,
    )


def _write_new(path: Path, text: str) -> None:
    file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    with os.fdopen(file, "w", encoding="utf-8") as stream:
        stream.write(text)
