"""The import contracts of `pyproject.toml` hold, and each of them really bites."""

import ast
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted((ROOT / "tui").rglob("*.py"))
SDK_HOMES = {
    "anthropic": {"tui/providers/anthropic_api.py"},
    "google": {"tui/providers/gemini_api.py"},
    "openai": {"tui/providers/openai_api.py", "tui/providers/openai_compatible.py"},
}


def run_contracts(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts of the `tui` package in `folder`, whatever is installed."""
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
            "--no-cache",
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_every_contract_is_kept() -> None:
    done = run_contracts(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 broken" in done.stdout


@dataclass(frozen=True)
class Offence:
    """One line of code that must break one contract."""

    path: str
    code: str
    contract: str


OFFENCES = (
    Offence("tui/core/upward.py", "import tui.config.model", "Rooms are layers"),
    Offence("tui/engine/upward.py", "import tui.ui", "Rooms are layers"),
    Offence("tui/spend/sibling.py", "import tui.providers.base", "Rooms are layers"),
    Offence("tui/providers/sibling.py", "import tui.demo", "Rooms are layers"),
    Offence("tui/unnamed_room/__init__.py", '"""A room no layer names."""', "Rooms are layers"),
    Offence("tui/demo/upward.py", "import tui.config.model", "The demo server"),
    Offence("tui/engine/paints.py", "import textual", "Only the user interface knows Textual"),
    Offence("tui/ui/view/paints.py", "def f():\n    import rich.text", "Only the user interface knows Textual"),
    Offence("tui/headless.py", "import tui.ui.actions", "A headless run"),
    Offence("tui/core/parses.py", "def f():\n    import pydantic", "Core uses the standard library only"),
    Offence("tui/ui/widgets/asks.py", "import tui.engine", "Widgets and view state"),
    Offence("tui/ui/render/asks.py", "def f():\n    import tui.providers.base", "Widgets and view state"),
    Offence("tui/ui/view/draws.py", "import tui.ui.widgets", "View state knows no widget"),
    Offence("tui/engine/calls.py", "def f():\n    import anthropic", "The Anthropic SDK"),
    Offence("tui/providers/openai_extra.py", "def f():\n    from openai import OpenAI", "The OpenAI SDK"),
    Offence("tui/ui/calls.py", "def f():\n    from google import genai", "The Google SDK"),
    Offence("tui/ui/widgets/emulates.py", "def f():\n    import pyte", "Terminal emulation"),
)


def test_each_contract_bites(tmp_path: Path) -> None:
    """Imports inside functions count too: each offence is found in a copy of the package that has all of them."""
    shutil.copytree(ROOT / "tui", tmp_path / "tui", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for offence in OFFENCES:
        path = tmp_path / offence.path
        path.parent.mkdir(exist_ok=True)
        path.write_text(offence.code + "\n", encoding="utf-8")
    done = run_contracts(tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    report = done.stdout.partition("Broken contracts")[2]
    for offence in OFFENCES:
        module = offence.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".").removeprefix("tui.")
        section = _section(report, offence.contract)
        assert module in section, f"{offence.path} does not break {offence.contract!r}:\n{section or done.stdout}"


def _section(report: str, contract: str) -> str:
    """The part of a report that tells of the contract whose name begins with `contract`."""
    found = False
    lines: list[str] = []
    all_lines = report.splitlines()
    for line, following in zip(all_lines, [*all_lines[1:], ""], strict=True):
        if following and set(following) == {"-"}:
            found = line.startswith(contract)
        if found:
            lines.append(line)
    return "\n".join(lines)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_sdks_are_not_imported_by_name_elsewhere(path: Path) -> None:
    """`importlib.import_module("openai")` is an import that a contract cannot see."""
    name = path.relative_to(ROOT).as_posix()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name | ast.Attribute):
            continue
        called = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
        if called not in ("import_module", "__import__"):
            continue
        for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                homes = SDK_HOMES.get(argument.value.partition(".")[0])
                assert homes is None or name in homes, f"{name}:{node.lineno} imports {argument.value}"
