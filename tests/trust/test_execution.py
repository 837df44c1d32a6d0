"""What is started for a command: the judged words, without secrets, and a git that obeys no repository."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tui.core.git_safety import git_command, git_environment, safe_environment, without_drivers
from tui.core.trust import Decision, Part, Risk, Verdict
from tui.trust.execution import (
    CannotRunError,
    Plan,
    clean_path,
    command_environment,
    find_program,
    git_access,
    plan_execution,
)
from tui.trust.forbidden import compile_forbidden
from tui.trust.sandbox import Box, GitAccess, probe

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
SYSTEM = os.defpath + ":/usr/local/bin"


def verdict(*argv: str, decision: Decision = Decision.ALLOW) -> Verdict:
    return Verdict(decision=decision, reason="", rule="", risk=Risk.RUN, argv=argv)


def plan(command: str, root: Path, *argv: str, decision: Decision = Decision.ALLOW, **environ: str) -> Plan:
    surroundings = {"PATH": SYSTEM, "HOME": str(root.parent), **environ}
    judged = verdict(*argv, decision=decision)
    return plan_execution(command, judged, root=root, cwd=root, environ=surroundings, box=None)


def run(planned: Plan) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        planned.argv, env=dict(planned.env), cwd=planned.cwd, capture_output=True, text=True, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


# ---- what is started


def test_words_run_without_a_shell(tmp_path: Path) -> None:
    planned = plan("echo '$(touch ran)' \"*\"", tmp_path, "echo", "$(touch ran)", "*")
    assert Path(planned.argv[0]).is_absolute()
    assert planned.argv[1:] == ("$(touch ran)", "*")
    assert run(planned).stdout == "$(touch ran) *\n"
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("command", ["echo a | cat", "echo 'é'  \t; echo b\n", "echo \\\n x", " echo -e 'a\\tb' #x"])
def test_anything_else_is_given_to_bash_byte_for_byte(tmp_path: Path, command: str) -> None:
    planned = plan(command, tmp_path)
    assert planned.argv[1:] == ("--noprofile", "--norc", "-c", command)
    assert Path(planned.argv[0]).name == "bash"


def test_bash_reads_no_file_of_the_person(tmp_path: Path) -> None:
    trap = program(tmp_path / "trap", f"touch {tmp_path}/ran")
    for name in (".bashrc", ".profile", ".bash_profile"):
        shutil.copy(trap, tmp_path / name)
    done = run(plan("echo x", tmp_path / "", BASH_ENV=str(trap), ENV=str(trap)))
    assert done.stdout == "x\n"
    assert not (tmp_path / "ran").exists()


def test_a_program_of_the_project_never_stands_for_another(tmp_path: Path) -> None:
    root = tmp_path / "project"
    program(root / "bin" / "cat", "echo evil")
    program(root / "cat", "echo evil")
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "inside").symlink_to(root / "bin")
    path = f"{root}/bin:.::bin:{tmp_path}/links/inside:{SYSTEM}"
    for decision in (Decision.ALLOW, Decision.ASK):
        assert "evil" not in run(plan("cat x", root, "cat", "x", PATH=path, decision=decision)).stdout
        assert "evil" not in run(plan("cat x; cat y", root, PATH=path, decision=decision)).stdout


def test_a_tool_of_the_projects_own_environment_runs_only_when_a_person_said_so(tmp_path: Path) -> None:
    program(tmp_path / "venv" / "bin" / "own-tool", "echo mine")
    path = f"{tmp_path}/venv/bin:{SYSTEM}"
    with pytest.raises(CannotRunError, match="own-tool"):
        plan("own-tool", tmp_path, "own-tool", PATH=path)
    assert run(plan("own-tool", tmp_path, "own-tool", PATH=path, decision=Decision.ASK)).stdout == "mine\n"


@pytest.mark.parametrize("name", ["no-such-program", "./x", "bin/x", "../x", "", "/no/such/program"])
def test_a_program_that_is_not_there_is_a_clear_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(CannotRunError):
        plan("x", tmp_path, name, "y")


def test_nul_never_reaches_the_system(tmp_path: Path) -> None:
    with pytest.raises(CannotRunError):
        plan("echo \0", tmp_path)


def test_paths_are_cleaned(tmp_path: Path) -> None:
    inside = tmp_path / "bin"
    assert clean_path(f"{inside}:/usr/bin::.:bin:/bin:/usr/bin", tmp_path) == "/usr/bin:/bin"
    assert clean_path(f"{inside}:/usr/bin", tmp_path, keep_project=True) == f"/usr/bin:{inside}"
    assert find_program("sh", "") is None
    (tmp_path / "sh").mkdir()
    assert find_program("sh", str(tmp_path)) is None


# ---- the environment


@pytest.mark.parametrize(
    "name",
    [
        "ANTHROPIC_API_KEY", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "GITHUB_TOKEN", "GH_TOKEN", "NPM_TOKEN",
        "MY_SECRET", "DB_PASSWORD", "PGPASSWORD", "SENTRY_DSN", "GITHUB_PAT", "GOOGLE_APPLICATION_CREDENTIALS",
        "LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "GIT_DIR", "GIT_EXTERNAL_DIFF", "GIT_SSH", "BASH_ENV", "ENV",
        "NODE_OPTIONS", "PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTHONPATH", "PYTHONSTARTUP", "PYTHONHOME", "PERL5OPT",
        "RUBYOPT", "LESSOPEN", "RIPGREP_CONFIG_PATH", "PROMPT_COMMAND", "PS4", "SHELLOPTS", "IFS", "CDPATH",
        "BASH_FUNC_ls%%", "npm_config_script_shell", "JAVA_TOOL_OPTIONS", "DYLD_INSERT_LIBRARIES", "LLMMIXER_HOME",
        "MAKEFLAGS", "GLOBIGNORE",
    ],
)  # fmt: skip
def test_secrets_and_what_loads_code_are_left_out(tmp_path: Path, name: str) -> None:
    value = "value-of-the-variable"
    env = command_environment({"PATH": SYSTEM, name: value}, root=tmp_path, cwd=tmp_path, asked=True)
    assert value not in env.values()


@pytest.mark.parametrize("name", ["HOME", "LANG", "LC_ALL", "TZ", "USER", "TERM", "VIRTUAL_ENV", "SHELL", "KEYBOARD"])
def test_the_rest_stays(tmp_path: Path, name: str) -> None:
    env = command_environment({"PATH": SYSTEM, name: "plain"}, root=tmp_path, cwd=tmp_path, asked=False)
    assert env[name] == "plain"


def test_a_variable_is_left_out_for_its_value(tmp_path: Path) -> None:
    url = "postgres://user:" + "hunter2hunter2" + "@db.example.org/x"
    env = command_environment({"PATH": SYSTEM, "DATABASE_URL": url}, root=tmp_path, cwd=tmp_path, asked=False)
    assert "DATABASE_URL" not in env


# ---- git in a hostile repository


class Hostile:
    """A repository in which everything that can name a program names one that leaves a mark."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.marks = root.parent / "marks"
        self.marks.mkdir()
        root.mkdir()
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "x")
        self.git("config", "user.email", "x@example.org")
        (root / "a.txt").write_text("one\n")
        self.git("add", ".")
        self.git("commit", "-q", "-m", "first")
        (root / "a.txt").write_text("two\n")
        self.git("commit", "-q", "-a", "-m", "second")
        (root / "a.txt").write_text("three\n")

    def git(self, *words: str) -> None:
        subprocess.run(("git", *words), cwd=self.root, check=True, capture_output=True)

    def mark(self, name: str, *, output: str = "cat") -> str:
        return str(program(self.root.parent / "evil" / name, f"touch {self.marks}/{name}\n{output}"))

    def arm(self) -> None:
        for key, name in (
            ("core.fsmonitor", "fsmonitor"), ("core.pager", "pager"), ("pager.log", "pagerlog"),
            ("diff.external", "external"), ("core.sshCommand", "ssh"), ("core.editor", "editor"),
            ("core.askPass", "askpass"), ("credential.helper", "helper"), ("gpg.program", "gpg"),
            ("diff.evil.textconv", "textconv"), ("diff.evil.command", "command"), ("filter.evil.clean", "clean"),
            ("filter.evil.smudge", "smudge"), ("merge.evil.driver", "driver"), ("alias.st", "alias"),
            ("interactive.diffFilter", "difffilter"), ("core.alternateRefsCommand", "alternates"),
        ):  # fmt: skip
            value = self.mark(name)
            self.git("config", key, f"!{value}" if key == "alias.st" else value)
        self.git("config", "log.showSignature", "true")
        (self.root / ".gitattributes").write_text("*.txt diff=evil filter=evil merge=evil\n")
        hooks = self.root / ".git" / "hooks"
        for name in ("post-index-change", "post-checkout", "pre-commit", "post-merge", "reference-transaction"):
            program(hooks / name, f"touch {self.marks}/hook-{name}")

    def left(self) -> list[str]:
        return sorted(path.name for path in self.marks.iterdir())


