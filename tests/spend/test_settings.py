"""Budgets in the configuration: read as written, wrong ones refused by name, never taken from a project."""

from pathlib import Path

import pytest

from tui.config.load import load
from tui.config.mistakes import ConfigError
from tui.config.model import BudgetScope, BudgetWindow, Config
from tui.config.trust import trust_folder
from tui.core.money import PICO_PER_USD
from tui.spend.budget import Budget, budgets_of


def configured(tmp_path: Path, text: str) -> Config:
    folder = tmp_path / "home" / "config"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.toml").write_text(text, encoding="utf-8")
    return load(environ={"LLMMIXER_HOME": str(tmp_path / "home"), "HOME": str(tmp_path)}, cwd=tmp_path).config


def test_budgets_as_they_are_written(tmp_path: Path) -> None:
    config = configured(
        tmp_path,
        """
[budgets.day]
scope = "day"
limit_usd = 2.5
[budgets.gateway]
scope = "provider"
provider = "openai"
limit_usd = 100
hard = false
window = "day"
thresholds = [90, 10, 90]
""",
    )
    assert budgets_of(config) == (
        Budget(name="day", scope=BudgetScope.DAY, limit_pico=5 * PICO_PER_USD // 2),
        Budget(
            name="gateway",
            scope=BudgetScope.PROVIDER,
            limit_pico=100 * PICO_PER_USD,
            hard=False,
            provider="openai",
            window=BudgetWindow.DAY,
            thresholds=(10, 90),
        ),
    )
    assert budgets_of(Config()) == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("scope = 'day'", "budgets.b.limit_usd: missing"),
        ("limit_usd = 1", "budgets.b.scope: missing"),
        ("scope = 'week'\nlimit_usd = 1", "expected one of session, project, day, month, provider"),
        ("scope = 'day'\nlimit_usd = -1", "budgets.b.limit_usd"),
        ("scope = 'provider'\nlimit_usd = 1", "budgets.b.provider: expected an endpoint"),
        ("scope = 'provider'\nprovider = 'openal'\nlimit_usd = 1", 'did you mean "openai"'),
        ("scope = 'day'\nprovider = 'openai'\nlimit_usd = 1", "budgets.b.provider: only a budget"),
        ("scope = 'day'\nwindow = 'month'\nlimit_usd = 1", "budgets.b.window: only the scopes"),
        ("scope = 'day'\nlimit_usd = 1\nthresholds = [0]", "thresholds"),
    ],
)
def test_a_mistake_is_said_by_key(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=r"config\.toml") as caught:
        configured(tmp_path, f"[budgets.b]\n{text}\n")
    assert said in str(caught.value)


def test_a_project_cannot_raise_a_budget(tmp_path: Path) -> None:
    project = tmp_path / "work"
    (project / ".llmmixer").mkdir(parents=True)
    (project / ".llmmixer" / "config.toml").write_text(
        "[budgets.day]\nscope = 'day'\nlimit_usd = 1000000\n[spend]\nleast_tokens = 1\n", encoding="utf-8"
    )
    environ = {"LLMMIXER_HOME": str(tmp_path / "home"), "HOME": str(tmp_path)}
    trust_folder(project, environ)
    loaded = load(environ=environ, cwd=project)
    assert loaded.config.budgets == {}
    assert loaded.config.spend.least_tokens == 1_000
    assert loaded.notices
