"""How git is run without obeying the repository it looks at.

A repository's own files can name programs that git starts: a file system monitor, hooks, pagers, filters, drivers of
diffs and merges, helpers for passwords. Here every one of them is switched off by the environment, which wins over
the repository's files, so that also a git started by another program (a test, a build) obeys nothing.

The settings of the person (global and system) are their own and stay in effect.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

_SETTINGS: Final = (
    ("core.fsmonitor", "false"),
    ("core.hooksPath", "/dev/null"),
    ("core.pager", "cat"),
    ("core.alternateRefsCommand", "true"),
    ("credential.helper", ""),
    ("diff.ignoreSubmodules", "dirty"),
    ("diff.submodule", "short"),
    ("gpg.program", "gpg"),
    ("gpg.openpgp.program", "gpg"),
    ("gpg.x509.program", "gpgsm"),
    ("gpg.ssh.program", "ssh-keygen"),
    ("gpg.ssh.defaultKeyCommand", ""),
    ("interactive.diffFilter", "cat"),
    ("log.showSignature", "false"),
    ("protocol.ext.allow", "never"),
    ("safe.bareRepository", "explicit"),
    ("submodule.recurse", "false"),
    ("uploadpack.packObjectsHook", ""),
)
_VARIABLES: Final = {
    "GIT_ASKPASS": "",
    "GIT_EDITOR": ":",
    "GIT_SEQUENCE_EDITOR": ":",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_PROXY_COMMAND": "",
    "GIT_SSH_COMMAND": "ssh",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh",
}
# What a repository's file may hold under a name of its own choice, and the harmless value that takes its place.
# Names of keys come from git in lower case but for their middle part.
_NAMED: Final = (
    (re.compile(r"diff\..+\.textconv", re.DOTALL), "cat"),
    (re.compile(r"diff\.(.+\.command|external)", re.DOTALL), "false"),
    (re.compile(r"filter\..+\.(clean|smudge|process)", re.DOTALL), ""),
    (re.compile(r"filter\..+\.required", re.DOTALL), "false"),
    (re.compile(r"merge\..+\.driver", re.DOTALL), "false"),
    (re.compile(r"(alias|pager)\..+", re.DOTALL), "false"),
    (re.compile(r"credential\..+\.helper", re.DOTALL), ""),
    (re.compile(r"submodule\..+\.update", re.DOTALL), "checkout"),
    (re.compile(r"remote\..+\.uploadpack", re.DOTALL), "git-upload-pack"),
    (re.compile(r"remote\..+\.receivepack", re.DOTALL), "git-receive-pack"),
    (re.compile(r"trailer\..+\.(command|cmd)", re.DOTALL), "true"),
    (re.compile(r"(difftool|mergetool|browser|man|guitool)\..+\.(cmd|path)", re.DOTALL), "false"),
    (re.compile(r"(tar\..+\.command)", re.DOTALL), "false"),
    (re.compile(r"(sendemail|hook)\..+", re.DOTALL), ""),
    (re.compile(r"core\.(editor|sshcommand|askpass|gitproxy)|sequence\.editor"), "false"),
)
_OF_REPOSITORY: Final = frozenset({"local", "worktree"})
_NO_DRIVERS: Final = ("--no-ext-diff", "--no-textconv")
_WITH_DRIVERS: Final = frozenset({"diff", "log", "show", "whatchanged", "diff-tree", "diff-index", "diff-files"})
_MOST_REPOSITORIES: Final = 200
_DEEPEST: Final = 5
_TIMEOUT_S: Final = 10.0
_GITLINK: Final = b"160000 "


def git_environment(environ: Mapping[str, str], named: Iterable[str] = ()) -> dict[str, str]:
    """Return `environ` without any variable of git's, and with those that keep a repository from running programs.

    `named` are keys of the repository's own configuration, as `repository_keys` finds them.
    """
    result = {name: value for name, value in environ.items() if not name.startswith("GIT_")}
    result.update(_VARIABLES)
    settings = [*_SETTINGS, *((name, value) for name in named if (value := _harmless(name)) is not None)]
    result["GIT_CONFIG_COUNT"] = str(len(settings))
    for index, (name, value) in enumerate(settings):
        result[f"GIT_CONFIG_KEY_{index}"] = name
        result[f"GIT_CONFIG_VALUE_{index}"] = value
    return result


def git_command(*words: str) -> tuple[str, ...]:
    """Return the words of a git command of our own, such as ``git_command("diff", "HEAD")``, less drivers of diffs."""
    return ("git", "--no-pager", *without_drivers(words))


def without_drivers(words: Sequence[str]) -> tuple[str, ...]:
    """Return the words after `git` with the options that keep `diff`, `log` and `show` from running programs."""
    for index, word in enumerate(words):
        if word in _WITH_DRIVERS:
            return (*words[: index + 1], *_NO_DRIVERS, *words[index + 1 :])
        if not word.startswith("-"):
            break
    return tuple(words)


def safe_environment(environ: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return `git_environment` for the repository around `folder`, and for the ones inside it.

    Runs git to read their settings, which takes some milliseconds and starts nothing of theirs.
    """
    return git_environment(environ, repository_keys(environ, folder))


