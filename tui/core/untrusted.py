"""The one door for foreign text: model output, tool output, file names, titles, error messages.

A terminal obeys escape sequences wherever they come from, so a model could otherwise write the clipboard,
move the cursor or paint a false question. Every rule here works on single characters, which makes the
result the same however the text was cut into chunks.
"""

import re
from typing import Final

_REMOVED: Final = (
    "\r"  # CRLF becomes LF; a lone CR must not overwrite the line
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180e\u180f"
    "\u200b\u200c\u200d\u2060\u2061\u2062\u2063\u2064\u206a\u206b\u206c\u206d\u206e\u206f"
    "\u2065\u3164\ufeff\uffa0\ufff0\ufff1\ufff2\ufff3\ufff4\ufff5\ufff6\ufff7\ufff8\ufff9\ufffa\ufffb"
)
_UNSEEN: Final = (
    re.compile(  # variants that only carry data, format characters, tags and all that is kept free for such
        "[\ufe00-\ufe0d\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
    )
)
_BIDI: Final = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_BREAKS: Final = "\x0b\x0c\x85\u2028\u2029"


def _code_point(character: int) -> str:
    return f"⟨U+{character:04X}⟩"


def _build_table() -> dict[int, str | None]:
    table: dict[int, str | None] = {}
    for code in range(0x20):
        table[code] = chr(0x2400 + code)
    table[0x7F] = "\u2421"
    for code in range(0x80, 0xA0):
        table[code] = _code_point(code)
    for code in map(ord, _REMOVED):
        table[code] = None
    for code in map(ord, _BIDI):
        table[code] = _code_point(code)
    for code in map(ord, _BREAKS):
        table[code] = "\n"
    for code in range(0xD800, 0xE000):
        table[code] = "\ufffd"
    del table[ord("\n")], table[ord("\t")]
    return table


_TABLE: Final = _build_table()
_SUSPECT: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_LINE_TABLE: Final = {**_TABLE, **dict.fromkeys(map(ord, "\n\t" + _BREAKS), " ")}


def clean(text: str) -> str:
    """Return `text` with nothing in it that a terminal would obey or a reader could not see.

    C0 controls become their Unicode pictures (ESC shows as ``␛``), C1 and bidirectional controls their code
    point in angle brackets; zero-width and tag characters and carriage returns are removed; Unicode line
    separators become newlines; lone surrogates become U+FFFD. Newlines and tabs stay. Applying it twice, or
    to any cut of the text, gives the same result.
    """
    return _UNSEEN.sub("", text).translate(_TABLE) if _SUSPECT.search(text) else text


def clean_line(text: str, limit: int = 200) -> str:
    """Return `text` cleaned for one line of at most `limit` characters: breaks become spaces, the rest ``…``."""
    begins = text[: limit * 4]
    if not begins.isascii():
        begins = _UNSEEN.sub("", begins)
    line = " ".join(begins.translate(_LINE_TABLE).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
