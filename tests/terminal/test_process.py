"""Programs on pseudo-terminals: what they get, what reaches them, and that nothing of them is left."""

import asyncio
import hashlib
import os
import shlex
import signal
import sys
import threading
from pathlib import Path

import pytest

from tests.conftest import WaitUntil
from tests.terminal.live import PYTHON, descriptors, is_alive, launch, python, running, shell, shown
from tui.terminal import process, reaper
from tui.terminal.child import Hooks
from tui.terminal.ending import Ending, ending_of
from tui.terminal.family import Family
from tui.terminal.launch import MARKER, TerminalError
from tui.terminal.session import Terminal

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at processes in /proc")

PASTE = bytes(range(32, 127)) * 10_600
STUBBORN = "trap '' HUP TERM INT; echo $$; while :; do sleep 0.05; done"


def numbers(text: str) -> list[int]:
    return [int(line) for line in text.split() if line.isdigit()]


async def test_a_program_gets_a_terminal_of_its_own(wait_until: WaitUntil) -> None:
    script = (
        "tty; stty size; read -r _ _ _ _ _ session _ </proc/$$/stat; echo $session; echo $$;"
        "echo $TERM $COLORTERM; printenv COLUMNS LINES; : >/dev/tty"
    )
    async with running(shell(script), size=(61, 17)) as terminal:
        await terminal.outcome
        lines = shown(terminal).split("\n")
    assert lines[0].startswith("/dev/pts/")
    assert lines[1] == "17 61"
    assert lines[2] == lines[3], "it leads a session of its own"
    assert lines[4] == "xterm-256color truecolor"
    assert len(lines) == 5, "no size in the environment, and a controlling terminal to open"


async def test_a_program_inherits_nothing_else(tmp_path: Path) -> None:
    with (tmp_path / "ours").open("w") as ours:
        os.set_inheritable(ours.fileno(), True)
        async with (
            running(launch("cat")),
            running(python("import os; print(*sorted(map(int, os.listdir('/proc/self/fd'))))")) as terminal,
        ):
            await terminal.outcome
            assert shown(terminal).split()[:3] == ["0", "1", "2"]
            assert len(shown(terminal).split()) == 4, "and the folder it is reading"


async def test_keys_reach_it_and_output_comes_back(wait_until: WaitUntil) -> None:
    async with running(shell("read -r name; echo hello $name; exit 3")) as terminal:
        terminal.write(b"you\r")
        assert await terminal.outcome == Ending(code=3)
        assert shown(terminal) == "you\nhello you"
        assert not terminal.running


async def test_erasing_takes_whole_characters(wait_until: WaitUntil) -> None:
    async with running(shell('read -r text; printf %s "$text" | od -An -tx1')) as terminal:
        terminal.write("aä".encode() + b"\x7f\r")
        await terminal.outcome
        assert shown(terminal).split()[-1] == "61"


async def test_a_large_paste_neither_blocks_nor_gets_lost(wait_until: WaitUntil) -> None:
    script = f"stty raw -echo; echo ready; read -rn1 go; head -c {len(PASTE)} | sha256sum"
    async with running(shell(script)) as terminal:
        await wait_until(lambda: "ready" in shown(terminal))
        terminal.send(b"!")
        for start in range(0, len(PASTE), 300_000):
            terminal.write(PASTE[start : start + 300_000])
        await terminal.outcome
        assert hashlib.sha256(PASTE).hexdigest() in shown(terminal)


async def test_a_paste_nobody_reads_waits(wait_until: WaitUntil) -> None:
    received = bytearray()
    what = shell("stty raw -echo; echo ready; sleep 100")
    child = await process.start_pty(what, columns=80, lines=24, hooks=Hooks(received.extend, lambda _ending: None))
    try:
        await wait_until(lambda: b"ready" in received)
        child.write(PASTE)
        await asyncio.sleep(0)
        assert child.waiting_bytes > len(PASTE) // 2
    finally:
        await child.stop()
    assert child.waiting_bytes == 0


async def test_it_learns_of_another_size(wait_until: WaitUntil) -> None:
    async with running(shell("trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.02; done")) as terminal:
        await wait_until(lambda: "ready" in shown(terminal))
        terminal.resize(100, 30)
        await terminal.outcome
        assert "30 100" in shown(terminal)
        terminal.resize(40, 10)
        assert (terminal.columns, terminal.lines) == (40, 10), "the screen can still be resized"


@pytest.mark.parametrize(
    ("script", "ending", "words"),
    [
        ("exit 0", Ending(code=0), "exit 0"),
        ("exit 41", Ending(code=41), "exit 41"),
        ("kill -SEGV $$", Ending(code=None, signal="SIGSEGV"), "ended by SIGSEGV"),
        ("kill -TERM $$", Ending(code=None, signal="SIGTERM"), "ended by SIGTERM"),
    ],
)
async def test_the_end_in_words(script: str, ending: Ending, words: str) -> None:
    async with running(shell(script)) as terminal:
        assert await terminal.outcome == ending
        assert ending.words == words


