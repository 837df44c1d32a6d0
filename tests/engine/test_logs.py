"""The log: whole masked JSON lines in a private file, nothing on the terminal, no words of a conversation."""

import asyncio
import json
import logging
import os
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import WaitUntil, WaitUntilBlocking
from tests.core.secret_corpus import RANDOM, VENDORS, WORDS
from tui.core import secrets
from tui.core.chat import StopReason, ToolCall, Usage
from tui.core.errors import Outcome, Problem
from tui.core.events import Event, Notice, TextDelta, ToolCallRequested, TurnFinished, TurnStarted
from tui.core.guard_events import AttemptFailed, RetryScheduled
from tui.engine import log_file
from tui.engine.bus import Bus
from tui.engine.log_records import record_of
from tui.engine.logs import Logging, start_logging

CANARY = "canary-" + VENDORS["groq"]
ROOT = Path(__file__).resolve().parents[2]
WORDS_SAID = "words that were said"


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Logging]:
    monkeypatch.setattr(secrets, "_known", {CANARY})
    log = start_logging(tmp_path, "session_x")
    yield log
    log.close()


def lines(log: Logging) -> list[dict[str, Any]]:
    log.close()
    return [json.loads(line) for line in log.path.read_text(encoding="utf-8").splitlines()]


def finished(outcome: Outcome = Outcome.SUCCESS) -> TurnFinished:
    return TurnFinished(
        pane="claude", turn="t1", outcome=outcome, stop=StopReason.END, usage=Usage(input_tokens=3, output_tokens=5),
        cost_pico=1_500_000_000, attempts=2, model="m", seconds=1.5,
    )  # fmt: skip


