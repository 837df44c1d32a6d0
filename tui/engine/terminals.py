"""The terminals of a session: the person's own, and those a model's commands run in."""

import asyncio
import shlex
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, assert_never

from tui.config.model_work import TerminalConfig
from tui.core.clock import Clock
from tui.core.commands import (
    AcceptSuggestion,
    AnswerClipboard,
    CloseTerminal,
    HandOver,
    OpenTerminal,
    SetAutoAnswer,
    SizeTerminals,
    TerminalCommand,
)
from tui.core.errors import Problem
from tui.core.events import Event, Notice, NoticeLevel
from tui.core.ids import new_id
from tui.core.terminal import AutoAnswer, TerminalPort
from tui.core.terminal_events import (
    AutoAnswerChanged,
    TerminalAnswered,
    TerminalClosed,
    TerminalExited,
    TerminalHandOver,
    TerminalNeedsPerson,
    TerminalOpened,
    TerminalRang,
    TerminalRetitled,
    TerminalServed,
)
from tui.core.tool_events import ToolStatus
from tui.engine.shown import shown_line
from tui.engine.terminal_clipboard import ClipboardWishes
from tui.terminal.ending import Ending
from tui.terminal.launch import TerminalError, TerminalLaunch
from tui.terminal.notices import ClipboardWrite, Rang, Titled
from tui.terminal.responder import Abort, AskPerson, Settings, Type
from tui.terminal.responding import ResponderHooks, Responding
from tui.terminal.session import Terminal, TerminalEvent
from tui.tools.command import Launch
from tui.tools.outcome import ToolOutcome
from tui.tools.requests import Request

_COLUMNS: Final = 80
_LINES: Final = 24
_LARGEST: Final = 1_000
_BELL_SECONDS: Final = 1.0
"""Bells of one terminal are told this far apart at least."""
MOST_RUNNING: Final = 16
"""Terminals whose programs start or run at the same time; more would be a mistake of a model."""
MOST_ENDED: Final = 16
"""Terminals of models whose last screens are kept; the oldest go first."""
_ADVICE: Final = {
    "password prompt": "(Passwords are never typed for a program; only the person can, in a terminal of their own.)",
}
"""What a model is told beside why a program was ended."""


@dataclass(slots=True)
class _Live:
    """A terminal and whose it is: `pane` is empty for the person's own. `tried` is set when starting is over.

    `person` says that a model's terminal was taken over, perhaps before its program had begun.
    """

    terminal: Terminal
    pane: str = ""
    responding: Responding | None = None
    person: bool = False
    rang_at: float = float("-inf")
    tried: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def over(self) -> bool:
        """Whether its program has ended and nothing of it is left."""
        return self.terminal.outcome.done()

    async def stop(self, reason: str) -> None:
        """End the program, also one that is still to come."""
        await self.tried.wait()
        await self.terminal.stop(reason)


