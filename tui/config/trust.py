"""Which folders a person trusts: their settings are read, or their texts are told to models; a clone may hold anything.

The two are apart: settings are trusted once they can be looked at, and telling facts never loosens a rule.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from tui.config.paths import CONFIG_NAME, PROJECT_FOLDER, state_dir
from tui.core.errors import Problem, UsageError

_FILE = "trusted.json"
_SETTINGS = "folders"
_FACTS = "facts"


def project_file(cwd: Path) -> Path | None:
    """Return the nearest `.llmmixer/config.toml` from `cwd` up to the root of its git repository.

    Outside a repository only `cwd` itself counts: a file in a shared folder above is nobody's project.
    """
    levels = [cwd, *cwd.parents]
    root = next((index for index, folder in enumerate(levels) if _exists(folder / ".git")), 0)
    for folder in levels[: root + 1]:
        path = folder / PROJECT_FOLDER / CONFIG_NAME
        if _exists(path):
            return path
    return None


def same_file(first: Path, second: Path) -> bool:
    """Tell whether both paths lead to one existing file."""
    try:
        return first.samefile(second)
    except OSError:
        return False


def is_trusted(folder: Path, environ: Mapping[str, str]) -> bool:
    """Tell whether exactly this folder is trusted; an unreadable list trusts nothing."""
    return str(folder.resolve()) in trusted_folders(environ)


def tells_facts(folder: Path, environ: Mapping[str, str]) -> bool:
    """Tell whether models may be told about exactly this folder: its README, instructions, manifest, files."""
    return str(folder.resolve()) in trusted_folders(environ, _FACTS)


def trusted_folders(environ: Mapping[str, str], what: str = _SETTINGS) -> tuple[str, ...]:
    """Return the trusted folders, absolute and without symbolic links."""
    import json  # read only where a project has a file

    try:
        listed = json.loads((state_dir(environ) / _FILE).read_text(encoding="utf-8"))[what]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ()
    if not isinstance(listed, list):
        return ()
    return tuple(folder for folder in listed if isinstance(folder, str))


def trust_folder(folder: Path, environ: Mapping[str, str], *, trusted: bool = True) -> None:
    """Remember that a folder's settings are trusted, or with `trusted=False` that they no longer are."""
    _remember(folder, environ, _SETTINGS, trusted=trusted)


def tell_facts(folder: Path, environ: Mapping[str, str], *, tell: bool = True) -> None:
    """Remember that models may be told about a folder, or no longer."""
    _remember(folder, environ, _FACTS, trusted=tell)


def _remember(folder: Path, environ: Mapping[str, str], what: str, *, trusted: bool) -> None:
    import json

    from tui.config.save import write_private

    if not folder.is_dir():
        raise UsageError(Problem(title="Not a folder", text=f"{folder} is no folder, so it cannot be trusted."))
    name = str(folder.resolve())
    lists = {each: list(trusted_folders(environ, each)) for each in (_SETTINGS, _FACTS)}
    lists[what] = [known for known in lists[what] if known != name] + ([name] if trusted else [])
    path = state_dir(environ) / _FILE
    write_private(path, json.dumps({"version": 1, **lists}, indent=2) + os.linesep)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a folder that may not be entered
        return False
