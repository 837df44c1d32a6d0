"""That the end of the record is there: lines cut off its tail are missed, and a crash is no loss."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tui.trust.audit import Audit, read, verify
from tui.trust.audit_end import End, end_path, read_end, write_end


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


def write(path: Path, count: int, *, text: str = "") -> None:
    log = Audit(path)
    for number in range(count):
        log.append("x", {"number": number, "text": text})


def cut(path: Path, count: int) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[: len(lines) - count]))


def test_the_end_is_written_with_every_entry(path: Path) -> None:
    for number in (1, 2, 3):
        write(path, 1)
        assert read_end(path) == End(entries=number, hash=read(path)[-1]["hash"])
        assert [entry["entry"] for entry in read(path)] == list(range(1, number + 1))
    assert verify(path).problems == ()
    assert end_path(path).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("count", [1, 2, 5])
def test_what_was_cut_off_is_missed(path: Path, count: int) -> None:
    write(path, 5)
    cut(path, count)
    assert verify(path).problems == (f"the end: {count} of 5 entries are missing",)


def test_a_record_that_is_gone_is_missed(path: Path) -> None:
    write(path, 3)
    path.unlink()
    assert verify(path).problems == ("the end: 3 of 3 entries are missing",)


def test_going_on_after_a_loss_does_not_hide_it(path: Path) -> None:
    write(path, 5)
    gone = read(path)[-1]["hash"]
    cut(path, 3)
    write(path, 4)
    assert read(path)[2]["missing"] == {"entries": 5, "hash": gone}
    assert all("missing" not in entry for entry in read(path)[3:])
    assert verify(path).problems == ("line 3: entries before it were taken away; there had been 5",)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join((*lines[:2], *lines[3:])))
    assert any("taken out" in problem for problem in verify(path).problems)


def test_other_lines_in_place_of_the_last_ones_are_noticed(path: Path, tmp_path: Path) -> None:
    write(path, 4)
    cut(path, 2)
    forged = tmp_path / "forged.jsonl"
    forged.write_bytes(path.read_bytes())
    write(forged, 2, text="forged")
    path.write_bytes(forged.read_bytes())
    assert verify(path).problems == ("the end: the last entries were exchanged",)
    write(path, 1)
    assert "missing" in read(path)[-1]
    assert verify(path).problems


def test_a_crash_before_the_end_was_written_is_no_loss(path: Path) -> None:
    write(path, 3)
    before = end_path(path).read_bytes()
    write(path, 1)
    end_path(path).write_bytes(before)
    assert verify(path).problems == ()
    write(path, 1)
    assert verify(path).problems == ()
    assert read_end(path) == End(entries=5, hash=read(path)[-1]["hash"])


@pytest.mark.parametrize("text", [None, b"", b"{", b"[1]", b'{"entries": "5", "hash": "x"}', b"[" * 256, b"\xff\xfe"])
def test_an_end_that_nobody_can_read_is_told(path: Path, text: bytes | None) -> None:
    write(path, 2)
    if text is None:
        end_path(path).unlink()
    else:
        end_path(path).write_bytes(text)
    assert verify(path).problems == ("audit.end is missing or unreadable: entries at the end may be missing too",)
    write(path, 1)
    assert verify(path).problems == ()


def test_a_record_from_before_there_were_numbers_goes_on(path: Path) -> None:
    write(path, 2)
    end_path(path).unlink()
    entries = read(path)
    path.write_text("".join(_resealed(entries, lambda entry: entry.pop("entry"))))
    assert verify(path).problems == ()
    write(path, 2)
    assert [entry.get("entry") for entry in read(path)] == [None, None, 3, 4]
    assert verify(path).problems == ()
    cut(path, 3)
    assert verify(path).problems == ("the end: 3 of 4 entries are missing",)


def test_an_entry_cannot_claim_a_number_or_a_loss(path: Path) -> None:
    Audit(path).append("x", {"entry": 99, "missing": {"entries": 7}})
    assert read(path)[0]["entry"] == 1
    assert "missing" not in read(path)[0]
    assert verify(path).problems == ()


def test_a_link_in_the_place_of_the_end_is_not_followed(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("whole")
    end_path(path).symlink_to(target)
    write_end(path, End(entries=1, hash="0"))
    assert target.read_text() == "whole"


def _resealed(entries: list[dict[str, object]], change: Callable[[dict[str, object]], object]) -> list[str]:
    from tui.trust.audit import START, _seal

    before, lines = START, []
    for entry in entries:
        change(entry)
        entry["hash"] = before = _seal(entry, before)
        lines.append(json.dumps(entry, separators=(",", ":")) + "\n")
    return lines
