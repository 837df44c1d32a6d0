"""What git prints of the past: really run over a history that holds secrets, nothing of them is seen."""

import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from tui.config.model_work import TrustConfig
from tui.core.trust import Decision, TrustMode, Verdict
from tui.trust.calls import Call, DiskView
from tui.trust.execution import plan_execution
from tui.trust.policy import decide
from tui.trust.programs import tables
from tui.trust.settings import TrustSettings, compile_settings

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

SECRET = "value-nobody-may-see"
HELD = (".env", "src/.env", "conf/.ENV", "deep/.env/inner.txt", "keys/server.pem", "private/x.txt", "src/prod.env",
        ".env.local", "src/we[i]rd.txt", "generated/a/key.txt", "x[1].txt",
        "deploy/prod.key", "deploy/prod.crt", "t/a/b.tok")  # fmt: skip
FORBIDDEN = (
    ".env",
    ".git",
    "*.pem",
    "private/",
    "~/.ssh",
    "keys/**",
    "src/we[i]rd.txt",
    "./generated/a",
    "x[1].txt",
    "*.{key,crt}",
    "t**tok",
)
LISTED = ("git grep", "git cat-file", "git archive", "git stash show", "git stash", "git diff-tree", "git whatchanged")


@dataclass(frozen=True, kw_only=True)
class Repository:
    """A repository with three commits, a merge, a stash, and changes both staged and not; `names` are of objects."""

    root: Path
    environ: dict[str, str]
    names: dict[str, str]
    settings: TrustSettings

    def judge(self, command: str, folder: str = ".", settings: TrustSettings | None = None) -> Verdict:
        args = {"command": command.format(**self.names), "cwd": str(self.root / folder)}
        call = Call(tool="run_command", args=args, cwd=self.root)
        return decide(call, settings or self.settings, DiskView(self.environ))

    def run(self, command: str, verdict: Verdict, folder: str = ".") -> subprocess.CompletedProcess[bytes]:
        cwd = self.root / folder
        plan = plan_execution(
            command.format(**self.names), verdict, root=self.root, cwd=cwd, environ=self.environ, box=None
        )
        return subprocess.run(
            plan.argv, env=dict(plan.env), cwd=cwd, capture_output=True, stdin=subprocess.DEVNULL, check=False
        )

    def shown(self, command: str, folder: str = ".") -> str:
        """Return what a command prints that must pass and go well."""
        verdict = self.judge(command, folder)
        assert verdict.decision is Decision.ALLOW, (command, verdict.reason)
        done = self.run(command, verdict, folder)
        assert done.returncode == 0, (verdict, done.stderr)
        return done.stdout.decode()


@dataclass(frozen=True, kw_only=True)
class Maker:
    """Makes the repository, step by step."""

    root: Path
    environ: dict[str, str]

    def git(self, *words: str, right: bool = True) -> str:
        argv = [
            "git",
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@example.org",
            "-c",
            "protocol.file.allow=always",
            *words,
        ]
        done = subprocess.run(argv, cwd=self.root, env=self.environ, capture_output=True, text=True, check=right)
        return done.stdout.strip()

    def put(self, mark: str, harmless: str) -> None:
        """Let every forbidden file hold another secret, and a harmless one something harmless."""
        for name in HELD:
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(f"{mark}={SECRET}\n")
        (self.root / "src" / "app.py").write_text(f"x = {harmless!r}\n" * 3)

    def commit(self, subject: str) -> None:
        self.git("add", "-A")
        self.git("commit", "-qm", subject)

    def submodule(self) -> None:
        """Put a repository with secrets of its own below, and let the settings show what changes in it."""
        other = self.root.parent / "other"
        other.mkdir()
        self.git("config", "diff.submodule", "diff")
        self.git("init", "-q", str(other))
        for number in range(2):
            (other / ".env").write_text(f"below{number}={SECRET}\n")
            self.git("-C", str(other), "add", "-A")
            self.git("-C", str(other), "commit", "-qm", "below")
            if number == 0:
                self.git("submodule", "add", "-q", str(other), "below")
            else:
                self.git("-C", "below", "pull", "-q")
            self.commit(f"submodule {number}")
        assert SECRET in self.git("show")

    def merge(self) -> None:
        """Merge a branch in which everything is different."""
        self.git("checkout", "-qb", "topic", "HEAD~1")
        self.put("topic", "topic")
        self.git("commit", "-qam", "on topic")
        self.git("checkout", "-q", "main")
        self.git("merge", "topic", right=False)
        self.put("merged", "merged")
        self.commit("merged both")


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    top = tmp_path_factory.mktemp("history")
    root, home = top / "work", top / "home"
    home.mkdir()
    root.mkdir()
    environ = {"PATH": os.environ["PATH"], "HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1"}
    make = Maker(root=root, environ=environ)
    make.git("init", "-q", "-b", "main")
    make.submodule()
    make.git("config", "diff.external", "a-program-of-the-repository")
    (root / "README.md").write_text("# Sample\n")
    for number in range(2):
        make.put(f"K{number}", f"harmless {number}")
        make.commit(f"commit {number}")
    (root / ".env").write_text(f"alone={SECRET}\n")
    make.commit("secret alone")
    make.merge()
    make.git("tag", "-a", "v1", "-m", "first")
    make.put("stashed", "stashed")
    make.git("stash")
    make.put("staged", "staged")
    make.git("add", "-A")
    make.put("loose", "loose")
    names = {"blob": "HEAD:.env", "old": "HEAD~1:.env", "tree": "HEAD^{tree}", "src": "HEAD:src", "was": "HEAD~1:src",
             "commit": "HEAD", "tag": "v1"}  # fmt: skip
    names = {name: make.git("rev-parse", what) for name, what in names.items()}
    config = TrustConfig(
        auto_approve=True, forbidden_paths=FORBIDDEN, allowed_commands=TrustConfig().allowed_commands + LISTED
    )
    settings = compile_settings(config, home=home, root=root)
    return Repository(root=root, environ=environ, names=names, settings=settings)


