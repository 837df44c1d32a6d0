"""A headless run in this process: a real engine with scripted providers, and output that misbehaves."""

import asyncio
import errno
import json
import signal
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest

from tests.conftest import WaitUntil
from tests.engine.scripted import ScriptedProvider, Step
from tui import headless
from tui.config.model import Config, EndpointConfig
from tui.core.chat import Finished, StopReason, StreamOpened, TextPiece
from tui.core.commands import Command, Stop
from tui.core.events import TurnStarted
from tui.engine.engine import Engine, build
from tui.engine.session import PanePlan, SessionPlan
from tui.headless import STDERR, STDOUT, Job, Output, run
from tui.headless_output import Cut, OutputFormat

ANSWER: Sequence[Step] = (StreamOpened(), TextPiece(text="hello"), Finished(stop=StopReason.END))


class Sink:
    """Keeps what is written; can refuse or hold it back."""

    def __init__(self) -> None:
        self.out = bytearray()
        self.err = bytearray()
        self.refuse: OSError | None = None
        self.open = threading.Event()
        self.open.set()
        self.waiting = threading.Event()

    def write(self, fd: int, data: bytes) -> None:
        if fd == STDERR:
            self.err += data
            return
        assert fd == STDOUT
        if self.refuse is not None:
            raise self.refuse
        if not self.open.is_set():
            self.waiting.set()
            self.open.wait(30)
        self.out += data

    @property
    def told(self) -> str:
        return self.err.decode()

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.decode().splitlines()]


Make = Callable[..., Engine]


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Make:
    """Return a function that builds an engine with one pane for each script."""

    def build_engine(*scripts: Sequence[Step]) -> Engine:
        providers = iter([ScriptedProvider([script]) for script in scripts])
        monkeypatch.setattr("tui.engine.assembly.create_provider", lambda *args, **kwargs: next(providers))
        panes = tuple(
            PanePlan(name=f"p{n}", endpoint=f"e{n}", endpoint_config=EndpointConfig(), model="m", api_key=f"key-{n}")
            for n in range(len(scripts))
        )
        return build(Config(), SessionPlan(panes=panes), state_dir=None)

    return build_engine


def job(output_format: OutputFormat = OutputFormat.TEXT, *, timeout: float | None = None) -> Job:
    deadline = None if timeout is None else time.monotonic() + timeout
    return Job(prompt="hi", output_format=output_format, timeout_s=timeout, deadline=deadline)


async def test_text_of_two_panes(make: Make) -> None:
    sink = Sink()
    assert await run(make(ANSWER, ANSWER), job(), Output(sink.write)) == 0
    assert sink.out.decode() == "## p0 (m)\n\nhello\n\n## p1 (m)\n\nhello\n"
    assert sink.told == ""


async def test_stream_json_begins_and_ends_with_the_session(make: Make) -> None:
    sink = Sink()
    assert await run(make(ANSWER, ANSWER), job(OutputFormat.STREAM_JSON), Output(sink.write)) == 0
    types = [line["type"] for line in sink.lines()]
    assert (types[0], types[-1]) == ("session_started", "session_ended")
    assert sorted(line["pane"] for line in sink.lines() if line["type"] == "turn_finished") == ["p0", "p1"]


async def test_timeout_stops_the_turns_and_reports_them(
    make: Make, wait_until: WaitUntil, monkeypatch: pytest.MonkeyPatch
) -> None:
    never = (StreamOpened(), TextPiece(text="part"), asyncio.Event())
    sink = Sink()
    over: list[Callable[[], None]] = []

    def timer(self: Any, loop: object) -> None:
        over.append(partial(self._end, Cut.TIMEOUT))

    monkeypatch.setattr("tui.headless._Run._start_timer", timer)  # the time is over when one of them has answered
    task = asyncio.create_task(run(make(ANSWER, never), job(OutputFormat.STREAM_JSON, timeout=0.2), Output(sink.write)))
    await wait_until(lambda: b'"turn_finished"' in sink.out and b'"part"' in sink.out)
    over[0]()
    assert await task == 124
    ends = {line["pane"]: line["outcome"] for line in sink.lines() if line["type"] == "turn_finished"}
    assert ends == {"p0": "success", "p1": "cancelled"}
    assert "llmmixer: p1: Out of time: The answer was not complete in time. [cancelled]\n" in sink.told
    assert sink.told.endswith("llmmixer: the time of 0.2 s is over (--timeout)\n")


