"""What a headless run prints for given events, without an engine."""

import itertools
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.core import secrets
from tui.core.chat import StopReason, ToolCall, Usage
from tui.core.errors import Outcome, Problem
from tui.core.events import (
    AttemptStarted,
    Event,
    Notice,
    NoticeLevel,
    PaneInfo,
    SessionStarted,
    TextDelta,
    ThinkingDelta,
    ToolCallRequested,
    TurnFinished,
)
from tui.core.guard_events import RetryScheduled
from tui.core.tool_events import NOBODY, ApprovalResolved, ToolFinished, ToolStatus
from tui.core.trust import Resolution
from tui.headless_output import Cut, OutputFormat, Record, TextPrinter, make_printer
from tui.headless_status import problem_text, status_text, summary_text

ONE = (PaneInfo(name="claude", provider="anthropic", model="m-1"),)
THREE = (
    *ONE,
    PaneInfo(name="gpt", provider="openai", model="m-2"),
    PaneInfo(name="gemini", provider="gemini", model="m-3"),
)
OUTCOMES_DOWN = (Outcome.TRANSIENT, Outcome.RATE_LIMITED, Outcome.QUOTA_SPENT, Outcome.OFFLINE)


_numbers = itertools.count(1)


def text(pane: str, words: str) -> TextDelta:
    return TextDelta(pane=pane, turn=f"turn_{pane}", seq=next(_numbers), text=words)


def end(
    pane: str,
    outcome: Outcome = Outcome.SUCCESS,
    stop: StopReason | None = StopReason.END,
    problem: Problem | None = None,
) -> TurnFinished:
    return TurnFinished(
        pane=pane,
        turn=f"turn_{pane}",
        outcome=outcome,
        stop=stop if outcome is Outcome.SUCCESS else None,
        usage=Usage(input_tokens=3, output_tokens=5),
        cost_pico=1_500_000,
        attempts=1,
        model="m",
        request_id="req_1",
        problem=problem,
    )


def printed(panes: Sequence[PaneInfo], events: Sequence[Event]) -> str:
    printer = TextPrinter(panes)
    return "".join(printer.feed(event) for event in events)


def test_one_pane_is_printed_as_it_comes_and_ends_with_a_newline() -> None:
    printer = TextPrinter(ONE)
    assert printer.feed(text("claude", "# Hi\n\nthe")) == "# Hi\n\nthe"
    assert printer.feed(text("claude", "re")) == "re"
    assert printer.feed(end("claude")) == "\n"


def test_no_second_newline_after_an_answer_that_has_one() -> None:
    assert printed(ONE, [text("claude", "a\n"), end("claude")]) == "a\n"


def test_an_answer_without_text_prints_nothing() -> None:
    assert printed(ONE, [end("claude", Outcome.OFFLINE)]) == ""


def test_the_first_pane_streams_and_the_others_wait_for_their_place() -> None:
    printer = TextPrinter(THREE)
    assert printer.feed(text("gpt", "second")) == ""
    assert printer.feed(text("claude", "fir")) == "## claude (m-1)\n\nfir"
    assert printer.feed(end("gpt")) == ""
    assert printer.feed(text("claude", "st")) == "st"
    assert printer.feed(end("claude")) == "\n\n## gpt (m-2)\n\nsecond\n"
    assert printer.feed(text("gemini", "third")) == "\n## gemini (m-3)\n\nthird"
    assert printer.feed(end("gemini")) == "\n"


def test_a_pane_that_moves_to_the_front_streams_from_there() -> None:
    printer = TextPrinter(THREE[:2])
    printer.feed(text("gpt", "one "))
    assert printer.feed(end("claude")) == "## claude (m-1)\n\n## gpt (m-2)\n\none "
    assert printer.feed(text("gpt", "two")) == "two"


def test_a_failed_pane_says_so_in_its_place_among_several() -> None:
    problem = Problem(title="Overloaded", text="no capacity")
    events: list[Event] = [end("claude", Outcome.TRANSIENT, problem=problem), text("gpt", "fine"), end("gpt")]
    assert printed(THREE[:2], events) == "## claude (m-1)\n\n*Not complete: Overloaded*\n\n## gpt (m-2)\n\nfine\n"


def test_a_strange_success_says_so_in_its_place_among_several() -> None:
    empty = end("claude", problem=Problem(title="Empty answer", text="no text"))
    assert printed(THREE[:2], [empty, end("gpt")]) == "## claude (m-1)\n\n*Empty answer*\n\n## gpt (m-2)\n"


