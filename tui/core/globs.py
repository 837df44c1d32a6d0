r"""Patterns for names and paths, read in one way wherever they are written. Pure; the time they take is bounded.

| written | stands for |
|---|---|
| `*`, `?` | any characters of one name, also none; one character of a name |
| `[a-c]`, `[!a]`, `[^a]` | one character that is, or is not, in the set; never a slash |
| `**` | as a whole component any folders, also none; at the end everything below; glued to a name the same as `*` |
| `\` | the next character itself |
| anything else | itself: a leading dot, `!`, `{a,b}`; upper and lower case differ |

In a set `]` is a member where it comes first, `[:alpha:]` and its relatives are classes; a range that runs backwards
and an unknown class hold nothing. The bracket of a set that is not closed is a character like others.

Who needs braces asks `expand_braces` first, who knows no case folds pattern and path, and whether a pattern is held
against a name or a whole path, from which folder, is for the caller to say.
"""

import re
from collections.abc import Container, Iterator
from functools import lru_cache
from typing import Final, NamedTuple

_STAR, _DEEP, _FOLDERS, _BELOW = "*", "**", "**/", "/**"
_ANYTHING, _ANY_FOLDERS = ".*", "(?:.*?/)?"
_STARS: Final = re.compile(r"\*+")
_SET: Final = re.compile(r"\[[!^]?+(?:\]|\[:[a-z]+:\]|[^\]])(?:\[:[a-z]+:\]|[^\]])*\]")
_SET_WITH_ESCAPES: Final = re.compile(
    r"\[[!^]?+(?:\]|\[:[a-z]+:\]|\\.|[^\]\\])(?:\[:[a-z]+:\]|\\.|[^\]\\])*\]", re.DOTALL
)
_MEMBER: Final = re.compile(r"\[:([a-z]+):\]|(.)(?:-(.))?", re.DOTALL)
_MEMBER_WITH_ESCAPES: Final = re.compile(r"\[:([a-z]+):\]|\\?(.)(?:-\\?(.))?", re.DOTALL)
_CLASSES: Final = {
    "alnum": "a-zA-Z0-9", "alpha": "a-zA-Z", "blank": r" \t", "cntrl": r"\x00-\x1f\x7f", "digit": "0-9",
    "graph": r"\x21-\x7e", "lower": "a-z", "print": r"\x20-\x7e", "punct": r"!-\/:-@\[-`{-~", "space": r" \t-\r",
    "upper": "A-Z", "xdigit": "0-9A-Fa-f",
}  # fmt: skip
_LONGEST_NAME: Final = 1_000
_BRACES: Final = re.compile(r"\{([^{}]*)\}")


class _Token(NamedTuple):
    """One piece of a pattern: `wild` names what stands for several characters, else `text` is the expression of one.

    `plain` is that one character where it can be no other.
    """

    wild: str
    text: str = ""
    plain: str = ""


@lru_cache(maxsize=2_048)
def compile_glob(
    pattern: str,
    *,
    escapes: bool = True,
    wide: bool = False,
    below: bool = False,
    special: frozenset[int] | None = None,
) -> re.Pattern[str]:
    """Return the expression of a pattern, for `fullmatch` of a name or a path with slashes.

    `escapes` says whether a backslash takes away the meaning of what follows, or is a character like others. With
    `wide`, for what protects, a `**` glued to a name crosses folders too, and a slash behind it may be missing.
    `below` also matches everything below what the pattern matches. With `special` only the characters at these
    indices have a meaning.
    """
    tokens = list(_tokens(pattern, escapes=escapes, wide=wide, special=special))
    return re.compile(_expression(tokens, wide=wide) + ("(?:/.*)?" if below else ""), re.DOTALL)


@lru_cache(maxsize=2_048)
def names_overlap(pattern: str, other: str) -> bool:
    """Tell whether some name fits both patterns. For single components; only in the first a backslash escapes.

    What would take long to tell counts as a yes: two sets that meet, patterns longer than any name.
    """
    if len(pattern) > _LONGEST_NAME or len(other) > _LONGEST_NAME:
        return True
    first = list(_tokens(pattern, escapes=True, wide=False, special=None))
    second = list(_tokens(other, escapes=False, wide=False, special=None))
    reached = {(0, 0)}
    pending = [(0, 0)]
    while pending:
        at, there = pending.pop()
        if at == len(first) and there == len(second):
            return True
        for step in _steps(first, at, second, there):
            if step not in reached:
                reached.add(step)
                pending.append(step)
    return False


def expand_braces(text: str, most: int) -> tuple[list[str], bool]:
    """Return what braces make of a text, lists and ranges of single characters, and whether that is all.

    Where it would be more than `most` it stops: the rest is still as written then.
    """
    pending = [text]
    done: list[str] = []
    while pending:
        each = pending.pop(0)
        found = _BRACES.search(each)
        if found is None:
            done.append(each)
            continue
        choices = _choices(found.group(1))
        if len(done) + len(pending) + len(choices) > most:
            return [*done, each, *pending], False
        pending += [each[: found.start()] + part + each[found.end() :] for part in choices]
    return done, True


