"""A project full of traps for file tools and git, and how the calls of `places.jsonl` are judged in it.

A line is ``{"want", "tool", "args", "settings"?}``: `want` is one decision or several with `|` between them. Texts may
hold `{root}` and `{home}`; ``{"repeated": "a", "times": 9}`` stands for a long one.
"""

import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from tui.cli_trust import Desk
from tui.core.trust import Verdict

CALLS: Final = Path(__file__).with_name("places.jsonl")
BASE: Final[Mapping[str, Any]] = {
    "autoApprove": True,
    "allowedCommands": [
        "git status", "git diff", "git log", "git show", "git branch", "git ls-files", "git rev-parse", "git blame",
        "ls", "cat", "head", "tail", "wc", "grep", "rg", "find", "pytest", "npm test",
    ],
    "forbiddenPaths": [".env", ".git", "~/.ssh", "~/.aws", "~/.gnupg"],
    "maxFileSize": 1_000_000,
    "requireConfirmation": ["file_delete", "system_command", "package_manifest", "env_file"],
}  # fmt: skip
_IN_PROJECT: Final = """
src/main.py src/util.py README.md docs/guide.md tests/test_a.py Makefile a/b/c.txt we[i]rd.txt star*.txt -dash.txt
~tilde.txt CON.txt secret.pem.txt deep/.config/x.txt credentials.json id_rsa server.key conftest.py setup.py tox.ini
.env a/.env .env.local .envrc prod.env package.json package-lock.json pyproject.toml requirements.txt Cargo.toml go.mod
.github/workflows/ci.yml .vscode/tasks.json .idea/workspace.xml .husky/pre-commit .claude/settings.json .npmrc
.pre-commit-config.yaml .gitattributes .gitmodules .mcp.json .devcontainer/devcontainer.json .gitignore ignored/x.txt
.hidden/x.txt sub/package.json .git/HEAD .git/config .git/hooks/pre-commit nested/.git/config nested/x.txt
.git/worktrees/wt/HEAD
"""
_IN_HOME: Final = """
.ssh/id_ed25519 .ssh/authorized_keys .aws/credentials .gnupg/private .netrc .bashrc .profile .gitconfig
.config/llmmixer/config.toml .local/state/llmmixer/audit.jsonl .config/other/x .local/share/x.txt
work/app-private/x.txt work/other/x.txt work/outside.txt work/other/.env
"""
_LINKS: Final[Mapping[str, str]] = {
    "link_out": "../outside.txt",
    "link_in": "src/main.py",
    "link_env": ".env",
    "link_chain": "link_env",
    "dir_out": "../other",
    "dir_git": ".git",
    "dangling": "../new-outside",
    "dang_env": ".env.new",
    "loop": "loop",
    "proc_link": "/proc/self/environ",
    "null_link": "/dev/null",
    "ssh_link": "{home}/.ssh",
    "src_link": "src",
    "root_link": "/",
    "pkg_link": "package.json",
    "procroot": "/proc/self/root",
}
_HARD: Final[Mapping[str, str]] = {
    "hard_env": "{root}/.env",
    "hard_main.py": "{root}/src/main.py",
    "hard_ssh": "{home}/.ssh/id_ed25519",
    "hard_pkg": "{root}/package.json",
}


@dataclass(frozen=True, kw_only=True)
class Places:
    """The project, the home around it, and what judges calls there."""

    root: Path
    home: Path
    desk: Desk


def build_places(top: Path) -> Places:
    """Make all files, links and special files under the empty folder `top`."""
    home = top.resolve() / "home"
    root = home / "work" / "app"
    for folder, names in ((root, [*_IN_PROJECT.split(), "spa ce.txt", "new\nline.txt"]), (home, _IN_HOME.split())):
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text("x\n", encoding="utf-8")
    for name, target in _LINKS.items():
        (root / name).symlink_to(target.format(home=home))
    for name, target in _HARD.items():
        os.link(target.format(home=home, root=root), root / name)
    (home / "work" / "wt").mkdir()
    (home / "work" / "wt" / ".git").write_text("gitdir: ../app/.git/worktrees/wt\n", encoding="utf-8")
    os.mkfifo(root / "fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        short = os.open(root, os.O_RDONLY)
        listener.bind(f"/proc/self/fd/{short}/sock")  # the whole path may be longer than an address can be
        os.close(short)
    with (root / "big.txt").open("wb") as file:
        file.truncate(2_000_000)
    (root / "almost.txt").write_text("a" * 999_990, encoding="utf-8")
    return Places(root=root, home=home, desk=Desk({"HOME": str(home), "PATH": os.defpath}, root))


@cache
def calls() -> tuple[Mapping[str, Any], ...]:
    """Return every call with what must come of it."""
    return tuple(json.loads(line) for line in CALLS.read_text(encoding="utf-8").splitlines())


def judge(places: Places, call: Mapping[str, Any]) -> Verdict:
    """Return what the policy says of a call."""
    settings = {**BASE, **_filled(call.get("settings", {}), places)}
    args = _filled(call["args"], places)
    return places.desk.judge({"tool": call["tool"], "args": args, "cwd": str(places.root), "settings": settings})


def _filled(value: Any, places: Places) -> Any:
    if isinstance(value, str):
        return value.replace("{root}", str(places.root)).replace("{home}", str(places.home))
    if isinstance(value, Mapping):
        if value.keys() == {"repeated", "times"}:
            return value["repeated"] * value["times"]
        return {name: _filled(item, places) for name, item in value.items()}
    return [_filled(item, places) for item in value] if isinstance(value, list) else value
