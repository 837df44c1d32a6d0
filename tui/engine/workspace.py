"""The folder models may work in, and what is known of it before the session begins."""

from collections.abc import Callable
from pathlib import Path

from tui.config.model_work import TrustConfig
from tui.core.record import Record, record


@record
class Workspace(Record):
    """A project's root folder.

    `trusted` ones may loosen your settings by `project_trust`; `facts` of some are told to models. `own_paths` are
    this program's files, which nothing may touch. `make` creates the folder, off the event loop, before the first use.
    """

    root: Path
    home: Path
    trusted: bool = False
    facts: bool = False
    project_trust: TrustConfig | None = None
    own_paths: tuple[Path, ...] = ()
    make: Callable[[], None] | None = None
