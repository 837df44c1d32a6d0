"""Every scene of the demo on every wire, through the whole guarded path: outcome, words, requests, text and money."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

import pytest

from tests.engine.live import BYSTANDER, WIRES, Live, live, live_config
from tui.config.model import TimeoutsConfig
from tui.core.chat import StopReason, Usage
from tui.core.commands import RetryNow, Stop, Submit
from tui.core.errors import Outcome
from tui.core.events import (
    AttemptStarted,
    MessageCompleted,
    TextDelta,
    ToolCallRequested,
    TurnFinished,
)
from tui.core.guard_events import AttemptFailed, RetryScheduled
from tui.core.untrusted import clean
from tui.demo.scenes import SCENES, VARIANTS, Scene
from tui.demo.script import Declined, Fault, Text
from tui.demo.server import DemoServer
from tui.spend.ledger import Ledger
from tui.spend.records import Entry, Span, State

A, O, G, C = WIRES  # noqa: E741
ATTEMPTS = 3


class Money(Enum):
    """What an answer costs."""

    NOTHING = auto()
    COUNTED = auto()
    ESTIMATED = auto()


@dataclass(frozen=True)
class Row:
    """How a scene ends everywhere; `titles` differ where a wire says it in another way, None is no problem at all."""

    scene: str
    outcome: Outcome = Outcome.SUCCESS
    title: str | None = None
    titles: Mapping[str, str | None] | None = None
    stop: StopReason | None = StopReason.END
    stops: Mapping[str, StopReason] | None = None
    requests: int = 1
    money: Money = Money.COUNTED


def refused(scene: str, outcome: Outcome, title: str, *, requests: int = 1, **titles: str) -> Row:
    return Row(scene, outcome, title, titles, stop=None, requests=requests, money=Money.NOTHING)


def broken(scene: str, outcome: Outcome, title: str, **titles: str) -> Row:
    return Row(scene, outcome, title, titles, stop=None, money=Money.ESTIMATED)


ROWS = (
    refused("overloaded", Outcome.TRANSIENT, "Overloaded", requests=ATTEMPTS),
    Row("flaky", requests=3),
    refused("rate-limit", Outcome.RATE_LIMITED, "Rate limited", requests=ATTEMPTS),
    refused("quota", Outcome.QUOTA_SPENT, "Quota spent", gemini="Daily quota spent"),
    broken("mid-error", Outcome.TRANSIENT, "Overloaded", openai="Provider error", compatible="Provider error"),
    broken("cut", Outcome.TRANSIENT, "Connection lost"),
    broken("no-end", Outcome.TRUNCATED, "Answer cut off"),
    broken("malformed", Outcome.TRANSIENT, "Malformed answer"),
    Row("empty", title="Empty answer"),
    Row("long"),
    Row("huge"),
    Row("hostile"),
    Row("thinking"),
    refused("bad-key", Outcome.AUTH, "Key rejected"),
    refused("too-long", Outcome.CALLER_ERROR, "Conversation too long"),
    Row(
        "refusal",
        title="Refused",
        titles={G: "Filtered"},
        stop=StopReason.REFUSAL,
        stops={G: StopReason.CONTENT_FILTER},
    ),
    Row("max-tokens", title="Answer cut at its token limit", stop=StopReason.MAX_TOKENS),
    Row("markdown"),
    Row("unicode"),
    Row("slow-start"),
    broken("mid-error-nested", Outcome.TRANSIENT, "Overloaded", openai="Provider error", compatible="Provider error"),
    broken("mid-failed", Outcome.TRANSIENT, "Overloaded", openai="Provider error", compatible="Provider error"),
    refused("server-error", Outcome.TRANSIENT, "Provider error", requests=ATTEMPTS),
)
TIMED = {"stall"}
"""Scenes with a test of their own, for their deadlines."""
ACTED = {scene.id for scene in SCENES if scene.plot is not None}
"""Scenes with tools, which are tested with those."""
BY_ID = {scene.id: scene for scene in (*SCENES, *VARIANTS)}


def test_every_scene_has_a_row() -> None:
    assert sorted([*(row.scene for row in ROWS), *TIMED, *ACTED]) == sorted(BY_ID)


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with DemoServer(pace="instant", stall=600.0, slow_start=0.05) as running:
        yield running


@pytest.fixture(autouse=True)
def _less_of_the_huge(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five megabytes on four wires take half a minute; a tenth of them goes the same way."""
    monkeypatch.setattr("tui.demo.scenes._HUGE_CHARACTERS", 500_000)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.scene)