async def test_a_deadline_that_has_passed_sends_nothing_further(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.headless.GRACE_S", 600)  # nobody waits for what was not asked
    sink, engine = Sink(), make((asyncio.Event(),))
    late = Job(prompt="hi", output_format=OutputFormat.JSON, timeout_s=1, deadline=time.monotonic() - 1)
    sent = engine.bus.subscribe("test")
    assert await run(engine, late, Output(sink.write)) == 124
    result = json.loads(sink.out)
    assert (result["exit_code"], result["panes"][0]["outcome"]) == (124, "cancelled")
    assert not [event for event in sent.drain() if isinstance(event, TurnStarted)]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
async def test_signals_stop_the_turns_and_report_them(
    make: Make, wait_until: WaitUntil, number: signal.Signals, code: int
) -> None:
    sink = Sink()
    task = asyncio.create_task(
        run(make((StreamOpened(), asyncio.Event())), job(OutputFormat.STREAM_JSON), Output(sink.write))
    )
    await wait_until(lambda: b"stream_started" in sink.out)
    signal.raise_signal(number)
    assert await task == code
    assert [line["outcome"] for line in sink.lines() if line["type"] == "turn_finished"] == ["cancelled"]


async def test_a_second_signal_ends_the_process_at_once(
    make: Make, wait_until: WaitUntil, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[int] = []
    killed: list[int] = []
    monkeypatch.setattr("tui.headless.os._exit", ended.append)
    monkeypatch.setattr("tui.tools.command.kill_all", lambda: killed.append(len(ended)))
    sink = Sink()
    sink.open.clear()
    engine = make(ANSWER)
    commands: list[Command] = []
    handle = engine.handle

    def noting(command: Command) -> None:
        commands.append(command)
        handle(command)

    monkeypatch.setattr(engine, "handle", noting)
    task = asyncio.create_task(run(engine, job(), Output(sink.write)))
    await wait_until(sink.waiting.is_set)
    signal.raise_signal(signal.SIGINT)
    await wait_until(lambda: Stop() in commands)
    assert ended == []
    signal.raise_signal(signal.SIGINT)
    await wait_until(lambda: ended)
    sink.open.set()
    assert await task == 130
    assert ended == [130]
    assert killed == [0], "what runs is killed before"


async def test_a_reader_that_is_gone_ends_the_run_quietly(make: Make) -> None:
    sink = Sink()
    sink.refuse = BrokenPipeError(errno.EPIPE, "Broken pipe")
    never = (StreamOpened(), asyncio.Event())
    assert await run(make(ANSWER, never), job(OutputFormat.STREAM_JSON), Output(sink.write)) == 1
    assert sink.told == ""


@pytest.mark.parametrize("output_format", list(OutputFormat))
async def test_a_full_disk_is_told(make: Make, output_format: OutputFormat) -> None:
    sink = Sink()
    sink.refuse = OSError(errno.ENOSPC, "No space left on device")
    assert await run(make(ANSWER), job(output_format), Output(sink.write)) == 1
    assert sink.told == "llmmixer: Standard output: cannot be written: No space left on device.\n"


@pytest.mark.parametrize("output_format", list(OutputFormat))
async def test_a_reader_that_stands_still_gets_everything_when_it_goes_on(
    make: Make, wait_until: WaitUntil, output_format: OutputFormat
) -> None:
    sink = Sink()
    sink.open.clear()
    task = asyncio.create_task(run(make(ANSWER), job(output_format), Output(sink.write)))
    await wait_until(sink.waiting.is_set)
    sink.open.set()
    assert await task == 0
    assert b"hello" in sink.out


async def test_a_reader_that_stands_still_does_not_outlive_the_timeout(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(headless, "GRACE_S", 0.05)
    sink = Sink()
    sink.open.clear()
    assert await run(make(ANSWER), job(timeout=0.2), Output(sink.write)) == 124
    sink.open.set()


async def test_an_engine_that_does_not_end_still_gives_every_pane_an_end(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(headless, "GRACE_S", 0.05)
    engine = make((StreamOpened(), asyncio.Event()))
    monkeypatch.setattr(engine, "handle", lambda command: None)
    sink = Sink()
    code = await run(engine, job(OutputFormat.STREAM_JSON, timeout=0.1), Output(sink.write))
    assert code == 124
    ends = [line for line in sink.lines() if line["type"] == "turn_finished"]
    assert [(line["pane"], line["outcome"]) for line in ends] == [("p0", "cancelled")]
