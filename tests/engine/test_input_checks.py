"""What is looked at before a prompt goes out: its size against the model's window, and characters nobody sees."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.engine.scripted import ScriptedProvider
from tui.config.model import Config, EndpointConfig, FallbackMode
from tui.core.chat import Finished, StopReason, StreamOpened, TextPiece, UserMessage
from tui.core.commands import ClearConversation, Submit
from tui.core.errors import Outcome
from tui.core.events import AttemptStarted, Event, Notice, TurnFinished, TurnStarted
from tui.core.guard_events import AttemptFailed, FallbackOffered, FallbackStarted
from tui.engine.engine import Engine, build
from tui.engine.session import PanePlan, SessionPlan
from tui.spend.windows import window_of

ANSWER = (StreamOpened(), TextPiece(text="hello"), Finished(stop=StopReason.END))
WINDOW = window_of("gpt-5") or 0
TOO_LONG = "word" * (WINDOW + 1)


class Session:
    """A pane of a model whose window is known, one of another model, and everything that happened."""

    def __init__(self, engine: Engine, providers: list[ScriptedProvider]) -> None:
        self.engine = engine
        self.providers = providers
        self.events: list[Event] = []
        self._subscription = engine.bus.subscribe("test")

    async def ask(self, text: str, pane: str = "known") -> TurnFinished:
        """Send a prompt and wait for the end of its turn."""
        before = len(self.of(TurnFinished))
        self.engine.handle(Submit(text=text, panes=(pane,)))
        async with asyncio.timeout(50):
            while len(self.of(TurnFinished)) == before:
                self.events += await self._subscription.get()
        finished = self.of(TurnFinished)[-1]
        assert isinstance(finished, TurnFinished)
        return finished

    def of(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]


@pytest.fixture
async def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Session]:
    providers: list[ScriptedProvider] = []

    def create(*_: object, **__: object) -> ScriptedProvider:
        providers.append(ScriptedProvider([ANSWER] * 4))
        return providers[-1]

    monkeypatch.setattr("tui.engine.assembly.create_provider", create)
    other = PanePlan(name="known", endpoint="two", endpoint_config=EndpointConfig(), model="mystery")
    plan = SessionPlan(
        panes=(
            PanePlan(
                name="known", endpoint="one", endpoint_config=EndpointConfig(), model="gpt-5",
                fallbacks=(other,), fallback_mode=FallbackMode.AUTO,
            ),
            PanePlan(name="unknown", endpoint="three", endpoint_config=EndpointConfig(), model="mystery"),
        )
    )  # fmt: skip
    running = Session(build(Config(), plan, state_dir=tmp_path), providers)
    await running.engine.start()
    yield running
    await running.engine.close()


async def test_what_does_not_fit_the_window_is_not_sent(session: Session) -> None:
    finished = await session.ask(TOO_LONG)
    assert (finished.outcome, finished.attempts, finished.cost_pico) == (Outcome.CALLER_ERROR, 0, 0)
    assert finished.problem is not None
    assert f"{WINDOW + 1:,}" in finished.problem.text
    assert f"{WINDOW:,}" in finished.problem.text
    assert "/clear" in finished.problem.hint
    assert not any(provider.requests for provider in session.providers)
    for kind in (AttemptStarted, AttemptFailed, FallbackOffered, FallbackStarted):
        assert not session.of(kind)
    assert (await session.ask("short")).outcome is Outcome.SUCCESS


async def test_what_just_fits_and_what_nobody_knows_is_sent(session: Session) -> None:
    assert (await session.ask("word" * WINDOW)).outcome is Outcome.SUCCESS
    assert (await session.ask(TOO_LONG, "unknown")).outcome is Outcome.SUCCESS


async def test_the_whole_conversation_counts_until_it_is_cleared(session: Session) -> None:
    assert (await session.ask("word" * (WINDOW - 10))).outcome is Outcome.SUCCESS
    assert (await session.ask("word" * 20)).outcome is Outcome.CALLER_ERROR
    session.engine.handle(ClearConversation(pane="known"))
    assert (await session.ask("word" * 20)).outcome is Outcome.SUCCESS


@pytest.mark.parametrize(("text", "notices"), [("plain", 0), ("한국어 👩\u200d💻", 0), ("a\u200bb\u202e", 1)])
async def test_invisible_characters_are_told_and_sent_as_they_are(session: Session, text: str, notices: int) -> None:
    assert (await session.ask(text, "unknown")).outcome is Outcome.SUCCESS
    found = [event for event in session.of(Notice) if isinstance(event, Notice)]
    assert [event.problem.title for event in found] == ["Invisible characters"] * notices
    assert len(session.of(TurnStarted)) == 1
    (request,) = [request for provider in session.providers for request in provider.requests]
    assert request.messages == (UserMessage(text=text),)
