"""Panes with scripted providers behind the real guard: circuits, limits, cache and, where asked for, a ledger file."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Self, TypeAlias, TypeVar

from tests.engine.scripted import ScriptedProvider, Step
from tui.config.model import Config, EndpointConfig, FallbackMode, PriceConfig
from tui.core.chat import Finished, StopReason, StreamOpened, TextPiece, Usage, UsageSeen
from tui.core.clock import ManualClock
from tui.core.errors import Failure, Outcome, Problem, ProviderError
from tui.core.events import Event, TurnFinished
from tui.engine.guard import Guard, Route, build_guard
from tui.engine.pane import Pane
from tui.engine.session import PanePlan
from tui.engine.spending import Spending
from tui.spend.ledger import Ledger
from tui.spend.prices import load_prices
from tui.spend.storage import ledger_path

E = TypeVar("E")
Script: TypeAlias = Sequence[Sequence[Step]]
"""What a provider plays, request by request."""

PRICES = {name: PriceConfig(input=Decimal(2), output=Decimal(10)) for name in ("m", "m2", "m3")}
PICO_IN, PICO_OUT = 2 * 10**6, 10 * 10**6
"""Pico-dollars of an input and of an output token of those models."""


def answer(text: str = "hello", *, tokens: int = 5) -> tuple[Step, ...]:
    """A whole answer that counts 10 input tokens and `tokens` output tokens; each has a request id of its own."""
    return (
        StreamOpened(),
        TextPiece(text=text),
        UsageSeen(usage=Usage(input_tokens=10, output_tokens=tokens)),
        Finished(stop=StopReason.END),
    )


def failed(
    outcome: Outcome = Outcome.TRANSIENT,
    title: str = "Overloaded",
    *,
    after: float | None = None,
    status: int | None = None,
) -> ProviderError:
    """A classified failure, as an adapter raises it."""
    problem = Problem(title=title, text="said so")
    return ProviderError(Failure(outcome=outcome, problem=problem, retry_after=after, status=status))


def plan(name: str = "claude", endpoint: str = "anthropic", model: str = "m", **more: object) -> PanePlan:
    """A pane's plan; `max_tokens` is 1,000."""
    base = PanePlan(name=name, endpoint=endpoint, endpoint_config=EndpointConfig(), model=model, max_tokens=1_000)
    return replace(base, **more)  # type: ignore[arg-type]  # a test names the fields


@dataclass
class Sleeper:
    """Stands for sleeping: notes every wait and lets it pass at once on the clock, or holds it until let go."""

    clock: ManualClock
    moved: asyncio.Event
    holding: bool = False

    def __post_init__(self) -> None:
        self.waits: list[float] = []
        self.gate = asyncio.Event()

    async def __call__(self, seconds: float, hurry: asyncio.Event) -> bool:
        self.waits.append(seconds)
        self.moved.set()
        hurry.clear()
        if self.holding:
            opened = asyncio.ensure_future(self.gate.wait())
            hurried = asyncio.ensure_future(hurry.wait())
            try:
                await asyncio.wait({opened, hurried}, return_when=asyncio.FIRST_COMPLETED)
                if hurry.is_set():
                    return True
            finally:
                opened.cancel()
                hurried.cancel()
        await asyncio.sleep(0)
        self.clock.advance(seconds)
        return False


class Rig:
    """One session of scripted panes. Use it as an asynchronous context: leaving it closes everything.

    Every endpoint has one provider, in `providers`. With `state_dir` there is a real ledger (and cache).
    """

    def __init__(
        self,
        plans: Sequence[PanePlan] = (),
        *,
        scripts: Mapping[str, Script] | None = None,
        config: Config | None = None,
        state_dir: Path | None = None,
        interactive: bool = True,
        session: str = "s1",
        clock: ManualClock | None = None,
    ) -> None:
        self.plans = tuple(plans) or (plan(),)
        self.config = config or Config()
        self.config = replace(self.config, prices=dict(PRICES) | dict(self.config.prices))
        self.clock = clock or ManualClock()
        self.events: list[Event] = []
        self._moved = asyncio.Event()
        every = [one for own in self.plans for one in (own, *own.fallbacks)]
        scripts = scripts or {}
        self.providers = {
            one.endpoint: ScriptedProvider([list(steps) for steps in scripts.get(one.endpoint, [answer()])])
            for one in every
        }
        self.ledger = None if state_dir is None else Ledger(ledger_path(state_dir), clock=self.clock)
        self.spending = Spending(
            self.config,
            self.ledger,
            load_prices(self.config.prices),
            session=session,
            project="/project",
            publish=self.publish,
            clock=self.clock,
        )
        self.guard: Guard = build_guard(
            self.config,
            self.plans,
            spending=self.spending,
            state_dir=state_dir,
            interactive=interactive,
            publish=self.publish,
            clock=self.clock,
        )
        self.sleeper = self.guard.sleep = Sleeper(self.clock, self._moved)
        self.guard.random = Random(1)
        self.panes = {
            own.name: Pane(
                own,
                [Route(one, self.providers[one.endpoint]) for one in (own, *own.fallbacks)],
                guard=self.guard,
                publish=self.publish,
                clock=self.clock,
            )
            for own in self.plans
        }

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.gather(*(pane.close() for pane in self.panes.values()))
        await self.guard.close()

    @property
    def pane(self) -> Pane:
        """The first pane."""
        return next(iter(self.panes.values()))

    @property
    def provider(self) -> ScriptedProvider:
        """The first pane's provider."""
        return self.providers[self.plans[0].endpoint]

    def publish(self, event: Event) -> None:
        self.events.append(event)
        self._moved.set()

    def of(self, kind: type[E]) -> list[E]:
        """Return the events of one kind so far."""
        return [event for event in self.events if isinstance(event, kind)]

    def kinds(self, kinds: Iterable[type]) -> list[str]:
        """Return the names of those events that are of `kinds`, in order."""
        return [type(event).__name__ for event in self.events if isinstance(event, tuple(kinds))]

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until `condition` holds; it is asked after every event and wait."""
        async with asyncio.timeout(50):
            while not condition():
                self._moved.clear()
                await self._moved.wait()

    async def seen(self, kind: type[E], count: int = 1) -> E:
        """Wait for the `count`-th event of a kind."""
        await self.until(lambda: len(self.of(kind)) >= count)
        return self.of(kind)[count - 1]

    async def ask(self, text: str = "hi", pane: str | None = None) -> TurnFinished:
        """Send a prompt and return how its turn ended."""
        chosen = self.pane if pane is None else self.panes[pane]
        before = len(self.ends(chosen.name))
        chosen.submit(text)
        return await self.end(chosen.name, before + 1)

    async def end(self, pane: str, count: int = 1) -> TurnFinished:
        """Return how the `count`-th turn of a pane ended."""
        await self.until(lambda: len(self.ends(pane)) >= count)
        return self.ends(pane)[count - 1]

    def ends(self, pane: str) -> list[TurnFinished]:
        return [event for event in self.of(TurnFinished) if event.pane == pane]

    async def quiet(self) -> None:
        """Wait until every booking is done."""
        async with asyncio.timeout(50):
            await self.spending.settled()


def ask_mode(own: PanePlan, *others: PanePlan, mode: FallbackMode = FallbackMode.ASK) -> PanePlan:
    """Return a plan with fallbacks, which carry its name."""
    return replace(own, fallbacks=tuple(replace(one, name=own.name) for one in others), fallback_mode=mode)
