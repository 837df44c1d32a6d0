"""How much a model can read: a shipped table, for a message before a request that cannot fit is sent."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Final

_TABLE: Final = Path(__file__).with_name("windows.toml")


@cache
def load_windows(table: Path = _TABLE) -> dict[str, int]:
    """Return tokens by model name; a name ending in ``*`` stands for all that begin so."""
    data = tomllib.loads(table.read_text(encoding="utf-8"))
    return {name: int(tokens) for name, tokens in data["windows"].items()}


def window_of(model: str) -> int | None:
    """Return the tokens `model` can read, input and output together, or None when it is not known."""
    windows = load_windows()
    name = model.removeprefix("models/")
    if name in windows:
        return windows[name]
    fitting = [known for known in windows if known.endswith("*") and name.startswith(known[:-1])]
    return windows[max(fitting, key=len)] if fitting else None
