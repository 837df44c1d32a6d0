"""The real application, with watches on its event loop, its garbage collector and the way of a key to the screen.

SIGUSR1 ends a span of time: what was seen in it is appended to the file PROBE_REPORT as a line of JSON.
"""

import asyncio
import gc
import json
import os
import selectors
import signal
import sys
import time
from pathlib import Path
from typing import Any, Final

from textual import events
from textual.driver import Driver

import tui.ui.app
from tests.bench.terminal import PROBES
from tui.cli import main

REPORT: Final = "PROBE_REPORT"
_PROBES: Final = frozenset(PROBES)


class Seen:
    """What happened in a span of time. Seconds; pairs are of the wall and of this thread's processor time."""

    def __init__(self) -> None:
        self.began = (time.perf_counter(), time.thread_time(), time.process_time())
        self.turns: list[tuple[float, float]] = []
        self.keys: list[tuple[float, float]] = []
        self.collections: list[float] = []

    def report(self) -> dict[str, Any]:
        """The span as JSON-ready data, times in ms."""
        ended = (time.perf_counter(), time.thread_time(), time.process_time())
        wall, thread, process = (end - begin for begin, end in zip(self.began, ended, strict=True))
        return {
            "seconds": wall,
            "thread": thread,
            "process": process,
            "turns": [(a * 1e3, b * 1e3) for a, b in sorted(self.turns, reverse=True)[:200]],
            "busiest": max((b for _, b in self.turns), default=0.0) * 1e3,
            "count": len(self.turns),
            "keys": [(a * 1e3, b * 1e3) for a, b in self.keys],
            "collections": [one * 1e3 for one in self.collections],
        }


class Watch:
    """Where all watches write to."""

    def __init__(self) -> None:
        self.seen = Seen()
        self.waiting: dict[str, tuple[float, float]] = {}
        self.telling = False
        self._collecting = 0.0

    def collecting(self, phase: str, _info: dict[str, int]) -> None:
        """A garbage collection begins or ends."""
        if phase == "start":
            self._collecting = time.thread_time()
        else:
            self.seen.collections.append(time.thread_time() - self._collecting)

    def typed(self, character: str) -> None:
        """A key came in."""
        self.waiting[character] = (time.perf_counter(), time.thread_time())

    def written(self, data: str) -> None:
        """A frame goes to the terminal."""
        for character in [one for one in self.waiting if one in data]:
            wall, thread = self.waiting.pop(character)
            self.seen.keys.append((time.perf_counter() - wall, time.thread_time() - thread))

    def tell(self) -> None:
        """Write down the span that ends. The turn this happens in is no other's."""
        self.telling = True
        with Path(os.environ[REPORT]).open("a", encoding="utf-8") as file:
            file.write(json.dumps(self.seen.report()) + "\n")
        self.seen = Seen()


WATCH: Final = Watch()


class WatchedSelector(selectors.DefaultSelector):
    """Times each turn of the loop, from the end of a wait to the beginning of the next."""

    _since: tuple[float, float] | None = None

    def select(self, timeout: float | None = None) -> Any:
        """Wait as always."""
        if WATCH.telling:
            WATCH.telling = False
        elif self._since is not None:
            wall, thread = self._since
            WATCH.seen.turns.append((time.perf_counter() - wall, time.thread_time() - thread))
        found = super().select(timeout)
        self._since = (time.perf_counter(), time.thread_time())
        return found


class WatchedPolicy(asyncio.DefaultEventLoopPolicy):
    """Gives loops with a watched selector."""

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        """A loop as always, but for its selector."""
        return asyncio.SelectorEventLoop(WatchedSelector())


def watched(driver: type[Driver]) -> type[Driver]:
    """Return a driver that sees what is painted."""

    class WatchedDriver(driver):  # type: ignore[misc,valid-type]  # a base known only when the program runs
        def write(self, data: str) -> None:
            """Write as always."""
            super().write(data)
            if WATCH.waiting:
                WATCH.written(data)

    return WatchedDriver


class WatchedApp(tui.ui.app.LLMMixerApp):
    """Sees the keys come in."""

    CSS_PATH = str(Path(tui.ui.app.__file__).with_name("app.tcss"))

    def on_mount(self) -> None:
        """Begin as always."""
        super().on_mount()
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, WATCH.tell)

    async def on_event(self, event: events.Event) -> None:
        """Take note of a probe."""
        if isinstance(event, events.Key) and event.character in _PROBES:
            WATCH.typed(event.character)
        await super().on_event(event)

    def get_driver_class(self) -> type[Driver]:
        """The watched one."""
        return watched(super().get_driver_class())


if __name__ == "__main__":
    gc.callbacks.append(WATCH.collecting)
    asyncio.set_event_loop_policy(WatchedPolicy())
    setattr(tui.ui.app, "LLMMixerApp", WatchedApp)  # noqa: B010 - what the command line starts
    sys.exit(main())
