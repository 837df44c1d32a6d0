"""What is written down of calls: whatever begins in the record ends there."""

import asyncio
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import WaitUntil
from tests.engine.workbench import Workbench, auto, make_project
from tui.trust.audit import Audit


@pytest.mark.parametrize("kind", ["start", "end"])
async def test_a_call_stopped_while_it_is_written_down_ends_in_the_record(
    tmp_path: Path, wait_until: WaitUntil, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    bench = Workbench(make_project(tmp_path / "project"), tmp_path / "home", wait_until, trust=auto())
    reached, gate = threading.Event(), threading.Event()
    real = Audit.append

    def slow(self: Audit, what: str, entry: Mapping[str, Any]) -> None:
        if what == kind:
            reached.set()
            gate.wait(30)
        real(self, what, entry)

    monkeypatch.setattr(Audit, "append", slow)
    task = bench.begin("read_file", path="README.md")
    await wait_until(reached.is_set)
    task.cancel()
    await asyncio.sleep(0)
    gate.set()
    await asyncio.wait({task})
    kinds = [(entry["kind"], entry.get("status")) for entry in await bench.written()]
    assert [name for name, _ in kinds] == ["start", "end"]
    assert kinds[1][1] == ("stopped" if kind == "start" else "ok")
