"""Lines of spend and resilience: they fit, say everything in words, and plots are as high as their values."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ui.fake_engine import PANES
from tui.core.events import SessionStarted
from tui.core.guard_events import BudgetState, CircuitChanged, CircuitState, OfflineChanged, SpendChanged
from tui.core.spend_report import SpendReport, SpendSum
from tui.ui.glyphs import ASCII, UNICODE, Glyphs
from tui.ui.view.format import Line, cells
from tui.ui.view.guard_state import Offer, Wait
from tui.ui.view.health import FIRST_ROW, ROWS_EACH, health_lines, row_at
from tui.ui.view.pane_notice import NOTHING, pane_notice, wrapped
from tui.ui.view.plot import Column, bars, columns, nice_ceiling
from tui.ui.view.rail import rail_lines
from tui.ui.view.reduce import reduce
from tui.ui.view.spend_page import SpendTab, spend_lines, tab_at, table_rows
from tui.ui.view.spend_text import bar, budget_words, estimate_text, sparkline, top_line
from tui.ui.view.state import SessionView
from tui.ui.view.strip import strip_line

CENT = 10**10
GLYPHS = pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
KEYS = {"retry_now": "n", "use_fallback": "f", "stop": "Esc"}


def text_of(line: Line) -> str:
    return "".join(text for text, _ in line)


def budget(spent: int, limit: int, held: int = 0, name: str = "day") -> BudgetState:
    return BudgetState(name=name, scope="day", limit_pico=limit, spent_pico=spent, held_pico=held, hard=True)


def troubled() -> SessionView:
    view = SessionView()
    reduce(view, SessionStarted(session="session_1234", panes=PANES), 0.0)
    circuits = zip(PANES, (CircuitState.OPEN, CircuitState.HALF_OPEN, CircuitState.DISABLED), strict=True)
    for info, state in circuits:
        change = CircuitChanged(
            provider=info.provider, model=info.model, panes=(info.name,), state=state, failures=5, retry_in=24.0,
            reason="Overloaded",
        )  # fmt: skip
        reduce(view, change, 1.0)
    budgets = (budget(31 * CENT, 50 * CENT, 5 * CENT), budget(1, 100, name="a budget with a very long name"))
    changed = SpendChanged(
        session_pico=4 * CENT, project_pico=CENT, day_pico=31 * CENT, month_pico=444 * CENT, unpriced=1,
        saved_pico=12 * CENT, budgets=budgets,
    )  # fmt: skip
    reduce(view, changed, 1.0)
    reduce(view, OfflineChanged(offline=True), 1.0)
    return view


@GLYPHS
@pytest.mark.parametrize("width", [36, 60, 80, 120, 200])
def test_lines_of_trouble_fit(width: int, glyphs: Glyphs) -> None:
    view = troubled()
    lines = [strip_line(view, width, glyphs, 2.0), top_line(view, "repo", "main", width, glyphs, 2.0)]
    lines += rail_lines(view, min(width, 46), 50, glyphs, 2.0)
    for line in lines:
        assert cells(text_of(line)) <= width
        assert glyphs is not ASCII or text_of(line).isascii()


@GLYPHS
def test_the_strip_says_each_circuit_by_sign_and_word(glyphs: Glyphs) -> None:
    text = text_of(strip_line(troubled(), 160, glyphs, 2.0))
    for part in (
        f"{glyphs.circuit_open} open 23s Overloaded", f"{glyphs.circuit_half_open} half-open",
        f"{glyphs.circuit_disabled} disabled", "offline",
    ):  # fmt: skip
        assert part in text
    view = troubled()
    view.guard.circuits["anthropic", "claude-sonnet-5-5"].state = CircuitState.CLOSED
    assert f"{glyphs.circuit_closed} closed, 5 failed Overloaded" in text_of(strip_line(view, 160, glyphs, 2.0))
    signs = {glyphs.circuit_closed, glyphs.circuit_open, glyphs.circuit_half_open, glyphs.circuit_disabled}
    assert len(signs) == 4


def test_the_first_line_keeps_the_session_and_the_tightest_budget_longest() -> None:
    view = troubled()
    for width, parts in (
        (200, ("$.120 saved", "$.310 today", "$4.44 month", "$.040 + unpriced", "day ━", "62%", "OFFLINE")),
        (100, ("$.310 today", "$.040 + unpriced", "day ━", "62%")),
        (60, ("$.040 + unpriced", "62%")),
    ):
        text = text_of(top_line(view, "repo", "main", width, UNICODE, 2.0))
        assert [part for part in parts if part not in text] == []


@pytest.mark.parametrize(
    ("spent", "held", "shown"),
    [
        (0, 0, "─" * 10),
        (1, 0, "━" + "─" * 9),
        (50, 0, "━" * 5 + "─" * 5),
        (50, 20, "━" * 5 + "╍" * 2 + "─" * 3),
        (50, 1, "━" * 5 + "╍" + "─" * 4),
        (99, 0, "━" * 9 + "─"),
        (99, 500, "━" * 9 + "╍"),
        (100, 0, "━" * 10),
        (250, 9, "━" * 10),
    ],
)
def test_a_bar_never_shows_something_as_nothing_or_almost_as_all(spent: int, held: int, shown: str) -> None:
    assert text_of(bar(budget(spent, 100, held), 10, UNICODE)) == shown


@pytest.mark.parametrize(
    ("fraction", "words"),
    [(0.0, "0%"), (0.799, "79%"), (0.8, "80% near limit"), (0.999, "99% near limit"), (1.0, "100% limit reached"),
     (1.2, "120% limit reached")],
)  # fmt: skip
def test_budgets_in_words(fraction: float, words: str) -> None:
    assert budget_words(fraction) == words


@pytest.mark.parametrize(
    ("estimate", "text"),
    [(None, ""), ((CENT, 5 * CENT), "est. $.010-.050"), ((CENT, CENT), "est. $.010"), ((0, CENT), "est. $0-.010")],
)
def test_estimate(estimate: tuple[int, int] | None, text: str) -> None:
    assert estimate_text(estimate) == text


@pytest.mark.parametrize(
    ("values", "text"), [([], ""), ([0, 0], "  "), ([0, 1, 8], " ▂█"), ([7, 7], "██"), ([1, 100], "▁█")]
)
def test_sparkline(values: list[int], text: str) -> None:
    assert sparkline(values, UNICODE) == text


# ---- what a pane asks


@GLYPHS
@pytest.mark.parametrize("width", [1, 12, 20, 38, 60, 120])
def test_a_panes_notice_fits_and_its_keys_are_where_they_are_said_to_be(width: int, glyphs: Glyphs) -> None:
    view = troubled()
    pane = view.panes["claude"]
    pane.offer = Offer(asked="claude-sonnet-5-5", target="gpt-6.2-sol", reason="overloaded")
    notice = pane_notice(pane, width, glyphs, 0.0, KEYS)
    assert len(notice.lines) <= 4
    if width < 38:
        return
    assert all(cells(text_of(line)) <= width for line in notice.lines)
    last = text_of(notice.lines[-1])
    assert [(last[start:end].strip(), action) for start, end, action in notice.spots] == [
        ("f accept", "use_fallback"), ("Esc decline", "stop")
    ]  # fmt: skip
    whole = " ".join(" ".join(text_of(line) for line in notice.lines).split())
    assert "asked claude-sonnet-5-5, gpt-6.2-sol could answer: overloaded" in whole


def test_a_wait_names_the_keys_that_act() -> None:
    view = troubled()
    pane = view.panes["claude"]
    assert pane_notice(pane, 60, UNICODE, 0.0, KEYS) is NOTHING
    pane.wait = Wait(began=0.0, until=7.0, reason="Overloaded", attempt=2, attempts=3)
    line = text_of(pane_notice(pane, 60, UNICODE, 0.0, KEYS).lines[0])
    assert "retry 2/3 in 7s · Overloaded" in line
    assert line.endswith(" n now  Esc stop ")
    pane.wait = Wait(began=0.0, until=3.0, reason="50 requests/min")
    (limit,) = pane_notice(pane, 60, UNICODE, 0.0, KEYS).lines
    assert "waiting 3s · 50 requests/min" in text_of(limit)
    assert "now" not in text_of(limit)


@pytest.mark.parametrize(
    ("text", "rows"),
    [("one two three", ["one two", "three"]), ("one two three four five", ["one two", "three…"]), ("", [""]),
     ("abcdefghijk l", ["abcdef…", "l"])],
)  # fmt: skip
def test_wrapped(text: str, rows: list[str]) -> None:
    assert wrapped(text, 7, 2, "…") == rows


# ---- plots


@given(st.integers(min_value=0, max_value=10**15))
def test_the_axis_ends_at_a_round_amount_above_the_value(value: int) -> None:
    top = nice_ceiling(value)
    assert top >= value
    assert str(top).rstrip("0") in ("1", "2", "5")
    assert top == 1 or top <= value * 2.5


def heights(lines: list[Line], count: int, each: int) -> list[int]:
    """How many cells of each column are not blank."""
    plot = [text_of(line)[9:] for line in lines[:-2]]
    return [sum(row[number * each : number * each + 1].strip() != "" for row in plot) for number in range(count)]


@GLYPHS
def test_columns_are_as_high_as_their_values(glyphs: Glyphs) -> None:
    data = [Column(f"{number}", number * CENT) for number in range(11)]
    lines = columns(data, 80, 12, glyphs)
    assert len(lines) == 12
    assert heights(lines, 11, 6) == list(range(11))
    assert text_of(lines[0]).startswith("  $.100 ")
    assert "10" in text_of(lines[-1])


@GLYPHS
def test_a_small_value_shows_and_an_unpriced_day_is_marked(glyphs: Glyphs) -> None:
    lines = columns([Column("a", 1), Column("b", 10**12), Column("c", 0), Column("d", 0, unpriced=True)], 60, 8, glyphs)
    assert heights(lines, 4, 6)[0] == 1
    assert heights(lines, 4, 6)[2] == 0
    assert "?" in text_of(lines[-3])


@GLYPHS
@given(
    values=st.lists(st.integers(min_value=0, max_value=10**13), max_size=40),
    width=st.integers(min_value=12, max_value=120),
    height=st.integers(min_value=3, max_value=30),
)
def test_plots_fit(values: list[int], width: int, height: int, glyphs: Glyphs) -> None:
    data = [Column(f"{number} Nov", value) for number, value in enumerate(values)]
    lines = columns(data, width, height, glyphs)
    assert len(lines) <= height
    lines += bars([(one.label, one.value, "12 calls  $1.00") for one in data], max(width, 40), glyphs)
    for line in lines:
        assert cells(text_of(line)) <= max(width, 40)
        assert glyphs is not ASCII or text_of(line).isascii()


# ---- pages


def report(days: int = 30, groups: int = 12, budgets: int = 7) -> SpendReport:
    one = SpendSum(key="all", calls=2, cost_pico=31 * CENT, unpriced=1, saved_pico=CENT)
    models = tuple(SpendSum(key=f"model-{n}", calls=n, cost_pico=n * CENT) for n in range(groups))
    return SpendReport(
        session=one, today=one, month=one, whole=one, models=models, projects=models, providers=models,
        days=tuple(SpendSum(key=f"2026-11-{n % 28 + 1:02d}", calls=n, cost_pico=n * CENT) for n in range(days)),
        budgets=tuple(budget(n, 10, name=f"budget {n}") for n in range(budgets)), entries=8,
    )  # fmt: skip


@GLYPHS
@pytest.mark.parametrize("tab", list(SpendTab))
@pytest.mark.parametrize(("width", "height"), [(80, 23), (60, 12), (120, 39), (200, 59)])
@pytest.mark.parametrize("size", [(30, 12, 7), (0, 0, 0)])
def test_the_spend_page_fills_its_place(
    tab: SpendTab, width: int, height: int, size: tuple[int, int, int], glyphs: Glyphs
) -> None:
    lines = spend_lines(report(*size), tab, width, height, glyphs)
    assert len(lines) == height
    assert all(cells(text_of(line)) <= width for line in lines)
    assert any("Budgets" in text_of(line) for line in lines)


def test_tables_are_sorted_and_can_be_scrolled() -> None:
    data = report()
    assert [one.key for one in table_rows(data, SpendTab.MODELS)[:2]] == ["model-11", "model-10"]
    text = "\n".join(text_of(line) for line in spend_lines(data, SpendTab.MODELS, 80, 23, UNICODE, below=10))
    assert "model-1 " in text
    assert "model-11" not in text


def test_every_tab_is_found_where_it_stands() -> None:
    line = text_of(spend_lines(report(), SpendTab.DAYS, 80, 23, UNICODE)[2])
    assert [tab_at(line.index(tab.value)) for tab in SpendTab] == list(SpendTab)
    assert tab_at(79) is None
    tab = SpendTab.DAYS
    for _ in SpendTab:
        tab = tab.neighbour(1)
    assert (tab, tab.neighbour(-1)) == (SpendTab.DAYS, SpendTab.PROVIDERS)


@GLYPHS
@pytest.mark.parametrize(("width", "height"), [(80, 23), (60, 10), (200, 59)])
def test_the_health_page_fits_and_lists_the_newest_first(width: int, height: int, glyphs: Glyphs) -> None:
    view = troubled()
    for number in range(60):
        view.guard.happened(2.0 + number, "claude-sonnet-5-5", f"event {number} " + "x" * 90)
    lines = health_lines(view, width, height, glyphs, 70.0, selected=1, older=0, clock=lambda at: f"{at:08.1f}")
    assert len(lines) <= height
    texts = [text_of(line) for line in lines]
    assert all(cells(text) <= width for text in texts)
    assert glyphs is not ASCII or all(text.isascii() for text in texts)
    marked = [number for number, text in enumerate(texts) if text.startswith(f" {glyphs.prompt_mark}")]
    assert marked == [FIRST_ROW + ROWS_EACH] if height > 12 else True
    seen = [int(text.split("event ")[1].split()[0]) for text in texts if "event " in text]
    assert seen == sorted(seen, reverse=True)
    assert seen[0] == 59
    older = health_lines(view, width, height, glyphs, 70.0, selected=1, older=5, clock=lambda at: f"{at:08.1f}")
    assert any("event 54" in text_of(line) for line in older)


def test_models_that_only_step_in_are_listed_too() -> None:
    view = troubled()
    stand_in = CircuitChanged(
        provider="openai", model="spare", panes=(), state=CircuitState.CLOSED, failures=0, retry_in=None, reason=""
    )
    reduce(view, stand_in, 3.0)
    lines = health_lines(view, 80, 23, UNICODE, 3.0, selected=0, older=0, clock=str)
    text = "\n".join(text_of(line) for line in lines)
    assert "spare" in text
    assert "steps in for others" in text


def test_a_click_finds_its_row() -> None:
    found = [row_at(line, 3) for line in range(FIRST_ROW + ROWS_EACH * 3 + 2)]
    assert found == [None] * FIRST_ROW + [n for n, _ in itertools.product(range(3), range(ROWS_EACH))] + [None, None]
