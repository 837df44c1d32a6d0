"""What is typed into a terminal, to the letter: also keys Textual 8.2.8 reads without telling all of it.

A terminal without the kitty keyboard protocol sends ESC before a key that is pressed with Alt. Textual forgets the
Alt of punctuation, and takes ESC with b, f or Backspace for another key; what it makes of these stays as it is, but
the key's name remembers what was sent.
"""

import string
from typing import Any, Final, cast

from tui.core.terminal import TerminalPort

_MOST_EARLY: Final = 1 << 16
_MOST_LOOKS: Final = 250
_WORDS: Final = {"\x1bb": "ctrl+left", "\x1bf": "ctrl+right", "\x1b\x7f": "ctrl+w"}
_OPENERS: Final = frozenset("[O]P^_X")
"""What may begin a longer sequence after ESC."""


class SentKey(str):
    """The name of a key that remembers the bytes it came as."""

    __slots__ = ("sent",)
    sent: str

    @classmethod
    def named(cls, name: str, sent: str) -> "SentKey":
        """Return a key's name with what was sent for it."""
        made = cls(name)
        made.sent = sent
        return made


class _Entry:
    """What Textual's table holds for a sequence: something with a value."""

    def __init__(self, key: SentKey) -> None:
        self.value = key


def _unnamed(character: str) -> str:
    import unicodedata

    return unicodedata.name(character).lower().replace(" ", "_").replace("-", "_")


def sequences() -> dict[str, SentKey]:
    """Return the sequences to be taught, and the keys they mean."""
    found = {sent: SentKey.named(name, sent) for sent, name in _WORDS.items()}
    for character in string.punctuation + "0":
        if character not in _OPENERS:
            name = character if character.isalnum() else _unnamed(character)
            found[f"\x1b{character}"] = SentKey.named(f"alt+{name}", f"\x1b{character}")
    for letter in string.ascii_lowercase:
        control = chr(ord(letter) & 0x1F)
        if control not in "\t\r":
            found[f"\x1b{control}"] = SentKey.named(f"alt+ctrl+{letter}", f"\x1b{control}")
    return found


def teach_sent_keys() -> None:
    """Add the sequences to Textual's table; doing so twice changes nothing."""
    from textual._ansi_sequences import ANSI_SEQUENCES_KEYS

    table = cast("dict[str, Any]", ANSI_SEQUENCES_KEYS)
    for sent, key in sequences().items():
        table[sent] = (_Entry(key),)


def sent_bytes(key: str) -> bytes | None:
    """Return what was sent for a key, if its name does not say it all."""
    return key.sent.encode() if isinstance(key, SentKey) else None


class EarlyKeys:
    """What was typed for programs that do not run yet: with no terminal at all, it is for the one that comes next."""

    def __init__(self) -> None:
        self._texts: dict[TerminalPort | None, bytes] = {}
        self._looks = 0

    def __bool__(self) -> bool:
        return bool(self._texts)

    def waits_for(self, port: TerminalPort | None) -> bool:
        """Whether something typed before is still to be sent there."""
        return port in self._texts

    def add(self, port: TerminalPort | None, data: bytes) -> None:
        """Keep some bytes, in order; of very many the first."""
        self._looks = 0
        self._texts[port] = (self._texts.get(port, b"") + data)[:_MOST_EARLY]

    def adopt(self, port: TerminalPort) -> None:
        """The terminal that was waited for is there."""
        data = self.drop(None)
        if data:
            self.add(port, data)

    def drop(self, port: TerminalPort | None) -> bytes:
        """Return what waits for a terminal, and keep it no longer."""
        return self._texts.pop(port, b"")

    def due(self) -> list[tuple[TerminalPort, bytes]]:
        """Return what can be sent now. What nobody takes after many looks is nobody's."""
        self._looks += 1
        ready = [port for port in self._texts if port is not None and port.running]
        found = [(port, self.drop(port)) for port in ready]
        if self._looks > _MOST_LOOKS:
            self._texts.clear()
        return found
