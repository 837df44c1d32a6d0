"""What is known of programs and files, as data: tables of options, kinds of programs, kinds of files. Read once."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from tui.core.globs import compile_glob

_FOLDER: Final = Path(__file__).parent
_TOLD: Final = {
    "package_manifest": "a package manifest or a lock file",
    "env_file": "a file of environment variables",
    "trusted_config": "a file that other tools obey",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of files. `changed` and `read` match a canonical name, `folders` are names of folders that count whole.

    `reads` are the patterns of `read` as written.
    """

    told: str
    changed: re.Pattern[str]
    read: re.Pattern[str]
    reads: tuple[str, ...]
    folders: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What a program, or a program's subcommand, may be given without a question.

    `words` is what a command begins with. `reads` says that it changes nothing. `flags` stand alone, `values` take a
    value of a kind, `optional` take one only attached. `operands` are the kinds of operands; the last repeats, and an
    empty tuple allows none. With one of `given_by` the first operand is no pattern. With one of `sweeps` (or `always`
    in it) all files below a folder are read, hidden ones too with `hidden`; one that `filters` reads
    nothing but what it is fed through a pipe when it is given no path. `style` is `gnu` or `find`. `lists` are
    options of which one is needed for operands. `numbers` allows `-5`.
    """

    words: tuple[str, ...]
    reads: bool
    style: str
    flags: frozenset[str]
    values: Mapping[str, str]
    optional: Mapping[str, str]
    operands: tuple[str, ...]
    given_by: frozenset[str]
    sweeps: frozenset[str]
    hidden: bool
    filters: bool
    lists: frozenset[str]
    numbers: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """Names and beginnings of commands by what they do; see `kinds.toml`."""

    wrappers: frozenset[str]
    shells: frozenset[str]
    pipe_shells: frozenset[str]
    interpreters: re.Pattern[str]
    inline: frozenset[str]
    builtins: frozenset[str]
    harmless_builtins: frozenset[str]
    families: frozenset[str]
    texts: frozenset[str]
    runners: frozenset[str]
    unpackers: frozenset[str]
    listing: frozenset[str]
    sweepers: Mapping[str, str]
    globals: Mapping[str, frozenset[str]]
    system: Mapping[str, tuple[tuple[str, ...], ...]]
    destructive: tuple[tuple[str, ...], ...]
    removers: frozenset[str]
    changers: frozenset[str]
    disk_tools: re.Pattern[str]
    system_folders: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Printing:
    """What git prints by its options and subcommands; see `history.toml`."""

    instead: frozenset[str]
    lineless: frozenset[str]
    collections: frozenset[str]


@cache
def printing() -> Printing:
    """Return what is known of what git prints."""
    return Printing(**{name: _set(text) for name, text in _read("history").items()})


@cache
def path_kinds() -> Mapping[str, Kind]:
    """Return the kinds of files that are confirmed, by the name a setting calls them."""
    return {
        name: Kind(
            told=_TOLD[name],
            changed=_names(each for each in entry["changed"] if not each.endswith("/")),
            read=_names(entry.get("read", ())),
            reads=tuple(entry.get("read", ())),
            folders=frozenset(each.rstrip("/") for each in entry["changed"] if each.endswith("/")),
        )
        for name, entry in _read("paths").items()
    }


@cache
def tables() -> Mapping[tuple[str, ...], Table]:
    """Return every table of options by the words its commands begin with."""
    raw: dict[str, Any] = {}
    for name in ("files", "git", "tests"):
        raw.update(_read(name))
    groups = {name[1:]: entry for name, entry in raw.items() if name.startswith("+")}
    return {
        tuple(words.split()): _table(words, entry, groups)
        for name, entry in raw.items()
        if not name.startswith("+")
        for words in (name, *entry.get("also", ()))
    }


@cache
def programs() -> Programs:
    """Return what is known of programs by their names."""
    raw = _read("kinds")
    return Programs(
        wrappers=_set(raw["wrappers"]),
        shells=_set(raw["shells"]),
        pipe_shells=_set(raw["pipe_shells"]),
        interpreters=re.compile(raw["interpreters"]),
        inline=_set(raw["inline"]),
        builtins=_set(raw["builtins"]),
        harmless_builtins=_set(raw["harmless_builtins"]),
        families=_set(raw["families"]),
        texts=_set(raw["texts"]),
        runners=_set(raw["runners"]),
        unpackers=_set(raw["unpackers"]),
        listing=_set(raw["listing"]),
        sweepers=raw["sweepers"],
        globals={name: _set(text) for name, text in raw["globals"].items()},
        system={told: tuple(tuple(each.split()) for each in entries) for told, entries in raw["system"].items()},
        destructive=tuple(tuple(each.split()) for each in raw["destructive"]),
        removers=_set(raw["removers"]),
        changers=_set(raw["changers"]),
        disk_tools=re.compile(raw["disk_tools"]),
        system_folders=_set(raw["system_folders"]),
    )


def find_table(words: tuple[str, ...]) -> Table | None:
    """Return the table of a command, that of its subcommand before that of its program."""
    known = tables()
    for length in (3, 2, 1):
        table = known.get(words[:length]) if len(words) >= length else None
        if table is not None:
            return table
    return None


def _table(name: str, entry: Mapping[str, Any], groups: Mapping[str, Any]) -> Table:
    used = [groups[group.removeprefix("+")] for group in entry.get("uses", "").split()] + [entry]
    values: dict[str, str] = {}
    optional: dict[str, str] = {}
    for each in used:
        values.update({option: kind for kind, text in each.get("values", {}).items() for option in text.split()})
        optional.update({option: kind for kind, text in each.get("optional", {}).items() for option in text.split()})
    return Table(
        words=tuple(name.split()),
        reads=entry.get("reads", True),
        style=entry.get("style", "gnu"),
        flags=frozenset(flag for each in used for flag in each.get("flags", "").split()),
        values=values,
        optional=optional,
        operands=tuple(entry.get("operands", "path").split()),
        given_by=_set(entry.get("given_by", "")),
        sweeps=_set(entry.get("sweeps", "")),
        hidden=entry.get("hidden", True),
        filters=entry.get("filters", False),
        lists=_set(entry.get("lists", "")),
        numbers=entry.get("numbers", False),
    )


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _names(patterns: Iterable[str]) -> re.Pattern[str]:
    expressions = [compile_glob(each, escapes=False).pattern for each in patterns]
    return re.compile("|".join(expressions) if expressions else "(?!)", re.DOTALL)


def _read(name: str) -> dict[str, Any]:
    import tomllib  # read only when something is judged

    with (_FOLDER / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)
