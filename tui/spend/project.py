"""Which project money is spent on: the folder of the git repository, or the folder itself."""

from pathlib import Path


def project_key(cwd: Path) -> str:
    """Return the path of the repository `cwd` is in, else of `cwd`, without symbolic links.

    Reads no file and never fails: a folder that cannot be looked into is no repository.
    """
    try:
        folder = cwd.resolve()
    except (OSError, RuntimeError):
        folder = cwd
    for level in (folder, *folder.parents):
        try:
            if (level / ".git").exists():
                return str(level)
        except OSError:
            break
    return str(folder)
