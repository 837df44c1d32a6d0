"""Shell words read by their letters: what bash makes of quotes, backslashes and tildes, and what only bash can know.

Reading is total: whatever the text, there are words at the end. A word whose value bash would compute (variables,
substitutions, braces) says so in `why` and carries the best guess, which is good for finding forbidden names but
never for allowing anything.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

_ORDINARY: Final = re.compile(r"[^\s\\'\"$`*?\[{}~|&;()<>,.#]+|[\r\v\f\x85\xa0]+")
_IN_DOUBLE: Final = re.compile(r'[^"\\$`]+')
_IN_ANSI: Final = re.compile(r"[^'\\]+")
_ENDS: Final = frozenset(" \t\n|&;()<>")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ASSIGNED: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\+?=")
_SET: Final = re.compile(r"\[[!^]?[A-Za-z0-9_.]+\]")
_TILDE: Final = re.compile(r"~([A-Za-z0-9_.+-]*)")
_ESCAPES: Final = {
    "a": "\a",
    "b": "\b",
    "e": "\x1b",
    "E": "\x1b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
}
_CODE: Final = re.compile(r"x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})|c(.)", re.DOTALL)

VARIABLE: Final = "a variable"
SUBSTITUTION: Final = "a command inside it"
ARITHMETIC: Final = "arithmetic"
BRACES: Final = "braces that expand"
ANSI: Final = "escapes in $'…'"
LOCALE: Final = "a translated text"
TILDE: Final = "another user's home"
CHARACTER_SET: Final = "a set of characters"
PATTERN: Final = "a pattern of very many pieces"
MOST_ACTIVE: Final = 12
UNFINISHED: Final = "a quote that does not end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """What `~`, `$HOME` and `$PWD` stand for, and who else has a home."""

    home: str
    cwd: str
    home_of: Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word of a command.

    `raw` is what was written from `start` to `end`, `text` what bash makes of it before it looks at files. `why` is
    empty when that is certain. `active` are the indices in `text` of characters that match file names, `quoted` says
    whether any part was quoted.
    """

    raw: str
    text: str
    start: int
    end: int
    why: str = ""
    active: tuple[int, ...] = ()
    quoted: bool = False

    @property
    def assigns(self) -> bool:
        """Whether the word sets a variable where it stands before a program's name."""
        return bool(_ASSIGNED.match(self.raw))


@dataclass(slots=True)
class _Draft:
    out: list[str] = field(default_factory=list)
    length: int = 0
    active: list[int] = field(default_factory=list)
    why: str = ""
    quoted: bool = False
    depth: int = 0
    expands: bool = False
    inside: bool = False

    def put(self, text: str) -> None:
        self.out.append(text)
        self.length += len(text)

    def doubt(self, why: str) -> None:
        self.why = self.why or why


def read_word(source: str, start: int, places: Places) -> Word:
    """Read the word that begins at `start`, which is no blank and no operator."""
    draft = _Draft()
    at = _tilde(source, start, draft, places)
    while at < len(source) and source[at] not in _ENDS:
        run = _ORDINARY.match(source, at)
        if run is not None:
            draft.put(run.group())
            at = run.end()
        else:
            at = _special(source, at, draft, places)
    raw = source[start:at]
    if draft.expands:
        draft.doubt(BRACES)
    if len(draft.active) > MOST_ACTIVE:
        draft.doubt(PATTERN)
    if "~" in raw and _ASSIGNED.match(raw):
        draft.doubt(VARIABLE)
    return Word(
        raw=raw,
        text="".join(draft.out),
        start=start,
        end=at,
        why=draft.why,
        active=tuple(draft.active),
        quoted=draft.quoted,
    )


def _tilde(source: str, at: int, draft: _Draft, places: Places) -> int:
    found = _TILDE.match(source, at)
    if found is None:
        return at
    following = source[found.end() : found.end() + 1]
    if source.startswith("=~", found.end()):
        draft.doubt(TILDE)
    elif following and following not in "/:" and following not in _ENDS:
        return at  # a quote or another character makes it an ordinary letter, which the caller reads
    user = found.group(1)
    if user == "":
        draft.put(places.home)
    elif user == "+":
        draft.doubt(VARIABLE)
        draft.put(places.cwd)
    else:
        draft.doubt(TILDE)
        draft.put(places.home_of(user) or found.group())
    return found.end()


def _special(source: str, at: int, draft: _Draft, places: Places) -> int:
    each = source[at]
    if each == "\\":
        return _backslash(source, at, draft)
    if each == "'":
        return _single(source, at, draft)
    if each == '"':
        return _double(source, at, draft, places)
    if each in "$`":
        return _dollar(source, at, draft, places, quoted=False)
    if each == "[" and _SET.match(source, at) is None:
        draft.doubt(CHARACTER_SET)
    if each in "*?[":
        draft.active.append(draft.length)
    elif each in "{},.":
        _brace(source, at, draft)
    draft.put(each)
    return at + 1


