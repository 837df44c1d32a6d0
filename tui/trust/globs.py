"""File names that match, found in the real folders as bash would find them."""

from typing import Final

from tui.core.globs import compile_glob
from tui.trust.calls import FileView
from tui.trust.words import MOST_ACTIVE, Word

MOST_MATCHES: Final = 500


def expand(word: Word, cwd: str, files: FileView) -> list[str] | None:
    """Return what a word becomes: itself, or the names that match it in order. None when there are too many.

    Hidden names match only a pattern that begins with a dot, which also matches `.` and `..`.
    """
    if not word.active or len(word.active) > MOST_ACTIVE:
        return [word.text]
    active = frozenset(word.active)
    found = [""]
    start = 0
    for component in word.text.split("/"):
        end = start + len(component)
        marks = [index - start for index in active if start <= index < end]
        joint = "" if start == 0 else "/"
        if marks:
            found = [
                f"{head}{joint}{name}"
                for head in found
                for name in _matching(component, marks, head + joint, cwd, files)
            ]
        else:
            found = [f"{head}{joint}{component}" for head in found]
        if len(found) > MOST_MATCHES:
            return None
        start = end + 1
    exist = [path for path in found if files.lstat(_joined(path, cwd)) is not None]
    return sorted(exist) or [word.text]


def _matching(component: str, marks: list[int], head: str, cwd: str, files: FileView) -> list[str]:
    pattern = compile_glob(component, escapes=False, special=frozenset(marks))
    names = [name for name, _ in files.names(_joined(head or ".", cwd))]
    if component.startswith("."):
        names += [".", ".."]
    else:
        names = [name for name in names if not name.startswith(".")]
    return [name for name in names if pattern.fullmatch(name)]


def _joined(path: str, cwd: str) -> str:
    return path if path.startswith("/") else f"{cwd}/{path}"
