"""A session's money: hold before a call, settle after it, and tell everybody how things stand.

Every budget is checked in the ledger, over all sessions of the user, before a request leaves. Booking an end is
never part of the turn: it goes on when the turn is cancelled, and `close` waits for it.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import tzinfo
from typing import Any, Final

from tui.config.model import BudgetScope, Config, WireName
from tui.core.chat import ChatRequest, Usage
from tui.core.clock import Clock
from tui.core.errors import Failure, LLMMixerError, Outcome, Problem
from tui.core.events import Event, Notice, NoticeLevel
from tui.core.guard_events import BudgetAlert, BudgetState, SpendChanged
from tui.engine.attempt import Attempt
from tui.engine.session import PanePlan
from tui.spend.budget import Alert, Budget, Refusal, Standing, Window, any_hard, budgets_of, windows_for, zone
from tui.spend.ledger import Ledger
from tui.spend.prices import Bill, PriceBook, Quote
from tui.spend.records import Call, Hold, Receipt, State
from tui.spend.usage import Calibration, estimate_request

BUDGET_CODE: Final = "budget"
_SESSION_LIMIT: Final = "session limit"
_NO_LEDGER: Final = Problem(title="No ledger", text="This session keeps no record of what it spends.")
_GAUGES: Final = tuple(
    Budget(name=f"#{scope.value}", scope=scope, limit_pico=0, hard=False, thresholds=())
    for scope in (BudgetScope.SESSION, BudgetScope.PROJECT, BudgetScope.DAY, BudgetScope.MONTH)
)


class Spending:
    """Holds, settles and sums up the money of one session."""

    def __init__(
        self,
        config: Config,
        ledger: Ledger | None,
        prices: PriceBook,
        *,
        session: str,
        project: str,
        publish: Callable[[Event], None],
        clock: Clock,
    ) -> None:
        self.ledger = ledger
        self.prices = prices
        self.zone: tzinfo | None = zone(config.spend.timezone)
        self.calibration = Calibration()
        self.budgets = budgets_of(config)
        self._least = config.spend.least_tokens
        self.session = session
        self.project = project
        self._publish = publish
        self._clock = clock
        self._bookings: set[asyncio.Task[None]] = set()
        self._broken = False
        self._saved_pico = 0
        self._told: SpendChanged | None = None
        self._unpriced: set[str] = set()
        self.lease_s = config.spend.lease_minutes * 60.0
        self._running: dict[str, Hold] = {}
        self._renewal: asyncio.TimerHandle | None = None

    def cost(self, plan: PanePlan, usage: Usage) -> int | None:
        """Return what `usage` costs in pico-dollars, or None when the price is unknown."""
        return self.prices.cost(plan.model, usage, self._clock.wall(), price_source(plan))

    async def prepare(self, plan: PanePlan) -> None:
        """Load what pricing a pane's model needs, off the event loop."""
        await asyncio.to_thread(self.prices.prepare, plan.model, price_source(plan), self._clock.wall())

    def set_session_limit(self, limit_pico: int | None) -> None:
        """Set or take away the hard limit of this session that was given while it runs."""
        self.budgets = tuple(budget for budget in self.budgets if budget.name != _SESSION_LIMIT)
        if limit_pico is not None:
            limit = Budget(name=_SESSION_LIMIT, scope=BudgetScope.SESSION, limit_pico=limit_pico)
            self.budgets = (*self.budgets, limit)
        if self.ledger is not None:
            self._start(self._tell_new_limit(self.ledger))

    async def hold(self, plan: PanePlan, request: ChatRequest, *, pane: str, turn: str, attempt: int) -> Hold | Failure:
        """Reserve what a call can cost at most, or return why it may not be made.

        Without a ledger, or with a broken one, a call that no hard budget is for goes on unrecorded.
        """
        call = self._call(plan, request, pane=pane, turn=turn, attempt=attempt)
        unrecorded = Hold(id="", call=call, max_tokens=request.max_tokens, amount_pico=None, begun=self._clock.wall())
        windows = self._windows(plan.endpoint)
        if self.ledger is None:
            return _unrecordable(_NO_LEDGER) if any_hard(windows) else unrecorded
        try:
            held = await self.ledger.hold(call, windows, least=self._least)
        except LLMMixerError as error:
            self._say_broken(error)
            return _unrecordable(error.problem) if any_hard(windows) else unrecorded
        self._broken = False
        if isinstance(held, Refusal):
            return Failure(outcome=Outcome.QUOTA_SPENT, problem=held.problem, code=BUDGET_CODE)
        self._running[held.id] = held
        self._watch_leases()
        self._tell_alerts(held.alerts)
        self.refresh()
        return held

    def finish(self, plan: PanePlan, hold: Hold, attempt: Attempt, failure: Failure | None) -> int | None:
        """Book how a held call ended; return what it cost, None when its price is unknown.

        Returns at once; the booking goes on by itself.
        """
        self._running.pop(hold.id, None)
        usage = attempt.usage()
        bill = (
            self.prices.bill(plan.model, usage, hold.begun, price_source(plan)) if attempt.opened else Bill(cost_pico=0)
        )
        if failure is None and not usage.estimated:
            self.calibration.observe(plan.model, estimate_request(attempt.request), usage.total_input_tokens)
        if self.ledger is None or not hold.id:
            self.refresh()
        else:
            self._start(self._end(self.ledger, hold, attempt, usage, bill))
        return bill.cost_pico

    async def renew(self) -> None:
        """Begin the lease of every running call anew, so that none is taken for lost however long it runs."""
        if self.ledger is None:
            return
        for hold in tuple(self._running.values()):
            try:
                await self.ledger.renew(hold)
            except LLMMixerError as error:
                self._say_broken(error)

    def note_saved(self, saved_pico: int | None) -> None:
        """Count what an answer from the cache did not cost."""
        self._saved_pico += saved_pico or 0
        self.refresh()

    def refresh(self) -> None:
        """Publish how things stand, soon, if that is news."""
        if self.ledger is not None:
            self._start(self._tell_standings(self.ledger))

    def estimate(self, plan: PanePlan, input_tokens: int, output_tokens: int) -> int | None:
        """Return what a call of that size would cost in pico-dollars; None when the price is unknown."""
        return self.cost(plan, Usage(input_tokens=input_tokens, output_tokens=output_tokens))

    def first_without_price(self, model: str) -> bool:
        """Whether this session has not spoken of the missing price of a model before; from now on it has."""
        known = model in self._unpriced
        self._unpriced.add(model)
        return not known

    async def settled(self) -> None:
        """Wait until nothing is left to be booked or told."""
        while self._bookings:
            await asyncio.wait(set(self._bookings))

    async def close(self) -> None:
        """Finish every booking and close the ledger."""
        if self._renewal is not None:
            self._renewal.cancel()
        await self.settled()
        if self.ledger is not None:
            await self.ledger.close()

    def _call(self, plan: PanePlan, request: ChatRequest, *, pane: str, turn: str, attempt: int) -> Call:
        tokens = self.calibration.correct(plan.model, estimate_request(request))
        return Call(
            session=self.session,
            project=self.project,
            provider=plan.endpoint,
            model=plan.model,
            input_tokens=tokens,
            max_tokens=request.max_tokens,
            quote=self._quote(plan, tokens),
            pane=pane,
            turn=turn,
            attempt=attempt,
        )

    def _quote(self, plan: PanePlan, tokens: int) -> Quote | None:
        return self.prices.quote(
            plan.model, price_source(plan), input_tokens=tokens, wall=self._clock.wall(), load=False
        )

    def _windows(self, provider: str | None, budgets: Sequence[Budget] | None = None) -> tuple[Window, ...]:
        return windows_for(
            self.budgets if budgets is None else budgets,
            session=self.session,
            project=self.project,
            provider=provider,
            wall=self._clock.wall(),
            tz=self.zone,
        )

    def _start(self, booking: Coroutine[Any, Any, None]) -> None:
        """Let a booking go on by itself; `close` waits for it."""
        task = asyncio.get_running_loop().create_task(booking)
        self._bookings.add(task)
        task.add_done_callback(self._bookings.discard)

    def _watch_leases(self) -> None:
        if self._renewal is None and self._running:
            self._renewal = asyncio.get_running_loop().call_later(self.lease_s / 3, self._lease_runs)

    def _lease_runs(self) -> None:
        self._renewal = None
        if self._running:
            self._start(self.renew())
            self._watch_leases()

    async def _tell_new_limit(self, ledger: Ledger) -> None:
        try:
            self._tell_alerts(await ledger.alerts(self._windows(None)))
        except LLMMixerError as error:
            self._say_broken(error)
        await self._tell_standings(ledger)

    async def _end(self, ledger: Ledger, hold: Hold, attempt: Attempt, usage: Usage, bill: Bill) -> None:
        try:
            receipt = await self._booked(ledger, hold, attempt, usage, bill)
        except LLMMixerError as error:
            self._say_broken(error)
            return
        if receipt.first and receipt.state is not State.DUPLICATE:
            self._saved_pico += bill.saved_pico
        self._tell_alerts(receipt.alerts)
        await self._tell_standings(ledger)

    async def _booked(self, ledger: Ledger, hold: Hold, attempt: Attempt, usage: Usage, bill: Bill) -> Receipt:
        if not attempt.opened:
            return await ledger.release(hold)
        if usage.estimated:
            return await ledger.estimate(hold, usage, bill.cost_pico, saved_pico=bill.saved_pico)
        return await ledger.settle(
            hold,
            usage,
            bill.cost_pico,
            saved_pico=bill.saved_pico,
            message_id=attempt.request_id or "",
            quote=bill.quote,
        )

    async def _tell_standings(self, ledger: Ledger) -> None:
        windows = (*self._windows(None, _GAUGES), *self._windows(None))
        try:
            standings = await ledger.standings(windows)
        except LLMMixerError as error:
            self._say_broken(error)
            return
        session, project, day, month = standings[: len(_GAUGES)]
        now = SpendChanged(
            session_pico=session.spent_pico,
            project_pico=project.spent_pico,
            day_pico=day.spent_pico,
            month_pico=month.spent_pico,
            unpriced=session.unpriced,
            saved_pico=self._saved_pico,
            budgets=tuple(budget_state(standing) for standing in standings[len(_GAUGES) :]),
        )
        if now != self._told:
            self._told = now
            self._publish(now)

    def _tell_alerts(self, alerts: Sequence[Alert]) -> None:
        for alert in alerts:
            standing = alert.standing
            self._publish(
                BudgetAlert(
                    budget=standing.budget.name,
                    percent=alert.percent,
                    spent_pico=standing.spent_pico,
                    limit_pico=standing.budget.limit_pico,
                )
            )

    def _say_broken(self, error: LLMMixerError) -> None:
        if not self._broken:
            self._broken = True
            self._publish(Notice(level=NoticeLevel.ERROR, problem=error.problem))


def _unrecordable(why: Problem) -> Failure:
    problem = Problem(
        title="Budget cannot be kept",
        text=f"A hard budget is set, but the ledger cannot be used. {why.text}",
        hint=why.hint,
    )
    return Failure(outcome=Outcome.QUOTA_SPENT, problem=problem, code=BUDGET_CODE)


def price_source(plan: PanePlan) -> str:
    """Return where a pane's prices are looked up: its vendor, or the address of another service."""
    if plan.endpoint_config.wire is WireName.COMPATIBLE:
        return plan.price_url or plan.base_url or ""
    return plan.endpoint_config.wire.value


def budget_state(standing: Standing) -> BudgetState:
    """Return a budget's standing as events carry it."""
    budget = standing.budget
    return BudgetState(
        name=budget.name,
        scope=budget.scope.value,
        limit_pico=budget.limit_pico,
        spent_pico=standing.spent_pico,
        held_pico=standing.held_pico,
        hard=budget.hard,
    )
