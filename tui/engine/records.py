"""What is written down of every decision and every execution: in order, off the event loop, before anything runs."""

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from tui.core.commands import Answer
from tui.core.errors import LLMMixerError
from tui.core.events import Event, Notice, NoticeLevel
from tui.core.secrets import mask
from tui.core.trust import Verdict
from tui.tools.outcome import ToolOutcome
from tui.tools.requests import Request

_LONGEST: Final = 2_000
"""Characters of an argument that are written down as they are."""
_LOOKED_AT: Final = 3 * _LONGEST
"""Characters of a longer one that are looked at for secrets: all of one that begins in what is written down."""


class Log(Protocol):
    """Where entries go; the real one is `tui.trust.audit.Audit`."""

    def append(self, kind: str, entry: Mapping[str, Any]) -> None:
        """Write one entry and make it last. Blocking. Raises `LLMMixerError` when that fails."""


class Records:
    """Writes entries one after another. Without a log (None) nothing is written.

    Entries nobody waits for that cannot be written are told once; `starting` fails, and then nothing runs.
    """

    def __init__(self, log: Log | None, session: str, publish: Callable[[Event], None]) -> None:
        self._log = log
        self._session = session
        self._publish = publish
        self._last: asyncio.Task[None] | None = None
        self._failing = False

    def decided(self, request: Request, verdict: Verdict, *, pane: str, turn: str, who: str) -> None:
        """Write what the policy decided without a person."""
        self._later("decision", {**_call(request, verdict, pane, turn), "answer": verdict.decision.value, "by": who})

    def answered(
        self, request: Request, verdict: Verdict, answer: Answer, *, pane: str, turn: str, waited: float
    ) -> None:
        """Write what a person answered, `waited` seconds after the question."""
        entry = _call(request, verdict, pane, turn)
        entry |= {"answer": answer.decision.value, "by": "person", "said": answer.text, "waited_s": round(waited, 3)}
        self._later("decision", entry)

    async def starting(self, request: Request, verdict: Verdict, *, pane: str, turn: str, who: str) -> None:
        """Write that a call is about to run. Raises `LLMMixerError` when that cannot be written."""
        if self._log is not None:
            await asyncio.shield(self._write("start", {**_call(request, verdict, pane, turn), "by": who}))

    def ended(self, request: Request, outcome: ToolOutcome | None, *, pane: str, turn: str) -> None:
        """Write what came of a call; None when it was stopped."""
        entry: dict[str, Any] = {"pane": pane, "turn": turn, "call": request.call_id, "tool": request.tool.value}
        entry["status"] = "stopped" if outcome is None else outcome.status.value
        if outcome is not None:
            entry |= {"summary": outcome.summary, "exit_code": outcome.exit_code}
        self._later("end", entry)

    def typed(self, terminal: str, pane: str, typed: str, why: str, prompt: str) -> None:
        """Write that a question in a terminal was answered without a person."""
        entry = {"pane": pane, "terminal": terminal, "typed": typed, "why": why, "prompt": prompt}
        self._later("typed", entry)

    async def close(self) -> None:
        """Wait until everything is written."""
        while self._last is not None and not self._last.done():
            await asyncio.wait({self._last})

    def _later(self, kind: str, entry: Mapping[str, Any]) -> None:
        if self._log is not None:
            self._write(kind, entry).add_done_callback(self._tell_failure)

    def _write(self, kind: str, entry: Mapping[str, Any]) -> "asyncio.Task[None]":
        before = self._last

        async def write() -> None:
            if before is not None:
                await asyncio.wait({before})
            if self._log is not None:
                await asyncio.to_thread(self._log.append, kind, {"session": self._session, **entry})

        self._last = asyncio.get_running_loop().create_task(write(), name=f"audit {kind}")
        return self._last

    def _tell_failure(self, task: "asyncio.Task[None]") -> None:
        error = None if task.cancelled() else task.exception()
        if error is None:
            self._failing = False
        elif isinstance(error, LLMMixerError):
            if not self._failing:
                self._failing = True
                self._publish(Notice(level=NoticeLevel.ERROR, problem=error.problem))
        else:
            raise error


def _call(request: Request, verdict: Verdict, pane: str, turn: str) -> dict[str, Any]:
    """Return what was asked for, what the policy said of it, and what runs where that is something else."""
    limited = {"runs": verdict.line or list(verdict.argv)} if verdict.note else {}
    return {
        **limited,
        "pane": pane,
        "turn": turn,
        "call": request.call_id,
        "tool": request.tool.value,
        "arguments": {name: _brief(value) for name, value in request.arguments.items()},
        "decision": verdict.decision.value,
        "rule": verdict.rule,
        "reason": verdict.reason,
        "risk": verdict.risk.value,
        "paths": list(verdict.paths),
        "parts": [{"text": part.text, "decision": part.decision.value, "rule": part.rule} for part in verdict.parts],
    }


def _brief(value: Any) -> Any:
    """Return an argument as it is written down: a long one as its beginning and what identifies the whole."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if len(text) <= _LONGEST:
        return value
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    begins = mask(text[:_LOOKED_AT])[:_LONGEST]  # masked before it is cut, or half a secret could be left
    return {"begins": begins, "characters": len(text), "sha256": digest}
