"""Drives the responder on a live terminal: looks when something happened or is due, and never otherwise."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from tui.core.clock import Clock, SystemClock
from tui.core.terminal import Run
from tui.terminal.evidence import Evidence, gather
from tui.terminal.prompts import HIDDEN
from tui.terminal.responder import (
    SETTLED_SECONDS,
    Abort,
    AskPerson,
    History,
    Nothing,
    Response,
    Screen,
    Settings,
    Type,
    note_answer,
    observe,
    respond,
    still_stands,
    weigh,
    worth_a_look,
)
from tui.terminal.session import Terminal

_ROWS: Final = 12
_SAME_SECONDS: Final = 1.0
"""Ends that are told differ by more."""
_WAITING_SECONDS: Final = 2.0
"""How soon it is noticed that a program no longer waits for a person although nothing on the screen changed."""


@dataclass(frozen=True, slots=True)
class ResponderHooks:
    """Who is told what: an answer was typed, a person is needed, no longer needed, the program is being ended."""

    answered: Callable[[Type], None]
    needs_person: Callable[[AskPerson], None]
    served: Callable[[], None]
    aborted: Callable[[Abort], None]


class Responding:
    """Answers the questions of one terminal, or has a person do it. Everything happens on the event loop."""

    def __init__(
        self, terminal: Terminal, settings: Settings, hooks: ResponderHooks, clock: Clock | None = None
    ) -> None:
        self._terminal = terminal
        self._settings = settings
        self._hooks = hooks
        self._clock = clock or SystemClock()
        self._history = History()
        self._asked: AskPerson | None = None
        self._ends_at: float | None = None
        self._person = False
        self._poked = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, once the terminal has its program."""
        if self._task is None:
            self._terminal.on_activity = self._poked.set
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Look no more; returns when nothing is under way."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None

    def configure(self, settings: Settings) -> None:
        """Go on with other settings."""
        self._settings = settings
        self._poked.set()

    def hand_over(self, *, person: bool) -> None:
        """Leave everything to the person who took the terminal over, or take it back."""
        self._person = person
        self._poked.set()

    async def accept(self) -> bool:
        """Type what was proposed to the person, if it is still asked, by the words and by who reads; False if not."""
        screen, asked = self._see(), self._asked
        if asked is None or not asked.keys:
            return False
        evidence = await self._gather()
        if evidence is None or asked is not self._asked or not still_stands(asked, screen, evidence):
            return False
        self._type(Type(keys=asked.keys, shown=asked.suggestion, why=f"{asked.why}, as you said", prompt=asked.prompt))
        return True

    async def _run(self) -> None:
        while self._terminal.running:
            self._poked.clear()
            await self._until_due(await self._look())
        self._serve()

    async def _until_due(self, seconds: float | None) -> None:
        """Wait until `seconds` passed or something happened; after output until it may have settled."""
        try:
            async with asyncio.timeout(seconds):
                await self._poked.wait()
        except TimeoutError:
            return
        if self._terminal.running:
            await asyncio.sleep(SETTLED_SECONDS)

    async def _look(self) -> float | None:
        """Look at the screen and, if that is worth it, at the evidence; return when to look again."""
        settings = self._settings
        screen = self._see()
        now = self._clock.monotonic()
        wait = worth_a_look(self._history, settings, now)
        if wait is None and self._asked is not None:
            self._ask(replace(self._asked, abort_in=None))  # nothing is ended while the person has it
        if wait is None or wait > 0:
            return wait
        evidence = await self._gather()
        if evidence is None:
            return SETTLED_SECONDS
        self._history = weigh(self._history, evidence, now)
        if evidence.asks is False and not evidence.stopped:
            self._serve()
        return await self._act(respond(screen, evidence, self._history, settings, now))

    async def _gather(self) -> Evidence | None:
        """Return the evidence; None when something happened meanwhile, or the program ended."""
        terminal = self._terminal
        seen = self._moment()
        silent = self._clock.monotonic() - terminal.last_output
        evidence = await gather(terminal.descriptor(), terminal.device, silent)
        return evidence if seen == self._moment() and terminal.running else None

    def _moment(self) -> tuple[object, ...]:
        terminal = self._terminal
        return terminal.last_output, terminal.last_typed, terminal.focused, self._person

    def _see(self) -> Screen:
        """Take the screen into the history; another question than before ends the waiting for a person."""
        terminal = self._terminal
        screen = look_at(terminal)
        focused = terminal.focused or self._person
        history = replace(self._history, typed_at=terminal.last_typed, focused=focused)
        self._history = observe(history, screen, terminal.last_output)
        if self._history.generation != history.generation:
            self._serve()
        return screen

    async def _act(self, response: Response) -> float | None:
        if isinstance(response, Nothing):
            return response.again
        if isinstance(response, Type):
            self._type(response)
            return SETTLED_SECONDS
        if isinstance(response, Abort):
            self._serve()
            self._hooks.aborted(response)
            await self._terminal.stop(response.reason, interrupt=True)
            return None
        self._ask(response)
        return _WAITING_SECONDS if response.abort_in is None else min(_WAITING_SECONDS, max(response.abort_in, 0.0))

    def _type(self, answer: Type) -> None:
        self._serve()
        self._history = note_answer(self._history)
        self._terminal.send(answer.keys)
        self._hooks.answered(answer)

    def _ask(self, asked: AskPerson) -> None:
        """Tell that a person is needed, once; again when it ends at another time than was told."""
        known, known_end = self._asked, self._ends_at
        end = None if asked.abort_in is None else self._clock.monotonic() + asked.abort_in
        same_end = end == known_end if end is None or known_end is None else abs(end - known_end) < _SAME_SECONDS
        if known is None or not same_end or replace(known, abort_in=None) != replace(asked, abort_in=None):
            self._asked, self._ends_at = asked, end
            self._hooks.needs_person(asked)

    def _serve(self) -> None:
        if self._asked is not None:
            self._asked = None
            self._hooks.served()


def look_at(terminal: Terminal) -> Screen:
    """Return what the responder has to see of a terminal."""
    column, last = terminal.cursor
    rows, cells, wrapped = [], [], []
    for number in range(max(0, last - _ROWS), last + 1):
        runs = terminal.row(number)
        rows.append("".join(run.text if _visible(run) else HIDDEN * run.cells for run in runs))
        cells.append(sum(run.cells for run in runs))
        wrapped.append(terminal.wrapped(number))
    return Screen(
        rows=tuple(rows),
        cells=tuple(cells),
        wrapped=tuple(wrapped),
        column=column,
        columns=terminal.columns,
        row=terminal.pushed + last,
        alternate=terminal.modes.alternate,
    )


def _visible(run: Run) -> bool:
    style = run.style
    return not style.hidden and (style.fg is None or style.fg != style.bg)