COMMANDS = """
git log -p|git log -u --all|git log -p -m --all|git log --cc --all|git log -c|git log -p -g stash|git log -p -- .
git log -p -- src|git log -p src|git log -p HEAD src|git log -p HEAD~1..HEAD|git log -p --graph|git log -p src/app.py
git log -p --follow src/app.py|git log -p --follow src|git log -p --follow|git log -L1,2:src/app.py|git log -G K -p
git log -S value-nobody -p|git log -p --full-diff src|git log -p -- ':(glob)src/**'|git log -p -- '*'
git log -p -- ':!src'|git log --word-diff|git log --color-words -a|git log --binary --text|git log -p -R
git log --diff-merges=combined|git log --diff-merges=first-parent --all|git log --patch-with-stat|git log --check
git log -p --no-walk topic main|git log -L1,1:.env/x:y/..
git show|git show HEAD~1|git show v1|git show {blob}|git show --stat {blob}|git show -s {blob}|git show x-0-g{blob}
git show {blob}^{{}}|git show {blob}^{{blob}}|git show {blob} -- src|git show HEAD {blob}|git show -S -- {blob}
git show --name-only {blob}|git show {tree}|git show {tag}|git show {commit}|git show HEAD:src|git show stash
git show -m stash|git show --cc HEAD|git show HEAD -- src|git show HEAD src|git show :/alone|git show --raw -p HEAD
git show --merge|git show ^{blob}|git show HEAD^{{tree}}|git show {commit}^{{tree}}
git diff|git diff --cached|git diff -U0|git diff HEAD|git diff main topic|git diff main...topic|git diff {blob} {old}
git diff {old}..{blob}|git diff {was} {src}|git diff {was}..{src}|git diff HEAD~1:src HEAD:src|git diff HEAD~1: HEAD:
git diff {src}: HEAD|git diff {src}:|git diff {was}:..{src}:|git show {src}:we[i]rd.txt|git show --all HEAD:src
git show --encoding --name-status --all|git show {src}^{{tree}}:we[i]rd.txt
git diff HEAD:..{src}:|git diff {src}^{{tree}}:|git show {commit}:src
git diff 4b825dc642cb6eb9a060e54bf8d69288fbee4904 HEAD|git diff .|git diff HEAD -- src|git diff --check|git diff -a
git diff --word-diff=porcelain|git diff --binary|git diff --relative=src|git diff -R HEAD|git diff --merge-base topic
git diff --submodule=diff|git diff -- ':!src'|git diff --stat -p
git status -v|git status -vv|git status --verbose src|git blame src/app.py|git blame -C -C -C src/app.py
git grep value|git grep K HEAD|git cat-file blob {blob}|git archive HEAD|git stash show|git whatchanged
"""
COMMANDS_LISTED = [each for line in COMMANDS.strip().splitlines() for each in line.split("|")]


@pytest.mark.parametrize("number", range(4))
def test_nothing_forbidden_is_printed_unasked(repository: Repository, number: int) -> None:
    ran = 0
    for command in COMMANDS_LISTED[number::4]:
        for form, folder in ((command, "."), (f"{command} 2>&1 | head -200", "src")):
            verdict = repository.judge(form, folder)
            if verdict.decision is not Decision.ALLOW:
                continue
            done = repository.run(form, verdict, folder)
            ran += 1
            assert SECRET.encode() not in done.stdout + done.stderr, (form, verdict)
    assert ran > 20


