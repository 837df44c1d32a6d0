"""Whole sessions on the sample project: the real engine, tools, policy and SDKs; only the models are stand-ins."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tui.config.load import load
from tui.config.model import PaneConfig, TimeoutsConfig
from tui.config.model_work import Sandbox, TrustConfig
from tui.core.commands import Answer, SetTrustMode, Submit
from tui.core.errors import Outcome
from tui.core.events import Event, TextDelta, TurnFinished
from tui.core.tool_events import NOBODY, ApprovalRequested, ToolFinished, ToolStatus
from tui.core.trust import AnswerKind, TrustMode
from tui.demo.sample_files import FIRST_BUG, NEW_FILES, TEST_COMMAND, WHOLE_FIX
from tui.demo.sample_repo import make_sample_repository
from tui.demo.server import DemoServer
from tui.engine.engine import Engine, build
from tui.engine.session import plan_session
from tui.engine.workspace import Workspace

pytestmark = pytest.mark.skipif(shutil.which("python3") is None, reason="the sample project's tests run by python3")

WIRES = ("anthropic", "openai", "gemini", "compatible")
PATIENT = TimeoutsConfig(connect=50.0, first_event=50.0, first_token=50.0, idle=50.0)
Decide = Callable[[ApprovalRequested], AnswerKind]


@dataclass
class Session:
    """A running session; `decide` is the person, who answers every question at once."""

    engine: Engine
    decide: Decide = lambda _: AnswerKind.ONCE
    events: list[Event] = field(default_factory=list)

    async def ask(self, prompt: str, *panes: str) -> dict[str, TurnFinished]:
        """Send a prompt and answer questions until every named pane has ended."""
        self.engine.handle(Submit(text=prompt, panes=panes))
        ends: dict[str, TurnFinished] = {}
        async with asyncio.timeout(55.0):
            while ends.keys() != set(panes):
                batch = await self.subscription.get()
                assert batch, "the session ended"
                self.events += batch
                for event in batch:
                    if isinstance(event, ApprovalRequested):
                        self.engine.handle(Answer(id=event.id, decision=self.decide(event)))
                    elif isinstance(event, TurnFinished):
                        ends[event.pane] = event
        return ends

    def __post_init__(self) -> None:
        self.subscription = self.engine.bus.subscribe("test")

    def questions(self) -> list[tuple[str, str, str]]:
        return [(one.pane, one.tool, one.text) for one in self.events if isinstance(one, ApprovalRequested)]

    def ended(self, pane: str) -> list[ToolFinished]:
        return [one for one in self.events if isinstance(one, ToolFinished) and one.pane == pane]

    def said(self, pane: str) -> str:
        return "".join(one.text for one in self.events if isinstance(one, TextDelta) and one.pane == pane)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "sample-project"
    make_sample_repository(folder)
    return folder


@asynccontextmanager
async def session_on(
    project: Path, home: Path, server: DemoServer, *, interactive: bool = True, trust: TrustConfig | None = None
) -> AsyncIterator[Session]:
    config = replace(
        load(environ={"HOME": str(home)}, cwd=home).config,
        panes=tuple(PaneConfig(provider=wire, name=wire, model="m" if wire == "compatible" else "") for wire in WIRES),
        timeouts=PATIENT,
        trust=trust or TrustConfig(sandbox=Sandbox.OFF),
    )
    plan = plan_session(config, {}, demo_url=server.url)
    assert plan is not None
    engine = build(
        config,
        plan,
        state_dir=project.parent / "state",
        interactive=interactive,
        environ={"HOME": str(home), "PATH": os.environ["PATH"]},
        workspace=Workspace(root=project, home=home, trusted=True, own_paths=(project.parent / "state",)),
    )
    await engine.start()
    try:
        yield Session(engine)
    finally:
        await engine.close()
    assert server.problems == ()


def source_of(project: Path) -> str:
    return (project / "tally/money.py").read_text(encoding="utf-8")


async def test_three_models_and_one_bug(server: DemoServer, project: Path, home: Path) -> None:
    async with session_on(project, home, server) as session:
        ends = await session.ask("demo:fix mend it", *WIRES[:3])
        assert {end.outcome for end in ends.values()} == {Outcome.SUCCESS}
        edit, test = ("anthropic", "edit_file", "tally/money.py"), ("anthropic", "run_command", TEST_COMMAND)
        assert session.questions() == [edit, test, edit, test]
        assert "8 tests pass" in session.said("anthropic")
        assert WHOLE_FIX in source_of(project)
        statuses = [one.status for one in session.ended("anthropic")]
        assert statuses == [ToolStatus.OK] * 3 + [ToolStatus.ERROR] + [ToolStatus.OK] * 2
        assert [one.exit_code for one in session.ended("anthropic") if one.name == "run_command"] == [1, 0]
        assert [one.status for one in session.ended("openai")][:2].count(ToolStatus.ERROR) == 1
        assert "places in 3 files" in session.said("openai")
        assert [one.status for one in session.ended("gemini")] == [ToolStatus.OK] * 3


@pytest.mark.parametrize("wire", WIRES)
async def test_every_wire_can_mend_it(server: DemoServer, project: Path, home: Path, wire: str) -> None:
    async with session_on(project, home, server) as session:
        ends = await session.ask(f"demo:fix@{wire}", wire)
        assert ends[wire].outcome is Outcome.SUCCESS
        assert ends[wire].rounds == 6
        assert "8 tests pass" in session.said(wire)
        assert WHOLE_FIX in source_of(project)
        ends = await session.ask("thank you", wire)
        assert ends[wire].outcome is Outcome.SUCCESS
        assert "My instructions begin" not in session.said(wire)


async def test_no_is_no(server: DemoServer, project: Path, home: Path) -> None:
    async with session_on(project, home, server) as session:
        session.decide = lambda _: AnswerKind.DENY
        await session.ask("demo:danger", "openai")
        await session.ask("demo:fix", "anthropic")
        assert "I leave `tally/money.py` as it is" in session.said("anthropic")
    assert FIRST_BUG in source_of(project)
    assert (project / "build/tally_export/export.txt").exists()
    denied = [one for one in session.ended("openai") if one.status is ToolStatus.DENIED]
    assert [one.title for one in denied][1:] == [".env", "git push --force origin main"]
    assert "3 of 5 calls were not allowed" in session.said("openai")


@pytest.mark.parametrize("mode", list(TrustMode))
async def test_orders_in_a_file_never_run_unasked(
    server: DemoServer, project: Path, home: Path, mode: TrustMode
) -> None:
    async with session_on(project, home, server) as session:
        session.decide = lambda _: AnswerKind.DENY
        session.engine.handle(SetTrustMode(mode=mode))
        await session.ask("demo:inject", "gemini")
        first, *others = session.ended("gemini")
        assert first.status is ToolStatus.OK
        assert [one.status for one in others] == [ToolStatus.DENIED] * 2
        assert not [text for _, _, text in session.questions() if ".env" in text]
        assert session.said("gemini").rstrip().count("not done") == 2


async def test_without_a_person_only_what_is_harmless_runs(server: DemoServer, project: Path, home: Path) -> None:
    async with session_on(project, home, server, interactive=False) as session:
        ends = await session.ask("demo:fix", "anthropic")
        assert ends["anthropic"].outcome is Outcome.SUCCESS
        assert session.questions() == []
        [*reads, edit] = session.ended("anthropic")
        assert [one.status for one in reads] == [ToolStatus.OK] * 2
        assert (edit.status, edit.answer) == (ToolStatus.DENIED, NOBODY)
    assert FIRST_BUG in source_of(project)


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
async def test_looking_around_needs_no_person(server: DemoServer, project: Path, home: Path) -> None:
    async with session_on(project, home, server, interactive=False) as session:
        await session.ask("demo:explore", *WIRES[:3])
        for wire in WIRES[:3]:
            assert [one.status for one in session.ended(wire)] == [ToolStatus.OK] * 5
            assert "Add scripts and supplier notes" in session.said(wire)


@pytest.mark.parametrize("wire", WIRES)
async def test_files_of_one_round_are_written_in_order(
    server: DemoServer, project: Path, home: Path, wire: str
) -> None:
    async with session_on(project, home, server) as session:
        ends = await session.ask(f"demo:several@{wire}", wire)
        assert ends[wire].outcome is Outcome.SUCCESS
        assert [text for _, tool, text in session.questions() if tool == "write_file"] == list(NEW_FILES)
        assert [one.title for one in session.ended(wire) if one.name == "write_file"] == list(NEW_FILES)
        assert "the tests pass" in session.said(wire)
    assert (project / "docs/amounts.md").exists()
