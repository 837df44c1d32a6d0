"""How a pane gets one answer: attempts, the waits between them, and perhaps another model."""

import asyncio
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from tui.core.chat import (
    ChatRequest,
    Finished,
    TextPiece,
    ThinkingPiece,
    Usage,
    UsageSeen,
)
from tui.core.clock import Clock
from tui.core.errors import Failure, Outcome, ProviderError
from tui.core.events import Event
from tui.core.guard_events import (
    AnsweredFromCache,
    AnswerShortened,
    AttemptFailed,
    FallbackOffered,
    FallbackStarted,
    LimitWaiting,
    RetryScheduled,
)
from tui.core.ids import new_id
from tui.core.untrusted import clean_line
from tui.engine.attempt import Attempt, estimate_input
from tui.engine.guard import Guard, Route
from tui.engine.place import wait_for_place
from tui.engine.session import PanePlan
from tui.engine.spending import BUDGET_CODE
from tui.engine.verdict import CANCELLED, oversize
from tui.resilience.breaker import Permit
from tui.resilience.fallback import FallbackChain, Stay, Switch, Target
from tui.resilience.ratelimit import Ticket
from tui.resilience.retry import GiveUp, plan_retry
from tui.spend.records import Hold
from tui.spend.usage import add


@dataclass(frozen=True, slots=True)
class _Failed:
    """Why a model did not answer; `real` is false when no call to it was made at all."""

    failure: Failure
    real: bool = True


