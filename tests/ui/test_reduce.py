"""Events in, view out: no Textual, no clock but the one handed in."""

from typing import Any

import pytest

from tui.core.chat import AssistantMessage, StopReason, ToolCall, Usage
from tui.core.errors import Outcome, Problem
from tui.core.events import (
    AttemptStarted,
    ConversationCleared,
    Event,
    MessageCompleted,
    Notice,
    NoticeLevel,
    PaneInfo,
    PromptDropped,
    PromptQueued,
    ProviderLoading,
    ProviderReady,
    SessionEnded,
    SessionStarted,
    StreamStarted,
    TextDelta,
    ThinkingDelta,
    ToolCallBegan,
    ToolCallRequested,
    TurnFinished,
    TurnStarted,
    UsageReported,
)
from tui.ui.view.document import SectionKind
from tui.ui.view.reduce import failure_text, reduce
from tui.ui.view.state import Append, Begin, Clear, End, Operation, PaneView, Phase, SessionView
from tui.ui.view.tool_line import ToolLine, ToolState

PANES = (
    PaneInfo(name="claude", provider="anthropic", model="claude-sonnet-5-5", role="review"),
    PaneInfo(name="gpt", provider="openai", model="gpt-6.2-sol"),
)


SAID = Problem(title="Said", text="The engine's words.", hint="What to do.")


def started() -> SessionView:
    view = SessionView()
    reduce(view, SessionStarted(session="session_x", panes=PANES, demo=True), 0.0)
    return view


def feed(view: SessionView, *timed: tuple[float, Event]) -> PaneView:
    for now, event in timed:
        reduce(view, event, now)
    return view.panes["claude"]


def turn(text: str = "hi", at: float = 1.0) -> list[tuple[float, Event]]:
    return [
        (at, TurnStarted(pane="claude", turn="t1", prompt=text, model="claude-sonnet-5-5")),
        (at, AttemptStarted(pane="claude", turn="t1", attempt=1, model="claude-sonnet-5-5")),
        (at + 0.1, StreamStarted(pane="claude", turn="t1", attempt=1)),
    ]


def finished(outcome: Outcome = Outcome.SUCCESS, **changes: Any) -> TurnFinished:
    values: dict[str, Any] = {
        "pane": "claude", "turn": "t1", "outcome": outcome,
        "stop": StopReason.END if outcome is Outcome.SUCCESS else None,
        "usage": Usage(input_tokens=10, output_tokens=20), "cost_pico": 5, "attempts": 1, "model": "claude-sonnet-5-5",
        "first_token_s": 0.5, "seconds": 2.5,
    }  # fmt: skip
    return TurnFinished(**{**values, **changes})


def text(seq: int, words: str) -> TextDelta:
    return TextDelta(pane="claude", turn="t1", seq=seq, text=words)


def take(pane: PaneView) -> list[Operation]:
    operations, pane.operations = pane.operations, []
    return operations


def test_a_session_starts_with_its_panes_and_the_first_selected() -> None:
    view = started()
    assert (view.session, view.demo, list(view.panes), view.selected) == (
        "session_x",
        True,
        ["claude", "gpt"],
        "claude",
    )
    view.selected = "gpt"
    kept = view.panes["gpt"]
    reduce(view, SessionStarted(session="session_x", panes=PANES), 1.0)
    assert view.selected == "gpt"
    assert view.panes["gpt"] is kept


def test_a_whole_turn_becomes_sections_in_order() -> None:
    view = started()
    pane = feed(
        view,
        *turn("why?"),
        (1.5, ThinkingDelta(pane="claude", turn="t1", seq=1, text="hm ")),
        (3.5, ThinkingDelta(pane="claude", turn="t1", seq=2, text="so")),
        (4.0, text(3, "Be")),
        (4.1, text(4, "cause")),
        (4.2, MessageCompleted(pane="claude", turn="t1", message=AssistantMessage(text="Because"))),
        (4.2, finished()),
    )
    assert take(pane) == [
        Begin(SectionKind.PROMPT, "You"), Append("why?"), End(),
        Begin(SectionKind.THINKING), Append("hm "), Append("so"), End("2.5s"),
        Begin(SectionKind.ANSWER), Append("Be"), Append("cause"), End(),
    ]  # fmt: skip
    assert pane.phase is Phase.DONE
    assert pane.part is None


