"""The composition root: `build` puts the rooms together, `Engine.handle` takes commands."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, assert_never

from tui.config.model import Config
from tui.core import secrets
from tui.core.clock import Clock, SystemClock
from tui.core.commands import (
    AnswerFallback,
    ClearConversation,
    Command,
    ControlCircuit,
    DropQueued,
    Retry,
    RetryNow,
    SetSessionBudget,
    Stop,
    Submit,
)
from tui.core.errors import Problem
from tui.core.events import Notice, NoticeLevel, PaneInfo, SessionEnded, SessionStarted
from tui.core.ids import new_id
from tui.core.spend_report import SpendReport
from tui.core.untrusted import clean_line
from tui.engine import spend_source
from tui.engine.bus import Bus
from tui.engine.guard import Guard, Route, build_guard
from tui.engine.journal import Journal
from tui.engine.pane import Pane
from tui.engine.session import PanePlan, SessionPlan
from tui.engine.spending import Spending
from tui.providers.base import Deadlines, Provider
from tui.providers.registry import create_provider
from tui.spend.ledger import Ledger
from tui.spend.prices import load_prices


class Engine:
    """A session: its panes, its bus, its journal."""

    def __init__(
        self,
        *,
        session: str,
        bus: Bus,
        panes: Iterable[Pane],
        infos: tuple[PaneInfo, ...],
        demo: bool,
        providers: Iterable[Provider],
        guard: Guard,
        journal: Journal | None,
    ) -> None:
        self.session = session
        self.bus = bus
        self.panes = infos
        self.demo = demo
        self.journal_path = journal.path if journal is not None else None
        self._panes = {pane.name: pane for pane in panes}
        self._providers = tuple(providers)
        self._guard = guard
        self._journal = journal
        self._closed = False

    async def start(self) -> None:
        """Begin the session: the journal writes, and `SessionStarted` is published."""
        if self._journal is not None:
            self._journal.start()
        self.bus.publish(SessionStarted(session=self.session, panes=self.panes, demo=self.demo))
        self._guard.spending.refresh()

    def handle(self, command: Command) -> None:
        """Carry out a command. Returns at once; what comes of it is published."""
        match command:
            case Submit(text=text, panes=names):
                self._submit(text, names)
            case ClearConversation(pane=name):
                for pane in self._one_or_all(name):
                    pane.clear()
            case SetSessionBudget(limit_pico=limit):
                self._guard.spending.set_session_limit(limit)
            case ControlCircuit(pane=name, action=action):
                for pane in self._named((name,)):
                    self._guard.circuits.control(pane.plan, action)
            case Stop() | DropQueued() | Retry() | RetryNow() | AnswerFallback():
                self._steer(command)
            case _:
                assert_never(command)

    def _submit(self, text: str, names: tuple[str, ...] | None) -> None:
        repeated = []
        for pane in self._named(names):
            if self._guard.repeats.allows(pane.name, text):
                pane.submit(text)
            else:
                repeated.append(pane.name)
        if repeated:
            self._notice("Sent once", f"The same prompt came twice within a moment for {', '.join(repeated)}.")

    def _steer(self, command: Stop | DropQueued | Retry | RetryNow | AnswerFallback) -> None:
        """Carry out a command about turns that run, wait or ended."""
        for pane in self._one_or_all(command.pane):
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

    def busy(self) -> bool:
        """Whether any pane runs a turn."""
        return any(pane.busy for pane in self._panes.values())

    async def prepare(self, pane: str) -> None:
        """Import the SDK of a pane, off the loop; publishes loading and ready. Further calls do nothing."""
        await self._panes[pane].prepare()

    async def spend_report(self) -> SpendReport:
        """Return what was spent so far. Raises `LLMMixerError` when the ledger cannot be read."""
        return await spend_source.spend_report(self._guard.spending)

    async def export(self, form: Literal["csv", "json"], path: Path) -> None:
        """Write every entry of the ledger to a new file. Raises `LLMMixerError` or `OSError` when that fails."""
        await spend_source.export(self._guard.spending, form, path)

    def estimate(self, text: str, panes: tuple[str, ...] | None) -> tuple[int, int] | None:
        """Return what a short and a long answer to `text` would cost in pico-dollars; None without a price."""
        asked = [pane for name, pane in self._panes.items() if panes is None or name in panes]
        return spend_source.estimate(self._guard.spending, [(pane.plan, pane.would_send(text)) for pane in asked])

    async def close(self) -> None:
        """End the session: turns are stopped and reported, connections closed, the journal written to its end."""
        if self._closed:
            return
        self._closed = True
        await asyncio.gather(*(pane.close() for pane in self._panes.values()))
        await self._guard.close()
        self.bus.publish(SessionEnded(session=self.session))
        await self.bus.close()
        await asyncio.gather(*(provider.close() for provider in self._providers))
        if self._journal is not None:
            await self._journal.close()

    def _named(self, names: tuple[str, ...] | None) -> list[Pane]:
        if names is None:
            return list(self._panes.values())
        unknown = [name for name in names if name not in self._panes]
        if unknown:
            wrong = clean_line(", ".join(unknown))
            self._notice("No such pane", f"{wrong}: the panes are {', '.join(self._panes)}.")
        return [self._panes[name] for name in dict.fromkeys(names) if name in self._panes]

    def _one_or_all(self, name: str | None) -> list[Pane]:
        return self._named(None if name is None else (name,))

    def _notice(self, title: str, text: str) -> None:
        self.bus.publish(Notice(level=NoticeLevel.WARNING, problem=Problem(title=title, text=text)))


def build(
    config: Config,
    plan: SessionPlan,
    *,
    state_dir: Path | None,
    project: str = "",
    interactive: bool = True,
    clock: Clock | None = None,
) -> Engine:
    """Put a session together. No SDK is imported and no connection opened.

    `state_dir` is where journal and ledger go; None keeps neither. `project` is the folder money is booked on. Where
    nobody can be asked (`interactive` is false) a fallback that asks does not happen. The demo keeps a ledger of its
    own, so that what it simulates is never mixed with money.
    """
    clock = clock or SystemClock()
    session = new_id("session")
    bus = Bus()
    plans = [one for pane in plan.panes for one in (pane, *pane.fallbacks)]
    secrets.register(pane.api_key for pane in plans if pane.api_key)
    spending = Spending(
        config,
        _ledger(config, state_dir, demo=plan.demo, clock=clock),
        load_prices(config.prices),
        session=session,
        project=project,
        publish=bus.publish,
        clock=clock,
    )
    guard = build_guard(
        config,
        plan.panes,
        spending=spending,
        state_dir=state_dir,
        interactive=interactive,
        publish=bus.publish,
        clock=clock,
    )
    providers: dict[tuple[str, str | None], Provider] = {}
    for one in plans:
        providers.setdefault((one.endpoint, one.api_key), _provider(one, config))
    panes = []
    for pane in plan.panes:
        routes = [Route(one, providers[one.endpoint, one.api_key]) for one in (pane, *pane.fallbacks)]
        panes.append(Pane(pane, routes, guard=guard, publish=bus.publish, clock=clock))
    infos = tuple(
        PaneInfo(name=pane.name, provider=pane.endpoint, model=clean_line(pane.model), role=clean_line(pane.role))
        for pane in plan.panes
    )
    return Engine(
        session=session,
        bus=bus,
        panes=panes,
        infos=infos,
        demo=plan.demo,
        providers=providers.values(),
        guard=guard,
        journal=_journal(config, state_dir, session, bus, clock),
    )


def _ledger(config: Config, state_dir: Path | None, *, demo: bool, clock: Clock) -> Ledger | None:
    if state_dir is None:
        return None
    name = "demo-spend.sqlite" if demo else "spend.sqlite"
    return Ledger(state_dir / name, clock=clock, lease_s=config.spend.lease_minutes * 60)


def _journal(config: Config, state_dir: Path | None, session: str, bus: Bus, clock: Clock) -> Journal | None:
    if state_dir is None or not config.journal.enabled:
        return None
    day = datetime.fromtimestamp(clock.wall(), UTC).strftime("%Y-%m-%d")
    return Journal(state_dir / "sessions" / f"{day}-{session}.jsonl", bus, clock)


def _provider(pane: PanePlan, config: Config) -> Provider:
    waits = config.timeouts
    return create_provider(
        pane.endpoint_config,
        api_key=pane.api_key,
        base_url=pane.base_url,
        deadlines=Deadlines(
            connect=waits.connect,
            first_event=waits.first_event,
            first_token=waits.first_token,
            idle=waits.idle,
            total=waits.total,
        ),
    )
