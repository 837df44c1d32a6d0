"""Layers of settings: the person's, the project's, the session's."""

from pathlib import Path

import pytest

from tui.config.model_work import TrustConfig
from tui.core.trust import TrustMode
from tui.trust.settings import TrustSettings, compile_settings

USER = TrustConfig(
    allowed_commands=("ls", "git status"),
    forbidden_paths=(".env",),
    max_file_size=500,
    rules=("allow run_command make",),
)
GREEDY = TrustConfig(
    auto_approve=True,
    allowed_commands=("rm", "ls"),
    forbidden_paths=("secrets",),
    max_file_size=9_000,
    require_confirmation=("trusted_config",),
    rules=("allow run_command rm", "deny run_command git push", "ask write_file docs/**"),
)


def compiled(
    tmp_path: Path,
    user: TrustConfig,
    project: TrustConfig | None = None,
    *,
    trusted: bool = False,
    mode: TrustMode | None = None,
) -> TrustSettings:
    return compile_settings(user, project, project_trusted=trusted, home=tmp_path / "h", root=tmp_path / "r", mode=mode)


def test_an_untrusted_project_only_tightens(tmp_path: Path) -> None:
    alone, both = compiled(tmp_path, USER), compiled(tmp_path, USER, GREEDY)
    assert both.mode is alone.mode is TrustMode.ASK
    assert both.allowed == alone.allowed == (("ls",), ("git", "status"))
    assert both.max_file_size == 500
    assert both.confirm == alone.confirm
    assert set(both.forbidden.names) == {".env", "secrets"}
    assert [rule.text for rule in both.rules] == [
        "allow run_command make",
        "deny run_command git push",
        "ask write_file docs/**",
    ]


def test_an_untrusted_project_can_tighten_sizes_and_mode(tmp_path: Path) -> None:
    both = compiled(tmp_path, TrustConfig(auto_approve=True), TrustConfig(max_file_size=7, mode=TrustMode.PLAN))
    assert (both.max_file_size, both.mode) == (7, TrustMode.PLAN)
    assert compiled(tmp_path, USER, TrustConfig(mode=TrustMode.AUTO)).mode is TrustMode.ASK


def test_a_trusted_project_adds_to_the_person_s(tmp_path: Path) -> None:
    both = compiled(tmp_path, USER, GREEDY, trusted=True)
    assert both.mode is TrustMode.AUTO
    assert both.allowed == (("ls",), ("git", "status"), ("rm",))
    assert both.max_file_size == 9_000
    assert len(both.rules) == 4


def test_what_a_project_leaves_alone_stays_the_person_s(tmp_path: Path) -> None:
    both = compiled(tmp_path, USER, TrustConfig(), trusted=True)
    assert (both.mode, both.max_file_size, both.allowed) == (TrustMode.ASK, 500, (("ls",), ("git", "status")))


@pytest.mark.parametrize(
    ("config", "session", "mode"),
    [
        (TrustConfig(), None, TrustMode.ASK),
        (TrustConfig(auto_approve=True), None, TrustMode.AUTO),
        (TrustConfig(auto_approve=True, mode=TrustMode.PLAN), None, TrustMode.PLAN),
        (TrustConfig(auto_approve=True), TrustMode.AUTO_EDIT, TrustMode.AUTO_EDIT),
    ],
)
def test_the_session_s_mode_wins(
    tmp_path: Path, config: TrustConfig, session: TrustMode | None, mode: TrustMode
) -> None:
    assert compiled(tmp_path, config, mode=session).mode is mode


def test_files_that_tools_obey_are_always_confirmed(tmp_path: Path) -> None:
    assert compiled(tmp_path, TrustConfig(require_confirmation=())).confirm == {"trusted_config"}


@pytest.mark.parametrize(
    "config", [TrustConfig(require_confirmation=("everything",)), TrustConfig(rules=("perhaps ls",))]
)
def test_mistakes_are_told(tmp_path: Path, config: TrustConfig) -> None:
    with pytest.raises(ValueError, match=r"everything|perhaps"):
        compiled(tmp_path, config)


def test_the_program_s_own_folders_are_resolved(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    settings = compile_settings(TrustConfig(), home=tmp_path, root=tmp_path / "r", own_paths=(tmp_path / "link",))
    assert str((tmp_path / "real").resolve()) in settings.own