def test_phases_follow_the_stream() -> None:
    view = started()
    seen: list[Phase] = []
    timed: list[tuple[float, Event]] = [
        (0.0, ProviderLoading(pane="claude")),
        (0.5, ProviderReady(pane="claude")),
        *turn(),
        (2.0, ThinkingDelta(pane="claude", turn="t1", seq=1, text="x")),
        (3.0, text(2, "y")),
        (3.5, ToolCallBegan(pane="claude", turn="t1", call_id="c", name="run")),
        (4.0, finished()),
    ]
    for now, event in timed:
        pane = feed(view, (now, event))
        if not seen or seen[-1] is not pane.phase:
            seen.append(pane.phase)
    assert seen == [
        Phase.CONNECTING, Phase.READY, Phase.WAITING, Phase.THINKING, Phase.ANSWERING, Phase.CALLING, Phase.DONE
    ]  # fmt: skip


def test_loading_does_not_hide_a_running_turn() -> None:
    pane = feed(started(), *turn(), (1.2, ProviderLoading(pane="claude")), (1.3, ProviderReady(pane="claude")))
    assert pane.phase is Phase.WAITING


def test_only_the_pane_that_is_named_changes() -> None:
    view = started()
    before = view.panes["gpt"].phase
    feed(view, *turn(), (2.0, text(1, "x")))
    assert view.panes["gpt"].phase is before
    assert view.panes["gpt"].operations == []


def test_text_is_handed_on_and_only_its_end_is_kept() -> None:
    view = started()
    pane = feed(view, *turn())
    for number in range(1, 2001):
        feed(view, (2.0, text(number, "word ")))
        take(pane)
    assert len(pane.tail) <= 600
    assert pane.turn is not None
    assert pane.turn.characters == 10_000


def test_a_delta_is_shown_once() -> None:
    view = started()
    pane = feed(view, *turn(), (2.0, text(1, "a")), (2.0, text(3, "b")), (2.0, text(3, "b")), (2.0, text(2, "late")))
    assert [one.text for one in take(pane) if isinstance(one, Append)][-2:] == ["a", "b"]


def test_deltas_of_an_older_turn_are_ignored() -> None:
    view = started()
    pane = feed(view, *turn())
    take(pane)
    feed(view, (2.0, TextDelta(pane="claude", turn="t0", seq=1, text="late")))
    assert pane.operations == []


def test_time_to_first_token_and_speed() -> None:
    view = started()
    pane = feed(view, *turn(at=10.0), (10.8, text(1, "a" * 200)))
    assert pane.turn is not None
    assert pane.turn.time_to_first_token() == pytest.approx(0.8)
    assert pane.turn.tokens_per_second() is None
    streaming = pane.turn
    feed(view, (11.8, text(2, "a" * 200)))
    assert streaming.tokens_per_second() == pytest.approx(100.0)
    assert streaming.silent_for(15.8) == pytest.approx(4.0)
    pane = feed(started(), *turn(at=10.0), (10.5, text(1, "a")), (12.5, finished()))
    assert pane.turn is not None
    assert pane.turn.time_to_first_token() == 0.5
    assert pane.turn.tokens_per_second() == pytest.approx(10.0)


def test_a_second_attempt_starts_its_figures_afresh() -> None:
    pane = feed(
        started(),
        *turn(),
        (2.0, AttemptStarted(pane="claude", turn="t1", attempt=2, model="other")),
    )
    assert pane.turn is not None
    assert (pane.turn.attempt, pane.turn.first_token, pane.model, pane.phase) == (2, None, "other", Phase.WAITING)