def test_endings() -> None:
    assert ending_of(-9, "stopped by you").words == "stopped by you: ended by SIGKILL"
    assert ending_of(-200).words == "ended by signal 200"
    assert ending_of(None).words == "ended"


async def test_the_last_words_are_heard() -> None:
    async with running(shell("seq 1 3000; printf last")) as terminal:
        await terminal.outcome
        assert shown(terminal).endswith("3000\nlast")


async def test_it_may_close_its_terminal_and_open_it_again(wait_until: WaitUntil) -> None:
    script = "echo one; exec <&- >&- 2>&-; sleep 0.1; echo two >/dev/tty; exit 5"
    async with running(shell(script)) as terminal:
        assert (await terminal.outcome).code == 5
        assert shown(terminal) == "one\ntwo"


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        (("there-is-no-such-program",), "there is no program there-is-no-such-program"),
        (("/nowhere/x",), "there is no program /nowhere/x"),
        ((), "there is no command to run"),
    ],
)
async def test_what_cannot_be_started(argv: tuple[str, ...], text: str, tmp_path: Path) -> None:
    before = descriptors()
    with pytest.raises(TerminalError, match=text):
        await Terminal("terminal-1").start(launch(*argv, cwd=tmp_path))
    assert descriptors() == before


async def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(TerminalError, match="there is no folder"):
        await Terminal("terminal-1").start(launch("true", cwd=tmp_path / "gone"))


async def test_stopping_ends_who_ignores_it(wait_until: WaitUntil) -> None:
    async with running(shell(STUBBORN)) as terminal:
        await wait_until(lambda: numbers(shown(terminal)))
        (pid,) = numbers(shown(terminal))
        assert await terminal.stop("stopped by you") == Ending(code=None, signal="SIGKILL", reason="stopped by you")
        assert not is_alive(pid)


async def test_stopping_ends_all_that_was_started(tmp_path: Path, wait_until: WaitUntil) -> None:
    family = (
        "{ sleep 100 & echo $!;"
        "set -m; sleep 100 & echo $!; set +m;"
        "setsid sleep 100 & echo $!;"
        f"{shlex.quote(PYTHON)} -c 'import os, time; os.fork() and os._exit(0); os.setsid(); os.fork() and os._exit(0);"
        " print(os.getpid(), flush=True); time.sleep(100)'; } >pids; yes"
    )
    async with running(shell(family, cwd=tmp_path)) as terminal:
        await wait_until(lambda: terminal.scrollback > 50)
        await wait_until(lambda: len(numbers((tmp_path / "pids").read_text())) == 4)
        pids = numbers((tmp_path / "pids").read_text())
        assert all(map(is_alive, pids))
        await terminal.stop()
        assert not any(map(is_alive, pids))


async def test_what_a_program_leaves_behind_ends_with_it(wait_until: WaitUntil) -> None:
    async with running(shell("nohup setsid sleep 100 >/dev/null 2>&1 & echo $!")) as terminal:
        await terminal.outcome
        (pid,) = numbers(shown(terminal))
        assert not is_alive(pid)


async def test_a_person_may_leave_something_behind(wait_until: WaitUntil) -> None:
    what = shell("trap '' HUP; sleep 100 & echo $!; setsid sleep 100 >/dev/null 2>&1 & echo $!; sleep 0.1")
    async with running(what, keep_background=True) as terminal:
        await terminal.outcome
        job, daemon = numbers(shown(terminal))
        try:
            assert is_alive(job)
            await terminal.stop()
            assert not is_alive(job)
            assert is_alive(daemon), "who left the session on purpose, such as a server of tmux, outlives a terminal"
        finally:
            os.kill(daemon, signal.SIGKILL)


async def test_another_process_with_the_number_of_an_ended_leader_is_not_touched(tmp_path: Path) -> None:
    def row(pid: int, session: int, began: int) -> None:
        (tmp_path / str(pid)).mkdir()
        fields = ["S", "1", str(session), str(session), *["0"] * 15, str(began)]
        (tmp_path / str(pid) / "stat").write_text(f"{pid} (x) {' '.join(fields)}\n")

    row(501, 501, 900)
    row(502, 501, 901)
    assert [one.pid for one in await Family(501, "", began=900).living(tmp_path)] == [501, 502]
    assert await Family(501, "", began=100).living(tmp_path) == ()


async def test_who_keeps_the_terminal_open_does_not_keep_the_end_away() -> None:
    async with running(
        shell("trap '' HUP; (while :; do echo more; sleep 0.01; done) & exit 7"), keep_background=True
    ) as t:
        assert (await t.outcome).code == 7


async def test_a_later_program_does_not_hold_an_earlier_terminal() -> None:
    async with running(launch("cat")) as first, running(launch("cat")):
        assert not os.get_inheritable(first.descriptor())
        await first.stop()
        assert first.descriptor() == -1


