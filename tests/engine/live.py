"""A session as users have it, on the stand-in: the real engine, the real SDKs, real sockets, and no waiting.

Pauses between attempts are recorded and skipped by turning the session's clock forward; deadlines of a request run on
real time, as everything inside a provider does.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Final, TypeVar

from tui.config.load import load
from tui.config.model import (
    Config,
    EndpointConfig,
    FallbackConfig,
    FallbackMode,
    PaneConfig,
    PriceConfig,
    ResilienceConfig,
    TimeoutsConfig,
    WireName,
)
from tui.core.commands import Submit
from tui.core.events import Event, TextDelta, ThinkingDelta, TurnFinished
from tui.demo.server import DemoServer
from tui.engine.engine import Engine, build
from tui.engine.guard import Guard
from tui.engine.session import plan_session

WIRES: Final = ("anthropic", "openai", "gemini", "compatible")
"""Endpoints and panes of the session, one for each wire."""
BYSTANDER: Final = "bystander"
"""A pane at an endpoint of its own, which gets harmless prompts."""
LOCAL_MODEL: Final = "local-model"
BYSTANDER_MODEL: Final = "other-model"
PATIENCE_S: Final = 55.0
PATIENT: Final = TimeoutsConfig(connect=50.0, first_event=50.0, first_token=50.0, idle=50.0)

E = TypeVar("E")


@dataclass
class TurnedClock:
    """The machine's clock, turned forward by whatever was skipped."""

    turned: float = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.turned

    def wall(self) -> float:
        return time.time() + self.turned


@dataclass
class Live:
    """A running session and everything it published."""

    engine: Engine
    server: DemoServer
    clock: TurnedClock
    events: list[Event] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._subscription = self.engine.bus.subscribe("live test")

    @property
    def guard(self) -> Guard:
        assert self.engine._parts is not None
        return self.engine._parts.guard

    async def skip(self, seconds: float, hurry: asyncio.Event) -> bool:
        """Pause without waiting: what the guard calls instead of sleeping. Nobody hurries."""
        del hurry
        self.pauses.append(seconds)
        self.clock.turned += seconds
        await asyncio.sleep(0)
        return False

    async def until(self, condition: Callable[[], object]) -> None:
        """Take events until a condition on them holds."""
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                await self._take()

    async def ask(self, text: str, *panes: str) -> dict[str, TurnFinished]:
        """Send a prompt and wait for the turns it begins; returns their ends by pane."""
        self.engine.handle(Submit(text=text, panes=panes))
        ends: dict[str, TurnFinished] = {}
        async with asyncio.timeout(PATIENCE_S):
            while ends.keys() != set(panes):
                batch = await self._take()
                ends |= {
                    event.pane: event for event in batch if isinstance(event, TurnFinished) and event.pane in panes
                }
        return ends

    async def _take(self) -> list[Event]:
        batch = await self._subscription.get()
        assert batch, "the session ended"
        self.events += batch
        return batch

    def drain(self) -> None:
        """Take what waits, also after the end."""
        self.events += self._subscription.drain()

    def of(self, kind: type[E], pane: str | None = None) -> list[E]:
        """The events of a kind, all or one pane's."""
        return [
            event
            for event in self.events
            if isinstance(event, kind) and (pane is None or getattr(event, "pane", pane) == pane)
        ]

    def shown(self, pane: str) -> str:
        """The text a pane showed in all its turns."""
        return "".join(event.text for event in self.of(TextDelta, pane))

    def numbers(self, pane: str) -> list[int]:
        """The numbers of a pane's deltas in order of their arrival."""
        return [
            event.seq for event in self.events if isinstance(event, TextDelta | ThinkingDelta) and event.pane == pane
        ]

    def requests(self) -> Counter[str]:
        """How many requests the server saw from each pane."""
        return Counter(_pane_of(seen.path, seen.body or {}) for seen in self.server.requests)


def _pane_of(path: str, body: Mapping[str, object]) -> str:
    if path.startswith("/v1/messages"):
        return "anthropic"
    if path.startswith("/v1/responses"):
        return "openai"
    if "GenerateContent" in path:
        return "gemini"
    return BYSTANDER if body.get("model") == BYSTANDER_MODEL else "compatible"


def live_config(
    home: Path, *, timeouts: TimeoutsConfig = PATIENT, resilience: ResilienceConfig | None = None
) -> Config:
    """The configuration of the session: patient, every model priced, nobody steps in."""
    config = load(environ={"HOME": str(home)}, cwd=home).config
    price = PriceConfig(input=Decimal(1), output=Decimal(2))
    endpoints = {**config.endpoints, BYSTANDER: EndpointConfig(wire=WireName.COMPATIBLE)}
    return replace(
        config,
        panes=(
            *(PaneConfig(provider=wire, name=wire) for wire in WIRES[:-1]),
            PaneConfig(provider=WIRES[-1], name=WIRES[-1], model=LOCAL_MODEL),
            PaneConfig(provider=BYSTANDER, name=BYSTANDER, model=BYSTANDER_MODEL),
        ),
        endpoints=endpoints,
        timeouts=timeouts,
        resilience=resilience or ResilienceConfig(),
        fallback=FallbackConfig(mode=FallbackMode.OFF),
        prices={LOCAL_MODEL: price, BYSTANDER_MODEL: price},
    )


@asynccontextmanager
async def live(
    config: Config, server: DemoServer, *, state_dir: Path | None = None, skip_pauses: bool = True
) -> AsyncIterator[Live]:
    """Run a session on the stand-in."""
    plan = plan_session(config, {}, demo_url=server.url)
    assert plan is not None
    clock = TurnedClock()
    session = Live(build(config, plan, state_dir=state_dir, clock=clock), server, clock)
    await session.engine.start()
    if skip_pauses:
        session.guard.sleep = session.skip
    try:
        yield session
    finally:
        await session.engine.close()
        session.drain()
