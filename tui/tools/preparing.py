"""Looking at what a call is about, and freezing it: the path it means, the file as it is, what it will hold."""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from tui.core.tool_events import Preview
from tui.tools.activity import Activity
from tui.tools.bin import contents
from tui.tools.edits import EditError, apply_edits
from tui.tools.globs import GlobError, parse_glob
from tui.tools.opening import entry_status, load, resolve, resolve_entry, said
from tui.tools.outcome import Identity, Limits, Prepared
from tui.tools.preview import diff_preview, files_preview
from tui.tools.requests import (
    Action,
    DeleteFile,
    EditFile,
    ListFiles,
    ReadFile,
    Request,
    RunCommand,
    RunInteractive,
    Search,
    WriteFile,
)
from tui.tools.textfile import BinaryFileError, NotEncodableError, TextFile, decode

_LARGEST_CHANGED: Final = 50_000_000
_SHOWN_FILES: Final = 500
_MOST_SIMILAR: Final = 5_000
"""Names of a folder among which similar ones are looked for."""


class CallError(ValueError):
    """A call that cannot work as things are; the text tells the model."""


@dataclass(frozen=True, slots=True)
class World:
    """What calls are prepared against."""

    root: Path
    limits: Limits
    activity: Activity
    allowed: Callable[[Path], bool]
    searchable: Callable[[Path], bool]

    def name(self, path: Path) -> str:
        """Return a path as models and people see it: relative to the project where it lies inside."""
        if path == self.root:
            return "."
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else str(path)


def prepare(request: Request, pane: str, turn: str, world: World) -> Prepared:
    """Freeze a call. What makes it impossible is told in `problem`."""
    path = world.root
    try:
        path = _path(request.action, world.root)
        return _Preparing(request, pane, turn, path, world).prepare()
    except (CallError, EditError, NotEncodableError, GlobError) as error:
        problem = str(error)
    except (OSError, ValueError) as error:
        name = world.name(path)
        problem = f"{name}: {said(error) if isinstance(error, OSError) else error}."
    return Prepared(request=request, pane=pane, turn=turn, path=path, paths=(str(path),), problem=problem)


def _path(action: Action, root: Path) -> Path:
    match action:
        case RunCommand(cwd=cwd) | RunInteractive(cwd=cwd):
            return resolve(cwd, root)
        case DeleteFile(path=path):
            return resolve_entry(path, root)
        case _:
            return resolve(action.path, root)


