"""What a command that deletes would take with it, for a person to see before it may run."""

import glob
import os
import re
import shlex
import stat
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from tui.core.tool_events import Preview
from tui.tools.preview import files_preview

_REMOVERS: Final = frozenset({"rm", "rmdir", "unlink", "shred"})
_MOVERS: Final = frozenset({"cd", "pushd", "popd", "chdir"})
_LITERAL: Final = re.compile(r"[^$`\\~<>(){}&;|#!\n*?\[\]]*")
_PATTERN: Final = re.compile(r"[^$`\\~<>(){}&;|#!\n'\"]*")
_SHOWN: Final = 500
_MOST: Final = 1_000_000
"""Where counting ends."""


def doomed(parts: Sequence[str], folder: Path) -> Preview:
    """Return the files that the simple commands `parts`, run in `folder`, would delete by name or simple pattern.

    What cannot be told for sure, such as a value that is known only when it runs, is left out: an empty preview
    promises nothing. Blocking; links are not followed.
    """
    targets: list[str] = []
    for part in parts:
        words = _words(part, folder)
        if words and words[0] in _MOVERS:
            break  # what follows runs elsewhere
        if words and os.path.basename(words[0]) in _REMOVERS:  # noqa: PTH119 - a word of a command, no path yet
            targets += [word for word in dict.fromkeys(words[1:]) if word and not word.startswith("-")]
    files: list[str] = []
    count = 0
    for name in islice(_below(targets, folder), _MOST):
        count += 1
        if count <= _SHOWN:
            files.append(name)
    return files_preview("", files, count) if count else Preview()


def _words(part: str, folder: Path) -> list[str]:
    """Return the words of a simple command, patterns as what they match; none where that is not certain."""
    try:
        if _LITERAL.fullmatch(part):
            return shlex.split(part)
        if not _PATTERN.fullmatch(part) or "**" in part:
            return []
        words = part.split()
        found = [sorted(glob.glob(word, root_dir=folder)) or [word] for word in words]  # noqa: PTH207 - as bash: no dot
        return [word for words in found for word in words]
    except ValueError:
        return []


def _below(targets: Sequence[str], folder: Path) -> Iterator[str]:
    for target in targets:
        try:
            mode = (folder / target).lstat().st_mode
        except (OSError, ValueError):
            continue
        if not stat.S_ISDIR(mode):
            yield target
            continue
        base = target.rstrip("/")
        for inside, folders, names in os.walk(folder / target, followlinks=False):
            at = os.path.relpath(inside, folder / target)
            linked = [name for name in folders if (Path(inside) / name).is_symlink()]
            for name in sorted([*names, *linked]):
                yield f"{base}/{name}" if at == "." else f"{base}/{at}/{name}"
