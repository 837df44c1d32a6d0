"""A live terminal: a program, the screen it writes to, and who is told what happens there."""

import asyncio
import importlib
from collections.abc import Callable
from typing import Final, TypeAlias

from tui.core.clock import Clock, SystemClock
from tui.core.terminal import Rgb
from tui.core.untrusted import clean
from tui.terminal.child import Child, Hooks
from tui.terminal.ending import Ending
from tui.terminal.launch import NoTerminalError, TerminalError, TerminalLaunch, heed_interrupts
from tui.terminal.notices import ClipboardWrite, Notice, Rang, Titled
from tui.terminal.pipes import MISSING, start_pipes
from tui.terminal.plain import PlainScreen
from tui.terminal.process import load_ptyprocess, start_pty
from tui.terminal.surface import Surface

NOTICE_SECONDS: Final = 0.1
"""Titles, bells and clipboard requests are told this often at most."""
INTERRUPT_SECONDS: Final = 1.0
"""What a program gets to end after SIGINT."""
_REPLY_BYTES: Final = 1 << 16
_FINAL_LINES: Final = 2_000
_INTERRUPT: Final = b"\x03"
_LARGEST: Final = 1_000
_FOCUS_IN: Final = b"\x1b[I"
_FOCUS_OUT: Final = b"\x1b[O"

TerminalEvent: TypeAlias = Notice | Ending


