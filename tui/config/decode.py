"""From plain TOML values to typed ones, collecting every mistake on the way instead of stopping at the first."""

import math
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final, TypeAlias

from tui.config.fields import Pattern, Range
from tui.config.mistakes import KeyPath, Mistake, dotted, found, nearest
from tui.config.schema import KEY_NAME, Many, Named, Node, Scalar, Table, child, choices, expected, known_keys, schema

Tree: TypeAlias = dict[str, Any]
"""Checked values: nested dicts for tables, final values below."""

_INVALID: Final = object()
_KEY_WORDS: Final = r"(?i)(api_?)?key|token|secret|password"


class Reader:
    """Checks one layer; `where` tells the place of a key, `mistakes` grows."""

    def __init__(self, where: Callable[[KeyPath], str]) -> None:
        self.where = where
        self.mistakes: list[Mistake] = []

    def table(self, node: Table, value: object, path: KeyPath = ()) -> Tree:
        """Return the checked values of `value`; what is wrong in it is left out and noted."""
        if not isinstance(value, dict):
            self._wrong(node, value, path)
            return {}
        tree: Tree = {}
        for name, item in value.items():
            below = node.items.get(name)
            if below is None:
                self.note((*path, name), _unknown(node, name, path))
                continue
            self._keep(tree, name, below, item, path)
        if any(isinstance(part, int) for part in path):  # lists replace, so nothing else can complete this table
            self.complete(node, value, path)
        return tree

    def complete(self, node: Node, value: Tree, path: KeyPath = ()) -> None:
        """Note what a table lacks that it must have, and the tables below it."""
        if isinstance(node, Table):
            for name in node.required:
                if name not in value:
                    self.note((*path, name), f"missing; expected {expected(node.items[name])}")
        for name, item in value.items():
            below = child(node, name)
            if isinstance(below, Table | Named):
                self.complete(below, item, (*path, name))

    def note(self, path: KeyPath, text: str) -> None:
        """Remember a mistake at `path`."""
        self.mistakes.append(Mistake(self.where(path), dotted(path), text))

    def _keep(self, tree: Tree, name: str, node: Node, value: object, path: KeyPath) -> None:
        checked = self._read(node, value, (*path, name))
        if checked is not _INVALID:
            tree[name] = checked

    def _read(self, node: Node, value: object, path: KeyPath) -> Any:
        match node:
            case Table():
                return self.table(node, value, path)
            case Named():
                return self._named(node, value, path)
            case Many():
                return self._many(node, value, path)
            case Scalar():
                return self._scalar(node, value, path)

    def _named(self, node: Named, value: object, path: KeyPath) -> Any:
        if not isinstance(value, dict):
            return self._wrong(node, value, path)
        tree: Tree = {}
        for name, item in value.items():
            bad = next((rule for rule in node.rules if not _follows(name, rule)), None)
            if isinstance(bad, Pattern) or not name or not name.isprintable():
                allowed = bad.expected if isinstance(bad, Pattern) else "visible characters"
                self.note((*path, name), f"not a possible name; expected {allowed}")
                continue
            self._keep(tree, name, node.item, item, path)
        return tree

    def _many(self, node: Many, value: object, path: KeyPath) -> Any:
        if not isinstance(value, list | tuple):
            return self._wrong(node, value, path)
        before = len(self.mistakes)
        items = [self._read(node.item, item, (*path, index)) for index, item in enumerate(value)]
        if len(self.mistakes) > before:
            return _INVALID
        return tuple(build(node.item, item) for item in items)

    def _scalar(self, node: Scalar, value: object, path: KeyPath) -> Any:
        typed = _typed(node, value)
        if typed is _INVALID:
            return self._wrong(node, value, path)
        for rule in node.rules:
            if not _follows(typed, rule):
                return self._wrong(node, value, path)
        if isinstance(typed, str) and not node.long_text and not typed.isprintable():
            self.note(path, f"expected one line without control characters; found {found(value, path)}")
            return _INVALID
        return typed

    def _wrong(self, node: Node, value: object, path: KeyPath) -> Any:
        text = f"expected {expected(node)}; found {found(value, path)}"
        if isinstance(node, Scalar) and isinstance(value, str):
            near = nearest(value, choices(node.kind))
            text += f'; did you mean "{near[0]}"?' if near else ""
        self.note(path, text)
        return _INVALID


def _typed(node: Scalar, value: object) -> Any:
    """Return `value` as `node.kind`, or `_INVALID`; a whole number may stand for any number, true for none."""
    kind = node.kind
    if kind is bool or isinstance(value, bool):
        return value if kind is bool and isinstance(value, bool) else _INVALID
    if kind is int:
        return value if isinstance(value, int) else _INVALID
    if kind is float or kind is Decimal:
        return _number(kind, value)
    if not isinstance(value, str):
        return _INVALID
    if kind is str:
        return str(value)
    return kind(value) if value in choices(kind) else _INVALID


def _number(kind: type, value: object) -> Any:
    if not isinstance(value, int | float | Decimal):
        return _INVALID
    try:
        number = float(value)
    except (OverflowError, ValueError):
        return _INVALID
    if not math.isfinite(number):
        return _INVALID
    if kind is float:
        return number
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _follows(value: Any, rule: Range | Pattern) -> bool:
    if isinstance(rule, Pattern):
        return re.fullmatch(rule.regex, value) is not None
    return (
        (rule.least is None or value >= rule.least)
        and (rule.most is None or value <= rule.most)
        and (rule.above is None or value > rule.above)
    )


def _unknown(node: Table, name: str, path: KeyPath) -> str:
    if "api_key_env" in node.items and re.fullmatch(_KEY_WORDS, name):
        return "a config file never holds a key; name the environment variable that has it in `api_key_env`"
    near = nearest(name, node.items)
    if not near:
        keys = [key for key, _ in known_keys(schema()) if key[-1] == name and KEY_NAME not in key]
        near = [dotted(key) for key in keys]
    if near:
        return f"unknown key; did you mean `{near[0] if '.' in near[0] else dotted((*path, near[0]))}`?"
    return "unknown key; expected one of " + ", ".join(node.items)


def build(node: Node, tree: Any) -> Any:
    """Return the dataclass of a checked table; other values as they are."""
    match node:
        case Table():
            return node.cls(**{name: build(node.items[name], value) for name, value in tree.items()})
        case Named():
            return {name: build(node.item, value) for name, value in tree.items()}
        case _:
            return tree


def merge(node: Node, lower: Tree, upper: Tree) -> Tree:
    """Return both layers as one: tables merge, everything else in `upper` replaces what is in `lower`."""
    merged = dict(lower)
    for name, value in upper.items():
        below = child(node, name)
        if isinstance(below, Table | Named) and name in lower:
            merged[name] = merge(below, lower[name], value)
        else:
            merged[name] = value
    return merged


def leaves(node: Node, tree: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of every value set in `tree`; a list is one value."""
    if isinstance(node, Table | Named):
        for name, value in tree.items():
            below = node.item if isinstance(node, Named) else node.items[name]
            yield from leaves(below, value, (*path, name))
    else:
        yield path
