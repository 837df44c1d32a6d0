"""The undo store: what every changed file held before, kept outside the project."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What was taken back: absolute `paths`, and those `kept` because they changed since."""

    paths: tuple[str, ...]
    kept: tuple[str, ...] = ()


class Changes:
    """The changes of one session, in the folder `folder` (created 0700); a restarted session finds them again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def undo(self, pane: str | None = None, *, turn: bool = False) -> Undone:
        """Take back the newest change of a pane (of any when None), or all of the newest change's turn."""
        raise NotImplementedError