async def test_a_start_that_is_cancelled_leaves_nothing(monkeypatch: pytest.MonkeyPatch, wait_until: WaitUntil) -> None:
    begun, go_on, pids = threading.Event(), threading.Event(), []
    start = process._start

    def slow(*arguments: object) -> object:
        begun.set()
        go_on.wait()
        result = start(*arguments)  # type: ignore[arg-type]  # passed through
        pids.append(result[1].pid)
        return result

    monkeypatch.setattr(process, "_start", slow)
    before = descriptors()
    task = asyncio.ensure_future(Terminal("terminal-1").start(launch("cat")))
    await wait_until(begun.is_set)
    task.cancel()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert pids
    assert not any(map(is_alive, pids))
    assert len(descriptors() - before) == 0


async def test_without_process_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reaper, "_process_descriptor", lambda _pid: None)
    async with running(shell("echo here; exit 9")) as terminal:
        assert (await terminal.outcome).code == 9
        assert shown(terminal) == "here"


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
async def test_without_a_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_SHELL", "/nowhere/sh")
    async with running(
        python("import os; print(os.ttyname(0), os.get_terminal_size()); raise SystemExit(4)")
    ) as terminal:
        assert (await terminal.outcome).code == 4
        assert "/dev/pts/" in shown(terminal)
        assert "columns=80, lines=24" in shown(terminal)


async def test_nothing_is_seen_without_proc(tmp_path: Path) -> None:
    assert await Family(1, "x").living(tmp_path / "proc") == ()


async def test_who_is_in_the_middle_of_an_exec_is_looked_at_again(tmp_path: Path, wait_until: WaitUntil) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "7/stat").write_text(f"7 (new) S 1 7 7 0 7 {'0 ' * 13}4711 1 2")
    (tmp_path / "7/environ").write_bytes(b"")
    family = Family(5, "abc")
    look = asyncio.ensure_future(family.living(tmp_path))
    await asyncio.sleep(0)
    (tmp_path / "7/environ").write_bytes(f"A=1\0{MARKER}=abc\0".encode())
    assert [process.pid for process in await look] == [7]
    (tmp_path / "7/environ").write_bytes(b"")
    assert await family.living(tmp_path) == (), "it is not waited for without end"


async def test_stopping_without_proc_ends_the_group(monkeypatch: pytest.MonkeyPatch, wait_until: WaitUntil) -> None:
    async def nobody(_family: Family) -> tuple[()]:
        return ()

    async with running(shell("sleep 100 & echo $! $$; wait")) as terminal:
        await wait_until(lambda: len(numbers(shown(terminal))) == 2)
        pids = numbers(shown(terminal))
        monkeypatch.setattr(Family, "living", nobody)
        await terminal.stop()
        await wait_until(lambda: not any(map(is_alive, pids)))


async def test_cycles_leave_nothing(wait_until: WaitUntil) -> None:
    async with running(launch("true")) as first:
        await first.outcome  # what is loaded once is loaded now
    before = descriptors()
    for number in range(20):
        flood = number % 2 == 0
        async with running(
            shell("echo $$; sleep 100 & yes" if flood else "echo $$; sleep 100 & sleep 100")
        ) as terminal:
            await wait_until(lambda terminal=terminal: terminal.row_text(0).strip() != "")
            session = terminal._child.pid if terminal._child else 0
        assert await Family(session, "x").living() == (), "nobody of the session lives"
        with pytest.raises(ChildProcessError):
            os.waitpid(session, os.WNOHANG)  # noqa: ASYNC222 - does not wait
    assert descriptors() == before


async def test_programs_end_with_an_application_that_was_killed(wait_until: WaitUntil, tmp_path: Path) -> None:
    """Nothing but the kernel can tell them then: it hangs up when nobody holds our side any more."""
    script = (
        "import asyncio\n"
        "from tests.terminal.live import running, shell\n"
        "async def main():\n"
        "    async with running(shell('(sleep 100 & echo $! $$) > pids; wait')), running(shell('sleep 100')):\n"
        "        await asyncio.sleep(100)\n"
        "asyncio.run(main())\n"
    )
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    app = await asyncio.create_subprocess_exec(PYTHON, "-c", script, cwd=tmp_path, env=environ)
    try:
        await wait_until(lambda: (tmp_path / "pids").exists() and len(numbers((tmp_path / "pids").read_text())) == 2)
        pids = numbers((tmp_path / "pids").read_text())
    finally:
        app.kill()
        await app.wait()
    await wait_until(lambda: not any(map(is_alive, pids)))


async def test_programs_can_be_interrupted_although_this_process_ignores_it(wait_until: WaitUntil) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        async with running(shell("echo up; exec sleep 100")) as terminal:
            await wait_until(lambda: "up" in shown(terminal))
            terminal.write(b"\x03")
            assert (await terminal.outcome).signal == "SIGINT"
    finally:
        signal.signal(signal.SIGINT, before)
