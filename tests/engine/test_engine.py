"""Commands down, events up: the engine as a whole, with scripted providers."""

import asyncio
import os
from pathlib import Path

import pytest

from tests.engine.scripted import ScriptedProvider
from tui.config.model import Config, EndpointConfig, JournalConfig
from tui.core.chat import Finished, StopReason, StreamOpened, TextPiece
from tui.core.commands import ClearConversation, DropQueued, Retry, Stop, Submit
from tui.core.errors import Outcome
from tui.core.events import (
    Event,
    Notice,
    PromptDropped,
    PromptQueued,
    SessionEnded,
    SessionStarted,
    TextDelta,
    TurnFinished,
    TurnStarted,
)
from tui.engine.engine import Engine, build
from tui.engine.journal import read_journal
from tui.engine.session import PanePlan, SessionPlan

ANSWER = (StreamOpened(), TextPiece(text="hello"), Finished(stop=StopReason.END))


class Session:
    """A running engine of two scripted panes and a subscriber that keeps everything."""

    def __init__(self, engine: Engine, providers: list[ScriptedProvider]) -> None:
        self.engine = engine
        self.providers = providers
        self.events: list[Event] = []
        self._subscription = engine.bus.subscribe("test")

    async def take(self, pane: str, finished: int) -> None:
        """Wait until a pane has finished so many turns."""
        async with asyncio.timeout(50):
            while sum(isinstance(event, TurnFinished) and event.pane == pane for event in self.events) < finished:
                self.events += await self._subscription.get()

    async def until_text(self) -> None:
        """Wait until some pane has shown text."""
        async with asyncio.timeout(50):
            while not any(isinstance(event, TextDelta) for event in self.events):
                self.events += await self._subscription.get()

    def drain(self) -> list[Event]:
        self.events += self._subscription.drain()
        return self.events


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    providers: list[ScriptedProvider] = []

    def create(*_: object, **__: object) -> ScriptedProvider:
        providers.append(ScriptedProvider([ANSWER]))
        return providers[-1]

    monkeypatch.setattr("tui.engine.assembly.create_provider", create)
    endpoint = EndpointConfig()
    plan = SessionPlan(
        panes=(
            PanePlan(name="a", endpoint="one", endpoint_config=endpoint, model="m1", api_key="k1"),
            PanePlan(name="b", endpoint="two", endpoint_config=endpoint, model="m2"),
        )
    )
    return Session(build(Config(), plan, state_dir=tmp_path), providers)


async def test_one_prompt_reaches_every_pane_and_one_can_be_addressed(session: Session) -> None:
    await session.engine.start()
    session.engine.handle(Submit(text="to all"))
    session.engine.handle(Submit(text="to b", panes=("b",)))
    await session.take("a", 1)
    await session.take("b", 2)
    assert isinstance(session.events[0], SessionStarted)
    assert [pane.name for pane in session.events[0].panes] == ["a", "b"]
    started = [(event.pane, event.prompt) for event in session.events if isinstance(event, TurnStarted)]
    assert sorted(started) == [("a", "to all"), ("b", "to all"), ("b", "to b")]
    await session.engine.close()
    assert isinstance(session.drain()[-1], SessionEnded)
    assert all(provider.closed for provider in session.providers)


async def test_an_unknown_pane_is_a_notice_and_the_known_ones_are_asked(session: Session) -> None:
    await session.engine.start()
    session.engine.handle(Submit(text="x", panes=("a", "nobody\x1b")))
    await session.take("a", 1)
    notices = [event for event in session.events if isinstance(event, Notice)]
    assert "nobody␛" in notices[0].problem.text
    await session.engine.close()


async def test_stop_one_stop_all_and_drop_all(session: Session) -> None:
    blocked = (StreamOpened(), TextPiece(text="…"), asyncio.Event())
    for provider in session.providers:
        provider.scripts = [blocked]
    await session.engine.start()
    session.engine.handle(Submit(text="one"))
    session.engine.handle(Submit(text="two"))
    session.engine.handle(Submit(text="three", panes=("a",)))
    assert session.engine.busy()
    session.engine.handle(DropQueued(pane="a"))
    session.engine.handle(DropQueued())
    session.engine.handle(Stop(pane="a"))
    await session.take("a", 1)
    session.engine.handle(Stop())
    await session.take("b", 1)
    kinds = [type(event) for event in session.events]
    assert kinds.count(PromptQueued) == 3
    assert kinds.count(PromptDropped) == 3
    assert not session.engine.busy()
    assert {event.outcome for event in session.events if isinstance(event, TurnFinished)} == {Outcome.CANCELLED}
    await session.engine.close()


async def test_retry_and_clear(session: Session) -> None:
    await session.engine.start()
    session.engine.handle(Retry(pane="a"))
    assert any(isinstance(event, Notice) for event in session.drain())
    session.engine.handle(Submit(text="one", panes=("a",)))
    await session.take("a", 1)
    session.engine.handle(Retry(pane="a"))
    await session.take("a", 2)
    session.engine.handle(ClearConversation())
    session.engine.handle(Submit(text="two", panes=("a",)))
    await session.take("a", 3)
    assert len(session.providers[0].requests[-1].messages) == 1
    await session.engine.close()


async def test_closing_while_models_answer_reports_every_turn_and_writes_the_journal(session: Session) -> None:
    for provider in session.providers:
        provider.scripts = [(StreamOpened(), TextPiece(text="half"), asyncio.Event())]
    await session.engine.start()
    session.engine.handle(Submit(text="one"))
    await session.until_text()
    await session.engine.close()
    await session.engine.close()
    finished = [event for event in session.drain() if isinstance(event, TurnFinished)]
    assert sorted(event.pane for event in finished) == ["a", "b"]
    assert session.engine.journal_path is not None
    written = [entry["type"] for entry in read_journal(session.engine.journal_path)]
    assert written.count("turn_finished") == 2
    assert written[-1] == "session_ended"


async def test_no_journal_when_it_is_switched_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.engine.assembly.create_provider", lambda *_, **__: ScriptedProvider([ANSWER]))
    plan = SessionPlan(panes=(PanePlan(name="a", endpoint="e", endpoint_config=EndpointConfig(), model="m"),))
    engine = build(Config(journal=JournalConfig(enabled=False)), plan, state_dir=tmp_path)
    await engine.start()
    await engine.close()
    assert engine.journal_path is None
    assert "sessions" not in os.listdir(tmp_path)  # noqa: PTH208 - nothing blocks here, no generator is left open
