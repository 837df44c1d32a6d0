"""Checks of what guards a session: the sandbox, the parser of commands, the folder's trust, the record of decisions."""

from collections.abc import Mapping
from pathlib import Path

from tui.config.load import Loaded
from tui.config.model_work import Sandbox
from tui.config.paths import shown, state_dir
from tui.config.trust import is_trusted, project_file
from tui.core.errors import LLMMixerError
from tui.doctor.report import Check, Status
from tui.trust.audit import verify
from tui.trust.sandbox import Available, probe
from tui.trust.shell import parser_version


def trust_checks(loaded: Loaded, environ: Mapping[str, str], cwd: Path) -> list[Check]:
    """Return the checks of the group “Trust”."""
    return [
        sandbox_check(loaded.config.trust.sandbox, probe()),
        parser_check(parser_version()),
        _folder(loaded, environ, cwd),
        _audit(environ),
    ]


def sandbox_check(wanted: Sandbox, found: Available) -> Check:
    """Return the check of the sandbox, from a trial run of it."""
    if wanted is Sandbox.OFF:
        return _check("sandbox", "sandbox", Status.WARN, "switched off (trust.sandbox)")
    if found.program:
        return _check("sandbox", "sandbox", Status.OK, f"bubblewrap ({found.program}), a trial run worked")
    remedy = "Install bubblewrap, where this system lets it make namespaces."
    if wanted is Sandbox.REQUIRED:
        return _check("sandbox", "sandbox", Status.FAIL, f"required, and {found.reason}: no command runs", remedy)
    return _check("sandbox", "sandbox", Status.WARN, f"none: {found.reason}; commands run unconfined", remedy)


def parser_check(version: str) -> Check:
    """Return the check of what reads commands."""
    if version:
        return _check("parser", "command parser", Status.OK, version)
    remedy = "Install the program again: make install in a checkout, or pipx reinstall llmmixer."
    return _check("parser", "command parser", Status.WARN, "missing, so every command asks", remedy)


def _folder(loaded: Loaded, environ: Mapping[str, str], cwd: Path) -> Check:
    path = project_file(cwd)
    folder = cwd if path is None else path.parent.parent
    name = shown(folder, environ)
    if loaded.project_trusted or is_trusted(folder, environ):
        return _check("folder", "this folder", Status.OK, f"{name} is trusted")
    if path is None:
        return _check("folder", "this folder", Status.SKIP, f"{name} has no settings of its own to be trusted")
    keys = loaded.project_trust_keys
    detail = f"{name} is not trusted" + (f"; its {', '.join(keys)} can only make things stricter" if keys else "")
    return _check(
        "folder",
        "this folder",
        Status.WARN,
        detail,
        "Look at its .llmmixer/config.toml, then run: llmmixer config trust",
    )


def _audit(environ: Mapping[str, str]) -> Check:
    try:
        path = state_dir(environ) / "audit.jsonl"
        found = verify(path)
    except LLMMixerError as error:
        return _check("audit", "audit log", Status.FAIL, error.problem.text, error.problem.hint)
    name = shown(path, environ)
    if found.problems:
        detail = f"{name}: {len(found.problems)} seals are broken; {found.problems[0]}"
        return _check("audit", "audit log", Status.WARN, detail, "Look with: llmmixer trust log --verify")
    return _check("audit", "audit log", Status.OK, f"{name}: {found.entries} entries, every seal is whole")


def _check(name: str, title: str, status: Status, detail: str, remedy: str = "") -> Check:
    return Check(id=f"trust.{name}", group="Trust", title=title, status=status, detail=detail, remedy=remedy)
