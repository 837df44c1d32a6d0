"""Beginning and end of a session: what comes early waits in order, what comes late does nothing, and all is booked."""

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import WaitUntil
from tests.engine.scripted import ScriptedProvider, Step
from tui.config.model import BudgetConfig, BudgetScope, Config, EndpointConfig
from tui.core.chat import Finished, StopReason, StreamOpened, TextPiece
from tui.core.commands import (
    AnswerFallback,
    CircuitAction,
    ClearConversation,
    ControlCircuit,
    Retry,
    RetryNow,
    SetSessionBudget,
    Stop,
    Submit,
)
from tui.core.events import Event, Notice, PromptQueued, SessionEnded, SessionStarted, TurnFinished, TurnStarted
from tui.core.guard_events import BudgetState, CircuitChanged, CircuitState, SpendChanged
from tui.engine.engine import Engine, build
from tui.engine.journal import Journal
from tui.engine.session import PanePlan, SessionPlan
from tui.spend.ledger import Ledger
from tui.spend.records import Span, State
from tui.spend.storage import ledger_path

ANSWER: tuple[Step, ...] = (StreamOpened(), TextPiece(text="hello"), Finished(stop=StopReason.END))


class Watched:
    """An engine of two scripted panes and everything it told."""

    def __init__(self, state_dir: Path, monkeypatch: pytest.MonkeyPatch, config: Config | None = None) -> None:
        self.providers: dict[str, ScriptedProvider] = {}
        self.scripts: list[Any] = [ANSWER]

        def create(endpoint: EndpointConfig, **_: object) -> ScriptedProvider:
            return self.providers.setdefault(str(len(self.providers)), ScriptedProvider(self.scripts))

        monkeypatch.setattr("tui.engine.assembly.create_provider", create)
        panes = tuple(
            PanePlan(name=name, endpoint=f"at-{name}", endpoint_config=EndpointConfig(), model=f"model-{name}")
            for name in ("a", "b")
        )
        self.engine: Engine = build(config or Config(), SessionPlan(panes=panes), state_dir=state_dir)
        self.events: list[Event] = []
        self._subscription = self.engine.bus.subscribe("test")

    async def finished(self, count: int) -> None:
        async with asyncio.timeout(50):
            while len(self.of(TurnFinished)) < count:
                self.events += await self._subscription.get()

    def of(self, kind: type) -> list[Any]:
        self.events += self._subscription.drain()
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def requests(self) -> int:
        return sum(len(provider.requests) for provider in self.providers.values())


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Watched:
    return Watched(tmp_path, monkeypatch)