class Terminal(Surface):
    """A program in a terminal of its own; a `core.terminal.TerminalPort`.

    `outcome` holds how it ended, once nothing of it is left; with `keep_background` what it left behind stays.
    `on_event` is told of titles, bells, clipboard requests and the end, `on_activity` of output and typing.
    Times are those of `clock.monotonic`.
    """

    def __init__(
        self,
        terminal_id: str,
        *,
        size: tuple[int, int] = (80, 24),
        scrollback_lines: int = 10_000,
        clock: Clock | None = None,
        on_event: Callable[[TerminalEvent], None] | None = None,
        keep_background: bool = False,
    ) -> None:
        super().__init__(*size)
        self.id = terminal_id
        self.title = ""
        self.notice = ""
        self.running = False
        self.focused = False
        self.started = 0.0
        self.last_output = 0.0
        self.last_typed: float | None = None
        self.on_activity: Callable[[], None] | None = None
        self.outcome: asyncio.Future[Ending] = self._loop.create_future()
        self._clock = clock or SystemClock()
        self._on_event = on_event
        self._scrollback_lines = scrollback_lines
        self._keep_background = keep_background
        self._child: Child | None = None
        self._sweep: asyncio.Task[None] | None = None
        self._notices: asyncio.TimerHandle | None = None
        self._rang = False
        self._copied: ClipboardWrite | None = None
        self._told_title = ""

    async def start(self, launch: TerminalLaunch) -> None:
        """Start the program; on plain pipes where a terminal is not to be had, and `notice` says so in one line.

        Raises:
            TerminalError: it could not be started; the text says why.
        """
        if self._child is not None:
            raise TerminalError("this terminal has its program already")
        heed_interrupts()
        self.started = self.last_output = self._clock.monotonic()
        hooks = Hooks(self._received, self._program_ended)
        self.notice = await asyncio.to_thread(_missing)
        if not self.notice:
            from tui.terminal.emulator import Emulator

            self._use(Emulator(self.columns, self.lines, scrollback_lines=self._scrollback_lines))
            try:
                self._adopt(await start_pty(launch, columns=self.columns, lines=self.lines, hooks=hooks))
            except NoTerminalError as error:
                self.notice = f"There is no terminal: {error}. Commands run without keys."
        if self.notice:
            self._use(PlainScreen(self.columns, self.lines, scrollback_lines=self._scrollback_lines))
            self._screen.feed(self.notice.encode() + b"\n")
            self._adopt(await start_pipes(launch, hooks=hooks))

    def write(self, data: bytes) -> None:
        """Send what a person typed; returns at once."""
        self.last_typed = self._clock.monotonic()
        if data != _INTERRUPT or self._child is None or not self._child.interrupt_through():
            self.send(data)
        self._tell_activity()

    def send(self, data: bytes) -> None:
        """Send what no person typed; returns at once."""
        if self._child is not None:
            self._child.write(data)

    def resize(self, columns: int, lines: int) -> None:
        """Give the program another screen size, of 1 to 1000 columns and lines."""
        columns, lines = min(max(1, columns), _LARGEST), min(max(1, lines), _LARGEST)
        if (columns, lines) == (self.columns, self.lines):
            return
        self.columns, self.lines = columns, lines
        self._screen.resize(lines, columns, later=True)
        self._rewrap()
        if self._child is not None:
            self._child.resize(columns, lines)
        self._show()

    def set_colors(self, foreground: Rgb, background: Rgb, palette: tuple[Rgb, ...]) -> None:
        """Tell which colours are shown, for programs that ask, and those that want to know of a change."""
        super().set_colors(foreground, background, palette)
        if replies := self._screen.take_replies():
            self._reply(replies)

    def focus(self, focused: bool) -> None:
        """Tell that the person's keys go there, or no longer."""
        if focused == self.focused:
            return
        self.focused = focused
        if self.modes.focus_events:
            self.send(_FOCUS_IN if focused else _FOCUS_OUT)
        self._tell_activity()

    async def stop(self, reason: str = "", *, interrupt: bool = False) -> Ending | None:
        """End the program and all it started; return how it ended, None when it was never started.

        `reason` becomes the ending's unless it had ended by itself. With `interrupt` it first gets a second to end
        after SIGINT.
        """
        child = self._child
        if child is None:
            return None
        if interrupt and child.running:
            child.reason = child.reason or reason
            child.interrupt()
            await asyncio.wait([self.outcome], timeout=INTERRUPT_SECONDS)
        await child.stop(reason, daemons=not self._keep_background)
        return await asyncio.shield(self.outcome)

    def seconds(self) -> float:
        """How long the program has been here."""
        return self._clock.monotonic() - self.started

    def final_text(self, limit: int) -> str:
        """Return the last text of screen and scrollback, cleaned, at most `limit` characters of whole lines."""
        lines = clean(self._screen.text(_FINAL_LINES)).strip("\n").split("\n")
        kept: list[str] = []
        room = limit
        while lines and len(lines[-1]) < room:
            kept.append(lines.pop())
            room -= len(kept[-1]) + 1
        if lines and not kept:
            kept.append(lines.pop()[-limit:])
        omitted = [f"[{len(lines)} earlier lines left out]"] if lines else []
        return "\n".join([*omitted, *reversed(kept)])

    def descriptor(self) -> int:
        """Our side of the pseudo-terminal, -1 when there is none."""
        return self._child.fd if self._child is not None and self._child.interactive else -1

    @property
    def device(self) -> int:
        """The number of the program's terminal device, 0 when it has none."""
        return self._child.device if self._child is not None else 0

    def _adopt(self, child: Child) -> None:
        self._child = child
        self.running = True
        child.resize(self.columns, self.lines)  # the size may have changed meanwhile
        self._show()

    def _received(self, data: bytes) -> None:
        self.last_output = self._clock.monotonic()
        screen = self._screen
        screen.feed(data)
        if replies := screen.take_replies():
            self._reply(replies)
        if notices := screen.take_events():
            self._take_notices(notices)
        if self._child is not None:
            self._child.laborious = screen.laborious
        self._show()
        self._tell_activity()

    def _reply(self, replies: bytes) -> None:
        """Answer the program's queries; one that asks without end and never reads gets no more answers."""
        child = self._child
        if child is not None and child.waiting_bytes < _REPLY_BYTES:
            child.write(replies)

    def _take_notices(self, notices: tuple[Notice, ...]) -> None:
        for notice in notices:
            if isinstance(notice, Titled):
                self.title = notice.title
            elif isinstance(notice, Rang):
                self._rang = True
            elif isinstance(notice, ClipboardWrite):
                self._copied = notice
            else:
                self._tell(notice)
        if self._notices is None:
            self._notices_due()

    def _notices_due(self) -> None:
        news = self._rang or self._copied is not None or self.title != self._told_title
        self._notices = self._loop.call_later(NOTICE_SECONDS, self._notices_due) if news else None
        self._flush_notices()

    def _flush_notices(self) -> None:
        if self.title != self._told_title:
            self._told_title = self.title
            self._tell(Titled(self.title))
        if self._rang:
            self._rang = False
            self._tell(Rang())
        if self._copied is not None:
            copied, self._copied = self._copied, None
            self._tell(copied)

    def _program_ended(self, ending: Ending) -> None:
        self.running = False
        self._sweep = self._loop.create_task(self._conclude_without_leftovers(ending))
        if self._notices is not None:
            self._notices.cancel()
            self._flush_notices()
        self._end_frame()

    async def _conclude_without_leftovers(self, ending: Ending) -> None:
        try:
            if self._child is not None and not self._keep_background:
                await self._child.end_leftovers()
        finally:
            self._conclude(ending)

    def _conclude(self, ending: Ending) -> None:
        if not self.outcome.done():
            self.outcome.set_result(ending)
        self._tell(ending)
        self._tell_activity()

    def _tell(self, event: TerminalEvent) -> None:
        if self._on_event is not None:
            self._on_event(event)

    def _tell_activity(self) -> None:
        if self.on_activity is not None:
            self.on_activity()


def _missing() -> str:
    """Import what a terminal needs, which takes a moment; return one line that says what is missing, or nothing."""
    names = []
    try:
        importlib.import_module("tui.terminal.emulator")
    except ImportError:
        names.append("pyte")
    try:
        load_ptyprocess()
    except ImportError:
        names.append("ptyprocess")
    return MISSING.format(missing=" and ".join(names), names=" ".join(names)) if names else ""
