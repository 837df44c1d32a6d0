"""The spend page: sums, a plot of days, bars of models, projects and providers, budgets."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Final

from tui.core.guard_events import BudgetState
from tui.core.money import usd_short
from tui.core.spend_report import SpendReport, SpendSum
from tui.ui.glyphs import Glyphs
from tui.ui.view.format import Line, Span, Tone, arrow, cells, clip, ellipsis, fit, tokens
from tui.ui.view.guard_state import share
from tui.ui.view.plot import Column, bars, columns
from tui.ui.view.spend_text import bar, budget_tone, budget_words

TABS_ROW: Final = 2
"""The line of the pages' names."""
_MOST_PLOT: Final = 16
_MOST_BUDGETS: Final = 5
_SECTION_FROM: Final = 5
"""Fewest rows a further section is worth."""


class SpendTab(StrEnum):
    """The pages. The value is the word people read."""

    DAYS = "Days"
    MODELS = "Models"
    PROJECTS = "Projects"
    PROVIDERS = "Providers"

    def neighbour(self, step: int) -> "SpendTab":
        """The page `step` places on, going round."""
        tabs = list(SpendTab)
        return tabs[(tabs.index(self) + step) % len(tabs)]


def spend_lines(
    report: SpendReport, tab: SpendTab, width: int, height: int, glyphs: Glyphs, *, below: int = 0, demo: bool = False
) -> list[Line]:
    """Return the page in exactly `height` lines. `below` is how many rows of a table are passed over."""
    head = [_title(report, width, glyphs, demo=demo), (), _tabs(tab), ()]
    foot = _budgets(report.budgets, width, glyphs)
    room = max(height - len(head) - len(foot), 3)
    body = _days(report, width, room, glyphs) if tab is SpendTab.DAYS else _table(report, tab, width, glyphs)[below:]
    body = body[:room]
    lines = [*head, *body, *[()] * (room - len(body)), *foot]
    return lines[:height]


def table_rows(report: SpendReport, tab: SpendTab) -> tuple[SpendSum, ...]:
    """The sums a page lists, the largest first; days the newest first."""
    if tab is SpendTab.DAYS:
        return tuple(reversed(report.days))
    groups = {SpendTab.MODELS: report.models, SpendTab.PROJECTS: report.projects, SpendTab.PROVIDERS: report.providers}
    return tuple(sorted(groups[tab], key=lambda one: (-one.cost_pico, -one.calls, one.key)))


def tab_at(x: int) -> SpendTab | None:
    """The page whose name stands at a cell of the tabs' line."""
    end = 1
    for tab in SpendTab:
        start, end = end, end + len(tab.value) + 2
        if start <= x < end:
            return tab
    return None


def sum_text(one: SpendSum, glyphs: Glyphs) -> str:
    """A sum's money, calls and tokens; what has no price is said."""
    money = usd_short(one.cost_pico) if one.cost_pico or not one.unpriced else ""
    unpriced = f"{'+ ' if money else ''}{one.unpriced} unpriced" if one.unpriced else ""
    calls = f"{one.calls} call{'' if one.calls == 1 else 's'}"
    counts = f"{tokens(one.input_tokens)}{arrow(glyphs)}{tokens(one.output_tokens)}"
    return "  ".join(part for part in (unpriced, f"{calls:>9}", f"{counts:>11}", f"{money:>7}") if part)


def _title(report: SpendReport, width: int, glyphs: Glyphs, *, demo: bool) -> Line:
    left: list[tuple[int, Span]] = [(0, (" Spend", Tone.STRONG))]
    if demo:
        left.append((1, (" SIMULATED ", Tone.FLAG)))
    sums = (
        (0, report.session, "session"),
        (0, report.today, "today"),
        (1, report.month, "month"),
        (2, report.whole, "in all"),
    )
    left += [(rank, (f"{usd_short(one.cost_pico)} {word}", Tone.PLAIN)) for rank, one, word in sums]
    whole = report.whole
    notes = [
        f"+ {whole.unpriced} unpriced" if whole.unpriced else "",
        f"{usd_short(whole.saved_pico)} saved" if whole.saved_pico else "",
        f"{report.entries} entr{'y' if report.entries == 1 else 'ies'}",
    ]
    return fit(
        left, ("  ".join(note for note in notes if note) + " ", Tone.MUTED), width, apart=2, end=ellipsis(glyphs)
    )


