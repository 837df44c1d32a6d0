"""Small languages inside operands: which scripts of sed and filters of jq only print what they are given."""

import re
from typing import Final

_NUMBER: Final = re.compile(r"[0-9]+")
_ADDRESS_END: Final = re.compile(r"[IM]*")
_STEP: Final = re.compile(r"~[0-9]+")
_RELATIVE: Final = re.compile(r"[+~][0-9]+")
_BLANKS: Final = re.compile(r"[ \t]*")
_SIMPLE: Final = frozenset("pPdDnNgGhHx=Fz")
_COUNTED: Final = re.compile(r"[lqQ][ \t]*[0-9]*")
_FLAGS: Final = re.compile(r"[gpIiMm0-9]*")
_ENDS: Final = frozenset(";\n}")
_FILE: Final = re.compile(r"[rRwW][ \t]*([^;\n}'\"]+)")
_LOADS: Final = re.compile(r"(?<![\w.])(?:import|include|env|modulemeta|get_search_list)\b|\$ENV|\$__prog")


def is_plain_sed(script: str) -> bool:
    """Tell whether a script of sed surely reads, chooses, replaces and prints, and neither executes nor writes."""
    at = _separators(script, 0)
    while at < len(script):
        end = _command(script, at)
        if end is None:
            return False
        at = _separators(script, end)
    return True


def files_of_sed(script: str) -> tuple[str, ...]:
    """Return what in a script of sed might be the name of a file that it reads or writes."""
    return tuple(found.strip() for found in _FILE.findall(script))


def is_plain_jq(text: str) -> bool:
    """Tell whether a filter of jq surely computes with its input only."""
    return _LOADS.search(text) is None


def _separators(script: str, at: int) -> int:
    while at < len(script) and script[at] in " \t;\n}":
        at += 1
    return at


def _command(script: str, at: int) -> int | None:
    """Return where the command at `at` ends, with its addresses, or None when it may do more than print."""
    after = _addresses(script, at)
    if after is None:
        return None
    at = _skip(script, after)
    while script.startswith("!", at):
        at = _skip(script, at + 1)
    name = script[at : at + 1]
    if name == "{":
        return at + 1
    counted = _COUNTED.match(script, at)
    if counted is not None:
        end: int | None = counted.end()
    elif name and name in "sy":
        end = _replacement(script, at, flags=name == "s")
    else:
        end = at + 1 if name in _SIMPLE and name else None
    if end is None:
        return None
    end = _skip(script, end)
    return end if end >= len(script) or script[end] in _ENDS else None


def _addresses(script: str, at: int) -> int | None:
    first = _address(script, at)
    if first is None or first == at:
        return first
    comma = _skip(script, first)
    if not script.startswith(",", comma):
        return first
    second = _skip(script, comma + 1)
    relative = _RELATIVE.match(script, second)
    end = relative.end() if relative is not None else _address(script, second)
    return None if end == second else end


def _address(script: str, at: int) -> int | None:
    """Return where an address ends, `at` itself when there is none, or None when it cannot be read."""
    if script.startswith("$", at):
        return at + 1
    number = _NUMBER.match(script, at)
    if number is not None:
        step = _STEP.match(script, number.end())
        return number.end() if step is None else step.end()
    if not script.startswith("/", at):
        return at
    end = _delimited(script, at + 1, "/")
    found = None if end is None else _ADDRESS_END.match(script, end)
    return None if found is None else found.end()


def _replacement(script: str, at: int, *, flags: bool) -> int | None:
    mark = script[at + 1 : at + 2]
    if not mark or mark in "\\\n" or mark.isalnum():
        return None
    middle = _delimited(script, at + 2, mark)
    end = None if middle is None else _delimited(script, middle, mark)
    if end is None or not flags:
        return end
    found = _FLAGS.match(script, end)
    return end if found is None else found.end()


def _delimited(script: str, at: int, mark: str) -> int | None:
    """Return where a text ends that a mark closes, which not every sed sees where the mark stands in brackets."""
    start = at
    while at < len(script):
        if script[at] == "\\":
            at += 2
            continue
        if script[at] == mark:
            return at + 1 if _brackets_close(script[start:at]) else None
        if script[at] == "\n":
            return None
        at += 1
    return None


def _brackets_close(text: str) -> bool:
    plain = re.sub(r"\\.", "", text)
    opened = plain.rfind("[")
    return opened < 0 or "]" in plain[opened + 2 :]


def _skip(script: str, at: int) -> int:
    found = _BLANKS.match(script, at)
    return at if found is None else found.end()
