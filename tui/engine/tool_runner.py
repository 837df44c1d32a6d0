"""The tools of a session, as the turns of all its panes use them."""

import asyncio
import os
from pathlib import PurePath

from tui.core.chat import ToolCall, ToolResult, ToolSpec
from tui.core.errors import Problem
from tui.core.events import Notice, NoticeLevel
from tui.core.tool_events import Preview, ToolFinished, ToolStatus
from tui.engine.call_order import CallSlot
from tui.engine.shown import shown_line, shown_preview
from tui.engine.tool_call import CallRun, Denied, Desk
from tui.engine.tool_prompt import ToolPrompt
from tui.engine.verdict import internal_failure
from tui.tools.outcome import ToolOutcome
from tui.tools.requests import InvalidCall, Tool
from tui.tools.spec import parse_call


class ToolRunner:
    """Runs tool calls and tells what came of them, to the person by events and to the model by results.

    `specs` are offered to the models; `prompt` is what they are told of tools and project.
    """

    def __init__(self, desk: Desk, *, specs: tuple[ToolSpec, ...], prompt: ToolPrompt) -> None:
        self.desk = desk
        self.specs = specs
        self.prompt = prompt

    def is_read(self, call: ToolCall) -> bool:
        """Whether the call changes nothing, so that it may run beside others."""
        return call.name in {tool.value for tool in Tool if tool.only_reads}

    def changes(self, call: ToolCall) -> PurePath | None:
        """Return the file or folder a call of a file tool changes; None for any other call.

        Letter case is folded: on some systems names that differ only in it are one file.
        """
        request = parse_call(call)
        if isinstance(request, InvalidCall) or not request.tool.changes_files:
            return None
        return PurePath(os.path.normpath(self.desk.toolbox.root / str(request.arguments["path"])).casefold())

    async def run(self, call: ToolCall, *, pane: str, turn: str, slot: CallSlot | None = None) -> ToolResult:
        """Decide, ask if need be, run, and return what the model is told. Fails only by cancellation.

        Asks and begins to run once `slot` lets it, alone at once.
        """
        slot = slot or CallSlot()
        await slot.may_ask()
        request = parse_call(call)
        if isinstance(request, InvalidCall):
            return self._refuse_invalid(request, pane, turn)
        running = CallRun(self.desk, request, pane, turn, slot)
        try:
            outcome = await running.run()
        except asyncio.CancelledError:
            self._tell(running, ToolStatus.STOPPED, "stopped")
            raise
        except Denied as denied:
            running.who = denied.who
            self._tell(running, denied.status, denied.summary)
            return ToolResult(call_id=call.id, name=call.name, text=denied.text, is_error=True)
        except Exception as error:  # noqa: BLE001 - a defect in one tool must not take the turn with it
            return self._tell_defect(running, call, error)
        self._tell(running, outcome.status, outcome.summary, outcome)
        take_in = self.desk.judge.take_in
        text = await asyncio.to_thread(take_in, outcome.text, running.request, pane=pane, turn=turn)
        return ToolResult(call_id=call.id, name=call.name, text=text, is_error=outcome.status is not ToolStatus.OK)

    def end_turn(self, pane: str, turn: str) -> None:
        """Forget what was kept for a turn that is over."""
        self.desk.toolbox.end_turn(pane)
        self.desk.judge.end_turn(pane, turn)

    def forget(self, pane: str) -> None:
        """Forget what is known of a pane's conversation, which begins anew."""
        self.desk.judge.forget(pane)

    def _tell_defect(self, running: CallRun, call: ToolCall, error: Exception) -> ToolResult:
        problem: Problem = internal_failure(error).problem
        self.desk.publish(Notice(level=NoticeLevel.ERROR, problem=problem, pane=running.pane))
        self._tell(running, ToolStatus.ERROR, problem.text)
        text = f"The tool failed by a defect of its own and may have done part of its work: {problem.text}"
        return ToolResult(call_id=call.id, name=call.name, text=text, is_error=True)

    def _refuse_invalid(self, call: InvalidCall, pane: str, turn: str) -> ToolResult:
        self.desk.publish(
            ToolFinished(
                pane=pane,
                turn=turn,
                call_id=shown_line(call.call_id),
                name=shown_line(call.name),
                status=ToolStatus.ERROR,
                summary=shown_line(call.text),
            )
        )
        return ToolResult(call_id=call.call_id, name=call.name, text=call.text, is_error=True)

    def _tell(self, running: CallRun, status: ToolStatus, summary: str, outcome: ToolOutcome | None = None) -> None:
        request = running.request
        began = running.started
        self.desk.publish(
            ToolFinished(
                pane=running.pane,
                turn=running.turn,
                call_id=shown_line(request.call_id),
                name=request.tool.value,
                status=status,
                summary=shown_line(summary),
                title=shown_line(request.title),
                seconds=0.0 if began is None else round(self.desk.clock.monotonic() - began, 3),
                exit_code=None if outcome is None else outcome.exit_code,
                preview=Preview() if outcome is None else shown_preview(outcome.preview),
                answer=shown_line(running.who),
            )
        )
