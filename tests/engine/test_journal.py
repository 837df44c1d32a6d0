"""The journal: whole lines only, masked, owner-only, tolerant of a torn end and of a full disk."""

import asyncio
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.scripted import ScriptedProvider
from tui.core import secrets
from tui.core.chat import AssistantMessage
from tui.core.clock import ManualClock
from tui.core.errors import Problem
from tui.core.events import MessageCompleted, Notice, NoticeLevel, SessionEnded, TextDelta
from tui.engine.bus import Bus
from tui.engine.journal import Journal, line_of, read_journal


def note(text: str) -> Notice:
    return Notice(level=NoticeLevel.INFO, problem=Problem(title="t", text=text))


async def journal_of(path: Path, *events: Notice | TextDelta | MessageCompleted) -> None:
    bus = Bus()
    journal = Journal(path, bus, ManualClock())
    await journal.start()
    for event in events:
        bus.publish(event)
        await asyncio.sleep(0)
    bus.publish(SessionEnded(session="s"))
    await bus.close()
    await journal.close()


async def test_everything_but_deltas_is_written_in_order(tmp_path: Path) -> None:
    path = tmp_path / "sessions" / "one.jsonl"
    message = MessageCompleted(pane="p", turn="t", message=AssistantMessage(text="whole", thinking="hm"))
    await journal_of(path, note("1"), TextDelta(pane="p", turn="t", seq=1, text="who"), message)
    entries = read_journal(path)
    assert [entry["type"] for entry in entries] == ["notice", "message_completed", "session_ended"]
    assert entries[1]["message"]["text"] == "whole"
    assert entries[0]["at"].endswith("+00:00")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


async def test_secrets_never_reach_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_known", {"correct-horse-battery"})
    path = tmp_path / "j.jsonl"
    key = "sk-ant-" + "abcdefghijkl" * 2
    await journal_of(path, note(f'a "correct-horse-battery" b {key} https://u:hunter22@h/'))
    content = path.read_text()
    for secret in ("horse", "abcdefghijkl", "hunter22"):
        assert secret not in content
    assert read_journal(path)[0]["problem"]["text"].count("[masked:") == 3


@given(st.text(), st.text())
def test_every_line_is_json_whatever_the_text(first: str, second: str) -> None:
    line = line_of(note(f"https://{first}:{second}@x authorization: {first}"), 0.0)
    assert line.count("\n") == 1
    assert json.loads(line)["type"] == "notice"


def test_a_torn_last_line_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    whole = line_of(note("one"), 0.0) + line_of(note("two"), 0.0)
    for cut in range(len(whole.encode()) + 1):
        path.write_bytes(whole.encode()[:cut])
        texts = [entry["problem"]["text"] for entry in read_journal(path)]
        assert texts == ["one", "two"][: len(texts)]
        assert len(texts) >= whole.encode()[:cut].count(b"\n")


def test_a_broken_line_in_the_middle_is_named(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    path.write_text('{"a": 1}\nnot json\n{"b": 2}\n')
    with pytest.raises(ValueError, match=r"j\.jsonl:2"):
        read_journal(path)


async def test_a_full_disk_tears_no_line_and_loses_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "j.jsonl"
    bus = Bus()
    journal = Journal(path, bus, ManualClock())
    others = bus.subscribe("others")
    await journal.start()
    room = 30
    real_write = os.write

    def write(file: int, data: bytes) -> int:
        nonlocal room
        if room <= 0:
            raise OSError(28, "No space left on device")
        written = real_write(file, bytes(data)[:room])
        room -= written
        return written

    with monkeypatch.context() as patch:
        patch.setattr("tui.engine.journal.os.write", write)
        bus.publish(note("kept although the disk is full"))
        told = (await others.get()) + (await others.get())
        assert any("No space left" in event.problem.text for event in told if isinstance(event, Notice))
        assert path.read_bytes() == b""
    await bus.close()
    await journal.close()
    assert [entry["problem"]["title"] for entry in read_journal(path)] == ["t", "Journal not written"]


def test_the_scripted_provider_follows_the_protocol() -> None:
    from tui.providers.base import Provider

    provider: Provider = ScriptedProvider([()])
    assert provider.wire
