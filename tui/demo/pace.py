"""How fast the stand-in speaks: as vendors do, or without any pace."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tui.core.chat import Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Speed of one wire: seconds to the first token, tokens a second (0: no waiting), tokens in one event."""

    first_token: float = 0.0
    tokens_per_second: float = 0.0
    tokens_per_event: int = 4
    jitter: float = 0.0


HUMAN: Final[Mapping[Wire, Pace]] = {
    Wire.ANTHROPIC_MESSAGES: Pace(first_token=0.7, tokens_per_second=55, tokens_per_event=3, jitter=0.35),
    Wire.OPENAI_RESPONSES: Pace(first_token=0.5, tokens_per_second=75, tokens_per_event=1, jitter=0.25),
    Wire.OPENAI_CHAT: Pace(first_token=0.3, tokens_per_second=38, tokens_per_event=1, jitter=0.15),
    Wire.GEMINI: Pace(first_token=0.95, tokens_per_second=90, tokens_per_event=14, jitter=0.4),
}
INSTANT: Final[Mapping[Wire, Pace]] = {wire: Pace() for wire in Wire}
PACES: Final = {"human": HUMAN, "instant": INSTANT}
COALESCE_SECONDS: Final = 0.002
"""Shorter waits are added up: a timer cannot keep them anyway."""


class Metronome:
    """When the next piece is due, on an absolute schedule so that late timers do not add up."""

    def __init__(self, pace: Pace, seed: int) -> None:
        self._pace = pace
        self._random = random.Random(seed)  # noqa: S311 - jitter, not cryptography
        self._due: float | None = None

    def start(self, now: float) -> None:
        """Begin the schedule with the wait for the first token."""
        self._due = now + self._pace.first_token

    def advance(self, tokens: float) -> None:
        """Count `tokens` as spoken, or parts of one."""
        if self._pace.tokens_per_second and self._due is not None:
            swing = self._random.uniform(1 - self._pace.jitter, 1 + self._pace.jitter) if self._pace.jitter else 1.0
            self._due += swing * tokens / self._pace.tokens_per_second

    def pause(self, seconds: float) -> None:
        """Add silence."""
        if self._pace.tokens_per_second and self._due is not None:
            self._due += seconds

    def wait(self, now: float) -> float:
        """Seconds to sleep before the next piece; 0 when it is due or nearly so."""
        left = (self._due or now) - now
        return left if left > COALESCE_SECONDS else 0.0
