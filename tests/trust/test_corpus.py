"""The corpus of calls that try to get past the policy: nothing runs unasked, and little is asked in vain."""

import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from tests.trust.corpus.cases import Case, Tally, cases, filled
from tests.trust.corpus.judge import Judge, report, tally
from tests.trust.corpus.world import SECRET, World, build_world
from tui.core.trust import Decision
from tui.trust.execution import plan_execution

CLASSES = tuple(dict.fromkeys(case.klass for case in cases()))
MOST_SAFE_ASKED = 4 / 143
MOST_ASKED_INSTEAD_OF_DENIED = 5 / 194
MOST_DENIED_INSTEAD_OF_ASKED = 8 / 400


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return build_world(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def tallies(world: World) -> dict[str, Tally]:
    return tally(Judge(world), cases())


def test_there_are_enough_cases_of_each_kind() -> None:
    wanted = Counter("ask" if case.want == "ask_or_deny" else case.want for case in cases())
    assert min(wanted.values()) >= 200, wanted


@pytest.mark.parametrize("klass", CLASSES)
def test_nothing_runs_unasked(tallies: dict[str, Tally], klass: str) -> None:
    unasked = tallies[klass].ran_unasked
    assert not unasked, "\n".join(unasked)


@pytest.mark.parametrize(
    ("field", "wants", "most"),
    [
        ("asked_though_safe", {"allow"}, MOST_SAFE_ASKED),
        ("asked_instead_of_denied", {"deny"}, MOST_ASKED_INSTEAD_OF_DENIED),
        ("denied_instead_of_asked", {"ask"}, MOST_DENIED_INSTEAD_OF_ASKED),
    ],
)
def test_few_are_judged_too_strictly_or_too_mildly(
    tallies: dict[str, Tally], field: str, wants: set[str], most: float
) -> None:
    wrong = [told for one in tallies.values() for told in getattr(one, field)]
    total = sum(case.want in wants for case in cases())
    assert len(wrong) <= most * total, report(tallies) + "\n" + "\n".join(wrong)


COMMANDS = [case for case in cases() if case.tool == "run_command" and isinstance(case.args.get("command"), str)]


AROUND: tuple[Callable[[str], str], ...] = (
    lambda command: f"ls && {command}",
    lambda command: f"git status\n{command}",
    lambda command: f"{command} | cat",
    lambda command: f"{command} 2>&1",
    lambda command: f"cat README.md | head -1; {command}",
    lambda command: f" \t{command}  ",
)


@pytest.mark.parametrize("number", range(len(AROUND)))
def test_company_makes_nothing_harmless(world: World, number: int) -> None:
    judge = Judge(world)
    wrong = []
    for case in COMMANDS[number % 3 :: 3]:
        command = case.args["command"]
        if case.want == "allow" or not command.strip(" \n#") or len(command) > 500:
            continue
        changed = replace(case, args={**case.args, "command": AROUND[number](command)})
        if judge.verdict(changed).decision is Decision.ALLOW:
            wrong.append(str(changed))
    assert not wrong, "\n".join(wrong)


READERS = (
    "cat",
    "diff",
    "file",
    "find",
    "grep",
    "head",
    "ls",
    "rg",
    "sort",
    "stat",
    "tail",
    "tree",
    "uniq",
    "wc",
    "which",
)


def _runs_here(case: Case) -> bool:
    """Tell whether every program of a command is one that only reads and is installed."""
    words = case.args["command"].replace("|", " | ").split()
    starts = [words[0], *(word for before, word in pairwise(words) if before in ("|", "&&", ";"))]
    return all(word.strip("'\"\\") in READERS and shutil.which(word) is not None for word in starts)


def _tree(top: Path) -> dict[str, tuple[int, int]]:
    found = {}
    for folder, _, names in os.walk(top):
        for name in names:
            path = os.path.join(folder, name)  # noqa: PTH118 - text is what is compared
            seen = os.lstat(path)
            found[path] = (seen.st_size, seen.st_mtime_ns)
    return found


def test_what_is_allowed_shows_no_secret_and_changes_nothing(tmp_path: Path) -> None:
    """What the policy lets pass is really run, because what programs do counts, not what their manuals say."""
    world = build_world(tmp_path)
    judge = Judge(world)
    before = _tree(tmp_path)
    environ = {"PATH": os.environ["PATH"], "HOME": str(world.home)}
    ran = 0
    for case in COMMANDS:
        verdict = judge.verdict(case)
        if verdict.decision is not Decision.ALLOW or len(case.args["command"]) > 500 or not _runs_here(case):
            continue
        root = world.top / case.root
        args = filled(case.args, world.places(case.root))
        cwd = root / args.get("cwd", ".")
        plan = plan_execution(args["command"], verdict, root=root, cwd=cwd, environ=environ, box=None)
        done = subprocess.run(
            plan.argv,
            env=dict(plan.env),
            cwd=cwd,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=30,
            check=False,
        )
        ran += 1
        assert SECRET.encode() not in done.stdout + done.stderr, str(case)
    assert ran > 30
    assert _tree(tmp_path) == before