@given(order=st.permutations([0, 0, 0, 1, 1, 1, 2, 2, 2]))
def test_the_document_is_the_same_however_the_panes_interleave(order: list[int]) -> None:
    def events() -> list[Event]:
        left: list[list[Event]] = [[text(p.name, f"{p.name} a\n"), text(p.name, "b"), end(p.name)] for p in THREE]
        return [left[which].pop(0) for which in order]

    assert printed(THREE, events()) == (
        "## claude (m-1)\n\nclaude a\nb\n\n## gpt (m-2)\n\ngpt a\nb\n\n## gemini (m-3)\n\ngemini a\nb\n"
    )


@pytest.mark.parametrize(
    ("ends", "cut", "code"),
    [
        ([Outcome.SUCCESS], None, 0),
        ([Outcome.SUCCESS, Outcome.SUCCESS], None, 0),
        *[([outcome], None, 5) for outcome in OUTCOMES_DOWN],
        ([Outcome.TRANSIENT, Outcome.OFFLINE, Outcome.QUOTA_SPENT], None, 5),
        ([Outcome.TRANSIENT, Outcome.SUCCESS], None, 1),
        ([Outcome.TRANSIENT, Outcome.AUTH], None, 1),
        ([Outcome.AUTH], None, 1),
        ([Outcome.TRUNCATED], None, 1),
        ([Outcome.CALLER_ERROR], None, 1),
        ([Outcome.CANCELLED], None, 1),
        ([Outcome.CANCELLED], Cut.TIMEOUT, 124),
        ([Outcome.SUCCESS, Outcome.CANCELLED], Cut.TIMEOUT, 124),
        ([Outcome.CANCELLED], Cut.INTERRUPT, 130),
        ([Outcome.CANCELLED], Cut.TERMINATE, 143),
    ],
)
def test_exit_codes(ends: list[Outcome], cut: Cut | None, code: int) -> None:
    record = Record(THREE[: len(ends)])
    for pane, outcome in zip(THREE, ends, strict=False):
        record.feed(end(pane.name, outcome))
    assert record.settled
    assert record.exit_code(cut) == code


def test_a_tool_that_nobody_can_approve_is_exit_code_4() -> None:
    record = Record(ONE)
    record.feed(end("claude", stop=StopReason.TOOL_USE))
    assert record.exit_code() == 4


def tool_end(status: ToolStatus = ToolStatus.OK, **fields: Any) -> ToolFinished:
    values = {"call_id": "c", "name": "run_command", "title": "pytest -q", "summary": "12 lines", "seconds": 1.94}
    return ToolFinished(pane="claude", turn="t", status=status, **{**values, **fields})


def requested(call_id: str = "c") -> ToolCallRequested:
    call = ToolCall(id=call_id, name="run_command", arguments="{}", parsed={})
    return ToolCallRequested(pane="claude", turn="t", call=call)


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (tool_end(), 0),
        (tool_end(ToolStatus.ERROR), 0),
        (tool_end(ToolStatus.DENIED, answer="forbidden_paths: .env"), 0),
        (tool_end(ToolStatus.DENIED, answer=NOBODY), 4),
        (ApprovalResolved(id="a", pane="claude", how=Resolution.NO_ANSWER), 4),
        (ApprovalResolved(id="a", pane="claude", how=Resolution.ONCE), 0),
    ],
)
def test_only_what_a_person_could_have_allowed_is_exit_code_4(event: Event, code: int) -> None:
    record = Record(THREE[:2])
    for one in (requested(), event, end("claude"), end("gpt")):
        record.feed(one)
    assert record.exit_code() == code
    failed = Record(THREE[:2])
    for one in (requested(), event, end("claude"), end("gpt", Outcome.AUTH)):
        failed.feed(one)
    assert failed.exit_code() == 1


