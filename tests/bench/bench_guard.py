"""The guard around a call (circuit, limits, retry, hold and settle), in processor time against the bare SDK's stream.

What journal and log cost beside it is told too.
"""

import asyncio
import itertools
import os
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar
from unittest.mock import patch

from tests.bench.report import Line
from tests.bench.serve import server
from tests.bench.streaming import BenchError
from tui.config.load import load
from tui.config.model import JournalConfig
from tui.core.chat import ChatRequest, UserMessage
from tui.core.clock import SystemClock
from tui.core.commands import ClearConversation, Submit
from tui.core.errors import Outcome
from tui.core.events import TextDelta, TurnFinished
from tui.engine.attempt import Attempt
from tui.engine.bus import Bus, Subscription
from tui.engine.engine import Engine, build
from tui.engine.session import PanePlan, plan_session

TOKENS: Final = 1_000
RATE: Final = 500
"""Tokens a second: each comes by itself, as a provider sends them."""
LEAST_ROUNDS: Final = 4
_LOOK_SECONDS: Final = 0.1
PANES: Final = {"anthropic": "claude", "openai": "gpt", "gemini": "gemini"}
T = TypeVar("T")
PROMPT: Final = f"rate={RATE} tokens={TOKENS}"
BURST: Final = f"rate=0 tokens={TOKENS}"
"""The same answer at once: what the guard adds does not depend on the pace, and is seen best where nothing else is."""
CALLS: Final = 5


@dataclass
class Samples:
    """Processor milliseconds of one call, by way of making it; the least of all rounds counts."""

    bare: list[float] = field(default_factory=list)
    attempt: list[float] = field(default_factory=list)
    guarded: list[float] = field(default_factory=list)
    recorded: list[float] = field(default_factory=list)


async def _bare_anthropic(url: str, model: str) -> int:
    from anthropic import AsyncAnthropic

    client, count = _client(f"anthropic {url}", lambda: AsyncAnthropic(base_url=url, api_key="demo", max_retries=0)), 0
    stream = await client.messages.create(
        model=model, max_tokens=16_384, messages=[{"role": "user", "content": PROMPT}], stream=True
    )
    async for event in stream:
        count += event.type == "content_block_delta" and event.delta.type == "text_delta"
    return count


async def _bare_openai(url: str, model: str) -> int:
    from openai import AsyncOpenAI

    base_url = f"{url}/v1"
    client = _client(f"openai {url}", lambda: AsyncOpenAI(base_url=base_url, api_key="demo", max_retries=0))
    count = 0
    async for event in await client.responses.create(model=model, input=PROMPT, stream=True):
        count += event.type == "response.output_text.delta"
    return count


async def _bare_gemini(url: str, model: str) -> int:
    from google import genai
    from google.genai.types import HttpOptions

    client = _client(f"gemini {url}", lambda: genai.Client(api_key="demo", http_options=HttpOptions(base_url=url)))
    count = 0
    async for chunk in await client.aio.models.generate_content_stream(model=model, contents=PROMPT):
        count += bool(chunk.text)
    return count


_BARE: Final = {"anthropic": _bare_anthropic, "openai": _bare_openai, "gemini": _bare_gemini}
_clients: dict[str, Any] = {}


def _client(name: str, make: Callable[[], T]) -> T:
    if name not in _clients:
        _clients[name] = make()
    client: T = _clients[name]
    return client


async def _close_clients() -> None:
    for name, client in _clients.items():
        await (client.aio.aclose() if name.startswith("gemini") else client.close())
    _clients.clear()


async def _alone(engine: Engine, plan: PanePlan, bus: Bus, listener: Subscription) -> int:
    """The request as the engine makes it, with what is told of it, but without the guard."""
    assert engine._parts is not None
    provider = next(iter(engine._parts.panes[plan.name]._routes.values())).provider
    guard = engine._parts.guard
    attempt = Attempt(
        pane=plan.name,
        turn="t",
        number=1,
        request=ChatRequest(model=plan.model, messages=(UserMessage(text=BURST),), max_tokens=plan.max_tokens),
        provider=provider,
        publish=bus.publish,
        clock=SystemClock(),
        next_seq=itertools.count(1).__next__,
        cost=lambda usage: guard.spending.cost(plan, usage),
    )
    await attempt.run()
    return sum(isinstance(event, TextDelta) for event in listener.drain())


