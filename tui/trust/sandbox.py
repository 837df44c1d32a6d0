"""The sandbox of commands: bubblewrap, with the project writable, forbidden paths hidden and no network.

It stands behind the policy, never in its place: what a program does with what it may read and write cannot be seen
in its words. Everything but the project is read-only, and so is what git believes of the project.
"""

import os
import stat
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Final

from tui.config.model_work import Sandbox as Wanted
from tui.core.record import Record
from tui.trust.forbidden import Forbidden
from tui.trust.placeholders import Placeholders, take_away_left
from tui.trust.sockets import listening, runtime_folder

NAME: Final = "bubblewrap"
_PROGRAMS: Final = ("/usr/bin/bwrap", "/bin/bwrap", "/usr/local/bin/bwrap")
_PROBE_S: Final = 10.0
_GIT: Final = ".git"
_GIT_SETTINGS: Final = ("config", "config.worktree")
_GIT_EXECUTED: Final = ("hooks", "info")
_OWN: Final = ".llmmixer"
_KEPT_RUN: Final = ("/run/current-system", "/run/wrappers", "/run/opengl-driver")
_COVERED: Final = ("/tmp", "/run", "/dev", "/proc")  # noqa: S108 - places of the sandbox's own
_RESOLVER: Final = ("/run/systemd/resolve", "/run/NetworkManager", "/run/resolvconf")
_CREDENTIALS: Final = (
    ".git-credentials", ".config/git/credentials", ".config/gh", ".config/hub", ".config/glab-cli", ".config/op",
    ".pypirc", ".pgpass", ".vault-token", ".azure", ".password-store", ".local/share/keyrings", ".cargo/credentials",
    ".cargo/credentials.toml", ".gem/credentials", ".terraform.d/credentials.tfrc.json", ".claude/.credentials.json",
    ".codex/auth.json", ".gemini/oauth_creds.json", ".mozilla", ".config/google-chrome", ".config/chromium",
    ".bash_history", ".zsh_history", ".python_history", ".node_repl_history", ".psql_history", ".mysql_history",
)  # fmt: skip
_SETTLED_NS: Final = 2_000_000_000
_OWN_SESSION: Final = "--new-session"
_NAMESPACES: Final = ("--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try")
# Root keeps the right to use files of others as it does outside, and loses the right to undo the sandbox's mounts.
_AS_ROOT: Final = (
    "--cap-drop", "ALL", "--cap-add", "CAP_CHOWN", "--cap-add", "CAP_DAC_OVERRIDE", "--cap-add", "CAP_FOWNER",
)  # fmt: skip


class GitAccess(Enum):
    """What a command may change of git's own folder; what git executes (hooks, attributes) it never may."""

    READ = "nothing"
    DATA = "commits, branches, the index"
    SETTINGS = "its settings too"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Available(Record):
    """What a trial run found: the program's absolute path, or empty and the reason why there is no sandbox."""

    program: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Boxed(Record):
    """A command in the sandbox, and what was put in the project for it."""

    argv: tuple[str, ...]
    placeholders: "Placeholders"


def credentials_of(home: Path) -> tuple[Path, ...]:
    """Return the places in a home folder where programs keep passwords, and what a person typed.

    No test or build needs them, and what one prints goes to a model.
    """
    return tuple(home / name for name in _CREDENTIALS)


def probe() -> Available:
    """Return whether bubblewrap works here, by running it once; later calls know the answer."""
    return _probe(_PROGRAMS, os.geteuid())


@lru_cache(maxsize=8)
def _probe(programs: tuple[str, ...], user: int) -> Available:
    import subprocess

    program = next((path for path in programs if os.access(path, os.X_OK)), None)
    if program is None:
        return Available(program="", reason="bubblewrap (bwrap) is not installed")
    argv = [program, *_frame(as_root=user == 0, network=False), "--", "/bin/sh", "-c", ":"]
    try:
        done = subprocess.run(  # noqa: S603 - the system's own program by its whole path
            argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=_PROBE_S, check=False, env={}
        )
    except (OSError, subprocess.SubprocessError) as error:
        return Available(program="", reason=f"{program} does not run: {error}")
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        return Available(program="", reason=f"{program} does not work here: {said[-1] if said else 'no reason given'}")
    return Available(program=program)


def missing(wanted: Wanted, found: Available) -> str:
    """Return why no command may run at all, empty when one may."""
    if wanted is Wanted.REQUIRED and not found.program:
        return f"trust.sandbox is required, and {found.reason}."
    return ""


