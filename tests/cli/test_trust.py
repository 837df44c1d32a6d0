"""`llmmixer trust` as its users run it: verdicts on calls, explanations, the log; and what doctor says of it."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import COMMAND, PATIENCE_S, environment, run
from tests.trust.corpus.cases import Case, Tally, cases, filled
from tests.trust.corpus.judge import report
from tests.trust.corpus.world import World, build_world
from tui.config.model_work import Sandbox
from tui.config.trust import trust_folder
from tui.core.trust import Decision
from tui.doctor.report import Status
from tui.doctor.trust import parser_check, sandbox_check
from tui.trust.audit import Audit
from tui.trust.sandbox import Available

CAMEL = {
    "auto_approve": "autoApprove",
    "allowed_commands": "allowedCommands",
    "forbidden_paths": "forbiddenPaths",
    "max_file_size": "maxFileSize",
    "require_confirmation": "requireConfirmation",
}


def check(lines: list[object], *, cwd: Path, **more: str) -> list[dict[str, Any]]:
    """Send lines to `trust check` and return its answers."""
    text = "".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines)
    done = run(
        "trust", "check", "--json", env=environment() | more, cwd=cwd, stdin=text.encode("utf-8", "surrogatepass")
    )
    assert done.code == 0, done.err
    assert done.err == ""
    return done.lines()


def command(text: str, **more: object) -> dict[str, object]:
    return {"tool": "run_command", "args": {"command": text}, **more}


# ---- check


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return build_world(tmp_path_factory.mktemp("world"))


def line_of(case: Case, world: World, *, camel: bool) -> dict[str, object]:
    settings = {CAMEL.get(name, name) if camel else name: value for name, value in case.settings.items()}
    return {
        "tool": case.tool,
        "args": filled(case.args, world.places(case.root)),
        "cwd": str(world.top / case.root),
        "settings": settings,
    }


@pytest.mark.parametrize("camel", [False, True])
def test_the_corpus_through_the_command_line(world: World, camel: bool) -> None:
    chosen = [case for case in cases() if case.project is None and case.mode is None]
    own = {"LLMMIXER_HOME": str(world.home / "own"), "HOME": str(world.home), "PATH": world.path}
    answers = check([line_of(case, world, camel=camel) for case in chosen], cwd=world.top, **own)
    assert len(answers) == len(chosen)
    tally = Tally()
    for case, found in zip(chosen, answers, strict=True):
        tally.add(case, found["decision"], found["reason"])
    assert not tally.ran_unasked, report({"all": tally}, whole=True)
    wrong = tally.asked_though_safe + tally.asked_instead_of_denied + tally.denied_instead_of_asked
    assert len(wrong) <= len(chosen) // 100, "\n".join(wrong)


BAD = ["\n", "nonsense\n", "[]\n", "null\n", "3\n", '"ls"\n', "{}\n", "[" * 5_000 + "\n", "{\n", '{"tool": "x"}\n']


@pytest.mark.parametrize(
    "line",
    [
        *BAD,
        {"tool": 3, "args": {}},
        {"tool": "run_command", "args": "ls"},
        {"tool": "run_command", "args": ["ls"]},
        {"tool": None, "args": None},
        command("ls", cwd=3),
        command("ls", cwd="a\0b"),
        command("ls", settings=[]),
        command("ls", settings="auto"),
        command("ls", settings={"auto_approve": "yes"}),
        command("ls", settings={"allowedCommands": "ls"}),
        command("ls", settings={"allowed_commands": [1]}),
        command("ls", settings={"max_file_size": "big"}),
        command("ls", settings={"max_file_size": True}),
        command("ls", settings={"require_confirmation": ["everything"]}),
        command("ls", settings={"rules": ["perhaps run_command ls"]}),
        command("ls", settings={"mode": "yolo"}),
        command("ls\ud800"),
        {"tool": "run_command", "args": {"command": {"$": "ls"}}},
    ],
    ids=repr,
)
def test_a_bad_line_is_denied_with_a_reason_and_the_next_is_answered(tmp_path: Path, line: object) -> None:
    first, second = check([line, command("ls")], cwd=tmp_path)
    assert first["decision"] == "deny"
    assert first["reason"]
    assert second["decision"] == "allow"


def test_given_settings_are_complete(tmp_path: Path, home: Path) -> None:
    config = home / "llmmixer" / "config" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text('[trust]\nauto_approve = true\nallowed_commands = ["ls", "make"]\nforbidden_paths = ["own"]\n')
    lines: list[object] = [
        command("make"),
        command("cat own"),
        command("make", settings={}),
        command("cat own", settings={}),
        command("cat .env", settings={}),
        command("pytest", settings={"autoApprove": True}),
        command("pytest", settings={"auto_approve": False}),
        command("ls", settings={"allowedCommands": []}),
        command("ls", settings={"unknown": 1, "allowed_commands": None}),
    ]
    told = [found["decision"] for found in check(lines, cwd=tmp_path)]
    assert told == ["allow", "deny", "ask", "allow", "deny", "allow", "ask", "ask", "allow"]


def test_without_settings_those_of_person_and_project_count(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / ".llmmixer").mkdir(parents=True)
    (project / ".llmmixer" / "config.toml").write_text(
        '[trust]\nforbidden_paths = ["hidden"]\nallowed_commands = ["curl"]\nauto_approve = true\n'
    )
    lines: list[object] = [
        command("cat hidden"),
        command("curl https://example.org"),
        command("cat .env"),
        command("ls"),
    ]
    lines = [{**line, "cwd": str(project)} for line in lines if isinstance(line, dict)]
    assert [found["decision"] for found in check(lines, cwd=tmp_path)] == ["deny", "ask", "deny", "allow"]
    trust_folder(project, os.environ)
    assert check(lines[:1] + lines[2:], cwd=tmp_path)[0]["decision"] == "deny"


def test_it_answers_each_line_at_once(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "trust", "check", "--json"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tmp_path,
        env=environment(),
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    for text, wanted in (("ls", "allow"), ("cat .env", "deny"), ("rm x", "ask")):
        process.stdin.write(json.dumps(command(text)).encode() + b"\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["decision"] == wanted
    process.stdin.close()
    assert process.wait(PATIENCE_S) == 0
    process.stdout.close()


def test_neither_textual_nor_an_sdk_is_loaded(tmp_path: Path) -> None:
    script = (
        'import sys, io; sys.stdin = io.TextIOWrapper(io.BytesIO(b\'{"tool": "run_command", "args": {"command": '
        '"ls"}}\\n\'))\n'
        "from tui.cli import main\n"
        "assert main(['trust', 'check', '--json']) == 0\n"
        "heavy = {'textual', 'rich', 'anthropic', 'openai', 'google', 'pydantic', 'httpx2', 'asyncio'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    done = subprocess.run(
        [COMMAND[0], "-c", script], cwd=tmp_path, env=environment(PYTHONPATH=os.pathsep.join(_sources())),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def _sources() -> Iterator[str]:
    yield str(Path(__file__).resolve().parent.parent.parent)


# ---- explain


@pytest.mark.parametrize(
    ("text", "decision", "code"), [("ls", "allow", 0), ("rm x", "ask", 4), ("cat .env", "deny", 4)]
)
def test_a_command_is_explained(tmp_path: Path, text: str, decision: str, code: int) -> None:
    done = run("trust", "explain", text, env=environment(), cwd=tmp_path)
    assert done.code == code
    assert decision in done.out.splitlines()[0]
    assert text in done.out
    done = run("trust", "explain", "--json", text, env=environment(), cwd=tmp_path)
    assert done.code == code
    assert done.json()["decision"] == decision


def test_every_part_is_explained_with_its_rule(tmp_path: Path) -> None:
    done = run("trust", "explain", "git status && rm -rf src | tee .env", env=environment(), cwd=tmp_path)
    rows = [line for line in done.out.splitlines() if "[" in line]
    assert [row.split()[1] for row in rows] == ["allow", "ask", "deny"]
    assert "forbidden_paths: .env" in rows[2]


def test_the_folder_and_the_mode_can_be_others(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    done = run("trust", "explain", "ls", "--cwd", "sub", "--mode", "plan", "--json", env=environment(), cwd=tmp_path)
    assert done.json()["mode"] == "plan"
    assert done.code == 0
    assert run("trust", "explain", "pytest", "--mode", "plan", env=environment(), cwd=tmp_path).code == 4


def test_what_would_help_is_named_only_if_it_would(tmp_path: Path) -> None:
    def told(command: str) -> str:
        return run("trust", "explain", command, env=environment(), cwd=tmp_path).out

    assert 'unasked by      [trust] rules = ["allow run_command touch a"]' in told("touch a")
    assert told("touch a").count("is not an allowed command") == 1
    quoted = ("find . -name '*.log' -delete", "echo $HOME", "touch 'a b'")
    for command in (*quoted, "rm a", "curl https://example.org", "ls && touch a", "cat .env", "ls"):
        assert "unasked by" not in told(command), command


def test_nothing_in_a_command_reaches_the_terminal_raw(tmp_path: Path) -> None:
    done = run("trust", "explain", "ls \x1b[2J\u202e; rm x", env=environment(), cwd=tmp_path)
    assert "\x1b" not in done.out
    assert "\u202e" not in done.out


@pytest.mark.parametrize(
    "words", [(), ("explain",), ("log", "-n", "0"), ("log", "-n", "x"), ("explain", "--mode", "x", "y")]
)
def test_wrong_usage_is_said(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert run("trust", *words, env=environment(), cwd=tmp_path).code == 2


# ---- log


def test_the_log_is_shown_and_verified(tmp_path: Path, home: Path) -> None:
    assert run("trust", "log", env=environment(), cwd=tmp_path).out == "Nothing was decided yet.\n"
    state = home / "llmmixer" / "state"
    state.mkdir(parents=True)
    log = Audit(state / "audit.jsonl")
    for number in range(5):
        entry = {"pane": "claude", "tool": "run_command", "arguments": {"command": f"ls {number} \x1b[2J"}}
        log.append("decision", {**entry, "answer": "once", "rule": "not allowed", "by": "person"})
    done = run("trust", "log", "-n", "2", env=environment(), cwd=tmp_path)
    day, *rows = done.out.splitlines()
    assert len(day) == len("2026-01-31")
    assert [row.split("ls ")[1][0] for row in rows] == ["3", "4"]
    assert "\x1b" not in done.out
    assert all(row.endswith("[you]") for row in rows)
    done = run("trust", "log", "--json", env=environment(), cwd=tmp_path)
    assert len(done.lines()) == 5
    assert run("trust", "log", "--verify", env=environment(), cwd=tmp_path).code == 0
    path = state / "audit.jsonl"
    path.write_bytes(path.read_bytes().replace(b"ls 2", b"ls 9"))
    done = run("trust", "log", "--verify", env=environment(), cwd=tmp_path)
    assert done.code == 1
    assert "line 3" in done.out
    doctor = run("doctor", "--offline", "--json", env=environment(), cwd=tmp_path)
    (audit,) = [found for found in doctor.json()["checks"] if found["id"] == "trust.audit"]
    assert audit["status"] == "warn"


# ---- doctor


@pytest.mark.parametrize(
    ("wanted", "program", "status"),
    [
        (Sandbox.AUTO, "/usr/bin/bwrap", Status.OK),
        (Sandbox.AUTO, "", Status.WARN),
        (Sandbox.OFF, "/usr/bin/bwrap", Status.WARN),
        (Sandbox.REQUIRED, "", Status.FAIL),
        (Sandbox.REQUIRED, "/usr/bin/bwrap", Status.OK),
    ],
)
def test_doctor_tells_of_the_sandbox(wanted: Sandbox, program: str, status: Status) -> None:
    found = sandbox_check(wanted, Available(program=program, reason="" if program else "it is not installed"))
    assert found.status is status
    assert found.detail


def test_doctor_tells_of_the_parser() -> None:
    assert parser_check("tree-sitter 1").status is Status.OK
    assert "asks" in parser_check("").detail


def test_decisions_have_the_names_others_rely_on() -> None:
    assert [str(decision) for decision in Decision] == ["allow", "ask", "deny"]
