"""A live terminal as the screen and the engine see it."""

import asyncio
import builtins
import re
import sys
from typing import Any

import pytest

from tests.conftest import WaitUntil
from tests.terminal.live import launch, python, running, shell, shown
from tui.core.clock import ManualClock
from tui.core.terminal import TerminalPort
from tui.terminal.ending import Ending
from tui.terminal.launch import TerminalError
from tui.terminal.notices import ClipboardWrite, Rang, Titled
from tui.terminal.session import Terminal, TerminalEvent


async def test_it_is_what_the_screen_expects() -> None:
    async with running(shell("printf 'one\\r\\n\\033[1mtwo'; sleep 100"), size=(40, 5)) as terminal:
        port: TerminalPort = terminal
        assert (port.id, port.columns, port.lines, port.running) == ("terminal-1", 40, 5, True)
        while port.row_text(1) != "two":  # noqa: ASYNC110 - output comes when it comes; the test's limit ends this
            await asyncio.sleep(0.005)
        assert port.row(1)[0].style.bold
        assert port.cursor == (3, 1)
        assert port.cursor_visible
        assert port.scrollback == 0
        assert not port.wrapped(0)
        assert port.serial(0) != port.serial(1)


async def test_a_watcher_is_told_once_until_it_takes_what_changed(wait_until: WaitUntil) -> None:
    told: list[int] = []
    async with running(launch("cat")) as terminal:
        terminal.watch(lambda: told.append(1))
        terminal.write(b"a")
        await wait_until(lambda: terminal.row_text(0) == "a")
        assert len(told) == 1
        terminal.write(b"b")
        await wait_until(lambda: terminal.row_text(0) == "ab")
        assert len(told) == 1
        everything, rows = terminal.take_dirty()
        assert everything or 0 in rows
        terminal.write(b"c")
        await wait_until(lambda: len(told) == 2)
        terminal.watch(None)
        terminal.take_dirty()
        terminal.write(b"d")
        await wait_until(lambda: terminal.row_text(0) == "abcd")
        assert len(told) == 2


async def test_who_fails_at_painting_does_not_keep_the_end_away() -> None:
    class BrokenScreenError(Exception):
        pass

    def fail() -> None:
        terminal.take_dirty()
        raise BrokenScreenError

    reported: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: reported.append(context.get("exception")))
    async with running(shell("seq 3; exit 6")) as terminal:
        terminal.watch(fail)
        assert (await terminal.outcome).code == 6
        assert shown(terminal) == "1\n2\n3"
    assert reported
    assert all(isinstance(error, BrokenScreenError) for error in reported)


async def test_half_a_frame_is_not_shown(wait_until: WaitUntil) -> None:
    told: list[str] = []
    script = "stty -echo; echo; read -rn1; printf '\\033[?2026hhalf'; read -rn1; printf ' whole\\033[?2026l'; read -rn1"
    async with running(shell(script)) as terminal:
        await wait_until(lambda: terminal.cursor[1] == 1)
        terminal.take_dirty()
        terminal.watch(lambda: told.append(terminal.row_text(1)))
        terminal.write(b"1")
        await wait_until(lambda: terminal.row_text(1) == "half")
        terminal.write(b"2")
        await wait_until(lambda: told)
        assert told in (["half whole"], ["half"]), "the second only if the program took longer than a frame may"


async def test_a_frame_that_never_ends_is_shown_all_the_same(wait_until: WaitUntil) -> None:
    told: list[str] = []
    async with running(shell("stty -echo; echo; read -rsn1; printf '\\r\\033[?2026hhalf'; sleep 100")) as terminal:
        await wait_until(lambda: terminal.cursor[1] == 1)
        terminal.take_dirty()
        terminal.watch(lambda: told.append(terminal.row_text(1)))
        terminal.write(b"1")
        await wait_until(lambda: told == ["half"])