def repository_keys(environ: Mapping[str, str], folder: Path) -> tuple[str, ...]:
    """Return the keys the repository around `folder` and its submodules set that could name a program."""
    names: dict[str, None] = {}
    seen: set[str] = set()
    waiting = [(str(folder), 0)]
    clean = git_environment(environ)
    while waiting and len(seen) < _MOST_REPOSITORIES:
        place, depth = waiting.pop()
        if place in seen:
            continue
        seen.add(place)
        names.update(dict.fromkeys(name for name in _keys(clean, place) if _harmless(name) is not None))
        if depth < _DEEPEST:
            waiting += [(below, depth + 1) for below in _submodules(clean, place)]
    return tuple(names)


def work_tree(environ: Mapping[str, str], folder: Path) -> Path | None:
    """Return the folder whose files git takes for those of the repository around `folder`; None outside of one.

    It is above `folder`, unless the repository's own settings name another.
    """
    top = _git(git_environment(environ), str(folder), "rev-parse", "--show-toplevel").removesuffix(b"\n")
    return Path(top.decode("utf-8", "surrogateescape")) if top else None


def _harmless(name: str) -> str | None:
    """Return the value that takes the place of the key `name`, None for one that runs nothing."""
    return next((value for pattern, value in _NAMED if pattern.fullmatch(name)), None)


def _keys(environ: Mapping[str, str], folder: str) -> list[str]:
    listing = _git(environ, folder, "config", "--list", "--show-scope", "--name-only", "-z").split(b"\0")
    texts = [field.decode("utf-8", "surrogateescape") for field in listing]
    return [name for scope, name in zip(texts[::2], texts[1::2], strict=False) if scope in _OF_REPOSITORY]


def _submodules(environ: Mapping[str, str], folder: str) -> list[str]:
    top = _git(environ, folder, "rev-parse", "--show-toplevel").removesuffix(b"\n").decode("utf-8", "surrogateescape")
    if not top:
        return []
    entries = _git(environ, top, "ls-files", "--stage", "-z").split(b"\0")
    paths = [entry.partition(b"\t")[2] for entry in entries if entry.startswith(_GITLINK)]
    below = [Path(top) / path.decode("utf-8", "surrogateescape") for path in paths]
    return [str(path) for path in below if (path / ".git").exists()]


def _git(environ: Mapping[str, str], folder: str, *words: str) -> bytes:
    """Return what git prints, nothing when it fails: then the command it is asked for fails the same way."""
    import subprocess

    try:
        done = subprocess.run(  # noqa: S603 - words of our own; the environment keeps git from starting anything
            git_command(*words),
            cwd=folder,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return b""
    return done.stdout if done.returncode == 0 else b""
