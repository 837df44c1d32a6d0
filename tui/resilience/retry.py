"""Whether to try again, and after how long: a pure decision over what is known after a failed attempt.

This is the only retry loop; the SDKs' own are switched off, because two nested loops multiply their attempts.
"""

import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeAlias

from tui.core.errors import Outcome

if TYPE_CHECKING:
    from random import Random

RETRYABLE: Final = frozenset({Outcome.TRANSIENT, Outcome.RATE_LIMITED, Outcome.TRUNCATED, Outcome.OFFLINE})
"""Outcomes that another attempt may mend."""
_THROTTLED: Final = frozenset({429, 503, 529})
_RETRY_AFTER_JITTER: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often and how long.

    `attempts` counts the first one too. The wait before retry n (from 0) is drawn evenly from 0 to
    `base_s * 2**n`, at most `cap_s`; `throttled_base_s` is for providers that say they are overloaded,
    `network_base_s` for everything else. A Retry-After of up to `max_retry_after_s` is waited; `total_s` bounds the
    whole call from its first attempt. All in seconds.
    """

    attempts: int = 3
    throttled_base_s: float = 1.0
    network_base_s: float = 0.25
    cap_s: float = 20.0
    max_retry_after_s: float = 60.0
    total_s: float = 900.0

    def base_s(self, outcome: Outcome, status: int | None = None) -> float:
        """Return the first wait's upper bound after `outcome`."""
        throttled = outcome is Outcome.RATE_LIMITED or status in _THROTTLED
        return self.throttled_base_s if throttled else self.network_base_s


@dataclass(slots=True, kw_only=True)
class RetryBudget:
    """A bucket that keeps retries from piling onto a provider that fails for everyone; one for each provider.

    A failed attempt takes one token, a successful one brings `ratio` back; at half or below there are no retries.
    First attempts are never held back.
    """

    tokens: float = 10.0
    ratio: float = 0.1
    left: float = field(init=False)

    def __post_init__(self) -> None:
        self.left = self.tokens

    def record(self, outcome: Outcome) -> None:
        """Book how an attempt ended. Call it once for every attempt, before `plan_retry`."""
        if outcome is Outcome.SUCCESS:
            self.left = min(self.tokens, self.left + self.ratio)
        elif outcome in RETRYABLE:
            self.left = max(0.0, self.left - 1.0)

    @property
    def allows(self) -> bool:
        """Whether a retry may be made."""
        return self.left > self.tokens / 2


class Obstacle(StrEnum):
    """Why there is no further attempt."""

    VISIBLE = "visible"
    OUTCOME = "outcome"
    ATTEMPTS = "attempts"
    WAIT_TOO_LONG = "wait_too_long"
    BUDGET = "budget"
    DEADLINE = "deadline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Try again after `seconds`; `reason` says in words why so long."""

    seconds: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveUp:
    """Make no further attempt here; `reason` in words, `obstacle` for programs."""

    reason: str
    obstacle: Obstacle


RetryPlan: TypeAlias = Wait | GiveUp


def plan_retry(  # noqa: PLR0913 - a pure function takes all it knows, by name
    *,
    attempt: int,
    outcome: Outcome,
    retry_after: float | None,
    started: float,
    now: float,
    visible: bool,
    policy: RetryPolicy,
    budget: RetryBudget,
    random: "Random",
    status: int | None = None,
) -> RetryPlan:
    """Decide what follows a failed attempt.

    Args:
        attempt: Attempts made so far, at least 1.
        outcome: How the last one ended.
        retry_after: Seconds the provider asked to wait, if it did.
        started: When the first attempt began, on the clock of `now`.
        now: The time.
        visible: Whether a person has seen any part of this attempt's answer: then it is never made again.
        policy: The bounds.
        budget: The provider's bucket, with this attempt already recorded. It is only read.
        random: Source of jitter.
        status: HTTP status, if there was one.
    """
    if visible:
        return GiveUp(reason="part of the answer is already shown", obstacle=Obstacle.VISIBLE)
    if outcome not in RETRYABLE:
        return GiveUp(reason="another attempt would end the same way", obstacle=Obstacle.OUTCOME)
    if attempt >= policy.attempts:
        return GiveUp(reason=f"{attempt} of {policy.attempts} attempts failed", obstacle=Obstacle.ATTEMPTS)
    asked = retry_after if retry_after is not None and retry_after > 0 else None
    if asked is not None and asked > policy.max_retry_after_s:
        bound = f"longer than the {policy.max_retry_after_s:g} s this program waits"
        reason = f"the provider asks for a wait of {_length(asked)}, {bound}"
        return GiveUp(reason=reason, obstacle=Obstacle.WAIT_TOO_LONG)
    if not budget.allows:
        return GiveUp(reason="too many calls to this provider failed lately", obstacle=Obstacle.BUDGET)
    wait = _wait(attempt, asked, policy.base_s(outcome, status), policy.cap_s, random)
    if now + wait.seconds >= started + policy.total_s:
        reason = f"the time for one call, {policy.total_s:g} s, would be over before the next attempt"
        return GiveUp(reason=reason, obstacle=Obstacle.DEADLINE)
    return wait


def _wait(attempt: int, asked: float | None, base: float, cap: float, random: "Random") -> Wait:
    if asked is not None:
        seconds = asked * (1 + random.uniform(0, _RETRY_AFTER_JITTER))
        return Wait(seconds=seconds, reason=f"the provider asks for {asked:g} s")
    exponent = min(attempt - 1, 64)  # beyond any cap, and within what a float can hold
    return Wait(seconds=random.uniform(0, min(cap, base * 2**exponent)), reason="a short pause before the next attempt")


def _length(seconds: float) -> str:
    return f"{seconds:g} s" if math.isfinite(seconds) else "unlimited length"
