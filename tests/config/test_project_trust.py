"""What a project's file may say of trust, before and after its folder is trusted."""

from pathlib import Path

import pytest

from tui.config.load import Loaded, load
from tui.config.mistakes import ConfigError
from tui.config.trust import trust_folder

HARMLESS = '[trust]\nforbidden_paths = ["secrets"]\nmax_file_size = 10\n'


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path / "home"), "LLMMIXER_HOME": str(tmp_path / "own")}


def write_user(tmp_path: Path, text: str) -> None:
    path = tmp_path / "own" / "config" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text(text)


def load_project(tmp_path: Path, environ: dict[str, str], text: str, *, trusted: bool = False) -> Loaded:
    path = tmp_path / "project" / ".llmmixer" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    if trusted:
        trust_folder(tmp_path / "project", environ)
    return load(environ=environ, cwd=tmp_path / "project")


@pytest.mark.parametrize("trusted", [False, True])
def test_a_projects_trust_is_kept_apart(tmp_path: Path, environ: dict[str, str], trusted: bool) -> None:
    write_user(tmp_path, "[trust]\nauto_approve = true\n")
    loaded = load_project(tmp_path, environ, HARMLESS, trusted=trusted)
    assert loaded.project_trusted is trusted
    assert loaded.config.trust.max_file_size == 1_000_000
    assert ".env" in loaded.config.trust.forbidden_paths
    assert loaded.project_trust_keys == ("forbidden_paths", "max_file_size")
    project = loaded.project_trust
    assert project is not None
    assert (project.forbidden_paths, project.max_file_size) == (("secrets",), 10)
    assert project.auto_approve is True  # what the project does not set is the person's


def test_the_rest_of_an_untrusted_file_is_not_read(tmp_path: Path, environ: dict[str, str]) -> None:
    loaded = load_project(tmp_path, environ, HARMLESS + '[ui]\ntheme = "nord"\nnonsense = 1\n')
    assert loaded.config.ui.theme == "llmmixer-dark"
    assert loaded.project_trust is not None
    assert len(loaded.notices) == 1


def test_no_file_and_no_table_say_nothing(tmp_path: Path, environ: dict[str, str]) -> None:
    assert load(environ=environ, cwd=tmp_path).project_trust is None
    assert load_project(tmp_path, environ, '[ui]\ntheme = "nord"\n', trusted=True).project_trust is None


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('require_confirmation = ["file_delete", "everything"]', "trust.require_confirmation[1]"),
        ('rules = ["permit read_file x"]', "trust.rules[0]"),
        ('rules = ["allow run_command make", "deny telepathy x"]', "trust.rules[1]"),
        ('allowed_commands = ["ls", " "]', "trust.allowed_commands[1]"),
        ('allowed_commands = ["ls", "git; rm"]', "trust.allowed_commands[1]"),
        ("max_file_size = -1", "trust.max_file_size"),
        ("surprise = 1", "trust.surprise"),
    ],
)
def test_a_mistake_stops_a_file_that_counts_and_is_a_notice_in_another(
    tmp_path: Path, environ: dict[str, str], line: str, key: str
) -> None:
    text = f'[trust]\nforbidden_paths = ["secrets"]\n{line}\n'
    loaded = load_project(tmp_path, environ, text)
    assert any(key in notice.text for notice in loaded.notices)
    assert loaded.project_trust is not None
    assert loaded.project_trust.forbidden_paths == ("secrets",)
    assert loaded.project_trust_keys == ("forbidden_paths",)
    trust_folder(tmp_path / "project", environ)
    with pytest.raises(ConfigError) as trusted:
        load(environ=environ, cwd=tmp_path / "project")
    assert f"{key}:" in str(trusted.value)
    assert "config.toml:3" in str(trusted.value)
    write_user(tmp_path, text)
    with pytest.raises(ConfigError) as users:
        load(environ=environ, cwd=tmp_path)
    assert f"config.toml:3: {key}:" in str(users.value)


@pytest.mark.parametrize("text", ["[trust", "trust = 3", "\0", "[[trust]]\nx = 1", "[trust]\nauto_approve = 'yes'"])
def test_an_untrusted_file_never_fails_the_start(tmp_path: Path, environ: dict[str, str], text: str) -> None:
    loaded = load_project(tmp_path, environ, text)
    assert loaded.project_trust is None
    assert loaded.notices
