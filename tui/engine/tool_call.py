"""One tool call on its way: understood, judged, asked about where need be, judged again, run, and written down.

What was shown is what runs: the call is frozen when it is prepared, and both the policy and the files are looked at
once more right before it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Protocol

from tui.core.chat import ToolCall
from tui.core.clock import Clock
from tui.core.commands import Answer
from tui.core.errors import LLMMixerError, Problem
from tui.core.events import Event, Notice, NoticeLevel
from tui.core.secrets import StreamMasker
from tui.core.tool_events import NOBODY, ApprovalRequested, Preview, ToolOutput, ToolStarted, ToolStatus
from tui.core.trust import AnswerKind, Decision, Risk, RuleTrial, Verdict
from tui.core.untrusted import clean
from tui.engine.call_order import CallSlot
from tui.engine.judge import Judge
from tui.engine.records import Records
from tui.engine.shown import shown_line, shown_part, shown_preview
from tui.engine.threads import in_thread
from tui.tools.box import Toolbox
from tui.tools.command import Launch
from tui.tools.doomed import doomed
from tui.tools.outcome import Prepared, ToolOutcome
from tui.tools.requests import InvalidCall, Request, Tool
from tui.tools.spec import parse_call
from tui.trust.approvals import Approvals
from tui.trust.execution import CannotRunError, Plan

_MOST_TRIES: Final = 5
"""How often one call is judged anew because a file or the policy changed while it was decided."""
_LONGEST_REASON: Final = 1_000
_LONGEST_PATH: Final = 4_096


class Interactive(Protocol):
    """Runs a command in a terminal until it ends."""

    async def run(self, launch: Launch, request: Request, *, pane: str, turn: str) -> ToolOutcome:
        """Return the final screen and how the command ended."""


class Denied(Exception):  # noqa: N818 - a way out, not an error
    """The call does not run: `text` tells the model, `summary` the person, `who` decided."""

    def __init__(self, text: str, *, summary: str, who: str, status: ToolStatus = ToolStatus.DENIED) -> None:
        super().__init__(text)
        self.text = text
        self.summary = summary
        self.who = who
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What every call of a session needs. Without a person (`can_ask` is false) what asks is denied."""

    toolbox: Toolbox
    judge: Judge
    approvals: Approvals
    records: Records
    interactive: Interactive | None
    can_ask: bool
    publish: Callable[[Event], None]
    clock: Clock


@dataclass(frozen=True, slots=True)
class _Pass:
    """A call that may run: what was shown, what the policy said of it, and who let it pass."""

    prepared: Prepared
    verdict: Verdict
    who: str
    by_person: bool = False
    outside: bool = False


