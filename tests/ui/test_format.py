"""Figures as short text, and lines that never exceed their width."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.core.chat import Usage
from tui.core.events import PaneInfo
from tui.ui.glyphs import ASCII, UNICODE, Glyphs
from tui.ui.view import format as fmt
from tui.ui.view.format import Line, Tone
from tui.ui.view.spend_text import top_line
from tui.ui.view.state import PaneView, Phase, SessionView, Totals, TurnView
from tui.ui.view.strip import strip_line, tab_spans


def text_of(line: Line) -> str:
    return "".join(text for text, _ in line)


def busy_pane(name: str = "claude") -> PaneView:
    pane = PaneView.from_info(PaneInfo(name=name, provider="anthropic", model="claude-sonnet-5-5", role="review"))
    pane.turn = TurnView(
        id="t", began=0.0, attempt=2, attempt_began=0.0, first_token=0.8, last_token=20.8, characters=4000
    )
    pane.turn.usage = Usage(input_tokens=12_345, output_tokens=10)
    pane.turn.cost_pico = 123_000_000_000
    pane.phase = Phase.ANSWERING
    return pane


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0"), (999, "999"), (1000, "1.0k"), (9_949, "9.9k"), (9_950, "10k"), (48_211, "48k"), (999_499, "999k"),
     (999_500, "1.0M"), (1_300_000, "1.3M"), (12_345_678, "12M"), (2_000_000_000, "2.0G")],
)  # fmt: skip
def test_tokens(count: int, text: str) -> None:
    assert fmt.tokens(count) == text


@given(st.integers(min_value=0, max_value=10**11))
def test_tokens_never_take_more_than_six_characters(count: int) -> None:
    assert len(fmt.tokens(count)) <= 6


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-1.0, "0.0s"), (0.04, "0.0s"), (0.84, "0.8s"), (9.94, "9.9s"), (9.96, "10s"), (59.4, "59s"), (59.6, "1m00s"),
     (125, "2m05s"), (3599.7, "1h00m"), (3720, "1h02m")],
)  # fmt: skip
def test_duration(seconds: float, text: str) -> None:
    assert fmt.duration(seconds) == text


@pytest.mark.parametrize(
    ("pico", "unpriced", "text"),
    [
        (0, False, "$0"),
        (0, True, "unpriced"),
        (42_000_000_000, False, "$.042"),
        (42_000_000_000, True, "$.042 + unpriced"),
    ],
)
def test_an_unknown_cost_is_said_and_never_counted_as_nothing(pico: int, unpriced: bool, text: str) -> None:
    assert fmt.spend(Totals(cost_pico=pico, unpriced=unpriced)) == text


@pytest.mark.parametrize(("text", "width"), [("abc", 3), ("日本", 4), ("e\u0301", 1), ("a日", 3), ("", 0)])
def test_cells(text: str, width: int) -> None:
    assert fmt.cells(text) == width


@given(st.text(alphabet="ab日本e\u0301 ", max_size=40), st.integers(min_value=0, max_value=50))
def test_clip_never_exceeds_the_width_and_keeps_what_fits(text: str, width: int) -> None:
    clipped = fmt.clip(text, width)
    assert fmt.cells(clipped) <= width
    if fmt.cells(text) <= width:
        assert clipped == text


@given(
    st.lists(st.tuples(st.integers(0, 3), st.text(alphabet="ab日 ", max_size=12)), max_size=6),
    st.text(alphabet="xy本", max_size=12),
    st.integers(min_value=1, max_value=60),
)
def test_fit_never_exceeds_the_width(parts: list[tuple[int, str]], right: str, width: int) -> None:
    line = fmt.fit([(rank, (text, Tone.PLAIN)) for rank, text in parts], (right, Tone.MUTED), width)
    assert fmt.cells(text_of(line)) <= width


def test_fit_drops_the_least_important_first_and_keeps_the_order() -> None:
    parts = [(1, ("one", Tone.PLAIN)), (3, ("three", Tone.PLAIN)), (2, ("two", Tone.PLAIN))]
    assert text_of(fmt.fit(parts, ("", Tone.PLAIN), 13)) == "one three two"
    assert text_of(fmt.fit(parts, ("", Tone.PLAIN), 12)) == "one two"
    assert text_of(fmt.fit(parts, ("", Tone.PLAIN), 6)) == "one"


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
@pytest.mark.parametrize("phase", list(Phase))
@pytest.mark.parametrize("width", [20, 38, 39, 50, 120])
def test_heads_fit_in_every_state_and_say_it_in_words(phase: Phase, width: int, glyphs: Glyphs) -> None:
    pane = busy_pane()
    pane.phase = phase
    pane.queued = {"p1": "next", "p2": "after"}
    title = text_of(fmt.head_title(pane, 1, width, glyphs, 5.0, selected=True))
    figures = text_of(fmt.head_figures(pane, width, glyphs))
    compact = text_of(fmt.head_compact(pane, 1, width, glyphs, 5.0, selected=False))
    for line in (title, figures, compact):
        assert fmt.cells(line) <= width
        assert glyphs is not ASCII or line.isascii()
    for line in (title, compact):
        assert phase.value[: width - 3] in line


def test_head_at_38_cells_holds_speed_tokens_cost_and_attempt() -> None:
    pane = busy_pane()
    figures = text_of(fmt.head_figures(pane, 38, UNICODE))
    assert "12k→~1.0k" in figures
    assert "try 2" in figures
    assert "50t/s" in figures
    assert "$.123" in figures


def test_head_at_38_cells_holds_every_figure_of_a_common_turn() -> None:
    pane = busy_pane()
    assert pane.turn is not None
    pane.turn.attempt = 1
    assert text_of(fmt.head_figures(pane, 38, UNICODE)) == " ttft 0.8s  50t/s  12k→~1.0k  $.123"
    assert "   ttft 0.8s  50 tok/s  12k→~1.0k  $.123" in text_of(fmt.head_figures(pane, 50, UNICODE))


def test_waiting_counts_the_seconds_and_a_retry_counts_down() -> None:
    pane = busy_pane()
    pane.phase = Phase.WAITING
    assert pane.turn is not None
    pane.turn.first_token = None
    assert fmt.state_words(pane, UNICODE, 12.2) == "◔ waiting 12s"
    assert pane.turn is not None
    pane.phase = Phase.RATE_LIMITED
    pane.turn.retry_at = 30.0
    assert fmt.state_words(pane, UNICODE, 18.0) == "▲ rate limited 12s"
    assert fmt.state_words(pane, UNICODE, 31.0) == "▲ rate limited"


def test_a_stream_that_says_nothing_is_called_silent() -> None:
    pane = busy_pane()
    assert fmt.state_words(pane, UNICODE, 23.7) == "● answering"
    assert fmt.state_words(pane, UNICODE, 24.8) == "◔ silent 4.0s"
    assert pane.turn is not None
    assert pane.turn.tokens_per_second() == pytest.approx(50.0)
    pane.turn.seconds = 30.0
    pane.phase = Phase.DONE
    assert fmt.state_words(pane, UNICODE, 99.0) == "✓ done"


def session(demo: bool = False) -> SessionView:
    panes = [
        PaneInfo(name="claude", provider="anthropic", model="c", role=""),
        PaneInfo(name="gpt", provider="openai", model="g", role=""),
        PaneInfo(name="gemini", provider="gemini", model="m", role=""),
    ]
    view = SessionView(session="session_abc7f3a", demo=demo, selected="gpt")
    view.panes = {info.name: PaneView.from_info(info) for info in panes}
    return view


def test_top_line_says_what_fits() -> None:
    view = session(demo=True)
    wide = text_of(top_line(view, "repo", "main", 120, UNICODE))
    assert [word for word in ("llmmixer", "DEMO", "repo", "⎇ main", "session 7f3a", "simulated") if word in wide] == [
        "llmmixer", "DEMO", "repo", "⎇ main", "session 7f3a", "simulated"
    ]  # fmt: skip
    assert len(wide) == 120
    narrow = text_of(top_line(view, "repo", "main", 36, UNICODE))
    assert "llmmixer" in narrow
    assert "DEMO" in narrow
    assert len(narrow) <= 36


def test_strip_gives_up_words_before_names() -> None:
    view = session()
    view.panes["gpt"].set_phase(Phase.THINKING)
    assert "thinking" in text_of(strip_line(view, 80, UNICODE, 0.0))
    short = text_of(strip_line(view, 36, UNICODE, 0.0))
    assert "thinking" not in short
    assert all(name in short for name in view.panes)


def test_tabs_mark_the_selected_pane() -> None:
    tabs = tab_spans(session(), UNICODE, ("gpt",), 120)
    assert [name for name, _ in tabs] == ["claude", "gpt", "gemini"]
    assert [line[0][1] for _, line in tabs] == [Tone.MUTED, Tone.MARK, Tone.MUTED]


@pytest.mark.parametrize(("count", "text"), [(1, "1 line below"), (12, "12 lines below")])
def test_below_line(count: int, text: str) -> None:
    assert text in fmt.below_line(count, 40, "Ctrl+End", UNICODE)
    assert "Ctrl+End" in fmt.below_line(count, 40, "Ctrl+End", UNICODE)
    assert fmt.cells(fmt.below_line(count, 10, "Ctrl+End", UNICODE)) <= 10