@pytest.mark.parametrize(
    ("outcome", "title", "phase"),
    [
        (Outcome.TRANSIENT, "Overloaded", Phase.OVERLOADED),
        (Outcome.TRANSIENT, "Server error", Phase.FAILED),
        (Outcome.RATE_LIMITED, "Rate limited", Phase.RATE_LIMITED),
        (Outcome.QUOTA_SPENT, "Quota", Phase.QUOTA),
        (Outcome.CALLER_ERROR, "Bad request", Phase.FAILED),
        (Outcome.AUTH, "No API key", Phase.NO_KEY),
        (Outcome.AUTH, "Key rejected", Phase.REJECTED),
        (Outcome.TRUNCATED, "Cut", Phase.CUT),
        (Outcome.OFFLINE, "Offline", Phase.OFFLINE),
    ],
)
def test_a_failed_turn_says_what_why_and_what_next(outcome: Outcome, title: str, phase: Phase) -> None:
    problem = Problem(title=title, text="It broke.", hint="Mend it.")
    pane = feed(started(), *turn(), (3.0, finished(outcome, problem=problem, retry_after=12.0)))
    assert pane.phase is phase
    begin, words, end = take(pane)[-3:]
    assert begin == Begin(SectionKind.ERROR, title)
    assert end == End()
    assert isinstance(words, Append)
    for part in ("It broke.", "Mend it.", "12s", "Press r"):
        assert part in words.text
    assert pane.turn is not None
    assert pane.turn.retry_at == 15.0


def test_a_stream_that_breaks_after_text_is_called_cut() -> None:
    problem = Problem(title="Connection lost", text="It broke.")
    broken = finished(Outcome.TRANSIENT, problem=problem)
    assert feed(started(), *turn(), (2.0, text(1, "half")), (3.0, broken)).phase is Phase.CUT
    assert feed(started(), *turn(), (3.0, broken)).phase is Phase.FAILED


def test_a_pane_that_cannot_get_ready_says_why_at_once() -> None:
    problem = Problem(title="No API key", text="There is no key.", hint="Set it.")
    notice = Notice(level=NoticeLevel.ERROR, problem=problem, pane="claude")
    pane = feed(started(), (0.0, ProviderLoading(pane="claude")), (0.5, notice))
    assert pane.phase is Phase.NO_KEY
    assert pane.operations == [Begin(SectionKind.ERROR, "No API key"), Append("There is no key.\n\nSet it."), End()]


def test_a_failure_without_a_reason_still_says_something() -> None:
    pane = feed(started(), *turn(), (3.0, finished(Outcome.TRANSIENT)))
    assert Begin(SectionKind.ERROR, "Failed") in pane.operations


def test_the_remapped_retry_key_is_named() -> None:
    assert "Press F9" in failure_text(Problem(title="t", text="x"), None, "F9")


@pytest.mark.parametrize(
    ("changes", "answer", "phase", "note"),
    [
        ({}, "", Phase.EMPTY, "without any text"),
        ({}, " \n ", Phase.EMPTY, "without any text"),
        ({"stop": StopReason.MAX_TOKENS, "problem": SAID}, "x", Phase.LIMIT, "The engine's words."),
        ({"stop": StopReason.REFUSAL, "problem": SAID}, "", Phase.REFUSED, "What to do."),
        ({"stop": StopReason.CONTENT_FILTER, "problem": SAID}, "x", Phase.REFUSED, "The engine's words."),
        ({"outcome": Outcome.CANCELLED, "stop": None}, "x", Phase.STOPPED, "stopped"),
    ],
)
def test_unusual_ends_are_said_in_the_pane(changes: dict[str, Any], answer: str, phase: Phase, note: str) -> None:
    deltas = [(2.0, text(1, answer))] if answer else []
    pane = feed(started(), *turn(), *deltas, (3.0, finished(**changes)))
    assert pane.phase is phase
    begin, words, _ = take(pane)[-3:]
    assert isinstance(begin, Begin)
    assert begin.kind is SectionKind.NOTICE
    assert isinstance(words, Append)
    assert note in words.text


