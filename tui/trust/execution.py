"""What is started for a command that may run: words or an unchanged shell line, in an environment without secrets.

Nothing is decided here. The command is the one that was judged, byte for byte; programs are looked for in folders
outside the project only, so that a file a model wrote is never what an innocent name means.
"""

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tui.core.errors import LLMMixerError, Problem
from tui.core.git_safety import git_environment, repository_keys, without_drivers, work_tree
from tui.core.record import Record
from tui.core.trust import Decision, Risk, Verdict
from tui.trust.placeholders import Placeholders
from tui.trust.sandbox import Box, GitAccess

_SHELL: Final = ("bash", "--noprofile", "--norc", "-c")
_DROPPED: Final = re.compile(
    r"BASH_ENV|BASH_FUNC_.*|BASHOPTS|CDPATH|DYLD_.*|ENV|FIGNORE|GIT_.*|GLOBIGNORE|GREP_OPTIONS|IFS|JAVA_TOOL_OPTIONS"
    r"|LD_.*|LESSCLOSE|LESSOPEN|LLMMIXER_.*|MAKEFLAGS|NODE_OPTIONS|NODE_PATH|NPM_CONFIG_.*|npm_config_.*|PERL5.*"
    r"|PERLLIB|PROMPT_COMMAND|PS[0-4]|PYTEST_ADDOPTS|PYTEST_PLUGINS|PYTHONBREAKPOINT|PYTHONHOME|PYTHONINSPECT"
    r"|PYTHONPATH|PYTHONSTARTUP|RIPGREP_CONFIG_PATH|RUBYLIB|RUBYOPT|SHELLOPTS|TMUX|TMUX_PANE|_JAVA_OPTIONS|ZDOTDIR"
)
_SECRET: Final = re.compile(
    r".*(_KEY|_PAT|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|COOKIE|_DSN)(_.*|S)?|.*APIKEY.*|KEY",
    re.IGNORECASE,
)
_MENTIONS_GIT: Final = re.compile(r"(?:^|[^\w.-])git(?:\s|$)")
_SET_UP: Final = frozenset(
    {
        "branch",
        "checkout",
        "clone",
        "config",
        "init",
        "lfs",
        "pull",
        "push",
        "remote",
        "submodule",
        "switch",
        "worktree",
    }
)
"""Commands of git that write into its settings."""
_FIXED: Final = {"PAGER": "cat", "EDITOR": "false", "VISUAL": "false", "DEBIAN_FRONTEND": "noninteractive"}


class CannotRunError(LLMMixerError):
    """A command cannot be started as it must be; `problem` says why."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Plan(Record):
    """Exactly what is started, with nothing of this process' environment but `env`.

    `sandbox` names what it runs in, empty for nothing; `note` says what in it may make a command fail that is right
    otherwise. `close` has to be called when the command has ended.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path
    sandbox: str = ""
    note: str = ""
    placeholders: Placeholders | None = None

    def close(self) -> None:
        """Take away what the sandbox put in the project for the time of the command."""
        if self.placeholders is not None:
            self.placeholders.release()


def plan_execution(
    command: str,
    verdict: Verdict,
    *,
    root: Path,
    cwd: Path,
    environ: Mapping[str, str],
    box: Box | None,
    interactive: bool = False,
) -> Plan:
    """Return what has to be started to run `command`, which was judged with `verdict` and may run.

    `root` is the project's folder, `cwd` the command's, both absolute; `box` the sandbox, None for none. An
    `interactive` command runs in a terminal of its own. Blocks for some milliseconds: git is asked for the settings
    of the repository. Raises `CannotRunError`.
    """
    if "\0" in command:
        raise CannotRunError(Problem(title="Not run", text="The command holds a NUL byte."))
    asked = was_asked(verdict)
    env = command_environment(environ, root=root, cwd=cwd, asked=asked)
    words = verdict.argv or (*_SHELL, verdict.line or command)
    program = find_program(words[0], env["PATH"])
    if program is None:
        text = f"There is no program {words[0]!r} in the folders of PATH outside the project."
        raise CannotRunError(Problem(title="Not run", text=text, hint="Install it, or name it by its whole path."))
    if _MENTIONS_GIT.search(command) is not None:
        _require_own_files(env, cwd)
    is_git = Path(words[0]).name == "git"
    argv = (program, *(without_drivers(words[1:]) if is_git else words[1:]))
    if box is None:
        return Plan(argv=argv, env=env, cwd=cwd)
    boxed = box.wrap(argv, cwd=cwd, git=git_access(command, verdict), interactive=interactive)
    env["TMPDIR"] = "/tmp"  # noqa: S108 - the sandbox's own
    return Plan(argv=boxed.argv, env=env, cwd=cwd, sandbox=box.name, note=box.note, placeholders=boxed.placeholders)