async def _guarded(engine: Engine, name: str, listener: Subscription) -> int:
    """A whole turn of a pane, to its end; bookings, and journal and log if there are any, go on behind it."""
    engine.handle(ClearConversation(pane=name))
    engine.handle(Submit(text=BURST, panes=(name,)))
    count = 0
    while True:
        await asyncio.sleep(_LOOK_SECONDS)  # a listener that is woken for every token would be counted as the guard
        for event in listener.drain():
            count += isinstance(event, TextDelta)
            if isinstance(event, TurnFinished):
                if event.outcome is not Outcome.SUCCESS:
                    raise BenchError(f"{name}: {event.problem}")
                return count


async def _timed(call: Callable[[], Awaitable[int]], calls: int) -> float:
    """Processor milliseconds of one call of several, threads and what they finish afterwards included."""
    begin = time.process_time()
    for _ in range(calls):
        if await call() == 0:
            raise BenchError("an answer without text")
    await asyncio.sleep(0.3)  # bookings, journal and log end behind the turns; waiting costs no processor time
    return (time.process_time() - begin) / calls * 1e3


async def _measure(url: str, folder: Path, rounds: int) -> dict[str, Samples]:
    environ = {"HOME": str(folder), "LLMMIXER_HOME": str(folder)}
    config = load(environ=environ, cwd=folder, flags={"resilience.repeat_guard": 0.0}).config
    plan = plan_session(config, environ, demo_url=url)
    if plan is None:
        raise BenchError("no session could be planned")
    recording = build(config, plan, state_dir=folder / "recording")
    await recording.start()
    engine = build(replace(config, journal=JournalConfig(enabled=False)), plan, state_dir=folder / "guard")
    with patch("tui.engine.assembly.start_logging", return_value=None):
        await engine.start()
    listener, heard, bus = engine.bus.subscribe("bench"), recording.bus.subscribe("bench"), Bus()
    alone = bus.subscribe("bench")
    found = {name: Samples() for name in PANES}
    for index in range(rounds + 1):
        for name, pane in PANES.items():
            own = next(one for one in plan.panes if one.name == pane)
            await engine.prepare(pane)
            await recording.prepare(pane)
            bare = await _timed(partial(_BARE[name], url, own.model), 1)
            attempt = await _timed(partial(_alone, engine, own, bus, alone), CALLS)
            guarded = await _timed(partial(_guarded, engine, pane, listener), CALLS)
            recorded = await _timed(partial(_guarded, recording, pane, heard), CALLS)
            if index:  # the first round imports and connects
                found[name].bare.append(bare)
                found[name].attempt.append(attempt)
                found[name].guarded.append(guarded)
                found[name].recorded.append(recorded)
    await engine.close()
    await recording.close()
    await bus.close()
    await _close_clients()
    return found


def run(repeats: int) -> Iterator[Line]:
    """Yield the lines of this benchmark."""
    with server() as url, tempfile.TemporaryDirectory(dir=os.environ.get("LLMMIXER_BENCH_DIR")) as name:
        found = asyncio.run(_measure(url, Path(name), max(LEAST_ROUNDS, repeats)))
    for wire, samples in found.items():
        bare, attempt, guarded = min(samples.bare), min(samples.attempt), min(samples.guarded)
        note = f"{guarded - attempt:.1f} ms on top of {bare:.0f} ms of the SDK"
        yield Line(
            f"{wire}: the guard's share of a bare stream's CPU", (guarded - attempt) / bare, 0.05, 0.03, note=note
        )
        share = (min(samples.recorded) - attempt) / bare
        yield Line(f"{wire}: the same with journal and log", share, note="their writing is in threads of its own")
        yield Line(f"{wire}: engine and adapter, all of the answer at once", attempt, unit="ms")
