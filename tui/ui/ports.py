"""What the user interface needs of an engine; the real one and a test's fake both have it."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from tui.core.commands import Command
from tui.core.events import PaneInfo
from tui.engine.bus import Bus

if TYPE_CHECKING:
    from tui.core.spend_report import SpendReport
    from tui.core.terminal import TerminalPort
    from tui.core.trust import RuleTrial


class Engine(Protocol):
    """A session the screen can show and steer."""

    bus: Bus
    session: str
    panes: tuple[PaneInfo, ...]
    demo: bool

    async def start(self) -> None:
        """Publish `SessionStarted` and begin to take commands."""

    def handle(self, command: Command) -> None:
        """Carry out a command; returns at once."""

    async def prepare(self, pane: str) -> None:
        """Make a pane's SDK ready, off the loop."""

    async def close(self) -> None:
        """End the session."""


@runtime_checkable
class SpendSource(Protocol):
    """An engine that keeps a ledger."""

    async def spend_report(self) -> "SpendReport":
        """Return what was spent so far. Raises LLMMixerError when the ledger cannot be read."""

    async def export(self, form: Literal["csv", "json"], path: Path) -> None:
        """Write every entry of the ledger to a new file. Raises LLMMixerError or OSError when that fails."""


@runtime_checkable
class Estimator(Protocol):
    """An engine that can tell what a prompt would cost."""

    def estimate(self, text: str, panes: tuple[str, ...] | None) -> tuple[int, int] | None:
        """Return the least and the most that sending `text` would cost, in pico-dollars; None without a price.

        `panes` are those it goes to, None for all. Called at most a few times a second while a person types.
        """


@runtime_checkable
class TerminalSource(Protocol):
    """An engine that runs programs in terminals."""

    def terminal(self, terminal: str) -> "TerminalPort | None":
        """Return a terminal to be shown and typed into; None for one that is gone."""


@runtime_checkable
class RuleTrier(Protocol):
    """An engine that can try a rule before it is saved."""

    def try_rule(self, approval_id: str, rule: str) -> "RuleTrial":
        """Return what an open request would come to with one more rule; a wrong rule is told in its `problem`.

        Raises LLMMixerError when the request is closed.
        """
