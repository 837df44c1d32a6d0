r"""Foreign text as it really is: whatever a terminal would obey or an eye would miss is shown by its escape.

A person allows what is shown, so nothing may hide: control and format characters, odd blanks and marks on plain letters
are escaped (`\x1b`, `\u202e`), long runs of blanks are counted, letters that look like others are marked.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from tui.ui.view.format import Line, Span, Tone, cells

_INVISIBLE: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0\u034f\u17b4\u17b5")
"""Characters of visible categories that show nothing."""
_ESCAPED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})
_MARKS: Final = frozenset({"Mn", "Me"})
_LONG_RUN: Final = 8
"""Blanks within a line from which on they are counted instead of drawn."""
_LONG_INDENT: Final = 24
_BLANK_LINES: Final = 2
"""Blank lines in a row that are drawn; more are counted."""
_NAMED: Final = 3
_RUNS: Final = re.compile(r" {2,}|[^ ]+| ")
_WORDS: Final = re.compile(r"[^ ]+ ?| ")
_LOOK_ALIKES: Final = dict(
    zip(
        "аеорсухіјѕԁԛԝһӏѵАВЕКМНОРСТХЅІЈҮοανριυκΑΒΕΖΗΙΚΜΝΟΡΤΥΧɡɑı⁄∕⧸․‐‑‒–—−˗‚ոսհ",
        "aeopcyxijsdqwhlvABEKMHOPCTXSIJYoavpiukABEZHIKMNOPTYXgai///.-------,nuh",
        strict=True,
    )
)


@lru_cache(maxsize=1024)
def escape(character: str) -> str:
    """Return what a character is shown as when it cannot be shown itself; empty when it can."""
    if " " <= character <= "~":
        return ""
    code = ord(character)
    if character in _INVISIBLE or unicodedata.category(character) in _ESCAPED or 0xFE00 <= code <= 0xFE0F:
        return _written(code)
    return ""


def _written(code: int) -> str:
    if code == ord("\t"):
        return "\\t"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


@lru_cache(maxsize=1024)
def resembles(character: str) -> str:
    """Return the plain character that another one looks like; empty for none."""
    if character.isascii() or escape(character):
        return ""
    found = _LOOK_ALIKES.get(character)
    if found is None:
        folded = unicodedata.normalize("NFKC", character)
        found = folded if len(folded) == 1 and "!" <= folded <= "~" else ""
    return found


def reveal(text: str, tone: Tone = Tone.PLAIN, *, whole: bool = False, tab: str = "") -> list[Line]:
    """Return the lines of `text`, every character visible; `whole` draws long runs of blanks instead of counting.

    `tab`, when given, is drawn for a tab, for texts where tabs are usual.
    """
    lines: list[Line] = []
    blank = 0
    for raw in text.split("\n"):
        blank = 0 if raw.strip(" ") else blank + 1
        if blank <= _BLANK_LINES or whole:
            lines.append(reveal_line(raw, tone, whole=whole, tab=tab))
        elif blank == _BLANK_LINES + 1:
            lines.append((("[1 more blank line]", Tone.WARN),))
        else:
            lines[-1] = ((f"[{blank - _BLANK_LINES} more blank lines]", Tone.WARN),)
    return lines


def reveal_line(raw: str, tone: Tone = Tone.PLAIN, *, whole: bool = False, tab: str = "") -> Line:
    """Return one line, every character visible; a line break in it is escaped."""
    if raw.isascii() and raw.isprintable() and "  " not in raw:
        return ((raw, tone),) if raw else ()
    spans: list[Span] = []
    place = 0
    for match in _RUNS.finditer(raw):
        piece = match.group()
        if piece[0] != " ":
            _word(spans, piece, tone, tab)
        elif not whole and len(piece) >= (_LONG_INDENT if place == 0 else _LONG_RUN):
            _add(spans, f"[{len(piece)} blanks]", Tone.WARN)
        else:
            _add(spans, piece, tone)
        place = match.end()
    return tuple(spans)


def _word(spans: list[Span], word: str, tone: Tone, tab: str) -> None:
    before = " "
    for character in word:
        shown = escape(character)
        if character == "\t" and tab:
            _add(spans, tab, Tone.MUTED)
        elif shown:
            _add(spans, shown, Tone.FLAG)
        elif before.isascii() and not character.isascii() and unicodedata.category(character) in _MARKS:
            _add(spans, _written(ord(character)), Tone.FLAG)
        else:
            _add(spans, character, Tone.WARN if resembles(character) else tone)
        before = character


def _add(spans: list[Span], text: str, tone: Tone) -> None:
    if spans and spans[-1][1] is tone:
        spans[-1] = (spans[-1][0] + text, tone)
    else:
        spans.append((text, tone))


def notes(text: str) -> list[str]:
    """Return a sentence for each way in which `text` is not what it seems."""
    found: list[str] = []
    hidden = sorted({character for character in text if character != "\n" and escape(character)} - {"\t"})
    if hidden:
        named = ", ".join(_named(character) for character in hidden[:_NAMED])
        more = f" and {len(hidden) - _NAMED} more" if len(hidden) > _NAMED else ""
        noun = "character" if len(hidden) == 1 else "characters"
        found.append(f"Hidden {noun}: {named}{more}")
    alike = sorted({character for character in text if resembles(character)})
    if alike:
        named = ", ".join(f"{one} ({_named(one)}) looks like {resembles(one)}" for one in alike[:_NAMED])
        more = f" and {len(alike) - _NAMED} more" if len(alike) > _NAMED else ""
        found.append(f"Look-alike: {named}{more}")
    return found


def _named(character: str) -> str:
    name = unicodedata.name(character, "").lower()
    return f"{_written(ord(character))} {name}".rstrip()


def wrap_line(line: Sequence[Span], width: int, *, indent: int = 0) -> list[Line]:
    """Break a line into rows of at most `width` cells, each after the first `indent` blanks further in.

    Rows break after a blank where one is near the end. Nothing is left out, not even blanks.
    """
    room = max(width, indent + 4)
    if sum(cells(text) for text, _ in line) <= room:
        return [tuple(line)]
    rows: list[list[Span]] = [[]]
    used = 0
    for text, tone in line:
        for piece in _pieces(text, max(room - indent, 1)):
            size = cells(piece)
            if used + size > room:
                rows.append([(" " * indent, Tone.PLAIN)] if indent else [])
                used = indent
            _add(rows[-1], piece, tone)
            used += size
    return [tuple(row) for row in rows]


def _pieces(text: str, most: int) -> Iterator[str]:
    """Words with the blank behind them, cut where one alone is longer than `most` cells."""
    for word in _WORDS.findall(text):
        if cells(word) <= most:
            yield word
            continue
        start = used = 0
        for place, character in enumerate(word):
            size = cells(character)
            if used + size > most:
                yield word[start:place]
                start, used = place, 0
            used += size
        yield word[start:]


def wrapped(lines: Sequence[Line], width: int, *, indent: int = 0) -> list[Line]:
    """Break every line; an empty one stays a row."""
    return [row for line in lines for row in wrap_line(line, width, indent=indent)]
