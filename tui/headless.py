"""One prompt without a screen: the same engine and bus as the application, answers to standard output.

Standard output carries the answers alone; everything said about them goes to standard error.
"""

import asyncio
import contextlib
import os
import queue
import select
import signal
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from tui.core.commands import SetSessionBudget, Stop, Submit
from tui.core.errors import ExitCode, Outcome, Problem
from tui.core.events import Event, Notice, TurnFinished
from tui.engine.bus import Subscription
from tui.engine.engine import Engine
from tui.headless_output import CUT_EXIT, Cut, OutputFormat, Record, make_printer
from tui.headless_status import problem_text, status_text, summary_text

GRACE_S: Final = 5.0
"""Longest wait for turns to end after they were stopped, and for the session to close."""

CUT_PROBLEMS: Final = {
    Cut.TIMEOUT: Problem(
        title="Out of time", text="The answer was not complete in time.", hint="Give it longer with --timeout."
    ),
    Cut.INTERRUPT: Problem(title="Interrupted", text="You stopped this answer."),
    Cut.TERMINATE: Problem(title="Terminated", text="The program was told to end."),
}
"""What a person should know of a turn that ended because the run was cut."""

STDOUT: Final = 1
STDERR: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What to send and how to answer.

    `deadline` is on the monotonic clock, `timeout_s` what the person asked for.

    `max_budget_pico` is the most the run may cost, in pico-dollars.
    """

    prompt: str
    output_format: OutputFormat = OutputFormat.TEXT
    timeout_s: float | None = None
    deadline: float | None = None
    max_budget_pico: int | None = None


class Output:
    """Writes to file descriptors from a thread of its own, so that a reader who stands still stops nobody else.

    The thread is a daemon: a pipe that nobody reads cannot keep the process alive.
    """

    def __init__(self, write: Callable[[int, bytes], None] | None = None) -> None:
        self._write = write or write_all
        self._jobs: queue.SimpleQueue[tuple[int, bytes, asyncio.AbstractEventLoop, asyncio.Future[None]]]
        self._jobs = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def write(self, fd: int, text: str) -> Awaitable[None]:
        """Write `text` and wait until it is out. Raises OSError, BrokenPipeError when nobody reads any more."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="output", daemon=True)
            self._thread.start()
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._jobs.put((fd, text.encode("utf-8", "replace"), loop, done))
        return done

    def _run(self) -> None:
        while True:
            fd, data, loop, done = self._jobs.get()
            error: OSError | None = None
            try:
                self._write(fd, data)
            except OSError as caught:
                error = caught
            with contextlib.suppress(RuntimeError):  # the loop has ended; nobody waits for the answer
                loop.call_soon_threadsafe(_settle, done, error)


def write_all(fd: int, data: bytes) -> None:
    """Write all of `data`, also to a descriptor another program made non-blocking."""
    rest = memoryview(data)
    while rest:
        try:
            rest = rest[os.write(fd, rest) :]
        except BlockingIOError:
            select.select([], [fd], [])


async def run(engine: Engine, job: Job, output: Output | None = None) -> int:
    """Send the prompt to every pane, print what comes, and return the exit code. Closes the engine."""
    return await _Run(engine, job, output or Output()).run()


