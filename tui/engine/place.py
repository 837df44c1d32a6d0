"""Waiting for a place: a provider's limits are kept by starting a call later, visibly and no longer than is set."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from tui.core.errors import Failure, Outcome, Problem
from tui.core.untrusted import clean_line
from tui.resilience.ratelimit import Ticket, WaitCause

PAUSE_CODE: Final = "provider_pause"


async def wait_for_place(
    ticket: Ticket,
    *,
    model: str,
    sleep: Callable[[float], Awaitable[bool]],
    impatient: bool,
    longest_pause_s: float,
    tell: Callable[[float, WaitCause], None],
) -> Failure | None:
    """Wait until the ticket's call may start, or return why it may not: the provider wants to be left alone for long.

    `sleep` returns whether a person is in a hurry; `impatient` says that one was before. A hurry goes past a pause
    the provider asked for, never past limits that were set. `tell` is called once for each cause in a row.
    """
    told = WaitCause.NOTHING
    try:
        while (seconds := ticket.wait_s) > 0:
            cause = ticket.cause
            if cause is WaitCause.PROVIDER:
                if impatient:
                    return None
                if seconds > longest_pause_s:
                    ticket.cancel()
                    return _paused(model, seconds)
            if told is not cause:
                told = cause
                tell(seconds, cause)
            impatient = await sleep(seconds)
    except asyncio.CancelledError:
        ticket.cancel()
        raise
    return None


def _paused(model: str, seconds: float) -> Failure:
    return Failure(
        outcome=Outcome.RATE_LIMITED,
        problem=Problem(
            title="Rate limited",
            text=f"The provider asked to be left alone; {clean_line(model)} may be called again in {seconds:.0f} s.",
            hint="Wait, or use another pane.",
        ),
        retry_after=seconds,
        code=PAUSE_CODE,
    )
