"""The tables: they are well formed, and no option in them writes, executes or reads what it should not."""

import re

import pytest

from tests.trust.ground_kit import Project, build_project
from tui.config.model_work import TrustConfig
from tui.trust.operands import _KINDS
from tui.trust.options import read_use
from tui.trust.programs import Table, find_table, path_kinds, programs, tables

# `git log --follow` follows renames, `tr --delete` deletes letters.
_DANGEROUS = re.compile(
    r"--?(output|exec|execdir|ok|okdir|delete|fprint|fprintf|fls|pre|hostname-bin|search-zip|ext-diff|textconv|show-signature"
    r"|basetemp|rootdir|confcutdir|override-ini|pastebin|junitxml|compress-program|files0-from|files-from|config|upload-pack"
    r"|compile|magic-file|hidden|unrestricted|follow|no-index|contents|set-upstream|force|move|copy|edit-description|plugins)"
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return build_project(tmp_path_factory.mktemp("programs"))


@pytest.mark.parametrize("table", tables().values(), ids=lambda table: " ".join(table.words))
def test_tables_are_well_formed(table: Table) -> None:
    options = [*table.flags, *table.values, *table.optional]
    assert all(option.startswith("-") or table.style == "find" for option in options), options
    assert not [option for option in options if option not in {"--follow", "--delete"} and _DANGEROUS.fullmatch(option)]
    kinds = {*table.values.values(), *table.optional.values(), *table.operands}
    assert kinds <= set(_KINDS), kinds
    assert table.style in {"gnu", "find"}


def test_every_default_command_has_a_table() -> None:
    for entry in TrustConfig().allowed_commands:
        assert find_table(tuple(entry.split())) is not None, entry


def test_runners_of_tests_are_no_readers() -> None:
    runners = {"pytest", "py.test", "python -m pytest", "python3 -m pytest", "npm test"}
    assert {" ".join(words) for words, table in tables().items() if not table.reads} == runners


@pytest.mark.parametrize(
    ("command", "unknown"),
    [
        ("git log -n5 --oneline -- -x", []),
        ("git log --outpu=x", ["--outpu=x"]),
        ("git log --out x", ["--out"]),
        ("grep -rn -A3 x", []),
        ("grep -rnz x", []),
        ("grep -rnQ x", ["-rnQ"]),
        ("rg -nz x", ["-nz"]),
        ("head -5 x", []),
        ("head -n -5 x", []),
        ("cat -5 x", ["-5"]),
        ("tail -f x", ["-f"]),
        ("pytest -xvs -pno:x", ["-pno:x"]),
        ("pytest --co -q", []),
        ("sort -rno x", ["-rno"]),
        ("sort --out=x", ["--out=x"]),
        ("find . -name x -delete", ["-delete"]),
        ("find . -name -delete", []),
        ("find -L . -name x", ["-L", "."]),
        ("git branch x", ["x"]),
        ("git branch --list x", []),
        ("git log --format --output=x", ["--format", "--output=x"]),
        ("ls --color=auto", []),
        ("uniq --grou", ["--grou"]),
    ],
)
def test_words_are_held_against_a_table(command: str, unknown: list[str]) -> None:
    words = tuple(command.split())
    table = find_table(words)
    assert table is not None
    assert read_use(table, words[len(table.words) :]).unknown == unknown


@pytest.mark.parametrize(("name", "kind", "changed"), [
    ("package.json", "package_manifest", True), ("uv.lock", "package_manifest", True),
    ("requirements-dev.txt", "package_manifest", True), ("package.jsonx", "package_manifest", False),
    (".env.local", "env_file", True), ("prod.env", "env_file", True), ("environment.py", "env_file", False),
    (".npmrc", "trusted_config", True), (".bashrc", "trusted_config", True), ("readme.md", "trusted_config", False),
])  # fmt: skip
def test_kinds_of_files(name: str, kind: str, changed: bool) -> None:
    assert (path_kinds()[kind].changed.fullmatch(name) is not None) is changed


def test_an_option_that_only_ends_like_a_known_one_asks(project: Project) -> None:
    for command in ("git diff --stat=x --no-indexx a b", "ls --colour=x", "rg --preprocessor x", "pytest --tb2=x"):
        assert project.run(command).decision == "ask", command


def test_no_wrapper_passes_even_when_it_is_listed(project: Project) -> None:
    known = programs()
    names = sorted(name for name in known.wrappers if name.isalnum())
    compiled = project.compiled(TrustConfig(auto_approve=True, allowed_commands=tuple(names)))
    for name in names:
        assert project.run(f"{name} ls", compiled).decision != "allow", name


@pytest.mark.parametrize(
    ("command", "decision"),
    [
        ("rm README.md", "ask"),
        ("git rm README.md", "ask"),
        ("touch package.json", "ask"),
        ("touch .github/x", "ask"),
        ("touch src/new", "allow"),
        ("touch .llmmixer/x", "deny"),
        ("touch .env", "deny"),
        ("rm -rf /", "deny"),
    ],
)
def test_kinds_are_confirmed_for_listed_programs_too(project: Project, command: str, decision: str) -> None:
    allowed = TrustConfig(auto_approve=True, allowed_commands=("rm", "git rm", "touch"))
    assert project.run(command, project.compiled(allowed)).decision == decision


@pytest.mark.parametrize("command", ["pip install x", "npm install", "curl x", "kill 1", "sudo ls", "git push"])
def test_powerful_commands_ask_even_when_they_are_listed(project: Project, command: str) -> None:
    allowed = TrustConfig(auto_approve=True, allowed_commands=(command,))
    assert project.run(command, project.compiled(allowed)).decision == "ask"


def test_a_program_of_the_project_on_the_search_path_asks(project: Project) -> None:
    from tui.trust.calls import DiskView

    folder = project.root / "bin"
    folder.mkdir()
    (folder / "oddly-named").write_text("")
    compiled = project.compiled(TrustConfig(auto_approve=True, allowed_commands=("oddly-named",)))
    for path, decision in (
        (f"{folder}:/usr/bin", "ask"),
        ("bin:/usr/bin", "ask"),
        ("/usr/bin", "allow"),
        ("", "allow"),
    ):
        view = DiskView({"PATH": path})
        inside = Project(root=project.root, home=project.home, settings=compiled, view=view)
        assert inside.run("oddly-named").decision == decision, path
