"""Which line of a TOML file a key is on. `tomllib` does not tell, and an error without a line costs a search.

The text has been parsed before, so this reads only as much grammar as it needs to tell keys from values. What it
cannot place (keys inside inline tables) takes the line of the nearest key around it.
"""

import re
from collections.abc import Callable
from tomllib import TOMLDecodeError, loads
from typing import Final

from tui.config.mistakes import KeyPath

_BLANK: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE: Final = re.compile(r"[ \t]*")
_PART: Final = re.compile(r'[A-Za-z0-9_-]+|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'')
_PIECE: Final = re.compile(
    r'"""(?:\\.|[^\\])*?"""+|\'\'\'.*?\'\'\'+|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*|[\[{]|[\]}]|\n|[^"\'#\[\]{}\n]+',
    re.DOTALL,
)


def key_lines(text: str) -> dict[KeyPath, int]:
    """Return the line (from 1) of every table and key of `text`, a valid TOML document."""
    return _Scanner(text).scan()


def places(text: str, name: str) -> Callable[[KeyPath], str]:
    """Return a function that tells where a key of the file `name` with this `text` is: `name:12`."""
    lines = key_lines(text)

    def where(path: KeyPath) -> str:
        for length in range(len(path), 0, -1):
            line = lines.get(path[:length])
            if line is not None:
                return f"{name}:{line}"
        return name

    return where


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1
        self._counted = 0
        self._lists: dict[KeyPath, int] = {}
        self._found: dict[KeyPath, int] = {}

    def scan(self) -> dict[KeyPath, int]:
        table: KeyPath = ()
        while True:
            self._skip(_BLANK)
            if self._at >= len(self._text):
                return self._found
            start = self._at
            if self._text[self._at] == "[":
                table = self._header()
            else:
                path = self._key()
                self._note((*table, *path))
                self._skip(_SPACE)
                self._at += 1  # the equals sign
                self._value()
            if self._at <= start:
                return self._found

    def _header(self) -> KeyPath:
        is_list = self._text.startswith("[[", self._at)
        self._at += 2 if is_list else 1
        path = self._within_lists(self._key())
        if is_list:
            number = self._lists.get(path, -1) + 1
            self._lists[path] = number
            self._note(path)
            path = (*path, number)
        self._note(path)
        self._skip(_SPACE)
        self._at += 2 if is_list else 1
        return path

    def _within_lists(self, key: tuple[str, ...]) -> KeyPath:
        """Return the path of a header's key: a list on the way means its newest item."""
        path: KeyPath = ()
        for part in key[:-1]:
            path = (*path, part)
            if path in self._lists:
                path = (*path, self._lists[path])
        return (*path, *key[-1:])

    def _key(self) -> tuple[str, ...]:
        parts: list[str] = []
        while True:
            self._skip(_SPACE)
            match = _PART.match(self._text, self._at)
            if match is None:
                return tuple(parts)
            self._at = match.end()
            parts.append(_plain(match[0]))
            self._skip(_SPACE)
            if not self._text.startswith(".", self._at):
                return tuple(parts)
            self._at += 1

    def _value(self) -> None:
        depth = 0
        while match := _PIECE.match(self._text, self._at):
            piece = match[0]
            if piece == "\n" and depth == 0:
                return
            self._at = match.end()
            if piece in "[{":
                depth += 1
            elif piece in "]}":
                depth -= 1

    def _note(self, path: KeyPath) -> None:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        for length in range(1, len(path) + 1):  # `[a.b]` makes the table `a` too
            self._found.setdefault(path[:length], self._line)

    def _skip(self, blank: re.Pattern[str]) -> None:
        match = blank.match(self._text, self._at)
        if match is not None:
            self._at = match.end()


def _plain(part: str) -> str:
    if part[0] == "'":
        return part[1:-1]
    if part[0] == '"' and "\\" in part:
        try:
            return str(loads(f"key = {part}")["key"])
        except TOMLDecodeError:
            return part
    return part.strip('"') if part[0] == '"' else part
