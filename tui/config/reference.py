"""The reference of all keys, made from `model`: types and defaults from the classes, words from the docstrings.

`python -m tui.config.reference --write README.md` renews the part of a file between the two markers, and
`--check README.md` fails if that part is out of date.
"""

import argparse
import ast
import itertools
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import MISSING, Field, fields
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, Final

from tui.config import model, model_work
from tui.config.schema import KEY_NAME, Many, Named, Node, Scalar, Table, choices, expected, schema
from tui.config.variables import PREFIX, variable_name

BEGIN: Final = "<!-- config reference: begin -->"
END: Final = "<!-- config reference: end -->"

_INTRODUCTION: Final = f"""\
Every key has an environment variable too: `{PREFIX}`, the tables and the key in capitals, every other character as `_`:
`{variable_name(("ui", "theme"))}`, `{variable_name(("endpoints", "compatible", "base_url"))}`. Lists of words are \
written with commas; other lists and tables as in TOML: `{variable_name(("panes",))}='[{{provider = "openai"}}]'`."""
_PLACE: Final = re.compile(r": table `[^`]*`")


def reference_markdown() -> str:
    """Return the whole reference as Markdown: a section with a table of keys for each TOML table."""
    return "\n\n".join([_INTRODUCTION, *_sections(schema(), _docstrings())]) + "\n"


def updated(text: str) -> str:
    """Return `text` with the part between the markers made new. Raises ValueError if a marker is missing."""
    start, stop = text.find(BEGIN), text.find(END)
    if start < 0 or stop < start:
        raise ValueError(f"the text needs the lines {BEGIN} and {END}")
    return f"{text[: start + len(BEGIN)]}\n\n{reference_markdown()}\n{text[stop:]}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the reference, write it into a file or check it there."""
    parser = argparse.ArgumentParser(prog="python -m tui.config.reference", description="Reference of all config keys")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--write", metavar="FILE", type=Path, help="renew the part between the markers in FILE")
    choice.add_argument("--check", metavar="FILE", type=Path, help="fail if that part is out of date")
    options = parser.parse_args(arguments)
    if options.write is None and options.check is None:
        sys.stdout.write(reference_markdown())
        return 0
    path: Path = options.write or options.check
    try:
        text = path.read_text(encoding="utf-8")
        new = updated(text)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{path}: {error}\n")
        return 2
    if options.write is not None:
        path.write_text(new, encoding="utf-8")
        return 0
    if new != text:
        sys.stderr.write(f"{path}: the reference is out of date; run: python -m tui.config.reference --write {path}\n")
    return int(new != text)


def _docstrings() -> dict[str, dict[str, str]]:
    """Return for each class of the model the words under each field; those of the class itself under ''."""
    found: dict[str, dict[str, str]] = {}
    trees = [ast.parse(Path(str(one.__file__)).read_text(encoding="utf-8")) for one in (model, model_work)]
    for item in itertools.chain.from_iterable(tree.body for tree in trees):
        if not isinstance(item, ast.ClassDef):
            continue
        words = {"": ast.get_docstring(item) or ""}
        for first, second in zip(item.body, item.body[1:], strict=False):
            match first, second:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                    words[name] = " ".join(text.split())
                case _:
                    pass
        found[item.name] = words
    return found


def _sections(node: Table, documents: dict[str, dict[str, str]]) -> Iterator[str]:
    words = documents[node.cls.__name__]
    for item in fields(node.cls):
        below = node.items[item.name]
        text = f"### `{_header(below, item.name)}`\n\n"
        table = _inner(below)
        if table is None:
            yield text + words[item.name] + _remark(below)
            continue
        about = documents[table.cls.__name__][""].replace("\n\n", " ")
        yield text + _PLACE.sub("", about) + _remark(below) + "\n\n" + _rows(table, documents)


def _header(node: Node, name: str) -> str:
    match node:
        case Named(item=Table()):
            return f"[{name}.{KEY_NAME}]" if node.rules else f'[{name}."{KEY_NAME}"]'
        case Many():
            return f"[[{name}]]"
        case _:
            return f"[{name}]"


def _inner(node: Node) -> Table | None:
    match node:
        case Table():
            return node
        case Named(item=Table() as table) | Many(item=Table() as table):
            return table
        case _:
            return None


def _rows(node: Table, documents: dict[str, dict[str, str]]) -> str:
    words = documents[node.cls.__name__]
    lines = ["| key | value | default | meaning |", "|---|---|---|---|"]
    for item in fields(node.cls):
        below = node.items[item.name]
        meaning = words[item.name] + _remark(below)
        lines.append(f"| `{item.name}` | {_kind(below)} | {_default(item)} | {meaning} |".replace("\n", " "))
    return "\n".join(lines)


def _kind(node: Node) -> str:
    if isinstance(node, Scalar) and choices(node.kind):
        return ", ".join(f"`{choice}`" for choice in choices(node.kind))
    if isinstance(node, Many):
        return f"a list of {_kind(node.item)}"
    return expected(node).replace("|", "\\|")


def _default(item: "Field[Any]") -> str:
    if item.default is MISSING:
        return "required" if item.default_factory is MISSING else "empty"
    value = item.default
    match value:
        case None:
            return "unset"
        case "" | ():
            return "empty"
        case bool():
            return f"`{str(value).lower()}`"
        case Enum():
            return f'`"{value.value}"`'
        case str():
            return f'`"{value}"`'
        case int() | float() | Decimal():
            return f"`{value}`"
        case _:
            return f"`{value!r}`"


def _remark(node: Node) -> str:
    return " Not in a project file." if node.user_only else ""


if __name__ == "__main__":
    sys.exit(main())