async def test_what_a_program_says_besides_text(wait_until: WaitUntil) -> None:
    events: list[TerminalEvent] = []
    script = (
        "printf '\\033]0;first\\007\\a\\033]52;c;aGVsbG8=\\007'; sleep 0.2; printf '\\033]2;\\033[31mred\\007'; exit 2"
    )
    async with running(shell(script), events=events) as terminal:
        await terminal.outcome
        assert Titled("first") in events
        assert Rang() in events
        assert ClipboardWrite("hello") in events
        assert events[-1] == Ending(code=2)
        assert "\x1b" not in terminal.title
        assert events.count(Ending(code=2)) == 1


async def test_a_flood_of_titles_and_bells_is_told_slowly() -> None:
    events: list[TerminalEvent] = []
    script = "for n in range(20_000): print(f'\\x1b]0;title {n}\\x07\\x07', end='')"
    async with running(python(script), events=events) as terminal:
        await terminal.outcome
        assert len(events) < 400
        assert terminal.title == "title 19999"
        assert [event for event in events if isinstance(event, Titled)][-1] == Titled("title 19999")


async def test_queries_are_answered(wait_until: WaitUntil) -> None:
    script = "stty raw -echo; printf '\\033[6n'; IFS= read -rsd R reply; printf '%q' \"$reply\""
    async with running(shell(script)) as terminal:
        await terminal.outcome
        assert "1;1" in shown(terminal)


async def test_who_asks_without_end_and_never_listens(wait_until: WaitUntil) -> None:
    script = "import sys, tty; tty.setraw(0); sys.stdout.write('\\x1b[6n' * 200_000 + 'end'); sys.stdout.flush()"
    async with running(python(script + "; __import__('time').sleep(100)")) as terminal:
        await wait_until(lambda: "end" in shown(terminal))
        assert terminal._child is not None
        assert terminal._child.waiting_bytes < 1 << 18


async def test_focus_is_told_to_programs_that_want_it(wait_until: WaitUntil) -> None:
    script = "stty raw -echo; printf '\\033[?1004hready'; head -c 6 | od -An -c"
    async with running(shell(script)) as terminal:
        terminal.focus(True)
        terminal.focus(False)
        await wait_until(lambda: "ready" in shown(terminal))
        terminal.focus(True)
        terminal.focus(True)
        terminal.focus(False)
        await terminal.outcome
        assert "033   [   I 033   [   O" in shown(terminal)


async def test_whose_typing_it_is(wait_until: WaitUntil) -> None:
    clock = ManualClock()
    terminal = Terminal("terminal-1", clock=clock)
    await terminal.start(launch("cat"))
    terminal.send(b"nobody")
    before = terminal.last_typed
    terminal.write(b"x")
    assert (before, terminal.last_typed) == (None, clock.monotonic())
    clock.advance(2.0)
    assert terminal.last_typed == clock.monotonic() - 2.0
    assert terminal.seconds() == 2.0
    await terminal.stop()


async def test_the_final_text_is_cleaned_and_bounded() -> None:
    async with running(shell("seq 1 2000; printf 'a\\342\\200\\256b'")) as terminal:
        await terminal.outcome
        text = terminal.final_text(100)
        assert text.split("\n")[-2] == "2000"
        assert "\u202e" not in text
        assert re.match(r"\[19\d\d earlier lines left out\]\n", text)
        assert len(text) < 150
        assert terminal.final_text(1).split("\n")[-1] == "b"


async def test_a_long_last_line_is_cut_from_the_left() -> None:
    async with running(shell("printf %0500d 7")) as terminal:
        await terminal.outcome
        assert terminal.final_text(20) == "0" * 19 + "7"


async def test_the_screen_stays_after_the_end() -> None:
    async with running(shell("echo still here")) as terminal:
        await terminal.outcome
        terminal.write(b"x")
        terminal.focus(True)
        assert await terminal.stop() == Ending(code=0)
        assert terminal.row_text(0) == "still here"
        assert not terminal.running


async def test_one_program_each() -> None:
    async with running(launch("cat")) as terminal:
        with pytest.raises(TerminalError, match="has its program already"):
            await terminal.start(launch("cat"))
    assert await Terminal("terminal-2").stop() is None


