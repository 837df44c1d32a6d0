"""Where paths lead: every spelling of a forbidden one is found, and what only looks like one is not."""

import os
from pathlib import Path

import pytest

from tests.trust.ground_kit import AUTO, Project, build_project
from tui.config.model_work import TrustConfig
from tui.trust.forbidden import canonical, compile_forbidden
from tui.trust.globs import expand
from tui.trust.ground import Ground, within
from tui.trust.words import read_word


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return build_project(tmp_path_factory.mktemp("paths"))


@pytest.mark.parametrize(
    "path",
    [
        ".env", "./.env", "src/../.env", ".ENV", ".env.", ".env ", ".e\u200bnv", "．env", ".env/",
        "sub/deep/.env", ".git",
        ".GIT/config", "git~1/config", ".git::$INDEX_ALLOCATION/x", ".env::$DATA", "docs/same.txt", "docs/link.txt",
        "docs/key.txt", "~/.ssh/id_rsa", "$HOME/.ssh/id_rsa", "${HOME}/.ssh/x", "~/.SSH/id_rsa", "file:.env",
        "/proc/self/cwd/.env", "/proc/thread-self/cwd/.env", "src\\..\\.env",
        "%2eenv", "new/.env", "~/.aws",
        "a/b/../../.env",
    ],
)  # fmt: skip
def test_forbidden_spellings_are_refused(project: Project, path: str) -> None:
    if path.startswith("file:"):
        path = f"file://{project.root}/.env"
    verdict = project.ask("read_file", {"path": path})
    assert verdict.decision == "deny", verdict
    assert verdict.rule.startswith("forbidden_paths: "), verdict


@pytest.mark.parametrize(
    "path",
    [
        "../x", "/etc/passwd", "docs/etc/passwd", "../proj-private/x", "~/notes", "docs/loop",
        "docs/loop/x", "/dev/tty",
        "/proc/self/environ",
        "/proc/1/cmdline", "/sys/kernel", ".env.local", "a\nb", "a\u202eb",
    ],
)  # fmt: skip
def test_what_is_elsewhere_or_odd_asks(project: Project, path: str) -> None:
    assert project.ask("read_file", {"path": path}).decision == "ask"


@pytest.mark.parametrize(
    "path",
    [
        "README.md", "./src/a.py", "src/../README.md", "docs/inside.md", "docs/harmless.py", "src", "new.txt", ".envx",
        "x.env2", ".gitignore", ".github/workflows/ci.yml", "package.json", "~x", "a:b", "100%",
        "é.txt", ".llmmixer/config.toml",
    ],
)  # fmt: skip
def test_what_lies_in_the_project_passes(project: Project, path: str) -> None:
    verdict = project.ask("read_file", {"path": path})
    assert verdict.decision == "allow", verdict


def test_absolute_paths_into_the_project_pass(project: Project) -> None:
    assert project.ask("read_file", {"path": str(project.root / "README.md")}).decision == "allow"


def test_fifos_ask(project: Project) -> None:
    os.mkfifo(project.root / "pipe")
    assert project.ask("read_file", {"path": "pipe"}).rule == "special files"


@pytest.mark.parametrize("kind", ["own", "shared"])
def test_the_folders_behind_a_worktree_count_as_git(tmp_path: Path, kind: str) -> None:
    main = tmp_path / "main" / "store"  # named so that no component gives it away
    own = main / "worktrees" / "w"
    own.mkdir(parents=True)
    (own / "commondir").write_text("../..\n")
    (main / "config").write_text("x\n")
    project = build_project(tmp_path)
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / ".git").write_text(f"gitdir: {own}\n")
    moved = Project(root=tree, home=project.home, settings=project.settings, view=project.view)
    settings = moved.compiled()
    target = own / "HEAD" if kind == "own" else main / "config"
    verdict = moved.ask("write_file", {"path": str(target), "content": "x"}, settings)
    assert (verdict.decision, verdict.rule) == ("deny", "forbidden_paths: .git")
    assert moved.run(f"cat {target}", settings).decision == "deny"


