"""Whole lines: what was judged is what bash runs, word for word, and nothing is written."""

import os
import random
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tests.trust.ground_kit import Project, build_project
from tui.config.model_work import TrustConfig
from tui.core.trust import Decision
from tui.trust.calls import Call, DiskView
from tui.trust.ground import Ground
from tui.trust.lines import judge_line
from tui.trust.reader import spliced
from tui.trust.shape import Shape, read_shape

_PROGRAMS = ("ls", "cat", "rg", "git", "head", "rm")
_PIECES = (
    "\"$\\\n(ls)\"", "$\\\n", "\\\n(", ">\\\n", "\\\n>", "&\\\n", "{u.\\\n.v}",
    "ls", "cat", "rg", "head", "rm", " ", " ", " ", " ", "\t", "\n", "\\\n", "\\", "'", '"', "'a b'", '"a b"',
    "$", "`", "*", "?", "[", "]", "[ab]", "{", "}", ",", "~", "~:", "|", "||", "&&", ";", "&", "(", ")", "<",
    ">", ">>", "2>&1", "2>/dev/null", ">/dev/null", "< README.md", "#", " #", "!", "=", "a", "b", "src", "-l",
    "--", "src/*", "*.md", "x=1", "\\ ", "\\'", '\\"', "''", '""', "'\\''", "é", "\u00a0", "\\é", "if", "then",
    "fi", "do", "in", "{a,b}", "a#b", "1", "2", "&>/dev/null", ">|", "<<", "<<<", "$'x'", '$"x"', "\\$", '"$"',
    "'$x'", "^", "%", "@", "+", "-", ":", ".", "..", "/", "|&", "[[", "]]", "((", "!(", "README.md", "'\n'",
    '"\\\n"', '"\\a"', "!!", "a=b", "a+=b", "{x}", "1>&2", "0<README.md",
)  # fmt: skip


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_what_bash_runs_is_what_was_judged(tmp_path: Path) -> None:
    listed = ("ls", "cat", "rg", "git status", "head")
    project = build_project(tmp_path, TrustConfig(auto_approve=True, allowed_commands=listed))
    view = _stubs(tmp_path)
    dice = random.Random(11)
    before = sorted(str(path) for path in project.root.rglob("*"))
    ran = 0
    for _ in range(2_500):
        start = dice.choice(("ls ", "cat ", "rg x ", "git status ", "head "))
        line = start + "".join(dice.choice(_PIECES) for _ in range(dice.randint(1, 9)))
        shape = read_shape(Call(tool="run_command", args={"command": line}, cwd=project.root))
        if not isinstance(shape, Shape) or _decision(project, view, line) is not Decision.ALLOW:
            continue
        judged, _ = judge_line(shape, Ground(project.settings, view, str(project.root)))
        surplus = Counter(_run(tmp_path, project, line)) - Counter(each.argv for each in judged)
        assert not surplus, line
        ran += 1
    assert ran > 100
    assert sorted(str(path) for path in project.root.rglob("*")) == before


@pytest.mark.parametrize(
    ("line", "joined"),
    [
        ("ls \\\n -la", "ls  -la"),
        ("l\\\ns", "ls"),
        ("ls '\\\n'", "ls '\\\n'"),
        ("ls '\\\n", "ls '\\\n"),
        ('ls "$\\\n(rm x)"', 'ls "$(rm x)"'),
        ("ls \"'\\\n'\"", "ls \"''\""),
        ("ls \\\\\nrm", "ls \\\\\nrm"),
        ("ls \\'\\\n'", "ls \\''"),
        ('ls \\"\\\n"', 'ls \\""'),
        ("ls <\\\n<E", "ls <<E"),
        ("ls \\\n", "ls "),
        ("ls \\", "ls \\"),
    ],
)
def test_continued_lines_are_joined_as_bash_does(line: str, joined: str) -> None:
    assert spliced(line) == joined


@pytest.mark.parametrize("line", [
    'ls "$\\\n(rm -r src)" | cat', 'cat "$\\\n\\\n(rm -r src)"', "ls $\\\n(rm x)", 'ls "$\\\n{x}"', "ls {a.\\\n.c}",
    "cat <\\\n<E\n$(rm x)\nE", "ls >\\\n> x", "ls ~\\\nroot", "ls &\\\n& rm x", "ls 1\\\n> x",
])  # fmt: skip
def test_nothing_hides_behind_a_continued_line(tmp_path: Path, line: str) -> None:
    assert build_project(tmp_path).run(line).decision is Decision.ASK


def _decision(project: Project, view: DiskView, line: str) -> Decision:
    return Project(root=project.root, home=project.home, settings=project.settings, view=view).run(line).decision


def _stubs(top: Path) -> DiskView:
    """Make programs that write down what they are given, and return the view that finds them."""
    folder = top / "stubs"
    folder.mkdir()
    for name in _PROGRAMS:
        text = '#!/bin/sh\nprintf "%s\\0" "${0##*/}" "$@" > "$LOG/$$"\n'
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return DiskView({"PATH": str(folder)})


def _run(top: Path, project: Project, line: str) -> list[tuple[str, ...]]:
    log = top / "log"
    shutil.rmtree(log, ignore_errors=True)
    log.mkdir()
    env = {"PATH": str(top / "stubs"), "HOME": str(project.home), "LOG": str(log), "LANG": "C.UTF-8"}
    bash = shutil.which("bash") or "bash"
    subprocess.run(
        [bash, "--noprofile", "--norc", "-c", line],
        cwd=project.root, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    written = (file.read_bytes().split(b"\0")[:-1] for file in log.iterdir())
    return [tuple(os.fsdecode(word) for word in words) for words in written]
