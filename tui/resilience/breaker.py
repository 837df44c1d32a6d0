"""A circuit breaker: after failures in a row a model is left alone for a while, then tried with one call at a time.

The unit is one attempt: retries happen outside, and every attempt asks `CircuitBreaker.admit` first. A verdict counts
only while the breaker is still in the state that admitted the call; a generation number tells. So a slow call from
before an outage can neither close the circuit nor open it again.
"""

import hashlib
import math
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

_PROBING: Final = "a probe is already under way"


class BreakerState(StrEnum):
    """Whether calls pass."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class CircuitOpen(Exception):  # noqa: N818 - the name other programs import
    """A call was not admitted.

    `retry_in` is in seconds: 0 while another probe is under way (ask again when it has ended), infinite when only a
    person can let calls pass again.
    """

    def __init__(self, retry_in: float, reason: str, *, probing: bool = False) -> None:
        super().__init__(f"not admitted: {reason}" if reason else "not admitted: the circuit is open")
        self.retry_in = retry_in
        self.reason = reason
        self.probing = probing


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A breaker at one moment.

    `failures` counts consecutive ones, `successes` those of probes since it became half-open. `retry_in` is in
    seconds: None when closed or when only a person can end it, 0 when half-open. `disabled` and `quota_spent` say why
    it is open when no failures are the cause.
    """

    state: BreakerState
    failures: int
    successes: int
    retry_in: float | None
    reason: str
    generation: int
    disabled: bool = False
    quota_spent: bool = False
    probing: bool = False


class Permit:
    """Leave to make one call. Give exactly one verdict; only the first counts.

    As a context manager it is neutral when left without a verdict, so a cancelled call counts as nothing. A permit
    that is dropped without a verdict frees its place too.
    """

    __slots__ = ("__weakref__", "_breaker", "generation", "settled")

    def __init__(self, breaker: "CircuitBreaker", generation: int) -> None:
        self._breaker = breaker
        self.generation = generation
        self.settled = False

    def success(self) -> None:
        """The call ended well."""
        self._breaker.settle(self, _Verdict.SUCCESS)

    def failure(self, retry_after: float | None = None, reason: str = "", *, unreachable: bool = False) -> None:
        """The provider failed; `retry_after` is in seconds, as it asked.

        `unreachable` says that not even a connection was made; see `CircuitBreaker.forget_failures`.
        """
        verdict = _Verdict.UNREACHABLE if unreachable else _Verdict.FAILURE
        self._breaker.settle(self, verdict, wait=_seconds(retry_after), reason=reason)

    def neutral(self) -> None:
        """The call says nothing about the provider: a faulty request, a wrong key, a cancelled call, no network."""
        self._breaker.settle(self, _Verdict.NEUTRAL)

    def quota_spent(self, seconds: float | None = None, reason: str = "") -> None:
        """The account's quota is used up: admit nothing for `seconds` (None: until `reset` or `probe_now`).

        This counts as no failure, and nothing is probed meanwhile.
        """
        self._breaker.settle(self, _Verdict.QUOTA, wait=_seconds(seconds), reason=reason)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.neutral()


class _Verdict(StrEnum):
    SUCCESS = "success"
    FAILURE = "failure"
    UNREACHABLE = "unreachable"
    NEUTRAL = "neutral"
    QUOTA = "quota"


_FAILURES: Final = frozenset({_Verdict.FAILURE, _Verdict.UNREACHABLE})


