"""The settings of trust, compiled once: layers merged, names brought to one form, patterns ready to match."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tui.config.model_work import TrustConfig
from tui.core.trust import Decision, TrustMode
from tui.core.trust_rules import CATEGORIES, Rule, parse_rule
from tui.trust.forbidden import Forbidden, compile_forbidden

_ORDER: Final = tuple(TrustMode)
_DEFAULTS: Final = TrustConfig()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustSettings:
    """Everything the policy needs to know of what a person wants, immutable.

    `root` and `home` are absolute and without symbolic links; `own` are the program's folders that no model may
    change. `allowed` holds the words of each entry of `allowed_commands`.
    """

    mode: TrustMode
    root: str
    home: str
    own: tuple[str, ...]
    allowed: tuple[tuple[str, ...], ...]
    forbidden: Forbidden
    max_file_size: int
    confirm: frozenset[str]
    rules: tuple[Rule, ...]


def compile_settings(
    user: TrustConfig,
    project: TrustConfig | None = None,
    *,
    project_trusted: bool = False,
    home: Path,
    root: Path,
    own_paths: tuple[Path, ...] = (),
    mode: TrustMode | None = None,
) -> TrustSettings:
    """Merge user, project and session into settings the policy works with.

    A trusted project's file adds to the user's lists and may set what differs from the defaults; an untrusted one
    only tightens: more forbidden paths, more kinds to confirm, a smaller size, a stricter mode, rules that ask or
    deny. `mode` is what the session chose and wins over both. Raises `ValueError` for an unknown kind to confirm or a
    rule that cannot be read, whoever wrote it.
    """
    real_root, real_home = os.path.realpath(root), os.path.realpath(home)
    layers = (user,) if project is None else (user, project)
    allowed = user.allowed_commands
    if project is not None and project_trusted and project.allowed_commands != _DEFAULTS.allowed_commands:
        allowed += project.allowed_commands
    own = tuple(dict.fromkeys(os.path.realpath(path) for path in (*own_paths, root / ".llmmixer")))
    return TrustSettings(
        mode=mode or _mode(user, project, trusted=project_trusted),
        root=real_root,
        home=real_home,
        own=own,
        allowed=tuple(dict.fromkeys(words for entry in allowed if (words := tuple(entry.split())))),
        forbidden=compile_forbidden(_joined(layer.forbidden_paths for layer in layers), root=str(root), home=str(home)),
        max_file_size=_size(user, project, trusted=project_trusted),
        confirm=_categories(_joined(layer.require_confirmation for layer in layers)),
        rules=_rules(user, project, trusted=project_trusted),
    )


def _joined(lists: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(entry for entries in lists for entry in entries))


def _own_mode(config: TrustConfig) -> TrustMode:
    return config.mode or (TrustMode.AUTO if config.auto_approve else TrustMode.ASK)


def _mode(user: TrustConfig, project: TrustConfig | None, *, trusted: bool) -> TrustMode:
    mode = _own_mode(user)
    if project is None:
        return mode
    if trusted and (project.mode is not None or project.auto_approve):
        return _own_mode(project)
    if project.mode is None:
        return mode
    return min(mode, project.mode, key=_ORDER.index)


def _size(user: TrustConfig, project: TrustConfig | None, *, trusted: bool) -> int:
    if project is None or project.max_file_size == _DEFAULTS.max_file_size:
        return user.max_file_size
    return project.max_file_size if trusted else min(user.max_file_size, project.max_file_size)


def _categories(names: tuple[str, ...]) -> frozenset[str]:
    for name in names:
        if name not in CATEGORIES:
            raise ValueError(f"`{name}` is no kind of call to confirm; there are {', '.join(CATEGORIES)}.")
    return frozenset((*names, "trusted_config"))


def _rules(user: TrustConfig, project: TrustConfig | None, *, trusted: bool) -> tuple[Rule, ...]:
    rules = [parse_rule(text) for text in user.rules]
    if project is not None:
        theirs = [parse_rule(text) for text in project.rules]
        rules += [rule for rule in theirs if trusted or rule.decision is not Decision.ALLOW]
    return tuple(dict.fromkeys(rules))