async def test_a_scene_on_every_wire(row: Row, server: DemoServer, home: Path, tmp_path: Path) -> None:
    async with live(live_config(home), server, state_dir=tmp_path) as session:
        session.engine.handle(_hello())
        ends = await session.ask(f"demo:{row.scene}@all", *WIRES)
        await session.until(lambda: session.of(TurnFinished, BYSTANDER))
    check_ends(row, ends, session)
    check_text(BY_ID[row.scene], session)
    check_retries(row, session)
    check_money(row, ends)
    check_bystander(session)
    check_ledger(await entries(tmp_path), session)
    assert not server.problems


def _hello() -> Submit:
    return Submit(text="hello", panes=(BYSTANDER,))


def check_ends(row: Row, ends: Mapping[str, TurnFinished], session: Live) -> None:
    titles = {wire: (row.titles or {}).get(wire, row.title) for wire in WIRES}
    stops = {wire: (row.stops or {}).get(wire, row.stop) for wire in WIRES}
    assert {wire: end.outcome for wire, end in ends.items()} == dict.fromkeys(WIRES, row.outcome)
    assert {wire: end.problem and end.problem.title for wire, end in ends.items()} == titles
    assert {wire: end.stop for wire, end in ends.items()} == stops
    assert {wire: end.attempts for wire, end in ends.items()} == dict.fromkeys(WIRES, row.requests)
    assert session.requests() == {**dict.fromkeys(WIRES, row.requests), BYSTANDER: 1}
    if row.outcome is not Outcome.SUCCESS:
        assert all(end.problem and end.problem.text and end.problem.hint for end in ends.values())
        assert not session.of(MessageCompleted, A)


def check_text(scene: Scene, session: Live) -> None:
    """What was shown is the scene's text, to the letter and once."""
    script, expected = scene.script(), []
    if script.refusal is None or script.refusals is not None:
        for step in script.steps:
            if isinstance(step, Fault):
                break
            if isinstance(step, Text | Declined):
                expected.append(step.text)
    for wire in WIRES:
        assert session.shown(wire) == clean("".join(expected)), wire
        numbers = session.numbers(wire)
        assert numbers == sorted(set(numbers)), wire
    assert not session.of(ToolCallRequested)


def check_retries(row: Row, session: Live) -> None:
    """Every retry is announced with the pause that is then made, and none follows shown text."""
    told = [event.seconds for event in session.of(RetryScheduled)]
    assert len(told) == len(WIRES) * (row.requests - 1)
    paused = {round(seconds, 3) for seconds in session.pauses}
    assert paused.issuperset(told)
    for wire in WIRES:
        retries = session.of(RetryScheduled, wire)
        assert [(event.attempt, event.attempts) for event in retries] == [
            (number, ATTEMPTS) for number in range(2, row.requests + 1)
        ]
        assert len(session.of(AttemptFailed, wire)) == len(retries)
        if row.scene == "rate-limit":
            assert all(7.0 <= event.seconds <= 7.0 * 1.1 for event in retries)
            assert all(event.retry_after == 7.0 for event in session.of(AttemptFailed, wire))
        else:
            assert all(event.seconds <= 2.0 ** (event.attempt - 2) for event in retries)
        first = next((at for at, event in enumerate(session.events) if _is(event, TextDelta, wire)), None)
        last = [at for at, event in enumerate(session.events) if _is(event, AttemptStarted, wire)][-1]
        assert first is None or first > last


def _is(event: object, kind: type, pane: str) -> bool:
    return isinstance(event, kind) and getattr(event, "pane", "") == pane


def check_money(row: Row, ends: Mapping[str, TurnFinished]) -> None:
    for wire, end in ends.items():
        assert end.cost_pico is not None, wire
        if row.money is Money.NOTHING:
            assert (end.usage, end.cost_pico) == (Usage(), 0), wire
            continue
        assert end.usage.estimated is (row.money is Money.ESTIMATED), wire
        assert end.usage.total_input_tokens > 0, wire
        assert (end.usage.output_tokens > 0) is (row.scene != "empty"), wire
        assert end.cost_pico > 0, wire


