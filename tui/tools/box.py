"""The tools as the engine uses them: a call is prepared (looked at, frozen), judged by others, and then run."""

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeVar

from tui.core.tool_events import ToolStatus
from tui.tools.activity import Activity
from tui.tools.changes import Changes, Undone, forget
from tui.tools.command import Launch, run_process
from tui.tools.opening import is_folder
from tui.tools.outcome import Limits, Prepared, ToolOutcome
from tui.tools.performing import Performer, failed
from tui.tools.preparing import World, prepare
from tui.tools.requests import Request, Tool
from tui.tools.searching import Stop
from tui.tools.writing import Writer, remove_litter

_T = TypeVar("_T")
_DAY_S: Final = 86_400.0


def everything(path: Path) -> bool:
    """Allow every path: for callers without forbidden ones."""
    del path
    return True


class Toolbox:
    """The tools of one session in one project, shared by all its panes.

    `root` is the project, `state` the session's own folder outside of it (undo store and bin); folders of other
    sessions lie beside it. `allowed` tells of an absolute path whether listings may show it, `searchable` (else the
    same) whether searches may tell what is in it; both are asked from threads.
    """

    def __init__(
        self,
        root: Path,
        *,
        state: Path,
        limits: Limits | None = None,
        allowed: Callable[[Path], bool] = everything,
        searchable: Callable[[Path], bool] | None = None,
    ) -> None:
        self.root = Path(root).resolve()
        self.state = state
        self.limits = limits or Limits()
        self.activity = Activity()
        self._world = World(self.root, self.limits, self.activity, allowed, searchable or allowed)
        writer = Writer(state / "writes")
        self._performer = Performer(self._world, writer, Changes(state / "changes", writer))
        self._pending: dict[int, Prepared] = {}
        self._lock = threading.Lock()

    def clean_up(self, *, keep_days: float = 30.0, now: float | None = None) -> tuple[Path, ...]:
        """Remove what earlier sessions left behind. Blocking, for the start of a session.

        These are temporary files of killed processes in projects, whose paths are returned, and the undo stores and
        bins of sessions that changed nothing for `keep_days`. `now` is the time in seconds since the epoch.
        """
        folders = [self.state, *(path for path in self.state.parent.glob("*") if path != self.state)]
        removed = [path for folder in folders for path in remove_litter(folder / "writes")]
        for folder in folders[1:]:
            forget(folder, before=(time.time() if now is None else now) - keep_days * _DAY_S)
        return tuple(removed)

    def prepare(self, request: Request, pane: str, turn: str) -> Prepared:
        """Look at what the call is about and freeze it. Blocking: call it in a thread. Never raises for bad calls.

        It reads the files that would change, so a call that is refused is not prepared. A change is known to the other
        panes as pending from here until `run` or `drop`.
        """
        prepared = prepare(request, pane, turn, self._world)
        if request.tool.changes_files and not prepared.problem:
            with self._lock:
                self._pending[id(prepared)] = prepared
            self.activity.begin(pane, prepared.path)
        return prepared

    def drop(self, prepared: Prepared) -> None:
        """Forget a prepared call that will not run; harmless for one that did."""
        with self._lock:
            known = self._pending.pop(id(prepared), None)
        if known is not None:
            self.activity.end(prepared.pane, prepared.path)

    def rivals(self, prepared: Prepared) -> tuple[Prepared, ...]:
        """Return the changes of the same file that other panes have prepared and not yet made, to be shown beside."""
        with self._lock:
            others = list(self._pending.values())
        return tuple(other for other in others if other.pane != prepared.pane and other.path == prepared.path)

    async def run(
        self,
        prepared: Prepared,
        on_output: Callable[[str], None] | None = None,
        launch: Launch | None = None,
    ) -> ToolOutcome:
        """Do exactly what was prepared, or nothing when a file is no longer what it was then.

        A command needs its `launch`. Cancelling ends a command and a search; a change that has begun is finished
        first, so that it is recorded and the file whole. Raises ValueError for a call that is not run here.
        """
        try:
            outcome = await self._run(prepared, on_output, launch)
        finally:
            self.drop(prepared)
        return outcome if outcome.text.isascii() else _sound(outcome)

    async def _run(
        self, prepared: Prepared, on_output: Callable[[str], None] | None, launch: Launch | None
    ) -> ToolOutcome:
        if prepared.problem:
            return failed(prepared.problem)
        tool = prepared.request.tool
        if tool.only_reads:
            return await self._look(prepared)
        if tool.changes_files:
            return await _finished(lambda: self._performer.change(prepared))
        if tool is not Tool.RUN_COMMAND or launch is None:
            raise ValueError(f"{tool} cannot be run here{'' if launch else ' without a launch'}")
        return await self._command(prepared, on_output, launch)

    def undo(self, pane: str | None = None, *, turn: bool = False) -> Undone:
        """Take back the newest change of a pane (of any when None), or all of its turn. Blocking.

        Raises OSError when the undo store itself cannot be written.
        """
        return self._performer.undo(pane, turn=turn)

    def end_turn(self, pane: str) -> None:
        """Note that the pane's turn is over: what it read no longer conflicts with changes of others."""
        self.activity.end_turn(pane)

    async def _look(self, prepared: Prepared) -> ToolOutcome:
        stop = Stop()
        try:
            return await asyncio.to_thread(self._performer.look, prepared, stop)
        except asyncio.CancelledError:
            stop.set()
            raise

    async def _command(
        self, prepared: Prepared, on_output: Callable[[str], None] | None, launch: Launch
    ) -> ToolOutcome:
        if not await asyncio.to_thread(is_folder, prepared.path):
            return failed(f"The folder {prepared.path} is no longer there.", changed_since=True)
        result = await run_process(
            launch, timeout=prepared.timeout, on_output=on_output, output_bytes=self.limits.output_bytes
        )
        ending = f"{result.ending}, {result.seconds:.1f} s" if result.seconds else result.ending
        gap = "" if not result.text or result.text.endswith("\n") else "\n"
        notes = [ending]
        if result.omitted:
            notes.append("to see what was left out, run it again with less output, such as through head, tail or grep")
        if result.timed_out:
            notes.append("give a longer timeout if it needs more time; programs that ask need run_interactive")
        return ToolOutcome(
            text=f"{result.text}{gap}[{'; '.join(notes)}]",
            status=ToolStatus.OK if result.exit_code == 0 else ToolStatus.ERROR,
            summary=result.ending,
            exit_code=result.exit_code,
        )


def _sound(outcome: ToolOutcome) -> ToolOutcome:
    """Return the outcome as text that every wire can carry: file names may hold bytes that are no characters."""
    text, summary = (part.encode("utf-8", "backslashreplace").decode() for part in (outcome.text, outcome.summary))
    return replace(outcome, text=text, summary=summary)


async def _finished(work: Callable[[], _T]) -> _T:
    """Run `work` in a thread and see it end, even when this is cancelled meanwhile."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait({task})
        task.exception()
        raise