@pytest.mark.parametrize(
    "command",
    ["git log -p --full-diff src", "git log -p --follow src", "git show {blob}^{{blob}}", "git diff --submodule=diff",
     "git status -v", "git grep value", "git cat-file blob {blob}", "git archive HEAD", "git stash show",
     "git show {commit}^{{tree}}", "git diff HEAD~1:src HEAD:src", "git diff HEAD~1:src"],
)  # fmt: skip
def test_what_cannot_be_limited_asks(repository: Repository, command: str) -> None:
    assert repository.judge(command).decision is Decision.ASK


@pytest.mark.parametrize(
    "command",
    ["git log", "git log --oneline -5", "git log --stat", "git show --stat", "git diff --stat", "git status",
     "git show HEAD:README.md", "git diff HEAD~1:README.md HEAD:README.md", "git log -L1,2:src/app.py",
     "git log -p --follow src/app.py", "git blame src/app.py", "git diff --name-only HEAD",
     "git show --name-only {tag}~0", "git stash list"],
)  # fmt: skip
def test_what_prints_nothing_of_them_runs_as_written(repository: Repository, command: str) -> None:
    verdict = repository.judge(command)
    assert verdict.decision is Decision.ALLOW, verdict.reason
    assert verdict.argv == tuple(command.format(**repository.names).split())
    assert not verdict.note


def test_all_else_is_still_printed(repository: Repository) -> None:
    log = repository.shown("git log -p")
    subjects = ("commit 0", "commit 1", "secret alone", "on topic", "merged both")
    assert all(subject in log for subject in subjects)
    assert "+x = 'harmless 1'" in log
    assert "+x = 'loose'" in repository.shown("git diff")
    assert "+x = 'loose'" in repository.shown("git diff | cat")
    assert "+x = 'staged'" in repository.shown("git diff --cached", "src")
    assert "secret alone" in repository.shown("git show HEAD~1")
    assert "merged both" in repository.shown("git show {commit}")
    assert "first" in repository.shown("git show v1")
    assert "+x = 'harmless 1'" in repository.shown("git diff 4b825dc642cb6eb9a060e54bf8d69288fbee4904 HEAD~2")


def test_a_commit_by_its_name_may_be_shown_and_a_file_may_not(repository: Repository) -> None:
    commit, blob = repository.names["commit"], repository.names["blob"]
    assert "merged both" in repository.shown(f"git show {commit[:8]}")
    verdict = repository.judge(f"git show {blob[:8]}")
    assert repository.run("", verdict).returncode != 0


def test_a_line_of_several_commands_says_what_runs(repository: Repository) -> None:
    written = "git log -p -1 2>/dev/null | head -3 && git diff > /dev/null; git status"
    verdict = repository.judge(written)
    assert verdict.decision is Decision.ALLOW
    assert verdict.argv == ()
    assert verdict.note
    assert verdict.line.startswith(
        "git log --no-ext-diff --no-textconv --full-history --sparse -p -1 ':(top,exclude,icase,glob)**/.env'"
    )
    assert " 2>/dev/null | head -3 && git diff " in verdict.line
    assert verdict.line.endswith(" > /dev/null; git status")
    assert repository.judge("git log --oneline | head -3").line == ""


def test_it_says_that_something_is_left_out(repository: Repository) -> None:
    verdict = repository.judge("git diff")
    assert "left out" in verdict.parts[0].reason
    assert "left out" in verdict.note


def test_nothing_is_left_out_where_nothing_is_forbidden(repository: Repository) -> None:
    config = TrustConfig(auto_approve=True, forbidden_paths=(".git",), require_confirmation=())
    settings = compile_settings(config, home=repository.root.parent / "home", root=repository.root)
    assert repository.judge("git log -p", settings=settings).argv == ("git", "log", "-p")


def test_what_a_person_lets_run_leaves_it_out_too(repository: Repository) -> None:
    settings = compile_settings(
        TrustConfig(mode=TrustMode.ASK, forbidden_paths=FORBIDDEN, rules=("ask run_command git log",)),
        home=repository.root.parent / "home",
        root=repository.root,
    )
    verdict = repository.judge("git log -p", settings=settings)
    assert verdict.decision is Decision.ASK
    assert SECRET.encode() not in repository.run("git log -p", verdict).stdout


