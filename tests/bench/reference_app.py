"""One application, two answer panes to choose from: ours, and Textual's Markdown with its MarkdownStream.

Both get the same tokens at the same rate from the same producer. F5 starts the stream, F6 and F7 scroll the first
pane by a page. The first line tells the harness where the application is: READY, LOADED, STREAMING, then DONE with
the tokens sent and the seconds it took until they were all shown or given up.
"""

import argparse
import asyncio
import contextlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Static

from tests.bench import corpus
from tests.bench.feeds import Feed


class ReferenceApp(App[None]):
    """Panes side by side over an input that takes the key probes."""

    CSS = """
    #state { height: 1; }
    #panes { height: 1fr; }
    .pane { width: 1fr; height: 1fr; }
    Input { height: 1; border: none; }
    """
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        ("f5", "go", ""),
        ("f6", "page(-1)", ""),
        ("f7", "page(1)", ""),
        ("ctrl+q", "quit", ""),
    ]

    def __init__(self, options: argparse.Namespace) -> None:
        super().__init__()
        self._options = options
        self._answer = Path(options.load).read_text(encoding="utf-8") if options.load else ""
        self._stream: asyncio.Task[None] | None = None
        self._feeds = _feeds(options)
        if options.theme:
            self.theme = options.theme

    def compose(self) -> ComposeResult:
        """Lay out the state line, the panes and the input."""
        yield Static("READY", id="state", markup=False)
        with Horizontal(id="panes"):
            for feed in self._feeds:
                yield feed.widget
        yield Input(id="probe", select_on_focus=False)

    def on_mount(self) -> None:
        """Give the input the focus; load once the first frame is out."""
        self.query_one("#probe").focus()
        self.call_after_refresh(self._load)

    async def _load(self) -> None:
        answer, self._answer = self._answer, ""
        for feed in self._feeds:
            await feed.load(answer)
        self.call_after_refresh(self._say, "LOADED")

    def _say(self, text: str) -> None:
        self.query_one("#state", Static).update(text)

    def action_page(self, pages: int) -> None:
        """Scroll the first pane."""
        self._feeds[0].page(pages)

    def action_go(self) -> None:
        """Start the stream."""
        self._stream = asyncio.create_task(self._run_stream())

    async def _run_stream(self) -> None:
        self._say("STREAMING")
        begin = time.perf_counter()
        sent = await asyncio.gather(*(self._produce(seed, feed) for seed, feed in enumerate(self._feeds, 1)))
        self._say(f"DONE {sum(sent)} {time.perf_counter() - begin:.3f} s")

    async def _produce(self, seed: int, feed: Feed) -> int:
        """Write tokens when they are due; after `give_up` seconds stop, however far it came. Return how many."""
        source = corpus.tokens(seed)
        await feed.begin()
        begin, sent = time.perf_counter(), 0
        end = begin + self._options.give_up
        while sent < self._options.tokens and time.perf_counter() < end:
            due = min(self._options.tokens, int((time.perf_counter() - begin) * self._options.rate) + 1)
            while sent < due and time.perf_counter() < end:
                await feed.write(next(source))
                sent += 1
            await asyncio.sleep(max(0.0, begin + sent / self._options.rate - time.perf_counter()))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(feed.finish(), max(0.1, end - time.perf_counter()))
        return sent


def _feeds(options: argparse.Namespace) -> Sequence[Feed]:
    """The panes asked for; the other kind is not even imported."""
    if options.pane == "markdown":
        from tests.bench.markdown_feed import MarkdownFeed

        return [MarkdownFeed() for _ in range(options.panes)]
    from tests.bench.product_feed import ProductFeed
    from tui.ui.frame_clock import FrameClock

    clock = FrameClock(options.fps)
    return [ProductFeed(clock, options.scroll_step) for _ in range(options.panes)]


def options() -> argparse.Namespace:
    """The arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pane", choices=("markdown", "product"), required=True)
    parser.add_argument("--panes", type=int, default=1)
    parser.add_argument("--rate", type=float, default=200, help="tokens a second and pane")
    parser.add_argument("--tokens", type=int, default=800, help="tokens a pane")
    parser.add_argument("--load", default="", help="file with the answer shown before the stream")
    parser.add_argument("--give-up", type=float, default=20)
    parser.add_argument("--fps", type=int, default=30)
    parser.add_argument("--scroll-step", type=int, default=0, help="rows to scroll at a time; 0 for the pane's default")
    parser.add_argument("--theme", default="")
    return parser.parse_args()


if __name__ == "__main__":
    ReferenceApp(options()).run()