def test_json_says_how_each_call_ended() -> None:
    record = Record(ONE)
    events: list[Event] = [
        requested(), tool_end(ToolStatus.ERROR, exit_code=1), requested(), tool_end(answer="you, once"),
        requested("d"), end("claude"),
    ]  # fmt: skip
    for event in events:
        record.feed(event)
    printer = make_printer(OutputFormat.JSON, ONE, session="s", demo=False)
    [pane] = json.loads(printer.finish(record, 0))["panes"]
    assert [(call["id"], call["status"], call["exit_code"], call["answer"]) for call in pane["tool_calls"]] == [
        ("c", "error", 1, ""), ("c", "ok", None, "you, once"), ("d", None, None, None)
    ]  # fmt: skip
    assert pane["tool_calls"][1]["summary"] == "12 lines"


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (tool_end(), "llmmixer: claude: run_command pytest -q: 12 lines, 1.9 s\n"),
        (tool_end(seconds=0.0, summary=""), "llmmixer: claude: run_command pytest -q: done\n"),
        (
            tool_end(ToolStatus.ERROR, summary="exit 1"),
            "llmmixer: claude: run_command pytest -q: error: exit 1, 1.9 s\n",
        ),
        (
            tool_end(ToolStatus.DENIED, summary="needs approval: It deletes.", seconds=0.0),
            "llmmixer: claude: run_command pytest -q: denied: needs approval: It deletes.\n",
        ),
        (requested(), ""),
        (end("claude", stop=StopReason.TOOL_USE), "llmmixer: claude: asks for tools, which cannot run here\n"),
    ],
)
def test_tools_are_told_in_brief(event: Event, line: str) -> None:
    assert status_text(event) == line


def test_a_tool_line_is_one_line_and_hides_secrets() -> None:
    key = "sk-ant-" + "api03-" + "A1b2C3d4E5" * 9 + "-x1y2z3AA"
    line = status_text(tool_end(title=f"echo {key}\n\x1b[2J" + "x" * 500, summary="a\nb"))
    assert line.count("\n") == 1
    assert key not in line
    assert "\x1b" not in line
    assert len(line) < 250


def test_what_is_said_before_and_after_tools_stands_apart() -> None:
    events: list[Event] = [
        text("claude", "I look."), requested(), requested("d"), tool_end(), text("claude", "\n"),
        text("claude", "Now the "), text("claude", "tests.\n"), requested(), text("claude", "Green."), end("claude"),
    ]  # fmt: skip
    assert printed(ONE, events) == "I look.\n\nNow the tests.\n\nGreen.\n"
    record = Record(ONE)
    for event in events:
        record.feed(event)
    assert "".join(record.panes["claude"].text) == "I look.\n\nNow the tests.\n\nGreen."


def test_panes_without_an_end_are_no_success() -> None:
    record = Record(THREE)
    record.feed(end("claude"))
    assert not record.settled
    assert record.exit_code() == 1
    missing = record.missing_ends(Problem(title="x", text="y"))
    assert [(event.pane, event.outcome) for event in missing] == [
        ("gpt", Outcome.CANCELLED),
        ("gemini", Outcome.CANCELLED),
    ]


def test_what_comes_after_the_end_of_a_pane_is_ignored() -> None:
    record = Record(ONE)
    assert record.feed(end("claude"))
    assert not record.feed(end("claude", Outcome.CANCELLED))
    assert not record.feed(text("claude", "late"))
    assert record.exit_code() == 0


def test_json_is_one_object_with_everything_of_each_pane() -> None:
    record = Record(THREE[:2])
    printer = make_printer(OutputFormat.JSON, THREE[:2], session="s", demo=False)
    call = ToolCall(id="c", name="read_file", arguments="{}", parsed={})
    problem = Problem(title="No route", text="nothing there", hint="look")
    events: list[Event] = [
        ThinkingDelta(pane="claude", turn="t", seq=1, text="hm"),
        text("claude", "a"),
        text("claude", "b"),
        ToolCallRequested(pane="claude", turn="t", call=call),
        end("claude"),
        end("gpt", Outcome.OFFLINE, problem=problem),
    ]
    for event in events:
        record.feed(event)
        assert printer.feed(event) == ""
    output = printer.finish(record, record.exit_code())
    assert output.count("\n") == 1
    result = json.loads(output)
    assert result["exit_code"] == 1
    assert result["cost_usd"] == "0.000003"
    claude, gpt = result["panes"]
    assert (claude["text"], claude["thinking"], claude["outcome"]) == ("ab", "hm", "success")
    [told] = claude["tool_calls"]
    assert {key: told[key] for key in ("id", "name", "arguments", "parsed", "status")} == {
        "id": "c", "name": "read_file", "arguments": "{}", "parsed": {}, "status": None
    }  # fmt: skip
    assert claude["usage"]["output_tokens"] == 5
    assert (claude["error"], claude["request_id"], claude["attempts"]) == (None, "req_1", 1)
    assert gpt["error"] == {"title": "No route", "text": "nothing there", "hint": "look"}


