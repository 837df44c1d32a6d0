"""Earlier prompts and the timing of keys: models of the prompt that know neither Textual nor the disk."""

from collections.abc import Iterable
from enum import Enum
from typing import Final

from tui.ui.view.prompt_text import Kept

LIMIT: Final = 1_000
"""Most prompts remembered."""


class History:
    """Earlier prompts, oldest first, and a place among them. The unsent draft is one more, after the newest.

    Walking away from a text keeps what was changed in it until the next send, as shells do.
    """

    def __init__(self, entries: Iterable[Kept] = ()) -> None:
        self._entries: list[Kept] = list(entries)[-LIMIT:]
        self._edited: dict[int, Kept] = {}
        self._place = len(self._entries)

    @property
    def entries(self) -> tuple[Kept, ...]:
        """Every prompt remembered, oldest first."""
        return tuple(self._entries)

    def add_older(self, entries: Iterable[Kept]) -> None:
        """Put prompts of earlier runs before the ones of this run."""
        older = list(entries)[-max(0, LIMIT - len(self._entries)) :] if len(self._entries) < LIMIT else []
        self._entries[:0] = older
        self._place += len(older)
        self._edited = {place + len(older): kept for place, kept in self._edited.items()}

    def add(self, kept: Kept) -> bool:
        """Remember a sent prompt and go to a fresh draft. False if it only repeats the newest."""
        repeated = bool(self._entries) and self._entries[-1].text == kept.text
        if not repeated:
            self._entries.append(kept)
            del self._entries[:-LIMIT]
        self._edited.clear()
        self._place = len(self._entries)
        return not repeated

    def move(self, step: int, current: Kept) -> Kept | None:
        """Leave `current` for the text `step` places on (-1 older, +1 newer); None at either end."""
        target = self._place + step
        if not 0 <= target <= len(self._entries):
            return None
        self._edited[self._place] = current
        self._place = target
        if target in self._edited:
            return self._edited[target]
        return self._entries[target]

    def jump(self, index: int, current: Kept) -> Kept:
        """Leave `current` for the entry at `index`."""
        self._edited[self._place] = current
        self._place = index
        return self._entries[index]


class Enter(Enum):
    """What an Enter key is, judged by the keys around it."""

    SEND = "send"
    """Pressed by a person."""
    WAIT = "wait"
    """Right behind other keys: the end of a pasted line, or of text typed by a program. Wait for what follows."""
    NEWLINE = "newline"
    """Part of pasted text."""


class BurstGuard:
    """Tells a paste from typing where the terminal does not mark pastes.

    Pasted text arrives as keys without a pause between them. An Enter among such keys is a line break. One that
    ends the first line of a burst is held for `HOLD` seconds: if text follows, it was a line break; if nothing
    does, a program typed one line and Enter, and it is sent. Times are in seconds on any steady clock.
    """

    GAP: Final = 0.005
    """Longest pause between two keys of a burst; people need several times as long."""
    HOLD: Final = 0.040
    """How long a doubtful Enter waits for what follows."""
    LINGER: Final = 0.060
    """A pause in the middle of a paste that came over a slow line."""
    SURE: Final = 4
    """Keys without a pause that make a burst certain."""

    def __init__(self) -> None:
        self._last = float("-inf")
        self._run = 0
        self._breaks = 0

    def _follows(self, at: float) -> bool:
        pause = self.LINGER if self._run >= self.SURE or self._breaks else self.GAP
        return self._run > 0 and at - self._last <= pause

    def in_burst(self, at: float) -> bool:
        """Whether a key at this time belongs to a certain burst; then Tab is a character like any other."""
        return self._follows(at) and (self._run >= self.SURE or self._breaks > 0)

    def typed(self, at: float) -> None:
        """Note a character."""
        if self._follows(at):
            self._run = self._run + 1 if at - self._last <= self.GAP else max(1, self._run)
        else:
            self._run, self._breaks = 1, 0
        self._last = at

    def enter(self, at: float, *, more: bool = False) -> Enter:
        """Judge an Enter key. `more`: other events wait behind it, perhaps the rest of a paste."""
        follows = self._follows(at)
        self._last = at
        if not follows:
            self._run = self._breaks = 0
            return Enter.WAIT if more else Enter.SEND
        if self._breaks:
            return Enter.NEWLINE
        return Enter.WAIT

    def continues(self, at: float) -> bool:
        """Whether a key at this time shows that the Enter that waits was a line break."""
        return at - self._last <= (self.HOLD if self._run else self.GAP)

    def line_break(self) -> None:
        """The Enter that waited turned out to be a line break: so are the others of this burst."""
        self._breaks += 1
        self._run = max(1, self._run)

    def sent(self) -> None:
        """The draft was sent: a new burst begins with the next key."""
        self._run = self._breaks = 0
