"""Commands a person lists: scripts inside operands, tasks, archives, folders taken whole."""

import random
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.trust.ground_kit import Project, build_project
from tui.config.model_work import TrustConfig
from tui.trust.scripts import files_of_sed, is_plain_jq, is_plain_sed


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return build_project(tmp_path_factory.mktemp("listed"))


@pytest.mark.parametrize(
    "script",
    [
        "p", "1p", "1,20p", "$p", "$!d", "1~2p", "/a/p", "/a/,/b/p", "/a/I,+3p", "5q", "10,20p;21q", "s/a/b/",
        "s/a/b/g",
        "s,a,b,gI", "s/a\\/b/c/2p", "y/abc/xyz/", "/x/!d", "/x/{p;q}", "/x/{p;q};d", "1!G;h;$!d", "=",
        "s/[0-9]*//g", "$=",
        "N;P;D", "  1,3 p ; 5 p", "0,/x/p", "s|a|b|", "/^$/d", "s/[]x]/y/", "s/.*\\(a\\).*/\\1/p", "l 5",
    ],
)  # fmt: skip
def test_scripts_of_sed_that_print(script: str) -> None:
    assert is_plain_sed(script)


@pytest.mark.parametrize(
    "script",
    [
        "e", "1e", "1e ls", "$e", "!e", "0~3e", "1,3e", "1,/x/e", "s/a/b/e", "s/a/b/ge", "s/a/b/w x",
        "s/a/b/gw x", "w x",
        "1w.git/x", "r .env", "r.env", "R x", "W x", "s/a/b/;w x", "/x/{e ls\n}", "p;e", "p\ne", "p e", "q;e",
        "{e}", "p}e",
        "a\\x", "i x", "c x", ":a", "ba", "t", "s/a/b/\\", "y/a/b/e", "s/a/b", "s/[/]/x/e", "p#x",
        "s\na\nb\ne", "\\,a,e",
        "+3p", "1,p", "s/[/x/;e;s/]/y/", "sxaxbxe", "F;e", "M", "/a", "/[/p;e/]/p",
    ],
)  # fmt: skip
def test_scripts_of_sed_that_may_do_more(script: str) -> None:
    assert not is_plain_sed(script)


@pytest.mark.skipif(shutil.which("sed") is None, reason="needs sed")
def test_no_script_of_sed_that_passes_changes_anything(tmp_path: Path) -> None:
    letters = [
        *"pde1s/;\n{}wr$!,a[]\\ eqxy#:lI~+=GhHND",
        "/a/",
        "s/a/b/",
        "touch z",
        "w z",
        "[/]",
        "\\n",
        "1,2",
        "e touch z",
    ]
    dice = random.Random(7)
    (tmp_path / "f").write_text("touch z\na\n")
    ran = 0
    for _ in range(4_000):
        script = "".join(dice.choice(letters) for _ in range(dice.randint(1, 7)))
        if is_plain_sed(script):
            ran += 1
            subprocess.run(
                ["sed", script, "f"],
                cwd=tmp_path,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=20,
                check=False,
            )
            assert [path.name for path in tmp_path.iterdir()] == ["f"], script
    assert ran > 100


def test_files_inside_a_script_of_sed() -> None:
    assert files_of_sed("r.env") == (".env",)
    assert ".git/config" in files_of_sed("1,3w .git/config")


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (".", True), (".a[0].b", True), (".env", True), ('.[] | {a, "env": 1}', False), ("env", False),
        (".|env.PATH", False),
        ("$ENV.PATH", False), ('import "x" as y; .', False), ('include "x"; .', False), (".environment", True),
        ("[.[]|select(.a>1)]|length", True),
    ],
)  # fmt: skip
def test_filters_of_jq(text: str, plain: bool) -> None:
    assert is_plain_jq(text) is plain


@pytest.mark.parametrize(
    ("entry", "command", "decision"),
    [
        ("sed", "sed -n 1,3p README.md", "allow"),
        ("sed -n", "sed -n '/x/,$p' src/a.py src/b.py", "allow"),
        ("sed", "sed -e p -e 's/a/b/' README.md", "allow"),
        ("sed", "sed -i s/a/b/ README.md", "ask"),
        ("sed", "sed p -i README.md", "ask"),
        ("sed", "sed -f x README.md", "ask"),
        ("sed", "sed e README.md", "ask"),
        ("sed -n", "sed -n 1e README.md", "ask"),
        ("sed", "sed 'wx' README.md", "ask"),
        ("sed", "sed -e p -e e README.md", "ask"),
        ("sed", "sed r.env README.md", "deny"),
        ("sed", "sed w.git/hooks/x README.md", "deny"),
        ("sed", "sed p .env", "deny"),
        ("sed", "sed p /etc/hosts", "ask"),
        ("jq", "jq -r '.a | length' package.json", "allow"),
        ("jq", "jq . .env", "deny"),
        ("jq", "jq -n env", "ask"),
        ("jq", "jq --rawfile x README.md '$x'", "ask"),
        ("jq", "jq -f .env", "deny"),
        ("awk", "awk 1 README.md", "ask"),
        ("sqlite3", "sqlite3 x.db '.shell rm'", "ask"),
        ("sqlite3", "sqlite3 x.db .dump", "ask"),
        ("make", "make", "allow"),
        ("make", "make deploy", "ask"),
        ("make test", "make test", "allow"),
        ("make test", "make test install", "ask"),
        ("just", "just deploy", "ask"),
        ("mvn test", "mvn test deploy", "ask"),
        ("ruff check", "ruff check src", "allow"),
        ("ruff check", "ruff check @src/options", "ask"),
        ("tar", "tar xf a.tar", "ask"),
        ("unzip", "unzip a.zip", "ask"),
        ("unzip -l", "unzip -l a.zip", "allow"),
        ("patch", "patch x", "ask"),
        ("tar tf", "tar tf a.tar", "allow"),
        ("cp", "cp README.md src/c.md", "allow"),
        ("cp -r", "cp -r src other", "allow"),
        ("cp -r", "cp -r sub other", "ask"),
        ("cp -r", "cp -r src .", "allow"),
        ("zip -r", "zip -r x.zip .", "ask"),
        ("zip -r", "zip -r x.zip src", "allow"),
        ("ack", "ack KEY", "ask"),
        ("ack", "ack KEY src", "allow"),
        ("egrep", "egrep -rn 'a|b' src", "allow"),
        ("egrep", "egrep -r KEY .", "ask"),
        ("fgrep", "fgrep x .env", "deny"),
        ("python -m pytest", "python -m pytest -q tests", "allow"),
        ("python -m pytest", "python -m pytest --basetemp=src", "ask"),
        ("python", "python -m pytest -p evil", "ask"),
        ("pytest", "pytest -W error -W ignore::DeprecationWarning", "allow"),
        ("pytest", "pytest -W error::evil.Category", "ask"),
    ],
)  # fmt: skip
def test_what_an_entry_stands_for(project: Project, entry: str, command: str, decision: str) -> None:
    compiled = project.compiled(TrustConfig(auto_approve=True, allowed_commands=(entry,)))
    verdict = project.run(command, compiled)
    assert verdict.decision == decision, verdict
