"""The configuration in effect: defaults, then the user's file, the trusted project's, the environment, the flags."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tui.config.checks import check_references
from tui.config.decode import Reader, Tree, build, leaves, merge
from tui.config.files import parse, read_text
from tui.config.locate import places
from tui.config.mistakes import ConfigError, KeyPath, Mistake, dotted
from tui.config.model import Config
from tui.config.model_work import TrustConfig
from tui.config.paths import shown, user_config_file
from tui.config.schema import Named, Node, Table, child, schema
from tui.config.trust import is_trusted, project_file, same_file
from tui.config.variables import environment_layer
from tui.core.errors import Problem
from tui.core.record import Record, record

if TYPE_CHECKING:
    from tui.config.project_trust import ProjectTrust

DEFAULT: Final = "default"
_DEFAULTS_FILE: Final = Path(__file__).with_name("defaults.toml")


class FileState(StrEnum):
    """What became of a configuration file."""

    READ = "read"
    ABSENT = "absent"
    IGNORED_UNTRUSTED = "ignored-untrusted"


@record
class FileStatus(Record):
    """A configuration file and what became of it; `layer` is `user` or `project`."""

    path: Path
    layer: str
    state: FileState


@record
class Loaded(Record):
    """The configuration, where each set value comes from, the files, and what a person should be told.

    `origins` maps a dotted key to `default`, `~/.config/llmmixer/config.toml:12`, `environment LLMMIXER_UI_THEME` or
    `command line`; a key it lacks has the default of its class. `notices` are no errors: ignored files and keys.

    A project's table `[trust]` is no part of `config`. `project_trust` is `config.trust` with the keys named in
    `project_trust_keys` as the project's file sets them; None when it sets none. It is also read where the folder is
    not trusted (`project_trusted` is false), and may then only make things stricter.
    """

    config: Config
    origins: Mapping[str, str]
    files: tuple[FileStatus, ...]
    notices: tuple[Problem, ...] = ()
    project_trust: TrustConfig | None = None
    project_trust_keys: tuple[str, ...] = ()
    project_trusted: bool = False

    def origin(self, key: str) -> str:
        """Return where the value of the dotted `key` comes from."""
        return self.origins.get(key, DEFAULT)


def load(*, environ: Mapping[str, str], cwd: Path, flags: Mapping[str, Any] | None = None) -> Loaded:
    """Return the configuration in effect for a program started in `cwd` (absolute).

    `flags` maps dotted keys to values from the command line; None means not given. Raises ConfigError with every
    mistake of every layer, and UsageError if there is no home folder.
    """
    layers = _Layers(environ)
    layers.add(_defaults(), lambda _: DEFAULT)
    user = user_config_file(environ)
    layers.add_file(user, "user")
    project = project_file(cwd)
    if project is not None and not same_file(project, user):
        if is_trusted(project.parent.parent, environ):
            layers.add_project(project)
        else:
            layers.leave_out(project)
    layers.add_environment()
    layers.add_flags(flags or {})
    return layers.finish()


@lru_cache(maxsize=1)
def _defaults() -> Tree:
    return parse(_DEFAULTS_FILE.read_text(encoding="utf-8"), _DEFAULTS_FILE.name)


class _Layers:
    """Stacks the layers, collecting mistakes, origins and file states."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._schema = schema()
        self._tree: Tree = {}
        self._origins: dict[str, str] = {}
        self._mistakes: list[Mistake] = []
        self._files: list[FileStatus] = []
        self._notices: list[Problem] = []
        self._trust: ProjectTrust | None = None

    def add(self, raw: Mapping[str, Any], where: Callable[[KeyPath], str]) -> None:
        reader = Reader(where)
        tree = reader.table(self._schema, raw)
        self._mistakes += reader.mistakes
        for path in leaves(self._schema, tree):
            self._origins[dotted(path)] = where(path)
        self._tree = merge(self._schema, self._tree, tree)

    def add_file(self, path: Path, layer: str, trust: "ProjectTrust | None" = None) -> None:
        name = shown(path, self._environ)
        state = FileState.READ
        try:
            text = read_text(path, name)
            raw = parse(text, name) if text is not None else {}
        except ConfigError as error:
            self._mistakes += error.mistakes
            return
        if text is None:
            state = FileState.ABSENT
        elif raw:
            where = places(text, name)
            if trust is not None:
                raw = self._without_user_only(self._schema, trust.take(raw, where), (), where)
                self._mistakes += trust.mistakes
            self.add(raw, where)
        self._files.append(FileStatus(path=path, layer=layer, state=state))

    def add_project(self, path: Path) -> None:
        """Add a trusted project's file, its table `[trust]` apart."""
        from tui.config.project_trust import ProjectTrust  # few starts have one

        self._trust = ProjectTrust(trusted=True)
        self.add_file(path, "project", self._trust)

    def leave_out(self, path: Path) -> None:
        """Note a project file of which only `[trust]` is read, because its folder is not trusted."""
        from tui.config.project_trust import ProjectTrust

        self._files.append(FileStatus(path=path, layer="project", state=FileState.IGNORED_UNTRUSTED))
        self._notices.append(
            Problem(
                title="Project settings ignored",
                text="This folder is not trusted: `llmmixer config trust` makes all of its "
                f"{shown(path, self._environ)} count, not only what is stricter.",
                hint="Look at the file first.",
            )
        )
        self._trust = ProjectTrust(trusted=False)
        self._notices += self._trust.take_file(path, shown(path, self._environ))

    def add_environment(self) -> None:
        raw, variables = environment_layer(self._schema, self._environ, self._tree, self._mistakes)

        def where(path: KeyPath) -> str:
            for length in range(len(path), 0, -1):
                variable = variables.get(path[:length])
                if variable is not None:
                    return f"environment {variable}"
            return "environment"

        self.add(raw, where)

    def add_flags(self, flags: Mapping[str, Any]) -> None:
        raw: dict[str, Any] = {}
        for key, value in flags.items():
            if value is None:
                continue
            *tables, last = key.split(".")
            table = raw
            for part in tables:
                table = table.setdefault(part, {})
            table[last] = value
        self.add(raw, lambda _: "command line")

    def finish(self) -> Loaded:
        reader = Reader(self._origin_near)
        reader.complete(self._schema, self._tree)
        self._mistakes += reader.mistakes
        if self._mistakes:
            raise ConfigError(self._mistakes)
        config: Config = build(self._schema, self._tree)
        dangling = check_references(config, self._origins)
        if dangling:
            raise ConfigError(dangling)
        project = self._trust
        return Loaded(
            config=config,
            origins=self._origins,
            files=tuple(self._files),
            notices=tuple(self._notices),
            project_trust=project.over(config.trust) if project is not None else None,
            project_trust_keys=tuple(project.values) if project is not None else (),
            project_trusted=project is not None and project.trusted,
        )

    def _origin_near(self, path: KeyPath) -> str:
        """Return where a missing key's neighbours come from."""
        table = dotted(path[:-1])
        return next((origin for key, origin in self._origins.items() if key.startswith(f"{table}.")), "")

    def _without_user_only(
        self, node: Node, raw: Any, path: KeyPath, where: Callable[[KeyPath], str]
    ) -> dict[str, Any]:
        """Return a project's values less those it may not set, each of which becomes a notice."""
        kept: dict[str, Any] = {}
        for name, value in raw.items():
            below = child(node, name)
            here = (*path, name)
            if below is not None and below.user_only:
                self._notices.append(
                    Problem(
                        title="Project setting ignored",
                        text=f"{where(here)}: {dotted(here)} cannot be set by a project.",
                        hint="Set it in your own configuration file if you want it.",
                    )
                )
            elif isinstance(below, Table | Named) and isinstance(value, dict):
                kept[name] = self._without_user_only(below, value, here, where)
            else:
                kept[name] = value
        return kept
