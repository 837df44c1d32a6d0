"""The terminals of a session with real programs: opened, answered, closed at every moment; nothing is left."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.conftest import WaitUntil
from tests.terminal.live import is_alive
from tui.config.model_work import Clipboard, TerminalConfig
from tui.core.chat import ToolCall
from tui.core.clock import SystemClock
from tui.core.commands import (
    AcceptSuggestion,
    AnswerClipboard,
    CloseTerminal,
    HandOver,
    OpenTerminal,
    SetAutoAnswer,
)
from tui.core.events import Event, Notice
from tui.core.terminal import AutoAnswer
from tui.core.terminal_events import (
    AutoAnswerChanged,
    ClipboardAsked,
    ClipboardResolved,
    TerminalAnswered,
    TerminalClosed,
    TerminalExited,
    TerminalNeedsPerson,
    TerminalOpened,
    TerminalServed,
)
from tui.core.tool_events import ToolStatus
from tui.engine.terminals import MOST_ENDED, MOST_RUNNING, Terminals
from tui.terminal import process
from tui.tools.command import Launch
from tui.tools.outcome import ToolOutcome
from tui.tools.requests import InvalidCall, Request
from tui.tools.spec import parse_call

E = TypeVar("E")
pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes by /proc")


class Rig:
    """The terminals of a session, what they told, and what a model runs in them."""

    def __init__(self, home: Path, wait: WaitUntil, **settings: Any) -> None:
        self.events: list[Event] = []
        self.told: list[tuple[str, ...]] = []
        self.home = home
        self.wait = wait
        self.misled = ""
        self.environ = {"PATH": os.environ["PATH"], "HOME": str(home), "SHELL": "/bin/sh", "PS1": "$ "}
        self.terminals = Terminals(
            TerminalConfig(**settings),
            home,
            self.environ,
            told=lambda *said: self.told.append(said),
            output_bytes=4_000,
            publish=self.events.append,
            clock=SystemClock(),
            misled=lambda pane, turn: pane == self.misled and turn == "t1",
        )

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    def begin(self, command: str, pane: str = "claude") -> "asyncio.Task[ToolOutcome]":
        """Run a command as a model's."""
        request = parse_call(ToolCall(id="c1", name="run_interactive", arguments="", parsed={"command": command}))
        assert not isinstance(request, InvalidCall)
        launch = Launch(argv=("/bin/sh", "-c", command), env=self.environ, cwd=self.home)
        return asyncio.create_task(self.run(launch, request, pane))

    async def run(self, launch: Launch, request: Request, pane: str) -> ToolOutcome:
        return await self.terminals.run(launch, request, pane=pane, turn="t1")

    async def opened(self, number: int = 1) -> str:
        await self.wait(lambda: len(self.of(TerminalOpened)) >= number)
        return self.of(TerminalOpened)[number - 1].terminal

    def text(self, name: str) -> str:
        port = self.terminals.get(name)
        return "" if port is None else "\n".join(port.row_text(row) for row in range(-port.scrollback, port.lines))

    def pids(self) -> list[int]:
        return [int(path.read_text()) for path in self.home.glob("*.pid") if path.read_text().strip()]


@asynccontextmanager
async def rig(home: Path, wait: WaitUntil, **settings: Any) -> AsyncIterator[Rig]:
    made = Rig(home, wait, **settings)
    try:
        yield made
    finally:
        await made.terminals.close()
        assert not [pid for pid in made.pids() if is_alive(pid)]


