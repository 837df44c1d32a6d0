"""How a program ended, in numbers and in words."""

import signal
from dataclasses import dataclass

from tui.core.record import Record


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Ending(Record):
    """The end of a program: its exit `code`, or None and the name of the `signal` that ended it.

    `reason` says who ended it and why; it is empty when the program ended by itself.
    """

    code: int | None
    signal: str = ""
    reason: str = ""

    @property
    def words(self) -> str:
        """Say it in words: ``exit 1``, or ``password prompt: ended by SIGINT``."""
        how = f"ended by {self.signal}" if self.signal else "ended" if self.code is None else f"exit {self.code}"
        return f"{self.reason}: {how}" if self.reason else how


def ending_of(returncode: int | None, reason: str = "") -> Ending:
    """Return the ending `subprocess` would give as `returncode`: negative for a signal, None when nobody knows."""
    if returncode is None or returncode >= 0:
        return Ending(code=returncode, reason=reason)
    return Ending(code=None, signal=signal_name(-returncode), reason=reason)


def signal_name(number: int) -> str:
    """Return the name of a signal, such as ``SIGTERM``."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
