"""Listing and searching real folders, with ripgrep and without."""

import asyncio
import os
import shutil
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import WaitUntil
from tests.tools.conftest import Bench
from tui.core.tool_events import ToolStatus
from tui.tools import searching
from tui.tools.globs import GlobError, parse_glob, parse_ignore
from tui.tools.outcome import Limits
from tui.tools.searching import ripgrep

HAS_RIPGREP = shutil.which("rg") is not None
ENGINES = [
    pytest.param("rg", marks=pytest.mark.skipif(not HAS_RIPGREP, reason="ripgrep is not installed")),
    "own",
]


@pytest.fixture
def tree(bench: Bench) -> Bench:
    """A small project with everything that must be left out."""
    bench.write(".gitignore", "*.log\nbuild/\n!keep.log\n")
    bench.write(".github/workflows/ci.yml", "name: find me\n")
    bench.write("src/main.py", "import os\ndef find_me():\n    return 1\n")
    bench.write("src/deep/er/below.py", "FIND_ME = 2\n")
    bench.write("src/.gitignore", "generated.py\n/deep/local.txt\n")
    bench.write("src/generated.py", "find me\n")
    bench.write("src/deep/local.txt", "find me\n")
    bench.write("src/deep/er/local.txt", "find me here\n")
    bench.write("debug.log", "find me\n")
    bench.write("keep.log", "find me kept\n")
    bench.write("build/out.txt", "find me\n")
    bench.write("binary.bin", b"\0find me\n")
    bench.write(".git/config", "find me\n")
    bench.write("crlf.txt", "one\r\nfind me too\r\n")
    (bench.root / "link").symlink_to("src")
    return bench


