"""The table `[trust]` of a project's file: kept apart from the rest, because a project never raises its own trust."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from tui.config.checks import trust_mistakes
from tui.config.decode import Reader, Tree
from tui.config.files import parse, read_text
from tui.config.locate import places
from tui.config.mistakes import ConfigError, KeyPath, Mistake
from tui.config.model_work import TrustConfig
from tui.config.schema import Table, schema
from tui.core.errors import Problem

_TABLE: Final = "trust"


class ProjectTrust:
    """What a project's file says of trust: `values` has what it sets, `mistakes` what is wrong in it."""

    def __init__(self, *, trusted: bool) -> None:
        self.trusted = trusted
        self.values: Tree = {}
        self.mistakes: list[Mistake] = []

    def take(self, raw: Mapping[str, Any], where: Callable[[KeyPath], str]) -> dict[str, Any]:
        """Read the table from the file's values and return the others."""
        rest = {name: value for name, value in raw.items() if name != _TABLE}
        if _TABLE in raw:
            self._read(raw[_TABLE], where)
        return rest

    def take_file(self, path: Path, name: str) -> list[Problem]:
        """Read the table from a file whose folder is not trusted; return notices of what in it is wrong, left out."""
        try:
            text = read_text(path, name)
            if text is not None:
                self.take(parse(text, name), places(text, name))
        except ConfigError:
            return []  # that the file is not read has been said; what is in it is not worth quoting
        return [
            Problem(
                title="Project setting ignored",
                text=str(mistake),
                hint="Only [trust] is read there, to make things stricter.",
            )
            for mistake in self.mistakes
        ]

    def over(self, user: TrustConfig) -> TrustConfig | None:
        """Return `user` with the project's own values in it; None when it has none."""
        return replace(user, **self.values) if self.values else None

    def _read(self, value: object, where: Callable[[KeyPath], str]) -> None:
        node = schema().items[_TABLE]
        if not isinstance(node, Table):
            raise TypeError(_TABLE)
        reader = Reader(where)
        values = reader.table(node, value, (_TABLE,))
        self.mistakes += reader.mistakes
        wrong = trust_mistakes(TrustConfig(**values), lambda key: where((_TABLE, *key)))
        self.mistakes += wrong
        broken = {mistake.key.removeprefix(f"{_TABLE}.").partition("[")[0] for mistake in wrong}
        self.values = {name: item for name, item in values.items() if name not in broken}
