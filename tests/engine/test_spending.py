"""Money of a session with a real ledger: held before a call, booked after it, never over a hard limit."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from tests.conftest import WaitUntil
from tests.engine.rig import PICO_IN, PICO_OUT, Rig, Script, answer, ask_mode, failed, plan
from tests.engine.scripted import Step
from tui.config.model import (
    BudgetConfig,
    BudgetScope,
    Config,
    EndpointConfig,
    FallbackMode,
    PriceConfig,
    ResilienceConfig,
    WireName,
)
from tui.core.chat import ChatRequest, StreamOpened, TextPiece, Usage, UsageSeen, UserMessage
from tui.core.clock import ManualClock
from tui.core.errors import Outcome
from tui.core.events import Notice, StreamStarted, TextDelta, TurnFinished
from tui.core.guard_events import AnswerShortened, BudgetAlert, FallbackStarted, LimitWaiting, SpendChanged
from tui.core.money import usd_short
from tui.spend.records import Entry, Span, State
from tui.spend.usage import estimate_request

DOLLAR = 10**12
HELD = estimate_request(ChatRequest(model="m", messages=(UserMessage(text="hi"),)))
"""Tokens that the prompt of these tests is reckoned with."""
MOST = 1_000 * PICO_OUT
"""What the output of a call of these tests can cost."""


def hold_of() -> int:
    """Return what one call holds."""
    return HELD * PICO_IN + MOST


def usd(pico: int) -> Decimal:
    return Decimal(pico) / DOLLAR


def budget(limit: int, scope: BudgetScope = BudgetScope.SESSION, **more: object) -> Config:
    """A configuration with one budget, named `cap`, of `limit` pico-dollars."""
    cap = replace(BudgetConfig(scope=scope, limit_usd=usd(limit)), **more)  # type: ignore[arg-type]  # named by tests
    return Config(budgets={"cap": cap}, resilience=ResilienceConfig(attempts=1))


def cents(dollars: str, **more: object) -> Config:
    return budget(int(Decimal(dollars) * DOLLAR), **more)  # type: ignore[arg-type]  # named by tests


async def entries(rig: Rig) -> list[Entry]:
    """Return every entry, oldest first, once all bookings are done."""
    await rig.quiet()
    assert rig.ledger is not None
    return list(reversed(await rig.ledger.entries(Span())))


def asking(rig: Rig, pane: str | None = None) -> ChatRequest:
    provider = rig.provider if pane is None else rig.providers[pane]
    return provider.requests[-1]


async def test_money_is_held_before_the_call_and_settled_after_it(tmp_path: Path) -> None:
    gate = asyncio.Event()
    slow: list[Step] = [StreamOpened(), gate, *answer()[1:]]
    async with Rig(scripts={"anthropic": [slow]}, config=budget(DOLLAR), state_dir=tmp_path) as rig:
        rig.pane.submit("hi")
        await rig.seen(StreamStarted)
        held = (await entries(rig))[0]
        assert (held.state, held.held_pico, held.turn, held.pane) == (
            State.HELD, HELD * PICO_IN + MOST, rig.of(StreamStarted)[0].turn, "claude",
        )  # fmt: skip
        state = rig.of(SpendChanged)[-1].budgets[0]
        assert (state.name, state.held_pico, state.spent_pico) == ("cap", held.held_pico, 0)
        gate.set()
        done = await rig.end("claude")
        settled = (await entries(rig))[0]
        assert (settled.state, settled.cost_pico) == (State.SETTLED, 10 * PICO_IN + 5 * PICO_OUT)
        assert done.cost_pico == settled.cost_pico
        last = rig.of(SpendChanged)[-1]
        assert last.session_pico == last.project_pico == last.day_pico == last.month_pico == settled.cost_pico
        assert (last.budgets[0].spent_pico, last.budgets[0].held_pico) == (settled.cost_pico, 0)


async def test_an_answer_that_does_not_fit_is_shortened_told_and_sent_so(tmp_path: Path) -> None:
    own = plan(max_tokens=5_000)
    limit = HELD * PICO_IN + 2_000 * PICO_OUT
    async with Rig([own], config=budget(limit), state_dir=tmp_path) as rig:
        assert (await rig.ask()).outcome is Outcome.SUCCESS
        told = rig.of(AnswerShortened)[0]
        assert (told.budget, told.asked_tokens, told.max_tokens) == ("cap", 5_000, 2_000)
        assert asking(rig).max_tokens == 2_000
        assert (await entries(rig))[0].held_pico == limit


async def test_the_tightest_of_several_budgets_is_named(tmp_path: Path) -> None:
    own = plan(max_tokens=5_000)
    settings = budget(HELD * PICO_IN + 3_000 * PICO_OUT)
    day = BudgetConfig(scope=BudgetScope.DAY, limit_usd=usd(HELD * PICO_IN + 2_000 * PICO_OUT))
    settings = replace(settings, budgets=dict(settings.budgets) | {"daily": day})
    async with Rig([own], config=settings, state_dir=tmp_path) as rig:
        await rig.ask()
        assert (rig.of(AnswerShortened)[0].budget, asking(rig).max_tokens) == ("daily", 2_000)


async def test_what_does_not_fit_at_all_is_refused_with_numbers_before_it_is_sent(tmp_path: Path) -> None:
    async with Rig(config=cents("0.005"), state_dir=tmp_path) as rig:
        done = await rig.ask()
        assert (done.outcome, done.refused_by_budget, done.attempts) == (Outcome.QUOTA_SPENT, True, 0)
        assert done.problem is not None
        assert "cap" in done.problem.title
        for pico in (hold_of(), DOLLAR // 200):
            assert usd_short(pico) in done.problem.text
        assert not rig.provider.requests
        assert await entries(rig) == []
        assert rig.guard.circuits.passable(rig.plans[0]), "a budget says nothing about the provider"


async def test_a_retry_is_held_anew_and_may_be_refused(tmp_path: Path) -> None:
    cut: list[Step] = [StreamOpened(), UsageSeen(usage=Usage(input_tokens=10, output_tokens=600)), failed()]
    settings = replace(budget(hold_of() + 100 * PICO_OUT), resilience=ResilienceConfig())
    async with Rig(scripts={"anthropic": [cut]}, config=settings, state_dir=tmp_path) as rig:
        done = await rig.ask()
        assert (done.refused_by_budget, done.attempts) == (True, 1)
        assert done.cost_pico == 10 * PICO_IN + 600 * PICO_OUT
        booked = await entries(rig)
        assert [entry.state for entry in booked] == [State.ESTIMATED]


async def test_three_panes_at_once_never_pass_a_hard_limit(tmp_path: Path) -> None:
    panes = [plan(), plan("gpt", "openai", "m2"), plan("gemini", "gemini", "m3")]
    gate = asyncio.Event()
    slow: list[Step] = [StreamOpened(), gate, *answer(tokens=1_000)[1:]]
    scripts = {one.endpoint: [slow] for one in panes}
    limit = 2 * hold_of() + hold_of() // 2
    async with Rig(panes, scripts=scripts, config=budget(limit), state_dir=tmp_path) as rig:
        for pane in rig.panes.values():
            pane.submit("hi")
        await rig.seen(StreamStarted, 2)
        refused = await rig.seen(TurnFinished)
        assert refused.refused_by_budget
        gate.set()
        await rig.seen(TurnFinished, 3)
        booked = await entries(rig)
        assert [entry.state for entry in booked] == [State.SETTLED] * 2
        assert sum(entry.cost_pico or 0 for entry in booked) <= limit


async def test_two_sessions_share_a_limit(tmp_path: Path) -> None:
    gate = asyncio.Event()
    slow: list[Step] = [StreamOpened(), gate, *answer()[1:]]
    settings = budget(hold_of() + hold_of() // 2, BudgetScope.DAY)
    async with (
        Rig(scripts={"anthropic": [slow]}, config=settings, state_dir=tmp_path) as one,
        Rig(config=settings, state_dir=tmp_path, session="s2") as two,
    ):
        one.pane.submit("hi")
        await one.seen(StreamStarted)
        assert (await two.ask()).refused_by_budget
        gate.set()
        await one.end("claude")
        await one.quiet()
        assert (await two.ask("again")).outcome is Outcome.SUCCESS


OPEN = StreamOpened()
LONG = TextPiece(text="x" * 400)
SEEN = UsageSeen(usage=Usage(input_tokens=20, cache_read_tokens=4, output_tokens=1))


@pytest.mark.parametrize(
    ("steps", "state", "usage"),
    [
        ((failed(Outcome.RATE_LIMITED),), State.RELEASED, Usage()),
        ((OPEN, failed(Outcome.TRUNCATED)), State.ESTIMATED, Usage(input_tokens=1, estimated=True)),
        (
            (OPEN, LONG, failed(Outcome.TRUNCATED)),
            State.ESTIMATED,
            Usage(input_tokens=1, output_tokens=100, estimated=True),
        ),
        (
            (OPEN, SEEN, failed(Outcome.TRUNCATED)),
            State.ESTIMATED,
            Usage(input_tokens=20, cache_read_tokens=4, output_tokens=1, estimated=True),
        ),
        (
            (OPEN, TextPiece(text="가" * 50), failed(Outcome.TRUNCATED)),
            State.ESTIMATED,
            Usage(input_tokens=1, output_tokens=50, estimated=True),
        ),
        (
            (OPEN, LONG, ZeroDivisionError("defect")),
            State.ESTIMATED,
            Usage(input_tokens=1, output_tokens=100, estimated=True),
        ),
        ((LONG, failed(Outcome.TRUNCATED)), State.ESTIMATED, Usage(input_tokens=1, output_tokens=100, estimated=True)),
    ],
    ids=["refused", "cut-at-once", "cut", "cut-counted", "cut-korean", "defect", "no-head"],
)
async def test_every_end_is_booked(steps: Sequence[Step], state: State, usage: Usage, tmp_path: Path) -> None:
    async with Rig(scripts={"anthropic": [steps]}, config=cents("1"), state_dir=tmp_path) as rig:
        done = await rig.ask()
        entry = (await entries(rig))[0]
        assert (entry.state, entry.usage) == (state, usage)
        assert entry.cost_pico == done.cost_pico
        assert done.usage == usage
        assert rig.of(SpendChanged)[-1].budgets[0].held_pico == 0


Moment = Callable[[Rig], bool]


def _nothing_yet(rig: Rig) -> bool:
    return True


def _asked(rig: Rig) -> bool:
    return bool(rig.provider.requests)


def _opened(rig: Rig) -> bool:
    return bool(rig.of(StreamStarted))


def _text(rig: Rig) -> bool:
    return bool(rig.of(TextDelta))


@pytest.mark.parametrize(
    ("moment", "state"),
    [(_nothing_yet, None), (_asked, State.RELEASED), (_opened, State.ESTIMATED), (_text, State.ESTIMATED)],
)
async def test_a_stopped_call_holds_nothing_and_is_booked_for_what_came(
    moment: Moment, state: State | None, tmp_path: Path, wait_until: WaitUntil
) -> None:
    first, second = asyncio.Event(), asyncio.Event()
    script: Script = [[first, StreamOpened(), second, TextPiece(text="a"), asyncio.Event()]]
    async with Rig(scripts={"anthropic": script}, config=cents("1"), state_dir=tmp_path) as rig:
        rig.pane.submit("hi")
        if moment in (_opened, _text):
            first.set()
        if moment is _text:
            second.set()
        await wait_until(lambda: moment(rig))
        rig.pane.stop()
        assert (await rig.end("claude")).outcome is Outcome.CANCELLED
        assert [entry.state for entry in await entries(rig)] == ([] if state is None else [state])


async def test_stopping_at_any_step_leaves_no_money_held(tmp_path: Path) -> None:
    """The turn is cancelled after each number of steps of the loop until it gets through without."""
    script: Script = [[StreamOpened(), TextPiece(text="a"), *answer()[1:]]]
    clock = ManualClock()
    async with Rig(scripts={"anthropic": script}, config=cents("100"), state_dir=tmp_path, clock=clock) as rig:
        assert rig.ledger is not None
        await rig.ask("warm")
        outcomes = set()
        for steps in range(60):
            before = len(rig.ends("claude"))
            rig.pane.submit(f"prompt {steps}")
            for _ in range(steps):
                await asyncio.sleep(0)
            rig.pane.stop()
            outcomes.add((await rig.end("claude", before + 1)).outcome)
            await rig.quiet()
        assert Outcome.CANCELLED in outcomes
        states = [entry.state for entry in await entries(rig)]
        assert State.HELD not in states
        snapshot = rig.guard.limiter("anthropic").snapshot()
        assert (snapshot.running, snapshot.waiting) == (0, 0)
        assert rig.of(SpendChanged)[-1].budgets[0].held_pico == 0


async def test_stopping_while_the_ledger_is_asked_leaves_nothing_held(tmp_path: Path) -> None:
    async with Rig(config=cents("1"), state_dir=tmp_path) as rig:
        for delay in range(12):
            request = ChatRequest(model="m", messages=(UserMessage(text="hi"),), max_tokens=100)
            task = asyncio.create_task(rig.spending.hold(rig.plans[0], request, pane="p", turn="t", attempt=1))
            for _ in range(delay):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait({task})
            assert task.cancelled()
        await rig.quiet()
        assert State.HELD not in [entry.state for entry in await entries(rig)]


async def test_an_unknown_price_is_refused_by_a_hard_budget_and_counted_by_a_soft_one(tmp_path: Path) -> None:
    own = plan(model="nobody-knows-it")
    async with Rig([own], config=cents("1"), state_dir=tmp_path) as rig:
        done = await rig.ask()
        assert done.refused_by_budget
        assert done.problem is not None
        assert done.problem.title == "Price unknown"
        assert not rig.provider.requests
    async with Rig([own], config=cents("1", hard=False), state_dir=tmp_path) as rig:
        done = await rig.ask()
        assert (done.outcome, done.cost_pico) == (Outcome.SUCCESS, None)
        await rig.quiet()
        assert (rig.of(SpendChanged)[-1].unpriced, rig.of(SpendChanged)[-1].session_pico) == (1, 0)


async def test_a_failed_call_of_an_unknown_price_costs_nothing_rather_than_something_unknown(tmp_path: Path) -> None:
    own = plan(model="nobody-knows-it")
    async with Rig([own], scripts={"anthropic": [[failed()]]}, state_dir=tmp_path) as rig:
        assert (await rig.ask()).cost_pico == 0


async def test_a_soft_budget_only_tells(tmp_path: Path) -> None:
    cost = 10 * PICO_IN + 5 * PICO_OUT
    async with Rig(config=budget(cost * 2, hard=False), state_dir=tmp_path) as rig:
        for number in range(4):
            assert (await rig.ask(f"{number}")).outcome is Outcome.SUCCESS
        await rig.quiet()
        assert [(alert.budget, alert.percent, alert.spent_pico) for alert in rig.of(BudgetAlert)] == [
            ("cap", 50, cost), ("cap", 80, 2 * cost), ("cap", 100, 2 * cost),
        ]  # fmt: skip
        assert not rig.of(AnswerShortened)


async def test_a_limit_set_while_the_session_runs_holds_from_the_next_call_on(tmp_path: Path) -> None:
    async with Rig(state_dir=tmp_path, config=Config(resilience=ResilienceConfig(attempts=1))) as rig:
        first = await rig.ask("one")
        assert first.cost_pico is not None
        rig.spending.set_session_limit(first.cost_pico)
        await rig.quiet()
        assert [alert.percent for alert in rig.of(BudgetAlert)] == [50, 80, 100]
        assert [state.limit_pico for state in rig.of(SpendChanged)[-1].budgets] == [first.cost_pico]
        assert (await rig.ask("two")).refused_by_budget
        rig.spending.set_session_limit(DOLLAR)
        assert (await rig.ask("three")).outcome is Outcome.SUCCESS
        rig.spending.set_session_limit(None)
        await rig.quiet()
        assert rig.of(SpendChanged)[-1].budgets == ()


async def test_without_a_usable_ledger_a_hard_budget_refuses(tmp_path: Path) -> None:
    (tmp_path / "spend.sqlite").mkdir()
    async with Rig(config=cents("1"), state_dir=tmp_path) as rig:
        done = await rig.ask()
        assert (done.refused_by_budget, done.attempts) == (True, 0)
        assert done.problem is not None
        assert done.problem.title == "Budget cannot be kept"
        assert len(rig.of(Notice)) == 1


async def test_without_a_usable_ledger_calls_no_hard_budget_is_for_go_on(tmp_path: Path) -> None:
    (tmp_path / "spend.sqlite").mkdir()
    settings = cents("1", scope=BudgetScope.PROVIDER, provider="openai")
    async with Rig([plan(), plan("gpt", "openai", "m2")], config=settings, state_dir=tmp_path) as rig:
        assert (await rig.ask()).outcome is Outcome.SUCCESS
        assert (await rig.ask(pane="gpt")).refused_by_budget
        assert len(rig.of(Notice)) == 1, "told once"
    async with Rig(config=cents("1", hard=False), state_dir=tmp_path) as rig:
        assert (await rig.ask()).outcome is Outcome.SUCCESS


async def test_no_ledger_at_all_cannot_keep_a_hard_budget() -> None:
    async with Rig(config=cents("1")) as rig:
        assert (await rig.ask()).refused_by_budget
    async with Rig() as rig:
        assert (await rig.ask()).cost_pico == 10 * PICO_IN + 5 * PICO_OUT


async def test_closing_waits_for_bookings(tmp_path: Path) -> None:
    script: Script = [[StreamOpened(), TextPiece(text="a" * 40), asyncio.Event()]]
    async with Rig(scripts={"anthropic": script}, state_dir=tmp_path) as rig:
        rig.pane.submit("hi")
        await rig.seen(TextDelta)
    assert rig.of(SpendChanged)[-1].session_pico == 1 * PICO_IN + 10 * PICO_OUT
    assert not rig.of(Notice)
    async with Rig(state_dir=tmp_path, session="later") as later:
        assert [(entry.state, entry.usage.output_tokens) for entry in await entries(later)] == [(State.ESTIMATED, 10)]


async def test_a_long_call_keeps_its_lease(tmp_path: Path) -> None:
    gate = asyncio.Event()
    slow: list[Step] = [StreamOpened(), gate, *answer()[1:]]
    async with Rig(scripts={"anthropic": [slow]}, config=cents("1"), state_dir=tmp_path) as rig:
        assert rig.ledger is not None
        rig.pane.submit("hi")
        await rig.seen(StreamStarted)
        for _ in range(3):
            rig.clock.advance(3_000.0)
            await rig.spending.renew()
        assert await rig.ledger.sweep_orphans() == ()
        gate.set()
        await rig.end("claude")
        assert [entry.state for entry in await entries(rig)] == [State.SETTLED]


async def test_leases_are_renewed_by_themselves(tmp_path: Path) -> None:
    gate = asyncio.Event()
    slow: list[Step] = [StreamOpened(), gate, *answer()[1:]]
    async with Rig(scripts={"anthropic": [slow]}, config=cents("1"), state_dir=tmp_path) as rig:
        assert rig.ledger is not None
        rig.spending.lease_s = 0.03
        renewed: list[str] = []
        renew = rig.ledger.renew

        async def noting(hold: object) -> None:
            renewed.append("")
            await renew(hold)  # type: ignore[arg-type]  # passed through
            rig.publish(LimitWaiting(pane="", turn="", seconds=0.0, reason="renewed"))

        rig.ledger.renew = noting  # type: ignore[method-assign]  # looked at, not replaced
        rig.pane.submit("hi")
        await rig.until(lambda: len(renewed) >= 2)
        gate.set()
        await rig.end("claude")


async def test_limits_are_not_waited_for_while_money_is_held(tmp_path: Path) -> None:
    script: Script = [[failed(Outcome.RATE_LIMITED, after=30.0)], answer()]
    settings = replace(cents("1"), resilience=ResilienceConfig(attempts=1))
    async with Rig([plan(), plan("twin")], scripts={"anthropic": script}, config=settings, state_dir=tmp_path) as rig:
        await rig.ask(pane="claude")
        rig.sleeper.holding = True
        rig.panes["twin"].submit("hi")
        await rig.seen(LimitWaiting)
        assert State.HELD not in [entry.state for entry in await entries(rig)]
        rig.sleeper.gate.set()
        await rig.end("twin")


async def test_what_the_providers_cache_saved_is_told(tmp_path: Path) -> None:
    price = PriceConfig(input=Decimal(2), output=Decimal(10), cache_read=Decimal("0.2"))
    seen = UsageSeen(usage=Usage(input_tokens=10, cache_read_tokens=1_000, output_tokens=5))
    script: Script = [[StreamOpened(), TextPiece(text="a"), seen, answer()[-1]]]
    settings = Config(prices={"cached": price})
    async with Rig([plan(model="cached")], scripts={"anthropic": script}, config=settings, state_dir=tmp_path) as rig:
        done = await rig.ask()
        await rig.quiet()
        assert done.cost_pico == 10 * 2_000_000 + 1_000 * 200_000 + 5 * 10_000_000
        assert rig.of(SpendChanged)[-1].saved_pico == 1_000 * 1_800_000


async def test_a_provider_that_cannot_be_made_ready_is_not_hidden_by_a_missing_price(tmp_path: Path) -> None:
    own = plan(model="gpt-4o-mini", endpoint_config=EndpointConfig(wire=WireName.OPENAI))
    broken = failed(Outcome.CALLER_ERROR, "No such address")

    async def prepare() -> None:
        raise broken

    async with Rig([own], scripts={"anthropic": [[broken]]}, config=cents("1"), state_dir=tmp_path) as rig:
        rig.provider.prepare = prepare  # type: ignore[method-assign]  # stands for a client that cannot be built
        done = await rig.ask()
        assert done.problem is not None
        assert (done.problem.title, done.refused_by_budget, done.cost_pico) == ("No such address", False, 0)


async def test_a_call_that_ended_is_renewed_no_more(tmp_path: Path) -> None:
    async with Rig(config=cents("1"), state_dir=tmp_path) as rig:
        await rig.ask()
        assert rig.ledger is not None
        renewed: list[object] = []

        async def noting(hold: object) -> None:
            renewed.append(hold)

        rig.ledger.renew = noting  # type: ignore[method-assign]  # nothing may come here
        await rig.spending.renew()
        assert not renewed


async def test_a_refusal_is_final_and_asks_no_other_model(tmp_path: Path) -> None:
    own = ask_mode(plan(), plan(endpoint="openai", model="m2"), mode=FallbackMode.AUTO)
    async with Rig([own], config=cents("0.005"), state_dir=tmp_path) as rig:
        assert (await rig.ask()).refused_by_budget
        assert not rig.of(FallbackStarted)


async def test_nothing_is_told_twice(tmp_path: Path) -> None:
    async with Rig(config=cents("1"), state_dir=tmp_path) as rig:
        await rig.ask()
        await rig.quiet()
        before = rig.of(SpendChanged)
        rig.spending.refresh()
        await rig.quiet()
        assert rig.of(SpendChanged) == before
        assert len(before) == len(set(map(str, before)))
