"""Many real programs: those that ask get what is right, those that only look so get nothing."""

import asyncio
import os
import re
import shlex
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.terminal.live import PYTHON, launch, python, shell, shown
from tests.terminal.test_responding import SHORT, answering
from tui.terminal.evidence import Look
from tui.terminal.launch import TerminalLaunch

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or not Look(0).possible, reason="the system does not show who waits"
)

_AT_ONCE = 6
_GIT = (
    "git init -q . && echo 1 >a && git add a && git -c user.name=a -c user.email=a@example.org commit -qm a;"
    " echo 2 >a; "
)
_PATCH = "printf -- '--- f\\n+++ f\\n@@ -1 +1 @@\\n-a\\n+b\\n' >p; "
_ASKS_NODE = (
    "require('readline').createInterface({input:process.stdin,output:process.stdout}).question('Go on? [Y/n] ',()=>0)"
)
_ONE_KEY = "stty -icanon -echo; dd bs=1 count=1 >key 2>&1; stty sane; echo; echo on"
_PYTHON = shlex.quote(PYTHON)
_RELAY = "import pty; pty.spawn(['sh', '-c', {!r}])"

ASKS: dict[str, tuple[TerminalLaunch, str]] = {
    "read": (shell("read -p 'Continue? [Y/n] ' x; echo \"got=$x.\""), "Enter, got=."),
    "read with a limit": (shell("read -t 60 -p 'Continue? [Y/n] ' x; echo \"got=$x.\""), "Enter, got=."),
    "read in a substitution": (shell("x=$(read -p 'Go on? [Y/n] ' a; echo $a); echo \"got=$x.\""), "Enter, got=."),
    "read in a subshell": (shell("(read -p 'Continue? [Y/n] ' x; echo \"got=$x.\")"), "Enter, got=."),
    "read of the terminal": (shell("read -p 'Continue? [Y/n] ' x </dev/tty; echo \"got=$x.\""), "Enter, got=."),
    "read of one key": (shell("read -n1 -p 'Continue? [Y/n] ' x"), "silence"),
    "read with an editor": (shell("read -e -p 'Continue? [Y/n] ' x"), "silence"),
    "another session": (shell("setsid -w sh -c 'printf \"Go on? [Y/n] \"; read x; echo got=$x.'"), "Enter, got=."),
    "another session, a secret": (shell("setsid -w bash -c 'read -s -p PIN: x'"), "password prompt"),
    "a background": (shell("timeout 100 sh -c 'printf \"Continue? [Y/n] \"; read x'; echo over"), "silence"),
    "stopped": (shell("printf 'Continue? [Y/n] '; kill -STOP $$"), "silence"),
    "select": (shell("select x in a b; do break; done"), "silence"),
    "dash": (launch("dash", "-c", "printf 'Continue? [Y/n] '; read x; echo \"got=$x.\""), "Enter, got=."),
    "perl": (
        launch("perl", "-e", "$|=1; print 'Go on? [Y/n] '; chomp($x=<>); print \"got=$x.\""),
        "Enter, got=.",
    ),
    "perl, letters": (launch("perl", "-e", "$|=1; print 'Pick [a,b,q]? '; $x=<STDIN>"), "silence"),
    "python": (python("print('got=' + input('Continue? [Y/n] ') + '.')"), "Enter, got=."),
    "python with readline": (python("import readline; input('Continue? [Y/n] ')"), "silence"),
    "python through tee": (shell(f"{_PYTHON} -c \"print(repr(input('Go on? [Y/n] ')))\" | tee log"), "Enter, ''"),
    "node with readline": (launch("node", "-e", _ASKS_NODE), "silence"),
    "getpass of a pipe": (shell(f"echo x | {_PYTHON} -c 'import getpass; getpass.getpass()'"), "password prompt"),
    "rm of a folder": (shell("mkdir d; touch d/x; rm -ri d; ls"), "n, d"),
    "ln": (shell("touch a; echo b >b; ln -i a b; cat b"), "n, b"),
    "mv of what is protected": (shell("touch a; echo b >b; mv -i a b; cat b"), "n, b"),
    "any key": (shell("read -n1 -srp 'Press any key to continue . . .'; echo; echo on"), "Enter, on"),
    "any key by stty": (shell("printf 'Press any key to continue'; " + _ONE_KEY), "Enter, on"),
    "Enter": (shell("read -p 'Press [Enter] to continue...' x; echo on"), "Enter, on"),
    "two rows": (shell("printf 'Delete all 300 files?\\n[Y/n] '; read x"), "silence"),
    "a warning above": (shell("echo 'This deletes 3 files'; read -p 'Continue? [Y/n] ' x"), "silence"),
    "unzip": (shell(f"echo x >a; {_PYTHON} -m zipfile -c z.zip a; unzip z.zip"), "silence"),
    "patch": (shell("echo b >f; " + _PATCH + "patch <p"), "silence"),
    "ed": (shell("echo x >f; ed f"), "silence"),
    "su": (shell("su nobody -s /bin/sh -c 'su root'"), "password prompt"),
    "passwd": (launch("passwd"), "password prompt"),
    "ssh-keygen over a key": (shell("touch k; ssh-keygen -q -t ed25519 -N '' -f k"), "silence"),
    "git checkout by hunks": (shell(_GIT + "git checkout -p >&2; cat a"), "q, 2"),
    "git add with a menu": (shell(_GIT + "git add -i"), "silence"),
    "git log": (shell(_GIT + "git -c core.pager='less -+F' log; echo; echo out"), "q, out"),
    "git credentials": (
        shell("printf 'protocol=https\\nhost=example.org\\n' | git -c credential.helper= credential fill"),
        "silence",
    ),
    "less to the end": (shell("seq 100 >t; less -E t; echo; echo out"), "q, out"),
    "less of what is no text": (shell("head -c 3000 /dev/zero >t; LESS= less t; echo; echo out"), "q, out"),
    "more": (shell("seq 100 >t; more t; echo; echo out"), "q, out"),
    "less named otherwise": (shell("ln -s $(command -v less) pager; seq 100 >t; ./pager t; echo; echo out"), "q, out"),
    "vim": (launch("vim", "-u", "NONE"), "silence"),
    "a dialog": (launch("whiptail", "--yesno", "Delete?", "8", "40"), "silence"),
}
LOOKALIKES = {
    "a log": shell("printf '12:00 asked: Continue? [Y/n] '; sleep 1.2"),
    "a diff": shell("printf -- '+input(\"Proceed? [Y/n] '; sleep 1.2"),
    "a document": shell("printf 'text\\n\\n    Do you want to continue? [Y/n] ' >d; cat d; sleep 1.2"),
    "an echo of a prompt": shell("set -x; echo 'Continue? [Y/n]'; sleep 1.2"),
    "a prompt that was answered": shell("echo | read -p 'Continue? [Y/n] ' x; printf 'Continue? [Y/n] y'; sleep 1.2"),
    "a bar": shell("for n in 1 2 3; do printf '\\r[##  ] %s of 3? ' $n; sleep 0.4; done"),
    "a menu": shell("printf '1) Yes\\n2) No\\n> Select (Y/n) '; sleep 1.2"),
    "like sudo": shell("printf '[sudo] password for you: '; sleep 1.2"),
    "another language": shell("printf 'Fortfahren? [J/n] '; sleep 1.2"),
    "colours in pieces": shell(
        "for part in 'Go on? ' '\\033[1m[' '\\033[32mY/' '\\033[0mn' '] '; do printf \"$part\"; done; sleep 1.2"
    ),
    "at the margin": shell("printf '%70s Do you want to continue? [Y/n] ' x; sleep 1.2"),
    "the alternate screen": shell("printf '\\033[?1049hContinue? [Y/n] '; sleep 1.2"),
    "sed in front": shell("sed -u s/a/b/ </dev/tty | (printf 'Continue? [Y/n] ' >&2; sleep 1.2; kill $$) || :"),
    "cat in front": shell("cat </dev/tty | (printf 'Continue? [Y/n] ' >&2; sleep 1.2; kill $$) || :"),
    "another session": shell("setsid -w sh -c 'printf \"Continue? [Y/n] \"; sleep 1.2'"),
    "at work beside a stopped one": shell("sleep 100 & kill -STOP $!; printf 'Go on? [Y/n] '; sleep 1.2; kill -9 $!"),
    "a relay, any key": python(_RELAY.format("printf 'Press any key to continue'; sleep 1.2")),
    "a relay, a choice": python(_RELAY.format("printf 'Continue? [Y/n] '; sleep 1.2")),
    "script": shell("script -qc \"printf 'Press any key to continue'; sleep 1.2\" /dev/null"),
    "a cursor elsewhere": shell("printf 'one\\nContinue? [Y/n] \\033[H'; read -t 1.2 x; :"),
    "a cursor before it": shell("printf 'Continue? [Y/n] \\033[4D'; read -t 1.2 x; :"),
    "a title": shell("printf '\\033]2;Continue? [Y/n] \\007'; read -t 1.2 x; :"),
    "an old prompt": shell("printf 'Continue? [Y/n] \\n'; read -t 1.2 x; :"),
    "more after it": shell("printf 'Continue? [Y/n] now'; read -t 1.2 x; :"),
    "a wide line under it": shell("printf 'Continue? [Y/n] \\n\\033[A'; read -t 1.2 x; :"),
    "nobody waits": shell("printf 'Continue? [Y/n] '; sleep 1.2 <&1 & wait"),
}


