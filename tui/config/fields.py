"""The building blocks of the configuration's fields: rules, marks and common types."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Final, TypeAlias

from tui.core.record import Record, record


@record(kw_only=False)
class Range(Record):
    """A number must be at least `least` and at most `most`; with `above`, also greater than that."""

    least: int | None = None
    most: int | None = None
    above: int | None = None

    def __str__(self) -> str:
        if self.above is not None:
            return f"above {self.above}, at most {self.most}"
        return f"{self.least} to {self.most}"


@record(kw_only=False)
class Pattern(Record):
    """A text must match the regular expression `regex` as a whole; `expected` says it in words."""

    regex: str
    expected: str


class Mark(StrEnum):
    """What else is special about a field."""

    USER_ONLY = "user only"
    """A project file may not set it: it decides where keys and prompts go, or what a key press does."""
    LONG_TEXT = "long text"
    """May hold several lines."""


NAME: Final = Pattern(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", "letters, digits, `.`, `_` and `-`, at most 64")
PANE_NAME: Final = Pattern(r"(\w[\w.-]{0,63})?", NAME.expected)
VARIABLE: Final = Pattern(r"[A-Za-z_][A-Za-z0-9_]{0,99}", "the name of an environment variable")
TARGET: Final = Pattern(
    r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}(:\S+)?", "an endpoint, or an endpoint and a model: `openai:gpt-6-luna`"
)
ADDRESS: Final = Pattern(
    r"(https?://[^\s/?#@]+(/[^\s?#]*)?)?", "an address like `https://host/path`, without a user, password or query"
)

Seconds: TypeAlias = Annotated[float, Range(above=0, most=86_400)]
Dollars: TypeAlias = Annotated[Decimal, Range(least=0, most=1_000_000)]
Variables: TypeAlias = tuple[Annotated[str, VARIABLE], ...]
Targets: TypeAlias = tuple[Annotated[str, TARGET], ...]