@pytest.fixture
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Search with ripgrep, or as if there were none."""
    name = str(request.param)
    if name == "own":
        monkeypatch.setattr(searching, "ripgrep", lambda root, path: None)
    return name


def lines(bench: Bench, name: str, **arguments: object) -> list[str]:
    outcome = bench.call(name, **arguments)
    assert outcome.status is ToolStatus.OK, outcome.text
    return outcome.text.split("\n")


def test_list(tree: Bench) -> None:
    assert lines(tree, "list_files") == [
        ".github/",
        ".github/workflows/",
        ".github/workflows/ci.yml",
        ".gitignore",
        "binary.bin",
        "crlf.txt",
        "keep.log",
        "link",
        "src/",
        "src/.gitignore",
        "src/deep/",
        "src/deep/er/",
        "src/main.py",
        "[4 ignored by .gitignore left out]",
    ]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"path": "src", "depth": 1}, ["src/.gitignore", "src/deep/", "src/main.py"]),
        ({"pattern": "*.py"}, ["src/deep/er/below.py", "src/main.py"]),
        ({"pattern": "src/*.py"}, ["src/main.py"]),
        ({"path": "src", "pattern": "deep/**"}, ["src/deep/er/below.py", "src/deep/er/local.txt"]),
        ({"pattern": "**/{below,main}.py"}, ["src/deep/er/below.py", "src/main.py"]),
        ({"pattern": "*.rs"}, ["No file matches."]),
        ({"path": "link", "depth": 1}, ["src/.gitignore", "src/deep/", "src/main.py"]),
    ],
)
def test_list_with_arguments(tree: Bench, arguments: dict[str, object], expected: list[str]) -> None:
    assert [line for line in lines(tree, "list_files", **arguments) if not line.startswith("[")] == expected


def test_what_is_forbidden_is_not_listed(new_bench: Callable[..., Bench]) -> None:
    bench = new_bench(None, lambda path: ".env" not in path.parts)
    bench.write(".env", "x")
    bench.write("a/.env", "x")
    bench.write("a/b", "x")
    assert lines(bench, "list_files") == ["a/", "a/b"]


def test_long_lists_are_bounded(new_bench: Callable[..., Bench]) -> None:
    bench = new_bench(Limits(output_bytes=1000))
    for number in range(300):
        bench.write(f"f{number:03}", "")
    *shown, note = lines(bench, "list_files")
    assert "there is more" in note
    assert len("\n".join(shown)) <= 1000


@pytest.mark.parametrize("engine", ENGINES, indirect=True)
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            {"pattern": "find.me"},
            [
                ".github/workflows/ci.yml:1: name: find me",
                "crlf.txt:2: find me too",
                "keep.log:1: find me kept",
                "src/deep/er/local.txt:1: find me here",
                "src/main.py:2: def find_me():",
            ],
        ),
        (
            {"pattern": "FIND_ME", "ignore_case": True, "glob": "*.py"},
            ["src/deep/er/below.py:1: FIND_ME = 2", "src/main.py:2: def find_me():"],
        ),
        ({"pattern": "find_me()", "literal": True}, ["src/main.py:2: def find_me():"]),
        ({"pattern": "find", "path": "src/main.py"}, ["src/main.py:2: def find_me():"]),
        ({"pattern": "find", "path": "src", "glob": "deep/**"}, ["src/deep/er/local.txt:1: find me here"]),
        ({"pattern": "find", "path": "link", "glob": "*.py"}, ["src/main.py:2: def find_me():"]),
        ({"pattern": "find", "path": "src/deep"}, ["src/deep/er/local.txt:1: find me here"]),
        ({"pattern": "find", "glob": "*.log"}, ["keep.log:1: find me kept"]),
        ({"pattern": "nowhere to be seen"}, ["No line matches."]),
        ({"pattern": "-e"}, ["No line matches."]),
    ],
)
def test_search(tree: Bench, engine: str, arguments: dict[str, object], expected: list[str]) -> None:
    assert engine
    assert lines(tree, "search", **arguments) == expected


@pytest.mark.parametrize("engine", ENGINES, indirect=True)
@pytest.mark.parametrize("path", ["src", "src/main.py"])
def test_a_link_that_appears_is_not_searched(tree: Bench, engine: str, path: str) -> None:
    assert engine
    outside = tree.root.parent / "outside"
    outside.mkdir()
    (outside / "main.py").write_text("find me stolen\n")
    prepared = tree.prepare("search", pattern="find", path=path)
    (tree.root / "src").rename(tree.root / "moved")
    (tree.root / "src").symlink_to(outside)
    assert "stolen" not in asyncio.run(tree.box.run(prepared)).text


@pytest.mark.parametrize("engine", ENGINES, indirect=True)
def test_names_and_lines_that_are_no_text(bench: Bench, engine: str) -> None:
    assert engine
    try:
        (bench.root / os.fsdecode(b"a\xff")).write_text("needle 1\n")
    except OSError:
        pytest.skip("this file system takes only names in UTF-8")
    bench.write("new\nline", "needle 2\n")
    bench.write("latin", b"needle \xe4\n")
    assert lines(bench, "search", pattern="needle") == [
        "a\\udcff:1: needle 1",
        "latin:1: needle ä",
        "new\\nline:1: needle 2",
    ]
    listed = lines(bench, "list_files")
    assert listed == ["a\\udcff", "latin", "new\\nline"]


@pytest.mark.parametrize("engine", ENGINES, indirect=True)
def test_a_bad_expression_is_told(tree: Bench, engine: str) -> None:
    assert engine
    outcome = tree.call("search", pattern="(")
    assert outcome.status is ToolStatus.ERROR
    assert "The regular expression cannot be used: " in outcome.text
    assert "unclosed group" in outcome.text or "unterminated subpattern" in outcome.text


@pytest.mark.parametrize("engine", ENGINES, indirect=True)
def test_nothing_is_told_of_forbidden_files(new_bench: Callable[..., Bench], engine: str) -> None:
    assert engine
    bench = new_bench(None, lambda path: path.name != ".env")
    bench.write(".env", "KEY=secret\n")
    bench.write("a", "KEY=here\n")
    assert lines(bench, "search", pattern="KEY") == ["a:1: KEY=here"]
    assert lines(bench, "search", pattern="secret") == ["No line matches."]


@pytest.mark.parametrize("engine", ENGINES, indirect=True)
def test_many_matches_and_long_lines_are_bounded(bench: Bench, engine: str) -> None:
    assert engine
    bench.write("a", "x\n" * 500)
    bench.write("b", "y" * 10_000 + "\n")
    *shown, note = lines(bench, "search", pattern="x")
    assert len(shown) == 200
    assert note == "[More lines match; 200 are shown. Narrow the pattern, path or glob.]"
    (line,) = lines(bench, "search", pattern="yyy")
    assert len(line) < 500
    assert line.endswith("… [9600 more]")


@pytest.mark.skipif(not HAS_RIPGREP, reason="ripgrep is not installed")
def test_ripgrep_obeys_no_configuration(tree: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tree.write("ripgreprc", "--pre=/bin/echo\n--no-ignore\n")
    monkeypatch.setenv("RIPGREP_CONFIG_PATH", str(config))
    assert lines(tree, "search", pattern="FIND_ME") == ["src/deep/er/below.py:1: FIND_ME = 2"]


def test_ripgrep_is_not_taken_from_the_project(bench: Bench) -> None:
    fake = bench.write("bin/rg", "#!/bin/sh\n")
    fake.chmod(0o755)
    (bench.root.parent / "linked").symlink_to(bench.root / "bin")
    places = [str(bench.root / "bin"), "bin", ".", "", str(bench.root.parent / "linked")]
    assert ripgrep(bench.root, os.pathsep.join(places)) is None


def test_an_unsuitable_ripgrep_is_done_without(tree: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = tmp_path / "rg"
    fake.write_text("#!/bin/sh\necho 'error: unrecognized flag --engine' >&2\nexit 2\n")
    fake.chmod(0o755)
    monkeypatch.setattr(searching, "ripgrep", lambda root, path: str(fake))
    assert lines(tree, "search", pattern="FIND_ME") == ["src/deep/er/below.py:1: FIND_ME = 2"]


def test_an_expression_that_takes_for_ever_is_ended(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "ripgrep", lambda root, path: None)
    monkeypatch.setattr(searching, "_SECONDS", 1.0)
    bench.write("a", "a" * 60 + "!\n")
    assert "The search took too long" in lines(bench, "search", pattern="(a+)+$")[-1]


async def test_cancelling_ends_the_search(bench: Bench, monkeypatch: pytest.MonkeyPatch, wait_until: WaitUntil) -> None:
    monkeypatch.setattr(searching, "ripgrep", lambda root, path: None)
    bench.write("a", "a" * 60 + "!\n")
    started: list[subprocess.Popen[bytes]] = []
    watch = searching.Stop.watch

    def watched(self: searching.Stop, process: subprocess.Popen[bytes]) -> None:
        started.append(process)
        watch(self, process)

    monkeypatch.setattr(searching.Stop, "watch", watched)
    prepared = bench.prepare("search", pattern="(a+)+$")
    before = threading.active_count()
    task = asyncio.create_task(bench.box.run(prepared))
    await wait_until(lambda: started)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await wait_until(lambda: started[0].returncode is not None)
    assert threading.active_count() <= before + 2


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("*.py", "a/b.py", True),
        ("*.py", "a/b.pyc", False),
        ("a/*.py", "a/b.py", True),
        ("a/*.py", "a/c/b.py", False),
        ("a/**/b.py", "a/b.py", True),
        ("a/**/b.py", "a/c/d/b.py", True),
        ("**/b.py", "b.py", True),
        ("**", "a/b", True),
        ("a/**", "a", False),
        ("?.py", "b.py", True),
        ("[ab].py", "a.py", True),
        ("[!ab].py", "a.py", False),
        ("[a-c]x", "bx", True),
        ("{a,b}.{py,rs}", "b.rs", True),
        ("{a,b}.{py,rs}", "c.rs", False),
        ("\\*", "*", True),
        ("\\*", "a", False),
        ("[", "[", True),
        ("a[]b]c", "a]c", True),
        ("./src/*", "src/a", True),
        ("a.b", "axb", False),
        ("*a*b*", "xaxbx", True),
        ("*a*b", "xaxbx", False),
    ],
)
def test_globs(glob: str, path: str, matches: bool) -> None:
    assert parse_glob(glob).matches(path) is matches


@pytest.mark.parametrize("glob", ["x" * 1001, "{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}"])
def test_globs_that_are_too_much(bench: Bench, glob: str) -> None:
    with pytest.raises(GlobError):
        parse_glob(glob)
    assert "the glob" in bench.prepare("list_files", pattern=glob).problem


@given(st.text("a*?[]!^-{},/\\.", max_size=12), st.text("a[]/-.", max_size=12))
def test_no_glob_breaks(glob: str, path: str) -> None:
    parse_glob(glob).matches(path)
    parse_ignore(glob).verdict(path, is_folder=False)


def test_a_glob_of_many_stars_is_fast() -> None:
    assert not parse_glob("*a" * 60 + "b").matches("a" * 3000)


GIT_RULES = st.lists(
    st.sampled_from(
        ["*.log", "!keep.log", "/top", "dir/", "a/b", "**/deep", "a/**", "x*", "[ab].c", "#comment", "", "\\#real",
         "!dir/", "a/**/z", "?", "trail  ", "/a/*", "!/a/b"]
    ),
    max_size=5,
)  # fmt: skip
GIT_PATHS = [
    "keep.log",
    "x.log",
    "top",
    "dir/f",
    "a/b",
    "a/q/z",
    "a/z",
    "deep/f",
    "q/deep",
    "xy",
    "a.c",
    "#real",
    "trail",
    "r",
]


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_git_agrees_on_what_is_ignored(new_bench: Callable[..., Bench]) -> None:
    bench = new_bench()
    subprocess.run(["git", "init", "-q", str(bench.root)], check=True)
    for path in GIT_PATHS:
        bench.write(path, "")
        bench.write(f"sub/{path}", "")

    @settings(max_examples=60)
    @given(outer=GIT_RULES, inner=GIT_RULES)
    def agree(outer: list[str], inner: list[str]) -> None:
        bench.write(".gitignore", "\n".join(outer))
        bench.write("sub/.gitignore", "\n".join(inner))
        listed = subprocess.run(
            ["git", "-c", "core.excludesFile=/dev/null", "ls-files", "-z", "--others", "--exclude-standard"],
            cwd=bench.root, capture_output=True, text=True, check=True,
        )  # fmt: skip
        expected = sorted(filter(None, listed.stdout.split("\0")))
        shown = [line for line in lines(bench, "list_files", depth=9) if not line.endswith(("/", "]"))]
        assert shown == expected

    agree()
