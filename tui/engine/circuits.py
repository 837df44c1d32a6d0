"""The circuits of a session's models: who may be called now, what each attempt's end means, and who is told."""

import asyncio
import math
from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import urlsplit

from tui.config.model import ResilienceConfig
from tui.core.clock import Clock
from tui.core.commands import CircuitAction
from tui.core.errors import Failure, Outcome, Problem
from tui.core.events import Event
from tui.core.guard_events import CircuitChanged, CircuitState, OfflineChanged
from tui.engine.session import PanePlan
from tui.resilience.breaker import BreakerKey, Breakers, BreakerState, CircuitBreaker, CircuitOpen, Permit
from tui.resilience.offline import OfflineDetector

_COUNTED: Final = frozenset({Outcome.TRANSIENT, Outcome.TRUNCATED, Outcome.RATE_LIMITED, Outcome.OFFLINE})
_ANSWERS: Final = frozenset({Outcome.RATE_LIMITED, Outcome.QUOTA_SPENT, Outcome.CALLER_ERROR, Outcome.AUTH})
"""Failures only a provider that was reached can tell of. A cut or silent stream may be the network's fault."""
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_UNTOUCHED: Final = (CircuitState.CLOSED, 0, "", None)
_AFTER: Final = 0.05
"""Seconds added to a wake-up, so that the clock has surely passed the moment."""


def key_of(plan: PanePlan) -> BreakerKey:
    """Return whose circuit a pane's calls belong to."""
    return BreakerKey.of(plan.endpoint, plan.model, plan.api_key)


def on_this_machine(plan: PanePlan) -> bool:
    """Whether a pane's calls stay on this machine, so that they say nothing about the network."""
    return plan.base_url is not None and urlsplit(plan.base_url).hostname in _LOOPBACK


class Circuits:
    """Every circuit of a session. A change is published as `CircuitChanged`, also when only the clock brought it."""

    def __init__(
        self, plans: Iterable[PanePlan], settings: ResilienceConfig, *, publish: Callable[[Event], None], clock: Clock
    ) -> None:
        self._publish = publish
        self._breakers = Breakers(
            lambda: CircuitBreaker(
                settings.failures_to_open, settings.successes_to_close, settings.open_seconds, clock.monotonic
            )
        )
        self._panes: dict[BreakerKey, list[str]] = {}
        remote = set()
        for plan in plans:
            self._panes.setdefault(key_of(plan), []).append(plan.name)
            if not on_this_machine(plan):
                remote.add(plan.endpoint)
        self._offline = OfflineDetector(clock.monotonic, settings.offline_window, remote)
        self._clock = clock
        self._told: dict[BreakerKey, tuple[CircuitState, int, str, int | None]] = {}
        self._timers: dict[BreakerKey, asyncio.TimerHandle] = {}

    def admit(self, plan: PanePlan) -> Permit | Failure:
        """Return leave for one call, or why there is none."""
        key = key_of(plan)
        try:
            return self._breakers.get(key).admit()
        except CircuitOpen as refusal:
            return _refused(plan, refusal, quota=self._breakers.get(key).snapshot().quota_spent)
        finally:
            self._tell(key)

    def passable(self, plan: PanePlan) -> bool:
        """Whether `admit` would give leave now."""
        snapshot = self._breakers.get(key_of(plan)).snapshot()
        return snapshot.state is not BreakerState.OPEN and not snapshot.probing

    @property
    def offline(self) -> bool:
        """Whether the network is down, so that no provider is to blame."""
        return self._offline.offline

    def settle(self, plan: PanePlan, permit: Permit, failure: Failure | None) -> None:
        """Book how a permitted call ended; `failure` is None for a success."""
        if failure is None:
            permit.success()
        elif self._is_offline(plan, failure):
            permit.neutral()
        elif failure.outcome in _COUNTED:
            unreachable = failure.outcome is Outcome.OFFLINE and not on_this_machine(plan)
            permit.failure(failure.retry_after, failure.problem.title, unreachable=unreachable)
        elif failure.outcome is Outcome.QUOTA_SPENT:
            permit.quota_spent(failure.retry_after, failure.problem.title)
        else:
            permit.neutral()
        if failure is None or failure.status is not None or failure.outcome in _ANSWERS:
            self._reached(plan)
        self._tell(key_of(plan))

    def control(self, plan: PanePlan, action: CircuitAction) -> None:
        """Do what a person asks."""
        breaker = self._breakers.get(key_of(plan))
        match action:
            case CircuitAction.PROBE:
                breaker.probe_now()
            case CircuitAction.RESET:
                breaker.reset()
            case CircuitAction.DISABLE:
                breaker.disable("switched off by you")
            case CircuitAction.ENABLE:
                breaker.enable()
        self._tell(key_of(plan), always=True)

    def close(self) -> None:
        """Watch the clock no longer."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _is_offline(self, plan: PanePlan, failure: Failure) -> bool:
        """Whether the network is to blame: then no provider is, nor was it for the failures on the way there."""
        if failure.outcome is not Outcome.OFFLINE or on_this_machine(plan):
            return False
        was = self._offline.offline
        if self._offline.failed(plan.endpoint) and not was:
            self._publish(OfflineChanged(offline=True))
            for key, breaker in self._breakers:
                breaker.forget_failures()
                self._tell(key)
        return self._offline.offline

    def _reached(self, plan: PanePlan) -> None:
        if not on_this_machine(plan) and self._offline.succeeded(plan.endpoint):
            self._publish(OfflineChanged(offline=False))

    def _tell(self, key: BreakerKey, *, always: bool = False) -> None:
        snapshot = self._breakers.get(key).snapshot()
        state = CircuitState.DISABLED if snapshot.disabled else CircuitState(snapshot.state.value)
        self._watch(key, snapshot.retry_in if state is CircuitState.OPEN else None)
        finite = snapshot.retry_in is not None and math.isfinite(snapshot.retry_in)
        until = round(self._clock.monotonic() + (snapshot.retry_in or 0.0)) if finite else None
        until = until if state is CircuitState.OPEN else None
        now = (state, snapshot.failures, snapshot.reason, until)
        if not always and self._told.get(key, _UNTOUCHED) == now:
            return
        self._told[key] = now
        self._publish(
            CircuitChanged(
                provider=key.provider,
                model=key.model,
                panes=tuple(self._panes.get(key, ())),
                state=state,
                failures=snapshot.failures,
                retry_in=snapshot.retry_in if finite else None,
                reason=snapshot.reason,
            )
        )

    def _watch(self, key: BreakerKey, seconds: float | None) -> None:
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()
        if seconds is not None and math.isfinite(seconds):
            loop = asyncio.get_running_loop()
            self._timers[key] = loop.call_later(seconds + _AFTER, self._tell, key)


def _refused(plan: PanePlan, refusal: CircuitOpen, *, quota: bool) -> Failure:
    again = f" for {refusal.retry_in:.0f} s" if math.isfinite(refusal.retry_in) and refusal.retry_in > 0 else ""
    if refusal.probing:
        text = f"{plan.model} is being tried by another call just now."
    else:
        text = f"{plan.model} is left alone{again}: {refusal.reason or 'it failed several times in a row'}."
    return Failure(
        outcome=Outcome.QUOTA_SPENT if quota else Outcome.TRANSIENT,
        problem=Problem(
            title="Circuit open", text=text, hint="Wait, probe or reset it on the health screen, or use another pane."
        ),
        retry_after=refusal.retry_in if math.isfinite(refusal.retry_in) else None,
        code="circuit_open",
    )