def _tabs(tab: SpendTab) -> Line:
    spans: list[Span] = [(" ", Tone.PLAIN)]
    spans += [(f" {one.value} ", Tone.MARK if one is tab else Tone.MUTED) for one in SpendTab]
    return tuple(spans)


def heading(text: str, width: int, glyphs: Glyphs) -> Line:
    """A section's name and a rule to the right edge."""
    rule = glyphs.horizontal * max(width - cells(text) - 3, 0)
    return ((f" {text} ", Tone.STRONG), (rule, Tone.FRAME))


def _days(report: SpendReport, width: int, room: int, glyphs: Glyphs) -> list[Line]:
    if not report.days or not any(day.calls for day in report.days):
        return [((" Nothing spent in the last 30 days.", Tone.MUTED),)]
    data = [Column(_day(one.key), one.cost_pico, bool(one.unpriced)) for one in report.days]
    lines = columns(data, width - 1, min(room, _MOST_PLOT), glyphs)
    for name, tab in (("Models this month", SpendTab.MODELS), ("Projects this month", SpendTab.PROJECTS)):
        left = room - len(lines) - 1
        if left >= _SECTION_FROM and table_rows(report, tab):
            rows = _table(report, tab, width, glyphs)[: min(left - 1, 8)]
            lines += [(), heading(name, width, glyphs), *rows]
    return lines


def _day(key: str) -> str:
    """A day's short label: ``3 Nov``; a key that is no date stays what it is."""
    try:
        day = date.fromisoformat(key)
    except ValueError:
        return key
    return f"{day.day} {day.strftime('%b')}"


def _table(report: SpendReport, tab: SpendTab, width: int, glyphs: Glyphs) -> list[Line]:
    rows = table_rows(report, tab)
    if not rows:
        return [((" Nothing yet this month.", Tone.MUTED),)]
    name = _project if tab is SpendTab.PROJECTS else str
    return bars([(name(one.key), one.cost_pico, sum_text(one, glyphs)) for one in rows], width - 1, glyphs)


def _project(key: str) -> str:
    """A project's folder by its last two parts."""
    return "/".join(key.rstrip("/").split("/")[-2:]) or key


def _budgets(budgets: Sequence[BudgetState], width: int, glyphs: Glyphs) -> list[Line]:
    if not budgets:
        hint = " No budget is set: [budgets.NAME] in the configuration, or /budget 0.50 for this session."
        return [heading("Budgets", width, glyphs), ((clip(hint, width, ellipsis(glyphs)), Tone.MUTED),)]
    lines = [(), heading("Budgets", width, glyphs)]
    ordered = sorted(budgets, key=share, reverse=True)
    name_width = min(max(cells(one.name) for one in ordered), 20)
    for budget in ordered[:_MOST_BUDGETS]:
        fraction = share(budget)
        words = budget_words(fraction)
        held = f", {usd_short(budget.held_pico)} held" if budget.held_pico else ""
        amounts = f"{usd_short(budget.spent_pico)} of {usd_short(budget.limit_pico)}{held}"
        amounts += f"  {'hard' if budget.hard else 'soft'}"
        name = clip(budget.name, name_width, ellipsis(glyphs))
        size = min(max(width - name_width - cells(words) - cells(amounts) - 7, 4), 40)
        lines.append(
            (
                (f" {name}{' ' * (name_width - cells(name))}  ", Tone.PLAIN),
                *bar(budget, size, glyphs),
                (f" {words}  ", budget_tone(fraction)),
                (amounts, Tone.MUTED),
            )
        )
    if len(ordered) > _MOST_BUDGETS:
        lines.append(((f" and {len(ordered) - _MOST_BUDGETS} more, none nearer its limit", Tone.MUTED),))
    return lines
