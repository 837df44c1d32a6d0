"""Sockets of programs outside the sandbox, such as those of a container service or of an agent that signs.

A socket in a folder is no network: whoever may open the file may talk with who listens, and a read-only mount does not
hinder it. Sockets without a file belong to a network, and are gone with it.
"""

import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

_LISTED: Final = "/proc/net/unix"
_LONGEST_LIST: Final = 4_000_000
_PATH: Final = re.compile(r"(?:unix:(?://)?(?:path=)?|file://)?(/[^,;]+)")
_NAMED: Final = re.compile(r".*(_SOCK|_SOCKET|_ADDRESS|_HOST|_AGENT_INFO)")
# Where agents, container services and virtual machines listen, also in other networks, which the list does not tell.
_PLACES: Final = (
    ".docker", ".colima", ".rd", ".orbstack", ".lima", ".1password", ".gnupg", ".ssh", ".podman", ".minikube",
    ".local/share/containers/podman", ".local/share/keyrings", ".config/1Password", ".cache/keyring",
)  # fmt: skip
_SYSTEM_PLACES: Final = ("/var/run", "/var/lib/docker", "/var/lib/containerd", "/var/snap/lxd/common/lxd")
_DEEPEST: Final = 3
_MOST_NAMES: Final = 2_000


def listening(environ: Mapping[str, str]) -> list[str]:
    """Return the resolved paths of sockets that are there: those the kernel lists or variables name, and by place."""
    found = dict.fromkeys(_listed())
    found |= dict.fromkeys(_named(environ))
    home = environ.get("HOME") or os.path.expanduser("~")  # noqa: PTH111 - paths are text here
    for place in (*(f"{home}/{name}" for name in _PLACES), *_SYSTEM_PLACES):
        found |= dict.fromkeys(_below(place))
    return [path for path in dict.fromkeys(map(os.path.realpath, found)) if _is_socket(path)]


def runtime_folder(environ: Mapping[str, str], root: str) -> tuple[str, ...]:
    """Return the folder for sockets and tickets of the person's session, unless the project lies in it."""
    folder = environ.get("XDG_RUNTIME_DIR", "")
    real = os.path.realpath(folder) if folder.startswith("/") else "/"
    home = os.path.realpath(environ.get("HOME") or "/")
    above = any(each == real or each.startswith(f"{real.rstrip('/')}/") for each in (root, home))
    inside = real.startswith((f"{root}/", "/run/", "/tmp/"))  # noqa: S108 - hidden as a whole anyway
    return () if above or inside or not os.path.isdir(real) else (real,)  # noqa: PTH112 - as above


def _listed() -> Iterator[str]:
    try:
        with open(_LISTED, "rb") as file:  # noqa: PTH123 - as above
            text = file.read(_LONGEST_LIST).decode("utf-8", "surrogateescape")
    except OSError:
        return
    for line in text.split("\n")[1:]:
        fields = line.split(None, 7)
        if len(fields) == 8 and fields[7].startswith("/"):
            yield fields[7]


def _named(environ: Mapping[str, str]) -> Iterator[str]:
    for name, value in environ.items():
        if _NAMED.fullmatch(name):
            yield from (found[1] for part in value.split(";") if (found := _PATH.match(part)))


def _below(folder: str) -> Iterator[str]:
    waiting = [(folder, 0)]
    names = 0
    while waiting and names < _MOST_NAMES:
        place, depth = waiting.pop()
        with suppress(OSError), os.scandir(place) as entries:
            for entry in entries:
                names += 1
                if entry.is_dir(follow_symlinks=False):
                    if depth < _DEEPEST:
                        waiting.append((entry.path, depth + 1))
                elif not entry.is_file(follow_symlinks=False):
                    yield entry.path


def _is_socket(path: str) -> bool:
    try:
        return stat.S_ISSOCK(Path(path).lstat().st_mode)
    except (OSError, ValueError):
        return False
