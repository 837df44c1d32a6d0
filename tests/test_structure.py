"""The shape of the code is a rule like any other: files, functions and classes stay small, without exceptions."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted((ROOT / "tui").rglob("*.py"))
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
MAX_CLASS_METHODS = 25


def _nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_there_is_code_to_measure() -> None:
    assert len(FILES) > 10


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_file_function_and_class_sizes(path: Path) -> None:
    too_big: list[str] = []
    lines = len(path.read_text(encoding="utf-8").splitlines())
    if lines > MAX_FILE_LINES:
        too_big.append(f"{_name(path)}: {lines} lines (at most {MAX_FILE_LINES})")
    for node in _nodes(path):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > MAX_FUNCTION_LINES:
                too_big.append(
                    f"{_name(path)}:{node.lineno} {node.name}: {length} lines (at most {MAX_FUNCTION_LINES})"
                )
        if isinstance(node, ast.ClassDef):
            methods = sum(isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef) for item in node.body)
            if methods > MAX_CLASS_METHODS:
                too_big.append(
                    f"{_name(path)}:{node.lineno} {node.name}: {methods} methods (at most {MAX_CLASS_METHODS})"
                )
    assert not too_big, "\n".join(too_big)