def _brace(source: str, at: int, draft: _Draft) -> None:
    """Follow braces: with a comma or two dots between them bash makes several words of one."""
    each = source[at]
    if each == "{":
        draft.depth += 1
    elif each == "}":
        draft.expands = draft.expands or (draft.depth > 0 and draft.inside)
        draft.depth = max(0, draft.depth - 1)
    elif draft.depth > 0 and (each == "," or source.startswith("..", at)):
        draft.inside = True


def _backslash(source: str, at: int, draft: _Draft) -> int:
    following = source[at + 1 : at + 2]
    if following == "":
        draft.doubt(UNFINISHED)
        draft.put("\\")
    elif following != "\n":
        draft.quoted = True
        draft.put(following)
    return at + 2 if following else at + 1


def _single(source: str, at: int, draft: _Draft) -> int:
    draft.quoted = True
    end = source.find("'", at + 1)
    if end < 0:
        draft.doubt(UNFINISHED)
        draft.put(source[at + 1 :])
        return len(source)
    draft.put(source[at + 1 : end])
    return end + 1


def _double(source: str, at: int, draft: _Draft, places: Places) -> int:
    draft.quoted = True
    at += 1
    while at < len(source):
        each = source[at]
        if each == '"':
            return at + 1
        if each == "\\":
            following = source[at + 1 : at + 2]
            if following != "\n":
                draft.put(following if following and following in '$`"\\' else each + following)
            at += 2
        elif each in "$`":
            at = _dollar(source, at, draft, places, quoted=True)
        else:
            at = _run(_IN_DOUBLE, source, at, draft)
    draft.doubt(UNFINISHED)
    return len(source)


def _dollar(source: str, at: int, draft: _Draft, places: Places, *, quoted: bool) -> int:
    if source[at] == "`":
        draft.doubt(SUBSTITUTION)
        end = source.find("`", at + 1)
        end = len(source) if end < 0 else end
        draft.put(_printed(source[at + 1 : end], places))
        return min(end + 1, len(source))
    following = source[at + 1 : at + 2]
    if following == "'" and not quoted:
        return _ansi(source, at, draft)
    if following == '"' and not quoted:
        draft.doubt(LOCALE)
        return at + 1
    if following and following in "([{":
        return _bracketed(source, at, draft, places)
    name = _NAME.match(source, at + 1)
    if name is not None:
        draft.doubt(VARIABLE)
        draft.put(_value(name.group(), places))
        return name.end()
    if following and following in "@*#?-$!0123456789":
        draft.doubt(VARIABLE)
        return at + 2
    draft.put("$")
    return at + 1


def _bracketed(source: str, at: int, draft: _Draft, places: Places) -> int:
    opening = source[at + 1]
    if opening == "{":
        draft.doubt(VARIABLE)
        end = source.find("}", at)
        end = len(source) if end < 0 else end
        inside = source[at + 2 : end]
        draft.put(_value(inside, places) if _NAME.fullmatch(inside) else _default(inside))
        return min(end + 1, len(source))
    draft.doubt(ARITHMETIC if opening == "[" or source.startswith("$((", at) else SUBSTITUTION)
    closing = {"(": ")", "[": "]"}[opening]
    depth, index = 0, at + 1
    while index < len(source):
        depth += (source[index] == opening) - (source[index] == closing)
        index += 1
        if depth == 0:
            break
    if opening == "(":
        draft.put(_printed(source[at + 2 : index - 1], places))
    return index


def _printed(inside: str, places: Places) -> str:
    """Return what a command inside a word surely prints, where it is one of a few that everybody writes."""
    words = inside.split()
    if words in (["pwd"], ["git", "rev-parse", "--show-toplevel"]):
        return places.cwd
    if words[:1] != ["echo"] or len(words) != 2:
        return ""
    return places.home if words[1] == "~" else words[1].strip("\"'")


def _default(inside: str) -> str:
    """Return the text of `${x:-text}` and its relatives, the likeliest value of an unset variable."""
    found = re.match(r"\w+:?[-=+?](.*)", inside, re.DOTALL)
    return found.group(1).strip("\"'") if found else ""


def _value(name: str, places: Places) -> str:
    return {"HOME": places.home, "PWD": places.cwd}.get(name, "")


def _ansi(source: str, at: int, draft: _Draft) -> int:
    draft.doubt(ANSI)
    at += 2
    while at < len(source) and source[at] != "'":
        if source[at] != "\\":
            at = _run(_IN_ANSI, source, at, draft)
            continue
        code = _CODE.match(source, at + 1)
        if code is not None:
            draft.put(_coded(code))
            at = code.end()
        else:
            following = source[at + 1 : at + 2]
            draft.put(_ESCAPES.get(following, following))
            at += 2
    return at + 1


def _coded(code: re.Match[str]) -> str:
    if code.group(5) is not None:
        return chr(ord(code.group(5)) & 0x1F)
    if code.group(4) is not None:
        return chr(int(code.group(4), 8) & 0xFF)
    number = int(next(group for group in code.groups()[:3] if group is not None), 16)
    return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else ""


def _run(pattern: re.Pattern[str], source: str, at: int, draft: _Draft) -> int:
    found = pattern.match(source, at)
    end = at + 1 if found is None else found.end()
    draft.put(source[at:end])
    return end
