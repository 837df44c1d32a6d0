"""What is wrong in a configuration, said so that a person can mend it: where, which key, expected, found."""

import re
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from tui.core.errors import Problem, UsageError
from tui.core.record import Record, record
from tui.core.untrusted import clean, clean_line

KeyPath: TypeAlias = tuple[str | int, ...]
"""The way to a value: `("panes", 0, "model")`."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_UNSHOWN = r"(?i)key|token|secret|passw|credential|auth"
_MOST_SHOWN = 30
_HUGE = 10**30


@record(kw_only=False)
class Mistake(Record):
    """One thing that is wrong: `where` is a file with a line or a variable, `key` is dotted (may be empty)."""

    where: str
    key: str
    text: str

    def __str__(self) -> str:
        return ": ".join(clean(part) for part in (self.where, self.key, self.text) if part)


class ConfigError(UsageError):
    """The configuration cannot be used; `mistakes` has all of them."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        lines = [str(mistake) for mistake in self.mistakes[:_MOST_SHOWN]]
        if len(self.mistakes) > _MOST_SHOWN:
            lines.append(f"and {len(self.mistakes) - _MOST_SHOWN} more")
        title = "The configuration has a mistake"
        if len(self.mistakes) > 1:
            title = f"The configuration has {len(self.mistakes)} mistakes"
        super().__init__(Problem(title=title, text="\n  ".join(lines), hint="Every key is described in README.md."))


def dotted(path: KeyPath) -> str:
    """Return `path` as it is written: `endpoints."my box".wire`, `panes[0].model`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            shown = part if _BARE.fullmatch(part) else f'"{clean_line(part, 80)}"'
            text += f".{shown}" if text else shown
    return text


def found(value: object, path: KeyPath = ()) -> str:
    """Return `value` as it may be shown in an error: short, harmless, and no secret."""
    from tui.core.secrets import mask  # an error is rare, the import is not free

    name = next((part for part in reversed(path) if isinstance(part, str)), "")
    match value:
        case bool():
            return "true" if value else "false"
        case str() if re.search(_UNSHOWN, name):
            return "a text that is not shown here"
        case str():
            return f'"{clean_line(mask(value), 60)}"'
        case dict():
            return "a table"
        case list() | tuple():
            return "a list"
        case int() if abs(value) > _HUGE:  # Python refuses to write out very long ones
            return "a huge number"
        case _:
            return clean_line(str(value), 60)


def nearest(word: str, known: Iterable[str], count: int = 1) -> list[str]:
    """Return up to `count` of the `known` words that are spelt most like `word`."""
    from difflib import get_close_matches

    return get_close_matches(word[:100], list(known), n=count, cutoff=0.6)
