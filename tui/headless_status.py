"""What a headless run tells a person on standard error: waits, refusals, failures and how it ended."""

from dataclasses import replace
from typing import Final

from tui.core.chat import StopReason
from tui.core.errors import Problem
from tui.core.events import Event, Notice, SessionStarted, TurnFinished
from tui.core.guard_events import AnswerShortened, BudgetAlert, FallbackStarted, RetryScheduled
from tui.core.money import usd_short
from tui.core.secrets import mask
from tui.core.tool_events import NOBODY, ToolFinished, ToolStatus
from tui.core.untrusted import clean, clean_line
from tui.headless_output import PROGRAM, Cut, Record, succeeded

_TITLE_CHARACTERS: Final = 120
_TIMED_FROM: Final = 0.05


def status_text(event: Event) -> str:
    """Return the lines that tell a person about an event on standard error; empty for most events."""
    match event:
        case SessionStarted(demo=True):
            return _line("demo: the answers come from built-in stand-ins, not from real models")
        case Notice(level=level, problem=problem, pane=pane):
            return _line(f"{level}: " + (f"{pane}: " if pane else ""), problem)
        case ToolFinished():
            return _line(_tool_text(event))
        case TurnFinished():
            return _end_text(event)
        case _:
            return _guard_text(event)


def _guard_text(event: Event) -> str:
    match event:
        case RetryScheduled(pane=pane, attempt=attempt, attempts=attempts, seconds=seconds, reason=reason):
            return _line(f"{pane}: {clean_line(reason)}; attempt {attempt} of {attempts} in {seconds:.1f} s")
        case FallbackStarted(pane=pane, asked=asked, target=target, reason=reason):
            told = f"{clean_line(target)} answers instead of {clean_line(asked)}: {clean_line(reason)}"
            return _line(f"{pane}: {told}")
        case AnswerShortened(pane=pane, budget=budget, max_tokens=tokens):
            return _line(f"{pane}: the budget “{clean_line(budget)}” leaves room for {tokens} tokens of answer")
        case BudgetAlert(budget=budget, percent=percent, spent_pico=spent, limit_pico=limit):
            share = f"{usd_short(spent)} of {usd_short(limit)}"
            return _line(f"budget “{clean_line(budget)}”: {percent} % spent, {share}")
        case _:
            return ""


def summary_text(record: Record, cut: Cut | None, seconds: float | None = None) -> str:
    """Return the last lines for standard error: why it was cut, what nobody could allow, or which panes failed."""
    if cut is Cut.TIMEOUT:
        limit = f" of {seconds:g} s" if seconds is not None else ""
        return _line(f"the time{limit} is over (--timeout)")
    if cut is not None:
        return _line("interrupted" if cut is Cut.INTERRUPT else "terminated")
    failed = record.failed()
    if not failed and (asked := sum(end.answer == NOBODY for pane in record.panes.values() for end in pane.tool_ends)):
        calls = "1 call needs" if asked == 1 else f"{asked} calls need"
        told = f"{calls} a person's approval; `{PROGRAM} trust explain COMMAND` tells what would let one run unasked"
        return _line(told)
    if failed and len(failed) < len(record.panes):
        return _line(f"{len(failed)} of {len(record.panes)} panes failed: {', '.join(failed)}")
    return ""


def problem_text(problem: Problem) -> str:
    """Return an error as a person reads it on standard error, cleaned and with secrets masked."""
    return _line("", problem)


def _tool_text(end: ToolFinished) -> str:
    """A call that is over, on one line: what it was, how it ended, and what it came to."""
    what = clean_line(f"{end.name} {end.title}".rstrip(), _TITLE_CHARACTERS)
    came = [clean_line(end.summary).removeprefix(f"{end.name}: ")] if end.summary else []
    if end.seconds >= _TIMED_FROM:
        came.append(f"{end.seconds:.1f} s")
    state = "" if end.status is ToolStatus.OK else f"{end.status}: "
    return f"{end.pane}: {what}: {state}{', '.join(came) or 'done'}"


def _end_text(end: TurnFinished) -> str:
    if succeeded(end) and end.stop is StopReason.TOOL_USE and end.problem is None:
        return _line(f"{end.pane}: asks for tools, which cannot run here")
    if succeeded(end):
        return _line(f"{end.pane}: ", end.problem) if end.problem is not None else ""
    facts = [str(end.outcome)]
    if end.attempts > 1:
        facts.append(f"{end.attempts} attempts")
    if end.retry_after is not None:
        facts.append(f"retry after {end.retry_after:g} s")
    if end.request_id:
        facts.append(f"request {clean_line(end.request_id)}")
    problem = end.problem or Problem(title="Failed", text="The provider gave no reason.")
    return _line(f"{end.pane}: ", replace(problem, text=f"{problem.text} [{', '.join(facts)}]"))


def _line(start: str, problem: Problem | None = None) -> str:
    text = start if problem is None else f"{start}{problem.title}: {problem.text}"
    lines = [f"{PROGRAM}: {text}"]
    if problem is not None and problem.hint:
        lines.append(f"  → {problem.hint}")
    return clean(mask("\n".join(lines))) + "\n"
