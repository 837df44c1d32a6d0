"""Where things are on disk: the XDG folders, or one folder named by LLMMIXER_HOME."""

from collections.abc import Mapping
from pathlib import Path

from tui.core.errors import Problem, UsageError

APP = "llmmixer"
CONFIG_NAME = "config.toml"
PROJECT_FOLDER = ".llmmixer"


def config_dir(environ: Mapping[str, str]) -> Path:
    """Return the folder of `config.toml` and `themes/`; it need not exist."""
    return _folder(environ, "XDG_CONFIG_HOME", ".config", "config")


def state_dir(environ: Mapping[str, str]) -> Path:
    """Return the folder of what the program remembers: sessions, trusted folders, logs; it need not exist."""
    return _folder(environ, "XDG_STATE_HOME", ".local/state", "state")


def user_config_file(environ: Mapping[str, str]) -> Path:
    """Return the path of the user's own configuration file; it need not exist."""
    return config_dir(environ) / CONFIG_NAME


def shown(path: Path, environ: Mapping[str, str]) -> str:
    """Return `path` as people write it: `~` for the home folder."""
    home = environ.get("HOME", "")
    if home and home != "/" and path.is_relative_to(home):
        rest = path.relative_to(home)
        return "~" if rest == Path() else f"~/{rest}"
    return str(path)


def _folder(environ: Mapping[str, str], variable: str, below_home: str, below_own: str) -> Path:
    own = environ.get("LLMMIXER_HOME", "")
    if own:
        return _absolute(own, environ) / below_own
    base = Path(environ.get(variable, ""))
    if base.is_absolute():  # the XDG specification: a relative path is invalid and ignored
        return base / APP
    return _home(environ) / below_home / APP


def _absolute(own: str, environ: Mapping[str, str]) -> Path:
    path = _home(environ) / own[2:] if own.startswith("~/") else Path(own)
    if not path.is_absolute():
        raise UsageError(
            Problem(
                title="LLMMIXER_HOME is not an absolute path",
                text=f"It says {own!r}, which would mean another folder wherever you start.",
                hint="Set it to a path that begins with /, or unset it.",
            )
        )
    return path


def _home(environ: Mapping[str, str]) -> Path:
    home = Path(environ.get("HOME", ""))
    if not home.is_absolute():
        raise UsageError(
            Problem(
                title="No home folder",
                text="HOME is empty or not an absolute path, so there is no place for settings and sessions.",
                hint="Set HOME, or set LLMMIXER_HOME to a folder of your choice.",
            )
        )
    return home