@dataclass(slots=True)
class CallRun:
    """A call that was understood. `run` may be cancelled at any await; files are then whole."""

    desk: Desk
    request: Request
    pane: str
    turn: str
    slot: CallSlot
    who: str = ""
    started: float | None = None

    async def run(self) -> ToolOutcome:
        """Return what came of the call. Raises `Denied`."""
        for _ in range(_MOST_TRIES):
            passed = await self._passed()
            self.slot.asked.set()
            outcome = await self._run_as_passed(passed)
            if outcome is not None:
                return outcome
        text = "Not run: the files or the rules kept changing while it was decided."
        raise Denied(text, summary="kept changing", who="policy", status=ToolStatus.ERROR)

    async def _run_as_passed(self, passed: _Pass) -> ToolOutcome | None:
        """Run the call if it is still what was judged; None when it has to be judged anew."""
        plan: Plan | None = None
        try:
            await self.slot.may_run()
            verdict = await self._allowed(frozen=passed.prepared)
            worse = verdict.decision is Decision.ASK and not passed.by_person and not passed.prepared.problem
            if worse or verdict.paths != passed.verdict.paths or _limits(verdict) != _limits(passed.verdict):
                return None
            self.who = passed.who
            plan = await self._planned(passed)
            await self._write_down(verdict)
            outcome = await self._execute(passed.prepared, plan)
            return replace(outcome, text=f"{outcome.text}\n\n[{verdict.note}]") if verdict.note else outcome
        finally:
            self.desk.toolbox.drop(passed.prepared)
            if plan is not None:
                await asyncio.shield(asyncio.to_thread(plan.close))

    async def _planned(self, passed: _Pass) -> Plan | None:
        judge = self.desk.judge
        try:
            return await in_thread(
                lambda: judge.launch(self.request, passed.verdict, passed.prepared.path, outside=passed.outside),
                _close_plan,
            )
        except CannotRunError as error:
            summary = error.problem.text
            raise Denied(f"Not run: {summary}", summary=summary, who="session", status=ToolStatus.ERROR) from error

    async def _passed(self) -> _Pass:
        """Return the call as it may run; the person may have changed it."""
        while True:
            verdict = await self._allowed()
            prepared = await in_thread(self._prepare, self.desk.toolbox.drop)
            try:
                if (passed := await self._passed_as(prepared, verdict)) is not None:
                    return passed
            except BaseException:
                self.desk.toolbox.drop(prepared)
                raise
            self.desk.toolbox.drop(prepared)

    def _prepare(self) -> Prepared:
        return self.desk.toolbox.prepare(self.request, self.pane, self.turn)

    async def _passed_as(self, prepared: Prepared, verdict: Verdict) -> _Pass | None:
        """Return how the call may run; None when it changed and has to be judged anew."""
        if not self.request.tool.runs_programs and not set(prepared.paths) & set(verdict.paths):
            text = "Not run: the path led to another file while it was decided."
            raise Denied(text, summary="the path led elsewhere", who="policy", status=ToolStatus.ERROR)
        if verdict.decision is Decision.ALLOW and not prepared.conflict:
            return _Pass(prepared, verdict, verdict.rule)
        if prepared.problem:  # it cannot work: no reason to trouble a person, if the model may know why
            tellable = await asyncio.to_thread(self.desk.judge.may_read, prepared.path)
            if tellable:
                return _Pass(prepared, verdict, "nothing to do")
        answer = await self._asked(prepared, verdict)
        if answer is None:
            return None
        if answer.decision is AnswerKind.EDITED:
            await self._change(answer.text)
            return None
        outside = answer.decision is AnswerKind.OUTSIDE
        return _Pass(prepared, verdict, self._accepted(verdict, answer), by_person=True, outside=outside)

    async def _allowed(self, frozen: Prepared | None = None) -> Verdict:
        """Judge the call as things stand now, a `frozen` one in the very folder it will run in. Raises `Denied`."""
        request = self.request
        if frozen is not None and "cwd" in request.arguments:
            request = replace(request, arguments={**request.arguments, "cwd": str(frozen.path)})
        verdict = await asyncio.to_thread(self.desk.judge.decide, request, self.pane, self.turn)
        if verdict.decision is Decision.DENY:
            self.desk.records.decided(self.request, verdict, pane=self.pane, turn=self.turn, who="policy")
            text = f"Refused by the rules of this session: {verdict.reason} Find another way, or tell the person."
            raise Denied(text, summary=verdict.reason, who=verdict.rule)
        return verdict

    async def _asked(self, prepared: Prepared, verdict: Verdict) -> Answer | None:
        desk = self.desk
        if not desk.can_ask:
            desk.records.decided(self.request, verdict, pane=self.pane, turn=self.turn, who=NOBODY)
            text = f"Not run: a person would have to approve it, and nobody can be asked here. {verdict.reason}"
            raise Denied(text, summary=f"needs approval: {verdict.reason}", who=NOBODY)

        def settled() -> bool:
            decision = desk.judge.decide(self.request, self.pane, self.turn).decision
            return decision is Decision.DENY or (decision is Decision.ALLOW and not prepared.conflict)

        def trial(rule: str) -> RuleTrial:
            return desk.judge.try_rule(self.request, rule)

        preview = prepared.preview
        if self.request.tool.runs_programs and verdict.risk is Risk.DESTRUCTIVE:
            commands = [part.text for part in verdict.parts] or [_subject(self.request)]
            preview = await asyncio.to_thread(doomed, commands, prepared.path)
        question = self._question(prepared, verdict, preview)
        asked_at = desk.clock.monotonic()
        self.slot.asked.set()
        answer = await desk.approvals.ask(question, settled, trial)
        if answer is None:
            return None
        waited = desk.clock.monotonic() - asked_at
        desk.records.answered(self.request, verdict, answer, pane=self.pane, turn=self.turn, waited=waited)
        if answer.decision is AnswerKind.DENY:
            reason = shown_line(answer.text, 2_000)
            text = f"The person refused this and says: {reason}" if reason else "The person refused this."
            raise Denied(text, summary=f"you: {reason}" if reason else "you refused", who="you")
        return answer

    def _question(self, prepared: Prepared, verdict: Verdict, preview: Preview) -> ApprovalRequested:
        request, judge = self.request, self.desk.judge
        what = _subject(request)
        text = judge.masked(what)
        conflict = prepared.conflict
        return ApprovalRequested(
            id="",
            pane=self.pane,
            turn=self.turn,
            call_id=shown_line(request.call_id),
            tool=request.tool.value,
            text=text,
            cwd=shown_line(str(prepared.path if request.tool.runs_programs else self.desk.toolbox.root), _LONGEST_PATH),
            reason=conflict if verdict.decision is Decision.ALLOW else shown_line(verdict.reason, _LONGEST_REASON),
            rule="another pane" if verdict.decision is Decision.ALLOW else verdict.rule,
            risk=verdict.risk,
            parts=tuple(map(shown_part, verdict.parts)),
            grant="" if conflict else verdict.grant,
            preview=shown_preview(preview),
            because=shown_line(judge.because(self.pane, self.turn), _LONGEST_REASON),
            conflict=conflict,
            rival=self._rival(prepared),
            sandbox=judge.sandbox_name,
            editable=request.tool.runs_programs and text == what,
            root=shown_line(str(self.desk.toolbox.root), _LONGEST_PATH),
            leavable=judge.leavable and request.tool.runs_programs,
        )

    def _rival(self, prepared: Prepared) -> Preview:
        """Return what another pane is about to change in the same file."""
        rivals = self.desk.toolbox.rivals(prepared)
        return shown_preview(rivals[0].preview) if rivals else Preview()

    def _accepted(self, verdict: Verdict, answer: Answer) -> str:
        """Remember what a person allowed beyond this once; return who let the call run."""
        judge = self.desk.judge
        who = "you, once"
        if answer.decision is AnswerKind.OUTSIDE:
            return "you, once, outside the sandbox"
        if answer.decision is AnswerKind.SESSION and judge.grant(self.request, verdict):
            who = "you, this session"
        elif answer.decision is AnswerKind.RULE:
            try:
                judge.save_rule(answer.text)
                who = "you, by a rule"
            except (LLMMixerError, ValueError) as error:
                told = shown_line(str(error), _LONGEST_REASON)
                problem = Problem(title="The rule was not saved, the call ran once", text=told)
                self.desk.publish(Notice(level=NoticeLevel.WARNING, problem=problem, pane=self.pane))
        if who != "you, once":
            self.desk.approvals.reconsider()
        return who

    async def _change(self, command: str) -> None:
        """Put the command a person wrote in the place of the call's own; it is judged like any other.

        One that can never run is told to the person, and the call stays as it was: it is asked about again.
        """
        arguments = {**self.request.arguments, "command": command}
        call = ToolCall(id=self.request.call_id, name=self.request.tool.value, arguments="", parsed=arguments)
        changed = parse_call(call)
        if isinstance(changed, InvalidCall):
            problem = changed.text
        else:
            verdict = await asyncio.to_thread(self.desk.judge.decide, changed, self.pane, self.turn)
            if verdict.decision is not Decision.DENY:
                self.request = changed
                return
            problem = verdict.reason
        told = Problem(
            title="Your command may not run",
            text=shown_line(problem, _LONGEST_REASON),
            hint="The model's own command waits for you again.",
        )
        self.desk.publish(Notice(level=NoticeLevel.WARNING, problem=told, pane=self.pane))

    async def _write_down(self, verdict: Verdict) -> None:
        records = self.desk.records
        try:
            await records.starting(self.request, verdict, pane=self.pane, turn=self.turn, who=self.who)
        except asyncio.CancelledError:
            records.ended(self.request, None, pane=self.pane, turn=self.turn)  # what begins in the record ends there
            raise
        except LLMMixerError as error:
            text = f"Not run: what happens cannot be written down. {error.problem.text}"
            summary = f"{error.problem.title}: {error.problem.text}"
            raise Denied(text, summary=summary, who="audit", status=ToolStatus.ERROR) from error

    async def _execute(self, prepared: Prepared, plan: Plan | None) -> ToolOutcome:
        desk, request = self.desk, self.request
        launch = None if plan is None else Launch(argv=plan.argv, env=plan.env, cwd=plan.cwd)
        call_id = shown_line(request.call_id)
        self.started = desk.clock.monotonic()
        desk.publish(
            ToolStarted(
                pane=self.pane,
                turn=self.turn,
                call_id=call_id,
                name=request.tool.value,
                title=shown_line(request.title),
            )
        )

        masker = StreamMasker()

        def output(text: str) -> None:
            if text:
                desk.publish(ToolOutput(pane=self.pane, turn=self.turn, call_id=call_id, text=text))

        outcome: ToolOutcome | None = None
        try:
            if request.tool is Tool.RUN_INTERACTIVE and launch is not None and not prepared.problem:
                outcome = await self._interact(launch)
            else:
                outcome = await desk.toolbox.run(prepared, lambda text: output(masker.feed(clean(text))), launch)
        finally:
            output(masker.flush())
            desk.records.ended(request, outcome, pane=self.pane, turn=self.turn)
        if plan is not None and plan.note and outcome.status is ToolStatus.ERROR:
            return replace(outcome, text=f"{outcome.text}\n\n[{plan.note}]")
        return outcome

    async def _interact(self, launch: Launch) -> ToolOutcome:
        if self.desk.interactive is None:
            raise Denied("There is no terminal here; use run_command.", summary="no terminal", who="session")
        return await self.desk.interactive.run(launch, self.request, pane=self.pane, turn=self.turn)


def _subject(request: Request) -> str:
    """Return what a person is asked about: the command, the path, or all that says what is looked for and where."""
    told = {name: value for name, value in request.arguments.items() if isinstance(value, str)}
    if request.tool in (Tool.LIST_FILES, Tool.SEARCH):
        return "\n".join(f"{name}: {value}" for name, value in told.items())
    return told.get("command") or told.get("path") or request.title


def _limits(verdict: Verdict) -> tuple[str, ...]:
    """Return the words of a command that runs with less to show than was written; empty for any other."""
    return (verdict.line, *verdict.argv) if verdict.note else ()


def _close_plan(plan: Plan | None) -> None:
    if plan is not None:
        plan.close()