@pytest.fixture
def hostile(tmp_path: Path) -> Hostile:
    repository = Hostile(tmp_path / "project")
    repository.arm()
    return repository


READS = (
    ("git", "status"), ("git", "status", "-s"), ("git", "diff"), ("git", "diff", "HEAD~1"), ("git", "diff", "--stat"),
    ("git", "log", "-p"), ("git", "log", "--oneline"), ("git", "show"), ("git", "show", "HEAD:a.txt"),
    ("git", "blame", "a.txt"), ("git", "branch"), ("git", "ls-files"), ("git", "grep", "three"),
    ("git", "stash", "list"),
)  # fmt: skip


@needs_git
def test_the_traps_work_where_nothing_is_done_about_them(hostile: Hostile) -> None:
    for words in (("git", "status"), ("git", "diff"), ("git", "log", "-p")):
        subprocess.run(words, cwd=hostile.root, check=False, capture_output=True)
    assert {"fsmonitor", "command", "textconv", "clean", "hook-post-index-change"} <= set(hostile.left())


@needs_git
@pytest.mark.parametrize("words", READS, ids=" ".join)
def test_reading_a_hostile_repository_runs_nothing_of_it(hostile: Hostile, words: tuple[str, ...]) -> None:
    done = run(plan(" ".join(words), hostile.root, *words))
    assert done.returncode == 0, done.stderr
    assert hostile.left() == []
    done = run(plan(f"{' '.join(words)} | cat", hostile.root))
    assert hostile.left() == []


