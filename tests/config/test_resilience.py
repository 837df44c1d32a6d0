"""The tables of failures, fallbacks, limits and the cache: defaults, values, and mistakes that are told."""

from pathlib import Path

import pytest

from tui.config.load import load
from tui.config.mistakes import ConfigError
from tui.config.model import Config, FallbackMode


def read(folder: Path, text: str) -> Config:
    path = folder / "config" / "config.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return load(environ={"LLMMIXER_HOME": str(folder)}, cwd=folder).config


def test_defaults(tmp_path: Path) -> None:
    config = read(tmp_path, "")
    assert (config.resilience.attempts, config.resilience.max_retry_after) == (3, 60)
    assert (config.resilience.failures_to_open, config.resilience.open_seconds) == (5, 30)
    assert (config.fallback.targets, config.fallback.mode) == ((), FallbackMode.ASK)
    assert config.limits == {}
    assert not config.cache.enabled


def test_values(tmp_path: Path) -> None:
    config = read(
        tmp_path,
        """
        [resilience]
        open_seconds = 5
        [fallback]
        targets = ["gemini"]
        mode = "auto"
        [limits.openai]
        requests_per_minute = 60
        concurrent = 2
        [cache]
        enabled = true
        [[panes]]
        provider = "anthropic"
        fallback = ["openai:gpt-6-luna", "compatible:qwen3:8b"]
        fallback_mode = "off"
        """,
    )
    assert config.resilience.open_seconds == 5
    assert (config.fallback.targets, config.fallback.mode) == (("gemini",), FallbackMode.AUTO)
    assert config.limits["openai"].requests_per_minute == 60
    assert (config.limits["openai"].tokens_per_minute, config.limits["openai"].concurrent) == (None, 2)
    assert config.panes[0].fallback == ("openai:gpt-6-luna", "compatible:qwen3:8b")
    assert config.panes[0].fallback_mode is FallbackMode.OFF


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[resilience]\nattempts = 0", "resilience.attempts: expected a whole number, 1 to 10"),
        ("[fallback]\nmode = 'aks'", 'did you mean "ask"'),
        ("[fallback]\ntargets = ['gemni']", "fallback.targets[0]: expected an endpoint"),
        ("[fallback]\ntargets = ['compatible']", "no default model"),
        ("[fallback]\ntargets = ['a b']", "an endpoint, or an endpoint and a model"),
        ("[[panes]]\nprovider = 'openai'\nfallback = ['openia:x']", "panes[0].fallback[0]: expected an endpoint"),
        ("[limits.opanai]\nconcurrent = 1", "limits.opanai: expected the name of an endpoint"),
        ("[limits.openai]\nconcurrent = 0", "limits.openai.concurrent: expected a whole number, 1 to 1000"),
        ("[cache]\nttl = 0", "cache.ttl: expected a number, above 0"),
    ],
)
def test_mistakes(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, text)
    assert said in str(refused.value)
    assert "config.toml:" in str(refused.value)


def test_a_project_file_cannot_switch_the_cache_on(tmp_path: Path) -> None:
    from tui.config.trust import trust_folder

    project = tmp_path / "work"
    (project / ".llmmixer").mkdir(parents=True)
    (project / ".llmmixer" / "config.toml").write_text("[cache]\nenabled = true\nttl = 5", encoding="utf-8")
    environ = {"LLMMIXER_HOME": str(tmp_path)}
    trust_folder(project, environ)
    config = load(environ=environ, cwd=project).config
    assert (config.cache.enabled, config.cache.ttl) == (False, 5)
