"""Tool calls in the view: one line for each call, from its first word to its end."""

from dataclasses import replace

import pytest

from tests.ui.test_reduce import feed, finished, started, take, text, turn
from tui.core.chat import StopReason, ToolCall
from tui.core.errors import Outcome
from tui.core.events import AttemptStarted, ConversationCleared, Event, ToolCallBegan, ToolCallRequested
from tui.core.tool_events import (
    ApprovalRequested,
    ApprovalResolved,
    ChangesUndone,
    Preview,
    PreviewKind,
    ToolFinished,
    ToolOutput,
    ToolStarted,
    ToolStatus,
)
from tui.core.trust import Resolution, Risk
from tui.ui.glyphs import UNICODE
from tui.ui.view.document import SectionKind
from tui.ui.view.format import state_words
from tui.ui.view.reduce_tools import remark, undone_text
from tui.ui.view.state import Append, Begin, PaneView, Phase
from tui.ui.view.tool_line import KEPT_CHARACTERS, LIVE_CHARACTERS, LIVE_LINES, OutputTail, ToolLine, ToolState

DIFF = "--- a/m.py\n+++ b/m.py\n@@ -1 +1 @@\n-old\n+new"


def began(call_id: str = "c", name: str = "run_command") -> ToolCallBegan:
    return ToolCallBegan(pane="claude", turn="t1", call_id=call_id, name=name)


def requested(call_id: str = "c", name: str = "run_command", **arguments: str) -> ToolCallRequested:
    call = ToolCall(id=call_id, name=name, arguments="{}", parsed=arguments or {"command": "pytest -q"})
    return ToolCallRequested(pane="claude", turn="t1", call=call)


def run(call_id: str = "c", title: str = "pytest -q") -> ToolStarted:
    return ToolStarted(pane="claude", turn="t1", call_id=call_id, name="run_command", title=title)


def out(words: str, call_id: str = "c") -> ToolOutput:
    return ToolOutput(pane="claude", turn="t1", call_id=call_id, text=words)


def over(status: ToolStatus = ToolStatus.OK, summary: str = "12 lines", call_id: str = "c") -> ToolFinished:
    return ToolFinished(
        pane="claude", turn="t1", call_id=call_id, name="run_command", status=status, summary=summary, seconds=1.9
    )


def asked(call_id: str = "c", approval: str = "a1") -> ApprovalRequested:
    return ApprovalRequested(
        id=approval,
        pane="claude",
        turn="t1",
        call_id=call_id,
        tool="run_command",
        text="rm -rf build",
        cwd="/p",
        reason="It deletes.",
        rule="r",
        risk=Risk.DESTRUCTIVE,
    )


def answered(how: Resolution = Resolution.ONCE, approval: str = "a1") -> ApprovalResolved:
    return ApprovalResolved(id=approval, pane="claude", how=how)


def lines(pane: PaneView) -> list[ToolLine]:
    return [one for one in take(pane) if isinstance(one, ToolLine)]


def at(*events: Event) -> list[tuple[float, Event]]:
    return [(2.0 + number / 10, event) for number, event in enumerate(events)]


def last(*events: Event) -> ToolLine:
    """The line of the only call after these events."""
    found = lines(feed(started(), *turn(), *at(*events)))
    assert {line.key for line in found} == {1}
    return found[-1]


def test_a_call_is_one_line_from_its_first_word_to_its_end() -> None:
    view = started()
    pane = feed(view, *turn())
    seen = []
    for now, event in at(began(), requested(), asked(), answered(), run(), out("a\n"), over()):
        feed(view, (now, event))
        [line] = lines(pane)
        seen.append((line.key, line.title, line.state, line.live))
    assert seen == [
        (1, "", ToolState.WRITING, False),
        (1, "pytest -q", ToolState.WAITING, False),
        (1, "rm -rf build", ToolState.ASKING, False),
        (1, "rm -rf build", ToolState.WAITING, False),
        (1, "pytest -q", ToolState.RUNNING, False),
        (1, "pytest -q", ToolState.RUNNING, True),
        (1, "pytest -q", ToolState.OK, False),
    ]


def test_the_phase_tells_what_the_pane_does() -> None:
    view = started()
    pane = feed(view, *turn())
    seen: list[Phase] = []
    for now, event in at(began(), requested(), asked(), answered(), run(), over()):
        feed(view, (now, event))
        seen.append(pane.phase)
    assert seen[:3] == [Phase.CALLING, Phase.CALLING, Phase.ASKING]
    assert seen[3] is not Phase.ASKING
    assert seen[4:] == [Phase.RUNNING, Phase.WAITING]
    assert pane.busy


