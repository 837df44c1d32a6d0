"""The pure part of rate limiting: who waits, who runs, and what the last minute used.

Times are arguments, in seconds.
"""

import math
from dataclasses import dataclass, field
from typing import Final

from tui.core.owner import Owner, this_process

WINDOW_S: Final = 60.0
LEARNED_FOR_S: Final = 300.0
"""How long a limit found out by being refused is kept."""
_LEARNED_SHARE: Final = 0.8
_LEARN_FROM: Final = 4
_MOST_PAUSE_S: Final = 3600.0
_SLACK_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Most requests and tokens in a window, and calls at a time; None for no limit."""

    requests: int | None = None
    tokens: int | None = None
    concurrent: int | None = None


@dataclass(slots=True)
class Call:
    """A call that waits (`started` is None) or runs."""

    id: str
    tokens: int
    queued: float
    owner: Owner
    started: float | None = None


@dataclass(slots=True)
class Use:
    """What calls started within one second used; `at` is the latest of their starts."""

    at: float
    requests: int
    tokens: int


@dataclass(slots=True)
class State:
    """Calls in order of arrival, and uses in order of time."""

    calls: list[Call] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    paused_until: float = 0.0
    learned_requests: int | None = None
    learned_until: float = 0.0

    def find(self, call_id: str) -> Call | None:
        """Return the call of that id, if it has not ended."""
        return next((call for call in self.calls if call.id == call_id), None)

    def queue(self, call_id: str, tokens: int, now: float) -> Call:
        """Put a call at the end of the queue."""
        call = Call(call_id, tokens, now, this_process())
        self.calls.append(call)
        return call

    def restore(self, call: Call) -> None:
        """Put a call of this process back to its place if another process, or a new file, lost it."""
        found = self.find(call.id)
        if found is None:
            place = next((index for index, other in enumerate(self.calls) if other.queued > call.queued), None)
            self.calls.insert(len(self.calls) if place is None else place, call)
        else:
            self.calls[self.calls.index(found)] = call

    def count(self, now: float, tokens: int) -> None:
        """Count one call of `tokens` started at `now`."""
        last = self.uses[-1] if self.uses else None
        if last is not None and math.floor(last.at) == math.floor(now):
            last.at = max(last.at, now)
            last.requests += 1
            last.tokens += tokens
        else:
            self.uses.append(Use(now, 1, tokens))

    def remove(self, call_id: str) -> None:
        """Take a call out."""
        self.calls = [call for call in self.calls if call.id != call_id]

    def correct(self, started: float, more_tokens: int) -> None:
        """A call started at `started` used so many tokens more than it reserved (fewer if negative)."""
        use = next((use for use in self.uses if math.floor(use.at) == math.floor(started)), None)
        if use is not None:
            use.tokens = max(0, use.tokens + more_tokens)

    def tidy(self, now: float) -> None:
        """Forget what is out of the window, and calls whose process is gone.

        Times in the future are from before a restart of the machine and mean nothing any more.
        """
        self.uses = [use for use in self.uses if now - WINDOW_S < use.at <= now + _SLACK_S]
        alive: dict[Owner, bool] = {}
        for call in self.calls:
            if call.owner not in alive:
                alive[call.owner] = call.owner.is_alive()
        self.calls = [call for call in self.calls if alive[call.owner]]
        if self.paused_until > now + _MOST_PAUSE_S:
            self.paused_until = 0.0
        if not now < self.learned_until <= now + LEARNED_FOR_S:
            self.learned_requests = None

    def throttle(self, now: float, retry_after: float | None) -> None:
        """Remember a refusal of the provider."""
        if retry_after is not None and retry_after > 0:
            self.paused_until = max(self.paused_until, now + min(retry_after, _MOST_PAUSE_S))
        requests, _ = self.used(now)
        if requests >= _LEARN_FROM:  # fewer say nothing about a rate: somebody else uses the same account
            learned = max(1, math.floor(requests * _LEARNED_SHARE))
            self.learned_requests = min(learned, self.learned_requests or learned)
            self.learned_until = now + LEARNED_FOR_S

    def effective(self, limits: Limits, now: float) -> Limits:
        """Return the limits with what was learned."""
        if self.learned_requests is None or now >= self.learned_until:
            return limits
        requests = min(self.learned_requests, limits.requests or self.learned_requests)
        return Limits(requests, limits.tokens, limits.concurrent)

    def used(self, now: float) -> tuple[int, int]:
        """Return requests and tokens of the last window."""
        uses = [use for use in self.uses if use.at > now - WINDOW_S]
        return sum(use.requests for use in uses), sum(use.tokens for use in uses)

    def crowded(self, call_id: str, limits: Limits) -> bool:
        """Whether the calls that run and those ahead in the queue fill all places."""
        if limits.concurrent is None:
            return False
        running = sum(call.started is not None for call in self.calls)
        waiting = [call.id for call in self.calls if call.started is None]
        return call_id in waiting and running + waiting.index(call_id) >= limits.concurrent

    def delay(self, call_id: str, limits: Limits, now: float) -> tuple[float, str]:
        """Return in how many seconds rates let a waiting call start, and which of them holds it back.

        Every call ahead of it is given its time first, so a late small call never overtakes an early large one; and
        one that could start but is slow to do so keeps its share without blocking those behind.
        """
        ahead: list[Use] = []
        at, cause = now, ""
        for call in self.calls:
            if call.started is not None:
                continue
            uses = [*self.uses, *ahead]
            found, why = _earliest(uses, call.tokens, limits, at)
            if self.paused_until > found:
                found, why = _earliest(uses, call.tokens, limits, self.paused_until)
                why = why if found > self.paused_until else "the provider's limit"
            at, cause = found, why or cause
            if call.id == call_id:
                return max(0.0, at - now), cause if at > now else ""
            ahead.append(Use(at, 1, call.tokens))
        return 0.0, ""


def _earliest(uses: list[Use], tokens: int, limits: Limits, at: float) -> tuple[float, str]:
    """Return the first time from `at` on when one more call of `tokens` fits, and what it waited for."""
    need = tokens if limits.tokens is None else min(tokens, limits.tokens)
    cause = ""
    while True:
        inside = [use for use in uses if use.at > at - WINDOW_S]
        too_many = limits.requests is not None and sum(use.requests for use in inside) + 1 > limits.requests
        too_large = limits.tokens is not None and sum(use.tokens for use in inside) + need > limits.tokens
        if not inside or not (too_many or too_large):
            return at, cause
        cause = "requests a minute" if too_many else "tokens a minute"
        at = max(math.nextafter(at, math.inf), min(use.at for use in inside) + WINDOW_S)
