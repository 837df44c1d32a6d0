"""Running a program to its end: bounded in time and output, and nothing of it is left when it is over."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """Exactly what is started: no shell is added, nothing of this process' environment is inherited."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """How a program ended: `text` is its output (stdout and stderr in order), cleaned, head and tail of a long one.

    `exit_code` is None when it could not be started or was ended by a signal; `ending` says it in words, such as
    `exit 1`, `ended by SIGKILL`, `timed out after 120 s`. `omitted` counts the bytes left out of the middle.
    """

    text: str
    ending: str
    exit_code: int | None
    seconds: float
    omitted: int = 0
    timed_out: bool = False


async def run_process(
    launch: Launch,
    *,
    timeout: float,  # noqa: ASYNC109 - ends in a result of its own, not in an exception
    on_output: Callable[[str], None] | None = None,
    output_bytes: int = 48_000,
) -> CommandResult:
    """Run a program in its own session without input and wait for its end, at most `timeout` seconds.

    `on_output` gets what it prints, cleaned, about ten times a second. When the program ends, is cancelled or takes
    too long, its whole process group ends with it.
    """
    raise NotImplementedError