def test_one_that_asks_or_runs_decides_for_all() -> None:
    view = started()
    pane = feed(view, *turn(), *at(requested("a"), requested("b"), asked("a"), run("b")))
    asking = pane.phase
    feed(view, *at(answered(), run("a"), over(call_id="b")))
    assert (asking, pane.phase) == (Phase.ASKING, Phase.RUNNING)


def test_a_running_command_is_never_called_silent() -> None:
    view = started()
    pane = feed(view, *turn(), *at(text(1, "Let me see."), requested(), run()))
    assert state_words(pane, UNICODE, 12.2) == "● running 10s"
    feed(view, *at(asked()))
    assert "asks you" in state_words(pane, UNICODE, 60.0)


def test_a_model_that_writes_a_call_is_not_called_silent() -> None:
    view = started()
    pane = feed(view, *turn(), *at(text(1, "Let me see."), began()))
    assert state_words(pane, UNICODE, 2.5) == "▸ tool call"
    assert state_words(pane, UNICODE, 32.0) == "▸ tool call 30s"
    feed(view, *at(requested()))
    assert "silent" in state_words(pane, UNICODE, 60.0)


def test_text_before_and_after_calls_is_kept_apart_from_them() -> None:
    pane = feed(started(), *turn(), *at(text(1, "a"), began(), requested(), run(), over(), text(2, "b")))
    kinds = [one.kind for one in pane.operations if isinstance(one, Begin)]
    assert kinds == [SectionKind.PROMPT, SectionKind.ANSWER, SectionKind.ANSWER]
    order = [type(one).__name__ for one in pane.operations]
    assert order.index("ToolLine") < len(order) - 1 - order[::-1].index("Append")


def test_live_output_is_the_last_lines_and_many_pieces_are_one_operation() -> None:
    view = started()
    pane = feed(view, *turn(), *at(requested(), run()))
    take(pane)
    for number in range(500):
        feed(view, (3.0, out(f"line {number}\n")))
    [line] = lines(pane)
    assert line.body.split("\n") == [f"line {number}" for number in range(500 - LIVE_LINES, 500)]
    feed(view, (4.0, over()))
    [line] = lines(pane)
    assert line.body.startswith("line 0\nline 1\n")
    assert line.body.endswith("line 499")


@pytest.mark.parametrize(
    ("status", "summary", "state", "notes"),
    [
        (ToolStatus.OK, "12 lines", ToolState.OK, ("1.9s", "12 lines")),
        (ToolStatus.ERROR, "exit 1", ToolState.ERROR, ("exit 1", "1.9s")),
        (ToolStatus.DENIED, "outside the project", ToolState.DENIED, ("outside the project",)),
        (ToolStatus.DENIED, "you refused", ToolState.DENIED, ("by you",)),
        (ToolStatus.STOPPED, "", ToolState.STOPPED, ("1.9s",)),
        (ToolStatus.STOPPED, "stopped", ToolState.STOPPED, ("1.9s",)),
    ],
)
def test_how_a_call_ends(status: ToolStatus, summary: str, state: ToolState, notes: tuple[str, ...]) -> None:
    line = last(requested(), run(), over(status, summary))
    assert (line.state, line.notes) == (state, notes)


def test_what_a_call_is_about_is_named_once() -> None:
    event = replace(over(ToolStatus.ERROR, "a/m.py: it was changed meanwhile"), title="a/m.py", seconds=0.0)
    assert last(requested(), run(), event).notes == ("it was changed meanwhile",)


def test_an_exit_code_is_named_once() -> None:
    assert last(requested(), run(), replace(over(ToolStatus.ERROR, "12 lines"), exit_code=3)).notes[0] == "exit 3"
    assert last(requested(), run(), replace(over(ToolStatus.ERROR, "exit 3"), exit_code=3)).notes == ("exit 3", "1.9s")


def test_a_change_shows_its_diff() -> None:
    preview = Preview(kind=PreviewKind.DIFF, text=DIFF, path="m.py", added=1, removed=1, omitted=7)
    line = last(requested(), run(), replace(over(summary=""), preview=preview, seconds=0.01))
    assert line.diff
    assert line.body == f"{DIFF}\n … 7 more lines"
    assert line.notes == ("+1 -1",)


def test_a_refused_call_unfolds_to_what_was_asked_and_why_not() -> None:
    line = last(requested(command="rm -rf /"), replace(over(ToolStatus.DENIED, "It deletes."), answer="you"))
    assert line.body == "command: rm -rf /\nIt deletes.\nyou"


def test_what_a_long_line_cannot_hold_is_in_its_body() -> None:
    command = "python3 -c " + "x" * 200
    line = last(requested(command=command), run(title=command), out("done\n"), over())
    assert line.body == f"command: {command}\ndone"


