"""The record of decisions: complete, private, sealed, and never the reason for a crash."""

import errno
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tui.core.secrets import register
from tui.trust import audit
from tui.trust.audit import Audit, AuditError, read, verify

WRITER = """
import sys
from pathlib import Path
from tui.trust.audit import Audit
log = Audit(Path(sys.argv[1]))
for number in range(int(sys.argv[3])):
    log.append("decision", {"who": sys.argv[2], "number": number})
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


def test_entries_are_read_back_in_order(path: Path) -> None:
    log = Audit(path)
    for number in range(5):
        log.append("decision", {"number": number, "paths": ["/a"], "parts": [{"text": "ls"}], "nothing": None})
    entries = read(path)
    assert [entry["number"] for entry in entries] == [0, 1, 2, 3, 4]
    assert entries[0]["kind"] == "decision"
    assert entries[0]["parts"] == [{"text": "ls"}]
    assert entries[0]["time"].endswith("+00:00")
    assert [entry["number"] for entry in read(path, 2)] == [3, 4]
    assert verify(path).entries == 5
    assert verify(path).problems == ()


def test_only_its_owner_can_read_it(path: Path) -> None:
    Audit(path).append("x", {})
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    Audit(path).append("x", {})
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_link_is_not_followed(path: Path, tmp_path: Path) -> None:
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(AuditError):
        Audit(path).append("x", {})
    assert not (tmp_path / "elsewhere").exists()


def test_secrets_are_masked_at_any_depth(path: Path) -> None:
    secret = "known-audit-value-4711"
    register([secret])
    Audit(path).append("start", {"arguments": {"command": f"echo {secret}", "edits": [{"old": secret}]}})
    assert secret not in path.read_text()
    assert verify(path).problems == ()


@pytest.mark.parametrize("value", [float("nan"), "\ud800", "\0\x1b", {"a": {"b": [1, 2.5, True]}}, object(), "é\u2028"])
def test_whatever_is_written_down_keeps_its_seal(path: Path, value: object) -> None:
    log = Audit(path)
    log.append("x", {"value": value, "hash": "forged", "kind": "forged", 3: "number"})  # type: ignore[dict-item] # hostile
    log.append("x", {})
    assert verify(path).problems == ()
    assert len(path.read_bytes().splitlines()) == 2
    assert read(path)[0]["kind"] == "x"


def change(lines: list[bytes]) -> list[bytes]:
    return [lines[0], lines[1].replace(b'"number":1', b'"number":9'), *lines[2:]]


@pytest.mark.parametrize(
    "tamper",
    [
        change,
        lambda lines: [lines[0], *lines[2:]],
        lambda lines: lines[1:],
        lambda lines: [lines[0], lines[2], lines[1], *lines[3:]],
        lambda lines: [*lines[:2], lines[1], *lines[2:]],
        lambda lines: [lines[0], b"garbage\n", *lines[1:]],
        lambda lines: [lines[0], lines[1][:10] + b"\n", *lines[2:]],
        lambda lines: [*lines, b"garbage\n"],
        lambda lines: [lines[0], b'{"hash": 3}\n', *lines[1:]],
    ],
)
def test_every_change_is_noticed(path: Path, tamper: object) -> None:
    log = Audit(path)
    for number in range(4):
        log.append("x", {"number": number})
    assert callable(tamper)
    path.write_bytes(b"".join(tamper(path.read_bytes().splitlines(keepends=True))))
    assert verify(path).problems


def test_an_unfinished_last_line_is_tolerated_and_accounted_for(path: Path) -> None:
    Audit(path).append("x", {"number": 0})
    with path.open("ab") as file:
        file.write(b'{"number": 1, "ha')
    assert verify(path).problems == ()
    Audit(path).append("x", {"number": 2})
    assert [entry["number"] for entry in read(path)] == [0, 2]
    assert verify(path).problems == ()
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b'{"number": 1, "ha\n', b""))
    assert verify(path).problems  # the unfinished line cannot be taken out either
    path.write_bytes(whole.replace(b'{"number": 1, "ha\n', b'{"number": 7, "ha\n'))
    assert verify(path).problems


def test_a_line_longer_than_one_look_back_is_found(path: Path) -> None:
    Audit(path).append("x", {"text": "long " * 60_000})
    Audit(path).append("x", {"number": 1})
    assert verify(path).problems == ()


@pytest.mark.parametrize("short", [0, 5, 40])
def test_a_full_disk_is_an_error_and_leaves_the_file_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch, short: int
) -> None:
    log = Audit(path)
    log.append("x", {"number": 0})
    before = path.read_bytes()
    real = os.write
    with monkeypatch.context() as patch:
        written: list[int] = []

        def full(handle: int, data: bytes) -> int:
            if written or not short:
                raise OSError(errno.ENOSPC, "No space left on device")
            written.append(real(handle, data[:short]))
            return short

        patch.setattr(audit.os, "write", full)  # type: ignore[attr-defined] # the module's own import
        with pytest.raises(AuditError, match="No space left"):
            log.append("x", {"number": 1})
    assert path.read_bytes() == before
    log.append("x", {"number": 2})
    assert verify(path).problems == ()
    assert len(read(path)) == 2


def test_a_folder_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AuditError):
        Audit(tmp_path / "none" / "audit.jsonl").append("x", {})


def test_no_record_is_an_empty_one(path: Path) -> None:
    assert read(path) == []
    assert verify(path).entries == 0


def test_threads_and_programs_write_whole_lines_in_one_chain(path: Path) -> None:
    log = Audit(path)
    programs = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), f"p{index}", "25"]) for index in range(3)]

    def write() -> None:
        for number in range(25):
            log.append("x", {"number": number})

    threads = [threading.Thread(target=write) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [program.wait(timeout=50) for program in programs] == [0, 0, 0]
    assert verify(path).entries == 150
    assert verify(path).problems == ()


def test_a_program_killed_while_it_writes_leaves_a_sound_record(path: Path) -> None:
    program = subprocess.Popen([sys.executable, "-c", WRITER, str(path), "killed", "100000"])
    while not path.exists() or path.stat().st_size < 2_000:
        assert program.poll() is None
    program.kill()
    program.wait(timeout=50)
    Audit(path).append("x", {"who": "after"})
    assert verify(path).problems == ()
    assert json.loads(path.read_bytes().splitlines()[-1])["who"] == "after"
