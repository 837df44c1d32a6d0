"""The tools as the engine uses them: a call is prepared (looked at, frozen), judged by others, and then run."""

from collections.abc import Callable
from pathlib import Path

from tui.tools.changes import Undone
from tui.tools.command import Launch
from tui.tools.outcome import Limits, Prepared, ToolOutcome
from tui.tools.requests import Request


def everything(path: Path) -> bool:
    """Allow every path: for callers without forbidden ones."""
    del path
    return True


class Toolbox:
    """The tools of one session in one project, shared by all its panes.

    `root` is the project, `state` the session's own folder outside of it (undo store and bin). `allowed` tells of an
    absolute path whether listings and searches may show it; it is asked from threads.
    """

    def __init__(
        self, root: Path, *, state: Path, limits: Limits | None = None, allowed: Callable[[Path], bool] = everything
    ) -> None:
        self.root = root
        self.state = state
        self.limits = limits or Limits()
        self.allowed = allowed

    def prepare(self, request: Request, pane: str, turn: str) -> Prepared:
        """Look at what the call is about and freeze it. Blocking: call it in a thread. Never raises for bad calls.

        A change is known to the other panes as pending from here until `run` or `drop`.
        """
        raise NotImplementedError

    def drop(self, prepared: Prepared) -> None:
        """Forget a prepared call that will not run."""
        raise NotImplementedError

    async def run(
        self,
        prepared: Prepared,
        on_output: Callable[[str], None] | None = None,
        launch: Launch | None = None,
    ) -> ToolOutcome:
        """Do exactly what was prepared, or nothing when a file is no longer what it was then.

        A command needs its `launch`. Cancelling ends a command and stops a search; a file is the old or the new one.
        """
        raise NotImplementedError

    def undo(self, pane: str | None = None, *, turn: bool = False) -> Undone:
        """Take back the newest change of a pane (of any when None), or all of its turn. Blocking."""
        raise NotImplementedError

    def end_turn(self, pane: str) -> None:
        """Note that the pane's turn is over: what it read no longer conflicts with changes of others."""
        raise NotImplementedError