def test_hostile_words_are_cleaned() -> None:
    line = last(requested(), run(title="a\x1b]0;x\x07\nb"), out("\x1b[2J"), over(summary="\x1b[31mred\nx"))
    assert "\x1b" not in line.title + line.body + "".join(line.notes)
    assert "\n" not in line.title + "".join(line.notes)


@pytest.mark.parametrize(
    ("outcome", "asks", "state"),
    [
        (Outcome.SUCCESS, False, ToolState.NOT_RUN),
        (Outcome.CANCELLED, False, ToolState.STOPPED),
        (Outcome.CANCELLED, True, ToolState.STOPPED),
    ],
)
def test_the_end_of_a_turn_closes_its_calls(outcome: Outcome, asks: bool, state: ToolState) -> None:
    events: list[Event] = [requested(), *([asked()] if asks else []), finished(outcome, stop=StopReason.TOOL_USE)]
    assert last(*events).state is state


def test_a_half_written_call_of_a_broken_attempt_is_closed() -> None:
    again = AttemptStarted(pane="claude", turn="t1", attempt=2, model="m")
    assert last(began(), again).state is ToolState.NOT_RUN


def test_rounds_are_no_attempts() -> None:
    view = started()
    pane = feed(view, *turn(), *at(requested(), run(), over()))
    feed(view, (5.0, AttemptStarted(pane="claude", turn="t1", attempt=2, model="m")))
    assert pane.turn is not None
    assert pane.turn.attempt == 1
    feed(view, (5.0, AttemptStarted(pane="claude", turn="t1", attempt=3, model="m")))
    assert pane.turn.attempt == 2
    feed(view, (6.0, finished(attempts=3)))
    assert pane.turn.attempt == 2


def test_an_id_used_again_is_another_call() -> None:
    pane = feed(started(), *turn(), *at(requested(), run(), over(), requested(), run(), over()))
    assert [line.key for line in lines(pane)] == [1, 2]


def test_keys_go_on_after_everything_was_forgotten() -> None:
    view = started()
    pane = feed(view, *turn(), *at(requested(), run(), over()))
    feed(view, (5.0, finished()), (6.0, ConversationCleared(pane="claude")), *turn(at=7.0), (8.0, requested()))
    assert lines(pane)[-1].key == 2


def test_late_events_of_a_finished_turn_do_not_make_the_pane_busy() -> None:
    pane = feed(started(), *turn(), *at(requested(), run()), (4.0, finished()), (5.0, over()))
    assert pane.phase is Phase.DONE


def test_what_was_typed_into_its_terminal_stays_with_a_call() -> None:
    view = started()
    pane = feed(view, *turn(), *at(requested(), run(), out("Proceed [Y/n]")))
    remark(pane, "c", "typed Enter: default of [Y/n]")
    assert lines(pane)[-1].body == "Proceed [Y/n]\ntyped Enter: default of [Y/n]"
    feed(view, (4.0, over()))
    assert lines(pane)[-1].body == "Proceed [Y/n]\ntyped Enter: default of [Y/n]"


def test_undone_changes_are_told() -> None:
    event = ChangesUndone(pane="claude", paths=("a.py", "b.py", "c.py", "d.py"), kept=("e.py",))
    pane = feed(started(), (1.0, event))
    assert Append(undone_text(event)) in pane.operations
    assert undone_text(event) == "Undone: a.py, b.py, c.py and 1 more. Left as it is, changed since: e.py"


def test_an_unknown_pane_is_ignored() -> None:
    view = started()
    feed(view, (1.0, replace(run(), pane="nobody")))
    assert all(not one.operations for one in view.panes.values())


@pytest.mark.parametrize("pieces", [["x" * 10], ["line\n" * 3] * 20_000, ["y" * 500_000], ["z" * 9_000, "\n"] * 50])
def test_kept_output_is_bounded_and_honest(pieces: list[str]) -> None:
    tail = OutputTail()
    whole = ""
    for piece in pieces:
        tail.feed(piece)
        whole += piece
    text = tail.text()
    assert len(text) <= KEPT_CHARACTERS + 100
    if len(whole) <= KEPT_CHARACTERS // 2:
        assert text == whole.rstrip("\n")
    else:
        assert "left out" in text
    assert text[:1_000] == whole[: len(text[:1_000])]
    shown = tail.last_lines().split("\n")
    assert len(shown) <= LIVE_LINES
    assert all(len(line) <= LIVE_CHARACTERS for line in shown)


def test_the_lines_left_out_are_counted() -> None:
    tail = OutputTail()
    count = 20_000
    for number in range(count):
        tail.feed(f"{number}\n")
    before, _, rest = tail.text().partition("\n… ")
    omitted, _, after = rest.partition(" lines left out …\n")
    assert len(before.split("\n")) + int(omitted) + len(after.split("\n")) == count
