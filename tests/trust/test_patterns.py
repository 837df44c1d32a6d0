"""Patterns of models, of rules and of forbidden paths: none hides what it means, none takes long."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.trust.ground_kit import Project, build_project
from tui.config.model_work import TrustConfig
from tui.trust.forbidden import as_pathspecs, compile_forbidden
from tui.trust.ground import Ground
from tui.trust.history import exclusions
from tui.trust.settings import compile_settings


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return build_project(tmp_path)


MANY = ",".join(f"a{number}" for number in range(70))
LISTED = TrustConfig(
    auto_approve=True, allowed_commands=("rg", "cat", "git diff"), forbidden_paths=(".env", ".secret*", "keys", "*.pem")
)


@pytest.mark.parametrize(
    "pattern",
    [".e\\nv", "\\.env", ".[[:alpha:]]nv", ".[!]]nv", ".e\\n*", f"{{{MANY},.env}}", f".{{env,{MANY}}}", ".{e,f}nv",
     f"**/{{{MANY}}}{{{MANY}}}", "k[e]ys/*", "?eys/a", "src/k*/a", "x" * 9_000 + "*"],
)  # fmt: skip
def test_no_spelling_of_a_pattern_brings_in_what_is_forbidden(project: Project, pattern: str) -> None:
    settings = project.compiled(LISTED)
    assert project.run(f"rg x -g '{pattern}'", settings).decision != "allow"


@pytest.mark.parametrize("pattern", [".e\\nv", ".[[:alpha:]]nv", ":(glob).e\\nv", "k[e]ys/a", "HEAD:.e\\nv"])
def test_no_spelling_of_a_pathspec_does(project: Project, pattern: str) -> None:
    assert project.run(f"git diff -- '{pattern}'", project.compiled(LISTED)).decision != "allow"


def test_of_very_many_colons_not_all_are_looked_at(project: Project) -> None:
    settings = project.compiled(LISTED)
    many = project.run("git diff HEAD" + ":a" * 20_000, settings)
    assert (many.decision, many.rule) == ("ask", "long words")
    assert project.run("git diff HEAD:src/a.py HEAD:src/b.py", settings).decision == "allow"
    assert project.run("git diff a:b:.env", settings).decision == "deny"
    assert project.run("git diff x" + "::0:a" * 60, settings).decision == "ask"
    assert project.run("git diff ':0:src/[ab].py'", settings).decision == "allow"


@pytest.mark.parametrize(
    "pattern", ["*.py", "**/*.py", "*.sample*", "*.{py,md}", "[a-c]*.py", "src/[ab].py", "x\\*.py"]
)
def test_plain_patterns_pass(project: Project, pattern: str) -> None:
    settings = project.compiled(LISTED)
    (project.root / ".secrets").write_text("x\n")
    (project.root / ".git" / "x.sample.py").write_text("x\n")
    assert project.run(f"rg x -g '{pattern}' src", settings).decision == "allow"


def test_a_hidden_file_that_a_forbidden_pattern_names_is_not_brought_in(project: Project) -> None:
    settings = project.compiled(LISTED)
    asked = "rg x -g '.s*' src"
    assert project.run(asked, settings).decision == "allow"
    (project.root / "sub" / ".secrets").write_text("x\n")
    assert project.run(asked, settings).rule == "forbidden_paths: .secret*"


def test_stars_in_a_command_do_not_stop_the_clock(project: Project) -> None:
    for name in ("a" * 200, "ab" * 100, "a" * 199 + "c"):
        (project.root / name).touch()
    assert project.run("cat " + "*a" * 12 + "b", project.compiled(LISTED)).decision == "allow"
    assert project.run("cat " + "a*" * 12 + "c", project.compiled(LISTED)).paths == (
        str(project.root / ("a" * 199 + "c")),
    )


@pytest.mark.parametrize(
    ("entry", "hits", "misses"),
    [
        ("[id].ts", ["[id].ts", "i.ts"], ["id.ts"]),
        ("app/[id]/**/x", ["app/[id]/a/x", "app/d/x/y"], ["app/id/x"]),
        ("x[c-a]*", ["x[c-a]b"], ["xbb"]),
        ("[[:digit:]].key", ["7.key"], ["a.key"]),
        ("[!]a].key", ["b.key", "[!]a].key"], ["a.key"]),
        ("conf/a**z", ["conf/az", "conf/a/b/z", "conf/a/b/z/y"], ["conf/a/b"]),
        ("conf/**/**", ["conf", "conf/a/b"], ["con"]),
        ("*.{pem,key}", ["a.pem", "x/b.KEY", "x.{pem,key}"], ["a.pemkey"]),
        ("{.env,.secret}", [".env", "a/.secret/x", "{.env,.secret}"], [".envsecret"]),
        ("{~/.a,conf/b}", ["/h/.a/x", "conf/b/x"], ["b", ".a"]),
        ("conf/{a,{b,c}*}.key", ["conf/a.key", "conf/bx.key", "conf/cc.key"], ["conf/x.key"]),
        ("x{y}z", ["xyz", "x{y}z"], ["xy"]),
        ("{a,b}" * 9 + "c", ["ab" * 4 + "ac"], ["ab" * 4 + "a"]),
        ("*a" * 30 + "b", ["xaxa" * 15 + "b"], ["a" * 200]),
    ],
)
def test_entries_with_sets_and_stars(entry: str, hits: list[str], misses: list[str]) -> None:
    forbidden = compile_forbidden([entry], root="/p", home="/h")
    assert [path for path in hits if not forbidden.hit(str(Path("/p") / path))] == []
    assert [path for path in misses if forbidden.hit(f"/p/{path}")] == []


@pytest.mark.parametrize(
    ("path", "fits", "misses"),
    [
        ("/**", ["README.md", "src/a.py"], []),
        ("/", ["README.md"], []),
        ("./**", ["README.md", "docs/guide.md"], []),
        ("src/**/**", ["src/a.py", "src"], ["README.md"]),
        ("src/", ["src/a.py", "sub/src"], ["README.md"]),
        ("./src", ["src/a.py"], ["sub/src"]),
        ("s*c/[ab].py", ["src/a.py", "SRC/B.PY"], ["src/c.py"]),
        ("{src,docs}/{a,guide}.*", ["src/a.py", "docs/guide.md", "DOCS/A.md"], ["src/b.py", "sub/a.py"]),
        ("*.{py,m{d,k}}", ["src/a.py", "README.md"], ["package.json"]),
        ("~/", [], ["README.md", "home/x"]),
        ("$HOME", [], ["README.md", "home/x"]),
        ("~", [], ["README.md", "home/x"]),
    ],
)
def test_the_paths_of_rules(project: Project, path: str, fits: list[str], misses: list[str]) -> None:
    settings = project.compiled(TrustConfig(auto_approve=True, rules=(f"deny read_file {path}",)))
    for each in fits:
        assert project.ask("read_file", {"path": each}, settings).rule == f"rules: deny read_file {path}", each
    for each in misses:
        assert "rules" not in project.ask("read_file", {"path": each}, settings).rule, each


def test_a_rule_for_the_home_folder_is_for_that_only(project: Project) -> None:
    config = TrustConfig(rules=("allow write_file ~/", "deny read_file ~/"))
    settings = project.compiled(config)
    inside = {"path": f"sub/{project.home.name}/new", "content": "x"}
    assert project.ask("write_file", inside, settings).decision == "ask"
    verdict = project.ask("read_file", {"path": str(project.home / "x")}, settings)
    assert (verdict.decision, verdict.rule) == ("deny", "rules: deny read_file ~/")


def test_what_a_rule_allows_it_names_exactly(project: Project) -> None:
    settings = project.compiled(TrustConfig(rules=("allow write_file d**s/new", "deny read_file d**s/guide.md")))
    assert project.ask("write_file", {"path": "docs/new", "content": "x"}, settings).decision == "allow"
    assert project.ask("write_file", {"path": "d/a/s/new", "content": "x"}, settings).decision == "ask"
    assert project.ask("write_file", {"path": "DOCS/new", "content": "x"}, settings).decision == "ask"
    assert project.ask("read_file", {"path": "docs/guide.md"}, settings).decision == "deny"
    assert project.ask("read_file", {"path": "DOCS/GUIDE.md"}, settings).decision == "deny"


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
@pytest.mark.parametrize("entry", ["[id].ts", "a\\b*", "conf/a**z", "conf/**z", "**/x[1]", "[!a]b**", "k/***", "*.pem"])
def test_git_means_at_least_what_an_entry_does(tmp_path: Path, entry: str) -> None:
    names = ["[id].ts", "i.ts", "id.ts", "a\\bc", "abc", "conf/az", "conf/a/b/z", "conf/q/r/z", "x1", "q/x[1]", "bb/c"]
    names += ["k/a/b", "k/c", "a.pem", "q/b.pem"]
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x\n")
    anchored = "" if "/" in entry else "**/"
    specs = [f":(top,glob){anchored}{each}{end}" for each in as_pathspecs(entry) for end in ("", "/**")]
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--others", "--", *specs], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    forbidden = compile_forbidden([entry], root=str(tmp_path), home="/h")
    meant = {name for name in names if "\\" not in name and forbidden.hit(str(tmp_path / name))}
    assert meant <= set(listed)


def test_git_is_asked_for_patterns_with_folders_from_its_own_top(project: Project) -> None:
    above = project.root.parent
    config = TrustConfig(forbidden_paths=("$HOME/proj/x*", f"{above.parent}/*/proj/keys*", "/nowhere/*/a*", "b/[id]*"))
    settings = compile_settings(config, home=above, root=project.root)
    specs = exclusions(Ground(settings, project.view, str(project.root)))
    found = {each.partition(")")[2] for each in specs if not each.endswith("/**")}
    assert found >= {"x*", "**/keys*", "b/[id]*", "b/\\[id]*"}
    assert "**/a*" not in found