async def test_what_comes_before_the_start_is_done_after_it_in_order(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = watched.engine
    begin = Journal.start
    reached, gate = asyncio.Event(), asyncio.Event()

    async def slowly(journal: Journal) -> None:
        await begin(journal)
        reached.set()
        await gate.wait()

    monkeypatch.setattr(Journal, "start", slowly)
    engine.handle(Submit(text="one", panes=("a",)))
    engine.handle(Submit(text="two", panes=("a",)))
    starting = asyncio.create_task(engine.start())
    await reached.wait()
    engine.handle(Submit(text="three", panes=("a",)))
    gate.set()
    await starting
    await watched.finished(3)
    assert isinstance(watched.events[0], SessionStarted)
    assert [event.prompt for event in watched.of(TurnStarted)] == ["one", "two", "three"]
    await engine.close()


async def test_starting_twice_starts_once(watched: Watched) -> None:
    await asyncio.gather(watched.engine.start(), watched.engine.start())
    assert len(watched.of(SessionStarted)) == 1
    assert len(watched.providers) == 2
    await watched.engine.close()


async def test_closing_before_the_start(watched: Watched) -> None:
    watched.engine.handle(Submit(text="never"))
    await watched.engine.close()
    await watched.engine.start()
    assert [type(event) for event in watched.of(object)] == [SessionEnded]
    assert not watched.providers


async def test_closing_during_the_start_lets_nothing_begin(watched: Watched) -> None:
    watched.engine.handle(Submit(text="never"))
    starting = asyncio.create_task(watched.engine.start())
    await asyncio.sleep(0)
    await watched.engine.close()
    await starting
    assert isinstance(watched.of(object)[-1], SessionEnded)
    assert not watched.of(TurnStarted)
    assert watched.requests == 0
    assert all(provider.closed for provider in watched.providers.values())


@pytest.mark.parametrize(
    "command",
    [
        Submit(text="late"), Retry(pane="a"), RetryNow(pane="a"), Stop(), ClearConversation(),
        SetSessionBudget(limit_pico=1), ControlCircuit(pane="a", action=CircuitAction.DISABLE),
        AnswerFallback(pane="a", accept=True),
    ],
    ids=lambda command: type(command).__name__,
)  # fmt: skip
async def test_what_comes_after_the_end_does_nothing(command: Any, watched: Watched) -> None:
    engine = watched.engine
    await engine.start()
    engine.handle(Submit(text="one", panes=("a",)))
    await watched.finished(1)
    closing = asyncio.create_task(engine.close())
    await asyncio.sleep(0)
    engine.handle(command)
    await closing
    before = len(watched.of(object))
    engine.handle(command)
    await asyncio.sleep(0)
    assert len(watched.of(object)) == before
    assert isinstance(watched.events[-1], SessionEnded)
    assert (watched.requests, len(watched.of(TurnStarted))) == (1, 1)


async def test_the_same_prompt_twice_at_once_is_sent_once(watched: Watched) -> None:
    engine = watched.engine
    await engine.start()
    engine.handle(Submit(text="hi"))
    engine.handle(Submit(text="hi"))
    engine.handle(Submit(text="other", panes=("a",)))
    await watched.finished(3)
    notices = [event.problem.title for event in watched.of(Notice)]
    assert notices == ["Sent once"]
    assert "a, b" in watched.of(Notice)[0].problem.text
    assert watched.requests == 3
    assert len(watched.of(PromptQueued)) == 1
    engine.handle(ClearConversation())
    engine.handle(Submit(text="other", panes=("a",)))
    await watched.finished(4)
    assert len(watched.of(Notice)) == 1, "a conversation that was cleared knows of no earlier prompt"
    await engine.close()


async def test_a_models_circuit_and_the_sessions_limit_obey_commands(watched: Watched) -> None:
    engine = watched.engine
    await engine.start()
    engine.handle(ControlCircuit(pane="a", action=CircuitAction.DISABLE))
    engine.handle(SetSessionBudget(limit_pico=1))
    engine.handle(Submit(text="hi"))
    await watched.finished(2)
    ends = {event.pane: event for event in watched.of(TurnFinished)}
    assert ends["a"].problem.title == "Circuit open"
    assert ends["b"].refused_by_budget, "a hard limit and no known price"
    assert watched.of(CircuitChanged)[0].state is CircuitState.DISABLED
    assert watched.requests == 0
    engine.handle(SetSessionBudget(limit_pico=None))
    engine.handle(ControlCircuit(pane="a", action=CircuitAction.ENABLE))
    engine.handle(Submit(text="again"))
    await watched.finished(4)
    assert watched.requests == 2
    await engine.close()


async def test_closing_books_what_still_ran(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wait_until: WaitUntil
) -> None:
    soft = {"cap": BudgetConfig(scope=BudgetScope.DAY, limit_usd=Decimal(1), hard=False)}
    watched = Watched(tmp_path, monkeypatch, Config(budgets=soft))
    watched.scripts = [(StreamOpened(), TextPiece(text="a" * 40), asyncio.Event())]
    await watched.engine.start()
    watched.engine.handle(Submit(text="hi"))
    await wait_until(lambda: watched.requests == 2)
    await watched.engine.close()
    assert len(watched.of(TurnFinished)) == 2
    told: list[BudgetState] = watched.of(SpendChanged)[-1].budgets
    assert (told[0].name, told[0].held_pico) == ("cap", 0)
    ledger = Ledger(ledger_path(tmp_path))
    states = {entry.pane: entry.state for entry in await ledger.entries(Span())}
    await ledger.close()
    assert states.keys() == {"a", "b"}
    assert set(states.values()) <= {State.ESTIMATED, State.RELEASED}
