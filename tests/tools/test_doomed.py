"""What a command that deletes would take is counted from the disk, and nothing is claimed that is not certain."""

from pathlib import Path

import pytest

from tui.core.tool_events import Preview, PreviewKind
from tui.tools.doomed import doomed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.txt", "b.txt", ".hidden", "build/x.o", "build/deep/y.o", "docs/read me.md", "elsewhere/keep"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "build" / "link").symlink_to(tmp_path / "elsewhere")
    return tmp_path


@pytest.mark.parametrize(
    ("parts", "files"),
    [
        (["rm -rf build"], ["build/link", "build/x.o", "build/deep/y.o"]),
        (["rm -rf build/"], ["build/link", "build/x.o", "build/deep/y.o"]),
        (["rm a.txt a.txt"], ["a.txt"]),
        (["/bin/rm -f -- a.txt"], ["a.txt"]),
        (["rm *", "ls"], ["a.txt", "b.txt", "build/link", "build/x.o", "build/deep/y.o", "docs/read me.md",
                          "elsewhere/keep"]),
        (["rm ?.txt"], ["a.txt", "b.txt"]),
        (["rm 'docs/read me.md'"], ["docs/read me.md"]),
        (["rm '*.txt'"], []),
        (["ls", "unlink b.txt"], ["b.txt"]),
        (["rm a.txt", "cd build", "rm x.o"], ["a.txt"]),
        (["cd build", "rm x.o"], []),
        (["rm $HOME/a.txt"], []),
        (["rm ~/a.txt"], []),
        (["rm {a,b}.txt"], []),
        (["rm $(cat a.txt)"], []),
        (["rm 'a.txt"], []),
        (["rm none"], []),
        (["rm -rf empty"], []),
        (["sudo rm a.txt"], []),
        (["git clean -fdx"], []),
        ([""], []),
    ],
)  # fmt: skip
def test_the_files_a_command_deletes(parts: list[str], files: list[str], folder: Path) -> None:
    found = doomed(parts, folder)
    assert sorted(found.text.split("\n") if found.text else []) == sorted(files)
    assert (found.kind, found.removed) == ((PreviewKind.FILES, len(files)) if files else (Preview().kind, 0))


def test_many_files_are_counted_and_some_are_named(tmp_path: Path) -> None:
    (tmp_path / "many").mkdir()
    for number in range(700):
        (tmp_path / "many" / str(number)).touch()
    found = doomed(["rm -r many"], tmp_path)
    assert (found.removed, found.omitted, len(found.text.split("\n"))) == (700, 200, 500)


def test_names_are_shown_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "a\nb").touch()
    (tmp_path / "d" / "\u202egnp").touch()
    text = doomed(["rm -r d"], tmp_path).text
    assert len(text.split("\n")) == 2
    assert "\u202e" not in text