def test_a_forbidden_name_above_the_project_does_not_matter(tmp_path: Path) -> None:
    project = build_project(tmp_path / "secrets", TrustConfig(forbidden_paths=("secrets",), auto_approve=True))
    assert project.ask("read_file", {"path": "README.md"}).decision == "allow"
    assert project.ask("read_file", {"path": "secrets/x"}).decision == "deny"


@pytest.mark.parametrize(
    ("entry", "hits", "misses"),
    [
        (".env", ["a/.env", ".env/x", ".ENV"], [".env.local", "x.env", ".envs"]),
        ("secrets/", ["secrets/x", "a/secrets/x"], ["secrets.txt", "mysecrets/x"]),
        ("conf/private", ["conf/private", "conf/private/x"], ["a/conf/private", "conf/private2"]),
        ("./conf/private/", ["conf/private/x"], ["conf/privately"]),
        ("*.pem", ["x.pem", "a/b.pem", "A.PEM"], ["x.pem.txt"]),
        ("conf/*.key", ["conf/a.key"], ["conf/a/b.key", "a.key"]),
        ("conf/**/x", ["conf/x", "conf/a/b/x", "conf/a/x/y"], ["x"]),
        ("docs/**", ["docs/a", "docs/a/b", "docs"], ["doc"]),
        ("~/.ssh", ["/h/.ssh/id", "/h/.ssh"], ["/h/.sshx", "/other/.ssh"]),
        ("$HOME/.aws", ["/h/.aws/x"], ["/x/.aws"]),
        ("/etc", ["/etc/passwd", "/etc"], ["/etcx", "etc"]),
        ("[ab].txt", ["a.txt"], ["c.txt"]),
    ],
)
def test_entries_mean_what_they_say(entry: str, hits: list[str], misses: list[str]) -> None:
    forbidden = compile_forbidden([entry], root="/p", home="/h")
    for path in hits:
        assert forbidden.hit(str(Path("/p") / path)) == entry, path
    for path in misses:
        assert forbidden.hit(str(Path("/p") / path)) is None, path


def test_names_are_brought_to_one_form() -> None:
    assert {canonical(name) for name in (".env", ".ENV", ".env.", ".env  ", ".e\u200dnv", "．ｅｎｖ")} == {".env"}
    assert (canonical("."), canonical("..")) == (".", "..")


def test_within_compares_components() -> None:
    assert all(within(path, folder) for path, folder in (("/a/b", "/a"), ("/a", "/a"), ("/a", "/")))
    assert not within("/ab", "/a")


@pytest.mark.parametrize("access", ["write_file", "edit_file", "delete_file"])
@pytest.mark.parametrize(
    "path", [".llmmixer/config.toml", ".llmmixer/new", "~/.config/llmmixer/config.toml", "sub/.llmmixer/x"]
)
def test_own_files_are_not_changed(project: Project, access: str, path: str) -> None:
    args = {"path": path.replace("~", str(project.home)), "content": "x", "old": "a", "new": "b"}
    verdict = project.ask(access, args)
    assert (verdict.decision, verdict.rule) == ("deny", "own files")


@pytest.mark.parametrize(
    "pattern", ["*", "*.py", "src/*", "s?c/*.py", "[st]*", ".e*", "*/deep", "no*pe", "**", "src/[ab].py", "'*'", "\\*"]
)
def test_patterns_find_what_bash_finds(project: Project, pattern: str) -> None:
    import shutil
    import subprocess

    if shutil.which("bash") is None:
        pytest.skip("there is no bash to compare with")
    ground = Ground(project.settings, project.view, str(project.root))
    ours = expand(read_word(pattern, 0, ground.places), ground.cwd, ground.files)
    command = ["bash", "--noprofile", "--norc", "-c", f"printf '%s\\n' {pattern}"]
    told = subprocess.run(command, cwd=project.root, capture_output=True, text=True, check=True).stdout.splitlines()
    assert set(told) - {".", ".."} <= set(ours or ()), (told, ours)
    assert set(ours or ()) - set(told) <= {".", ".."}


def test_settings_of_the_kit_are_automatic() -> None:
    assert AUTO.auto_approve
