from pathlib import Path

import pytest

from tui.config.paths import config_dir, shown, state_dir, user_config_file
from tui.core.errors import ExitCode, UsageError


@pytest.mark.parametrize(
    ("environ", "config", "state"),
    [
        ({"HOME": "/h"}, "/h/.config/llmmixer", "/h/.local/state/llmmixer"),
        (
            {"HOME": "/h", "XDG_CONFIG_HOME": "/c", "XDG_STATE_HOME": "/s"},
            "/c/llmmixer",
            "/s/llmmixer",
        ),
        (
            {"HOME": "/h", "XDG_CONFIG_HOME": "c", "XDG_STATE_HOME": ""},
            "/h/.config/llmmixer",
            "/h/.local/state/llmmixer",
        ),
        ({"LLMMIXER_HOME": "/o", "XDG_CONFIG_HOME": "/c"}, "/o/config", "/o/state"),
        ({"LLMMIXER_HOME": "~/o", "HOME": "/h"}, "/h/o/config", "/h/o/state"),
        (
            {"XDG_CONFIG_HOME": "/c", "XDG_STATE_HOME": "/s"},
            "/c/llmmixer",
            "/s/llmmixer",
        ),
    ],
)
def test_folders(environ: dict[str, str], config: str, state: str) -> None:
    assert (config_dir(environ), state_dir(environ)) == (Path(config), Path(state))
    assert user_config_file(environ) == Path(config) / "config.toml"


@pytest.mark.parametrize("environ", [{}, {"HOME": ""}, {"HOME": "relative"}, {"LLMMIXER_HOME": "~/x"}])
def test_without_a_home_the_error_says_what_to_set(environ: dict[str, str]) -> None:
    for folder in (config_dir, state_dir):
        with pytest.raises(UsageError) as caught:
            folder(environ)
        assert caught.value.exit_code is ExitCode.USAGE
        assert "LLMMIXER_HOME" in caught.value.problem.hint


def test_a_relative_own_folder_is_refused() -> None:
    with pytest.raises(UsageError, match="LLMMIXER_HOME is not an absolute path"):
        config_dir({"LLMMIXER_HOME": "here", "HOME": "/h"})


@pytest.mark.parametrize(
    ("path", "home", "text"),
    [("/h/a/b", "/h", "~/a/b"), ("/h", "/h", "~"), ("/hh/a", "/h", "/hh/a"), ("/a", "", "/a"), ("/a", "/", "/a")],
)
def test_shown(path: str, home: str, text: str) -> None:
    assert shown(Path(path), {"HOME": home}) == text