def test_json_cost_is_unknown_when_one_pane_has_no_price() -> None:
    from dataclasses import replace

    record = Record(THREE[:2])
    record.feed(end("claude"))
    record.feed(replace(end("gpt"), cost_pico=None))
    printer = make_printer(OutputFormat.JSON, THREE[:2], session="s", demo=False)
    result = json.loads(printer.finish(record, 0))
    assert result["cost_usd"] is None
    assert [pane["cost_usd"] for pane in result["panes"]] == ["0.000002", None]


def test_stream_json_is_one_event_a_line() -> None:
    printer = make_printer(OutputFormat.STREAM_JSON, ONE, session="s", demo=False)
    delta = TextDelta(pane="claude", turn="turn_claude", seq=3, text="a\nb\u2028")
    lines = [printer.feed(event) for event in (delta, end("claude"))]
    assert all(line.endswith("\n") and line.count("\n") == 1 for line in lines)
    first, last = map(json.loads, lines)
    assert first == {"type": "text_delta", "pane": "claude", "turn": "turn_claude", "seq": 3, "text": "a\nb\u2028"}
    assert (last["type"], last["outcome"], last["cost_usd"]) == ("turn_finished", "success", "0.000002")


SECRET = "correct-horse-battery"


@pytest.fixture
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_known", {SECRET})


@pytest.mark.usefixtures("_secret")
@pytest.mark.parametrize("output_format", [OutputFormat.JSON, OutputFormat.STREAM_JSON])
def test_secrets_in_errors_are_masked_in_json(output_format: OutputFormat) -> None:
    problem = Problem(title="Rejected", text=f"the key {SECRET} is wrong", hint=f"not {SECRET}")
    event = end("claude", Outcome.AUTH, problem=problem)
    record = Record(ONE)
    record.feed(event)
    printer = make_printer(output_format, ONE, session="s", demo=False)
    output = printer.feed(event) + printer.finish(record, 1)
    assert SECRET not in output
    assert "masked" in output


@pytest.mark.usefixtures("_secret")
def test_secrets_and_escapes_never_reach_standard_error() -> None:
    problem = Problem(title="Rejected\x1b]52;c;eA==\x07", text=f"key {SECRET}\x1b[2J", hint="\x9b31m")
    output = status_text(end("claude", Outcome.AUTH, problem=problem)) + problem_text(problem)
    assert SECRET not in output
    assert not any(ord(character) < 32 and character != "\n" for character in output)
    assert "\x9b" not in output


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (SessionStarted(session="s", panes=ONE), ""),
        (SessionStarted(session="s", panes=ONE, demo=True), "llmmixer: demo: the answers come from built-in stand-ins"),
        (text("claude", "x"), ""),
        (AttemptStarted(pane="claude", turn="t", attempt=1, model="m"), ""),
        (
            RetryScheduled(
                pane="claude", turn="t", attempt=2, attempts=3, seconds=1.25, outcome=Outcome.TRANSIENT, reason="Busy"
            ),
            "llmmixer: claude: Busy; attempt 2 of 3 in 1.2 s\n",
        ),
        (end("claude"), ""),
        (end("claude", problem=Problem(title="Cut off", text="limit")), "llmmixer: claude: Cut off: limit\n"),
        (end("claude", Outcome.OFFLINE), "llmmixer: claude: Failed: The provider gave no reason. [offline, request"),
        (
            Notice(level=NoticeLevel.WARNING, problem=Problem(title="T", text="x", hint="h"), pane="gpt"),
            "llmmixer: warning: gpt: T: x\n  → h\n",
        ),
    ],
)
def test_status_lines(event: Event, expected: str) -> None:
    told = status_text(event)
    assert told.startswith(expected)
    assert bool(told) == bool(expected)


def test_the_summary_names_the_panes_that_failed() -> None:
    record = Record(THREE)
    for pane, outcome in zip(THREE, (Outcome.SUCCESS, Outcome.AUTH, Outcome.OFFLINE), strict=True):
        record.feed(end(pane.name, outcome))
    assert summary_text(record, None) == "llmmixer: 2 of 3 panes failed: gpt, gemini\n"
    assert summary_text(record, Cut.TIMEOUT, 2.5) == "llmmixer: the time of 2.5 s is over (--timeout)\n"
    assert summary_text(record, Cut.INTERRUPT) == "llmmixer: interrupted\n"


def test_no_summary_when_all_panes_end_alike() -> None:
    record = Record(ONE)
    record.feed(end("claude", Outcome.AUTH))
    assert summary_text(record, None) == ""