class Terminals:
    """Opens, answers for and closes terminals. `environ` is what the person's own programs start with.

    `misled` says whether a turn of a pane has read text that may lead its model astray.
    """

    def __init__(
        self,
        config: TerminalConfig,
        root: Path,
        environ: Mapping[str, str],
        *,
        told: Callable[[str, str, str, str, str], None],
        output_bytes: int,
        publish: Callable[[Event], None],
        clock: Clock,
        misled: Callable[[str, str], bool] = lambda _pane, _turn: False,
    ) -> None:
        self._config = config
        self._misled = misled
        self._root = root
        self._environ = environ
        self._told = told
        self._output_bytes = output_bytes
        self._publish = publish
        self._clock = clock
        self._auto = config.auto_answer
        self._size = (_COLUMNS, _LINES)
        self._live: dict[str, _Live] = {}
        self._clipboard = ClipboardWishes(config.clipboard, publish=publish, warn=self._warn)
        self._closing = False
        self._tasks: set[asyncio.Task[object]] = set()

    def get(self, terminal: str) -> TerminalPort | None:
        """Return a terminal, also one whose program has ended."""
        live = self._live.get(terminal)
        return None if live is None else live.terminal

    def handle(self, command: TerminalCommand) -> None:
        """Carry out a command; returns at once."""
        match command:
            case OpenTerminal(command=text):
                self._do(self._open_for_person(text))
            case SizeTerminals(columns=columns, lines=lines):
                self._size = (min(max(1, columns), _LARGEST), min(max(1, lines), _LARGEST))
            case CloseTerminal(terminal=name):
                self._close(name)
            case HandOver(terminal=name, person=person):
                self._hand_over(name, person=person)
            case SetAutoAnswer(mode=mode, terminal=name):
                self._set_auto(mode, name)
            case AcceptSuggestion(terminal=name):
                self._do(self._accept(name))
            case AnswerClipboard(id=name, accept=accept):
                self._clipboard.answer(name, accept=accept)
            case _:
                assert_never(command)

    async def run(self, launch: Launch, request: Request, *, pane: str, turn: str) -> ToolOutcome:
        """Run a model's command in a terminal until it ends; a cancelled turn ends it.

        In a turn that has read foreign text, answers are proposed instead of typed.
        """
        command = str(request.arguments.get("command", ""))
        try:
            name = await self._open(
                TerminalLaunch(argv=launch.argv, env=launch.env, cwd=launch.cwd),
                command,
                pane,
                request.call_id,
                misled=self._misled(pane, turn),
            )
        except TerminalError as error:
            return ToolOutcome(
                text=f"The command was not started: {error}", status=ToolStatus.ERROR, summary=str(error)
            )
        terminal = self._live[name].terminal
        try:
            ending = await asyncio.shield(terminal.outcome)
        except asyncio.CancelledError:
            await asyncio.shield(self._do(terminal.stop("the turn was stopped")))  # also when it is cancelled again
            raise
        advice = f" {_ADVICE[ending.reason]}" if ending.reason in _ADVICE else ""
        text = f"{ending.words}{advice}\n\n{terminal.final_text(self._output_bytes)}".rstrip()
        status = ToolStatus.OK if ending.code == 0 else ToolStatus.ERROR
        return ToolOutcome(text=text, status=status, summary=ending.words, exit_code=ending.code)

    async def close(self) -> None:
        """End every program and all it started, also those that start just now; nothing is opened any more."""
        self._closing = True
        everyone = tuple(self._live.values())
        await asyncio.gather(*(live.stop("the session ended") for live in everyone))
        await asyncio.gather(*(live.responding.stop() for live in everyone if live.responding is not None))
        if self._tasks:
            await asyncio.wait(set(self._tasks))

    async def _open_for_person(self, command: str) -> None:
        shell = self._config.shell or self._environ.get("SHELL") or "/bin/sh"
        argv = (shell, "-c", command) if command else (shell,)
        try:
            await self._open(TerminalLaunch(argv=argv, env=self._environ, cwd=self._root), command or shell, "", "")
        except TerminalError as error:
            self._warn("No terminal", str(error))

    async def _open(
        self, launch: TerminalLaunch, command: str, pane: str, call_id: str, *, misled: bool = False
    ) -> str:
        """Start a program in a new terminal and return its name. Raises `TerminalError`."""
        if self._closing:
            raise TerminalError("the session ends")
        if sum(not live.over for live in self._live.values()) >= MOST_RUNNING:
            raise TerminalError(f"{MOST_RUNNING} terminals are in use; close one first")
        name = new_id("terminal")
        terminal = Terminal(
            name,
            size=self._size,
            scrollback_lines=self._config.scrollback_lines,
            clock=self._clock,
            on_event=lambda event: self._heard(name, event),
            keep_background=not pane,
        )
        live = self._live[name] = _Live(terminal, pane)
        self._publish(
            TerminalOpened(
                terminal=name,
                title=shown_line(_title_of(command)),
                command=shown_line(command, 1_000),
                pane=pane or None,
                call_id=shown_line(call_id),
            )
        )
        try:
            await terminal.start(launch)
        except BaseException as error:
            try:
                if not isinstance(error, TerminalError):
                    await asyncio.shield(self._do(terminal.stop("the turn was stopped")))
            finally:  # also when it is cancelled again
                self._forget(name)
            raise
        finally:
            live.tried.set()
        if pane and misled and self._auto is AutoAnswer.ON:
            self._set_auto(AutoAnswer.ASK, name)
        elif pane:
            self._respond(live, self._auto)
        return name

    def _heard(self, name: str, event: TerminalEvent) -> None:
        live = self._live.get(name)
        if live is None:
            return
        match event:
            case Titled(title=title):
                self._publish(TerminalRetitled(terminal=name, title=shown_line(title)))
            case Rang():
                self._rang(live)
            case ClipboardWrite(text=text):
                self._clipboard.wanted(name, text)
            case Ending():
                self._exited(name, event)
            case _:
                pass

    def _rang(self, live: _Live) -> None:
        now = self._clock.monotonic()
        if now - live.rang_at >= _BELL_SECONDS:
            live.rang_at = now
            self._publish(TerminalRang(terminal=live.terminal.id))

    def _respond(self, live: _Live, mode: AutoAnswer) -> None:
        """Answer a terminal's questions from now on, or no longer, as `mode` says."""
        settings = Settings(mode=mode, silence=self._config.silence, personal=not live.pane)
        if live.responding is not None:
            live.responding.configure(settings)
        elif live.terminal.running:
            live.responding = Responding(live.terminal, settings, self._hooks(live), self._clock)
            live.responding.start()
            if live.person:
                live.responding.hand_over(person=True)

    def _hooks(self, live: _Live) -> ResponderHooks:
        name, pane = live.terminal.id, live.pane

        def answered(answer: Type) -> None:
            why, prompt = shown_line(answer.why), shown_line(answer.prompt)
            self._told(name, pane, answer.shown, why, prompt)
            self._publish(
                TerminalAnswered(terminal=name, typed=answer.shown, why=why, prompt=prompt, pane=pane or None)
            )

        def needs_person(asked: AskPerson) -> None:
            self._publish(
                TerminalNeedsPerson(
                    terminal=name,
                    need=asked.need,
                    prompt=shown_line(asked.prompt),
                    pane=pane or None,
                    abort_in=asked.abort_in,
                    suggestion=asked.suggestion,
                )
            )

        def aborted(abort: Abort) -> None:
            self._told(name, pane, "", shown_line(abort.reason), shown_line(abort.prompt))

        return ResponderHooks(
            answered=answered,
            needs_person=needs_person,
            served=lambda: self._publish(TerminalServed(terminal=name)),
            aborted=aborted,
        )

    def _exited(self, name: str, ending: Ending) -> None:
        live = self._live[name]
        self._publish(
            TerminalExited(
                terminal=name,
                code=ending.code,
                signal=ending.signal,
                reason=shown_line(ending.reason),
                seconds=round(live.terminal.seconds(), 3),
            )
        )
        ended = [one for one, other in self._live.items() if other.pane and other.over]
        for one in ended[:-MOST_ENDED]:
            self._forget(one)

    def _close(self, name: str) -> None:
        live = self._live.get(name)
        if live is None:
            self._warn("No such terminal", "It is closed already.")
        elif live.over:
            self._forget(name)
        else:
            self._do(live.stop("you closed it"))

    def _forget(self, name: str) -> None:
        del self._live[name]
        self._clipboard.forget(name)
        self._publish(TerminalClosed(terminal=name))

    async def _accept(self, name: str) -> None:
        live = self._live.get(name)
        if live is None or live.responding is None or not await live.responding.accept():
            self._warn("Nothing was typed", "The program no longer asks what the suggestion was for.")

    def _hand_over(self, name: str, *, person: bool) -> None:
        live = self._live.get(name)
        if live is None or (live.responding is None and (live.tried.is_set() or not live.pane)):
            return
        live.person = person
        if live.responding is not None:
            live.responding.hand_over(person=person)
        self._publish(TerminalHandOver(terminal=name, person=person))

    def _set_auto(self, mode: AutoAnswer, name: str | None) -> None:
        if name is None:
            self._auto = mode
        for live in self._live.values() if name is None else filter(None, (self._live.get(name),)):
            if live.pane or name is not None:
                self._respond(live, mode)
        self._publish(AutoAnswerChanged(mode=mode, terminal=name))

    def _do(self, work: Coroutine[Any, Any, object]) -> "asyncio.Task[object]":
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _warn(self, title: str, text: str) -> None:
        problem = Problem(title=title, text=shown_line(text, 1_000))
        self._publish(Notice(level=NoticeLevel.WARNING, problem=problem))


def _title_of(command: str) -> str:
    """Return the program's name, as the title until it gives itself another."""
    try:
        words = shlex.split(command)
    except ValueError:
        words = command.split()
    return Path(words[0]).name if words else "terminal"


def load() -> None:
    """Import what a terminal needs; where that is missing, opening one says so."""
    import importlib

    for name in ("tui.terminal.emulator", "ptyprocess"):
        with suppress(ImportError):
            importlib.import_module(name)
