"""Diffs show all that changes, visibly, in bounded time."""

import shutil
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.core.tool_events import PreviewKind
from tui.tools.preview import diff_preview, files_preview

TEXTS = st.lists(st.sampled_from(["a", "b", "c", "", "{", "}"]), max_size=30).map("\n".join)


def test_a_new_file() -> None:
    preview = diff_preview("f", None, "a\nb\n")
    assert preview.text == "--- /dev/null\n+++ b/f\n@@ -0,0 +1,2 @@\n+a\n+b"
    assert (preview.added, preview.removed) == (2, 0)


def test_nothing_changes() -> None:
    assert diff_preview("f", "a", "a").kind is PreviewKind.NOTHING


@pytest.mark.skipif(shutil.which("patch") is None, reason="patch is not installed")
@given(before=TEXTS, after=TEXTS)
def test_patch_agrees(before: str, after: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    preview = diff_preview("f", before, after)
    if preview.kind is PreviewKind.NOTHING:
        assert before == after
        return
    folder = tmp_path_factory.mktemp("patch")
    (folder / "f").write_text(before)
    done = subprocess.run(
        ["patch", "-s", "-p1", "-E"], cwd=folder, input=preview.text + "\n", text=True, check=False, capture_output=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert ((folder / "f").read_text() if (folder / "f").exists() else "") == after


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u200bb\n", "+a⟨U+200B⟩b"),
        ("a\u202eb\n", "+a⟨U+202E⟩b"),
        ("a\x1b[2Jb\n", "+a␛[2Jb"),
        ("a\rb\n", "+a⟨U+000D⟩b"),
        ("a\u2028+forged\n", "+a⟨U+2028⟩+forged"),
        ("a\x0c-forged\n", "+a⟨U+000C⟩-forged"),
        ("tab\there\n", "+tab\there"),
    ],
)
def test_what_could_not_be_seen_is_spelled_out(text: str, shown: str) -> None:
    assert diff_preview("f", None, text).text.split("\n")[-1] == shown


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("\n".join(f"old {n}" for n in range(40_000)), "\n".join(f"new {n}" for n in range(40_000))),
        ("x\n" * 30_000, "y\n" + "x\n" * 15_000 + "z\n" + "x\n" * 14_999 + "w\n"),
        ("a\nb\n" * 20_000, "b\na\n" * 20_000),
        ("x" * 3_000_000, "y" * 3_000_000),
        ("".join(f"{n}\n" for n in range(40_000)), "".join(f"{n if n % 2 else -n - 1}\n" for n in range(40_000))),
        ("".join(f"{n % 7}\n" for n in range(20_000)), "".join(f"{n % 11}\n" for n in range(20_000))),
    ],
    ids=["all lines", "equal lines", "swapped lines", "one line", "every second line", "few kinds of lines"],
)
def test_bounded_in_size_and_work(before: str, after: str) -> None:
    begun = time.process_time()
    preview = diff_preview("f", before, after)
    assert time.process_time() - begun < 20  # an unbounded comparison takes minutes
    assert len(preview.text) < 500_000
    if preview.omitted:
        assert "left out here" in preview.text
    assert preview.added + preview.removed > 0


def test_few_changes_of_a_large_file_are_few_lines() -> None:
    old = [f"line {n}" if n % 3 else "" for n in range(40_000)]
    new = [line for n, line in enumerate(old) if n % 9_000] + ["more"]
    new[20_000] = "changed"
    preview = diff_preview("f", "\n".join(old) + "\n", "\n".join(new) + "\n")
    assert (preview.added, preview.removed) == (2, 6)


def test_a_long_line_shows_its_beginning_and_its_end() -> None:
    preview = diff_preview("f", None, "begin" + "x" * 100_000 + "end\n")
    line = preview.text.split("\n")[-1]
    assert line.startswith("+beginxxx")
    assert line.endswith("xxxend")
    assert "80,009 characters left out here" in line
    assert preview.omitted == 1


def test_omitted_lines_are_counted() -> None:
    preview = diff_preview("f", None, "".join(f"{n}\n" for n in range(10_000)))
    lines = preview.text.split("\n")
    assert len(lines) - 1 + preview.omitted == 10_003
    assert lines[-1] == "+9999"
    assert preview.added == 10_000


def test_files() -> None:
    preview = files_preview("folder", ["folder/a", "folder/b\n+c"], 5)
    assert preview.text == "folder/a\nfolder/b⟨U+000A⟩+c"
    assert (preview.omitted, preview.removed) == (3, 5)


def test_paths_are_cleaned(tmp_path: Path) -> None:
    del tmp_path
    assert "\x1b" not in diff_preview("a\x1bb", None, "x").text