@dataclass(frozen=True, slots=True)
class _Preparing:
    request: Request
    pane: str
    turn: str
    path: Path
    world: World

    def prepare(self) -> Prepared:
        match self.request.action:
            case ReadFile():
                return self._read()
            case ListFiles(pattern=glob) | Search(glob=glob):
                return self._look(glob)
            case WriteFile() | EditFile() as action:
                return self._change(action)
            case DeleteFile():
                return self._delete()
            case RunCommand() | RunInteractive() as action:
                return self._run(action)

    @property
    def _name(self) -> str:
        return self.world.name(self.path)

    def _prepared(
        self,
        *,
        identity: Identity | None = None,
        content: bytes | None = None,
        preview: Preview | None = None,
        timeout: float = 0.0,
        note: str = "",
    ) -> Prepared:
        changes = self.request.tool.changes_files
        real = {str(self.path), str(resolve(str(self.path), self.world.root))}  # a link that is deleted, and its target
        return Prepared(
            request=self.request,
            pane=self.pane,
            turn=self.turn,
            path=self.path,
            paths=tuple(sorted(real)),
            preview=preview or Preview(),
            conflict=self.world.activity.conflict(self.pane, self.path) if changes else "",
            identity=identity,
            content=content,
            timeout=timeout,
            note=note,
        )

    def _read(self) -> Prepared:
        status = entry_status(self.path)
        if status is None:
            raise CallError(self._missing())
        if stat.S_ISDIR(status.st_mode):
            raise CallError(f"{self._name} is a folder. Use list_files to see what is in it.")
        if not stat.S_ISREG(status.st_mode):
            raise CallError(f"{self._name} is no regular file.")
        return self._prepared()

    def _look(self, glob: str) -> Prepared:
        if glob:
            parse_glob(glob)
        status = entry_status(self.path)
        if status is None:
            raise CallError(self._missing())
        if isinstance(self.request.action, ListFiles) and not stat.S_ISDIR(status.st_mode):
            raise CallError(f"{self._name} is a file, not a folder. Use read_file to read it.")
        return self._prepared()

    def _change(self, action: WriteFile | EditFile) -> Prepared:
        old = self._old()
        if old is None and isinstance(action, EditFile):
            raise CallError(self._missing() + " To create a file use write_file.")
        known = old[1] if old else None
        if self.world.activity.is_stale(self.pane, self.path, known):
            raise CallError(f"{self._name} changed since you read it. Read it again before you change it.")
        before, data, after, note = self._new(action, old[0] if old else None)
        preview = diff_preview(self._name, before, after)
        if old is not None and self.path.lstat().st_nlink > 1:
            note = f"{note} It had other names (hard links), which keep the old content.".strip()
        return self._prepared(identity=known, content=data, preview=preview, note=note)

    def _old(self) -> tuple[bytes, Identity] | None:
        """Return what the file holds and who it is, None when there is none."""
        status = entry_status(self.path)
        if status is None:
            return None
        if stat.S_ISDIR(status.st_mode):
            raise CallError(f"{self._name} is a folder.")
        if not stat.S_ISREG(status.st_mode):
            raise CallError(f"{self._name} is no regular file.")
        if status.st_size > _LARGEST_CHANGED:
            raise CallError(f"{self._name} is larger than {_LARGEST_CHANGED:,} bytes. Use a command to change it.")
        if not status.st_mode & 0o222:
            raise CallError(f"{self._name} is read-only (mode {stat.S_IMODE(status.st_mode):o}).")
        return load(self.path)

    def _new(self, action: WriteFile | EditFile, old: bytes | None) -> tuple[str | None, bytes, str, str]:
        """Return the text before (None without a file), the bytes and the text after, and what else was adapted."""
        if isinstance(action, EditFile):
            file = self._text(old or b"")
            try:
                text = apply_edits(file, action.edits)
            except EditError as error:
                raise CallError(self._not_edited(error)) from error
            return file.text, file.encode(text), text, ""
        if old is None:
            return None, action.content.encode(), action.content, ""
        try:
            file = decode(old)
        except BinaryFileError:
            return "", action.content.encode(), action.content, "The file was binary."
        text, note = file.with_ends(action.content), ""
        if text and not text.endswith("\n") and file.text.endswith("\n"):
            text, note = text + file.ends, "A line break was added at the end, as the file had one."
        return file.text, file.encode(text), text, note

    def _text(self, data: bytes) -> TextFile:
        try:
            return decode(data)
        except BinaryFileError as error:
            raise CallError(f"{self._name} is a binary file ({error}); only text can be edited.") from error

    def _not_edited(self, error: EditError) -> str:
        """Return why an edit failed; lines of the file are shown only to a model that has read it."""
        text = f"{self._name}: {error}"
        if error.near is None:
            return text
        if not self.world.activity.knows(self.pane, self.path):
            return f"{text} Read the file first."
        return f"{text} The most similar lines are:\n{error.near}" if error.near else text

    def _delete(self) -> Prepared:
        found = contents(self.path, _SHOWN_FILES)
        if found is None:
            raise CallError(self._missing())
        if self.path == self.world.root or self.path in self.world.root.parents:
            raise CallError("The project folder itself cannot be deleted.")
        base = f"{self._name}/" if found.is_folder else ""
        files = [f"{base}{name}" if found.is_folder else self._name for name in found.files]
        note = f"{found.count} file{'' if found.count == 1 else 's'}, {found.size:,} bytes"
        return self._prepared(identity=found.identity, preview=files_preview(self._name, files, found.count), note=note)

    def _run(self, action: RunCommand | RunInteractive) -> Prepared:
        status = entry_status(self.path)
        if status is None or not stat.S_ISDIR(status.st_mode):
            raise CallError(f"`cwd`: there is no folder {self._name}.")
        limits = self.world.limits
        asked = action.timeout if isinstance(action, RunCommand) else None
        return self._prepared(timeout=min(asked or limits.command_timeout, limits.max_command_timeout))

    def _missing(self) -> str:
        """Return that there is no such file, with similar names of the same folder."""
        import difflib

        folder = self.path.parent
        try:
            with os.scandir(folder) as entries:
                names = [entry.name for entry in islice(entries, _MOST_SIMILAR)]
        except OSError:
            names = []
        similar = difflib.get_close_matches(self.path.name, names, n=12)
        close = list(islice((name for name in similar if self.world.allowed(folder / name)), 3))
        hint = f" Did you mean {' or '.join(self.world.name(folder / name) for name in close)}?" if close else ""
        return f"There is no {self._name}.{hint}"