def check_bystander(session: Live) -> None:
    """The other pane answered as if nothing had happened."""
    [end] = session.of(TurnFinished, BYSTANDER)
    assert (end.outcome, end.problem, end.attempts, end.usage.estimated) == (Outcome.SUCCESS, None, 1, False)
    assert len(session.shown(BYSTANDER)) > 50
    assert not session.of(AttemptFailed, BYSTANDER)


async def entries(state_dir: Path) -> tuple[Entry, ...]:
    ledger = Ledger(state_dir / "demo-spend.sqlite")
    try:
        return tuple(await ledger.entries(Span(), limit=1_000))
    finally:
        await ledger.close()


def check_ledger(booked: tuple[Entry, ...], session: Live) -> None:
    """Every request is booked once, and the ledger says what the panes say."""
    assert len(booked) == session.requests().total()
    assert {entry.state for entry in booked} <= {State.SETTLED, State.ESTIMATED, State.RELEASED}
    for pane in (*WIRES, BYSTANDER):
        [end] = session.of(TurnFinished, pane)
        assert sum(entry.cost_pico or 0 for entry in booked if entry.pane == pane) == end.cost_pico


SHORT = TimeoutsConfig(connect=50.0, first_event=2.0, first_token=50.0, idle=2.0)


async def test_a_stalled_stream_ends_by_its_deadline(home: Path, tmp_path: Path) -> None:
    """Text was shown, so nothing is asked again; the connection is given up."""
    with DemoServer(pace="instant", stall=600.0) as server:
        async with live(live_config(home, timeouts=SHORT), server, state_dir=tmp_path) as session:
            ends = await session.ask("demo:stall@all", *WIRES)
            assert await asyncio.to_thread(server.wait_hangup, len(WIRES))
            await session.ask("hello", BYSTANDER)
    row = broken("stall", Outcome.TRANSIENT, "Stream stalled")
    check_ends(row, ends, session)
    check_text(BY_ID["stall"], session)
    check_retries(row, session)
    check_money(row, ends)
    check_ledger(await entries(tmp_path), session)
    assert all(SHORT.idle <= end.seconds < 50.0 for end in ends.values())


async def test_a_model_that_does_not_begin_is_asked_three_times(home: Path, tmp_path: Path) -> None:
    """Nothing came, so nothing is charged and the request can be made again."""
    with DemoServer(pace="instant", slow_start=600.0) as server:
        async with live(live_config(home, timeouts=SHORT), server, state_dir=tmp_path) as session:
            ends = await session.ask("demo:slow-start@all", *WIRES)
            assert await asyncio.to_thread(server.wait_hangup, ATTEMPTS * len(WIRES))
            await session.ask("hello", BYSTANDER)
    row = refused("slow-start", Outcome.TRANSIENT, "No answer", requests=ATTEMPTS)
    check_ends(row, ends, session)
    assert not any(session.shown(wire) for wire in WIRES)
    check_retries(row, session)
    check_money(row, ends)
    check_ledger(await entries(tmp_path), session)


async def test_stopping_during_a_pause_makes_no_further_request(server: DemoServer, home: Path) -> None:
    async with live(live_config(home), server, skip_pauses=False) as session:
        session.engine.handle(Submit(text="demo:rate-limit@all", panes=WIRES))
        await session.until(lambda: len(session.of(RetryScheduled)) == len(WIRES))
        session.engine.handle(Stop())
        await session.until(lambda: len(session.of(TurnFinished)) == len(WIRES))
        assert {end.outcome for end in session.of(TurnFinished)} == {Outcome.CANCELLED}
        assert session.requests() == dict.fromkeys(WIRES, 1)


async def test_hurrying_a_pause_sends_at_once(server: DemoServer, home: Path) -> None:
    """The provider asks for seven seconds; a person does not wait for them."""
    async with live(live_config(home), server, skip_pauses=False) as session:
        session.engine.handle(Submit(text="demo:overloaded", panes=(A,)))
        while not session.of(TurnFinished):
            session.engine.handle(RetryNow(pane=A))
            session.drain()
            await asyncio.sleep(0.005)
        assert session.of(TurnFinished, A)[0].attempts == ATTEMPTS
