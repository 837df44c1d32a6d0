"""Start-up is decided by imports, so what a module may load is a rule; so is how foreign text reaches the screen."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
UI_FILES = sorted((ROOT / "tui" / "ui").rglob("*.py"))

SDKS = {"anthropic", "openai", "google.genai", "google.auth", "httpx2", "httpcore2", "pydantic", "pydantic_core"}
HEAVY = SDKS | {
    "aiohttp",
    "cryptography",
    "genai_prices",
    "hypothesis",
    "opentelemetry",
    "ptyprocess",
    "pyte",
    "requests",
    "tui.demo.server",
    "websockets",
}
DEFERRED_BY_UI = HEAVY | {"http.client", "markdown_it", "pygments", "rich.markdown", "textual.widgets._markdown"}
DEFERRED_BY_COMMAND_LINE = HEAVY | {
    "asyncio",
    "http.client",
    "markdown_it",
    "pygments",
    "rich",
    "textual",
    "urllib.request",
}


# What the screen needs only once something is asked, answered, opened or searched.
AFTER_THE_FIRST_KEY = DEFERRED_BY_UI | {
    "json",
    "sqlite3",
    "tui.config.save",
    "tui.core.secrets",
    "tui.demo",
    "tui.engine.assembly",
    "tui.engine.pane",
    "tui.providers",
    "tui.resilience",
    "tui.spend.ledger",
    "tui.terminal",
    "tui.tools",
    "tui.trust",
    "tui.ui.approval_desk",
    "tui.ui.handlers",
    "tui.ui.handlers_terminal",
    "tui.ui.handlers_work",
    "tui.ui.palette",
    "tui.ui.view.approvals",
    "tui.ui.view.diff_view",
    "tui.ui.widgets.approval_card",
    "tui.ui.widgets.terminal_dock",
    "tui.ui.widgets.terminal_view",
}
START = (
    "import tui.cli, tui.config.load, tui.engine.local_server, tui.engine.session, tui.cli_workspace, "
    "tui.engine.engine, tui.ui.app"
)


def loaded_by(statement: str) -> set[str]:
    """The modules a fresh interpreter has loaded after `statement`."""
    script = f"{statement}\nimport sys\nprint(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


def unwanted(loaded: set[str], deferred: set[str]) -> list[str]:
    """Those of `loaded` that are a deferred module or lie inside one."""
    return sorted(name for name in loaded if any(name == root or name.startswith(f"{root}.") for root in deferred))


def test_the_check_sees_what_is_loaded() -> None:
    assert "textual" in unwanted(loaded_by("import textual.app"), DEFERRED_BY_COMMAND_LINE)


@pytest.mark.parametrize("module", ["tui.ui.app", "tui.engine.engine", "tui.providers.registry"])
def test_no_sdk_is_loaded_before_it_is_used(module: str) -> None:
    assert unwanted(loaded_by(f"import {module}"), DEFERRED_BY_UI) == []


def test_what_the_first_key_does_not_need_is_loaded_later() -> None:
    loaded = loaded_by(START)
    assert "tui.ui.screens.main" in loaded
    assert unwanted(loaded, AFTER_THE_FIRST_KEY) == []


def test_the_command_line_answers_before_anything_heavy_is_loaded() -> None:
    assert unwanted(loaded_by("import tui.cli"), DEFERRED_BY_COMMAND_LINE) == []


def test_version_needs_no_user_interface() -> None:
    statement = "import tui.cli\ntry:\n    tui.cli.main(['--version'])\nexcept SystemExit:\n    pass"
    assert unwanted(loaded_by(statement), DEFERRED_BY_COMMAND_LINE) == []


def test_headless_modules_know_no_textual() -> None:
    assert unwanted(loaded_by("import tui.engine.engine, tui.providers.registry"), {"textual", "rich"}) == []


def locked(lock: str) -> set[str]:
    """The names of the distributions a lock file pins."""
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    return {line.partition("==")[0] for line in lines if line and not line.startswith((" ", "#"))}


def test_the_lock_has_one_http_client() -> None:
    """With aiohttp installed, google-genai would use it and start differently from what is tested."""
    names = locked("requirements.lock")
    assert "httpx2" in names
    assert "aiohttp" not in names


def test_the_locks_name_every_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"]
    needed = [*project["project"]["dependencies"], *groups["build"]]
    wanted = {re.split(r"[<>=~!; \[]", requirement)[0] for requirement in needed}
    assert wanted <= locked("requirements.lock")
    developers = {re.split(r"[<>=~!; \[]", item)[0].lower() for item in groups["dev"] if isinstance(item, str)}
    assert wanted | developers <= locked("requirements-dev.lock")


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_locks_name_no_host_and_no_path(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert "--index-url" not in text
    requirements = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert all("==" in line and line.endswith("\\") for line in requirements)


# Widgets whose first argument is parsed as markup unless they are told not to.
MARKUP_WIDGETS = {"Static", "Label", "Button", "Link", "RichLog", "Tooltip"}


def markup_uses(source: str) -> list[str]:
    """Every place in `source` where text could be taken for markup."""
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            found += [f"{node.lineno}: {problem}" for problem in _call_problems(node)]
    return found


def _call_problems(call: ast.Call) -> list[str]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    markup = next((keyword.value for keyword in call.keywords if keyword.arg == "markup"), None)
    off = isinstance(markup, ast.Constant) and markup.value is False
    if markup is not None and not off:
        return [f"{name}(markup=...) must be False"]
    if name in ("from_markup", "render_markup", "render_str", "print_markup"):
        return [f"{name}() parses markup"]
    if name == "notify" and not off:
        return ["notify() without markup=False"]
    if name in MARKUP_WIDGETS and call.args and not off and not _is_content(call.args[0]):
        return [f"{name}(...) without markup=False"]
    return []


def _is_content(argument: ast.expr) -> bool:
    """Whether an argument is visibly a Textual Content, which is never parsed."""
    return isinstance(argument, ast.Call) and ast.unparse(argument.func).partition(".")[0] == "Content"


@pytest.mark.parametrize("path", UI_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_text_is_taken_for_markup(path: Path) -> None:
    assert markup_uses(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "self.notify(text)",
        "self.notify(text, markup=True)",
        "Content.from_markup(text)",
        "Static(text)",
        "Static(text, markup=allowed)",
        "widgets.Label(text)",
    ],
)
def test_the_markup_check_finds(source: str) -> None:
    assert markup_uses(source)


@pytest.mark.parametrize(
    "source",
    ["self.notify(text, markup=False)", "Static(Content(text))", "Static(text, markup=False)", "Static(id='head')"],
)
def test_the_markup_check_allows(source: str) -> None:
    assert markup_uses(source) == []
