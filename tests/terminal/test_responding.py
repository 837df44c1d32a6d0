"""The responder on real programs: what they ask, what they get, and when a person is told."""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.conftest import WaitUntil
from tests.terminal.live import PYTHON, launch, python, running, shell, shown
from tui.core.terminal import AutoAnswer
from tui.core.terminal_events import Need
from tui.terminal.evidence import Look
from tui.terminal.family import read_process
from tui.terminal.launch import TerminalLaunch
from tui.terminal.responder import Abort, AskPerson, Settings, Type
from tui.terminal.responding import ResponderHooks, Responding
from tui.terminal.session import Terminal

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or not Look(0).possible, reason="the system does not show who waits"
)

SHORT = Settings(silence=0.8)


class Told:
    """What the responder told."""

    def __init__(self) -> None:
        self.answers: list[Type] = []
        self.asked: list[AskPerson] = []
        self.served = 0
        self.aborts: list[Abort] = []

    def hooks(self) -> ResponderHooks:
        return ResponderHooks(self.answers.append, self.asked.append, self._serve, self.aborts.append)

    def _serve(self) -> None:
        self.served += 1

    @property
    def typed(self) -> list[str]:
        return [answer.shown for answer in self.answers]


@asynccontextmanager
async def answering(
    what: TerminalLaunch, settings: Settings | None = None, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[Terminal, Told, Responding]]:
    """A program whose questions are answered."""
    told = Told()
    async with running(what, size=size) as terminal:
        responding = Responding(terminal, settings or Settings(), told.hooks())
        responding.start()
        try:
            yield terminal, told, responding
        finally:
            await responding.stop()


def asking(prompt: str) -> TerminalLaunch:
    """A Python program that asks, and prints what it got."""
    return python(f"print('got', repr(input({prompt!r})))")


@pytest.mark.parametrize(
    ("prompt", "typed", "got"),
    [
        ("Proceed (Y/n)? ", "Enter", "got ''"),
        ("Do you want to continue? [Y/n] ", "Enter", "got ''"),
        ("Overwrite? [y/N] ", "Enter", "got ''"),
        ("계속하시겠습니까? [Y/n] ", "Enter", "got ''"),
        ("Press ENTER to continue", "Enter", "got ''"),
    ],
)
async def test_a_question_gets_its_default(prompt: str, typed: str, got: str) -> None:
    async with answering(asking(prompt)) as (terminal, told, _):
        assert (await terminal.outcome).code == 0
        assert got in shown(terminal)
    assert told.typed == [typed]
    assert told.answers[0].prompt == " ".join(prompt.split())
    assert not told.asked


@pytest.mark.parametrize(
    "script",
    [
        "touch z; rm -i z; test -e z && echo kept",
        "touch a b; echo b >b; cp -i a b; test -s b && echo kept",
        "touch a b; echo b >b; mv -i a b; test -s b && echo kept",
    ],
)
async def test_files_are_not_lost(script: str, tmp_path: Path) -> None:
    async with answering(shell(script, cwd=tmp_path)) as (terminal, told, _):
        await terminal.outcome
        assert "kept" in shown(terminal)
    assert told.typed == ["n"]


@pytest.mark.parametrize("options", ["-n1", "-s -n1"])
async def test_any_key(options: str) -> None:
    async with answering(shell(f"read {options} -p 'Press any key to continue' x; echo on")) as (terminal, told, _):
        await terminal.outcome
    assert told.typed == ["Enter"]


