"""A command's words held against a table of options: what is not in the table asks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from tui.trust.programs import Table

_NUMBER: Final = re.compile(r"-[0-9]+")
_AMOUNT: Final = re.compile(r"-[0-9]+[a-zA-Z]{0,2}")


@dataclass(slots=True, kw_only=True)
class Use:
    """How a command uses its program: values and operands by kind, options seen, and words that are not known."""

    table: Table
    given: list[tuple[str, str, str]] = field(default_factory=list)
    """The option (empty for an operand), the kind, and the text of each value and operand, in order."""
    seen: set[str] = field(default_factory=set)
    unknown: list[str] = field(default_factory=list)
    operands: list[str] = field(default_factory=list)
    fed: bool = False
    """Whether the program is surely fed by a pipe."""
    after_dashes: int = 0
    """How many of the operands follow `--`."""

    @property
    def sweeps(self) -> bool:
        """Whether the program reads every file below the folders it is given."""
        return "always" in self.table.sweeps or bool(self.seen & self.table.sweeps)


def read_use(table: Table, words: Sequence[str]) -> Use:
    """Read the words after those that name the program and its subcommand."""
    use = Use(table=table)
    if table.style == "find":
        _read_find(use, words)
    else:
        _read_gnu(use, words)
    return use


def _read_gnu(use: Use, words: Sequence[str]) -> None:
    pending = list(reversed(words))
    while pending:
        word = pending.pop()
        if word == "--":
            use.after_dashes = len(pending)
            use.operands.extend(reversed(pending))
            break
        if word.startswith("--"):
            _long(use, word, pending)
        elif word.startswith("-") and word != "-":
            _short(use, word, pending)
        else:
            use.operands.append(word)
    _name_operands(use)


def _long(use: Use, word: str, pending: list[str]) -> None:
    table = use.table
    name, equals, value = word.partition("=")
    if equals:
        kind = table.values.get(name) or table.optional.get(name)
        if kind is None:
            use.unknown.append(word)
            return
        use.seen.add(name)
        use.given.append((name, kind, value))
    elif name in table.flags or name in table.optional:
        use.seen.add(name)
    elif name in table.values and pending and _can_be_value(pending[-1], table.values[name]):
        use.seen.add(name)
        use.given.append((name, table.values[name], pending.pop()))
    else:
        use.unknown.append(word)


def _short(use: Use, word: str, pending: list[str]) -> None:
    table = use.table
    if word in table.flags:
        use.seen.add(word)
        return
    if table.numbers and _NUMBER.fullmatch(word):
        return
    if word in table.values and len(word) > 2 and pending:  # a word with one dash
        use.given.append((word, table.values[word], pending.pop()))
        return
    rest = word[1:]
    while rest:
        name, rest = "-" + rest[0], rest[1:]
        kind = table.values.get(name)
        if kind is not None:
            if not rest and not (pending and _can_be_value(pending[-1], kind)):
                use.unknown.append(word)
                return
            use.seen.add(name)
            use.given.append((name, kind, rest or pending.pop()))
            return
        if rest and name in table.optional:
            use.seen.add(name)
            use.given.append((name, table.optional[name], rest))
            return
        if name not in table.flags and name not in table.optional:
            use.unknown.append(word)
            return
        use.seen.add(name)


def _can_be_value(word: str, kind: str) -> bool:
    """Tell whether a word is surely the value of the option before it: not every program takes one that has a dash."""
    return kind == "pattern" or not word.startswith("-") or word == "-" or _AMOUNT.fullmatch(word) is not None


def _name_operands(use: Use) -> None:
    kinds = list(use.table.operands)
    if use.table.given_by & use.seen:
        kinds = kinds[1:]
    for index, word in enumerate(use.operands):
        kind = kinds[min(index, len(kinds) - 1)] if kinds else "none"
        use.given.append(("", kind, word))
    if use.table.lists and use.operands and not use.table.lists & use.seen:
        use.unknown.append(use.operands[0])


def _read_find(use: Use, words: Sequence[str]) -> None:
    table = use.table
    index = 0
    while index < len(words) and (
        words[index] in {"-P", "-H"} or not words[index].startswith(("-", "(", ")", "!", ","))
    ):
        if not words[index].startswith("-"):
            use.operands.append(words[index])
            use.given.append(("", "path", words[index]))
        index += 1
    while index < len(words):
        word = words[index]
        index += 1
        kind = table.values.get(word)
        if kind is not None and index < len(words):
            use.seen.add(word)
            spared = kind == "name" and (words[index - 2] in {"!", "-not"} or "-prune" in words)
            use.given.append((word, "word" if spared else kind, words[index]))
            index += 1
        elif word in table.flags:
            use.seen.add(word)
        else:
            use.unknown.append(word)
