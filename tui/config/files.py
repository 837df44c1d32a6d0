"""Reading one TOML file, with every way that can fail said clearly."""

import re
import stat
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from tui.config.mistakes import ConfigError, Mistake

MOST_BYTES: Final = 1_000_000
_PLACE: Final = re.compile(r" \(at line (\d+), column (\d+)\)$")


def read_text(path: Path, name: str) -> str | None:
    """Return the text of `path`, or None if there is no such file. Raises ConfigError; `name` is how it is shown."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise ConfigError([Mistake(name, "", "is not a regular file")])
        if status.st_size > MOST_BYTES:
            raise ConfigError([Mistake(name, "", f"has more than {MOST_BYTES:,} bytes, too many for settings")])
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ConfigError([Mistake(name, "", f"cannot be read: {error.strerror or error}")]) from error
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = f"byte 0x{data[error.start]:02x}"
        raise ConfigError([Mistake(f"{name}:{line}", "", f"is not UTF-8 text ({found}); save it as UTF-8")]) from error


def parse(text: str, name: str) -> dict[str, Any]:
    """Return the tables of a TOML document; numbers with a point become Decimal. Raises ConfigError."""
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([_syntax(str(error), text, name)]) from error
    except RecursionError:
        raise ConfigError([Mistake(name, "", "is nested too deeply")]) from None
    except (ValueError, ArithmeticError) as error:  # numbers too long for Python or for Decimal
        raise ConfigError([Mistake(name, "", "holds a number that is too long")]) from error


def _syntax(message: str, text: str, name: str) -> Mistake:
    match = _PLACE.search(message)
    end = text.count("\n") + 1, len(text) - text.rfind("\n")
    line, column = (int(match[1]), int(match[2])) if match else end
    reason = _PLACE.sub("", message).removesuffix(" (at end of document)")
    return Mistake(f"{name}:{line}:{column}", "", f"is not valid TOML: {reason}")
