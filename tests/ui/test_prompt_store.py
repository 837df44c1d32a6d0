"""The file of earlier prompts: private, masked, bounded, shared, and forgiving."""

import json
import os
import threading
from pathlib import Path

import pytest

from tui.ui.view.prompt_memory import LIMIT
from tui.ui.widgets import prompt_store
from tui.ui.widgets.prompt_store import MAX_ENTRY, HistoryStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "history.jsonl"


def _append(path: Path, *texts: str) -> None:
    store = HistoryStore(path, on_error=pytest.fail)
    for text in texts:
        store.append(text, 1_767_225_600.25)
    store.flush()


def test_round_trip_and_form(path: Path) -> None:
    texts = ["one", "두 줄\nand\ttab", '"quoted" \\ \u2028']
    _append(path, *texts)
    assert HistoryStore(path).load() == texts
    lines = path.read_text(encoding="utf-8").split("\n")
    assert json.loads(lines[0]) == {"at": 1_767_225_600.25, "text": "one"}
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_file_others_could_read_is_closed_to_them(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("")
    path.chmod(0o644)
    _append(path, "x")
    assert path.stat().st_mode & 0o777 == 0o600


def test_no_file_is_no_history(path: Path) -> None:
    assert HistoryStore(path).load() == []


def test_secrets_are_masked_on_disk(path: Path) -> None:
    secret = "sk-ant-" + "a1B2" * 8
    _append(path, f"use {secret} now")
    assert secret not in path.read_text()
    (text,) = HistoryStore(path).load()
    assert text.startswith("use [masked:")


@pytest.mark.parametrize("torn", ['{"at": 1, "te', '{"at": 1, "text": "no newline"}', "\x00\x00", "[1]", '{"text": 3}'])
def test_a_damaged_last_line_spoils_nothing(path: Path, torn: str) -> None:
    _append(path, "one")
    with path.open("a") as file:
        file.write(torn)
    _append(path, "two")
    loaded = HistoryStore(path).load()
    assert loaded[0] == "one"
    assert loaded[-1] == "two"
    assert loaded[1:-1] in ([], ["no newline"])


def test_bytes_that_are_no_text_are_skipped(path: Path) -> None:
    _append(path, "one")
    with path.open("ab") as file:
        file.write(b'{"text": "\xff\xfe"}\n')
    _append(path, "two")
    assert HistoryStore(path).load() == ["one", "two"]


def test_bounded_in_number(path: Path) -> None:
    store = HistoryStore(path)
    for number in range(LIMIT + 250):
        store.append(str(number), 0.0)
        if number % 40 == 0:
            store.flush()
    store.flush()
    loaded = HistoryStore(path).load()
    assert len(loaded) == LIMIT
    assert loaded[-1] == str(LIMIT + 249)
    assert path.read_bytes().count(b"\n") <= LIMIT + 100
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_bounded_in_bytes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prompt_store, "MAX_BYTES", 20_000)
    for number in range(50):
        _append(path, f"{number} " + "x" * 1_000)
        assert path.stat().st_size <= 20_000
    assert HistoryStore(path).load()[-1].startswith("49 ")


def test_a_huge_prompt_is_not_written(path: Path) -> None:
    _append(path, "x" * (MAX_ENTRY + 1), "small")
    assert HistoryStore(path).load() == ["small"]


def test_two_stores_share_a_file(path: Path) -> None:
    def write(name: str) -> None:
        for number in range(200):
            _append(path, f"{name}{number}")

    threads = [threading.Thread(target=write, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    loaded = HistoryStore(path).load()
    for name in "ab":
        assert [text for text in loaded if text.startswith(name)] == [f"{name}{number}" for number in range(200)]


def test_a_file_replaced_by_another_process_is_followed(path: Path) -> None:
    store = HistoryStore(path)
    store.append("one", 0.0)
    store.flush()
    path.unlink()
    store.append("two", 0.0)
    store.flush()
    assert HistoryStore(path).load() == ["two"]


def test_an_error_is_reported_once_and_nothing_breaks(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    reports: list[str] = []
    store = HistoryStore(tmp_path / "file" / "history.jsonl", on_error=reports.append)
    for _ in range(3):
        store.append("x", 0.0)
        store.flush()
    assert len(reports) == 1
    assert "not saved" in reports[0]


def test_appending_does_not_wait_for_the_disk(path: Path) -> None:
    """A pipe that nobody reads blocks its writer for ever; appending returns all the same."""
    path.parent.mkdir()
    os.mkfifo(path)
    held = os.open(path, os.O_RDWR)
    try:
        store = HistoryStore(path)
        store.append("x" * 90_000, 0.0)
        assert store._writer is not None
    finally:
        writer = store._writer
        while writer is not None and writer.is_alive():
            os.read(held, 65_536)
            writer.join(0.01)
            writer = store._writer
        os.close(held)
