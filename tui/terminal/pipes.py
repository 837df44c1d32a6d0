"""A program on plain pipes, for systems without what a terminal needs: its output, no keys."""

import secrets
import subprocess
from typing import Final

from tui.terminal.child import Child, Hooks, Started, find_program, not_started, start_in_thread
from tui.terminal.launch import TerminalLaunch, pipe_environment

MISSING: Final = "The embedded terminal needs {missing}: pip install {names}. Until then commands run without keys."


class PipeChild(Child):
    """A running program that cannot be typed to; its input is empty."""


async def start_pipes(launch: TerminalLaunch, *, hooks: Hooks) -> Child:
    """Start a program whose output comes through a pipe, off the event loop.

    Raises:
        TerminalError: there is no such program or folder.
    """
    mark = secrets.token_hex(8)
    return await start_in_thread(
        lambda: _start(launch, pipe_environment(launch.env, mark)),
        lambda started: PipeChild(started, mark, hooks),
        lambda started: PipeChild(started, mark, Hooks(lambda _data: None, lambda _ending: None)),
    )


def _start(launch: TerminalLaunch, env: dict[str, str]) -> Started:
    program = find_program(launch)
    try:
        child = subprocess.Popen(  # noqa: S603 - what runs was decided by the caller
            [program, *launch.argv[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=launch.cwd,
            env=env,
            bufsize=0,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        raise not_started(launch, error) from error
    assert child.stdout is not None  # noqa: S101 - a pipe was asked for
    return Started(pid=child.pid, fd=child.stdout.fileno(), poll=child.poll, close=child.stdout.close)
