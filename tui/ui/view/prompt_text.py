"""What a person types, understood: who is asked, which command is meant, what a big paste folds to.

Pure functions and small models without Textual. The developer's own text is never altered: what is sent is byte
for byte what was typed or pasted, apart from the leading `@name` words that say who is asked.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from tui.core import validation
from tui.core.record import Record, record

ALL: Final = "all"
"""`@all` asks every pane, and ends the list of names: what follows is text, whatever it begins with."""

FOLD_LINES: Final = 10
"""A paste of more lines than this is folded."""
FOLD_CHARACTERS: Final = 2_000
"""A paste of more characters than this is folded."""

refusal = validation.refusal

_MENTION: Final = re.compile(r"@(?P<word>\S+)(?P<space>[ \t]*\n?)")
_COMMAND: Final = re.compile(r"/(?P<name>\S*)(?:\s+(?P<argument>[\s\S]*))?")
_UNSHOWABLE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufdd0-\ufdd2\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)

_OPEN, _CLOSE, _GAP = "\ufdd0", "\ufdd1", "\ufdd2"
# Code points Unicode reserves for a program's own use: no keyboard makes them, and a paste that holds one is
# folded, so a marker in the editor can never be confused with typed text.
_MARKER: Final = re.compile(f"{_OPEN}[^{_OPEN}{_CLOSE}]*#(?P<number>[0-9]+){_CLOSE}")
_FACE: Final = {ord(_OPEN): "[", ord(_CLOSE): "]", ord(_GAP): " "}


@record(kw_only=False)
class Address(Record):
    """Who is asked: `panes` in the order named, or None for all; `body` is the text they get."""

    panes: tuple[str, ...] | None
    body: str


@record(kw_only=False)
class Slash(Record):
    """A command: its name without the slash, and everything after it, outer whitespace removed."""

    name: str
    argument: str


@record(kw_only=False)
class Candidate(Record):
    """One possible completion: the text it inserts, and what it does."""

    insert: str
    help: str = ""


@record(kw_only=False)
class Completion(Record):
    """Candidates for the word between `start` and `end` (offsets into the text)."""

    start: int
    end: int
    candidates: tuple[Candidate, ...]


class Kept(NamedTuple):
    """A text as it will be sent, and which parts of it (start, end) were folded on screen."""

    text: str
    folds: tuple[tuple[int, int], ...] = ()


def showable(text: str) -> bool:
    """Whether an editor can show `text` as it is: no control, direction or invisible tag characters."""
    return _UNSHOWABLE.search(text) is None


def worth_folding(text: str) -> bool:
    """Whether a paste becomes a marker instead of filling the editor."""
    return len(text) > FOLD_CHARACTERS or text.count("\n") >= FOLD_LINES or not showable(text)


def from_terminal(text: str) -> str:
    """Undo what terminals do to a paste: they send each line break as the Enter key, a carriage return."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _known(word: str, names: Sequence[str]) -> str | None:
    for candidate in (word, word.rstrip(",:")):
        for name in (*names, ALL):
            if name == candidate:
                return name
        for name in (*names, ALL):
            if name.casefold() == candidate.casefold():
                return name
    return None


def parse_address(text: str, names: Sequence[str]) -> Address:
    """Read the `@name` words at the start of `text`; a word that names no pane belongs to the text."""
    start = len(text) - len(text.lstrip())
    panes: list[str] = []
    position = start
    while match := _MENTION.match(text, position):
        name = _known(match["word"], names)
        if name is None:
            break
        position = match.end()
        if name == ALL and ALL not in names:
            return Address(None, text[position:])
        if name not in panes:
            panes.append(name)
    return Address(tuple(panes), text[position:]) if panes else Address(None, text)


def draft_of(text: str, names: Sequence[str]) -> tuple[str, tuple[str, ...] | None] | None:
    """What sending `text` would ask, and of which panes (None for all); None for a command and for nothing to ask."""
    if parse_slash(text) is not None:
        return None
    address = parse_address(unescape(text), names)
    return (address.body, address.panes) if address.body.strip() else None


def unknown_mention(text: str, names: Sequence[str]) -> str:
    """The finished `@word` where an address would stand that names no pane, or nothing."""
    body = parse_address(text, names).body.lstrip()
    match = re.match(r"@([\w.:-]+)\s", body)
    return match[1] if match and _known(match[1], names) is None else ""


def parse_slash(text: str) -> Slash | None:
    """Read a command. `//` or `!!` at the start is text that begins with one of it, not a command.

    `!` with a program's command line behind it is short for `/term`.
    """
    if text.startswith("!") and not text.startswith("!!"):
        return Slash("term", text[1:].strip())
    if not text.startswith("/") or text.startswith("//"):
        return None
    match = _COMMAND.fullmatch(text)
    assert match is not None  # noqa: S101 - the pattern matches every text that starts with a slash
    return Slash(match["name"], (match["argument"] or "").strip())


def unescape(text: str) -> str:
    """Remove the first character of a text that begins with two slashes or exclamation marks."""
    return text[1:] if text.startswith(("//", "!!")) else text


def target_hint(text: str, names: Sequence[str]) -> str:
    """Who would be asked by sending `text` now, in a few words."""
    if parse_slash(text) is not None:
        return "command"
    if not names:
        return "no model"
    panes = parse_address(text, names).panes
    if panes is None:
        return f"ask {names[0]}" if len(names) == 1 else f"ask all ({len(names)})"
    return "ask " + " + ".join(panes)


