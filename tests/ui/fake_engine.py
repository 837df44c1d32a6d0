"""An engine for tests of the screen: the real bus, no models; it notes the commands and publishes what it is told."""

import asyncio
from pathlib import Path
from typing import Literal

from tui.core.chat import StopReason, Usage
from tui.core.commands import Command, Submit
from tui.core.errors import Outcome, Problem
from tui.core.events import (
    AttemptStarted,
    PaneInfo,
    ProviderLoading,
    ProviderReady,
    SessionEnded,
    SessionStarted,
    TextDelta,
    ThinkingDelta,
    TurnFinished,
    TurnStarted,
)
from tui.core.spend_report import SpendReport, SpendSum
from tui.core.trust import Decision, RuleTrial
from tui.engine.bus import Bus

PANES = (
    PaneInfo(name="claude", provider="anthropic", model="claude-sonnet-5-5", role="review"),
    PaneInfo(name="gpt", provider="openai", model="gpt-6.2-sol", role="docs"),
    PaneInfo(name="gemini", provider="gemini", model="gemini-4-argon", role="tests"),
)


class FakeEngine:
    """Has what `tui.ui.ports` asks for."""

    def __init__(self, panes: tuple[PaneInfo, ...] = PANES, *, demo: bool = True) -> None:
        self.bus = Bus()
        self.session = "session_fake7f3a"
        self.panes = panes
        self.demo = demo
        self.commands: list[Command] = []
        self.prepared: list[str] = []
        self.closed = 0
        nothing = SpendSum(key="all")
        self.report = SpendReport(session=nothing, today=nothing, month=nothing, whole=nothing)
        self.reports_read = 0
        self.failure: Exception | None = None
        self.exported: list[tuple[str, Path]] = []
        self.estimates: tuple[int, int] | None = None
        self.estimated: list[tuple[str, tuple[str, ...] | None]] = []
        self.tried: list[tuple[str, str]] = []
        self._turns = 0
        self._seq = 0

    async def start(self) -> None:
        self.bus.publish(SessionStarted(session=self.session, panes=self.panes, demo=self.demo))

    def handle(self, command: Command) -> None:
        self.commands.append(command)

    async def prepare(self, pane: str) -> None:
        self.bus.publish(ProviderLoading(pane=pane))
        await asyncio.sleep(0)
        self.prepared.append(pane)
        self.bus.publish(ProviderReady(pane=pane))

    async def close(self) -> None:
        self.closed += 1
        self.bus.publish(SessionEnded(session=self.session))
        await self.bus.close()

    def estimate(self, text: str, panes: tuple[str, ...] | None) -> tuple[int, int] | None:
        self.estimated.append((text, panes))
        return self.estimates

    async def spend_report(self) -> SpendReport:
        self.reports_read += 1
        if self.failure is not None:
            raise self.failure
        return self.report

    async def export(self, form: Literal["csv", "json"], path: Path) -> None:
        if self.failure is not None:
            raise self.failure
        self.exported.append((form, path))

    def try_rule(self, approval_id: str, rule: str) -> RuleTrial:
        self.tried.append((approval_id, rule))
        word = rule.partition(" ")[0]
        if word not in list(Decision):
            return RuleTrial(
                rule=rule, problem="A rule begins with allow, ask or deny", decision=Decision.ASK, reason=""
            )
        return RuleTrial(rule=rule, problem="", decision=Decision(word), reason="your rule says so")

    @property
    def prompts(self) -> list[tuple[str, tuple[str, ...] | None]]:
        """What was submitted."""
        return [(one.text, one.panes) for one in self.commands if isinstance(one, Submit)]

    # ---- what a model does

    def begin(self, pane: str, prompt: str = "why?") -> str:
        """Start a turn; returns its id."""
        self._turns += 1
        turn = f"turn_{self._turns}"
        model = next(info.model for info in self.panes if info.name == pane)
        self.bus.publish(TurnStarted(pane=pane, turn=turn, prompt=prompt, model=model))
        self.bus.publish(AttemptStarted(pane=pane, turn=turn, attempt=1, model=model))
        return turn

    def say(self, pane: str, turn: str, text: str) -> None:
        """Stream a piece of the answer."""
        self._seq += 1
        self.bus.publish(TextDelta(pane=pane, turn=turn, seq=self._seq, text=text))

    def think(self, pane: str, turn: str, text: str) -> None:
        """Stream a piece of thinking."""
        self._seq += 1
        self.bus.publish(ThinkingDelta(pane=pane, turn=turn, seq=self._seq, text=text))

    def finish(self, pane: str, turn: str, outcome: Outcome = Outcome.SUCCESS, problem: Problem | None = None) -> None:
        """End the turn."""
        self.bus.publish(
            TurnFinished(
                pane=pane,
                turn=turn,
                outcome=outcome,
                stop=StopReason.END if outcome is Outcome.SUCCESS else None,
                usage=Usage(input_tokens=12, output_tokens=34),
                cost_pico=42_000_000_000,
                attempts=1,
                model="m",
                first_token_s=0.4,
                seconds=2.0,
                problem=problem,
            )
        )

    def answer(self, pane: str, text: str, prompt: str = "why?") -> None:
        """A whole turn at once."""
        turn = self.begin(pane, prompt)
        self.say(pane, turn, text)
        self.finish(pane, turn)
