"""Which folder models may work in: the project, or the demo's own copy of a small one."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tui.config.paths import config_dir, state_dir
from tui.core.errors import Problem
from tui.engine.workspace import Workspace

if TYPE_CHECKING:
    from tui.config.load import Loaded

NO_WORKSPACE = Problem(
    title="No tools here",
    text="In your home folder or at the root of the file system models can only talk: everything would be in reach.",
    hint="Start in a project's folder to let them work.",
)


def project_workspace(loaded: "Loaded", cwd: Path, environ: Mapping[str, str]) -> Workspace | None:
    """Return the repository `cwd` is in, else `cwd`; None where that would be everything a person has."""
    from tui.config.trust import is_trusted, tells_facts
    from tui.spend.project import project_key

    root, home = Path(project_key(cwd)), _home(environ)
    if root == Path(root.anchor) or root == home or root in home.parents:
        return None
    return Workspace(
        root=root,
        home=home,
        trusted=loaded.project_trusted or is_trusted(root, environ),
        facts=is_trusted(root, environ) or tells_facts(root, environ),
        project_trust=loaded.project_trust,
        own_paths=(config_dir(environ), state_dir(environ)),
    )


@contextlib.contextmanager
def demo_workspace(environ: Mapping[str, str]) -> Iterator[Workspace]:
    """Give the demo's models a sample project of their own to work on; it is gone when the demo ends."""
    from tui.demo.folder import DemoFolder

    temporary = Path(environ.get("TMPDIR") or "/tmp")  # noqa: S108 - a folder for us alone is made in it
    folder = DemoFolder(temporary)
    root = folder.path / "sample-project"

    def make() -> None:
        from tui.demo.folder import sweep
        from tui.demo.sample_repo import make_sample_repository

        folder.make()
        make_sample_repository(root)
        sweep(temporary)

    try:
        own_paths = (config_dir(environ), state_dir(environ))
        yield Workspace(root=root, home=_home(environ), trusted=True, facts=True, own_paths=own_paths, make=make)
    finally:
        folder.remove()


def _home(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("HOME") or Path.home()).resolve()