def test_a_tool_call_alone_is_no_empty_answer_and_is_shown() -> None:
    call = ToolCall(id="c", name="read_file", arguments='{"path": "a\\u001b"}', parsed={"path": "a\x1b", "lines": 3})
    pane = feed(
        started(),
        *turn(),
        (2.0, ToolCallRequested(pane="claude", turn="t1", call=call)),
        (3.0, finished(stop=StopReason.TOOL_USE)),
    )
    assert pane.phase is Phase.DONE
    assert [(line.name, line.title, line.state, line.body) for line in take(pane) if isinstance(line, ToolLine)] == [
        ("read_file", "a␛", ToolState.NOT_RUN, "path: a␛\nlines: 3")
    ]


def test_a_broken_tool_call_shows_its_text() -> None:
    call = ToolCall(id="c", name="run", arguments='{"a": \x1b', parsed=None)
    pane = feed(started(), *turn(), (2.0, ToolCallRequested(pane="claude", turn="t1", call=call)))
    last = take(pane)[-1]
    assert isinstance(last, ToolLine)
    assert last.body == 'unreadable arguments: {"a": ␛'


def test_waiting_prompts_come_and_go() -> None:
    view = started()
    for number in (1, 2, 3):
        feed(view, (1.0, PromptQueued(pane="claude", prompt_id=f"p{number}", text=f"q{number}", waiting=number)))
    pane = feed(view, (2.0, PromptDropped(pane="claude", prompt_id="p3", waiting=2)))
    assert list(pane.queued.values()) == ["q1", "q2"]
    feed(view, (3.0, TurnStarted(pane="claude", turn="t1", prompt="q1", model="m", prompt_id="p1", waiting=1)))
    assert list(pane.queued.values()) == ["q2"]


def test_totals_count_finished_turns_and_what_runs() -> None:
    view = started()
    feed(view, *turn(), (2.0, text(1, "x")), (3.0, finished(cost_pico=7)))
    assert view.totals().cost_pico == 7
    reduce(view, TurnStarted(pane="gpt", turn="g1", prompt="x", model="m"), 4.0)
    reduce(view, UsageReported(pane="gpt", turn="g1", usage=Usage(output_tokens=5), cost_pico=11), 4.0)
    assert view.totals().cost_pico == 18
    end = TurnFinished(
        pane="gpt", turn="g1", outcome=Outcome.SUCCESS, stop=StopReason.END, usage=Usage(output_tokens=5),
        cost_pico=None, attempts=1, model="m",
    )  # fmt: skip
    reduce(view, end, 5.0)
    totals = view.totals()
    assert (totals.cost_pico, totals.unpriced, totals.turns) == (7, True, 2)


def test_a_failure_that_used_no_tokens_is_not_called_unpriced() -> None:
    view = started()
    feed(view, *turn(), (3.0, finished(Outcome.OFFLINE, usage=Usage(), cost_pico=None)))
    assert not view.totals().unpriced


def test_clearing_empties_the_pane_and_keeps_the_spend() -> None:
    view = started()
    pane = feed(view, *turn(), (2.0, text(1, "x")), (3.0, finished()), (4.0, ConversationCleared(pane="claude")))
    assert pane.operations == [Clear()]
    assert pane.phase is Phase.READY
    assert pane.turn is None
    assert view.totals().cost_pico == 5


def test_notices_wait_to_be_shown_and_the_end_is_known() -> None:
    view = started()
    notice = Notice(level=NoticeLevel.ERROR, problem=Problem(title="t", text="x"))
    reduce(view, notice, 1.0)
    reduce(view, SessionEnded(session="session_x"), 2.0)
    assert view.notices == [notice]
    assert view.ended


def test_events_of_unknown_panes_change_nothing() -> None:
    view = started()
    reduce(view, ProviderLoading(pane="ghost"), 1.0)
    reduce(view, TextDelta(pane="ghost", turn="t", seq=1, text="x"), 1.0)
    reduce(view, finished(pane="ghost"), 1.0)
    assert list(view.panes) == ["claude", "gpt"]
