"""What lets models act in a session: their tools, and the person's say in them."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, assert_never

from tui.config.model_work import ToolsConfig
from tui.core.commands import Answer, SetTrustMode, Undo
from tui.core.errors import LLMMixerError, Problem
from tui.core.events import Event, Notice, NoticeLevel
from tui.core.money import pico_from_usd
from tui.core.tool_events import ChangesUndone, TrustModeChanged
from tui.core.trust import RuleTrial
from tui.core.untrusted import clean_line
from tui.engine.tool_loop import RoundLimits
from tui.engine.tool_runner import ToolRunner


class Work:
    """Takes the commands about tools and trust. `tools` is None where models may only talk."""

    def __init__(self, tools: ToolRunner, *, offered: bool, publish: Callable[[Event], None]) -> None:
        self._runner = tools
        self._offered = offered
        self._publish = publish
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def tools(self) -> ToolRunner | None:
        """What turns run tool calls with."""
        return self._runner if self._offered else None

    def start(self) -> None:
        """Tell how much happens without a question."""
        self._tell_mode()

    def handle(self, command: Answer | SetTrustMode | Undo) -> None:
        """Carry out a command; returns at once."""
        match command:
            case Answer():
                self._runner.desk.approvals.answer(command)
            case SetTrustMode(mode=mode):
                self._runner.desk.judge.set_mode(mode)
                self._tell_mode()
            case Undo(pane=pane, turn=turn):
                self._do(self._undo(pane, whole_turn=turn))
            case _:
                assert_never(command)

    def try_rule(self, approval: str, rule: str) -> RuleTrial:
        """Return what a rule would do to the call an open question is about. Raises `LLMMixerError` if it is closed."""
        trial = self._runner.desk.approvals.try_rule(approval, rule)
        if trial is None:
            raise LLMMixerError(Problem(title="No such question", text="It was answered or its turn has ended."))
        return trial

    async def close(self) -> None:
        """Finish what was begun and close the records."""
        if self._tasks:
            await asyncio.wait(set(self._tasks))
        await self._runner.desk.records.close()

    def _tell_mode(self) -> None:
        judge = self._runner.desk.judge
        self._publish(TrustModeChanged(mode=judge.mode, sandbox=judge.sandbox_name, tools=self._offered))

    async def _undo(self, pane: str | None, *, whole_turn: bool) -> None:
        try:
            undone = await asyncio.to_thread(self._runner.desk.toolbox.undo, pane, turn=whole_turn)
        except (OSError, LLMMixerError) as error:
            self._notice("Not undone", str(error))
            return
        if not undone.paths and not undone.kept:
            self._notice("Nothing to undo", "Nothing that a model changed is left to take back.")
            return
        root = f"{self._runner.desk.toolbox.root}/"
        paths, kept = (
            tuple(clean_line(path.removeprefix(root), 1_000) for path in some) for some in (undone.paths, undone.kept)
        )
        self._publish(ChangesUndone(pane=pane or undone.pane, paths=paths, kept=kept))

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _notice(self, title: str, text: str) -> None:
        problem = Problem(title=title, text=clean_line(text, 1_000))
        self._publish(Notice(level=NoticeLevel.WARNING, problem=problem))


def round_limits(config: ToolsConfig) -> RoundLimits:
    """Return how far turns may go."""
    cost = None if config.max_turn_usd is None else pico_from_usd(config.max_turn_usd)
    return RoundLimits(rounds=config.max_rounds, cost_pico=cost, tokens=config.max_turn_tokens)
