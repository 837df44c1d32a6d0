"""The engine: `build` plans a session, `Engine.handle` takes commands, events come from its bus.

The parts that do the work are put together in `start`, after the first frame: importing them takes as long as
importing the user interface.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, assert_never

from tui.config.model import Config
from tui.core.clock import Clock, SystemClock
from tui.core.commands import (
    Answer,
    AnswerFallback,
    ClearConversation,
    Command,
    ControlCircuit,
    DropQueued,
    Retry,
    RetryNow,
    SetSessionBudget,
    SetTrustMode,
    SizeTerminals,
    Stop,
    Submit,
    Undo,
    WorkCommand,
)
from tui.core.errors import LLMMixerError, Problem
from tui.core.events import Notice, NoticeLevel, PaneInfo, SessionEnded, SessionStarted
from tui.core.ids import new_id
from tui.core.untrusted import clean_line
from tui.core.validation import invisible_notice
from tui.engine.bus import Bus
from tui.engine.session import SessionPlan

if TYPE_CHECKING:
    from tui.core.spend_report import SpendReport
    from tui.core.terminal import TerminalPort
    from tui.core.trust import RuleTrial
    from tui.engine.assembly import Parts
    from tui.engine.pane import Pane
    from tui.engine.work import Work
    from tui.engine.workspace import Workspace


class Engine:
    """A session. Commands that come before it has started wait until it has."""

    def __init__(
        self,
        config: Config,
        plan: SessionPlan,
        *,
        state_dir: Path | None,
        project: str,
        interactive: bool,
        environ: Mapping[str, str],
        workspace: "Workspace | None",
        clock: Clock,
    ) -> None:
        self.session = new_id("session")
        self.bus = Bus()
        self.demo = plan.demo
        self.panes = tuple(
            PaneInfo(name=pane.name, provider=pane.endpoint, model=clean_line(pane.model), role=clean_line(pane.role))
            for pane in plan.panes
        )
        self.config = config
        self.plan = plan
        self.state_dir = state_dir
        self.project = project
        self.interactive = interactive
        self.environ = environ
        self.workspace = workspace
        self.clock = clock
        self._parts: Parts | None = None
        self._starting = asyncio.Lock()
        self._early: list[Command] = []
        self._started_up = False
        self._closed = False

    @property
    def journal_path(self) -> Path | None:
        """Where the session is written down; None before it has started and when it is not."""
        return None if self._parts is None or self._parts.journal is None else self._parts.journal.path

    async def start(self) -> None:
        """Begin the session: the parts are put together, `SessionStarted` is published, waiting commands are done."""
        async with self._starting:
            if self._parts is not None or self._closed:
                return
            await asyncio.to_thread(_load_assembly)
            from tui.engine import assembly

            hands = None
            try:
                hands = await asyncio.to_thread(assembly.make_hands, self)
            except (OSError, ValueError, LLMMixerError) as error:
                self._notice("No tools in this session", clean_line(str(error), 1_000))
            parts = self._parts = assembly.assemble(self, hands)
            await parts.start(self.bus)
            self.bus.publish(SessionStarted(session=self.session, panes=self.panes, demo=self.demo))
            parts.guard.spending.refresh()
            self._started_up = True
        early, self._early = self._early, []
        for command in early:
            self.handle(command)

    def handle(self, command: Command) -> None:
        """Carry out a command. Returns at once; what comes of it is published."""
        if self._closed:
            return
        if self._parts is None or not self._started_up:
            self._early.append(command)
            return
        match command:
            case Submit(text=text, panes=names):
                self._submit(self._parts, text, names)
            case ClearConversation(pane=name):
                for pane in self._one_or_all(self._parts, name):
                    pane.clear()
            case SetSessionBudget(limit_pico=limit):
                self._parts.guard.spending.set_session_limit(limit)
            case ControlCircuit(pane=name, action=action):
                for pane in self._named(self._parts, (name,)):
                    self._parts.guard.circuits.control(pane.plan, action)
            case Stop() | DropQueued() | Retry() | RetryNow() | AnswerFallback():
                self._steer(self._parts, command)
            case _:
                self._work(self._parts, command)

    def busy(self) -> bool:
        """Whether any pane runs a turn."""
        return self._parts is not None and any(pane.busy for pane in self._parts.panes.values())

    async def prepare(self, pane: str) -> None:
        """Import the SDK of a pane, off the loop; publishes loading and ready. Further calls do nothing."""
        if self._parts is not None:
            await self._parts.panes[pane].prepare()

    async def spend_report(self) -> "SpendReport":
        """Return what was spent so far. Raises `LLMMixerError` when the ledger cannot be read."""
        from tui.engine.spend_source import spend_report

        return await spend_report(self._started().guard.spending)

    async def export(self, form: Literal["csv", "json"], path: Path) -> None:
        """Write every entry of the ledger to a new file. Raises `LLMMixerError` or `OSError` when that fails."""
        from tui.engine.spend_source import export

        await export(self._started().guard.spending, form, path)

    def estimate(self, text: str, panes: tuple[str, ...] | None) -> tuple[int, int] | None:
        """Return what a short and a long answer to `text` would cost in pico-dollars; None without a price."""
        if self._parts is None:
            return None
        from tui.engine.spend_source import estimate

        asked = [pane for name, pane in self._parts.panes.items() if panes is None or name in panes]
        return estimate(self._parts.guard.spending, [(pane.plan, pane.would_send(text)) for pane in asked])

    def terminal(self, terminal: str) -> "TerminalPort | None":
        """Return a live terminal, or one whose program has ended and whose last screen is kept."""
        if self._parts is None or self._parts.terminals is None:
            return None
        return self._parts.terminals.get(terminal)

    def try_rule(self, approval: str, rule: str) -> "RuleTrial":
        """Return what a rule would do to the call an open question is about; nothing is saved."""
        return self._work_started().try_rule(approval, rule)

    async def close(self) -> None:
        """End the session: turns are stopped and reported, connections closed, the journal written to its end."""
        if self._closed:
            return
        self._closed = True
        async with self._starting:
            parts = self._parts
        if parts is not None:
            await asyncio.gather(*(pane.close() for pane in parts.panes.values()))
            if parts.terminals is not None:
                await parts.terminals.close()
            if parts.work is not None:
                await parts.work.close()
            await parts.guard.close()
        self.bus.publish(SessionEnded(session=self.session))
        await self.bus.close()
        if parts is not None:
            await parts.close()

    def _submit(self, parts: "Parts", text: str, names: tuple[str, ...] | None) -> None:
        if (unseen := invisible_notice(text)) is not None:
            self.bus.publish(Notice(level=NoticeLevel.WARNING, problem=unseen))
        repeated = []
        for pane in self._named(parts, names):
            if parts.guard.repeats.allows(pane.name, text):
                pane.submit(text)
            else:
                repeated.append(pane.name)
        if repeated:
            self._notice("Sent once", f"The same prompt came twice within a moment for {', '.join(repeated)}.")

    def _work(self, parts: "Parts", command: WorkCommand) -> None:
        """Carry out a command about tools, trust or terminals."""
        match command:
            case Answer() | SetTrustMode() | Undo():
                if parts.work is not None:
                    parts.work.handle(command)
            case SizeTerminals() if parts.terminals is None:
                pass
            case _:
                if parts.terminals is None:
                    self._notice("No terminal", "This session has none.")
                else:
                    parts.terminals.handle(command)

    def _steer(self, parts: "Parts", command: Stop | DropQueued | Retry | RetryNow | AnswerFallback) -> None:
        """Carry out a command about turns that run, wait or ended."""
        for pane in self._one_or_all(parts, command.pane):
            match command:
                case Stop():
                    pane.stop()
                case DropQueued(pane=name):
                    pane.drop_newest()
                    if name is None:
                        pane.drop_all()
                case Retry():
                    if not pane.retry():
                        self._notice("Nothing to retry", f"{pane.name} is busy or has no prompt yet.")
                case RetryNow():
                    pane.hurry()
                case AnswerFallback(accept=accept):
                    pane.answer_fallback(accept)
                case _:
                    assert_never(command)

    def _named(self, parts: "Parts", names: tuple[str, ...] | None) -> "list[Pane]":
        if names is None:
            return list(parts.panes.values())
        unknown = [name for name in names if name not in parts.panes]
        if unknown:
            wrong = clean_line(", ".join(unknown))
            self._notice("No such pane", f"{wrong}: the panes are {', '.join(parts.panes)}.")
        return [parts.panes[name] for name in dict.fromkeys(names) if name in parts.panes]

    def _one_or_all(self, parts: "Parts", name: str | None) -> "list[Pane]":
        return self._named(parts, None if name is None else (name,))

    def _work_started(self) -> "Work":
        parts = self._started()
        if parts.work is None:
            raise LLMMixerError(Problem(title="No tools", text="This session has no tools."))
        return parts.work

    def _started(self) -> "Parts":
        if self._parts is None:
            raise LLMMixerError(Problem(title="Not ready", text="The session has not begun yet."))
        return self._parts

    def _notice(self, title: str, text: str) -> None:
        self.bus.publish(Notice(level=NoticeLevel.WARNING, problem=Problem(title=title, text=text)))


def _load_assembly() -> None:
    import tui.engine.assembly  # noqa: F401 - loaded here, in a thread


def build(
    config: Config,
    plan: SessionPlan,
    *,
    state_dir: Path | None,
    project: str = "",
    interactive: bool = True,
    environ: Mapping[str, str] | None = None,
    workspace: "Workspace | None" = None,
    clock: Clock | None = None,
) -> Engine:
    """Plan a session. No SDK is imported and no connection opened, neither now nor by `Engine.start`.

    `state_dir` is where journal and ledger go; None keeps neither. `project` is the folder money is booked on. Where
    nobody can be asked (`interactive` is false) whatever asks does not happen. `environ` is what programs start with,
    and says where telemetry goes. Without a `workspace` models get no tools and there are no terminals.
    """
    return Engine(
        config,
        plan,
        state_dir=state_dir,
        project=project,
        interactive=interactive,
        environ=environ or {},
        workspace=workspace,
        clock=clock or SystemClock(),
    )
