"""Tool calls on the real screen: a line each, live output, folding by key, the words in the pane's head."""

from pathlib import Path

import pytest

from tests.conftest import WaitUntil
from tests.ui.test_app import Table, running
from tui.core.chat import StopReason, ToolCall, Usage
from tui.core.errors import Outcome
from tui.core.events import ToolCallBegan, ToolCallRequested, TurnFinished
from tui.core.tool_events import (
    ApprovalRequested,
    ApprovalResolved,
    Preview,
    PreviewKind,
    ToolFinished,
    ToolOutput,
    ToolStarted,
    ToolStatus,
)
from tui.core.trust import Resolution, Risk

DIFF = "--- a/tally/money.py\n+++ b/tally/money.py\n@@ -18 +18 @@\n-    return [share] * people\n+    return shares"


class Worker:
    """Publishes what happens to the calls of one turn."""

    def __init__(self, table: Table, pane: str = "claude") -> None:
        self.bus = table.engine.bus
        self.pane = pane
        self.turn = table.engine.begin(pane, "mend it")

    def ask(self, call_id: str, name: str, **arguments: str) -> None:
        call = ToolCall(id=call_id, name=name, arguments="{}", parsed=arguments)
        self.bus.publish(ToolCallBegan(pane=self.pane, turn=self.turn, call_id=call_id, name=name))
        self.bus.publish(ToolCallRequested(pane=self.pane, turn=self.turn, call=call))

    def start(self, call_id: str, name: str, title: str) -> None:
        self.bus.publish(ToolStarted(pane=self.pane, turn=self.turn, call_id=call_id, name=name, title=title))

    def output(self, call_id: str, text: str) -> None:
        self.bus.publish(ToolOutput(pane=self.pane, turn=self.turn, call_id=call_id, text=text))

    def end(self, call_id: str, name: str, status: ToolStatus, summary: str, preview: Preview | None = None) -> None:
        self.bus.publish(
            ToolFinished(
                pane=self.pane,
                turn=self.turn,
                call_id=call_id,
                name=name,
                status=status,
                summary=summary,
                preview=preview or Preview(),
            )
        )

    def approval(self, call_id: str, text: str) -> None:
        self.bus.publish(
            ApprovalRequested(
                id="approval_1",
                pane=self.pane,
                turn=self.turn,
                call_id=call_id,
                tool="run_command",
                text=text,
                cwd="/p",
                reason="It deletes.",
                rule="r",
                risk=Risk.DESTRUCTIVE,
            )
        )

    def resolved(self, how: Resolution) -> None:
        self.bus.publish(ApprovalResolved(id="approval_1", pane=self.pane, how=how))

    def stop(self) -> None:
        self.bus.publish(
            TurnFinished(
                pane=self.pane, turn=self.turn, outcome=Outcome.CANCELLED, stop=StopReason.OTHER, usage=Usage(),
                cost_pico=0, attempts=1, model="m",
            )
        )  # fmt: skip


def rows(table: Table, pane: str = "claude") -> list[str]:
    stream = table.main.panes[pane].stream
    return [strip.text.rstrip() for strip in stream.render_lines(stream.size.region)]


def shows(table: Table, *parts: str) -> bool:
    return any(all(part in row for part in parts) for row in rows(table))


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_a_call_from_its_question_to_its_end(size: tuple[int, int], home: Path, wait_until: WaitUntil) -> None:
    async with running(wait_until, home, size=size) as table:
        worker = Worker(table)
        worker.ask("c", "run_command", command="python3 -m unittest")
        worker.approval("c", "python3 -m unittest")
        await wait_until(lambda: shows(table, "run", "? asks you"))
        worker.resolved(Resolution.ONCE)
        worker.start("c", "run_command", "python3 -m unittest")
        worker.output("c", "".join(f"test {number} ok\n" for number in range(12)))
        await wait_until(lambda: shows(table, "test 11 ok"))
        assert not shows(table, "test 3 ok")
        worker.end("c", "run_command", ToolStatus.OK, "12 lines")
        await wait_until(lambda: shows(table, "▸ run", "✓ 12 lines"))
        assert not shows(table, "test 11 ok")
        await table.press("f6", "o")
        await wait_until(lambda: shows(table, "▾ run") and shows(table, "test 0 ok"))
        await table.press("o")
        await wait_until(lambda: not shows(table, "test 0 ok"))


async def test_denied_stopped_and_changed(home: Path, wait_until: WaitUntil) -> None:
    async with running(wait_until, home, size=(120, 40)) as table:
        worker = Worker(table)
        worker.ask("a", "read_file", path=".env")
        worker.ask("b", "edit_file", path="tally/money.py")
        worker.ask("c", "run_command", command="sleep 100")
        worker.end("a", "read_file", ToolStatus.DENIED, "forbidden_paths: .env")
        preview = Preview(kind=PreviewKind.DIFF, text=DIFF, path="tally/money.py", added=1, removed=1)
        worker.end("b", "edit_file", ToolStatus.OK, "", preview)
        worker.start("c", "run_command", "sleep 100")
        await wait_until(lambda: shows(table, "sleep 100", "● running"))
        worker.stop()
        await wait_until(lambda: shows(table, "sleep 100", "■ stopped"))
        assert shows(table, "✗ denied: forbidden")
        assert shows(table, "✓ +1 -1")
        await table.press("f6", "o")
        await wait_until(lambda: shows(table, "│ +    return shares"))


async def test_tools_have_a_slash_command(home: Path, wait_until: WaitUntil) -> None:
    async with running(wait_until, home, size=(120, 40)) as table:
        worker = Worker(table)
        worker.ask("a", "read_file", path="README.md")
        worker.end("a", "read_file", ToolStatus.OK, "9 lines")
        await wait_until(lambda: shows(table, "▸ read README.md"))
        await table.press(*"/tools", "enter")
        await wait_until(lambda: shows(table, "path: README.md"))
