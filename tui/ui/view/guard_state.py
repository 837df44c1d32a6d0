"""What the screen knows of spend and resilience, as plain data. Times are monotonic seconds, money is pico-dollars."""

import math
from collections import deque
from dataclasses import field
from typing import Final

from tui.core.events import NoticeLevel
from tui.core.guard_events import BudgetState, CircuitState, SpendChanged
from tui.core.record import Mutable, Record, mutable, record

REMEMBERED: Final = 200
"""How many of the latest happenings the health screen can list."""
MINUTES: Final = 60
"""How many minutes back the spend of each minute is kept."""
_MINUTE: Final = 60.0


def countdown(seconds: float) -> str:
    """Whole seconds still to wait, never less than none: ``7s``, ``2m05s``, ``1h02m``."""
    whole = max(math.ceil(seconds - 0.05), 0)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02d}m"


@record
class Wait(Record):
    """A turn waits until `until`: for its next attempt, or, when `attempt` is 0, for a limit on the client's side."""

    began: float
    until: float
    reason: str
    attempt: int = 0
    attempts: int = 0

    def words(self, now: float) -> str:
        """What is waited for and how long still: ``retry 2/3 in 7s``, ``waiting 3s``."""
        left = countdown(self.until - now)
        if self.attempt:
            return f"retry {self.attempt}/{self.attempts} in {left}" if left != "0s" else f"retry {self.attempt} now"
        return f"waiting {left}"


@record
class Offer(Record):
    """Another model could answer in place of the one that was asked, if the person agrees."""

    asked: str
    target: str
    reason: str


@mutable(kw_only=True)
class CircuitView(Mutable):
    """Whether calls to a model go through, and why not."""

    provider: str
    model: str
    panes: tuple[str, ...] = ()
    state: CircuitState = CircuitState.CLOSED
    failures: int = 0
    retry_at: float | None = None
    reason: str = ""


@record
class Happening(Record):
    """A line of the health screen: when, to which model or budget, what."""

    at: float
    subject: str
    text: str
    level: NoticeLevel = NoticeLevel.INFO


@mutable
class Counts(Mutable):
    """How many requests went to a model, and how many of them failed."""

    attempts: int = 0
    failures: int = 0


@mutable
class Money(Mutable):
    """Spend as last told, and how much each of the last minutes cost."""

    latest: SpendChanged | None = None
    minutes: dict[int, int] = field(default_factory=dict)
    recent: deque[tuple[float, int]] = field(default_factory=deque)

    def take(self, event: SpendChanged, now: float) -> None:
        """Note new sums; what the session grew by is counted for this minute."""
        grown = event.session_pico - (self.latest.session_pico if self.latest else 0)
        self.latest = event
        if grown <= 0:
            return
        minute = int(now // _MINUTE)
        self.minutes[minute] = self.minutes.get(minute, 0) + grown
        for old in [key for key in self.minutes if key <= minute - MINUTES]:
            del self.minutes[old]
        self.recent.append((now, grown))
        self._forget(now)

    def rate(self, now: float) -> int:
        """What the last 60 seconds cost."""
        self._forget(now)
        return sum(amount for _, amount in self.recent)

    def per_minute(self, now: float, count: int) -> list[int]:
        """What each of the last `count` minutes cost, the running one last."""
        minute = int(now // _MINUTE)
        return [self.minutes.get(minute - back, 0) for back in range(count - 1, -1, -1)]

    def _forget(self, now: float) -> None:
        while self.recent and self.recent[0][0] <= now - _MINUTE:
            self.recent.popleft()


@mutable
class GuardView(Mutable):
    """Circuits, money and what happened; `changed` asks for a repaint of the lines that show them."""

    circuits: dict[tuple[str, str], CircuitView] = field(default_factory=dict)
    counts: dict[str, Counts] = field(default_factory=dict)
    offline: bool = False
    money: Money = field(default_factory=Money)
    happenings: deque[Happening] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    cache_hits: int = 0
    fallbacks: int = 0
    changed: bool = False

    def happened(self, now: float, subject: str, text: str, level: NoticeLevel = NoticeLevel.INFO) -> None:
        """Remember what happened, newest first."""
        self.happenings.appendleft(Happening(at=now, subject=subject, text=text, level=level))
        self.changed = True

    def circuit(self, pane: str, provider: str, model: str) -> CircuitView:
        """The circuit of a pane's own model; closed while nothing else was told."""
        found = self.circuits.get((provider, model))
        return found or CircuitView(provider=provider, model=model, panes=(pane,))

    def waits(self, now: float) -> bool:
        """Whether some circuit's countdown runs."""
        return any(one.retry_at is not None and one.retry_at > now for one in self.circuits.values())


def tightest(budgets: tuple[BudgetState, ...]) -> BudgetState | None:
    """The budget of which the largest share is gone, counting what running calls hold only among equals."""
    return max(budgets, key=lambda one: (share(one), share(one, held=True), -one.limit_pico), default=None)


def share(budget: BudgetState, *, held: bool = False) -> float:
    """What is spent (and held) as a fraction of the limit; 1 for a limit of nothing."""
    used = budget.spent_pico + (budget.held_pico if held else 0)
    return used / budget.limit_pico if budget.limit_pico > 0 else 1.0
