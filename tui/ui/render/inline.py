"""Inline Markdown to styled runs."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from rich.style import Style

from tui.core.untrusted import clean
from tui.ui.render.palette import Palette
from tui.ui.render.rows import Run

if TYPE_CHECKING:
    from markdown_it.token import Token

_WRAPPED_LINE: Final = 60
"""A source line at least this long was probably wrapped by its writer: its end is a space, not a break."""
_ATTRIBUTES: Final = {"strong_open": "bold", "em_open": "italic", "s_open": "strike"}
_CLOSING: Final = frozenset({"strong_close", "em_close", "s_close", "link_close"})


def safe_text(text: str) -> str:
    """Return text as it may be shown: character references can name what the door for foreign text removes."""
    if text.isascii() and text.isprintable():
        return text
    return clean(text).replace("\n", " ").replace("\t", "    ")


class _Inline:
    """Collects the runs of one inline token."""

    def __init__(self, palette: Palette, base: Style) -> None:
        self.palette = palette
        self.runs: list[Run] = []
        self.styles = [base]
        self.links: list[tuple[str, int]] = []
        self.line_length = 0

    def add(self, text: str, style: Style | None = None) -> None:
        self.line_length += len(text)
        self.runs.append((text, style or self.styles[-1]))

    def line_break(self, *, hard: bool) -> None:
        self.add("\n" if hard or self.line_length < _WRAPPED_LINE else " ")
        self.line_length = 0

    def open(self, token: "Token") -> None:
        if token.type == "link_open":
            self.links.append((str(token.attrs.get("href", "")), len(self.runs)))
            link = self.palette["link"]
            self.styles.append(self.styles[-1] + Style(color=link.color) + self.palette.attributes["underline"])
        else:
            self.styles.append(self.styles[-1] + self.palette.attributes[_ATTRIBUTES[token.type]])

    def close(self, token: "Token") -> None:
        self.styles.pop()
        if token.type == "link_close":
            address, start = self.links.pop()
            self.address(address, "".join(text for text, _ in self.runs[start:]))

    def address(self, address: str, label: str) -> None:
        """Show where a link leads, unless its label says so already."""
        address = safe_text(address)
        shown = label.strip().rstrip("/")
        if address.startswith("#") or shown in (address.rstrip("/"), address.removeprefix("mailto:").rstrip("/")):
            return
        self.add(f" ({address})", self.palette["url"])


def inline_runs(children: "Sequence[Token]", palette: Palette, base: Style) -> list[Run]:
    """Return the runs of an inline token's children; a line end in a run is a line break."""
    inline = _Inline(palette, base)
    for token in children:
        kind = token.type
        if kind in _ATTRIBUTES or kind == "link_open":
            inline.open(token)
        elif kind in _CLOSING:
            inline.close(token)
        elif kind == "code_inline":
            style = Style.combine((inline.styles[-1], Style(color=palette["code"].color)))
            inline.add(safe_text(token.content), style)
        elif kind == "softbreak":
            inline.line_break(hard=False)
        elif kind == "hardbreak":
            inline.line_break(hard=True)
        elif kind == "image":
            label = safe_text(token.content) or "image"
            inline.add(f"[{label}]", palette["link"])
            inline.address(str(token.attrs.get("src", "")), label)
        elif token.content:
            inline.add(safe_text(token.content.replace("\n", " ")))
    return inline.runs


_MAX_MARKERS: Final = 80
"""More markers in one line are not worth the search."""
_SCAN: Final = re.compile(
    r"(?P<code>(?P<tick>`+)(?!`)(?P<body>.+?)(?<!`)(?P=tick)(?!`))"
    r"|(?<![\w*\\])\*\*(?P<strong>(?=\S).+?(?<=\S))\*\*"
    r"|(?<![\w*\\])\*(?P<em>(?=[^\s*]).+?(?<=[^\s*]))\*(?!\*)"
)


def scan_line(text: str, palette: Palette, base: Style) -> list[Run]:
    """Return the runs of a line that is still being written: closed bold, emphasis and code only."""
    if not 1 < text.count("`") + text.count("*") < _MAX_MARKERS:
        return [(text, base)]
    runs: list[Run] = []
    position = 0
    for match in _SCAN.finditer(text):
        if match.start() > position:
            runs.append((text[position : match.start()], base))
        if match["code"]:
            runs.append((match["body"], Style.combine((base, Style(color=palette["code"].color)))))
        elif match["strong"]:
            runs.extend(scan_line(match["strong"], palette, base + palette.attributes["bold"]))
        else:
            runs.extend(scan_line(match["em"], palette, base + palette.attributes["italic"]))
        position = match.end()
    if position < len(text):
        runs.append((text[position:], base))
    return runs
