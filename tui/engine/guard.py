"""What all panes of a session share and every call passes: circuits, retry policy, limits and money."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from tui.config.model import Config, FallbackMode, LimitsConfig
from tui.core.chat import ChatRequest, StopReason
from tui.core.clock import Clock
from tui.core.errors import ProviderError
from tui.core.events import Event, Notice, NoticeLevel
from tui.engine.attempt import Attempt
from tui.engine.circuits import Circuits
from tui.engine.session import PanePlan
from tui.engine.shown import shown_line, tells_a_key
from tui.engine.spending import Spending
from tui.providers.base import Provider
from tui.resilience.cache import CachedAnswer, CacheKey, ResponseCache, canonical_key
from tui.resilience.dedup import RepeatGuard
from tui.resilience.fallback import Target
from tui.resilience.ratelimit import RateLimiter
from tui.resilience.retry import RetryBudget, RetryPolicy


@dataclass(frozen=True, slots=True)
class Route:
    """A model that can answer a pane's prompts: its own, or one that steps in."""

    plan: PanePlan
    provider: Provider

    @property
    def target(self) -> Target:
        """The route's name in a fallback chain."""
        return Target(self.plan.endpoint, self.plan.model)

    def request_for(self, request: ChatRequest) -> ChatRequest:
        """Return a pane's request as this model gets it."""
        return request if request.model == self.plan.model else replace(request, model=self.plan.model)


async def sleep_or_hurry(seconds: float, hurry: asyncio.Event) -> bool:
    """Wait `seconds`, or until somebody is in a hurry; return whether somebody was.

    Only a hurry during this wait counts: an earlier one was for something else.
    """
    hurry.clear()
    try:
        async with asyncio.timeout(seconds):
            await hurry.wait()
    except TimeoutError:
        return False
    return True


@dataclass(slots=True, kw_only=True)
class Guard:
    """The shared parts. `sleep` and `random` are arguments for the sake of tests."""

    circuits: Circuits
    spending: Spending
    retry_policy: RetryPolicy
    fallback_modes: Mapping[str, FallbackMode]
    limits: Mapping[str, LimitsConfig]
    limits_dir: Path | None
    retry_tokens: float
    retry_refill: float
    repeats: RepeatGuard
    cache: ResponseCache | None
    serve_stale: bool = False
    clock: Clock
    random: Random = field(default_factory=Random)
    sleep: Callable[[float, asyncio.Event], Awaitable[bool]] = sleep_or_hurry
    _background: set[asyncio.Task[None]] = field(default_factory=set)
    _keeping: set[asyncio.Task[bool]] = field(default_factory=set)
    _limiters: dict[str, RateLimiter] = field(default_factory=dict)
    _retry_budgets: dict[str, RetryBudget] = field(default_factory=dict)

    def limiter(self, endpoint: str) -> RateLimiter:
        """Return the limiter of a provider; processes of one user share it where limits are set."""
        if endpoint not in self._limiters:
            limits = self.limits.get(endpoint)
            shared = self.limits_dir / f"{endpoint}.json" if limits is not None and self.limits_dir else None
            limits = limits or LimitsConfig()
            self._limiters[endpoint] = RateLimiter(
                limits.requests_per_minute,
                limits.tokens_per_minute,
                limits.concurrent,
                self.clock.monotonic,
                shared,
            )
        return self._limiters[endpoint]

    def retry_budget(self, endpoint: str) -> RetryBudget:
        """Return the bucket that keeps retries from piling onto a provider."""
        if endpoint not in self._retry_budgets:
            self._retry_budgets[endpoint] = RetryBudget(tokens=self.retry_tokens, ratio=self.retry_refill)
        return self._retry_budgets[endpoint]

    def fallback_mode(self, pane: str) -> FallbackMode:
        """Return whether another model may answer for a pane."""
        return self.fallback_modes.get(pane, FallbackMode.OFF)

    async def cached(self, route: Route, request: ChatRequest) -> CachedAnswer | None:
        """Return the answer kept for the very same request."""
        if self.cache is None:
            return None
        return await self.cache.get(_key(route, request), allow_stale=self.serve_stale)

    def in_background(self, call: Coroutine[None, None, None]) -> None:
        """Make a call nobody waits for; how it fails is told by the circuits, and it ends with the session."""

        def ended(task: asyncio.Task[None]) -> None:
            self._background.discard(task)
            error = None if task.cancelled() else task.exception()
            if error is not None and not isinstance(error, ProviderError):
                raise error

        task = asyncio.get_running_loop().create_task(call, name="refresh of a kept answer")
        self._background.add(task)
        task.add_done_callback(ended)

    def keep(self, route: Route, request: ChatRequest, attempt: Attempt) -> None:
        """Keep a whole answer, if answers are kept and it tells no secret. Returns at once."""
        message, final = attempt.message(), attempt.final
        if self.cache is None or message is None or final is None or final.stop is not StopReason.END:
            return
        if tells_a_key(message):  # it is kept as it came, and a key is never written down
            return
        usage = attempt.usage()
        answer = CachedAnswer(
            message=message,
            model=shown_line(final.model) or route.plan.model,
            usage=usage,
            cost_pico=self.spending.cost(route.plan, usage),
            stop=final.stop,
        )
        task = asyncio.get_running_loop().create_task(self.cache.put(_key(route, request), answer))
        self._keeping.add(task)
        task.add_done_callback(self._keeping.discard)

    async def close(self) -> None:
        """End what runs by itself and finish every booking."""
        for task in self._background:
            task.cancel()
        if self._background:
            await asyncio.wait(set(self._background))
        self.circuits.close()
        if self._keeping:
            await asyncio.wait(set(self._keeping))
        if self.cache is not None:
            await self.cache.close()
        await self.spending.close()


