"""The shape of the configuration, read once from the annotations of the dataclasses in `model`."""

import types
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, Final, TypeAlias, Union, get_args, get_origin

from tui.config.fields import Mark, Pattern, Range
from tui.config.model import Config
from tui.core.record import Record, record

Rule: TypeAlias = Range | Pattern
KEY_NAME: Final = "NAME"
"""Stands for the name a user chooses in `endpoints.NAME.wire`."""


@record
class Scalar(Record):
    """One value of type `kind`: str, bool, int, float, Decimal or a StrEnum."""

    kind: type
    rules: tuple[Rule, ...] = ()
    long_text: bool = False
    user_only: bool = False


@record
class Many(Record):
    """A list; one layer's list replaces another's."""

    item: "Node"
    user_only: bool = False


@record
class Table(Record):
    """A table with fixed keys, built as the dataclass `cls`."""

    cls: type
    items: "Mapping[str, Node]"
    required: tuple[str, ...] = ()
    user_only: bool = False


@record
class Named(Record):
    """A table whose keys the user chooses."""

    item: "Node"
    rules: tuple[Rule, ...] = ()
    user_only: bool = False


Node: TypeAlias = Scalar | Many | Table | Named


@lru_cache(maxsize=1)
def schema() -> Table:
    """Return the shape of `Config`."""
    return _table(Config)


def _table(cls: type, *, user_only: bool = False) -> Table:
    required = tuple(item.name for item in fields(cls) if item.default is MISSING and item.default_factory is MISSING)
    items = {item.name: _node(item.type) for item in fields(cls)}
    return Table(cls=cls, items=items, required=required, user_only=user_only)


def _node(annotation: Any, extras: tuple[Any, ...] = ()) -> Node:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _node(arguments[0], (*arguments[1:], *extras))
    if origin in {Union, types.UnionType}:
        (inner,) = (argument for argument in arguments if argument is not types.NoneType)
        return _node(inner, extras)
    rules = tuple(extra for extra in extras if isinstance(extra, Range | Pattern))
    user_only = Mark.USER_ONLY in extras
    if origin is tuple:
        return Many(item=_node(arguments[0]), user_only=user_only)
    if origin is dict:
        return Named(item=_node(arguments[1]), rules=rules, user_only=user_only)
    if is_dataclass(annotation) and isinstance(annotation, type):
        return _table(annotation, user_only=user_only)
    if not isinstance(annotation, type):
        raise TypeError(f"no way to configure a field of type {annotation}")
    return Scalar(kind=annotation, rules=rules, long_text=Mark.LONG_TEXT in extras, user_only=user_only)


def child(node: Node, name: str) -> Node | None:
    """Return the shape of the value called `name` in a table, or None if there is none."""
    match node:
        case Table():
            return node.items.get(name)
        case Named():
            return node.item
        case _:
            return None


def known_keys(node: Node, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Node]]:
    """Yield every key below `node` that holds a value, with `NAME` where the user chooses the name."""
    if isinstance(node, Table):
        for name, item in node.items.items():
            yield from known_keys(item, (*path, name))
    elif isinstance(node, Named):
        yield from known_keys(node.item, (*path, KEY_NAME))
    else:
        yield path, node


def expected(node: Node) -> str:
    """Return in words what a value must be."""
    match node:
        case Table() | Named():
            return "a table"
        case Many():
            return f"a list, each item {expected(node.item)}"
        case Scalar():
            words = _KINDS.get(node.kind) or _choices(node.kind)
            for rule in node.rules:
                words += f", {rule}" if isinstance(rule, Range) else f" ({rule.expected})"
            return words


_KINDS: Final = {
    str: "text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    Decimal: "a number",
}


def _choices(kind: type) -> str:
    return "one of " + ", ".join(str(choice) for choice in choices(kind))


def choices(kind: type) -> tuple[str, ...]:
    """Return the values of an enumeration, or nothing for another type."""
    return tuple(member.value for member in kind) if issubclass(kind, StrEnum) else ()
