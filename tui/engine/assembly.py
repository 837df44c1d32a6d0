"""The composition root: puts the rooms together into the parts of one session."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias

from tui.config.model import Config
from tui.core import secrets
from tui.engine.bus import Bus
from tui.engine.guard import Guard, Route, build_guard
from tui.engine.journal import Journal
from tui.engine.logs import Logging, start_logging
from tui.engine.pane import Pane
from tui.engine.session import PanePlan
from tui.engine.spending import Spending
from tui.engine.telemetry import Telemetry, start_telemetry
from tui.engine.work import round_limits
from tui.providers.base import Deadlines, Provider
from tui.providers.registry import create_provider
from tui.spend.ledger import Ledger
from tui.spend.prices import load_prices
from tui.spend.storage import ledger_path

if TYPE_CHECKING:
    from tui.engine.engine import Engine
    from tui.engine.terminals import Terminals
    from tui.engine.work import Work

Hands: TypeAlias = "tuple[Terminals, Work]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What works for a session."""

    panes: Mapping[str, Pane]
    providers: tuple[Provider, ...]
    guard: Guard
    journal: Journal | None
    logging: Logging | None
    telemetry: Telemetry | None
    work: "Work | None"
    terminals: "Terminals | None"

    async def start(self, bus: Bus) -> None:
        """Begin to write down what happens."""
        if self.logging is not None:
            self.logging.follow(bus)
        if self.journal is not None:
            await self.journal.start()
        if self.work is not None:
            self.work.start()

    async def close(self) -> None:
        """Close connections and files; the bus is closed already, so everything is written that was told."""
        await asyncio.gather(*(provider.close() for provider in self.providers))
        if self.journal is not None:
            await self.journal.close()
        if self.telemetry is not None:
            await asyncio.to_thread(self.telemetry.close)
        if self.logging is not None:
            self.logging.close()


def make_hands(engine: "Engine") -> "Hands | None":
    """Build terminals and tools, where there is a folder to work in. Blocking: call it in a thread."""
    if engine.workspace is None:
        return None
    from tui.engine.assembly_work import assemble_work

    return assemble_work(engine, engine.workspace)


def assemble(engine: "Engine", hands: "Hands | None") -> Parts:
    """Build the parts of a session from its plan. No SDK is imported and no connection opened."""
    config, bus, clock = engine.config, engine.bus, engine.clock
    plans = [one for pane in engine.plan.panes for one in (pane, *pane.fallbacks)]
    secrets.register(plan.api_key for plan in plans if plan.api_key)
    spending = Spending(
        config,
        _ledger(engine),
        load_prices(config.prices),
        session=engine.session,
        project=engine.project,
        publish=bus.publish,
        clock=clock,
    )
    guard = build_guard(
        config,
        engine.plan.panes,
        spending=spending,
        state_dir=engine.state_dir,
        interactive=engine.interactive,
        publish=bus.publish,
        clock=clock,
    )
    providers: dict[tuple[str, str | None], Provider] = {}
    for plan in plans:
        key = (plan.endpoint, plan.api_key)
        if key not in providers:
            providers[key] = _provider(plan, config)
    terminals, work = hands or (None, None)
    panes = {}
    for plan in engine.plan.panes:
        routes = [Route(one, providers[one.endpoint, one.api_key]) for one in (plan, *plan.fallbacks)]
        panes[plan.name] = Pane(
            plan,
            routes,
            guard=guard,
            publish=bus.publish,
            clock=clock,
            tools=None if work is None else work.tools,
            limits=round_limits(config.tools),
        )
    return Parts(
        panes=panes,
        providers=tuple(providers.values()),
        guard=guard,
        journal=_journal(engine),
        logging=None if engine.state_dir is None else start_logging(engine.state_dir, engine.session),
        telemetry=start_telemetry(bus, engine.environ, engine.session),
        work=work,
        terminals=terminals,
    )


def _ledger(engine: "Engine") -> Ledger | None:
    """The demo keeps a ledger of its own, so that what it simulates is never mixed with money."""
    if engine.state_dir is None:
        return None
    path = engine.state_dir / "demo-spend.sqlite" if engine.demo else ledger_path(engine.state_dir)
    return Ledger(path, clock=engine.clock, lease_s=engine.config.spend.lease_minutes * 60)


def _journal(engine: "Engine") -> Journal | None:
    if engine.state_dir is None or not engine.config.journal.enabled:
        return None
    day = datetime.fromtimestamp(engine.clock.wall(), UTC).strftime("%Y-%m-%d")
    return Journal(engine.state_dir / "sessions" / f"{day}-{engine.session}.jsonl", engine.bus, engine.clock)


def _provider(plan: PanePlan, config: Config) -> Provider:
    waits = config.timeouts
    return create_provider(
        plan.endpoint_config,
        api_key=plan.api_key,
        base_url=plan.base_url,
        deadlines=Deadlines(
            connect=waits.connect,
            first_event=waits.first_event,
            first_token=waits.first_token,
            idle=waits.idle,
            total=waits.total,
        ),
    )