class _Run:
    def __init__(self, engine: Engine, job: Job, output: Output) -> None:
        self._engine = engine
        self._job = job
        self._output = output
        self._record = Record(engine.panes)
        self._printer = make_printer(job.output_format, engine.panes, session=engine.session, demo=engine.demo)
        self._cut: Cut | None = None
        self._write_error: OSError | None = None
        self._noticed: dict[str, Problem] = {}
        self._over = asyncio.Event()
        self._ending: asyncio.Task[None] | None = None
        self._subscription: Subscription = engine.bus.subscribe("headless")

    async def run(self) -> int:
        loop = asyncio.get_running_loop()
        with self._signals(loop):
            consumer = asyncio.create_task(self._consume(), name="headless output")
            timer = self._start_timer(loop)
            try:
                await self._engine.start()
                if self._cut is None:  # or nothing is asked any more
                    if self._job.max_budget_pico is not None:
                        self._engine.handle(SetSessionBudget(limit_pico=self._job.max_budget_pico))
                    self._engine.handle(Submit(text=self._job.prompt))
                    await self._over.wait()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._engine.close(), GRACE_S)
                return await self._finish(consumer)
            finally:
                if timer is not None:
                    timer.cancel()
                consumer.cancel()
                await asyncio.gather(consumer, return_exceptions=True)

    async def _consume(self) -> None:
        try:
            while batch := await self._subscription.get():
                await self._print(batch)
                if self._record.settled:
                    self._over.set()
        except OSError as error:
            self._write_error = error
            self._engine.handle(Stop())
        finally:
            self._over.set()

    async def _print(self, batch: list[Event]) -> None:
        out: list[str] = []
        told: list[str] = []
        for event in map(self._explained, batch):
            if self._record.feed(event):
                out.append(self._printer.feed(event))
                told.append(self._status(event))
        # Answers first: whoever reads both on one screen sees what was said of an answer below it.
        await self._say("".join(out))
        await self._tell("".join(told))

    def _status(self, event: Event) -> str:
        """Return what to tell of an event; an error that stops a pane before its turn would otherwise be told twice."""
        if isinstance(event, Notice) and event.pane is not None:
            self._noticed[event.pane] = event.problem
        if isinstance(event, TurnFinished) and event.problem and event.problem == self._noticed.get(event.pane):
            return ""
        return status_text(event)

    def _explained(self, event: Event) -> Event:
        """Say why a turn was stopped: nobody else knows that it was the time and not the person."""
        if isinstance(event, TurnFinished) and event.outcome is Outcome.CANCELLED and self._cut is not None:
            return replace(event, problem=CUT_PROBLEMS[self._cut])
        return event

    async def _say(self, text: str) -> None:
        if text:
            await self._output.write(STDOUT, text)

    async def _tell(self, text: str) -> None:
        if text:
            with contextlib.suppress(OSError):  # nobody listens to standard error; the answers still matter
                await self._output.write(STDERR, text)

    async def _finish(self, consumer: asyncio.Task[None]) -> int:
        """Print the rest. A slow reader is waited for, but no longer than the grace once the run was cut."""
        self._ending = asyncio.create_task(self._print_rest(consumer), name="headless ending")
        if self._cut is not None:
            asyncio.get_running_loop().call_later(GRACE_S, self._ending.cancel)
        await asyncio.wait({self._ending})
        if not self._ending.cancelled():
            self._ending.result()
        if self._write_error is None:
            return self._record.exit_code(self._cut)
        if not isinstance(self._write_error, BrokenPipeError):
            reason = self._write_error.strerror or str(self._write_error)
            await self._tell(problem_text(Problem(title="Standard output", text=f"cannot be written: {reason}.")))
        return CUT_EXIT[self._cut] if self._cut is not None else ExitCode.FAILED

    async def _print_rest(self, consumer: asyncio.Task[None]) -> None:
        await asyncio.wait({consumer})
        consumer.result()
        if self._write_error is not None:
            return
        problem = Problem(title="Not finished", text="The run ended before this model had.")
        try:
            await self._print(list(self._record.missing_ends(problem)))
            await self._say(self._printer.finish(self._record, self._record.exit_code(self._cut)))
        except OSError as error:
            self._write_error = error
        else:
            await self._tell(summary_text(self._record, self._cut, self._job.timeout_s))

    def _start_timer(self, loop: asyncio.AbstractEventLoop) -> asyncio.TimerHandle | None:
        if self._job.deadline is None:
            return None
        return loop.call_later(max(0.0, self._job.deadline - time.monotonic()), self._end, Cut.TIMEOUT)

    def _end(self, why: Cut) -> None:
        """Stop every turn; the run is over when they have said so and that is printed, or after the grace."""
        if self._cut is not None:
            return
        self._cut = why
        self._engine.handle(Stop())
        loop = asyncio.get_running_loop()
        if self._ending is None:
            loop.call_later(GRACE_S, self._over.set)
        else:
            loop.call_later(GRACE_S, self._ending.cancel)

    def _on_signal(self, why: Cut) -> None:
        if self._cut in (Cut.INTERRUPT, Cut.TERMINATE):
            from tui.tools.command import kill_all

            kill_all()
            os._exit(CUT_EXIT[why])  # the second time the person means it
        self._end(why)

    @contextlib.contextmanager
    def _signals(self, loop: asyncio.AbstractEventLoop) -> Iterator[None]:
        reasons = {signal.SIGINT: Cut.INTERRUPT, signal.SIGTERM: Cut.TERMINATE}
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # which is how `nohup` starts it
            reasons[signal.SIGHUP] = Cut.TERMINATE
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        for number, why in reasons.items():
            loop.add_signal_handler(number, self._on_signal, why)
        try:
            yield
        finally:
            for number in reasons:
                loop.remove_signal_handler(number)


def _settle(done: asyncio.Future[None], error: OSError | None) -> None:
    if done.done():
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)
