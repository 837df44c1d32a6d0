"""Checks that need no network: the program, its packages, the configuration, the keys, the files."""

import contextlib
import os
import platform
import re
import sys
import tempfile
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from tui import __version__
from tui.config.load import FileState, Loaded, load
from tui.config.mistakes import ConfigError
from tui.config.model import Config, WireName
from tui.config.paths import shown, state_dir
from tui.core.errors import LLMMixerError
from tui.core.secrets import register
from tui.doctor.report import Check, Status
from tui.engine.gateway import gateway_endpoints

PACKAGES: Final = (
    "textual", "anthropic", "openai", "google-genai", "pyte", "ptyprocess", "tomli-w", "tree-sitter",
    "tree-sitter-bash",
)  # fmt: skip
_OLDEST_PYTHON: Final = (3, 11)
_OTHERS: Final = 0o077
_THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_BOUND: Final = re.compile(r"(>=|<)\s*([\d.]+)")
_REINSTALL: Final = "Install the program again: make install in a checkout, or pipx reinstall llmmixer."

_FILE_STATES: Final = {
    FileState.READ: (Status.OK, "read", ""),
    FileState.ABSENT: (Status.SKIP, "not there; the defaults apply", ""),
    FileState.IGNORED_UNTRUSTED: (
        Status.WARN,
        "ignored, because its folder is not trusted",
        "Look at the file, then run: llmmixer config trust",
    ),
}


def program_checks(version_of: Callable[[str], str] = metadata.version) -> list[Check]:
    """Return the checks of the program, Python, SQLite and every package it needs."""
    python = ".".join(map(str, sys.version_info[:3]))
    new_enough = sys.version_info >= _OLDEST_PYTHON
    checks = [
        _check("program", "llmmixer", "LLMMixer", Status.OK, f"{__version__} on {platform.platform(terse=True)}"),
        _check(
            "program", "python", "Python",
            Status.OK if new_enough else Status.FAIL, python,
            "" if new_enough else "Install Python 3.11 or newer.",
        ),
        _sqlite(),
    ]  # fmt: skip
    wanted = _requirements()
    return checks + [package_check(name, wanted.get(name, ""), version_of) for name in PACKAGES]


def package_check(name: str, wanted: str, version_of: Callable[[str], str]) -> Check:
    """Return the check of one package; `wanted` is its bounds, such as ``>=2.12,<3``. Nothing is imported."""
    try:
        version = version_of(name)
    except metadata.PackageNotFoundError:
        return _check("program", name, name, Status.FAIL, "not installed", _REINSTALL)
    if not _within(version, wanted):
        return _check(
            "program", name, name, Status.WARN, f"{version}, but the program was made for {wanted}", _REINSTALL
        )
    return _check("program", name, name, Status.OK, version)


def load_or_default(environ: Mapping[str, str], cwd: Path) -> tuple[Loaded, list[Check]]:
    """Return the configuration with the checks of its files; the defaults when it has mistakes."""
    try:
        loaded = load(environ=environ, cwd=cwd)
    except LLMMixerError as error:
        mistakes = "\n".join(map(str, error.mistakes)) if isinstance(error, ConfigError) else error.problem.text
        remedy = error.problem.hint or "Mend what is named above."
        broken = _check("config", "mistakes", "mistakes", Status.FAIL, mistakes, remedy)
        return load(environ={"HOME": os.devnull}, cwd=Path(os.devnull)), [broken]
    checks = []
    for file in loaded.files:
        status, text, remedy = _FILE_STATES[file.state]
        checks.append(
            _check(
                "config",
                f"file.{file.layer}",
                f"{file.layer} file",
                status,
                f"{shown(file.path, environ)}: {text}",
                remedy,
            )
        )
    for number, notice in enumerate(loaded.notices):
        if "not trusted" not in notice.text:
            checks.append(_check("config", f"notice.{number}", notice.title, Status.WARN, notice.text, notice.hint))
    return loaded, checks


def key_checks(config: Config, environ: Mapping[str, str], used: frozenset[str]) -> list[Check]:
    """Return a check for each endpoint's key, by the name of its variable alone; `used` are the endpoints of panes."""
    checks = _gateway_checks(config, environ)
    behind = gateway_endpoints(config)
    for name, endpoint in config.endpoints.items():
        given = [variable for variable in endpoint.api_key_env if environ.get(variable)]
        register(environ[variable] for variable in given)
        wanted = " or ".join(endpoint.api_key_env)
        if name in behind:
            checks.append(_check("keys", name, name, Status.OK, "through the gateway, with the gateway's key"))
        elif given:
            checks.append(_key_check(name, given, environ))
        elif endpoint.wire is WireName.COMPATIBLE:
            text = "no key set; most servers of this kind need none"
            checks.append(_check("keys", name, name, Status.SKIP, text))
        elif name in used:
            text = "a pane is configured here, and no key is set"
            checks.append(_check("keys", name, name, Status.FAIL, text, f"Set {wanted} in the environment."))
        else:
            text = "no key set"
            checks.append(_check("keys", name, name, Status.SKIP, text, f"To use it, set {wanted} in the environment."))
    return checks + _address_checks(config, environ)


