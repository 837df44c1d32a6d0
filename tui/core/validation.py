"""What is looked at before text goes to a model.

The developer's own text is never altered and, but for what no request can carry, never blocked: there are only
notices. Patterns of prompt injection mark text of tools and files; they inform, they protect nobody.
"""

import re
import unicodedata
from collections import Counter
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

from tui.core.errors import Problem
from tui.core.record import Record, record

_REFUSED: Final = re.compile("[\x00\ud800-\udfff]")
_ZERO_WIDTH: Final = "\u00ad\u034f\u115f\u1160\u180e\u200b\u200c\u200d\u2060-\u2064\u3164\ufeff\uffa0"
_BIDI: Final = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_TAGS: Final = "\U000e0000-\U000e007f"
_INVISIBLE: Final = re.compile(f"(?P<zero>[{_ZERO_WIDTH}])|(?P<bidi>[{_BIDI}])|(?P<tag>[{_TAGS}])")
# Joiners and tags are part of emoji, and joiners of scripts that need them: there they are no surprise.
_EXPECTED: Final = re.compile(
    "\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f"
    "|(?<=[\u0600-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u17ff\ufe0f\u2600-\u27bf\U0001f000-\U0001faff])[\u200c\u200d]"
)
_NAMES: Final = {"zero": "zero-width", "bidi": "text-direction", "tag": "tag"}


def refusal(text: str) -> str:
    """Say why `text` cannot be taken at all, or nothing: NUL and half surrogate pairs exist in no valid UTF-8."""
    match = _REFUSED.search(text)
    if match is None:
        return ""
    what = "a NUL byte" if match[0] == "\0" else "half of a surrogate pair"
    return f"Not inserted: the text holds {what} at character {match.start() + 1}"


def invisible_notice(text: str) -> Problem | None:
    """Return a notice about characters in `text` that cannot be seen, or None. The text is sent as it is."""
    if text.isascii() or _INVISIBLE.search(text) is None:
        return None
    counts = Counter(match.lastgroup for match in _INVISIBLE.finditer(_EXPECTED.sub("", text)))
    if not counts:
        return None
    parts = [f"{counts[kind]} {name}" for kind, name in _NAMES.items() if counts[kind]]
    noun = "character that cannot be seen but is" if counts.total() == 1 else "characters that cannot be seen but are"
    return Problem(
        title="Invisible characters",
        text=f"The text holds {' and '.join(parts)} {noun} sent.",
        hint="Models read them; look where the text came from.",
    )


def size_problem(tokens: int, window: int | None, *, model: str, output: int = 0) -> Problem | None:
    """Return why a request of about `tokens` with room for `output` does not fit a model's `window`, or None.

    All in tokens; a window of None is unknown and fits everything.
    """
    if window is None or tokens + output <= window:
        return None
    if tokens <= window:
        return Problem(
            title="Little room for an answer",
            text=f"The request takes about {tokens:,} of {window:,} tokens {model} can read; {output:,} are asked for.",
            hint="The answer may end early; clear the conversation or shorten the text.",
        )
    return Problem(
        title="Too long for the model",
        text=f"The request has about {tokens:,} tokens; {model} can read {window:,}.",
        hint="Shorten the text, clear the conversation (/clear), or ask a model with a larger window.",
    )


class FlagKind(StrEnum):
    """What a marked passage tries."""

    OVERRIDE = "override"
    """Take back the instructions given before."""
    ROLE = "role"
    """Speak as the system, the developer or the person."""
    SECRECY = "secrecy"
    """Keep something from the person."""
    EXFILTRATION = "exfiltration"
    """Send something away."""
    PROMPT_LEAK = "prompt leak"
    """Get at the system prompt."""
    HIDDEN = "hidden"
    """Say something in characters that cannot be seen."""


@record(kw_only=False)
class Flag(Record):
    """A marked passage: what it tries, and its words as a model would read them (at most 120 characters)."""

    kind: FlagKind
    excerpt: str


_PATTERNS: Final = Path(__file__).with_name("injection.toml")
_LIKE_LATIN: Final = str.maketrans(
    "аеорсухіјѕԁɡһӏοαενικτρΑΒΕΗΙΚΜΝΟΡΤΧАВЕКМНОРСТХІЈЅ",
    "aeopcyxijsdghloaevikrpABEHIKMNOPTXABEKMHOPCTXIJS",
)
_STRIPPED: Final = re.compile(f"[{_ZERO_WIDTH}{_BIDI}\u2065\ufe00-\ufe0f\ufff0-\ufffb\U000e0000-\U000e0fff]")
_TAG_TEXT: Final = re.compile("[\U000e0020-\U000e007e]{4,}")
_EXCERPT: Final = 120
SCANNED: Final = 400_000
"""Characters of a text that are looked at."""


@cache
def _patterns() -> tuple[tuple[FlagKind, re.Pattern[str]], ...]:
    import tomllib

    items = tomllib.loads(_PATTERNS.read_text(encoding="utf-8"))["pattern"]
    return tuple((FlagKind(item["kind"]), re.compile(item["regex"], re.IGNORECASE | re.MULTILINE)) for item in items)


def flag_injection(text: str) -> list[Flag]:
    """Return passages of a tool's or file's `text` that look written for a model, each once.

    Looked at as it is, with compatibility forms resolved and invisible characters removed, and with letters of
    other scripts read as the Latin ones they look like. Only the first 400,000 characters are looked at.
    """
    text = text[:SCANNED]
    views = [text]
    found: dict[tuple[FlagKind, str], Flag] = {}
    if not text.isascii():
        hidden = "".join(
            chr(ord(character) - 0xE0000) for run in _TAG_TEXT.findall(_EXPECTED.sub("", text)) for character in run
        )
        if hidden:
            found[FlagKind.HIDDEN, ""] = Flag(FlagKind.HIDDEN, hidden[:_EXCERPT])
            views.append(hidden)
        views.append(unicodedata.normalize("NFKC", _STRIPPED.sub("", text)))
        views.append(views[-1].translate(_LIKE_LATIN))
    for view in dict.fromkeys(views):
        for kind, pattern in _patterns():
            for match in pattern.finditer(view):
                excerpt = " ".join(match[0].split())[:_EXCERPT]
                found.setdefault((kind, excerpt.casefold()), Flag(kind, excerpt))
    return list(found.values())