@dataclass(slots=True, kw_only=True)
class Answering:
    """Gets the answers of one turn, one request after another.

    `routes` are the pane's own model and then its fallbacks, by target; a model that stepped in goes on answering.
    With `fresh` no kept answer is given. `hurry` ends a wait before the next attempt.
    """

    pane: str
    turn: str
    fresh: bool = False
    routes: Mapping[Target, Route]
    guard: Guard
    publish: Callable[[Event], None]
    clock: Clock
    hurry: asyncio.Event = field(default_factory=asyncio.Event)
    attempts: int = 0
    cached: bool = False
    attempt: Attempt | None = None
    model: str = ""
    spent: Usage = field(default_factory=Usage)
    cost_pico: int | None = 0
    request: ChatRequest = field(init=False)
    began: float = field(init=False)
    _route: Route = field(init=False)
    _answers: int = 0
    _consent: asyncio.Future[bool] | None = None
    _untold: AttemptFailed | None = None
    _last_real: Failure | None = None
    _impatient: bool = False
    _asked_s: float = 0.0
    _numbers: Callable[[], int] = field(default_factory=lambda: itertools.count(1).__next__)

    def __post_init__(self) -> None:
        self.began = self.clock.monotonic()
        self._route = next(iter(self.routes.values()))

    async def answer(self, request: ChatRequest) -> None:
        """Get an answer to `request`: `attempt` holds it. Raises `ProviderError` with what a person is to see."""
        self.request = request
        self._last_real = self._untold = None
        self._asked_s, self.began = 0.0, self.clock.monotonic()
        if not self._answers and await self._answer_from_cache(self._route):
            return
        targets = tuple(self.routes)
        chain = FallbackChain(targets[targets.index(self._route.target) :], self.guard.fallback_mode(self.pane))
        while (failed := await self._ask(self._route)) is not None:
            if failed.failure.code == BUDGET_CODE:
                raise ProviderError(failed.failure)
            step = chain.next(
                self._route.target,
                failed.failure,
                real=failed.real,
                visible=self.attempt is not None and self.attempt.visible,
                usable=lambda target: self.guard.circuits.passable(self.routes[target].plan),
            )
            if isinstance(step, Stay):
                raise ProviderError(step.failure)
            self._tell_failure()
            self._route = await self._switch(step)
        self._answers += 1

    @property
    def plan(self) -> PanePlan:
        """The model that answers now."""
        return self._route.plan

    def answer_fallback(self, accept: bool) -> bool:
        """Take the person's answer to an offered fallback; False when none is offered."""
        if self._consent is None or self._consent.done():
            return False
        self._consent.set_result(accept)
        return True

    async def _answer_from_cache(self, route: Route) -> bool:
        """Give the answer kept for the very same request, if there is one."""
        found = None if self.fresh else await self.guard.cached(route, self.request)
        if found is None:
            return False
        self.publish(
            AnsweredFromCache(pane=self.pane, turn=self.turn, age_s=round(found.age_s, 1), saved_pico=found.cost_pico)
        )
        message = found.message
        attempt = self.attempt = self._new_attempt(route, self.request)
        attempt.replay(
            (
                UsageSeen(usage=Usage()),
                ThinkingPiece(text=message.thinking),
                TextPiece(text=message.text),
                Finished(stop=found.stop, native=message.native, model=found.model),
            )
        )
        self.cached = True
        if found.stale:
            self.guard.in_background(self._again(route).answer(self.request))
        self.guard.spending.note_saved(found.cost_pico)
        return True

    def _again(self, route: Route) -> "Answering":
        """Return what asks the same anew and shows nothing; a whole answer takes the kept one's place."""
        return Answering(
            pane=self.pane,
            turn=new_id("turn"),
            fresh=True,
            routes={route.target: route},
            guard=self.guard,
            publish=_publish_nothing,
            clock=self.clock,
        )

    async def _switch(self, step: Switch) -> Route:
        """Go over to another model, once the person agrees where that was asked for."""
        asked, target = self.routes[step.asked].plan.model, self.routes[step.answers]
        reason = step.reason.problem.title
        if step.confirm:
            offer = FallbackOffered(
                pane=self.pane, turn=self.turn, asked=asked, target=target.plan.model, reason=reason
            )
            self._consent = asyncio.get_running_loop().create_future()
            asked_at = self.clock.monotonic()
            self.publish(offer)
            if not await self._consent:
                raise ProviderError(self._last_real or step.reason)
            self._asked_s += self.clock.monotonic() - asked_at
        self.publish(
            FallbackStarted(pane=self.pane, turn=self.turn, asked=asked, target=target.plan.model, reason=reason)
        )
        await self.guard.spending.prepare(target.plan)
        return target

    async def _ask(self, route: Route) -> _Failed | None:
        """Try one model as often as the policy allows; None when it answered."""
        here, before = 0, None
        while True:
            failed = await self._try(route)
            if failed is None:
                return None
            if not failed.real:
                return failed if before is None or failed.failure.code == BUDGET_CODE else before
            here, before = here + 1, failed
            failure = failed.failure
            plan = plan_retry(
                attempt=here,
                outcome=failure.outcome,
                retry_after=failure.retry_after,
                started=self.began + self._asked_s,
                now=self.clock.monotonic(),
                visible=self.attempt is not None and self.attempt.visible,
                policy=self.guard.retry_policy,
                budget=self.guard.retry_budget(route.plan.endpoint),
                random=self.guard.random,
                status=failure.status,
            )
            if isinstance(plan, GiveUp) or not self.guard.circuits.passable(route.plan):
                return failed
            self._tell_failure()
            self.publish(
                RetryScheduled(
                    pane=self.pane,
                    turn=self.turn,
                    attempt=here + 1,
                    attempts=self.guard.retry_policy.attempts,
                    seconds=round(plan.seconds, 3),
                    outcome=failure.outcome,
                    reason=failure.problem.title,
                )
            )
            self._impatient = await self.guard.sleep(plan.seconds, self.hurry)

    def _note_failure(self, route: Route, failure: Failure) -> None:
        self._last_real = failure
        self._untold = AttemptFailed(
            pane=self.pane,
            turn=self.turn,
            attempt=self.attempts,
            model=clean_line(route.plan.model),
            outcome=failure.outcome,
            problem=failure.problem,
            retry_after=failure.retry_after,
        )

    def _tell_failure(self) -> None:
        """Tell, once, of an attempt that something follows; the last of a turn is told with its end."""
        if self._untold is not None:
            self.publish(self._untold)
            self._untold = None

    async def _try(self, route: Route) -> _Failed | None:
        """Make one attempt once the limits allow it; the circuit is asked before the wait and, for good, after it."""
        if not self.guard.circuits.passable(route.plan):
            permit = self.guard.circuits.admit(route.plan)
            if isinstance(permit, Failure):
                return _Failed(permit, real=False)
            permit.neutral()
        request = route.request_for(self.request)
        if (too_long := oversize(request)) is not None:
            return _Failed(too_long, real=False)
        ticket = await self._wait_for_place(route, request)
        if isinstance(ticket, Failure):
            return _Failed(ticket, real=False)
        with ticket:
            permit = self.guard.circuits.admit(route.plan)
            if isinstance(permit, Failure):
                return _Failed(permit, real=False)
            with permit:
                failure, real = await self._call(route, request, permit, ticket)
        return None if failure is None else _Failed(failure, real=real)

    async def _call(
        self, route: Route, request: ChatRequest, permit: Permit, ticket: Ticket
    ) -> tuple[Failure | None, bool]:
        """Hold money, make the call and book how it ended, also when it is cancelled.

        Return the failure, if any, and whether a request went out.
        """
        spending = self.guard.spending
        hold = await spending.hold(route.plan, request, pane=self.pane, turn=self.turn, attempt=self.attempts + 1)
        if isinstance(hold, Failure):
            return hold, False
        if hold.max_tokens < request.max_tokens:
            self._tell_shorter(hold, request.max_tokens)
            request = replace(request, max_tokens=hold.max_tokens)
        self.attempts += 1
        attempt = self._new_attempt(route, request)
        failure: Failure | None = CANCELLED
        try:
            ticket.start()
            failure = await _outcome_of(attempt)
        finally:
            self._add_cost(spending.finish(route.plan, hold, attempt, failure))
            self._book(route, attempt, permit, ticket, failure)
        if failure is None and not self._answers:
            self.guard.keep(route, self.request, attempt)
        if failure is not None:
            self._note_failure(route, failure)
        return failure, True

    async def _wait_for_place(self, route: Route, request: ChatRequest) -> Ticket | Failure:
        ticket = self.guard.limiter(route.plan.endpoint).reserve(estimate_input(request) + request.max_tokens)
        impatient, self._impatient = self._impatient, False
        too_long = await wait_for_place(
            ticket,
            model=route.plan.model,
            sleep=lambda seconds: self.guard.sleep(seconds, self.hurry),
            impatient=impatient,
            longest_pause_s=self.guard.retry_policy.max_retry_after_s,
            tell=lambda seconds, cause: self.publish(
                LimitWaiting(pane=self.pane, turn=self.turn, seconds=round(seconds, 3), reason=cause.value)
            ),
        )
        return ticket if too_long is None else too_long

    def _tell_shorter(self, hold: Hold, asked: int) -> None:
        tightest = min((standing for standing in hold.standings if standing.budget.hard), key=lambda one: one.left_pico)
        self.publish(
            AnswerShortened(
                pane=self.pane,
                turn=self.turn,
                budget=tightest.budget.name,
                asked_tokens=asked,
                max_tokens=hold.max_tokens,
            )
        )

    def _new_attempt(self, route: Route, request: ChatRequest) -> Attempt:
        self.model = route.plan.model
        self.attempt = Attempt(
            pane=self.pane,
            turn=self.turn,
            number=self.attempts,
            request=request,
            provider=route.provider,
            publish=self.publish,
            clock=self.clock,
            next_seq=self._numbers,
            cost=lambda usage: self.guard.spending.cost(route.plan, usage),
        )
        return self.attempt

    def _book(self, route: Route, attempt: Attempt, permit: Permit, ticket: Ticket, failure: Failure | None) -> None:
        usage = attempt.usage()
        self.spent = add((self.spent, usage))
        ticket.done(usage.total_input_tokens + usage.output_tokens)
        self.guard.circuits.settle(route.plan, permit, failure)
        outcome = Outcome.SUCCESS if failure is None else failure.outcome
        if not (outcome is Outcome.OFFLINE and self.guard.circuits.offline):
            self.guard.retry_budget(route.plan.endpoint).record(outcome)
        if failure is not None and outcome is Outcome.RATE_LIMITED:
            self.guard.limiter(route.plan.endpoint).throttled(failure.retry_after)

    def _add_cost(self, cost: int | None) -> None:
        self.cost_pico = None if cost is None or self.cost_pico is None else self.cost_pico + cost


async def _outcome_of(attempt: Attempt) -> Failure | None:
    try:
        await attempt.run()
    except ProviderError as error:
        return error.failure
    return None


def _publish_nothing(_: Event) -> None:
    """Nobody sees a call that only renews a kept answer."""