def _choices(inside: str) -> list[str]:
    first, dots, last = inside.partition("..")
    if dots and len(first) == 1 and len(last) == 1:
        low, high = sorted((ord(first), ord(last)))
        return [chr(code) for code in range(low, min(high, low + 127) + 1)]
    return inside.split(",")


def _steps(first: list[_Token], at: int, second: list[_Token], there: int) -> Iterator[tuple[int, int]]:
    """Yield where two patterns stand after one more character, or after a star that stands for none."""
    mine = first[at] if at < len(first) else None
    theirs = second[there] if there < len(second) else None
    if mine is not None and mine.wild:
        yield at + 1, there
        if theirs is not None:
            yield at, there + 1
    elif theirs is not None and theirs.wild:
        yield at, there + 1
        if mine is not None:
            yield at + 1, there
    elif mine is not None and theirs is not None and _meet(mine, theirs):
        yield at + 1, there + 1


def _meet(one: _Token, other: _Token) -> bool:
    if one.plain:
        return one.plain == other.plain if other.plain else re.fullmatch(other.text, one.plain) is not None
    return not other.plain or re.fullmatch(one.text, other.plain) is not None


def _tokens(pattern: str, *, escapes: bool, wide: bool, special: Container[int] | None) -> Iterator[_Token]:
    index, size = 0, len(pattern)
    while index < size:
        each = pattern[index]
        if special is not None and index not in special:
            yield _Token("", re.escape(each), each)
            index += 1
        elif each == "*":
            index, token = _stars(pattern, index, wide=wide) if special is None else (index + 1, _Token(_STAR))
            yield token
        elif each == "\\" and escapes and index + 1 < size:
            yield _Token("", re.escape(pattern[index + 1]), pattern[index + 1])
            index += 2
        elif each == "[" and (found := _set(pattern, index, escapes=escapes)) is not None:
            index, text = found
            yield _Token("", text)
        else:
            yield _Token("", "[^/]") if each == "?" else _Token("", re.escape(each), each)
            index += 1


def _stars(pattern: str, index: int, *, wide: bool) -> tuple[int, _Token]:
    """Return where a run of stars ends, with the slash that belongs to it, and what it stands for."""
    found = _STARS.match(pattern, index)
    end = found.end() if found is not None else index + 1
    if end - index == 1:
        return end, _Token(_STAR)
    starts = index == 0 or pattern[index - 1] == "/"
    if starts and end == len(pattern):
        return end, _Token(_BELOW)
    if pattern.startswith("/", end) and (starts or wide):
        return end + 1, _Token(_FOLDERS if starts and (end - index == 2 or not wide) else _DEEP)
    return end, _Token(_DEEP if wide else _STAR)


def _set(pattern: str, index: int, *, escapes: bool) -> tuple[int, str] | None:
    """Return where a set of characters ends and its expression, or None when it is none."""
    found = (_SET_WITH_ESCAPES if escapes else _SET).match(pattern, index)
    if found is None:
        return None
    inside = found.group()[1:-1]
    negated = inside[:1] in {"!", "^"}
    parts: list[str] = []
    for name, first, last in (_MEMBER_WITH_ESCAPES if escapes else _MEMBER).findall(inside[negated:]):
        if name:
            parts.append(_CLASSES.get(name, ""))
        elif not last or first <= last:
            parts.append(_literal(first) + (f"-{_literal(last)}" if last else ""))
    body = "".join(parts)
    if not body:
        return found.end(), "[^/]" if negated else "(?!)"
    return found.end(), f"(?!/)[{'^' if negated else ''}{body}]"


def _literal(character: str) -> str:
    return "\\" + character if character in r"\[]^-&~|" else character


def _expression(tokens: list[_Token], *, wide: bool) -> str:
    """Return the expression of tokens. What a star stands for is found once and never tried again.

    Between two wild tokens every piece has its own width, so that the first place where it fits is as good as any
    later one, and only the last piece has to look for the end. Without that, a few stars take years.
    """
    out: list[str] = []
    start = 0
    opening = ""
    for index, token in enumerate(tokens):
        if token.wild in {_DEEP, _FOLDERS}:
            segment = _segment(tokens[start:index])
            out.append(f"(?>{opening}?{segment})" if opening and segment else segment)
            if segment or opening != _ANYTHING:
                opening = _ANY_FOLDERS if token.wild == _FOLDERS else _ANYTHING
            start = index + 1
    return "".join(out) + opening + _segment(tokens[start:], last=True, wide=wide)


def _segment(tokens: list[_Token], *, last: bool = False, wide: bool = False) -> str:
    """Return the expression of what lies between two tokens that cross folders."""
    pieces = [""]
    end = ""
    for token in tokens:
        if token.wild == _BELOW:
            end = ".*" if wide else ".+"
        elif token.wild:
            pieces.append("")
        else:
            pieces[-1] += token.text
    if len(pieces) == 1:
        return pieces[0] + end
    middle = pieces[1:-1] if last and not end else pieces[1:]
    lazy = "".join(f"(?>[^/]*?{piece})" for piece in middle if piece)
    return pieces[0] + lazy + (f"[^/]*{pieces[-1]}" if last and not end else "") + end