class CircuitBreaker:
    """The breaker of one provider, model and credential.

    Args:
        failure_threshold: So many failures in a row open it.
        success_threshold: So many successful probes in a row close it.
        open_seconds: Least time it stays open; a longer Retry-After of the provider wins.
        clock: Seconds that never jump.
    """

    def __init__(
        self,
        failure_threshold: int = 5,
        success_threshold: int = 2,
        open_seconds: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if failure_threshold < 1 or success_threshold < 1:
            raise ValueError("thresholds must be at least 1")
        if not (math.isfinite(open_seconds) and open_seconds >= 0):
            raise ValueError("open_seconds must be a number of at least 0")
        self._failure_threshold = failure_threshold
        self._success_threshold = success_threshold
        self._open_seconds = open_seconds
        self._clock = clock
        self._lock = threading.RLock()
        self._state = BreakerState.CLOSED
        self._generation = 0
        self._failures = 0
        self._unreachable = 0  # of the failures
        self._successes = 0
        self._open_until = 0.0
        self._quota_until: float | None = None
        self._reason = ""
        self._quota_reason = ""
        self._disabled: str | None = None
        self._probe: weakref.ref[Permit] | None = None

    def admit(self) -> Permit:
        """Return leave for one call.

        Raises:
            CircuitOpen: No call may be made now.
        """
        with self._lock:
            now = self._turn_hands()
            if self._disabled is not None:
                raise CircuitOpen(math.inf, self._disabled)
            if self._quota_until is not None:
                raise CircuitOpen(self._quota_until - now, self._quota_reason)
            if self._state is BreakerState.OPEN:
                raise CircuitOpen(self._open_until - now, self._reason)
            permit = Permit(self, self._generation)
            if self._state is BreakerState.HALF_OPEN:
                if self._is_probing():
                    raise CircuitOpen(0.0, _PROBING, probing=True)
                self._probe = weakref.ref(permit)
            return permit

    def snapshot(self) -> Snapshot:
        """Return what a person may want to know."""
        with self._lock:
            now = self._turn_hands()
            state, retry_in, reason = self._state, None, self._reason
            if self._disabled is not None:
                state, reason = BreakerState.OPEN, self._disabled
            elif self._quota_until is not None:
                state, reason = BreakerState.OPEN, self._quota_reason
                retry_in = None if math.isinf(self._quota_until) else self._quota_until - now
            elif state is BreakerState.OPEN:
                retry_in = self._open_until - now
            elif state is BreakerState.HALF_OPEN:
                retry_in = 0.0
            return Snapshot(
                state=state,
                failures=self._failures,
                successes=self._successes,
                retry_in=retry_in,
                reason=reason,
                generation=self._generation,
                disabled=self._disabled is not None,
                quota_spent=self._quota_until is not None,
                probing=self._state is BreakerState.HALF_OPEN and self._is_probing(),
            )

    def reset(self) -> None:
        """Forget everything and let calls pass; calls under way no longer count. A disabled breaker stays disabled."""
        with self._lock:
            self._quota_until = None
            self._forget()
            self._enter(BreakerState.CLOSED)

    def probe_now(self) -> None:
        """Wait no longer: let one call try at once. Nothing changes when calls pass anyway."""
        with self._lock:
            self._turn_hands()
            if self._quota_until is not None:
                self._quota_until = None
                self._enter(BreakerState.HALF_OPEN)
            elif self._state is BreakerState.OPEN:
                self._enter(BreakerState.HALF_OPEN)

    def disable(self, reason: str = "disabled") -> None:
        """Admit nothing until `enable`. Calls under way still count."""
        with self._lock:
            self._disabled = reason

    def enable(self) -> None:
        """Undo `disable`; the state is what the calls and the clock have made of it meanwhile."""
        with self._lock:
            self._disabled = None

    def forget_failures(self) -> None:
        """Take failures back, because the network turned out to be down: all of them while the circuit is closed.

        One that is open, and would not be without those given as `unreachable`, closes.
        """
        with self._lock:
            self._turn_hands()
            if self._state is BreakerState.CLOSED:
                self._forget()
            elif self._failures - self._unreachable < self._failure_threshold and self._unreachable:
                self._forget()
                self._enter(BreakerState.CLOSED)

    def settle(self, permit: Permit, verdict: _Verdict, *, wait: float = 0.0, reason: str = "") -> None:
        """Book a permit's verdict; a permit does this through its own methods."""
        with self._lock:
            now = self._turn_hands()
            if permit.settled:
                return
            permit.settled = True
            if self._probe is not None and self._probe() is permit:
                self._probe = None
            if verdict is _Verdict.QUOTA:
                self._quota_until = max(self._quota_until or 0.0, now + wait if wait else math.inf)
                self._quota_reason = reason
            elif permit.generation != self._generation:
                self._settle_late(verdict, now + wait)
            elif verdict is _Verdict.SUCCESS:
                self._succeed()
            elif verdict in _FAILURES:
                self._unreachable += verdict is _Verdict.UNREACHABLE
                self._fail(now, wait, reason)

    def _settle_late(self, verdict: _Verdict, until: float) -> None:
        """A call from before the last change of state: its Retry-After may lengthen the pause, nothing else counts."""
        if verdict in _FAILURES and self._state is BreakerState.OPEN:
            self._open_until = max(self._open_until, until)

    def _succeed(self) -> None:
        if self._state is BreakerState.CLOSED:
            self._forget()
            return
        self._successes += 1
        if self._successes >= self._success_threshold:
            self._forget()
            self._enter(BreakerState.CLOSED)

    def _forget(self) -> None:
        self._failures, self._unreachable, self._reason = 0, 0, ""

    def _fail(self, now: float, wait: float, reason: str) -> None:
        self._failures += 1
        self._reason = reason
        if self._state is BreakerState.HALF_OPEN or self._failures >= self._failure_threshold:
            self._open_until = now + max(self._open_seconds, wait)
            self._enter(BreakerState.OPEN)

    def _enter(self, state: BreakerState) -> None:
        """Change the state. A probe under way keeps the only place until it ends, whatever the state does meanwhile."""
        self._state = state
        self._generation += 1
        self._successes = 0

    def _turn_hands(self) -> float:
        """Do what the clock alone brings about; return the time."""
        now = self._clock()
        if self._state is BreakerState.OPEN and now >= self._open_until:
            self._enter(BreakerState.HALF_OPEN)
        if self._quota_until is not None and now >= self._quota_until:
            self._quota_until = None
        return now

    def _is_probing(self) -> bool:
        probe = None if self._probe is None else self._probe()
        return probe is not None


def _seconds(wait: float | None) -> float:
    """Return a provider's wish as seconds; what makes no sense is none."""
    return wait if wait is not None and math.isfinite(wait) and wait > 0 else 0.0


@dataclass(frozen=True, slots=True, order=True)
class BreakerKey:
    """What a breaker belongs to. `credential` is a fingerprint, never the key itself."""

    provider: str
    model: str
    credential: str = ""

    @classmethod
    def of(cls, provider: str, model: str, api_key: str | None = None) -> Self:
        """Return the key of a call made with `api_key`."""
        mark = hashlib.sha256(api_key.encode("utf-8", "surrogatepass")).hexdigest()[:16] if api_key else ""
        return cls(provider, model, mark)


class Breakers:
    """All breakers of a process, made by `make` at first use."""

    def __init__(self, make: Callable[[], CircuitBreaker] = CircuitBreaker) -> None:
        self._make = make
        self._breakers: dict[BreakerKey, CircuitBreaker] = {}

    def get(self, key: BreakerKey) -> CircuitBreaker:
        """Return the breaker of `key`."""
        if key not in self._breakers:
            self._breakers[key] = self._make()
        return self._breakers[key]

    def __iter__(self) -> Iterator[tuple[BreakerKey, CircuitBreaker]]:
        return iter(sorted(self._breakers.items(), key=lambda item: item[0]))