def _frame(*, as_root: bool, network: bool) -> tuple[str, ...]:
    """Return the options that make the sandbox, before the project is put in it."""
    rights = _AS_ROOT if as_root else ("--unshare-user",)
    resolver = [word for place in _RESOLVER for word in ("--ro-bind-try", place, place)] if network else []
    kept = [word for place in _KEPT_RUN for word in ("--ro-bind-try", place, place)]
    return (
        *rights, *_NAMESPACES, *(() if network else ("--unshare-net",)), "--die-with-parent", _OWN_SESSION,
        "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp",  # noqa: S108 - its own
        "--tmpfs", "/run", *kept, *resolver,
    )  # fmt: skip


class Box:
    """The sandbox of one project. `hidden` are files and folders whose content no command may see.

    `environ` names sockets and the folder for them; the commands get an environment of their own.
    """

    name: Final = NAME

    def __init__(
        self,
        program: str,
        *,
        root: Path,
        forbidden: Forbidden,
        hidden: Iterable[Path] = (),
        network: bool = False,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._program = program
        self._root = os.path.realpath(root)
        self._forbidden = forbidden
        self._hidden = tuple(os.path.realpath(path) for path in hidden)
        self._network = network
        self._environ = environ
        self._tree = _Tree(forbidden)
        take_away_left(path for path, _ in self._guarded())

    @property
    def note(self) -> str:
        """What a person has to know when a command fails in here that is right otherwise."""
        if self._network:
            return "It ran in the sandbox, which may write in the project only."
        return (
            "It ran in the sandbox, without network and writing in the project only; "
            "`trust.sandbox_network = true` lets commands use the network."
        )

    def wrap(
        self, argv: Sequence[str], *, cwd: Path, git: GitAccess = GitAccess.READ, interactive: bool = False
    ) -> Boxed:
        """Return the command that runs `argv` in the sandbox.

        `interactive` is for programs in a terminal of their own, whose session they keep. Looks through the whole
        project for forbidden names, quickly where nothing changed.
        """
        read_only, masked = self._inside()
        if git is not GitAccess.READ:
            kept = _GIT_EXECUTED if git is GitAccess.SETTINGS else (*_GIT_SETTINGS, *_GIT_EXECUTED)
            read_only = [below for path in read_only for below in _kept_in(path, kept)]
        outside = [*self._hidden, *self._forbidden.literal_places, *runtime_folder(self._environ, self._root)]
        masked += [path for path in outside if os.path.lexists(path)]
        masked += self._sockets(masked)
        placeholders = Placeholders(self._missing(git))
        frame = _frame(as_root=os.geteuid() == 0, network=self._network)
        words = [self._program, *(word for word in frame if not (interactive and word == _OWN_SESSION))]
        words += ("--bind", self._root, self._root)
        for path in _outermost(read_only):
            words += ("--ro-bind", path, path)
        for path in _outermost((*masked, *placeholders.paths)):  # what is hidden with its folder is not there to hide
            words += _mask(path)
        return Boxed(argv=(*words, "--chdir", os.path.realpath(cwd), "--", *argv), placeholders=placeholders)

    def _inside(self) -> tuple[list[str], list[str]]:
        """Return what is read-only and what is hidden in the project: links are followed to what they mean."""
        read_only: list[str] = []
        masked: list[str] = []
        for path in self._tree.hits(self._root):
            real = os.path.realpath(path)
            if Path(path).name.casefold() == _GIT:
                read_only += [place for place in (real, *_git_folders(real)) if os.path.lexists(place)]
            elif os.path.lexists(real):
                masked.append(real)
        own = os.path.join(self._root, _OWN)  # noqa: PTH118 - paths are text here
        if os.path.lexists(own):
            masked.append(os.path.realpath(own))
        return read_only, masked + _other_names(self._root, masked)

    def _sockets(self, masked: Sequence[str]) -> list[str]:
        """Return the sockets at which programs outside listen; with a network, those of the project are let be."""
        inside = f"{self._root}/"
        covered = tuple(f"{path}/" for path in (*masked, *_COVERED))
        return [
            path
            for path in listening(self._environ)
            if not path.startswith(covered) and not (self._network and path.startswith(inside))
        ]

    def _guarded(self) -> Iterator[tuple[str, bool]]:
        """Yield what a command must not bring into being in the project's folder, and whether it is a folder."""
        written = (*self._forbidden.names.values(), *self._forbidden.folders.values(), _GIT, _OWN)
        for entry in dict.fromkeys(written):
            name = entry.strip().removeprefix("./").rstrip("/")
            yield os.path.join(self._root, name), name in (_GIT, _OWN) or entry.strip().endswith("/")  # noqa: PTH118

    def _missing(self, git: GitAccess) -> Iterator[tuple[str, bool]]:
        """Yield what of it is not there, or only stands in for it."""
        for path, is_folder in self._guarded():
            if git is not GitAccess.READ and (path == f"{self._root}/{_GIT}" or not is_folder):
                continue  # git would want to add a file that only stands in for another; empty folders it ignores
            if path in Placeholders.standing() or not os.path.lexists(path):
                yield path, is_folder


class _Tree:
    """Finds forbidden names below a folder; remembers each folder until it changes."""

    def __init__(self, forbidden: Forbidden) -> None:
        self._forbidden = forbidden
        self._known: dict[str, tuple[int, tuple[str, ...], tuple[str, ...]]] = {}
        self._lock = threading.Lock()

    def hits(self, root: str) -> list[str]:
        with self._lock:
            found: list[str] = []
            waiting = [root]
            while waiting:
                hits, below = self._look(waiting.pop())
                found += hits
                waiting += below
            return found

    def _look(self, folder: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        try:
            changed = os.stat(folder).st_mtime_ns  # noqa: PTH116 - thousands of folders: text is faster
            known = self._known.get(folder)
            if known is not None and known[0] == changed:
                return known[1], known[2]
            settled = time.time_ns() - changed > _SETTLED_NS
            hits: list[str] = []
            below: list[str] = []
            with os.scandir(folder) as entries:
                for entry in entries:
                    if self._is_hit(entry):
                        hits.append(entry.path)
                    elif entry.is_dir(follow_symlinks=False):
                        below.append(entry.path)
        except OSError:
            return (), ()
        if settled:  # two changes within a tick of the clock leave the same time: the second would not be seen
            self._known[folder] = (changed, tuple(hits), tuple(below))
        return tuple(hits), tuple(below)

    def _is_hit(self, entry: "os.DirEntry[str]") -> bool:
        if entry.name == _GIT or self._forbidden.name_hit(entry.name) is not None:
            return True
        return bool(self._forbidden.globs) and self._forbidden.hit(entry.path) is not None


def _other_names(root: str, paths: Iterable[str]) -> list[str]:
    """Return what below `root` is the very same file as one of `paths` by another name (a hard link)."""
    wanted = {(found.st_dev, found.st_ino) for found in map(_file_status, paths) if found and found.st_nlink > 1}
    if not wanted:
        return []
    inodes = {inode for _, inode in wanted}
    found_names: list[str] = []
    waiting = [root]
    for folder in waiting:
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                elif entry.inode() in inodes:
                    status = _file_status(entry.path)
                    if status and (status.st_dev, status.st_ino) in wanted:
                        found_names.append(entry.path)
    return found_names


def _file_status(path: str) -> os.stat_result | None:
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return status if stat.S_ISREG(status.st_mode) else None


def _mask(path: str) -> tuple[str, ...]:
    if os.path.isdir(path):  # noqa: PTH112 - paths are text here
        return ("--tmpfs", path, "--remount-ro", path)
    return ("--ro-bind", os.devnull, path)


def _outermost(paths: Iterable[str]) -> list[str]:
    """Return the paths that lie below no other of them."""
    kept: list[str] = []
    for path in sorted(set(paths), key=lambda path: path.split("/")):  # a folder comes right before what is in it
        if not kept or not path.startswith(f"{kept[-1].rstrip('/')}/"):
            kept.append(path)
    return kept


def _kept_in(folder: str, names: Sequence[str]) -> list[str]:
    """Return what is there of `names` in git's folder; a `.git` that is a file stays as a whole."""
    if not os.path.isdir(folder):  # noqa: PTH112 - paths are text here
        return [folder]
    places = [os.path.join(folder, name) for name in names]  # noqa: PTH118 - as above
    return [place for place in places if os.path.lexists(place)]


def _git_folders(path: str) -> list[str]:
    """Return where the `.git` file of a worktree or submodule leads: its own folder and the one shared with others."""
    if os.path.isdir(path):  # noqa: PTH112 - paths are text here
        return []
    target = _line(path).removeprefix("gitdir:").strip()
    if not target:
        return []
    own = os.path.realpath(os.path.join(os.path.dirname(path), target))  # noqa: PTH118, PTH120 - as above
    common = _line(os.path.join(own, "commondir"))  # noqa: PTH118 - as above
    return [own, os.path.realpath(os.path.join(own, common))] if common else [own]  # noqa: PTH118 - as above


def _line(path: str) -> str:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - as above
            return file.read(4096).decode("utf-8", "surrogateescape").partition("\n")[0].strip()
    except OSError:
        return ""