def build_guard(
    config: Config,
    plans: Iterable[PanePlan],
    *,
    spending: Spending,
    state_dir: Path | None,
    interactive: bool = True,
    publish: Callable[[Event], None],
    clock: Clock,
) -> Guard:
    """Put the shared parts of a session together; without a person (`interactive` false) nothing asks."""
    settings = config.resilience
    panes = tuple(plans)
    return Guard(
        circuits=Circuits(panes, settings, publish=publish, clock=clock),
        spending=spending,
        retry_policy=RetryPolicy(
            attempts=settings.attempts,
            cap_s=settings.max_wait,
            max_retry_after_s=settings.max_retry_after,
            total_s=settings.total,
        ),
        fallback_modes={plan.name: _mode(plan.fallback_mode, interactive=interactive) for plan in panes},
        limits=config.limits,
        limits_dir=None if state_dir is None else state_dir / "limits",
        retry_tokens=settings.retry_budget,
        retry_refill=settings.retry_refill,
        repeats=RepeatGuard(settings.repeat_guard, clock.monotonic),
        cache=_cache(config, state_dir, publish, clock),
        serve_stale=config.cache.stale,
        clock=clock,
    )


def _mode(mode: FallbackMode, *, interactive: bool) -> FallbackMode:
    return FallbackMode.OFF if mode is FallbackMode.ASK and not interactive else mode


def _cache(
    config: Config, state_dir: Path | None, publish: Callable[[Event], None], clock: Clock
) -> ResponseCache | None:
    if state_dir is None or not config.cache.enabled:
        return None
    return ResponseCache(
        state_dir / "answers.sqlite",
        ttl_s=config.cache.ttl,
        max_bytes=config.cache.max_mb * 1_000_000,
        wall=clock.wall,
        on_notice=lambda problem: publish(Notice(level=NoticeLevel.WARNING, problem=problem)),
    )


def _key(route: Route, request: ChatRequest) -> CacheKey:
    effort = None if request.effort is None else request.effort.value
    return canonical_key(
        route.plan.model,
        request.system,
        request.messages,
        request.tools,
        {"max_tokens": request.max_tokens, "effort": effort, "base_url": route.plan.base_url},
        provider=route.plan.endpoint,
    )
