"""Taking arguments out of a model's JSON object: exact types, known names, errors a model can act on."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from tui.core.chat import Json
from tui.core.tool_arguments import EDIT, LONGEST_PATH, Argument, ContradictionError, Kind, given, given_names

_COMMENTS: Final = frozenset({"description", "explanation", "reason", "rationale", "thought"})
"""Arguments that only say why; models add them unasked and expect nothing of them."""
_MOST_ITEMS: Final = 1_000


class ArgumentError(ValueError):
    """An argument is missing or wrong; the text tells the model."""


class Fields:
    """The arguments of a call, taken out one by one; what is left at the end is unknown.

    `known` are those there can be: asking for another one, or for one as something else, is a mistake of this program.
    `canonical` collects what was taken, under the canonical names and in the canonical types.
    """

    def __init__(self, arguments: Mapping[str, Json], known: Mapping[str, Argument], where: str = "") -> None:
        self._left = {str(name): value for name, value in arguments.items() if value is not None}
        self._known = known
        self._where = where
        self.canonical: dict[str, Json] = {}

    def has(self, name: str) -> bool:
        """Tell whether the argument, or an alias of it, is there."""
        return bool(given_names(self._left, name))

    def text(self, name: str, *, default: str | None = None, may_be_empty: bool = False, plain: bool = False) -> str:
        """Return a text. With `plain` it may hold no line break and no NUL, as paths must not."""
        value = self._take(name, Kind.TEXT)
        if value is None:
            if default is None:
                raise ArgumentError(f"`{self._where}{name}` is missing.")
            return default
        if not isinstance(value, str):
            raise ArgumentError(f"`{self._where}{name}` must be a string, not {_kind(value)}.")
        if not value and default is not None:
            return default
        if not value and not may_be_empty:
            raise ArgumentError(f"`{self._where}{name}` is empty.")
        self._check(name, value, plain=plain)
        self.canonical[name] = value
        return value

    def path(self, *, default: str | None = None) -> str:
        """Return the argument `path`."""
        return self.text("path", default=default, plain=True)

    def integer(self, name: str, *, least: int) -> int | None:
        """Return a whole number of at least `least`; 12.0 counts as 12, as some wires know no whole numbers."""
        value = self._take(name, Kind.WHOLE)
        if value is None:
            return None
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise ArgumentError(f"`{self._where}{name}` must be a whole number, not {_kind(value)}.")
        if value < least:
            raise ArgumentError(f"`{self._where}{name}` must be at least {least}.")
        self.canonical[name] = value
        return value

    def number(self, name: str) -> float | None:
        """Return a number above zero."""
        value = self._take(name, Kind.NUMBER)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ArgumentError(f"`{self._where}{name}` must be a number, not {_kind(value)}.")
        if not 0 < value < float("inf"):
            raise ArgumentError(f"`{self._where}{name}` must be above 0.")
        self.canonical[name] = value
        return float(value)

    def flag(self, name: str) -> bool:
        """Return true or false; false when it is not there."""
        value = self._take(name, Kind.FLAG)
        if value is None:
            return False
        if not isinstance(value, bool):
            raise ArgumentError(f"`{self._where}{name}` must be true or false, not {_kind(value)}.")
        self.canonical[name] = value
        return value

    @contextmanager
    def edits(self, name: str) -> Iterator[Iterator["Fields"]]:
        """Yield the edits of a list, each as fields of its own, which are finished in the end."""
        value = self._take(name, Kind.EDITS)
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise ArgumentError(f"`{self._where}{name}` must be a list, not {_kind(value)}.")
        if len(value) > _MOST_ITEMS:
            raise ArgumentError(f"`{self._where}{name}` holds more than {_MOST_ITEMS} items; make several calls.")
        parts: list[Fields] = []
        for index, item in enumerate(value):
            if not isinstance(item, Mapping):
                raise ArgumentError(f"`{self._where}{name}[{index}]` must be an object, not {_kind(item)}.")
            parts.append(Fields(item, EDIT, f"{self._where}{name}[{index}]."))
        yield iter(parts)
        for part in parts:
            part.finish()
        self.canonical[name] = [part.canonical for part in parts]

    def finish(self) -> None:
        """Refuse what was not taken."""
        unknown = sorted(set(self._left) - _COMMENTS)
        if unknown:
            names = ", ".join(f"`{self._where}{name[:60]}`" for name in unknown[:5])
            raise ArgumentError(f"There is no argument {names}.")

    def _take(self, name: str, kind: Kind) -> Json:
        if self._known[name].kind is not kind:
            raise LookupError(f"{name} is declared as {self._known[name].kind}")
        try:
            value: Json = given(self._left, name)
        except ContradictionError as error:
            raise ArgumentError(f"{error}; give only `{self._where}{name}`.") from error
        for each in given_names(self._left, name):
            del self._left[each]
        return value

    def _check(self, name: str, value: str, *, plain: bool) -> None:
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise ArgumentError(f"`{self._where}{name}` holds half a character (a lone surrogate).") from error
        if not plain:
            return
        if any(character in value for character in "\0\n\r"):
            raise ArgumentError(f"`{self._where}{name}` holds a line break or a NUL character.")
        if len(value.encode()) > LONGEST_PATH:
            raise ArgumentError(f"`{self._where}{name}` is longer than {LONGEST_PATH} bytes.")


def _kind(value: Json) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, int | float):
        return "a number"
    return "an object" if isinstance(value, Mapping) else "a list"