def can_run(what: TerminalLaunch) -> bool:
    """Whether the programs a case is about are there, and the rights they need."""
    words = " ".join(what.argv)
    names = ("git", "less", "more", "unzip", "patch", "ssh-keygen", "setsid", "script", "ed", "su", "passwd")
    used = [name for name in names if re.search(rf"(?:^|[ ;(]){name} |^{name}$", words)]
    if os.geteuid() and {"su", "passwd"} & set(used):
        return False  # who may not be looked at is waited for longer, and ends at another's pace
    return all(map(shutil.which, (what.argv[0], *used)))


def here(what: TerminalLaunch, folder: Path) -> TerminalLaunch:
    folder.mkdir()
    env = {**what.env, "LC_ALL": "C", "HOME": str(folder), "GIT_CONFIG_GLOBAL": "/dev/null", "LESS": "-+F"}
    return replace(what, cwd=folder, env=env)


async def test_who_asks_gets_what_is_right(tmp_path: Path) -> None:
    room = asyncio.Semaphore(_AT_ONCE)

    async def got(number: int, what: TerminalLaunch) -> str:
        async with room, answering(here(what, tmp_path / str(number)), SHORT) as (terminal, told, _):
            ending = await terminal.outcome
            text = shown(terminal).strip()
        if ending.reason:
            assert not told.typed
            return "silence" if ending.reason.startswith("no answer for") else ending.reason
        return f"{', '.join(told.typed)}, {text.rpartition(chr(10))[2]}"

    cases = {name: case for name, case in ASKS.items() if can_run(case[0])}
    results = await asyncio.gather(*(got(number, what) for number, (what, _) in enumerate(cases.values())))
    assert dict(zip(cases, results, strict=True)) == {name: right for name, (_, right) in cases.items()}


async def test_what_looks_alike_gets_nothing(tmp_path: Path) -> None:
    room = asyncio.Semaphore(2 * _AT_ONCE)

    async def typed(number: int, what: TerminalLaunch) -> tuple[list[str], list[str]]:
        async with room, answering(here(what, tmp_path / str(number))) as (terminal, told, _):
            await terminal.outcome
        return told.typed, [abort.reason for abort in told.aborts]

    cases = {name: what for name, what in LOOKALIKES.items() if can_run(what)}
    results = await asyncio.gather(*(typed(number, what) for number, what in enumerate(cases.values())))
    assert dict(zip(cases, results, strict=True)) == dict.fromkeys(cases, ([], []))
