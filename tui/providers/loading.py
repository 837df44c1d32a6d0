"""Importing an SDK without freezing the event loop."""

import asyncio
import gc
import sys
import threading
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")

_one_at_a_time: Final = threading.Lock()
_SWITCH_SECONDS: Final = 0.0005


def _guarded(build: Callable[[], T]) -> T:
    """Run `build` while no other SDK is being imported, handing the interpreter over to other threads sooner.

    The garbage collector rests meanwhile, and never looks at what was loaded: a full collection among the hundreds
    of thousands of objects an SDK consists of would stop every thread, and so the keyboard, for a quarter of a second.
    """
    with _one_at_a_time:
        before, collecting = sys.getswitchinterval(), gc.isenabled()
        sys.setswitchinterval(min(before, _SWITCH_SECONDS))
        gc.disable()
        try:
            return build()
        finally:
            gc.freeze()
            if collecting:
                gc.enable()
            sys.setswitchinterval(before)


async def off_the_loop(build: Callable[[], T]) -> T:
    """Return what `build` returns, run in a thread: importing an SDK takes up to a second of processor time."""
    return await asyncio.to_thread(_guarded, build)


def quiet(*names: str) -> None:
    """Keep the named loggers off the terminal: an SDK's debug level would print whole requests there."""
    import logging

    for name in names:
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.WARNING))
        logger.addHandler(logging.NullHandler())  # else a warning without any other handler goes to the terminal