def complete(text: str, caret: int, names: Sequence[str], commands: Sequence[tuple[str, str]]) -> Completion | None:
    """Find completions for the word before `caret`, an offset into `text`; None if there are none."""
    before = text[:caret]
    if parse_slash(before) is not None:
        return None if before.startswith("!") or re.search(r"\s", before) else _complete_command(text, before, commands)
    word_start = max(before.rfind(separator) for separator in " \t\n") + 1
    word = before[word_start:]
    if not word.startswith("@"):
        return None
    lead = parse_address(text[:word_start], names)
    if lead.body.strip() or (lead.panes is None and before[:word_start].strip()):
        return None
    taken = lead.panes or ()
    choices = [(name, "ask this model") for name in names if name not in taken]
    if not taken and len(names) > 1:
        choices.append((ALL, "ask every model"))
    return _completion(text, word_start, "@", word[1:], choices)


def _complete_command(text: str, before: str, commands: Sequence[tuple[str, str]]) -> Completion | None:
    return _completion(text, 0, "/", before[1:], commands)


def _completion(
    text: str, start: int, prefix: str, typed: str, choices: Sequence[tuple[str, str]]
) -> Completion | None:
    typed = typed.casefold()
    first = [choice for choice in choices if choice[0].casefold().startswith(typed)]
    rest = [choice for choice in choices if typed in choice[0].casefold() and choice not in first]
    if not (first or rest):
        return None
    tail = re.compile(r"\S*").match(text, start)
    end = tail.end() if tail else start
    return Completion(start, end, tuple(Candidate(prefix + name, about) for name, about in (*first, *rest)))


class Folds:
    """The folded parts of one draft: a short marker in the editor stands for a long text.

    An editor's text that may hold markers is called *packed*.
    """

    def __init__(self) -> None:
        self._texts: dict[int, str] = {}

    def clear(self) -> None:
        """Forget every folded text; markers start again at #1."""
        self._texts.clear()

    def fold(self, text: str, word: str = "pasted") -> str:
        """Keep `text` and return its marker."""
        number = len(self._texts) + 1
        self._texts[number] = text
        lines = text.count("\n") + (not text.endswith("\n"))
        size = f"{lines:,} lines" if lines > 1 else f"{len(text):,} characters"
        hidden = "" if showable(text) else ", some hidden"
        return f"{_OPEN}{word} {size}{hidden} #{number}{_CLOSE}".replace(" ", _GAP)

    def text_of(self, marker: str) -> str:
        """The text behind a marker."""
        match = _MARKER.fullmatch(marker)
        return self._texts.get(int(match["number"]), "") if match else ""

    def unpack(self, packed: str) -> Kept:
        """Replace every marker by its text, noting where."""
        pieces: list[str] = []
        folds: list[tuple[int, int]] = []
        length = position = 0
        for match in _MARKER.finditer(packed):
            text = self.text_of(match[0])
            pieces += (packed[position : match.start()], text)
            start = length + match.start() - position
            length = start + len(text)
            folds.append((start, length))
            position = match.end()
        pieces.append(packed[position:])
        return Kept("".join(pieces), tuple(folds))

    def pack(self, kept: Kept) -> str:
        """Fold the noted parts again; a long text without notes is folded as a whole."""
        if not kept.folds and (len(kept.text) > 2 * FOLD_CHARACTERS or not showable(kept.text)):
            return self.fold(kept.text, "recalled")
        pieces: list[str] = []
        position = 0
        for start, end in kept.folds:
            pieces += (kept.text[position:start], self.fold(kept.text[start:end]))
            position = end
        pieces.append(kept.text[position:])
        return "".join(pieces)


def marker_spans(line: str) -> list[tuple[int, int]]:
    """Where markers stand in one line of packed text."""
    return [match.span() for match in _MARKER.finditer(line)] if _OPEN in line else []


def face(packed: str) -> str:
    """Packed text as it is shown: markers in square brackets. The length stays the same."""
    return packed.translate(_FACE) if _OPEN in packed else packed


def snap(column: int, previous: int, spans: Sequence[tuple[int, int]]) -> int:
    """Move a column out of the inside of a marker, on in the direction it came from (`previous`)."""
    for start, end in spans:
        if start < column < end:
            if previous <= start:
                return end
            if previous >= end:
                return start
            return start if column - start < end - column else end
    return column


def widen(start: int, end: int, spans: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Grow a range of columns so that it takes in every marker it touches the inside of."""
    for left, right in spans:
        if left < end and start < right and (start, end) != (left, right):
            start, end = min(start, left), max(end, right)
    return start, end


def filter_items(query: str, texts: Sequence[str], *, key: Callable[[str], str] = str.casefold) -> list[int]:
    """Indices of the texts that hold every word of `query`, those that hold it as typed first, else in order."""
    words = key(query).split()
    if not words:
        return list(range(len(texts)))
    whole = " ".join(words)
    exact: list[int] = []
    others: list[int] = []
    for index, text in enumerate(texts):
        keyed = key(text)
        if all(word in keyed for word in words):
            (exact if whole in keyed else others).append(index)
    return exact + others