def state_check(environ: Mapping[str, str]) -> Check:
    """Return the check of the folder of sessions: that it can be written, by its owner alone."""
    try:
        folder = state_dir(environ)
    except LLMMixerError as error:
        return _check("files", "state", "state folder", Status.FAIL, error.problem.text, error.problem.hint)
    name = shown(folder, environ)
    existing = next((path for path in (folder, *folder.parents) if path.exists()), Path("/"))
    remedy = f"Make {shown(existing, environ)} a folder you can write in, or set LLMMIXER_HOME to another."
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return _check("files", "state", "state folder", Status.FAIL, f"{name} cannot be written: {reason}", remedy)
    if existing != folder:
        return _check("files", "state", "state folder", Status.OK, f"{name} (made when it is first needed)")
    mode = folder.stat().st_mode & 0o777
    if mode & _OTHERS:
        detail = f"{name} is open to other users (mode {mode:03o})"
        return _check("files", "state", "state folder", Status.WARN, detail, f"Run: chmod 700 {name}")
    return _check("files", "state", "state folder", Status.OK, f"{name} (mode {mode:03o})")


def _key_check(name: str, given: list[str], environ: Mapping[str, str]) -> Check:
    value = environ[given[0]]
    if value != value.strip() or value[:1] in "\"'" or not value.isascii() or any(c.isspace() for c in value):
        detail = f"{given[0]} is set, but has spaces, quotes or foreign characters in it"
        return _check("keys", name, name, Status.WARN, detail, "Copy the key once more, without quotes and spaces.")
    others = [variable for variable in given[1:] if environ[variable] != value]
    if others:
        detail = f"{given[0]} is set and wins; {', '.join(others)} says something else"
        return _check("keys", name, name, Status.WARN, detail, f"Unset one of {', '.join(given)}.")
    return _check("keys", name, name, Status.OK, f"{given[0]} is set")


def _gateway_checks(config: Config, environ: Mapping[str, str]) -> list[Check]:
    gateway = config.gateway
    if not gateway.base_url:
        return []
    given = [variable for variable in gateway.api_key_env if environ.get(variable)]
    register(environ[variable] for variable in given)
    if given:
        checks = [_key_check("gateway", given, environ)]
    else:
        remedy = f"Set {' or '.join(gateway.api_key_env) or 'gateway.api_key_env'} to your key for the gateway."
        checks = [_check("keys", "gateway", "gateway", Status.FAIL, "gateway.base_url is set, and no key", remedy)]
    behind = ", ".join(gateway_endpoints(config))
    text = f"{shown_address(gateway.base_url)} stands before {behind}"
    status, remedy = Status.OK, ""
    if not _is_private(gateway.base_url):
        status, text = Status.WARN, f"{text}; your key and prompts travel there unencrypted"
        remedy = "Use its https:// address."
    return [*checks, _check("keys", "gateway.address", "gateway address", status, text, remedy)]


def _is_private(url: str) -> bool:
    """Tell whether what is sent to an address can be read on the way by nobody else."""
    parts = urlsplit(url)
    return parts.scheme == "https" or parts.hostname in _THIS_MACHINE


def _address_checks(config: Config, environ: Mapping[str, str]) -> list[Check]:
    checks = []
    for name, endpoint in config.endpoints.items():
        variable = next((variable for variable in endpoint.base_url_env if environ.get(variable)), None)
        if variable is not None and name in gateway_endpoints(config):
            text = f"{variable} is set, and ignored because of the gateway"
            checks.append(_check("keys", f"{name}.address", f"{name} address", Status.OK, text))
        elif variable is not None:
            text = f"{variable} sends it to {shown_address(environ[variable])}"
            checks.append(_check("keys", f"{name}.address", f"{name} address", Status.OK, text))
    return checks


def shown_address(url: str) -> str:
    """Return a URL without the user, the password and the query it may carry."""
    scheme, mark, rest = url.partition("://")
    return (
        scheme + mark + rest.rpartition("@")[2].partition("?")[0] if mark else "an address without http:// or https://"
    )


def _sqlite() -> Check:
    try:
        import sqlite3
    except ImportError:
        remedy = "Use a Python that was built with SQLite; those of python.org and of distributions are."
        return _check("program", "sqlite", "SQLite", Status.WARN, "this Python has none", remedy)
    return _check("program", "sqlite", "SQLite", Status.OK, sqlite3.sqlite_version)


def _requirements() -> dict[str, str]:
    listed: list[str] = []
    with contextlib.suppress(metadata.PackageNotFoundError):
        listed = metadata.requires("llmmixer") or []
    found: dict[str, str] = {}
    for line in listed:
        match = re.match(r"[A-Za-z0-9._-]+", line)
        if match is not None:
            found[match[0].lower()] = line[match.end() :].partition(";")[0].strip()
    return found


def _within(version: str, wanted: str) -> bool:
    have = _numbers(version)
    return all(
        have >= _numbers(bound) if sign == ">=" else have < _numbers(bound) for sign, bound in _BOUND.findall(wanted)
    )


def _numbers(version: str) -> tuple[int, ...]:
    match = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(map(int, match[0].split("."))) if match is not None else ()


def _check(group: str, name: str, title: str, status: Status, detail: str, remedy: str = "") -> Check:
    heading = {"program": "Program", "config": "Configuration", "keys": "Keys", "files": "Files"}[group]
    return Check(id=f"{group}.{name}", group=heading, title=title, status=status, detail=detail, remedy=remedy)