def test_a_project_inside_a_repository_is_found_there(tmp_path: Path, repository: Repository) -> None:
    home = repository.root.parent / "home"
    config = TrustConfig(auto_approve=True, forbidden_paths=("secret/plan.txt", "notes/*.md"))
    settings = compile_settings(config, home=home, root=repository.root / "src")
    call = Call(tool="run_command", args={"command": "git diff"}, cwd=repository.root / "src")
    argv = decide(call, settings, DiskView(repository.environ)).argv
    assert ":(top,exclude,icase,glob)src/secret/plan.txt" in argv
    assert ":(top,exclude,icase,glob)src/notes/*.md" in argv


@pytest.mark.parametrize(
    ("written", "decision"),
    [
        ("[blame]\n\tignoreRevsFile = .env\n", Decision.DENY),
        ('[blame] ignorerevsfile=".env"\n', Decision.DENY),
        ("[blame]\n\tIGNOREREVSFILE = ~/.ssh/id_rsa\n", Decision.DENY),
        ("[blame]\n\tignoreRevsFile = /etc/passwd\n", Decision.ASK),
        ("[blame]\n\tignoreRevsFile = .e\\\nnv\n", Decision.ASK),
        ("[include]\n\tpath = ../other\n", Decision.ASK),
        ('[includeIf "gitdir:/"]\n\tpath = ../other\n', Decision.ASK),
        ("[blame]\n\tignoreRevsFile = .git-blame-ignore-revs\n", Decision.ALLOW),
        ("[core]\n\tbare = false\n", Decision.ALLOW),
    ],
)
def test_no_list_of_commits_of_blame_is_a_forbidden_file(
    repository: Repository, written: str, decision: Decision
) -> None:
    (repository.root / ".git-blame-ignore-revs").touch()
    config = repository.root / ".git" / "config"
    before = config.read_text()
    try:
        config.write_text(before + written)
        assert repository.judge("git blame src/app.py").decision is decision
        assert repository.judge("git log --oneline").decision is Decision.ALLOW
    finally:
        config.write_text(before)


REVISIONS = """
HEAD HEAD~1 main topic v1 stash HEAD^2 HEAD^{{tree}} main..topic main...topic ^topic --all HEAD^! HEAD^@ :/alone @{{0}}
HEAD: HEAD:src HEAD:README.md HEAD:./src :src/app.py :0:src/app.py {blob} {tree} {src} {commit} {tag} {blob}^{{}}
{old}..{blob} {tree}:src {src}:app.py {src}: {commit}: {commit}:src {commit}~1 {commit}^! {blob}^! x-3-g{blob}
{tree}..{was} {src}:..{was}:
"""
PATHS = """
. src ./src src/app.py README.md * src/* :/ :(top) :(top)src :(glob)**/*.py :(icase)SRC :!src below deep x* [s]rc :/src
"""
VALUES = {
    "number": ("1", "3"), "pattern": ("K", "value"), "format": ("%H", "%B", "oneline", "email"), "path": ("src",),
    "lines": ("1,2:src/app.py", ":x:src/app.py"), "revision": ("HEAD", "topic"),
    "word": ("all", "1", "auto", "main", "x", "M", "color", "combined", "on", "off", "remerge", "diff", "porcelain"),
}  # fmt: skip


def made_up(chance: Random) -> str:
    """Return a command with options, revisions and paths of all kinds."""
    name = chance.choice(("log", "show", "diff", "log", "show", "diff", "blame", "status"))
    table = tables()["git", name]
    words = ["git", name]
    valued = {**table.values, **table.optional}
    for _ in range(chance.randint(0, 4)):
        if chance.random() < 0.7:
            words.append(chance.choice(sorted(table.flags)))
            continue
        option = chance.choice(sorted(valued))
        value = chance.choice(VALUES.get(valued[option], ("x",)))
        words.append(f"{option}={value}" if option.startswith("--") else option + value)
    words += chance.choices(REVISIONS.split(), k=chance.randint(0, 3))
    words += ["--"] * (chance.random() < 0.4) + chance.choices(PATHS.split(), k=chance.choice((0, 0, 1, 2)))
    return shlex.join(words) + (" | cat" if chance.random() < 0.2 else "")


@pytest.mark.parametrize("seed", range(3))
def test_no_words_bring_forbidden_lines_out(repository: Repository, seed: int) -> None:
    chance = Random(seed)
    ran = 0
    for _ in range(100):
        command, folder = made_up(chance), chance.choice((".", "src"))
        verdict = repository.judge(command, folder)
        if verdict.decision is Decision.ALLOW:
            done = repository.run(command, verdict, folder)
            ran += 1
            assert SECRET.encode() not in done.stdout + done.stderr, (command.format(**repository.names), verdict)
    assert ran > 40
