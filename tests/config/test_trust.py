"""Trusted folders: their settings and their facts are two things."""

from pathlib import Path

from tui.config.trust import is_trusted, tell_facts, tells_facts, trust_folder


def test_telling_facts_trusts_no_settings(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "LLMMIXER_HOME": str(tmp_path / "llm")}
    project = tmp_path / "project"
    project.mkdir()
    tell_facts(project, environ)
    assert tells_facts(project, environ)
    assert not is_trusted(project, environ)
    trust_folder(project, environ)
    tell_facts(project, environ, tell=False)
    assert is_trusted(project, environ)
    assert not tells_facts(project, environ)
