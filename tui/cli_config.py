"""`llmmixer config`: the settings in effect, trusting this folder's settings, the actions keys can be bound to."""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from tui.config.load import load
from tui.config.paths import shown
from tui.config.trust import project_file, trust_folder
from tui.core.errors import ExitCode, Problem, UsageError
from tui.core.secrets import mask
from tui.core.untrusted import clean, clean_line


def run_config(arguments: argparse.Namespace, environ: Mapping[str, str], cwd: Path) -> int:
    """Carry out `llmmixer config` and return the exit code."""
    if arguments.verb != "show":
        _trust(environ, cwd, trusted=arguments.verb == "trust")
        return ExitCode.OK
    if arguments.keys:
        _print(_keys(environ, cwd, as_json=arguments.json))
        return ExitCode.OK
    from tui.config.show import effective_json, effective_text

    loaded = load(environ=environ, cwd=cwd)
    if arguments.json:
        _print(json.dumps(effective_json(loaded, environ), ensure_ascii=False, indent=2) + "\n")
    else:
        _print(effective_text(loaded, environ))
    return ExitCode.OK


def _trust(environ: Mapping[str, str], cwd: Path, *, trusted: bool) -> None:
    path = project_file(cwd)
    if path is None:
        # Trust is for a file that can be looked at, never for one that may appear later.
        raise UsageError(
            Problem(
                title="Nothing to trust",
                text=f"Neither {shown(cwd, environ)} nor its repository above has .llmmixer/config.toml.",
            )
        )
    folder = path.parent.parent
    trust_folder(folder, environ, trusted=trusted)
    name = clean_line(shown(path, environ))
    if trusted:
        _print(f"{name} is read from now on. To take that back: llmmixer config untrust\n")
        load(environ=environ, cwd=cwd)  # says at once when the file has mistakes
    else:
        _print(f"{name} is no longer read.\n")


def _keys(environ: Mapping[str, str], cwd: Path, *, as_json: bool) -> str:
    from tui.ui.actions import key_text, resolve

    actions, problems = resolve(load(environ=environ, cwd=cwd).config.keys)
    if as_json:
        listed = [
            {"id": action.id, "keys": list(action.keys), "title": action.title, "where": str(action.where)}
            for action in actions
        ]
        told = [{"title": problem.title, "text": problem.text, "hint": problem.hint} for problem in problems]
        return json.dumps({"actions": listed, "problems": told}, ensure_ascii=False, indent=2) + "\n"
    rows = [(action.id, ", ".join(map(key_text, action.keys)) or "no key", action.title) for action in actions]
    wide = [max(len(row[column]) for row in rows) for column in (0, 1)]
    lines = [f"{name:<{wide[0]}}  {keys:<{wide[1]}}  {title}" for name, keys, title in rows]
    lines += [f"# {problem.title}: {problem.text}" for problem in problems]
    return "\n".join(lines) + "\n"


def _print(text: str) -> None:
    sys.stdout.write(clean(mask(text)))