@pytest.mark.skipif(shutil.which("less") is None, reason="needs less")
async def test_less_is_left(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("line\n" * 100)
    async with answering(launch("less", "text", cwd=tmp_path)) as (terminal, told, _):
        assert (await terminal.outcome).code == 0
    assert told.typed == ["q"]


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
async def test_git_add_by_hunks_is_left(tmp_path: Path) -> None:
    script = (
        "git init -q . && echo 1 >a && git add a && git -c user.name=a -c user.email=a@example.org commit -qm a"
        " && echo 2 >a && git add -p; git diff --cached --quiet && echo nothing staged"
    )
    async with answering(shell(script, cwd=tmp_path, GIT_CONFIG_GLOBAL="/dev/null")) as (terminal, told, _):
        await terminal.outcome
        assert "nothing staged" in shown(terminal)
    assert told.typed == ["q"]


async def test_pip_uninstall_gets_its_default(tmp_path: Path) -> None:
    pytest.importorskip("pip")
    import venv

    venv.create(tmp_path / "env", symlinks=True)
    (packages,) = (tmp_path / "env/lib").glob("python*/site-packages")
    information = packages / "thing-1.0.dist-info"
    information.mkdir()
    (packages / "thing.py").touch()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: thing\nVersion: 1.0\n")
    (information / "INSTALLER").write_text("pip\n")
    (information / "RECORD").write_text("thing.py,,\nthing-1.0.dist-info/METADATA,,\nthing-1.0.dist-info/RECORD,,\n")
    what = launch(
        PYTHON, "-m", "pip", "--disable-pip-version-check", "--python", str(tmp_path / "env"), "uninstall", "thing",
        PIP_NO_INPUT="",
    )  # fmt: skip
    async with answering(what) as (terminal, told, _):
        await terminal.outcome
        assert "Successfully uninstalled thing-1.0" in shown(terminal)
    assert told.typed == ["Enter"]
    assert told.answers[0].why == "default of (Y/n)"


SECRETS = {
    "getpass": lambda: python("import getpass; getpass.getpass()"),
    "read -s": lambda: shell("read -s -p 'Password: ' x"),
    "without a word": lambda: shell("read -s x"),
    "with echo": lambda: asking("Password: "),
    "ssh-keygen": lambda: launch("ssh-keygen", "-t", "ed25519", "-f", "key"),
    "openssl": lambda: launch("openssl", "genrsa", "-aes128", "-out", "key.pem", "2048"),
}


@pytest.mark.parametrize("name", SECRETS)
async def test_a_secret_ends_the_run(name: str, tmp_path: Path) -> None:
    what = SECRETS[name]()
    if shutil.which(what.argv[0]) is None:
        pytest.skip(f"needs {what.argv[0]}")
    what = TerminalLaunch(argv=what.argv, env=what.env, cwd=tmp_path)
    async with answering(what) as (terminal, told, _):
        assert (await terminal.outcome).reason == "password prompt"
    assert not told.typed
    assert [abort.reason for abort in told.aborts] == ["password prompt"]


async def test_who_ignores_the_interrupt_is_ended_all_the_same() -> None:
    async with answering(shell("trap '' INT HUP TERM; while :; do read -s -p 'Password: ' x; done")) as (
        terminal,
        _told,
        _,
    ):
        ending = await terminal.outcome
    assert (ending.signal, ending.reason) == ("SIGKILL", "password prompt")


async def test_a_secret_is_a_persons_when_answers_are_proposed(wait_until: WaitUntil) -> None:
    script = "read -s -p 'Password: ' x; echo; echo ${#x} characters"
    async with answering(shell(script), Settings(mode=AutoAnswer.ASK)) as (terminal, told, _):
        await wait_until(lambda: told.asked)
        assert told.asked[0].need is Need.TYPED_UNSEEN
        terminal.write(b"four\r")
        assert (await terminal.outcome).code == 0
        assert "4 characters" in shown(terminal)
        await wait_until(lambda: told.served == 1)
    assert not told.typed


async def test_a_host_key_is_never_accepted() -> None:
    script = (
        "echo \"The authenticity of host 'example.org' can't be established.\";"
        "read -p 'Are you sure you want to continue connecting (yes/no/[fingerprint])? ' x; echo got $x"
    )
    async with answering(shell(script)) as (terminal, told, _):
        assert (await terminal.outcome).reason == "host key question"
    assert not told.typed


async def test_a_question_without_default_is_a_persons(wait_until: WaitUntil) -> None:
    async with answering(asking("Continue (yes/no)? ")) as (terminal, told, _):
        await wait_until(lambda: told.asked)
        assert told.asked[0].need is Need.QUESTION
        assert told.asked[0].prompt == "Continue (yes/no)?"
        assert told.asked[0].abort_in is not None
        terminal.write(b"no\r")
        await terminal.outcome
        assert "got 'no'" in shown(terminal)
        await wait_until(lambda: told.served == 1)
    assert len(told.asked) == 1
    assert not told.typed


@pytest.mark.parametrize("script", ["read -p 'Name: ' x", "cat", "read x"])
async def test_silence_ends_the_run(script: str) -> None:
    async with answering(shell(script), SHORT) as (terminal, told, _):
        assert (await terminal.outcome).reason.startswith("no answer for 0.8 s: ")
    assert not told.typed


@pytest.mark.skipif(shutil.which("npm") is None, reason="needs npm")
async def test_npm_init_is_a_persons(tmp_path: Path) -> None:
    async with answering(launch("npm", "init", cwd=tmp_path, NPM_CONFIG_UPDATE_NOTIFIER="false"), SHORT) as (
        terminal,
        told,
        _,
    ):
        ending = await terminal.outcome
        assert "package name" in shown(terminal)
    assert ending.reason.startswith("no answer for 0.8 s: package name:")
    assert "`npm init -y` asks nothing" in ending.reason
    assert not told.typed


async def test_an_editor_is_a_persons() -> None:
    keys = "import os, tty; tty.setraw(0); print('\\x1b[?1049h[Y/n] ', end='', flush=True); os.read(0, 1)"
    async with answering(python(keys), SHORT) as (terminal, told, _):
        assert (await terminal.outcome).reason.startswith("no answer for 0.8 s")
    assert not told.typed


SPINNER = """
import itertools, select, sys
for glyph in itertools.cycle('|/-\\\\'):
    sys.stdout.write(f'\\r\\x1b[K{glyph} Continue? [Y/\\x1b[1mn\\x1b[0m] ')
    sys.stdout.flush()
    if select.select([0], [], [], 0.1)[0]:
        print('got', repr(sys.stdin.readline()))
        break
"""
SPLIT = """
import sys, time
for character in 'Do you want to continue with all of this? [Y/n] ':
    sys.stdout.write(character)
    sys.stdout.flush()
    time.sleep(0.005)
print('got', repr(sys.stdin.readline()))
"""


@pytest.mark.parametrize("script", [SPINNER, SPLIT], ids=["spinner", "split"])
async def test_one_answer_once(script: str) -> None:
    async with answering(python(script), size=(40, 10)) as (terminal, told, _):
        await terminal.outcome
        assert "got '\\n'" in shown(terminal)
    assert told.typed == ["Enter"]


async def test_three_answers_to_the_same_question() -> None:
    script = "n = 0\nwhile True:\n    n += 1\n    input('Again? [Y/n] ')\n    print(n)"
    async with answering(python(script), SHORT) as (terminal, told, _):
        assert "no answer" in (await terminal.outcome).reason
    assert told.typed == ["Enter"] * 3


QUIET = {
    "then sleep": "printf 'Overwrite? [y/N] '; sleep 1.5",
    "then busy": "printf 'Continue? [Y/n] '; end=$((SECONDS + 2)); while [ $SECONDS -lt $end ]; do :; done",
    "then a pipe": "printf 'Continue? [y/N] '; sleep 1.5 | cat",
    "password, then sleep": "printf 'Password: '; sleep 1.5",
    "password without echo, then sleep": "stty -echo; printf 'Password: '; sleep 1.5; stty echo",
    "in the title": "printf '\\033]0;Continue? [Y/n] \\007'; sleep 1.5",
    "hidden": "printf 'Continue? \\033[8m[Y/n] \\033[0m'; sleep 1; printf '\\r\\033[K'; exit 0",
    "a file": "printf 'text\\nContinue? [Y/n] ' >text; cat text; sleep 1.5",
    "many": "for n in {1..10000}; do echo '[Y/n]'; done; sleep 1",
    "many without end": "for n in {1..10000}; do printf '\\r[Y/n] '; done; sleep 1",
    "scrolled away": "echo 'Continue? [Y/n]'; seq 100; sleep 1",
}


async def test_what_looks_alike_gets_nothing(tmp_path: Path) -> None:
    async def typed(name: str) -> tuple[str, list[str], list[Abort], int | None]:
        folder = tmp_path / name.replace(" ", "-")
        folder.mkdir()
        async with answering(shell(QUIET[name], cwd=folder)) as (terminal, told, _):
            ending = await terminal.outcome
        return name, told.typed, told.aborts, ending.code

    for result in await asyncio.gather(*map(typed, QUIET)):
        assert result == (result[0], [], [], 0)


@pytest.mark.parametrize("prompt", ["Continue? \x1b[8m[Y/n]\x1b[0m ", "Continue? \x1b[31;41m[Y/n]\x1b[0m "])
async def test_a_choice_nobody_sees_is_not_answered(prompt: str) -> None:
    async with answering(asking(prompt), SHORT) as (terminal, told, _):
        assert "no answer" in (await terminal.outcome).reason
    assert not told.typed


@pytest.mark.parametrize(
    ("name", "prompt", "typed"),
    [("git", "Stage this hunk [y,n,q,a,d,e,?]? ", "q"), ("npm", "package name: (thing) ", "Enter")],
)
async def test_what_only_one_program_means(name: str, prompt: str, typed: str, tmp_path: Path) -> None:
    (tmp_path / name).symlink_to("/bin/bash")
    asks = f"printf '{prompt}'; read x; echo got=$x."
    async with answering(launch(str(tmp_path / name), "--norc", "-c", asks)) as (terminal, told, _):
        assert (await terminal.outcome).code == 0
        assert told.typed == [typed]
        assert f"got={typed.removeprefix('Enter')}." in shown(terminal)


async def test_a_sleeper_that_was_stopped_meanwhile_is_no_asker(wait_until: WaitUntil) -> None:
    """After it went on the kernel does not say any more that it only sleeps."""
    async with answering(shell("printf 'Continue? [Y/n] '; exec sleep 60")) as (terminal, told, _):
        assert terminal._child is not None
        pid = terminal._child.pid

        def is_in(state: str) -> bool:
            process = read_process(pid)
            return process is not None and (process.name, process.state) == ("sleep", state)

        await wait_until(lambda: is_in("S"))
        os.kill(pid, signal.SIGSTOP)
        await wait_until(lambda: is_in("T"))
        os.kill(pid, signal.SIGCONT)
        await wait_until(lambda: told.asked or told.answers)
        assert not told.answers
        assert told.asked[0].suggestion == "Enter"


async def test_what_is_proposed_is_typed_when_the_person_says_so(wait_until: WaitUntil) -> None:
    async with answering(asking("Continue? [Y/n] "), Settings(mode=AutoAnswer.ASK)) as (terminal, told, responding):
        await wait_until(lambda: told.asked)
        assert told.asked[0].suggestion == "Enter"
        assert not told.typed
        assert await responding.accept()
        assert not await responding.accept(), "only once"
        assert (await terminal.outcome).code == 0
    assert told.typed == ["Enter"]
    assert told.answers[0].why == "default of [Y/n], as you said"
    assert told.served == 1


async def test_another_mode_while_it_waits(wait_until: WaitUntil) -> None:
    async with answering(asking("Continue? [Y/n] "), Settings(mode=AutoAnswer.OFF)) as (terminal, told, responding):
        await wait_until(lambda: told.asked)
        assert not told.asked[0].suggestion
        responding.configure(Settings(mode=AutoAnswer.ON))
        await terminal.outcome
    assert told.typed == ["Enter"]


@pytest.mark.parametrize("how", ["focus", "hand over"])
async def test_the_person_has_the_keys(how: str, wait_until: WaitUntil) -> None:
    def give(terminal: Terminal, responding: Responding, *, person: bool) -> None:
        if how == "focus":
            terminal.focus(person)
        else:
            responding.hand_over(person=person)

    async with answering(shell("read -r go; read -p 'Continue? [Y/n] ' x; echo got $x"), SHORT) as (
        terminal,
        told,
        responding,
    ):
        give(terminal, responding, person=True)
        terminal.send(b"\r")
        await wait_until(lambda: "[Y/n]" in shown(terminal))
        looked = await responding._look()
        assert looked is None, "nothing is looked at, so nothing can be typed or ended"
        give(terminal, responding, person=False)
        await terminal.outcome
    assert told.typed == ["Enter"]


async def test_a_personal_terminal_costs_nothing(wait_until: WaitUntil, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_arguments: object) -> None:
        pytest.fail("looked at the evidence")

    monkeypatch.setattr("tui.terminal.responding.gather", fail)
    settings = Settings(personal=True, mode=AutoAnswer.OFF)
    async with answering(asking("Continue? [Y/n] "), settings) as (terminal, told, responding):
        await wait_until(lambda: "[Y/n]" in shown(terminal))
        assert await responding._look() is None
        terminal.write(b"n\r")
        await terminal.outcome
        assert "got 'n'" in shown(terminal)
    assert not told.typed