class Gate:
    """Holds programs back at their start."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.pids: list[int] = []
        start = process._start

        def slow(*arguments: Any) -> Any:
            self.begun.set()
            self.go_on.wait(20)
            result = start(*arguments)
            self.pids.append(result[1].pid)
            return result

        monkeypatch.setattr(process, "_start", slow)


STAYS = "echo $$ > one.pid; trap '' HUP; echo ready; while :; do sleep 0.05; done"


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    return Gate(monkeypatch)


async def test_a_terminal_can_be_closed_while_it_starts(wait_until: WaitUntil, tmp_path: Path, gate: Gate) -> None:
    async with rig(tmp_path, wait_until) as made:
        made.terminals.handle(OpenTerminal(command=STAYS))
        name = await made.opened()
        await wait_until(gate.begun.is_set)
        made.terminals.handle(CloseTerminal(terminal=name))
        gate.go_on.set()
        await wait_until(lambda: made.of(TerminalExited))
        assert gate.pids
        assert not any(map(is_alive, gate.pids))
        made.terminals.handle(CloseTerminal(terminal=name))
        assert made.of(TerminalClosed)


async def test_a_model_is_told_that_its_terminal_was_closed_while_it_started(
    wait_until: WaitUntil, tmp_path: Path, gate: Gate
) -> None:
    async with rig(tmp_path, wait_until) as made:
        running = made.begin(STAYS)
        name = await made.opened()
        await wait_until(gate.begun.is_set)
        made.terminals.handle(CloseTerminal(terminal=name))
        gate.go_on.set()
        outcome = await running
        assert "you closed it" in outcome.text
        assert outcome.status is ToolStatus.ERROR
        assert not any(map(is_alive, gate.pids))


async def test_the_session_may_end_while_a_terminal_starts(wait_until: WaitUntil, tmp_path: Path, gate: Gate) -> None:
    made = Rig(tmp_path, wait_until)
    made.terminals.handle(OpenTerminal(command=STAYS))
    await wait_until(gate.begun.is_set)
    closing = asyncio.create_task(made.terminals.close())
    await asyncio.sleep(0)
    gate.go_on.set()
    await closing
    assert gate.pids
    assert not any(map(is_alive, gate.pids))
    made.terminals.handle(OpenTerminal(command=STAYS))
    await made.terminals.close()
    assert len(gate.pids) == 1


@pytest.mark.parametrize("times", [1, 2, 3])
async def test_a_turn_may_be_stopped_while_its_terminal_starts(
    wait_until: WaitUntil, tmp_path: Path, gate: Gate, times: int
) -> None:
    async with rig(tmp_path, wait_until) as made:
        running = made.begin(STAYS.replace("''", "'' TERM", 1))
        await wait_until(gate.begun.is_set)
        for _ in range(times):
            running.cancel()
            await asyncio.sleep(0.01)
        gate.go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert len(gate.pids) == 1
        assert not any(map(is_alive, gate.pids))
        assert made.of(TerminalClosed)


async def test_a_turn_may_be_stopped_while_its_program_runs_or_floods(wait_until: WaitUntil, tmp_path: Path) -> None:
    async with rig(tmp_path, wait_until) as made:
        for number, command in enumerate((STAYS, "echo $$ > f.pid; trap '' HUP TERM; exec yes"), 1):
            running = made.begin(command)
            name = await made.opened(number)
            await wait_until(lambda name=name: made.text(name).strip())
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running
            assert not [pid for pid in made.pids() if is_alive(pid)]
            assert made.of(TerminalExited)[-1].reason == "the turn was stopped"


async def test_terminals_that_start_count_as_terminals(wait_until: WaitUntil, tmp_path: Path) -> None:
    async with rig(tmp_path, wait_until) as made:
        for _ in range(MOST_RUNNING + 8):
            made.terminals.handle(OpenTerminal(command="cat"))
        await wait_until(lambda: len(made.of(Notice)) == 8)
        assert len(made.of(TerminalOpened)) == MOST_RUNNING


async def test_what_cannot_be_started_is_told(wait_until: WaitUntil, tmp_path: Path) -> None:
    async with rig(tmp_path, wait_until) as made:
        made.terminals.handle(OpenTerminal(command="echo \0"))
        await wait_until(lambda: made.of(Notice))
        outcome = await made.begin("echo \0 x")
        assert outcome.status is ToolStatus.ERROR
        assert len(made.of(TerminalClosed)) == len(made.of(TerminalOpened))


async def test_ended_terminals_do_not_pile_up(wait_until: WaitUntil, tmp_path: Path) -> None:
    async with rig(tmp_path, wait_until) as made:
        made.terminals.handle(OpenTerminal(command="echo mine"))
        mine = await made.opened()
        await wait_until(lambda: made.of(TerminalExited))
        for _ in range(MOST_ENDED + 3):
            assert (await made.begin("true")).exit_code == 0
        assert len(made.of(TerminalClosed)) == 3
        assert made.terminals.get(mine) is not None


FLOOD = "i=0; while [ $i -lt 400 ]; do printf '\\033]52;c;aGVsbG8=\\007%s' $i; i=$((i+1)); sleep 0.002; done"


async def test_a_flood_of_clipboard_wishes_is_a_few_questions(wait_until: WaitUntil, tmp_path: Path) -> None:
    async with rig(tmp_path, wait_until) as made:
        await made.begin(FLOOD)
        seconds = made.of(TerminalExited)[-1].seconds
        assert 1 <= len(made.of(ClipboardAsked)) <= seconds * 10 + 3
        made.terminals.handle(AnswerClipboard(id=made.of(ClipboardAsked)[0].id, accept=True))
        assert all(one.text is None for one in made.of(ClipboardResolved))
        made.terminals.handle(AnswerClipboard(id=made.of(ClipboardAsked)[-1].id, accept=True))
        assert made.of(ClipboardResolved)[-1].text == "hello"


async def test_refused_clipboard_wishes_are_told_once(wait_until: WaitUntil, tmp_path: Path) -> None:
    async with rig(tmp_path, wait_until, clipboard=Clipboard.REFUSE) as made:
        await made.begin(FLOOD)
        assert len(made.of(Notice)) == 1
        assert not made.of(ClipboardAsked)


async def test_the_model_gets_a_bounded_clean_text(wait_until: WaitUntil, tmp_path: Path) -> None:
    async with rig(tmp_path, wait_until) as made:
        evil = "printf '\\033]0;title\\007\\033[31mred\\033[m \\342\\200\\256right\\n'"
        outcome = await made.begin(f"{evil}; yes 1234567 | head -c 100000; exit 3")
        assert outcome.exit_code == 3
        assert len(outcome.text) <= 4_200
        assert "\x1b" not in outcome.text
        assert "earlier lines left out" in outcome.text
        short = await made.begin("printf '\\033[31mred\\033[m \\342\\200\\256right\\363\\240\\201\\201x'")
        assert short.text == "exit 0\n\nred rightx"


ASKS = "printf 'Continue? [Y/n] '; read answer; echo got=$answer."


async def test_a_question_is_answered_or_proposed_as_set(wait_until: WaitUntil, tmp_path: Path) -> None:
    async with rig(tmp_path, wait_until) as made:
        assert "got=." in (await made.begin(ASKS)).text
        assert [one.typed for one in made.of(TerminalAnswered)] == ["Enter"]
        assert made.told[0][2:4] == ("Enter", "default of [Y/n]")
        made.terminals.handle(SetAutoAnswer(mode=AutoAnswer.ASK))
        running = made.begin(ASKS)
        await wait_until(lambda: made.of(TerminalNeedsPerson))
        assert made.of(TerminalNeedsPerson)[-1].suggestion == "Enter"
        made.terminals.handle(AcceptSuggestion(terminal=made.of(TerminalNeedsPerson)[-1].terminal))
        assert "got=." in (await running).text
        assert made.of(TerminalAnswered)[-1].why.endswith("as you said")
        made.terminals.handle(SetAutoAnswer(mode=AutoAnswer.OFF))
        running = made.begin(ASKS)
        await wait_until(lambda: len(made.of(TerminalNeedsPerson)) == 2)
        asked = made.of(TerminalNeedsPerson)[-1]
        assert asked.suggestion == ""
        made.terminals.handle(AcceptSuggestion(terminal=asked.terminal))
        port = made.terminals.get(asked.terminal)
        assert port is not None
        port.write(b"n\r")
        assert "got=n." in (await running).text
        assert len(made.of(TerminalAnswered)) == 2


async def test_what_a_misled_turn_runs_is_answered_by_the_person_alone(wait_until: WaitUntil, tmp_path: Path) -> None:
    async with rig(tmp_path, wait_until) as made:
        made.misled = "claude"
        assert "got=." in (await made.begin(ASKS, pane="gpt")).text
        running = made.begin(ASKS)
        await wait_until(lambda: made.of(TerminalNeedsPerson))
        asked = made.of(TerminalNeedsPerson)[-1]
        assert asked.suggestion == "Enter"
        assert [(one.mode, one.terminal) for one in made.of(AutoAnswerChanged)] == [(AutoAnswer.ASK, asked.terminal)]
        made.terminals.handle(SetAutoAnswer(mode=AutoAnswer.ON, terminal=asked.terminal))
        assert "got=." in (await running).text
        assert len(made.of(TerminalAnswered)) == 2


async def test_a_proposal_is_not_typed_into_another_program(wait_until: WaitUntil, tmp_path: Path) -> None:
    """The words on the screen stay the same, but who reads now reads a secret."""
    async with rig(tmp_path, wait_until) as made:
        made.terminals.handle(SetAutoAnswer(mode=AutoAnswer.ASK))
        change = "trap 'stty -echo; read secret; echo secret=$secret.; exit' USR1; echo $$ > a.pid"
        running = made.begin(f"{change}; printf 'Continue? [Y/n] '; read answer; echo got=$answer.")
        await wait_until(lambda: made.of(TerminalNeedsPerson))
        name = made.of(TerminalNeedsPerson)[-1].terminal
        os.kill(made.pids()[0], 10)
        port = made.terminals.get(name)
        assert port is not None
        await wait_until(lambda: "-echo" in _settings(made, name))
        made.terminals.handle(AcceptSuggestion(terminal=name))
        await wait_until(lambda: bool(made.of(Notice)) or bool(made.of(TerminalAnswered)))
        assert made.of(Notice)
        assert not made.of(TerminalAnswered)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running


def _settings(made: Rig, name: str) -> str:
    from tui.terminal.evidence import terminal_settings

    echo, _ = terminal_settings(made.terminals._live[name].terminal.descriptor())
    return "echo" if echo else "-echo"


async def test_who_took_it_over_is_left_alone_until_it_is_handed_back(wait_until: WaitUntil, tmp_path: Path) -> None:
    async with rig(tmp_path, wait_until, silence=1.0) as made:
        made.terminals.handle(SetAutoAnswer(mode=AutoAnswer.OFF))
        running = made.begin("printf 'Name: '; read name; echo $name")
        name = await made.opened()
        made.terminals.handle(HandOver(terminal=name, person=True))
        await wait_until(lambda: "Name:" in made.text(name))
        await asyncio.sleep(1.5)
        assert not running.done()
        made.terminals.handle(HandOver(terminal=name, person=False))
        outcome = await running
        assert "no answer for 1 s" in outcome.text


async def test_a_person_at_the_terminal_is_told_no_end(wait_until: WaitUntil, tmp_path: Path) -> None:
    """Who has the keys sees no countdown; when they go elsewhere the time begins anew."""
    async with rig(tmp_path, wait_until, silence=30.0) as made:
        running = made.begin("printf 'Continue? (yes/no) '; read name")
        await wait_until(lambda: made.of(TerminalNeedsPerson))
        asked = made.of(TerminalNeedsPerson)[-1]
        assert asked.abort_in is not None
        port = made.terminals.get(asked.terminal)
        assert port is not None
        port.focus(True)
        await wait_until(lambda: made.of(TerminalServed) or made.of(TerminalNeedsPerson)[-1].abort_in is None)
        port.focus(False)
        await wait_until(lambda: made.of(TerminalNeedsPerson)[-1].abort_in is not None)
        assert (made.of(TerminalNeedsPerson)[-1].abort_in or 0) > 29
        port.write(b"\r")
        await running
