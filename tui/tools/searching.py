"""Searching the project: ripgrep when it is there, else a program of our own that does the same more slowly.

Either runs as a process of its own, so that a pattern that takes for ever can be ended.
"""

import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tui.tools.globs import Glob
from tui.tools.listing import VERSION_CONTROL
from tui.tools.opening import is_folder, parent
from tui.tools.requests import Search

MOST_MATCHES: Final = 200
LONGEST_LINE: Final = 400
LARGEST_FILE: Final = 5_000_000
_SECONDS: Final = 30.0
_SIMPLE_GLOB: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789*?._-")
_FAILED: Final = 2


class SearchError(ValueError):
    """A search that cannot be made; the text says why (a bad regular expression)."""


class Stop:
    """Ends a search from another thread."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def is_set(self) -> bool:
        """Tell whether the search shall end."""
        return self._event.is_set()

    def set(self) -> None:
        """End the search now."""
        with self._lock:
            self._event.set()
            if self._process is not None:
                _kill(self._process)

    def watch(self, process: subprocess.Popen[bytes]) -> None:
        """End `process` too when the search is ended."""
        with self._lock:
            self._process = process
            if self._event.is_set():
                _kill(process)


@dataclass(slots=True)
class Found:
    """What a search found: lines `path:number: text`, and what is missing from them."""

    lines: list[str] = field(default_factory=list)
    files: int = 0
    complete: bool = True
    timed_out: bool = False
    problem: str = ""


def ripgrep(root: Path, search_path: str) -> str | None:
    """Return the path of ripgrep from `search_path`, less relative folders and those inside the project."""
    folders = [Path(folder) for folder in search_path.split(os.pathsep) if folder]
    safe = [str(folder) for folder in folders if folder.is_absolute() and not _inside(folder, root)]
    return shutil.which("rg", path=os.pathsep.join(safe)) if safe else None


def _inside(folder: Path, root: Path) -> bool:
    return Path(os.path.realpath(folder)).is_relative_to(root)


def search(
    action: Search, place: Path, root: Path, *, glob: Glob | None, allowed: Callable[[Path], bool], stop: Stop
) -> Found:
    """Search the file or folder at the real path `place`. Blocking; `stop` ends it. Raises SearchError, OSError.

    Of files `allowed` says no to nothing is told, not even whether something in them matches.
    """
    program = ripgrep(root, os.environ.get("PATH", ""))
    try:
        return _search(program, action, place, root, glob=glob, allowed=allowed, stop=stop)
    except _UnsuitableError:
        return _search(None, action, place, root, glob=glob, allowed=allowed, stop=stop)


class _UnsuitableError(Exception):
    """The search program does not know an option of ours: it is too old, or something else of that name."""


def _search(
    program: str | None,
    action: Search,
    place: Path,
    root: Path,
    *,
    glob: Glob | None,
    allowed: Callable[[Path], bool],
    stop: Stop,
) -> Found:
    found = Found()
    seen: dict[Path, bool] = {}
    matched: set[Path] = set()
    for path, number, text in _matches(program, action, place, root, stop, found):
        if path not in seen:
            seen[path] = allowed(path)
        shown = _shown_path(path, root)
        if not seen[path] or (glob is not None and not glob.matches(shown, _shown_path(path, place))):
            continue
        if len(found.lines) >= MOST_MATCHES:
            found.complete = False
            break
        matched.add(path)
        name = shown if shown.isprintable() else repr(shown)[1:-1]
        found.lines.append(f"{name}:{number}: {_cut(text)}")
    found.files = len(matched)
    return found


def _shown_path(path: Path, base: Path) -> str:
    return path.relative_to(base).as_posix() if path != base and path.is_relative_to(base) else str(path)


def _cut(text: str) -> str:
    text = text.rstrip("\r\n")
    return text if len(text) <= LONGEST_LINE else f"{text[:LONGEST_LINE]}… [{len(text) - LONGEST_LINE} more]"


def _matches(
    program: str | None, action: Search, place: Path, root: Path, stop: Stop, found: Found
) -> Iterator[tuple[Path, int, str]]:
    """Yield path, line number and text of each match; what is searched is reached without following links."""
    if program is None:
        job = {"pattern": action.pattern, "ignore_case": action.ignore_case, "literal": action.literal}
        words = json.dumps({**job, "path": str(place)}).encode()
        for path, number, text in _records(_own_words(), str(root), words, stop, found):
            yield Path(path), number, text
        return
    with parent(place) as above:
        kind = os.O_DIRECTORY if is_folder(place) else os.O_NONBLOCK
        descriptor = os.open(place.name or ".", os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | kind, dir_fd=above)
    try:
        if kind == os.O_NONBLOCK:  # a file goes in as the program's input
            for _, number, text in _records(_ripgrep_words(program, action, "-"), str(root), descriptor, stop, found):
                yield place, number, text
            return
        by_number = f"/proc/self/fd/{descriptor}"
        cwd, operand = (by_number, "./") if os.path.exists(by_number) else (str(root), str(place))  # noqa: PTH110 - a string
        for path, number, text in _records(_ripgrep_words(program, action, operand), cwd, b"", stop, found):
            yield place / path, number, text
    finally:
        os.close(descriptor)


def _ripgrep_words(program: str, action: Search, operand: str) -> tuple[str, ...]:
    words = [program, "--no-config", "--json", "--no-messages", "--hidden", "--no-require-git", "--no-ignore-dot"]
    words += ["--no-ignore-global", "--no-follow", "--sort=path", f"--max-filesize={LARGEST_FILE}", "--engine=default"]
    words += [f"--glob=!{name}" for name in sorted(VERSION_CONTROL)]
    words.append("--ignore-case" if action.ignore_case else "--case-sensitive")
    if action.literal:
        words.append("--fixed-strings")
    if action.glob and set(action.glob) <= _SIMPLE_GLOB:  # a type, unlike a glob, brings no ignored files back
        words += [f"--type-add=wanted:{action.glob}", "--type=wanted"]
    return (*words, f"--regexp={action.pattern}", "--", operand)


def _own_words() -> tuple[str, ...]:
    package = str(Path(__file__).resolve().parents[2])
    script = f"import sys; sys.path.insert(0, {package!r}); from tui.tools.finder import main; main()"
    return (sys.executable, "-I", "-c", script)


def _records(
    argv: tuple[str, ...], cwd: str, source: int | bytes, stop: Stop, found: Found
) -> Iterator[tuple[str, int, str]]:
    """Run a search program and yield what it finds; the process never outlives this.

    `source` is its input: bytes, or a descriptor.
    """
    process = subprocess.Popen(  # noqa: S603 - a program outside the project, with words of our own
        argv,
        cwd=cwd,
        env={"LC_ALL": "C.UTF-8", "PATH": os.defpath},
        stdin=source if isinstance(source, int) else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    stop.watch(process)
    timer = threading.Timer(_SECONDS, _end_late, (process, found))
    timer.daemon = True
    timer.start()
    told: list[bytes] = []
    try:
        if isinstance(source, bytes) and process.stdin is not None:
            with suppress(BrokenPipeError), process.stdin as stdin:
                stdin.write(source)
        for line in process.stdout or ():
            record = _record(line)
            if record is not None:
                yield record
            elif not line.startswith(b"{"):
                told.append(line)
        code = process.wait()
    finally:
        timer.cancel()
        _kill(process)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
    if code == _FAILED and told and not found.timed_out:
        text = b"".join(told[:20]).decode("utf-8", "replace")
        if argv[0] != sys.executable and "regex" not in text:
            raise _UnsuitableError(text)
        raise SearchError(_reason(text))
    found.complete = found.complete and not found.timed_out and not stop.is_set()


def _end_late(process: subprocess.Popen[bytes], found: Found) -> None:
    found.timed_out = True
    _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def _record(line: bytes) -> tuple[str, int, str] | None:
    """Return the match in a line of ripgrep's JSON; None for every other line."""
    if not line.startswith(b'{"type":"match"'):
        return None
    try:
        data = json.loads(line)["data"]
        return _text(data["path"] or {"text": ""}), int(data["line_number"]), _line(data["lines"])
    except (ValueError, KeyError, TypeError):
        return None


def _text(value: dict[str, str]) -> str:
    """Return a path, with bytes that are no text as the system's own calls take them."""
    if "text" in value:
        return value["text"]
    return os.fsdecode(base64.b64decode(value["bytes"]))


def _line(value: dict[str, str]) -> str:
    """Return a line, as Latin-1 when it is no UTF-8."""
    return value["text"] if "text" in value else base64.b64decode(value["bytes"]).decode("latin-1")


def _reason(text: str) -> str:
    """Return what a search program says is wrong with a pattern, in one line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    last = next((line for line in reversed(lines) if line.startswith("error:")), lines[-1] if lines else "")
    return last.removeprefix("error: ")[:300]
