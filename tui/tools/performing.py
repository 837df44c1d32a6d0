"""Doing what was prepared: reading, listing, searching, and changing files so that it can be undone. Blocking."""

import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

from tui.core.tool_events import ToolStatus
from tui.tools.bin import discard
from tui.tools.changes import Changes, Undone, remove_empty
from tui.tools.globs import Glob, parse_glob
from tui.tools.listing import Walker, listing
from tui.tools.opening import MovedError, load, said
from tui.tools.outcome import Identity, Prepared, ToolOutcome
from tui.tools.preparing import World
from tui.tools.reading import UnreadableError, read_text
from tui.tools.requests import DeleteFile, EditFile, ListFiles, ReadFile, Search
from tui.tools.searching import MOST_MATCHES, SearchError, Stop, search
from tui.tools.writing import ChangedError, Writer

_MOST_LISTED: Final = 1_000
_DEPTH: Final = 3
"""Levels of folders that are listed when the model names no depth."""


def failed(text: str, *, changed_since: bool = False) -> ToolOutcome:
    """Return that a call did nothing, and why."""
    summary = text.partition("\n")[0]
    return ToolOutcome(text=text, status=ToolStatus.ERROR, summary=summary[:200], changed_since=changed_since)


class Performer:
    """Does prepared calls in one project; changes are made one at a time."""

    def __init__(self, world: World, writer: Writer, changes: Changes) -> None:
        self._world = world
        self._writer = writer
        self._changes = changes
        self._lock = threading.Lock()

    def look(self, prepared: Prepared, stop: Stop) -> ToolOutcome:
        """Read, list or search. Never raises for what the file system does."""
        try:
            match prepared.request.action:
                case ReadFile() as action:
                    return self._read(prepared, action)
                case ListFiles() as action:
                    return self._list(prepared, action, stop)
                case Search() as action:
                    return self._search(prepared, action, stop)
                case _:
                    raise ValueError(f"{prepared.request.tool} does not read")
        except UnreadableError as error:
            return failed(str(error))
        except SearchError as error:
            return failed(f"The regular expression cannot be used: {error}. Mend it, or set `literal`.")
        except OSError as error:
            return failed(f"{self._world.name(prepared.path)}: {said(error)}.")

    def change(self, prepared: Prepared) -> ToolOutcome:
        """Write, edit or delete exactly as prepared, or nothing when the file is no longer the same."""
        name = self._world.name(prepared.path)
        try:
            with self._lock:
                if isinstance(prepared.request.action, DeleteFile):
                    return self._delete(prepared, name)
                return self._write(prepared, name)
        except (ChangedError, MovedError) as error:
            return failed(
                f"{name}: {said(error)}, so nothing was done. Read it again and decide anew.", changed_since=True
            )
        except OSError as error:
            return failed(f"{self._kept_for_undo(error) or name}: {said(error)}. Nothing was changed.")

    def _kept_for_undo(self, error: OSError) -> str:
        """Return what could not be kept, when it was not the file itself that could not be changed."""
        folder, named = self._changes.folder, Path(os.fsdecode(error.filename or ""))
        if named.is_absolute() and (named.is_relative_to(folder) or folder.is_relative_to(named)):
            return f"What could undo it cannot be kept, {named}"
        return ""

    def undo(self, pane: str | None, *, turn: bool) -> Undone:
        """Take back changes; never while one is being made."""
        with self._lock:
            return self._changes.undo(pane, turn=turn)

    def _read(self, prepared: Prepared, action: ReadFile) -> ToolOutcome:
        shown = read_text(prepared.path, self._world.name(prepared.path), action, self._world.limits)
        self._world.activity.saw(prepared.pane, prepared.path, shown.identity)
        return ToolOutcome(text=shown.text, status=ToolStatus.OK, summary=shown.summary)

    def _list(self, prepared: Prepared, action: ListFiles, stop: Stop) -> ToolOutcome:
        glob = _glob(action.pattern)
        depth = action.depth if action.depth is not None else (None if glob else _DEPTH)
        walker = Walker(prepared.path, self._world.allowed, stop.is_set, depth)
        prefix = self._world.name(prepared.path)
        paths, complete = listing(walker, glob, "" if prefix == "." else prefix, most=_MOST_LISTED)
        kept, cut = _bounded([one_line(path) for path in paths], self._world.limits.output_bytes)
        notes = []
        if cut or not complete:
            notes.append("there is more: list a folder below, or give a pattern or a smaller depth")
        if walker.seen.ignored:
            notes.append(f"{walker.seen.ignored} ignored by .gitignore left out")
        if walker.seen.unreadable:
            notes.append(f"{walker.seen.unreadable} folders could not be read")
        nothing = "No file matches." if glob else "The folder is empty."
        text = "\n".join([*(kept or [nothing]), *([f"[{'; '.join(notes)}]"] if notes else [])])
        summary = f"{len(kept)}{'' if complete and not cut else '+'} {'entry' if len(kept) == 1 else 'entries'}"
        return ToolOutcome(text=text, status=ToolStatus.OK, summary=summary)

    def _search(self, prepared: Prepared, action: Search, stop: Stop) -> ToolOutcome:
        found = search(
            action, prepared.path, self._world.root, glob=_glob(action.glob), allowed=self._world.searchable, stop=stop
        )
        kept, cut = _bounded(found.lines, self._world.limits.output_bytes)
        note = ""
        if found.timed_out:
            note = "[The search took too long and was ended: narrow it by path or glob.]"
        elif cut or not found.complete:
            note = f"[More lines match; {len(kept)} are shown. Narrow the pattern, path or glob.]"
        text = "\n".join([*(kept or ["No line matches."]), *([note] if note else [])])
        more = "+" if note and len(kept) >= min(MOST_MATCHES, len(found.lines)) else ""
        summary = f"{len(kept)}{more} {'match' if len(kept) == 1 else 'matches'} in {found.files} " + (
            "file" if found.files == 1 else "files"
        )
        return ToolOutcome(text=text, status=ToolStatus.OK, summary=summary)

    def _write(self, prepared: Prepared, name: str) -> ToolOutcome:
        content = prepared.content
        if content is None:
            raise ValueError("nothing was prepared to be written")
        old = self._current(prepared)
        if old is not None and old[0] == content:
            self._world.activity.saw(prepared.pane, prepared.path, old[1])
            return ToolOutcome(text=f"{name} already holds exactly this.", status=ToolStatus.OK, summary="no change")
        serial = self._changes.begin(prepared.pane, prepared.turn, prepared.path, old=old, new=content)
        made: list[str] = []
        try:
            now = self._writer.replace(prepared.path, content, prepared.identity, made=made)
        except BaseException:
            remove_empty(made)
            with suppress(OSError):
                self._changes.dropped(serial)
            raise
        with suppress(
            OSError
        ):  # the change is made, and what its undo needs is kept; folders made for it may stay then
            self._changes.done(serial, made)
        self._world.activity.changed(prepared.pane, prepared.path, now)
        return self._written(prepared, name, created=old is None, size=len(content))

    def _current(self, prepared: Prepared) -> tuple[bytes, Identity] | None:
        """Return what the file holds if it is still what was prepared, None when there is still none."""
        if prepared.identity is None:
            return None
        try:
            data, now = load(prepared.path, most=prepared.identity.size)
        except FileNotFoundError:
            raise ChangedError(0, "it was deleted meanwhile", str(prepared.path)) from None
        if now.digest != prepared.identity.digest:
            raise ChangedError(0, "it was changed meanwhile", str(prepared.path))
        return data, now

    def _written(self, prepared: Prepared, name: str, *, created: bool, size: int) -> ToolOutcome:
        preview = prepared.preview
        counts = f"+{preview.added} −{preview.removed}"
        if isinstance(prepared.request.action, EditFile):
            count = len(prepared.request.action.edits)
            text = f"Edited {name}: {count} replacement{'' if count == 1 else 's'}, {counts} lines."
        else:
            text = f"{'Created' if created else 'Replaced'} {name}: {counts} lines, {size:,} bytes."
        if prepared.note:
            text += f" {prepared.note}"
        return ToolOutcome(text=text, status=ToolStatus.OK, summary=counts, preview=preview)

    def _delete(self, prepared: Prepared, name: str) -> ToolOutcome:
        if prepared.identity is None:
            raise ValueError("nothing was prepared to be deleted")
        serial, place = self._changes.begin_delete(prepared.pane, prepared.turn, prepared.path)
        try:
            discard(prepared.path, place, prepared.identity)
        except BaseException:
            with suppress(OSError):
                self._changes.dropped(serial)
            raise
        self._world.activity.changed(prepared.pane, prepared.path, None)
        text = f"Deleted {name} ({prepared.note}). The person can restore it."
        return ToolOutcome(text=text, status=ToolStatus.OK, summary=prepared.note, preview=prepared.preview)


def one_line(name: str) -> str:
    """Return a file name as one line of text, spelled out when it holds line breaks or other controls."""
    return name if name.isprintable() else repr(name)[1:-1]


def _glob(text: str) -> Glob | None:
    return parse_glob(text) if text else None


def _bounded(lines: list[str], budget: int) -> tuple[list[str], bool]:
    """Return the first lines that fit into `budget` bytes, and whether some do not."""
    used = 0
    for index, line in enumerate(lines):
        used += len(line.encode("utf-8", "surrogateescape")) + 1
        if used > budget:
            return lines[:index], True
    return lines, False
