"""A terminal that goes without telling: its window was closed, and no signal said so."""

import asyncio
from collections.abc import Callable


def when_hung_up(descriptor: int, act: Callable[[], object]) -> Callable[[], None]:
    """Call `act` once when the other end of a terminal is closed; return what ends the watch.

    Nothing runs until then. Where the system cannot wait for that alone, nothing is watched.
    """
    import select

    if not hasattr(select, "epoll"):
        return lambda: None
    watch, loop = select.epoll(), asyncio.get_running_loop()

    def end() -> None:
        if not watch.closed:
            loop.remove_reader(watch)
            watch.close()

    def gone() -> None:
        end()
        act()

    try:
        watch.register(descriptor, select.EPOLLHUP)
    except OSError:  # not something that can be waited for, such as a file
        watch.close()
        return lambda: None
    loop.add_reader(watch, gone)
    return end
