"""Keys that Textual 8.2.8 reads wrongly on terminals without the kitty keyboard protocol.

Such terminals send ESC before a key that is pressed with Alt. Textual drops the ESC before Enter, so Alt+Enter would
send the prompt, and takes ESC before a digit for an Option key of a Mac. The table below can go when Textual's
`textual._ansi_sequences` tells these keys apart.
"""

from enum import Enum
from typing import Any, Final, cast


class AltKey(Enum):
    """Names of keys as Textual's other tables give them."""

    ENTER = "alt+enter"
    ONE = "alt+1"
    TWO = "alt+2"
    THREE = "alt+3"
    FOUR = "alt+4"
    FIVE = "alt+5"
    SIX = "alt+6"
    SEVEN = "alt+7"
    EIGHT = "alt+8"
    NINE = "alt+9"


SEQUENCES: Final = {"\x1b" + ("\r" if key is AltKey.ENTER else key.value.removeprefix("alt+")): key for key in AltKey}
"""What the terminal sends, and the key it means."""

SENDS: Final = frozenset({"enter", "ctrl+enter", "super+enter"})
"""Keys that send the prompt."""

NEWLINES: Final = frozenset({"ctrl+j", "shift+enter", "alt+enter", "newline"})
"""Keys that insert a line break, with the names kitty-protocol terminals and all others give them."""


def is_newline(key: str) -> bool:
    """Whether a key inserts a line break. xterm's own protocol makes Shift+Enter a key named ``shift+<CR>``."""
    return key in NEWLINES or key.endswith("\r")


def teach_terminal_keys() -> None:
    """Add the missing sequences to Textual's table; doing so twice changes nothing."""
    from textual._ansi_sequences import ANSI_SEQUENCES_KEYS

    table = cast("dict[str, Any]", ANSI_SEQUENCES_KEYS)
    for sequence, key in SEQUENCES.items():
        table[sequence] = (key,)
