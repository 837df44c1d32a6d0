"""Open questions to the person: one Future for each, kept here; events carry only its id."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from tui.core.commands import Answer
from tui.core.ids import new_id
from tui.core.secrets import mask_known
from tui.core.tool_events import ApprovalRequested, ApprovalResolved
from tui.core.trust import AnswerKind, Resolution, RuleTrial
from tui.core.untrusted import clean

_HOW: Final = {
    AnswerKind.ONCE: Resolution.ONCE,
    AnswerKind.OUTSIDE: Resolution.OUTSIDE,
    AnswerKind.SESSION: Resolution.SESSION,
    AnswerKind.RULE: Resolution.RULE,
    AnswerKind.EDITED: Resolution.EDITED,
    AnswerKind.DENY: Resolution.DENIED,
}


@dataclass(frozen=True, slots=True)
class _Open:
    request: ApprovalRequested
    settled: Callable[[], bool]
    trial: Callable[[str], RuleTrial]
    answer: asyncio.Future[Answer | None]


class Approvals:
    """Asks, and takes answers. Every question that was published is also published as resolved, whatever happens."""

    def __init__(self, publish: Callable[[ApprovalRequested | ApprovalResolved], None]) -> None:
        self._publish = publish
        self._open: dict[str, _Open] = {}

    async def ask(
        self, request: ApprovalRequested, settled: Callable[[], bool], trial: Callable[[str], RuleTrial]
    ) -> Answer | None:
        """Publish `request` under a new id and wait for its answer.

        None when another answer settled it: `settled` tells whether the call may by now run without a question.
        `trial` tells what a rule would do to the call. May be cancelled; the question is then closed.
        """
        request = replace(request, id=new_id("approval"))
        waiting = _Open(request, settled, trial, asyncio.get_running_loop().create_future())
        self._open[request.id] = waiting
        self._publish(request)
        how, text = Resolution.CANCELLED, ""
        try:
            answer = await waiting.answer
            how = Resolution.OVERTAKEN if answer is None else _HOW[answer.decision]
            text = "" if answer is None else mask_known(clean(answer.text))
            return answer
        finally:
            del self._open[request.id]
            self._publish(ApprovalResolved(id=request.id, pane=request.pane, how=how, text=text))

    def answer(self, answer: Answer) -> bool:
        """Take a person's answer; False when no such question is open."""
        waiting = self._open.get(answer.id)
        if waiting is None or waiting.answer.done():
            return False
        waiting.answer.set_result(answer)
        return True

    def reconsider(self) -> None:
        """Close every question that what was allowed since answers too."""
        for waiting in list(self._open.values()):
            if not waiting.answer.done() and waiting.settled():
                waiting.answer.set_result(None)

    def try_rule(self, approval_id: str, rule: str) -> RuleTrial | None:
        """Return what a rule would do to the call a question is about; None when the question is closed."""
        waiting = self._open.get(approval_id)
        return None if waiting is None else waiting.trial(rule)
