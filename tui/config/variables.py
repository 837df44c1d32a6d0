"""The layer of environment variables: `LLMMIXER_UI_THEME` is `ui.theme`, one variable for every key."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tui.config.decode import Tree
from tui.config.files import parse
from tui.config.mistakes import ConfigError, KeyPath, Mistake, nearest
from tui.config.schema import Many, Named, Node, Scalar, Table

PREFIX: Final = "LLMMIXER_"
RESERVED: Final = frozenset({"LLMMIXER_HOME"})
"""Names with the prefix that are no config keys."""

_TRUE: Final = frozenset({"1", "true", "yes", "on"})
_FALSE: Final = frozenset({"0", "false", "no", "off"})
_WHOLE: Final = re.compile(r"[+-]?\d{1,30}")


def variable_name(path: tuple[str, ...]) -> str:
    """Return the variable that sets the key at `path`: `LLMMIXER_TIMEOUTS_IDLE`."""
    return PREFIX + "_".join(_shouted(part) for part in path)


def environment_layer(
    node: Table, environ: Mapping[str, str], lower: Tree, mistakes: list[Mistake]
) -> tuple[dict[str, Any], dict[KeyPath, str]]:
    """Return the raw values the environment sets, and the variable behind each path.

    `lower` is what the layers below say: the names in it (endpoints, roles, models) are recognised in variables. An
    empty variable counts as unset. What is wrong is appended to `mistakes`.
    """
    values: dict[str, Any] = {}
    origins: dict[KeyPath, str] = {}
    for variable in sorted(environ):
        if not variable.startswith(PREFIX) or variable in RESERVED or not environ[variable]:
            continue
        target = _resolve(node, variable.removeprefix(PREFIX), lower)
        if target is None:
            mistakes.append(Mistake(f"environment {variable}", "", _unknown(node, variable, lower)))
            continue
        path, item = target
        try:
            _put(values, path, _value(item, environ[variable], f"environment {variable}"))
        except ConfigError as error:
            mistakes.extend(error.mistakes)
            continue
        origins[path] = variable
    return values, origins


def all_variables(node: Node, lower: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the name of every variable there is, for the names that exist in `lower`."""
    if isinstance(node, Table):
        for name, item in node.items.items():
            yield from all_variables(item, _below(lower, name), (*path, name))
    elif isinstance(node, Named):
        yield variable_name(path)
        for name in lower:
            yield from all_variables(node.item, lower[name], (*path, name))
    else:
        yield variable_name(path)


def _resolve(node: Node, rest: str, lower: Any, path: tuple[str, ...] = ()) -> tuple[tuple[str, ...], Node] | None:
    if not rest:
        return None if isinstance(node, Table) else (path, node)
    if isinstance(node, Table):
        for name, item in node.items.items():
            after = _after(rest, _shouted(name))
            if after is not None:
                target = _resolve(item, after, _below(lower, name), (*path, name))
                if target is not None:
                    return target
    if isinstance(node, Named):
        return _resolve_named(node, rest, lower, path)
    return None


def _resolve_named(node: Named, rest: str, lower: Any, path: tuple[str, ...]) -> tuple[tuple[str, ...], Node] | None:
    known = lower if isinstance(lower, dict) else {}
    for name in sorted(known, key=len, reverse=True):
        after = _after(rest, _shouted(name))
        if after is not None:
            target = _resolve(node.item, after, known[name], (*path, name))
            if target is not None:
                return target
    if not isinstance(node.item, Table):
        return (*path, rest.lower()), node.item
    for name, item in sorted(node.item.items.items(), key=lambda pair: len(pair[0]), reverse=True):
        chosen = rest.removesuffix(f"_{_shouted(name)}")
        if chosen != rest and chosen:
            return (*path, chosen.lower(), name), item
    return None


def _below(lower: Any, name: str) -> Any:
    return lower.get(name, {}) if isinstance(lower, dict) else {}


def _after(rest: str, word: str) -> str | None:
    if rest == word:
        return ""
    return rest[len(word) + 1 :] if rest.startswith(f"{word}_") else None


def _shouted(part: str) -> str:
    return re.sub(r"[^A-Z0-9]", "_", part.upper())


def _value(node: Node, text: str, where: str) -> Any:
    """Return the TOML value `text` stands for; text that is no such value is left for the check to name."""
    if isinstance(node, Scalar):
        return _scalar_value(node, text)
    if isinstance(node, Many) and isinstance(node.item, Scalar) and not text.lstrip().startswith("["):
        return [part.strip() for part in text.split(",") if part.strip()]
    return parse(f"value = {text}", where)["value"]


def _scalar_value(node: Scalar, text: str) -> Any:
    word = text.strip()
    if node.kind is str:
        return text if node.long_text else word
    if node.kind is bool and word.lower() in _TRUE | _FALSE:
        return word.lower() in _TRUE
    if node.kind is int and _WHOLE.fullmatch(word):
        return int(word)
    if node.kind in {float, _decimal()}:
        try:
            return _decimal()(word)
        except ArithmeticError:
            return text
    return word


def _decimal() -> Any:
    from decimal import Decimal

    return Decimal


def _put(values: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    table = values
    for part in path[:-1]:
        below = table.setdefault(part, {})
        table = below if isinstance(below, dict) else {}
    known = table.get(path[-1])
    if isinstance(known, dict) and isinstance(value, dict):
        table[path[-1]] = {**value, **known}
    else:
        table[path[-1]] = value


def _unknown(node: Table, variable: str, lower: Tree) -> str:
    known = {name.removeprefix(PREFIX): name for name in all_variables(node, lower)}
    near = nearest(variable.removeprefix(PREFIX), known, count=3)
    if near:
        return "sets no config key; did you mean " + " or ".join(known[name] for name in near) + "?"
    return "sets no config key; a name is LLMMIXER_ and the key in capitals, as in LLMMIXER_UI_THEME"
