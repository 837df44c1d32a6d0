"""Writing settings back to disk: atomic, private, and never over a file that could not be understood."""

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import Any

from tui.core.errors import Problem, UsageError

_PRIVATE = 0o600


def set_value(path: Path, key: str, value: object) -> None:
    """Set the dotted `key` in the TOML file `path` to `value`, or remove it when `value` is None.

    The other keys keep their values, and comments and layout stay wherever one line can be changed or added; only
    otherwise the file is written anew. The value is checked as `load` would check it. Raises UsageError when the file
    cannot be parsed, the value is not valid, or the file cannot be written; the file is then as it was.
    """
    from tui.config.files import parse, read_text

    text = read_text(path, str(path)) or ""
    document = parse(text, str(path))
    parts = key.split(".")
    table = document
    for part in parts[:-1]:
        below = table.setdefault(part, {})
        if not isinstance(below, dict):
            raise UsageError(Problem(title="Cannot save the setting", text=f"{path}: {part} in {key} is no table."))
        table = below
    if value is None:
        table.pop(parts[-1], None)
    else:
        table[parts[-1]] = _plain(value)
    _check(document, path, parts)
    write_private(path, _written(text, document, parts))


def add_to_list(path: Path, key: str, item: str) -> None:
    """Add `item` to the list at the dotted `key` of the TOML file `path` as it is now; nothing if it is there.

    Raises UsageError as `set_value` does.
    """
    from tui.config.files import parse, read_text

    found: Any = parse(read_text(path, str(path)) or "", str(path))
    for part in key.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    listed = list(found) if isinstance(found, list) else []
    if item not in listed:
        set_value(path, key, [*listed, item])


def write_private(path: Path, text: str) -> None:
    """Replace the file `path` by `text` in one step; a new file is readable by its owner alone.

    A symbolic link is followed, so settings kept elsewhere and linked stay linked. Raises UsageError.
    """
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else _PRIVATE
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _PRIVATE)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fchmod(file.fileno(), mode)
                os.fsync(file.fileno())
            temporary.replace(target)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
        _sync_folder(target.parent)
    except OSError as error:
        raise UsageError(
            Problem(
                title="Cannot write the file",
                text=f"{path}: {error.strerror or error}.",
                hint="Check that the folder exists, is yours, and has room.",
            )
        ) from error


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _written(text: str, document: Mapping[str, Any], parts: list[str]) -> str:
    """Return `document` as TOML: `text` with one line changed if that gives the same, else all of it anew."""
    import tomli_w

    from tui.config.files import parse
    from tui.config.mistakes import ConfigError

    for edited in _edits(text, document, parts):
        try:
            if parse(edited, "") == document:
                return edited
        except ConfigError:
            continue
    # several lines only without carriage returns, which tomli-w would turn into newlines
    return tomli_w.dumps(document, multiline_strings=not _holds_carriage_return(document))


def _edits(text: str, document: Mapping[str, Any], parts: list[str]) -> Iterator[str]:
    """Yield guesses of how one changed or added line makes `document`; the caller checks them."""
    import tomli_w

    from tui.config.locate import key_lines

    value: Any = document
    for part in parts:
        value = value.get(part) if isinstance(value, Mapping) else None
    if value is None or isinstance(value, Mapping):
        return
    new = tomli_w.dumps({parts[-1]: value}).rstrip("\n")
    lines = text.splitlines(keepends=True)
    places = key_lines(text)
    at = places.get(tuple(parts))
    table = places.get(tuple(parts[:-1]))
    if at is not None:
        old = lines[at - 1].rstrip("\r\n")
        key, _, rest = old.partition("=")
        mark = rest.rfind(" #")
        comment = rest[mark:] if mark >= 0 and not set(rest[mark:]) & {'"', "'"} else ""
        line = f"{key.rstrip()} {new[len(parts[-1]) :].lstrip()}{comment}\n"
        yield "".join([*lines[: at - 1], line, *lines[at:]])
    elif table is not None:
        yield "".join([*lines[:table], f"{new}\n", *lines[table:]])
    else:
        gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
        yield f"{text}{gap}[{'.'.join(parts[:-1])}]\n{new}\n"


def _check(document: Mapping[str, Any], path: Path, parts: list[str]) -> None:
    from tui.config.decode import Reader
    from tui.config.mistakes import ConfigError, dotted
    from tui.config.schema import schema

    reader = Reader(where=lambda _: str(path))
    reader.table(schema(), document)
    key = dotted(tuple(parts))
    wrong = [mistake for mistake in reader.mistakes if mistake.key.startswith(key)]
    if wrong:
        raise ConfigError(wrong)


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return _plain(value.value)
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _holds_carriage_return(value: object) -> bool:
    if isinstance(value, str):
        return "\r" in value
    if isinstance(value, Mapping):
        return any(_holds_carriage_return(item) for item in value.values())
    if isinstance(value, list):
        return any(_holds_carriage_return(item) for item in value)
    return False