def test_any_logger_goes_to_the_private_file_and_nowhere_else(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    log = start_logging(tmp_path, "session_x")
    logging.getLogger("some.library").warning("password=%s and %s", WORDS, {"token": RANDOM})
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old: api_key=" + RANDOM, UserWarning, stacklevel=1)
    found = lines(log)
    assert [line["level"] for line in found] == ["warning", "warning"]
    assert found[0]["logger"] == "some.library"
    assert found[0]["session"] == "session_x"
    text = log.path.read_text()
    assert WORDS not in text
    assert RANDOM not in text
    assert log.path.stat().st_mode & 0o777 == 0o600
    assert capfd.readouterr() == ("", "")


def test_exceptions_are_masked_in_every_part(log: Logging) -> None:
    def fail() -> None:
        raise RuntimeError(f"key {CANARY}") from ValueError(f"Authorization: Bearer {RANDOM}")

    try:
        fail()
    except RuntimeError:
        logging.getLogger("x").exception("failed with %s", CANARY)
    (found,) = lines(log)
    assert found["error"]["type"] == "RuntimeError"
    assert found["error"]["cause"]["type"] == "ValueError"
    assert "Traceback" in found["trace"]
    text = log.path.read_text()
    assert CANARY not in text
    assert RANDOM not in text


def test_sdk_chatter_is_dropped_and_its_warnings_are_kept(log: Logging) -> None:
    logger = logging.getLogger("openai._base_client")
    logger.setLevel(logging.DEBUG)
    logger.debug("Request options: %s", {"json": {"input": WORDS_SAID}})
    logger.info("HTTP Request")
    logger.warning("Retrying")
    logger.setLevel(logging.NOTSET)
    assert [line["event"] for line in lines(log)] == ["Retrying"]


def test_broken_records_are_told_and_lose_no_other(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    log = start_logging(tmp_path, "s")

    class Odd:
        def __str__(self) -> str:
            raise ValueError("no text")

    logging.getLogger("x").warning("%d", "not a number")
    logging.getLogger("x").warning("odd %s", Odd())
    logging.getLogger("x").warning("after", extra={"llmmixer": {"odd": Odd(), "half": "\ud800"}})
    found = lines(log)
    assert [line["level"] for line in found] == ["warning"] * 3
    assert found[2]["event"] == "after"
    assert capfd.readouterr() == ("", "")


async def test_events_of_the_bus_become_records(log: Logging) -> None:
    bus = Bus()
    log.follow(bus)
    bus.publish(TurnStarted(pane="claude", turn="t1", prompt=WORDS_SAID, model="m"))
    bus.publish(TextDelta(pane="claude", turn="t1", seq=1, text=WORDS_SAID))
    call = ToolCall(id="c", name="read", arguments=json.dumps({"x": WORDS_SAID}), parsed={"x": WORDS_SAID})
    bus.publish(ToolCallRequested(pane="claude", turn="t1", call=call))
    problem = Problem(title="Overloaded", text="HTTP 529")
    bus.publish(
        AttemptFailed(pane="claude", turn="t1", attempt=1, model="m", outcome=Outcome.TRANSIENT, problem=problem)
    )
    bus.publish(
        RetryScheduled(
            pane="claude", turn="t1", attempt=2, attempts=3, seconds=0.5, outcome=Outcome.TRANSIENT, reason="529"
        )
    )
    bus.publish(finished())
    await bus.close()
    found = lines(log)
    assert [line["event"] for line in found] == [
        "turn_started", "tool_call_requested", "attempt_failed", "retry_scheduled", "turn_finished",
    ]  # fmt: skip
    assert WORDS_SAID not in log.path.read_text()
    assert found[2]["problem"] == {"title": "Overloaded", "text": "HTTP 529", "hint": ""}
    assert (found[3]["seconds"], found[3]["attempt"]) == (0.5, 2)
    assert (found[4]["cost_usd"], found[4]["attempts"], found[4]["usage"]["output_tokens"]) == ("0.001500", 2, 5)
    assert (found[4]["level"], found[2]["level"]) == ("info", "warning")


async def test_events_are_written_while_the_session_runs(log: Logging, wait_until: WaitUntil) -> None:
    bus = Bus()
    log.follow(bus)
    bus.publish(finished())
    await wait_until(lambda: log.path.exists() and log.path.read_text().count("\n") == 1)
    bus.publish(finished())
    await wait_until(lambda: log.path.read_text().count("\n") == 2)


@pytest.mark.parametrize(
    ("event", "level"),
    [
        (finished(), logging.INFO),
        (finished(Outcome.TRANSIENT), logging.WARNING),
        (finished(Outcome.CANCELLED), logging.INFO),
    ],
)
def test_levels(event: Event, level: int) -> None:
    record = record_of(event)
    assert record is not None
    assert record.level == level


async def test_an_unwritable_folder_is_told_once_and_nothing_stops(tmp_path: Path, wait_until: WaitUntil) -> None:
    (tmp_path / "logs").write_text("a file in the place of the folder")
    log = start_logging(tmp_path, "s")
    bus = Bus()
    events: list[Event] = []
    seen = bus.subscribe("test", on_wake=lambda: events.extend(seen.drain()))
    log.follow(bus)
    for number in range(5):
        logging.getLogger("x").warning("%d", number)
    await wait_until(lambda: any(isinstance(event, Notice) for event in events))
    log.close()
    await asyncio.sleep(0)
    assert len([event for event in events if isinstance(event, Notice)]) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_leaves_only_whole_lines(
    tmp_path: Path, wait_until_blocking: WaitUntilBlocking, capfd: pytest.CaptureFixture[str]
) -> None:
    told: list[Problem] = []
    log = start_logging(tmp_path, "s", notify=told.append)
    log.path.parent.mkdir()
    log.path.symlink_to("/dev/full")
    logging.getLogger("x").warning("lost")
    wait_until_blocking(lambda: bool(told))
    log.path.unlink()
    logging.getLogger("x").warning("kept")
    assert [line["event"] for line in lines(log)] == ["kept"]
    assert len(told) == 1
    assert capfd.readouterr() == ("", "")


def test_files_rotate_and_old_ones_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_file, "FILE_BYTES", 2_000)
    folder = tmp_path / "logs"
    folder.mkdir()
    for number in range(log_file.KEPT_FILES + 5):
        (folder / f"old{number}.jsonl").write_text("{}\n")
        os.utime(folder / f"old{number}.jsonl", (number, number))
    log = start_logging(tmp_path, "s")
    for number in range(200):
        logging.getLogger("x").warning("record %d", number)
    log.close()
    mine = sorted(folder.glob("s.jsonl*"))
    assert len(mine) == 1 + log_file.BACKUPS
    assert all(path.stat().st_size <= 2_000 and path.stat().st_mode & 0o777 == 0o600 for path in mine)
    assert all(json.loads(line) for path in mine for line in path.read_text().splitlines())
    assert not (folder / "old0.jsonl").exists()
    assert (folder / f"old{log_file.KEPT_FILES + 4}.jsonl").exists()


def test_closing_gives_the_loggers_back(tmp_path: Path) -> None:
    root = logging.getLogger()
    before = (root.level, list(root.handlers))
    log = start_logging(tmp_path, "s")
    threads = threading.active_count()
    log.close()
    log.close()
    assert (root.level, list(root.handlers)) == before
    assert threading.active_count() == threads - 1
    assert not log.path.exists()


def test_starting_imports_neither_structlog_nor_handlers() -> None:
    script = (
        "import sys, pathlib, tui.engine.logs as logs\n"
        "log = logs.start_logging(pathlib.Path(sys.argv[1]), 's')\n"
        "print(sorted({'structlog', 'logging.handlers', 'rich', 'textual', 'tui.engine.log_file'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "/nonexistent"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"