async def test_a_system_without_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> tuple[int, int]:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tui.terminal.process.os.openpty", refuse)
    async with running(shell("echo here; exit 4")) as terminal:
        assert (await terminal.outcome).code == 4
        assert "no pseudo-terminal (No space left on device)" in terminal.notice
        assert shown(terminal).endswith("here")


async def test_everybody_gets_a_turn_in_a_flood(wait_until: WaitUntil) -> None:
    async with running(launch("yes", "x" * 70)) as flood, running(launch("cat")) as quiet:
        await wait_until(lambda: flood.scrollback > 100)
        for number in range(10):
            quiet.write(b"k")
            await wait_until(lambda number=number: quiet.cursor[0] == number + 1)
        assert flood.running


class TestWithoutTheLibraries:
    """Plain pipes, when what a terminal needs is missing."""

    @pytest.fixture(autouse=True, params=["pyte", "ptyprocess"])
    def missing(self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
        name: str = request.param
        real = builtins.__import__

        def refuse(module: str, *arguments: Any, **options: Any) -> Any:
            if module.partition(".")[0] == name:
                raise ImportError(name=name)
            return real(module, *arguments, **options)

        for loaded in [loaded for loaded in sys.modules if loaded.partition(".")[0] == name]:
            monkeypatch.delitem(sys.modules, loaded)
        monkeypatch.delitem(sys.modules, "tui.terminal.emulator", raising=False)
        monkeypatch.setattr(builtins, "__import__", refuse)
        return name

    async def test_commands_still_run(self, missing: str) -> None:
        events: list[TerminalEvent] = []
        async with running(shell("echo out; echo err >&2; exit 3"), events=events) as terminal:
            assert await terminal.outcome == Ending(code=3)
            assert terminal.notice.startswith(f"The embedded terminal needs {missing}: pip install {missing}.")
            assert shown(terminal).replace("\n", " ").endswith("out err")
            assert "without keys" in shown(terminal).replace("\n", " ")
            assert terminal.descriptor() == -1
        assert events == [Ending(code=3)]

    async def test_there_are_no_keys(self) -> None:
        async with running(shell("cat; tty; echo end")) as terminal:
            terminal.write(b"ignored\r")
            terminal.resize(50, 10)
            assert (await terminal.outcome).code == 0
            assert shown(terminal).endswith("not a tty\nend")

    async def test_it_is_stopped_with_all_it_started(self, wait_until: WaitUntil) -> None:
        async with running(shell("trap '' HUP TERM; echo ready; sleep 100 & yes")) as terminal:
            await wait_until(lambda: terminal.scrollback > 100)
            assert (await terminal.stop("enough")).words == "enough: ended by SIGKILL"  # type: ignore[union-attr]

    async def test_text_controls_nothing(self) -> None:
        script = "printf '\\033[2J\\033[31mred\\033[0m \\033]0;title\\007\\tтест\\r\\nbar: 1%%\\rbar: 2%%\\nend\\xff'"
        async with running(shell(script)) as terminal:
            await terminal.outcome
            assert shown(terminal).split("\n")[-3:] == ["red     тест", "bar: 2%", "end\ufffd"]
            assert terminal.title == ""

    async def test_long_lines_wrap(self) -> None:
        async with running(shell("printf %0100d 7; seq 50"), size=(30, 5)) as terminal:
            await terminal.outcome
            assert terminal.row_text(4) == "50"
            assert terminal.cursor == (2, 4)
            first = next(row for row in range(-terminal.scrollback, 0) if terminal.row_text(row).startswith("000"))
            assert terminal.wrapped(first)
            assert terminal.row(first)[0].cells == 30
            assert "0" * 98 + "71\n2\n" in shown(terminal)
            assert terminal.serial(first) == terminal.serial(first)
            assert terminal.row(99) == ()
            assert terminal.take_dirty() == (True, frozenset())
            assert terminal.take_dirty() == (False, frozenset())
