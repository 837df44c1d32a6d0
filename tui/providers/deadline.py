"""Which wait of an attempt is over: a small pure machine that is told what happened and asked what is due."""

from dataclasses import dataclass
from enum import StrEnum

from tui.core.errors import Failure, Outcome, Problem
from tui.providers.base import Deadlines
from tui.providers.remedies import Target


class Wait(StrEnum):
    """The waits that can be over; named as in `[timeouts]`."""

    FIRST_EVENT = "first_event"
    FIRST_TOKEN = "first_token"  # noqa: S105 - a wait, not a secret
    IDLE = "idle"
    TOTAL = "total"


@dataclass(slots=True)
class DeadlineWatch:
    """The waits of one attempt. All times are seconds of one monotonic clock.

    Any byte of the answer is a sign of life, so pings keep `idle` quiet; only generated content ends the wait for
    the first token.
    """

    deadlines: Deadlines
    started: float
    last_life: float = 0.0
    opened: bool = False
    generated: bool = False

    def alive(self, now: float) -> None:
        """Bytes of the answer came."""
        self.last_life = now

    def open(self, now: float) -> None:
        """The provider answered."""
        self.opened = True
        self.last_life = now

    def due(self) -> tuple[float, Wait]:
        """Return when the next wait is over, and which one that is."""
        waits = [(self.started + self.deadlines.total, Wait.TOTAL)]
        if not self.opened:
            waits.append((self.started + self.deadlines.first_event, Wait.FIRST_EVENT))
        else:
            waits.append((self.last_life + self.deadlines.idle, Wait.IDLE))
        if not self.generated:
            waits.append((self.started + self.deadlines.first_token, Wait.FIRST_TOKEN))
        return min(waits)


def expired(wait: Wait, deadlines: Deadlines, target: Target, request_id: str | None = None) -> Failure:
    """Return the failure of an attempt whose `wait` was over."""
    seconds = f"{getattr(deadlines, wait.value):g} s"
    title, text = {
        Wait.FIRST_EVENT: ("No answer", f"{target.address} did not answer for {seconds}."),
        Wait.FIRST_TOKEN: ("No token", f"{target.vendor} answered, but sent no token for {seconds}."),
        Wait.IDLE: ("Stream stalled", f"{target.vendor} sent nothing for {seconds} in the middle of the answer."),
        Wait.TOTAL: ("Took too long", f"The answer was not finished after {seconds}."),
    }[wait]
    return Failure(
        outcome=Outcome.TRANSIENT,
        problem=Problem(title=title, text=text, hint=f"Send it again, or raise `{wait.value}` of `[timeouts]`."),
        code=f"deadline_{wait.value}",
        request_id=request_id,
    )