def _require_own_files(env: Mapping[str, str], cwd: Path) -> None:
    """Refuse git where a repository's settings say that its files are elsewhere: they could be anybody's."""
    top = work_tree(env, cwd) if in_repository(cwd) else None
    if top is not None and not Path(os.path.realpath(cwd)).is_relative_to(os.path.realpath(top)):
        text = f"The repository around {cwd} says that its files are in {top} (core.worktree)."
        raise CannotRunError(Problem(title="Not run", text=text, hint="Look at .git/config before you go on."))


def was_asked(verdict: Verdict) -> bool:
    """Tell whether a person let a call run that the policy alone would not: now, or for the session."""
    return any(said is not Decision.ALLOW for said in (verdict.decision, *(part.decision for part in verdict.parts)))


def git_access(command: str, verdict: Verdict) -> GitAccess:
    """Return what a command may change of git's own data: nothing, unless it is git's work and more than reading."""
    if verdict.risk is Risk.READ or _MENTIONS_GIT.search(command) is None:
        return GitAccess.READ
    if not was_asked(verdict):
        return GitAccess.DATA if verdict.argv and Path(verdict.argv[0]).name == "git" else GitAccess.READ
    sets_up = verdict.argv[:1] == ("git",) and any(word in _SET_UP for word in verdict.argv[1:3])
    return GitAccess.SETTINGS if sets_up else GitAccess.DATA


def command_environment(environ: Mapping[str, str], *, root: Path, cwd: Path, asked: bool) -> dict[str, str]:
    """Return the environment of a command: no secrets, nothing that loads code, and a git that obeys no repository.

    `asked` says that a person let it run: then folders of the project in PATH stay, after all others.
    """
    kept = {name: value for name, value in environ.items() if not is_dropped(name, value)}
    kept.update(_FIXED)
    if not _reads_as_judged(kept):
        kept["LC_ALL"] = "C.UTF-8"
    kept["PATH"] = clean_path(environ.get("PATH", os.defpath), root, keep_project=asked)
    named = repository_keys(kept, cwd) if in_repository(cwd) else ()
    return git_environment(kept, named)


def _reads_as_judged(environ: Mapping[str, str]) -> bool:
    """Tell whether a shell reads letters as UTF-8 or byte by byte, as they were judged.

    In some other encodings the second byte of a letter can be a backslash or a backtick, which then counts for nothing.
    """
    locale = environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or "C"
    name, _, charset = locale.partition("@")[0].partition(".")
    if not charset:
        return name[:2] not in {"ja", "ko", "zh"}
    return re.fullmatch(r"utf-?8|iso-?8859.*|us-?ascii|koi8.*|(?:cp|windows-?)125\d", charset.lower()) is not None


def is_dropped(name: str, value: str) -> bool:
    """Tell whether a variable is kept from commands: it loads code, or it holds a secret by its name or value."""
    from tui.core.secrets import mask

    if _DROPPED.fullmatch(name) or _SECRET.fullmatch(name):
        return True
    return mask(value) != value


def clean_path(path: str, root: Path, *, keep_project: bool = False) -> str:
    """Return PATH with absolute folders outside `root` only; with `keep_project` those inside come last."""
    real_root = Path(os.path.realpath(root))
    outside: dict[str, None] = {}
    inside: dict[str, None] = {}
    for folder in path.split(os.pathsep):
        if not Path(folder).is_absolute():
            continue  # an empty entry is the current folder
        real = Path(os.path.realpath(folder))
        (inside if real.is_relative_to(real_root) else outside)[folder] = None
    return os.pathsep.join((*outside, *inside) if keep_project else outside)


def find_program(name: str, path: str) -> str | None:
    """Return the absolute path of a program; a name with a slash must be absolute. None when there is none."""
    if "/" in name:
        return name if Path(name).is_absolute() and _runs(name) else None
    candidates = (f"{folder}/{name}" for folder in path.split(os.pathsep) if folder)
    return next((candidate for candidate in candidates if _runs(candidate)), None)


def in_repository(folder: Path) -> bool:
    """Tell whether `folder` or one above it holds `.git`."""
    return any(os.path.lexists(place / ".git") for place in (folder, *folder.parents))


def _runs(path: str) -> bool:
    try:
        return stat.S_ISREG(Path(path).stat().st_mode) and os.access(path, os.X_OK)
    except (OSError, ValueError):
        return False
