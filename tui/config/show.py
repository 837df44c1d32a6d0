"""The configuration in effect, for `llmmixer config`: every value and where it comes from. Keys are never shown."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from tui.config.load import FileState, Loaded
from tui.config.mistakes import dotted
from tui.config.model import EndpointConfig
from tui.config.paths import shown
from tui.config.schema import Many, Named, Node, Table, schema

_LONG = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Effective:
    """One value in effect, as JSON has it; `origin` tells where it comes from."""

    key: str
    value: Any
    origin: str


def effective_values(loaded: Loaded) -> tuple[Effective, ...]:
    """Return every value in effect, in the order of the reference."""
    return tuple(
        Effective(key=dotted(path), value=value, origin=loaded.origin(dotted(path)))
        for path, value in _values(schema(), loaded.config, ())
    )


def effective_text(loaded: Loaded, environ: Mapping[str, str] = os.environ) -> str:
    """Return the configuration for people: a line for each value, its origin as a comment.

    Long texts are shortened; `effective_json` has them whole.
    """
    lines = [
        f"# {status.layer} file: {shown(status.path, environ)} ({_state(status.state)})" for status in loaded.files
    ]
    lines += [f"# {notice.title}: {notice.text}" for notice in loaded.notices]
    rows = [(item.key, _toml(item.value), item.origin) for item in effective_values(loaded)]
    wide = min(max((len(f"{key} = {value}") for key, value, _ in rows), default=0), 72)
    table = ""
    for key, value, origin in rows:
        head = key.partition(".")[0]
        if head != table:
            lines.append("")
            table = head
        lines.append(f"{key} = {value}".ljust(wide) + f"  # {origin}")
    lines += ["", "# keys and addresses from the environment"]
    for name, endpoint in loaded.config.endpoints.items():
        lines.append(f"# {name}: key {_sentence(endpoint.api_key_env, environ)}")
        lines.append(f"# {name}: address {_sentence(endpoint.base_url_env, environ)}")
    return "\n".join(lines) + "\n"


def effective_json(loaded: Loaded, environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Return the configuration for programs: `{"files": […], "values": {key: {"value", "origin"}}, …}`."""
    return {
        "files": [
            {"path": str(status.path), "layer": status.layer, "state": status.state.value} for status in loaded.files
        ],
        "notices": [{"title": notice.title, "text": notice.text, "hint": notice.hint} for notice in loaded.notices],
        "values": {item.key: {"value": item.value, "origin": item.origin} for item in effective_values(loaded)},
        "environment": {name: _environment(endpoint, environ) for name, endpoint in loaded.config.endpoints.items()},
    }


def _environment(endpoint: EndpointConfig, environ: Mapping[str, str]) -> dict[str, Any]:
    return {
        "api_key": {"variables": list(endpoint.api_key_env), "used": _used(endpoint.api_key_env, environ)},
        "base_url": {"variables": list(endpoint.base_url_env), "used": _used(endpoint.base_url_env, environ)},
    }


def _used(variables: tuple[str, ...], environ: Mapping[str, str]) -> str | None:
    return next((variable for variable in variables if environ.get(variable)), None)


def _sentence(variables: tuple[str, ...], environ: Mapping[str, str]) -> str:
    used = _used(variables, environ)
    if not variables:
        return "from no variable"
    return f"from {used} (set)" if used else f"from {' or '.join(variables)} (not set)"


def _state(state: FileState) -> str:
    match state:
        case FileState.READ:
            return "read"
        case FileState.ABSENT:
            return "absent"
        case FileState.IGNORED_UNTRUSTED:
            return "ignored: the folder is not trusted"


def _values(node: Node, value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(node, Table):
        for name, item in node.items.items():
            yield from _values(item, getattr(value, name), (*path, name))
    elif isinstance(node, Named):
        for name, item in value.items():
            yield from _values(node.item, item, (*path, name))
    elif isinstance(node, Many) and isinstance(node.item, Table):
        yield path, [_plain_table(node.item, item) for item in value]
    else:
        yield path, _plain(value)


def _plain_table(node: Table, value: Any) -> dict[str, Any]:
    plain = {item.name: _plain(getattr(value, item.name)) for item in fields(node.cls)}
    return {name: item for name, item in plain.items() if item is not None}


def _plain(value: Any) -> Any:
    """Return `value` as JSON has it: exact numbers as text, because a float would change them."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return str(value)


def _toml(value: Any) -> str:
    if value is None:
        return "unset"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, dict):
        shown = (f"{name} = {_toml(item)}" for name, item in value.items() if item not in ("", []))
        return "{ " + ", ".join(shown) + " }"
    return _quoted(str(value))


def _quoted(text: str) -> str:
    from json import dumps  # a TOML basic string is a JSON string in all that matters here

    return dumps(text if len(text) <= _LONG else text[: _LONG - 1] + "…", ensure_ascii=False)
