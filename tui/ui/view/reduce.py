"""How events change the view. Deterministic: the same events at the same times give the same view.

Text is never collected here; it is handed on as pane operations, so a token costs the same however long the
answer is.
"""

from typing import Final, TypeAlias, assert_never

from tui.core.chat import StopReason, Usage
from tui.core.errors import Outcome, Problem
from tui.core.events import (
    AttemptStarted,
    ConversationCleared,
    Event,
    MessageCompleted,
    Notice,
    NoticeLevel,
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
from tui.core.guard_events import GuardEvent
from tui.core.terminal_events import TerminalEvent
from tui.core.tool_events import WorkEvent
from tui.ui.view import narrate
from tui.ui.view.document import SectionKind
from tui.ui.view.format import duration
from tui.ui.view.reduce_guard import flush_failure, note_attempt, reduce_guard
from tui.ui.view.reduce_terminal import reduce_terminal
from tui.ui.view.reduce_tools import call_began, call_requested, close_calls
from tui.ui.view.reduce_work import drop_turn, reduce_work
from tui.ui.view.state import (
    TAIL_CHARACTERS,
    Clear,
    PaneView,
    Phase,
    SessionView,
    TurnView,
)
from tui.ui.view.tool_line import ToolState

_UNSAID: Final = {
    Phase.EMPTY: Problem(title="Empty answer", text="The model ended its turn without any text."),
    Phase.STOPPED: Problem(title="Stopped", text="You stopped this answer."),
}
_OUTCOME_PHASES: Final = {
    Outcome.SUCCESS: Phase.DONE,
    Outcome.TRANSIENT: Phase.FAILED,
    Outcome.RATE_LIMITED: Phase.RATE_LIMITED,
    Outcome.QUOTA_SPENT: Phase.QUOTA,
    Outcome.CALLER_ERROR: Phase.FAILED,
    Outcome.AUTH: Phase.REJECTED,
    Outcome.TRUNCATED: Phase.CUT,
    Outcome.CANCELLED: Phase.STOPPED,
    Outcome.OFFLINE: Phase.OFFLINE,
}
_STOP_PHASES: Final = {
    StopReason.MAX_TOKENS: Phase.LIMIT,
    StopReason.CONTEXT_FULL: Phase.LIMIT,
    StopReason.REFUSAL: Phase.REFUSED,
    StopReason.CONTENT_FILTER: Phase.REFUSED,
}


_PaneEvent: TypeAlias = ProviderLoading | ProviderReady | PromptQueued | PromptDropped | ConversationCleared
_TurnEvent: TypeAlias = TurnStarted | AttemptStarted | StreamStarted | UsageReported | MessageCompleted | TurnFinished
_StreamEvent: TypeAlias = TextDelta | ThinkingDelta | ToolCallBegan | ToolCallRequested


def reduce(view: SessionView, event: Event, now: float) -> None:
    """Bring `view` up to date with one event that came at `now` (monotonic seconds)."""
    match event:
        case SessionStarted():
            _start_session(view, event)
        case SessionEnded():
            view.ended = True
        case Notice():
            _notice(view, event, now)
        case ProviderLoading() | ProviderReady() | PromptQueued() | PromptDropped() | ConversationCleared():
            if pane := view.panes.get(event.pane):
                _pane_event(pane, event)
        case TurnStarted() | AttemptStarted() | StreamStarted() | UsageReported() | MessageCompleted() | TurnFinished():
            if pane := view.panes.get(event.pane):
                _turn_event(view, pane, event, now)
        case TextDelta() | ThinkingDelta() | ToolCallBegan() | ToolCallRequested():
            if (pane := view.panes.get(event.pane)) and pane.turn is not None and pane.turn.id == event.turn:
                _stream_event(pane, pane.turn, event, now)
        case _:
            _reduce_other(view, event, now)


def _reduce_other(view: SessionView, event: WorkEvent | TerminalEvent | GuardEvent, now: float) -> None:
    if isinstance(event, WorkEvent):
        reduce_work(view, event, now)
    elif isinstance(event, TerminalEvent):
        reduce_terminal(view, event, now)
    else:
        reduce_guard(view, event, now)


def _start_session(view: SessionView, event: SessionStarted) -> None:
    view.session, view.demo = event.session, event.demo
    view.panes = {info.name: view.panes.get(info.name) or PaneView.from_info(info) for info in event.panes}
    if view.selected not in view.panes:
        view.selected = event.panes[0].name if event.panes else ""


def _notice(view: SessionView, event: Notice, now: float) -> None:
    view.notices.append(event)
    pane = view.panes.get(event.pane or "")
    if pane is not None and pane.phase is Phase.CONNECTING and event.level is NoticeLevel.ERROR:
        narrate.section(pane, SectionKind.ERROR, event.problem.title, _said(event.problem), now)
        pane.set_phase(_auth_phase(event.problem))


def _pane_event(pane: PaneView, event: _PaneEvent) -> None:
    match event:
        case ProviderLoading():
            if not pane.busy:
                pane.set_phase(Phase.CONNECTING)
        case ProviderReady():
            if pane.phase is Phase.CONNECTING:
                pane.set_phase(Phase.READY)
        case PromptQueued():
            pane.queued[event.prompt_id] = event.text
            pane.state_changed = True
        case PromptDropped():
            pane.queued.pop(event.prompt_id, None)
            pane.state_changed = True
        case ConversationCleared():
            pane.operations = [Clear()]
            pane.part, pane.tail = None, ""
            pane.tools.clear()
            pane.state_changed = True
            if not pane.busy:
                pane.turn = None
                pane.set_phase(Phase.READY)
        case _:
            assert_never(event)


def _turn_event(view: SessionView, pane: PaneView, event: _TurnEvent, now: float) -> None:
    turn = pane.turn
    match event:
        case TurnStarted():
            _start(pane, event, now)
        case AttemptStarted():
            if turn is not None:
                flush_failure(pane, now)
                close_calls(pane, ToolState.NOT_RUN)
                turn.attempt, turn.attempt_began = event.attempt - turn.earlier, now
                turn.first_token, turn.characters, turn.usage = None, 0, Usage()
                pane.model = event.model
                pane.wait = pane.offer = None
                note_attempt(view.guard, event.model)
                pane.set_phase(Phase.WAITING)
                pane.state_changed = True
        case StreamStarted() | MessageCompleted():
            pass
        case UsageReported():
            if turn is not None and turn.id == event.turn:
                turn.usage, turn.cost_pico = event.usage, event.cost_pico
                pane.figures_changed = True
        case TurnFinished():
            if turn is not None and turn.id == event.turn:
                _finish(view, pane, turn, event, now)
        case _:
            assert_never(event)


def _stream_event(pane: PaneView, turn: TurnView, event: _StreamEvent, now: float) -> None:
    if isinstance(event, TextDelta | ThinkingDelta):
        if event.seq <= turn.seq:
            return  # shown already
        turn.seq = event.seq
    if turn.first_token is None:
        turn.first_token = now
    turn.last_token = now
    match event:
        case TextDelta():
            narrate.stream(pane, turn, SectionKind.ANSWER, event.text, now)
            pane.set_phase(Phase.ANSWERING)
            pane.tail = (pane.tail + event.text)[-TAIL_CHARACTERS:]
            turn.answered = turn.answered or not event.text.isspace()
        case ThinkingDelta():
            narrate.stream(pane, turn, SectionKind.THINKING, event.text, now)
            pane.set_phase(Phase.THINKING)
        case ToolCallBegan():
            call_began(pane, event, now)
            pane.set_phase(Phase.CALLING)
        case ToolCallRequested():
            turn.called = True
            call_requested(pane, event, now)
        case _:
            assert_never(event)
    pane.figures_changed = True


def _start(pane: PaneView, event: TurnStarted, now: float) -> None:
    pane.turn = TurnView(id=event.turn, began=now, attempt_began=now)
    pane.model = pane.own_model = event.model
    pane.wait = pane.offer = None
    pane.tail = pane.failed = ""
    pane.tools.clear()
    if event.prompt_id is not None:
        pane.queued.pop(event.prompt_id, None)
    narrate.section(pane, SectionKind.PROMPT, "You", event.prompt, now)
    pane.set_phase(Phase.WAITING)
    pane.state_changed = True


def _finish(view: SessionView, pane: PaneView, turn: TurnView, event: TurnFinished, now: float) -> None:
    turn.seconds, turn.first_token_s = event.seconds, event.first_token_s
    turn.usage, turn.cost_pico = event.usage, event.cost_pico
    turn.attempt = max(event.attempts - turn.earlier, min(event.attempts, 1))
    if event.retry_after is not None:
        turn.retry_at = now + event.retry_after
    pane.model = event.model or pane.model
    pane.wait = pane.offer = None
    pane.failed = ""
    pane.totals.add(event.usage, event.cost_pico)
    drop_turn(view, pane.name, turn.id, now)
    narrate.close(pane, now)
    close_calls(pane, ToolState.STOPPED if event.outcome is Outcome.CANCELLED else ToolState.NOT_RUN)
    phase = finished_phase(event, answered=turn.answered, called=turn.called)
    problem = event.problem
    if event.outcome in (Outcome.SUCCESS, Outcome.CANCELLED):
        problem = problem or _UNSAID.get(phase)
        if problem is not None:
            narrate.section(pane, SectionKind.NOTICE, problem.title, _said(problem), now)
    else:
        problem = problem or Problem(title=phase.value.capitalize(), text="The provider gave no reason.")
        words = failure_text(
            problem, event.retry_after, view.retry_key, answered=turn.answered, budget=event.refused_by_budget
        )
        narrate.section(pane, SectionKind.ERROR, problem.title, words, now)
    pane.set_phase(phase)
    pane.state_changed = pane.figures_changed = True


def finished_phase(event: TurnFinished, *, answered: bool, called: bool) -> Phase:
    """How a turn ended, in the words of the screen."""
    title = event.problem.title.lower() if event.problem else ""
    if event.refused_by_budget:
        return Phase.BUDGET
    match event.outcome:
        case Outcome.SUCCESS:
            return _STOP_PHASES.get(event.stop or StopReason.END) or (Phase.DONE if answered or called else Phase.EMPTY)
        case Outcome.TRANSIENT:
            if "overload" in title:
                return Phase.OVERLOADED
            return Phase.CUT if answered else Phase.FAILED
        case Outcome.AUTH if event.problem is not None:
            return _auth_phase(event.problem)
        case outcome:
            return _OUTCOME_PHASES[outcome]


def _auth_phase(problem: Problem) -> Phase:
    return Phase.NO_KEY if problem.title.lower().startswith("no ") else Phase.REJECTED


def _said(problem: Problem) -> str:
    return f"{problem.text}\n\n{problem.hint}" if problem.hint else problem.text


def failure_text(
    problem: Problem, retry_after: float | None, retry_key: str, *, answered: bool = False, budget: bool = False
) -> str:
    """What a failed turn says in its pane: what happened, what to do, and when."""
    lines = [_said(problem)]
    if retry_after is not None:
        lines.append(f"The provider asks to wait {duration(retry_after)}.")
    if budget:
        lines.append(f"Nothing was sent. With more room, press {retry_key} in this pane or type /retry.")
    elif answered:
        lines.append(f"What came stays. Press {retry_key} in this pane, or type /retry, to start the answer again.")
    else:
        lines.append(f"Press {retry_key} in this pane, or type /retry, to send the prompt again.")
    return "\n\n".join(lines)
