"""Looking for what is forbidden in text that could not be judged: every word that might be a path is held up to it."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from tui.core.globs import expand_braces
from tui.trust.findings import Finding, deny, quoted
from tui.trust.ground import Ground
from tui.trust.paths import Access, judge_resolved
from tui.trust.words import Word

_MOST_LOOKED_UP: Final = 400
_PIECES: Final = re.compile(r"[=:,;@<>]+")
_SEPARATORS: Final = re.compile(r"[\s;|&<>()`'\"$=,:@{}\[\]+^%!]+")
_LOOSE: Final = re.compile(r"[\s;|&<>()`]+")
_QUOTES: Final = re.compile(r"\$?['\"]|\\\n|\\")
_COMPUTED: Final = re.compile(r"\$\{?[A-Za-z_@*#?!0-9-]\w*\}?|\$\(\)|``")
_WEB: Final = re.compile(r"(?i)[a-z][a-z0-9+.-]*://")
_SPARED: Final = re.compile(
    r"(?i)--?(?:[a-z-]*exclu[a-z-]*|[a-z-]*ignore[a-z-]*|not|invert-[a-z]+|skip[a-z-]*)(?<!file)(?<!from)"
)
_NEGATED: Final = ("!", ":!", ":^", ":(exclude")
_MOST_EXPANDED: Final = 64
_HIDDEN_PATTERN: Final = re.compile(r"(?:^|/)\.[^/]*[*?\[]")


def candidates(word: str) -> Iterator[str]:
    """Yield what in one word of a command might be a path: the word, an option's value, what a colon or an @ brings."""
    if word.startswith(_NEGATED):
        return
    if _is_elsewhere(word):
        return
    if not word.startswith("-"):
        yield word
    elif _SPARED.fullmatch(word.partition("=")[0]):
        return
    else:
        yield from _in_option(word)
    for piece in _PIECES.split(word):
        if piece and piece != word:
            yield piece
            if _WEB.match(piece):
                return


def _is_elsewhere(word: str) -> bool:
    return _WEB.match(word) is not None and not word.lower().startswith("file:")


def _in_option(word: str) -> Iterator[str]:
    _, equals, value = word.partition("=")
    if equals:
        yield value
    elif not word.startswith("--"):
        yield word[2:]
        start = re.search(r"[./~]", word)
        if start is not None:
            yield word[start.start() :]


def forbidden_in_words(words: list[str], ground: Ground, *, inside: bool) -> Finding | None:
    """Return what forbids one of the words of a command that is not understood; `inside` looks into quoted text."""
    spared = False
    looked_up = 0
    for word in words:
        skip, spared = spared, _SPARED.fullmatch(word) is not None
        if skip:
            continue
        found: list[str] = list(dict.fromkeys(each for each in candidates(word) if each))
        if inside:
            inner = text_candidates(word)
            found += [*inner, *_matches(inner, ground)]
        for each in found:
            looked_up += 1
            finding = forbidden_path(each, ground, thorough=looked_up < _MOST_LOOKED_UP)
            if finding is not None:
                return finding
    return None


def forbidden_in_text(text: str, ground: Ground) -> Finding | None:
    """Return what forbids a text as a whole that could not be read: one of its words names something forbidden."""
    inner = text_candidates(text)
    for index, each in enumerate((*_matches(inner, ground), *inner)):
        finding = forbidden_path(each, ground, thorough=index < _MOST_LOOKED_UP)
        if finding is not None:
            return finding
    return None


def text_candidates(text: str) -> list[str]:
    """Return the pieces of a text that may be paths, as written and with quotes, escapes and variables taken out."""
    found: dict[str, None] = dict.fromkeys(_SEPARATORS.split(text))
    for version in {_QUOTES.sub("", text), _COMPUTED.sub("", _QUOTES.sub("", text))}:
        found.update(dict.fromkeys(_SEPARATORS.split(version)))
        for piece in _LOOSE.split(version):
            found[piece] = None
            if "{" in piece and ("," in piece or ".." in piece):
                found.update(dict.fromkeys(expand_braces(piece, _MOST_EXPANDED)[0]))
    found.pop("", None)
    return list(found)


def forbidden_path(text: str, ground: Ground, *, thorough: bool) -> Finding | None:
    """Return what forbids `text` if it is a path. `thorough` follows links on the disk."""
    if len(text) > 4_096:
        return None
    if not thorough:
        entry = next(
            (hit for part in text.split("/") if part and (hit := ground.settings.forbidden.name_hit(part))), None
        )
        return None if entry is None else deny(f"{quoted(text)} is forbidden.", f"forbidden_paths: {entry}")
    path = ground.resolve(text)
    found = judge_resolved(path, Access.ANY, ground)
    if text.startswith("~/"):
        found += judge_resolved(ground.resolve(ground.settings.home + text[1:]), Access.ANY, ground)
    return next((each for each in found if each.decision == "deny"), None)


def _matches(pieces: Iterable[str], ground: Ground) -> list[str]:
    """Return the files that patterns for hidden names match, which another shell would put in their place."""
    found: list[str] = []
    for text in pieces:
        if _HIDDEN_PATTERN.search(text) is not None:
            active = tuple(index for index, each in enumerate(text) if each in "*?[")
            found += ground.expand(Word(raw=text, text=text, start=0, end=len(text), active=active)) or []
    return found
