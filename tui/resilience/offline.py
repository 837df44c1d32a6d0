"""Telling a network that is down from providers that fail: when none can be reached, nobody is to blame."""

import time
from collections.abc import Callable, Iterable
from typing import Final

_LEAST_PROVIDERS: Final = 2


class OfflineDetector:
    """Says "offline" when every provider in use could not even be connected to, all within `window_s` seconds.

    Report only what needs the network: a server on this machine says nothing about it. One provider alone can never
    show that the network is down, unless `least` is 1.

    Args:
        clock: Seconds that never jump.
        window_s: How close together the failures must be.
        expected: The providers in use, as far as they are known from the start; others join when they report.
        least: So many providers must have failed.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        window_s: float = 20.0,
        expected: Iterable[str] = (),
        least: int = _LEAST_PROVIDERS,
    ) -> None:
        self._clock = clock
        self._window_s = window_s
        self._least = max(1, least)
        self._failed_at: dict[str, float | None] = dict.fromkeys(expected)
        self._offline = False

    def failed(self, provider: str) -> bool:
        """A connection to `provider` could not be made; return whether this machine is offline.

        When this first returns true, take back what breakers counted for the failures before
        (`CircuitBreaker.forget_failures`); while it returns true, an attempt's end is neutral.
        """
        now = self._clock()
        self._failed_at[provider] = now
        times = [at for at in self._failed_at.values() if at is not None and now - at <= self._window_s]
        if len(times) == len(self._failed_at) and len(times) >= self._least:
            self._offline = True
        return self._offline

    def succeeded(self, provider: str) -> bool:
        """`provider` was reached, with whatever answer; return whether that ended being offline."""
        self._failed_at[provider] = None
        ended, self._offline = self._offline, False
        return ended

    def removed(self, provider: str) -> None:
        """`provider` is not in use any more."""
        self._failed_at.pop(provider, None)
        if not self._failed_at:
            self._offline = False

    @property
    def offline(self) -> bool:
        """Whether no provider can be reached. It stays so until one is."""
        return self._offline
