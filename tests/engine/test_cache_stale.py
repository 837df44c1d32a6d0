"""A kept answer past its time: shown only where that was asked for, marked with its age, and renewed meanwhile."""

import asyncio
from pathlib import Path

import pytest

from tests.engine.scripted import ScriptedProvider, Step
from tui.config.model import CacheConfig, Config, EndpointConfig
from tui.core.chat import Finished, NativeContent, StopReason, StreamOpened, TextPiece, Usage, UsageSeen, Wire
from tui.core.clock import ManualClock
from tui.core.commands import Submit
from tui.core.events import Event, TextDelta, TurnFinished
from tui.core.guard_events import AnsweredFromCache
from tui.engine.engine import Engine, build
from tui.engine.session import PanePlan, SessionPlan

NATIVE = NativeContent(wire=Wire.ANTHROPIC_MESSAGES, model="m", payload=[])


def answer(text: str) -> tuple[Step, ...]:
    usage = UsageSeen(usage=Usage(input_tokens=1, output_tokens=1))
    return (StreamOpened(), TextPiece(text=text), usage, Finished(stop=StopReason.END, native=NATIVE))


async def ask(engine: Engine) -> tuple[str, list[Event]]:
    """Begin a session, ask the same question, and return the answer with all events."""
    events: list[Event] = []
    subscription = engine.bus.subscribe("test")
    await engine.start()
    engine.handle(Submit(text="why?"))
    async with asyncio.timeout(50):
        while not any(isinstance(event, TurnFinished) for event in events):
            events += await subscription.get()
    return "".join(event.text for event in events if isinstance(event, TextDelta)), events


@pytest.mark.parametrize("stale", [True, False])
async def test_an_old_answer_is_shown_on_request_only_and_renewed(
    stale: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = ScriptedProvider([answer("first"), answer("second"), answer("third")])
    monkeypatch.setattr("tui.engine.assembly.create_provider", lambda *_, **__: provider)
    plan = SessionPlan(panes=(PanePlan(name="a", endpoint="e", endpoint_config=EndpointConfig(), model="m"),))
    config = Config(cache=CacheConfig(enabled=True, ttl=100.0, stale=stale))
    clock = ManualClock()

    async def session(requests: int) -> tuple[str, list[Event]]:
        engine = build(config, plan, state_dir=tmp_path, clock=clock)
        text, events = await ask(engine)
        async with asyncio.timeout(50):
            while len(provider.streams) < requests or not provider.streams[-1].closed:  # noqa: ASYNC110 - a stand-in
                await asyncio.sleep(0)
        await engine.close()
        return text, events

    assert (await session(1))[0] == "first"
    clock.advance(150.0)
    text, events = await session(2)
    ages = [event.age_s for event in events if isinstance(event, AnsweredFromCache)]
    assert (text, ages) == (("first", [150.0]) if stale else ("second", []))
    assert (await session(2))[0] == "second"
    assert len(provider.requests) == 2
