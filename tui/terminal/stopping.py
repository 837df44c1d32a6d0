"""Ending all that a terminal started: asked politely first, then not asked."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Iterable
from typing import Final

from tui.terminal.family import Family, Process

HANG_UP_SECONDS: Final = 0.5
TERMINATE_SECONDS: Final = 2.0
_KILL_SECONDS: Final = 2.0
_FIRST_LOOK_SECONDS: Final = 0.004
_LONGEST_LOOK_SECONDS: Final = 0.1


async def end_family(family: Family, running: Callable[[], bool], groups: Callable[[], Iterable[int]]) -> None:
    """End every process of `family`: SIGHUP and SIGCONT, after 0.5 s SIGTERM, after 2 s more SIGKILL.

    `running` says whether the leader still lives, `groups` names process groups to signal even where the process
    table cannot be read. Returns as soon as nobody is left.
    """
    steps = (
        ((signal.SIGHUP, signal.SIGCONT), HANG_UP_SECONDS),
        ((signal.SIGTERM, signal.SIGCONT), TERMINATE_SECONDS),
        ((signal.SIGKILL,), _KILL_SECONDS),
    )
    living = await family.living()
    for signals, patience in steps:
        if not living and not running():
            return
        _signal_all(signals, living, groups() if running() else ())
        living = await _until_gone(family, running, patience)
    while living:  # what was born while we were killing
        _signal_all((signal.SIGKILL,), living, ())
        before = {process.pid for process in living}
        living = await _until_gone(family, running, _KILL_SECONDS)
        if before >= {process.pid for process in living}:
            return  # not ours to kill, or stuck in the kernel


def _signal_all(signals: Iterable[signal.Signals], living: tuple[Process, ...], groups: Iterable[int]) -> None:
    for number in signals:
        for group in set(groups):
            send_to_group(group, number)
        for process in living:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process.pid, number)


def send_to_group(group: int, number: signal.Signals) -> bool:
    """Send a signal to a process group, never to our own; False when nobody got it."""
    if group <= 1 or group == os.getpgrp():
        return False
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


async def _until_gone(family: Family, running: Callable[[], bool], patience: float) -> tuple[Process, ...]:
    """Wait until nobody is left, at most `patience` seconds; return who is."""
    loop = asyncio.get_running_loop()
    end = loop.time() + patience
    pause = _FIRST_LOOK_SECONDS
    while True:
        await asyncio.sleep(pause)
        living = await family.living()
        if (not living and not running()) or loop.time() >= end:
            return living
        pause = min(pause * 1.6, _LONGEST_LOOK_SECONDS)
