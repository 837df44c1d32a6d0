"""Work in threads whose result has to be given back when nobody waits for it any more."""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

_T = TypeVar("_T")


async def in_thread(work: Callable[[], _T], give_back: Callable[[_T], object]) -> _T:
    """Run `work` in a thread and return its result.

    When this is cancelled, `work` goes on alone, and `give_back` gets its result as soon as there is one: at once, or
    in that thread.
    """
    lock = threading.Lock()
    made: list[_T] = []
    abandoned = False

    def run() -> _T:
        result = work()
        with lock:
            made.append(result)
            late = abandoned
        if late:
            give_back(result)
        return result

    try:
        return await asyncio.to_thread(run)
    except asyncio.CancelledError:
        with lock:
            abandoned = True
            ready = list(made)
        for result in ready:
            give_back(result)
        raise