@needs_git
def test_what_git_says_is_still_right(hostile: Hostile) -> None:
    assert "+three" in run(plan("git diff", hostile.root, "git", "diff")).stdout
    assert " M a.txt" in run(plan("git status -s", hostile.root, "git", "status", "-s")).stdout
    assert "+two" in run(plan("git log -p", hostile.root, "git", "log", "-p")).stdout


@needs_git
@pytest.mark.parametrize(
    "command",
    [
        "git add -A && git commit -qm third",
        "git checkout -q -b other && git checkout -q main",
        "git commit -q --amend",
        "git stash && git stash pop",
        "git st",
        "git merge other; git rebase HEAD~1",
        "git fetch ext::sh%20-c%20touch%20x",
        "git log --show-signature --format=%G?",
        'python3 -c \'import subprocess; subprocess.run(["git", "status"])\'',
    ],
)
def test_changing_a_hostile_repository_runs_nothing_of_it_either(hostile: Hostile, command: str) -> None:
    run(plan(command, hostile.root, decision=Decision.ASK))
    assert hostile.left() == []
    assert not (hostile.root / "x").exists()


@needs_git
def test_a_submodules_own_settings_run_nothing(hostile: Hostile, tmp_path: Path) -> None:
    inner = hostile.root / "inner"
    subprocess.run(("git", "init", "-q", str(inner)), check=True, capture_output=True)
    (inner / "b.txt").write_text("one\n")
    for words in (("add", "."), ("-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-qm", "x")):
        subprocess.run(("git", *words), cwd=inner, check=True, capture_output=True)
    subprocess.run(
        ("git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "add", "inner"),
        cwd=hostile.root, check=True, capture_output=True,
    )  # fmt: skip
    (hostile.root / ".gitmodules").write_text('[submodule "inner"]\n\tpath = inner\n\turl = x\n\tignore = none\n')
    for key in ("filter.deep.clean", "core.fsmonitor", "diff.deep.textconv"):
        subprocess.run(("git", "config", key, hostile.mark("deep")), cwd=inner, check=True)
    (inner / ".gitattributes").write_text("*.txt filter=deep diff=deep\n")
    (inner / "b.txt").write_text("two\n")
    for mark in hostile.marks.iterdir():
        mark.unlink()
    run(plan("git status", hostile.root, "git", "status"))
    run(plan("git diff --submodule=diff", hostile.root, "git", "diff", "--submodule=diff"))
    assert hostile.left() == []


@needs_git
def test_a_folder_that_looks_like_a_repository_is_none(tmp_path: Path) -> None:
    bare = tmp_path / "project" / "bare"
    bare.parent.mkdir()
    subprocess.run(("git", "init", "-q", "--bare", str(bare)), check=True, capture_output=True)
    mark = program(tmp_path / "evil", f"touch {tmp_path}/ran")
    subprocess.run(("git", "config", "core.fsmonitor", str(mark)), cwd=bare, check=True)
    subprocess.run(("git", "config", "core.worktree", "."), cwd=bare, check=True)
    subprocess.run(("git", "config", "core.bare", "false"), cwd=bare, check=True)
    planned = plan("git status", bare.parent, "git", "status")
    done = run(Plan(argv=planned.argv, env=planned.env, cwd=bare))
    assert done.returncode != 0
    assert not (tmp_path / "ran").exists()


@needs_git
def test_a_repository_that_calls_the_files_of_others_its_own_is_refused(tmp_path: Path) -> None:
    root, home = tmp_path / "project", tmp_path / "home"
    root.mkdir()
    home.mkdir()
    (root / "private.txt").write_text("public\n")
    (home / "private.txt").write_text("private\n")
    for words in (("init", "-q"), ("add", "."), ("config", "core.worktree", str(home))):
        subprocess.run(("git", *words), cwd=root, check=True)
    trap = subprocess.run(("git", "diff"), cwd=root, check=False, capture_output=True, text=True)
    assert "+private" in trap.stdout  # or there would be nothing to refuse
    with pytest.raises(CannotRunError, match=r"core\.worktree"):
        plan("git diff", root, "git", "diff")
    with pytest.raises(CannotRunError, match=r"core\.worktree"):
        plan("ls && git diff", root)
    assert run(plan("cat private.txt", root, "cat", "private.txt")).stdout == "public\n"


@needs_git
def test_a_worktree_is_a_repository_like_any_other(tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    own = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    for words in (
        ("init", "-q"),
        (*own, "commit", "-q", "--allow-empty", "-m", "x"),
        ("worktree", "add", "-q", "../other"),
    ):
        subprocess.run(("git", *words), cwd=root, check=True, capture_output=True)
    other = tmp_path / "other"
    (other / "below").mkdir()
    assert run(plan("git status", other, "git", "status")).returncode == 0
    judged = verdict("git", "status")
    environ = {"PATH": SYSTEM, "HOME": str(tmp_path)}
    below = plan_execution("git status", judged, root=other, cwd=other / "below", environ=environ, box=None)
    assert run(below).returncode == 0


def test_git_of_our_own_has_no_drivers_and_no_variables_of_others() -> None:
    assert git_command("diff", "HEAD") == ("git", "--no-pager", "diff", "--no-ext-diff", "--no-textconv", "HEAD")
    assert git_command("status", "-s") == ("git", "--no-pager", "status", "-s")
    assert without_drivers(("--no-pager", "log", "-p"))[1:4] == ("log", "--no-ext-diff", "--no-textconv")
    assert without_drivers(("-C", "x", "log")) == ("-C", "x", "log")
    env = git_environment({"GIT_DIR": "/evil", "GIT_CONFIG_PARAMETERS": "x", "A": "b"}, ("diff.x.textconv", "a.b"))
    assert env["A"] == "b"
    assert "GIT_DIR" not in env
    assert "GIT_CONFIG_PARAMETERS" not in env
    keys = [env[f"GIT_CONFIG_KEY_{index}"] for index in range(int(env["GIT_CONFIG_COUNT"]))]
    assert keys[-1] == "diff.x.textconv"


def test_outside_a_repository_and_without_git_nothing_fails(tmp_path: Path) -> None:
    assert safe_environment({"PATH": ""}, tmp_path)["GIT_PAGER"] == "cat"
    assert safe_environment({"PATH": SYSTEM}, tmp_path / "none")["GIT_PAGER"] == "cat"


# ---- within the sandbox


def part(text: str, decision: Decision) -> Part:
    return Part(text=text, decision=decision, reason="", rule="")


@pytest.mark.parametrize(
    ("command", "argv", "decision", "risk", "access"),
    [
        ("git status", ("git", "status"), Decision.ALLOW, Risk.READ, GitAccess.READ),
        ("pytest -q", ("pytest", "-q"), Decision.ALLOW, Risk.RUN, GitAccess.READ),
        ("make digit legit.git", (), Decision.ASK, Risk.RUN, GitAccess.READ),
        ("git commit -m x", ("git", "commit", "-m", "x"), Decision.ALLOW, Risk.RUN, GitAccess.DATA),
        ("git commit -m x", ("git", "commit", "-m", "x"), Decision.ASK, Risk.RUN, GitAccess.DATA),
        ("pytest && git status", (), Decision.ALLOW, Risk.RUN, GitAccess.READ),
        ("git add -A && git commit -m x", (), Decision.ASK, Risk.RUN, GitAccess.DATA),
        ("git remote add x y", ("git", "remote", "add", "x", "y"), Decision.ASK, Risk.RUN, GitAccess.SETTINGS),
        ("git commit -m config", ("git", "commit", "-m", "config"), Decision.ASK, Risk.RUN, GitAccess.DATA),
        ("cd x; git config a.b c", (), Decision.ASK, Risk.RUN, GitAccess.DATA),
    ],
)
def test_what_a_command_may_change_of_git(
    command: str, argv: tuple[str, ...], decision: Decision, risk: Risk, access: GitAccess
) -> None:
    judged = Verdict(decision=decision, reason="", rule="", risk=risk, argv=argv)
    assert git_access(command, judged) is access
    granted = Verdict(
        decision=Decision.ALLOW, reason="", rule="this session", risk=risk, argv=argv, parts=(part(command, decision),)
    )
    assert git_access(command, granted) is access


@needs_git
@pytest.mark.skipif(not probe().program, reason=f"no sandbox here: {probe().reason}")
def test_commits_a_person_lets_happen_work_in_the_sandbox(tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    for words in (("init", "-q"), ("config", "user.name", "x"), ("config", "user.email", "x@example.org")):
        subprocess.run(("git", *words), cwd=root, check=True)
    (root / "a.txt").write_text("one\n")
    forbidden = compile_forbidden((".env", ".git"), root=str(root), home=str(tmp_path))
    box = Box(probe().program, root=root, forbidden=forbidden)
    command = "git add -A && git commit -qm first && git log --oneline"
    environ = {"PATH": SYSTEM, "HOME": str(tmp_path)}
    judged = verdict(decision=Decision.ASK)
    planned = plan_execution(command, judged, root=root, cwd=root, environ=environ, box=box)
    done = run(planned)
    planned.close()
    assert "first" in done.stdout, done.stderr
    assert "network" in planned.note
    assert sorted(path.name for path in root.iterdir()) == [".git", "a.txt"]


@pytest.mark.skipif(not probe().program, reason=f"no sandbox here: {probe().reason}")
def test_a_command_in_the_sandbox(tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (root / ".env").write_text("KEY=private\n")
    box = Box(probe().program, root=root, forbidden=compile_forbidden((".env",), root=str(root), home=str(tmp_path)))
    planned = plan_execution(
        "cat .env; echo $0 > made", verdict(), root=root, cwd=root, environ={"PATH": SYSTEM}, box=box
    )
    assert planned.sandbox == "bubblewrap"
    done = run(planned)
    assert (root / ".git").is_dir()  # stands in for one that must not be made
    planned.close()
    planned.close()
    assert "private" not in done.stdout
    assert sorted(path.name for path in root.iterdir()) == [".env", "made"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"LANG": "de_DE.UTF-8"}, None),
        ({"LANG": "C"}, None),
        ({}, None),
        ({"LC_ALL": "C.utf8", "LANG": "zh_TW.Big5"}, "C.utf8"),
        ({"LANG": "zh_CN.GBK"}, "C.UTF-8"),
        ({"LANG": "en_US.UTF-8", "LC_CTYPE": "ja_JP.SJIS"}, "C.UTF-8"),
        ({"LANG": "zh_CN"}, "C.UTF-8"),
        ({"LANG": "de_DE.ISO-8859-1@euro"}, None),
    ],
)
def test_the_shell_reads_letters_as_they_were_judged(tmp_path: Path, given: dict[str, str], kept: str | None) -> None:
    env = command_environment({"PATH": "/usr/bin:/bin", **given}, root=tmp_path, cwd=tmp_path, asked=False)
    assert env.get("LC_ALL") == kept
